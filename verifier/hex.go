package verifier

import (
	"encoding/hex"
	"errors"
	"fmt"
)

// Bytes is binary data whose text form is "0x" and lower-case hexadecimal, the
// only form that a proof file may use.
type Bytes []byte

// MarshalText returns the "0x" form.
func (b Bytes) MarshalText() ([]byte, error) {
	return appendHex(nil, b), nil
}

// UnmarshalText accepts the "0x" lower-case form only.
func (b *Bytes) UnmarshalText(text []byte) error {
	if len(text) < 2 {
		return errHex
	}
	out := make([]byte, (len(text)-2)/2)
	if err := decodeHex(out, text); err != nil {
		return err
	}
	*b = out
	return nil
}

// String returns the "0x" form.
func (b Bytes) String() string { return string(appendHex(nil, b)) }

var errHex = errors.New("want 0x and an even number of lower-case hex digits")

func appendHex(dst, src []byte) []byte {
	dst = append(dst, "0x"...)
	return hex.AppendEncode(dst, src)
}

// decodeHex fills dst from text, which must be its exact "0x" lower-case form.
func decodeHex(dst, text []byte) error {
	if len(text) < 2 || text[0] != '0' || text[1] != 'x' || len(text)%2 != 0 {
		return errHex
	}
	digits := text[2:]
	for _, c := range digits {
		if 'A' <= c && c <= 'F' {
			return errHex
		}
	}
	if hex.DecodedLen(len(digits)) != len(dst) {
		return fmt.Errorf("has %d bytes, want %d", hex.DecodedLen(len(digits)), len(dst))
	}
	if _, err := hex.Decode(dst, digits); err != nil {
		return errHex
	}
	return nil
}
