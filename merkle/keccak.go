package merkle

import (
	"io"
	"sync"

	"golang.org/x/crypto/sha3"
)

// sponge is what x/crypto makes for Keccak-256.
type sponge interface {
	io.Writer
	io.Reader
	Reset()
}

// keccak is one reusable Keccak-256 state with the buffers that its calls would
// otherwise allocate (arguments of interface methods escape). One goroutine uses
// it at a time; take it from the pool and put it back.
type keccak struct {
	state sponge
	in    [2 * Size]byte
	out   Hash
}

var keccaks = sync.Pool{New: func() any {
	return &keccak{state: sha3.NewLegacyKeccak256().(sponge)}
}}

// finish returns the digest of what was written and makes the state new again.
func (k *keccak) finish() Hash {
	_, _ = k.state.Read(k.out[:]) // neither reading nor writing a sponge fails
	k.state.Reset()
	return k.out
}

// write absorbs p through k.in, so that p does not escape to the heap.
func (k *keccak) write(p []byte) {
	for len(p) > 0 {
		n := copy(k.in[:], p)
		_, _ = k.state.Write(k.in[:n])
		p = p[n:]
	}
}

// Keccak256 hashes the concatenation of parts. It does not allocate.
func Keccak256(parts ...[]byte) Hash {
	k := keccaks.Get().(*keccak)
	defer keccaks.Put(k)
	for _, p := range parts {
		k.write(p)
	}
	return k.finish()
}

// LeafHash returns keccak256(keccak256(encoded)): the leaf that OpenZeppelin's
// StandardMerkleTree makes of ABI-encoded values. It does not allocate. For many
// leaves, [LeafHashes] is several times faster.
func LeafHash(encoded []byte) Hash {
	k := keccaks.Get().(*keccak)
	defer keccaks.Put(k)
	k.write(encoded)
	inner := k.finish()
	k.write(inner[:])
	return k.finish()
}
