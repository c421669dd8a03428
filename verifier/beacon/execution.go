package beacon

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
)

// executionHeader is an ExecutionPayloadHeader as the Beacon API serves it. The last two
// members came with deneb.
type executionHeader struct {
	ParentHash       hexBytes `json:"parent_hash"`
	FeeRecipient     hexBytes `json:"fee_recipient"`
	StateRoot        hexBytes `json:"state_root"`
	ReceiptsRoot     hexBytes `json:"receipts_root"`
	LogsBloom        hexBytes `json:"logs_bloom"`
	PrevRandao       hexBytes `json:"prev_randao"`
	BlockNumber      decimal  `json:"block_number"`
	GasLimit         decimal  `json:"gas_limit"`
	GasUsed          decimal  `json:"gas_used"`
	Timestamp        decimal  `json:"timestamp"`
	ExtraData        hexBytes `json:"extra_data"`
	BaseFeePerGas    string   `json:"base_fee_per_gas"`
	BlockHash        Root     `json:"block_hash"`
	TransactionsRoot hexBytes `json:"transactions_root"`
	WithdrawalsRoot  hexBytes `json:"withdrawals_root"`
	BlobGasUsed      *decimal `json:"blob_gas_used"`
	ExcessBlobGas    *decimal `json:"excess_blob_gas"`
}

// blockHashField is the position of block_hash in an ExecutionPayloadHeader.
const blockHashField = 12

// leaves returns the roots of the fields in their order.
func (e *executionHeader) leaves() ([]Root, error) {
	fee, ok := new(big.Int).SetString(e.BaseFeePerGas, 10)
	if !ok || fee.Sign() < 0 || fee.BitLen() > 256 || len(e.BaseFeePerGas) > 78 {
		return nil, errors.New("base_fee_per_gas is no number of 256 bits")
	}
	var baseFee, extra Root
	fee.FillBytes(baseFee[:])
	for i := range 16 {
		baseFee[i], baseFee[31-i] = baseFee[31-i], baseFee[i] // little-endian
	}
	if len(e.ExtraData) > len(extra) || len(e.LogsBloom) != 256 || len(e.FeeRecipient) != 20 {
		return nil, errors.New("a field of the execution header has a wrong length")
	}
	copy(extra[:], e.ExtraData)
	var bloom [8]Root
	for i := range bloom {
		copy(bloom[i][:], e.LogsBloom[32*i:])
	}
	var fixed [6]Root
	for i, field := range []hexBytes{e.ParentHash, e.StateRoot, e.ReceiptsRoot, e.PrevRandao, e.TransactionsRoot, e.WithdrawalsRoot} {
		if len(field) != 32 {
			return nil, errors.New("a root of the execution header has a wrong length")
		}
		fixed[i] = Root(field)
	}
	var recipient Root
	copy(recipient[:], e.FeeRecipient)
	leaves := []Root{
		fixed[0], recipient, fixed[1], fixed[2], merkleize(bloom[:]...), fixed[3],
		uintChunk(uint64(e.BlockNumber)), uintChunk(uint64(e.GasLimit)), uintChunk(uint64(e.GasUsed)), uintChunk(uint64(e.Timestamp)),
		hashPair(extra, uintChunk(uint64(len(e.ExtraData)))), baseFee, e.BlockHash, fixed[4], fixed[5],
	}
	if e.BlobGasUsed != nil && e.ExcessBlobGas != nil {
		leaves = append(leaves, uintChunk(uint64(*e.BlobGasUsed)), uintChunk(uint64(*e.ExcessBlobGas)))
	}
	return leaves, nil
}

// LightHeader is a LightClientHeader: a beacon header, and the execution block in it.
type LightHeader struct {
	Header
	BlockHash   Root // of the execution block; from gloas on of the parent's
	BlockNumber uint64
	Execution   []Root // from BlockHash to the body
}

// UnmarshalJSON reads the form of the Beacon API.
func (h *LightHeader) UnmarshalJSON(data []byte) error {
	var v struct {
		Beacon             *jsonHeader      `json:"beacon"`
		Execution          *executionHeader `json:"execution"`
		ExecutionBranch    []Root           `json:"execution_branch"`
		ExecutionBlockHash *Root            `json:"execution_block_hash"` // from gloas on
	}
	if err := json.Unmarshal(data, &v); err != nil {
		return err
	}
	if v.Beacon == nil {
		return errors.New("a light client header has no beacon header")
	}
	*h = LightHeader{Header: v.Beacon.header(), Execution: v.ExecutionBranch}
	switch {
	case v.ExecutionBlockHash != nil:
		h.BlockHash = *v.ExecutionBlockHash
	case v.Execution != nil:
		leaves, err := v.Execution.leaves()
		if err != nil {
			return fmt.Errorf("execution header: %w", err)
		}
		h.BlockHash, h.BlockNumber = v.Execution.BlockHash, uint64(v.Execution.BlockNumber)
		h.Execution = append(branchOf(blockHashField, leaves...), v.ExecutionBranch...)
	}
	return nil
}
