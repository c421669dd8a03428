package qrproof

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/hallmark-node/hallmark/verifier"
)

const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"

// base45 is the encoding of RFC 9285: two bytes become three characters, the least
// significant first; a single last byte becomes two.
func base45(data []byte) string {
	out := make([]byte, 0, len(data)/2*3+2)
	for ; len(data) > 1; data = data[2:] {
		n := int(data[0])<<8 | int(data[1])
		out = append(out, alphabet[n%45], alphabet[n/45%45], alphabet[n/45/45])
	}
	if len(data) == 1 {
		out = append(out, alphabet[data[0]%45], alphabet[data[0]/45])
	}
	return string(out)
}

// parseBase45 is the way back. It refuses what base45 does not write.
func parseBase45(text []byte) ([]byte, error) {
	if len(text) > verifier.MaxProofSize {
		return nil, errors.New("it is too long")
	}
	out := make([]byte, 0, len(text)/3*2+1)
	for len(text) > 0 {
		size := min(len(text), 3)
		n := 0
		for i := size - 1; i >= 0; i-- {
			digit := bytes.IndexByte([]byte(alphabet), text[i])
			if digit < 0 {
				return nil, fmt.Errorf("%q is no character of base45", text[i])
			}
			n = n*45 + digit
		}
		switch {
		case size == 3 && n <= 0xffff:
			out = append(out, byte(n>>8), byte(n))
		case size == 2 && n <= 0xff:
			out = append(out, byte(n))
		default:
			return nil, errors.New("it is not base45")
		}
		text = text[size:]
	}
	return out, nil
}
