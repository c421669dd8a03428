package postgres

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/hallmark-node/hallmark/anchor/store/kv"
)

// clients is how many append at once.
const clients = 64

// concurrently runs do b.N times by all clients.
func concurrently(b *testing.B, do func(n int64) error) {
	b.ResetTimer()
	var next atomic.Int64
	var group sync.WaitGroup
	for range clients {
		group.Go(func() {
			for n := next.Add(1); n <= int64(b.N); n = next.Add(1) {
				if err := do(n); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	group.Wait()
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "acks/s")
}

func randomKey(kind byte) []byte {
	return binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64([]byte{kind}, rand.Uint64()), rand.Uint64())
}

// BenchmarkAppend adds entries as submissions of one credential are: a record, its ID, and an
// entry of the index.
func BenchmarkAppend(b *testing.B) {
	running(b)
	e := open(b, server.Database(b), objects.Bucket(b))
	record := make([]byte, 250)
	concurrently(b, func(int64) error {
		_, _, err := e.Append(kv.Entry{ID: randomKey('s'), Put: func(w kv.Writer, n uint64) error {
			if err := w.Set(randomKey('x'), []byte{0, 0, 0, 0}); err != nil {
				return err
			}
			return w.Set(binary.BigEndian.AppendUint64([]byte{kv.KindEntry}, n), record)
		}})
		return err
	})
}

// BenchmarkOneRowCommits is what BenchmarkAppend is compared with: each client has a connection and
// commits one row of the same bytes at a time. The server groups the commits.
func BenchmarkOneRowCommits(b *testing.B) {
	running(b)
	database := server.Database(b)
	config, err := pgxpool.ParseConfig(database)
	if err != nil {
		b.Fatal(err)
	}
	config.MaxConns = clients
	pool, err := pgxpool.NewWithConfig(b.Context(), config)
	if err != nil {
		b.Fatal(err)
	}
	defer pool.Close()
	if _, err := pool.Exec(b.Context(), "CREATE TABLE rows (key bytea PRIMARY KEY, value bytea)"); err != nil {
		b.Fatal(err)
	}
	record := make([]byte, 250+2*17+4)
	concurrently(b, func(int64) error {
		_, err := pool.Exec(b.Context(), "INSERT INTO rows VALUES ($1, $2)", randomKey('r'), record)
		return err
	})
}

const bulkLeaves = 1 << 20

func sortedRandom(n int) []uint64 {
	all := make([]uint64, n)
	for i := range all {
		all[i] = rand.Uint64()
	}
	slices.Sort(all)
	return all
}

func reportLeaves(b *testing.B) {
	b.ReportMetric(float64(b.N)*bulkLeaves/b.Elapsed().Seconds(), "leaves/s")
}

// BenchmarkBulk adds trees of 1,048,576 leaves: pages with them, and the index.
func BenchmarkBulk(b *testing.B) {
	running(b)
	e := open(b, server.Database(b), objects.Bucket(b))
	page := make([]byte, 32*e.PageLeaves())
	for i := range b.N {
		b.StopTimer()
		leaves := sortedRandom(bulkLeaves)
		b.StartTimer()
		bulk, number, err := e.NewBulk()
		if err != nil {
			b.Fatal(err)
		}
		var group sync.WaitGroup
		group.Go(func() {
			key := binary.BigEndian.AppendUint64([]byte{'l'}, number)
			for p := range bulkLeaves / e.PageLeaves() {
				binary.BigEndian.PutUint64(page, rand.Uint64())
				if err := bulk.Pages().Set(binary.BigEndian.AppendUint32(key, uint32(p)), page); err != nil {
					b.Error(err)
				}
			}
		})
		group.Go(func() {
			key, value := make([]byte, 17), make([]byte, 4)
			key[0] = 'x'
			binary.BigEndian.PutUint64(key[9:], number)
			for i, leaf := range leaves {
				binary.BigEndian.PutUint64(key[1:], leaf)
				binary.BigEndian.PutUint32(value, uint32(i))
				if err := bulk.Index().Set(key, value); err != nil {
					b.Error(err)
				}
			}
		})
		group.Wait()
		if _, _, err := e.Append(kv.Entry{ID: fmt.Append(nil, "s", i), Bulk: bulk, Put: func(w kv.Writer, n uint64) error {
			return w.Set(binary.BigEndian.AppendUint64([]byte{kv.KindEntry}, n), nil)
		}}); err != nil {
			b.Fatal(err)
		}
		bulk.Discard()
	}
	reportLeaves(b)
}

// BenchmarkCopy is what BenchmarkBulk is compared with: COPY of a row with 53 bytes for each leaf, as
// many as it has and its entry in the index, into a table that can be searched by them, into one
// that cannot, and of rows of the same bytes as few as can be.
func BenchmarkCopy(b *testing.B) {
	running(b)
	for _, c := range []struct {
		name, table string
		perRow      int
	}{
		{"indexed", "CREATE TABLE rows (key bytea PRIMARY KEY, value bytea)", 1},
		{"heap", "CREATE TABLE rows (key bytea, value bytea)", 1},
		{"heap of large rows", "CREATE TABLE rows (key bytea, value bytea)", 128},
	} {
		b.Run(c.name, func(b *testing.B) {
			database := server.Database(b)
			conn, err := pgx.Connect(b.Context(), database)
			if err != nil {
				b.Fatal(err)
			}
			b.Cleanup(func() { _ = conn.Close(context.Background()) })
			if _, err := conn.Exec(b.Context(), c.table); err != nil {
				b.Fatal(err)
			}
			for range b.N {
				b.StopTimer()
				data := bytes.Clone(copyHeader)
				value := make([]byte, 36*c.perRow+17*(c.perRow-1))
				for i, leaf := range sortedRandom(bulkLeaves) {
					if i%c.perRow != 0 {
						continue
					}
					data = binary.BigEndian.AppendUint16(data, 2)
					data = append(binary.BigEndian.AppendUint32(data, 17), 'x')
					data = binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(data, leaf), rand.Uint64())
					data = append(binary.BigEndian.AppendUint32(data, uint32(len(value))), value...)
				}
				data = append(data, copyTrailer...)
				b.StartTimer()
				if _, err := conn.PgConn().CopyFrom(b.Context(), bytes.NewReader(data), "COPY rows FROM STDIN (FORMAT binary)"); err != nil {
					b.Fatal(err)
				}
			}
			reportLeaves(b)
		})
	}
}
