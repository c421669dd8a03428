package anchor

import (
	"errors"
	"fmt"
	"log/slog"
	"math/big"
	"time"

	"github.com/hallmark-node/hallmark/anchor/chain"
	"github.com/hallmark-node/hallmark/verifier"
)

// Config says what a node does. Data, RPC and Key are required; so is an answer to
// who may submit. Everything else has a default.
type Config struct {
	Data string     // folder of the node's state; one node at a time
	RPC  string     // URL of an Ethereum JSON-RPC server; may hold a secret and is never logged
	Key  *chain.Key // the account that pays; no other program may use it

	Registry      verifier.Address    // zero: [verifier.RegistryAddress]
	Confirmations chain.Confirmations // when a block counts as final; the zero value is "finalized"

	Open    bool               // anyone may submit
	Issuers []verifier.Address // who may, unless Open

	BatchCount int           // seal when so many submissions wait; default 1,000
	BatchAge   time.Duration // seal when the oldest waits so long; default 1 minute
	MaxWaiting int           // accept no more while so many submissions wait; default 100,000

	MaxFee      *big.Int // most to pay, wei per gas; nil: whatever the chain asks
	MaxInFlight int      // seal no more while so many transactions are on their way; default 8

	PollInterval time.Duration // how often to look for a new block; default 4 s
	EvidenceAge  time.Duration // evidence older than that is fetched again when asked for; default 1 hour

	Log *slog.Logger // nil: [slog.Default]
}

func (c Config) withDefaults() (Config, error) {
	setDefault(&c.Registry, verifier.RegistryAddress)
	setDefault(&c.BatchCount, 1000)
	setDefault(&c.BatchAge, time.Minute)
	setDefault(&c.MaxWaiting, 100_000)
	setDefault(&c.MaxInFlight, 8)
	setDefault(&c.PollInterval, 4*time.Second)
	setDefault(&c.EvidenceAge, time.Hour)
	if c.Log == nil {
		c.Log = slog.Default()
	}
	switch {
	case c.Data == "":
		return c, errors.New("no data folder is configured")
	case c.Key == nil:
		return c, errors.New("no account is configured: the node needs a key to pay for its transactions")
	case !c.Open && len(c.Issuers) == 0:
		return c, errors.New("nobody may submit: name issuers, or let anyone")
	case c.BatchCount < 1 || c.BatchCount > maxBatchCount:
		return c, fmt.Errorf("a batch of %d submissions: want 1 to %d", c.BatchCount, maxBatchCount)
	case c.BatchAge < 0 || c.PollInterval < 0 || c.EvidenceAge < 0 || c.MaxWaiting < 0 || c.MaxInFlight < 0:
		return c, errors.New("durations and limits cannot be negative")
	case c.MaxFee != nil && c.MaxFee.Sign() <= 0:
		return c, errors.New("a fee of at most zero anchors nothing")
	}
	return c, nil
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
