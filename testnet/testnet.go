// Package testnet runs local Ethereum chains for trying Hallmark out and for
// testing it: a go-ethereum node inside this process (the default), or anvil as
// a child process. Both serve real HTTP JSON-RPC, keep historic state (so that
// eth_getProof answers for past blocks), fund the same well-known accounts and
// come with the AnchorRegistry in place, deployed by a transaction through the
// deterministic deployer just as on a public chain. Their rules are those of
// mainnet today.
//
// Call [Start], use Chain.RPC and Chain.Accounts, and Close it in the end:
//
//	chain, err := testnet.Start(ctx, testnet.Config{})
//	if err != nil { … }
//	defer chain.Close()
//	client, err := ethclient.Dial(chain.RPC)
//
// # Blocks and finality
//
// By default blocks are made on demand: a transaction is mined as soon as it
// arrives, and [Chain.Mine] makes further blocks. With Config.BlockTime blocks
// come on a timer instead (and by Mine). The `safe` block is Config.Epoch blocks
// behind the head and the `finalized` block twice that, so with the default
// Epoch of 1 a transaction is final two blocks after its own. On demand nothing
// becomes final by itself: mine two blocks, or use a timer.
//
// Block times are whole seconds. On the geth backend each is later than the one
// before, as on mainnet, so a chain that is mined faster than one block a second
// runs ahead of the wall clock. (anvil gives blocks of the same second the same
// time.)
//
// With Config.Beacon, light clients find at [Chain.Beacon] the Beacon API of a beacon
// chain whose generated validators sign what is final here: see package beaconsim.
//
// The accounts' keys are public knowledge. Never use them on another chain.
package testnet

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"time"

	"github.com/ethereum/go-ethereum/ethclient"

	"github.com/hallmark-node/hallmark/contracts"
	"github.com/hallmark-node/hallmark/testnet/beaconsim"
)

// The backends that Start knows.
const (
	// BackendGeth is a go-ethereum node inside this process.
	BackendGeth = "geth"
	// BackendAnvil is Foundry's anvil, run as a child process.
	BackendAnvil = "anvil"
)

// DefaultChainID is the chain id of a test chain that was not given another:
// the one that hardhat and anvil use.
const DefaultChainID = 31337

// Config says what chain Start runs. Its zero value is a chain inside this
// process on a free port of the loopback interface, with blocks on demand.
type Config struct {
	// Backend is BackendGeth (also if empty) or BackendAnvil.
	Backend string
	// Listen is the host:port that JSON-RPC is served on; empty means
	// "127.0.0.1:0". Port 0 picks a free one. Anybody who can reach it can
	// rewrite the chain.
	Listen string
	// BlockTime is the interval of the block timer in whole seconds. Zero
	// means on demand: a transaction is mined at once.
	BlockTime time.Duration
	// Epoch is the number of blocks by which `safe` trails the head;
	// `finalized` trails it by twice as many. Zero means 1; mainnet has 32.
	Epoch int
	// Accounts is how many funded accounts there are. Zero means 10.
	Accounts int
	// ChainID is the chain id; zero means DefaultChainID.
	ChainID uint64
	// Beacon runs a stand-in for the beacon chain beside it: see package beaconsim.
	Beacon bool
	// BeaconPeriod is how many blocks a sync committee of the stand-in serves, 8 to
	// 65,536; zero means 8192, as on mainnet. With a period that is shorter than that,
	// a historical summary is of about as many blocks.
	BeaconPeriod uint64
	// Amsterdam turns on the rules and the gas prices of the fork after
	// today's (EIP-8037 and others). BackendGeth only.
	Amsterdam bool
	// Log takes what the node and anvil say; nil drops it. go-ethereum's
	// packages below the node log through that module's process-wide logger
	// (github.com/ethereum/go-ethereum/log), which is silent unless the
	// program sets it, and which this package leaves alone.
	Log *slog.Logger
}

// withDefaults returns the configuration with every empty field filled in, or
// says what is wrong with it.
func (c Config) withDefaults() (Config, error) {
	if c.Backend == "" {
		c.Backend = BackendGeth
	}
	if c.Listen == "" {
		c.Listen = "127.0.0.1:0"
	}
	if c.Epoch == 0 {
		c.Epoch = 1
	}
	if c.Accounts == 0 {
		c.Accounts = 10
	}
	if c.ChainID == 0 {
		c.ChainID = DefaultChainID
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if _, _, err := net.SplitHostPort(c.Listen); err != nil {
		return c, fmt.Errorf("testnet: listen address must be host:port: %w", err)
	}
	switch {
	case c.BlockTime < 0 || c.BlockTime%time.Second != 0:
		return c, fmt.Errorf("testnet: block time %v is not a whole number of seconds: block timestamps are", c.BlockTime)
	case c.Epoch < 0 || c.Epoch > 1024:
		return c, fmt.Errorf("testnet: epoch of %d blocks: want 1 to 1024", c.Epoch)
	case c.Accounts < 0 || c.Accounts > 1000:
		return c, fmt.Errorf("testnet: %d accounts: want 1 to 1000", c.Accounts)
	case c.BeaconPeriod != 0 && (c.BeaconPeriod < beaconsim.MinPeriod || c.BeaconPeriod > beaconsim.MaxPeriod):
		return c, fmt.Errorf("testnet: a period of %d slots: want %d to %d", c.BeaconPeriod, beaconsim.MinPeriod, beaconsim.MaxPeriod)
	case c.ChainID > 1<<53-1:
		return c, fmt.Errorf("testnet: chain id %d is larger than 2^53-1, which JSON can carry", c.ChainID)
	}
	return c, nil
}

// backend is what makes a chain's blocks.
type backend interface {
	// mine makes n blocks; the first takes the pending transactions.
	mine(ctx context.Context, n int) error
	// reorg replaces the last depth blocks by depth+1 others. The replaced
	// transactions return to the pool, unless forget is set: then the pool is
	// emptied. depth never reaches the finalized block.
	reorg(ctx context.Context, depth int, forget bool) error
	// advance moves the chain's clock ahead, without making a block.
	advance(ctx context.Context, d time.Duration) error
	// close ends everything that the backend started, and waits for it.
	close() error
}

// Start runs a chain and returns once JSON-RPC answers, the registry has the
// expected code at its address, and the finalized block is one that holds it.
//
// The chain ends when Close is called or ctx is done, whichever is first; an
// anvil also ends when this process does, however it ends (on Linux).
func Start(ctx context.Context, config Config) (*Chain, error) {
	config, err := config.withDefaults()
	if err != nil {
		return nil, err
	}
	// One account more than are shown: it deploys the registry, so that the
	// others start with nonce zero.
	accounts, err := deriveAccounts(config.Accounts + 1)
	if err != nil {
		return nil, err
	}
	var b backend
	var url string
	switch config.Backend {
	case BackendGeth:
		b, url, err = startGeth(config, accounts)
	case BackendAnvil:
		b, url, err = startAnvil(ctx, config, len(accounts))
	default:
		return nil, fmt.Errorf("testnet: unknown backend %q: want %q or %q", config.Backend, BackendGeth, BackendAnvil)
	}
	if err != nil {
		return nil, fmt.Errorf("testnet: start %s: %w", config.Backend, err)
	}
	chain := &Chain{
		RPC:      url,
		ChainID:  config.ChainID,
		Registry: contracts.Address,
		Accounts: accounts[:config.Accounts],
		backend:  b,
	}
	if err := chain.prepare(ctx, config, accounts[config.Accounts]); err != nil {
		return nil, errors.Join(fmt.Errorf("testnet: prepare %s: %w", config.Backend, err), chain.Close())
	}
	armed := make(chan struct{}) // Close reads detach
	chain.detach = context.AfterFunc(ctx, func() {
		<-armed
		if err := chain.Close(); err != nil {
			config.Log.Error("closing the test chain failed", "err", err)
		}
	})
	close(armed)
	return chain, nil
}

// prepare connects to the new chain, puts the registry there and makes it final.
func (c *Chain) prepare(ctx context.Context, config Config, deployer Account) error {
	client, err := ethclient.DialContext(ctx, c.RPC)
	if err != nil {
		return fmt.Errorf("dial %s: %w", c.RPC, err)
	}
	c.client = client
	id, err := client.ChainID(ctx)
	if err != nil {
		return fmt.Errorf("ask for the chain id: %w", err)
	}
	if !id.IsUint64() || id.Uint64() != config.ChainID {
		return fmt.Errorf("%s is chain %v, not %d: is another chain listening there?", c.RPC, id, config.ChainID)
	}
	mine := func() error { return nil } // on demand: the transaction alone brings the block
	if config.BlockTime > 0 {
		mine = func() error { return c.backend.mine(ctx, 1) }
	}
	if err := deployRegistry(ctx, client, id, deployer, mine); err != nil {
		return err
	}
	if err := c.backend.mine(ctx, 2*config.Epoch); err != nil || !config.Beacon {
		return err
	}
	host, _, _ := net.SplitHostPort(config.Listen) // it was split before
	roots := uint64(8)
	for roots < config.BeaconPeriod {
		roots *= 2
	}
	if config.BeaconPeriod == 0 {
		roots = 0 // as on mainnet
	}
	c.beacon, err = beaconsim.Start(ctx, beaconsim.Config{
		RPC: c.RPC, Listen: net.JoinHostPort(host, "0"), Period: config.BeaconPeriod, RootsPerSummary: min(roots, 8192), Log: config.Log,
	})
	if err != nil {
		return err
	}
	c.Beacon, err = localURL(strings.TrimPrefix(c.beacon.URL, "http://"))
	return err
}

// Close ends the chain and waits until nothing of it is left: no process, no
// goroutine, no port. It may be called more than once and from several
// goroutines.
func (c *Chain) Close() error {
	c.closing.Do(func() {
		if c.detach != nil {
			c.detach()
		}
		if c.client != nil {
			c.client.Close()
		}
		var err error
		if c.beacon != nil {
			err = c.beacon.Close()
		}
		if err = errors.Join(err, c.backend.close()); err != nil {
			c.closeErr = fmt.Errorf("testnet: close: %w", err)
		}
	})
	return c.closeErr
}

// localURL is where a server that listens on host:port is reached from this
// machine: a host that means all interfaces becomes the loopback one.
func localURL(address string) (string, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return "", err
	}
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return "http://" + net.JoinHostPort(host, port), nil
}
