package qrproof

import (
	"errors"
	"fmt"
	"math/big"
	"strings"

	"github.com/hallmark-node/hallmark/verifier"
)

// Short is a short code: the first 80 bits of the leaf of a credential, for people to read off
// paper and type in. It finds a proof among many and proves nothing: an issuer who tries
// 2^40 salts has two credentials of one short code.
type Short [10]byte

// The digits of Crockford's base32, and those that only a check symbol may be.
const (
	shortDigits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
	shortChecks = shortDigits + "*~$=U"
)

// shortLength is that of a code without hyphens: 16 digits of 5 bits and the check symbol.
const shortLength = 17

// ShortOf returns the short code of a leaf.
func ShortOf(leaf verifier.Hash) Short { return Short(leaf[:len(Short{})]) }

// String returns the code in Crockford's base32 with its check symbol, hyphens after each
// four: "0123-4567-89AB-CDEF-K".
func (s Short) String() string {
	var out strings.Builder
	n := new(big.Int).SetBytes(s[:])
	for i := range shortLength - 1 {
		digit := new(big.Int).Rsh(n, uint(5*(shortLength-2-i)))
		out.WriteByte(shortDigits[digit.Uint64()&31])
		if i%4 == 3 {
			out.WriteByte('-')
		}
	}
	out.WriteByte(shortChecks[s.check()])
	return out.String()
}

// check is what the check symbol stands for: the number modulo 37, which is prime and larger
// than the base, so that a wrong digit and two that changed places are seen.
func (s Short) check() uint64 {
	n := new(big.Int).SetBytes(s[:])
	return n.Mod(n, big.NewInt(int64(len(shortChecks)))).Uint64()
}

// ParseShort reads a short code as people type it: in any case, with hyphens and spaces
// anywhere, O for 0, I and L for 1.
func ParseShort(text string) (Short, error) {
	if len(text) > 100 {
		return Short{}, errors.New("it is too long for a short code")
	}
	digits := strings.NewReplacer("-", "", " ", "", "O", "0", "I", "1", "L", "1").Replace(strings.ToUpper(text))
	if len(digits) != shortLength {
		return Short{}, fmt.Errorf("a short code has %d characters besides hyphens, this has %d", shortLength, len(digits))
	}
	n := new(big.Int)
	for _, r := range digits[:shortLength-1] {
		digit := strings.IndexRune(shortDigits, r)
		if digit < 0 {
			return Short{}, fmt.Errorf("%q is no character of a short code", r)
		}
		n.Or(n.Lsh(n, 5), big.NewInt(int64(digit)))
	}
	var s Short
	n.FillBytes(s[:])
	if digits[shortLength-1] != shortChecks[s.check()] {
		return Short{}, errors.New("a character of the short code is wrong: its check symbol does not fit")
	}
	return s, nil
}
