package archive

import (
	"encoding/binary"
	"sync/atomic"

	"github.com/ipfs/go-cid"
	"github.com/multiformats/go-multihash"

	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// hashLeaves computes leaves from padded CIDs and salts, on all cores. The error is that
// of a CID which is none.
func hashLeaves(leaves []merkle.Hash, of func(i int) (padded []byte, salt merkle.Hash)) error {
	var failed atomic.Pointer[error]
	verifier.Leaves(leaves, func(i int) ([]byte, merkle.Hash) {
		padded, salt := of(i)
		c, err := cidIn(padded)
		if err != nil {
			failed.Store(&err)
		}
		return c, salt
	})
	if err := failed.Load(); err != nil {
		return *err
	}
	return nil
}

// someCID stands for any.
var someCID = cid.NewCidV1(cid.Raw, append(multihash.Multihash{multihash.SHA2_256, 32}, make([]byte, 32)...))

// sortKey orders bytes by the first eight.
func sortKey(b []byte) uint64 { return binary.BigEndian.Uint64(b) }
