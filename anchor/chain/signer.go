package chain

import (
	"context"

	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// Signer signs for one account, whose key is in memory ([Key]) or held by a service
// (package signer). It is safe for concurrent use.
type Signer interface {
	// Address returns the account. It never changes.
	Address() verifier.Address

	// SignTransaction returns the transaction as it is sent (EIP-2718) and its
	// hash. Signing the same transaction again may give another signature, and so
	// another hash: a caller keeps what it got before it is sent.
	SignTransaction(ctx context.Context, t Transaction) (raw []byte, hash merkle.Hash, err error)
}
