package store

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"github.com/ipfs/go-cid"

	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// Batch is a sealed batch. It does not change; how far it has come is in its
// operations, one for each chain that it goes to.
type Batch struct {
	Number   uint64      `cbor:"1,keyasint"` // 1, 2, 3... in the order of sealing
	Root     merkle.Hash `cbor:"2,keyasint"`
	Manifest merkle.Hash `cbor:"3,keyasint"` // sha2-256 digest of the published manifest
	First    uint64      `cbor:"4,keyasint"` // sequence numbers of its submissions, inclusive
	Last     uint64      `cbor:"5,keyasint"`
	Leaves   uint64      `cbor:"6,keyasint"`
	SealedAt int64       `cbor:"7,keyasint"` // Unix milliseconds

	// Others are the sequence numbers of submissions that an earlier batch holds too, in which they
	// are proven: a mirror may meet one submission in the batches of several nodes.
	Others []uint64 `cbor:"8,keyasint,omitempty"`
}

// Count returns the number of submissions.
func (b *Batch) Count() uint64 { return b.Last - b.First + 1 + uint64(len(b.Others)) }

// Has reports whether the submission with a sequence number is in the batch.
func (b *Batch) Has(sequence uint64) bool {
	return sequence >= b.First && sequence <= b.Last || slices.Contains(b.Others, sequence)
}

// Batch returns a batch by its number.
func (r reader) Batch(n uint64) (b Batch, err error) {
	err = r.get(key('b', be(n)), &b)
	return b, err
}

// BatchByRoot returns a batch by its root.
func (r reader) BatchByRoot(root merkle.Hash) (b Batch, err error) {
	n, err := r.number(key('r', root[:]))
	if err != nil {
		return b, err
	}
	return r.Batch(n)
}

// BatchOf returns the batch of the submission with a sequence number, or
// ErrNotFound while it waits for one.
func (s *Store) BatchOf(sequence uint64) (b Batch, err error) {
	n := uint64(0)
	err = s.each(key('q', be(sequence)), []byte{'q' + 1}, func(_, value []byte) (bool, error) {
		n = binary.BigEndian.Uint64(value)
		return false, nil
	})
	if err != nil {
		return b, err
	}
	if n == 0 {
		return b, ErrNotFound
	}
	return s.Batch(n)
}

// Batches returns up to limit batches after the one numbered after.
func (s *Store) Batches(after uint64, limit int) (list []Batch, err error) {
	for n := after + 1; len(list) < limit; n++ {
		b, err := s.Batch(n)
		if errors.Is(err, ErrNotFound) {
			break
		}
		if err != nil {
			return nil, err
		}
		list = append(list, b)
	}
	return list, nil
}

// LastBatch returns the number of the newest batch, zero if there is none.
func (r reader) LastBatch() (uint64, error) { return r.last('b') }

// Sealed returns the sequence number of the last submission that is in a batch.
func (r reader) Sealed() (uint64, error) { return r.last('q') }

// BatchIDs returns the ids of a batch's submissions, ascending.
func (s *Store) BatchIDs(b *Batch) ([]merkle.Hash, error) {
	return s.batchTree(b).appendLeaves(nil, 0, int(b.Count()))
}

// BatchPath returns the path from a submission's id to the root of its batch.
func (s *Store) BatchPath(b *Batch, id merkle.Hash) ([]merkle.Hash, error) {
	t := s.batchTree(b)
	at, found, err := t.find(id, 0)
	if err == nil && !found {
		err = fmt.Errorf("it does not hold submission %s", id) // a broken invariant
	}
	if err != nil {
		return nil, fmt.Errorf("batch %d: %w", b.Number, err)
	}
	path, err := t.path(at)
	if err != nil {
		return nil, fmt.Errorf("path in batch %d: %w", b.Number, err)
	}
	return path, nil
}

func (s *Store) batchTree(b *Batch) *storedTree {
	return &storedTree{s, 't', b.Number, batchPage, int(b.Count()), b.Root}
}

// Issuers returns the first submission of each issuer in a batch, in the order of
// acceptance.
func (s *Store) Issuers(b *Batch) ([]Submission, error) {
	var list []Submission
	seen := make(map[[20]byte]bool)
	err := s.Submissions(b.First, b.Last, func(r *Submission) bool {
		if !seen[r.Issuer] {
			seen[r.Issuer] = true
			list = append(list, *r)
		}
		return true
	})
	return list, err
}

// Draft is a batch that can be sealed. Of it nothing is written yet.
type Draft struct {
	batch  Batch // without what it gets when it is sealed
	tree   *merkle.Tree
	ids    []merkle.Hash
	blocks []draftBlock // as published, but without the leaves that are stored with their submissions
	unused [][]byte     // keys of published blocks that are stored otherwise now
}

// draftBlock is the record of a block.
type draftBlock struct{ key, value []byte }

// Draft makes a batch of submissions, which are those with consecutive sequence numbers, and
// sorts them by their ids. It reads one submission's leaves at a time.
func (s *Store) Draft(submissions []Submission) (*Draft, error) {
	d, err := s.draft(submissions)
	if err == nil {
		d.batch.First, d.batch.Last = submissions[0].Sequence, submissions[len(submissions)-1].Sequence
	}
	return d, err
}

// draft is Draft of any submissions.
func (s *Store) draft(submissions []Submission) (*Draft, error) {
	d := new(Draft)
	for i := range submissions {
		d.batch.Leaves += submissions[i].Count
	}
	var order []int
	d.ids, order = byID(submissions)
	var err error
	if d.tree, err = merkle.FromSorted(d.ids); err != nil {
		return nil, fmt.Errorf("ids of a batch: %w", err)
	}
	drafter := drafter{s: s, d: d}
	published, err := publish.WriteBatch(d.tree, func(yield func(*publish.Submission, error) bool) {
		for i := range order {
			r := &submissions[order[i]]
			leaves, err := s.Leaves(r)
			if r.Count > 1 && r.Count <= publish.MaxInline {
				drafter.inline = append(drafter.inline, inline{r.Sequence, leaves})
			}
			if !yield(r.published(leaves), err) {
				return
			}
		}
	}, drafter.put)
	if err != nil {
		return nil, fmt.Errorf("publish a batch: %w", err)
	}
	if len(drafter.inline) > 0 {
		return nil, fmt.Errorf("publish a batch: the leaves of submission %d are in no page", drafter.inline[0].sequence)
	}
	d.batch.Root, d.batch.Manifest = published.Root, published.Manifest
	return d, nil
}

// Seal writes a batch: its published blocks, its record and the operations that will anchor it,
// one a chain. It begins where the last one ends, or the error wraps [ErrLeaseLost]: somebody
// else has sealed.
func (tx *Tx) Seal(d *Draft, chains []verifier.ChainID, now int64) (Batch, error) {
	batch := d.batch
	batch.SealedAt = now
	sealed, err := tx.Sealed()
	if err != nil {
		return batch, err
	}
	if batch.First != sealed+1 {
		return batch, fmt.Errorf("seal the submissions %d to %d, while those up to %d are sealed: %w",
			batch.First, batch.Last, sealed, ErrLeaseLost)
	}
	previous, err := tx.LastBatch()
	if err != nil {
		return batch, err
	}
	batch.Number = previous + 1
	for i := range d.blocks {
		if err := tx.kv.Set(d.blocks[i].key, d.blocks[i].value); err != nil {
			return batch, err
		}
	}
	for _, key := range d.unused {
		if err := tx.kv.Delete(key); err != nil {
			return batch, err
		}
	}
	for _, id := range chains {
		if err := tx.AddAnchor(&batch, id, now); err != nil {
			return batch, err
		}
	}
	n := be(batch.Number)
	if batch.Last >= batch.First {
		err = tx.kv.Set(key('q', be(batch.Last)), n)
	}
	return batch, errors.Join(
		err,
		tx.put(key('b', n), &batch),
		tx.kv.Set(key('r', batch.Root[:]), n),
		putTree('t', batch.Number, batchPage, d.tree, d.ids, tx.kv.Set),
	)
}

// byID returns the ids of submissions, ascending, and which submission each is of.
func byID(submissions []Submission) (ids []merkle.Hash, order []int) {
	unsorted := make([]merkle.Hash, len(submissions))
	verifier.BatchLeaves(unsorted, func(i int) (verifier.Address, verifier.Home, merkle.Hash, uint64, uint64) {
		r := &submissions[i]
		return r.Issuer, r.Home(), r.Root, r.Count, r.IssuedAt
	})
	order = sortedOrder(unsorted)
	ids = make([]merkle.Hash, len(order))
	for i, at := range order {
		ids[i] = unsorted[at]
	}
	return ids, order
}

// sortedOrder returns the indices of hashes in their ascending order.
func sortedOrder(hashes []merkle.Hash) []int {
	order := make([]int, len(hashes))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return merkle.Compare(hashes[a], hashes[b]) })
	return order
}

// AddAnchor writes the operation that anchors a batch on a chain.
func (tx *Tx) AddAnchor(b *Batch, id verifier.ChainID, now int64) error {
	n, err := tx.AddOperation(&Operation{
		Kind: KindAnchor, Chain: id, Batch: b.Number, Root: b.Root, Manifest: b.Manifest, State: publish.Batched, Since: now,
	})
	if err != nil {
		return err
	}
	return tx.kv.Set(key('a', be(b.Number), be(uint64(id))), be(n))
}

// drafter takes the blocks of a batch as they are made, without the leaves that are
// stored with their submissions.
type drafter struct {
	s      *Store
	d      *Draft
	inline []inline // in the order of the pages, not yet found in one
}

// inline is a submission whose leaves are published inside a page.
type inline struct {
	sequence uint64
	leaves   []merkle.Hash
}

func (p *drafter) put(block publish.Block) error {
	digest := blockDigest(block)
	if block.CID.Prefix().Codec == cid.Raw {
		there, err := p.s.has(key('y', digest[:]))
		if err == nil && !there {
			err = ErrNotFound
		}
		if err != nil {
			return fmt.Errorf("block %s of leaves, which intake writes: %w", block.CID, err)
		}
		return nil
	}
	// A page holds the leaves of a submission in one piece. Searching for them
	// finds where; each search goes on where the last one ended.
	var stored page
	rest := block.Data
	for len(p.inline) > 0 {
		leaves := publish.JoinHashes(p.inline[0].leaves)
		i := bytes.Index(rest, leaves)
		if i < 0 {
			break // it is in the next page
		}
		stored.Texts = append(stored.Texts, rest[:i])
		stored.Sequences = append(stored.Sequences, p.inline[0].sequence)
		rest = rest[i+len(leaves):]
		p.inline = p.inline[1:]
	}
	record := draftBlock{key('c', digest[:]), block.Data}
	if len(stored.Sequences) > 0 {
		stored.Texts = append(stored.Texts, rest)
		value, err := encMode.Marshal(&stored)
		if err != nil {
			return fmt.Errorf("encode a page: %w", err)
		}
		record = draftBlock{key('z', digest[:]), value}
	}
	p.d.blocks = append(p.d.blocks, record)
	return nil
}

// PutBlock writes a published block.
func (tx *Tx) PutBlock(block publish.Block) error {
	digest := blockDigest(block)
	return tx.kv.Set(key('c', digest[:]), block.Data)
}

// blockDigest returns the sha2-256 digest that ends a block's CID.
func blockDigest(block publish.Block) merkle.Hash {
	mh := block.CID.Hash()
	return merkle.Hash(mh[len(mh)-merkle.Size:])
}
