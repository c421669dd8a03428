// Package chain is how a node reads one EVM chain and writes to it: blocks and
// finality, the registry's state, transactions and their receipts, and evidence.
//
// [Dial] makes a [Client], which does nothing on its own: no cache, no retry, no
// goroutine. Call [Client.Check] before anything else is believed, then
// [Client.Head] and [Client.Final]; everything about the registry is read at one
// block, named by its hash, so that answers from different moments never mix.
//
// # What is believed
//
// A server may be wrong, late or of another chain. State is asked for by the hash
// of a canonical block, so a reorg gives an error instead of a mixture. A receipt
// counts only if the block that it names is, by number, still the canonical one. An
// error says only that nothing is known: the one exception is [RevertError], by
// which the chain itself refuses a call.
package chain
