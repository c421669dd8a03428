package publish

import (
	"context"
	"fmt"

	"github.com/ipfs/go-cid"

	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

const (
	recordSize      = merkle.Size + 1
	maxBlockRecords = MaxBlock / recordSize // 31,775
)

// StatusList names a published status list: the arguments of
// AnchorRegistry.setStatus and of the event StatusChanged.
type StatusList struct {
	Issuer  verifier.Address
	Version uint64      // 1 for an issuer's first list
	Root    merkle.Hash // the statusRoot, see [verifier.StatusList]
	List    merkle.Hash // sha2-256 digest of the manifest block
}

type statusManifest struct {
	Hallmark uint64           `cbor:"hallmark"`
	Issuer   verifier.Address `cbor:"issuer"`
	Version  uint64           `cbor:"version"`
	Root     merkle.Hash      `cbor:"root"`
	Pages    []link           `cbor:"pages"`
}

// WriteStatusList makes the blocks of an issuer's status list and hands each to
// put, the manifest last. The entries must be such as [verifier.NewStatusList] takes. The
// same list always gives the same blocks. Errors of put are returned as they are.
func WriteStatusList(issuer verifier.Address, version uint64, entries []verifier.StatusItem, put func(Block) error) (StatusList, error) {
	if version == 0 || version > maxInteger {
		return StatusList{}, fmt.Errorf("status list of %s: version %d is not between 1 and 2^53-1", issuer, version)
	}
	tree, err := verifier.NewStatusList(entries)
	if err != nil {
		return StatusList{}, err
	}
	manifest := statusManifest{Hallmark: 1, Issuer: issuer, Version: version, Root: tree.Root(), Pages: []link{}}
	for rest := entries; len(rest) > 0; {
		n := min(len(rest), maxBlockRecords)
		data := make([]byte, 0, n*recordSize)
		for _, e := range rest[:n] {
			data = append(append(data, e.ID[:]...), e.Code)
		}
		block := newBlock(cid.Raw, data)
		if err := put(block); err != nil {
			return StatusList{}, err
		}
		manifest.Pages, rest = append(manifest.Pages, link{block.CID}), rest[n:]
	}
	block, err := encodeBlock(manifest)
	if err != nil {
		return StatusList{}, err
	}
	return StatusList{issuer, version, manifest.Root, blockDigest(block.CID)}, put(block)
}

// ReadStatusList fetches the status list that want names and returns its entries,
// strictly ascending by id, once they are proven to be what the chain recorded:
// issuer, version and root are all compared with want. An issuer without
// entries has an empty list, which is not an error.
//
// The blocks are not trusted: errors that wrap [ErrInvalid] condemn them; any other
// comes from get or from ctx. At most [verifier.MaxStatusItems] entries are read.
func ReadStatusList(ctx context.Context, get Getter, want StatusList) ([]verifier.StatusItem, error) {
	var manifest statusManifest
	manifestCID := ManifestCID(want.List)
	if err := fetchCBOR(ctx, get, manifestCID, &manifest); err != nil {
		return nil, fmt.Errorf("manifest of status list %d of %s: %w", want.Version, want.Issuer, err)
	}
	if manifest.Hallmark != 1 {
		return nil, fmt.Errorf("%w: manifest %s is of version %d; a newer program may read it", ErrInvalid, manifestCID, manifest.Hallmark)
	}
	if manifest.Issuer != want.Issuer || manifest.Version != want.Version || manifest.Root != want.Root {
		return nil, fmt.Errorf("%w: manifest %s is of list %d of %s with root %s, not of list %d of %s with root %s", ErrInvalid, manifestCID,
			manifest.Version, manifest.Issuer, manifest.Root, want.Version, want.Issuer, want.Root)
	}
	entries := []verifier.StatusItem{}
	for _, l := range manifest.Pages {
		if err := checkCID(l.Cid, cid.Raw); err != nil {
			return nil, err
		}
		data, err := fetch(ctx, get, l.Cid)
		if err != nil {
			return nil, err
		}
		if len(data) == 0 || len(data)%recordSize != 0 {
			return nil, fmt.Errorf("%w: block %s of %d bytes is not a list of records of %d bytes", ErrInvalid, l.Cid, len(data), recordSize)
		}
		if len(entries)+len(data)/recordSize > verifier.MaxStatusItems {
			return nil, fmt.Errorf("%w: more than %d status entries", ErrInvalid, verifier.MaxStatusItems)
		}
		for ; len(data) > 0; data = data[recordSize:] {
			entries = append(entries, verifier.StatusItem{ID: merkle.Hash(data[:merkle.Size]), Code: data[merkle.Size]})
		}
	}
	tree, err := verifier.NewStatusList(entries)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	if tree.Root() != want.Root {
		return nil, fmt.Errorf("%w: the entries of status list %d of %s have root %s, not %s",
			ErrInvalid, want.Version, want.Issuer, tree.Root(), want.Root)
	}
	return entries, nil
}
