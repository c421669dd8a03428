// Package fsck checks a node's store: everything in it against itself, and
// what is final against the chains. Call [Run] or [Folder]. It changes nothing.
//
// What it finds is damage; that something could not be looked at, because a server
// does not answer, is an error and never damage.
package fsck

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"github.com/hallmark-node/hallmark/anchor/chain"
	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/anchor/store"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// Config says what to check.
type Config struct {
	RPC []string // URLs of servers of the chains to compare with; may be empty

	// Found is called for each damage, as it is found.
	Found func(store.Damage)
}

// Report counts what was checked.
type Report struct {
	store.Checked
	Damages int           `json:"damages"`
	Chains  []ChainReport `json:"chains"` // that were compared with
}

// ChainReport counts what was compared with one chain.
type ChainReport struct {
	Home     verifier.Home `json:"home"`
	Anchors  int           `json:"anchors"` // final batches
	Evidence int           `json:"evidence"`
}

// Folder checks the data folder of a node that does not run, or a backup. One that cannot be
// opened for what is in it is damaged.
func Folder(ctx context.Context, data string, config Config) (r Report, err error) {
	s, err := store.Open(data, store.Options{ReadOnly: true})
	switch {
	case errors.Is(err, store.ErrLocked), errors.Is(err, fs.ErrNotExist), errors.Is(err, fs.ErrPermission):
		return r, err
	case err != nil:
		config.Found(store.Damage{Where: "the data folder", What: err.Error(), Remedy: "restore a backup, and submit again what came after it"})
		return Report{Damages: 1}, nil
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	return Run(ctx, s, config)
}

// Run checks a store that nothing else writes to.
func Run(ctx context.Context, s *store.Store, config Config) (r Report, err error) {
	found := func(d store.Damage) {
		r.Damages++
		config.Found(d)
	}
	if r.Checked, err = s.Check(ctx, found); err != nil {
		return r, err
	}
	bound, err := s.Chains()
	if err != nil {
		return r, cannotTell(err)
	}
	for _, url := range config.RPC {
		c, err := newComparison(ctx, s, bound, url, found)
		if err != nil {
			return r, err
		}
		err = c.run(ctx)
		c.client.Close()
		if err != nil {
			return r, fmt.Errorf("%s: not all was compared: %w", c.Home, err)
		}
		r.Chains = append(r.Chains, c.ChainReport)
	}
	return r, nil
}

// cannotTell returns an error of the store that says nothing about a record. What others say
// was found as damage.
func cannotTell(err error) error {
	if errors.Is(err, store.ErrUnavailable) {
		return err
	}
	return nil
}

// comparison is that of a store with one chain.
type comparison struct {
	ChainReport
	store  *store.Store
	client *chain.Client
	found  func(store.Damage)
	head   chain.Block

	canonical map[uint64]merkle.Hash // of the blocks asked for last
}

func newComparison(
	ctx context.Context, s *store.Store, bound []store.Chain, url string, found func(store.Damage),
) (_ *comparison, err error) {
	client, err := chain.Dial(url)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			client.Close()
		}
	}()
	id, err := client.ID(ctx)
	if err != nil {
		return nil, err
	}
	at := slices.IndexFunc(bound, func(b store.Chain) bool { return b.Chain == id.Chain && b.Genesis == id.Genesis })
	if at < 0 {
		return nil, fmt.Errorf("the RPC server reports %s with genesis %s, to which this folder is not bound: name a server of its chain",
			id.Chain, id.Genesis)
	}
	if err := client.Check(ctx, bound[at].Registry); err != nil {
		return nil, err
	}
	c := &comparison{store: s, client: client, found: found, canonical: make(map[uint64]merkle.Hash)}
	c.Home = bound[at].Home()
	c.head, err = client.Head(ctx)
	return c, err
}

func (c *comparison) run(ctx context.Context) error {
	return c.store.EachOperation(c.Home.Chain, func(o *store.Operation) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		if o.Kind != store.KindAnchor || o.State != publish.Final {
			return nil
		}
		c.Anchors++
		record, err := c.client.Anchor(ctx, c.head.Hash, c.Home.Registry, o.Root)
		if err != nil {
			return err
		}
		where := fmt.Sprintf("batch %d on %s", o.Batch, c.Home.Chain)
		if record.Timestamp == 0 {
			c.damage(where, "it is final, and the registry does not record its root %s", o.Root)
		}
		if err := c.block(ctx, where, "it was anchored in", o.Block); err != nil {
			return err
		}
		b, err := c.store.Batch(o.Batch)
		if err != nil {
			return cannotTell(err)
		}
		issuers, err := c.store.Issuers(&b)
		if err != nil {
			return cannotTell(err)
		}
		for i := range issuers {
			e, err := c.store.Evidence(c.Home.Chain, o.Batch, issuers[i].Issuer)
			if err != nil {
				if err := cannotTell(err); err != nil {
					return err
				}
				continue
			}
			c.Evidence++
			name := fmt.Sprintf("evidence of %s for batch %d and issuer %s", c.Home.Chain, o.Batch, issuers[i].Issuer)
			if err := c.block(ctx, name, "it is of", store.Block{Number: e.Number, Hash: e.Hash}); err != nil {
				return err
			}
		}
		return nil
	})
}

func (c *comparison) damage(where, what string, args ...any) {
	c.found(store.Damage{
		Where: where, What: fmt.Sprintf(what, args...),
		Remedy: "ask a server of another provider; if it agrees, start the node, which anchors again what the chain has lost",
	})
}

// maxCanonical bounds the blocks that are remembered.
const maxCanonical = 1 << 16

// block checks that a block is on the chain still.
func (c *comparison) block(ctx context.Context, where, what string, b store.Block) error {
	if b.Hash.IsZero() {
		return nil // a third party anchored it, and only the number is known
	}
	hash, ok := c.canonical[b.Number]
	if !ok {
		at, err := c.client.At(ctx, b.Number)
		if err != nil && !errors.Is(err, chain.ErrNoBlock) {
			return err
		}
		if len(c.canonical) == maxCanonical {
			clear(c.canonical)
		}
		hash = at.Hash
		c.canonical[b.Number] = hash
	}
	if hash != b.Hash {
		c.damage(where, "%s block %d with the hash %s, which is not on the chain", what, b.Number, b.Hash)
	}
	return nil
}
