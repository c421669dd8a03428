package verifier

import (
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
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
	return unmarshalExact(a, text, ParseAddress)
}

// unmarshalExact parses a text that must be in the form that String returns.
func unmarshalExact[T fmt.Stringer](to *T, text []byte, parse func(string) (T, error)) error {
	got, err := parse(string(text))
	if err != nil {
		return err
	}
	if got.String() != string(text) {
		return fmt.Errorf("%q: want the EIP-55 form %s", text, got)
	}
	*to = got
	return nil
}

// ChainID is the EIP-155 id of an EVM chain. Its text form is CAIP-2,
// "eip155:1".
type ChainID uint64

// maxInteger is the largest integer that a proof or a trust store may hold:
// 2^53-1, the largest that every JSON reader keeps exactly.
const maxInteger = 1<<53 - 1

// ParseChainID reads the CAIP-2 form.
func ParseChainID(s string) (ChainID, error) {
	digits, ok := strings.CutPrefix(s, "eip155:")
	n, err := strconv.ParseUint(digits, 10, 64)
	if !ok || err != nil || n == 0 || n > maxInteger || strconv.FormatUint(n, 10) != digits {
		return 0, fmt.Errorf("%q is not a chain: want eip155:<number>", s)
	}
	return ChainID(n), nil
}

// String returns the CAIP-2 form.
func (c ChainID) String() string { return "eip155:" + strconv.FormatUint(uint64(c), 10) }

// MarshalText returns the CAIP-2 form.
func (c ChainID) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText accepts the CAIP-2 form.
func (c *ChainID) UnmarshalText(text []byte) error {
	got, err := ParseChainID(string(text))
	if err == nil {
		*c = got
	}
	return err
}

// Home names the registry that decides the time and the status of a
// submission: the only one that the issuer's signature is for. Its text form is
// CAIP-10, "eip155:1:0x…", with the address in EIP-55 form.
type Home struct {
	Chain    ChainID
	Registry Address
}

// ParseHome reads the CAIP-10 form as people type it; see [ParseAddress].
func ParseHome(s string) (Home, error) {
	i := strings.LastIndexByte(s, ':')
	if i < 0 {
		return Home{}, fmt.Errorf("%q is not a registry: want eip155:<number>:<address>", s)
	}
	chain, err := ParseChainID(s[:i])
	if err != nil {
		return Home{}, err
	}
	registry, err := ParseAddress(s[i+1:])
	if err != nil {
		return Home{}, err
	}
	return Home{chain, registry}, nil
}

// String returns the CAIP-10 form.
func (h Home) String() string { return h.Chain.String() + ":" + h.Registry.String() }

// MarshalText returns the CAIP-10 form.
func (h Home) MarshalText() ([]byte, error) { return []byte(h.String()), nil }

// UnmarshalText accepts the CAIP-10 form with the EIP-55 address only.
func (h *Home) UnmarshalText(text []byte) error {
	return unmarshalExact(h, text, ParseHome)
}
