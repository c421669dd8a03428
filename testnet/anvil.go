package testnet

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/rpc"

	"github.com/hallmark-node/hallmark/internal/child"
)

// ErrNoAnvil is what Start fails with where anvil is not installed. Tests skip
// on it.
var ErrNoAnvil = errors.New("anvil is not installed: run `make anvil`, or name it in $HALLMARK_ANVIL")

// anvilVariable names the anvil to run, before the project's own and PATH's.
const anvilVariable = "HALLMARK_ANVIL"

// anvilStartTime bounds how long a starting anvil may take to answer.
const anvilStartTime = 30 * time.Second

// anvil is a chain in a child process.
type anvil struct {
	process *child.Process
	client  *rpc.Client
	folder  string // its home folder: it writes past states there

	mu sync.Mutex // held while the chain is changed, by this package at least
}

func startAnvil(ctx context.Context, config Config, accounts int) (_ *anvil, url string, err error) {
	if config.Amsterdam {
		return nil, "", fmt.Errorf("anvil does not know the Amsterdam rules: use backend %q", BackendGeth)
	}
	path, err := findAnvil()
	if err != nil {
		return nil, "", err
	}
	args, err := anvilArgs(config, accounts)
	if err != nil {
		return nil, "", err
	}
	folder, err := os.MkdirTemp("", "hallmark-anvil-")
	if err != nil {
		return nil, "", err
	}
	a := &anvil{folder: folder}
	defer func() {
		if err != nil {
			err = errors.Join(err, a.close())
		}
	}()
	cmd := exec.CommandContext(context.WithoutCancel(ctx), path, args...) // it ends by close, in order
	cmd.Dir = folder
	cmd.Env = append(os.Environ(), "HOME="+folder, "NO_COLOR=1")
	ready := make(chan string, 1)
	log := func(line string) { config.Log.Debug(line) }
	if a.process, err = child.Start(cmd, func(line string) {
		log(line)
		if address, found := strings.CutPrefix(line, "Listening on "); found {
			select {
			case ready <- address:
			default: // it was said before
			}
		}
	}, log); err != nil {
		return nil, "", err
	}
	ctx, cancel := context.WithTimeout(ctx, anvilStartTime)
	defer cancel()
	select {
	case address := <-ready:
		if url, err = localURL(address); err != nil {
			return nil, "", err
		}
	case <-a.process.Exited():
		return nil, "", fmt.Errorf("%s ended: %w", path, a.process.Ended())
	case <-ctx.Done():
		return nil, "", fmt.Errorf("%s does not listen: %w", path, ctx.Err())
	}
	a.client, err = rpc.DialContext(ctx, url)
	return a, url, err
}

// anvilArgs asks for the rules, limits and accounts that the geth backend has.
func anvilArgs(config Config, accounts int) ([]string, error) {
	host, port, err := net.SplitHostPort(config.Listen)
	if err != nil {
		return nil, err
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return nil, fmt.Errorf("port of %q: %w", config.Listen, err)
	}
	// anvil wants a number.
	address, err := net.ResolveIPAddr("ip", host)
	if err != nil {
		return nil, err
	}
	if host == "" {
		address.IP = net.IPv4zero
	}
	args := []string{
		"--host", address.IP.String(),
		"--port", port,
		"--chain-id", strconv.FormatUint(config.ChainID, 10),
		"--hardfork", "osaka",
		"--gas-limit", "60000000",
		"--enable-tx-gas-limit",
		"--mnemonic", Mnemonic,
		"--accounts", strconv.Itoa(accounts),
		"--slots-in-an-epoch", strconv.Itoa(config.Epoch),
	}
	if config.BlockTime > 0 {
		args = append(args, "--block-time", strconv.Itoa(int(config.BlockTime/time.Second)))
	}
	return args, nil
}

// findAnvil looks in $HALLMARK_ANVIL, in contracts/node_modules of the working
// folder and of the folders above it (where `make anvil` puts it), and in PATH.
func findAnvil() (string, error) {
	if path := os.Getenv(anvilVariable); path != "" {
		found, err := exec.LookPath(path)
		if err != nil {
			return "", fmt.Errorf("%w: $%s: %w", ErrNoAnvil, anvilVariable, err)
		}
		return filepath.Abs(found)
	}
	inProject := filepath.Join("contracts", "node_modules", "@foundry-rs", "anvil-"+runtime.GOOS+"-"+runtime.GOARCH, "bin", "anvil")
	folder, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if path, err := exec.LookPath(filepath.Join(folder, inProject)); err == nil {
			return path, nil
		}
		above := filepath.Dir(folder)
		if above == folder {
			break
		}
		folder = above
	}
	path, err := exec.LookPath("anvil")
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrNoAnvil, err)
	}
	return filepath.Abs(path)
}

func (a *anvil) mine(ctx context.Context, n int) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.client.CallContext(ctx, nil, "anvil_mine", hexutil.Uint64(n))
}

func (a *anvil) advance(ctx context.Context, d time.Duration) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.client.CallContext(ctx, nil, "evm_increaseTime", hexutil.Uint64(d/time.Second))
}

// reorg: anvil replaces blocks by as many empty ones and forgets their
// transactions. The block that makes the branch the longer one, and the return
// to the pool, are added here.
func (a *anvil) reorg(ctx context.Context, depth int, forget bool) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	transactions, err := a.lastTransactions(ctx, depth)
	if err != nil {
		return err
	}
	if err := a.client.CallContext(ctx, nil, "anvil_reorg", depth, []any{}); err != nil {
		return err
	}
	if forget {
		if err := a.client.CallContext(ctx, nil, "anvil_dropAllTransactions"); err != nil {
			return err
		}
	}
	if err := a.client.CallContext(ctx, nil, "anvil_mine", hexutil.Uint64(1)); err != nil {
		return err
	}
	if forget {
		return nil
	}
	for _, raw := range transactions {
		err := a.client.CallContext(ctx, nil, "eth_sendRawTransaction", raw)
		if err != nil && (strings.Contains(err.Error(), "nonce too low") || strings.Contains(err.Error(), "already imported")) {
			continue // its sender was faster, and it may even be in the new block
		}
		if err != nil {
			return fmt.Errorf("return a replaced transaction to the pool: %w", err)
		}
	}
	return nil
}

// lastTransactions returns the transactions of the last depth blocks in the
// order of the chain, encoded as they were sent.
func (a *anvil) lastTransactions(ctx context.Context, depth int) ([]hexutil.Bytes, error) {
	var head hexutil.Uint64
	if err := a.client.CallContext(ctx, &head, "eth_blockNumber"); err != nil {
		return nil, err
	}
	var all []hexutil.Bytes
	for number := uint64(head) - uint64(depth) + 1; number <= uint64(head); number++ {
		var block struct{ Transactions []*types.Transaction }
		if err := a.client.CallContext(ctx, &block, "eth_getBlockByNumber", hexutil.Uint64(number), true); err != nil {
			return nil, err
		}
		for _, tx := range block.Transactions {
			raw, err := tx.MarshalBinary()
			if err != nil {
				return nil, err
			}
			all = append(all, raw)
		}
	}
	return all, nil
}

func (a *anvil) close() error {
	if a.client != nil {
		a.client.Close()
	}
	if a.process != nil {
		a.process.Kill()
	}
	return os.RemoveAll(a.folder)
}
