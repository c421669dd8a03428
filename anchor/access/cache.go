package access

import (
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"github.com/hallmark-node/hallmark/anchor/role"
)

// fresh is how long what was read of the store is believed: what another process decided holds
// here after that time. With it, a process reads a record at most twice a second.
const fresh = 500 * time.Millisecond

// maxCached bounds the records in a cache: strangers make up issuers and keys.
const maxCached = 1 << 14

// cache keeps records, and that there is none, as long as they are fresh. It may be used by many
// goroutines.
type cache[K comparable, V any] struct {
	read func(K) (V, error)
	kept *lru.Cache[K, cached[V]] // locks itself
}

type cached[V any] struct {
	value V
	known bool
	read  time.Time // when reading it began
}

func newCache[K comparable, V any](read func(K) (V, error)) *cache[K, V] {
	kept, err := lru.New[K, cached[V]](maxCached)
	if err != nil { // the size is positive
		panic(err)
	}
	return &cache[K, V]{read, kept}
}

// get returns a record, if there is one. Callers share what it points to and do not change it.
func (c *cache[K, V]) get(key K) (value V, known bool, err error) {
	now := time.Now()
	if hit, ok := c.kept.Get(key); ok && now.Sub(hit.read) < fresh {
		return hit.value, hit.known, nil
	}
	value, err = c.read(key)
	if err != nil && !role.Missing(err) {
		return value, false, err
	}
	c.kept.Add(key, cached[V]{value, err == nil, now})
	return value, err == nil, nil
}

// forget makes the next get read again: this process has changed the record.
func (c *cache[K, V]) forget(key K) { c.kept.Remove(key) }

// clear makes every get read again.
func (c *cache[K, V]) clear() { c.kept.Purge() }
