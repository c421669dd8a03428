package monitor

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ipfs/go-cid"

	"github.com/hallmark-node/hallmark/anchor/chain"
	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/contracts"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/testnet"
	"github.com/hallmark-node/hallmark/testnet/testchain"
	"github.com/hallmark-node/hallmark/verifier"
)

var registry = contracts.NewAnchorRegistry()

// world is a chain with published blocks, and one who watches an issuer there.
type world struct {
	chain  *testnet.Chain
	home   verifier.Home
	issuer testnet.Account // whose key others have, too
	blocks map[cid.Cid][]byte
	hidden bool // nobody gives blocks
	config Config
	told   []string
	sent   []string
	refuse bool // the webhook refuses
}

func newWorld(t *testing.T, epoch int) *world {
	t.Helper()
	c := testchain.Start(t, testnet.Config{Epoch: epoch})
	client, err := chain.Dial(c.RPC)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	id, err := client.ID(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	w := &world{chain: c, home: verifier.Home{Chain: id.Chain, Registry: verifier.Address(c.Registry)}, issuer: c.Accounts[1]}
	w.blocks = make(map[cid.Cid][]byte)
	w.config = Config{
		Client: client, Home: w.home, Issuers: []verifier.Address{verifier.Address(w.issuer.Address)},
		State: filepath.Join(t.TempDir(), "state.json"),
		Blocks: func(_ context.Context, c cid.Cid) ([]byte, error) {
			if data, ok := w.blocks[c]; ok && !w.hidden {
				return data, nil
			}
			return nil, errors.New("nobody has it")
		},
		Tell: func(r *Report) error {
			w.told = append(w.told, words(r))
			if text := r.Text(); !strings.HasSuffix(text, "\n\n") || !strings.Contains(text, w.home.String()) {
				t.Errorf("text: %q", text)
			}
			return nil
		},
		Send: func(_ context.Context, r *Report) error {
			if w.refuse {
				return errors.New("refused")
			}
			w.sent = append(w.sent, words(r))
			return nil
		},
	}
	return w
}

func words(r *Report) string {
	text := fmt.Sprintf("%s %s", r.Kind, r.State)
	switch r.Kind {
	case Submission:
		text += fmt.Sprintf(" of %d", r.Count)
	case Status:
		text += fmt.Sprintf(" %d from %d:", r.Version, r.Since)
		for _, c := range r.Changes {
			text += fmt.Sprintf(" %d>%d", c.Before, c.Now)
		}
	}
	return text
}

func (w *world) monitor(t *testing.T) *Monitor {
	t.Helper()
	m, err := New(w.config)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// want lets a monitor read on, and holds what it tells against what it should.
func (w *world) want(t *testing.T, m *Monitor, want ...string) {
	t.Helper()
	w.told = nil
	for {
		p, err := m.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if p.Behind == 0 {
			break
		}
	}
	if !slices.Equal(w.told, want) {
		t.Fatalf("told\n%s, want\n%s", strings.Join(w.told, "\n"), strings.Join(want, "\n"))
	}
}

// submission is one that the holder of a key signs.
func (w *world) submission(t *testing.T, by testnet.Account, leaves int, name string) *publish.Submission {
	t.Helper()
	hashes := make([]merkle.Hash, leaves)
	for i := range hashes {
		hashes[i] = merkle.Keccak256(fmt.Append(nil, name, i))
	}
	slices.SortFunc(hashes, merkle.Compare)
	tree, err := merkle.FromSorted(hashes)
	if err != nil {
		t.Fatal(err)
	}
	s := &publish.Submission{
		Issuer: verifier.Address(by.Address), Home: w.home, Root: tree.Root(), Count: uint64(leaves), IssuedAt: 1767225600, Leaves: hashes,
	}
	digest := verifier.SubmissionDigest(s.Home, s.Root, s.Count, s.IssuedAt)
	signature, err := crypto.Sign(digest[:], by.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	s.Signature = verifier.Signature(signature)
	s.Signature[64] += 27
	return s
}

// anchor publishes a batch, and anchors it with an account in a block of its own.
func (w *world) anchor(t *testing.T, with testnet.Account, list ...*publish.Submission) publish.Batch {
	t.Helper()
	slices.SortFunc(list, func(a, b *publish.Submission) int { return merkle.Compare(a.ID(), b.ID()) })
	ids := make([]merkle.Hash, len(list))
	for i, s := range list {
		ids[i] = s.ID()
	}
	tree, err := merkle.FromSorted(ids)
	if err != nil {
		t.Fatal(err)
	}
	batch, err := publish.WriteBatch(tree, func(yield func(*publish.Submission, error) bool) {
		for _, s := range list {
			if !yield(s, nil) {
				return
			}
		}
	}, w.put)
	if err != nil {
		t.Fatal(err)
	}
	testchain.Send(t, w.chain, with, registry.PackAnchor(batch.Root, batch.Manifest))
	return batch
}

func (w *world) put(b publish.Block) error { w.blocks[b.CID] = b.Data; return nil }

// status publishes a list, which the issuer's key sets.
func (w *world) status(t *testing.T, version uint64, items ...verifier.StatusItem) {
	t.Helper()
	list, err := publish.WriteStatusList(verifier.Address(w.issuer.Address), version, items, w.put)
	if err != nil {
		t.Fatal(err)
	}
	testchain.Send(t, w.chain, w.issuer, registry.PackSetStatus(w.issuer.Address, version, list.Root, list.List))
}

func mine(t *testing.T, c *testnet.Chain, n int) {
	t.Helper()
	if err := c.Mine(t.Context(), n); err != nil {
		t.Fatal(err)
	}
}

func item(b, code byte) verifier.StatusItem {
	return verifier.StatusItem{ID: merkle.Hash{b}, Code: code}
}

// Who holds a stolen key is seen with the block in which they use it, whatever they do, and each
// thing is told once more when it is final; also by one who was started anew.
func TestStolenKeyIsSeenWithItsBlock(t *testing.T) {
	w := newWorld(t, 4)
	thief, other := w.chain.Accounts[2], w.chain.Accounts[3]
	m := w.monitor(t)
	w.want(t, m)
	w.anchor(t, thief, w.submission(t, w.issuer, 3000, "forged"), w.submission(t, other, 2, "other's"))
	w.want(t, m, "submission seen of 3000")
	w.anchor(t, other, w.submission(t, other, 5, "another's"))
	w.want(t, m) // what others do is not told
	m = w.monitor(t)
	w.want(t, m)
	w.status(t, 1, item(3, 1), item(5, 2))
	w.want(t, m, "status seen 1 from 0: 0>1 0>2")
	w.status(t, 2, item(3, 2), item(7, 2))
	w.want(t, m, "status seen 2 from 1: 1>2 2>0 0>2")
	testchain.Send(t, w.chain, w.issuer, registry.PackRetire(w.issuer.Address, 99))
	w.want(t, m, "retired seen")
	testchain.Send(t, w.chain, w.issuer, registry.PackSetController(w.issuer.Address, thief.Address))
	mine(t, w.chain, 1)
	m = w.monitor(t)
	w.want(t, m, "controller seen")
	mine(t, w.chain, 9)
	w.want(t, m, "submission final of 3000", "status final 1 from 0: 0>1 0>2", "status final 2 from 1: 1>2 2>0 0>2",
		"retired final", "controller final")
	w.want(t, w.monitor(t))
	if len(w.sent) != 10 {
		t.Errorf("the webhook was told %d reports: %v", len(w.sent), w.sent)
	}

	// Who begins late is told all of it, as final.
	w.config.State = ""
	w.want(t, w.monitor(t), "submission final of 3000", "status final 1 from 0: 0>1 0>2", "status final 2 from 1: 1>2 2>0 0>2",
		"retired final", "controller final")
}

// A batch that nobody shows is told, and its submissions when somebody does. One without blocks
// stays one that may hold anything.
func TestHiddenBatches(t *testing.T) {
	w := newWorld(t, 4)
	thief := w.chain.Accounts[2]
	m := w.monitor(t)
	w.want(t, m)
	w.hidden = true
	batch := w.anchor(t, thief, w.submission(t, w.issuer, 7, "hidden"))
	w.want(t, m, "unread seen")
	testchain.Send(t, w.chain, thief, registry.PackAnchor([32]byte{9}, [32]byte{}))
	w.want(t, m, "unread seen")
	testchain.Send(t, w.chain, thief, registry.PackAnchor(batch.Root, batch.Manifest)) // again
	w.want(t, m)
	w.status(t, 1, item(3, 1))
	w.want(t, m, "unread seen")
	w.hidden = false
	m = w.monitor(t) // it tries at once
	w.want(t, m, "submission seen of 7", "status seen 1 from 0: 0>1")
	testchain.Send(t, w.chain, thief, registry.PackAnchor(batch.Root, batch.Manifest))
	w.want(t, m) // anchored again, which changes nothing
	mine(t, w.chain, 9)
	w.want(t, m, "submission final of 7", "unread final", "status final 1 from 0: 0>1")
}

// A submission that the key did not sign is none, whoever anchors it, and hides none.
func TestForgedSubmissions(t *testing.T) {
	w := newWorld(t, 4)
	m := w.monitor(t)
	w.want(t, m)
	forged := w.submission(t, w.issuer, 2, "forged")
	forged.Signature[10] ^= 1
	w.anchor(t, w.chain.Accounts[2], forged, w.submission(t, w.issuer, 3, "signed"))
	w.want(t, m, "submission seen of 3")
}

// What a reorg takes away is told as gone, and what is there then anew.
func TestReorg(t *testing.T) {
	w := newWorld(t, 32)
	m := w.monitor(t)
	mine(t, w.chain, 2)
	w.want(t, m)
	s := w.submission(t, w.issuer, 2, "twice")
	w.anchor(t, w.chain.Accounts[2], s)
	w.status(t, 1, item(3, 1))
	w.want(t, m, "submission seen of 2", "status seen 1 from 0: 0>1")
	if err := w.chain.ReorgForget(t.Context(), 2); err != nil {
		t.Fatal(err)
	}
	mine(t, w.chain, 1)
	w.told = nil
	if _, err := m.Next(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(w.told, "submission gone of 2") || !slices.Contains(w.told, "status gone 1 from 0: 0>1") {
		t.Errorf("told %v", w.told)
	}
}

// A webhook that refuses gets everything later, in order, also after a restart; the rest goes on.
func TestWebhookThatRefuses(t *testing.T) {
	w := newWorld(t, 32)
	m := w.monitor(t)
	w.refuse = true
	testchain.Send(t, w.chain, w.issuer, registry.PackRetire(w.issuer.Address, 99))
	w.want(t, m, "retired seen")
	w.status(t, 1, item(3, 1))
	w.want(t, m, "status seen 1 from 0: 0>1")
	w.refuse = false
	w.want(t, w.monitor(t))
	if want := []string{"retired seen", "status seen 1 from 0: 0>1"}; !slices.Equal(w.sent, want) {
		t.Errorf("sent %v, want %v", w.sent, want)
	}
}

// A state is of one registry and of these issuers.
func TestStateOfOthers(t *testing.T) {
	w := newWorld(t, 32)
	w.want(t, w.monitor(t))
	for _, issuers := range [][]verifier.Address{{{1}}, append(w.config.Issuers, verifier.Address{1})} {
		w.config.Issuers = issuers
		if _, err := New(w.config); err == nil || !strings.Contains(err.Error(), "of other issuers") {
			t.Errorf("got %v", err)
		}
	}
}
