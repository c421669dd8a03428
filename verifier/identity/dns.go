package identity

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	// maxDNSEvidence bounds the evidence, as the proof file does.
	maxDNSEvidence = 16384

	hallmarkLabel = dnsName("\x09_hallmark") // before the domain that speaks
)

// checkDNSSEC reads evidence in the form of the AuthenticationChain of RFC 9102, to the TXT
// records at the name _hallmark of a domain.
func (a *Anchors) checkDNSSEC(evidence []byte, address [20]byte, at time.Time) ([]Named, error) {
	names, _, err := a.resolveDNSSEC(evidence, address, at)
	if err != nil {
		return nil, fmt.Errorf("the chain of signed DNS records does not hold: %w", err)
	}
	return names, nil
}

// resolveDNSSEC returns the chain too, which knows how much work it was.
func (a *Anchors) resolveDNSSEC(evidence []byte, address [20]byte, at time.Time) ([]Named, *dnsChain, error) {
	if len(evidence) > maxDNSEvidence {
		return nil, nil, fmt.Errorf("it has more than %d bytes", maxDNSEvidence)
	}
	c, err := readChain(evidence, typeTXT)
	if err != nil {
		return nil, nil, err
	}
	c.anchors, c.at = a.ZoneKeys, at
	start, domain, err := c.start()
	if err != nil {
		return nil, c, err
	}
	answer, aliases, err := c.resolve(start, typeTXT)
	if err != nil {
		return nil, c, err
	}
	chains, err := namedChains(answer, address)
	if err != nil {
		return nil, c, fmt.Errorf("%s does not name the key: %w", domain, err)
	}
	by := "signed DNS records of " + domain
	if len(aliases) > 0 {
		by += ", which lead to " + aliases[len(aliases)-1].String()
	}
	var all []Named
	for _, chain := range chains {
		all = append(all, Named{
			Domain: domain, Chain: chain,
			Since: c.since, NotBefore: c.since, NotAfter: c.notAfter,
			By: by,
		})
	}
	return all, c, nil
}

// start returns the name that the chain answers for, which the evidence does not say apart:
// the only one with the label _hallmark that no other is an alias of; and its domain.
func (c *dnsChain) start() (start dnsName, domain string, err error) {
	targets := map[dnsName]bool{}
	for _, set := range c.order {
		if set.typ == typeCNAME {
			for _, target := range set.data {
				targets[dnsName(target)] = true
			}
		}
	}
	found := map[dnsName]bool{}
	for _, set := range c.order {
		if (set.typ == typeCNAME || set.typ == typeTXT) && strings.HasPrefix(string(set.name), string(hallmarkLabel)) && !targets[set.name] {
			found[set.name] = true
		}
	}
	if len(found) != 1 {
		return "", "", fmt.Errorf("it answers for %d names that begin with _hallmark, not for one", len(found))
	}
	for name := range found {
		start = name
	}
	_, above := start.cut()
	if domain = above.String(); above == dnsRoot {
		domain = ""
	}
	return start, domain, checkDomain(domain)
}

// namedChains returns the chains for which the strings of TXT records name an address, in
// order; 0 stands for a string that names none. Strings that say something else, or nothing
// that can be read, say nothing of the address.
func namedChains(answer *recordSet, address [20]byte) ([]uint64, error) {
	var chains []uint64
	others := 0
	for _, data := range answer.data {
		for len(data) > 0 {
			if len(data) < 1+int(data[0]) {
				return nil, fmt.Errorf("a TXT record at %s is cut short", answer.name)
			}
			text := strings.ToLower(string(data[1 : 1+data[0]]))
			data = data[1+data[0]:]
			chain, ok := uint64(0), true
			if number, on := strings.CutPrefix(text, txtMark+"eip155:"); on {
				number, _, _ = strings.Cut(number, ":")
				n, err := strconv.ParseUint(number, 10, 64)
				chain, ok = n, err == nil
			}
			switch {
			case ok && text == TXTValue(address, chain):
				chains = append(chains, chain)
			case strings.HasPrefix(text, txtMark):
				others++
			}
		}
	}
	if len(chains) == 0 && others > 0 {
		return nil, fmt.Errorf("the records at %s name others", answer.name)
	}
	if len(chains) == 0 {
		return nil, fmt.Errorf("no record at %s begins with %q", answer.name, txtMark)
	}
	slices.Sort(chains)
	return slices.Compact(chains), nil
}
