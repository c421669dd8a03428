package postgres

import (
	"errors"
	"os"
	"testing"

	"github.com/hallmark-node/hallmark/anchor/store/kv"
	"github.com/hallmark-node/hallmark/anchor/store/kv/kvtest"
	"github.com/hallmark-node/hallmark/testnet/engines"
)

// The servers of all tests that do no harm to them.
var (
	server     *engines.Postgres
	objects    *engines.S3
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

// open opens an engine for a test.
func open(t testing.TB, database, bucket string) *Engine {
	t.Helper()
	e, err := Open(t.Context(), database, bucket, Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close() })
	return e
}

func TestEngine(t *testing.T) {
	running(t)
	kvtest.Run(t, func(t *testing.T) kvtest.Place {
		database, bucket := server.Database(t), objects.Bucket(t)
		return kvtest.Place{
			Open: func(t *testing.T) kv.Engine { return open(t, database, bucket) },
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
