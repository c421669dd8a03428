package postgres

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/anchor/store/kv"
	"github.com/hallmark-node/hallmark/anchor/store/postgres/internal/blobs"
	"github.com/hallmark-node/hallmark/anchor/store/postgres/internal/queries"
)

// How long things may take. A process that is paused, or cannot be reached, holds a lock no
// longer than idleTime, since its session is ended then.
const (
	connectTime = 5 * time.Second
	readTime    = 10 * time.Second // of a statement that reads
	idleTime    = 5 * time.Second  // between two statements of a transaction
	lockTime    = 8 * time.Second  // until a lock is had
	writeTime   = 15 * time.Second // of a statement that writes, or a commit
	answerTime  = 2 * time.Second  // that the way there and back may take beside
	closeTime   = 2 * time.Second  // until connections have said goodbye
	pollTime    = 500 * time.Millisecond
	staleTime   = time.Second // after which what was polled is not believed
)

// maxConnections is how many connections a process has, unless the URL says pool_max_conns.
const maxConnections = 16

// Engine is a [kv.Engine].
type Engine struct {
	pool  *pgxpool.Pool
	blobs *blobs.Bucket
	log   *slog.Logger
	dir   string // of temporary files

	ctx    context.Context // ends with Close
	cancel context.CancelFunc
	ended  sync.WaitGroup // goroutines of the engine

	updating sync.Mutex // of this process: one update at a time, so that they wait here and not with a connection each
	appender appender

	changes    atomic.Uint64
	lastChange atomic.Uint64 // what the database said last
	polled     atomic.Int64  // when it was asked, since start
	start      time.Time
}

var _ kv.Engine = (*Engine)(nil)

// Options are optional; the zero value is what a node uses.
type Options struct {
	Log *slog.Logger // nil: discards
	// Dir is where temporary files are made: of what arrives, before it is written. "": the
	// system's folder for them.
	Dir string
}

// Open opens the node that a database and a bucket have, and makes the tables if they are not
// there. The database is named by a URL as libpq takes it, the bucket as
// s3://bucket/folder?endpoint=…&region=…&path-style=true. If either does not answer the error
// wraps [kv.ErrUnavailable].
func Open(ctx context.Context, database, bucket string, o Options) (_ *Engine, err error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	config, err := pgxpool.ParseConfig(database)
	if err != nil {
		return nil, errors.New("the address of the database cannot be read: write postgres://user:password@host:5432/database")
	}
	if config.ConnConfig.RuntimeParams["application_name"] == "" {
		config.ConnConfig.RuntimeParams["application_name"] = "hallmark"
	}
	configure(config)
	e := &Engine{log: o.Log, dir: o.Dir, start: time.Now()}
	e.ctx, e.cancel = context.WithCancel(context.Background())
	if e.pool, err = pgxpool.NewWithConfig(e.ctx, config); err != nil {
		return nil, failed("reach", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, e.Close())
		}
	}()
	if err := e.checkServer(ctx); err != nil {
		return nil, err
	}
	if err := migrate(ctx, e.pool, schemaVersion); err != nil {
		return nil, err
	}
	if e.blobs, err = blobs.Open(ctx, bucket); err != nil {
		return nil, err
	}
	e.appender.e, e.appender.enough = e, make(chan struct{}, 1)
	if err := e.poll(); err != nil {
		return nil, err
	}
	e.ended.Go(e.keepPolling)
	return e, nil
}

// configure has a pool work behind a pooler in transaction mode, and notice what the server
// only warns of.
func configure(config *pgxpool.Config) {
	c := config.ConnConfig
	// Statements have no names, so they need not be where they were prepared; types of arguments
	// are asked once.
	c.DefaultQueryExecMode = pgx.QueryExecModeCacheDescribe
	c.StatementCacheCapacity = 0
	if c.ConnectTimeout == 0 || c.ConnectTimeout > connectTime {
		c.ConnectTimeout = connectTime
	}
	c.OnNotice = func(c *pgconn.PgConn, n *pgconn.Notice) {
		if n.Severity == "WARNING" {
			c.CustomData()[warned] = n.Message
		}
	}
	if config.MaxConns < maxConnections {
		config.MaxConns = maxConnections
	}
}

// warned is where a connection notes the last warning of the server.
const warned = "warned"

// checkServer refuses a server that may lose what it acknowledges.
func (e *Engine) checkServer(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, readTime)
	defer cancel()
	var commit, sync string
	err := e.pool.QueryRow(ctx, "SELECT current_setting('synchronous_commit'), current_setting('fsync')").Scan(&commit, &sync)
	if err != nil {
		return failed("reach", err)
	}
	if commit == "off" || sync == "off" {
		return errors.New("the database may lose what it has acknowledged: set fsync and synchronous_commit to on in its configuration")
	}
	return nil
}

// Close implements [kv.Engine]. No other method may be running or be called later.
func (e *Engine) Close() error {
	e.cancel()
	e.ended.Wait()
	closed := make(chan struct{})
	go func() {
		e.pool.Close()
		close(closed)
	}()
	select {
	case <-closed:
	case <-time.After(closeTime): // it waits for a server that does not answer
	}
	return nil
}

// PageLeaves implements [kv.Engine]: a page of leaves is a published raw block, and so an object
// that any S3 client can fetch by its CID.
func (e *Engine) PageLeaves() int { return publish.MaxBlockLeaves }

// Durable implements [kv.Engine]: what a transaction has written can be read only once it is on disk,
// and on that of the synchronous replicas. See the package comment for what an administrator can break.
func (e *Engine) Durable() error { return nil }

// Usage implements [kv.Engine].
func (e *Engine) Usage() (used uint64, err error) {
	err = e.ask("read from", readTime, func(ctx context.Context, q *queries.Queries) error {
		n, err := q.Usage(ctx)
		used = uint64(n)
		return err
	})
	return used, err
}

// Changes implements [kv.Engine]. While the database cannot be asked there may be changes, so
// each call returns another number.
func (e *Engine) Changes() uint64 {
	if e.now()-time.Duration(e.polled.Load()) > staleTime {
		return e.changes.Add(1)
	}
	return e.changes.Load()
}

func (e *Engine) now() time.Duration { return time.Since(e.start) }

// poll looks whether there were updates.
func (e *Engine) poll() error {
	began := e.now()
	ctx, cancel := context.WithTimeout(e.ctx, staleTime)
	defer cancel()
	n, err := queries.New(e.pool).Changes(ctx)
	if err != nil {
		return failed("read from", err)
	}
	// Calls of Changes may have raised it beyond what is there.
	if last := e.lastChange.Swap(uint64(n)); last != uint64(n) {
		e.changes.Add(1)
	}
	e.polled.Store(int64(began))
	return nil
}

func (e *Engine) keepPolling() {
	tick := time.NewTicker(pollTime)
	defer tick.Stop()
	for {
		select {
		case <-e.ctx.Done():
			return
		case <-tick.C:
			if err := e.poll(); err != nil && e.ctx.Err() == nil {
				e.log.Debug("changes of other processes cannot be looked up", "err", err)
			}
		}
	}
}

// Acquire implements [kv.Engine].
func (e *Engine) Acquire(name, holder string, lasts time.Duration) (l kv.Lease, ok bool, err error) {
	if holder == "" {
		return l, false, errors.New("a lease needs a holder")
	}
	var epoch int64
	err = e.ask("take a lease from", min(readTime, lasts), func(ctx context.Context, q *queries.Queries) (err error) {
		epoch, err = q.AcquireLease(ctx, queries.AcquireLeaseParams{Name: name, Holder: holder, Seconds: lasts.Seconds()})
		return err
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return l, false, nil
	}
	if err != nil {
		return l, false, err
	}
	return kv.Lease{Name: name, Epoch: uint64(epoch)}, true, nil
}

// Release implements [kv.Engine].
func (e *Engine) Release(l kv.Lease) error {
	return e.ask("give a lease back to", readTime, func(ctx context.Context, q *queries.Queries) error {
		return q.ReleaseLease(ctx, queries.ReleaseLeaseParams{Name: l.Name, Epoch: int64(l.Epoch)})
	})
}
