package store

import (
	"errors"
	"os"
	"sync"
	"testing"

	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/anchor/store/kv"
	"github.com/hallmark-node/hallmark/anchor/store/pebblekv"
	"github.com/hallmark-node/hallmark/anchor/store/postgres"
	testengines "github.com/hallmark-node/hallmark/testnet/engines"
)

// place opens the engine at one place, which is empty at first, again and again.
type place func(t testing.TB) kv.Engine

// engines are those that the tests of the store run over.
var engines = []struct {
	name     string
	newPlace func(t testing.TB) place // skips the test if there is none here
}{
	{"folder", newFolder},
	{"others", newOther},
	{"cluster", newCluster},
}

// cluster is PostgreSQL and a bucket, for all tests that want them.
var cluster struct {
	sync.Once
	postgres *testengines.Postgres
	s3       *testengines.S3
	err      error
}

func TestMain(m *testing.M) {
	code := m.Run()
	if cluster.postgres != nil {
		_ = cluster.postgres.Close()
	}
	if cluster.s3 != nil {
		_ = cluster.s3.Close()
	}
	os.Exit(code)
}

func newCluster(t testing.TB) place {
	cluster.Do(func() {
		if cluster.postgres, cluster.err = testengines.NewPostgres(); cluster.err == nil {
			cluster.s3, cluster.err = testengines.NewVersity()
		}
	})
	if errors.Is(cluster.err, testengines.ErrNotInstalled) {
		t.Skip(cluster.err)
	}
	if cluster.err != nil {
		t.Fatal(cluster.err)
	}
	database, bucket := cluster.postgres.Database(t), cluster.s3.Bucket(t)
	return func(t testing.TB) kv.Engine {
		t.Helper()
		e, err := postgres.Open(t.Context(), database, bucket, postgres.Options{Dir: t.TempDir()})
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
}

// eachEngine runs a test over each engine.
func eachEngine(t *testing.T, run func(*testing.T, place)) {
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) { run(t, e.newPlace(t)) })
	}
}

// open opens the store.
func (p place) open(t testing.TB) *Store {
	t.Helper()
	s, err := New(p(t))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func newFolder(t testing.TB) place {
	dir := t.TempDir()
	return func(t testing.TB) kv.Engine {
		t.Helper()
		f, err := pebblekv.Open(dir, Options{})
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
}

// newOther is a folder that makes use of what is left to engines: it has pages of the size of
// published blocks, runs each update once in vain, and lets each entry put twice.
func newOther(t testing.TB) place {
	folder := newFolder(t)
	return func(t testing.TB) kv.Engine { return other{folder(t)} }
}

type other struct{ kv.Engine }

func (o other) PageLeaves() int { return publish.MaxBlockLeaves }

func (o other) Update(change func(kv.Tx) error, held ...kv.Lease) error {
	again := errors.New("another update got between")
	err := o.Engine.Update(func(tx kv.Tx) error {
		if err := change(tx); err != nil {
			return err
		}
		return again
	}, held...)
	if !errors.Is(err, again) {
		return err
	}
	return o.Engine.Update(change, held...)
}

func (o other) Append(e kv.Entry) (uint64, bool, error) {
	put := e.Put
	e.Put = func(w kv.Writer, number uint64) error {
		if err := put(nowhere{}, number+1000); err != nil {
			return err
		}
		return put(w, number)
	}
	return o.Engine.Append(e)
}

// nowhere is a [kv.Writer].
type nowhere struct{}

func (nowhere) Set(_, _ []byte) error { return nil }
func (nowhere) Delete([]byte) error   { return nil }
