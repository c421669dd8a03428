package chain

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"slices"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/rpc"

	"github.com/hallmark-node/hallmark/anchor/internal/endpoint"
	"github.com/hallmark-node/hallmark/contracts"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// Nonce returns how many transactions of an account are in the chain up to a block:
// the nonce of the next one.
func (c *Client) Nonce(ctx context.Context, account verifier.Address, block merkle.Hash) (uint64, error) {
	n, err := call[hexutil.Uint64](ctx, c, "eth_getTransactionCount", common.Address(account), canonical(block))
	return uint64(n), err
}

// Fees are what a transaction pays, in wei per gas (EIP-1559).
type Fees struct {
	Tip *big.Int // maxPriorityFeePerGas
	Cap *big.Int // maxFeePerGas
}

// minTip is offered where recent blocks paid less: below it nodes of go-ethereum do not
// mine a transaction.
var minTip = big.NewInt(1_000_000)

// feeBlocks is how many recent blocks the tip is the median of.
const feeBlocks = 20

// Fees returns what to pay now: the median tip of recent blocks, and a cap that
// covers twice the next block's base fee, so that six full blocks in a row do not
// outrun it. Of the cap only what the block asks is paid.
//
// With several servers it is the median of their answers, of two the lower: one that
// reports high fees cannot make the account pay them, and a transaction with too low ones
// is replaced.
func (c *Client) Fees(ctx context.Context) (fees Fees, baseFee *big.Int, err error) {
	type answer struct {
		fees Fees
		base *big.Int
	}
	answers, err := askAll(ctx, c, func(s *server, ctx context.Context) (answer, error) {
		fees, base, err := s.fees(ctx)
		return answer{fees, base}, err
	})
	if err != nil {
		return fees, nil, err
	}
	slices.SortFunc(answers, func(a, b answer) int { return a.fees.Cap.Cmp(b.fees.Cap) })
	middle := answers[(len(answers)-1)/2]
	return middle.fees, middle.base, nil
}

func (s *server) fees(ctx context.Context) (fees Fees, baseFee *big.Int, err error) {
	var history struct {
		BaseFee []*hexutil.Big   `json:"baseFeePerGas"`
		Reward  [][]*hexutil.Big `json:"reward"`
	}
	if err := s.call(ctx, &history, "eth_feeHistory", hexutil.Uint64(feeBlocks), "latest", []float64{50}); err != nil {
		return fees, nil, err
	}
	if len(history.BaseFee) == 0 || history.BaseFee[len(history.BaseFee)-1] == nil {
		return fees, nil, errors.New("eth_feeHistory: no base fee: is this a chain with EIP-1559?")
	}
	baseFee = history.BaseFee[len(history.BaseFee)-1].ToInt() // of the next block
	var tips []*big.Int
	for _, r := range history.Reward {
		if len(r) == 1 && r[0] != nil && r[0].ToInt().Sign() > 0 { // zero: an empty block
			tips = append(tips, r[0].ToInt())
		}
	}
	tip := minTip
	if len(tips) > 0 {
		slices.SortFunc(tips, (*big.Int).Cmp)
		if median := tips[len(tips)/2]; median.Cmp(tip) > 0 {
			tip = median
		}
	}
	feeCap := new(big.Int).Add(new(big.Int).Lsh(baseFee, 1), tip)
	return Fees{new(big.Int).Set(tip), feeCap}, baseFee, nil
}

// RevertError says that a call reverts.
type RevertError struct {
	Reason    string
	Overtaken bool // another statement came first: one made from the newest record may succeed
}

func (e *RevertError) Error() string { return "the registry refuses it: " + e.Reason }

// leastGas is what any transaction costs.
const leastGas = 21_000

// EstimateGas returns the gas that a call needs at the newest block, by the
// server's simulation, or a [*RevertError] if no server can make it succeed: one
// that is late may not see yet what the call builds on.
func (c *Client) EstimateGas(ctx context.Context, from, to verifier.Address, calldata []byte) (uint64, error) {
	return askProven(ctx, c, func(ctx context.Context, s *server) (uint64, error) {
		var gas hexutil.Uint64
		err := s.call(ctx, &gas, "eth_estimateGas", map[string]any{
			"from": common.Address(from), "to": common.Address(to), "input": hexutil.Bytes(calldata),
		})
		if err == nil && gas < leastGas {
			return 0, s.lied("eth_estimateGas: %d, less than any transaction costs", uint64(gas))
		}
		if answer := (*endpoint.AnswerError)(nil); errors.As(err, &answer) {
			hex, _ := answer.Data.(string)
			if raw, decodeErr := hexutil.Decode(hex); decodeErr == nil && len(raw) >= 4 {
				return 0, revertOf(raw)
			}
		}
		return uint64(gas), err
	})
}

// revertOf reads one of the registry's errors.
func revertOf(raw []byte) *RevertError {
	got, err := contracts.NewAnchorRegistry().UnpackError(raw)
	if err != nil {
		return &RevertError{Reason: fmt.Sprintf("error 0x%x", raw[:4])}
	}
	switch got.(type) {
	case *contracts.AnchorRegistryVersionMismatch, *contracts.AnchorRegistryControllerMismatch:
		return &RevertError{Reason: revertReason(got), Overtaken: true}
	}
	return &RevertError{Reason: revertReason(got)}
}

// revertReason says what an error means.
func revertReason(got any) string {
	switch e := got.(type) {
	case *contracts.AnchorRegistrySignatureExpired:
		return "the deadline of the signature, " + e.Deadline.String() + ", has passed; sign again"
	case *contracts.AnchorRegistryVersionMismatch:
		return fmt.Sprintf("version %d was given and %d is next: another update came first", e.Given, e.Expected)
	case *contracts.AnchorRegistryInvalidSignature:
		return "the signature is not one of the controller " + e.Controller.Hex()
	case *contracts.AnchorRegistryControllerMismatch:
		return "the controller is " + e.Stored.Hex() + ", not " + e.Given.Hex()
	case *contracts.AnchorRegistryRetirementNotEarlier:
		return fmt.Sprintf("the key is retired from %d already, and a retirement only moves earlier", e.Stored)
	case *contracts.AnchorRegistryRetirementOutOfRange:
		return fmt.Sprintf("the retirement at %d is not between 1 and the block's time %s", e.From, e.Current)
	}
	return fmt.Sprintf("%T", got)
}

// Transaction is an unsigned EIP-1559 call of the registry.
type Transaction struct {
	Chain    verifier.ChainID
	Nonce    uint64
	Fees     Fees
	Gas      uint64 // limit
	To       verifier.Address
	Calldata []byte
}

// Unsigned returns the transaction as go-ethereum has it, and what signs it.
func (t *Transaction) Unsigned() (*types.DynamicFeeTx, types.Signer) {
	id := new(big.Int).SetUint64(uint64(t.Chain))
	to := common.Address(t.To)
	return &types.DynamicFeeTx{
		ChainID: id, Nonce: t.Nonce, GasTipCap: t.Fees.Tip, GasFeeCap: t.Fees.Cap, Gas: t.Gas, To: &to, Value: new(big.Int), Data: t.Calldata,
	}, types.LatestSignerForChainID(id)
}

// Send hands a signed transaction to every server but those that failed lately. It
// succeeds if one takes it, or has it already. Any error, a [*RefusedError] included, does not
// mean that the network has not got it.
func (c *Client) Send(ctx context.Context, raw []byte) error {
	_, err := askAll(ctx, c, func(s *server, ctx context.Context) (struct{}, error) { return struct{}{}, s.send(ctx, raw) })
	if refused := (*RefusedError)(nil); errors.As(err, &refused) {
		return refused // which says why, so that a caller can react
	}
	return err
}

func (s *server) send(ctx context.Context, raw []byte) error {
	var hash common.Hash
	err := s.call(ctx, &hash, "eth_sendRawTransaction", hexutil.Bytes(raw))
	if want := merkle.Keccak256(raw); err == nil && merkle.Hash(hash) != want {
		return s.lied("eth_sendRawTransaction: sent %s, got %s", want, hash)
	}
	return sendOutcome(err, s.name)
}

// Receipt is what became of a transaction in a canonical block.
type Receipt struct {
	Block   Block // without Time
	Success bool
	Fee     *big.Int // what it cost in wei, as the server says; nil if it does not
}

// TransactionStatus says what the server knows of a transaction.
type TransactionStatus struct {
	Known   bool     // in its pool or in a block
	Receipt *Receipt // nil unless in a canonical block
}

// TransactionStatus asks for a transaction by its hash. A receipt is believed only if the block
// that it names is the canonical one of its number now.
func (c *Client) TransactionStatus(ctx context.Context, hash merkle.Hash) (TransactionStatus, error) {
	return ask(ctx, c, func(ctx context.Context, s *server) (TransactionStatus, error) { return s.transactionStatus(ctx, hash) })
}

func (s *server) transactionStatus(ctx context.Context, hash merkle.Hash) (TransactionStatus, error) {
	var tx *struct {
		Hash common.Hash `json:"hash"`
	}
	var r *struct {
		TransactionHash common.Hash     `json:"transactionHash"`
		BlockHash       *common.Hash    `json:"blockHash"`
		BlockNumber     *hexutil.Uint64 `json:"blockNumber"`
		Status          *hexutil.Uint64 `json:"status"`
		GasUsed         *hexutil.Uint64 `json:"gasUsed"`
		GasPrice        *hexutil.Big    `json:"effectiveGasPrice"`
	}
	err := s.calls(ctx, []rpc.BatchElem{
		{Method: "eth_getTransactionByHash", Args: []any{common.Hash(hash)}, Result: &tx},
		{Method: "eth_getTransactionReceipt", Args: []any{common.Hash(hash)}, Result: &r},
	})
	if err != nil {
		return TransactionStatus{}, err
	}
	status := TransactionStatus{Known: tx != nil}
	if tx != nil && merkle.Hash(tx.Hash) != hash {
		return TransactionStatus{}, s.lied("eth_getTransactionByHash: asked for %s, got %s", hash, tx.Hash)
	}
	if r == nil || r.BlockHash == nil || r.BlockNumber == nil {
		return status, nil
	}
	if merkle.Hash(r.TransactionHash) != hash || r.Status == nil {
		return TransactionStatus{}, s.lied("eth_getTransactionReceipt: asked for %s, got %s", hash, r.TransactionHash)
	}
	canonical, err := s.at(ctx, uint64(*r.BlockNumber))
	if errors.Is(err, ErrNoBlock) {
		return status, nil
	}
	if err != nil {
		return TransactionStatus{}, err
	}
	if canonical.Hash == merkle.Hash(*r.BlockHash) {
		status.Receipt = &Receipt{Block: canonical, Success: *r.Status == 1}
		if r.GasUsed != nil && r.GasPrice != nil {
			fee := new(big.Int).SetUint64(uint64(*r.GasUsed))
			status.Receipt.Fee = fee.Mul(fee, r.GasPrice.ToInt())
		}
	}
	return status, nil
}
