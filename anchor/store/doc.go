// Package store keeps a node's state in one folder with Pebble. Call [Open].
//
// Intake calls [Store.AddSubmission], which returns once the submission is on
// disk. Everything else is written by [Store.Update], all or nothing and on disk
// when it returns. What a node acknowledges, signs or sends is written here first.
//
// # Layout
//
// Keys begin with one letter that names the kind; integers in keys are 8 bytes,
// big-endian, so that they sort. Records are CBOR maps with small integers as keys
// (RFC 8949, core deterministic encoding), because that is a third the size of JSON
// for records that are mostly hashes, has a standard that outlives this program,
// and lets later versions add members: an unknown member is ignored, an absent one
// is zero. A member's number is never used again for something else.
//
//	m name                     -> what is kept once: format
//	k chain                    -> Chain: a chain that the folder is bound to
//	n sequence                 -> Submission
//	s id                       -> sequence
//	l sequence                 -> leaves of a submission of 2 to 1,024, until it is sealed
//	x leaf[:8] sequence        -> nothing: the submissions that may have a leaf
//	c digest                   -> published block, by sha2-256
//	b number                   -> Batch
//	q last sequence            -> number: finds the batch of a submission
//	r root                     -> number of the batch
//	t number                   -> ids of a batch's submissions, ascending, 32 bytes each
//	o number                   -> Operation
//	p chain number             -> nothing: the operations that are not closed
//	a batch chain              -> number of the operation that anchors a batch on a chain
//	e chain batch issuer       -> Evidence of a batch for one issuer
//	i issuer version root      -> StatusList
//	u chain issuer             -> number of the newest operation of an issuer
//	w chain issuer             -> number of the final block that last changed an issuer
//	d chain account day        -> wei that the account committed to in a UTC day, big-endian
//
// Leaves are stored once. Those of a submission of more than 1,024 lie in raw
// blocks of 32,768, exactly the blocks that are published; those of a smaller one
// lie under l until its batch is sealed, and then within the published page. The
// leaf index holds 8 bytes of a leaf and the sequence number, and candidates are
// checked against the leaves. All in all that is some 55 bytes a credential.
//
// # Durability
//
// Every write is synced to the write-ahead log before it is acknowledged; Pebble
// groups the syncs of concurrent intake. Submissions enter the log in the order of
// their sequence numbers, so when one is on disk all before it are.
package store
