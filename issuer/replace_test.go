package issuer

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/ipfs/go-cid"

	"github.com/hallmark-node/hallmark/credential"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

func cidOf(t *testing.T, text string) cid.Cid {
	t.Helper()
	c, err := credential.Sum(strings.NewReader(text), credential.FormRaw, "")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// Whatever a list says of a credential before, it is replaced afterwards, or was already, or that
// is refused; and what reinstates it leaves nothing behind.
func TestWithReplaced(t *testing.T) {
	old := &verifier.Proof{Credential: cidOf(t, "old"), Salt: merkle.Keccak256([]byte("salt"))}
	leaf, next := old.Leaf(), cidOf(t, "new")
	points := func(to string) []verifier.StatusItem {
		items, err := verifier.Pointer(leaf, old.Salt, cidOf(t, to))
		if err != nil {
			t.Fatal(err)
		}
		return items
	}
	item := func(code uint8) []verifier.StatusItem { return []verifier.StatusItem{{ID: leaf, Code: code}} }
	neighbour, err := verifier.Pointer(merkle.Hash{1}, old.Salt, next)
	if err != nil {
		t.Fatal(err)
	}
	others := verifier.MergeStatusItems(neighbour, []verifier.StatusItem{{ID: merkle.Hash{1}, Code: verifier.StatusRevoked}})
	want := verifier.MergeStatusItems(others, verifier.MergeStatusItems(points("new"), item(verifier.StatusRevoked)))
	for name, c := range map[string]struct {
		items []verifier.StatusItem
		same  bool
		err   error
	}{
		"nothing":                      {nil, false, nil},
		"suspended":                    {item(verifier.StatusSuspended), false, nil},
		"revoked":                      {item(verifier.StatusRevoked), false, nil},
		"of a code of a later version": {item(9), false, nil},
		"half a pointer":               {verifier.MergeStatusItems(points("new")[:1], item(verifier.StatusRevoked)), false, nil},
		"a pointer without revocation": {points("other"), false, nil},
		"two pointers": {
			slices.Concat(verifier.MergeStatusItems(points("new"), points("other")), item(verifier.StatusRevoked)), false, nil,
		},
		"replaced":            {verifier.MergeStatusItems(points("new"), item(verifier.StatusRevoked)), true, nil},
		"replaced by another": {verifier.MergeStatusItems(points("other"), item(verifier.StatusRevoked)), false, ErrReplaced},
	} {
		t.Run(name, func(t *testing.T) {
			slices.SortFunc(c.items, func(a, b verifier.StatusItem) int { return merkle.Compare(a.ID, b.ID) })
			list := verifier.MergeStatusItems(others, c.items)
			before := slices.Clone(list)
			got, err := withReplaced(list, old, next)
			switch {
			case !errors.Is(err, c.err):
				t.Errorf("%v, want %v", err, c.err)
			case c.same && got != nil:
				t.Errorf("%v, want no change", got)
			case !c.same && c.err == nil && !slices.Equal(got, want):
				t.Errorf("%v, want %v", got, want)
			}
			if !slices.Equal(list, before) {
				t.Error("the old list was changed")
			}
			if got == nil {
				got = list
			}
			back, err := withStatus(got, []merkle.Hash{leaf}, verifier.StatusNone)
			if err != nil || !slices.Equal(back, others) {
				t.Errorf("reinstated: %v, %v, want %v", back, err, others)
			}
			// Revoking again leaves the pointer alone.
			if again, err := withStatus(want, []merkle.Hash{leaf}, verifier.StatusRevoked); again != nil || err != nil {
				t.Errorf("revoked again: %v, %v", again, err)
			}
		})
	}
	// A pointer that was left over alone goes with a reinstatement, too.
	if back, err := withStatus(points("new"), []merkle.Hash{leaf}, verifier.StatusNone); err != nil || back == nil || len(back) != 0 {
		t.Errorf("a pointer alone, reinstated: %v, %v", back, err)
	}
	if _, err := withReplaced(nil, old, cid.NewCidV1(cid.Raw, []byte{0x13, 0})); !errors.Is(err, verifier.ErrNoPointer) {
		t.Errorf("a CID of another hash: %v", err)
	}
}
