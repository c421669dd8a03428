package chain

import (
	"context"
	"errors"
	"fmt"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/rlp"
	"github.com/ethereum/go-ethereum/rpc"

	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// Header returns the RLP of a block's header, which hashes to the block's hash.
func (c *Client) Header(ctx context.Context, block merkle.Hash) ([]byte, error) {
	raw, err := c.rawHeader(ctx, block)
	if err != nil {
		return nil, err
	}
	if got := merkle.Keccak256(raw); got != block {
		return nil, fmt.Errorf("the header of block %s hashes to %s: the server knows fields that this program does not, or is wrong", block, got)
	}
	return raw, nil
}

// rawHeader asks for the header as bytes, and where the server cannot do that
// (anvil, many public ones) encodes what it says in JSON.
func (c *Client) rawHeader(ctx context.Context, block merkle.Hash) ([]byte, error) {
	var raw hexutil.Bytes
	err := c.call(ctx, &raw, "debug_getRawHeader", map[string]any{"blockHash": common.Hash(block)})
	if err == nil && merkle.Keccak256(raw) == block {
		return raw, nil
	}
	var refused rpc.Error
	if err != nil && !errors.As(err, &refused) {
		return nil, err
	}
	var h *types.Header
	if err := c.call(ctx, &h, "eth_getBlockByHash", common.Hash(block), false); err != nil {
		return nil, err
	}
	if h == nil {
		return nil, fmt.Errorf("header of block %s: %w", block, ErrNoBlock)
	}
	return rlp.EncodeToBytes(h)
}

// StateProof is the answer of eth_getProof, not yet verified.
type StateProof struct {
	Account []verifier.Bytes   // nodes of the state trie
	Storage [][]verifier.Bytes // nodes of the storage trie, for each slot
}

// Prove asks for proofs of a contract's account and of some of its storage slots at
// a block. Full nodes can do that for their newest 128 blocks or so.
func (c *Client) Prove(ctx context.Context, block merkle.Hash, contract verifier.Address, slots []merkle.Hash) (StateProof, error) {
	keys := make([]common.Hash, len(slots))
	for i, s := range slots {
		keys[i] = common.Hash(s)
	}
	var answer struct {
		AccountProof []hexutil.Bytes `json:"accountProof"`
		StorageProof []struct {
			Proof []hexutil.Bytes `json:"proof"`
		} `json:"storageProof"`
	}
	// By hash alone: not every server takes requireCanonical here.
	err := c.call(ctx, &answer, "eth_getProof", common.Address(contract), keys, map[string]any{"blockHash": common.Hash(block)})
	if err != nil {
		return StateProof{}, err
	}
	if len(answer.StorageProof) != len(slots) {
		return StateProof{}, fmt.Errorf("eth_getProof: %d storage proofs for %d slots", len(answer.StorageProof), len(slots))
	}
	p := StateProof{Account: nodes(answer.AccountProof)}
	for _, s := range answer.StorageProof {
		p.Storage = append(p.Storage, nodes(s.Proof))
	}
	return p, nil
}

func nodes(list []hexutil.Bytes) []verifier.Bytes {
	out := make([]verifier.Bytes, len(list))
	for i, n := range list {
		out[i] = verifier.Bytes(n)
	}
	return out
}

// Merge returns the nodes of several proofs, each once.
func Merge(proofs ...[]verifier.Bytes) []verifier.Bytes {
	seen := make(map[string]bool)
	var out []verifier.Bytes
	for _, p := range proofs {
		for _, n := range p {
			if !seen[string(n)] {
				seen[string(n)] = true
				out = append(out, n)
			}
		}
	}
	return out
}
