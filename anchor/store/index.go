package store

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
	"slices"
	"sort"

	"github.com/cockroachdb/pebble/v2"
	"github.com/fxamacker/cbor/v2"

	"github.com/hallmark-node/hallmark/merkle"
)

// The leaves of large submissions are found by runs, as in a log-structured merge
// tree, but of 12 bytes a leaf and without rewriting anything else. A submission is a
// run of its own when it is accepted: its leaves ascend already, so there is nothing
// to write that intake would wait for. In the background runs of about the same size
// are merged into one with an index, so that few have to be asked.
const (
	runEntry    = 12   // 8 bytes of a leaf, and 4 of its place in the run
	pageEntries = 1024 // of a run's index

	// mergeRuns runs of a size are merged into one, or up to maxMerge if the merging has
	// fallen behind. A run's places are 4 bytes.
	mergeRuns    = 4
	maxMerge     = 64
	maxRunLeaves = 1 << 30
)

// run is a number of large submissions of which leaves are found together. It is
// immutable.
type run struct {
	number uint64
	parts  []part   // by ascending sequence
	fences []uint64 // the first entry of each page of the index; none: a single part, whose leaves are the index
	leaves uint64
}

// part is a submission in a run.
type part struct {
	sequence uint64
	tree     uint64
	count    uint32
	before   uint32 // leaves of the parts before it
}

// runRecord is how a run is stored.
type runRecord struct {
	Parts  []byte `cbor:"1,keyasint"`           // 20 bytes each: sequence, tree, count, big-endian
	Fences []byte `cbor:"2,keyasint,omitempty"` // 8 bytes each
}

const partSize = 20

func (r *run) record() *runRecord {
	var record runRecord
	for _, p := range r.parts {
		record.Parts = binary.BigEndian.AppendUint64(record.Parts, p.sequence)
		record.Parts = binary.BigEndian.AppendUint64(record.Parts, p.tree)
		record.Parts = binary.BigEndian.AppendUint32(record.Parts, p.count)
	}
	for _, f := range r.fences {
		record.Fences = binary.BigEndian.AppendUint64(record.Fences, f)
	}
	return &record
}

func decodeRun(number uint64, value []byte) (*run, error) {
	var record runRecord
	if err := cbor.Unmarshal(value, &record); err != nil {
		return nil, err
	}
	r := &run{number: number}
	for b := record.Parts; len(b) >= partSize; b = b[partSize:] {
		r.add(part{sequence: binary.BigEndian.Uint64(b), tree: binary.BigEndian.Uint64(b[8:]), count: binary.BigEndian.Uint32(b[16:])})
	}
	for b := record.Fences; len(b) >= 8; b = b[8:] {
		r.fences = append(r.fences, binary.BigEndian.Uint64(b))
	}
	if len(r.parts) == 0 || r.leaves > maxRunLeaves || len(r.fences) == 0 && len(r.parts) > 1 {
		return nil, fmt.Errorf("a run of %d parts with %d leaves", len(r.parts), r.leaves)
	}
	return r, nil
}

func (r *run) add(p part) {
	p.before = uint32(r.leaves)
	r.parts = append(r.parts, p)
	r.leaves += uint64(p.count)
}

// partOf returns the number of the part with a place in the run.
func (r *run) partOf(place uint32) int {
	return sort.Search(len(r.parts), func(i int) bool { return r.parts[i].before > place }) - 1
}

// class orders runs by size: each class is four times the one before.
func (r *run) class() int { return bits.Len64(r.leaves) / 2 }

// loadRuns reads all runs.
func (s *Store) loadRuns() error {
	var runs []*run
	err := s.each([]byte{'v'}, []byte{'v' + 1}, func(k, value []byte) (bool, error) {
		r, err := decodeRun(binary.BigEndian.Uint64(k[1:]), value)
		if err != nil {
			return false, fmt.Errorf("the data folder is damaged: run %d of the leaf index: %w", binary.BigEndian.Uint64(k[1:]), err)
		}
		runs = append(runs, r)
		return true, nil
	})
	s.runs.Store(&runs)
	return err
}

// changeRuns replaces some runs by another one.
func (s *Store) changeRuns(added *run, gone []*run) {
	s.changing.Lock()
	defer s.changing.Unlock()
	runs := slices.DeleteFunc(slices.Clone(*s.runs.Load()), func(r *run) bool { return slices.Contains(gone, r) })
	runs = append(runs, added)
	s.runs.Store(&runs)
}

// hit is a leaf found in a large submission.
type hit struct {
	sequence uint64
	at       int
	tree     *storedTree // without a root
}

// inRuns returns where a leaf stands in large submissions, in any order.
func (s *Store) inRuns(leaf merkle.Hash) ([]hit, error) {
	for {
		runs := s.runs.Load()
		var hits []hit
		var err error
		for _, r := range *runs {
			if hits, err = s.inRun(r, leaf, hits); err != nil {
				break
			}
		}
		// A run that was merged meanwhile is gone, and the one that replaced it is to be
		// asked.
		if !errors.Is(err, ErrNotFound) || runs == s.runs.Load() {
			return hits, err
		}
	}
}

func (s *Store) inRun(r *run, leaf merkle.Hash, hits []hit) ([]hit, error) {
	if len(r.fences) == 0 {
		p := &r.parts[0]
		t := s.partTree(p)
		at, found, err := t.find(leaf, 0, t.count)
		if found {
			hits = append(hits, hit{p.sequence, at, t})
		}
		return hits, err
	}
	prefix := binary.BigEndian.Uint64(leaf[:])
	// Entries with the prefix begin in the page before the first one that begins with
	// it or more.
	page := max(0, sort.Search(len(r.fences), func(i int) bool { return r.fences[i] >= prefix })-1)
	var places []uint32
	for more := true; more && page < len(r.fences); page++ {
		err := s.view(pageKey('j', r.number, page), func(b []byte) error {
			n := len(b) / runEntry
			at := func(i int) uint64 { return binary.BigEndian.Uint64(b[i*runEntry:]) }
			i := sort.Search(n, func(i int) bool { return at(i) >= prefix })
			for ; i < n && at(i) == prefix && len(places) < maxCandidates; i++ {
				places = append(places, binary.BigEndian.Uint32(b[i*runEntry+8:]))
			}
			more = i == n
			return nil
		})
		if err != nil {
			return hits, err
		}
	}
	for _, place := range places {
		p := &r.parts[r.partOf(place)]
		// The entry is of the first leaf with the prefix. It is the one wanted, unless
		// somebody made leaves that are no hashes.
		t, lo := s.partTree(p), int(place-p.before)
		first, err := t.appendLeaves(nil, lo, lo+1)
		if err != nil {
			return hits, err
		}
		at, found := lo, first[0] == leaf
		if !found {
			at, found, err = t.find(leaf, lo, int(p.count))
		}
		if err != nil {
			return hits, err
		}
		if found {
			hits = append(hits, hit{p.sequence, at, t})
		}
	}
	return hits, nil
}

func (s *Store) partTree(p *part) *storedTree {
	return s.pagedTree('g', p.tree, int(p.count), merkle.Hash{})
}

// merger merges runs in the background until the store is closed.
func (s *Store) merger() {
	defer close(s.merged)
	defer s.endOnPanic()
	for {
		select {
		case <-s.closing:
			return
		case <-s.merge:
		}
		if err := s.mergeDue(); err != nil && !errors.Is(err, errClosing) {
			// Leaves are found all the same, with more reads.
			s.log.Error("merging the leaf index failed; it is tried again with the next large submission", "err", err)
		}
	}
}

// mergeDue merges runs until there are few.
func (s *Store) mergeDue() error {
	s.merging.Lock()
	defer s.merging.Unlock()
	for {
		some := due(*s.runs.Load())
		if some == nil {
			return nil
		}
		if err := s.mergeSome(some); err != nil {
			return err
		}
	}
}

// due returns runs that are to be merged now: of the smallest size of which there are
// enough.
func due(runs []*run) []*run {
	byClass := make(map[int][]*run)
	for _, r := range runs {
		byClass[r.class()] = append(byClass[r.class()], r)
	}
	for class := range bits.UintSize {
		some, leaves := byClass[class], uint64(0)
		for i, r := range some {
			if leaves += r.leaves; leaves > maxRunLeaves || i == maxMerge {
				some = some[:i]
				break
			}
		}
		if len(some) >= mergeRuns {
			return some
		}
	}
	return nil
}

// roomFor returns an error if so many bytes more would take from the reserve of the
// disk, in which intake and pipeline end in order: merging can wait.
func (s *Store) roomFor(bytes uint64) error {
	usage, err := s.fs.GetDiskUsage(s.dir)
	if err == nil && usage.AvailBytes < bytes+s.reserve { // that it cannot be told is no reason to wait
		return fmt.Errorf("it takes %d MiB of disk, and %d MiB are free, of which %d MiB are kept in reserve", bytes>>20, usage.AvailBytes>>20, s.reserve>>20)
	}
	return nil
}

var errClosing = errors.New("the store is being closed")

// mergeSome replaces runs by one. The caller holds merging.
func (s *Store) mergeSome(old []*run) error {
	merged := &run{number: s.numbers.Add(1)}
	for _, p := range allParts(old) {
		merged.add(p)
	}
	if err := s.roomFor(merged.leaves * runEntry * 9 / 8); err != nil { // with the keys
		return err
	}
	table, err := s.newTable(merged.number)
	if err != nil {
		return err
	}
	defer table.discard()
	err = s.mergeEntries(old, merged, func(page int, entries []byte) error {
		select {
		case <-s.closing:
			return errClosing
		default:
		}
		merged.fences = append(merged.fences, binary.BigEndian.Uint64(entries))
		return table.set(pageKey('j', merged.number, page), entries)
	})
	if err != nil {
		return err
	}
	s.ingests.RLock()
	defer s.ingests.RUnlock()
	if err := table.ingest(); err != nil {
		return err
	}
	b := s.db.NewBatch()
	defer func() { _ = b.Close() }()
	record, err := encMode.Marshal(merged.record())
	if err != nil {
		return err
	}
	err = b.Set(key('v', be(merged.number)), record, nil)
	for _, r := range old {
		prefix := key('j', be(r.number))
		err = errors.Join(err, b.Delete(key('v', be(r.number)), nil))
		if len(r.fences) > 0 {
			err = errors.Join(err, b.DeleteRange(prefix, after(prefix), nil))
		}
	}
	if err != nil {
		return err
	}
	// Readers go to the new run before the old ones are gone.
	s.changeRuns(merged, old)
	return b.Commit(pebble.Sync)
}

// allParts returns the parts of runs by ascending sequence.
func allParts(runs []*run) (parts []part) {
	for _, r := range runs {
		parts = append(parts, r.parts...)
	}
	slices.SortFunc(parts, func(a, b part) int {
		if a.sequence < b.sequence {
			return -1
		}
		return 1
	})
	return parts
}

// mergeEntries passes on the pages of an index over the parts of merged, which are
// those of old.
func (s *Store) mergeEntries(old []*run, merged *run, do func(page int, entries []byte) error) error {
	place := make(map[uint64]uint32, len(merged.parts)) // by sequence
	for _, p := range merged.parts {
		place[p.sequence] = p.before
	}
	var queue cursors
	for _, r := range old {
		c := &cursor{s: s, run: r, shifts: make([]uint32, len(r.parts))}
		for i, p := range r.parts {
			c.shifts[i] = place[p.sequence] - p.before
		}
		if err := c.advance(); err != nil {
			return err
		}
		queue = append(queue, c)
	}
	queue.init()
	page := make([]byte, 0, pageEntries*runEntry)
	number := 0
	for len(queue) > 0 {
		c := queue[0]
		page = binary.BigEndian.AppendUint64(page, c.prefix)
		page = binary.BigEndian.AppendUint32(page, c.place)
		if len(page) == cap(page) {
			if err := do(number, page); err != nil {
				return err
			}
			page, number = page[:0], number+1
		}
		if err := c.advance(); err != nil {
			return err
		}
		if c.done {
			queue[0] = queue[len(queue)-1]
			queue = queue[:len(queue)-1]
		}
		queue.down(0)
	}
	if len(page) > 0 {
		return do(number, page)
	}
	return nil
}

// cursor goes through the entries of a run in order, with places as in the run that
// is being made. Of leaves in a part that begin with the same 8 bytes it has the first.
type cursor struct {
	s      *Store
	run    *run
	shifts []uint32 // by part: what is added to a place

	prefix uint64
	place  uint32
	done   bool

	page    int    // of the next read
	buffer  []byte // what is left of the page before
	started bool
	at      uint32 // of a single part: places passed
}

func (c *cursor) advance() error {
	for {
		if len(c.buffer) == 0 {
			if more, err := c.read(); err != nil || !more {
				c.done = true
				return err
			}
		}
		prefix := binary.BigEndian.Uint64(c.buffer)
		if len(c.run.fences) == 0 {
			place := c.at
			c.at++
			c.buffer = c.buffer[merkle.Size:]
			if c.started && prefix == c.prefix {
				continue // the same part
			}
			c.started, c.prefix, c.place = true, prefix, place+c.shifts[0]
			return nil
		}
		place := binary.BigEndian.Uint32(c.buffer[8:])
		c.buffer = c.buffer[runEntry:]
		c.prefix, c.place = prefix, place+c.shifts[c.run.partOf(place)]
		return nil
	}
}

func (c *cursor) read() (bool, error) {
	k := pageKey('j', c.run.number, c.page)
	if len(c.run.fences) == 0 {
		if uint64(c.at) >= c.run.leaves {
			return false, nil
		}
		k = pageKey('g', c.run.parts[0].tree, c.page)
	} else if c.page == len(c.run.fences) {
		return false, nil
	}
	c.page++
	size := runEntry
	if len(c.run.fences) == 0 {
		size = merkle.Size
	}
	return true, c.s.view(k, func(b []byte) error {
		if len(b) == 0 || len(b)%size != 0 {
			return fmt.Errorf("the data folder is damaged: a page of a run has %d bytes", len(b))
		}
		c.buffer = append(c.buffer[:0], b...)
		return nil
	})
}

// cursors is a heap, the cursor with the least entry first.
type cursors []*cursor

func (q cursors) init() {
	for i := len(q)/2 - 1; i >= 0; i-- {
		q.down(i)
	}
}

// down restores the order below i.
func (q cursors) down(i int) {
	for {
		least := 2*i + 1
		if least >= len(q) {
			return
		}
		if right := least + 1; right < len(q) && q[right].less(q[least]) {
			least = right
		}
		if !q[least].less(q[i]) {
			return
		}
		q[i], q[least] = q[least], q[i]
		i = least
	}
}

func (c *cursor) less(other *cursor) bool {
	return c.prefix < other.prefix || c.prefix == other.prefix && c.place < other.place
}
