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
//	m name                     -> single values: the format; Deliveries, how far a webhook has come; Leader of each lease
//	k chain                    -> Chain: a chain that the folder is bound to
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
//
// A tree has the sequence number of its submission. One that was written while it arrived,
// before there was one, has a number of its own, from 1 << 63 on.
//
// Numbers of pages and of leaves are 4 bytes, big-endian. A page holds 128 leaves of 32
// bytes; those from 1 << 31 on hold inner nodes as tree.go says. Of the inner nodes all but
// those of the lowest four levels are stored, so a path takes two or three pages of at most
// 16 KiB and 15 hashes, however large the tree.
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
//   - incoming.go, table.go: large submissions are written to tables beside the log and
//     ingested, because in the log a leaf costs several times as much. clean.go removes
//     what a crash leaves of them.
//   - tree.go: leaves lie in pages, and the upper levels of a tree are stored, so that a
//     path neither reads nor hashes a whole submission.
//   - index.go: the one index of leaves. Pebble merges it.
//   - batch.go: published pages are stored without the leaves in them, which would take as
//     much room again.
//   - logfile.go, ballast.go: what keeps the log trustworthy on a disk that fails or is full.
//   - versions.go: tells the caches of package anchor whether they are current. The store
//     itself caches nothing beside Pebble's block cache.
//
// # Durability
//
// Every write is synced to the write-ahead log before it is acknowledged; Pebble
// groups the syncs of concurrent intake. Submissions enter the log in the order of
// their sequence numbers, so when one is on disk all before it are. The tree of a
// submission of [LargeLeaves] or more and its index entries are written while they arrive,
// to two files which are on disk and become Pebble's, both or none, before the record of
// the submission enters the log. What a crash leaves of that is removed when the store is
// opened. The log is written over zeros that are on disk already; see logFS for why. If
// a sync of it fails the process ends: what a later one says would prove nothing.
package store
