package identity

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Bounds on the work for one chain, whatever its records say (CVE-2023-50387).
const (
	maxChecks    = 64 // of signatures; a chain through eight zones needs 17
	maxSameTag   = 4  // keys that are tried for one signature
	maxAliases   = 8
	maxDNSLabels = 16 // of a name whose zone is looked up; zones nest no deeper than their names
)

// recordSet is all records of a name and type, and their signatures.
type recordSet struct {
	name dnsName
	typ  uint16
	ttl  uint32
	data [][]byte // sorted, distinct: the order in which they are signed
	sigs []signature

	used bool    // needed for the answer
	zone dnsName // who signed, once that is checked
	from int     // labels of the name that they were signed under: fewer than the name's for a wildcard
}

type setKey struct {
	name dnsName
	typ  uint16
}

// dnsChain is the AuthenticationChain of RFC 9102 at a time: the records from the root zone
// down to an answer. Nothing in it counts before it is checked.
type dnsChain struct {
	anchors []ZoneKey
	at      time.Time

	sets  map[setKey]*recordSet
	order []*recordSet // by first appearance
	zones map[dnsName][]dnsKey

	checks int // of signatures, up to now

	since, notAfter time.Time // what all signatures up to now have in common; since is the latest inception
}

// readChain reads records in any order. Types that have no part in a chain are an error.
func readChain(evidence []byte, target uint16) (*dnsChain, error) {
	c := &dnsChain{sets: map[setKey]*recordSet{}, zones: map[dnsName][]dnsKey{}}
	var sigs []dnsRecord
	for len(evidence) > 0 {
		r, rest, err := readRecord(evidence)
		if err != nil {
			return nil, err
		}
		evidence = rest
		switch r.typ {
		case typeRRSIG:
			sigs = append(sigs, r)
		case target, typeCNAME, typeDNAME, typeDS, typeDNSKEY, typeNSEC, typeNSEC3:
			if err := c.add(r); err != nil {
				return nil, err
			}
		default:
			return nil, fmt.Errorf("a record at %s is of the type %s, which has no part in it", r.name, typeName(r.typ))
		}
	}
	for _, r := range sigs {
		sig, err := readSignature(r.data)
		if err != nil {
			return nil, fmt.Errorf("a signature at %s: %w", r.name, err)
		}
		set := c.sets[setKey{r.name, sig.covers}]
		if set == nil {
			return nil, fmt.Errorf("it holds a signature of %s records at %s, but not the records", typeName(sig.covers), r.name)
		}
		if r.ttl != set.ttl {
			return nil, fmt.Errorf("the %s records at %s and their signature do not live equally long", typeName(sig.covers), r.name)
		}
		if slices.ContainsFunc(set.sigs, func(s signature) bool { return bytes.Equal(s.head, sig.head) && bytes.Equal(s.value, sig.value) }) {
			return nil, fmt.Errorf("it holds a signature of the %s records at %s twice", typeName(sig.covers), r.name)
		}
		set.sigs = append(set.sigs, sig)
	}
	for _, set := range c.order {
		slices.SortFunc(set.data, bytes.Compare)
		if len(slices.CompactFunc(slices.Clone(set.data), bytes.Equal)) < len(set.data) {
			return nil, fmt.Errorf("it holds a %s record at %s twice", typeName(set.typ), set.name)
		}
	}
	return c, nil
}

func (c *dnsChain) add(r dnsRecord) error {
	key := setKey{r.name, r.typ}
	set := c.sets[key]
	if set == nil {
		set = &recordSet{name: r.name, typ: r.typ, ttl: r.ttl}
		c.sets[key] = set
		c.order = append(c.order, set)
	}
	if r.ttl != set.ttl {
		return fmt.Errorf("the %s records at %s do not live equally long", typeName(r.typ), r.name)
	}
	set.data = append(set.data, r.data)
	return nil
}

// resolve returns the records that answer for a name, signed from the root down, and the
// names that it is an alias of. Every record of the chain must have been needed for it.
func (c *dnsChain) resolve(name dnsName, typ uint16) (*recordSet, []dnsName, error) {
	var aliases []dnsName
	for {
		if answer := c.sets[setKey{name, typ}]; answer != nil {
			if err := c.checkAnswer(answer); err != nil {
				return nil, nil, err
			}
			for _, set := range c.order {
				if !set.used {
					return nil, nil, fmt.Errorf("it holds %s records at %s, which nothing needs", typeName(set.typ), set.name)
				}
			}
			return answer, aliases, nil
		}
		target, err := c.follow(name)
		if err != nil {
			return nil, nil, err
		}
		if target == "" {
			return nil, nil, fmt.Errorf("it holds no %s record at %s", typeName(typ), name)
		}
		if aliases = append(aliases, target); len(aliases) > maxAliases {
			return nil, nil, fmt.Errorf("more than %d aliases lead on from one to the next", maxAliases)
		}
		name = target
	}
}

// checkAnswer checks a set that may have been made from a wildcard.
func (c *dnsChain) checkAnswer(set *recordSet) error {
	if err := c.check(set); err != nil {
		return err
	}
	if set.from < set.name.labels() {
		return c.checkNoCloser(set)
	}
	return nil
}

// checkExact checks a set that stands at its name itself.
func (c *dnsChain) checkExact(set *recordSet) error {
	if err := c.check(set); err != nil {
		return err
	}
	if set.from < set.name.labels() {
		return fmt.Errorf("the %s record at %s was made from a wildcard, not for this name", typeName(set.typ), set.name)
	}
	return nil
}

// follow returns the name that another is an alias of, by its own record or by that of a
// name above (RFC 6672); empty if there is no such record.
func (c *dnsChain) follow(name dnsName) (dnsName, error) {
	cname := c.sets[setKey{name, typeCNAME}]
	if cname != nil && len(cname.sigs) > 0 {
		if err := c.checkExact(cname); err != nil {
			return "", err
		}
		return onlyName(cname)
	}
	for above := name; above != dnsRoot; {
		_, above = above.cut()
		dname := c.sets[setKey{above, typeDNAME}]
		if dname == nil {
			continue
		}
		if err := c.checkExact(dname); err != nil {
			return "", err
		}
		target, err := onlyName(dname)
		if err != nil {
			return "", err
		}
		target = name[:len(name)-len(above)] + target
		if len(target) > 255 {
			return "", fmt.Errorf("the alias of %s has more than 255 bytes", name)
		}
		if cname != nil { // one that a server made from the DNAME record, which has no signature
			made, err := onlyName(cname)
			if err != nil {
				return "", err
			}
			if made != target {
				return "", fmt.Errorf("the CNAME record at %s is not signed, and no DNAME record says it", name)
			}
			cname.used = true
		}
		return target, nil
	}
	if cname != nil {
		return "", fmt.Errorf("the CNAME record at %s is not signed", name)
	}
	return "", nil
}

func onlyName(set *recordSet) (dnsName, error) {
	if len(set.data) > 1 {
		return "", fmt.Errorf("there are several %s records at %s", typeName(set.typ), set.name)
	}
	return dnsName(set.data[0]), nil
}

// keysOf returns the keys of a zone once its parents up to the root, which the anchors
// name, are known to name one of them that signed them all.
func (c *dnsChain) keysOf(zone dnsName) ([]dnsKey, error) {
	if keys := c.zones[zone]; keys != nil {
		return keys, nil
	}
	if len(zone.split()) > maxDNSLabels {
		return nil, fmt.Errorf("%s lies too deep", zone)
	}
	set := c.sets[setKey{zone, typeDNSKEY}]
	if set == nil {
		return nil, fmt.Errorf("it does not hold the keys (DNSKEY) of %s", zone)
	}
	digests, err := c.digestsOf(zone)
	if err != nil {
		return nil, err
	}
	var keys []dnsKey
	for _, data := range set.data {
		keys = append(keys, readKey(data))
	}
	trusted := named(zone, keys, digests)
	if len(trusted) == 0 && zone == dnsRoot {
		return nil, errors.New("no key of the root zone is one that is trusted at that time")
	}
	if len(trusted) == 0 {
		return nil, fmt.Errorf("no key of %s that counts is one that its parent zone names (DS)%s", zone, faults(keys))
	}
	byTrusted := false
	if err := c.checkUnder(set, zone, keys, func(k dnsKey) {
		byTrusted = byTrusted || slices.ContainsFunc(trusted, func(t dnsKey) bool { return bytes.Equal(t.data, k.data) })
	}); err != nil {
		return nil, err
	}
	if !byTrusted || set.from < zone.labels() {
		return nil, fmt.Errorf("the keys of %s are not signed by one that its parent names", zone)
	}
	c.zones[zone] = keys
	return keys, nil
}

// faults lists why keys do not count.
func faults(keys []dnsKey) string {
	var list []string
	for _, k := range keys {
		if k.fault != "" && !slices.Contains(list, k.fault) && len(list) < 4 {
			list = append(list, k.fault)
		}
	}
	if len(list) == 0 {
		return ""
	}
	return "; others are " + strings.Join(list, ", ")
}

// digestsOf returns what names the keys of a zone: the anchors that are valid at the time,
// or the signed DS records in its parent zone.
func (c *dnsChain) digestsOf(zone dnsName) ([]dsDigest, error) {
	var digests []dsDigest
	if zone == dnsRoot {
		for _, a := range c.anchors {
			if (a.NotBefore.IsZero() || !c.at.Before(a.NotBefore)) && (a.NotAfter.IsZero() || !c.at.After(a.NotAfter)) {
				digests = append(digests, dsDigest{a.KeyTag, a.Algorithm, a.DigestType, a.Digest})
			}
		}
		return digests, nil
	}
	set := c.sets[setKey{zone, typeDS}]
	if set == nil {
		return nil, fmt.Errorf("it does not hold what names the keys of %s in its parent zone (DS)", zone)
	}
	if err := c.checkExact(set); err != nil {
		return nil, err
	}
	for _, data := range set.data {
		if d, ok := readDigest(data); ok {
			digests = append(digests, d)
		}
	}
	return digests, nil
}

// check checks a set under the keys of the zone that signed it, and those from the root down.
func (c *dnsChain) check(set *recordSet) error {
	if set.zone != "" {
		return nil // once is enough
	}
	if len(set.sigs) == 0 {
		return fmt.Errorf("the %s records at %s are not signed", typeName(set.typ), set.name)
	}
	zone := set.sigs[0].signer
	if !set.name.within(zone) || set.typ == typeDS && set.name == zone {
		return fmt.Errorf("the %s records at %s are signed by %s, which is not their zone", typeName(set.typ), set.name, zone)
	}
	keys, err := c.keysOf(zone)
	if err != nil {
		return err
	}
	return c.checkUnder(set, zone, keys, func(dnsKey) {})
}

// checkUnder checks all signatures of a set, of which there is at least one, under the keys
// of a zone, and tells which keys made them.
func (c *dnsChain) checkUnder(set *recordSet, zone dnsName, keys []dnsKey, by func(dnsKey)) error {
	if len(set.sigs) == 0 {
		return fmt.Errorf("the %s records at %s are not signed", typeName(set.typ), set.name)
	}
	for i, sig := range set.sigs {
		fault := func(format string, args ...any) error {
			return fmt.Errorf("the signature of the %s records at %s %s", typeName(set.typ), set.name, fmt.Sprintf(format, args...))
		}
		switch {
		case sig.signer != zone:
			return fault("is of %s, not of %s", sig.signer, zone)
		case sig.labels > set.name.labels():
			return fault("is for a longer name")
		case i > 0 && sig.labels != set.sigs[0].labels:
			return fault("is for another name than the one beside it")
		case set.ttl > sig.ttl:
			return fault("is for records that do not live as long")
		}
		begin, end := c.near(sig.inception), c.near(sig.expiration)
		switch {
		case end.Before(begin):
			return fault("ends before it begins")
		case c.at.Before(begin):
			return fault("is valid from %s on, not at %s", utc(begin), utc(c.at))
		case c.at.After(end):
			return fault("is valid until %s, not at %s", utc(end), utc(c.at))
		}
		k, err := c.signer(sig, set.signedBytes(sig), keys)
		if err != nil {
			return fault("%v", err)
		}
		by(k)
		if c.since.Before(begin) {
			c.since = begin
		}
		if c.notAfter.IsZero() || c.notAfter.After(end) {
			c.notAfter = end
		}
	}
	set.used, set.zone, set.from = true, zone, set.sigs[0].labels
	return nil
}

// signer returns the key that made a signature. Tags are hints: several keys may share one.
func (c *dnsChain) signer(sig signature, message []byte, keys []dnsKey) (dnsKey, error) {
	tried, weak := 0, ""
	for _, k := range keys {
		if k.tag != sig.keyTag || k.algorithm != sig.algorithm {
			continue
		}
		if k.fault != "" {
			weak = k.fault
			continue
		}
		if tried++; tried > maxSameTag {
			return dnsKey{}, fmt.Errorf("has a key tag that more than %d keys share", maxSameTag)
		}
		if c.checks++; c.checks > maxChecks {
			return dnsKey{}, fmt.Errorf("is one too many: at most %d are checked", maxChecks)
		}
		if k.signed(message, sig.value) {
			return k, nil
		}
	}
	if tried == 0 && weak != "" {
		return dnsKey{}, fmt.Errorf("is of a key that does not count: it is %s", weak)
	}
	if tried == 0 {
		return dnsKey{}, fmt.Errorf("is of no key of the zone (key tag %d, algorithm %d)", sig.keyTag, sig.algorithm)
	}
	return dnsKey{}, errors.New("does not hold")
}

// signedBytes returns what a signature of the set signs (RFC 4034, section 3.1.8.1).
func (s *recordSet) signedBytes(sig signature) []byte {
	owner := s.name
	if sig.labels < owner.labels() {
		owner = "\x01*" + owner.last(sig.labels)
	}
	out := bytes.Clone(sig.head)
	for _, data := range s.data {
		out = append(out, owner...)
		out = append(out, byte(s.typ>>8), byte(s.typ), 0, 1)
		out = append(out, byte(sig.ttl>>24), byte(sig.ttl>>16), byte(sig.ttl>>8), byte(sig.ttl))
		out = append(out, byte(len(data)>>8), byte(len(data)))
		out = append(out, data...)
	}
	return out
}

// near returns the time of a serial number (RFC 1982): that within 68 years of the chain's.
func (c *dnsChain) near(serial uint32) time.Time {
	at := c.at.Unix()
	return time.Unix(at+int64(int32(serial-uint32(at))), 0).UTC()
}

func utc(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }
