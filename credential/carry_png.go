package credential

import (
	"bytes"
	"encoding/binary"
	"iter"
	"slices"
)

// In a PNG a proof stands in an iTXt chunk with the keyword hallmark, not compressed,
// without language and translated keyword, right in front of the chunk IEND. What
// follows IEND is not looked at.

func embedPNG(file, proof []byte) ([]byte, error) {
	end := 0
	for at, name := range pngChunks(file) {
		if name == "IEND" {
			end = at
		}
	}
	chunk := pngChunk("iTXt", slices.Concat([]byte(keyword), make([]byte, 5), []byte(proofText(proof))))
	return spliceBytes(file, end, end, chunk), nil
}

func locatePNG(file []byte) (*Carried, error) {
	var found *Carried
	for at, name := range pngChunks(file) {
		data := file[at+8:]
		data = data[:binary.BigEndian.Uint32(file[at:])]
		if word, _, _ := bytes.Cut(data, []byte{0}); name != "iTXt" && name != "tEXt" && name != "zTXt" || string(word) != keyword {
			continue
		}
		if found != nil {
			return nil, errTwoProofs
		}
		value, why := chunkText(name, data[len(keyword):][min(1, len(data)-len(keyword)):])
		if why != "" {
			return nil, errNotOurs
		}
		proof, err := parseProofText(string(value))
		if err != nil {
			return nil, err
		}
		found = &Carried{Original: spliceBytes(file, at, at+12+len(data), nil), Proof: proof, Form: FormRaw}
	}
	if found == nil {
		return nil, ErrNoProof
	}
	return found, nil
}

// pngChunks yields offset and name of each chunk of a picture that has been read to its
// end before, IEND included.
func pngChunks(file []byte) iter.Seq2[int, string] {
	return func(yield func(int, string) bool) {
		for at := len(pngSignature); ; {
			name := string(file[at+4 : at+8])
			if !yield(at, name) || name == "IEND" {
				return
			}
			at += 12 + int(binary.BigEndian.Uint32(file[at:]))
		}
	}
}
