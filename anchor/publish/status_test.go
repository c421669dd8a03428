package publish_test

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/ipfs/go-cid"

	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// Lists, entries and paths that other implementations computed.
func TestStatusVectors(t *testing.T) {
	for _, vl := range readVectors(t).StatusLists {
		var items []verifier.StatusItem
		for _, e := range vl.Entries {
			if !e.ID.IsZero() {
				items = append(items, verifier.StatusItem{ID: e.ID, Code: e.Code})
			}
		}
		tree, err := verifier.NewStatusList(items)
		if err != nil {
			t.Fatal(err)
		}
		if tree.Root() != vl.Root {
			t.Errorf("statusRoot %s, want %s", tree.Root(), vl.Root)
		}
		for _, p := range vl.Proofs {
			e, err := tree.Entry(p.Of)
			if err != nil {
				t.Fatal(err)
			}
			if e.ID != p.Entry.ID || e.Code != p.Entry.Code || e.Next != p.Entry.Next || !slices.Equal(e.Path, p.Path) {
				t.Errorf("entry for %s: %+v, want %+v with path %v", p.Of, e, p.Entry, p.Path)
			}
			if listed := e.ID == p.Of; listed == p.Good {
				t.Errorf("%s: listed %v, good %v", p.Of, listed, p.Good)
			}
		}
		b := blocks{}
		list, err := publish.WriteStatusList(verifier.Address{7}, 3, items, b.put)
		if err != nil {
			t.Fatal(err)
		}
		got, err := publish.ReadStatusList(context.Background(), b.get, list)
		if err != nil {
			t.Fatal(err)
		}
		if list.Root != vl.Root || !slices.Equal(got, items) {
			t.Errorf("list %s came back as %v", vl.Root, got)
		}
	}
}

// The two ids at both ends have no status, whatever is listed.
func TestProveSentinels(t *testing.T) {
	tree, err := verifier.NewStatusList(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []merkle.Hash{{}, merkle.Hash(bytes.Repeat([]byte{0xff}, 32))} {
		if e, err := tree.Entry(id); err == nil {
			t.Errorf("%s has %+v", id, e)
		}
	}
}

// A list of more than one block.
func TestStatusListBlocks(t *testing.T) {
	var items []verifier.StatusItem
	for i, id := range sortedHashes(rand.New(rand.NewPCG(11, 12)), publish.MaxBlock/33+1) {
		items = append(items, verifier.StatusItem{ID: id, Code: byte(1 + i%2)})
	}
	b := blocks{}
	list, err := publish.WriteStatusList(verifier.Address{7}, 3, items, b.put)
	if err != nil {
		t.Fatal(err)
	}
	checkBlocks(t, b)
	if len(b) != 3 {
		t.Errorf("%d blocks, want 2 and a manifest", len(b))
	}
	got, err := publish.ReadStatusList(context.Background(), b.get, list)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(got, items) {
		t.Error("the list came back changed")
	}
}

func TestStatusListRefuses(t *testing.T) {
	one, two := merkle.Hash{1}, merkle.Hash{2}
	highest := merkle.Hash(bytes.Repeat([]byte{0xff}, 32))
	for name, tc := range map[string]struct {
		version uint64
		items   []verifier.StatusItem
	}{
		"version zero":  {0, nil},
		"huge version":  {1 << 53, nil},
		"zero id":       {1, []verifier.StatusItem{{ID: merkle.Hash{}, Code: 2}}},
		"highest id":    {1, []verifier.StatusItem{{ID: highest, Code: 2}}},
		"code zero":     {1, []verifier.StatusItem{{ID: one}}},
		"descending":    {1, []verifier.StatusItem{{ID: two, Code: 1}, {ID: one, Code: 1}}},
		"id twice":      {1, []verifier.StatusItem{{ID: one, Code: 1}, {ID: one, Code: 2}}},
		"over the size": {1, make([]verifier.StatusItem, verifier.MaxStatusItems+1)},
	} {
		if _, err := publish.WriteStatusList(verifier.Address{7}, tc.version, tc.items, blocks{}.put); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestReadStatusListHostile(t *testing.T) {
	items := []verifier.StatusItem{{ID: merkle.Hash{1}, Code: 1}, {ID: merkle.Hash{2}, Code: 2}}
	b := blocks{}
	list, err := publish.WriteStatusList(verifier.Address{7}, 3, items, b.put)
	if err != nil {
		t.Fatal(err)
	}
	manifest := publish.ManifestCID(list.List)
	var page cid.Cid
	for c := range b {
		if c != manifest {
			page = c
		}
	}
	// sealed follows links as in a batch: the list's page is its raw block.
	good := sealed{batch: publish.Batch{Root: list.Root, Manifest: list.List}, blocks: b, page: page}
	record := func(id, code byte) []byte { return append([]byte{id}, append(make([]byte, 31), code)...) }
	for name, s := range map[string]sealed{
		"another version":  good.edit(t, manifest, "hallmark\x01", "hallmark\x02"),
		"another list":     good.edit(t, manifest, "version\x03", "version\x04"),
		"another issuer":   good.edit(t, manifest, "issuer\x54\x07", "issuer\x54\x08"),
		"another root":     good.edit(t, manifest, string(list.Root[:]), string(make([]byte, 32))),
		"pages null":       good.edit(t, manifest, "pages\x81"+string(append([]byte{0xd8, 42, 0x58, 37, 0}, page.Bytes()...)), "pages\xf6"),
		"page is dag-cbor": good.edit(t, manifest, string(page.Bytes()), "\x01\x71"+string(page.Bytes()[2:])),
		"page is empty":    good.replace(page, nil),
		"page is cut":      good.replace(page, b[page][:65]),
		"entry missing":    good.replace(page, record(1, 1)),
		"entry added":      good.replace(page, slices.Concat(b[page], record(3, 1))),
		"code changed":     good.replace(page, slices.Concat(record(1, 2), record(2, 2))),
		"code zero":        good.replace(page, slices.Concat(record(1, 0), record(2, 2))),
		"out of order":     good.replace(page, slices.Concat(record(2, 2), record(1, 1))),
		"zero id":          good.replace(page, slices.Concat(record(0, 1), record(2, 2))),
	} {
		t.Run(name, func(t *testing.T) {
			if s.batch.Manifest == list.List {
				t.Fatal("nothing was changed")
			}
			forged := list
			forged.List = s.batch.Manifest
			if _, err := publish.ReadStatusList(context.Background(), s.blocks.get, forged); !errors.Is(err, publish.ErrInvalid) {
				t.Errorf("error %v, want one that wraps ErrInvalid", err)
			}
		})
	}
	missing := b.clone()
	delete(missing, page)
	if _, err := publish.ReadStatusList(context.Background(), missing.get, list); !errors.Is(err, errNoBlock) ||
		errors.Is(err, publish.ErrInvalid) {
		t.Errorf("missing page: %v", err)
	}
}
