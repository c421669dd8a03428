package store

import (
	"fmt"
	"slices"

	"github.com/fxamacker/cbor/v2"
	"github.com/ipfs/go-cid"

	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// What a mirror keeps beside what a node does. Of a batch it has the same records as the node that
// sealed it: what was published by the same program is sealed here once more.

// Want is something that a registry's log names and that a mirror does not have yet: a batch, or
// with an issuer a status list.
type Want struct {
	Chain       verifier.ChainID `cbor:"1,keyasint"`
	Block       uint64           `cbor:"2,keyasint"` // in which it is named
	Index       uint64           `cbor:"3,keyasint"` // within the block's log
	Transaction merkle.Hash      `cbor:"4,keyasint"`
	Root        merkle.Hash      `cbor:"5,keyasint"`
	Manifest    merkle.Hash      `cbor:"6,keyasint"` // sha2-256 digest; zero: none was published

	Issuer  verifier.Address `cbor:"7,keyasint,omitempty"` // of a status list
	Version uint64           `cbor:"8,keyasint,omitempty"`
}

func (w *Want) key() []byte { return key('M', be(uint64(w.Chain)), be(w.Block), be(w.Index)) }

// PutWant writes that something is wanted.
func (tx *Tx) PutWant(w *Want) error { return tx.put(w.key(), w) }

// DeleteWant writes that something is not wanted any more.
func (tx *Tx) DeleteWant(w *Want) error { return tx.kv.Delete(w.key()) }

// Wants calls do with what is wanted of a chain, in the order of its log, from behind one of them on
// (nil: all), until it returns false.
func (r reader) Wants(id verifier.ChainID, behind *Want, do func(*Want) bool) error {
	prefix := key('M', be(uint64(id)))
	lower := prefix
	if behind != nil {
		lower = append(behind.key(), 0)
	}
	return r.each(lower, after(prefix), func(_, value []byte) (bool, error) {
		var w Want
		if err := cbor.Unmarshal(value, &w); err != nil {
			return false, fmt.Errorf("something that is wanted: %w", err)
		}
		return do(&w), nil
	})
}

// Followed decodes how far a mirror has followed a chain's log, or returns ErrNotFound.
func (r reader) Followed(id verifier.ChainID, position any) error {
	return r.get(followedKey(id), position)
}

// PutFollowed writes how far a mirror has followed a chain's log.
func (tx *Tx) PutFollowed(id verifier.ChainID, position any) error {
	return tx.put(followedKey(id), position)
}

func followedKey(id verifier.ChainID) []byte { return metaKey(fmt.Sprintf("followed %d", uint64(id))) }

var takingKey = metaKey("taking")

// Taking returns the batch whose submissions a mirror is adding, or ErrNotFound. All its blocks are
// here. Until it is sealed no other one may be begun: its submissions are the last in the log.
func (r reader) Taking() (w Want, err error) {
	err = r.get(takingKey, &w)
	return w, err
}

// PutTaking writes what [Store.Taking] returns.
func (tx *Tx) PutTaking(w *Want) error { return tx.put(takingKey, w) }

// DeleteTaking writes that no batch is being taken.
func (tx *Tx) DeleteTaking() error { return tx.kv.Delete(takingKey) }

// DraftMirrored makes a batch that somebody else has published. Its submissions are all of it: those
// that are in no batch yet are the last in the log. Its blocks were written with [Tx.PutBlock]. If
// they are what this program publishes they are stored as those of its own batches once it is
// sealed; else they stay as they are.
func (s *Store) DraftMirrored(published publish.Batch, submissions []Submission, blocks []cid.Cid) (*Draft, error) {
	d, err := s.draft(submissions)
	if err != nil {
		return nil, err
	}
	if d.batch.Root != published.Root {
		return nil, fmt.Errorf("the submissions of batch %s have root %s", published.Root, d.batch.Root)
	}
	if d.batch.Manifest != published.Manifest {
		d.batch.Manifest, d.blocks = published.Manifest, nil
	}
	if err := d.divide(s, submissions); err != nil {
		return nil, err
	}
	return d, d.replace(s, blocks)
}

// divide tells the submissions that the batch adds from those that an earlier one has.
func (d *Draft) divide(s *Store, submissions []Submission) error {
	sealed, err := s.Sealed()
	if err != nil {
		return err
	}
	b := &d.batch
	b.First, b.Last = sealed+1, sealed
	for i := range submissions {
		if n := submissions[i].Sequence; n > sealed {
			b.Last = max(b.Last, n)
		} else {
			b.Others = append(b.Others, n)
		}
	}
	slices.Sort(b.Others)
	if b.Count() != uint64(len(submissions)) {
		return fmt.Errorf("batch %s has %d submissions, and those from %d on in the log are not all of it", b.Root, len(submissions), b.First)
	}
	return nil
}

// replace finds the blocks that are put together from other records once the batch is sealed.
func (d *Draft) replace(s *Store, blocks []cid.Cid) error {
	pages := make(map[merkle.Hash]bool)
	for _, r := range d.blocks {
		if r.key[0] == 'z' {
			pages[merkle.Hash(r.key[1:])] = true
		}
	}
	for _, c := range blocks {
		digest := blockDigest(publish.Block{CID: c})
		composed := pages[digest]
		if c.Prefix().Codec == cid.Raw {
			var err error
			if composed, err = s.has(key('y', digest[:])); err != nil {
				return err
			}
		}
		if composed {
			d.unused = append(d.unused, key('c', digest[:]))
		}
	}
	return nil
}
