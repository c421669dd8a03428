package api

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/anchor/publish"
)

// The event stream as any client sees it: one event a state, each in the form of
// the standard, and an end when the submission is final.
func TestEvents(t *testing.T) {
	e := open(t, true, nil)
	s := newIssuer(t).submission(t, e.home, leaves(2, t.Name())...)
	if _, err := e.client.Submit(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	response, err := http.Get(e.url + "/v1/submissions/" + s.ID().String() + "/events")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if got := response.Header.Get("Content-Type"); got != "text/event-stream" {
		t.Errorf("content type %q", got)
	}
	var last client.Status
	lines := bufio.NewScanner(response.Body)
	for n := 0; lines.Scan(); n++ {
		line := lines.Text()
		switch data, ok := strings.CutPrefix(line, "data: "); {
		case ok:
			if err := json.Unmarshal([]byte(data), &last); err != nil {
				t.Fatal(err)
			}
			if last.State == publish.Mined {
				if err := testChain.Mine(t.Context(), 2); err != nil {
					t.Fatal(err)
				}
			}
		case line != "event: state" && line != "":
			t.Errorf("line %q", line)
		}
	}
	if err := lines.Err(); err != nil || last.State != publish.Final || last.ID != s.ID() {
		t.Errorf("the stream ended at %+v, %v", last, err)
	}
}

// A server that shuts down does not wait for those who wait.
func TestEventsEndAtShutdown(t *testing.T) {
	e := open(t, false, nil)
	s := newIssuer(t).submission(t, e.home, leaves(2, t.Name())...)
	if _, err := e.client.Submit(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	response, err := http.Get(e.url + "/v1/submissions/" + s.ID().String() + "/events")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body := bufio.NewReader(response.Body)
	if line, err := body.ReadString('\n'); err != nil || line != "event: state\n" {
		t.Fatalf("%q, %v", line, err)
	}
	e.stop() // reports an error if the stream keeps it
	if _, err := io.ReadAll(body); err != nil {
		t.Errorf("the stream did not end well: %v", err)
	}
}

// between stands between a client and a node, and does as it is told.
type between struct {
	*httptest.Server
	events   atomic.Bool  // pass event streams on; else they look like a page
	broken   atomic.Int32 // so many connections are cut before an answer
	requests atomic.Int32
}

func startBetween(t *testing.T, e *env) *between {
	t.Helper()
	target, err := url.Parse(e.url)
	if err != nil {
		t.Fatal(err)
	}
	b := &between{}
	proxy := httputil.NewSingleHostReverseProxy(target)
	b.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b.requests.Add(1)
		if b.broken.Add(-1) >= 0 {
			panic(http.ErrAbortHandler)
		}
		if strings.HasSuffix(r.URL.Path, "/events") && !b.events.Load() {
			_, _ = io.WriteString(w, "<html>please wait</html>")
			return
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(b.Close)
	return b
}

func (b *between) client(t *testing.T) *client.Client {
	t.Helper()
	c, err := client.New(b.URL + "/")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// Where events do not come through, and where connections break, watching asks.
func TestWatchWithoutEvents(t *testing.T) {
	e := open(t, true, nil)
	b := startBetween(t, e)
	s := newIssuer(t).submission(t, e.home, leaves(2, t.Name())...)
	if _, err := e.client.Submit(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	b.broken.Store(3)
	e.awaitFinal(t, b.client(t), s.ID())
	if n := b.requests.Load(); n < 5 {
		t.Errorf("%d requests went this way", n)
	}
}

// A stream that is cut in the middle is taken up again.
func TestWatchCut(t *testing.T) {
	e := open(t, true, nil)
	b := startBetween(t, e)
	b.events.Store(true)
	s := newIssuer(t).submission(t, e.home, leaves(2, t.Name())...)
	if _, err := e.client.Submit(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	last, err := b.client(t).Watch(ctx, s.ID(), func(s client.Status) {
		if s.State == publish.Mined {
			b.CloseClientConnections()
			if err := testChain.Mine(ctx, 2); err != nil {
				t.Error(err)
			}
		}
	})
	if err != nil || last.State != publish.Final {
		t.Errorf("%+v, %v", last, err)
	}
}

// A request for events is counted as a stream also if it has a body.
func TestStreamWithBody(t *testing.T) {
	l := newLimits(Config{Rate: -1, BodyTime: time.Second, bodies: 1 << 20})
	counted := int64(0)
	handler := l.wrap(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { counted = maxStreams - l.streams.left() }))
	for _, body := range []io.Reader{nil, strings.NewReader("x")} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/v1/submissions/1/events", body)
		handler.ServeHTTP(httptest.NewRecorder(), r)
		if counted != 1 || l.streams.left() != maxStreams {
			t.Errorf("%d streams counted, then %d left", counted, l.streams.left())
		}
		counted = 0
	}
}
