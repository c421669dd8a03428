package credential

import (
	"bytes"
	"errors"
	"slices"
)

// Cryptosuite marks the entry of a credential's member "proof" that is Hallmark's.
const Cryptosuite = "hallmark-2026"

// jsonEntry is that entry. It holds no white space and its members are in this order.
func jsonEntry(proof []byte) []byte {
	return []byte(`{"type":"DataIntegrityProof","cryptosuite":"` + Cryptosuite + `","proofPurpose":"assertionMethod",` +
		`"proofValue":"` + proofText(proof) + `"}`)
}

// embedJSON adds the entry and changes nothing else. The place of the entry shows what
// the member "proof" was, so that locateJSON can undo it:
//
//	no member     a last member "proof":[entry]
//	an object X   [entry,X]
//	[…,X]         […,X,entry]
//
// An empty array would look like no member afterwards, and is refused.
func embedJSON(doc, proof []byte) ([]byte, error) {
	m, err := scan(doc)
	if err != nil {
		return nil, err
	}
	entry := jsonEntry(proof)
	switch {
	case m.to == 0:
		member := slices.Concat([]byte(`,"proof":[`), entry, []byte("]"))
		if m.empty {
			member = member[1:]
		}
		return spliceBytes(doc, m.end, m.end, member), nil
	case doc[m.from] == '{':
		return spliceBytes(doc, m.from, m.to, slices.Concat([]byte("["), entry, []byte(","), doc[m.from:m.to], []byte("]"))), nil
	case len(m.entries) == 0:
		return nil, errors.New(`its member "proof" is an empty array; take that out first (the CID stays the same)`)
	}
	end := m.entries[len(m.entries)-1][1]
	return spliceBytes(doc, end, end, append([]byte(","), entry...)), nil
}

// locateJSON finds the entry and undoes what embedJSON did, if that is what was done.
func locateJSON(doc []byte) (*Carried, error) {
	m, err := scan(doc)
	if err != nil {
		if bytes.Contains(doc, []byte(Cryptosuite)) {
			return nil, err
		}
		return nil, ErrNoProof // it may not be ours to judge
	}
	at := -1
	var proof []byte
	for i, span := range m.entries {
		entry, err := members(doc[span[0]:span[1]], "cryptosuite", "proofValue")
		if err != nil {
			return nil, refuseSyntax(err)
		}
		if text(entry["cryptosuite"]) != Cryptosuite {
			continue
		}
		if at >= 0 {
			return nil, errTwoProofs
		}
		at = i
		if proof, err = parseProofText(text(entry["proofValue"])); err != nil {
			return nil, err
		}
	}
	if at < 0 {
		return nil, ErrNoProof
	}
	found := &Carried{Proof: proof, Form: FormJCS}
	switch n := len(m.entries); {
	case doc[m.from] == '{':
		return nil, errNotOurs
	case n == 1: // the member was added, behind all others
		found.Original = spliceBytes(doc, m.before, m.to, nil)
	case at == 0:
		found.Original = spliceBytes(doc, m.from, m.to, doc[m.entries[1][0]:m.entries[1][1]])
	default:
		found.Original = spliceBytes(doc, m.entries[at-1][1], m.entries[at][1], nil)
	}
	return found, nil
}
