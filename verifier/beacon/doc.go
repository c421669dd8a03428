// Package beacon proves offline that a block of a proof-of-stake Ethereum chain is final:
// it is the verifying half of the sync-committee light client of the consensus
// specifications (altair/light-client/sync-protocol.md and its later versions), in a
// compact form.
//
// Trust starts at 32 bytes: the hash tree root of the sync committee of one period, 512
// validators that sign for 27 hours on Ethereum. A [Hop] proves from there which committee
// comes next, and [Evidence] proves that a committee signed a header whose finalized block
// is the one in question, or a descendant of it. Nothing here asks anybody, reads a file
// or knows the time.
//
// Read the code in this order:
//
//   - network.go: the networks as data: constants, fork schedules, places of fields;
//   - ssz.go, header.go: hashing;
//   - signed.go: a header and the signature of two thirds of a committee over it;
//   - hop.go: the committee of the next period;
//   - evidence.go, ancestry.go: the block that is final, and how older evidence is hung on
//     newer;
//   - chain.go: from a trusted committee to that of a later period;
//   - pack.go: a file of hops;
//   - update.go, execution.go: making all that from what a beacon node serves.
//
// # What it assumes
//
// At least two thirds of a committee signed, so at the time of its period an honest third
// and one more validator vouch for the block. Signing another chain is not slashable, and
// old keys may leak, so whoever verifies should bound how old a signature may be; hash
// paths (ancestry.go) do not age.
//
// # Encoding
//
// Hops and evidence have one binary encoding each, of fixed parts in the SSZ encoding
// (integers little-endian) without offsets: every length follows from the network, the
// slot and the participation bits. Every byte is covered by a hash or a signature.
package beacon
