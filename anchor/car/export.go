package car

import (
	"context"
	"io"

	"github.com/ipfs/go-cid"

	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/merkle"
)

// Export writes all blocks below manifests, each once, in their order and depth first. The head
// names the manifests, of more than [MaxRoots] the first ones. Blocks that get returns are
// compared with their CIDs. done is called after each block. It holds 32 bytes for each block
// and manifest.
func Export(ctx context.Context, w io.Writer, manifests []cid.Cid, get publish.Getter, done func(publish.Block)) error {
	out, err := NewWriter(w, manifests[:min(len(manifests), MaxRoots)])
	if err != nil {
		return err
	}
	written := make(map[merkle.Hash]struct{})
	skip := func(c cid.Cid) bool {
		_, again := written[digestOf(c)]
		return again
	}
	checked := func(ctx context.Context, c cid.Cid) ([]byte, error) {
		data, err := get(ctx, c)
		if err == nil {
			err = check(publish.Block{CID: c, Data: data})
		}
		return data, err
	}
	return WalkAll(ctx, checked, manifests, skip, func(b publish.Block) error {
		written[digestOf(b.CID)] = struct{}{}
		done(b)
		return out.Put(b)
	})
}

// Gap is a root below which blocks are missing.
type Gap struct {
	Root    cid.Cid
	Missing error // of the first block that cannot be had
}

// Gaps looks whether all blocks below roots can be had from get, which is believed.
func Gaps(ctx context.Context, roots []cid.Cid, get publish.Getter) (gaps []Gap, err error) {
	for _, root := range roots {
		err := Walk(ctx, get, root, func(cid.Cid) bool { return false }, func(publish.Block) error { return nil })
		if ctx.Err() != nil {
			return gaps, ctx.Err()
		}
		if err != nil {
			gaps = append(gaps, Gap{root, err})
		}
	}
	return gaps, nil
}
