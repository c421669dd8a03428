package skills

import (
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"
)

// maxWords bounds how many words a phrase may have that is looked for.
const maxWords = 16

// Phrases are words that are wanted, as one looks for them in what credentials say. It is safe for
// use by several goroutines once all are added.
type Phrases struct {
	numbers map[string][]int // by the words of a phrase
	lengths map[string][]int // in words, of the phrases that begin with a word
}

// Add adds a phrase under a number.
func (p *Phrases) Add(phrase string, number int) {
	words := Words(phrase)
	if len(words) == 0 || len(words) > maxWords {
		return
	}
	if p.numbers == nil {
		p.numbers, p.lengths = make(map[string][]int), make(map[string][]int)
	}
	key := strings.Join(words, " ")
	p.numbers[key] = append(p.numbers[key], number)
	if lengths := p.lengths[words[0]]; !slices.Contains(lengths, len(words)) {
		p.lengths[words[0]] = append(lengths, len(words))
	}
}

// In tells the numbers of the phrases that stand in a text as whole words, one behind the other,
// each once.
func (p *Phrases) In(text string, found func(number int)) {
	words := Words(text)
	whole := strings.Join(words, " ")
	ends := make([]int, len(words)) // of the words in whole
	for i, at := 0, 0; i < len(words); i++ {
		ends[i] = at + len(words[i])
		at = ends[i] + 1
	}
	told := make(map[string]bool)
	for i, word := range words {
		for _, n := range p.lengths[word] {
			if i+n > len(words) {
				continue
			}
			phrase := whole[ends[i]-len(word) : ends[i+n-1]]
			numbers, ok := p.numbers[phrase]
			if !ok || told[phrase] {
				continue
			}
			told[phrase] = true
			for _, number := range numbers {
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
