package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/hallmark-node/hallmark/anchor/chain"
	"github.com/hallmark-node/hallmark/cmd/internal/run"
	"github.com/hallmark-node/hallmark/verifier"
)

// pollChain is how often a server is asked again while a transaction is awaited.
const pollChain = 500 * time.Millisecond

// server is an RPC server that the user named.
type server struct {
	*chain.Client
	name string // its host: the rest of the URL may be a secret
}

// dial connects to an RPC server. Nothing is sent yet.
func dial(rawURL string) (*server, error) {
	if !isServerURL(rawURL) {
		return nil, run.Usagef("--rpc is not the URL of a server: want http:// or https:// and a host")
	}
	client, err := chain.Dial(rawURL)
	if err != nil {
		return nil, run.Usagef("--rpc: %v", err)
	}
	u, err := url.Parse(rawURL)
	return &server{client, u.Host}, err
}

func isServerURL(text string) bool {
	u, err := url.Parse(text)
	return err == nil && u.Host != "" && (u.Scheme == "http" || u.Scheme == "https")
}

// trouble says which server an error is of.
func (s *server) trouble(err error) error {
	if err == nil || errors.Is(err, context.Canceled) {
		return err
	}
	// An error of the HTTP client repeats the URL, which may hold a secret.
	if wrapped := (*url.Error)(nil); errors.As(err, &wrapped) {
		err = wrapped.Err
	}
	return fmt.Errorf("RPC server %s: %w", s.name, err)
}

// sender sends transactions of one account.
type sender struct {
	*server
	key *chain.Key
	id  chain.ID
}

// execute sends a transaction and returns when it is in a block. The same account
// must not be used by another program at the same time.
func (s *sender) execute(c *cli.Context, to verifier.Address, calldata []byte) (chain.Block, error) {
	ctx := c.Context
	head, err := s.Head(ctx)
	if err != nil {
		return chain.Block{}, s.trouble(err)
	}
	nonce, err := s.Nonce(ctx, s.key.Address(), head.Hash)
	if err != nil {
		return chain.Block{}, s.trouble(err)
	}
	gas, err := s.EstimateGas(ctx, s.key.Address(), to, calldata)
	if err != nil {
		return chain.Block{}, s.trouble(err)
	}
	fees, _, err := s.Fees(ctx)
	if err != nil {
		return chain.Block{}, s.trouble(err)
	}
	raw, hash, err := s.key.Sign(chain.Transaction{Chain: s.id.Chain, Nonce: nonce, Fees: fees, Gas: gas + gas/5, To: to, Calldata: calldata})
	if err != nil {
		return chain.Block{}, err
	}
	say(c, "sending transaction %s of %s", hash, s.key.Address())
	if err := s.Send(ctx, raw); err != nil {
		return chain.Block{}, run.Hint(s.trouble(err), "the transaction may have been sent all the same: look for %s before you try again", hash)
	}
	tick := time.NewTicker(pollChain)
	defer tick.Stop()
	for {
		status, err := s.TransactionStatus(ctx, hash)
		switch {
		case err == nil && status.Receipt != nil && status.Receipt.Success:
			say(c, "it is in block %d", status.Receipt.Block.Number)
			return status.Receipt.Block, nil
		case err == nil && status.Receipt != nil:
			return chain.Block{}, fmt.Errorf("transaction %s failed in block %d", hash, status.Receipt.Block.Number)
		}
		select {
		case <-ctx.Done():
			return chain.Block{}, fmt.Errorf("interrupted while transaction %s was awaited: it may still be mined", hash)
		case <-tick.C:
		}
	}
}
