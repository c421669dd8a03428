package postgres

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/hallmark-node/hallmark/anchor/store/kv"
	"github.com/hallmark-node/hallmark/anchor/store/kv/kvtest"
	"github.com/hallmark-node/hallmark/testnet/engines"
)

// The servers of all tests that do no harm to them.
var (
	server   *engines.Postgres
	objects  *engines.S3
	errStart error
)

func TestMain(m *testing.M) {
	server, errStart = engines.NewPostgres()
	if errStart == nil {
		objects, errStart = engines.NewVersity()
	}
	code := m.Run()
	if server != nil {
		_ = server.Close()
	}
	if objects != nil {
		_ = objects.Close()
	}
	os.Exit(code)
}

// open opens an engine for a test, waiting for its servers as a node does.
func open(t testing.TB, database, bucket string) *Engine {
	t.Helper()
	for end := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
		e, err := Open(t.Context(), database, bucket, Options{Dir: t.TempDir()})
		if errors.Is(err, kv.ErrUnavailable) && time.Now().Before(end) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = e.Close() })
		return e
	}
}

// running skips a test where the servers are not installed.
func running(t testing.TB) {
	t.Helper()
	if errors.Is(errStart, engines.ErrNotInstalled) {
		t.Skip(errStart)
	}
	if errStart != nil {
		t.Fatal(errStart)
	}
}

// TestEngine runs what every engine must do. Engines reach the server in turns directly and through a
// pooler in transaction mode that has fewer sessions than clients.
func TestEngine(t *testing.T) {
	running(t)
	pooler := server.StartPooler(t, 5)
	opened := 0
	kvtest.Run(t, func(t *testing.T) kvtest.Place {
		name, err := server.NewDatabase()
		if err != nil {
			t.Fatal(err)
		}
		bucket := objects.Bucket(t)
		return kvtest.Place{
			Open: func(t *testing.T) kv.Engine {
				if opened++; opened%2 == 0 {
					return open(t, pooler.URL(name), bucket)
				}
				return open(t, server.URL(name), bucket)
			},
			Crash: func(t *testing.T, e kv.Engine) {
				server.Kill()
				_ = e.Close()
				if err := server.Start(); err != nil {
					t.Fatal(err)
				}
			},
		}
	})
}

func set(t *testing.T, e kv.Engine, key, value string, held ...kv.Lease) {
	t.Helper()
	if err := e.Update(func(tx kv.Tx) error { return tx.Set([]byte(key), []byte(value)) }, held...); err != nil {
		t.Fatal(err)
	}
}

// get returns a value, and "none" if there is none.
func get(t *testing.T, r kv.Reader, key string) (value string) {
	t.Helper()
	err := r.Get([]byte(key), func(v []byte) error { value = string(v); return nil })
	if errors.Is(err, kv.ErrNotFound) {
		return "none"
	}
	if err != nil {
		t.Error(err)
	}
	return value
}

func entry(id string) kv.Entry {
	return kv.Entry{ID: []byte("s" + id), Put: func(w kv.Writer, n uint64) error {
		return w.Set(binary.BigEndian.AppendUint64([]byte{kv.KindEntry}, n), []byte(id))
	}}
}

// numbered checks that the log has no gap, and returns the IDs of its entries by their numbers.
func numbered(t *testing.T, e kv.Engine) (ids []string) {
	t.Helper()
	last, err := e.Appended()
	if err != nil {
		t.Fatal(err)
	}
	err = e.Scan(kv.Range{Lower: []byte{kv.KindEntry}, Upper: []byte{kv.KindEntry + 1}}, func(k, v []byte) (bool, error) {
		ids = append(ids, string(v))
		if n := binary.BigEndian.Uint64(k[1:]); n != uint64(len(ids)) {
			return false, fmt.Errorf("entry %d is where %d belongs", n, len(ids))
		}
		return true, nil
	})
	if err != nil || uint64(len(ids)) != last {
		t.Fatalf("%d entries can be read of %d, %v", len(ids), last, err)
	}
	return ids
}

// sql runs a statement as an administrator.
func sql(t *testing.T, database, statement string, args ...any) {
	t.Helper()
	c, err := pgx.Connect(t.Context(), database)
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Exec(t.Context(), statement, args...)
	if err = errors.Join(err, c.Close(t.Context())); err != nil {
		t.Fatal(err)
	}
}
