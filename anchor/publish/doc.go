// Package publish turns sealed batches and status lists into content-addressed
// blocks, and blocks that anybody serves back into batches and status lists.
//
// A node calls [WriteBatch] when it has sealed a batch and [WriteStatusList] when
// an issuer sets a new list; each returns the 32 bytes that go on chain beside the
// root. A mirror, which has only the chain and any copy of the blocks,
// calls [ReadBatch] and [ReadStatusList] with what the chain says. The package does
// no I/O of its own: blocks go to a function and come from a [Getter].
//
// # Blocks
//
// A block is at most [MaxBlock] bytes and is named by its CIDv1 with sha2-256,
// either dag-cbor (manifests and pages) or raw (leaves and status records). dag-cbor
// is RFC 8949 with definite lengths, shortest integers, map keys ordered by length
// and then by bytes, and links as tag 42 over a zero byte and the binary CID. A
// reader refuses every other encoding of the same content.
//
// A batch:
//
//	manifest   {"hallmark": 1, "root": bytes32, "count": n, "pages": [link...]}
//	page       [{"issuer": bytes20, "chainId": n, "registry": bytes20, "root": bytes32, "count": n,
//	             "issuedAt": n, "signature": bytes65, "leaves": bytes or [link...]}, ...]
//	leaves     raw, 32 bytes each
//
// The count of a manifest is that of its submissions. Submissions stand in
// ascending order of their ids, through all pages; a page takes as many as fit.
// Leaves are strictly ascending: absent for a single one (it is the root), inline up
// to [MaxInline], else in raw blocks of at most [MaxBlockLeaves], all but the last
// full when this package writes them.
//
// A status list:
//
//	manifest   {"hallmark": 1, "issuer": bytes20, "version": n, "root": bytes32, "pages": [link...]}
//	page       raw, 33 bytes each: id || code, ids strictly ascending through all pages
//
// Integers are at most 2^53-1, so that every proof made from them can be written.
package publish
