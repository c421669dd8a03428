// Package chain is how a node reads one EVM chain and writes to it: blocks and
// finality, the registry's state, transactions and their receipts, and evidence.
//
// [Dial] makes a [Client] for one or several JSON-RPC servers of the chain. Say
// which chain it must be with [Client.Expect], or learn it with [Client.ID], and
// call [Client.Check] before anything else is believed. For each round of work take
// a [Client.Look], which asks one server only: [Client.Head] and [Client.Final] of
// it, and everything about the registry at one block, named by its hash, so that
// answers from different moments never mix. A Client that is no look asks, for each
// question, whichever server does best.
//
// # Several servers
//
// Servers are preferred in the order in which they are given. One that does not
// answer, answers nonsense, is limited (HTTP 429 or 5xx), lies or lags behind the
// others comes after those that do not, for a while that grows; one that sends
// Retry-After is not asked before then. Each has its chain id and genesis checked before
// it is used, from time to time, and after each failure: one of another chain is
// left out. A transaction is sent to all. [Client.Servers] says how each does.
//
// A client has no state beyond that. It starts no work by itself; what is still
// awaited from a slow server when others have answered ends with [Client.Close] at
// the latest.
//
// # What is believed
//
// A server may be wrong, late or of another chain. State is asked for by the hash
// of a canonical block, so a reorg gives an error instead of a mixture. A receipt
// counts only if the block that it names is, by number, still the canonical one.
// Headers and proofs are returned only if they hold, whatever server they come from. A final
// block counts only while no other server that answers has another one there:
// [DisagreementError].
//
// An error says only that nothing is known ([ErrOutage] above all), with three
// exceptions: [RevertError], by which the chain itself refuses a call,
// [RefusedError], by which a server says why it does not take a transaction, and
// [ErrWrongChain]. URLs may hold secrets: errors, logs and health name hosts.
package chain
