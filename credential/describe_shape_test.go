package credential

import "testing"

// Zero bytes alone do not make a file a text in UTF-16: many a file of bytes has them.
func TestWideText(t *testing.T) {
	for name, tt := range map[string]struct {
		doc  string
		wide bool
	}{
		"UTF-16, little end first":   {"H\x00e\x00l\x00l\x00o\x00 \x00a\x00l\x00l\x00", true},
		"UTF-16, big end first":      {"\x00H\x00e\x00l\x00l\x00o\x00 \x00a\x00l\x00l", true},
		"UTF-16 with a few others":   {"D\x00i\x00p\x00l\x00\xf4\x00m\x00e\x00 \x00\x1d\x04d\x00e\x00 \x00A\x00d\x00a\x00", true},
		"UTF-32":                     {"H\x00\x00\x00e\x00\x00\x00l\x00\x00\x00l\x00\x00\x00o\x00\x00\x00", true},
		"a text and a number":        {"badge \x00\x00\x00\x00\x00\x00\x00\x01", false},
		"a text that ends with zero": {"A certificate.\x00", false},
		"numbers of four bytes":      {"\x01\x02\x00\x00\x05\x07\x00\x00\x0b\x0d\x00\x00", false},
		"zeros":                      {"\x00\x00\x00\x00\x00\x00\x00\x00", false},
		"a text":                     {"A certificate.", false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := isWide([]byte(tt.doc)); got != tt.wide {
				t.Errorf("%t, want %t", got, tt.wide)
			}
		})
	}
	for _, doc := range []string{"badge \x00\x00\x00\x00\x00\x00\x00\x01", "A certificate.\x00"} {
		if d := Describe([]byte(doc)); !d.Opaque || d.Problem != "" {
			t.Errorf("%q: %q", doc, d.Problem)
		}
	}
}
