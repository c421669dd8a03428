package credential

import "encoding/base32"

// base32Digits is the value of each character of RFC 4648 base32 in lower case; 0xff
// for all others.
var base32Digits = func() (digits [256]byte) {
	for i := range digits {
		digits[i] = 0xff
	}
	for i, c := range []byte("abcdefghijklmnopqrstuvwxyz234567") {
		digits[c] = byte(i)
	}
	return digits
}()

// usualCIDs are the beginnings of the CIDs that nearly all credentials have: version 1,
// raw or json-jcs, 32 bytes of sha2-256. What follows is any 32 bytes.
var usualCIDs = []string{"\x01\x55\x12\x20", "\x01\x81\xec\x02\x12\x20"}

// AppendCID appends the binary form of the CID with a text to dst: [ParseCID] for long
// lists, several times as fast. It takes and refuses the same texts.
func AppendCID(dst, text []byte) ([]byte, error) {
	for _, start := range usualCIDs {
		size := len(start) + 32
		if len(text) != 1+base32.StdEncoding.WithPadding(base32.NoPadding).EncodedLen(size) || text[0] != 'b' {
			continue
		}
		at := len(dst)
		var bits, wrong uint
		var have int
		for _, c := range text[1:] {
			d := base32Digits[c]
			wrong |= uint(d)
			bits = bits<<5 | uint(d&31)
			if have += 5; have >= 8 {
				have -= 8
				dst = append(dst, byte(bits>>have))
			}
		}
		if wrong < 32 && bits&(1<<have-1) == 0 && string(dst[at:at+len(start)]) == start {
			return dst, nil
		}
		dst = dst[:at]
	}
	c, err := ParseCID(string(text))
	if err != nil {
		return dst, err
	}
	return append(dst, c.Bytes()...), nil
}
