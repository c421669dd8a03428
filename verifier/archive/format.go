package archive

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"math/bits"
	"strings"
	"unicode/utf8"

	"github.com/ipfs/go-cid"

	"github.com/hallmark-node/hallmark/credential"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// Suffix ends the names of archives.
const Suffix = ".proofs"

// Magic begins every archive. Its last byte is the version of the format.
const Magic = "hallmark.proofs\x01"

// Limits of an archive. Each bounds what a hostile file can make a reader do.
const (
	MaxRows = 1 << 20   // credentials of one group, as of one submission
	MaxName = 1024      // bytes of a name
	maxHead = 128 << 20 // bytes of the head: everything that is shared
)

// ErrNotArchive says that a file is not an archive, or is damaged. An archive whose proofs
// do not verify is not meant.
var ErrNotArchive = errors.New("not a proof archive")

// Is reports whether a file that begins with data claims to be an archive of any version.
// The first 16 bytes are enough.
func Is(data []byte) bool {
	return len(data) >= len(Magic) && string(data[:len(Magic)-1]) == Magic[:len(Magic)-1]
}

const (
	tailSize   = 4                    // the head's length
	headStart  = 4                    // number of groups
	groupEntry = 4 + 1 + 1 + 4 + 4    // rows, width, steps, names, shared
	minGroup   = groupEntry + 2       // with the shortest of what follows
	itemSize   = merkle.Size + 1      // of a status list
	literal    = ^uint32(0)           // in place of a status list's length: there is no list
	subtree    = 10                   // log2 of the leaves below a stored node, about
	minWidth   = credential.MinCIDLen // bytes of a CID
	maxWidth   = 135                  // of a json-jcs CID with 128 bytes of blake3
	maxNames   = MaxRows*MaxName - 1  // bytes of all names of a group
)

// shape is what the layout of a group's body follows from. Its ...At methods return the
// offsets of the parts.
type shape struct {
	rows  int // credentials
	width int // bytes for a CID in each row
	steps int // hashes for a path in each row; 0: the rows are a whole submission
	names int // bytes of all names; 0: there are none
}

func (s shape) rowSize() int {
	size := s.width + merkle.Size
	if s.steps > 0 {
		size += 1 + s.steps*merkle.Size
	}
	return size
}

// top is how many levels of a whole submission's tree below the root are stored.
func (s shape) top() int {
	return max(0, bits.Len(uint(s.rows-1))-subtree)
}

// stored is how many nodes of the tree are stored.
func (s shape) stored() int {
	if s.steps > 0 {
		return 0
	}
	return 1<<(s.top()+1) - 1
}

func (s shape) indexAt() int64 { return int64(s.stored()) * merkle.Size }
func (s shape) rowsAt() int64  { return s.indexAt() + 4*int64(s.rows) }
func (s shape) endsAt() int64  { return s.rowsAt() + int64(s.rows)*int64(s.rowSize()) }

func (s shape) namesAt() int64 {
	if s.names == 0 {
		return s.endsAt()
	}
	return s.endsAt() + 4*int64(s.rows)
}

// size is the length of the body.
func (s shape) size() int64 { return s.namesAt() + int64(s.names) }

func (s shape) check() error {
	switch {
	case s.rows < 1 || s.rows > MaxRows:
		return fmt.Errorf("a group of %d credentials, want 1 to %d", s.rows, MaxRows)
	case s.width < minWidth || s.width > maxWidth:
		return fmt.Errorf("a group with %d bytes for a CID, want %d to %d", s.width, minWidth, maxWidth)
	case s.steps > verifier.MaxPath:
		return fmt.Errorf("a group with %d steps for a path, at most %d are allowed", s.steps, verifier.MaxPath)
	case s.names > maxNames:
		return fmt.Errorf("a group with %d bytes of names, at most %d are allowed", s.names, maxNames)
	}
	return nil
}

// CheckName returns an error unless a name may be that of a credential in an archive: a
// relative path with slashes, such as "2026/anna.json", that stays inside the folder in
// which it is used on any system, or empty for a credential without a name.
func CheckName(name string) error {
	switch {
	case name == "":
		return nil
	case len(name) > MaxName:
		return fmt.Errorf("a name of %d bytes, at most %d are allowed", len(name), MaxName)
	case name == "." || !fs.ValidPath(name) || !utf8.ValidString(name) || strings.ContainsAny(name, "\\:\x00"):
		return fmt.Errorf("the name %q is not a path inside a folder, with slashes, that every system accepts", name)
	}
	return nil
}

// cidIn returns the CID in a padded one. CIDs delimit themselves: version, codec, hash
// function, length of the digest, digest. It allocates nothing and does not check more.
func cidIn(padded []byte) ([]byte, error) {
	at := 0
	var digest uint64
	for range 4 {
		v, n := binary.Uvarint(padded[at:])
		if n <= 0 {
			return nil, errCID
		}
		digest = v
		at += n
	}
	if digest > uint64(len(padded)-at) {
		return nil, errCID
	}
	at += int(digest)
	return padded[:at], zeros("a CID", padded[at:])
}

var errCID = errors.New("a CID breaks off")

// zeros returns an error unless the padding behind what is zero.
func zeros(what string, padding []byte) error {
	for _, b := range padding {
		if b != 0 {
			return fmt.Errorf("%s is followed by something other than zeros", what)
		}
	}
	return nil
}

// parseCID reads a padded CID.
func parseCID(padded []byte) (cid.Cid, error) {
	b, err := cidIn(padded)
	if err != nil {
		return cid.Undef, err
	}
	return credential.CIDFromBytes(b)
}
