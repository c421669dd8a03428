package chain

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"

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

func (s *server) block(ctx context.Context, tag string) (Block, error) {
	var b *blockJSON
	if err := s.call(ctx, &b, "eth_getBlockByNumber", tag, false); err != nil {
		return Block{}, fmt.Errorf("block %s: %w", tag, err)
	}
	switch {
	case b == nil && (tag == "latest" || tag == "0x0"):
		return Block{}, s.lied("block %s: every chain has one, and the answer is null", tag)
	case b == nil:
		return Block{}, fmt.Errorf("block %s: %w", tag, ErrNoBlock)
	}
	if b.Number == nil || b.Hash == nil || b.Timestamp == nil {
		return Block{}, s.lied("block %s: the answer lacks number, hash or timestamp", tag)
	}
	got := Block{uint64(*b.Number), merkle.Hash(*b.Hash), uint64(*b.Timestamp)}
	switch tag {
	case "latest":
		s.set(func(r *record) { r.head, r.headAt = got, time.Now() })
	case "finalized", "safe":
		s.set(func(r *record) { r.final = got })
	}
	return got, nil
}

// at returns the canonical block with a number.
func (s *server) at(ctx context.Context, number uint64) (Block, error) {
	b, err := s.block(ctx, hexutil.EncodeUint64(number))
	if err == nil && b.Number != number {
		return Block{}, s.lied("asked for block %d, got %d", number, b.Number)
	}
	return b, err
}

// Head returns the newest block.
func (c *Client) Head(ctx context.Context) (Block, error) {
	return ask(ctx, c, func(ctx context.Context, s *server) (Block, error) { return s.block(ctx, "latest") })
}

// At returns the canonical block with a number.
func (c *Client) At(ctx context.Context, number uint64) (Block, error) {
	return ask(ctx, c, func(ctx context.Context, s *server) (Block, error) { return s.at(ctx, number) })
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

// canonical is a block as a parameter (EIP-1898). A block that was reorganised
// away is an error.
func canonical(block merkle.Hash) any {
	return map[string]any{"blockHash": common.Hash(block), "requireCanonical": true}
}
