package credential

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/ipfs/go-cid"
	"github.com/multiformats/go-multibase"
	"github.com/multiformats/go-multihash"
)

// join returns codec and multihash as a CIDv1 puts them together, of parts that may
// be wrong.
func join(parts ...[]byte) []byte { return slices.Concat(parts...) }

var (
	v1     = []byte{1}
	raw    = []byte{0x55}
	canon  = []byte{0x81, 0xec, 0x02} // 0xb601
	digest = bytes.Repeat([]byte{7}, 160)
)

func TestCIDFromBytes(t *testing.T) {
	for _, test := range []struct {
		name string
		cid  []byte
		says string // "" where it is acceptable
	}{
		{"raw sha2-256", join(v1, raw, []byte{0x12, 32}, digest[:32]), ""},
		{"json-jcs sha2-256", join(v1, canon, []byte{0x12, 32}, digest[:32]), ""},
		{"sha2-512", join(v1, raw, []byte{0x13, 64}, digest[:64]), ""},
		{"sha3-256", join(v1, raw, []byte{0x16, 32}, digest[:32]), ""},
		{"keccak-256", join(v1, raw, []byte{0x1b, 32}, digest[:32]), ""},
		{"blake3, 32 bytes", join(v1, raw, []byte{0x1e, 32}, digest[:32]), ""},
		{"blake3, 33 bytes", join(v1, raw, []byte{0x1e, 33}, digest[:33]), ""},
		{"blake3, 128 bytes", join(v1, canon, []byte{0x1e, 0x80, 1}, digest[:128]), ""},

		{"empty", nil, "not a CID"},
		{"version 0", join([]byte{0x12, 32}, digest[:32]), "version 0"},
		{"version 2", join([]byte{2}, raw, []byte{0x12, 32}, digest[:32]), "not a CID"},
		{"codec dag-pb", join(v1, []byte{0x70, 0x12, 32}, digest[:32]), "codec 0x70"},
		{"codec dag-json", join(v1, []byte{0xa9, 2, 0x12, 32}, digest[:32]), "codec 0x129"},
		{"identity", join(v1, raw, []byte{0, 40}, digest[:40]), "multihash 0x0 identity"},
		{"sha1", join(v1, raw, []byte{0x11, 20}, digest[:20]), "multihash 0x11 sha1"},
		{"sha2-256 truncated", join(v1, raw, []byte{0x12, 31}, digest[:31]), "31 bytes of sha2-256"},
		{"sha2-512 truncated", join(v1, raw, []byte{0x13, 32}, digest[:32]), "32 bytes of sha2-512"},
		{"blake3 truncated", join(v1, raw, []byte{0x1e, 31}, digest[:31]), "31 bytes of blake3"},
		{"blake3 too long", join(v1, raw, []byte{0x1e, 0x81, 1}, digest[:129]), "129 bytes of blake3"},
		{"sha3-512", join(v1, raw, []byte{0x14, 64}, digest[:64]), "multihash 0x14 sha3-512"},
		{"blake2b-256", join(v1, raw, []byte{0xa0, 0xe4, 2, 32}, digest[:32]), "blake2b-256"},
		{"digest cut off", join(v1, raw, []byte{0x12, 32}, digest[:31]), "not a CID"},
		{"trailing byte", join(v1, raw, []byte{0x12, 32}, digest[:33]), "not a CID"},
		{"version not minimal", join([]byte{0x81, 0}, raw, []byte{0x12, 32}, digest[:32]), "not a CID"},
		{"codec not minimal", join(v1, []byte{0xd5, 0, 0x12, 32}, digest[:32]), "not a CID"},
		{"multihash not minimal", join(v1, raw, []byte{0x92, 0, 32}, digest[:32]), "not a CID"},
		{"length not minimal", join(v1, raw, []byte{0x12, 0xa0, 0}, digest[:32]), "not a CID"},
		{"huge", make([]byte, 1<<20), "at most 135"},
	} {
		t.Run(test.name, func(t *testing.T) {
			c, err := CIDFromBytes(test.cid)
			if test.says == "" {
				if err != nil || !bytes.Equal(c.Bytes(), test.cid) {
					t.Fatalf("got %s, %v", c, err)
				}
				if back, err := ParseCID(c.String()); err != nil || !back.Equals(c) {
					t.Fatalf("from its text: %s, %v", back, err)
				}
				return
			}
			if !errors.Is(err, ErrCID) || !strings.Contains(err.Error(), test.says) || c.Defined() {
				t.Fatalf("got %s, %v; want an error that says %q", c, err, test.says)
			}
		})
	}
	if err := checkCID(cid.Undef); !errors.Is(err, ErrCID) {
		t.Errorf("undefined: %v", err)
	}
	long, err := multihash.Encode(make([]byte, 1<<20), multihash.IDENTITY)
	if err != nil {
		t.Fatal(err)
	}
	if err := checkCID(cid.NewCidV1(cid.Raw, long)); !errors.Is(err, ErrCID) || len(err.Error()) > 500 {
		t.Errorf("a CID of a MiB: %.500v", err)
	}
}

func TestParseCIDTakesOneText(t *testing.T) {
	good := "bafkreieufkdj4yususjujtd5kkagklnwjjrldtbuo6jhsjpo4ergykxt2e"
	c, err := ParseCID(good)
	if err != nil || c.String() != good {
		t.Fatalf("got %s, %v", c, err)
	}
	in := func(base rune) string {
		s, err := c.StringOfBase(multibase.Encoding(base))
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	last := good[len(good)-1:]
	for name, text := range map[string]string{
		"empty":                 "",
		"prefix alone":          "b",
		"upper case":            "B" + strings.ToUpper(good[1:]),
		"upper case after b":    "b" + strings.ToUpper(good[1:]),
		"one upper-case letter": good[:20] + strings.ToUpper(good[20:21]) + good[21:],
		"base58":                in('z'),
		"base16":                in('f'),
		"base36":                in('k'),
		"base64url":             in('u'),
		"padded base32":         in('c'),
		"version 0":             "QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWnPbdG",
		"as a path":             "/ipfs/" + good,
		"white space before":    " " + good,
		"white space after":     good + "\n",
		"padding after":         good + "=",
		"cut off":               good[:len(good)-1],
		"one character more":    good + "a",
		// 58 characters of base32 hold 290 bits, 36 bytes are 288: two bits are spare.
		"spare bits set": good[:len(good)-1] + string(last[0]+1),
		"very long":      "b" + strings.Repeat("a", 1<<20),
	} {
		if c, err := ParseCID(text); !errors.Is(err, ErrCID) || c.Defined() || len(err.Error()) > 1000 {
			t.Errorf("%s: got %s, %.300v", name, c, err)
		}
	}
}

func FuzzParseCID(f *testing.F) {
	f.Add("bafkreieufkdj4yususjujtd5kkagklnwjjrldtbuo6jhsjpo4ergykxt2e")
	f.Add("baga6yaqsea2gl46g5ce22kgttqa62jztchimpexqdwg7nnqhzzay7bcfyqnpo")
	f.Add("QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWnPbdG")
	f.Add("b" + strings.Repeat("a", 60))
	f.Fuzz(func(t *testing.T, text string) {
		c, err := ParseCID(text)
		if err != nil {
			if !errors.Is(err, ErrCID) || c.Defined() {
				t.Fatalf("got %s, %v", c, err)
			}
			return
		}
		if c.String() != text || c.ByteLen() < MinCIDLen {
			t.Fatalf("%q read as %s of %d bytes", text, c, c.ByteLen())
		}
		if back, err := CIDFromBytes(c.Bytes()); err != nil || !back.Equals(c) {
			t.Fatalf("from bytes: %s, %v", back, err)
		}
	})
}
