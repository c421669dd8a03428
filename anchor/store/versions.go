package store

import (
	"encoding/binary"
	"slices"
	"sync/atomic"

	"github.com/hallmark-node/hallmark/verifier"
)

// versions count the updates that concern batches and issuers, so that a cache knows when
// to read again. Each counter is raised twice, before an update becomes visible and once it
// is on disk, so it is odd in between. Several batches share a counter, and several issuers
// do, which at worst makes a cache read again for nothing.
type versions struct {
	batches, issuers [1 << 11]atomic.Uint64
}

func (v *versions) ofBatch(batch uint64) *atomic.Uint64 {
	return &v.batches[batch%uint64(len(v.batches))]
}

func (v *versions) ofIssuer(issuer verifier.Address) *atomic.Uint64 {
	return &v.issuers[int(binary.BigEndian.Uint16(issuer[:]))%len(v.issuers)]
}

// Version returns a number that grows with each update of a batch's operations, of its
// evidence, or of the blocks that last changed what registries say of an issuer. What was
// read of those after a call that returned settled is current as long as calls return the
// same. Not settled: such an update is under way, and may be seen or not.
func (s *Store) Version(batch uint64, issuer verifier.Address) (version uint64, settled bool) {
	a, b := s.versions.ofBatch(batch).Load(), s.versions.ofIssuer(issuer).Load()
	return a + b, a%2 == 0 && b%2 == 0
}

// touch says that the update changes what a version counts.
func (tx *Tx) touch(version *atomic.Uint64) {
	if !slices.Contains(tx.touched, version) {
		tx.touched = append(tx.touched, version)
	}
}

func (tx *Tx) raiseTouched() {
	for _, version := range tx.touched {
		version.Add(1)
	}
}
