package qrproof

import (
	"encoding/hex"
	"strings"
	"testing"

	"github.com/hallmark-node/hallmark/verifier"
)

// The vectors of section 6.3 of the specification. Those of round numbers can be told by hand:
// a digit is five bits, and the check symbol what is left of a division by 37.
var shortVectors = map[string]string{
	"00000000000000000000": "0000-0000-0000-0000-0",
	"00000000000000000001": "0000-0000-0000-0001-1",
	"00000000000000000020": "0000-0000-0000-0010-*", // 32
	"00000000000000000023": "0000-0000-0000-0013-=", // 35
	"00000000000000000024": "0000-0000-0000-0014-U", // 36
	"00000000000000000025": "0000-0000-0000-0015-0", // 37
	"ffffffffffffffffffff": "ZZZZ-ZZZZ-ZZZZ-ZZZZ-~",
	"00443214c74254b635cf": "0123-4567-89AB-CDEF-K",
}

func TestShort(t *testing.T) {
	for from, want := range shortVectors {
		var leaf verifier.Hash
		if _, err := hex.Decode(leaf[:], []byte(from)); err != nil {
			t.Fatal(err)
		}
		leaf[10], leaf[31] = 0xaa, 0xbb // no part of it
		short := ShortOf(leaf)
		if got := short.String(); got != want {
			t.Errorf("%s: %s, want %s", from, got, want)
		}
		spaced := " " + strings.ReplaceAll(want, "-", " - ")
		for _, typed := range []string{want, strings.ToLower(want), strings.ReplaceAll(want, "-", ""), spaced} {
			if got, err := ParseShort(typed); err != nil || got != short {
				t.Errorf("%q: %v, %v", typed, got, err)
			}
		}
	}
	if got, err := ParseShort("O123-4567-89ab-cdef-k"); err != nil || got.String() != "0123-4567-89AB-CDEF-K" {
		t.Errorf("O for 0: %v, %v", got, err)
	}
	if got, err := ParseShort("oooo-oooo-oooo-oooi-l"); err != nil || got.String() != "0000-0000-0000-0001-1" {
		t.Errorf("I and L for 1: %v, %v", got, err)
	}
}

// A wrong character and two that changed places are seen, wherever they are.
func TestShortIsChecked(t *testing.T) {
	const good = "0123456789ABCDEFK"
	for i := range len(good) {
		for _, r := range shortChecks {
			if wrong := good[:i] + string(r) + good[i+1:]; wrong != good {
				if got, err := ParseShort(wrong); err == nil {
					t.Errorf("%q is read as %s", wrong, got)
				}
			}
		}
		if i > 0 && good[i] != good[i-1] {
			if wrong := good[:i-1] + good[i:i+1] + good[i-1:i] + good[i+1:]; wrong != good {
				if got, err := ParseShort(wrong); err == nil {
					t.Errorf("%q is read as %s", wrong, got)
				}
			}
		}
	}
	for _, wrong := range []string{"", "-", good[:16], good + "0", "0123456789ABCDEÉK", "U123456789ABCDEFK", strings.Repeat("0", 200)} {
		if got, err := ParseShort(wrong); err == nil {
			t.Errorf("%q is read as %s", wrong, got)
		}
	}
}

func FuzzParseShort(f *testing.F) {
	for _, text := range shortVectors {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		short, err := ParseShort(text)
		if err != nil {
			return
		}
		if again, err := ParseShort(short.String()); err != nil || again != short {
			t.Errorf("%q: %s is read as %s, %v", text, short, again, err)
		}
	})
}
