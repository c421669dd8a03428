package anchor

import (
	"context"
	"encoding/binary"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path"
	"testing"
	"time"

	"github.com/ipfs/go-cid"

	"github.com/hallmark-node/hallmark/anchor/fsck"
	"github.com/hallmark-node/hallmark/anchor/mirror"
	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/anchor/store"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/testnet"
	"github.com/hallmark-node/hallmark/verifier"
)

// mirrorOf is the configuration of a mirror.
func mirrorOf(data string, rpc string, registry verifier.Address, log *slog.Logger, from ...string) Config {
	return Config{
		Data: data, Mirror: &mirror.Config{From: from}, Log: log,
		Chains: []ChainConfig{{RPC: []string{rpc}, Registry: registry, PollInterval: 10 * time.Millisecond}},
	}
}

// runDoomedMirror runs a mirror that kills itself.
func runDoomedMirror(d *doomed) error {
	registry, err := verifier.ParseAddress(d.Registry)
	if err != nil {
		return err
	}
	n, err := Open(context.Background(), mirrorOf(d.Data, d.RPC, registry, slog.New(slog.DiscardHandler), d.Mirror...))
	if err != nil {
		return err
	}
	n.hook = d.kill()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	return errors.Join(n.Run(ctx), errors.New("it was never killed"))
}

// publishes serves the blocks of a node.
func publishes(t *testing.T, n *running) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := cid.Parse(path.Base(r.URL.Path))
		if err != nil || r.URL.Query().Get("format") != "raw" {
			http.Error(w, "no", http.StatusNotAcceptable)
			return
		}
		data, err := n.Serving.Block(r.Context(), c)
		if err != nil {
			http.NotFound(w, r)
			return
		}
		_, _ = w.Write(data)
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// A mirror is killed at each of its steps, and started again on the same folder. Once it is left
// alone, all is there and sound. A batch that it had begun to add it brings to its end alone.
func TestMirrorKilled(t *testing.T) {
	if testing.Short() {
		t.Skip("starts many processes")
	}
	c := startChain(t, testnet.Config{})
	n := start(t, testConfig(t, c))
	var badges []badge
	for i := range uint64(36) {
		s, b := submit(t, n, c, 3*i, 3*i+1)
		badges = append(badges, b...)
		if i%3 == 2 { // batches of several
			await(t, n, c, s.ID())
		}
	}
	large := make([]merkle.Hash, 40_000)
	for i := range large {
		large[i] = merkle.Keccak256(binary.BigEndian.AppendUint64([]byte("large"), uint64(i)))
	}
	s := sign(t, c.Accounts[1].PrivateKey, n.home, large)
	if _, err := n.Submit(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	await(t, n, c, s.ID())
	issuer := s.Issuer
	revoked := verifier.StatusItem{ID: badges[0].leaf, Code: verifier.StatusRevoked}
	if err := n.SetStatus(t.Context(), statusUpdate(t, n, issuer, c.Accounts[1], 1, revoked)); err != nil {
		t.Fatal(err)
	}
	settle(t, n, c, issuer, 1)
	url := publishes(t, n)

	config := mirrorOf(t.TempDir(), c.RPC, n.home.Registry, slog.New(slog.NewTextHandler(testWriter{t}, nil)), url)
	dead := crashed{}
	for _, at := range []struct {
		step  string
		after int
	}{
		{"wanted", 1},
		{"staged", 1},
		{"staged", 3},
		{"taking", 1},
		{"submission", 1},
		{"submission", 2},
		{"added", 1},
		{"sealed", 1},
		{"evidence", 1},
		{"final", 1},
		{"sealed", 1},
	} {
		if w, err := left(t, config.Data, c); err == nil && len(w) == 0 && at.step != "wanted" {
			t.Fatalf("nothing is left at which it could be killed: %s", at.step)
		}
		dead.die(t, doomed{
			Data: config.Data, RPC: c.RPC, Registry: n.home.Registry.String(), Mirror: []string{url}, Step: at.step, After: at.after,
		}, 0)
		if at.step == "submission" {
			// What it has begun needs no source.
			alone := config
			alone.Mirror = &mirror.Config{From: []string{t.TempDir()}}
			m := start(t, alone)
			eventually(t, "the batch that was begun is sealed", func() bool {
				_, err := m.store.Taking()
				return errors.Is(err, store.ErrNotFound)
			})
			m.stop()
		}
	}
	m := start(t, config)
	eventually(t, "all is final", func() bool {
		h := m.Health(t.Context())
		list, err := m.Serving.Batches(t.Context(), 0, 100)
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range list {
			if b.State != publish.Final {
				return false
			}
		}
		return h.Mirror.Wanted == 0 && h.Mirror.Batches == must(n.store.LastBatch())
	})
	for i, b := range badges {
		p, err := m.Proof(t.Context(), b.leaf, false)
		if err != nil {
			t.Fatal(err)
		}
		want := verifier.Valid
		if i == 0 {
			want = verifier.Invalid
		}
		wantVerdict(t, m, b, p, want)
	}
	m.stop()
	if w, err := left(t, config.Data, c); err != nil || len(w) > 0 {
		t.Errorf("still wanted: %v, %v", w, err)
	}
}

// left checks a folder, and returns what a mirror still wants.
func left(t *testing.T, data string, c *testnet.Chain) (list []store.Want, err error) {
	t.Helper()
	s, err := store.Open(data, store.Options{ReadOnly: true})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	r, err := fsck.Run(t.Context(), s, fsck.Config{RPC: []string{c.RPC}, Found: func(d store.Damage) { t.Error(d) }})
	if err != nil || r.Damages > 0 {
		t.Fatalf("%+v, %v", r, err)
	}
	err = s.Wants(verifier.ChainID(c.ChainID), nil, func(w *store.Want) bool {
		list = append(list, *w)
		return true
	})
	return list, err
}
