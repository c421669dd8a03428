package issuer

import (
	"slices"
	"testing"

	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// Each verb, on each state that an id can be in: the new code, or that nothing
// changes, or that it is refused.
func TestWithStatus(t *testing.T) {
	const none, suspended, revoked = verifier.StatusNone, verifier.StatusSuspended, verifier.StatusRevoked
	const same, refused = 100, 101
	verbs := map[string]uint8{"revoke": revoked, "suspend": suspended, "reinstate": none}
	low, id, high := merkle.Hash{1}, merkle.Hash{2}, merkle.Hash{3}
	for _, c := range []struct {
		verb string
		from uint8
		want int
	}{
		{"revoke", none, int(revoked)},
		{"revoke", suspended, int(revoked)},
		{"revoke", revoked, same},
		{"suspend", none, int(suspended)},
		{"suspend", suspended, same},
		{"suspend", revoked, refused},
		{"reinstate", none, same},
		{"reinstate", suspended, int(none)},
		{"reinstate", revoked, int(none)},
	} {
		others := []verifier.StatusItem{{ID: low, Code: revoked}, {ID: high, Code: suspended}}
		old := slices.Clone(others)
		if c.from != none {
			old = slices.Insert(old, 1, verifier.StatusItem{ID: id, Code: c.from})
		}
		before := slices.Clone(old)
		items, err := withStatus(old, []merkle.Hash{id}, verbs[c.verb])
		if !slices.Equal(old, before) {
			t.Errorf("%s from %d changed the old list", c.verb, c.from)
		}
		switch c.want {
		case refused:
			if err == nil {
				t.Errorf("%s from %d is not refused", c.verb, c.from)
			}
		case same:
			if items != nil || err != nil {
				t.Errorf("%s from %d: %v, %v, want no change", c.verb, c.from, items, err)
			}
		default:
			want := others
			if c.want != int(none) {
				want = slices.Insert(slices.Clone(others), 1, verifier.StatusItem{ID: id, Code: uint8(c.want)})
			}
			if err != nil || !slices.Equal(items, want) {
				t.Errorf("%s from %d: %v, %v, want %v", c.verb, c.from, items, err, want)
			}
		}
	}
}

// Ids come in the order of the command line and end in the order of a list, of which
// the last may be taken out again.
func TestWithStatusOrder(t *testing.T) {
	var ids []merkle.Hash
	for _, b := range []byte{7, 1, 9, 4} {
		ids = append(ids, merkle.Hash{b})
	}
	items, err := withStatus(nil, ids, verifier.StatusRevoked)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := verifier.NewStatusList(items); err != nil || len(items) != len(ids) {
		t.Errorf("%v is no list of %d: %v", items, len(ids), err)
	}
	items, err = withStatus(items, ids, verifier.StatusNone)
	if err != nil || items == nil || len(items) != 0 {
		t.Errorf("%v, %v, want an empty list", items, err)
	}
}
