package publish

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/fxamacker/cbor/v2"
	"github.com/ipfs/go-cid"

	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// How the leaves of a submission are stored.
const (
	MaxInline      = 1024    // leaves within the page itself
	MaxBlockLeaves = 1 << 15 // leaves in one raw block: 1 MiB
)

// maxPages is the number of links that fit into a manifest, with ample room for the
// members around them.
const maxPages = (MaxBlock - 256) / linkSize

// maxPageItems is how many bytes the submissions of a page may take, beside the longest head of
// a list.
const maxPageItems = MaxBlock - 5

// ErrTooLarge says that a batch or a status list needs more pages than one manifest
// can link to: some 25,000, that is 26 GB of pages. Seal a smaller batch.
var ErrTooLarge = errors.New("more pages than one manifest can hold")

// Batch names a published batch: the two arguments of AnchorRegistry.anchor.
type Batch struct {
	Root     merkle.Hash // of the tree over the ids of its submissions
	Manifest merkle.Hash // sha2-256 digest of the manifest block
}

type batchManifest struct {
	Hallmark uint64      `cbor:"hallmark"`
	Root     merkle.Hash `cbor:"root"`
	Count    uint64      `cbor:"count"`
	Pages    []link      `cbor:"pages"`
}

type pageItem struct {
	Issuer    verifier.Address   `cbor:"issuer"`
	ChainID   uint64             `cbor:"chainId"`
	Registry  verifier.Address   `cbor:"registry"`
	Root      merkle.Hash        `cbor:"root"`
	Count     uint64             `cbor:"count"`
	IssuedAt  uint64             `cbor:"issuedAt"`
	Signature verifier.Signature `cbor:"signature"`
	Leaves    cbor.RawMessage    `cbor:"leaves,omitempty"` // a byte string or links
}

// WriteBatch makes the blocks of a batch and hands each to put, the manifest last:
// who has the manifest has everything. ids is the tree over the ids of the
// submissions. They must come in the order of its leaves and have passed
// [Submission.Verify]; neither is checked: [verifier.BatchLeaves] computes many ids for
// much less than one after the other costs. At any time it holds one submission and
// one page. The same submissions always give the same blocks.
//
// Errors of submissions and of put are returned as they are, wrapped; [ErrTooLarge]
// says that the batch must be split.
func WriteBatch(ids *merkle.Tree, submissions iter.Seq2[*Submission, error], put func(Block) error) (Batch, error) {
	var (
		number   int
		page     []cbor.RawMessage // one item for each submission
		size     int               // of the items, bytes
		manifest = batchManifest{Hallmark: 1, Root: ids.Root(), Count: uint64(ids.Len()), Pages: []link{}}
	)
	flush := func() error {
		if len(manifest.Pages) == maxPages {
			return fmt.Errorf("batch of more than %d submissions: %w; seal smaller batches", number, ErrTooLarge)
		}
		block, err := encodeBlock(page)
		if err != nil {
			return err
		}
		page, size = page[:0], 0
		manifest.Pages = append(manifest.Pages, link{block.CID})
		return put(block)
	}
	for s, err := range submissions {
		if err != nil {
			return Batch{}, fmt.Errorf("submission %d of the batch: %w", number, err)
		}
		if number == ids.Len() {
			return Batch{}, fmt.Errorf("there are more submissions than the %d ids of the batch", number)
		}
		item, err := encodeSubmission(s, put)
		if err != nil {
			return Batch{}, fmt.Errorf("submission %s: %w", ids.Leaf(number), err)
		}
		if size+len(item) > maxPageItems {
			if err := flush(); err != nil {
				return Batch{}, err
			}
		}
		page, size = append(page, item), size+len(item)
		number++
	}
	if number < ids.Len() {
		return Batch{}, fmt.Errorf("there are %d submissions for the %d ids of the batch", number, ids.Len())
	}
	if err := flush(); err != nil {
		return Batch{}, err
	}
	block, err := encodeBlock(manifest)
	if err != nil {
		return Batch{}, err
	}
	return Batch{manifest.Root, blockDigest(block.CID)}, put(block)
}

// encodeSubmission returns the item of a submission in a page, and hands the blocks of
// its leaves to put.
func encodeSubmission(s *Submission, put func(Block) error) ([]byte, error) {
	if s.Count != uint64(len(s.Leaves)) || s.Count == 0 || s.Count > MaxLeaves {
		return nil, fmt.Errorf("says %d leaves and has %d: verify it first", s.Count, len(s.Leaves))
	}
	item := pageItem{
		Issuer: s.Issuer, ChainID: uint64(s.Home.Chain), Registry: s.Home.Registry,
		Root: s.Root, Count: s.Count, IssuedAt: s.IssuedAt, Signature: s.Signature,
	}
	var err error
	switch {
	case len(s.Leaves) == 1: // it is the root
	case len(s.Leaves) <= MaxInline:
		item.Leaves, err = encMode.Marshal(JoinHashes(s.Leaves))
	default:
		var links []link
		for rest := s.Leaves; len(rest) > 0; {
			n := min(len(rest), MaxBlockLeaves)
			block := newBlock(cid.Raw, JoinHashes(rest[:n]))
			if err := put(block); err != nil {
				return nil, err
			}
			links, rest = append(links, link{block.CID}), rest[n:]
		}
		item.Leaves, err = encMode.Marshal(links)
	}
	if err != nil {
		return nil, err
	}
	return encMode.Marshal(&item)
}

// ReadBatch fetches the batch that want names and calls each with every submission
// in it, in ascending order of ids. Every submission passed to each has been
// verified by itself ([Submission.Verify]); that all of them together are the batch
// is known only when ReadBatch returns nil, so nothing that each keeps may be relied
// on before. An error of each ends the reading and is returned as it is.
//
// The blocks are not trusted. Errors that wrap [ErrInvalid] condemn them; any other
// error comes from get, from each or from ctx. At any time it holds one submission
// of at most [MaxLeaves] leaves, one page and 32 bytes for each submission seen.
func ReadBatch(ctx context.Context, get Getter, want Batch, each func(*Submission) error) error {
	return readBatch(ctx, get, want, func(item *pageItem) (*Submission, error) { return readSubmission(ctx, get, item) }, each)
}

// ReadHeads is [ReadBatch] without the leaves, whose blocks are not fetched: who submitted what, as
// the root of the batch commits to it. Nothing is said of whether the leaves are there and lead
// to their root, and signatures are not checked: [Submission.VerifySigned] does that.
func ReadHeads(ctx context.Context, get Getter, want Batch, each func(*Submission) error) error {
	return readBatch(ctx, get, want, func(item *pageItem) (*Submission, error) { return item.head() }, each)
}

func readBatch(
	ctx context.Context, get Getter, want Batch, read func(*pageItem) (*Submission, error), each func(*Submission) error,
) error {
	var manifest batchManifest
	manifestCID := ManifestCID(want.Manifest)
	if err := fetchCBOR(ctx, get, manifestCID, &manifest); err != nil {
		return fmt.Errorf("manifest of batch %s: %w", want.Root, err)
	}
	if manifest.Hallmark != 1 {
		return fmt.Errorf("%w: manifest %s is of version %d; a newer program may read it", ErrInvalid, manifestCID, manifest.Hallmark)
	}
	if manifest.Root != want.Root {
		return fmt.Errorf("%w: manifest %s is of batch %s, not of %s", ErrInvalid, manifestCID, manifest.Root, want.Root)
	}
	var ids []merkle.Hash
	for i, l := range manifest.Pages {
		if err := checkCID(l.Cid, cid.DagCBOR); err != nil {
			return fmt.Errorf("page %d of batch %s: %w", i, want.Root, err)
		}
		var page []pageItem
		if err := fetchCBOR(ctx, get, l.Cid, &page); err != nil {
			return fmt.Errorf("page %d of batch %s: %w", i, want.Root, err)
		}
		if len(page) == 0 {
			return fmt.Errorf("%w: page %d of batch %s is empty", ErrInvalid, i, want.Root)
		}
		for j := range page {
			if uint64(len(ids)) == manifest.Count {
				return fmt.Errorf("%w: batch %s has more than the %d submissions that its manifest says", ErrInvalid, want.Root, manifest.Count)
			}
			s, err := read(&page[j])
			if err != nil {
				return fmt.Errorf("submission %d in page %d of batch %s: %w", j, i, want.Root, err)
			}
			id := s.ID()
			if n := len(ids); n > 0 && merkle.Compare(ids[n-1], id) >= 0 {
				return fmt.Errorf("%w: submission %s stands after %s", ErrInvalid, id, ids[n-1])
			}
			ids = append(ids, id)
			if err := each(s); err != nil {
				return err
			}
		}
	}
	if uint64(len(ids)) != manifest.Count {
		return fmt.Errorf("%w: batch %s has %d submissions, its manifest says %d", ErrInvalid, want.Root, len(ids), manifest.Count)
	}
	tree, err := merkle.FromSorted(ids)
	if err != nil {
		return fmt.Errorf("%w: batch %s: %w", ErrInvalid, want.Root, err)
	}
	if tree.Root() != want.Root {
		return fmt.Errorf("%w: the submissions of batch %s have root %s", ErrInvalid, want.Root, tree.Root())
	}
	return nil
}

// head returns the submission without its leaves.
func (item *pageItem) head() (*Submission, error) {
	if item.Count == 0 || item.Count > MaxLeaves {
		return nil, fmt.Errorf("%w: %d leaves, want 1 to %d", ErrInvalid, item.Count, MaxLeaves)
	}
	return &Submission{
		Issuer: item.Issuer,
		Home:   verifier.Home{Chain: verifier.ChainID(item.ChainID), Registry: item.Registry},
		Root:   item.Root, Count: item.Count, IssuedAt: item.IssuedAt, Signature: item.Signature,
	}, nil
}

// readSubmission fetches the leaves of a submission and verifies it.
func readSubmission(ctx context.Context, get Getter, item *pageItem) (*Submission, error) {
	s, err := item.head()
	if err != nil {
		return nil, err
	}
	switch {
	case item.Count == 1:
		if len(item.Leaves) > 0 {
			return nil, fmt.Errorf("%w: a single leaf is the root and is not repeated", ErrInvalid)
		}
		s.Leaves = []merkle.Hash{item.Root}
	case item.Count <= MaxInline:
		var b []byte
		if err := decodeLeaves(item.Leaves, &b); err != nil {
			return nil, err
		}
		s.Leaves, err = splitHashes(nil, b)
	default:
		s.Leaves, err = readLeafBlocks(ctx, get, item)
	}
	if err != nil {
		return nil, err
	}
	if err := s.Verify(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	return s, nil
}

func readLeafBlocks(ctx context.Context, get Getter, item *pageItem) ([]merkle.Hash, error) {
	var links []link
	if err := decodeLeaves(item.Leaves, &links); err != nil {
		return nil, err
	}
	var leaves []merkle.Hash // grows with what arrives: the count is only a claim
	for _, l := range links {
		if err := checkCID(l.Cid, cid.Raw); err != nil {
			return nil, err
		}
		data, err := fetch(ctx, get, l.Cid)
		if err != nil {
			return nil, err
		}
		if leaves, err = splitHashes(leaves, data); err != nil {
			return nil, fmt.Errorf("block %s: %w", l.Cid, err)
		}
		if uint64(len(leaves)) > item.Count {
			return nil, fmt.Errorf("%w: more leaves than the %d that the submission says", ErrInvalid, item.Count)
		}
	}
	return leaves, nil
}

// decodeLeaves reads the member "leaves" as a byte string or as links. Unlike the
// rest of the page it is kept raw until here, so its encoding is checked here.
func decodeLeaves(raw cbor.RawMessage, v any) error {
	if len(raw) == 0 {
		return fmt.Errorf("%w: the leaves are missing", ErrInvalid)
	}
	if err := decode(raw, v); err != nil {
		return fmt.Errorf("%w: leaves: %w", ErrInvalid, err)
	}
	return nil
}

// splitHashes appends to dst the hashes that b is made of, at least one.
func splitHashes(dst []merkle.Hash, b []byte) ([]merkle.Hash, error) {
	if len(b) == 0 || len(b)%merkle.Size != 0 {
		return nil, fmt.Errorf("%w: %d bytes are not a list of hashes of %d bytes", ErrInvalid, len(b), merkle.Size)
	}
	for ; len(b) > 0; b = b[merkle.Size:] {
		dst = append(dst, merkle.Hash(b))
	}
	return dst, nil
}
