package verifier

import (
	"fmt"
	"strconv"
	"strings"
)

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
	got, err := ParseHome(string(text))
	if err != nil {
		return err
	}
	if got.String() != string(text) {
		return fmt.Errorf("%q: want the EIP-55 form %s", text, got)
	}
	*h = got
	return nil
}
