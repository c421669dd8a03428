package main

import (
	"context"
	"errors"
	"os"
	"slices"
	"syscall"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/hallmark-node/hallmark/bench/load"
	"github.com/hallmark-node/hallmark/testnet/engines"
)

// servers are what nodes of several processes keep their records in, PostgreSQL with fsync on and an
// S3 server, and a chain.
type servers struct {
	b        *bench
	world    *world
	database *engines.Postgres
	objects  *engines.S3
	stops    []func() error
}

func (b *bench) newServers() (s *servers, err error) {
	// The keys of the S3 server come to the processes as they do anywhere.
	err = errors.Join(os.Setenv("AWS_ACCESS_KEY_ID", engines.AccessKey), os.Setenv("AWS_SECRET_ACCESS_KEY", engines.SecretKey))
	if err != nil {
		return nil, err
	}
	s = &servers{b: b}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.close())
		}
	}()
	if s.world, err = b.newWorld(); err != nil {
		return nil, err
	}
	s.stops = append(s.stops, s.world.close)
	if s.database, err = engines.NewPostgres("max_connections = 300", "shared_buffers = 2GB"); err != nil {
		return nil, err
	}
	s.stops = append(s.stops, s.database.Close)
	if s.objects, err = engines.NewVersity(); err != nil {
		return nil, err
	}
	s.stops = append(s.stops, s.objects.Close)
	return s, nil
}

// close stops everything, what was started last first.
func (s *servers) close() (err error) {
	for _, stop := range slices.Backward(s.stops) {
		err = errors.Join(err, stop())
	}
	s.stops = nil
	return err
}

// connect opens a new database, for what is measured without a node.
func (s *servers) connect(connections int32) (*pgxpool.Pool, error) {
	name, err := s.database.NewDatabase()
	if err != nil {
		return nil, err
	}
	config, err := pgxpool.ParseConfig(s.database.URL(name))
	if err != nil {
		return nil, err
	}
	config.MaxConns = connections
	pool, err := pgxpool.NewWithConfig(s.b.ctx, config)
	if err != nil {
		return nil, err
	}
	s.stops = append(s.stops, func() error { pool.Close(); return nil })
	return pool, pool.Ping(s.b.ctx)
}

// settle has the server and the system write what they have held back, so that nobody pays for what
// the one before has left.
func (s *servers) settle(ctx context.Context, pool *pgxpool.Pool) error {
	_, err := pool.Exec(ctx, "CHECKPOINT")
	syscall.Sync()
	return err
}

// cluster is a node of several processes that take submissions and serve, in a database and a
// bucket of its own. Nothing is sealed.
type cluster struct {
	servers *servers
	target  *load.Target
	pool    *pgxpool.Pool // to its database
	bucket  string        // folder of its objects

	credentials float64 // accepted so far
	empty       float64 // bytes of the database without any
}

// newCluster starts that many processes.
func (s *servers) newCluster(processes, atOnce int) (*cluster, error) {
	name, err := s.database.NewDatabase()
	if err != nil {
		return nil, err
	}
	bucket, err := s.objects.NewBucket()
	if err != nil {
		return nil, err
	}
	var urls []string
	for range processes {
		n, err := s.world.startProcess("--store", s.database.URL(name), "--blobs", s.objects.URL(bucket), "--role", "intake,serve")
		if err != nil {
			return nil, err
		}
		s.stops = append(s.stops, n.stop)
		urls = append(urls, n.url)
	}
	c := &cluster{servers: s, bucket: s.objects.Path(bucket, ""), target: load.NewTarget(urls[0], atOnce, urls[1:]...)}
	if c.pool, err = pgxpool.New(s.b.ctx, s.database.URL(name)); err != nil {
		return nil, err
	}
	s.stops = append(s.stops, func() error { c.pool.Close(); return nil })
	c.empty, err = c.number("SELECT pg_database_size(current_database())")
	return c, err
}

// number asks the database for one.
func (c *cluster) number(query string) (n float64, err error) {
	err = c.pool.QueryRow(c.servers.b.ctx, query).Scan(&n)
	return n, err
}

// submit sends submissions of a size, which no node has seen, and verifies some of them.
func (c *cluster) submit(size int, seed byte, plan load.Plan) (load.Result, error) {
	b := c.servers.b
	if err := c.servers.settle(b.ctx, c.pool); err != nil {
		return load.Result{}, err
	}
	r, err := b.submit(c.target, c.servers.world.source(size, seed), plan)
	c.credentials += float64(r.Done * size)
	return r, err
}

// perCredential returns the bytes that a credential takes in the database, and in the bucket.
func (c *cluster) perCredential() (database, bucket float64, err error) {
	now, err := c.number("SELECT pg_database_size(current_database())")
	if err != nil {
		return 0, 0, err
	}
	objects, err := diskUsage(c.bucket)
	return (now - c.empty) / c.credentials, objects / c.credentials, err
}
