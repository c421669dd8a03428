// Package signer holds the keys of accounts that a node pays from where the key
// itself is held elsewhere: a remote signer that speaks JSON-RPC, such as
// Web3Signer or clef ([Remote]), or a cloud service (package kms). Both are a [chain.Signer], as
// is an unlocked keystore key, [chain.Key].
//
// Call [Open] with what the configuration says, and with the cloud services that the
// program has linked.
//
// # What is believed
//
// Nothing that comes back is used before it is decoded and compared: it must be the
// transaction that was to be signed, in every field, with a signature in low-s form
// of the expected account. Anything else is an [ErrMismatch] and never leaves the
// node.
//
// Keys, passwords and the parts of URLs that may be secret are in no error and no
// log. Signers print as what they sign with and their address.
package signer

import "github.com/hallmark-node/hallmark/anchor/signer/internal/signed"

// What a caller decides on. Any other error says that the service refuses.
var (
	// ErrUnavailable says that the service cannot be reached or is busy: try again.
	ErrUnavailable = signed.ErrUnavailable

	// ErrMismatch says that the service answered with something else than what it
	// was asked for, or signs with another key.
	ErrMismatch = signed.ErrMismatch
)
