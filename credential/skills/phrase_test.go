package skills

import (
	"slices"
	"strings"
	"testing"
)

// TestPhrases: a phrase is found as whole words, however they are written, and never as a part or
// another form of a word.
func TestPhrases(t *testing.T) {
	for _, test := range []struct {
		phrase, text string
		found        bool
	}{
		{"welding", "Welding", true},
		{"WELDING", "welding, level 2", true},
		{"MIG welding", "Introduction to \u201cMIG  Welding\u201d", true},
		{"Müller's test", "MU\u0308LLER'S TEST", true},
		{"Straße", "STRASSE", true},
		{"Ｐｙｔｈｏｎ", "python", true},
		{"py\u200bthon", "Python", true},
		{"ΣΟΦΟΣ", "σοφος", true},
		{"C++", "C++ (advanced)", true},
		{".NET", ".net", true},
		{"weld", "Welding", false},
		{"weldings", "Welding", false},
		{"MIG welding", "MIG and TIG welding", false},
		{"welding MIG", "MIG welding", false},
		{"C", "C++", false},
		{"C", "C#", false},
		{"Java", "JavaScript", false},
		{"problem solving", "problem-solving", false},
		{"", "Welding", false},
		{"...", "...", false},
	} {
		var p Phrases
		p.Add("something else", 1)
		p.Add(test.phrase, 7)
		var found []int
		p.In(test.text, func(n int) { found = append(found, n) })
		if slices.Contains(found, 7) != test.found || slices.Contains(found, 1) {
			t.Errorf("%q in %q: %v, want %v", test.phrase, test.text, found, test.found)
		}
	}
}

// TestLongPhrase: what nobody writes as a skill is not looked for, and costs nothing.
func TestLongPhrase(t *testing.T) {
	var p Phrases
	text := strings.Repeat("a ", maxWords+1)
	p.Add(text, 1)
	p.In(text, func(int) { t.Error("found") })
}
