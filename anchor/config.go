package anchor

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/hallmark-node/hallmark/anchor/chain"
	"github.com/hallmark-node/hallmark/anchor/intake"
	"github.com/hallmark-node/hallmark/anchor/mirror"
	"github.com/hallmark-node/hallmark/anchor/pipeline"
	"github.com/hallmark-node/hallmark/anchor/role"
	"github.com/hallmark-node/hallmark/anchor/sharing"
	"github.com/hallmark-node/hallmark/anchor/store"
	"github.com/hallmark-node/hallmark/anchor/webhook"
	"github.com/hallmark-node/hallmark/verifier"
)

// ChainConfig says how a node writes to one chain.
type ChainConfig = pipeline.ChainConfig

// Config says what a node does. Data or Store, and Chains are required. Everything else has a
// default.
type Config struct {
	Data string // folder of the node's state; one node at a time

	// Store has the node's state instead of a folder: other processes may have it too. The node
	// closes it, also if it cannot be opened.
	Store *store.Store
	Roles role.Roles // what this process does; zero: everything

	Chains []ChainConfig // where each batch is anchored; the first is meant where a request names none

	// Who may submit, beside those whom an operator adds while the node runs, see [Node.Access].
	Open    bool               // anyone may
	Issuers []verifier.Address // these may, unless Open; their statements are relayed before anything of theirs is final

	RelaysPerDay int // relay at most so many statements of an issuer in a UTC day; default 24

	BatchCount int           // seal when so many submissions wait; default 1,000
	BatchAge   time.Duration // seal when the oldest waits so long; default 1 minute
	MaxWaiting int           // accept no more while so many submissions wait; default 100,000

	DiskReserve uint64 // accept no more while the data folder's disk has fewer bytes free; default 512 MiB

	EvidenceAge time.Duration // evidence older than that is fetched again when asked for; default 1 hour

	// Mirror makes the node one of what others have published: it takes no submissions and no
	// statements, seals nothing of its own, and needs no account. Nil: it is none.
	Mirror *mirror.Config
	Cache  int64 // bytes of the store that stay in memory; default 384 MiB

	Shares  *sharing.Config // nil: nothing is shared
	Webhook *webhook.Config // who is told when a submission becomes final; nil: nobody

	Log *slog.Logger // nil: [slog.Default]

	fs vfs.FS // of the data folder; nil but in tests: the operating system's
}

// Check returns what [Open] would say of a configuration before it opens anything. Keys
// and the store may be missing.
func (c Config) Check() error {
	if c.Data == "" && c.Store == nil {
		c.Store = new(store.Store)
	}
	c.Chains = slices.Clone(c.Chains)
	for i := range c.Chains {
		if c.Chains[i].Key == nil {
			c.Chains[i].Key = new(chain.Key)
		}
	}
	_, err := c.withDefaults()
	return err
}

func (c Config) withDefaults() (Config, error) {
	c.BatchCount = cmp.Or(c.BatchCount, 1000)
	c.BatchAge = cmp.Or(c.BatchAge, time.Minute)
	c.MaxWaiting = cmp.Or(c.MaxWaiting, 100_000)
	c.RelaysPerDay = cmp.Or(c.RelaysPerDay, 24) // one an hour; a list says any number of things at once
	c.EvidenceAge = cmp.Or(c.EvidenceAge, time.Hour)
	c.DiskReserve = cmp.Or(c.DiskReserve, 512<<20)
	if c.Roles == (role.Roles{}) {
		c.Roles = role.AllRoles
		c.Roles.Intake = c.Mirror == nil
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	switch {
	case c.Data == "" && c.Store == nil:
		return c, errors.New("no data folder is configured")
	case len(c.Chains) == 0:
		return c, errors.New("no chain is configured: a node needs one to anchor in")
	case c.Mirror != nil && (c.Open || len(c.Issuers) > 0 || len(c.Chains) != 1 || c.Roles.Intake):
		return c, errors.New("a mirror is of one chain, and takes nothing in")
	case c.BatchCount < 1 || c.BatchCount > intake.MaxBatchCount:
		return c, fmt.Errorf("a batch of %d submissions: want 1 to %d", c.BatchCount, intake.MaxBatchCount)
	case c.BatchAge < 0 || c.EvidenceAge < 0 || c.MaxWaiting < 0 || c.RelaysPerDay < 0:
		return c, errors.New("durations and limits cannot be negative")
	case len(c.Chains) > verifier.MaxAnchors:
		return c, fmt.Errorf("%d chains: a proof holds at most %d", len(c.Chains), verifier.MaxAnchors)
	}
	c.Chains = slices.Clone(c.Chains)
	for i := range c.Chains {
		c.Chains[i].Watch = c.Mirror != nil
		var err error
		if c.Chains[i], err = c.Chains[i].WithDefaults(); err != nil {
			return c, fmt.Errorf("chain %d of %d: %w", i+1, len(c.Chains), err)
		}
		if c.Chains[i].Key == nil && c.Roles.Write && c.Mirror == nil {
			return c, fmt.Errorf("chain %d of %d: no account is configured: the node needs a key to pay for its transactions", i+1, len(c.Chains))
		}
	}
	return c, nil
}
