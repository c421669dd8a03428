package verifier

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"hash"
	"sync"

	"github.com/hashicorp/golang-lru/v2/simplelru"

	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier/beacon"
	"github.com/hallmark-node/hallmark/verifier/identity"
	"github.com/hallmark-node/hallmark/verifier/witness"
)

// evidenceCache remembers what evidence proves, so that what many proofs share is
// checked once for a [Verifier]. Everything in it is a function of bytes alone,
// not of the trust store (but for the authorities), the policy or the time, and is found by a hash of all
// those bytes: a proof gets the same answer as it would get without the cache. The
// zero value is empty; it is safe for concurrent use.
type evidenceCache struct {
	accounts cache[accountState]
	storages cache[storageState]
	roots    cache[Hash]
	signers  cache[signer]
	beacons  cache[error]
	seen     cache[seenBlock]
	named    cache[namedKey]
}

func newEvidenceCache() *evidenceCache { return &evidenceCache{named: cache[namedKey]{max: maxNamed}} }

// namedKey is the outcome of [identity.Anchors.Check].
type namedKey struct {
	names []identity.Named
	err   error
}

// identity returns what evidence says of a key at a time. The anchors are the same for
// the life of the cache.
func (c *evidenceCache) identity(anchors func() *identity.Anchors, i *Identity, address Address, at uint64) ([]identity.Named, error) {
	k := newContent()
	k.add([]byte(i.Kind))
	k.add(i.Evidence)
	k.add(address[:])
	k.add(binary.BigEndian.AppendUint64(nil, at))
	n := c.named.get(k.key(), func() (n namedKey) {
		n.names, n.err = anchors().Check(i.Kind, i.Evidence, address, unix(at))
		return n
	})
	return n.names, n.err
}

// seenBlock is the outcome of [witness.Verify].
type seenBlock struct {
	by  []witness.Seen
	err error
}

// witnesses returns who of some keys signed for a block.
func (c *evidenceCache) witnesses(block witness.Block, lines []string, trusted []TrustedWitness) ([]witness.Seen, error) {
	k := newContent()
	k.add([]byte(block.Text()))
	for _, line := range lines {
		k.add([]byte(line))
	}
	k.add(nil) // no line of a voucher that holds is empty
	keys := make([]*witness.Key, len(trusted))
	for i, t := range trusted {
		keys[i] = t.Key
		k.add([]byte(t.Key.String()))
	}
	s := c.seen.get(k.key(), func() (s seenBlock) {
		s.by, s.err = witness.Verify(block, lines, keys)
		return s
	})
	return s.by, s.err
}

// beacon verifies evidence of a beacon chain; data is its encoding, network all that is known
// of the network which it was read under.
func (c *evidenceCache) beacon(network, data []byte, trusted, block Hash, e *beacon.Evidence) error {
	k := newContent()
	k.add(network)
	k.add(data)
	k.add(trusted[:])
	k.add(block[:])
	return c.beacons.get(k.key(), func() error { return e.Verify(trusted, block) })
}

// root returns the root that path leads to from leaf.
func (c *evidenceCache) root(leaf Hash, path []Hash) Hash {
	k := newContent()
	k.add(leaf[:])
	for i := range path {
		k.add(path[i][:])
	}
	return c.roots.get(k.key(), func() Hash { return merkle.Root(leaf, path) })
}

// signer is the outcome of [Recover].
type signer struct {
	address Address
	err     error
}

func (c *evidenceCache) signer(digest Hash, sig Signature) (Address, error) {
	k := newContent()
	k.add(digest[:])
	k.add(sig[:])
	s := c.signers.get(k.key(), func() (s signer) {
		s.address, s.err = Recover(digest, sig)
		return s
	})
	return s.address, s.err
}

// maxCached bounds the entries of a cache. The largest values are of some 250 bytes, so
// that a verifier's caches stay below 10 MB. What evidence of identity names may be of 30 kB,
// and much of it means that one who would fill the memory is at work.
const (
	maxCached = 8192
	maxNamed  = 256
)

type contentKey [sha256.Size]byte

// cache keeps the values that were used last. mu guards lru; values are not changed.
type cache[V any] struct {
	max int // entries; 0: maxCached
	mu  sync.Mutex
	lru *simplelru.LRU[contentKey, V] // nil until the first use
}

// get returns the value under key, which compute makes if there is none. Two goroutines
// may both compute it: the outcome is the same.
func (c *cache[V]) get(key contentKey, compute func() V) V {
	c.mu.Lock()
	if c.lru == nil {
		c.lru, _ = simplelru.NewLRU[contentKey, V](cmp.Or(c.max, maxCached), nil) // the size is positive
	}
	v, ok := c.lru.Get(key)
	c.mu.Unlock()
	if !ok {
		v = compute()
		c.mu.Lock()
		c.lru.Add(key, v)
		c.mu.Unlock()
	}
	return v
}

// content hashes pieces of evidence into the key of a cache. Each piece goes with
// its length, so that no two sequences of pieces have one key.
type content struct {
	sha    hash.Hash
	length [8]byte
	sum    contentKey
}

var contents = sync.Pool{New: func() any { return &content{sha: sha256.New()} }}

func newContent() *content { return contents.Get().(*content) }

func (k *content) add(piece []byte) {
	binary.BigEndian.PutUint64(k.length[:], uint64(len(piece)))
	_, _ = k.sha.Write(k.length[:]) // hashing never fails
	_, _ = k.sha.Write(piece)
}

// key returns the key and gives k back: it must not be used after.
func (k *content) key() contentKey {
	k.sha.Sum(k.sum[:0])
	key := k.sum
	k.sha.Reset()
	contents.Put(k)
	return key
}
