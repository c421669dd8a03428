package merkle

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
)

func TestKeccak256(t *testing.T) {
	for in, want := range map[string]string{
		"":                       "0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470",
		"abc":                    "0x4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45",
		strings.Repeat("a", 200): "0x96ea54061def936c4be90b518992fdc6f12f535068a256229aca54267b4d084d",
	} {
		if got := Keccak256([]byte(in)).String(); got != want {
			t.Errorf("keccak256(%.10q) = %s, want %s", in, got, want)
		}
		// In parts, and with the state used before.
		if got := Keccak256([]byte(in[:len(in)/3]), nil, []byte(in[len(in)/3:])).String(); got != want {
			t.Errorf("keccak256(%.10q) in parts = %s, want %s", in, got, want)
		}
	}
}

func TestLeafHashIsHashedTwice(t *testing.T) {
	encoded := []byte(strings.Repeat("\x01", 160))
	inner := Keccak256(encoded)
	if got, want := LeafHash(encoded), Keccak256(inner[:]); got != want {
		t.Fatalf("got %s, want %s", got, want)
	}
}

func TestPairIsSymmetric(t *testing.T) {
	a, b := Hash{1}, Hash{2}
	if Pair(a, b) != Pair(b, a) || Pair(a, b) != Keccak256(a[:], b[:]) {
		t.Fatal("Pair depends on the order of its arguments, or does not put the lower first")
	}
}

func TestHashText(t *testing.T) {
	good := "0x4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45"
	h, err := ParseHash(good)
	if err != nil || h.String() != good || h.IsZero() {
		t.Fatalf("got %s, %v", h, err)
	}
	text, err := json.Marshal(map[string]Hash{"h": h})
	if err != nil || string(text) != `{"h":"`+good+`"}` {
		t.Fatalf("as JSON: %s, %v", text, err)
	}
	for name, bad := range map[string]string{
		"empty":       "",
		"no 0x":       good[2:] + "00",
		"0X":          "0X" + good[2:],
		"upper case":  strings.ToUpper(good[:10]) + good[10:],
		"mixed case":  good[:65] + "A",
		"short":       good[:65],
		"long":        good + "0",
		"not hex":     good[:65] + "g",
		"white space": good[:65] + " ",
		"sign":        "0x+" + good[3:],
	} {
		kept := h
		if err := kept.UnmarshalText([]byte(bad)); !errors.Is(err, ErrHashText) {
			t.Errorf("%s: got %v", name, err)
		} else if kept != h {
			t.Errorf("%s: the hash changed", name)
		}
	}
}

func TestCompare(t *testing.T) {
	low, high := Hash{31: 0xff}, Hash{0: 0x80}
	if Compare(low, high) != -1 || Compare(high, low) != 1 || Compare(low, low) != 0 {
		t.Fatal("not the order of big-endian numbers")
	}
}
