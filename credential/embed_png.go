package credential

import "bytes"

// In a PNG a proof stands in an iTXt chunk with the keyword hallmark, right in front of
// the chunk IEND. What follows IEND is not looked at.

func embedPNG(file, proof []byte) ([]byte, error) {
	end := 0
	for c := range pngChunks(file) {
		end = c.from
	}
	return spliceBytes(file, end, end, pngText(keyword, []byte(proofText(proof)))), nil
}

func locatePNG(file []byte) (*Carried, error) {
	var found *Carried
	for c := range pngChunks(file) {
		word, value, _ := bytes.Cut(c.data, []byte{0})
		if !c.isText() || string(word) != keyword {
			continue
		}
		if found != nil {
			return nil, errTwoProofs
		}
		text, why := chunkText(c.name, value)
		if why != "" {
			return nil, errNotOurs
		}
		proof, err := parseProofText(string(text))
		if err != nil {
			return nil, err
		}
		found = &Carried{Original: spliceBytes(file, c.from, c.to, nil), Proof: proof, Form: FormRaw}
	}
	if found == nil {
		return nil, ErrNoProof
	}
	return found, nil
}
