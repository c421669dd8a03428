package store

import (
	"encoding/binary"
	"slices"
	"sync/atomic"

	"github.com/hallmark-node/hallmark/verifier"
)

// versions count the updates that concern batches and issuers, so that a cache knows when
// to read again. Several batches share a counter, and several issuers do, which at worst makes
// a cache read again for nothing.
type versions struct {
	batches, issuers [1 << 11]version
}

// version counts updates before they become visible, and once they are durable or were not made.
type version struct{ begun, ended atomic.Uint64 }

func (v *versions) ofBatch(batch uint64) *version {
	return &v.batches[batch%uint64(len(v.batches))]
}

func (v *versions) ofIssuer(issuer verifier.Address) *version {
	return &v.issuers[int(binary.BigEndian.Uint16(issuer[:]))%len(v.issuers)]
}

// Version returns a number that grows with each update of a batch's operations, of its
// evidence, or of the blocks that last changed what registries say of an issuer. What was
// read of those after a call that returned settled is current as long as calls return the
// same: of an update of another process that holds after a second. Not settled: such an update
// is under way, and may be seen or not.
func (s *Store) Version(batch uint64, issuer verifier.Address) (number uint64, settled bool) {
	settled = true
	for _, v := range [...]*version{s.versions.ofBatch(batch), s.versions.ofIssuer(issuer)} {
		ended := v.ended.Load() // first, so that none that has not ended is missed
		begun := v.begun.Load()
		number += begun
		settled = settled && begun == ended
	}
	return number + s.engine.Changes(), settled
}

// touch says that the update changes what a version counts.
func (tx *Tx) touch(v *version) {
	if !slices.Contains(tx.touched, v) {
		tx.touched = append(tx.touched, v)
	}
}

// touched are the versions of an update that have begun, each once, in however many runs.
type touched []*version

func (t *touched) begin(versions []*version) {
	for _, v := range versions {
		if !slices.Contains(*t, v) {
			*t = append(*t, v)
			v.begun.Add(1)
		}
	}
}

func (t *touched) end() {
	for _, v := range *t {
		v.ended.Add(1)
	}
}
