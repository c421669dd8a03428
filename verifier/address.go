package verifier

import (
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"github.com/hallmark-node/hallmark/merkle"
)

// Address is an account or contract address of an EVM chain, 20 bytes. Its text
// form carries the EIP-55 checksum in the case of its letters.
type Address [20]byte

var errAddress = errors.New("not an address: want 0x and 40 hex digits")

// ParseAddress reads an address as people type it: with its EIP-55 checksum, or
// without one (all letters of one case). A wrong checksum is an error.
func ParseAddress(s string) (Address, error) {
	var a Address
	digits, ok := strings.CutPrefix(s, "0x")
	if !ok || len(digits) != 40 {
		return a, fmt.Errorf("%q: %w", s, errAddress)
	}
	if _, err := hex.Decode(a[:], []byte(digits)); err != nil {
		return a, fmt.Errorf("%q: %w", s, errAddress)
	}
	if digits != strings.ToLower(digits) && digits != strings.ToUpper(digits) && s != a.String() {
		return Address{}, fmt.Errorf("%q: the EIP-55 checksum does not hold; a letter may be mistyped", s)
	}
	return a, nil
}

// String returns the EIP-55 form.
func (a Address) String() string {
	var text [42]byte
	copy(text[:], "0x")
	hex.Encode(text[2:], a[:])
	sum := merkle.Keccak256(text[2:])
	for i := range 40 {
		nibble := sum[i/2] >> 4
		if i%2 == 1 {
			nibble = sum[i/2] & 0xf
		}
		if c := text[2+i]; c >= 'a' && nibble >= 8 {
			text[2+i] = c - 'a' + 'A'
		}
	}
	return string(text[:])
}

// IsZero reports whether a is the zero address, which no key has.
func (a Address) IsZero() bool { return a == Address{} }

// MarshalText returns the EIP-55 form.
func (a Address) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// UnmarshalText accepts the EIP-55 form only, as in proof files.
func (a *Address) UnmarshalText(text []byte) error {
	got, err := ParseAddress(string(text))
	if err != nil {
		return err
	}
	if got.String() != string(text) {
		return fmt.Errorf("%q: want the EIP-55 form %s", text, got)
	}
	*a = got
	return nil
}
