package postgres

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/hallmark-node/hallmark/anchor/store/kv"
	"github.com/hallmark-node/hallmark/anchor/store/postgres/internal/blobs"
	"github.com/hallmark-node/hallmark/anchor/store/postgres/internal/queries"
)

// A scan reads pages of rows: small ones first, since many want few.
const (
	firstPage = 16
	lastPage  = 1024
)

// ask runs a statement by itself, again if it was the connection that failed: one that may happen
// twice. It returns [pgx.ErrNoRows] as it is.
func (e *Engine) ask(doing string, within time.Duration, do func(context.Context, *queries.Queries) error) (err error) {
	for range repetitions {
		ctx, cancel := context.WithTimeout(e.ctx, within)
		err = do(ctx, queries.New(e.pool))
		cancel()
		if err == nil || errors.Is(err, pgx.ErrNoRows) {
			return err
		}
		if !e.again(err) {
			break
		}
	}
	return failed(doing, err)
}

func (e *Engine) read(do func(context.Context, *queries.Queries) error) error {
	return e.ask("read from", readTime, do)
}

// Get implements [kv.Reader].
func (e *Engine) Get(key []byte, do func([]byte) error) error {
	var row queries.ValueRow
	err := e.read(func(ctx context.Context, q *queries.Queries) (err error) {
		row, err = q.Value(ctx, key)
		return err
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return kv.ErrNotFound
	}
	if err != nil {
		return err
	}
	value, err := e.valueOf(row.Value, row.Blob)
	if err != nil {
		return err
	}
	return do(value)
}

// GetPart implements [kv.Engine].
func (e *Engine) GetPart(key []byte, offset, n int, do func([]byte) error) error {
	const most = 1 << 30 // of a value
	if offset < 0 || n < 0 || offset > most || n > most {
		return fmt.Errorf("%d bytes from the offset %d on", n, offset)
	}
	var row queries.ValuePartRow
	err := e.read(func(ctx context.Context, q *queries.Queries) (err error) {
		row, err = q.ValuePart(ctx, queries.ValuePartParams{Key: key, First: int32(offset) + 1, Length: int32(n)})
		return err
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return kv.ErrNotFound
	}
	if err != nil {
		return err
	}
	part := row.Part
	if row.Blob != nil {
		r, err := parseRef(row.Blob)
		if err != nil {
			return err
		}
		if part, err = e.blobs.GetRange(e.ctx, r, offset, n); err != nil {
			return err
		}
	}
	if len(part) != n {
		return fmt.Errorf("a value has %d bytes from the offset %d on, want %d", len(part), offset, n)
	}
	return do(part)
}

// Scan implements [kv.Reader]. It is no snapshot: what is written while it runs it may find or not.
func (e *Engine) Scan(r kv.Range, do func(key, value []byte) (bool, error)) error {
	return e.scan(r, do, e.read)
}

// scan is Scan with read for one page.
func (e *Engine) scan(
	r kv.Range, do func(key, value []byte) (bool, error), read func(func(context.Context, *queries.Queries) error) error,
) error {
	if r.Lower == nil {
		r.Lower = []byte{}
	}
	for page := int32(firstPage); ; page = min(4*page, lastPage) {
		if r.Upper != nil && bytes.Compare(r.Lower, r.Upper) >= 0 {
			return nil
		}
		var rows []queries.Record
		err := read(func(ctx context.Context, q *queries.Queries) (err error) {
			if r.Back {
				rows, err = q.RecordsDown(ctx, queries.RecordsDownParams{Lower: r.Lower, Upper: r.Upper, Page: page})
			} else {
				rows, err = q.RecordsUp(ctx, queries.RecordsUpParams{Lower: r.Lower, Upper: r.Upper, Page: page})
			}
			return err
		})
		if err != nil {
			return err
		}
		for _, row := range rows {
			value, err := e.valueOf(row.Value, row.Blob)
			if err != nil {
				return err
			}
			if more, err := do(row.Key, value); err != nil || !more {
				return err
			}
		}
		if len(rows) < int(page) {
			return nil
		}
		if last := rows[len(rows)-1].Key; r.Back {
			r.Upper = last
		} else {
			r.Lower = append(bytes.Clone(last), 0)
		}
	}
}

// numberOf returns the number in a key of [kv.KindEntry] or [kv.KindBulk].
func numberOf(key []byte) (uint64, error) {
	if len(key) != 9 {
		return 0, fmt.Errorf("the store is damaged: a key of kind %c has %d bytes", key[0], len(key))
	}
	return binary.BigEndian.Uint64(key[1:]), nil
}

// valueOf returns what a row has: the value, or the object that it names.
func (e *Engine) valueOf(value, blob []byte) ([]byte, error) {
	if blob == nil {
		return value, nil
	}
	r, err := parseRef(blob)
	if err != nil {
		return nil, err
	}
	return e.blobs.Get(e.ctx, r)
}

// parseRef reads the column blob.
func parseRef(b []byte) (r blobs.Ref, err error) {
	if len(b) != len(r.Digest)+8 {
		return r, fmt.Errorf("the store is damaged: the name of an object has %d bytes", len(b))
	}
	copy(r.Digest[:], b)
	r.Size = int64(binary.BigEndian.Uint64(b[len(r.Digest):]))
	if r.Size < largeValue || r.Size > 1<<30 {
		return r, fmt.Errorf("the store is damaged: an object has %d bytes", r.Size)
	}
	return r, nil
}

func formatRef(r blobs.Ref) []byte { return binary.BigEndian.AppendUint64(r.Digest[:], uint64(r.Size)) }
