// Package anchor is a node of Hallmark: it accepts issuers' submissions, seals them
// into batches, records each batch root in an AnchorRegistry, follows the record
// until it is final, and serves proofs.
//
// Call [Open] and then [Node.Run]; hand submissions to Node.Intake, statements about
// issuers to Node.Pipeline, and ask Node.Serving for states and proofs. Package anchor/api
// puts HTTP around that.
//
// # The way of a credential
//
// A node has three roles, each a package whose documentation lists its files in the order of
// the data:
//
//   - anchor/intake: a submission is verified and written down (package store); what waits is
//     sealed, and published as blocks (package publish);
//   - anchor/pipeline: on each chain a writer brings the batch there (package chain), follows
//     it until it is final, and takes, verifies and writes down the chain's proof. Issuers'
//     status lists and other signed statements are relayed by the same writers;
//   - anchor/serving: a proof file is put together.
//
// They meet in the store, and otherwise know only the small interfaces that they declare, so
// that they can run in different processes (Config.Roles): those that take submissions, those
// that serve, and those that write, of which one seals and one sends from an account. This package puts them together: config.go
// says what a node does, node.go opens and runs it, alive.go and health.go tell how it is.
//
// # States
//
// Batches and statements are each brought to a chain by an operation; a batch has one
// for each chain, with a record of its own:
//
//	            seal                 sign                 seen in a block         final, with evidence
//	accepted ---------> batched ---------> broadcast ---------------> mined ---------------------> final
//	(submission)         ^  |               ^  |  ^                   | |                           |
//	                     |  |        stuck: +--+  +-------------------+ |                           |
//	                     |  |        replaced      reorged out          |                           |
//	                     |  +-------------------------------------------+                           |
//	                     |    anchored by a third party, or that anchor was reorged out             |
//	                     +--------------------------------------------------------------------------+
//	                       a reorg deeper than final: opened again, to broadcast if it was signed
//
// The state of a submission is that of its batch on its home chain.
//
// A signed statement (a new status list, a retirement, a controller) starts as
// accepted, skips batched, and may end as failed, if the registry refuses it. If the
// block that showed so goes away, it goes back to where it was.
//
// What an operation wants and what its transactions do are kept apart. Whether a
// batch is mined or final is read from the registry itself, at the hash of the head
// and of the newest final block: a third party may have anchored it. The
// transactions are followed all the same until each nonce is used in a final block,
// since a nonce that is left out would block all later ones; only then is the
// operation closed.
//
// # Commit order
//
// Each step is on disk before its effect can be seen. What a crash right after a
// step leaves, and who finishes it:
//
//  1. A submission with its leaves and index is one write, synced before Intake.Submit
//     returns. After it: the submission waits; the client repeats the call, which is
//     idempotent, or asks for the state.
//  2. Sealing is one write: the published blocks, the batch, and an operation
//     for each chain to anchor it, state batched. After it: an operation
//     without a transaction. Before it: the submissions wait for the next batch.
//  3. Intent: nonce, fees, gas limit and calldata are one write. After it: an unsigned
//     attempt, which is signed as it stands, or is dropped with its nonce if it is not
//     needed. A replacement is an attempt with the nonce of an earlier one.
//  4. Signed: the bytes of the transaction, their hash, and what they may cost in the
//     budget of the day, state broadcast. After it: the hash is looked up; if no server
//     knows it these very bytes are sent.
//  5. Sending writes nothing. After it: as after 4.
//  6. Mined: the block, believed only if it is still canonical. After it, and at each
//     new block: it is read again; if it was reorged out, the state goes back to broadcast
//     and the same bytes are sent again.
//  7. Final: the evidence for each issuer in the batch, verified by package verifier,
//     and the state are one write. Before it: the evidence is fetched again, of a
//     later block. So a batch is final exactly if complete proofs can be served.
//  8. Closed: nothing is left to do.
//
// A status list is published in the same write as the operation that relays its
// statement.
//
// One function, next in anchor/pipeline/decide.go, says which step comes, from the
// operation's record and the chain alone. [Node.Run] calls it for every operation that is
// not closed whenever there is a new block, so starting up and running on are the same
// code, and every hash that was ever signed for an operation is looked up before anything
// is sent.
//
// # What errors mean
//
// An error of the RPC server is never an answer: no state changes, and the question
// is asked again, at the latest after 30 seconds. So is a server that reports
// another chain than the folder is bound to. An error of the disk ends Run. A store that
// cannot be reached does not: what a role was doing ends, and begins anew with what
// the store says once it answers.
//
// # Ownership
//
// Each chain's writer has a goroutine, the only one that signs and sends there, and
// the only one that changes operations of that chain; one more goroutine seals. Others
// add submissions and operations, and replace evidence by newer one. The nonces of an account are
// those in the attempts of operations that are not closed, and nothing else.
//
// On a folder Pebble's lock keeps out a second process. Processes that share a store have those
// goroutines by lease (package role): one lease to seal, one for each account on each chain, one for
// the webhook, one for the end of shares. All that their holder writes goes with the lease and its
// epoch, so that nothing is written by who has lost it; and its clock tells it that it has, right before it
// signs and sends. With each term it begins with what the store says, and knows nothing from before.
//
// The account must not be used by any
// other program: a foreign transaction is survived, and costs a delay.
package anchor
