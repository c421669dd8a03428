package mirror

import (
	"cmp"
	"slices"

	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/anchor/store"
)

// maxGapsShown bounds an answer.
const maxGapsShown = 100

// Health returns what an operator needs to know. It asks no server.
func (m *Mirror) Health() (client.MirrorHealth, error) {
	h := client.MirrorHealth{FromBlock: m.config.FromBlock, Followed: m.followed().Number, Gaps: []client.MirrorGap{}}
	var err error
	if h.Batches, err = m.store.LastBatch(); err != nil {
		return h, err
	}
	err = m.store.Wants(m.chain.Home().Chain, nil, func(*store.Want) bool {
		h.Wanted++
		return h.Wanted < maxCounted
	})
	if err != nil {
		return h, err
	}
	for _, s := range m.sources {
		h.Sources = append(h.Sources, s.health())
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	h.Behind, h.Unsettled = m.last.FinalBlock.Number-min(m.last.FinalBlock.Number, h.Followed), len(m.last.Position.Open)
	if m.err != nil {
		h.Error = m.err.Error()
	}
	for _, g := range m.gaps {
		h.Gaps = append(h.Gaps, client.MirrorGap{
			Kind: kindOf(&g.want), Home: m.chain.Home(), Block: g.want.Block, Root: g.want.Root, Manifest: g.want.Manifest,
			Issuer: g.want.Issuer, Version: g.want.Version, Reason: g.why, Tries: g.tries, RetryAt: optional(g.retry),
		})
	}
	slices.SortFunc(h.Gaps, func(a, b client.MirrorGap) int { return cmp.Compare(a.Block, b.Block) })
	if more := len(h.Gaps) - maxGapsShown; more > 0 {
		h.Gaps, h.LeftOut = h.Gaps[:maxGapsShown], more
	}
	return h, nil
}

// maxCounted bounds how many wants are counted for an operator.
const maxCounted = 100_000
