// Package beaconsim is a stand-in for the beacon chain of a test chain: 512 generated
// validators sign beacon headers around the blocks of an execution chain, and the
// endpoints that light clients use are served over HTTP as the Beacon API has them. It
// is for tests of what follows finality: committees that change, updates, a bootstrap,
// ancestry. It runs no consensus: what the execution chain calls final is final here.
//
// Each execution block has a slot of its own, with its number, and is an epoch of its
// own. Slots have no relation to the clock but that they are one second apart and the
// newest one at the start was then. All forks are active from the start, up to fulu. What
// is proven is in its place in the state (electra's), and everything else there is zero.
//
// Nothing is shared with package verifier/beacon, so that a test of one against the other
// says something.
package beaconsim

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/ethereum/go-ethereum"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/ethclient"
	"github.com/ethereum/go-ethereum/rpc"
)

// Config says what [Start] runs.
type Config struct {
	// RPC is the URL of the execution chain.
	RPC string
	// Listen is the host:port of the HTTP API; empty means "127.0.0.1:0".
	Listen string
	// Period is how many slots a sync committee serves, at least 8. Zero means 8192, as on
	// mainnet. A chain must make a block final in every period, or no update leads on.
	Period uint64
	// RootsPerSummary is how many block roots a state holds, and a historical summary
	// is of: a power of two of at least 8. Zero means 8192, as on mainnet.
	RootsPerSummary uint64
	// Poll is how often the execution chain is looked at. Zero means every 200 ms.
	Poll time.Duration
	// Log takes what goes wrong while it runs; nil drops it.
	Log *slog.Logger
}

// Bounds of Config.Period: an update takes three slots of a period, and light clients
// take no period that is longer.
const (
	MinPeriod = 8
	MaxPeriod = 1 << 16
)

// Beacon is a running stand-in.
type Beacon struct {
	// URL is the http:// URL of its API.
	URL string

	config  Config
	chainID uint64
	genesis uint64 // Unix seconds of slot 0
	client  *ethclient.Client
	server  *http.Server
	stop    context.CancelFunc
	done    sync.WaitGroup

	mu         sync.Mutex
	slots      []*slot               // by number, all of them; the old ones without their state
	byRoot     map[node]uint64       // the number of a slot by the root of its block
	byState    map[node]uint64       // and by that of its state
	stripped   uint64                // slots below have lost their state, unless an update needs it
	summaries  []summary             // historical_summaries, of the newest state
	committees map[uint64]*committee // by period: of the newest ones
	updates    map[uint64]*update    // the newest one that leads to the next committee, by period: of the newest ones
}

// What is kept, so that a chain can run for days.
const (
	keptUpdates = 128 // periods, as many as a request may ask for
	keptStates  = 256 // slots, or two periods if these are more
)

// Start runs a stand-in until [Beacon.Close] and returns once it has caught up.
func Start(ctx context.Context, config Config) (_ *Beacon, err error) {
	if config.Listen == "" {
		config.Listen = "127.0.0.1:0"
	}
	if config.Period == 0 {
		config.Period = 8192
	}
	if config.RootsPerSummary == 0 {
		config.RootsPerSummary = 8192
	}
	if config.Poll == 0 {
		config.Poll = 200 * time.Millisecond
	}
	if config.Log == nil {
		config.Log = slog.New(slog.DiscardHandler)
	}
	if config.Period < MinPeriod || config.Period > MaxPeriod {
		return nil, fmt.Errorf("beaconsim: a period of %d slots: want %d to %d", config.Period, MinPeriod, MaxPeriod)
	}
	if r := config.RootsPerSummary; r < 8 || r > 1<<16 || r&(r-1) != 0 {
		return nil, fmt.Errorf("beaconsim: %d block roots in a state: want a power of two from 8 to 65536", r)
	}
	client, err := ethclient.DialContext(ctx, config.RPC)
	if err != nil {
		return nil, fmt.Errorf("beaconsim: %w", err)
	}
	b := &Beacon{
		config: config, client: client, committees: make(map[uint64]*committee), updates: make(map[uint64]*update),
		byRoot: make(map[node]uint64), byState: make(map[node]uint64),
	}
	defer func() {
		if err != nil {
			client.Close()
		}
	}()
	id, err := client.ChainID(ctx)
	if err != nil {
		return nil, fmt.Errorf("beaconsim: %s: %w", config.RPC, err)
	}
	b.chainID = id.Uint64()
	head, err := client.BlockNumber(ctx)
	if err != nil {
		return nil, fmt.Errorf("beaconsim: %s: %w", config.RPC, err)
	}
	b.genesis = uint64(time.Now().Unix()) - head
	if err := b.Sync(ctx); err != nil {
		return nil, err
	}
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", config.Listen)
	if err != nil {
		return nil, fmt.Errorf("beaconsim: %w", err)
	}
	b.URL = "http://" + l.Addr().String()
	b.server = &http.Server{Handler: b.handler(), ReadHeaderTimeout: 10 * time.Second}
	loop, stop := context.WithCancel(context.Background())
	b.stop = stop
	b.done.Go(func() { b.follow(loop) })
	b.done.Go(func() {
		if err := b.server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			config.Log.Error("beacon stand-in: HTTP ends", "err", err)
		}
	})
	return b, nil
}

// Close ends it.
func (b *Beacon) Close() error {
	b.stop()
	err := b.server.Close()
	b.done.Wait()
	b.client.Close()
	return err
}

// follow looks at the execution chain until the context ends.
func (b *Beacon) follow(ctx context.Context) {
	tick := time.NewTicker(b.config.Poll)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if err := b.Sync(ctx); err != nil && ctx.Err() == nil {
			b.config.Log.Warn("beacon stand-in: the execution chain cannot be read", "err", err)
		}
	}
}

// Sync takes up what the execution chain has now. A test that has just mined calls it
// instead of waiting.
func (b *Beacon) Sync(ctx context.Context) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := b.sync(ctx); err != nil {
		return fmt.Errorf("beaconsim: %w", err)
	}
	return nil
}

func (b *Beacon) sync(ctx context.Context) error {
	// In this order: blocks that come in between must not stay without anything final.
	head, err := b.client.BlockNumber(ctx)
	if err != nil {
		return err
	}
	final, err := b.client.HeaderByNumber(ctx, big.NewInt(int64(rpc.FinalizedBlockNumber)))
	if err != nil {
		return err
	}
	// What the execution chain has replaced goes first.
	for len(b.slots) > 0 {
		last := b.slots[len(b.slots)-1]
		now, err := b.client.HeaderByNumber(ctx, new(big.Int).SetUint64(last.number))
		if err != nil && !errors.Is(err, ethereum.NotFound) {
			return err
		}
		if err == nil && now.Hash() == last.hash {
			break
		}
		b.remove(last)
	}
	for number := uint64(len(b.slots)); number <= head; number++ {
		block, err := b.client.HeaderByNumber(ctx, new(big.Int).SetUint64(number))
		if err != nil {
			return err
		}
		if number > 0 && block.ParentHash != b.slots[number-1].hash {
			return nil // it changes meanwhile; the next look finds out
		}
		if err := b.add(block, final); err != nil {
			return err
		}
		b.strip(final.Number.Uint64())
	}
	return nil
}

// remove takes the newest slot away, and what came of it.
func (b *Beacon) remove(last *slot) {
	b.slots = b.slots[:len(b.slots)-1]
	b.summaries = b.summaries[:last.summaries]
	delete(b.byRoot, last.root)
	delete(b.byState, last.stateRoot)
	b.stripped = min(b.stripped, uint64(len(b.slots)))
	p := b.period(last.number)
	if u := b.updates[p]; u == nil || u.attested.number != last.number {
		return
	}
	delete(b.updates, p)
	// The one before it holds again. Where states were stripped there is none.
	for n := len(b.slots) - 1; n >= 0 && b.period(uint64(n)) == p; n-- {
		if u := b.slots[n].update; u != nil && b.leads(u) {
			b.updates[p] = u
			return
		}
	}
}

// strip drops what only new slots are asked for; those that are not final are new.
func (b *Beacon) strip(final uint64) {
	kept := max(keptStates, 2*b.config.Period)
	if uint64(len(b.slots)) <= kept {
		return
	}
	for below := min(uint64(len(b.slots))-kept, final); b.stripped < below; b.stripped++ {
		old := b.slots[b.stripped]
		delete(b.byState, old.stateRoot)
		// Updates hold on to the slots that they are about.
		slim := *old
		slim.block, slim.state, slim.body, slim.update = nil, nil, nil, nil
		b.slots[b.stripped] = &slim
	}
	newest := b.period(uint64(len(b.slots)))
	for p := range b.updates {
		if p+keptUpdates < newest {
			delete(b.updates, p)
		}
	}
	for p := range b.committees {
		if p+keptUpdates < newest {
			delete(b.committees, p)
		}
	}
}

// period returns the period of a slot.
func (b *Beacon) period(slot uint64) uint64 { return slot / b.config.Period }

// add makes the slot of an execution block, the next one, and what its committee signs.
func (b *Beacon) add(block, final *types.Header) error {
	number := block.Number.Uint64()
	s := &slot{number: number, hash: block.Hash(), block: block, summaries: len(b.summaries)}
	if number > 0 {
		s.parent = b.slots[number-1].root
	}
	if per := b.config.RootsPerSummary; number > 0 && number%per == 0 {
		b.summaries = append(b.summaries, summary{Blocks: b.blockRoots(number)})
	}
	finalized := min(final.Number.Uint64(), max(number, 1)-1)
	current, next := b.committee(b.period(number)), b.committee(b.period(number)+1)
	s.state = stateTree{
		gCurrentCommittee: current.root, gNextCommittee: next.root,
		gBlockRoots: b.blockRoots(number), gSummaries: summariesRoot(b.summaries),
	}
	if number > 0 {
		s.state[gFinalizedEpoch], s.state[gFinalizedRoot] = chunk(finalized), b.slots[finalized].root
	}
	s.body = stateTree{gPayload: root(payloadLeaves(block)...)}
	s.stateRoot, s.bodyRoot = s.state.root(1), s.body.root(1)
	s.root = root(chunk(number), chunk(0), s.parent, s.stateRoot, s.bodyRoot)
	b.slots = append(b.slots, s)
	b.byRoot[s.root], b.byState[s.stateRoot] = number, number
	if number == 0 {
		return nil
	}
	signer := b.committee(b.period(number + 1))
	u := &update{attested: s, finalized: b.slots[finalized]}
	var err error
	if u.bits, u.signature, err = signer.sign(b.signingRoot(s.root), number); err != nil {
		return err
	}
	u.next = next
	s.update = u
	if b.leads(u) {
		b.updates[b.period(number)] = u
	}
	return nil
}

// leads reports whether an update proves the committee of the next period: the one of its
// own has signed it, and it finalizes a block of that period.
func (b *Beacon) leads(u *update) bool {
	p := b.period(u.attested.number)
	return p == b.period(u.attested.number+1) && p == b.period(u.finalized.number)
}

// newest returns the newest update, or nil.
func (b *Beacon) newest() *update {
	if len(b.slots) < 2 {
		return nil
	}
	return b.slots[len(b.slots)-1].update
}

// committee returns the committee of a period.
func (b *Beacon) committee(period uint64) *committee {
	c := b.committees[period]
	if c == nil {
		c = newCommittee(period)
		b.committees[period] = c
	}
	return c
}

// blockRoots returns the root of the block_roots of the state at a slot.
func (b *Beacon) blockRoots(number uint64) node { return root(b.rootsBefore(number)...) }

// rootsBefore returns the block_roots of the state at a slot: of slot s at s modulo their
// number.
func (b *Beacon) rootsBefore(number uint64) []node {
	per := b.config.RootsPerSummary
	roots := make([]node, per)
	for s := number - min(number, per); s < number; s++ {
		roots[s%per] = b.slots[s].root
	}
	return roots
}
