package anchor

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/hallmark-node/hallmark/anchor/access"
	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/anchor/intake"
	"github.com/hallmark-node/hallmark/anchor/mirror"
	"github.com/hallmark-node/hallmark/anchor/pipeline"
	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/anchor/role"
	"github.com/hallmark-node/hallmark/anchor/serving"
	"github.com/hallmark-node/hallmark/anchor/sharing"
	"github.com/hallmark-node/hallmark/anchor/store"
	"github.com/hallmark-node/hallmark/anchor/webhook"
	"github.com/hallmark-node/hallmark/verifier"
)

// Node is the roles of a node in one process, and the store in which they meet: a folder, or
// one that other processes of the node share. [Open] one, then [Node.Run] it; everything else may be
// called by many goroutines at once, from Open until Close.
type Node struct {
	Intake   *intake.Intake     // takes submissions
	Pipeline *pipeline.Pipeline // takes statements about issuers, and brings all to the chains
	Serving  *serving.Serving   // answers readers
	Sharing  *sharing.Sharing   // keeps what holders show; nil if nothing is shared
	Mirror   *mirror.Mirror     // gets what others have published; nil if it is no mirror
	Access   *access.Access     // decides who may use the node; what operators decide about it

	config  Config
	log     *slog.Logger
	store   *store.Store
	leases  *role.Leases
	disk    *role.Disk
	webhook *webhook.Webhook // nil if none is configured

	closing chan struct{}  // closed by Close
	looking sync.WaitGroup // the goroutine that looks at the disk

	running atomic.Bool
	beats   heartbeats

	// hook is called after each durable step of a role with its name. Tests kill the
	// process there.
	hook func(step string)
}

// ErrIncomplete says that a store is a copy of a node that has not come to its end.
var ErrIncomplete = errors.New("a node is being moved here: repeat hallmark store migrate until it has come to its end")

// Open opens the data folder and connects to the chains. A folder that belongs to
// another chain or registry is refused; a chain that the folder does not know yet is
// added to it. A chain may be out of reach, or its server show no registry, if the
// folder knows it: then submissions are accepted, and wait.
func Open(ctx context.Context, config Config) (_ *Node, err error) {
	given := config.Store
	if config, err = config.withDefaults(); err != nil {
		if given != nil {
			err = errors.Join(err, given.Close())
		}
		return nil, err
	}
	n := &Node{config: config, log: config.Log, closing: make(chan struct{}), hook: func(string) {}}
	var made []string
	if n.store, n.disk = config.Store, role.NoDisk(); n.store == nil {
		if made, err = n.openFolder(); err != nil {
			return nil, err
		}
	}
	incomplete, err := n.store.Incomplete()
	if err == nil && incomplete {
		err = ErrIncomplete
	}
	if err != nil {
		return nil, errors.Join(err, n.abandon(made))
	}
	n.leases = role.NewLeases(n.store, n.log)
	if config.Store != nil { // a folder has no other process that could ask
		n.leases.Began = func(t *role.Term) error {
			return t.Update(n.store, func(tx *store.Tx) error {
				return tx.PutLeader(&store.Leader{
					Name: t.Lease().Name, Holder: n.leases.Holder(), Epoch: t.Lease().Epoch, Since: time.Now().UnixMilli(),
				})
			})
		}
	}
	n.looking.Go(func() { n.disk.Run(n.closing) })
	if err := n.start(ctx); err != nil {
		return nil, errors.Join(err, n.abandon(made))
	}
	n.log.Info("node opened", "data", config.Data, "roles", config.Roles.String(), "holder", n.leases.Holder(), "chains", len(config.Chains),
		"batchCount", config.BatchCount, "batchAge", config.BatchAge, "open", config.Open, "issuers", len(config.Issuers))
	return n, nil
}

// openFolder opens the data folder, and returns which folders were made for it.
func (n *Node) openFolder() (made []string, err error) {
	c := n.config
	made = notThere(c)
	n.store, err = store.Open(c.Data, store.Options{FS: c.fs, Log: n.log, Ballast: role.Ballast(c.DiskReserve), Cache: c.Cache})
	if err != nil {
		return nil, err
	}
	if n.disk, err = role.NewDisk(c.Data, c.DiskReserve); err != nil {
		return nil, errors.Join(err, n.abandon(made))
	}
	n.disk.Whole = n.store.Folder().KeepBallast
	return made, nil
}

// start puts the roles together. What each calls of the others is called once all are there.
func (n *Node) start(ctx context.Context) (err error) {
	n.Access = access.New(access.Config{Open: n.config.Open, Issuers: n.config.Issuers}, n.store, n.log)
	hooks := role.Hooks{
		Step: func(name string) { n.hook(name) },
		Changed: func() {
			n.Serving.Changed()
			if n.webhook != nil {
				n.webhook.Wake()
			}
		},
		Beat: n.beats.beat,
		Rest: n.beats.rest,
	}
	if n.Pipeline, err = pipeline.Open(ctx, pipeline.Config{
		Chains: n.config.Chains, Access: n.Access, RelaysPerDay: n.config.RelaysPerDay, Data: cmp.Or(n.config.Data, "the store"), Log: n.log,
		Shared: n.config.Store != nil, Hooks: hooks, Leases: n.leases, Ready: func() { n.Intake.Wake() },
	}, n.store, n.disk); err != nil {
		return err
	}
	var sealed []intake.Chain
	var served []serving.Chain
	for _, w := range n.Pipeline.Writers {
		sealed, served = append(sealed, w), append(served, w)
	}
	if n.config.Webhook != nil {
		var written []verifier.ChainID
		for _, w := range n.Pipeline.Writers {
			written = append(written, w.Home().Chain)
		}
		if n.webhook, err = webhook.New(*n.config.Webhook, written, n.store, n.leases, n.log); err != nil {
			return err
		}
	}
	if n.Serving, err = serving.New(n.store, served, n.config.EvidenceAge, n.log); err != nil {
		return err
	}
	if n.config.Shares != nil {
		var homes role.Homes
		for _, c := range served {
			homes = append(homes, c.Home())
		}
		if n.Sharing, err = sharing.Open(*n.config.Shares, n.store, n.disk, n.Serving, homes, n.leases, n.log); err != nil {
			return err
		}
	}
	if n.config.Mirror != nil {
		w := n.Pipeline.Writers[0]
		if n.Mirror, err = mirror.New(*n.config.Mirror, n.store, n.disk, w, n.leases, hooks, n.log); err != nil {
			return err
		}
	}
	n.Intake, err = intake.New(intake.Config{
		Access: n.Access, BatchCount: n.config.BatchCount, BatchAge: n.config.BatchAge, MaxWaiting: n.config.MaxWaiting, Log: n.log,
		Hooks: hooks, Leases: n.leases, Status: n.Serving.Submission,
	}, n.store, n.disk, sealed)
	return err
}

// Run moves everything along until ctx is done: if this process writes, it seals batches, and on
// each chain sends transactions, follows them until they are final, and takes evidence, as far as it
// holds the leases for that. It returns nil when ctx is done, and an error only if the node cannot go
// on because the disk fails.
func (n *Node) Run(ctx context.Context) (err error) {
	if n.running.Swap(true) {
		return errors.New("the node is running already")
	}
	defer func() {
		n.running.Store(false)
		n.beats.end(err)
	}()
	work, inner := errgroup.WithContext(ctx)
	work.Go(func() error { n.watch(inner); return nil })
	if n.config.Roles.Write {
		work.Go(func() error { return n.Pipeline.Run(inner) })
		if n.Mirror != nil {
			work.Go(func() error { return n.Mirror.Run(inner) })
		} else {
			work.Go(func() error { return n.Intake.Run(inner) })
		}
		if n.Sharing != nil {
			work.Go(func() error { return n.Sharing.Run(inner) })
		}
		if n.webhook != nil {
			work.Go(func() error { return n.webhook.Run(inner) })
		}
	}
	err = work.Wait()
	if ctx.Err() != nil {
		return nil
	}
	n.log.Error("node stops", "err", err)
	return err
}

// watchEvery is how often it is looked whether another process has changed the store.
const watchEvery = 250 * time.Millisecond

// watch tells those who wait here what other processes have changed, until ctx is done.
func (n *Node) watch(ctx context.Context) {
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	for seen := n.store.Changes(); ; {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if now := n.store.Changes(); now != seen {
			seen = now
			n.Serving.Changed()
			n.Intake.Wake()
			if n.webhook != nil {
				n.webhook.Wake()
			}
		}
	}
}

// Roles returns what this process does.
func (n *Node) Roles() role.Roles { return n.config.Roles }

// abandon closes a node that did not start. Of folders that were made for it none is
// left, so that the next start finds all as it was.
func (n *Node) abandon(made []string) error {
	if len(made) == 0 {
		return n.Close()
	}
	err := n.close(n.store.Folder().Discard)
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

// Close ends the node and its watches. Run must have returned, and no other method
// may be running.
func (n *Node) Close() error { return n.close(n.store.Close) }

func (n *Node) close(end func() error) error {
	close(n.closing)
	n.looking.Wait()
	if n.Serving != nil {
		n.Serving.Close()
	}
	if n.Pipeline != nil {
		n.Pipeline.Close()
	}
	if n.Mirror != nil {
		return errors.Join(n.Mirror.Close(), end())
	}
	return end()
}

// Info returns what a client needs to know before it submits.
func (n *Node) Info() client.Info {
	info := client.Info{
		Open: n.config.Open, MaxLeaves: publish.MaxLeaves, MaxStatusItems: verifier.MaxStatusItems,
		BatchCount: n.config.BatchCount, BatchAge: n.config.BatchAge.Seconds(),
	}
	for _, w := range n.Pipeline.Writers {
		c := w.Info()
		info.Homes, info.Chains = append(info.Homes, c.Home), append(info.Chains, c)
	}
	info.Account, info.Confirmations = info.Chains[0].Account, info.Chains[0].Confirmations
	return info
}
