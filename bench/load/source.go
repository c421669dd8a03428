package load

import (
	"crypto/sha256"
	"encoding/binary"

	"github.com/ipfs/go-cid"
	"github.com/multiformats/go-multihash"

	"github.com/hallmark-node/hallmark/anchor/chain"
	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// Source makes submissions of credentials that nobody holds: the digests in their
// CIDs are made up. All follows from the seed, so that nothing has to be kept. It may
// be used by many goroutines at once.
type Source struct {
	Keys     []*chain.Key // sign in turn, one at least
	Home     verifier.Home
	Size     int      // credentials in a submission
	Seed     [32]byte // another one for every run, or the node has them already
	IssuedAt uint64   // Unix seconds
}

// key returns who signs submission n.
func (s *Source) key(n uint64) *chain.Key { return s.Keys[n%uint64(len(s.Keys))] }

// Credential returns credential i of submission n: its CID (raw, sha2-256) and its
// salt.
func (s *Source) Credential(n uint64, i int) (cid.Cid, merkle.Hash) {
	binary, salt := s.credential(n, i)
	_, c, err := cid.CidFromBytes(binary[:])
	if err != nil { // its form does not depend on the digest
		panic(err)
	}
	return c, salt
}

// credential returns a CID in its binary form, and the salt.
func (s *Source) credential(n uint64, i int) (binaryCID [4 + sha256.Size]byte, salt merkle.Hash) {
	var in [32 + 8 + 8 + 1]byte
	copy(in[:], s.Seed[:])
	binary.BigEndian.PutUint64(in[32:], n)
	binary.BigEndian.PutUint64(in[40:], uint64(i))
	digest := sha256.Sum256(in[:])
	copy(binaryCID[:], []byte{1, cid.Raw, multihash.SHA2_256, sha256.Size})
	copy(binaryCID[4:], digest[:])
	in[48] = 1
	return binaryCID, sha256.Sum256(in[:])
}

// Leaf returns the leaf of credential i of submission n.
func (s *Source) Leaf(n uint64, i int) merkle.Hash {
	c, salt := s.credential(n, i)
	return verifier.Leaf(c[:], salt)
}

// Submission makes and signs submission n. The same again is the same, byte for byte.
func (s *Source) Submission(n uint64) (*publish.Submission, error) {
	leaves := make([]merkle.Hash, s.Size)
	verifier.Leaves(leaves, func(i int) ([]byte, merkle.Hash) {
		c, salt := s.credential(n, i)
		return c[:], salt
	})
	tree, err := merkle.New(leaves)
	if err != nil {
		return nil, err
	}
	for i := range leaves {
		leaves[i] = tree.Leaf(i)
	}
	key := s.key(n)
	out := &publish.Submission{
		Issuer: key.Address(), Home: s.Home, Root: tree.Root(), Count: uint64(s.Size), IssuedAt: s.IssuedAt, Leaves: leaves,
	}
	out.Signature, err = key.SignDigest(verifier.SubmissionDigest(s.Home, out.Root, out.Count, out.IssuedAt))
	return out, err
}
