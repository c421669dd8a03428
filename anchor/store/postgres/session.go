package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/hallmark-node/hallmark/anchor/store/kv"
	"github.com/hallmark-node/hallmark/anchor/store/postgres/internal/queries"
)

// repetitions is how often a transaction is made again that lost against another one, or whose
// session was ended before the commit.
const repetitions = 5

// session is one transaction on a connection of its own. It is for one goroutine.
type session struct {
	e    *Engine
	conn *pgxpool.Conn

	// failed is the first error of a statement. It stays: the transaction is lost.
	failed error
	// committing is set once the commit was sent: from then on an error does not say whether the
	// transaction was made.
	committing bool
}

// transact runs a transaction, again if that may help. do calls commit at its end, and nothing was
// written if it did not.
func (e *Engine) transact(do func(*session) error) error {
	for try := 1; ; try++ {
		conn, err := e.connection()
		if err != nil {
			return err
		}
		s := &session{e: e, conn: conn}
		err = do(s)
		s.end()
		switch {
		case s.failed == nil:
			return err
		case s.committing:
			return s.unknown()
		case !e.again(s.failed) || try == repetitions:
			return failed("write to", s.failed)
		}
		e.log.Debug("a transaction is made again", "err", s.failed)
	}
}

// again reports whether what failed before its commit may succeed at once if it is done again. After
// the end of the server, or if it became one that is only read, no connection is of use any more.
func (e *Engine) again(err error) bool {
	var said *pgconn.PgError
	if errors.As(err, &said) && (said.Code == readOnly || strings.HasPrefix(said.Code, "57P")) {
		e.pool.Reset()
	}
	return isRepeatable(err)
}

func (e *Engine) connection() (*pgxpool.Conn, error) {
	ctx, cancel := context.WithTimeout(e.ctx, readTime)
	defer cancel()
	conn, err := e.pool.Acquire(ctx)
	if err != nil {
		return nil, failed("reach", err)
	}
	return conn, nil
}

// unknown is the error of a commit that had no answer, or one that promises nothing.
func (s *session) unknown() error {
	err := failed("write to", s.failed)
	if !errors.Is(err, kv.ErrUnavailable) {
		err = fmt.Errorf("%w: %w", kv.ErrUnavailable, err)
	}
	return err
}

// end gives the connection back. One with a transaction that is not over the pool closes, which
// rolls back.
func (s *session) end() {
	if s.conn.Conn().PgConn().TxStatus() != 'I' && !s.conn.Conn().IsClosed() {
		ctx, cancel := context.WithTimeout(s.e.ctx, time.Second)
		defer cancel()
		_, _ = s.conn.Exec(ctx, "ROLLBACK") // else it is closed
	}
	s.conn.Release()
}

// send runs statements in one round trip. An error is kept in failed.
func (s *session) send(b *pgx.Batch, within time.Duration) error {
	if s.failed != nil {
		return s.failed
	}
	for _, q := range b.QueuedQueries {
		if q.Fn == nil { // else its error would be that of the next one
			q.Exec(func(pgconn.CommandTag) error { return nil })
		}
	}
	ctx, cancel := context.WithTimeout(s.e.ctx, within)
	defer cancel()
	if err := s.conn.SendBatch(ctx, b).Close(); err != nil && !errors.Is(err, pgx.ErrNoRows) {
		s.failed = err
	}
	return s.failed
}

// queueLock adds the lock of a row of counters, which must be there.
func queueLock(b *pgx.Batch, counter string) {
	b.Queue(queries.LockCounter, counter).QueryRow(func(row pgx.Row) error {
		var value int64
		err := row.Scan(&value)
		if errors.Is(err, pgx.ErrNoRows) {
			return &damage{fmt.Sprintf("the row %q of the table counters is missing", counter)}
		}
		return err
	})
}

// begin adds the begin of the transaction: of the level read committed, since the locks that
// follow order all that matters, and each statement after a lock sees what was there when it was had.
func (s *session) begin(b *pgx.Batch, statement time.Duration) {
	b.Queue("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE")
	b.Queue(queries.Begin, milliseconds(idleTime), milliseconds(lockTime), milliseconds(statement))
}

func milliseconds(d time.Duration) string { return fmt.Sprint(d.Milliseconds()) }

// commit runs the last statements and commits, in one round trip.
func (s *session) commit(b *pgx.Batch) error {
	if s.failed != nil {
		return s.failed
	}
	notices := s.conn.Conn().PgConn().CustomData()
	delete(notices, warned)
	var ended pgconn.CommandTag
	b.Queue("COMMIT").Fn = func(results pgx.BatchResults) (err error) {
		s.committing = true // all before was done
		ended, err = results.Exec()
		return err
	}
	if err := s.send(b, writeTime); err != nil {
		// The server does statements in order and none after one that fails. But if its answer was
		// not that, it may have come as far as the commit. A pooler that has lost the server says so
		// in the server's place, whatever that has done.
		var said *pgconn.PgError
		s.committing = s.committing || !errors.As(err, &said) || strings.HasPrefix(said.Code, "08")
		return err
	}
	if warning, ok := notices[warned].(string); ok {
		// As when the wait for a synchronous replica was ended: it is written here and may not be there.
		s.failed = fmt.Errorf("the database warns: %s", warning)
	} else if ended.String() != "COMMIT" {
		s.failed = fmt.Errorf("the transaction ended with %s", ended)
	}
	return s.failed
}
