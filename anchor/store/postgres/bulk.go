package postgres

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"sync/atomic"
	"syscall"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"github.com/hallmark-node/hallmark/anchor/store/kv"
	"github.com/hallmark-node/hallmark/anchor/store/postgres/internal/blobs"
)

// bulk is a [kv.Bulk]: large values become objects while they arrive, and rows go to temporary
// files until the entry is appended. What a crash leaves is objects that no row names.
type bulk struct {
	e            *Engine
	pages, index spool

	ctx     context.Context // ends with the first upload that fails, and its error
	cancel  context.CancelFunc
	uploads *errgroup.Group
	bytes   atomic.Int64 // of the objects
}

func newBulk(e *Engine) *bulk {
	b := &bulk{e: e, pages: spool{dir: e.dir}, index: spool{dir: e.dir}}
	ctx, cancel := context.WithCancel(e.ctx)
	b.cancel = cancel
	b.uploads, b.ctx = errgroup.WithContext(ctx)
	b.uploads.SetLimit(uploads)
	return b
}

// Pages implements [kv.Bulk].
func (b *bulk) Pages() kv.Writer { return bulkWriter{b, &b.pages} }

// Index implements [kv.Bulk].
func (b *bulk) Index() kv.Writer { return bulkWriter{b, &b.index} }

// Discard implements [kv.Bulk].
func (b *bulk) Discard() {
	b.cancel()
	_ = b.uploads.Wait() // of no use any more
	b.pages.close()
	b.index.close()
}

// bulkWriter writes the records of a kind.
type bulkWriter struct {
	b     *bulk
	spool *spool
}

// Set implements [kv.Writer].
func (w bulkWriter) Set(key, value []byte) error {
	if w.b.ctx.Err() != nil {
		return w.b.ended()
	}
	if len(value) < largeValue {
		return w.spool.add(key, value, nil)
	}
	r := blobs.RefOf(value)
	value = bytes.Clone(value)
	w.b.uploads.Go(func() error { // waits while too many are under way
		w.b.bytes.Add(r.Size)
		return w.b.e.blobs.Put(w.b.ctx, r, value)
	})
	return w.spool.add(key, nil, formatRef(r))
}

// Delete implements [kv.Writer]: there is nothing in a bulk that could be.
func (w bulkWriter) Delete([]byte) error { return errors.New("nothing can be deleted in a bulk") }

// ended is why nothing more can be written.
func (b *bulk) ended() error {
	if err := context.Cause(b.ctx); !errors.Is(err, context.Canceled) {
		return err
	}
	return errors.New("a bulk that was used or discarded cannot be written")
}

// finish returns once all objects are there. Nothing can be written any more.
func (b *bulk) finish() error {
	if b.ctx.Err() != nil {
		return b.ended()
	}
	return b.uploads.Wait()
}

// copyInto begins a transaction and writes the rows.
func (b *bulk) copyInto(s *session) error {
	within := copyTime(b.pages.rows + b.index.rows)
	var batch pgx.Batch
	s.begin(&batch, within)
	if err := s.send(&batch, writeTime); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(b.e.ctx, within)
	defer cancel()
	for _, rows := range []*spool{&b.pages, &b.index} {
		if rows.rows == 0 {
			continue
		}
		in, err := rows.read()
		if err != nil {
			return err
		}
		if _, err := s.conn.Conn().PgConn().CopyFrom(ctx, in, "COPY records (key, value, blob) FROM STDIN (FORMAT binary)"); err != nil {
			s.failed = err
			return err
		}
	}
	return nil
}

// spoolMemory is how many bytes of rows are kept in memory at most.
const spoolMemory = 1 << 20

// spool keeps rows in the form that COPY takes: in memory, and what is more in a temporary file. It is
// for one goroutine.
type spool struct {
	dir  string
	rows int
	buf  []byte   // what is not in the file
	file *os.File // nil if there is none; its name is removed already
}

// What stands before and after the rows, by the manual's page about COPY.
var (
	copyHeader  = []byte("PGCOPY\n\xff\r\n\x00\x00\x00\x00\x00\x00\x00\x00\x00")
	copyTrailer = []byte{0xff, 0xff}
)

// add adds a row. value or blob is nil, which stands for null.
func (s *spool) add(key, value, blob []byte) error {
	s.buf = binary.BigEndian.AppendUint16(s.buf, 3)
	s.field(key)
	if blob != nil {
		s.field(nil)
		s.field(blob)
	} else {
		s.field(append([]byte{}, value...))
		s.field(nil)
	}
	s.rows++
	if len(s.buf) < spoolMemory {
		return nil
	}
	return s.spill()
}

func (s *spool) field(b []byte) {
	if b == nil {
		s.buf = binary.BigEndian.AppendUint32(s.buf, 0xffffffff)
		return
	}
	s.buf = append(binary.BigEndian.AppendUint32(s.buf, uint32(len(b))), b...)
}

func (s *spool) spill() error {
	if s.file == nil {
		f, err := os.CreateTemp(s.dir, "hallmark-*")
		if err == nil {
			s.file = f
			err = os.Remove(f.Name()) // it is gone when this process is
		}
		if err != nil {
			return spoolError(err)
		}
	}
	if _, err := s.file.Write(s.buf); err != nil {
		return spoolError(err)
	}
	s.buf = s.buf[:0]
	return nil
}

func spoolError(err error) error {
	if errors.Is(err, syscall.ENOSPC) {
		return fmt.Errorf("%w: a temporary file: %w", kv.ErrFull, err)
	}
	return fmt.Errorf("write a temporary file: %w", err)
}

// read returns all rows, from the first on.
func (s *spool) read() (io.Reader, error) {
	var written io.Reader = bytes.NewReader(nil)
	if s.file != nil {
		if _, err := s.file.Seek(0, io.SeekStart); err != nil {
			return nil, fmt.Errorf("read a temporary file: %w", err)
		}
		written = s.file
	}
	return io.MultiReader(bytes.NewReader(copyHeader), written, bytes.NewReader(s.buf), bytes.NewReader(copyTrailer)), nil
}

func (s *spool) close() {
	s.buf = nil
	if s.file != nil {
		s.file.Close()
		s.file = nil
	}
}
