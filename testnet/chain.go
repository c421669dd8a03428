package testnet

import (
	"context"
	"encoding/json"
	"fmt"
	"math/big"
	"sync"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/ethclient"
	"github.com/ethereum/go-ethereum/rpc"

	"github.com/hallmark-node/hallmark/internal/durable"
	"github.com/hallmark-node/hallmark/testnet/beaconsim"
)

// Chain is a running test chain. Its fields are set by Start and not to be
// changed; its methods may be called from several goroutines.
type Chain struct {
	// RPC is the http:// URL of its JSON-RPC.
	RPC string
	// ChainID is its EIP-155 chain id.
	ChainID uint64
	// Registry is the address of the AnchorRegistry.
	Registry common.Address
	// Accounts hold 10,000 ether each at the start, and have sent nothing.
	Accounts []Account
	// Beacon is the http:// URL of the Beacon API, empty without Config.Beacon.
	Beacon string

	backend backend
	client  *ethclient.Client
	beacon  *beaconsim.Beacon // or nil

	// What Close needs to run once.
	closing  sync.Once
	closeErr error
	detach   func() bool // stops watching the context given to Start
}

// Mine makes n blocks at once, the first with the transactions that are
// pending.
func (c *Chain) Mine(ctx context.Context, n int) error {
	if n < 1 {
		return fmt.Errorf("testnet: mine %d blocks: want at least 1", n)
	}
	if err := c.backend.mine(ctx, n); err != nil {
		return fmt.Errorf("testnet: mine %d blocks: %w", n, err)
	}
	return nil
}

// Reorg replaces the last depth blocks by depth+1 empty ones, as when the
// network settles on another branch. The transactions of the replaced blocks
// return to the pool: on demand they are mined again at once, in a block after
// the empty ones, else with the next block. What is finalized cannot be
// replaced: for a deep reorg start the chain with a larger Config.Epoch. (Beyond
// 64 blocks go-ethereum's pool gives the transactions up.)
func (c *Chain) Reorg(ctx context.Context, depth int) error {
	return c.reorg(ctx, depth, false)
}

// ReorgForget is Reorg on a network that forgets the replaced transactions: they
// do not return to the pool, and whatever else was pending is dropped too.
func (c *Chain) ReorgForget(ctx context.Context, depth int) error {
	return c.reorg(ctx, depth, true)
}

func (c *Chain) reorg(ctx context.Context, depth int, forget bool) error {
	head, err := c.client.BlockNumber(ctx)
	if err != nil {
		return fmt.Errorf("testnet: reorg: read the head: %w", err)
	}
	final, err := c.client.HeaderByNumber(ctx, big.NewInt(int64(rpc.FinalizedBlockNumber)))
	if err != nil {
		return fmt.Errorf("testnet: reorg: read the finalized block: %w", err)
	}
	if room := int64(head) - final.Number.Int64(); depth < 1 || int64(depth) > room {
		return fmt.Errorf("testnet: reorg of %d blocks: want 1 to %d, the blocks after the finalized one "+
			"(a larger Config.Epoch leaves more room)", depth, room)
	}
	if err := c.backend.reorg(ctx, depth, forget); err != nil {
		return fmt.Errorf("testnet: reorg of %d blocks: %w", depth, err)
	}
	return nil
}

// AdvanceTime moves the chain's clock ahead by d, in whole seconds and for
// good, and makes one block at the new time.
func (c *Chain) AdvanceTime(ctx context.Context, d time.Duration) error {
	if d < time.Second || d%time.Second != 0 {
		return fmt.Errorf("testnet: advance time by %v: want a whole number of seconds, at least one", d)
	}
	if err := c.backend.advance(ctx, d); err != nil {
		return fmt.Errorf("testnet: advance time by %v: %w", d, err)
	}
	return c.Mine(ctx, 1)
}

// SyncBeacon has the beacon chain take up the blocks that are there now, which it does by
// itself some moments later. Without Config.Beacon it does nothing.
func (c *Chain) SyncBeacon(ctx context.Context) error {
	if c.beacon == nil {
		return nil
	}
	return c.beacon.Sync(ctx)
}

// MarshalJSON gives the form that `hallmark testnet` prints:
//
//	{"rpc","chainId","registry","beacon","accounts":[{"address","privateKey"}]}
//
// without "beacon" where there is none, with EIP-55 addresses and 0x-prefixed keys of 32 bytes.
func (c *Chain) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		RPC      string    `json:"rpc"`
		ChainID  uint64    `json:"chainId"`
		Registry string    `json:"registry"`
		Beacon   string    `json:"beacon,omitempty"`
		Accounts []Account `json:"accounts"`
	}{c.RPC, c.ChainID, c.Registry.Hex(), c.Beacon, c.Accounts})
}

// WriteFile writes the chain's JSON form to a file, atomically: a reader that sees the
// file sees all of it. A program that waits for it to appear may use the chain
// from then on.
func (c *Chain) WriteFile(path string) error {
	text, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		return err
	}
	// Readable by all: the file is for other programs, and its keys are worth nothing.
	if err := durable.Replace(path, append(text, '\n'), 0o644); err != nil {
		return fmt.Errorf("testnet: %w", err)
	}
	return nil
}
