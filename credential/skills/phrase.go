package skills

import (
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"
)

// maxWords bounds how many words a phrase may have that is looked for.
const maxWords = 32

// Phrases are words that are wanted, as one looks for them in what credentials say. It is safe for
// use by several goroutines once all are added.
type Phrases struct {
	numbers map[string][]int // by the words of a phrase
	lengths []int            // of the phrases, in words
}

// Add adds a phrase under a number.
func (p *Phrases) Add(phrase string, number int) {
	words := Words(phrase)
	if len(words) == 0 || len(words) > maxWords {
		return
	}
	if p.numbers == nil {
		p.numbers = make(map[string][]int)
	}
	key := strings.Join(words, " ")
	p.numbers[key] = append(p.numbers[key], number)
	if !slices.Contains(p.lengths, len(words)) {
		p.lengths = append(p.lengths, len(words))
	}
}

// In yields the numbers of the phrases that stand in a text as whole words, one behind the other.
// A phrase may be yielded twice.
func (p *Phrases) In(text string, found func(number int)) {
	words := Words(text)
	for i := range words {
		for _, n := range p.lengths {
			if i+n > len(words) {
				continue
			}
			for _, number := range p.numbers[strings.Join(words[i:i+n], " ")] {
				found(number)
			}
		}
	}
}

// Words returns the words of a text as they are compared: without regard to capitals, to how
// Unicode writes a letter, and to the punctuation around a word. What stands within a word counts: C,
// C++ and C# are three words, and nothing is taken for another form of a word.
func Words(text string) (words []string) {
	folded := strings.ReplaceAll(fold(norm.NFKC, text), "ß", "ss") // whose capitals are SS
	for word := range strings.FieldsSeq(folded) {
		word = strings.TrimLeft(word, `([{"'„“”‚‘’«»‹›¿¡,;:!?*•·–—-`)
		if word = strings.TrimRight(word, `)]}"'„“”‚‘’«»‹›,;:!?.•·–—-`); word != "" {
			words = append(words, word)
		}
	}
	return words
}
