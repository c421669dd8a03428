package verifier

import (
	"encoding/binary"
	"testing"
)

// TestCacheBounded fills a cache many times over, and asks for one entry all the
// while, which it must keep.
func TestCacheBounded(t *testing.T) {
	var c cache[int]
	kept := contentKey{0xff}
	computed := 0
	for i := range 10 * maxCached {
		var key contentKey
		binary.BigEndian.PutUint64(key[:], uint64(i))
		if got := c.get(key, func() int { return i }); got != i {
			t.Fatalf("%d has the value %d", i, got)
		}
		if got := c.get(kept, func() int { computed++; return -1 }); got != -1 {
			t.Fatalf("the entry that is asked for has the value %d", got)
		}
		if n := c.size(); n > 2*maxCached {
			t.Fatalf("%d entries, want at most %d", n, 2*maxCached)
		}
	}
	if computed != 1 {
		t.Errorf("an entry that is always asked for was computed %d times", computed)
	}
}

// TestContentKey: pieces that are cut in other places are other content.
func TestContentKey(t *testing.T) {
	key := func(pieces ...string) contentKey {
		k := newContent()
		for _, p := range pieces {
			k.add([]byte(p))
		}
		return k.key()
	}
	seen := make(map[contentKey][]string)
	for _, pieces := range [][]string{{}, {""}, {"", ""}, {"ab", "c"}, {"a", "bc"}, {"abc"}, {"abc", ""}} {
		k := key(pieces...)
		if other, ok := seen[k]; ok {
			t.Errorf("%q and %q have one key", pieces, other)
		}
		seen[k] = pieces
		if key(pieces...) != k {
			t.Errorf("%q has two keys", pieces)
		}
	}
}
