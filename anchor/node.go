package anchor

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ipfs/go-cid"
	"github.com/multiformats/go-multihash"
	"golang.org/x/sync/semaphore"
	"golang.org/x/sync/singleflight"

	"github.com/hallmark-node/hallmark/anchor/chain"
	"github.com/hallmark-node/hallmark/anchor/store"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// Node is a node of Hallmark. [Open] one, then [Node.Run] it; all other methods
// may be called by many goroutines at once, from Open until Close.
type Node struct {
	config Config
	log    *slog.Logger
	store  *store.Store
	client *chain.Client
	home   verifier.Home
	id     chain.ID // that the data folder is bound to

	wake    chan struct{} // capacity 1: the pipeline has something to do
	changes notifier      // something that callers can see has changed

	// Intake.
	verifying *semaphore.Weighted // leaves being verified
	waiting   waiting
	disk      *diskWatch

	trees   treeCache // of submissions and batches
	lists   listCache // status lists
	refresh singleflight.Group

	closing  chan struct{}  // closed by Close
	watchers sync.WaitGroup // goroutines of Watch, which read the store, and the one of disk

	running atomic.Bool
	health  healthState
	beats   heartbeats

	// Owned by the goroutine in Run.
	pipe pipeline

	// hook is called after each durable step of the pipeline with its name. Tests
	// kill the process there.
	hook func(step string)
}

// Open opens the data folder and connects to the chain. A folder that belongs to
// another chain or registry is refused. The chain may be out of reach if the
// folder was used before: then submissions are accepted, and wait.
func Open(ctx context.Context, config Config) (*Node, error) {
	config, err := config.withDefaults()
	if err != nil {
		return nil, err
	}
	client, err := chain.Dial(config.Chains[0].RPC[0])
	if err != nil {
		return nil, err
	}
	n := &Node{
		config: config, log: config.Log, client: client,
		wake: make(chan struct{}, 1), closing: make(chan struct{}), verifying: semaphore.NewWeighted(maxVerifying),
		hook: func(string) {},
	}
	n.changes.changed = make(chan struct{})
	n.trees.limit, n.lists.limit = maxCachedNodes, maxCachedNodes
	if n.store, err = store.Open(config.Data, store.Options{Log: n.log}); err != nil {
		client.Close()
		return nil, err
	}
	if n.disk, err = newDiskWatch(config.Data, config.DiskReserve); err != nil {
		return nil, errors.Join(err, n.Close())
	}
	n.watchers.Go(func() { n.disk.run(n.closing) })
	if err := n.start(ctx); err != nil {
		return nil, errors.Join(err, n.Close())
	}
	return n, nil
}

// start binds the folder to the chain, or checks that it is bound to it.
func (n *Node) start(ctx context.Context) error {
	bound, err := n.store.Binding()
	fresh := errors.Is(err, store.ErrNotFound)
	if err != nil && !fresh {
		return err
	}
	if !fresh && bound.Registry != n.config.Chains[0].Registry {
		return fmt.Errorf("%w: %s belongs to registry %s, this node is configured for %s", ErrWrongChain, n.config.Data, bound.Registry, n.config.Chains[0].Registry)
	}
	n.id = chain.ID{Chain: bound.Chain, Genesis: bound.Genesis}
	id, err := n.identify(ctx, fresh)
	switch {
	case err == nil && fresh:
		n.id = id
		if err := n.store.Bind(store.Binding{Chain: id.Chain, Genesis: id.Genesis, Registry: n.config.Chains[0].Registry}); err != nil {
			return err
		}
	case err == nil:
		n.pipe.identified = true
	case fresh:
		return fmt.Errorf("the chain must be reachable when a data folder is new: %w", err)
	case errors.Is(err, ErrWrongChain), errors.Is(err, chain.ErrNoRegistry):
		return err
	default:
		n.log.Warn("the chain cannot be read; submissions are accepted and wait", "err", err)
	}
	n.home = verifier.Home{Chain: n.id.Chain, Registry: n.config.Chains[0].Registry}
	if n.waiting.sealed, err = n.store.Sealed(); err != nil {
		return err
	}
	n.log.Info("node opened", "data", n.config.Data, "home", n.home.String(), "account", n.config.Chains[0].Key.Address().String(),
		"confirmations", n.config.Chains[0].Confirmations.String(), "batchCount", n.config.BatchCount, "batchAge", n.config.BatchAge, "open", n.config.Open, "issuers", len(n.config.Issuers))
	return nil
}

// ErrWrongChain says that a data folder belongs to another chain or registry.
var ErrWrongChain = errors.New("the data folder belongs elsewhere")

// identify asks which chain the server speaks for and compares it with what the
// folder is bound to, unless that is new.
func (n *Node) identify(ctx context.Context, fresh bool) (chain.ID, error) {
	id, err := n.client.ID(ctx)
	if err != nil {
		return id, err
	}
	if !fresh && id != n.id {
		return id, fmt.Errorf("%w: %s is bound to %s with genesis %s, the server speaks for %s with genesis %s; use another folder or another RPC server",
			ErrWrongChain, n.config.Data, n.id.Chain, n.id.Genesis, id.Chain, id.Genesis)
	}
	return id, n.client.Check(ctx, n.config.Chains[0].Registry)
}

// Close ends the node and its watches. Run must have returned, and no other method
// may be running.
func (n *Node) Close() error {
	close(n.closing)
	n.watchers.Wait()
	n.client.Close()
	return n.store.Close()
}

// Info returns what a client needs to know before it submits.
func (n *Node) Info() Info {
	return Info{
		Chains: []ChainInfo{{
			Home: n.home, Genesis: n.id.Genesis, Account: n.config.Chains[0].Key.Address(), Confirmations: n.config.Chains[0].Confirmations.String(),
		}},
		Open: n.config.Open, MaxLeaves: MaxLeaves, MaxStatus: verifier.MaxStatusItems,
		BatchCount: n.config.BatchCount, BatchAge: n.config.BatchAge,
	}
}

// allowed reports whether an issuer may use this node.
func (n *Node) allowed(issuer verifier.Address) bool {
	return n.config.Open || slices.Contains(n.config.Issuers, issuer)
}

// kick wakes the pipeline.
func (n *Node) kick() {
	select {
	case n.wake <- struct{}{}:
	default: // it will run anyway
	}
}

// notifier tells any number of goroutines that something has changed.
type notifier struct {
	mu      sync.Mutex
	changed chan struct{} // closed at the next change
}

// next returns a channel that is closed at the next change.
func (c *notifier) next() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.changed
}

func (c *notifier) notify() {
	c.mu.Lock()
	defer c.mu.Unlock()
	close(c.changed)
	c.changed = make(chan struct{})
}

// Block returns a published block by its CID, or [ErrNotFound].
func (n *Node) Block(_ context.Context, c cid.Cid) ([]byte, error) {
	p := c.Prefix()
	if p.Version != 1 || p.MhType != multihash.SHA2_256 || p.MhLength != merkle.Size || p.Codec != cid.Raw && p.Codec != cid.DagCBOR {
		return nil, fmt.Errorf("block %s: %w", c, ErrNotFound)
	}
	hash := c.Hash()
	data, err := n.store.Block(merkle.Hash(hash[len(hash)-merkle.Size:]))
	return data, known(err)
}

// known turns the store's ErrNotFound into the node's.
func known(err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return ErrNotFound
	}
	return err
}

func missing(err error) bool { return errors.Is(err, store.ErrNotFound) }

func millis(t int64) time.Time {
	if t == 0 {
		return time.Time{}
	}
	return time.UnixMilli(t).UTC()
}

func pointer[T any](v T) *T { return &v }
