// Package mirror keeps what others have published alive: it follows what a registry wrote into its
// chain's log, fetches the blocks of each batch and status list that is named there from anybody
// who has them, and writes them into a store, from which they are served as a node serves its own.
// It needs a chain and one copy of the blocks, and neither the node that sealed them nor its key.
//
//   - mirror.go: two loops, one that reads the log and one that gets what it names;
//   - log.go: events become wants, which are in the store until they are met;
//   - fetch.go: all blocks below a manifest are brought into the store;
//   - take.go: they are verified, and become a batch or a status list;
//   - sources.go, source.go: who is asked for blocks, and who is not asked any more;
//   - gateway.go, local.go: the kinds of sources: gateways and web servers, CAR files, folders;
//   - health.go: what operators see.
//
// # What is believed
//
// Of a source nothing: each block must hash to its CID, of which the first is in the log. Of the log
// nothing either, but that it says where to look: a batch counts once the registry is proven to
// record its root, and a status list once evidence has its root. That proof is taken by the writer
// of the chain, which follows a mirrored batch as it follows one of its own: see
// [pipeline.ChainConfig.Watch].
//
// # What a crash leaves
//
// Wants and how far the log was read are one write. Blocks are written as they come. Before the
// first submission of a batch is added, all its blocks are verified and on disk, and it is written
// down that this batch is being taken; so it can be brought to its end after any crash, with no
// source. Sealing it and meeting the want are one write again.
package mirror

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/hallmark-node/hallmark/anchor/chain"
	"github.com/hallmark-node/hallmark/anchor/follow"
	"github.com/hallmark-node/hallmark/anchor/role"
	"github.com/hallmark-node/hallmark/anchor/store"
	"github.com/hallmark-node/hallmark/verifier"
)

// Config says what is mirrored.
type Config struct {
	From      []string // where blocks may be: URLs of gateways, CAR files, folders; at least one
	FromBlock uint64   // of the chain: what was anchored before is not looked for

	BlockTime time.Duration // that a block may take, and each next one of a CAR file; zero: 30 seconds
}

// Chain is what is mirrored of a chain, by whoever follows it.
type Chain interface {
	// Home is the registry.
	Home() verifier.Home
	// Client reads the chain.
	Client() *chain.Client
	// Poll is how long to wait for a new block.
	Poll() time.Duration
	// Confirmations says when a block is final.
	Confirmations() chain.Confirmations
	// Wake says that there is a batch to be followed.
	Wake()
}

// Mirror mirrors the registry of one chain. Its methods but Run may be called by many goroutines.
type Mirror struct {
	config  Config
	log     *slog.Logger
	hooks   role.Hooks
	store   *store.Store
	disk    *role.Disk
	chain   Chain
	leases  *role.Leases
	sources sources

	term     *role.Term // of the lease under which Run writes; set before its loops begin
	follower *follow.Follower
	wake     chan struct{} // capacity 1: something is wanted
	taking   sync.Mutex    // held while submissions are added: those of one batch stand together

	mu    sync.Mutex
	last  follow.Step // without its events
	err   error       // why the log could not be read when that was last tried
	gaps  map[want]*gap
	crowd crowd
}

// New mirrors what a chain's registry names, into a store that has the chain.
func New(
	config Config, s *store.Store, disk *role.Disk, c Chain, leases *role.Leases, hooks role.Hooks, log *slog.Logger,
) (m *Mirror, err error) {
	m = &Mirror{
		config: config, log: log, hooks: hooks, store: s, disk: disk, chain: c, leases: leases,
		wake: make(chan struct{}, 1), gaps: make(map[want]*gap),
	}
	m.sources, err = openSources(config.From, cmp.Or(config.BlockTime, blockTime), log)
	return m, err
}

// Close closes the sources. Run must have returned.
func (m *Mirror) Close() error { return m.sources.close() }

// Run reads the log and gets what it names until ctx is done, while this process holds the lease for
// that. Its error is one of the store.
func (m *Mirror) Run(ctx context.Context) error {
	return m.leases.Run(ctx, "mirror:"+m.chain.Home().Chain.String(), m.lead)
}

// lead is Run for one term of the lease. It begins with what the store says: before, another process
// may have mirrored.
func (m *Mirror) lead(ctx context.Context, t *role.Term) error {
	var position follow.Position
	home := m.chain.Home()
	if err := m.store.Followed(home.Chain, &position); err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	m.term, m.follower = t, follow.New(m.chain.Client(), home.Registry, m.chain.Confirmations(), m.config.FromBlock, position)
	m.mu.Lock()
	m.last = follow.Step{Position: position}
	m.mu.Unlock()
	defer func() {
		m.hooks.Rest("mirror: log")
		m.hooks.Rest("mirror: blocks")
	}()
	m.taking.Lock()
	err := m.resume(ctx) // also where nothing new is wanted
	m.taking.Unlock()
	if fatal(err) != nil {
		return fatal(err)
	} else if err != nil && ctx.Err() == nil {
		m.log.Error("nothing more is mirrored until this is", "err", err)
	}
	work, ctx := errgroup.WithContext(ctx)
	work.Go(func() error { return m.read(ctx) })
	work.Go(func() error { return m.get(ctx) })
	return fatal(work.Wait())
}

// update changes the store, while the lease is held.
func (m *Mirror) update(change func(*store.Tx) error) error {
	return storeError(m.term.Update(m.store, change))
}

// Pauses of the loops.
const (
	maxPause   = 30 * time.Second // between tries to read the log, after errors
	minRetry   = 10 * time.Second // until something that could not be had is tried again, at first
	maxRetry   = time.Hour
	wantsAtOne = 4 // that are fetched at once
)

// read reads the log.
func (m *Mirror) read(ctx context.Context) error {
	failures, said := 0, ""
	for ctx.Err() == nil {
		m.hooks.Beat("mirror: log")
		s, err := m.follower.Next(ctx)
		if err == nil {
			err = m.note(&s)
		}
		if e := fatal(err); e != nil {
			return e
		}
		if ctx.Err() != nil {
			return nil //nolint:nilerr // it was told to end
		}
		pause := m.chain.Poll()
		if err != nil {
			failures++
			pause = min(m.chain.Poll()<<min(failures, 10), maxPause)
			if err.Error() != said {
				said = err.Error()
				m.log.Warn("the registry's log cannot be read on; nothing is skipped, retrying", "err", err)
			}
		} else {
			failures, said = 0, ""
		}
		m.noteError(err)
		if err == nil && s.Behind > 0 {
			continue
		}
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
	}
	return nil
}

// get gets what is wanted, some of it at once.
func (m *Mirror) get(ctx context.Context) error {
	for m.finalBlock().Number == 0 { // nothing can be proven before
		m.hooks.Beat("mirror: blocks")
		select {
		case <-ctx.Done():
			return nil
		case <-m.wake:
		case <-time.After(m.chain.Poll()):
		}
	}
	var behind *store.Want // up to which all was tried; then that again of which the time has come
	for ctx.Err() == nil {
		m.hooks.Beat("mirror: blocks")
		list, err := m.due(behind)
		if err != nil {
			return storeError(err)
		}
		if len(list) == 0 {
			behind = nil
			m.triedAll()
			if list, err = m.due(nil); err != nil {
				return storeError(err)
			}
		}
		if len(list) == 0 {
			select {
			case <-ctx.Done():
			case <-m.wake:
			case <-time.After(m.untilRetry()):
			}
			continue
		}
		m.disk.Await(ctx, m.log, func() { m.hooks.Beat("mirror: blocks") })
		work, inner := errgroup.WithContext(ctx)
		work.SetLimit(wantsAtOne)
		turn := make(chan struct{}) // closed when all before have come to their end
		close(turn)
		for _, w := range list {
			if inner.Err() != nil {
				break
			}
			mine, next := turn, make(chan struct{})
			turn = next
			work.Go(func() error {
				defer func() {
					<-mine
					close(next)
				}()
				err := m.meet(inner, w, mine)
				if inner.Err() != nil {
					return fatal(err)
				}
				m.hooks.Beat("mirror: blocks")
				return m.settle(w, err)
			})
		}
		if err := work.Wait(); err != nil {
			return err
		}
		behind = list[len(list)-1]
	}
	return nil
}

// wantsRead is how many wants are taken up together.
const wantsRead = 64

// due returns some wants behind one of them, those that have failed only if it is time to try again.
func (m *Mirror) due(behind *store.Want) (list []*store.Want, err error) {
	now := time.Now()
	err = m.store.Wants(m.chain.Home().Chain, behind, func(w *store.Want) bool {
		m.mu.Lock()
		g := m.gaps[nameOf(w)]
		waits := g == nil && m.crowd.waits(nameOf(w), now)
		m.mu.Unlock()
		if g == nil && !waits || g != nil && !g.retry.IsZero() && !now.Before(g.retry) {
			list = append(list, w)
		}
		return len(list) < wantsRead
	})
	return list, err
}

// storeFaultError is an error of the store, which is not to be retried.
type storeFaultError struct{ error }

func (e *storeFaultError) Unwrap() error { return e.error }

func storeError(err error) error {
	if err == nil {
		return nil
	}
	return &storeFaultError{err}
}

// fatal returns err if it is one of the store. That there is no room is none: there may be later.
func fatal(err error) error {
	if errors.Is(err, store.ErrFull) {
		return nil
	}
	if e := (*storeFaultError)(nil); errors.As(err, &e) {
		return e.error
	}
	return nil
}

// Wake makes the mirror look at once whether something is wanted.
func (m *Mirror) Wake() {
	select {
	case m.wake <- struct{}{}:
	default: // it will anyway
	}
}
