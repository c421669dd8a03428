package chain

import (
	"context"
	"encoding/binary"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/rpc"

	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// AnchorRecord is what the registry keeps of a root; the zero value if nothing.
type AnchorRecord struct {
	Publisher   verifier.Address
	Timestamp   uint64 // Unix seconds, never zero once recorded
	BlockNumber uint64 // as the EVM reports it
}

// IssuerRecord is what the registry keeps of an issuer; all zero if nothing.
type IssuerRecord struct {
	StatusRoot  merkle.Hash
	RetiredFrom uint64 // Unix seconds, zero: not retired
	Version     uint64
	UpdatedAt   uint64           // Unix seconds
	Controller  verifier.Address // zero: the issuer itself
}

// SpeaksFor returns the key that may make statements about an issuer: its controller, or
// the issuer itself while it has none.
func (r *IssuerRecord) SpeaksFor(issuer verifier.Address) verifier.Address {
	if r.Controller.IsZero() {
		return issuer
	}
	return r.Controller
}

// Anchor reads the record of a root at a block.
func (c *Client) Anchor(ctx context.Context, block merkle.Hash, registry verifier.Address, root merkle.Hash) (AnchorRecord, error) {
	words, err := c.storage(ctx, block, registry, verifier.AnchorSlot(root))
	if err != nil {
		return AnchorRecord{}, err
	}
	w := words[0]
	return AnchorRecord{verifier.Address(w[12:]), uint48(w[6:12]), uint48(w[:6])}, nil
}

// Issuer reads the record of an issuer at a block.
func (c *Client) Issuer(ctx context.Context, block merkle.Hash, registry, issuer verifier.Address) (IssuerRecord, error) {
	status, times := verifier.IssuerSlots(issuer)
	w, err := c.storage(ctx, block, registry, status, times, controllerSlot(issuer))
	if err != nil {
		return IssuerRecord{}, err
	}
	return IssuerRecord{
		StatusRoot:  w[0],
		RetiredFrom: binary.BigEndian.Uint64(w[1][24:]),
		Version:     binary.BigEndian.Uint64(w[1][16:24]),
		UpdatedAt:   binary.BigEndian.Uint64(w[1][8:16]),
		Controller:  verifier.Address(w[2][12:]),
	}, nil
}

// controllerSlot is the slot of issuer in the mapping declared at slot 2.
func controllerSlot(issuer verifier.Address) merkle.Hash {
	var key [64]byte
	copy(key[12:], issuer[:])
	key[63] = 2
	return merkle.Keccak256(key[:])
}

func uint48(b []byte) uint64 {
	var w [8]byte
	copy(w[2:], b)
	return binary.BigEndian.Uint64(w[:])
}

// storage reads words of a contract at a block.
func (c *Client) storage(ctx context.Context, block merkle.Hash, contract verifier.Address, slots ...merkle.Hash) ([]merkle.Hash, error) {
	return ask(ctx, c, func(ctx context.Context, s *server) ([]merkle.Hash, error) {
		results := make([]hexutil.Bytes, len(slots))
		batch := make([]rpc.BatchElem, len(slots))
		for i, slot := range slots {
			args := []any{common.Address(contract), common.Hash(slot), canonical(block)}
			batch[i] = rpc.BatchElem{Method: "eth_getStorageAt", Args: args, Result: &results[i]}
		}
		if err := s.calls(ctx, batch); err != nil {
			return nil, err
		}
		words := make([]merkle.Hash, len(slots))
		for i, r := range results {
			if len(r) != len(words[i]) {
				return nil, s.lied("eth_getStorageAt: %d bytes, want a word of 32", len(r))
			}
			words[i] = merkle.Hash(r)
		}
		return words, nil
	})
}

// HasCode reports whether an address is a contract at the newest block.
func (c *Client) HasCode(ctx context.Context, address verifier.Address) (bool, error) {
	code, err := call[hexutil.Bytes](ctx, c, "eth_getCode", common.Address(address), "latest")
	return len(code) > 0, err
}

// Software returns the name and version by which a server's software calls itself.
func (c *Client) Software(ctx context.Context) (string, error) {
	return call[string](ctx, c, "web3_clientVersion")
}
