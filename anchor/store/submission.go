package store

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"sort"
	"time"

	"github.com/cockroachdb/pebble/v2"

	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// Submission is what is kept of a submission beside its leaves.
type Submission struct {
	Sequence   uint64             `cbor:"1,keyasint"` // 1, 2, 3... in the order of acceptance
	Issuer     verifier.Address   `cbor:"2,keyasint"`
	Chain      verifier.ChainID   `cbor:"3,keyasint"`
	Registry   verifier.Address   `cbor:"4,keyasint"`
	Root       merkle.Hash        `cbor:"5,keyasint"`
	Count      uint64             `cbor:"6,keyasint"`
	IssuedAt   uint64             `cbor:"7,keyasint"` // Unix seconds
	Signature  verifier.Signature `cbor:"8,keyasint"`
	AcceptedAt int64              `cbor:"9,keyasint"` // Unix milliseconds

	// Where the leaves are: for more than 1,024 in these raw blocks; for 2 to
	// 1,024 under l, or once sealed at Offset of the one block named here; a
	// single leaf is the root.
	Blocks []merkle.Hash `cbor:"10,keyasint,omitempty"`
	Offset uint64        `cbor:"11,keyasint,omitempty"` // bytes
}

// Home returns the registry that the submission is signed for.
func (r *Submission) Home() verifier.Home {
	return verifier.Home{Chain: r.Chain, Registry: r.Registry}
}

// ID returns the submission's leaf in its batch.
func (r *Submission) ID() merkle.Hash {
	return verifier.BatchLeaf(r.Issuer, verifier.SubmissionDigest(r.Home(), r.Root, r.Count, r.IssuedAt))
}

// AddSubmission writes a submission that was verified, and returns its record
// once it is on disk. added is false if it was there already.
func (s *Store) AddSubmission(sub *publish.Submission) (r Submission, added bool, err error) {
	id := sub.ID()
	b := s.db.NewBatch()
	defer func() { err = errors.Join(err, b.Close()) }()
	r = Submission{
		Issuer: sub.Issuer, Chain: sub.Home.Chain, Registry: sub.Home.Registry, Root: sub.Root,
		Count: sub.Count, IssuedAt: sub.IssuedAt, Signature: sub.Signature, AcceptedAt: time.Now().UnixMilli(),
	}
	// The blocks do not depend on the sequence number: hash them outside the lock.
	if len(sub.Leaves) > publish.MaxInline {
		for rest := sub.Leaves; len(rest) > 0; {
			n := min(len(rest), publish.MaxBlockLeaves)
			block := joinLeaves(rest[:n])
			digest := merkle.Hash(sha256.Sum256(block))
			r.Blocks = append(r.Blocks, digest)
			if err := b.Set(key('c', digest[:]), block, nil); err != nil {
				return r, false, err
			}
			rest = rest[n:]
		}
	}

	s.intake.Lock()
	there, err := number(s.db, key('s', id[:]))
	if err == nil {
		s.intake.Unlock()
		if err := s.get(key('n', be(there)), &r); err != nil {
			return r, false, err
		}
		return r, false, s.settle(there)
	}
	if !errors.Is(err, ErrNotFound) {
		s.intake.Unlock()
		return r, false, err
	}
	r.Sequence = s.sequence
	err = s.fillSubmission(b, id, &r, sub.Leaves)
	if err == nil {
		// Into the log in order, and visible; waiting for the disk is done
		// outside the lock, so that one sync serves many.
		err = s.db.ApplyNoSyncWait(b, pebble.Sync)
	}
	if err != nil {
		s.intake.Unlock()
		return r, false, fmt.Errorf("write to the data folder: %w", err)
	}
	s.sequence++
	s.intake.Unlock()
	if err := b.SyncWait(); err != nil {
		return r, false, fmt.Errorf("write to the data folder: %w", err)
	}
	s.settled(r.Sequence)
	return r, true, nil
}

func (s *Store) fillSubmission(b *pebble.Batch, id merkle.Hash, r *Submission, leaves []merkle.Hash) error {
	record, err := encMode.Marshal(r)
	if err != nil {
		return err
	}
	seq := be(r.Sequence)
	if err := b.Set(key('n', seq), record, nil); err != nil {
		return err
	}
	if err := b.Set(key('s', id[:]), seq, nil); err != nil {
		return err
	}
	if n := len(leaves); n > 1 && n <= publish.MaxInline {
		if err := b.Set(key('l', seq), joinLeaves(leaves), nil); err != nil {
			return err
		}
	}
	var index [17]byte
	index[0] = 'x'
	copy(index[9:], seq)
	for i := range leaves {
		if i > 0 && [8]byte(leaves[i][:8]) == [8]byte(leaves[i-1][:8]) {
			continue // the same key
		}
		copy(index[1:], leaves[i][:8])
		if err := b.Set(index[:], nil, nil); err != nil {
			return err
		}
	}
	return nil
}

// settle returns once the submission with this sequence number is on disk.
func (s *Store) settle(sequence uint64) error {
	if s.durable.Load() > sequence {
		return nil
	}
	// Whatever is in the log before this record is synced with it.
	if err := s.db.LogData(nil, pebble.Sync); err != nil {
		return fmt.Errorf("write to the data folder: %w", err)
	}
	s.settled(sequence)
	return nil
}

func (s *Store) settled(sequence uint64) {
	for {
		now := s.durable.Load()
		if now > sequence || s.durable.CompareAndSwap(now, sequence+1) {
			return
		}
	}
}

// Accepted returns how many submissions were ever accepted: the last sequence number.
func (s *Store) Accepted() uint64 {
	s.intake.Lock()
	defer s.intake.Unlock()
	return s.sequence - 1
}

// Submission returns a submission by its id.
func (s *Store) Submission(id merkle.Hash) (r Submission, err error) {
	sequence, err := number(s.db, key('s', id[:]))
	if err != nil {
		return r, err
	}
	return s.SubmissionAt(sequence)
}

// SubmissionAt returns a submission by its sequence number.
func (s *Store) SubmissionAt(sequence uint64) (r Submission, err error) {
	err = s.get(key('n', be(sequence)), &r)
	return r, err
}

// Leaves returns all leaves of a submission, ascending.
func (s *Store) Leaves(r *Submission) ([]merkle.Hash, error) {
	leaves := make([]merkle.Hash, 0, r.Count)
	err := s.eachLeafPage(r, func(page []byte) (bool, error) {
		for ; len(page) >= merkle.Size; page = page[merkle.Size:] {
			leaves = append(leaves, merkle.Hash(page))
		}
		return true, nil
	})
	if err != nil {
		return nil, err
	}
	if uint64(len(leaves)) != r.Count {
		return nil, fmt.Errorf("submission %d has %d leaves on disk, want %d", r.Sequence, len(leaves), r.Count)
	}
	return leaves, nil
}

// hasLeaf reports whether leaf is one of the submission's.
func (s *Store) hasLeaf(r *Submission, leaf merkle.Hash) (found bool, err error) {
	err = s.eachLeafPage(r, func(page []byte) (bool, error) {
		n := len(page) / merkle.Size
		if n == 0 {
			return true, nil
		}
		at := func(i int) []byte { return page[i*merkle.Size : (i+1)*merkle.Size] }
		if bytes.Compare(at(n-1), leaf[:]) < 0 {
			return true, nil
		}
		i := sort.Search(n, func(i int) bool { return bytes.Compare(at(i), leaf[:]) >= 0 })
		found = bytes.Equal(at(i), leaf[:])
		return false, nil
	})
	return found, err
}

// eachLeafPage calls do with the leaves, a page at a time, until it returns false.
func (s *Store) eachLeafPage(r *Submission, do func(page []byte) (bool, error)) error {
	view := func(k []byte, from, size uint64) (more bool, err error) {
		value, closer, err := s.db.Get(k)
		if err != nil {
			if errors.Is(err, pebble.ErrNotFound) {
				err = ErrNotFound
			}
			return false, fmt.Errorf("leaves of submission %d: %w", r.Sequence, err)
		}
		defer func() { err = errors.Join(err, closer.Close()) }()
		if uint64(len(value)) < from || uint64(len(value))-from < size {
			return false, fmt.Errorf("leaves of submission %d: a block has %d bytes", r.Sequence, len(value))
		}
		if size == 0 {
			size = uint64(len(value)) - from
		}
		return do(value[from : from+size])
	}
	switch {
	case r.Count == 1:
		_, err := do(r.Root[:])
		return err
	case r.Count <= publish.MaxInline && len(r.Blocks) == 0:
		_, err := view(key('l', be(r.Sequence)), 0, 0)
		if errors.Is(err, ErrNotFound) {
			// Sealed since r was read: the leaves are in the published page.
			if err := s.get(key('n', be(r.Sequence)), r); err != nil {
				return err
			}
			if len(r.Blocks) == 1 {
				return s.eachLeafPage(r, do)
			}
		}
		return err
	case r.Count <= publish.MaxInline:
		_, err := view(key('c', r.Blocks[0][:]), r.Offset, r.Count*merkle.Size)
		return err
	}
	for _, digest := range r.Blocks {
		if more, err := view(key('c', digest[:]), 0, 0); err != nil || !more {
			return err
		}
	}
	return nil
}

// maxCandidates bounds how many submissions a look-up of one leaf opens.
const maxCandidates = 256

// WithLeaf returns the submissions that have a leaf, earliest first: whoever
// repeats somebody else's leaf comes later.
func (s *Store) WithLeaf(leaf merkle.Hash) ([]Submission, error) {
	var candidates []uint64
	prefix := key('x', leaf[:8])
	err := s.each(prefix, after(prefix), func(k, _ []byte) (bool, error) {
		candidates = append(candidates, binary.BigEndian.Uint64(k[9:]))
		return len(candidates) < maxCandidates, nil
	})
	if err != nil {
		return nil, err
	}
	var found []Submission
	for _, sequence := range candidates {
		r, err := s.SubmissionAt(sequence)
		if err != nil {
			return nil, err
		}
		has, err := s.hasLeaf(&r, leaf)
		if err != nil {
			return nil, err
		}
		if has {
			found = append(found, r)
		}
	}
	return found, nil
}

func joinLeaves(leaves []merkle.Hash) []byte {
	b := make([]byte, 0, len(leaves)*merkle.Size)
	for i := range leaves {
		b = append(b, leaves[i][:]...)
	}
	return b
}
