package credential

import (
	"encoding/base32"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/ipfs/go-cid"
	"github.com/multiformats/go-multihash"
)

// CodecJCS is the multicodec json-jcs: JSON in the canonical form of RFC 8785.
const CodecJCS = 0xb601

// MinCIDLen is the least length in bytes of a binary CID that Hallmark takes. It
// keeps a credential's leaf apart from the values of the other trees, on chain too.
const MinCIDLen = 36

// The longest CID is one of json-jcs with 128 bytes of blake3: 135 bytes, which
// are 217 characters.
const (
	maxCIDLen  = 135
	maxCIDText = 217
)

// ErrCID is wrapped by the errors of [ParseCID], [CIDFromBytes] and [checkCID].
var ErrCID = errors.New("not a CID that Hallmark takes")

type hashFunc struct {
	name     string
	code     uint64
	min, max int
}

// hashes are the multihashes that a CID may have. min and max are the lengths of
// a digest in bytes: only full ones, and at least 32 bytes where the function has
// no length of its own (the library stops at 128).
var hashes = []hashFunc{
	{"sha2-256", multihash.SHA2_256, 32, 32},
	{"sha2-512", multihash.SHA2_512, 64, 64},
	{"sha3-256", multihash.SHA3_256, 32, 32},
	{"keccak-256", multihash.KECCAK_256, 32, 32},
	{"blake3", multihash.BLAKE3, 32, 128},
}

// Hashes returns the multihash names that [Sum] takes, the default first.
func Hashes() []string {
	names := make([]string, len(hashes))
	for i, h := range hashes {
		names[i] = h.name
	}
	return names
}

// hashCode returns the multihash code of a name; the empty name is sha2-256.
func hashCode(name string) (uint64, error) {
	if name == "" {
		return hashes[0].code, nil
	}
	for _, h := range hashes {
		if h.name == name {
			return h.code, nil
		}
	}
	return 0, fmt.Errorf("hash %q is not one of %s", name, strings.Join(Hashes(), ", "))
}

// ParseCID reads a CID from its one accepted text: version 1, base32 in lower
// case ("b…"), and all that [checkCID] asks. No two texts name the same CID.
// Errors wrap [ErrCID].
func ParseCID(s string) (cid.Cid, error) {
	if len(s) > maxCIDText {
		return cid.Undef, fmt.Errorf("%w: %d characters, want at most %d", ErrCID, len(s), maxCIDText)
	}
	if !strings.HasPrefix(s, "b") {
		return cid.Undef, fmt.Errorf("%w: %q does not begin with b: want version 1 in lower-case base32", ErrCID, s)
	}
	c, err := cid.Decode(s)
	if err != nil {
		return cid.Undef, fmt.Errorf("%w: %q: %w", ErrCID, s, err)
	}
	if err := checkCID(c); err != nil {
		return cid.Undef, err
	}
	if c.String() != s {
		return cid.Undef, fmt.Errorf("%w: %q is not how it is written, which is %s", ErrCID, s, c.String())
	}
	return c, nil
}

// CIDFromBytes reads a CID from its binary form, all of b, and checks it as
// [checkCID] does. Errors wrap [ErrCID].
func CIDFromBytes(b []byte) (cid.Cid, error) {
	if len(b) > maxCIDLen {
		return cid.Undef, fmt.Errorf("%w: %d bytes, want at most %d", ErrCID, len(b), maxCIDLen)
	}
	c, err := cid.Cast(b)
	if err != nil {
		return cid.Undef, fmt.Errorf("%w: %d bytes: %w", ErrCID, len(b), err)
	}
	if err := checkCID(c); err != nil {
		return cid.Undef, err
	}
	return c, nil
}

// checkCID reports why c is not a CID that Hallmark takes: it must be version 1
// of at least [MinCIDLen] bytes with minimal varints, its codec raw or json-jcs,
// its multihash one of [Hashes] with a full digest (blake3: 32 to 128 bytes).
// Errors wrap [ErrCID].
//
// It prints the text, not the CID: put into an interface that would link encoding/json, which
// one of its methods uses.
func checkCID(c cid.Cid) error {
	if !c.Defined() {
		return fmt.Errorf("%w: it is empty", ErrCID)
	}
	if n := c.ByteLen(); n > maxCIDLen {
		return fmt.Errorf("%w: %d bytes, want at most %d", ErrCID, n, maxCIDLen)
	}
	if c.Version() != 1 {
		return fmt.Errorf("%w: %s is version %d, want 1", ErrCID, c.String(), c.Version())
	}
	if _, err := FormOf(c); err != nil {
		return err
	}
	digest, err := multihash.Decode(c.Hash())
	if err != nil {
		return fmt.Errorf("%w: %s: %w", ErrCID, c.String(), err)
	}
	i := slices.IndexFunc(hashes, func(h hashFunc) bool { return h.code == digest.Code })
	if i < 0 {
		return fmt.Errorf("%w: %s has multihash 0x%x %s, want one of %s",
			ErrCID, c.String(), digest.Code, digest.Name, strings.Join(Hashes(), ", "))
	}
	if n := len(digest.Digest); n < hashes[i].min || n > hashes[i].max {
		return fmt.Errorf("%w: %s has %d bytes of %s, want %d to %d", ErrCID, c.String(), n, hashes[i].name, hashes[i].min, hashes[i].max)
	}
	if n := c.ByteLen(); n < MinCIDLen {
		return fmt.Errorf("%w: %s has %d bytes, want at least %d", ErrCID, c.String(), n, MinCIDLen)
	}
	if !cid.NewCidV1(c.Type(), c.Hash()).Equals(c) {
		return fmt.Errorf("%w: %s has a varint that is not minimal", ErrCID, c.String())
	}
	return nil
}

// FormOf returns the form that the codec of c stands for: [FormRaw] or
// [FormJCS]. The error, for every other codec, wraps [ErrCID].
func FormOf(c cid.Cid) (Form, error) {
	switch c.Type() {
	case cid.Raw:
		return FormRaw, nil
	case CodecJCS:
		return FormJCS, nil
	}
	return "", fmt.Errorf("%w: %s has codec 0x%x, want raw (0x55) or json-jcs (0xb601)", ErrCID, c.String(), c.Type())
}

// base32Digits are those of RFC 4648, in lower case.
const base32Digits = "abcdefghijklmnopqrstuvwxyz234567"

var lowerBase32 = base32.NewEncoding(base32Digits).WithPadding(base32.NoPadding)

// usualCIDs are the beginnings of the CIDs that nearly all credentials have: version 1,
// raw or json-jcs, 32 bytes of sha2-256. What follows is any 32 bytes.
var usualCIDs = []string{"\x01\x55\x12\x20", "\x01\x81\xec\x02\x12\x20"}

// AppendCID appends the binary form of the CID with a text to dst: [ParseCID] for long
// lists, several times as fast. It takes and refuses the same texts.
func AppendCID(dst, text []byte) ([]byte, error) {
	for _, start := range usualCIDs {
		size := len(start) + 32
		if len(text) != 1+lowerBase32.EncodedLen(size) || text[0] != 'b' {
			continue
		}
		out, err := lowerBase32.AppendDecode(dst, text[1:])
		if err != nil || len(out)-len(dst) != size || string(out[len(dst):][:len(start)]) != start {
			continue
		}
		// What the last character holds beyond the last byte must be zero.
		if last := strings.IndexByte(base32Digits, text[len(text)-1]); last%(1<<(5*(len(text)-1)-8*size)) == 0 {
			return out, nil
		}
	}
	c, err := ParseCID(string(text))
	if err != nil {
		return dst, err
	}
	return append(dst, c.Bytes()...), nil
}
