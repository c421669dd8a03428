// Package store keeps a node's state: what records there are, what they mean, and what follows
// from what. Where they lie is an engine's matter (package kv): call [Open] for a folder, [New]
// for any engine.
//
// Intake calls [Store.AddSubmission], which returns once the submission is durable.
// Everything else is written by [Store.Update], all or nothing and durable when it
// returns. What a node acknowledges, signs or sends is written here first.
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
//	m name                     -> single values: the format; Deliveries, how far a webhook has come; Leader of each lease
//	k chain                    -> Chain: a chain that the node is bound to
//	n sequence                 -> Submission
//	s id                       -> sequence
//	l tree page                -> leaves and inner nodes of a submission of at least 2
//	x leaf[:8] tree            -> number of the leaf: the leaf index, see index.go
//	v tree                     -> sequence, of a tree that was written while it arrived
//	y digest                   -> published raw block, by sha2-256: tree, first leaf and how many
//	c digest                   -> published block without leaves, by sha2-256
//	z digest                   -> published page with leaves, by sha2-256: all but the leaves, and their submissions
//	b number                   -> Batch
//	q last sequence            -> number: finds the batch of a submission
//	r root                     -> number of the batch
//	t number page              -> ids of a batch's submissions, ascending, and inner nodes of their tree
//	o number                   -> Operation
//	p chain number             -> nothing: the operations that are not closed
//	a batch chain              -> number of the operation that anchors a batch on a chain
//	e chain batch issuer       -> Evidence of a batch for one issuer
//	i issuer version root      -> StatusList
//	u chain issuer             -> number of the newest operation of an issuer
//	w chain issuer             -> number of the final block that last changed an issuer
//	d chain account day        -> wei that the account committed to in a UTC day, big-endian
//	D chain account day        -> the part of it for statements of issuers
//	g chain                    -> Beacon: the beacon chain behind a chain
//	f chain period             -> hop: which sync committee follows that of a period
//	h issuer                   -> Standing: what the issuer may ask of the node's account
//	j leaf                     -> Share: a credential that somebody shows on a page
//	J leaf                     -> the badge of a share, as it was uploaded
//	F number                   -> Final: a batch that became final on a chain
//	M chain block index        -> Want: something that a chain's log names and a mirror lacks
//	Q issuer                   -> Issuer: what an operator decided about an issuer
//	K id                       -> APIKey: a secret by which a client may submit, as a hash
//	U day issuer s or c        -> submissions, or credentials, that were accepted of an issuer in a UTC day
//	A number                   -> AuditEntry: what an operator did; "m audit" is the end of that log
//
// A tree has the sequence number of its submission. One that was written while it arrived,
// before there was one, has a number of its own, from 1 << 63 on.
//
// Numbers of pages and of leaves are 4 bytes, big-endian. A page holds 128 leaves of 32
// bytes, or as many as the engine says if the tree was written while it arrived; those from
// 1 << 31 on hold inner nodes as tree.go says. Of the inner nodes all but those of the lowest
// four levels are stored, so a path takes two or three reads of at most 16 KiB and 15 hashes,
// however large the tree.
//
// Leaves are stored once, with their submission. Published raw blocks, and pages with the
// leaves of small submissions in them, are put together from there on request. A
// submission's record and leaves never change. All in all that is some 55 bytes a
// credential: 32 of the leaf, 4 of inner nodes, and the rest of the index.
//
// # What is special
//
// Everything else is plain records under plain keys. In the order of the data:
//
//   - incoming.go: large submissions are written as a bulk while they arrive, because in the
//     log a leaf costs several times as much. clean.go removes what a crash leaves of them.
//   - tree.go: leaves lie in pages, and the upper levels of a tree are stored, so that a
//     path neither reads nor hashes a whole submission.
//   - index.go: the one index of leaves.
//   - batch.go: published pages are stored without the leaves in them, which would take as
//     much room again. They are made before the update that seals, which so is short.
//   - versions.go: tells the caches of package anchor whether they are current. The store
//     itself caches nothing beside what the engine does.
//
// # Durability
//
// Submissions enter the log of the engine in the order of their sequence numbers, so when one
// is durable all before it are. The tree of a submission of [LargeLeaves] or more and its
// index entries become a part of the store together with its record, or not at all; in a folder
// a crash may leave them without it, and then they are removed when the store is opened.
package store
