package rdf

import (
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"testing"
)

// TestPinned holds each context against its hash, and its hash against its place.
func TestPinned(t *testing.T) {
	list, err := pinnedFiles.ReadFile("contexts/pinned.txt")
	if err != nil {
		t.Fatal(err)
	}
	listed := map[string]bool{}
	for line := range strings.Lines(string(list)) {
		fields := strings.Fields(line)
		text, err := pinnedFiles.ReadFile("contexts/" + fields[1])
		if err != nil {
			t.Fatal(err)
		}
		if sum := sha256.Sum256(text); hex.EncodeToString(sum[:]) != fields[0] {
			t.Errorf("%s was changed", fields[1])
		}
		listed[fields[1]] = true
		local, ok := Context(fields[2])
		if !ok || local == nil {
			t.Errorf("there is no context %s", fields[2])
		}
		c := contexts{pinned: Context, known: map[made]*context{}}
		if _, err := c.process(&context{}, fields[2], false, true, false); err != nil {
			t.Errorf("%s: %v", fields[2], err)
		}
	}
	files, err := fs.Glob(pinnedFiles, "contexts/*.json")
	if err != nil {
		t.Fatal(err)
	}
	if len(files) != len(listed) {
		t.Errorf("%d files and %d in the list", len(files), len(listed))
	}
}

// TestNoTwoNamesForOneMeaning looks for meanings that have two names in the pinned contexts:
// a member could be renamed from one to the other, and the signature would still hold.
func TestNoTwoNamesForOneMeaning(t *testing.T) {
	names := map[string]map[string]bool{}
	c := contexts{pinned: Context, known: map[made]*context{}}
	seen := map[uintptr]bool{} // the scoped contexts
	var collect func(active *context)
	collect = func(active *context) {
		for name, term := range active.terms {
			if term.iri == "" || strings.Contains(name, ":") {
				continue
			}
			if names[term.iri] == nil {
				names[term.iri] = map[string]bool{}
			}
			names[term.iri][name] = true
			if at, ok := place(term.scoped); ok && !seen[at] {
				seen[at] = true
				inner, err := c.process(active, term.scoped, true, true, true)
				if err != nil {
					t.Fatal(err)
				}
				collect(inner)
			}
		}
	}
	for url := range pinnedNames() {
		active, err := c.process(&context{}, url, false, true, false)
		if err != nil {
			t.Fatal(err)
		}
		collect(active)
	}
	for iri, of := range names {
		delete(of, "AchievementCredential") // the older name of a type, which readers know both
		lower := slices.DeleteFunc(slices.Sorted(maps.Keys(of)), upper)
		if len(lower) > 1 || len(of)-len(lower) > 1 {
			t.Errorf("%s: %v", iri, slices.Sorted(maps.Keys(of)))
		}
	}
}
