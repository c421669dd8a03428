package client

import (
	"strings"
	"testing"
)

// A key is read as it was written, and one that was copied wrong is known to be none.
func TestAPIKey(t *testing.T) {
	k := NewAPIKey()
	text := k.Text()
	if got, err := ParseAPIKey(text); err != nil || got != k {
		t.Errorf("%s is read as %v, %v", text, got, err)
	}
	if !strings.HasPrefix(text, k.String()) || len(k.String()) != 12 || len(text) != 52 {
		t.Errorf("the key %s has the name %s", text, k)
	}
	if id, err := ParseAPIKeyName(k.String()); err != nil || id != k.ID {
		t.Errorf("%s is read as %x, %v", k, id, err)
	}
	if k.Hash() == NewAPIKey().Hash() {
		t.Error("two keys have one secret")
	}
	for name, text := range map[string]string{
		"empty":           "",
		"no prefix":       text[4:],
		"another prefix":  "ghp_" + text[4:],
		"upper case":      strings.ToUpper(text),
		"mixed case":      text[:10] + strings.ToUpper(text[10:]),
		"cut":             text[:51],
		"longer":          text + "a",
		"twice":           text + text,
		"padded":          text + "====",
		"white space":     " " + text,
		"an end of line":  text + "\n",
		"one within":      text[:20] + "\n" + text[20:],
		"a zero byte":     text[:20] + "\x00" + text[21:],
		"no base32":       text[:20] + "1" + text[21:],
		"another letter":  text[:20] + string('a'+(text[20]-'a'+1)%26) + text[21:],
		"two swapped":     swapped(text),
		"look-alikes":     strings.Replace(text, "hmk_", "hmk\uff3f", 1),
		"very long":       "hmk_" + strings.Repeat("a", 1<<20),
		"only the prefix": "hmk_",
		"only the name":   k.String(),
	} {
		if got, err := ParseAPIKey(text); err == nil {
			t.Errorf("%s: %.60q is read as %v", name, text, got)
		} else if len(text) > 20 && strings.Contains(err.Error(), text[14:20]) {
			t.Errorf("%s: the error holds the key: %v", name, err)
		}
	}
	for _, name := range []string{
		"", "hmk_", "hmk_aaaaaaa", "hmk_aaaaaaaaa", "hmk_AAAAAAAA", "aaaaaaaa", "hmk_aaaaaaa\n", "hmk_aaaaaa11", text,
	} {
		if id, err := ParseAPIKeyName(name); err == nil {
			t.Errorf("%q is read as %x", name, id)
		}
	}
}

// swapped swaps the first two neighbours of a text that are not the same.
func swapped(text string) string {
	b := []byte(text)
	for i := 5; ; i++ {
		if b[i] != b[i+1] {
			b[i], b[i+1] = b[i+1], b[i]
			return string(b)
		}
	}
}

// Whatever is read as a key or as the name of one is written in that way alone.
func FuzzAPIKey(f *testing.F) {
	f.Add(NewAPIKey().Text())
	f.Add(NewAPIKey().String())
	f.Add("hmk_\n")
	f.Fuzz(func(t *testing.T, text string) {
		if k, err := ParseAPIKey(text); err == nil && k.Text() != text {
			t.Errorf("%q is read as %q", text, k.Text())
		}
		if id, err := ParseAPIKeyName(text); err == nil && APIKeyName(id) != text {
			t.Errorf("%q is read as %q", text, APIKeyName(id))
		}
	})
}
