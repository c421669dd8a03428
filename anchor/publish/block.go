package publish

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"

	"github.com/ipfs/go-cid"
	"github.com/multiformats/go-multihash"

	"github.com/hallmark-node/hallmark/merkle"
)

// MaxBlock is the largest block in bytes: 1 MiB, what every IPFS implementation
// transfers.
const MaxBlock = 1 << 20

// maxInteger is the largest integer in a block: 2^53-1, as in a proof.
const maxInteger = 1<<53 - 1

// ErrInvalid is wrapped by the errors of [ReadBatch] and [ReadStatusList] that say
// that the blocks are wrong, as opposed to blocks that could not be fetched: asking
// for the same blocks again cannot help.
var ErrInvalid = errors.New("published blocks are not valid")

// Block is one content-addressed block. Data is never changed once made.
type Block struct {
	CID  cid.Cid // CIDv1, dag-cbor or raw, sha2-256 of Data
	Data []byte  // at most [MaxBlock] bytes
}

// Getter fetches the data of a block. It need not check it: what it returns is
// compared with the CID. Its error is returned as it is, wrapped.
type Getter func(context.Context, cid.Cid) ([]byte, error)

// ManifestCID returns the CID of the manifest that has this sha2-256 digest: the
// digest is what the registry's events name, the CID is what to ask a mirror for.
func ManifestCID(digest merkle.Hash) cid.Cid { return blockCID(cid.DagCBOR, digest) }

func newBlock(codec uint64, data []byte) Block {
	return Block{blockCID(codec, sha256.Sum256(data)), data}
}

func blockCID(codec uint64, digest merkle.Hash) cid.Cid {
	mh, err := multihash.Encode(digest[:], multihash.SHA2_256)
	if err != nil { // sha2-256 of 32 bytes is always known
		panic(err)
	}
	return cid.NewCidV1(codec, mh)
}

// blockDigest returns the sha2-256 digest that names a block.
func blockDigest(c cid.Cid) (d merkle.Hash) {
	hash := c.Hash()
	copy(d[:], hash[len(hash)-len(d):])
	return d
}

// JoinHashes returns hashes one after the other.
func JoinHashes(hashes []merkle.Hash) []byte {
	b := make([]byte, 0, len(hashes)*merkle.Size)
	for i := range hashes {
		b = append(b, hashes[i][:]...)
	}
	return b
}

// BlockDigest returns the sha2-256 digest that names the raw block of some leaves.
func BlockDigest(leaves []merkle.Hash) merkle.Hash { return sha256.Sum256(JoinHashes(leaves)) }

// checkCID refuses links that are not CIDv1 of the codec wanted with sha2-256.
func checkCID(c cid.Cid, codec uint64) error {
	want := cid.Prefix{Version: 1, Codec: codec, MhType: multihash.SHA2_256, MhLength: 32}
	if c.Prefix() != want {
		return fmt.Errorf("%w: link %s is not a CIDv1 of codec 0x%x with sha2-256", ErrInvalid, c, codec)
	}
	return nil
}

// IsBlock reports whether data is the block that a CID of sha2-256 names.
func IsBlock(c cid.Cid, data []byte) bool {
	p := c.Prefix()
	return p.MhType == multihash.SHA2_256 && p.MhLength == merkle.Size && len(data) <= MaxBlock &&
		merkle.Hash(sha256.Sum256(data)) == blockDigest(c)
}

// fetch gets a block and checks that it is the one that its CID names.
func fetch(ctx context.Context, get Getter, c cid.Cid) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	data, err := get(ctx, c)
	if err != nil {
		return nil, fmt.Errorf("get block %s: %w", c, err)
	}
	if len(data) > MaxBlock {
		return nil, fmt.Errorf("%w: block %s has %d bytes, at most %d are allowed", ErrInvalid, c, len(data), MaxBlock)
	}
	if !IsBlock(c, data) {
		return nil, fmt.Errorf("%w: the bytes received for block %s are not that block; another source may have it", ErrInvalid, c)
	}
	return data, nil
}
