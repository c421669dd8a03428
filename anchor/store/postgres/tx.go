package postgres

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"github.com/hallmark-node/hallmark/anchor/store/kv"
	"github.com/hallmark-node/hallmark/anchor/store/postgres/internal/blobs"
	"github.com/hallmark-node/hallmark/anchor/store/postgres/internal/queries"
)

// largeValue is how many bytes a value has at least that becomes an object.
const largeValue = 16 << 10

// uploads is how many objects a transaction or a bulk writes at once.
const uploads = 4

// Update implements [kv.Engine].
func (e *Engine) Update(change func(kv.Tx) error, held ...kv.Lease) error {
	e.updating.Lock()
	defer e.updating.Unlock()
	var up uploaded // which stays if the transaction is made again
	return e.transact(func(s *session) error {
		if err := s.lock("update", held); err != nil {
			return err
		}
		t := &tx{s: s, writes: newWrites(&up)}
		if err := change(t); err != nil || s.failed != nil {
			return errors.Join(err, s.failed)
		}
		if err := t.upload(); err != nil {
			return err
		}
		var b pgx.Batch
		t.writes.queue(&b)
		b.Queue(queries.CountUpdate, up.bytes)
		return s.commit(&b)
	})
}

// lock begins the transaction, waits for the lock that all of its kind take, and for those of
// leases, which must be held.
func (s *session) lock(counter string, held []kv.Lease) error {
	var b pgx.Batch
	s.begin(&b, writeTime)
	queueLock(&b, counter)
	missing := ""
	for _, l := range held {
		b.Queue(queries.LeaseHeld, l.Name, int64(l.Epoch)).Query(func(rows pgx.Rows) error {
			if !rows.Next() && rows.Err() == nil {
				missing = l.Name
			}
			rows.Close()
			return rows.Err()
		})
	}
	if err := s.send(&b, lockTime+answerTime); err != nil {
		return err
	}
	if missing != "" {
		return fmt.Errorf("the lease %q has ended: %w", missing, kv.ErrLeaseLost)
	}
	return nil
}

// tx is a [kv.Tx]. It writes at the end, or before a scan.
type tx struct {
	s *session
	*writes
}

// query runs a statement within the transaction.
func (t *tx) query(do func(context.Context, *queries.Queries) error) error {
	if t.s.failed != nil {
		return t.s.failed
	}
	ctx, cancel := context.WithTimeout(t.s.e.ctx, readTime)
	defer cancel()
	err := do(ctx, queries.New(t.s.conn))
	if err == nil || errors.Is(err, pgx.ErrNoRows) {
		return err
	}
	t.s.failed = err
	return failed("read from", err)
}

// Get implements [kv.Reader].
func (t *tx) Get(key []byte, do func([]byte) error) error {
	if value, written := t.sets[string(key)]; written {
		if value == nil {
			return kv.ErrNotFound
		}
		return do(value)
	}
	var row queries.ValueRow
	err := t.query(func(ctx context.Context, q *queries.Queries) (err error) {
		row, err = q.Value(ctx, key)
		return err
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return kv.ErrNotFound
	}
	if err != nil {
		return err
	}
	value, err := t.s.e.valueOf(row.Value, row.Blob)
	if err != nil {
		return err
	}
	return do(value)
}

// Scan implements [kv.Reader].
func (t *tx) Scan(r kv.Range, do func(key, value []byte) (bool, error)) error {
	if len(t.sets) > 0 {
		if err := t.upload(); err != nil {
			return err
		}
		var b pgx.Batch
		t.queue(&b)
		if err := t.s.send(&b, writeTime); err != nil {
			return failed("write to", err)
		}
		t.writes.sets = make(map[string][]byte)
	}
	return t.s.e.scan(r, do, t.query)
}

func (t *tx) upload() error { return t.up.put(t.s.e, t.large()) }

// writes are changes that are not in the database yet. It is for one goroutine.
type writes struct {
	sets map[string][]byte // nil: to be deleted
	up   *uploaded
}

func newWrites(up *uploaded) *writes { return &writes{make(map[string][]byte), up} }

// Set implements [kv.Writer].
func (w *writes) Set(key, value []byte) error {
	w.sets[string(key)] = append([]byte{}, value...) // never nil
	return nil
}

// Delete implements [kv.Writer].
func (w *writes) Delete(key []byte) error {
	w.sets[string(key)] = nil
	return nil
}

// large returns the values that become objects.
func (w *writes) large() (values [][]byte) {
	for _, value := range w.sets {
		if len(value) >= largeValue {
			values = append(values, value)
		}
	}
	return values
}

// queue adds the statements that write all. Keys ascend, so that two transactions do not wait for
// each other.
func (w *writes) queue(b *pgx.Batch) {
	var deleted [][]byte
	var p queries.PutRecordsParams
	keys := make([]string, 0, len(w.sets))
	for key := range w.sets {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	for _, key := range keys {
		switch value := w.sets[key]; {
		case value == nil:
			deleted = append(deleted, []byte(key))
			continue
		case len(value) >= largeValue:
			p.Values, p.Blobs = append(p.Values, nil), append(p.Blobs, formatRef(blobs.RefOf(value)))
		default:
			p.Values, p.Blobs = append(p.Values, value), append(p.Blobs, nil)
		}
		p.Keys = append(p.Keys, []byte(key))
	}
	if len(p.Keys) > 0 {
		b.Queue(queries.PutRecords, p.Keys, p.Values, p.Blobs)
	}
	if len(deleted) > 0 {
		b.Queue(queries.DeleteRecords, deleted)
	}
}

// uploaded is which objects were written for a transaction, so that it need not be done again
// when that is made again. It is for one goroutine.
type uploaded struct {
	there map[blobs.Ref]bool
	bytes int64
}

// put writes values as objects.
func (u *uploaded) put(e *Engine, values [][]byte) error {
	group, ctx := errgroup.WithContext(e.ctx)
	group.SetLimit(uploads)
	var puts []blobs.Ref
	for _, value := range values {
		r := blobs.RefOf(value)
		if u.there[r] || slices.Contains(puts, r) {
			continue
		}
		puts = append(puts, r)
		group.Go(func() error { return e.blobs.Put(ctx, r, value) })
	}
	if err := group.Wait(); err != nil {
		return err
	}
	for _, r := range puts {
		if u.there == nil {
			u.there = make(map[blobs.Ref]bool)
		}
		u.there[r] = true
		u.bytes += r.Size
	}
	return nil
}
