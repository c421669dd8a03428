package store

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hallmark-node/hallmark/merkle"
)

func shared(seed byte, badge []byte) *Share {
	return &Share{CID: []byte{1, 0x55, 0x12, 1, seed}, Salt: merkle.Hash{seed}, Token: merkle.Hash{9}, SharedAt: 1, Size: uint64(len(badge))}
}

// The largest badge that a node takes, which goes past the log's buffer, and a small one.
var badges = [][]byte{bytes.Repeat([]byte("large badge "), 700_000), []byte("small one")}

// share shares the badges, and returns their leaves.
func share(t *testing.T, s *Store) (leaves []merkle.Hash) {
	t.Helper()
	for i, badge := range badges {
		share := shared(byte(i), badge)
		leaves = append(leaves, share.Leaf())
		if err := s.Update(func(tx *Tx) error { return tx.PutShare(share, badge) }); err != nil {
			t.Fatal(err)
		}
	}
	return leaves
}

func TestShares(t *testing.T) { eachEngine(t, testShares) }

func testShares(t *testing.T, at place) {
	s := at.open(t)
	leaves := share(t, s)
	closeStore(t, s)
	s = at.open(t)
	for i, leaf := range leaves {
		share, err := s.Share(leaf)
		if err != nil || share.Leaf() != leaf || share.Token != (merkle.Hash{9}) {
			t.Errorf("%+v, %v", share, err)
		}
		if badge, err := s.Badge(leaf); err != nil || !bytes.Equal(badge, badges[i]) {
			t.Errorf("badge of %d bytes: %v", len(badge), err)
		}
	}
	found := func(prefix []byte) (got []merkle.Hash) {
		err := s.EachShare(prefix, func(leaf merkle.Hash, _ *Share) bool {
			got = append(got, leaf)
			return true
		})
		if err != nil {
			t.Error(err)
		}
		return got
	}
	if got := found(leaves[1][:10]); !slices.Equal(got, leaves[1:]) {
		t.Errorf("by its first bytes: %s", got)
	}
	if got := found(nil); len(got) != 2 {
		t.Errorf("all: %s", got)
	}
	remove(t, s, leaves[0])
	closeStore(t, s)
	s = at.open(t)
	defer closeStore(t, s)
	if got := found(nil); !slices.Equal(got, leaves[1:]) {
		t.Errorf("after one was removed: %s", got)
	}
}

// remove removes a share.
func remove(t *testing.T, s *Store, leaf merkle.Hash) {
	t.Helper()
	if err := s.Update(func(tx *Tx) error { return tx.RemoveShare(leaf) }); err != nil {
		t.Fatal(err)
	}
	if err := s.DropBadge(t.Context(), leaf); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Share(leaf); !errors.Is(err, ErrNotFound) {
		t.Error(err)
	}
	if _, err := s.Badge(leaf); !errors.Is(err, ErrNotFound) {
		t.Error(err)
	}
}

// What is removed is gone from the files of a folder too, but not from an earlier backup.
func TestDropBadge(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, Options{})
	leaves := share(t, s)
	backup := filepath.Join(t.TempDir(), "backup")
	if err := s.Folder().Checkpoint(backup); err != nil {
		t.Fatal(err)
	}
	remove(t, s, leaves[0])
	closeStore(t, s)
	tables := 0
	err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, ".sst") {
			data, readErr := os.ReadFile(path)
			if tables++; bytes.Contains(data, []byte("large badge")) {
				t.Errorf("%s holds the badge that was removed", path)
			}
			return readErr
		}
		return err
	})
	if err != nil || tables == 0 {
		t.Errorf("%d tables: %v", tables, err)
	}
	kept := open(t, backup, Options{ReadOnly: true})
	defer closeStore(t, kept)
	if badge, err := kept.Badge(leaves[0]); err != nil || !bytes.Equal(badge, badges[0]) {
		t.Errorf("in the backup: %d bytes, %v", len(badge), err)
	}
}

func TestSharesChecked(t *testing.T) {
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) { testSharesChecked(t, e.newPlace) })
	}
}

func testSharesChecked(t *testing.T, newPlace func(testing.TB) place) {
	badge := []byte("a badge")
	for name, c := range map[string]struct {
		spoil func(*Tx, merkle.Hash) error
		want  string
	}{
		"whole":            {func(*Tx, merkle.Hash) error { return nil }, ""},
		"without a badge":  {func(tx *Tx, leaf merkle.Hash) error { return tx.kv.Delete(badgeKey(leaf)) }, "its badge is missing"},
		"another badge":    {func(tx *Tx, leaf merkle.Hash) error { return tx.kv.Set(badgeKey(leaf), []byte("x")) }, "has 1 bytes, not 7"},
		"a badge alone":    {func(tx *Tx, leaf merkle.Hash) error { return tx.kv.Delete(shareKey(leaf)) }, "it is not shared"},
		"no record":        {func(tx *Tx, leaf merkle.Hash) error { return tx.kv.Set(shareKey(leaf), []byte{0xff}) }, "cannot be decoded"},
		"of another leaf":  {func(tx *Tx, leaf merkle.Hash) error { return tx.put(shareKey(leaf), shared(2, badge)) }, "it is of the leaf"},
		"a key that's cut": {func(tx *Tx, leaf merkle.Hash) error { return tx.kv.Set(shareKey(leaf)[:9], badge) }, "it has 9 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newPlace(t).open(t)
			defer closeStore(t, s)
			share := shared(1, badge)
			err := s.Update(func(tx *Tx) error {
				if err := tx.PutShare(share, badge); err != nil {
					return err
				}
				return c.spoil(tx, share.Leaf())
			})
			if err != nil {
				t.Fatal(err)
			}
			var all []string
			checked, err := s.Check(t.Context(), func(d Damage) { all = append(all, d.String()) })
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(all, "\n"); len(all) > 1 || (len(all) == 1) != (c.want != "") || !strings.Contains(got, c.want) {
				t.Errorf("%q", all)
			}
			if checked.Shares != 1 && c.want == "" {
				t.Errorf("%d shares", checked.Shares)
			}
		})
	}
}
