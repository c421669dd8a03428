package dnstest

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"
)

// Tree is the zones from the root down. Zones are added before it is used.
type Tree struct {
	tb                    testing.TB
	inception, expiration time.Time
	zones                 map[string]*Zone
}

// New makes a tree with a root zone that is signed with an algorithm; all its signatures
// are valid in the same span.
func New(tb testing.TB, algorithm uint8, inception, expiration time.Time) *Tree {
	t := &Tree{tb: tb, inception: inception, expiration: expiration, zones: map[string]*Zone{}}
	t.Add(".", algorithm)
	return t
}

// Add adds a zone. Its parent zone names its keys, in the way of the zone at the time when
// it is asked.
func (t *Tree) Add(name string, algorithm uint8) *Zone {
	t.tb.Helper()
	name = dns.Fqdn(name)
	z := &Zone{
		Name: name, KSK: NewKey(t.tb, name, 257, algorithm), ZSK: NewKey(t.tb, name, 256, algorithm),
		Digest: dns.SHA256, Inception: t.inception, Expiration: t.expiration,
	}
	t.zones[name] = z
	return z
}

// Zone returns the zone that a name lies in, the root zone at the last.
func (t *Tree) Zone(name string) *Zone {
	name = strings.ToLower(dns.Fqdn(name))
	for off, end := 0, false; !end; off, end = dns.NextLabel(name, off) {
		if z := t.zones[name[off:]]; z != nil {
			return z
		}
	}
	return t.zones["."]
}

// parent returns the zone above, nil for the root.
func (t *Tree) parent(z *Zone) *Zone {
	off, end := dns.NextLabel(z.Name, 0)
	if z.Name == "." {
		return nil
	}
	if end {
		return t.zones["."]
	}
	return t.Zone(z.Name[off:])
}

// DS returns what names a zone's key in its parent, signed there; for the root zone what
// an anchor would be, alone.
func (t *Tree) DS(name string) []dns.RR {
	z := t.zones[dns.Fqdn(name)]
	set := []dns.RR{z.KSK.Record.ToDS(z.Digest)}
	if up := t.parent(z); up != nil {
		return append(set, up.Sign(t.tb, set, nil))
	}
	return set
}

// Answer returns the signed records with which a resolver answers: those of the name and
// type, the CNAME record, or those made from a wildcard or a DNAME record; nil if there are
// none. The second part is the proof that no name is closer than a wildcard.
func (t *Tree) Answer(name string, typ uint16) (answer, proof []dns.RR) {
	name = strings.ToLower(dns.Fqdn(name))
	z := t.Zone(name)
	if typ == dns.TypeDS {
		if t.zones[name] == nil || name == "." {
			return nil, nil
		}
		return t.DS(name), nil
	}
	for _, want := range []uint16{typ, dns.TypeCNAME} {
		if set := z.Set(name, want); set != nil {
			return append(slices.Clone(set), z.Sign(t.tb, set, nil)), nil
		}
	}
	closer := name
	for off, end := dns.NextLabel(name, 0); !end; off, end = dns.NextLabel(name, off) {
		above := name[off:]
		if set := z.Set(above, dns.TypeDNAME); set != nil {
			target := strings.TrimSuffix(name, above) + set[0].(*dns.DNAME).Target
			made := &dns.CNAME{Hdr: dns.RR_Header{Name: name, Rrtype: dns.TypeCNAME, Class: dns.ClassINET, Ttl: 3600}, Target: target}
			return append(slices.Clone(set), z.Sign(t.tb, set, nil), made), nil
		}
		for _, want := range []uint16{typ, dns.TypeCNAME} {
			if set := z.Set("*."+above, want); set != nil {
				deny := name
				if z.NSEC3 {
					deny = closer
				}
				return z.wild(t.tb, name, set), z.Deny(t.tb, deny)
			}
		}
		closer = above
	}
	return nil, nil
}

// Chain returns the records of a chain to a name, as the verifier wants them: without the
// CNAME records that follow from a DNAME record.
func (t *Tree) Chain(name string, typ uint16) []dns.RR {
	var chain []dns.RR
	seen := map[string]bool{}
	for name != "" {
		answer, proof := t.Answer(name, typ)
		next := ""
		for _, rr := range append(answer, proof...) {
			if cname, ok := rr.(*dns.CNAME); ok {
				if next = cname.Target; answer[0].Header().Rrtype == dns.TypeDNAME {
					continue
				}
			}
			chain = append(chain, rr)
		}
		for z := t.Zone(name); z != nil && !seen[z.Name]; z = t.parent(z) {
			seen[z.Name] = true
			chain = append(chain, z.Keys()...)
			chain = append(chain, z.Sign(t.tb, z.Keys(), nil))
			if z.Name != "." {
				chain = append(chain, t.DS(z.Name)...)
			}
		}
		name = next
	}
	return chain
}

// Pack returns records in wire form, one after the other.
func Pack(tb testing.TB, records []dns.RR) []byte {
	tb.Helper()
	var out []byte
	for _, rr := range records {
		buf := make([]byte, dns.MaxMsgSize)
		n, err := dns.PackRR(rr, buf, 0, nil, false)
		if err != nil {
			tb.Fatal(err)
		}
		out = append(out, buf[:n]...)
	}
	return out
}
