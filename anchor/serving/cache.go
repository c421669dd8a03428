package serving

import (
	"sync"

	"github.com/hashicorp/golang-lru/v2/simplelru"
)

// cache keeps the values used last, as many as limit allows by weight. Values are
// immutable. The zero value with a limit is ready to use. Its lock is held for moments,
// and only by readers: nothing that writes to the store or to a chain uses one.
type cache[K comparable, V any] struct {
	limit int

	mu     sync.Mutex
	lru    *simplelru.LRU[K, weighted[V]]
	weight int
}

type weighted[V any] struct {
	value  V
	weight int
}

// peek returns the value of key if it is there.
func (c *cache[K, V]) peek(key K) (value V, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.lru == nil {
		return value, false
	}
	w, ok := c.lru.Get(key)
	return w.value, ok
}

// put replaces the value of key by one of weight 1.
func (c *cache[K, V]) put(key K, value V) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.init()
	c.lru.Remove(key)
	c.add(key, value, 1)
}

// init and add are called with mu held.
func (c *cache[K, V]) init() {
	if c.lru == nil {
		c.lru, _ = simplelru.NewLRU(1<<20, func(_ K, w weighted[V]) { c.weight -= w.weight })
	}
}

func (c *cache[K, V]) add(key K, value V, weight int) {
	if !c.lru.Contains(key) {
		c.lru.Add(key, weighted[V]{value, weight})
		c.weight += weight
	}
	for c.weight > c.limit && c.lru.Len() > 1 {
		c.lru.RemoveOldest()
	}
}

// get returns the value of key, made by build if it is not there. Several callers
// may build the same one at once; that costs time and nothing else.
func (c *cache[K, V]) get(key K, build func() (V, int, error)) (V, error) {
	if value, ok := c.peek(key); ok {
		return value, nil
	}
	value, weight, err := build()
	if err != nil {
		return value, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.init()
	c.add(key, value, weight)
	return value, nil
}
