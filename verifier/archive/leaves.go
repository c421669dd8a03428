package archive

import (
	"encoding/binary"
	"runtime"
	"sync"

	"github.com/ipfs/go-cid"
	"github.com/multiformats/go-multihash"

	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// hashLeaves computes the leaves of credentials from their CIDs, of width bytes with
// zeros after the shorter ones, and salts.
func hashLeaves(leaves []merkle.Hash, cids []byte, width int, salts []merkle.Hash) error {
	return split(len(leaves), func(i int) error {
		c, err := cidIn(cids[i*width : (i+1)*width])
		if err == nil {
			leaves[i] = verifier.Leaf(c, salts[i])
		}
		return err
	})
}

// hashRows computes the leaves of rows, each of which begins with CID and salt.
func hashRows(leaves []merkle.Hash, data []byte, size, width int) error {
	return split(len(leaves), func(i int) error {
		row := data[i*size:]
		c, err := cidIn(row[:width])
		if err == nil {
			leaves[i] = verifier.Leaf(c, merkle.Hash(row[width:]))
		}
		return err
	})
}

// split calls do for 0 to n-1 on all cores and returns one of its errors.
func split(n int, do func(i int) error) error {
	workers := max(1, min(runtime.GOMAXPROCS(0), n/2048))
	errs := make([]error, workers)
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for i := n * w / workers; i < n*(w+1)/workers && errs[w] == nil; i++ {
				errs[w] = do(i)
			}
		})
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// someCID stands for any.
var someCID = cid.NewCidV1(cid.Raw, append(multihash.Multihash{multihash.SHA2_256, 32}, make([]byte, 32)...))

// cidKey orders padded CIDs by their beginning.
func cidKey(padded []byte) uint64 { return binary.BigEndian.Uint64(padded) }
