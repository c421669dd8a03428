package static

import (
	"errors"
	"fmt"

	"github.com/go-json-experiment/json"

	"github.com/hallmark-node/hallmark/verifier"
)

// Version is that of the layout.
const Version = 1

// InfoPath is the file by which a folder is told from a node: both have it.
const InfoPath = "v1/info"

// HopsPath is where the hops of the beacon chain behind a chain are, of a node as in a folder.
func HopsPath(id verifier.ChainID) string { return "v1/chains/" + id.String() + "/hops" }

// Limits of files, in bytes. A status list has one record of 33 bytes for each item.
const (
	MaxFile = 4 << 20
	MaxList = recordSize * verifier.MaxStatusItems
)

// maxSegments bounds the files that one look-up reads of the index.
const maxSegments = 64

// Info is what a folder says of itself, in the file [InfoPath]. It is written last.
type Info struct {
	Static  int             `json:"static"`  // Version; a node has no such member
	Homes   []verifier.Home `json:"homes"`   // the registries of which it has evidence, CAIP-10
	Batches uint64          `json:"batches"` // batches are numbered 1, 2, 3...
	Index   []Segment       `json:"index"`   // of all batches, ascending
}

// ErrNotFolder says that what answers is no folder of this kind.
var ErrNotFolder = errors.New("is no folder of proofs")

// ReadInfo reads the file [InfoPath]. The error is [ErrNotFolder] if it is a node's, or no such
// file at all.
func ReadInfo(data []byte) (Info, error) {
	var i Info
	if len(data) > MaxFile || json.Unmarshal(data, &i) != nil || i.Static == 0 {
		return Info{}, ErrNotFolder
	}
	if i.Static != Version {
		return i, fmt.Errorf("the folder has layout %d, and this program knows %d: a newer one may read it", i.Static, Version)
	}
	if len(i.Index) > maxSegments {
		return i, damaged(InfoPath, "an index of %d parts", len(i.Index))
	}
	for n, s := range i.Index {
		if s.Bits < 0 || s.Bits > maxBits || s.First == 0 || s.Last < s.First || s.Last > i.Batches ||
			n > 0 && s.First <= i.Index[n-1].Last {
			return i, damaged(InfoPath, "part %d of the index", n)
		}
	}
	return i, nil
}

// ErrDamaged says that a file of the folder is not what it should be.
var ErrDamaged = errors.New("is damaged")

func damaged(path, format string, args ...any) error {
	return fmt.Errorf("the file %s of the folder %w: %s", path, ErrDamaged, fmt.Sprintf(format, args...))
}
