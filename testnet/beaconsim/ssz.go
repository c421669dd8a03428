package beaconsim

import (
	"crypto/sha256"
	"encoding/binary"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
)

// node is a node of an SSZ hash tree.
type node = common.Hash

func pair(left, right node) node { return sha256.Sum256(append(left.Bytes(), right[:]...)) }

// chunk returns an integer as a leaf.
func chunk(v uint64) (n node) {
	binary.LittleEndian.PutUint64(n[:], v)
	return n
}

// root returns the root over leaves, filled up with zeros to a power of two.
func root(leaves ...node) node {
	level := append([]node(nil), leaves...)
	for size := 1; len(level) > 1 || size < len(leaves); size *= 2 {
		if len(level)%2 == 1 {
			level = append(level, zeroTree(size))
		}
		for i := range len(level) / 2 {
			level[i] = pair(level[2*i], level[2*i+1])
		}
		level = level[:len(level)/2]
	}
	return level[0]
}

// zeroTree returns the root over as many zero leaves as size, a power of two.
func zeroTree(size int) (n node) {
	for ; size > 1; size /= 2 {
		n = pair(n, n)
	}
	return n
}

// Generalized indices in a BeaconState and a BeaconBlockBody of electra and fulu.
const (
	gBlockRoots       = 69
	gCurrentCommittee = 86
	gNextCommittee    = 87
	gSummaries        = 91
	gFinalizedEpoch   = 168
	gFinalizedRoot    = 169
	gPayload          = 25
)

// stateTree is a tree by generalized index, of which only some nodes are not zero.
type stateTree map[uint64]node

// root returns the node at an index.
func (t stateTree) root(index uint64) node {
	if n, ok := t[index]; ok {
		return n
	}
	for at := range t {
		for ; at > index; at /= 2 {
			if at/2 == index {
				return pair(t.root(2*index), t.root(2*index+1))
			}
		}
	}
	return node{}
}

// branch returns the siblings on the way from an index to the root.
func (t stateTree) branch(index uint64) (siblings []node) {
	for ; index > 1; index /= 2 {
		siblings = append(siblings, t.root(index^1))
	}
	return siblings
}

// summary is a HistoricalSummary. Its state roots are left out.
type summary struct {
	Blocks node `json:"block_summary_root"`
	States node `json:"state_summary_root"`
}

// summariesDepth is that of List[HistoricalSummary, 2**24].
const summariesDepth = 24

func summariesRoot(list []summary) node {
	leaves := make([]node, len(list))
	for i, s := range list {
		leaves[i] = pair(s.Blocks, s.States)
	}
	n, size := node{}, 1
	if len(leaves) > 0 {
		n = root(leaves...)
		for size < len(leaves) {
			size *= 2
		}
	}
	for ; size < 1<<summariesDepth; size *= 2 {
		n = pair(n, zeroTree(size))
	}
	return pair(n, chunk(uint64(len(list))))
}

// payloadLeaves returns the fields of the ExecutionPayloadHeader for a block. The roots of
// its transactions and withdrawals are those of the execution chain's tries.
func payloadLeaves(h *types.Header) []node {
	bloom := make([]node, 8)
	for i := range bloom {
		copy(bloom[i][:], h.Bloom[32*i:])
	}
	var recipient, extra, baseFee node
	copy(recipient[:], h.Coinbase[:])
	copy(extra[:], h.Extra)
	h.BaseFee.FillBytes(baseFee[:])
	for i := range 16 {
		baseFee[i], baseFee[31-i] = baseFee[31-i], baseFee[i]
	}
	return []node{
		h.ParentHash, recipient, h.Root, h.ReceiptHash, root(bloom...), h.MixDigest, chunk(h.Number.Uint64()),
		chunk(h.GasLimit), chunk(h.GasUsed), chunk(h.Time), pair(extra, chunk(uint64(len(h.Extra)))), baseFee,
		h.Hash(), h.TxHash, withdrawals(h), chunk(value(h.BlobGasUsed)), chunk(value(h.ExcessBlobGas)),
	}
}

func withdrawals(h *types.Header) node {
	if h.WithdrawalsHash == nil {
		return node{}
	}
	return *h.WithdrawalsHash
}

func value(v *uint64) uint64 {
	if v == nil {
		return 0
	}
	return *v
}
