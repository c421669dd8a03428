package anchor

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

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

// Node is the roles of a node in one process, and the folder in which they meet. [Open] one,
// then [Node.Run] it; everything else may be called by many goroutines at once, from Open
// until Close.
type Node struct {
	Intake   *intake.Intake     // takes submissions
	Pipeline *pipeline.Pipeline // takes statements about issuers, and brings all to the chains
	Serving  *serving.Serving   // answers readers
	Sharing  *sharing.Sharing   // keeps what holders show; nil if nothing is shared
	Mirror   *mirror.Mirror     // gets what others have published; nil if it is no mirror

	config  Config
	log     *slog.Logger
	store   *store.Store
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

// Open opens the data folder and connects to the chains. A folder that belongs to
// another chain or registry is refused; a chain that the folder does not know yet is
// added to it. A chain may be out of reach, or its server show no registry, if the
// folder knows it: then submissions are accepted, and wait.
func Open(ctx context.Context, config Config) (_ *Node, err error) {
	if config, err = config.withDefaults(); err != nil {
		return nil, err
	}
	n := &Node{config: config, log: config.Log, closing: make(chan struct{}), hook: func(string) {}}
	made := notThere(config)
	n.store, err = store.Open(config.Data, store.Options{
		FS: config.fs, Log: n.log, Ballast: role.Ballast(config.DiskReserve), Cache: config.Cache,
	})
	if err != nil {
		return nil, err
	}
	if n.disk, err = role.NewDisk(config.Data, config.DiskReserve); err != nil {
		return nil, errors.Join(err, n.abandon(made))
	}
	n.disk.Whole = n.store.Folder().KeepBallast
	n.looking.Go(func() { n.disk.Run(n.closing) })
	if err := n.start(ctx); err != nil {
		return nil, errors.Join(err, n.abandon(made))
	}
	n.log.Info("node opened", "data", config.Data, "chains", len(config.Chains),
		"batchCount", config.BatchCount, "batchAge", config.BatchAge, "open", config.Open, "issuers", len(config.Issuers))
	return n, nil
}

// start puts the roles together. What each calls of the others is called once all are there.
func (n *Node) start(ctx context.Context) (err error) {
	access := role.Access{Open: n.config.Open, Issuers: n.config.Issuers, Mirror: n.config.Mirror != nil}
	hooks := role.Hooks{
		Step: func(name string) { n.hook(name) },
		Changed: func() {
			n.Serving.Changed()
			if n.webhook != nil {
				n.webhook.Wake()
			}
		},
		Beat: n.beats.beat,
	}
	if n.Pipeline, err = pipeline.Open(ctx, pipeline.Config{
		Chains: n.config.Chains, Access: access, RelaysPerDay: n.config.RelaysPerDay, Data: n.config.Data, Log: n.log,
		Hooks: hooks, Ready: func() { n.Intake.Wake() },
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
		if n.webhook, err = webhook.New(*n.config.Webhook, written, n.store, n.log); err != nil {
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
		if n.Sharing, err = sharing.Open(*n.config.Shares, n.store, n.disk, n.Serving, homes, n.log); err != nil {
			return err
		}
	}
	if n.config.Mirror != nil {
		w := n.Pipeline.Writers[0]
		if n.Mirror, err = mirror.New(*n.config.Mirror, n.store, n.disk, w, n.config.Chains[0].PollInterval, hooks, n.log); err != nil {
			return err
		}
	}
	n.Intake, err = intake.New(intake.Config{
		Access: access, BatchCount: n.config.BatchCount, BatchAge: n.config.BatchAge, MaxWaiting: n.config.MaxWaiting, Log: n.log,
		Hooks: hooks, Status: n.Serving.Submission,
	}, n.store, n.disk, sealed)
	return err
}

// Run moves everything along until ctx is done: it seals batches, and on each chain
// sends transactions, follows them until they are final, and takes evidence. It
// returns nil when ctx is done, and an error only if the node cannot go on because
// the disk fails.
func (n *Node) Run(ctx context.Context) (err error) {
	if n.running.Swap(true) {
		return errors.New("the node is running already")
	}
	defer func() {
		n.running.Store(false)
		n.beats.end(err)
	}()
	work, inner := errgroup.WithContext(ctx)
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
	err = work.Wait()
	if ctx.Err() != nil {
		return nil
	}
	n.log.Error("node stops", "err", err)
	return err
}

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
