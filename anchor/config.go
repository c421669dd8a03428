package anchor

import (
	"errors"
	"fmt"
	"log/slog"
	"math/big"
	"slices"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/hallmark-node/hallmark/anchor/chain"
	"github.com/hallmark-node/hallmark/verifier"
)

// Config says what a node does. Data and Chains are required; so is an answer to
// who may submit. Everything else has a default.
type Config struct {
	Data   string        // folder of the node's state; one node at a time
	Chains []ChainConfig // where each batch is anchored; the first is meant where a request names none

	Open    bool               // anyone may submit
	Issuers []verifier.Address // who may, unless Open; their statements are relayed before anything of theirs is final

	RelaysPerDay int // relay at most so many statements of an issuer in a UTC day; default 24

	BatchCount int           // seal when so many submissions wait; default 1,000
	BatchAge   time.Duration // seal when the oldest waits so long; default 1 minute
	MaxWaiting int           // accept no more while so many submissions wait; default 100,000

	DiskReserve uint64 // accept no more while the data folder's disk has fewer bytes free; default 512 MiB

	EvidenceAge time.Duration // evidence older than that is fetched again when asked for; default 1 hour

	Log *slog.Logger // nil: [slog.Default]

	fs vfs.FS // of the data folder; nil but in tests: the operating system's
}

// ChainConfig says how a node writes to one chain. RPC and Key are required.
type ChainConfig struct {
	RPC []string     // URLs of Ethereum JSON-RPC servers, the preferred one first; may hold secrets and are never logged
	Key chain.Signer // the account that pays; no other program may use it on this chain

	Chain         verifier.ChainID    // zero: what the servers speak for; needed to start while they are down and the folder has several chains
	Registry      verifier.Address    // zero: [verifier.RegistryAddress]
	Confirmations chain.Confirmations // when a block counts as final; the zero value is "finalized"

	MaxFee         *big.Int // most to pay, wei per gas; nil: whatever the chain asks
	MaxSpendPerDay *big.Int // most to commit to in a UTC day, wei; nil: no limit
	MaxInFlight    int      // send no more batches while so many are in no block yet, and statements while half as many are; default 8

	PollInterval time.Duration // how often to look for a new block; default 4 s
	BumpAfter    time.Duration // pay more for a transaction that is in no block for so long; default 2 minutes
}

// Check returns what [Open] would say of a configuration before it opens anything. Keys
// may be missing.
func (c Config) Check() error {
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
	setDefault(&c.BatchCount, 1000)
	setDefault(&c.BatchAge, time.Minute)
	setDefault(&c.MaxWaiting, 100_000)
	setDefault(&c.RelaysPerDay, 24) // one an hour; a list says any number of things at once
	setDefault(&c.EvidenceAge, time.Hour)
	setDefault(&c.DiskReserve, 512<<20)
	if c.Log == nil {
		c.Log = slog.Default()
	}
	switch {
	case c.Data == "":
		return c, errors.New("no data folder is configured")
	case len(c.Chains) == 0:
		return c, errors.New("no chain is configured: a node needs one to anchor in")
	case !c.Open && len(c.Issuers) == 0:
		return c, errors.New("no issuer may submit: name issuers, or allow all")
	case c.BatchCount < 1 || c.BatchCount > maxBatchCount:
		return c, fmt.Errorf("a batch of %d submissions: want 1 to %d", c.BatchCount, maxBatchCount)
	case c.BatchAge < 0 || c.EvidenceAge < 0 || c.MaxWaiting < 0 || c.RelaysPerDay < 0:
		return c, errors.New("durations and limits cannot be negative")
	case len(c.Chains) > verifier.MaxAnchors:
		return c, fmt.Errorf("%d chains: a proof holds at most %d", len(c.Chains), verifier.MaxAnchors)
	}
	c.Chains = slices.Clone(c.Chains)
	for i := range c.Chains {
		if err := c.Chains[i].setDefaults(); err != nil {
			return c, fmt.Errorf("chain %d of %d: %w", i+1, len(c.Chains), err)
		}
	}
	return c, nil
}

func (c *ChainConfig) setDefaults() error {
	setDefault(&c.Registry, verifier.RegistryAddress)
	setDefault(&c.MaxInFlight, 8)
	setDefault(&c.PollInterval, 4*time.Second)
	setDefault(&c.BumpAfter, 2*time.Minute)
	switch {
	case len(c.RPC) == 0:
		return errors.New("no RPC server is configured")
	case c.Key == nil:
		return errors.New("no account is configured: the node needs a key to pay for its transactions")
	case c.PollInterval < 0 || c.MaxInFlight < 0 || c.BumpAfter < 0:
		return errors.New("durations and limits cannot be negative")
	case c.MaxFee != nil && c.MaxFee.Sign() <= 0:
		return errors.New("a fee of at most zero anchors nothing")
	case c.MaxSpendPerDay != nil && c.MaxSpendPerDay.Sign() <= 0:
		return errors.New("spending at most zero a day anchors nothing")
	}
	return nil
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// Bounds of a batch. What is sealed at once is held in memory as published pages.
const (
	maxBatchCount  = 100_000
	maxInlineBytes = 64 << 20 // leaves inside the pages
)
