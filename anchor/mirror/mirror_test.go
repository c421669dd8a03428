package mirror_test

import (
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ipfs/go-cid"

	"github.com/hallmark-node/hallmark/anchor/anchortest"
	"github.com/hallmark-node/hallmark/anchor/car"
	"github.com/hallmark-node/hallmark/anchor/chain"
	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/contracts"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/testnet"
	"github.com/hallmark-node/hallmark/testnet/testchain"
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
	w.setStatus(t, 2,
		verifier.StatusItem{ID: bad.leaf, Code: verifier.StatusRevoked}, verifier.StatusItem{ID: lone.leaf, Code: verifier.StatusSuspended})
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

// One source has one half of what there is, and another one the other half. What nobody has is said,
// with its block and root, and does not hold up the rest; once somebody has it, it is there.
func TestGaps(t *testing.T) {
	w := newWorld(t, testnet.Config{})
	first, second := newBadge(t, 1), newBadge(t, 2)
	w.issue(t, w.node, some(3, 1), first)
	w.issue(t, w.node, some(2_000, 2), second)
	a, unpublished := w.chain.Accounts[2], [32]byte{7}
	registry := contracts.NewAnchorRegistry()
	testchain.Send(t, w.chain, a, registry.PackAnchor(unpublished, [32]byte{}))
	lost := testchain.Send(t, w.chain, a, registry.PackAnchor([32]byte{8}, [32]byte{9}))
	// Anybody can name other blocks for a root, before and after the right ones.
	batches, err := w.node.Serving.Batches(t.Context(), 0, 10)
	if err != nil {
		t.Fatal(err)
	}
	testchain.Send(t, w.chain, a, registry.PackAnchor(batches[0].Root, batches[1].Manifest))
	testchain.Send(t, w.chain, a, registry.PackAnchor(batches[1].Root, batches[1].Manifest))
	w.mine(t, 3)

	half := func(odd bool) string {
		url, _ := source(t, func(out http.ResponseWriter, r *http.Request, c cid.Cid) {
			data, err := w.node.Serving.Block(r.Context(), c)
			if hash := c.Hash(); err != nil || hash[len(hash)-1]%2 == 1 != odd {
				http.NotFound(out, r)
				return
			}
			_, _ = out.Write(data)
		}, nil)
		return url
	}
	folder := t.TempDir()
	m := anchortest.Start(t, w.mirrorConfig(t, half(true), half(false), folder), serve)
	var gaps []client.MirrorGap
	eventually(t, "the rest is mirrored", func() bool {
		h := m.Health(t.Context())
		gaps = h.Mirror.Gaps
		return h.Mirror.Batches == 2 && h.Mirror.Wanted == 2 && len(gaps) == 2
	})
	for _, b := range batches {
		w.awaitFinal(t, m, batchSubmission(t, m, b.Root))
	}
	w.want(t, m, first, verifier.Valid)
	w.want(t, m, second, verifier.Valid)
	if g := gaps[0]; g.Root != unpublished || g.RetryAt != nil || !strings.Contains(g.Reason, "names no manifest") {
		t.Errorf("%+v", g)
	}
	if g := gaps[1]; g.Root != [32]byte{8} || g.Block != lost || g.RetryAt == nil || !strings.Contains(g.Reason, "is at none of the sources") {
		t.Errorf("%+v", g)
	}
	isGap := func(f client.Fault) bool { return f.Code == client.FaultGaps }
	if h := m.Health(t.Context()); !h.Ready || !slices.ContainsFunc(h.Faults, isGap) {
		t.Errorf("%+v", h.Faults)
	}
}

// batchSubmission is the id of the only submission in a batch.
func batchSubmission(t *testing.T, n *anchortest.Node, root merkle.Hash) merkle.Hash {
	t.Helper()
	page, err := n.Serving.BatchSubmissions(t.Context(), root, 0, 10)
	if err != nil || len(page.Submissions) != 1 {
		t.Fatalf("%+v, %v", page, err)
	}
	return page.Submissions[0].ID
}

// Two nodes have batches with the same submission. It is proven in one of them, and what else is in
// the other one is proven there.
func TestSharedSubmission(t *testing.T) {
	w := newWorld(t, testnet.Config{})
	config := anchortest.Config(t.TempDir(), w.chain)
	config.Chains[0].Key, config.Chains[0].PollInterval = chain.NewKey(w.chain.Accounts[3].PrivateKey), 10*time.Millisecond
	config.BatchCount, config.BatchAge = 2, time.Hour
	other := anchortest.Start(t, config, serve)
	both, alone := newBadge(t, 1), newBadge(t, 2)
	shared := w.issue(t, w.node, nil, both)
	if _, err := other.Intake.Submit(t.Context(), shared); err != nil {
		t.Fatal(err)
	}
	w.issue(t, other, some(2, 1), alone)
	// And one of which all is known already.
	config.Data, config.BatchCount = t.TempDir(), 1
	config.Chains[0].Key = chain.NewKey(w.chain.Accounts[4].PrivateKey)
	third := anchortest.Start(t, config, serve)
	leaves := slices.Clone(some(2, 1))
	w.issue(t, third, leaves, alone)

	mirrorConfig := w.mirrorConfig(t, w.node.URL, other.URL, third.URL)
	m := w.mirrored(t, mirrorConfig, 3)
	w.want(t, m, both, verifier.Valid)
	w.want(t, m, alone, verifier.Valid)
	stop(t, m)
	if r := w.wantSound(t, mirrorConfig.Data); r.Submissions != 2 || r.Batches != 3 {
		t.Errorf("%+v", r)
	}
	// It goes on with such a folder.
	again := newBadge(t, 3)
	w.issue(t, w.node, nil, again)
	m = w.mirrored(t, mirrorConfig, 4)
	w.want(t, m, again, verifier.Valid)
}

// A block with an anchor that counted as final is reorged out. Its batch is not proven then; once it
// is anchored again it is.
func TestAnchorReorged(t *testing.T) {
	w := newWorld(t, testnet.Config{Epoch: 10})
	b := newBadge(t, 1)
	s := w.signed(t, w.key, b.leaf)
	if _, err := w.node.Intake.Submit(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	config := w.mirrorConfig(t, w.node.URL)
	var err error
	if config.Chains[0].Confirmations, err = chain.ParseConfirmations("1"); err != nil {
		t.Fatal(err)
	}
	m := w.mirrored(t, config, 1)
	w.want(t, m, b, verifier.Valid)
	if err := w.chain.ReorgForget(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the reorg is seen", func() bool { return m.Health(t.Context()).Chains[0].DeepReorgs == 1 })
	eventually(t, "it is final again", func() bool { // the node sends it once more
		p, err := m.Serving.Proof(t.Context(), b.leaf, false)
		return err == nil && p.State == publish.Final
	})
	w.want(t, m, b, verifier.Valid)
}
