package credential

import (
	"bytes"
	"errors"
)

// In an SVG a proof stands in an element hallmark of a namespace of its own, right in
// front of the end of the root element.
const proofNamespace = "https://github.com/hallmark-node/hallmark"

func svgElement(proof []byte) []byte {
	return []byte(`<` + keyword + ` xmlns="` + proofNamespace + `">` + proofText(proof) + `</` + keyword + `>`)
}

func embedSVG(file, proof []byte) ([]byte, error) {
	s := svgReader{doc: file}
	if err := s.read(); err != nil {
		return nil, err
	}
	if !bytes.HasPrefix(file[s.end:], []byte("</")) {
		return nil, errors.New("the picture is empty, so a proof cannot be put into it")
	}
	return spliceBytes(file, s.end, s.end, svgElement(proof)), nil
}

func locateSVG(file []byte) (*Carried, error) {
	s := svgReader{doc: file}
	switch err := s.read(); {
	case err != nil:
		return nil, err
	case len(s.proofs) == 0:
		return nil, ErrNoProof
	case len(s.proofs) > 1:
		return nil, errTwoProofs
	}
	from, to := s.proofs[0][0], s.proofs[0][1]
	element := file[from:to]
	_, value, _ := bytes.Cut(element, []byte(">"))
	value, _, _ = bytes.Cut(value, []byte("<"))
	proof, err := parseProofText(string(value))
	if err != nil {
		return nil, err
	}
	return &Carried{Original: spliceBytes(file, from, to, nil), Proof: proof, Form: FormRaw}, nil
}
