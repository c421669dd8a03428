package chain

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"

	"github.com/hallmark-node/hallmark/anchor/internal/endpoint"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// EventKind says what a registry's event tells. The texts are those that people and programs see.
type EventKind string

// The kinds of events.
const (
	Anchored          EventKind = "anchored"   // Publisher anchored Root, and says that Manifest has the batch
	StatusChanged     EventKind = "status"     // Issuer's status list is that of Version, with Root and Manifest
	Retired           EventKind = "retired"    // Issuer's key is retired from a moment on
	ControllerChanged EventKind = "controller" // Controller speaks for the status of Issuer
)

// Event is what a registry wrote into the log of a block. Which members count says its kind.
type Event struct {
	Kind        EventKind   `cbor:"1,keyasint" json:"kind"`
	Number      uint64      `cbor:"2,keyasint" json:"block"`       // of the block
	Hash        merkle.Hash `cbor:"3,keyasint" json:"blockHash"`   // of the block
	Index       uint64      `cbor:"4,keyasint" json:"logIndex"`    // within the block
	Transaction merkle.Hash `cbor:"5,keyasint" json:"transaction"` // hash

	Publisher  verifier.Address `cbor:"6,keyasint,omitempty" json:"publisher,omitzero"`
	Issuer     verifier.Address `cbor:"7,keyasint,omitempty" json:"issuer,omitzero"`
	Root       merkle.Hash      `cbor:"8,keyasint,omitempty" json:"root,omitzero"`     // of a batch or a status list
	Manifest   merkle.Hash      `cbor:"9,keyasint,omitempty" json:"manifest,omitzero"` // sha2-256 digest, zero: none was published
	Version    uint64           `cbor:"10,keyasint,omitempty" json:"version,omitzero"`
	From       uint64           `cbor:"11,keyasint,omitempty" json:"from,omitzero"` // Unix seconds
	Controller verifier.Address `cbor:"12,keyasint,omitempty" json:"controller,omitzero"`
}

// eventForm is how an event of a kind is written: how many topics it has, and how many words of data.
type eventForm struct {
	kind          EventKind
	topics, words int
}

func topic(signature string) common.Hash { return common.Hash(merkle.Keccak256([]byte(signature))) }

// eventForms has the form of each event of the contract, by its first topic.
var eventForms = map[common.Hash]eventForm{
	topic("Anchored(bytes32,address,bytes32)"):             {Anchored, 3, 1},
	topic("StatusChanged(address,uint64,bytes32,bytes32)"): {StatusChanged, 2, 3},
	topic("Retired(address,uint64)"):                       {Retired, 2, 1},
	topic("ControllerChanged(address,address)"):            {ControllerChanged, 3, 0},
}

// logJSON is a log as servers answer it.
type logJSON struct {
	Address     common.Address  `json:"address"`
	Topics      []common.Hash   `json:"topics"`
	Data        hexutil.Bytes   `json:"data"`
	BlockNumber *hexutil.Uint64 `json:"blockNumber"`
	BlockHash   *common.Hash    `json:"blockHash"`
	Transaction *common.Hash    `json:"transactionHash"`
	Index       *hexutil.Uint64 `json:"logIndex"`
	Removed     bool            `json:"removed"`
}

// Events returns what a registry wrote into the logs of the blocks from first to last, in order.
// It is one request: a server may refuse a range for its size in words of its own, so any error
// may mean that. That nothing is there counts only from a server that has the last block; whether
// the blocks are still canonical is for the caller to find out.
func (c *Client) Events(ctx context.Context, registry verifier.Address, first, last uint64) ([]Event, error) {
	return ask(ctx, c, func(ctx context.Context, s *server) ([]Event, error) {
		var logs []logJSON
		err := s.call(ctx, &logs, "eth_getLogs", map[string]any{
			"address":   common.Address(registry),
			"fromBlock": hexutil.Uint64(first),
			"toBlock":   hexutil.Uint64(last),
		})
		if err != nil {
			return nil, err
		}
		if _, err := s.at(ctx, last); errors.Is(err, ErrNoBlock) {
			return nil, endpoint.Outage(fmt.Sprintf("RPC server %s: it has no block %d yet", s.name, last))
		} else if err != nil {
			return nil, err
		}
		events := make([]Event, 0, len(logs))
		hashes := make(map[uint64]merkle.Hash)
		for i := range logs {
			e, known, fault := readEvent(&logs[i], registry, first, last)
			if hash, ok := hashes[e.Number]; fault == "" && ok && hash != e.Hash {
				fault = "two blocks have one number"
			}
			if fault != "" {
				return nil, s.lied("eth_getLogs: asked for events of %s in blocks %d to %d: %s", registry, first, last, fault)
			}
			if hashes[e.Number] = e.Hash; known {
				events = append(events, e)
			}
		}
		slices.SortFunc(events, Event.Compare)
		return slices.Compact(events), nil
	})
}

// Compare orders events as their chain does.
func (e Event) Compare(other Event) int {
	if e.Number != other.Number {
		return cmp.Compare(e.Number, other.Number)
	}
	return cmp.Compare(e.Index, other.Index)
}

// readEvent reads a log. known is false if it is not one of the events of the contract. fault
// says what cannot be true.
func readEvent(l *logJSON, registry verifier.Address, first, last uint64) (e Event, known bool, fault string) {
	switch {
	case l.BlockNumber == nil || l.BlockHash == nil || l.Transaction == nil || l.Index == nil:
		return e, false, "an event lacks its block, its transaction or its place"
	case verifier.Address(l.Address) != registry:
		return e, false, "got one of another contract"
	case uint64(*l.BlockNumber) < first || uint64(*l.BlockNumber) > last:
		return e, false, "got one of another block"
	case l.Removed:
		return e, false, "got one of a block that is not on the chain"
	}
	e = Event{
		Number: uint64(*l.BlockNumber), Hash: merkle.Hash(*l.BlockHash),
		Index: uint64(*l.Index), Transaction: merkle.Hash(*l.Transaction),
	}
	if len(l.Topics) == 0 {
		return e, false, ""
	}
	form, known := eventForms[l.Topics[0]]
	if !known {
		return e, false, ""
	}
	if len(l.Topics) != form.topics || len(l.Data) != form.words*merkle.Size {
		return e, false, "an event lacks a part, or has too much"
	}
	e.Kind = form.kind
	word := func(i int) merkle.Hash { return merkle.Hash(l.Data[i*merkle.Size:]) }
	number := func(i int) uint64 { w := word(i); return binary.BigEndian.Uint64(w[24:]) }
	address := func(i int) verifier.Address { return verifier.Address(l.Topics[i][12:]) }
	switch form.kind {
	case Anchored:
		e.Root, e.Publisher, e.Manifest = merkle.Hash(l.Topics[1]), address(2), word(0)
	case StatusChanged:
		e.Issuer, e.Version, e.Root, e.Manifest = address(1), number(0), word(1), word(2)
	case Retired:
		e.Issuer, e.From = address(1), number(0)
	case ControllerChanged:
		e.Issuer, e.Controller = address(1), address(2)
	}
	return e, true, ""
}
