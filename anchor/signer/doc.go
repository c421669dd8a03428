// Package signer holds the keys of accounts that a node pays from where the key
// itself is held elsewhere: a remote signer that speaks JSON-RPC, such as
// Web3Signer or clef ([Remote]), or AWS KMS ([KMS]). Both are a [chain.Signer], as
// is an unlocked keystore key, [chain.Key].
//
// Call [Open] with what the configuration says.
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
