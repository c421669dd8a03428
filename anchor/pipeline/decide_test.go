package pipeline

import (
	"testing"

	"github.com/hallmark-node/hallmark/anchor/chain"
	"github.com/hallmark-node/hallmark/anchor/store"
	"github.com/hallmark-node/hallmark/merkle"
)

// Each case is one situation in which a node may find an operation, whether it has
// just started or runs for months.
func TestNext(t *testing.T) {
	type (
		op  = store.Operation
		obs = observation
	)
	var (
		signed   = []store.Attempt{{Nonce: 5, Hash: merkle.Hash{1}, Raw: []byte{1}}}
		unsigned = []store.Attempt{{Nonce: 5}}
		twice    = []store.Attempt{{Nonce: 5, Hash: merkle.Hash{1}, Raw: []byte{1}}, {Nonce: 6, Hash: merkle.Hash{2}, Raw: []byte{2}}}
		block    = chain.Block{Number: 10, Hash: merkle.Hash{10}}
		pool     = []chain.TransactionStatus{{Known: true}}
		lost     = []chain.TransactionStatus{{}}
		good     = []chain.TransactionStatus{{Known: true, Receipt: &chain.Receipt{Block: block, Success: true}}}
		bad      = []chain.TransactionStatus{{Known: true, Receipt: &chain.Receipt{Block: block}}}
		inBlock  = store.Block{Number: 10, Hash: merkle.Hash{10}}

		// Two attempts with one nonce: the second replaces the first.
		raised = []store.Attempt{
			{Nonce: 5, Hash: merkle.Hash{1}, Raw: []byte{1}, At: 1000, Head: 3},
			{Nonce: 5, Hash: merkle.Hash{2}, Raw: []byte{2}, At: 5000, Head: 9},
		}
		raising = []store.Attempt{raised[0], {Nonce: 5}}
		// The second attempt fills a gap before the first.
		filled = []store.Attempt{{Nonce: 6, Hash: merkle.Hash{1}, Raw: []byte{1}}, {Nonce: 5, Hash: merkle.Hash{2}, Raw: []byte{2}}}
		at     = func(head uint64) chain.Block { return chain.Block{Number: head} }
	)
	for name, c := range map[string]struct {
		o    store.Operation
		v    observation
		want step
	}{
		"sealed":                                     {op{State: "batched"}, obs{nonce: 5}, stepIntend},
		"sealed, and anchored by somebody else":      {op{State: "batched"}, obs{effect: true}, stepMined},
		"sealed, and long anchored by somebody else": {op{State: "batched"}, obs{effect: true, effectFinal: true}, stepFinish},
		"statement that was overtaken":               {op{State: "accepted"}, obs{overtaken: "by a later one"}, stepFail},
		"intended":                                   {op{State: "batched", Attempts: unsigned}, obs{statuses: lost, nonce: 5}, stepSign},
		"intended, earlier nonces in flight":         {op{State: "batched", Attempts: unsigned}, obs{statuses: lost, nonce: 3}, stepSign},
		"intended, nonce taken meanwhile": {
			op{State: "batched", Attempts: unsigned}, obs{statuses: lost, nonce: 6}, stepRelease,
		},
		"intended, and mined by somebody else": {
			op{State: "mined", Attempts: unsigned}, obs{statuses: lost, nonce: 5, effect: true}, stepRelease,
		},
		"signed, not sent":                           {op{State: "broadcast", Attempts: signed}, obs{statuses: lost, nonce: 5}, stepSend},
		"signed, not sent, earlier nonces in flight": {op{State: "broadcast", Attempts: signed}, obs{statuses: lost, nonce: 3}, stepSend},
		"in the pool":                                {op{State: "broadcast", Attempts: signed}, obs{statuses: pool, nonce: 5}, stepWait},
		"mined": {
			op{State: "broadcast", Attempts: signed}, obs{statuses: good, nonce: 6, effect: true}, stepMined,
		},
		"mined after the head that was looked at": {op{State: "broadcast", Attempts: signed}, obs{statuses: good, nonce: 5}, stepWait},
		"mined and known": {
			op{State: "mined", Attempts: signed, Block: inBlock}, obs{statuses: good, nonce: 6, effect: true}, stepWait,
		},
		"mined, now in another block": {
			op{State: "mined", Attempts: signed, Block: store.Block{Number: 9}}, obs{statuses: good, nonce: 6, effect: true}, stepMined,
		},
		"reorganised away": {
			op{State: "mined", Attempts: signed, Block: inBlock}, obs{statuses: lost, nonce: 5}, stepBack,
		},
		"reorganised away, in the pool again": {
			op{State: "mined", Attempts: signed, Block: inBlock}, obs{statuses: pool, nonce: 5}, stepBack,
		},
		"final": {
			op{State: "mined", Attempts: signed, Block: inBlock},
			obs{statuses: good, nonce: 6, nonceFinal: 6, effect: true, effectFinal: true},
			stepFinish,
		},
		"final, nonce final": {
			op{State: "final", Attempts: signed, Block: inBlock},
			obs{statuses: good, nonce: 6, nonceFinal: 6, effect: true, effectFinal: true},
			stepClose,
		},
		"final by somebody else, ours in the pool": {
			op{State: "final", Attempts: signed}, obs{statuses: pool, nonce: 5, nonceFinal: 5, effect: true, effectFinal: true}, stepWait,
		},
		"final by somebody else, ours lost": {
			op{State: "final", Attempts: signed}, obs{statuses: lost, nonce: 5, nonceFinal: 5, effect: true, effectFinal: true}, stepSend,
		},
		"final by somebody else, ours in a young block": {
			op{State: "final", Attempts: signed}, obs{statuses: good, nonce: 6, nonceFinal: 5, effect: true, effectFinal: true}, stepWait,
		},
		"final by somebody else, nothing of ours": {op{State: "final"}, obs{effect: true, effectFinal: true}, stepClose},
		"mined by somebody else, nothing of ours": {op{State: "mined"}, obs{effect: true}, stepWait},
		"nonce taken in a young block": {
			op{State: "broadcast", Attempts: signed}, obs{statuses: lost, nonce: 6, nonceFinal: 5}, stepWait,
		},
		"nonce taken for good": {
			op{State: "broadcast", Attempts: signed}, obs{statuses: lost, nonce: 6, nonceFinal: 6}, stepIntend,
		},
		"second attempt lost": {
			op{State: "broadcast", Attempts: twice}, obs{statuses: []chain.TransactionStatus{{}, {}}, nonce: 6, nonceFinal: 6}, stepSend,
		},
		"anchor out of gas, in a young block": {
			op{Kind: store.KindAnchor, State: "broadcast", Attempts: signed}, obs{statuses: bad, nonce: 6, nonceFinal: 5}, stepWait,
		},
		"anchor out of gas": {
			op{Kind: store.KindAnchor, State: "broadcast", Attempts: signed}, obs{statuses: bad, nonce: 6, nonceFinal: 6}, stepIntend,
		},
		"statement reverted": {
			op{Kind: store.KindStatus, State: "broadcast", Attempts: signed}, obs{statuses: bad, nonce: 6, nonceFinal: 6}, stepFail,
		},
		"statement failed, its nonce in the pool": {
			op{Kind: store.KindStatus, State: "failed", Attempts: signed}, obs{statuses: pool, nonce: 5, nonceFinal: 5}, stepWait,
		},
		"statement failed, its nonce used": {
			op{Kind: store.KindStatus, State: "failed", Attempts: signed}, obs{statuses: bad, nonce: 6, nonceFinal: 6}, stepClose,
		},
		"statement failed before it was signed": {op{Kind: store.KindStatus, State: "failed"}, obs{}, stepClose},
		"statement failed, intent left over": {
			op{Kind: store.KindStatus, State: "failed", Attempts: unsigned}, obs{statuses: lost, nonce: 5}, stepRelease,
		},
		"statement failed, for a block that may go away": {
			op{Kind: store.KindStatus, State: "failed", FinalAt: inBlock}, obs{final: at(9)}, stepWait,
		},
		"statement failed, reverted in a young block": {
			op{Kind: store.KindStatus, State: "failed", FinalAt: inBlock, Attempts: signed},
			obs{statuses: bad, nonce: 6, nonceFinal: 6, final: at(9)},
			stepWait,
		},
		"statement failed, for good": {
			op{Kind: store.KindStatus, State: "failed", FinalAt: inBlock}, obs{final: at(10)}, stepClose,
		},
		"statement failed, for a block that is gone": {
			op{Kind: store.KindStatus, State: "failed", FinalAt: inBlock}, obs{refuted: true, final: at(12)}, stepBack,
		},
		"receipt says success, registry does not show it": {
			op{Kind: store.KindAnchor, State: "broadcast", Attempts: signed}, obs{statuses: good, nonce: 6, nonceFinal: 6}, stepWait,
		},
		"reorganised away before any of ours was ever out": {op{State: "mined"}, obs{nonce: 5}, stepBack},
		"stuck, not for long": {
			op{State: "broadcast", Attempts: raised},
			obs{statuses: []chain.TransactionStatus{{Known: true}, {Known: true}}, nonce: 5, head: at(99), now: 5999, bumpAfter: 1000},
			stepWait,
		},
		"stuck, but there were no blocks": {
			op{State: "broadcast", Attempts: raised},
			obs{statuses: []chain.TransactionStatus{{Known: true}, {Known: true}}, nonce: 5, head: at(10), now: 6000, bumpAfter: 1000},
			stepWait,
		},
		"stuck": {
			op{State: "broadcast", Attempts: raised},
			obs{statuses: []chain.TransactionStatus{{Known: true}, {Known: true}}, nonce: 5, head: at(11), now: 6000, bumpAfter: 1000},
			stepReplace,
		},
		"sent by a process whose clock was an hour ahead": {
			op{State: "broadcast", Attempts: raised},
			obs{statuses: []chain.TransactionStatus{{Known: true}, {Known: true}}, nonce: 5, head: at(11), now: 4000, bumpAfter: 1000},
			stepReplace,
		},
		"stuck behind another": {
			op{State: "broadcast", Attempts: raised},
			obs{statuses: []chain.TransactionStatus{{Known: true}, {Known: true}}, nonce: 4, head: at(99), now: 9000, bumpAfter: 1000},
			stepWait,
		},
		"stuck, and unknown": {
			op{State: "broadcast", Attempts: raised},
			obs{statuses: []chain.TransactionStatus{{Known: true}, {}}, nonce: 5, head: at(99), now: 9000, bumpAfter: 1000},
			stepSend,
		},
		"to be replaced": {
			op{State: "broadcast", Attempts: raising}, obs{statuses: []chain.TransactionStatus{{Known: true}, {}}, nonce: 5}, stepSign,
		},
		"to be replaced, mined meanwhile": {
			op{State: "mined", Attempts: raising, Block: inBlock},
			obs{statuses: []chain.TransactionStatus{good[0], {}}, nonce: 6, effect: true},
			stepRelease,
		},
		"replaced, the first was mined": {
			op{State: "broadcast", Attempts: raised},
			obs{statuses: []chain.TransactionStatus{good[0], {}}, nonce: 6, effect: true},
			stepMined,
		},
		"replaced, the first is final": {
			op{State: "final", Attempts: raised},
			obs{statuses: []chain.TransactionStatus{good[0], {}}, nonce: 6, nonceFinal: 6, effect: true, effectFinal: true},
			stepClose,
		},
		"behind a nonce gap": {
			op{State: "broadcast", Attempts: signed}, obs{statuses: pool, nonce: 3, gap: true}, stepIntend,
		},
		"filled a gap": {
			op{State: "broadcast", Attempts: filled}, obs{statuses: []chain.TransactionStatus{{}, {Known: true}}, nonce: 5}, stepWait,
		},
		"filled a gap, forgotten": {
			op{State: "broadcast", Attempts: filled}, obs{statuses: []chain.TransactionStatus{{Known: true}, {}}, nonce: 5}, stepSend,
		},
		"filled a gap, mined there": {
			op{State: "mined", Attempts: filled, Block: inBlock},
			obs{statuses: []chain.TransactionStatus{{}, good[0]}, nonce: 6, effect: true},
			stepSend,
		},
		"filled a gap, final there": {
			op{State: "final", Attempts: filled, Block: inBlock},
			obs{statuses: []chain.TransactionStatus{{Known: true}, good[0]}, nonce: 6, nonceFinal: 6, effect: true, effectFinal: true},
			stepWait,
		},
		"filled a gap, both final": {
			op{State: "final", Attempts: filled, Block: inBlock},
			obs{statuses: []chain.TransactionStatus{good[0], good[0]}, nonce: 7, nonceFinal: 7, effect: true, effectFinal: true},
			stepClose,
		},
		"reopened, its nonce is free again": {op{State: "broadcast", Attempts: signed}, obs{statuses: lost, nonce: 0}, stepSend},
		"reopened, an earlier nonce was another's": {
			op{State: "broadcast", Attempts: twice}, obs{statuses: []chain.TransactionStatus{{}, {}}, nonce: 5}, stepSend,
		},
	} {
		if got := next(&c.o, &c.v); got != c.want {
			t.Errorf("%s: step %d, want %d", name, got, c.want)
		}
	}
}

// Of several transactions the one that the chain can take next counts.
func TestLive(t *testing.T) {
	attempt := func(nonce uint64, raw ...byte) store.Attempt { return store.Attempt{Nonce: nonce, Raw: raw} }
	for name, c := range map[string]struct {
		attempts []store.Attempt
		nonce    uint64
		want     int
	}{
		"none":             {nil, 0, -1},
		"unsigned":         {[]store.Attempt{attempt(5)}, 5, -1},
		"one":              {[]store.Attempt{attempt(5, 1)}, 5, 0},
		"used":             {[]store.Attempt{attempt(5, 1)}, 6, -1},
		"replaced":         {[]store.Attempt{attempt(5, 1), attempt(5, 2)}, 5, 1},
		"being replaced":   {[]store.Attempt{attempt(5, 1), attempt(5)}, 5, 0},
		"first one used":   {[]store.Attempt{attempt(5, 1), attempt(6, 2)}, 6, 1},
		"first one free":   {[]store.Attempt{attempt(5, 1), attempt(6, 2)}, 0, 0},
		"gap":              {[]store.Attempt{attempt(6, 1), attempt(5, 2)}, 5, 1},
		"gap that is past": {[]store.Attempt{attempt(6, 1), attempt(5, 2), attempt(6, 3)}, 6, 2},
	} {
		if got := live(&store.Operation{Attempts: c.attempts}, c.nonce); got != c.want {
			t.Errorf("%s: %d, want %d", name, got, c.want)
		}
	}
}
