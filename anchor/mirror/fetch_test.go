package mirror

import (
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/ipfs/go-cid"
	"github.com/multiformats/go-multihash"

	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/anchor/store"
	"github.com/hallmark-node/hallmark/verifier"
)

// home is a chain of which no more is asked.
type home struct{ Chain }

func (home) Home() verifier.Home { return verifier.Home{Chain: 1} }

// Anybody can anchor manifests that nobody has, more than are remembered. They are tried again all
// together after a while, and not over and over; what is new does not wait for that.
func TestCrowdOfGaps(t *testing.T) {
	s, err := store.Open(t.TempDir(), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	m := &Mirror{store: s, chain: home{}, log: slog.New(slog.DiscardHandler), gaps: make(map[want]*gap)}
	add := func(from, to uint64) (wants []*store.Want) {
		err := s.Update(func(tx *store.Tx) error {
			wants = nil
			for block := from; block < to; block++ {
				w := &store.Want{Chain: 1, Block: block}
				wants = append(wants, w)
				if err := tx.PutWant(w); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return wants
	}
	want := func(what string, n int) {
		t.Helper()
		if list, err := m.due(nil); err != nil || len(list) != n {
			t.Errorf("%s: %d are due, want %d: %v", what, len(list), n, err)
		}
	}
	const beyond = 10
	for _, w := range add(1, maxGaps+1+beyond) {
		m.tried(w, errors.New("nobody has it"))
	}
	m.triedAll()
	want("all were tried", 0)
	if left := m.untilRetry(); left < time.Second {
		t.Errorf("all is tried again in %s", left)
	}
	add(maxGaps+100, maxGaps+101)
	want("a new one", 1)
	m.crowd.retry = time.Now()
	want("after a while", beyond+1)
}

// Whoever anchors a manifest decides what its blocks link to. Many links to few blocks take memory too.
func TestLinksBounded(t *testing.T) {
	f := &fetching{known: make(map[cid.Cid]bool), links: make(map[cid.Cid][]cid.Cid), here: make(map[cid.Cid]bool)}
	block := func(data []byte) publish.Block {
		c, err := cid.V1Builder{Codec: cid.DagCBOR, MhType: multihash.SHA2_256}.Sum(data)
		if err != nil {
			t.Fatal(err)
		}
		return publish.Block{CID: c, Data: data}
	}
	const each = 20_000 // links in a block
	for page := byte(0); ; page++ {
		data := []byte{0x82, page & 0x17, 0x99, each >> 8, each & 0xff}
		for range each {
			data = append(data, "\xd8\x2a\x58\x25\x00"+block([]byte{0x80}).CID.KeyString()...)
		}
		err := f.came(block(data), false)
		if errors.Is(err, publish.ErrInvalid) {
			if page == 0 {
				t.Error(err)
			}
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		if page > maxBlocks/each {
			t.Fatalf("%d links to one block were taken", int(page+1)*each)
		}
	}
}
