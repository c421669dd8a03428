package publish

import (
	"sync/atomic"

	lru "github.com/hashicorp/golang-lru/v2"

	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

const (
	// signsOften is how many signatures repay the multiples of a key, which take as long
	// as some sixty recoveries: whoever changes keys all the time costs little more.
	signsOften = 256

	maxFrequent = 64   // signers of whom multiples are kept, 270 KB each
	maxCounted  = 4096 // signers whose signatures are counted
)

// Signers finds out who signed. A signature of somebody who has signed often is checked
// with multiples of his public key, in half the time that it takes to recover a key
// from it; the answer is the same. It takes 17 MB at most, and may be used by many
// goroutines at once. A nil one remembers nobody.
type Signers struct {
	frequent *lru.Cache[verifier.Address, *multiples]
	counted  *lru.Cache[verifier.Address, *atomic.Int32]
}

// NewSigners returns one that has seen nobody yet.
func NewSigners() *Signers {
	frequent, err := lru.New[verifier.Address, *multiples](maxFrequent)
	if err != nil { // the sizes are positive
		panic(err)
	}
	counted, err := lru.New[verifier.Address, *atomic.Int32](maxCounted)
	if err != nil {
		panic(err)
	}
	return &Signers{frequent, counted}
}

// Recover is [verifier.Recover], and quickest if the signer is the expected one.
func (s *Signers) Recover(digest merkle.Hash, sig verifier.Signature, expected verifier.Address) (verifier.Address, error) {
	if s != nil {
		if m, ok := s.frequent.Get(expected); ok && m.made(digest, &sig) {
			return expected, nil
		}
	}
	public, err := recoverKey(digest, sig)
	if err != nil {
		return verifier.Address{}, err
	}
	sum := merkle.Keccak256(public[1:])
	signer := verifier.Address(sum[12:])
	if signer.IsZero() {
		return verifier.Address{}, verifier.ErrSignature
	}
	if s != nil && signer == expected {
		s.count(signer, public)
	}
	return signer, nil
}

// count counts a signature that was recovered.
func (s *Signers) count(by verifier.Address, public []byte) {
	n, ok := s.counted.Get(by)
	if !ok {
		n = new(atomic.Int32)
		if before, ok, _ := s.counted.PeekOrAdd(by, n); ok {
			n = before
		}
	}
	if n.Add(1) != signsOften {
		return
	}
	if m, err := multiplesOf(public); err == nil { // always, as the key was recovered
		s.frequent.Add(by, m)
	}
	s.counted.Remove(by)
}
