package credential

import (
	"bytes"
	"errors"
	"slices"

	"github.com/go-json-experiment/json/jsontext"
)

// cryptosuite marks the entry of a credential's member "proof" that is Hallmark's.
const cryptosuite = "hallmark-2026"

// jsonEntry is that entry. It holds no white space and its members are in this order.
func jsonEntry(proof []byte) []byte {
	return []byte(`{"type":"DataIntegrityProof","cryptosuite":"` + cryptosuite + `","proofPurpose":"assertionMethod","proofValue":"` + proofText(proof) + `"}`)
}

// embedJSON adds the entry and changes nothing else. What the member "proof" was can
// be seen from where the entry stands, so there is one way back:
//
//	no member     a last member "proof":[entry]
//	an object X   [entry,X]
//	[…,X]         […,X,entry]
//
// An empty array would look like no member afterwards, and is refused.
func embedJSON(doc, proof []byte) ([]byte, error) {
	m, err := findProofs(doc)
	if err != nil {
		return nil, err
	}
	entry := jsonEntry(proof)
	switch {
	case !m.found:
		member := slices.Concat([]byte(`"proof":[`), entry, []byte("]"))
		if m.last > 0 {
			return spliceBytes(doc, m.last, m.last, append([]byte(","), member...)), nil
		}
		return spliceBytes(doc, m.open, m.open, member), nil
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
	m, err := findProofs(doc)
	if err != nil {
		if bytes.Contains(doc, []byte(cryptosuite)) {
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
		if text(entry["cryptosuite"]) != cryptosuite {
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
	case n == 1 && m.before >= 0: // it was the last of several members
		found.Original = spliceBytes(doc, m.before, m.to, nil)
	case n == 1:
		found.Original = spliceBytes(doc, m.open, m.to, nil)
	case at == 0:
		found.Original = spliceBytes(doc, m.from, m.to, doc[m.entries[1][0]:m.entries[1][1]])
	default:
		found.Original = spliceBytes(doc, m.entries[at-1][1], m.entries[at][1], nil)
	}
	return found, nil
}

// proofMember is where the member "proof" of a JSON object stands, in offsets.
type proofMember struct {
	open     int // behind the brace that opens the object
	last     int // behind the last member; 0 if there is none
	found    bool
	before   int      // behind the member before "proof"; -1 if it is the first
	from, to int      // its value
	entries  [][2]int // the value if it is an object, or each of its elements
}

// findProofs walks through a document of the form json-jcs. It refuses any other.
func findProofs(doc []byte) (*proofMember, error) {
	if len(doc) > MaxJSON {
		return nil, refuse("it is longer than %d MiB", MaxJSON>>20)
	}
	if bytes.HasPrefix(doc, bom) {
		return nil, refuse("it begins with a byte order mark")
	}
	if _, _, err := scan(doc); err != nil {
		return nil, err
	}
	d := jsontext.NewDecoder(bytes.NewBuffer(doc), unique)
	if _, err := d.ReadToken(); err != nil {
		return nil, refuseSyntax(err)
	}
	m := &proofMember{open: int(d.InputOffset())}
	for d.PeekKind() == jsontext.KindString {
		name, err := d.ReadToken()
		if err != nil {
			return nil, refuseSyntax(err)
		}
		ours := name.String() == "proof"
		if ours {
			m.found, m.before = true, m.last
			if m.last == 0 {
				m.before = -1
			}
		}
		value, err := d.ReadValue()
		if err != nil {
			return nil, refuseSyntax(err)
		}
		m.last = int(d.InputOffset())
		if ours {
			m.from, m.to = m.last-len(value), m.last
		}
	}
	if !m.found {
		return m, nil
	}
	if doc[m.from] == '{' {
		m.entries = [][2]int{{m.from, m.to}}
		return m, nil
	}
	d = jsontext.NewDecoder(bytes.NewBuffer(doc[m.from:m.to]), unique)
	if _, err := d.ReadToken(); err != nil {
		return nil, refuseSyntax(err)
	}
	for d.PeekKind() == jsontext.KindBeginObject {
		value, err := d.ReadValue()
		if err != nil {
			return nil, refuseSyntax(err)
		}
		to := m.from + int(d.InputOffset())
		m.entries = append(m.entries, [2]int{to - len(value), to})
	}
	return m, nil
}
