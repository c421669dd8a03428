package anchor

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ipfs/go-cid"
	"github.com/multiformats/go-multihash"
	"golang.org/x/sync/semaphore"
	"golang.org/x/sync/singleflight"

	"github.com/hallmark-node/hallmark/anchor/chain"
	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/anchor/store"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// Node is a node of Hallmark. [Open] one, then [Node.Run] it; all other methods
// may be called by many goroutines at once, from Open until Close.
type Node struct {
	config  Config
	log     *slog.Logger
	store   *store.Store
	writers []*writer                          // one for each chain, in the order of the configuration
	bound   map[verifier.ChainID]verifier.Home // chains that the folder is bound to, also those no longer configured

	wake    chan struct{} // capacity 1: the sealer has something to do
	changes notifier      // something that callers can see has changed

	// Intake.
	waiting waiting
	disk    *diskWatch

	largeList sync.Mutex // held while the root of a large status list is computed

	lists   listCache // status lists
	views   cache[viewKey, *batchView]
	served  cache[merkle.Hash, *sharedProof] // by submission id
	refresh singleflight.Group
	listing singleflight.Group
	trees   *semaphore.Weighted // for making those of status lists

	closing  chan struct{}  // closed by Close
	watchers sync.WaitGroup // goroutines of Watch, which read the store, and the one of disk

	running atomic.Bool
	held    atomic.Pointer[string] // why nothing is sealed though it is due
	beats   heartbeats

	sealer sealer // owned by the goroutine that seals

	// hook is called after each durable step of the pipeline with its name. Tests
	// kill the process there.
	hook func(step string)
}

// Open opens the data folder and connects to the chains. A folder that belongs to
// another chain or registry is refused; a chain that the folder does not know yet is
// added to it. A chain may be out of reach, or its server show no registry, if the
// folder knows it: then submissions are accepted, and wait.
func Open(ctx context.Context, config Config) (_ *Node, err error) {
	if config, err = config.withDefaults(); err != nil {
		return nil, err
	}
	n := &Node{
		config: config, log: config.Log, bound: make(map[verifier.ChainID]verifier.Home),
		wake: make(chan struct{}, 1), closing: make(chan struct{}),
		hook: func(string) {},
	}
	n.trees = semaphore.NewWeighted(listsAtOnce)
	n.changes.changed = make(chan struct{})
	n.lists.limit, n.views.limit, n.served.limit = maxCachedNodes, maxViews, maxShared
	n.sealer.homes = make(map[verifier.ChainID]int)
	made := notThere(config)
	if n.store, err = store.Open(config.Data, store.Options{FS: config.fs, Log: n.log, Ballast: int64(config.DiskReserve / ballastShare)}); err != nil {
		return nil, err
	}
	if n.disk, err = newDiskWatch(config.Data, config.DiskReserve); err != nil {
		return nil, errors.Join(err, n.abandon(made))
	}
	n.disk.whole = n.store.KeepBallast
	n.watchers.Go(func() { n.disk.run(n.closing) })
	if err := n.start(ctx); err != nil {
		return nil, errors.Join(err, n.abandon(made))
	}
	return n, nil
}

// abandon closes a node that did not start. Of folders that were made for it none is
// left, so that the next start finds all as it was.
func (n *Node) abandon(made []string) error {
	if len(made) == 0 {
		return n.Close()
	}
	err := n.close(n.store.Discard)
	for _, folder := range made[1:] {
		if os.Remove(folder) != nil {
			break // something else is in it
		}
	}
	return err
}

// notThere returns the data folder and those above it that are not there yet, the
// innermost first.
func notThere(config Config) (folders []string) {
	if config.fs != nil {
		return nil
	}
	for folder := filepath.Clean(config.Data); ; folder = filepath.Dir(folder) {
		if _, err := os.Lstat(folder); !errors.Is(err, fs.ErrNotExist) || folder == filepath.Dir(folder) {
			return folders
		}
		folders = append(folders, folder)
	}
}

// start makes a writer for each chain and binds the folder to those that are new.
func (n *Node) start(ctx context.Context) error {
	known, err := n.store.Chains()
	if err != nil {
		return err
	}
	for i := range n.config.Chains {
		c := n.config.Chains[i]
		client, err := chain.Dial(c.RPC...)
		if err != nil {
			return err
		}
		w := &writer{node: n, config: c, log: n.log, client: client, account: c.Key.Address(), wake: make(chan struct{}, 1), gate: newGate()}
		w.records.init()
		w.health.hold = errNotYet
		client.LogTo(n.log)
		if c.Chain != 0 {
			client.Expect(chain.ID{Chain: c.Chain})
		}
		n.writers = append(n.writers, w)
	}
	if err := n.bind(ctx, known); err != nil {
		return err
	}
	for _, c := range known {
		if _, ok := n.bound[c.Chain]; !ok {
			n.bound[c.Chain] = c.Home()
			n.log.Warn("a chain of the data folder is not configured; nothing more is anchored there", "chain", c.Chain.String(), "registry", c.Registry.String())
		}
	}
	if n.waiting.sealed, err = n.store.Sealed(); err != nil {
		return err
	}
	n.sealer.counted = n.waiting.sealed
	for _, w := range n.writers {
		w.log.Info("chain opened", "home", w.home.String(), "account", w.account.String(), "confirmations", w.config.Confirmations.String(),
			"maxFee", limit(w.config.MaxFee, chain.Gwei), "maxSpendPerDay", limit(w.config.MaxSpendPerDay, chain.Ether))
	}
	n.log.Info("node opened", "data", n.config.Data, "chains", len(n.writers),
		"batchCount", n.config.BatchCount, "batchAge", n.config.BatchAge, "open", n.config.Open, "issuers", len(n.config.Issuers))
	return nil
}

// limit says what an operator's limit is.
func limit(wei *big.Int, write func(*big.Int) string) string {
	if wei == nil {
		return "none"
	}
	return write(wei)
}

// ErrWrongChain says that the servers are of another chain than is configured, or than
// the data folder belongs to, or that it belongs to another registry.
var ErrWrongChain = errors.New("the wrong chain")

func wrongChain(data string, want, got chain.ID) error {
	return fmt.Errorf("%w: %s is bound to %s with genesis %s, the RPC server reports %s with genesis %s; use another folder or another RPC server",
		ErrWrongChain, data, want.Chain, want.Genesis, got.Chain, got.Genesis)
}

// bind finds out which chain each writer is for. Those in reach say so themselves;
// one that is out of reach is told by its configured id, or by being the only one
// of the folder's chains that is left.
func (n *Node) bind(ctx context.Context, known []store.Chain) error {
	ids, errs := make([]chain.ID, len(n.writers)), make([]error, len(n.writers))
	var asking sync.WaitGroup
	for i, w := range n.writers {
		asking.Go(func() {
			if ids[i], errs[i] = w.client.ID(ctx); errs[i] == nil {
				errs[i] = w.client.Check(ctx, w.config.Registry)
			}
		})
	}
	asking.Wait()
	for i, w := range n.writers {
		switch {
		case errs[i] == nil:
			if err := n.bindTo(w, ids[i], known); err != nil {
				return err
			}
		case errors.Is(errs[i], chain.ErrWrongChain):
			return fmt.Errorf("%w: %w; correct the configured chain, or use its servers", ErrWrongChain, errs[i])
		case errors.Is(errs[i], chain.ErrNoRegistry):
			if err := n.bindTo(w, ids[i], known); err != nil {
				return err
			}
			// A registry cannot go away: where it was before the server is wrong, or behind.
			if !slices.ContainsFunc(known, func(c store.Chain) bool { return c.Chain == ids[i].Chain }) {
				return errs[i]
			}
			w.log.Warn("the RPC server shows no registry where one was before; submissions are accepted and wait", "err", errs[i])
		}
	}
	for i, w := range n.writers {
		if errs[i] == nil || errors.Is(errs[i], chain.ErrNoRegistry) {
			continue
		}
		var left []store.Chain
		for _, c := range known {
			if _, taken := n.bound[c.Chain]; !taken && (w.config.Chain == 0 || w.config.Chain == c.Chain) {
				left = append(left, c)
			}
		}
		switch len(left) {
		case 0:
			return fmt.Errorf("a chain must be reachable when it is new to a data folder: %w", errs[i])
		case 1:
		default:
			return fmt.Errorf("chain %d of %d is out of reach, and which of the %d chains of the data folder it is cannot be told: configure its id, or repair its RPC server: %w",
				i+1, len(n.writers), len(left), errs[i])
		}
		if err := n.bindTo(w, chain.ID{Chain: left[0].Chain, Genesis: left[0].Genesis}, known); err != nil {
			return err
		}
		w.log.Warn("no RPC server could be used; submissions are accepted and wait", "err", errs[i])
	}
	return n.store.Update(func(tx *store.Tx) error {
		for _, w := range n.writers {
			if err := tx.PutChain(&w.record); err != nil {
				return err
			}
		}
		return nil
	})
}

// bindTo makes a writer one of a chain, and binds the folder to that if it is new.
func (n *Node) bindTo(w *writer, id chain.ID, known []store.Chain) error {
	if w.config.Chain != 0 && w.config.Chain != id.Chain {
		return fmt.Errorf("%w: chain %s is configured and the server speaks for %s", ErrWrongChain, w.config.Chain, id.Chain)
	}
	if _, twice := n.bound[id.Chain]; twice {
		return fmt.Errorf("chain %s is configured twice: name all its RPC servers in one place", id.Chain)
	}
	w.home, w.genesis = verifier.Home{Chain: id.Chain, Registry: w.config.Registry}, id.Genesis
	w.log = n.log.With("chain", id.Chain.String())
	w.client.LogTo(w.log)
	w.client.Expect(id)
	w.record = store.Chain{Chain: id.Chain, Genesis: id.Genesis, Registry: w.config.Registry}
	fresh := true
	for _, c := range known {
		if c.Chain != id.Chain {
			continue
		}
		fresh = false
		if c.Genesis != id.Genesis {
			return wrongChain(n.config.Data, chain.ID{Chain: c.Chain, Genesis: c.Genesis}, id)
		}
		if c.Registry != w.config.Registry {
			return fmt.Errorf("%w: %s belongs to registry %s on %s, this node is configured for %s", ErrWrongChain, n.config.Data, c.Registry, c.Chain, w.config.Registry)
		}
		w.record = c
	}
	// With one chain another one is rather a mistake, unless its id is configured.
	if fresh && len(known) > 0 && len(n.config.Chains) == 1 && w.config.Chain == 0 {
		return fmt.Errorf("%w: %s is bound to %s, the RPC server reports %s with genesis %s; use another folder or another RPC server, or configure both chains",
			ErrWrongChain, n.config.Data, known[0].Chain, id.Chain, id.Genesis)
	}
	n.bound[id.Chain] = w.home
	w.health.record = w.record
	return nil
}

// writerOf returns the writer of a chain, nil if that is not configured.
func (n *Node) writerOf(id verifier.ChainID) *writer {
	for _, w := range n.writers {
		if w.home.Chain == id {
			return w
		}
	}
	return nil
}

// writerFor returns the writer of a registry, that of the only chain for the zero
// Home, or a [*RefusedError].
func (n *Node) writerFor(home verifier.Home) (*writer, error) {
	switch {
	case home != (verifier.Home{}):
	case len(n.writers) == 1:
		return n.writers[0], nil
	default:
		return nil, refuse("home", "this node has several registries: name one of %s", n.homes())
	}
	if w := n.writerOf(home.Chain); w != nil && w.home == home {
		return w, nil
	}
	return nil, refuse("home", "%s is not a registry of this node, which has %s", home, n.homes())
}

// homes names the node's registries.
func (n *Node) homes() string {
	list := make([]string, len(n.writers))
	for i, w := range n.writers {
		list[i] = w.home.String()
	}
	return strings.Join(list, " or ")
}

// Close ends the node and its watches. Run must have returned, and no other method
// may be running.
func (n *Node) Close() error { return n.close(n.store.Close) }

func (n *Node) close(end func() error) error {
	close(n.closing)
	n.watchers.Wait()
	for _, w := range n.writers {
		w.client.Close()
	}
	return end()
}

// Info returns what a client needs to know before it submits.
func (n *Node) Info() client.Info {
	first := n.writers[0]
	info := client.Info{
		Account: first.account, Confirmations: first.config.Confirmations.String(),
		Open: n.config.Open, MaxLeaves: MaxLeaves, MaxStatusItems: verifier.MaxStatusItems,
		BatchCount: n.config.BatchCount, BatchAge: n.config.BatchAge.Seconds(),
	}
	for _, w := range n.writers {
		info.Homes = append(info.Homes, w.home)
		info.Chains = append(info.Chains, client.ChainInfo{
			Home: w.home, Genesis: w.genesis, Account: w.account, Confirmations: w.config.Confirmations.String(),
		})
	}
	return info
}

// allowed reports whether an issuer may use this node.
func (n *Node) allowed(issuer verifier.Address) bool {
	return n.config.Open || slices.Contains(n.config.Issuers, issuer)
}

// kick wakes the sealer.
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
	return data, nodeError(err)
}

// nodeError turns the store's ErrNotFound into the node's.
func nodeError(err error) error {
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
