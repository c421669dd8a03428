package pdf

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"sort"
)

const (
	maxTreeDepth = 32      // of the name tree of attachments
	maxKids      = 1 << 16 // of one node of it
)

var errTree = errors.New("the PDF keeps its attachments in a way that is not written into")

// place is a value, and in which object it stands.
type place struct {
	number int    // of the object
	object []byte // its value
	at     int    // where in object the value begins
	value  []byte
}

// insert adds an attachment, which the object described is, to the name tree of
// attachments (ISO 32000-2, 7.9.6). It returns the objects that this changes or adds: one
// that changes, and in front of it at times a new one with the number behind described.
func (f *file) insert(attachment string, described int) ([]object, error) {
	entry := fmt.Appendf(nil, "(%s)%d 0 R", attachment, described)
	root, err := member(f.trailer, "Root")
	if err != nil {
		return nil, err
	}
	number, catalog, err := f.follow(root)
	if err != nil {
		return nil, err
	}
	if number == 0 {
		return nil, errBroken
	}
	node := place{number, catalog, 0, catalog}
	path := []string{"Names", "EmbeddedFiles"}
	for i, name := range path {
		inner, err := f.inner(node, name)
		if err != nil {
			return nil, err
		}
		if inner == nil {
			return f.changed(node, len(node.value)-len(">>"), nest(append(path[i:], "Names"), entry)), nil
		}
		node = *inner
	}
	for range maxTreeDepth {
		names, err := f.inner(node, "Names")
		if err != nil {
			return nil, err
		}
		kids, err := f.inner(node, "Kids")
		switch {
		case err != nil:
			return nil, err
		case kids == nil && names == nil:
			return f.changed(node, len(node.value)-len(">>"), nest([]string{"Names"}, entry)), nil
		case kids == nil:
			at, err := placeOf(attachment, names.value)
			if err != nil {
				return nil, err
			}
			return f.changed(*names, at, slices.Concat([]byte(" "), entry, []byte(" "))), nil
		case names != nil:
			return nil, errTree
		}
		next, at, err := f.kidFor(attachment, kids.value)
		if err != nil {
			return nil, err
		}
		if next == nil {
			leaf := object{number: described + 1, body: fmt.Sprintf("<</Limits[(%[1]s)(%[1]s)]/Names[%[2]s]>>", attachment, entry)}
			return append([]object{leaf}, f.changed(*kids, at, fmt.Appendf(nil, " %d 0 R ", leaf.number))...), nil
		}
		node = *next
	}
	return nil, errTree
}

// inner returns a member of the dictionary at a place, followed if it is a reference; nil if
// there is none.
func (f *file) inner(p place, name string) (*place, error) {
	from, to, err := findMember(p.value, name)
	if err != nil || from < 0 {
		return nil, err
	}
	value := p.value[from:to]
	number, target, err := f.follow(value)
	if err != nil {
		return nil, err
	}
	if number != 0 {
		return &place{number, target, 0, target}, nil
	}
	return &place{p.number, p.object, p.at + from, value}, nil
}

// changed returns the object of a place with something inserted in its value.
func (f *file) changed(p place, at int, what []byte) []object {
	body := slices.Insert(slices.Clone(p.object), p.at+at, what...)
	return []object{{number: p.number, generation: f.entries[p.number].generation, body: string(body)}}
}

// nest is the member that path leads through, down to an array of the entry.
func nest(path []string, entry []byte) []byte {
	if len(path) == 1 {
		return slices.Concat([]byte("/"+path[0]+"["), entry, []byte("]"))
	}
	return slices.Concat([]byte("/"+path[0]+"<<"), nest(path[1:], entry), []byte(">>"))
}

// placeOf returns where in an array of names and values the name of the attachment
// belongs: they are in order.
func placeOf(attachment string, array []byte) (int, error) {
	if len(array) == 0 || array[0] != '[' {
		return 0, errTree
	}
	place := -1
	s := scanner{b: array, at: 1}
	for s.more(']') {
		at := s.at
		name, err := stringValue(s.value())
		if err != nil {
			return 0, err
		}
		switch c := bytes.Compare(name, []byte(attachment)); {
		case c == 0:
			return 0, errAttached(attachment)
		case c > 0 && place < 0:
			place = at
		}
		s.value()
	}
	if s.at == len(array) {
		return 0, errBroken
	}
	if place < 0 {
		place = s.at
	}
	return place, nil
}

func errAttached(name string) error {
	return fmt.Errorf("the PDF has an attachment named %s already", name)
}

// kidFor returns the node among kids whose limits the name of the attachment is within. If
// there is none, at is where in the array one belongs.
func (f *file) kidFor(attachment string, array []byte) (kid *place, at int, err error) {
	if len(array) == 0 || array[0] != '[' {
		return nil, 0, errTree
	}
	type reference struct{ at, to int }
	var kids []reference
	s := scanner{b: array, at: 1}
	for s.more(']') && len(kids) < maxKids {
		at := s.at
		s.value()
		kids = append(kids, reference{at, s.at})
	}
	if s.more(']') || s.at == len(array) {
		return nil, 0, errTree
	}
	var within *place
	var failed error
	// The first whose upper limit is not less than the name.
	i := sort.Search(len(kids), func(i int) bool {
		number, node, err := f.follow(array[kids[i].at:kids[i].to])
		if err == nil && number == 0 {
			err = errTree
		}
		var low, high string
		if err == nil {
			low, high, err = f.limits(node)
		}
		switch {
		case err != nil:
			failed = err
		case high < attachment:
			return false
		case low <= attachment:
			within = &place{number, node, 0, node}
		}
		return true
	})
	switch {
	case failed != nil:
		return nil, 0, failed
	case within != nil:
		return within, 0, nil
	case i < len(kids):
		return nil, kids[i].at, nil
	}
	return nil, s.at, nil
}

// limits returns the least and the greatest name of a node of a name tree.
func (f *file) limits(node []byte) (low, high string, err error) {
	array, err := f.resolvedMember(node, "Limits")
	if err != nil {
		return "", "", err
	}
	if len(array) == 0 || array[0] != '[' {
		return "", "", errTree
	}
	s := scanner{b: array, at: 1}
	lowest, lowErr := stringValue(s.value())
	highest, highErr := stringValue(s.value())
	if lowErr != nil || highErr != nil || s.more(']') {
		return "", "", errTree
	}
	return string(lowest), string(highest), nil
}
