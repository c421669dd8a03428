// Package jsonread holds what readers of JSON text have in common who let nothing be read in
// two ways.
package jsonread

import (
	"bytes"
	"hash/maphash"
	"slices"

	"github.com/go-json-experiment/json/jsontext"
)

// MayRepeat is for the decoder of a text that is known to have no member twice, or whose
// members [Unique] looks at.
var MayRepeat = jsontext.AllowDuplicateNames(true)

// Unique returns the error of the JSON library for a text that has a member twice in one object,
// at any depth and compared after unescaping. In all else the text is a well-formed value, which
// the caller has seen. The library keeps a map of names for each object, which takes most of the
// time for large objects and up to ten times their size; this keeps eight bytes for each name.
func Unique(text []byte) error {
	if !mayRepeat(text) {
		return nil
	}
	return jsontext.NewDecoder(bytes.NewBuffer(text)).SkipValue()
}

// mayRepeat reports whether two names of an object have the same hash, as the same names do.
func mayRepeat(text []byte) bool {
	var (
		seed    = maphash.MakeSeed()
		names   []uint64 // the hashes of those of all objects that are open
		objects []int    // where in names those of each begin
		plain   []byte
	)
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '{':
			objects = append(objects, len(names))
		case '}':
			first := objects[len(objects)-1]
			if slices.Sort(names[first:]); len(slices.Compact(names[first:])) < len(names)-first {
				return true
			}
			names, objects = names[:first], objects[:len(objects)-1]
		case '"':
			from, escaped := i, false
			for i++; text[i] != '"'; i++ {
				if text[i] == '\\' {
					escaped = true
					i++
				}
			}
			if !bytes.HasPrefix(bytes.TrimLeft(text[i+1:], " \t\r\n"), []byte(":")) {
				continue // a value
			}
			name := text[from+1 : i]
			if escaped {
				plain, _ = jsontext.AppendUnquote(plain[:0], text[from:i+1]) // it is well formed
				name = plain
			}
			names = append(names, maphash.Bytes(seed, name))
		}
	}
	return false
}
