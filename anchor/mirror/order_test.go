package mirror_test

import (
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ipfs/go-cid"

	"github.com/hallmark-node/hallmark/anchor/anchortest"
	"github.com/hallmark-node/hallmark/anchor/chain"
	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/anchor/staticdir"
	"github.com/hallmark-node/hallmark/testnet"
	"github.com/hallmark-node/hallmark/verifier"
)

// Somebody anchors once more what was published, so that it seems to be issued later: after the issuer's
// key was retired, say. The submission stays proven in the batch that came first, even if the blocks
// of that one take longer.
func TestAnchoredAgainByOthers(t *testing.T) {
	w := newWorld(t, testnet.Config{})
	b := newBadge(t, 1)
	s := w.issue(t, w.node, nil, b)
	config := anchortest.Config(t.TempDir(), w.chain)
	config.Chains[0].Key, config.Chains[0].PollInterval = chain.NewKey(w.chain.Accounts[3].PrivateKey), 10*time.Millisecond
	config.BatchCount, config.BatchAge = 2, time.Hour
	other := anchortest.Start(t, config, serve)
	if _, err := other.Intake.Submit(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	beside := w.signed(t, chain.NewKey(w.chain.Accounts[2].PrivateKey), some(2, 1)...)
	if _, err := other.Intake.Submit(t.Context(), beside); err != nil {
		t.Fatal(err)
	}
	w.awaitFinal(t, other, beside.ID())
	own, err := w.node.Serving.Batches(t.Context(), 0, 1)
	if err != nil || len(own) != 1 {
		t.Fatal(own, err)
	}
	var m atomic.Pointer[anchortest.Node]
	slow, _ := source(t, func(out http.ResponseWriter, r *http.Request, c cid.Cid) {
		data, err := w.node.Serving.Block(r.Context(), c)
		if err != nil {
			if data, err = other.Serving.Block(r.Context(), c); err != nil {
				http.NotFound(out, r)
				return
			}
		} else if c.Equals(publish.ManifestCID(own[0].Manifest)) {
			// It comes once the later batch has been taken, if that does not wait.
			for end := time.Now().Add(time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
				if n := m.Load(); n != nil && n.Health(r.Context()).Mirror.Batches > 0 {
					break
				}
			}
		}
		_, _ = out.Write(data)
	}, nil)
	n := anchortest.Start(t, w.mirrorConfig(t, slow), serve)
	m.Store(n)
	w.awaitMirrored(t, n, 2)
	if list, err := n.Serving.Batches(t.Context(), 0, 2); err != nil || list[0].Root != own[0].Root {
		t.Errorf("the first is %s, want %s: %v", list[0].Root, own[0].Root, err)
	}
	w.want(t, n, b, verifier.Valid)

	// And a folder of proofs can be made of it.
	c, err := client.New(n.URL)
	if err != nil {
		t.Fatal(err)
	}
	if r, err := staticdir.Export(t.Context(), t.TempDir(), staticdir.FromNode(c), nil); err != nil || r.Batches != 2 || r.Pending != 0 {
		t.Errorf("%+v, %v", r, err)
	}
}
