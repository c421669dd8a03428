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
	mark, doc := cutBOM(doc)
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
		doc = spliceBytes(doc, m.end, m.end, member)
	case doc[m.from] == '{':
		doc = spliceBytes(doc, m.from, m.to, slices.Concat([]byte("["), entry, []byte(","), doc[m.from:m.to], []byte("]")))
	case len(m.entries) == 0:
		return nil, errors.New(`its member "proof" is an empty array; take that out first (the CID stays the same)`)
	default:
		end := m.entries[len(m.entries)-1][1]
		doc = spliceBytes(doc, end, end, append([]byte(","), entry...))
	}
	return slices.Concat(mark, doc), nil
}

// locateJSON finds the entry, wherever among the proofs it stands and however it is written:
// programs write JSON anew, sort its members, turn an array of one into that one, and add
// proofs of their own. None of that is hashed. Entries with the same proof count as one, and
// further members of an entry mean nothing.
//
// What it returns as the original is the file without the entry. If the entry stands where
// embedJSON puts it, that undoes what embedJSON did.
func locateJSON(doc []byte) (*Carried, error) {
	mark, body := cutBOM(doc)
	m, err := scan(body)
	if err != nil {
		if bytes.Contains(doc, []byte(Cryptosuite)) {
			return nil, err
		}
		return nil, ErrNoProof // it may not be ours to judge
	}
	var proof []byte
	var others [][2]int // the entries that are not ours
	for _, span := range m.entries {
		if !mayCarry(body[span[0]:span[1]]) {
			others = append(others, span)
			continue
		}
		entry, err := members(body[span[0]:span[1]], "cryptosuite", "proofValue")
		if err != nil {
			return nil, refuseSyntax(err)
		}
		if text(entry["cryptosuite"]) != Cryptosuite {
			others = append(others, span)
			continue
		}
		value, err := parseProofText(text(entry["proofValue"]))
		switch {
		case err != nil:
			return nil, errDamaged
		case proof != nil && !bytes.Equal(proof, value):
			return nil, errTwoProofs
		}
		proof = append([]byte{}, value...)
	}
	if proof == nil {
		return nil, ErrNoProof
	}
	return &Carried{Proof: proof, Form: FormJCS, Original: slices.Concat(mark, m.keep(body, others))}, nil
}

// keep returns the document with no more than some of its proofs.
func (m *layout) keep(doc []byte, proofs [][2]int) []byte {
	switch n := len(m.entries); {
	case len(proofs) == 0:
		from, to := m.member(doc)
		return spliceBytes(doc, from, to, nil)
	case n == 2 && len(proofs) == 1 && proofs[0] == m.entries[1]:
		return spliceBytes(doc, m.from, m.to, doc[proofs[0][0]:proofs[0][1]])
	case n == len(proofs)+1 && proofs[n-2] != m.entries[n-1]: // ours is the last
		return spliceBytes(doc, m.entries[n-2][1], m.entries[n-1][1], nil)
	}
	list := []byte("[")
	for i, span := range proofs {
		if i > 0 {
			list = append(list, ',')
		}
		list = append(list, doc[span[0]:span[1]]...)
	}
	return spliceBytes(doc, m.from, m.to, append(list, ']'))
}
