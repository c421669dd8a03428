package store

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"sort"
	"sync/atomic"

	"github.com/hallmark-node/hallmark/merkle"
)

// fences are what is known of where the pages of a tree's leaves begin: the first eight
// bytes of the first leaf of each, zero while nobody has read the page. They are
// learned on the way. They say where to look; what is found is in the page.
type fences []atomic.Uint64

// maxFences bounds of how many trees fences are kept: 64 KiB of a million leaves.
const maxFences = 1 << 9

// maxApart is how many pages away a fence is looked for. Hashes spread so evenly that
// from there the right page is found more often than not.
const maxApart = 16

// treeKey names a tree. Trees never change.
type treeKey struct {
	kind   byte
	number uint64
}

// treeFences returns those of a tree, nil if it has but one page.
func (t *storedTree) treeFences() fences {
	if t.count <= pageLeaves {
		return nil
	}
	key := treeKey{t.kind, t.number}
	f, ok := t.s.fences.Get(key)
	if !ok {
		f = make(fences, (t.count+pageLeaves-1)/pageLeaves)
		t.s.fences.Add(key, f)
	}
	return f
}

// guess returns about where a leaf that begins with value stands among count: where a
// hash of its size must lie, or better, how far from a page nearby of which the
// beginning is known.
func (f fences) guess(value uint64, count int) int {
	share, _ := bits.Mul64(value, uint64(count))
	page := int(share) / pageLeaves
	at := int(share)
	for apart := range maxApart {
		near := page + apart/2
		if apart%2 == 1 {
			near = page - 1 - apart/2
		}
		if near < 0 || near >= len(f) {
			continue
		}
		begin := f[near].Load()
		if begin == 0 {
			continue
		}
		if value >= begin {
			more, _ := bits.Mul64(value-begin, uint64(count))
			at = near*pageLeaves + int(more)
		} else {
			less, _ := bits.Mul64(begin-value, uint64(count))
			at = near*pageLeaves - 1 - int(less)
		}
		break
	}
	page = min(max(at/pageLeaves, 0), len(f)-1)
	for page > 0 && f[page].Load() > value {
		page--
		at = page * pageLeaves
	}
	for page+1 < len(f) {
		if next := f[page+1].Load(); next == 0 || next >= value {
			break
		}
		page++
		at = page * pageLeaves
	}
	return at
}

// maxGuesses is how often a place is guessed before it is searched for.
const maxGuesses = 4

// find returns the number of a leaf that stands at lo or later and before hi. It begins
// where a hash of its size must lie and, after some guesses, goes on in steps that
// double, so leaves that are no hashes cost little more than two binary searches.
func (t *storedTree) find(leaf merkle.Hash, lo, hi int) (int, bool, error) {
	value := binary.BigEndian.Uint64(leaf[:])
	known := t.treeFences()
	middle := min(max(known.guess(value, t.count), lo), hi-1)
	for tries, step := 0, 1; lo < hi; tries++ {
		first := middle - middle%pageLeaves
		last := min(first+pageLeaves, t.count)
		at, found := 0, false
		err := t.leafPage(first/pageLeaves, last-first, func(page []byte) {
			at, found = sort.Find(last-first, func(i int) int {
				return bytes.Compare(leaf[:], page[i*merkle.Size:(i+1)*merkle.Size])
			})
			if known != nil {
				known[first/pageLeaves].Store(binary.BigEndian.Uint64(page))
			}
			if found { // a path begins with the leaves beside it
				from, to := max(0, at-1<<rebuiltLevels), min(last-first, at+1<<rebuiltLevels)
				t.near, t.first = append(t.near[:0], page[from*merkle.Size:to*merkle.Size]...), first+from
			}
		})
		if err != nil {
			return 0, false, err
		}
		switch {
		case found:
			return first + at, lo <= first+at && first+at < hi, nil
		case at == 0:
			hi = first
			middle = max(hi-step, lo+(hi-lo)/2)
		case at == last-first:
			lo = last
			middle = min(lo+step-1, lo+(hi-lo)/2)
		default:
			return 0, false, nil
		}
		if tries < maxGuesses {
			middle = min(max(known.guess(value, t.count), lo), hi-1)
		} else {
			step = 2 * max(step, pageLeaves)
		}
	}
	return 0, false, nil
}
