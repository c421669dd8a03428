package chain

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/rpc"

	"github.com/hallmark-node/hallmark/merkle"
)

// Block names a block of the canonical chain, as of the moment it was read.
type Block struct {
	Number uint64
	Hash   merkle.Hash
	Time   uint64 // Unix seconds
}

type blockJSON struct {
	Number    *hexutil.Uint64 `json:"number"`
	Hash      *common.Hash    `json:"hash"`
	Timestamp *hexutil.Uint64 `json:"timestamp"`
}

// ErrNoBlock says that the chain has no such block, at least not yet.
var ErrNoBlock = errors.New("no such block")

func (c *Client) block(ctx context.Context, tag string) (Block, error) {
	var b *blockJSON
	if err := c.call(ctx, &b, "eth_getBlockByNumber", tag, false); err != nil {
		return Block{}, fmt.Errorf("block %s: %w", tag, err)
	}
	if b == nil {
		return Block{}, fmt.Errorf("block %s: %w", tag, ErrNoBlock)
	}
	if b.Number == nil || b.Hash == nil || b.Timestamp == nil {
		return Block{}, fmt.Errorf("block %s: the answer lacks number, hash or timestamp", tag)
	}
	return Block{uint64(*b.Number), merkle.Hash(*b.Hash), uint64(*b.Timestamp)}, nil
}

// Head returns the newest block.
func (c *Client) Head(ctx context.Context) (Block, error) { return c.block(ctx, "latest") }

// At returns the canonical block with a number.
func (c *Client) At(ctx context.Context, number uint64) (Block, error) {
	b, err := c.block(ctx, hexutil.EncodeUint64(number))
	if err == nil && b.Number != number {
		err = fmt.Errorf("asked for block %d, got %d", number, b.Number)
	}
	return b, err
}

// Confirmations says when a block counts as final: the chain's own word, or a
// depth. The zero value is Finalized.
type Confirmations struct {
	tag   string // "safe", or empty
	depth uint64 // 1: the newest block
}

// Finality by the chain's own word.
var (
	Finalized = Confirmations{}
	Safe      = Confirmations{tag: "safe"}
)

// ParseConfirmations reads "finalized", "safe", or a number of confirmations: 1
// believes the newest block, 2 the one before it.
func ParseConfirmations(s string) (Confirmations, error) {
	switch s {
	case "finalized":
		return Finalized, nil
	case "safe":
		return Safe, nil
	}
	n, err := strconv.ParseUint(s, 10, 32)
	if err != nil || n == 0 {
		return Confirmations{}, fmt.Errorf("%q confirmations: want finalized, safe, or a number from 1 on", s)
	}
	return Confirmations{depth: n}, nil
}

// String returns the form that [ParseConfirmations] reads.
func (f Confirmations) String() string {
	switch {
	case f.depth > 0:
		return strconv.FormatUint(f.depth, 10)
	case f.tag != "":
		return f.tag
	}
	return "finalized"
}

// Final returns the newest block that is final by a policy, as seen from head, or
// [ErrNoBlock] if none is yet.
func (c *Client) Final(ctx context.Context, policy Confirmations, head Block) (Block, error) {
	if policy.depth == 0 {
		b, err := c.block(ctx, policy.String())
		var refused rpc.Error
		if errors.As(err, &refused) && strings.Contains(refused.Error(), "not found") {
			err = ErrNoBlock // go-ethereum, while nothing is final since it started
		}
		if err == nil && b.Number > head.Number {
			err = fmt.Errorf("block %d is %s while the newest is %d", b.Number, policy, head.Number)
		}
		return b, err
	}
	if policy.depth == 1 {
		return head, nil
	}
	if head.Number+1 < policy.depth {
		return Block{}, ErrNoBlock
	}
	return c.At(ctx, head.Number+1-policy.depth)
}

// at is a block as a parameter (EIP-1898). A block that was reorganised away is
// an error.
func at(block merkle.Hash) any {
	return map[string]any{"blockHash": common.Hash(block), "requireCanonical": true}
}
