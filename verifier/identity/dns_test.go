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
		{"signatures above that are valid for less long", "_hallmark.college.example", func(t *testing.T) *dnstest.Tree {
			tree := college(t, dns.ED25519, dns.ED25519, dns.ED25519)
			tree.Zone(".").Inception, tree.Zone("example").Expiration = dnsBegin.Add(time.Hour), dnsEnd.Add(-time.Hour)
			return tree
		}, []Named{with(func(n *Named) {
			n.Since, n.NotBefore, n.NotAfter = dnsBegin.Add(time.Hour), dnsBegin.Add(time.Hour), dnsEnd.Add(-time.Hour)
		})}},
		{"several records, several strings, several chains", "_hallmark.college.example", func(t *testing.T) *dnstest.Tree {
			tree := college(t, dns.ED25519, dns.ED25519, dns.ED25519)
			tree.Zone("college.example").Add(
				t,
				`_hallmark.college.example. 3600 IN TXT "v=spf1 -all" "`+TXTValue(dnsAddress, 8453)+`" "hallmark=0x00" "`+TXTValue(dnsAddress, 10)+`"`,
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

// Keys of the root zone, as Debian's package dns-root-data 2024071801 has them from IANA.
const (
	rootKey2017 = "AwEAAaz/tAm8yTn4Mfeh5eyI96WSVexTBAvkMgJzkKTOiW1vkIbzxeF3+/4RgWOq7HrxRixHlFlExOLAJr5emLvN7SWXgnLh4+B5xQlNVz8Og8kv" +
		"ArMtNROxVQuCaSnIDdD5LKyWbRd2n9WGe2R8PzgCmr3EgVLrjyBxWezF0jLHwVN8efS3rCj/EWgvIWgb9tarpVUDK/b58Da+sqqls3eNbuv7pr+eoZG+" +
		"SrDK6nWeL3c6H5Apxz7LjVc1uTIdsIXxuOLYA4/ilBmSVIzuDWfdRUfhHdY6+cn8HFRm+2hM8AnXGXws9555KrUB5qihylGa8subX2Nn6UwNR1AkUTV74bU="
	rootKey2024 = "AwEAAa96jeuknZlaeSrvyAJj6ZHv28hhOKkx3rLGXVaC6rXTsDc449/cidltpkyGwCJNnOAlFNKF2jBosZBU5eeHspaQWOmOElZsjICMQMC3aeHb" +
		"GiShvZsx4wMYSjH8e7Vrhbu6irwCzVBApESjbUdpWWmEnhathWu1jo+siFUiRAAxm9qyJNg/wOZqqzL/dL/q8PkcRU5oUKEpUge71M3ej2/7CPqpdVwu" +
		"MoTvoB+ZOT4YeGyxMvHmbrxlFzGOHOijtzN+u1TQNatX2XBuzZNQ1K+s2CXkPIZo7s6JgZyvaBevYtxPvYLw4z9mR7K2vaF18UYH9Z9GNUUeayffKC73PYc="
)

// TestRootKeys holds the shipped anchors against the keys themselves.
func TestRootKeys(t *testing.T) {
	for i, text := range []string{rootKey2017, rootKey2024} {
		rr, err := dns.NewRR(". 172800 IN DNSKEY 257 3 8 " + text)
		if err != nil {
			t.Fatal(err)
		}
		wire := dnstest.Pack(t, []dns.RR{rr})
		key := readKey(wire[11:])
		anchor := BuiltIn().ZoneKeys[i]
		found := named(dnsRoot, []dnsKey{key}, []dsDigest{{anchor.KeyTag, anchor.Algorithm, anchor.DigestType, anchor.Digest}})
		if key.fault != "" || len(found) != 1 {
			t.Errorf("anchor %d is of another key, %s", anchor.KeyTag, key.fault)
		}
	}
}

// TestRealZones holds records as they were served in February 2024 against the shipped
// anchors: the root zone, com, and a zone below, from the tests of dnssec-prover by Matt
// Corallo (https://github.com/TheBlueMatt/dnssec-prover).
func TestRealZones(t *testing.T) {
	const records = `
. 172800 IN DNSKEY 256 3 8 (
 AwEAAentCcIEndLh2QSK+pHFq/PkKCwioxt75d7qNOUuTPMo0Fcte/NbwDPbocvbZ/eNb5RV/xQdapaJASQ/oDLsqzD0H1+JkHNuuKc2JLtpMxg4glSE4CnR
 XT2CnFTW5IwOREL+zeqZHy68OXy5ngW5KALbevRYRg/q2qFezRtCSQ0knmyPwgFsghVYLKwi116oxwEU5yZ6W7npWMxt5Z+Qs8diPNWrS5aXLgJtrWUGIIuF
 fuZwXYziGRP/z3o1EfMo9zZU19KLopkoLXX7Ls/diCXdSEdJXTtFA8w0/OKQviuJebfKscoElCTswukVZ1VX5gbaFEo2xWhHJ9Uo63wYaTk= )
. 172800 IN DNSKEY 257 3 8 ` + rootKey2017 + `
. 172800 IN RRSIG DNSKEY 8 0 172800 1710201600 1708387200 20326 . (
 GIgwndRLXgt7GX/JNEqSvpYw5ij6EgeQivdC/hmNNuOd2MCQRSxZx2DdLZUoK0tmn2XmOd0vYP06DgkIMUpIXcBstw/Um55WQhvBkBTPIhuB3UvKYJstmq+8
 hFHWVJwKHTg9xu38JA43VgCV2AbzurbzNOLSgq+rDPelRXzpLr5aYE3y+EuvL+I5gusm4MMajnp5S+ioWOL+yWOnQE6XKoDmlrfcTrYfRSxRtJewPmGeCbNd
 wEUBOoLUVdkCjQG4uFykcKL40cY8EOhVmM3kXAyuPuNe2Xz1QrIcVad/U4FDns+hd8+W+sWnr8QAtIUFT5pBjXooGS02m6eMdSeU6g== )
com. 86400 IN DS 19718 13 2 8ACBB0CD28F41250A80A491389424D341522D946B0DA0C0291F2D3D771D7805A
com. 86400 IN RRSIG DS 8 1 86400 1710133200 1709006400 30903 . (
 WEf7UPqoulxab83nVy/518TpZcC3og0paZ7Lag5iOqGdmGvZnB0yQ42s25iqB/mL6ZU+sSUwYoclcW36Tv/yHgS813T2wOgQ4Jh01aCsjkjvpgpbtnDTxg8b
 L30LV1obhQhOBFu5SqD4FOMeaV9Fqcff7Z72vC1UdVy0us2Kbhti3uQYrKQlGYcDMlgQAyOE0WEaLT74YfKFTpZvIK0UfUfdUAAiM0Z6PUi7BoyToIN+eKKP
 vny/+4BP9iVvAOmPMgr+kq/qIWOdsvUaq/S+k7VEPTJEi+i2gODgbMC+3EZZpZie9kv1EEAwGwBtGjE7bLlA1QUbuVeTgczIzrYriQ== )
com. 86400 IN DNSKEY 256 3 13 5i9qjJgyH+9MBz7VO269/srLQB/xRRllyUoVq8oLBZshPe4CGzDSFGnXAM3L/QPzB9ULpJuuy7jcxmBZ5Ebo7A==
com. 86400 IN DNSKEY 257 3 13 tx8EZRAd2+K/DJRV0S+hbBzaRPS/G6JVNBitHzqpsGlz8huE61Ms9ANe6NSDLKJtiTBqfTJWDAywEp1FCsEINQ==
com. 86400 IN RRSIG DNSKEY 13 1 86400 1710342155 1709045855 19718 com. (
 lF2B9nXZn0CgytrHH6xB0NTva4G/aWvg/ypnSxJ8+ZXlvR0C4974yB+nd2ZWzWMICs/oPYMKoQHqxVjnGyu8nA== )
mattcorallo.com. 86400 IN DS 25630 13 2 DC608CA62BE89B3B9DB1593F9A59930D24FBA79D486E19C88A7792711EC00735
mattcorallo.com. 86400 IN RRSIG DS 13 2 86400 1709359258 1708750258 4534 com. (
 VqYztN78+g170QPeFOqWFkU1ZrKIsndUYj3Y+8x1ZR1v/YGJXLQe5qkcLWjrl/vMyCgknC3Q/dhcS2ag0a7W1w== )
mattcorallo.com. 604800 IN DNSKEY 257 3 13 8BP51Etiu4V6cHvGCYqwNqCip4pvHChjEgkgG4zpdDvO9YRcTGuV/p71hAUut2/qEdxqXfUOT/082BJ/Z089DA==
mattcorallo.com. 604800 IN DNSKEY 256 3 13 AhUlQ8qk7413R0m4zKfTDHb/FQRlKag+ncGXxNxT+qTzSZTb9E5IGjo9VCEp6+IMqqpkd4GrXpN9AzDvlcU9Ig==
mattcorallo.com. 604800 IN DNSKEY 256 3 13 s165ZpubX31FC2CVeIVVvnPpTnJUoOM8CGt3wk4AtxPftYadgI8uFM43F4QaD67v8B8Vshl63frxN50dc44VHQ==
mattcorallo.com. 604800 IN RRSIG DNSKEY 13 2 604800 1710262250 1709047250 25630 mattcorallo.com. (
 dMLDvNU96m+tfgpDIQPxMBJy7T0xyZDj3Wws4b4E6+g3nt5iULdWJ8Eqrj+86KLerOVt7KH4h/YcHP18hHdMGA== )
`
	keys := func(at time.Time) ([]dnsKey, error) {
		c, err := readChain(dnstest.Pack(t, rfcRecords(t, records)), typeTXT)
		if err != nil {
			t.Fatal(err)
		}
		c.anchors, c.at = BuiltIn().ZoneKeys, at
		return c.keysOf(wireName(t, "mattcorallo.com"))
	}
	if found, err := keys(time.Date(2024, 2, 28, 12, 0, 0, 0, time.UTC)); err != nil || len(found) != 3 {
		t.Errorf("%d keys, %v", len(found), err)
	}
	if _, err := keys(time.Date(2024, 3, 5, 0, 0, 0, 0, time.UTC)); err == nil || !strings.Contains(err.Error(), "DS records at matt") {
		t.Errorf("later: %v", err)
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
				ours := readKey(dnstest.Pack(t, []dns.RR{key.Record})[len(set.sigs[0].signer)+10:])
				if ours.fault != "" || ours.tag != key.Record.KeyTag() {
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
