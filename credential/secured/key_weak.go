package secured

import (
	"bytes"
	"crypto/ed25519"
)

// weakEd25519 tells whether a key is a point of small order, under which a signature can
// hold for every text, or is not written in its one way.
func weakEd25519(key ed25519.PublicKey) bool {
	y := bytes.Clone(key)
	y[31] &= 0x7f // without the sign of x
	if y[31] == 0x7f && y[0] >= 0xec && len(bytes.Trim(y[1:31], "\xff")) == 0 {
		return true // -1, and what is not below the prime
	}
	for _, low := range [][]byte{
		{0},
		{1},
		[]byte("\x26\xe8\x95\x8f\xc2\xb2\x27\xb0\x45\xc3\xf4\x89\xf2\xef\x98\xf0" +
			"\xd5\xdf\xac\x05\xd3\xc6\x33\x39\xb1\x38\x02\x88\x6d\x53\xfc\x05"),
		[]byte("\xc7\x17\x6a\x70\x3d\x4d\xd8\x4f\xba\x3c\x0b\x76\x0d\x10\x67\x0f" +
			"\x2a\x20\x53\xfa\x2c\x39\xcc\xc6\x4e\xc7\xfd\x77\x92\xac\x03\x7a"),
	} {
		if bytes.HasPrefix(y, low) && len(bytes.Trim(y[len(low):], "\x00")) == 0 {
			return true
		}
	}
	return false
}
