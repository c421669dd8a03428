package pipeline

import (
	"cmp"
	"errors"
	"log/slog"
	"math/big"
	"time"

	"github.com/hallmark-node/hallmark/anchor/access"
	"github.com/hallmark-node/hallmark/anchor/chain"
	"github.com/hallmark-node/hallmark/anchor/role"
	"github.com/hallmark-node/hallmark/verifier"
)

// Config says what a pipeline does.
type Config struct {
	Chains       []ChainConfig  // with defaults
	Access       *access.Access // whose statements are relayed
	RelaysPerDay int            // relay at most so many statements of an issuer in a UTC day
	Data         string         // what the store is called in errors
	Shared       bool           // other processes have the store too
	Log          *slog.Logger
	Hooks        role.Hooks
	Leases       *role.Leases // a writer writes while it holds the one of its account on its chain
	Ready        func()       // called when a writer has found out whether another batch could be sent; it does not wait
}

// ChainConfig says how a node writes to one chain. RPC is required, and Key by a process that
// writes.
type ChainConfig struct {
	RPC []string     // URLs of Ethereum JSON-RPC servers, the preferred one first; may hold secrets and are never logged
	Key chain.Signer // the account that pays; no other program may use it on this chain

	// Watch says that nothing is signed or sent: batches that others anchor are followed. There is no
	// Key then.
	Watch bool

	// Chain is zero for the one that the servers report. It is needed to start while they are
	// down and the folder has several chains.
	Chain         verifier.ChainID
	Registry      verifier.Address    // zero: [verifier.RegistryAddress]
	Confirmations chain.Confirmations // when a block counts as final; the zero value is "finalized"

	MaxFee         *big.Int // most to pay, wei per gas; nil: whatever the chain asks
	MaxSpendPerDay *big.Int // most to commit to in a UTC day, wei; nil: no limit
	MaxInFlight    int      // send no more batches while so many are in no block yet, and statements while half as many are; default 8

	Beacon  []string // base URLs of beacon nodes, the preferred one first, which make vouchers; may hold secrets and are never logged
	Witness []string // base URLs of witnesses, whose cosignatures are taken

	PollInterval time.Duration // how often to look for a new block; default 4 s
	BumpAfter    time.Duration // pay more for a transaction that is in no block for so long; default 2 minutes
}

// WithDefaults returns a configuration with the defaults for what it leaves open, or what is
// wrong with it.
func (c ChainConfig) WithDefaults() (ChainConfig, error) {
	c.Registry = cmp.Or(c.Registry, verifier.RegistryAddress)
	c.MaxInFlight = cmp.Or(c.MaxInFlight, 8)
	c.PollInterval = cmp.Or(c.PollInterval, 4*time.Second)
	c.BumpAfter = cmp.Or(c.BumpAfter, 2*time.Minute)
	switch {
	case len(c.RPC) == 0:
		return c, errors.New("no RPC server is configured")
	case c.PollInterval < 0 || c.MaxInFlight < 0 || c.BumpAfter < 0:
		return c, errors.New("durations and limits cannot be negative")
	case c.MaxFee != nil && c.MaxFee.Sign() <= 0:
		return c, errors.New("a fee of at most zero anchors nothing")
	case c.MaxSpendPerDay != nil && c.MaxSpendPerDay.Sign() <= 0:
		return c, errors.New("spending at most zero a day anchors nothing")
	}
	return c, nil
}
