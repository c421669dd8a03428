package main

import (
	"github.com/urfave/cli/v2"

	"github.com/hallmark-node/hallmark/anchor/chain"
	"github.com/hallmark-node/hallmark/cmd/internal/run"
	"github.com/hallmark-node/hallmark/issuer"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// dial connects to the RPC server that --rpc names. Nothing is sent yet.
func dial(rawURL string) (*issuer.Server, error) {
	if !issuer.IsServerURL(rawURL) {
		return nil, run.Usagef("--rpc is not the URL of a server: want http:// or https:// and a host")
	}
	s, err := issuer.Dial(rawURL)
	if err != nil {
		return nil, run.Usagef("--rpc: %v", err)
	}
	return s, nil
}

// execute sends a transaction and returns when it is in a block, which it says.
func execute(c *cli.Context, s *issuer.Server, key *chain.Key, to verifier.Address, calldata []byte) error {
	block, err := s.Execute(c.Context, key, to, calldata, func(hash merkle.Hash) {
		say(c, "sending transaction %s of %s", hash, key.Address())
	})
	if err == nil {
		say(c, "it is in block %d", block.Number)
	}
	return err
}
