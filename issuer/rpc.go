package issuer

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/hallmark-node/hallmark/anchor/chain"
	"github.com/hallmark-node/hallmark/internal/fault"
	"github.com/hallmark-node/hallmark/verifier"
)

// pollChain is how often a server is asked again while a transaction is awaited.
const pollChain = 500 * time.Millisecond

// Server is an RPC server of a chain.
type Server struct {
	*chain.Client
	host string // the rest of the URL may be a secret
}

// Dial connects to an RPC server. Nothing is sent yet.
func Dial(rawURL string) (*Server, error) {
	if !IsServerURL(rawURL) {
		return nil, fault.Input("not the URL of an RPC server: want http:// or https:// and a host")
	}
	client, err := chain.Dial(rawURL)
	if err != nil {
		return nil, fault.Input("the URL of the RPC server: %v", err)
	}
	u, err := url.Parse(rawURL)
	return &Server{client, u.Host}, err
}

// IsServerURL reports whether a text may be the URL of an RPC server.
func IsServerURL(text string) bool {
	u, err := url.Parse(text)
	return err == nil && u.Host != "" && (u.Scheme == "http" || u.Scheme == "https")
}

// Host returns the host of its URL.
func (s *Server) Host() string { return s.host }

// Err says which server an error is of.
func (s *Server) Err(err error) error {
	if err == nil || errors.Is(err, context.Canceled) {
		return err
	}
	// An error of the HTTP client repeats the URL, which may hold a secret.
	if wrapped := (*url.Error)(nil); errors.As(err, &wrapped) {
		err = wrapped.Err
	}
	return fmt.Errorf("RPC server %s: %w", s.host, err)
}

// Execute sends a transaction of a key's account and returns when it is in a block. tell,
// which may be nil, is told of both, for people. The same account must not be used by another
// program at the same time.
func (s *Server) Execute(ctx context.Context, key chain.Signer, to verifier.Address, calldata []byte, tell func(string)) error {
	id, err := s.ID(ctx)
	if err != nil {
		return s.Err(err)
	}
	head, err := s.Head(ctx)
	if err != nil {
		return s.Err(err)
	}
	nonce, err := s.Nonce(ctx, key.Address(), head.Hash)
	if err != nil {
		return s.Err(err)
	}
	gas, err := s.EstimateGas(ctx, key.Address(), to, calldata)
	if err != nil {
		return s.Err(err)
	}
	fees, _, err := s.Fees(ctx)
	if err != nil {
		return s.Err(err)
	}
	raw, hash, err := key.SignTransaction(ctx, chain.Transaction{
		Chain: id.Chain, Nonce: nonce, Fees: fees, Gas: gas + gas/5, To: to, Calldata: calldata,
	})
	if err != nil {
		return err
	}
	say(tell, "sending transaction %s of %s", hash, key.Address())
	if err := s.Send(ctx, raw); err != nil {
		return fault.Remedy(s.Err(err), "the transaction may have been sent all the same: look for %s before you try again", hash)
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
