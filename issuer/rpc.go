package issuer

import (
	"context"
	"fmt"
	"net/url"
	"time"

	"github.com/hallmark-node/hallmark/anchor/chain"
	"github.com/hallmark-node/hallmark/internal/fault"
	"github.com/hallmark-node/hallmark/verifier"
)

// pollChain is how often a server is asked again while a transaction is awaited.
const pollChain = 500 * time.Millisecond

// IsServerURL reports whether a text may be the URL of an RPC server.
func IsServerURL(text string) bool {
	u, err := url.Parse(text)
	return err == nil && u.Host != "" && (u.Scheme == "http" || u.Scheme == "https")
}

// Execute sends a transaction of a key's account and returns when it is in a block. tell,
// which may be nil, is told of both, for people. The same account must not be used by another
// program at the same time.
func Execute(
	ctx context.Context, s *chain.Client, key chain.Signer, to verifier.Address, calldata []byte, tell func(string),
) error {
	id, err := s.ID(ctx)
	if err != nil {
		return err
	}
	head, err := s.Head(ctx)
	if err != nil {
		return err
	}
	nonce, err := s.Nonce(ctx, key.Address(), head.Hash)
	if err != nil {
		return err
	}
	gas, err := s.EstimateGas(ctx, key.Address(), to, calldata)
	if err != nil {
		return err
	}
	fees, _, err := s.Fees(ctx)
	if err != nil {
		return err
	}
	raw, hash, err := key.SignTransaction(ctx, chain.Transaction{
		Chain: id.Chain, Nonce: nonce, Fees: fees, Gas: gas + gas/5, To: to, Calldata: calldata,
	})
	if err != nil {
		return err
	}
	say(tell, "sending transaction %s of %s", hash, key.Address())
	if err := s.Send(ctx, raw); err != nil {
		return fault.Remedy(err, "the transaction may have been sent all the same: look for %s before you try again", hash)
	}
	tick := time.NewTicker(pollChain)
	defer tick.Stop()
	for {
		status, err := s.TransactionStatus(ctx, hash)
		switch {
		case err == nil && status.Receipt != nil && status.Receipt.Success:
			say(tell, "it is in block %d", status.Receipt.Block.Number)
			return nil
		case err == nil && status.Receipt != nil:
			return fmt.Errorf("transaction %s failed in block %d", hash, status.Receipt.Block.Number)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("interrupted while transaction %s was awaited, and it may still be mined: %w", hash, ctx.Err())
		case <-tick.C:
		}
	}
}
