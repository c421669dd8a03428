package identity

import (
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/miekg/dns"

	"github.com/hallmark-node/hallmark/internal/dnstest"
)

var (
	dnsAddress = [20]byte{0xab, 0xcd, 19: 0x01}
	dnsAt      = time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)
	dnsBegin   = dnsAt.AddDate(0, 0, -3)
	dnsEnd     = dnsAt.AddDate(0, 0, 11)
)

// college is a tree with the zone college.example, which names dnsAddress.
func college(tb testing.TB, root, top, zone uint8) *dnstest.Tree {
	t := dnstest.New(tb, root, dnsBegin, dnsEnd)
	t.Add("example", top)
	z := t.Add("college.example", zone)
	z.Add(tb, `_hallmark.college.example. 3600 IN TXT "`+TXTValue(dnsAddress, 0)+`"`)
	return t
}

func zoneKey(ds *dns.DS) ZoneKey {
	digest, _ := hex.DecodeString(ds.Digest)
	return ZoneKey{KeyTag: ds.KeyTag, Algorithm: ds.Algorithm, DigestType: ds.DigestType, Digest: digest}
}

func anchorsOf(t *dnstest.Tree) *Anchors {
	return &Anchors{ZoneKeys: []ZoneKey{zoneKey(t.DS(".")[0].(*dns.DS))}}
}

func TestDNSSECNames(t *testing.T) {
	plain := Named{
		Domain: "college.example", Since: dnsBegin, NotBefore: dnsBegin, NotAfter: dnsEnd,
		By: "signed DNS records of college.example",
	}
	with := func(edit func(*Named)) Named {
		n := plain
		edit(&n)
		return n
	}
	value := TXTValue(dnsAddress, 0)
	for _, c := range []struct {
		name, at string
		tree     func(*testing.T) *dnstest.Tree
		want     []Named
	}{
		{"RSA, P-256, Ed25519", "_hallmark.college.example", func(t *testing.T) *dnstest.Tree {
			return college(t, dns.RSASHA256, dns.ECDSAP256SHA256, dns.ED25519)
		}, []Named{plain}},
		{"Ed25519, RSA, P-256", "_hallmark.college.example", func(t *testing.T) *dnstest.Tree {
			return college(t, dns.ED25519, dns.RSASHA256, dns.ECDSAP256SHA256)
		}, []Named{plain}},
		{"P-256, Ed25519, RSA with SHA-384", "_hallmark.college.example", func(t *testing.T) *dnstest.Tree {
			tree := college(t, dns.ECDSAP256SHA256, dns.ED25519, dns.RSASHA256)
			tree.Zone("college.example").Digest = dns.SHA384
			return tree
		}, []Named{plain}},
		{"a zone below, and a name within it", "_hallmark.ai.cs.college.example", func(t *testing.T) *dnstest.Tree {
			tree := college(t, dns.ED25519, dns.ED25519, dns.ED25519)
			z := tree.Add("cs.college.example", dns.ECDSAP256SHA256)
			z.Expiration = dnsEnd.AddDate(0, 0, -1)
			z.Inception = dnsBegin.AddDate(0, 0, 1)
			z.Add(t, `_hallmark.AI.cs.college.example. 60 IN TXT "`+strings.ToUpper(value)+`"`)
			return tree
		}, []Named{with(func(n *Named) {
			n.Domain, n.By = "ai.cs.college.example", "signed DNS records of ai.cs.college.example"
			n.Since, n.NotBefore, n.NotAfter = dnsBegin.AddDate(0, 0, 1), dnsBegin.AddDate(0, 0, 1), dnsEnd.AddDate(0, 0, -1)
		})}},
		{"several records, several strings, several chains", "_hallmark.college.example", func(t *testing.T) *dnstest.Tree {
			tree := college(t, dns.ED25519, dns.ED25519, dns.ED25519)
			tree.Zone("college.example").Add(
				t,
				`_hallmark.college.example. 3600 IN TXT "v=spf1 -all" "`+TXTValue(dnsAddress, 8453)+`" "hallmark=0x00"`,
				`_hallmark.college.example. 3600 IN TXT "" "`+TXTValue(dnsAddress, 10)+`" "`+TXTValue([20]byte{1}, 7)+`"`,
			)
			return tree
		}, []Named{plain, with(func(n *Named) { n.Chain = 10 }), with(func(n *Named) { n.Chain = 8453 })}},
		{"a wildcard where nothing is closer", "_hallmark.arts.college.example", func(t *testing.T) *dnstest.Tree {
			tree := college(t, dns.ED25519, dns.ED25519, dns.ED25519)
			tree.Zone("college.example").Add(t, `*.college.example. 3600 IN TXT "`+value+`"`)
			return tree
		}, []Named{with(func(n *Named) {
			n.Domain, n.By = "arts.college.example", "signed DNS records of arts.college.example"
		})}},
		{"a wildcard in a zone that hashes its names", "_hallmark.arts.college.example", func(t *testing.T) *dnstest.Tree {
			tree := college(t, dns.ED25519, dns.ED25519, dns.ED25519)
			z := tree.Zone("college.example")
			z.NSEC3, z.Iterations = true, 50
			z.Add(t, `*.college.example. 3600 IN TXT "`+value+`"`)
			return tree
		}, []Named{with(func(n *Named) {
			n.Domain, n.By = "arts.college.example", "signed DNS records of arts.college.example"
		})}},
		{"aliases through another tree", "_hallmark.arts.example", func(t *testing.T) *dnstest.Tree {
			tree := college(t, dns.ED25519, dns.ED25519, dns.ED25519)
			tree.Add("arts.example", dns.ED25519).Add(t, `_hallmark.arts.example. 3600 IN CNAME arts.host.test.`)
			tree.Add("test", dns.ED25519).Add(t, `arts.host.test. 3600 IN CNAME _hallmark.college.example.`)
			return tree
		}, []Named{with(func(n *Named) {
			n.Domain, n.By = "arts.example", "signed DNS records of arts.example, which lead to _hallmark.college.example"
		})}},
	} {
		t.Run(c.name, func(t *testing.T) {
			tree := c.tree(t)
			records := tree.Chain(c.at, dns.TypeTXT)
			got, err := anchorsOf(tree).Check(KindDNSSEC, dnstest.Pack(t, records), dnsAddress, dnsAt)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
			// No record is there for nothing, and their order is of no account.
			for i := range records {
				without := append(append([]dns.RR{}, records[i+1:]...), records[:i]...)
				_, err := anchorsOf(tree).Check(KindDNSSEC, dnstest.Pack(t, without), dnsAddress, dnsAt)
				if err == nil {
					t.Errorf("holds without %s", records[i])
				}
				turned := append(without, records[i])
				if _, err := anchorsOf(tree).Check(KindDNSSEC, dnstest.Pack(t, turned), dnsAddress, dnsAt); err != nil {
					t.Errorf("turned by %d: %v", i+1, err)
				}
			}
		})
	}
}

// TestDNSSECDNAME follows a DNAME record, with the CNAME record that a server makes of it,
// which tells the name that is asked for.
func TestDNSSECDNAME(t *testing.T) {
	tree := college(t, dns.ED25519, dns.ED25519, dns.ED25519)
	tree.Add("arts.example", dns.ED25519).Add(t, `arts.example. 3600 IN DNAME college.example.`)
	records := tree.Chain("_hallmark.arts.example", dns.TypeTXT)
	made := func(target string) dns.RR {
		rr, err := dns.NewRR("_hallmark.arts.example. 3600 IN CNAME " + target)
		if err != nil {
			t.Fatal(err)
		}
		return rr
	}
	check := func(target string) ([]Named, error) {
		return anchorsOf(tree).Check(KindDNSSEC, dnstest.Pack(t, append(records, made(target))), dnsAddress, dnsAt)
	}
	got, err := check("_hallmark.college.example.")
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 1 || got[0].Domain != "arts.example" {
		t.Errorf("got %v", got)
	}
	if _, err = check("x.college.example."); err == nil {
		t.Error("holds with a CNAME record that the DNAME record does not say")
	}
}

// TestRootKeys holds the shipped anchors against the keys themselves, which Debian's package
// dns-root-data 2024071801 has from IANA.
func TestRootKeys(t *testing.T) {
	const (
		of2017 = "AwEAAaz/tAm8yTn4Mfeh5eyI96WSVexTBAvkMgJzkKTOiW1vkIbzxeF3+/4RgWOq7HrxRixHlFlExOLAJr5emLvN7SWXgnLh4+B5xQlNVz8Og8kv" +
			"ArMtNROxVQuCaSnIDdD5LKyWbRd2n9WGe2R8PzgCmr3EgVLrjyBxWezF0jLHwVN8efS3rCj/EWgvIWgb9tarpVUDK/b58Da+sqqls3eNbuv7pr+eoZG+" +
			"SrDK6nWeL3c6H5Apxz7LjVc1uTIdsIXxuOLYA4/ilBmSVIzuDWfdRUfhHdY6+cn8HFRm+2hM8AnXGXws9555KrUB5qihylGa8subX2Nn6UwNR1AkUTV74bU="
		of2024 = "AwEAAa96jeuknZlaeSrvyAJj6ZHv28hhOKkx3rLGXVaC6rXTsDc449/cidltpkyGwCJNnOAlFNKF2jBosZBU5eeHspaQWOmOElZsjICMQMC3aeHb" +
			"GiShvZsx4wMYSjH8e7Vrhbu6irwCzVBApESjbUdpWWmEnhathWu1jo+siFUiRAAxm9qyJNg/wOZqqzL/dL/q8PkcRU5oUKEpUge71M3ej2/7CPqpdVwu" +
			"MoTvoB+ZOT4YeGyxMvHmbrxlFzGOHOijtzN+u1TQNatX2XBuzZNQ1K+s2CXkPIZo7s6JgZyvaBevYtxPvYLw4z9mR7K2vaF18UYH9Z9GNUUeayffKC73PYc="
	)
	for i, text := range []string{of2017, of2024} {
		rr, err := dns.NewRR(". 172800 IN DNSKEY 257 3 8 " + text)
		if err != nil {
			t.Fatal(err)
		}
		wire := dnstest.Pack(t, []dns.RR{rr})
		key, ok := readKey(wire[11:])
		if !ok {
			t.Fatalf("key %d does not count", i)
		}
		anchor := rootZoneKeys()[i]
		found := named(dnsRoot, []dnsKey{key}, []dsDigest{{anchor.KeyTag, anchor.Algorithm, anchor.DigestType, anchor.Digest}})
		if len(found) != 1 {
			t.Errorf("anchor %d is of another key", anchor.KeyTag)
		}
	}
}

// TestDNSSECAgreesWithLibrary checks each signature of a chain with another implementation,
// and the tags of keys and the order of names too.
func TestDNSSECAgreesWithLibrary(t *testing.T) {
	for _, algorithm := range []uint8{dns.RSASHA256, dns.ECDSAP256SHA256, dns.ED25519} {
		tree := college(t, algorithm, algorithm, algorithm)
		records := tree.Chain("_hallmark.college.example", dns.TypeTXT)
		c, err := readChain(dnstest.Pack(t, records), typeTXT)
		if err != nil {
			t.Fatal(err)
		}
		checked := 0
		for _, set := range c.order {
			zone := tree.Zone(set.sigs[0].signer.fqdn())
			for _, key := range []*dnstest.Key{zone.KSK, zone.ZSK} {
				ours, ok := readKey(dnstest.Pack(t, []dns.RR{key.Record})[len(set.sigs[0].signer)+10:])
				if !ok || ours.tag != key.Record.KeyTag() {
					t.Fatalf("key tag %d, want %d", ours.tag, key.Record.KeyTag())
				}
				var theirs []dns.RR
				var sig *dns.RRSIG
				for _, rr := range records {
					if s, ok := rr.(*dns.RRSIG); ok && s.Hdr.Name == set.name.fqdn() && s.TypeCovered == set.typ {
						sig = s
					} else if rr.Header().Name == set.name.fqdn() && rr.Header().Rrtype == set.typ {
						theirs = append(theirs, rr)
					}
				}
				want := sig.Verify(key.Record, theirs) == nil
				if got := ours.tag == set.sigs[0].keyTag && ours.signed(set.signedBytes(set.sigs[0]), set.sigs[0].value); got != want {
					t.Errorf("%s %s under %d: %v, the library says %v", set.name, typeName(set.typ), ours.tag, got, want)
				}
				if want {
					checked++
				}
			}
		}
		if checked != len(c.order) {
			t.Errorf("%d of %d sets were checked", checked, len(c.order))
		}
	}
}

// fqdn returns a name as the library writes it.
func (n dnsName) fqdn() string {
	if n == dnsRoot {
		return "."
	}
	return n.String() + "."
}

func TestNamesAreOrdered(t *testing.T) { // RFC 4034, section 6.1
	ordered := []string{
		"example.", "a.example.", "yljkjljk.a.example.", "Z.a.example.", "zABC.a.EXAMPLE.", "z.example.",
		`\001.z.example.`, "*.z.example.", `\200.z.example.`,
	}
	for i, a := range ordered {
		for j, b := range ordered {
			if got := wireName(t, a).compare(wireName(t, b)); (got < 0) != (i < j) || (got == 0) != (i == j) {
				t.Errorf("%s and %s: %d", a, b, got)
			}
		}
	}
	if got := fmt.Sprint(wireName(t, `A\.b\007.Example.`), " ", dnsRoot); got != `a\046b\007.example the root` {
		t.Errorf("got %s", got)
	}
}

func BenchmarkDNSSEC(b *testing.B) {
	for _, algorithm := range []uint8{dns.RSASHA256, dns.ECDSAP256SHA256, dns.ED25519} {
		b.Run(dns.AlgorithmToString[algorithm], func(b *testing.B) {
			tree := college(b, algorithm, algorithm, algorithm)
			evidence := dnstest.Pack(b, tree.Chain("_hallmark.college.example", dns.TypeTXT))
			anchors := anchorsOf(tree)
			b.ReportMetric(float64(len(evidence)), "bytes")
			for b.Loop() {
				if _, err := anchors.Check(KindDNSSEC, evidence, dnsAddress, dnsAt); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
