package store

import (
	"encoding/binary"
	"fmt"

	"github.com/hallmark-node/hallmark/merkle"
)

// The leaf index has one entry for each leaf of a submission: the first 8 bytes of the
// leaf and the number of the submission's tree, and as value the number of the leaf. Of
// leaves in a submission that begin with the same 8 bytes only the first has an entry.
// Leaves ascend, so the entries of a submission are in the order of their keys.

// firstArrived is the lowest number of a tree that is written while it arrives, before
// its submission has a sequence number. All others have the submission's sequence number.
const firstArrived = 1 << 63

// indexWriter passes the index entries of a tree on to set.
type indexWriter struct {
	number uint64 // of the tree
	set    func(key, value []byte) error

	next int     // number of the next leaf
	last [8]byte // how the leaf before it begins
}

// add adds the next leaves.
func (w *indexWriter) add(leaves []merkle.Hash) error {
	var key [17]byte
	var value [4]byte
	key[0] = 'x'
	binary.BigEndian.PutUint64(key[9:], w.number)
	for i := range leaves {
		begin := [8]byte(leaves[i][:8])
		if w.next == 0 || begin != w.last {
			copy(key[1:], begin[:])
			binary.BigEndian.PutUint32(value[:], uint32(w.next))
			if err := w.set(key[:], value[:]); err != nil {
				return err
			}
		}
		w.last = begin
		w.next++
	}
	return nil
}

// indexEntry says where a leaf may be.
type indexEntry struct {
	number uint64 // of the tree
	at     int    // no leaf before this one can be it
}

func decodeEntry(key, value []byte) (indexEntry, error) {
	if len(key) != 17 || len(value) != 4 {
		return indexEntry{}, fmt.Errorf("the data is damaged: an entry of the leaf index has %d and %d bytes", len(key), len(value))
	}
	return indexEntry{binary.BigEndian.Uint64(key[9:]), int(binary.BigEndian.Uint32(value))}, nil
}

// maxCandidates bounds how many submissions a look-up of one leaf opens: of those that
// arrived in pieces and of the others, so that a leaf of one kind cannot be hidden
// behind many of the other, which cost less.
const maxCandidates = 256

// indexed returns the entries of leaves that begin as a leaf does.
func (s *Store) indexed(leaf merkle.Hash) (list []indexEntry, err error) {
	prefix := key('x', leaf[:8])
	small := 0
	add := func(k, value []byte) (bool, error) {
		e, err := decodeEntry(k, value)
		list = append(list, e)
		if e.number < firstArrived {
			small++
			return small < maxCandidates, err
		}
		return len(list) < small+maxCandidates, err
	}
	err = s.each(prefix, after(prefix), add)
	if err == nil && small == maxCandidates {
		err = s.each(key('x', leaf[:8], be(firstArrived)), after(prefix), add)
	}
	return list, err
}
