package mirror_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/ipfs/go-cid"

	"github.com/hallmark-node/hallmark/anchor/car"
	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/testnet"
	"github.com/hallmark-node/hallmark/verifier"
)

// published are all manifests that a node has published: of its batches, and of an issuer's list.
func (w *world) published(t *testing.T, roots ...cid.Cid) []cid.Cid {
	t.Helper()
	batches, err := w.node.Serving.Batches(t.Context(), 0, 1000)
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range batches {
		roots = append(roots, publish.ManifestCID(b.Manifest))
	}
	status, err := w.node.Serving.StatusList(t.Context(), verifier.Home{}, w.key.Address())
	if err != nil {
		t.Fatal(err)
	}
	if !status.Root.IsZero() {
		list, err := w.node.Serving.PublishedList(w.key.Address(), status.Root)
		if err != nil {
			t.Fatal(err)
		}
		roots = append(roots, publish.ManifestCID(list.List))
	}
	return roots
}

// export writes all that the world's node has published into a CAR file.
func (w *world) export(t *testing.T, more ...cid.Cid) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "node.car")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	roots := w.published(t, more...)
	out, err := car.NewWriter(f, roots)
	if err != nil {
		t.Fatal(err)
	}
	none := func(cid.Cid) bool { return false }
	if err := car.WalkAll(t.Context(), w.node.Serving.Block, roots, none, out.Put); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// The node that issued is gone, with its folder. From the chain and a CAR file, or a copy of a copy,
// every proof is served, and what was revoked is revoked.
func TestOutlivesItsNode(t *testing.T) {
	w := newWorld(t, testnet.Config{})
	good, bad, lone, many := newBadge(t, 1), newBadge(t, 2), newBadge(t, 3), newBadge(t, 4)
	w.issue(t, w.node, some(5, 1), good, bad)
	w.issue(t, w.node, nil, lone)
	w.issue(t, w.node, some(40_000, 2), many) // in two raw blocks
	w.issue(t, w.node, some(2_000, 3))        // in one
	w.setStatus(t, 1, verifier.StatusItem{ID: bad.leaf, Code: verifier.StatusRevoked})
	batches, err := w.node.Serving.Batches(t.Context(), 0, 100)
	if err != nil {
		t.Fatal(err)
	}

	// While the node is there, of its gateway.
	config := w.mirrorConfig(t, w.node.URL)
	m := w.mirrored(t, config, uint64(len(batches)))
	check := func() {
		t.Helper()
		w.want(t, m, good, verifier.Valid)
		w.want(t, m, lone, verifier.Valid)
		w.want(t, m, many, verifier.Valid)
		w.want(t, m, bad, verifier.Invalid)
		for _, b := range batches {
			got, err := m.Serving.Batch(t.Context(), b.Root)
			if err != nil || got.Manifest != b.Manifest || got.Count != b.Count || got.Leaves != b.Leaves || got.State != publish.Final {
				t.Errorf("batch %+v, %v, want %+v", got, err, b)
			}
		}
		for _, c := range w.published(t) {
			if _, err := m.Serving.Block(t.Context(), c); err != nil {
				t.Error(err)
			}
		}
	}
	check()
	if _, err := m.Intake.Submit(t.Context(), w.signed(t, w.key, merkle.Hash{1})); err == nil {
		t.Error("a mirror has taken a submission")
	}
	first := w.published(t)
	// As it runs on, what comes is mirrored, and what changes is seen.
	late := newBadge(t, 5)
	w.issue(t, w.node, nil, late)
	w.setStatus(t, 2, verifier.StatusItem{ID: bad.leaf, Code: verifier.StatusRevoked}, verifier.StatusItem{ID: lone.leaf, Code: verifier.StatusSuspended})
	w.awaitMirrored(t, m, uint64(len(batches))+1)
	w.want(t, m, late, verifier.Valid)
	eventually(t, "the list is mirrored", func() bool {
		s, err := m.Serving.StatusList(t.Context(), verifier.Home{}, w.key.Address())
		return err == nil && s.Version == 2 && s.Known
	})
	eventually(t, "the suspension is seen", func() bool {
		p, err := m.Serving.Proof(t.Context(), lone.leaf, true)
		return err == nil && len(p.Anchors) == 1 && len(p.Anchors[0].Status) > 0
	})
	roots := w.published(t, first...)
	file := w.export(t, first...)
	stop(t, m)
	r := w.wantSound(t, config.Data)
	if r.Batches != uint64(len(batches))+1 || r.StatusLists != 2 || r.Chains[0].Anchors != len(batches)+1 {
		t.Errorf("%+v", r)
	}

	// From the file alone.
	stop(t, w.node)
	if err := os.RemoveAll(w.data); err != nil {
		t.Fatal(err)
	}
	config = w.mirrorConfig(t, file)
	m = w.mirrored(t, config, uint64(len(batches))+1)
	w.want(t, m, good, verifier.Valid)
	w.want(t, m, many, verifier.Valid)
	w.want(t, m, late, verifier.Valid)
	w.want(t, m, bad, verifier.Invalid)
	for _, c := range roots {
		if _, err := m.Serving.Block(t.Context(), c); err != nil {
			t.Error(err)
		}
	}
	// And a mirror of the mirror.
	config2 := w.mirrorConfig(t, m.URL)
	m2 := w.mirrored(t, config2, uint64(len(batches))+1)
	w.want(t, m2, many, verifier.Valid)
	w.want(t, m2, bad, verifier.Invalid)
	stop(t, m2)
	stop(t, m)
	w.wantSound(t, config.Data)
	w.wantSound(t, config2.Data)
}
