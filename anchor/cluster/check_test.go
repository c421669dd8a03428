package cluster_test

import (
	"context"
	"math/big"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/ethereum/go-ethereum"
	"github.com/ethereum/go-ethereum/common"

	"github.com/hallmark-node/hallmark/anchor/chain"
	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/contracts"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// recover waits until all is well: each process says so and does what it is for.
func (w *world) recover() {
	w.t.Helper()
	for _, s := range w.servers {
		w.eventually(s.name+" is ready", s.ready)
		if !s.intake {
			continue
		}
		one, badge := w.submission(0, 1)
		w.eventually(s.name+" takes a submission", func() bool { return w.hand(w.t.Context(), s, one, badge) == nil })
	}
	w.check()
	last := w.took()[w.checked-1]
	w.eventually("the mirror has what was taken", func() bool { return w.valid(w.mirror, last) })
}

// check waits until all is final that was taken since the last time, and holds it against what was
// promised.
func (w *world) check() {
	w.t.Helper()
	all := w.took()
	for _, one := range all[w.checked:] {
		from := pick(w.random, w.nodes(), nil)
		w.eventually(one.id.String()+" is proven", func() bool { return w.valid(from, one) })
	}
	w.checked = len(all)
	w.checkAnchors()
	w.checkSends()
}

// valid reports whether a server has the proof of something that was acknowledged. One that is
// wrong fails the test.
func (w *world) valid(at *server, one taken) bool {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), answerTime)
	defer cancel()
	status, err := at.client.Status(ctx, one.id)
	if err == nil && status.State != publish.Final {
		return false
	}
	if err == nil {
		var r *verifier.Report
		if r, err = w.offline.Verify(ctx, at.client, one.id, one.badge, false); err == nil {
			if r.Verdict != verifier.Valid {
				w.t.Errorf("%s has a proof of %s that is %s: %+v", at.name, one.id, r.Verdict, r.Checks)
			}
			return true
		}
	}
	if wrong(err) && (at != w.mirror || !client.NotFound(err)) {
		w.t.Errorf("of %s, acknowledged at %v, %s says: %v", one.id, one.at, at.name, err)
	}
	return false
}

// checkAnchors holds the events of the chain against the batches: each root is there once, and
// nothing else.
func (w *world) checkAnchors() {
	w.t.Helper()
	batches := make(map[merkle.Hash]client.Batch)
	for after := uint64(0); ; {
		page, err := pick(w.random, w.nodes(), nil).client.Batches(w.t.Context(), after, 1000)
		if err != nil {
			w.t.Fatal(err)
		}
		for _, b := range page.Batches {
			if _, twice := batches[b.Root]; twice {
				w.t.Errorf("batch %d is there twice", b.Number)
			}
			batches[b.Root] = b
		}
		if after = page.Next; after == 0 {
			break
		}
	}
	logs, err := w.eth.FilterLogs(w.t.Context(), ethereum.FilterQuery{
		Addresses: []common.Address{w.chain.Registry}, FromBlock: new(big.Int),
	})
	if err != nil {
		w.t.Fatal(err)
	}
	registry, anchored := contracts.NewAnchorRegistry(), make(map[merkle.Hash]int)
	for i := range logs {
		if e, err := registry.UnpackAnchoredEvent(&logs[i]); err == nil {
			anchored[merkle.Hash(e.Root)]++
		}
	}
	for root, n := range anchored {
		if n != 1 {
			w.t.Errorf("%s was anchored %d times", root, n)
		}
	}
	for root, b := range batches {
		if b.State == publish.Final && anchored[root] == 0 {
			w.t.Errorf("batch %d is final and not anchored", b.Number)
		}
	}
	w.batches, w.anchored = len(batches), len(anchored)
}

// revoke has an issuer revoke a badge, and waits until the registry says so.
func (w *world) revoke() {
	w.t.Helper()
	s, badge := w.submission(submitters, 1)
	key := w.chain.Accounts[1+submitters].PrivateKey
	at := pick(w.random, w.nodes(), nil)
	w.eventually(at.name+" takes a badge that will be revoked", func() bool {
		_, err := at.client.Submit(w.t.Context(), s)
		return err == nil
	})
	w.revoked = append(w.revoked, taken{s.ID(), badge, time.Now()})
	u := publish.StatusUpdate{Issuer: s.Issuer, Version: uint64(len(w.revoked)), Deadline: 1 << 40}
	for _, r := range w.revoked {
		u.Items = append(u.Items, verifier.StatusItem{ID: r.badge.Leaf, Code: verifier.StatusRevoked})
	}
	slices.SortFunc(u.Items, func(a, b verifier.StatusItem) int { return merkle.Compare(a.ID, b.ID) })
	list, err := publish.WriteStatusList(s.Issuer, u.Version, u.Items, func(publish.Block) error { return nil })
	if err != nil {
		w.t.Fatal(err)
	}
	sig, err := chain.NewKey(key).SignDigest(
		verifier.SetStatusDigest(w.offline.Home, s.Issuer, u.Version, list.Root, list.List, u.Deadline))
	if err != nil {
		w.t.Fatal(err)
	}
	u.Signature = sig[:]
	w.eventually(at.name+" takes a status list", func() bool { return at.client.SetStatus(w.t.Context(), u) == nil })
	w.eventually("the registry has the status list", func() bool {
		s, err := at.client.StatusList(w.t.Context(), w.offline.Home, s.Issuer)
		return err == nil && s.Version == u.Version && s.Pending == nil
	})
}

// finish lets all come to its end, asks each process for each proof, and has what is left checked.
func (w *world) finish() {
	w.t.Helper()
	w.check()
	for _, at := range w.servers {
		w.eventually(at.name+" has come to an end", func() bool {
			h, err := at.client.Health(w.t.Context())
			return err == nil && h.Waiting == 0
		})
		all := w.took()
		var group sync.WaitGroup
		for part := range 4 {
			group.Go(func() {
				for i := part; i < len(all); i += 4 {
					for end := time.Now().Add(patience); !w.valid(at, all[i]); sleep(w.t.Context(), 100*time.Millisecond) {
						if time.Now().After(end) {
							w.t.Errorf("%s does not have %s", at.name, all[i].id)
							break
						}
					}
				}
			})
		}
		group.Wait()
		for _, one := range w.revoked {
			w.eventually(at.name+" says what is revoked", func() bool {
				r, err := w.offline.Verify(w.t.Context(), at.client, one.id, one.badge, true)
				return err == nil && r.Verdict == verifier.Invalid
			})
		}
	}
	w.checkAnchors()
	if w.anchored != w.batches {
		w.t.Errorf("%d roots are anchored, %d batches were sealed", w.anchored, w.batches)
	}
	for _, s := range w.servers {
		if err := s.stop(); err != nil {
			w.t.Error(err)
		}
	}
	w.run(w.program, "fsck", "--store", w.primary.URL(w.database), "--blobs", w.bucket, "--rpc", w.chain.RPC)
	w.run(w.program, "fsck", "--data", filepath.Join(w.folder, "mirror"), "--rpc", w.chain.RPC)
}
