package skills

import (
	"strings"

	"github.com/hallmark-node/hallmark/credential"
)

// Collected is a skill that some of several documents state.
type Collected struct {
	credential.Alignment       // as the first of them states it
	ID                   ID    // empty if it has mere words
	In                   []int // the indexes of the documents, ascending
}

// Collect brings together what several documents state of skills, in the order in which they
// first appear: those with an identity, then words. Two statements are of one skill if their
// most telling identities are the same, and words are if they are the same words.
func Collect(documents []*credential.Description) []Collected {
	var (
		known, words []*Collected
		byID         = make(map[ID]*Collected)
		byWords      = make(map[string]*Collected)
	)
	add := func(in int, a credential.Alignment, id ID) {
		key := strings.Join(Words(a.Name), " ")
		c := byID[id]
		if id == "" {
			c = byWords[key]
		}
		switch {
		case c == nil && id == "" && key == "":
		case c == nil:
			c = &Collected{Alignment: a, ID: id, In: []int{in}}
			if id != "" {
				byID[id], known = c, append(known, c)
			} else {
				byWords[key], words = c, append(words, c)
			}
		case c.In[len(c.In)-1] != in:
			c.In = append(c.In, in)
		}
		if c != nil && c.Name == "" {
			c.Name = a.Name
		}
	}
	for i, d := range documents {
		for _, a := range d.Alignments {
			id := ID("")
			if ids := IDs(a); len(ids) > 0 {
				id = ids[0]
			}
			add(i, a, id)
		}
		for _, tag := range d.Tags {
			add(i, credential.Alignment{Name: tag}, "")
		}
	}
	all := make([]Collected, 0, len(known)+len(words))
	for _, list := range [][]*Collected{known, words} {
		for _, c := range list {
			all = append(all, *c)
		}
	}
	return all
}
