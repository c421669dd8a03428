package postgres

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/hallmark-node/hallmark/anchor/store/kv"
	"github.com/hallmark-node/hallmark/anchor/store/postgres/internal/blobs"
	"github.com/hallmark-node/hallmark/testnet/engines"
)

// large is a value that becomes an object.
var large = strings.Repeat("a large value, ", 5000)

func read(e *Engine, key string) error { return e.Get([]byte(key), func([]byte) error { return nil }) }

func readPart(e *Engine, key string) error {
	return e.GetPart([]byte(key), 100, 50, func([]byte) error { return nil })
}

// Without its bucket a node reads and writes what needs none, and says of the rest that it cannot
// be reached, not that it is not there.
func TestBucketAway(t *testing.T) {
	running(t)
	own := engines.StartVersity(t)
	database, bucket := server.Database(t), own.Bucket(t)
	e := open(t, database, bucket)
	set(t, e, "before", large)
	set(t, e, "small", "1")
	own.Kill()
	for what, err := range map[string]error{
		"get":      read(e, "before"),
		"get part": readPart(e, "before"),
		"update": e.Update(func(tx kv.Tx) error {
			return errors.Join(tx.Set([]byte("a"), []byte(large+"a")), tx.Set([]byte("b"), nil))
		}),
		"append": func() error {
			_, _, err := e.Append(kv.Entry{ID: []byte("s"), Put: func(w kv.Writer, _ uint64) error { return w.Set([]byte("c"), []byte(large+"c")) }})
			return err
		}(),
		"bulk": func() error {
			b, _, err := e.NewBulk()
			if err != nil {
				return err
			}
			defer b.Discard()
			for err == nil { // ends once the first upload has failed
				err = b.Pages().Set([]byte("d"), []byte(large+"d"))
			}
			return err
		}(),
		"scan": e.Scan(kv.Range{}, func(_, _ []byte) (bool, error) { return true, nil }),
	} {
		if !errors.Is(err, kv.ErrUnavailable) || errors.Is(err, kv.ErrNotFound) {
			t.Errorf("%s: %v", what, err)
		}
	}
	set(t, e, "small", "2")
	for _, key := range []string{"a", "b", "c", "d", "s"} {
		if got := get(t, e, key); got != "none" {
			t.Errorf("%s is there", key)
		}
	}
	if err := own.Start(); err != nil {
		t.Fatal(err)
	}
	set(t, e, "a", large+"a")
	if get(t, e, "before") != large || get(t, e, "a") != large+"a" || get(t, e, "small") != "2" {
		t.Error("something is lost")
	}
}

// An object that is missing, cut or changed is damage: neither "not found" nor "later".
func TestObjectDamaged(t *testing.T) {
	running(t)
	name, err := objects.NewBucket()
	if err != nil {
		t.Fatal(err)
	}
	objects.Bucket(t) // the keys
	e := open(t, server.Database(t), objects.URL(name))
	var path, value string
	for _, c := range []struct {
		what          string
		do            func() error
		want, ofAPart string
	}{
		{"changed", func() error {
			return os.WriteFile(path, []byte(strings.Replace(value, "value", "VALUE", 1)), 0o644)
		}, "has other bytes than its name says", ""}, // in a part package store finds it
		{"cut", func() error { return os.Truncate(path, 200) }, "has 200 bytes", "has 200 bytes"},
		{"short", func() error { return os.Truncate(path, 20) }, "has 20 bytes", "is too short"},
		{"empty", func() error { return os.Truncate(path, 0) }, "has 0 bytes", "is too short"},
		{"missing", func() error { return os.Remove(path) }, "is missing", "is missing"},
	} {
		value = large + c.what
		path = objects.Path(name, "node/blobs/"+blobs.RefOf([]byte(value)).String())
		set(t, e, c.what, value)
		if err := c.do(); err != nil {
			t.Fatal(err)
		}
		for want, err := range map[string]error{c.want: read(e, c.what), c.ofAPart: readPart(e, c.what)} {
			if want == "" {
				continue
			}
			if err == nil || !strings.Contains(err.Error(), "the store is damaged") || !strings.Contains(err.Error(), want) ||
				errors.Is(err, kv.ErrNotFound) || errors.Is(err, kv.ErrUnavailable) {
				t.Errorf("%s: %v, want %q", c.what, err, want)
			}
		}
	}
}

// broken is an S3 server whose answers with an object break off, the next few times.
type broken struct {
	*httptest.Server
	left atomic.Int64 // how many
	code atomic.Int64 // and instead of them, if it is not 0
}

func startBroken(t *testing.T, target string) *broken {
	u, err := url.Parse("http://" + target)
	if err != nil {
		t.Fatal(err)
	}
	p := &httputil.ReverseProxy{
		Rewrite:   func(r *httputil.ProxyRequest) { r.SetURL(u); r.Out.Host = r.In.Host },
		Transport: http.DefaultTransport,
	}
	b := new(broken)
	b.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if b.left.Add(-1) < 0 || r.Method == http.MethodHead {
			p.ServeHTTP(w, r)
			return
		}
		if code := b.code.Load(); code != 0 {
			w.WriteHeader(int(code))
			return
		}
		w.Header().Set("Content-Length", "75000")
		_, _ = io.WriteString(w, large[:1000])
		panic(http.ErrAbortHandler)
	}))
	t.Cleanup(b.Close)
	return b
}

// An answer that breaks off is asked for again, and what fails all the time cannot be reached.
func TestBucketBreaks(t *testing.T) {
	running(t)
	name, err := objects.NewBucket()
	if err != nil {
		t.Fatal(err)
	}
	objects.Bucket(t)
	proxy := startBroken(t, objects.Address())
	e := open(t, server.Database(t), engines.BucketURL(proxy.URL, name))
	set(t, e, "a", large)
	proxy.left.Store(2)
	if got := get(t, e, "a"); got != large {
		t.Errorf("%d bytes", len(got))
	}
	for _, code := range []int64{0, http.StatusInternalServerError, http.StatusServiceUnavailable, http.StatusForbidden} {
		proxy.code.Store(code)
		proxy.left.Store(1000)
		for what, err := range map[string]error{
			"get": read(e, "a"), "part": readPart(e, "a"),
			"update": e.Update(func(tx kv.Tx) error { return tx.Set([]byte("b"), []byte(large+"b")) }),
		} {
			if code == 0 && what != "get" {
				continue // a part or a write has no answer that would break off
			}
			if !errors.Is(err, kv.ErrUnavailable) || errors.Is(err, kv.ErrNotFound) {
				t.Errorf("status %d, %s: %v", code, what, err)
			}
		}
		proxy.left.Store(0)
	}
	if get(t, e, "b") != "none" || get(t, e, "a") != large {
		t.Error("something is there, or lost")
	}
}

// A bucket that does not answer is given up.
func TestBucketSlow(t *testing.T) {
	running(t)
	own := engines.StartVersity(t)
	e := open(t, server.Database(t), own.Bucket(t))
	set(t, e, "a", large)
	own.Pause()
	if err := read(e, "a"); !errors.Is(err, kv.ErrUnavailable) {
		t.Error(err)
	}
	own.Continue()
	if got := get(t, e, "a"); got != large {
		t.Errorf("%d bytes", len(got))
	}
}
