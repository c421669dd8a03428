package chain

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/rpc"

	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// timeout bounds one call.
const timeout = 20 * time.Second

// Client speaks JSON-RPC to one server. It is safe for concurrent use.
type Client struct {
	rpc *rpc.Client
}

// Dial makes a client for an http or https URL. It does not connect yet.
func Dial(server string) (*Client, error) {
	c, err := rpc.DialOptions(context.Background(), server, rpc.WithHTTPClient(&http.Client{Timeout: timeout}))
	if err != nil {
		// The URL may hold a secret, so it is not repeated.
		return nil, errors.New("the RPC URL cannot be used: want http:// or https:// and a host")
	}
	return &Client{c}, nil
}

// Close ends the client.
func (c *Client) Close() { c.rpc.Close() }

func (c *Client) call(ctx context.Context, result any, method string, args ...any) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	if err := c.rpc.CallContext(ctx, result, method, args...); err != nil {
		return fmt.Errorf("%s: %w", method, withoutURL(err))
	}
	return nil
}

// withoutURL takes the server's URL, which may hold a secret, out of an error of
// the HTTP client.
func withoutURL(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return fmt.Errorf("the RPC server does not answer: %w", u.Err)
	}
	return err
}

// maxBatch is how many calls go into one request.
const maxBatch = 50

// calls makes several calls at once. All must succeed.
func (c *Client) calls(ctx context.Context, batch []rpc.BatchElem) error {
	for len(batch) > 0 {
		n := min(len(batch), maxBatch)
		if err := c.callSome(ctx, batch[:n]); err != nil {
			return err
		}
		batch = batch[n:]
	}
	return nil
}

func (c *Client) callSome(ctx context.Context, batch []rpc.BatchElem) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	if err := c.rpc.BatchCallContext(ctx, batch); err != nil {
		return fmt.Errorf("%s: %w", batch[0].Method, withoutURL(err))
	}
	for _, e := range batch {
		if e.Error != nil {
			return fmt.Errorf("%s: %w", e.Method, e.Error)
		}
	}
	return nil
}

// ID tells one chain from all others.
type ID struct {
	Chain   verifier.ChainID
	Genesis merkle.Hash // hash of block 0
}

// ID asks which chain this is.
func (c *Client) ID(ctx context.Context) (ID, error) {
	var id hexutil.Uint64
	if err := c.call(ctx, &id, "eth_chainId"); err != nil {
		return ID{}, err
	}
	genesis, err := c.block(ctx, "0x0")
	if err != nil {
		return ID{}, err
	}
	return ID{verifier.ChainID(id), genesis.Hash}, nil
}

// ErrNoRegistry says that the chain answers and that the registry is not there.
var ErrNoRegistry = errors.New("no AnchorRegistry")

// Check asks whether the registry is at its address, with the published code.
func (c *Client) Check(ctx context.Context, registry verifier.Address) error {
	var code hexutil.Bytes
	if err := c.call(ctx, &code, "eth_getCode", common.Address(registry), "latest"); err != nil {
		return err
	}
	if len(code) == 0 {
		return fmt.Errorf("%w at %s: nothing is deployed there", ErrNoRegistry, registry)
	}
	if got := merkle.Keccak256(code); got != verifier.RegistryCodeHash {
		return fmt.Errorf("%w at %s: the code there has hash %s, the published one %s", ErrNoRegistry, registry, got, verifier.RegistryCodeHash)
	}
	return nil
}

// Balance returns what an account holds, in wei, at the newest block.
func (c *Client) Balance(ctx context.Context, account verifier.Address) (*hexutil.Big, error) {
	var b hexutil.Big
	if err := c.call(ctx, &b, "eth_getBalance", common.Address(account), "latest"); err != nil {
		return nil, err
	}
	return &b, nil
}
