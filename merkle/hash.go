package merkle

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
)

// Size is the length of a [Hash] in bytes.
const Size = 32

// Hash is a 32-byte Keccak-256 digest: a leaf, an inner node or a root.
// It is ordered as Solidity orders bytes32 and uint256: big-endian, see [Compare].
type Hash [Size]byte

// ErrHashText is wrapped by the errors of [ParseHash] and [Hash.UnmarshalText].
var ErrHashText = errors.New("want 0x and 64 lower-case hex digits")

// ParseHash reads the one text form that [Hash.String] writes: "0x" and 64
// lower-case hexadecimal digits. Everything else, upper case included, is refused,
// so that equal hashes have equal texts.
func ParseHash(s string) (Hash, error) {
	var h Hash
	if err := h.UnmarshalText([]byte(s)); err != nil {
		return Hash{}, err
	}
	return h, nil
}

// String returns "0x" and 64 lower-case hexadecimal digits.
func (h Hash) String() string {
	text, _ := h.AppendText(make([]byte, 0, 2+2*Size))
	return string(text)
}

// IsZero reports whether every byte is zero.
func (h Hash) IsZero() bool { return h == Hash{} }

// AppendText appends the form of [Hash.String] to dst. It never fails.
func (h Hash) AppendText(dst []byte) ([]byte, error) {
	return hex.AppendEncode(append(dst, "0x"...), h[:]), nil
}

// MarshalText returns the form of [Hash.String]. It never fails.
func (h Hash) MarshalText() ([]byte, error) {
	return h.AppendText(make([]byte, 0, 2+2*Size))
}

// UnmarshalText is [ParseHash] for encoders. On an error h is left as it was.
func (h *Hash) UnmarshalText(text []byte) error {
	if len(text) != 2+2*Size {
		return fmt.Errorf("hash of %d characters: %w", len(text), ErrHashText)
	}
	if text[0] != '0' || text[1] != 'x' {
		return fmt.Errorf("hash without 0x: %w", ErrHashText)
	}
	for _, c := range text[2:] {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return fmt.Errorf("hash with character %q: %w", c, ErrHashText)
		}
	}
	_, err := hex.Decode(h[:], text[2:]) // cannot fail: length and digits are checked
	return err
}

// Compare orders hashes as big-endian numbers: -1 if a < b, 0 if equal, +1 if a > b.
// It is the order of sorted leaves and of the two children of a node.
func Compare(a, b Hash) int { return bytes.Compare(a[:], b[:]) }
