package postgres

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/hallmark-node/hallmark/anchor/store/kv"
	"github.com/hallmark-node/hallmark/anchor/store/postgres/internal/queries"
)

// While many append, a transaction waits a moment for as many as the one before had: those of whom
// that took are on their way back. A few gain nothing by it.
const (
	manyAppending = 12
	gatherTime    = time.Millisecond
)

// A transaction takes so many entries into the log at most, and after so many rows no further one.
const (
	maxGroup = 512
	maxRows  = 8192
)

// appender puts entries into the log that wait at the same time with one transaction. There is one
// transaction at a time, and while it is made the next ones gather.
type appender struct {
	e *Engine

	mu      sync.Mutex
	waiting []*waiting
	running bool          // a goroutine takes what waits
	wanted  int           // how many it waits for
	enough  chan struct{} // gets a value when so many are there
}

// waiting is an entry on its way. The goroutine of the appender writes it before done is closed, that
// of its caller reads it after.
type waiting struct {
	entry kv.Entry
	rows  int
	up    uploaded
	done  chan struct{}

	number uint64
	added  bool
	err    error
}

// Append implements [kv.Engine].
func (e *Engine) Append(entry kv.Entry) (number uint64, added bool, err error) {
	w := &waiting{entry: entry, done: make(chan struct{})}
	// Objects are written before, since all others would wait for them with the log.
	first := probe{w: w}
	if err := entry.Put(&first, 1); err != nil {
		return 0, false, err
	}
	if err := w.up.put(e, first.large); err != nil {
		return 0, false, err
	}
	if entry.Bulk != nil {
		e.appendBulk(w, entry.Bulk.(*bulk))
		return w.number, w.added, w.err
	}
	e.appender.add(w)
	<-w.done
	return w.number, w.added, w.err
}

// probe is a [kv.Writer] that keeps nothing but large values, and counts.
type probe struct {
	w     *waiting
	large [][]byte
}

// Set implements [kv.Writer].
func (p *probe) Set(_, value []byte) error {
	if p.w.rows++; len(value) >= largeValue {
		p.large = append(p.large, bytes.Clone(value))
	}
	return nil
}

// Delete implements [kv.Writer].
func (p *probe) Delete([]byte) error { return nil }

func (a *appender) add(w *waiting) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.waiting = append(a.waiting, w)
	if len(a.waiting) == a.wanted {
		select {
		case a.enough <- struct{}{}:
		default: // it is full: of a wait that is over
		}
	}
	if !a.running {
		a.running = true
		a.e.ended.Go(a.run)
	}
}

// run appends until nothing waits.
func (a *appender) run() {
	before := 0
	for {
		if before >= manyAppending {
			a.gather(before)
		}
		a.mu.Lock()
		if len(a.waiting) == 0 {
			a.waiting, a.running = nil, false
			a.mu.Unlock()
			return
		}
		a.mu.Unlock()
		before = a.append()
	}
}

// take returns what waits, as many as one transaction takes.
func (a *appender) take() []*waiting {
	a.mu.Lock()
	defer a.mu.Unlock()
	n, rows := 0, 0
	for n < min(maxGroup, len(a.waiting)) && rows < maxRows {
		rows += a.waiting[n].rows
		n++
	}
	group := a.waiting[:n]
	a.waiting = a.waiting[n:]
	return group
}

// gather returns once n entries wait, or after a moment.
func (a *appender) gather(n int) {
	a.mu.Lock()
	select {
	case <-a.enough: // of an earlier wait
	default:
	}
	a.wanted = n
	there := len(a.waiting) >= n
	a.mu.Unlock()
	if !there {
		timer := time.NewTimer(gatherTime)
		defer timer.Stop()
		select {
		case <-a.enough:
		case <-timer.C:
		}
	}
}

// append puts a group into the log, and returns how many that were. The group is what waits once the log
// is locked, so that those share the transaction who came while another process had it. An entry
// whose Put fails has its own error, and the rest goes on without it.
func (a *appender) append() int {
	var group []*waiting
	err := a.e.transact(func(s *session) error {
		var batch pgx.Batch
		s.begin(&batch, writeTime)
		queueLock(&batch, "log")
		if err := s.send(&batch, lockTime+answerTime); err != nil {
			return err
		}
		if group == nil { // else it is made again
			group = a.take()
		}
		return s.appendAll(group, nil)
	})
	if group == nil {
		group = a.take()
	}
	for _, w := range group {
		if err != nil && w.err == nil {
			w.number, w.added, w.err = 0, false, err
		}
		close(w.done)
	}
	return len(group)
}

// appendBulk puts an entry with a bulk into the log. The rows of the bulk are written first, while
// nobody waits for the log.
func (e *Engine) appendBulk(w *waiting, b *bulk) {
	if there, err := e.entry(w.entry.ID); err != nil || there != 0 {
		w.number, w.err = there, err
		return
	}
	if w.err = b.finish(); w.err != nil {
		return
	}
	err := e.transact(func(s *session) error {
		if err := b.copyInto(s); err != nil {
			return err
		}
		var batch pgx.Batch
		queueLock(&batch, "log")
		if err := s.send(&batch, lockTime+answerTime); err != nil {
			return err
		}
		return s.appendAll([]*waiting{w}, b)
	})
	if err != nil && w.err == nil {
		w.number, w.added, w.err = 0, false, err
	}
}

// entry returns the number of an entry, or 0.
func (e *Engine) entry(id []byte) (number uint64, err error) {
	err = e.Get(id, func(value []byte) error {
		number, err = entryNumber(value)
		return err
	})
	if errors.Is(err, kv.ErrNotFound) {
		return 0, nil
	}
	return number, err
}

func entryNumber(value []byte) (uint64, error) {
	if len(value) != 8 {
		return 0, fmt.Errorf("the store is damaged: the number of an entry has %d bytes", len(value))
	}
	return binary.BigEndian.Uint64(value), nil
}

// appendAll numbers entries, writes them and commits. b is the bulk of the only one, or nil. The log
// is locked, from before the numbers are chosen until the commit, so there are no gaps, and
// an entry can be read only when those before it can.
func (s *session) appendAll(group []*waiting, b *bulk) error {
	var batch pgx.Batch
	there := make(map[string][]byte)
	var ids [][]byte // and the keys of counts
	for _, w := range group {
		ids = append(ids, w.entry.ID)
		for i := range w.entry.Counts {
			ids = append(ids, w.entry.Counts[i].Key)
		}
	}
	batch.Queue(queries.Entries, ids).Query(func(rows pgx.Rows) error {
		var id, value []byte
		_, err := pgx.ForEachRow(rows, []any{&id, &value}, func() error {
			there[string(id)] = append([]byte{}, value...)
			return nil
		})
		return err
	})
	var newest []byte
	batch.Queue(queries.LastOfKind, []byte{kv.KindEntry}, []byte{kv.KindEntry + 1}).QueryRow(func(row pgx.Row) error {
		return row.Scan(&newest)
	})
	if err := s.send(&batch, writeTime); err != nil {
		return err
	}
	next := uint64(1)
	if newest != nil {
		n, err := numberOf(newest)
		if err != nil {
			return err
		}
		next = n + 1
	}
	all := newWrites(nil)
	var size int64
	if b != nil {
		size = b.bytes.Load()
	}
	for _, w := range group {
		w.number, w.added, w.err = 0, false, nil
		if value, ok := there[string(w.entry.ID)]; ok {
			w.number, w.err = entryNumber(value)
			continue
		}
		mine := newWrites(&w.up)
		if w.err = mine.count(w.entry.Counts, there); w.err != nil {
			continue
		}
		if w.err = w.entry.Put(mine, next); w.err != nil {
			continue
		}
		if w.err = w.up.put(s.e, mine.large()); w.err != nil { // what is there already is not written again
			continue
		}
		number := binary.BigEndian.AppendUint64(nil, next)
		_ = mine.Set(w.entry.ID, number)
		for key, value := range mine.sets {
			all.sets[key] = value
		}
		for i := range w.entry.Counts {
			key := string(w.entry.Counts[i].Key)
			there[key] = mine.sets[key]
		}
		there[string(w.entry.ID)] = number
		size += w.up.bytes
		w.number, w.added = next, true
		next++
	}
	if b != nil && !group[0].added {
		return nil // nothing of the bulk is kept
	}
	var last pgx.Batch
	all.queue(&last)
	if size > 0 {
		last.Queue(queries.CountBlobs, size)
	}
	// Also if nothing is added: the commit waits until what is there is durable.
	return s.commit(&last)
}

// count sets what grows with an entry, by what is there before.
func (w *writes) count(counts []kv.Count, there map[string][]byte) error {
	for i := range counts {
		c := &counts[i]
		next, err := c.Next(there[string(c.Key)])
		if err != nil {
			return err
		}
		_ = w.Set(c.Key, next)
	}
	return nil
}

// Appended implements [kv.Engine].
func (e *Engine) Appended() (uint64, error) { return e.lastOf(kv.KindEntry) }

// lastOf returns the number in the greatest key of a kind, or 0.
func (e *Engine) lastOf(kind byte) (uint64, error) {
	var key []byte
	err := e.read(func(ctx context.Context, q *queries.Queries) (err error) {
		key, err = q.LastOfKind(ctx, queries.LastOfKindParams{Lower: []byte{kind}, Upper: []byte{kind + 1}})
		return err
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	return numberOf(key)
}

// NewBulk implements [kv.Engine].
func (e *Engine) NewBulk() (kv.Bulk, uint64, error) {
	const first = 1 << 63
	newest, err := e.lastOf(kv.KindBulk)
	if err != nil {
		return nil, 0, err
	}
	var n int64
	err = e.ask("write to", readTime, func(ctx context.Context, q *queries.Queries) (err error) {
		n, err = q.NextBulk(ctx, int64(max(newest, first)-first))
		return err
	})
	if err != nil {
		return nil, 0, err
	}
	return newBulk(e), first + uint64(n), nil
}

// copyTime bounds how long rows of a bulk may take to be written.
func copyTime(rows int) time.Duration { return time.Minute + time.Duration(rows)*50*time.Microsecond }
