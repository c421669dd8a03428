// Package dnschain captures the chain of signed DNS records by which a domain names an
// issuer's key: evidence of the kind "dnssec".
package dnschain

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/miekg/dns"
	"golang.org/x/net/idna"

	"github.com/hallmark-node/hallmark/verifier/identity"
)

const (
	maxAliases = 8
	maxProofs  = 8   // records that may be the proof that a wildcard needs
	maxChecks  = 256 // of signatures, whatever is answered
)

// Capture asks a resolver, any that passes signatures on, for the records that prove, from
// the root zone down, what stands at _hallmark.<domain>, and returns them as evidence of the
// kind "dnssec". The resolver is host:port; without a port it is 53. It is an error if no
// record names the address for the chain (EIP-155 number; 0: for none).
//
// The evidence is whole and valid now, but for the keys of the root zone: whom to trust for
// those is the caller's to say, with Anchors.Check of package identity.
func Capture(ctx context.Context, resolver, domain string, address [20]byte, chain uint64) ([]byte, error) {
	host, err := idna.Lookup.ToASCII(strings.TrimSuffix(domain, "."))
	if err != nil || host == "" {
		return nil, fmt.Errorf("%q is not a domain", domain)
	}
	name := "_hallmark." + host + "."
	if len(name) > 254 {
		return nil, fmt.Errorf("the domain %q is too long", domain)
	}
	c := &capture{asker: newAsker(resolver), zones: map[string]*zone{}, now: time.Now()}
	if err := c.follow(ctx, name); err != nil {
		return nil, err
	}
	evidence, err := c.assemble(address, chain)
	if err != nil {
		return nil, fmt.Errorf("the records at %s: %w", strings.TrimSuffix(name, "."), err)
	}
	return evidence, nil
}

// capture is what has been found up to now.
type capture struct {
	*asker
	now    time.Time
	checks int // of signatures

	answer []dns.RR // with its aliases and their signatures
	proofs []set    // of which one may be needed for a wildcard
	zones  map[string]*zone
	order  []*zone // from the first that was needed
}

// zone is a zone whose keys its parent names.
type zone struct {
	name    string
	keys    []*dns.DNSKEY
	records []dns.RR // keys, DS records, and their signatures
	signers []*dns.DNSKEY
}

// set is the records of one name and type with the signatures that were sent.
type set struct {
	records []dns.RR
	sigs    []*dns.RRSIG
}

// pick returns the records of a name and type from a section of an answer.
func pick(section []dns.RR, name string, typ uint16) set {
	var s set
	for _, rr := range section {
		h := rr.Header()
		if h.Class != dns.ClassINET || dns.CanonicalName(h.Name) != dns.CanonicalName(name) {
			continue
		}
		if sig, ok := rr.(*dns.RRSIG); ok && sig.TypeCovered == typ {
			s.sigs = append(s.sigs, sig)
		} else if h.Rrtype == typ {
			s.records = append(s.records, rr)
		}
	}
	s.records = dns.Dedup(s.records, nil)
	return s
}

// follow collects the TXT records of a name, by way of its aliases.
func (c *capture) follow(ctx context.Context, name string) error {
	for range maxAliases + 1 {
		reply, err := c.ask(ctx, name, dns.TypeTXT)
		if err != nil {
			return err
		}
		if s := pick(reply.Answer, name, dns.TypeTXT); len(s.records) > 0 {
			sig, err := c.add(ctx, s)
			if err != nil {
				return err
			}
			if int(sig.Labels) < dns.CountLabel(name) {
				c.proofs = denials(reply.Ns)
			}
			return nil
		}
		made := pick(reply.Answer, name, dns.TypeCNAME)
		alias, above := made, pickAbove(reply.Answer, name)
		if len(alias.sigs) == 0 && len(above.records) > 0 {
			alias = above
			c.answer = append(c.answer, made.records...) // so that the chain tells which name it answers for
		}
		if len(alias.records) == 0 {
			return fmt.Errorf("there is no TXT record at %s: the domain does not name a key, or the record is not published yet", trim(name))
		}
		if _, err := c.add(ctx, alias); err != nil {
			return err
		}
		switch rr := alias.records[0].(type) {
		case *dns.CNAME:
			name = dns.CanonicalName(rr.Target)
		case *dns.DNAME:
			name = dns.CanonicalName(strings.TrimSuffix(dns.CanonicalName(name), dns.CanonicalName(rr.Hdr.Name)) + rr.Target)
		}
	}
	return fmt.Errorf("more than %d aliases lead on from one to the next", maxAliases)
}

// pickAbove returns the DNAME record of a name above.
func pickAbove(section []dns.RR, name string) set {
	for off, end := dns.NextLabel(name, 0); !end; off, end = dns.NextLabel(name, off) {
		if s := pick(section, name[off:], dns.TypeDNAME); len(s.records) > 0 {
			return s
		}
	}
	return set{}
}

// denials returns the records of which one may prove that no name is closer than a wildcard.
func denials(section []dns.RR) []set {
	var all []set
	for _, rr := range section {
		typ := rr.Header().Rrtype
		if (typ == dns.TypeNSEC || typ == dns.TypeNSEC3) && len(all) < maxProofs {
			all = append(all, pick(section, rr.Header().Name, typ))
		}
	}
	return all
}

// add adds records to the answer with one signature that holds.
func (c *capture) add(ctx context.Context, s set) (*dns.RRSIG, error) {
	sig, err := c.signature(ctx, s)
	if err != nil {
		return nil, err
	}
	c.answer = append(c.answer, signed(s.records, sig)...)
	return sig, nil
}

// signature returns the signature of records that holds now and does for longest.
func (c *capture) signature(ctx context.Context, s set) (*dns.RRSIG, error) {
	h := s.records[0].Header()
	what := fmt.Sprintf("%s records at %s", dns.TypeToString[h.Rrtype], trim(h.Name))
	if len(s.sigs) == 0 {
		return nil, fmt.Errorf("the %s came without a signature: the zone is not signed, or the resolver %s drops signatures", what, c.resolver)
	}
	slices.SortStableFunc(s.sigs, func(a, b *dns.RRSIG) int { return int(int32(b.Expiration - a.Expiration)) })
	fault := fmt.Errorf("no signature of the %s is of an algorithm that counts (8, 13, 15)", what)
	for _, sig := range s.sigs {
		if !counts(sig.Algorithm) {
			continue
		}
		if !sig.ValidityPeriod(c.now) {
			fault = fmt.Errorf("the signature of the %s is not valid now, but from %s to %s",
				what, dns.TimeToString(sig.Inception), dns.TimeToString(sig.Expiration))
			continue
		}
		if !dns.IsSubDomain(sig.SignerName, h.Name) || h.Rrtype == dns.TypeDS && dns.CanonicalName(sig.SignerName) == dns.CanonicalName(h.Name) {
			fault = fmt.Errorf("the %s are signed by %s, which is not their zone", what, trim(sig.SignerName))
			continue
		}
		z, err := c.zone(ctx, dns.CanonicalName(sig.SignerName))
		if err != nil {
			return nil, err
		}
		if c.madeBy(sig, z.keys, s.records) != nil {
			return sig, nil
		}
		fault = fmt.Errorf("the signature of the %s does not hold", what)
	}
	return nil, fault
}

// madeBy returns the key that made a signature, nil if there is none.
func (c *capture) madeBy(sig *dns.RRSIG, keys []*dns.DNSKEY, records []dns.RR) *dns.DNSKEY {
	for _, k := range keys {
		if k.Flags&dns.REVOKE != 0 || k.KeyTag() != sig.KeyTag || c.checks >= maxChecks {
			continue
		}
		c.checks++
		if sig.Verify(k, records) == nil {
			return k
		}
	}
	return nil
}

func counts(algorithm uint8) bool {
	return algorithm == dns.RSASHA256 || algorithm == dns.ECDSAP256SHA256 || algorithm == dns.ED25519
}

// zone returns a zone once it has its keys, and those of the zones above.
func (c *capture) zone(ctx context.Context, name string) (*zone, error) {
	if z := c.zones[name]; z != nil {
		return z, nil
	}
	z := &zone{name: name}
	c.zones[name] = z // the zones above are other zones: signers are strictly above
	c.order = append(c.order, z)
	reply, err := c.ask(ctx, name, dns.TypeDNSKEY)
	if err != nil {
		return nil, err
	}
	keys := pick(reply.Answer, name, dns.TypeDNSKEY)
	for _, rr := range keys.records {
		z.keys = append(z.keys, rr.(*dns.DNSKEY))
	}
	if len(z.keys) == 0 {
		return nil, fmt.Errorf("the zone %s has no keys", trim(name))
	}
	var digests []dns.RR
	if name != "." {
		reply, err := c.ask(ctx, name, dns.TypeDS)
		if err != nil {
			return nil, err
		}
		ds := pick(reply.Answer, name, dns.TypeDS)
		if len(ds.records) == 0 {
			return nil, fmt.Errorf("the zone %s is signed, but its parent does not name its keys: have the registrar publish its DS record",
				trim(name))
		}
		sig, err := c.signature(ctx, ds)
		if err != nil {
			return nil, err
		}
		digests = signed(ds.records, sig)
	}
	sigs, err := c.keySignatures(z, keys, digests)
	if err != nil {
		return nil, err
	}
	z.records = append(signed(keys.records, sigs...), digests...)
	return z, nil
}

// keySignatures returns the signature of a zone's keys that its parent vouches for, or all
// that hold in the root zone, for which the verifier's anchors vouch.
func (c *capture) keySignatures(z *zone, keys set, digests []dns.RR) ([]*dns.RRSIG, error) {
	var sigs []*dns.RRSIG
	for _, sig := range keys.sigs {
		if !counts(sig.Algorithm) || !sig.ValidityPeriod(c.now) || dns.CanonicalName(sig.SignerName) != z.name {
			continue
		}
		k := c.madeBy(sig, z.keys, keys.records)
		if k == nil || z.name != "." && !slices.ContainsFunc(digests, func(rr dns.RR) bool { return names(rr, k) }) {
			continue
		}
		if sigs, z.signers = append(sigs, sig), append(z.signers, k); z.name != "." {
			break
		}
	}
	if len(sigs) == 0 {
		return nil, fmt.Errorf("the keys of the zone %s have no signature that counts now, by a key that its parent names", trim(z.name))
	}
	return sigs, nil
}

// names reports whether a DS record names a key, with a digest that counts.
func names(rr dns.RR, k *dns.DNSKEY) bool {
	ds, ok := rr.(*dns.DS)
	if !ok || ds.KeyTag != k.KeyTag() || ds.DigestType != dns.SHA256 && ds.DigestType != dns.SHA384 {
		return false
	}
	made := k.ToDS(ds.DigestType)
	return made != nil && strings.EqualFold(made.Digest, ds.Digest)
}

// signed returns records and their signatures as they stand in the evidence: with the time
// to live that was signed, and in the order in which they were.
func signed(records []dns.RR, sigs ...*dns.RRSIG) []dns.RR {
	var all []dns.RR
	for _, rr := range records {
		rr = dns.Copy(rr)
		rr.Header().Ttl, rr.Header().Name = sigs[0].OrigTtl, dns.CanonicalName(rr.Header().Name)
		all = append(all, rr)
	}
	slices.SortStableFunc(all, func(a, b dns.RR) int { return strings.Compare(data(wire(a)), data(wire(b))) })
	for _, sig := range sigs {
		sig = dns.Copy(sig).(*dns.RRSIG)
		sig.Hdr.Ttl, sig.Hdr.Name = sig.OrigTtl, dns.CanonicalName(sig.Hdr.Name)
		all = append(all, sig)
	}
	return all
}

// wire returns a record in uncompressed wire form, empty if it has none.
func wire(rr dns.RR) string {
	buf := make([]byte, dns.Len(rr)+1)
	n, err := dns.PackRR(rr, buf, 0, nil, false)
	if err != nil {
		return ""
	}
	return string(buf[:n])
}

// data returns what follows the header of a record in wire form.
func data(record string) string {
	const fixed = 10 // type, class, time to live and length
	at := 0
	for at < len(record) && record[at] != 0 {
		at += 1 + int(record[at])
	}
	return record[min(len(record), at+1+fixed):]
}

// assemble returns the evidence, with the proof that it needs, once the verifier takes it.
func (c *capture) assemble(address [20]byte, chain uint64) ([]byte, error) {
	var fault error
	for i := range max(1, len(c.proofs)) {
		records := slices.Clone(c.answer)
		if len(c.proofs) > 0 {
			proof := c.proofs[i]
			sig := c.proofSignature(proof)
			if sig == nil {
				fault = errors.New("the resolver gave no signed proof that no name is closer than the wildcard")
				continue
			}
			records = append(records, signed(proof.records, sig)...)
		}
		for _, z := range c.order {
			records = append(records, z.records...)
		}
		var evidence []byte
		for _, rr := range records {
			evidence = append(evidence, wire(rr)...)
		}
		if fault = c.verify(evidence, address, chain); fault == nil {
			return evidence, nil
		}
	}
	return nil, fault
}

// proofSignature returns a signature of a proof by a zone that is known already: it has to
// be the answer's.
func (c *capture) proofSignature(proof set) *dns.RRSIG {
	for _, sig := range proof.sigs {
		z := c.zones[dns.CanonicalName(sig.SignerName)]
		if z != nil && len(proof.records) > 0 && sig.ValidityPeriod(c.now) && c.madeBy(sig, z.keys, proof.records) != nil {
			return sig
		}
	}
	return nil
}

// verify reads the evidence as a verifier does that trusts the root zone as it was captured.
func (c *capture) verify(evidence []byte, address [20]byte, chain uint64) error {
	var anchors identity.Anchors
	for _, k := range c.zones["."].signers {
		ds := k.ToDS(dns.SHA256)
		digest, err := hex.DecodeString(ds.Digest)
		if err != nil {
			return err
		}
		anchors.ZoneKeys = append(anchors.ZoneKeys, identity.ZoneKey{
			KeyTag: ds.KeyTag, Algorithm: ds.Algorithm, DigestType: ds.DigestType, Digest: digest,
		})
	}
	named, err := anchors.Check(identity.KindDNSSEC, evidence, address, c.now)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(named, func(n identity.Named) bool { return n.Chain == chain }) {
		return fmt.Errorf("they name the key, but not as %q", identity.TXTValue(address, chain))
	}
	return nil
}

func trim(name string) string {
	if name == "." {
		return "the root"
	}
	return strings.TrimSuffix(dns.CanonicalName(name), ".")
}
