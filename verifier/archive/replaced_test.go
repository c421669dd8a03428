package archive_test

import (
	"slices"
	"testing"

	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
	"github.com/hallmark-node/hallmark/verifier/archive"
)

// Each credential of an archive has the pointer of its own, by the list that all of them share.
func TestReplacedInArchive(t *testing.T) {
	all := some(t, 50, false)
	p := shared(len(all), true)
	next := make(map[merkle.Hash]string)
	var items []verifier.StatusItem
	for i, one := range all {
		leaf := verifier.Leaf(one.cid.Bytes(), one.salt)
		if i%3 != 0 {
			continue
		}
		items = append(items, verifier.StatusItem{ID: leaf, Code: verifier.StatusRevoked})
		if i%2 != 0 {
			continue
		}
		by := rawCID(t, leaf.String())
		pointer, err := verifier.Pointer(leaf, one.salt, by)
		if err != nil {
			t.Fatal(err)
		}
		items, next[leaf] = append(items, pointer...), by.String()
	}
	slices.SortFunc(items, func(a, b verifier.StatusItem) int { return merkle.Compare(a.ID, b.ID) })
	list, err := verifier.NewStatusList(items)
	if err != nil {
		t.Fatal(err)
	}
	data := write(t, []*archive.Set{setOf(t, all)}, []archive.Shared{{Proof: &p, Lists: []*verifier.StatusList{list, nil}}})
	a := open(t, data)
	for i := range a.Len() {
		e, err := a.Proof(i)
		if err != nil {
			t.Fatal(err)
		}
		var shown []verifier.StatusItem
		for _, s := range e.Proof.Anchors[0].Status {
			shown = append(shown, verifier.StatusItem{ID: s.ID, Code: s.Code})
		}
		by, ok := verifier.ReplacedBy(shown, e.Proof.Leaf(), e.Proof.Salt)
		if want := next[e.Proof.Leaf()]; ok != (want != "") || ok && by.String() != want {
			t.Errorf("row %d is replaced by %s, want %q", i, by, want)
		}
		if text, err := e.Proof.Encode(); err != nil {
			t.Error(err)
		} else if _, err := verifier.ParseProof(text); err != nil {
			t.Errorf("row %d makes no proof: %v", i, err)
		}
	}
}
