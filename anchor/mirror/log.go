package mirror

import (
	"errors"
	"time"

	"github.com/hallmark-node/hallmark/anchor/chain"
	"github.com/hallmark-node/hallmark/anchor/follow"
	"github.com/hallmark-node/hallmark/anchor/store"
	"github.com/hallmark-node/hallmark/verifier"
)

// want names a [store.Want].
type want struct {
	block, index uint64
}

func nameOf(w *store.Want) want { return want{w.Block, w.Index} }

func isList(w *store.Want) bool { return !w.Issuer.IsZero() }

// note writes down what a step of the follower has found, and how far it has come. Only what is
// final is wanted: before, it might go away again.
func (m *Mirror) note(s *follow.Step) error {
	home := m.chain.Home()
	if s.Rewound != nil {
		m.log.Error("final blocks were reorged out: their log is read once more", "fork", *s.Rewound, "chain", home.Chain.String())
	}
	var wants []*store.Want
	for _, e := range s.Final {
		w := &store.Want{
			Chain: home.Chain, Block: e.Number, Index: e.Index, Transaction: e.Transaction, Root: e.Root, Manifest: e.Manifest,
		}
		switch e.Kind {
		case chain.Anchored:
		case chain.StatusChanged:
			w.Issuer, w.Version = e.Issuer, e.Version
		default:
			continue // it is read from the registry's state
		}
		here, err := m.here(w)
		if err != nil {
			return storeError(err)
		}
		if !here {
			wants = append(wants, w)
		}
	}
	// What is not final is read again by whoever goes on from here.
	kept := follow.Position{Final: s.Position.Final}
	before := m.followed()
	if len(wants) > 0 || s.Rewound != nil || newest(kept) != before {
		err := m.update(func(tx *store.Tx) error {
			if s.Rewound != nil {
				if err := forgetAfter(tx, home.Chain, *s.Rewound); err != nil {
					return err
				}
			}
			for _, w := range wants {
				if err := tx.PutWant(w); err != nil {
					return err
				}
			}
			return tx.PutFollowed(home.Chain, &kept)
		})
		if err != nil {
			return err
		}
	}
	m.mu.Lock()
	for name := range m.gaps {
		if s.Rewound != nil && name.block > *s.Rewound {
			delete(m.gaps, name)
		}
	}
	m.last = follow.Step{Head: s.Head, FinalBlock: s.FinalBlock, Behind: s.Behind, Position: s.Position}
	m.mu.Unlock()
	if len(wants) > 0 {
		m.hooks.Step("wanted")
		m.Wake()
	}
	return nil
}

// forgetAfter deletes what was wanted because of blocks after one.
func forgetAfter(tx *store.Tx, id verifier.ChainID, block uint64) error {
	var lost []*store.Want
	err := tx.Wants(id, nil, func(w *store.Want) bool {
		if w.Block > block {
			lost = append(lost, w)
		}
		return true
	})
	for _, w := range lost {
		err = errors.Join(err, tx.DeleteWant(w))
	}
	return err
}

func newest(p follow.Position) follow.Block {
	if len(p.Final) == 0 {
		return follow.Block{}
	}
	return p.Final[len(p.Final)-1]
}

// followed is the newest final block up to which the log was read.
func (m *Mirror) followed() follow.Block {
	m.mu.Lock()
	defer m.mu.Unlock()
	return newest(m.last.Position)
}

// finalBlock is the newest final block that is known.
func (m *Mirror) finalBlock() chain.Block {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.last.FinalBlock
}

func (m *Mirror) noteError(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.err = err
}

// gap is a want that was tried in vain.
type gap struct {
	want  store.Want
	why   string
	tries int
	retry time.Time // zero: it cannot help
}

// maxGaps bounds what is remembered of wants that were tried in vain. Anybody can anchor more than
// that: see [crowd].
const maxGaps = 1 << 14

// crowd is what was tried in vain beyond maxGaps: all of it is tried again together.
type crowd struct {
	last  want // up to which
	tries int
	retry time.Time
}

// waits reports whether a want of which nothing is remembered is not to be tried yet.
func (c *crowd) waits(w want, now time.Time) bool {
	return now.Before(c.retry) && !w.after(c.last)
}

func (w want) after(other want) bool {
	return w.block > other.block || w.block == other.block && w.index > other.index
}

// triedAll notes that all that is due was tried.
func (m *Mirror) triedAll() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if c := &m.crowd; c.last != (want{}) && !time.Now().Before(c.retry) {
		c.retry = time.Now().Add(min(minRetry<<min(c.tries, 20), maxRetry))
		c.tries++
	}
}

// tried notes whether a want was met.
func (m *Mirror) tried(w *store.Want, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	name := nameOf(w)
	g := m.gaps[name]
	if err == nil {
		if delete(m.gaps, name); g != nil {
			m.log.Info("what was lacking is here", "kind", kindOf(w), "root", w.Root.String(), "block", w.Block)
		}
		return
	}
	if g == nil {
		g = &gap{want: *w}
		if len(m.gaps) < maxGaps {
			m.gaps[name] = g
		} else if name.after(m.crowd.last) {
			m.crowd.last = name
		}
	}
	g.tries++
	g.retry = time.Time{}
	if !hopeless(err) {
		g.retry = time.Now().Add(min(minRetry<<min(g.tries-1, 20), maxRetry))
	}
	if why := err.Error(); why != g.why {
		g.why = why
		m.log.Warn("something that the registry's log names is not here", "kind", kindOf(w), "root", w.Root.String(), "block", w.Block,
			"transaction", w.Transaction.String(), "err", err)
	}
}

// settle notes how a try to meet a want ended. Its error is one of the store.
func (m *Mirror) settle(w *store.Want, err error) error {
	if e := fatal(err); e != nil {
		return e
	}
	if err != nil {
		// Meanwhile another one may have brought what it wants.
		here, failed := m.here(w)
		if failed != nil || !here {
			m.tried(w, err)
			return storeError(failed)
		}
		if err := m.forget(w); err != nil {
			return err
		}
	}
	m.tried(w, nil)
	for _, o := range m.others(w) {
		if err := m.forget(o); err != nil {
			return err
		}
		m.tried(o, nil)
	}
	return nil
}

// others returns wants that were tried in vain and are met by another one: anybody can name other
// manifests for a root.
func (m *Mirror) others(met *store.Want) (list []*store.Want) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, g := range m.gaps {
		if w := g.want; w.Root == met.Root && w.Issuer == met.Issuer && w.Version == met.Version && nameOf(&w) != nameOf(met) {
			list = append(list, &w)
		}
	}
	return list
}

func kindOf(w *store.Want) string {
	if isList(w) {
		return "list"
	}
	return "batch"
}

// untilRetry is how long nothing is to be tried again.
func (m *Mirror) untilRetry() time.Duration {
	m.mu.Lock()
	defer m.mu.Unlock()
	left := time.Minute
	if !m.crowd.retry.IsZero() {
		left = min(left, time.Until(m.crowd.retry))
	}
	for _, g := range m.gaps {
		if !g.retry.IsZero() {
			left = min(left, time.Until(g.retry))
		}
	}
	return max(left, 10*time.Millisecond)
}
