package chain

import (
	"context"
	"errors"
	"fmt"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/ethdb/memorydb"
	"github.com/ethereum/go-ethereum/rlp"
	"github.com/ethereum/go-ethereum/trie"

	"github.com/hallmark-node/hallmark/anchor/internal/endpoint"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// Header returns the RLP of a block's header, which hashes to the block's hash.
func (c *Client) Header(ctx context.Context, block merkle.Hash) ([]byte, error) {
	return askProven(ctx, c, func(ctx context.Context, s *server) ([]byte, error) { return s.header(ctx, block) })
}

func (s *server) header(ctx context.Context, block merkle.Hash) ([]byte, error) {
	raw, err := s.rawHeader(ctx, block)
	if err != nil {
		return nil, err
	}
	if got := merkle.Keccak256(raw); got != block {
		return nil, s.lied("the header of block %s hashes to %s: the server knows fields that this program does not, or is wrong", block, got)
	}
	return raw, nil
}

// rawHeader asks for the header as bytes, and where the server cannot do that
// (anvil, many public ones) encodes what it says in JSON.
func (s *server) rawHeader(ctx context.Context, block merkle.Hash) ([]byte, error) {
	var raw hexutil.Bytes
	err := s.call(ctx, &raw, "debug_getRawHeader", map[string]any{"blockHash": common.Hash(block)})
	if err == nil && merkle.Keccak256(raw) == block {
		return raw, nil
	}
	if refused := (*endpoint.AnswerError)(nil); err != nil && !errors.As(err, &refused) {
		return nil, err
	}
	var h *types.Header
	if err := s.call(ctx, &h, "eth_getBlockByHash", common.Hash(block), false); err != nil {
		return nil, err
	}
	if h == nil {
		return nil, fmt.Errorf("header of block %s: %w", block, ErrNoBlock)
	}
	return rlp.EncodeToBytes(h)
}

// StateProof is what eth_getProof answers, verified against the block's header.
type StateProof struct {
	Account []verifier.Bytes   // nodes of the state trie
	Storage [][]verifier.Bytes // nodes of the storage trie, for each slot
}

// Prove asks for proofs of a contract's account and of some of its storage slots at
// a block, and returns them only if they hold under the block's hash. Full nodes
// can prove their newest 128 blocks or so.
func (c *Client) Prove(ctx context.Context, block merkle.Hash, contract verifier.Address, slots []merkle.Hash) (StateProof, error) {
	return askProven(ctx, c, func(ctx context.Context, s *server) (StateProof, error) {
		raw, err := s.header(ctx, block)
		if err != nil {
			return StateProof{}, err
		}
		h, err := verifier.ParseHeader(raw)
		if err != nil {
			return StateProof{}, err
		}
		p, err := s.prove(ctx, block, contract, slots)
		if err != nil {
			return StateProof{}, err
		}
		if err := p.verify(common.Hash(h.StateRoot), contract, slots); err != nil {
			return StateProof{}, s.lied("a proof at block %s does not hold: %v", block, err)
		}
		return p, nil
	})
}

func (s *server) prove(ctx context.Context, block merkle.Hash, contract verifier.Address, slots []merkle.Hash) (StateProof, error) {
	keys := make([]common.Hash, len(slots))
	for i, slot := range slots {
		keys[i] = common.Hash(slot)
	}
	var answer struct {
		AccountProof []hexutil.Bytes `json:"accountProof"`
		StorageProof []struct {
			Proof []hexutil.Bytes `json:"proof"`
		} `json:"storageProof"`
	}
	// By hash alone: not every server takes requireCanonical here.
	err := s.call(ctx, &answer, "eth_getProof", common.Address(contract), keys, map[string]any{"blockHash": common.Hash(block)})
	if err != nil {
		return StateProof{}, err
	}
	if len(answer.StorageProof) != len(slots) {
		return StateProof{}, s.lied("eth_getProof: %d storage proofs for %d slots", len(answer.StorageProof), len(slots))
	}
	p := StateProof{Account: nodes(answer.AccountProof)}
	for _, s := range answer.StorageProof {
		p.Storage = append(p.Storage, nodes(s.Proof))
	}
	return p, nil
}

// verify checks the proofs under a state root. A slot may be proven absent, and so
// may the account.
func (p *StateProof) verify(state common.Hash, contract verifier.Address, slots []merkle.Hash) error {
	account, err := trie.VerifyProof(state, crypto.Keccak256(contract[:]), byHash(p.Account))
	if err != nil {
		return fmt.Errorf("account: %w", err)
	}
	storage := types.EmptyRootHash
	if account != nil {
		var a types.StateAccount
		if err := rlp.DecodeBytes(account, &a); err != nil {
			return fmt.Errorf("account: %w", err)
		}
		storage = a.Root
	}
	if storage == types.EmptyRootHash {
		return nil // nothing to walk: each slot is zero
	}
	for i, slot := range slots {
		if _, err := trie.VerifyProof(storage, crypto.Keccak256(slot[:]), byHash(p.Storage[i])); err != nil {
			return fmt.Errorf("slot %s: %w", slot, err)
		}
	}
	return nil
}

// byHash keeps each node under its own hash: the library does not check the keys.
func byHash(nodes []verifier.Bytes) *memorydb.Database {
	db := memorydb.New()
	for _, n := range nodes {
		_ = db.Put(crypto.Keccak256(n), n) // in memory: cannot fail
	}
	return db
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
