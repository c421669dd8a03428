// Package dnstest makes signed trees of DNS zones and serves them, for tests.
package dnstest

import (
	"crypto"
	"encoding/base64"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/miekg/dns"
)

// Key is a key of a zone.
type Key struct {
	Record *dns.DNSKEY
	Signer crypto.Signer
}

// NewKey makes a key; flags are 257 for a key that the parent names, 256 for one that signs
// the records. RSA keys have 2048 bits and are taken from a stock, since they take long.
func NewKey(tb testing.TB, zone string, flags uint16, algorithm uint8) *Key {
	tb.Helper()
	if algorithm == dns.RSASHA256 {
		stock := rsaStock()
		made := *stock[int(flags)%len(stock)]
		record := *made.Record
		record.Hdr.Name, record.Flags = dns.Fqdn(zone), flags
		return &Key{&record, made.Signer}
	}
	bits := 256
	if algorithm == dns.ECDSAP384SHA384 {
		bits = 384
	}
	return NewKeyOf(tb, zone, flags, algorithm, bits)
}

// NewKeyOf makes a key with any number of bits.
func NewKeyOf(tb testing.TB, zone string, flags uint16, algorithm uint8, bits int) *Key {
	tb.Helper()
	record := &dns.DNSKEY{
		Hdr:   dns.RR_Header{Name: dns.Fqdn(zone), Rrtype: dns.TypeDNSKEY, Class: dns.ClassINET, Ttl: 3600},
		Flags: flags, Protocol: 3, Algorithm: algorithm,
	}
	private, err := record.Generate(bits)
	if err != nil {
		tb.Fatal(err)
	}
	return &Key{record, private.(crypto.Signer)}
}

var rsaStock = sync.OnceValue(func() []*Key {
	var stock []*Key
	for range 2 {
		record := &dns.DNSKEY{
			Hdr:      dns.RR_Header{Rrtype: dns.TypeDNSKEY, Class: dns.ClassINET, Ttl: 3600},
			Protocol: 3, Algorithm: dns.RSASHA256,
		}
		private, err := record.Generate(2048)
		if err != nil {
			panic(err)
		}
		stock = append(stock, &Key{record, private.(crypto.Signer)})
	}
	return stock
})

// Zone is a zone with its keys and records. Its signatures are made when they are asked for.
type Zone struct {
	Name       string // with the final dot
	KSK, ZSK   *Key
	Digest     uint8 // of the DS record in the parent zone
	Inception  time.Time
	Expiration time.Time

	NSEC3      bool // denials are hashed
	Iterations uint16
	OptOut     bool

	records []dns.RR
}

// Add adds records in the form of a zone file.
func (z *Zone) Add(tb testing.TB, records ...string) {
	tb.Helper()
	for _, text := range records {
		rr, err := dns.NewRR(text)
		if err != nil {
			tb.Fatal(err)
		}
		z.records = append(z.records, rr)
	}
}

// Keys returns the zone's keys.
func (z *Zone) Keys() []dns.RR { return []dns.RR{z.KSK.Record, z.ZSK.Record} }

// Set returns the records of a name and type.
func (z *Zone) Set(name string, typ uint16) []dns.RR {
	if typ == dns.TypeDNSKEY && strings.EqualFold(name, z.Name) {
		return z.Keys()
	}
	var set []dns.RR
	for _, rr := range z.records {
		if h := rr.Header(); h.Rrtype == typ && strings.EqualFold(h.Name, name) {
			set = append(set, rr)
		}
	}
	return set
}

// Sign signs records of one name and type with the zone's key for them; edit, if not nil,
// changes what the signature says before it is made.
func (z *Zone) Sign(tb testing.TB, set []dns.RR, edit func(*dns.RRSIG)) *dns.RRSIG {
	key := z.ZSK
	if set[0].Header().Rrtype == dns.TypeDNSKEY {
		key = z.KSK
	}
	return z.SignWith(tb, key, set, edit)
}

// SignWith is [Zone.Sign] with another key.
func (z *Zone) SignWith(tb testing.TB, key *Key, set []dns.RR, edit func(*dns.RRSIG)) *dns.RRSIG {
	tb.Helper()
	h := set[0].Header()
	sig := &dns.RRSIG{
		Hdr:       dns.RR_Header{Name: h.Name, Rrtype: dns.TypeRRSIG, Class: dns.ClassINET, Ttl: h.Ttl},
		Algorithm: key.Record.Algorithm, KeyTag: key.Record.KeyTag(), SignerName: z.Name,
		Inception: uint32(z.Inception.Unix()), Expiration: uint32(z.Expiration.Unix()),
	}
	if edit == nil {
		edit = func(*dns.RRSIG) {}
	}
	edit(sig)
	if err := sig.Sign(key.Signer, set); err != nil {
		tb.Fatal(err)
	}
	return sig
}

// wild returns the records of a wildcard as a server sends them for a name, signed.
func (z *Zone) wild(tb testing.TB, name string, set []dns.RR) []dns.RR {
	sig := z.Sign(tb, set, nil)
	var made []dns.RR
	for _, rr := range set {
		rr = dns.Copy(rr)
		rr.Header().Name = name
		made = append(made, rr)
	}
	sig.Hdr.Name = name
	return append(made, sig)
}

// names returns the names of the zone's records in canonical order, and the types at each.
func (z *Zone) names() ([]string, map[string][]uint16) {
	types := map[string][]uint16{z.Name: {dns.TypeSOA, dns.TypeDNSKEY}}
	for _, rr := range z.records {
		h := rr.Header()
		name := strings.ToLower(h.Name)
		if !slices.Contains(types[name], h.Rrtype) {
			types[name] = append(types[name], h.Rrtype)
		}
	}
	var names []string
	for name := range types {
		names = append(names, name)
	}
	slices.SortFunc(names, compare)
	return names, types
}

// with returns types and others in order.
func with(types []uint16, others ...uint16) []uint16 {
	all := append(slices.Clone(types), others...)
	slices.Sort(all)
	return all
}

func compare(a, b string) int {
	la, lb := dns.SplitDomainName(a), dns.SplitDomainName(b)
	slices.Reverse(la)
	slices.Reverse(lb)
	return slices.Compare(la, lb)
}

// Deny returns the record that denies a name, signed.
func (z *Zone) Deny(tb testing.TB, name string) []dns.RR {
	tb.Helper()
	names, types := z.names()
	if z.NSEC3 {
		return z.denyHashed(tb, name, names, types)
	}
	at := 0
	for i, n := range names {
		if compare(n, name) < 0 {
			at = i
		}
	}
	next := names[(at+1)%len(names)]
	set := []dns.RR{&dns.NSEC{
		Hdr:        dns.RR_Header{Name: names[at], Rrtype: dns.TypeNSEC, Class: dns.ClassINET, Ttl: 3600},
		NextDomain: next, TypeBitMap: with(types[names[at]], dns.TypeRRSIG, dns.TypeNSEC),
	}}
	return append(set, z.Sign(tb, set, nil))
}

func (z *Zone) denyHashed(tb testing.TB, name string, names []string, types map[string][]uint16) []dns.RR {
	hash := func(n string) string { return strings.ToLower(dns.HashName(n, dns.SHA1, z.Iterations, "ab01")) }
	byHash := map[string]string{}
	var hashes []string
	for _, n := range names {
		hashes = append(hashes, hash(n))
		byHash[hash(n)] = n
	}
	slices.Sort(hashes)
	at, flags := len(hashes)-1, uint8(0) // before the first comes the last
	for i, h := range hashes {
		if h < hash(name) {
			at = i
		}
	}
	if z.OptOut {
		flags = 1
	}
	set := []dns.RR{&dns.NSEC3{
		Hdr:  dns.RR_Header{Name: hashes[at] + "." + strings.TrimPrefix(z.Name, "."), Rrtype: dns.TypeNSEC3, Class: dns.ClassINET, Ttl: 3600},
		Hash: dns.SHA1, Flags: flags, Iterations: z.Iterations, SaltLength: 2, Salt: "ab01",
		HashLength: 20, NextDomain: hashes[(at+1)%len(hashes)], TypeBitMap: with(types[byHash[hashes[at]]], dns.TypeRRSIG),
	}}
	return append(set, z.Sign(tb, set, nil))
}

// Collide returns a key of the algorithm whose tag is the given one, and that nobody holds
// (Ed25519 only: any 32 bytes are one).
func Collide(zone string, tag uint16, nth byte) *dns.DNSKEY {
	for n := range 1 << 17 {
		raw := make([]byte, 32)
		raw[0], raw[2], raw[4], raw[5] = nth, byte(n>>16), byte(n>>8), byte(n)
		key := &dns.DNSKEY{
			Hdr:   dns.RR_Header{Name: dns.Fqdn(zone), Rrtype: dns.TypeDNSKEY, Class: dns.ClassINET, Ttl: 3600},
			Flags: 256, Protocol: 3, Algorithm: dns.ED25519, PublicKey: base64.StdEncoding.EncodeToString(raw),
		}
		if key.KeyTag() == tag {
			return key
		}
	}
	panic("no such key")
}
