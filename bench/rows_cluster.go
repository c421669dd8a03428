package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/hallmark-node/hallmark/bench/load"
	"github.com/hallmark-node/hallmark/merkle"
)

// How much is sent in a turn to nodes of several processes, and how many requests are under way at
// once, whatever the number of processes.
const (
	mostProcesses                        = 3
	clusterSingles, commits              = 20_000, 64
	clusterBulkNumber, clusterBulkAtOnce = 6, 3
	leafInIndex                          = 8 + 8 + 1 + 4 // bytes of a leaf's entry in the index, with what the key begins with
	pebbleName                           = "the same on a folder (Pebble), one process"
	copyHeapName                         = "raw COPY of the same bytes, no index"
)

// clusterSingleRow and clusterBulkRow measure nodes of one, two and three processes over PostgreSQL and S3, all
// on this machine, beside the same node on a folder, Tessera, and what PostgreSQL can do with the same bytes.
func clusterSingleRow(b *bench) error { return b.withServers((*servers).single) }

func clusterBulkRow(b *bench) error { return b.withServers((*servers).bulk) }

func (b *bench) withServers(do func(s *servers, tessera measure) error) error {
	tessera, err := b.newTessera()
	if err != nil {
		return err
	}
	s, err := b.newServers()
	if err != nil {
		return err
	}
	return errors.Join(do(s, tessera), s.close())
}

// clusters starts one of each number of processes, and returns a measure of each and one of a node on a folder.
func (s *servers) clusters(
	name string, size int, plan load.Plan, turn func(processes int, r *load.Result),
) (all []*cluster, m []measure, err error) {
	seed := byte(0)
	for n := 1; n <= mostProcesses; n++ {
		c, err := s.newCluster(n, plan.Concurrency)
		if err != nil {
			return nil, nil, err
		}
		all = append(all, c)
		m = append(m, func() (float64, error) {
			seed++
			r, err := c.submit(size, seed, plan)
			turn(n, &r)
			return r.Rate() * float64(size), err
		})
	}
	folder, err := s.world.startNode(filepath.Join(s.b.folder, name), time.Hour)
	if err != nil {
		return nil, nil, err
	}
	s.stops = append(s.stops, folder.stop)
	target := load.NewTarget(folder.url, plan.Concurrency)
	m = append(m, func() (float64, error) {
		seed++
		r, err := s.b.submit(target, s.world.source(size, seed), plan)
		return r.Rate() * float64(size), err
	})
	return all, m, nil
}

// single hands in one credential a request. The limit is as many commits of one row with the same bytes,
// by 64 connections, which the server syncs together.
func (s *servers) single(tessera measure) error {
	plan := load.Plan{Number: clusterSingles, Concurrency: singlesAtOnce}
	p99 := make([]series, mostProcesses+1)
	all, measures, err := s.clusters("cluster-single", 1, plan, func(n int, r *load.Result) {
		p99[n] = append(p99[n], inMillis(r.Quantile(0.99)))
	})
	if err != nil {
		return err
	}
	pool, err := s.connect(commits)
	if err != nil {
		return err
	}
	if _, err := pool.Exec(s.b.ctx, "CREATE TABLE rows (key bytea PRIMARY KEY, value bytea)"); err != nil {
		return err
	}
	measures = append(measures, tessera, func() (float64, error) {
		written, err := all[0].number("SELECT sum(octet_length(key) + octet_length(value)) FROM records")
		if err != nil {
			return 0, err
		}
		return s.commitRows(pool, int(written/all[0].credentials))
	})
	m, err := inTurn(s.b.runs, measures...)
	if err != nil {
		return err
	}
	pebble, peer1, limit := m[mostProcesses], m[mostProcesses+1], m[mostProcesses+2]
	for i := range all {
		s.b.add(newResult(fmt.Sprintf("cluster-single-%d", i+1),
			fmt.Sprintf("durable acknowledgement over HTTP, one credential a request, by %s over PostgreSQL and S3", processes(i+1)),
			"items/s", m[i], limit, peer{tesseraName, peer1}, peer{pebbleName, pebble}).
			with("commits of one row with the same bytes, from 64 connections", goal{limit: 0.5},
				fmt.Sprintf("99 of 100 are answered within %.1f ms; %d requests at once", p99[i+1].median(), singlesAtOnce)))
	}
	database, _, err := all[0].perCredential()
	if err != nil {
		return err
	}
	s.b.add(newResult("cluster-database-single", "PostgreSQL, one credential a submission, not sealed yet", "bytes/credential",
		series{database}, nil).with("", goal{}, ""))
	return nil
}

func processes(n int) string {
	if n == 1 {
		return "one process"
	}
	return strconv.Itoa(n) + " processes"
}

// commitRows commits rows of so many bytes one by one, and returns how many a second.
func (s *servers) commitRows(pool *pgxpool.Pool, size int) (float64, error) {
	if err := s.settle(s.b.ctx, pool); err != nil {
		return 0, err
	}
	r, err := load.Run(s.b.ctx, load.Plan{Number: clusterSingles, Concurrency: commits}, func(ctx context.Context, _ int) error {
		row := make([]byte, size)
		_, _ = rand.Read(row) // never fails
		_, err := pool.Exec(ctx, "INSERT INTO rows VALUES ($1, $2)", row[:merkle.Size], row[merkle.Size:])
		return err
	})
	return r.Rate(), err
}

// bulk hands in submissions of a million. The limit is COPY of the same bytes, as many at once, into a table with
// the primary key that makes them findable: of each leaf the leaf and its entry in the index.
func (s *servers) bulk(tessera measure) error {
	plan := load.Plan{Number: clusterBulkNumber, Concurrency: clusterBulkAtOnce}
	all, measures, err := s.clusters("cluster-bulk", bulkSize, plan, func(int, *load.Result) {})
	if err != nil {
		return err
	}
	pool, err := s.connect(clusterBulkAtOnce)
	if err != nil {
		return err
	}
	for table, column := range map[string]string{"indexed": "bytea PRIMARY KEY", "heap": "bytea"} {
		if _, err := pool.Exec(s.b.ctx, "CREATE TABLE "+table+" (key "+column+", value bytea)"); err != nil {
			return err
		}
	}
	m, err := inTurn(s.b.runs, append(measures, tessera,
		func() (float64, error) { return s.copyLeaves(pool, "indexed") },
		func() (float64, error) { return s.copyLeaves(pool, "heap") },
	)...)
	if err != nil {
		return err
	}
	pebble, peer1, limit, heap := m[mostProcesses], m[mostProcesses+1], m[mostProcesses+2], m[mostProcesses+3]
	for i := range all {
		s.b.add(newResult(fmt.Sprintf("cluster-bulk-%d", i+1),
			fmt.Sprintf("durable acknowledgement over HTTP, 1,000,000 credentials a submission, by %s over PostgreSQL and S3", processes(i+1)),
			"items/s", m[i], limit, peer{tesseraName, peer1}, peer{pebbleName, pebble}, peer{copyHeapName, heap}).
			with("raw COPY of the same bytes, a row for each leaf, into a table with a primary key", goal{limit: 0.5},
				fmt.Sprintf("%d submissions at once, and as many COPY", clusterBulkAtOnce)))
	}
	database, bucket, err := all[0].perCredential()
	if err != nil {
		return err
	}
	s.b.add(newResult("cluster-database", "PostgreSQL, 1,000,000 credentials a submission, not sealed yet", "bytes/credential",
		series{database}, nil).with("", goal{}, ""))
	s.b.add(newResult("cluster-bucket", "S3, 1,000,000 credentials a submission, not sealed yet", "bytes/credential",
		series{bucket}, series{merkle.Size}).with("the leaves alone", goal{}, ""))
	return nil
}

// copyLeaves writes what a turn of bulk hands in, and returns how many leaves a second.
func (s *servers) copyLeaves(pool *pgxpool.Pool, table string) (float64, error) {
	data := make([][]byte, clusterBulkNumber)
	for i := range data {
		data[i] = leafRows(bulkSize)
	}
	if err := s.settle(s.b.ctx, pool); err != nil {
		return 0, err
	}
	r, err := load.Run(s.b.ctx, load.Plan{Number: len(data), Concurrency: clusterBulkAtOnce}, func(ctx context.Context, i int) error {
		conn, err := pool.Acquire(ctx)
		if err != nil {
			return err
		}
		defer conn.Release()
		_, err = conn.Conn().PgConn().CopyFrom(ctx, bytes.NewReader(data[i]), "COPY "+table+" FROM STDIN (FORMAT binary)")
		return err
	})
	return r.Rate() * bulkSize, err
}

// leafRows makes rows for COPY, as the manual of PostgreSQL describes its binary format, in the order of
// their keys: each with the bytes of a random leaf and of its entry in the index.
func leafRows(n int) []byte {
	leaves := make([]merkle.Hash, n)
	for i := range leaves {
		_, _ = rand.Read(leaves[i][:]) // never fails
	}
	slices.SortFunc(leaves, merkle.Compare)
	const key = leafInIndex - 4
	data := make([]byte, 0, n*(2+4+leafInIndex+4+merkle.Size)+21)
	data = append(data, "PGCOPY\n\xff\r\n\x00\x00\x00\x00\x00\x00\x00\x00\x00"...)
	for i := range leaves {
		data = binary.BigEndian.AppendUint16(data, 2)
		data = binary.BigEndian.AppendUint32(data, key)
		data = append(append(append(data, 'x'), leaves[i][:8]...), 0x80, 0, 0, 0, 0, 0, 0, 1)
		data = binary.BigEndian.AppendUint32(data, 4+merkle.Size)
		data = append(binary.BigEndian.AppendUint32(data, uint32(i)), leaves[i][:]...)
	}
	return append(data, 0xff, 0xff)
}
