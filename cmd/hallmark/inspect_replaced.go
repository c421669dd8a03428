package main

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/ipfs/go-cid"
	"github.com/multiformats/go-multihash"

	"github.com/hallmark-node/hallmark/credential"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// replaced shows how the status entries of an anchor say what replaces the credential, if
// they do.
func (w *walk) replaced(entries []verifier.StatusEntry, p *verifier.Proof, leaf merkle.Hash) {
	items := make([]verifier.StatusItem, len(entries))
	for i, e := range entries {
		items[i] = verifier.StatusItem{ID: e.ID, Code: e.Code}
	}
	want, ok := verifier.ReplacedBy(items, leaf, p.Salt)
	if !ok {
		return
	}
	w.head("   What replaces it: two entries whose ids begin as the leaf tells, and hide a half of the digest each")
	codec := uint64(cid.Raw)
	var digest []byte
	for i := range byte(2) {
		begin := merkle.Keccak256([]byte("hallmark replaced"), []byte{i}, leaf[:])
		pad := merkle.Keccak256([]byte("hallmark replacement"), []byte{i}, leaf[:], p.Salt[:])
		w.line(fmt.Sprintf("half %d: ids begin with", i), "%s  = keccak256(\"hallmark replaced\" || %02x || leaf), half of it",
			hex.EncodeToString(begin[:16]), i)
		w.line("        hidden by", "%s  = keccak256(\"hallmark replacement\" || %02x || leaf || salt), half of it",
			hex.EncodeToString(pad[:16]), i)
		for _, item := range items {
			if !bytes.Equal(item.ID[:16], begin[:16]) {
				continue
			}
			w.line("        the id", "%s", item.ID)
			if item.Code == verifier.StatusReplacedJCS {
				codec = credential.CodecJCS
			}
			for j := range 16 {
				digest = append(digest, item.ID[16+j]^pad[j])
			}
		}
	}
	w.line("sha2-256", "%s", hex.EncodeToString(digest))
	name, err := multihash.Encode(digest, multihash.SHA2_256)
	next := cid.NewCidV1(codec, name)
	w.line("replaced by", "%s", next)
	if err != nil || !next.Equals(want) {
		w.err = errors.Join(w.err, fmt.Errorf("inspect computes that %s replaces it, the verifier %s: please report this", next, want))
	}
}
