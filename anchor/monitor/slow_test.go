package monitor

import (
	"context"
	"encoding/binary"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ipfs/go-cid"

	"github.com/hallmark-node/hallmark/anchor/chain"
	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/merkle"
)

// Anybody can anchor manifests that a source looks for until it is told to stop. However many they are,
// and however often they were tried, the chain is looked at again soon; and what is new is tried before them.
func TestSlowBlocksHoldUpNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asked []cid.Cid
		p := &pass{state: &state{}, Monitor: &Monitor{tries: make(map[string]*try), config: Config{
			Blocks: func(ctx context.Context, c cid.Cid) ([]byte, error) {
				asked = append(asked, c)
				<-ctx.Done()
				return nil, ctx.Err()
			},
		}}}
		event := func(i int) chain.Event {
			root := merkle.Keccak256(binary.BigEndian.AppendUint64(nil, uint64(i)))
			return chain.Event{Kind: chain.Anchored, Number: uint64(i), Hash: root, Root: root, Manifest: root}
		}
		within := func(what string, most time.Duration, do func()) {
			t.Helper()
			began := time.Now()
			do()
			if took := time.Since(began); took > most {
				t.Errorf("%s: it took %s, at most %s are right", what, took, most)
			}
		}
		const many = 100
		within("new", readTime, func() {
			for i := range many {
				e := event(i)
				if err := p.readBatch(t.Context(), &e, false); err == nil {
					t.Error("it was read")
				}
				p.state.Unread = append(p.state.Unread, unread{e, false})
				p.tries[place(&e)] = &try{next: time.Now(), pause: maxPause}
			}
		})
		for range 3 {
			within("again", readTime+maxPatience, func() { p.retry(t.Context()) })
			time.Sleep(maxPause)
		}
		fresh := event(many)
		p.state.Unread = append(p.state.Unread, unread{fresh, false})
		p.tries[place(&fresh)] = newTry()
		time.Sleep(firstPause)
		asked = nil
		p.retry(t.Context())
		if len(asked) == 0 || asked[0] != publish.ManifestCID(fresh.Manifest) || len(p.state.Unread) != many+1 {
			t.Errorf("%d asked for, and %d are unread", len(asked), len(p.state.Unread))
		}
	})
}
