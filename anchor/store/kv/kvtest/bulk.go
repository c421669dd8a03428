package kvtest

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/hallmark-node/hallmark/anchor/store/kv"
)

// leaf is the size of one in a page.
const leaf = 32

// tree is a bulk of some pages, the last of which is not full, and an index of 20,000 records.
type tree struct {
	bulk   kv.Bulk
	number uint64
	page   int // bytes
}

const (
	treePages = 3
	treeIndex = 20_000
)

func pageKey(tree uint64, page uint32) string {
	return "l" + string(binary.BigEndian.AppendUint32(be(tree), page))
}

func indexKey(tree, i uint64) string { return "x" + string(be(i)) + string(be(tree)) }

func (b *tree) pageOf(i int) []byte {
	size := b.page
	if i == treePages-1 {
		size = b.page / leaf / 2 * leaf
	}
	page := bytes.Repeat(be(b.number+uint64(i)<<32), size/8+1)
	return page[:size]
}

// grow writes a bulk, its two kinds at once.
func grow(t *testing.T, e kv.Engine) *tree {
	t.Helper()
	bulk, n, err := e.NewBulk()
	if err != nil {
		t.Fatal(err)
	}
	if n < 1<<63 {
		t.Errorf("bulk %d", n)
	}
	b := &tree{bulk: bulk, number: n, page: e.PageLeaves() * leaf}
	if b.page < 128*leaf || b.page%(128*leaf) != 0 {
		t.Fatalf("pages of %d bytes", b.page)
	}
	var group sync.WaitGroup
	group.Go(func() {
		for i := range treePages {
			if err := bulk.Pages().Set([]byte(pageKey(n, uint32(i))), b.pageOf(i)); err != nil {
				t.Error(err)
			}
		}
		if err := bulk.Pages().Set([]byte(pageKey(n, 1<<31)), []byte("nodes")); err != nil {
			t.Error(err)
		}
	})
	group.Go(func() {
		for i := range uint64(treeIndex) {
			if err := bulk.Index().Set([]byte(indexKey(n, i)), be(i)[4:]); err != nil {
				t.Error(err)
				return
			}
		}
	})
	group.Wait()
	return b
}

// entryOf appends a bulk.
func (b *tree) entry(id string) kv.Entry {
	of := entry(id)
	of.Bulk = b.bulk
	of.Put = func(w kv.Writer, n uint64) error {
		return setAll(w, entryKey(n), id, string(kv.KindBulk)+string(be(b.number)), string(be(n)))
	}
	return of
}

// check looks for all that is in a bulk.
func (b *tree) check(t *testing.T, e kv.Engine) {
	t.Helper()
	for i := range treePages {
		want(t, e, pageKey(b.number, uint32(i)), string(b.pageOf(i)))
	}
	want(t, e, pageKey(b.number, 1<<31), "nodes")
	last := b.pageOf(treePages - 1)
	err := e.GetPart([]byte(pageKey(b.number, treePages-1)), len(last)-leaf, leaf, func(part []byte) error {
		if !bytes.Equal(part, last[len(last)-leaf:]) {
			return errors.New("another part")
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	for _, i := range []uint64{0, 1, 777, treeIndex - 1} {
		want(t, e, indexKey(b.number, i), string(be(i)[4:]))
	}
	if n := b.indexed(t, e); n != treeIndex {
		t.Errorf("%d records of the index, want %d", n, treeIndex)
	}
}

// indexed counts the records of the index of a bulk.
func (b *tree) indexed(t *testing.T, e kv.Engine) (n int) {
	t.Helper()
	err := e.Scan(kv.Range{Lower: []byte("x"), Upper: []byte("y")}, func(k, _ []byte) (bool, error) {
		if bytes.HasSuffix(k, be(b.number)) {
			n++
		}
		return true, nil
	})
	if err != nil {
		t.Error(err)
	}
	return n
}

// absent checks that nothing of a bulk is there.
func (b *tree) absent(t *testing.T, e kv.Engine) {
	t.Helper()
	for i := range treePages {
		wantNone(t, e, pageKey(b.number, uint32(i)))
	}
	wantNone(t, e, string(kv.KindBulk)+string(be(b.number)))
	if n := b.indexed(t, e); n != 0 {
		t.Errorf("%d records of the index are there", n)
	}
}

// A bulk is there with its entry, also after opening again, and no other gets its number.
func testBulk(t *testing.T, p Place) {
	e := p.Open(t)
	var all []*tree
	seen := make(map[uint64]bool)
	for round := range uint64(3) {
		b := grow(t, e)
		if seen[b.number] {
			t.Errorf("the number %d is given twice", b.number)
		}
		seen[b.number] = true
		if n := add(t, e, b.entry(fmt.Sprint(round))); n != round+1 {
			t.Errorf("number %d", n)
		}
		b.bulk.Discard()
		all = append(all, b)
		for _, b := range all {
			b.check(t, e)
		}
		shut(t, e)
		e = p.Open(t)
	}
	for i, b := range all {
		b.check(t, e)
		want(t, e, string(kv.KindBulk)+string(be(b.number)), string(be(uint64(i+1))))
	}
	appended(t, e, 3)
	shut(t, e)
}

// Of a bulk that is discarded, or whose entry is there already, nothing is there.
func testBulkDropped(t *testing.T, p Place) {
	e := open(t, p)
	b := grow(t, e)
	b.absent(t, e)
	b.bulk.Discard()
	b.absent(t, e)
	b.bulk.Discard() // once more does no harm

	first, second := grow(t, e), grow(t, e)
	add(t, e, first.entry("same"))
	if n, added, err := e.Append(second.entry("same")); err != nil || added || n != 1 {
		t.Errorf("number %d, added %v, %v", n, added, err)
	}
	first.bulk.Discard()
	second.bulk.Discard()
	first.check(t, e)
	second.absent(t, e)
	appended(t, e, 1)

	no := errors.New("no")
	failing := grow(t, e)
	of := failing.entry("fails")
	of.Put = func(kv.Writer, uint64) error { return no }
	if _, added, err := e.Append(of); added || !errors.Is(err, no) {
		t.Errorf("added %v, %v", added, err)
	}
	failing.bulk.Discard()
	wantNone(t, e, "sfails")
	appended(t, e, 1)
}

// Several bulks come at once, between small entries.
func testBulksAtOnce(t *testing.T, p Place) {
	all := engines(t, p)
	var group sync.WaitGroup
	for w := range 4 {
		e := all[w%len(all)]
		group.Go(func() {
			for i := range 2 {
				b := grow(t, e)
				defer b.bulk.Discard()
				if _, added, err := e.Append(b.entry(fmt.Sprintf("large %d-%d", w, i))); err != nil || !added {
					t.Errorf("added %v, %v", added, err)
					return
				}
				for _, e := range all {
					b.check(t, e)
				}
			}
		})
		group.Go(func() {
			for i := range 30 {
				if _, _, err := e.Append(entry(fmt.Sprintf("small %d-%d", w, i))); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	appended(t, all[0], 4*2+4*30)
}
