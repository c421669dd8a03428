package publish

import (
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// StatusUpdate is a new status list, as it is handed to a node. With a signature the node publishes the list
// and relays the statement, and pays for it; without one the statement must
// already be on the chain, and the node publishes the list behind it.
type StatusUpdate struct {
	Issuer    verifier.Address
	Home      verifier.Home         // the registry that the statement is for; zero: the node's only one
	Version   uint64                // the registry's version plus one (the registry's own without a signature)
	Items     []verifier.StatusItem // strictly ascending by ID
	Deadline  uint64                // Unix seconds
	Signature []byte                // of the controller, EIP-712 SetStatus; longer than 65 bytes only for a contract

	// What is signed of Items: the list's root, and the sha2-256 digest of its published
	// manifest. Zero: not stated, which is for lists of up to 1,024 items.
	Root, List merkle.Hash
}

// RetireRequest is a signed statement that the issuer's key is not to be believed
// for anchors made at or after From.
type RetireRequest struct {
	Issuer    verifier.Address
	Home      verifier.Home // the registry that the statement is for; zero: the node's only one
	From      uint64        // Unix seconds
	Deadline  uint64        // Unix seconds
	Signature []byte        // of the controller, EIP-712 Retire
}

// ControllerRequest is a signed statement that replaces the controller of an issuer's
// status, Current, by Next.
type ControllerRequest struct {
	Issuer    verifier.Address
	Home      verifier.Home    // the registry that the statement is for; zero: the node's only one
	Current   verifier.Address // the stored one, zero while there is none
	Next      verifier.Address
	Deadline  uint64 // Unix seconds
	Signature []byte // of Current, or of the issuer while there is none, EIP-712 SetController
}
