package identity

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"github.com/hallmark-node/hallmark/internal/dnstest"
)

// forger is what a case of TestDNSSECHostile changes: college.example, example and root are
// signed with Ed25519 unless it says otherwise.
type forger struct {
	t       *testing.T
	tree    *dnstest.Tree
	root    *dnstest.Zone
	top     *dnstest.Zone // example
	college *dnstest.Zone // college.example, which names dnsAddress
	evil    *dnstest.Zone // evil.example, which is the forger's
	at      time.Time
	asked   string
	anchors *Anchors
}

func (f *forger) add(z *dnstest.Zone, records ...string) { z.Add(f.t, records...) }

func (f *forger) chain() []dns.RR { return f.tree.Chain(f.asked, dns.TypeTXT) }

func (f *forger) rr(text string) dns.RR {
	f.t.Helper()
	rr, err := dns.NewRR(text)
	if err != nil {
		f.t.Fatal(err)
	}
	return rr
}

// ds returns the chain with another DS record of college.example, signed as the real one is.
func (f *forger) ds(change func(*dns.DS)) []dns.RR {
	ds := f.college.KSK.Record.ToDS(dns.SHA256)
	change(ds)
	set := []dns.RR{ds}
	return f.replace(f.chain(), f.college.Name, dns.TypeDS, ds, f.top.Sign(f.t, set, nil))
}

// nsec3 returns a chain with a wildcard and another proof for it.
func (f *forger) nsec3(change func(*dns.NSEC3)) []dns.RR {
	f.college.NSEC3, f.asked = true, "_hallmark.arts.college.example."
	f.add(f.college, `*.college.example. 3600 IN TXT "`+value20+`"`)
	proof := f.college.Deny(f.t, "arts.college.example.")[0].(*dns.NSEC3)
	change(proof)
	set := []dns.RR{proof}
	return f.replace(f.chain(), "", dns.TypeNSEC3, proof, f.college.Sign(f.t, set, nil))
}

// replace replaces the records of a name (any, if it is empty) and type with their signatures.
func (f *forger) replace(records []dns.RR, name string, typ uint16, by ...dns.RR) []dns.RR {
	f.t.Helper()
	kept := slices.DeleteFunc(records, func(rr dns.RR) bool {
		sig, ok := rr.(*dns.RRSIG)
		return (name == "" || rr.Header().Name == name) && (rr.Header().Rrtype == typ || ok && sig.TypeCovered == typ)
	})
	if len(kept) == len(records) {
		f.t.Fatalf("no %s record at %s", dns.TypeToString[typ], name)
	}
	return append(kept, by...)
}

// edit changes records of a name and type (of signatures: those that cover it).
func edit[T dns.RR](records []dns.RR, name string, change func(T)) []dns.RR {
	for i, rr := range records {
		if old, ok := rr.(T); ok && rr.Header().Name == name {
			made := dns.Copy(old).(T)
			change(made)
			records[i] = made
		}
	}
	return records
}

const (
	collegeName = "_hallmark.college.example."
	value20     = "hallmark=0xabcd000000000000000000000000000000000001"
)

func TestDNSSECHostile(t *testing.T) {
	signed := func(z *dnstest.Zone, f *forger, set []dns.RR, change func(*dns.RRSIG)) []dns.RR {
		return append(slices.Clone(set), z.Sign(f.t, set, change))
	}
	txt := func(f *forger) []dns.RR { return f.college.Set(collegeName, dns.TypeTXT) }
	wild := func(f *forger, at string) {
		f.asked = at
		f.add(f.college, `*.college.example. 3600 IN TXT "`+value20+`"`)
	}
	for _, c := range []struct {
		name  string
		forge func(*forger) []dns.RR
		fault string
	}{
		// When.
		{"expired at the anchor's time", func(f *forger) []dns.RR {
			f.at = dnsEnd.Add(time.Second)
			return f.chain()
		}, "is valid until 2026-11-13 12:00:00 UTC, not at 2026-11-13 12:00:01 UTC"},
		{"not yet valid at the anchor's time", func(f *forger) []dns.RR {
			f.at = dnsBegin.Add(-time.Second)
			return f.chain()
		}, "is valid from 2026-10-30 12:00:00 UTC on, not at 2026-10-30 11:59:59 UTC"},
		{"one signature expired, of the parent zone", func(f *forger) []dns.RR {
			f.top.Expiration = dnsAt.Add(-time.Second)
			return f.chain()
		}, "records at example is valid until"},
		{"a signature that ends before it begins", func(f *forger) []dns.RR {
			f.college.Inception, f.college.Expiration = dnsAt.Add(time.Hour), dnsAt.Add(-time.Hour)
			return f.chain()
		}, "ends before it begins"},
		{"an anchor after whose days the root zone signs", func(f *forger) []dns.RR {
			f.anchors.ZoneKeys[0].NotAfter = dnsAt.Add(-time.Second)
			return f.chain()
		}, "no key of the root zone is one that is trusted at that time"},
		{"an anchor before whose days the root zone signs", func(f *forger) []dns.RR {
			f.anchors.ZoneKeys[0].NotBefore = dnsAt.Add(time.Second)
			return f.chain()
		}, "no key of the root zone is one that is trusted at that time"},
		{"another key of the root zone", func(f *forger) []dns.RR {
			f.root.KSK = dnstest.NewKey(f.t, ".", 257, dns.ED25519)
			return f.chain()
		}, "no key of the root zone is one that is trusted at that time"},

		// Who signs.
		{"a tree of one's own", func(f *forger) []dns.RR {
			return college(f.t, dns.ED25519, dns.ED25519, dns.ED25519).Chain(collegeName, dns.TypeTXT)
		}, "no key of the root zone is one that is trusted"},
		{"the zone's keys replaced by one's own", func(f *forger) []dns.RR {
			records := f.chain()
			own := *f.college
			own.KSK, own.ZSK = dnstest.NewKey(f.t, own.Name, 257, dns.ED25519), dnstest.NewKey(f.t, own.Name, 256, dns.ED25519)
			records = f.replace(records, own.Name, dns.TypeDNSKEY, signed(&own, f, own.Keys(), nil)...)
			return f.replace(records, collegeName, dns.TypeTXT, signed(&own, f, txt(f), nil)...)
		}, "no key of college.example that counts is one that its parent zone names (DS)"},
		{"an own key among the zone's, signed by that key", func(f *forger) []dns.RR {
			own := dnstest.NewKey(f.t, f.college.Name, 257, dns.ED25519)
			keys := append(f.college.Keys(), own.Record)
			return f.replace(f.chain(), f.college.Name, dns.TypeDNSKEY, append(keys, f.college.SignWith(f.t, own, keys, nil))...)
		}, "are not signed by one that its parent names"},
		{"a DS record of one's own, signed in the zone below", func(f *forger) []dns.RR {
			set := []dns.RR{f.college.KSK.Record.ToDS(dns.SHA384)}
			return f.replace(f.chain(), f.college.Name, dns.TypeDS, signed(f.college, f, set, nil)...)
		}, "are signed by college.example, which is not their zone"},
		{"a DS record with another digest", func(f *forger) []dns.RR {
			set := []dns.RR{f.evil.KSK.Record.ToDS(dns.SHA256)}
			ds := set[0].(*dns.DS)
			ds.Hdr.Name, ds.KeyTag = f.college.Name, f.college.KSK.Record.KeyTag()
			return f.replace(f.chain(), f.college.Name, dns.TypeDS, signed(f.top, f, set, nil)...)
		}, "no key of college.example that counts is one that its parent zone names"},
		{"a DS record that calls its digest another", func(f *forger) []dns.RR {
			return f.ds(func(ds *dns.DS) { ds.DigestType = 3 })
		}, "no key of college.example that counts is one that its parent zone names"},
		{"a DS record that calls its digest a longer one", func(f *forger) []dns.RR {
			return f.ds(func(ds *dns.DS) { ds.DigestType = dns.SHA384 })
		}, "no key of college.example that counts is one that its parent zone names"},
		{"a DS record for another algorithm", func(f *forger) []dns.RR {
			return f.ds(func(ds *dns.DS) { ds.Algorithm = dns.RSASHA256 })
		}, "no key of college.example that counts is one that its parent zone names"},
		{"a DS record with another key tag", func(f *forger) []dns.RR {
			return f.ds(func(ds *dns.DS) { ds.KeyTag++ })
		}, "no key of college.example that counts is one that its parent zone names"},
		{"a DS record that is cut short", func(f *forger) []dns.RR {
			return f.ds(func(ds *dns.DS) { ds.Digest = ds.Digest[:62] })
		}, "no key of college.example that counts is one that its parent zone names"},
		{"a DS record with a SHA-1 digest alone", func(f *forger) []dns.RR {
			f.college.Digest = dns.SHA1
			return f.chain()
		}, "no key of college.example that counts is one that its parent zone names"},
		{"a sibling zone that signs for another", func(f *forger) []dns.RR {
			return f.replace(f.chain(), collegeName, dns.TypeTXT, signed(f.evil, f, txt(f), nil)...)
		}, "are signed by evil.example, which is not their zone"},
		{"a zone below that signs for the one above", func(f *forger) []dns.RR {
			f.add(f.tree.Add("cs.college.example", dns.ED25519), `_hallmark.cs.college.example. 60 IN TXT "x"`)
			return f.replace(f.chain(), collegeName, dns.TypeTXT, signed(f.tree.Zone("cs.college.example."), f, txt(f), nil)...)
		}, "are signed by cs.college.example, which is not their zone"},
		{"a zone whose name ends like another", func(f *forger) []dns.RR {
			like := f.tree.Add("ollege.example", dns.ED25519)
			return f.replace(f.chain(), collegeName, dns.TypeTXT, signed(like, f, txt(f), nil)...)
		}, "are signed by ollege.example, which is not their zone"},
		{"a DS record signed by a sibling zone", func(f *forger) []dns.RR {
			set := []dns.RR{f.college.KSK.Record.ToDS(dns.SHA256)}
			return f.replace(f.chain(), f.college.Name, dns.TypeDS, signed(f.evil, f, set, nil)...)
		}, "are signed by evil.example, which is not their zone"},
		{"two zones sign the same records", func(f *forger) []dns.RR {
			return append(f.chain(), f.top.Sign(f.t, txt(f), nil))
		}, "is of example, not of college.example"},
		{"an unsigned delegation", func(f *forger) []dns.RR {
			return f.replace(f.chain(), f.college.Name, dns.TypeDS)
		}, "it does not hold what names the keys of college.example in its parent zone (DS)"},
		{"no keys of the root zone", func(f *forger) []dns.RR {
			return f.replace(f.chain(), ".", dns.TypeDNSKEY)
		}, "it does not hold the keys (DNSKEY) of the root"},

		// What is signed.
		{"a broken signature of the TXT records", func(f *forger) []dns.RR {
			return edit(f.chain(), collegeName, func(s *dns.RRSIG) { s.Signature = flip(s.Signature) })
		}, "the TXT records at _hallmark.college.example does not hold"},
		{"a broken signature of the zone's keys", func(f *forger) []dns.RR {
			return edit(f.chain(), "college.example.", func(s *dns.RRSIG) {
				if s.TypeCovered == dns.TypeDNSKEY {
					s.Signature = flip(s.Signature)
				}
			})
		}, "the DNSKEY records at college.example does not hold"},
		{"a broken signature of the DS record", func(f *forger) []dns.RR {
			return edit(f.chain(), "college.example.", func(s *dns.RRSIG) {
				if s.TypeCovered == dns.TypeDS {
					s.Signature = flip(s.Signature)
				}
			})
		}, "the DS records at college.example does not hold"},
		{"a broken signature at the top", func(f *forger) []dns.RR {
			return edit(f.chain(), "example.", func(s *dns.RRSIG) { s.Signature = flip(s.Signature) })
		}, "records at example does not hold"},
		{"a broken signature of the root zone", func(f *forger) []dns.RR {
			return edit(f.chain(), ".", func(s *dns.RRSIG) { s.Signature = flip(s.Signature) })
		}, "the DNSKEY records at the root does not hold"},
		{"a broken signature beside a good one", func(f *forger) []dns.RR {
			bad := f.college.Sign(f.t, txt(f), nil)
			bad.Signature = flip(bad.Signature)
			return append(f.chain(), bad)
		}, "does not hold"},
		{"a signature cut short", func(f *forger) []dns.RR {
			return edit(f.chain(), collegeName, func(s *dns.RRSIG) { s.Signature = s.Signature[:40] })
		}, "does not hold"},
		{"a signature on P-256 cut short", func(f *forger) []dns.RR {
			f.college.ZSK = dnstest.NewKey(f.t, f.college.Name, 256, dns.ECDSAP256SHA256)
			return edit(f.chain(), collegeName, func(s *dns.RRSIG) { s.Signature = s.Signature[:40] })
		}, "does not hold"},
		{"TXT records exchanged below the signature", func(f *forger) []dns.RR {
			f.college.Set(collegeName, dns.TypeTXT)[0].(*dns.TXT).Txt = []string{TXTValue([20]byte{1}, 0)}
			records := f.chain()
			return edit(records, collegeName, func(r *dns.TXT) { r.Txt = []string{value20} })
		}, "the TXT records at _hallmark.college.example does not hold"},
		{"one TXT record of two left out", func(f *forger) []dns.RR {
			f.add(f.college, collegeName+` 3600 IN TXT "hallmark=0x0000000000000000000000000000000000000002"`)
			return slices.DeleteFunc(f.chain(), func(rr dns.RR) bool {
				r, ok := rr.(*dns.TXT)
				return ok && r.Txt[0] != value20
			})
		}, "does not hold"},
		{"a signature of another name", func(f *forger) []dns.RR {
			return edit(f.chain(), collegeName, func(s *dns.RRSIG) {
				other := f.rr(`_hallmark.evil.example. 3600 IN TXT "` + value20 + `"`)
				s.Signature = f.evil.Sign(f.t, []dns.RR{other}, nil).Signature
			})
		}, "does not hold"},
		{"records that live longer than what was signed", func(f *forger) []dns.RR {
			records := edit(f.chain(), collegeName, func(r *dns.TXT) { r.Hdr.Ttl = 7200 })
			return edit(records, collegeName, func(s *dns.RRSIG) { s.Hdr.Ttl = 7200 })
		}, "is for records that do not live as long"},
		{"a signature that lives less long than its records", func(f *forger) []dns.RR {
			return edit(f.chain(), collegeName, func(s *dns.RRSIG) { s.Hdr.Ttl = 60 })
		}, "and their signature do not live equally long"},

		// Keys and algorithms.
		{"signed with SHA-1 (algorithm 5)", func(f *forger) []dns.RR {
			return edit(f.chain(), collegeName, func(s *dns.RRSIG) { s.Algorithm = dns.RSASHA1 })
		}, "is of no key of the zone (key tag"},
		{"keys of an algorithm that does not count (P-384)", func(f *forger) []dns.RR {
			z := f.college
			z.KSK, z.ZSK = dnstest.NewKey(f.t, z.Name, 257, dns.ECDSAP384SHA384), dnstest.NewKey(f.t, z.Name, 256, dns.ECDSAP384SHA384)
			return f.chain()
		}, "its parent zone names (DS); others are of the algorithm 14"},
		{"an RSA key of 1024 bits", func(f *forger) []dns.RR {
			f.college.ZSK = dnstest.NewKeyOf(f.t, f.college.Name, 256, dns.RSASHA256, 1024)
			return f.chain()
		}, "is of a key that does not count: it is an RSA key of 1024 bits"},
		{"an RSA key of 8192 bits", func(f *forger) []dns.RR {
			key := &rsa.PublicKey{E: 65537}
			raw := make([]byte, 1024)
			if _, err := rand.Read(raw); err != nil {
				f.t.Fatal(err)
			}
			raw[0] |= 0x80
			record := f.college.ZSK.Record
			public := append([]byte{3, byte(key.E >> 16), byte(key.E >> 8), byte(key.E)}, raw...)
			large := &dns.DNSKEY{Hdr: record.Hdr, Flags: 256, Protocol: 3, Algorithm: dns.RSASHA256}
			large.PublicKey = base64.StdEncoding.EncodeToString(public)
			keys := append(f.college.Keys(), large)
			records := f.replace(f.chain(), f.college.Name, dns.TypeDNSKEY, signed(f.college, f, keys, nil)...)
			return edit(records, collegeName, func(s *dns.RRSIG) { s.Algorithm, s.KeyTag = dns.RSASHA256, large.KeyTag() })
		}, "is of a key that does not count: it is an RSA key of 8192 bits"},
		{"an RSA key with the exponent 1", func(f *forger) []dns.RR {
			f.college.ZSK = dnstest.NewKey(f.t, f.college.Name, 256, dns.RSASHA256)
			records := f.chain()
			raw, err := base64.StdEncoding.DecodeString(f.college.ZSK.Record.PublicKey)
			if err != nil {
				f.t.Fatal(err)
			}
			one := dns.Copy(f.college.ZSK.Record).(*dns.DNSKEY)
			one.PublicKey = base64.StdEncoding.EncodeToString(append([]byte{1, 1}, raw[1+raw[0]:]...))
			keys := []dns.RR{f.college.KSK.Record, one}
			records = f.replace(records, f.college.Name, dns.TypeDNSKEY, signed(f.college, f, keys, nil)...)
			return edit(records, collegeName, func(s *dns.RRSIG) { s.KeyTag = one.KeyTag() })
		}, "is of a key that does not count: it is not an RSA key"},
		{"a key on Ed25519 that is cut short", func(f *forger) []dns.RR {
			records := f.chain()
			short := dns.Copy(f.college.ZSK.Record).(*dns.DNSKEY)
			short.PublicKey = base64.StdEncoding.EncodeToString(make([]byte, 31))
			keys := []dns.RR{f.college.KSK.Record, short}
			records = f.replace(records, f.college.Name, dns.TypeDNSKEY, signed(f.college, f, keys, nil)...)
			return edit(records, collegeName, func(s *dns.RRSIG) { s.KeyTag = short.KeyTag() })
		}, "is of a key that does not count: it is not of 32 bytes"},
		{"a key on P-256 that is no point", func(f *forger) []dns.RR {
			records := f.chain()
			off := dns.Copy(f.college.ZSK.Record).(*dns.DNSKEY)
			off.Algorithm, off.PublicKey = dns.ECDSAP256SHA256, base64.StdEncoding.EncodeToString(make([]byte, 64))
			keys := []dns.RR{f.college.KSK.Record, off}
			records = f.replace(records, f.college.Name, dns.TypeDNSKEY, signed(f.college, f, keys, nil)...)
			return edit(records, collegeName, func(s *dns.RRSIG) { s.KeyTag, s.Algorithm = off.KeyTag(), off.Algorithm })
		}, "is of a key that does not count: it is not on its curve"},
		{"a key that is no zone key", func(f *forger) []dns.RR {
			f.college.ZSK = dnstest.NewKeyOf(f.t, f.college.Name, 0, dns.ED25519, 256)
			return f.chain()
		}, "is of a key that does not count: it is not for signing a zone"},
		{"a revoked key", func(f *forger) []dns.RR {
			f.college.KSK = dnstest.NewKeyOf(f.t, f.college.Name, 257|128, dns.ED25519, 256)
			return f.chain()
		}, "its parent zone names (DS); others are revoked"},
		{"a key for another protocol", func(f *forger) []dns.RR {
			f.college.ZSK.Record.Protocol = 2
			return f.chain()
		}, "is of a key that does not count: it is not for signing a zone"},
		{"another key tag", func(f *forger) []dns.RR {
			return edit(f.chain(), collegeName, func(s *dns.RRSIG) { s.KeyTag++ })
		}, "is of no key of the zone (key tag"},
		{"many keys with the tag of the one that signed", func(f *forger) []dns.RR {
			keys := f.college.Keys()
			for n := range 40 {
				keys = append(keys, dnstest.Collide(f.college.Name, f.college.ZSK.Record.KeyTag(), byte(n)))
			}
			records := f.replace(f.chain(), f.college.Name, dns.TypeDNSKEY, signed(f.college, f, keys, nil)...)
			return edit(records, collegeName, func(s *dns.RRSIG) { s.Signature = flip(s.Signature) })
		}, "has a key tag that more than 4 keys share"},
		{"many signatures", func(f *forger) []dns.RR {
			records := f.chain()
			for n := range uint32(70) {
				records = append(records, f.college.Sign(f.t, txt(f), func(s *dns.RRSIG) { s.Inception += 1 + n }))
			}
			return records
		}, "is one too many: at most 64 are checked"},

		// Names.
		{"of the root zone's child itself, a public suffix", func(f *forger) []dns.RR {
			f.asked = "_hallmark.example."
			f.add(f.top, `_hallmark.example. 3600 IN TXT "`+value20+`"`)
			return f.chain()
		}, "is a public suffix"},
		{"of a public suffix with two labels", func(f *forger) []dns.RR {
			f.asked = "_hallmark.co.uk."
			f.add(f.tree.Add("uk", dns.ED25519), `_hallmark.co.uk. 3600 IN TXT "`+value20+`"`)
			return f.chain()
		}, "is a public suffix"},
		{"of a host of many, a private suffix", func(f *forger) []dns.RR {
			f.asked = "_hallmark.github.io."
			f.add(f.tree.Add("io", dns.ED25519), `_hallmark.github.io. 3600 IN TXT "`+value20+`"`)
			return f.chain()
		}, "is a public suffix"},
		{"of the root", func(f *forger) []dns.RR {
			f.asked = "_hallmark."
			f.add(f.root, `_hallmark. 3600 IN TXT "`+value20+`"`)
			return f.chain()
		}, "is not a domain"},
		{"of a name that is no host", func(f *forger) []dns.RR {
			f.asked = `_hallmark.a\.college.example.`
			f.add(f.top, f.asked+` 3600 IN TXT "`+value20+`"`)
			return f.chain()
		}, "is not a domain"},
		{"at the domain itself, not at _hallmark", func(f *forger) []dns.RR {
			f.asked = "college.example."
			f.add(f.college, `college.example. 3600 IN TXT "`+value20+`"`)
			return f.chain()
		}, "it answers for 0 names that begin with _hallmark"},
		{"at a name that only begins like _hallmark", func(f *forger) []dns.RR {
			f.asked = "_hallmarks.college.example."
			f.add(f.college, `_hallmarks.college.example. 3600 IN TXT "`+value20+`"`)
			return f.chain()
		}, "it answers for 0 names that begin with _hallmark"},
		{"of two domains", func(f *forger) []dns.RR {
			return unique(append(f.chain(), f.tree.Chain("_hallmark.evil.example.", dns.TypeTXT)...))
		}, "it answers for 2 names that begin with _hallmark"},
		{"of another address", func(f *forger) []dns.RR {
			f.asked = "_hallmark.other.example."
			f.add(f.top, f.asked+` 60 IN TXT "hallmark=0xabcd000000000000000000000000000000000002" "hallmark=0xabcd"`)
			return f.chain()
		}, "other.example does not name the key: the records at _hallmark.other.example name others"},
		{"of nothing", func(f *forger) []dns.RR {
			f.asked = "_hallmark.other.example."
			f.add(f.top, f.asked+` 60 IN TXT "v=spf1" " `+value20+`" "x`+value20+`"`)
			return f.chain()
		}, `no record at _hallmark.other.example begins with "hallmark="`},
		{"of chains that are none", func(f *forger) []dns.RR {
			f.asked = "_hallmark.other.example."
			hex := strings.TrimPrefix(value20, "hallmark=")
			f.add(f.top, f.asked+` 60 IN TXT "hallmark=eip155:0:`+hex+`" "hallmark=eip155:01:`+hex+`" "hallmark=eip155:+1:`+hex+
				`" "hallmark=eip155:18446744073709551616:`+hex+`" "hallmark=eip155:1:1:`+hex+`" "`+value20+` "`)
			return f.chain()
		}, "name others"},
		{"a string split over two", func(f *forger) []dns.RR {
			f.asked = "_hallmark.other.example."
			f.add(f.top, f.asked+` 60 IN TXT "`+value20[:30]+`" "`+value20[30:]+`"`)
			return f.chain()
		}, "name others"},

		{"of a zone that lies too deep", func(f *forger) []dns.RR {
			name := strings.Repeat("a.", 15) + "college.example."
			f.asked = "_hallmark." + name
			f.add(f.tree.Add(name, dns.ED25519), f.asked+` 3600 IN TXT "`+value20+`"`)
			return f.chain()
		}, "lies too deep"},

		// Wildcards.
		{"a wildcard without a proof that nothing is closer", func(f *forger) []dns.RR {
			wild(f, "_hallmark.arts.college.example.")
			records := f.chain()
			return f.replace(records, "", dns.TypeNSEC)
		}, "it holds no proof of that"},
		{"a wildcard with the proof for another name", func(f *forger) []dns.RR {
			wild(f, "_hallmark.arts.college.example.")
			return f.replace(f.chain(), "", dns.TypeNSEC, f.college.Deny(f.t, "0.college.example.")...)
		}, "says nothing of this name"},
		{"a wildcard with another zone's proof", func(f *forger) []dns.RR {
			wild(f, "_hallmark.arts.college.example.")
			return f.replace(f.chain(), "", dns.TypeNSEC, f.top.Deny(f.t, "arts.example.")...)
		}, "is of another zone"},
		{"a wildcard where a name is closer", func(f *forger) []dns.RR {
			f.add(f.college, `www.arts.college.example. 3600 IN TXT "x"`)
			wild(f, "_hallmark.arts.college.example.")
			return f.chain()
		}, "says that a name is closer"},
		{"a wildcard for names of a zone of its own", func(f *forger) []dns.RR {
			wild(f, "_hallmark.arts.college.example.")
			f.add(f.college, `arts.college.example. 3600 IN NS ns.evil.example.`)
			return f.chain()
		}, "says that a name is closer"},
		{"a wildcard beneath a zone of its own", func(f *forger) []dns.RR {
			f.asked = "_hallmark.b.arts.college.example."
			f.add(f.college, `arts.college.example. 3600 IN NS ns.evil.example.`, `*.arts.college.example. 3600 IN TXT "`+value20+`"`)
			records := f.chain()
			set := []dns.RR{f.rr("arts.college.example. 3600 IN NSEC college.example. NS RRSIG NSEC")}
			return f.replace(records, "", dns.TypeNSEC, signed(f.college, f, set, nil)...)
		}, "says that the name is in another zone"},
		{"a wildcard beneath a DNAME record", func(f *forger) []dns.RR {
			f.asked = "_hallmark.b.arts.college.example."
			f.add(f.college, `*.arts.college.example. 3600 IN TXT "`+value20+`"`)
			set := []dns.RR{f.rr("arts.college.example. 3600 IN NSEC college.example. DNAME RRSIG NSEC")}
			return f.replace(f.chain(), "", dns.TypeNSEC, signed(f.college, f, set, nil)...)
		}, "says that the name is in another zone"},
		{"two proofs at one name", func(f *forger) []dns.RR {
			wild(f, "_hallmark.arts.college.example.")
			set := []dns.RR{
				f.rr("*.college.example. 3600 IN NSEC college.example. TXT RRSIG NSEC"),
				f.rr("*.college.example. 3600 IN NSEC b.college.example. TXT RRSIG NSEC"),
			}
			return f.replace(f.chain(), "", dns.TypeNSEC, signed(f.college, f, set, nil)...)
		}, "there are several NSEC records"},
		{"a proof that leads out of the zone", func(f *forger) []dns.RR {
			wild(f, "_hallmark.arts.college.example.")
			set := []dns.RR{f.rr("*.college.example. 3600 IN NSEC z.example. TXT RRSIG NSEC")}
			return f.replace(f.chain(), "", dns.TypeNSEC, signed(f.college, f, set, nil)...)
		}, "leads to z.example"},
		{"a proof that begins behind the name", func(f *forger) []dns.RR {
			wild(f, "_hallmark.arts.college.example.")
			set := []dns.RR{f.rr("b.college.example. 3600 IN NSEC college.example. TXT RRSIG NSEC")}
			return f.replace(f.chain(), "", dns.TypeNSEC, signed(f.college, f, set, nil)...)
		}, "says nothing of this name"},
		{"a signature of the name and one of the wildcard", func(f *forger) []dns.RR {
			records := f.chain()
			set := []dns.RR{f.rr(`*.college.example. 3600 IN TXT "` + value20 + `"`)}
			sig := f.college.Sign(f.t, set, nil)
			sig.Hdr.Name = collegeName
			return append(records, sig)
		}, "is for another name than the one beside it"},
		{"a hash that is not SHA-1", func(f *forger) []dns.RR {
			return f.nsec3(func(r *dns.NSEC3) { r.Hash = 2 })
		}, "hashes in an unknown way (2)"},
		{"a hashed proof with unknown flags", func(f *forger) []dns.RR {
			return f.nsec3(func(r *dns.NSEC3) { r.Flags = 2 })
		}, "has unknown flags (2)"},
		{"a hashed proof two labels below the zone", func(f *forger) []dns.RR {
			return f.nsec3(func(r *dns.NSEC3) { r.Hdr.Name = strings.Replace(r.Hdr.Name, ".", ".x.", 1) })
		}, "does not stand at the hash of a name"},
		{"a hashed proof at a name that is no hash", func(f *forger) []dns.RR {
			return f.nsec3(func(r *dns.NSEC3) { r.Hdr.Name = "zzzz.college.example." })
		}, "does not stand at the hash of a name"},
		{"a proof that was made from a wildcard", func(f *forger) []dns.RR {
			wild(f, "_hallmark.arts.college.example.")
			set := []dns.RR{f.rr("*.college.example. 3600 IN NSEC college.example. TXT RRSIG NSEC")}
			sig := f.college.Sign(f.t, set, nil)
			for _, rr := range []dns.RR{set[0], sig} {
				rr.Header().Name = "aaa.college.example."
			}
			return f.replace(f.chain(), "", dns.TypeNSEC, set[0], sig)
		}, "was made from a wildcard, not for this name"},
		{"a proof that leads backwards", func(f *forger) []dns.RR {
			wild(f, "_hallmark.arts.college.example.")
			set := []dns.RR{f.rr("*.college.example. 3600 IN NSEC *.college.example. TXT RRSIG NSEC")}
			return f.replace(f.chain(), "", dns.TypeNSEC, signed(f.college, f, set, nil)...)
		}, "leads to *.college.example"},
		{"a hashed name after 2,500 rounds", func(f *forger) []dns.RR {
			f.college.NSEC3, f.college.Iterations = true, 2500
			wild(f, "_hallmark.arts.college.example.")
			return f.chain()
		}, "asks for 2500 rounds of hashing, at most 50 count"},
		{"a proof with opt-out", func(f *forger) []dns.RR {
			f.college.NSEC3, f.college.OptOut = true, true
			wild(f, "_hallmark.arts.college.example.")
			return f.chain()
		}, "(opt-out)"},
		{"a hashed name that is another's", func(f *forger) []dns.RR {
			f.college.NSEC3 = true
			wild(f, "_hallmark.arts.college.example.")
			records := f.chain()
			for n := byte('a'); ; n++ { // of a few names, some lie between other hashes
				other := f.college.Deny(f.t, string(n)+".college.example.")
				if name := other[0].Header().Name; !slices.ContainsFunc(records, func(rr dns.RR) bool { return rr.Header().Name == name }) {
					return f.replace(records, "", dns.TypeNSEC3, other...)
				}
			}
		}, "says nothing of this name"},
		{"fewer labels signed than there are, without a wildcard", func(f *forger) []dns.RR {
			return edit(f.chain(), collegeName, func(s *dns.RRSIG) { s.Labels = 2 })
		}, "does not hold"},
		{"more labels signed than there are", func(f *forger) []dns.RR {
			return edit(f.chain(), collegeName, func(s *dns.RRSIG) { s.Labels = 4 })
		}, "is for a longer name"},
		{"keys made from a wildcard", func(f *forger) []dns.RR {
			set := f.college.Keys()
			for i := range set {
				set[i] = dns.Copy(set[i])
				set[i].Header().Name = "*.example."
			}
			sig := f.college.SignWith(f.t, f.college.KSK, set, nil)
			sig.Hdr.Name = "college.example."
			return f.replace(f.chain(), f.college.Name, dns.TypeDNSKEY, append(f.college.Keys(), sig)...)
		}, "the keys of college.example are not signed by one that its parent names"},

		// Aliases.
		{"an alias into a zone of the forger's, unsigned", func(f *forger) []dns.RR {
			records := f.replace(f.chain(), collegeName, dns.TypeTXT, f.rr(collegeName+" 3600 IN CNAME _hallmark.evil.example."))
			return unique(append(records, f.tree.Chain("_hallmark.evil.example.", dns.TypeTXT)...))
		}, "the CNAME record at _hallmark.college.example is not signed"},
		{"an alias that the forger's zone signed", func(f *forger) []dns.RR {
			set := []dns.RR{f.rr(collegeName + " 3600 IN CNAME _hallmark.evil.example.")}
			records := f.replace(f.chain(), collegeName, dns.TypeTXT, signed(f.evil, f, set, nil)...)
			return unique(append(records, f.tree.Chain("_hallmark.evil.example.", dns.TypeTXT)...))
		}, "are signed by evil.example, which is not their zone"},
		{"an alias for all names, to who hosts them", func(f *forger) []dns.RR {
			f.asked = "_hallmark.cs.college.example."
			f.add(f.college, `*.college.example. 3600 IN CNAME evil.example.`)
			f.add(f.evil, `evil.example. 3600 IN TXT "`+value20+`"`)
			return f.chain()
		}, "the CNAME record at _hallmark.cs.college.example was made from a wildcard, not for this name"},
		{"an alias to nowhere", func(f *forger) []dns.RR {
			f.asked = "_hallmark.other.example."
			f.add(f.top, f.asked+` 3600 IN CNAME nowhere.evil.example.`)
			return f.chain()
		}, "it holds no TXT record at nowhere.evil.example"},
		{"aliases in a circle", func(f *forger) []dns.RR {
			f.asked = "_hallmark.other.example."
			f.add(f.top, f.asked+` 3600 IN CNAME a.example.`, `a.example. 60 IN CNAME b.example.`, `b.example. 60 IN CNAME a.example.`)
			records := f.tree.Chain("c.example.", dns.TypeTXT)
			for _, name := range []string{f.asked, "a.example.", "b.example."} {
				records = append(records, signed(f.top, f, f.top.Set(name, dns.TypeCNAME), nil)...)
			}
			return records
		}, "more than 8 aliases"},
		{"two aliases of one name", func(f *forger) []dns.RR {
			f.asked = "_hallmark.other.example."
			f.add(f.top, f.asked+` 3600 IN CNAME a.example.`, f.asked+` 3600 IN CNAME b.example.`)
			return append(f.tree.Chain("c.example.", dns.TypeTXT), signed(f.top, f, f.top.Set(f.asked, dns.TypeCNAME), nil)...)
		}, "there are several CNAME records"},
		{"an alias that grows without end", func(f *forger) []dns.RR {
			long := strings.Repeat(strings.Repeat("a", 60)+".", 3)
			f.asked = "_hallmark." + long + "other.example."
			f.add(f.top, `other.example. 3600 IN DNAME `+strings.Repeat("b", 60)+`.x.other.example.`)
			records := append(f.tree.Chain("c.example.", dns.TypeTXT), signed(f.top, f, f.top.Set("other.example.", dns.TypeDNAME), nil)...)
			return append(records, f.rr(f.asked+" 3600 IN CNAME a.example."))
		}, "has more than 255 bytes"},

		// Bytes.
		{"a record too many", func(f *forger) []dns.RR {
			return append(f.chain(), signed(f.college, f, []dns.RR{f.rr(`x.college.example. 60 IN TXT "x"`)}, nil)...)
		}, "it holds TXT records at x.college.example, which nothing needs"},
		{"a type that has no part", func(f *forger) []dns.RR {
			return append(f.chain(), f.rr("college.example. 60 IN A 192.0.2.1"))
		}, "of the type TYPE1, which has no part in it"},
		{"a record twice", func(f *forger) []dns.RR { return append(f.chain(), txt(f)...) }, "twice"},
		{"a signature twice", func(f *forger) []dns.RR {
			sig := f.college.Sign(f.t, txt(f), nil)
			return append(f.replace(f.chain(), collegeName, dns.TypeTXT, txt(f)...), sig, sig)
		}, "twice"},
		{"a signature of nothing", func(f *forger) []dns.RR {
			set := []dns.RR{f.rr(`x.college.example. 60 IN TXT "x"`)}
			return append(f.chain(), f.college.Sign(f.t, set, nil))
		}, "it holds a signature of TXT records at x.college.example, but not the records"},
		{"records with a class of their own", func(f *forger) []dns.RR {
			return edit(f.chain(), collegeName, func(r *dns.TXT) { r.Hdr.Class = dns.ClassCHAOS })
		}, "is of class 3"},
		{"records that do not live equally long", func(f *forger) []dns.RR {
			return append(f.chain(), f.rr(collegeName+` 60 IN TXT "x"`))
		}, "do not live equally long"},
		{"more than fits", func(f *forger) []dns.RR {
			for range 250 {
				f.add(f.college, collegeName+` 3600 IN TXT "`+rand.Text()+rand.Text()+`"`)
			}
			return f.chain()
		}, "it has more than 16384 bytes"},
	} {
		t.Run(c.name, func(t *testing.T) {
			tree := college(t, dns.ED25519, dns.ED25519, dns.ED25519)
			f := &forger{
				t: t, tree: tree, at: dnsAt, asked: collegeName,
				root: tree.Zone("."), top: tree.Zone("example."), college: tree.Zone("college.example."),
				evil: tree.Add("evil.example", dns.ED25519),
			}
			f.add(f.evil, `_hallmark.evil.example. 3600 IN TXT "`+value20+`"`)
			f.anchors = anchorsOf(tree)
			evidence := dnstest.Pack(t, c.forge(f))
			got, err := f.anchors.Check(KindDNSSEC, evidence, dnsAddress, f.at)
			if err == nil || !strings.Contains(err.Error(), c.fault) || len(got) > 0 {
				t.Errorf("got %v, %v; want %q", got, err, c.fault)
			}
		})
	}
}

// TestDNSSECWire is what cannot be made of records.
func TestDNSSECWire(t *testing.T) {
	tree := college(t, dns.ED25519, dns.ED25519, dns.ED25519)
	good := dnstest.Pack(t, tree.Chain(collegeName, dns.TypeTXT))
	label := append([]byte{63}, bytes.Repeat([]byte{'a'}, 63)...)
	for _, c := range []struct {
		name     string
		evidence []byte
		fault    string
	}{
		{"nothing", nil, "it answers for 0 names"},
		{"one byte", []byte{9}, "it ends inside a name"},
		{"a byte behind", append(bytes.Clone(good), 0), "it ends inside a record"},
		{"a byte before", append([]byte{0}, good...), "is of class"},
		{"a name that is compressed", []byte{0xc0, 0, 0, 16, 0, 1, 0, 0, 0, 0, 0, 0}, "a name is compressed"},
		{"a name without end", bytes.Repeat([]byte{1, 'a'}, 8000), "a name has more than 255 bytes"},
		{"a name of 256 bytes", slices.Concat(label, label, label, []byte{62}, label[1:63], []byte{0}), "a name has more than 255 bytes"},
		{"an alias with bytes behind it", []byte{0, 0, 5, 0, 1, 0, 0, 0, 0, 0, 2, 0, 0}, "bytes follow its name"},
		{"an alias that is compressed", []byte{0, 0, 5, 0, 1, 0, 0, 0, 0, 0, 2, 0xc0, 0}, "a name is compressed"},
		{"a signature without a name", []byte{0, 0, 46, 0, 1, 0, 0, 0, 0, 0, 2, 0, 16}, "it is cut short"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := anchorsOf(tree).Check(KindDNSSEC, c.evidence, dnsAddress, dnsAt)
			if err == nil || !strings.Contains(err.Error(), c.fault) {
				t.Errorf("got %v, want %q", err, c.fault)
			}
		})
	}
	for i := range good {
		if _, err := anchorsOf(tree).Check(KindDNSSEC, good[:i], dnsAddress, dnsAt); err == nil {
			t.Errorf("cut to %d bytes it holds", i)
		}
	}
	if _, err := BuiltIn().Check(KindDNSSEC, good, dnsAddress, dnsAt); err == nil {
		t.Error("a tree of one's own holds under the shipped keys")
	}
	if _, err := new(Anchors).Check(KindDNSSEC, good, dnsAddress, dnsAt); err == nil {
		t.Error("holds without anchors")
	}
}

// TestDNSSECLongestName asks for a name of 255 bytes, the most that there are.
func TestDNSSECLongestName(t *testing.T) {
	tree := college(t, dns.ED25519, dns.ED25519, dns.ED25519)
	a := strings.Repeat("a", 63) + "."
	name := "_hallmark." + a + a + a + strings.Repeat("b", 35) + ".college.example."
	tree.Zone("college.example").Add(t, name+` 60 IN TXT "`+value20+`"`)
	got, err := anchorsOf(tree).Check(KindDNSSEC, dnstest.Pack(t, tree.Chain(name, dns.TypeTXT)), dnsAddress, dnsAt)
	if err != nil || len(name)+1 != 255 || len(got) != 1 || got[0].Domain+"." != strings.TrimPrefix(name, "_hallmark.") {
		t.Errorf("%d bytes: got %v, %v", len(name)+1, got, err)
	}
}

// FuzzDNSSEC changes bytes of chains, and finds that nothing else than the tree is believed.
// The keys are new in each process, so that a change is what is kept, not the chain.
func FuzzDNSSEC(f *testing.F) {
	tree := college(f, dns.ED25519, dns.ECDSAP256SHA256, dns.ED25519)
	z := tree.Zone("college.example")
	z.Add(f, `*.wild.college.example. 60 IN TXT "`+value20+`"`, `_hallmark.alias.college.example. 60 IN CNAME _hallmark.college.example.`)
	var chains [][]byte
	for _, name := range []string{collegeName, "_hallmark.x.wild.college.example.", "_hallmark.alias.college.example."} {
		chains = append(chains, dnstest.Pack(f, tree.Chain(name, dns.TypeTXT)))
	}
	z.NSEC3 = true
	chains = append(chains, dnstest.Pack(f, tree.Chain("_hallmark.x.wild.college.example.", dns.TypeTXT)))
	for i := range chains {
		f.Add(uint8(i), uint16(0), uint16(0), []byte(nil))
		f.Add(uint8(i), uint16(40), uint16(2), []byte{0, 1})
	}
	anchors := anchorsOf(tree)
	f.Fuzz(func(t *testing.T, chain uint8, at, cut uint16, by []byte) {
		evidence := bytes.Clone(chains[int(chain)%len(chains)])
		from := int(at) % len(evidence)
		evidence = slices.Replace(evidence, from, min(len(evidence), from+int(cut)), by...)
		names, c, err := anchors.resolveDNSSEC(evidence, dnsAddress, dnsAt)
		if c != nil && c.checks > maxChecks+1 {
			t.Errorf("%d signatures were checked", c.checks)
		}
		if (err == nil) != (len(names) > 0) {
			t.Errorf("%v, %v", names, err)
		}
		for _, n := range names {
			if n.Domain != "college.example" && !strings.HasSuffix(n.Domain, ".college.example") {
				t.Errorf("%s named the key", n.Domain)
			}
		}
	})
}

// flip changes a text in base64.
func flip(text string) string {
	if text[5] == 'A' {
		return text[:5] + "B" + text[6:]
	}
	return text[:5] + "A" + text[6:]
}

// unique leaves out what is there already.
func unique(records []dns.RR) []dns.RR {
	var kept []dns.RR
	for _, rr := range records {
		if !slices.ContainsFunc(kept, func(k dns.RR) bool { return k.String() == rr.String() }) {
			kept = append(kept, rr)
		}
	}
	return kept
}
