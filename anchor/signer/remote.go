package signer

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"

	"github.com/hallmark-node/hallmark/anchor/chain"
	"github.com/hallmark-node/hallmark/anchor/internal/endpoint"
	"github.com/hallmark-node/hallmark/anchor/signer/internal/signed"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// Remote signs with an account of a service that speaks JSON-RPC over HTTP.
type Remote struct {
	endpoint *endpoint.Endpoint
	address  verifier.Address
}

// NewRemote makes a signer for an account of the service at an http or https URL,
// which may hold secrets. Nothing is sent yet.
func NewRemote(url string, account verifier.Address) (*Remote, error) {
	e, err := endpoint.Dial(url, signed.Timeout)
	if err != nil {
		return nil, fmt.Errorf("remote signer: %w", err)
	}
	if account.IsZero() {
		e.Close()
		return nil, errors.New("remote signer: the account is missing")
	}
	return &Remote{e, account}, nil
}

// Address returns the account.
func (r *Remote) Address() verifier.Address { return r.address }

// String names the service's host and the account.
func (r *Remote) String() string {
	return "remote signer " + r.endpoint.Host + " of " + r.address.String()
}

// GoString is String: %#v shows no secret either.
func (r *Remote) GoString() string { return r.String() }

// LogValue is String.
func (r *Remote) LogValue() slog.Value { return slog.StringValue(r.String()) }

// Close ends the signer.
func (r *Remote) Close() { r.endpoint.Close() }

// signArgs are the parameters of eth_signTransaction, under the names that
// Web3Signer, go-ethereum and clef all read.
type signArgs struct {
	From    common.Address `json:"from"`
	To      common.Address `json:"to"`
	Gas     hexutil.Uint64 `json:"gas"`
	Tip     *hexutil.Big   `json:"maxPriorityFeePerGas"`
	FeeCap  *hexutil.Big   `json:"maxFeePerGas"`
	Value   hexutil.Uint64 `json:"value"`
	Nonce   hexutil.Uint64 `json:"nonce"`
	Data    hexutil.Bytes  `json:"data"`
	ChainID hexutil.Uint64 `json:"chainId"`
}

// SignTransaction implements [chain.Signer]. Errors: [ErrUnavailable],
// [ErrMismatch], or the service's own refusal.
func (r *Remote) SignTransaction(ctx context.Context, t chain.Transaction) (raw []byte, hash merkle.Hash, err error) {
	args := signArgs{
		From: common.Address(r.address), To: common.Address(t.To), Gas: hexutil.Uint64(t.Gas), Tip: (*hexutil.Big)(t.Fees.Tip),
		FeeCap: (*hexutil.Big)(t.Fees.Cap),
		Nonce:  hexutil.Uint64(t.Nonce), Data: t.Calldata, ChainID: hexutil.Uint64(t.Chain),
	}
	// clef has the same method under a name of its own.
	for _, method := range []string{"eth_signTransaction", "account_signTransaction"} {
		var answer json.RawMessage
		err = r.endpoint.Call(ctx, &answer, method, args)
		var refused *endpoint.AnswerError
		if errors.As(err, &refused) && refused.Code == endpoint.CodeNoMethod {
			continue
		}
		if err == nil {
			if raw, err = signedBytes(answer); err == nil {
				raw, hash, err = signed.Check(raw, t, r.address)
			}
		}
		break
	}
	switch {
	case err == nil:
		return raw, hash, nil
	case errors.Is(err, endpoint.ErrOutage):
		err = fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return nil, merkle.Hash{}, fmt.Errorf("remote signer %s: %w", r.endpoint.Host, err)
}

// signedBytes reads the two forms of the answer: the bytes, or {"raw","tx"}.
func signedBytes(answer json.RawMessage) ([]byte, error) {
	var raw hexutil.Bytes
	if bytes.HasPrefix(answer, []byte("{")) {
		var object struct {
			Raw hexutil.Bytes `json:"raw"`
		}
		if err := json.Unmarshal(answer, &object); err != nil {
			return nil, signed.Mismatch("what came back is no transaction")
		}
		raw = object.Raw
	} else if err := json.Unmarshal(answer, &raw); err != nil {
		return nil, signed.Mismatch("what came back is no transaction")
	}
	return raw, nil
}
