package mirror_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"log/slog"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/hallmark-node/hallmark/anchor"
	"github.com/hallmark-node/hallmark/anchor/anchortest"
	"github.com/hallmark-node/hallmark/anchor/api"
	"github.com/hallmark-node/hallmark/anchor/chain"
	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/anchor/fsck"
	"github.com/hallmark-node/hallmark/anchor/mirror"
	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/anchor/store"
	"github.com/hallmark-node/hallmark/credential"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/testnet"
	"github.com/hallmark-node/hallmark/testnet/testchain"
	"github.com/hallmark-node/hallmark/verifier"
)

// world is a chain, and a node that publishes what is mirrored.
type world struct {
	chain *testnet.Chain
	node  *anchortest.Node
	data  string     // folder of the node
	key   *chain.Key // of an issuer
}

func serve(n *anchor.Node) *http.Server {
	return api.NewServer(n, api.Config{Rate: -1, Log: slog.New(slog.DiscardHandler)})
}

func newWorld(t *testing.T, config testnet.Config) *world {
	t.Helper()
	c := testchain.Start(t, config)
	nodeConfig := anchortest.Config(t.TempDir(), c)
	nodeConfig.Chains[0].PollInterval = 10 * time.Millisecond
	return &world{chain: c, data: nodeConfig.Data, node: anchortest.Start(t, nodeConfig, serve), key: chain.NewKey(c.Accounts[1].PrivateKey)}
}

func (w *world) home() verifier.Home {
	return verifier.Home{Chain: verifier.ChainID(w.chain.ChainID), Registry: verifier.Address(w.chain.Registry)}
}

func (w *world) mine(t *testing.T, n int) {
	t.Helper()
	if err := w.chain.Mine(t.Context(), n); err != nil {
		t.Fatal(err)
	}
}

// badge is a credential of a test.
type badge struct {
	document   []byte
	salt, leaf merkle.Hash
}

func newBadge(t testing.TB, seed uint64) badge {
	t.Helper()
	b := badge{document: binary.BigEndian.AppendUint64([]byte("badge "), seed)}
	c, err := credential.Sum(bytes.NewReader(b.document), credential.FormRaw, "")
	if err != nil {
		t.Fatal(err)
	}
	b.salt = merkle.Keccak256([]byte("salt"), b.document)
	b.leaf = verifier.Leaf(c.Bytes(), b.salt)
	return b
}

// signed is a submission of leaves.
func (w *world) signed(t testing.TB, key *chain.Key, leaves ...merkle.Hash) *publish.Submission {
	t.Helper()
	slices.SortFunc(leaves, merkle.Compare)
	tree, err := merkle.FromSorted(leaves)
	if err != nil {
		t.Fatal(err)
	}
	s := &publish.Submission{
		Issuer: key.Address(), Home: w.home(), Root: tree.Root(), Count: uint64(len(leaves)), IssuedAt: 1767225600, Leaves: leaves,
	}
	if s.Signature, err = key.SignDigest(verifier.SubmissionDigest(s.Home, s.Root, s.Count, s.IssuedAt)); err != nil {
		t.Fatal(err)
	}
	return s
}

// some leaves that differ by a number.
func some(n int, seed uint64) []merkle.Hash {
	leaves := make([]merkle.Hash, n)
	for i := range leaves {
		leaves[i] = merkle.Keccak256(binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(nil, seed), uint64(i)))
	}
	return leaves
}

// issue has a node anchor badges, with other leaves beside them, and returns once that is final.
func (w *world) issue(t *testing.T, n *anchortest.Node, others []merkle.Hash, badges ...badge) *publish.Submission {
	t.Helper()
	leaves := slices.Clone(others)
	for _, b := range badges {
		leaves = append(leaves, b.leaf)
	}
	s := w.signed(t, w.key, leaves...)
	if _, err := n.Intake.Submit(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	w.awaitFinal(t, n, s.ID())
	return s
}

func (w *world) awaitFinal(t *testing.T, n *anchortest.Node, id merkle.Hash) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	watch, err := n.Serving.Watch(ctx, id)
	if err != nil {
		t.Fatal(err)
	}
	last := client.Status{}
	for last = range watch {
		if last.State == publish.Mined {
			w.mine(t, 2)
		}
	}
	if last.State != publish.Final {
		t.Fatalf("submission %s is %s", id, last.State)
	}
}

const never = 1 << 40 // a deadline, Unix seconds

// setStatus has a node publish a status list, and returns once that is final.
func (w *world) setStatus(t *testing.T, version uint64, items ...verifier.StatusItem) {
	t.Helper()
	slices.SortFunc(items, func(a, b verifier.StatusItem) int { return merkle.Compare(a.ID, b.ID) })
	issuer := w.key.Address()
	list, err := publish.WriteStatusList(issuer, version, items, func(publish.Block) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	signature, err := w.key.SignDigest(verifier.SetStatusDigest(w.home(), issuer, version, list.Root, list.List, never))
	if err != nil {
		t.Fatal(err)
	}
	err = w.node.Pipeline.SetStatus(t.Context(), publish.StatusUpdate{
		Issuer: issuer, Version: version, Items: items, Deadline: never, Signature: signature[:],
	})
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "the list is mined", func() bool {
		s, err := w.node.Serving.StatusList(t.Context(), verifier.Home{}, issuer)
		return err == nil && s.Version == version
	})
	w.mine(t, 3)
}

// mirrorConfig is that of a mirror of the world's chain.
func (w *world) mirrorConfig(t *testing.T, from ...string) anchor.Config {
	t.Helper()
	return anchor.Config{
		Data: t.TempDir(), Mirror: &mirror.Config{From: from}, Cache: 16 << 20, EvidenceAge: time.Hour,
		Log: slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelInfo})),
		Chains: []anchor.ChainConfig{{
			RPC: []string{w.chain.RPC}, Registry: verifier.Address(w.chain.Registry), PollInterval: 10 * time.Millisecond,
		}},
	}
}

// mirrored is a mirror of everything that the world's node has published.
func (w *world) mirrored(t *testing.T, config anchor.Config, batches uint64) *anchortest.Node {
	t.Helper()
	m := anchortest.Start(t, config, serve)
	w.awaitMirrored(t, m, batches)
	return m
}

func (w *world) awaitMirrored(t *testing.T, m *anchortest.Node, batches uint64) {
	t.Helper()
	eventually(t, "all is mirrored", func() bool {
		if h := m.Health(t.Context()); h.Mirror.Batches < batches || h.Mirror.Wanted > 0 {
			return false
		}
		list, err := m.Serving.Batches(t.Context(), 0, 1000)
		if err != nil {
			t.Fatal(err)
		}
		return !slices.ContainsFunc(list, func(b client.Batch) bool { return b.State != publish.Final })
	})
}

// want checks the verdict about a badge by the proof that somebody serves.
func (w *world) want(t *testing.T, n *anchortest.Node, b badge, want verifier.Verdict) {
	t.Helper()
	p, err := n.Serving.Proof(t.Context(), b.leaf, false)
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Anchors) != 1 {
		t.Fatalf("%d anchors in state %s", len(p.Anchors), p.State)
	}
	header, err := verifier.ParseHeader(p.Anchors[0].Header)
	if err != nil {
		t.Fatal(err)
	}
	c, err := credential.Sum(bytes.NewReader(b.document), credential.FormRaw, "")
	if err != nil {
		t.Fatal(err)
	}
	proof := &verifier.Proof{Credential: c, Salt: b.salt, Submission: p.Submission, Batch: p.Batch, Anchors: p.Anchors}
	v, err := verifier.New(verifier.Options{
		Now: func() time.Time { return time.Unix(int64(header.Time), 0) }, AllowTest: true,
		Trust: &verifier.Trust{
			Chains: map[verifier.ChainID]*verifier.TrustedChain{w.home().Chain: {
				Name: "test", Test: true, Genesis: n.Info().Chains[0].Genesis, Registries: []verifier.Address{w.home().Registry},
				Blocks: map[uint64]verifier.Hash{header.Number: header.Hash},
			}},
			Issuers: map[verifier.Address]*verifier.TrustedIssuer{w.key.Address(): {Name: "school", IDs: []string{verifier.AnyIssuer}}},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	if r := v.Verify(proof, bytes.NewReader(b.document)); r.Verdict != want {
		t.Errorf("verdict %s, want %s: %+v", r.Verdict, want, r.Checks)
	}
}

// wantSound checks a data folder, which nothing has open, against itself and the chain.
func (w *world) wantSound(t *testing.T, data string) fsck.Report {
	t.Helper()
	r, err := fsck.Folder(t.Context(), data, fsck.Config{RPC: []string{w.chain.RPC}, Found: func(d store.Damage) { t.Error(d) }})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func stop(t *testing.T, n *anchortest.Node) {
	t.Helper()
	if err := n.Stop(); err != nil {
		t.Fatal(err)
	}
}

// eventually polls what no channel tells.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("never came: %s", what)
		}
	}
}
