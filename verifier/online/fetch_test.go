package online_test

import (
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hallmark-node/hallmark/verifier/online"
	"github.com/hallmark-node/hallmark/verifier/online/onlinetest"
)

// within returns a fetcher for a web whose names all lead to this machine.
func within(t *testing.T, web *onlinetest.Web, change func(*online.Options)) *online.Fetcher {
	t.Helper()
	o := online.Options{Private: true, Roots: web.Roots, Resolver: onlinetest.Resolver(t, onlinetest.Here)}
	if change != nil {
		change(&o)
	}
	return online.New(o)
}

func text(s string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, s) }
}

// zeros writes n MiB of zeros, or ends when nobody reads any more.
func zeros(w io.Writer, n int) {
	block := make([]byte, 1<<20)
	for range n {
		if _, err := w.Write(block); err != nil {
			return
		}
	}
}

func TestGet(t *testing.T) {
	web := onlinetest.New(t)
	seen := make(chan http.Header, 1)
	host := web.Serve(t, "college.example", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/moved" {
			http.SetCookie(w, &http.Cookie{Name: "id", Value: "1"})
			http.Redirect(w, r, "/list?x=1", http.StatusFound)
			return
		}
		seen <- r.Header
		fmt.Fprint(w, "hello")
	}))
	a, err := within(t, web, nil).Get(t.Context(), "https://"+host+"/moved#part", "application/json")
	if err != nil {
		t.Fatal(err)
	}
	if string(a.Body) != "hello" || a.URL != "https://"+host+"/list?x=1" || a.Cached || a.Status != 200 || time.Since(a.At) > time.Minute {
		t.Errorf("%+v", a)
	}
	h := <-seen
	if h.Get("Referer") != "" || h.Get("Cookie") != "" || h.Get("Accept") != "application/json" ||
		!strings.HasPrefix(h.Get("User-Agent"), "hallmark-verify") {
		t.Errorf("sent %v", h)
	}
}

// The proxy of the environment is not used: it would see more than the servers, and connect
// where it likes.
func TestNoProxy(t *testing.T) {
	web := onlinetest.New(t)
	host := web.Serve(t, "college.example", text("hello"))
	t.Setenv("HTTPS_PROXY", "http://127.0.0.1:1")
	if _, err := within(t, web, nil).Get(t.Context(), "https://"+host, ""); err != nil {
		t.Error(err)
	}
}

// respond answers all with a status.
func respond(code int, body string) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(code)
		fmt.Fprint(w, body)
	}
}

// TestFaults: what a server may do, and what is said of it.
func TestFaults(t *testing.T) {
	web := onlinetest.New(t)
	hang := make(chan struct{})
	t.Cleanup(func() { close(hang) })
	elsewhere := web.Serve(t, "elsewhere.example", text("hello"))
	for name, tt := range map[string]struct {
		handler http.HandlerFunc
		kind    error
		says    string
	}{
		"500":     {respond(http.StatusInternalServerError, ""), online.ErrUnreached, "cannot answer now (HTTP 500)"},
		"429":     {respond(http.StatusTooManyRequests, ""), online.ErrUnreached, "HTTP 429"},
		"404":     {respond(http.StatusNotFound, ""), online.ErrAnswer, "answers HTTP 404"},
		"401":     {respond(http.StatusUnauthorized, ""), online.ErrAnswer, "answers HTTP 401"},
		"204":     {respond(http.StatusNoContent, ""), online.ErrAnswer, "answers HTTP 204"},
		"410":     {respond(http.StatusGone, ""), nil, ""},
		"large":   {func(w http.ResponseWriter, _ *http.Request) { zeros(w, 8) }, nil, ""},
		"endless": {func(w http.ResponseWriter, _ *http.Request) { zeros(w, 1<<20) }, online.ErrAnswer, "more than 8 MiB"},
		"bomb": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			zeros(z, 100)
			_ = z.Close() // nobody may read any more
		}, online.ErrAnswer, "more than 8 MiB"},
		"broken gzip": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			fmt.Fprint(w, "this is not compressed at all")
		}, online.ErrAnswer, "cannot be decompressed"},
		"cut": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000")
			fmt.Fprint(w, "half")
			panic(http.ErrAbortHandler)
		}, online.ErrUnreached, "could not be reached"},
		"cut at once": {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, online.ErrUnreached, "could not be reached"},
		"a long header": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X", strings.Repeat("x", 1<<20))
		}, online.ErrUnreached, "could not be reached"},
		"redirects in a circle": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, r.URL.Path+"x", http.StatusFound)
		}, online.ErrAnswer, "redirects more than 5 times"},
		"redirects to http":           {redirect("http://localhost/"), online.ErrRefused, "redirects from https to http"},
		"redirects to http elsewhere": {redirect("http://elsewhere.example/"), online.ErrRefused, "only https:// is asked"},
		"redirects to a file":         {redirect("file:///etc/passwd"), online.ErrRefused, "only https:// is asked"},
		"redirects with a user":       {redirect("https://user:word@" + elsewhere), online.ErrRefused, "has a user name"},
		"redirects to metadata": {
			redirect("https://169.254.169.254/latest/meta-data/"),
			online.ErrRefused,
			"169.254.169.254 is not one of the public",
		},
		"redirects to metadata, IPv6": {redirect("https://[fd00:ec2::254]/"), online.ErrRefused, "is not one of the public"},
		"redirects elsewhere":         {redirect("https://" + elsewhere), nil, ""},
		"redirects without a target":  {respond(http.StatusFound, ""), online.ErrAnswer, "HTTP 302"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			host := web.Serve(t, "college.example", tt.handler)
			a, err := within(t, web, nil).Get(t.Context(), "https://"+host, "")
			if !errors.Is(err, tt.kind) || (err == nil) != (a != nil) || err != nil && !strings.Contains(err.Error(), tt.says) {
				t.Errorf("%v", err)
			}
			if err != nil && !strings.HasPrefix(err.Error(), "college.example:") {
				t.Errorf("the error does not begin with the host: %v", err)
			}
		})
	}
}

func redirect(to string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", to)
		w.WriteHeader(http.StatusFound)
	}
}

// A server that never answers is given up in time.
func TestHang(t *testing.T) {
	if testing.Short() {
		t.Skip("takes ten seconds")
	}
	t.Parallel()
	web := onlinetest.New(t)
	host := web.Serve(t, "college.example", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, "and")
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	}))
	begin := time.Now()
	_, err := within(t, web, nil).Get(t.Context(), "https://"+host, "")
	if !errors.Is(err, online.ErrUnreached) || !strings.Contains(err.Error(), "no answer within 10s") {
		t.Error(err)
	}
	if time.Since(begin) > online.MaxTime+time.Minute { // a busy machine is no fault
		t.Errorf("after %s", time.Since(begin))
	}
}

// TestRefused: addresses that nobody is asked at, and none is.
func TestRefused(t *testing.T) {
	web := onlinetest.New(t)
	var asked atomic.Int32
	host := web.Serve(t, "college.example", http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
	_, port, _ := strings.Cut(host, ":")
	f := within(t, web, func(o *online.Options) { o.Private = false })
	for _, u := range []string{
		"https://" + host, "http://" + host, "http://127.0.0.1:" + port, "https://127.0.0.1:" + port, "https://[::1]:" + port,
		"https://[::ffff:127.0.0.1]:" + port, "https://[64:ff9b::7f00:1]:" + port, "https://[2002:7f00:1::]:" + port,
		"https://[fe80::1%25lo]:" + port, "https://localhost:" + port, "https://0.0.0.0:" + port, "https://10.1.2.3:" + port,
		"https://user@college.example", "ftp://college.example", "//college.example/x", "college.example", "", "https://", "https:///x",
		"https://college.example/" + strings.Repeat("x", online.MaxURL), "https://college.example:99999999/", "https://a b/",
		"did:web:college.example", "data:text/plain,x", "javascript:1", "file:///etc/passwd",
	} {
		if a, err := f.Get(t.Context(), u, ""); !errors.Is(err, online.ErrRefused) {
			if errors.Is(err, online.ErrUnreached) && strings.Contains(u, "99999999") {
				continue
			}
			t.Errorf("%.60q: %v, %v", u, a, err)
		}
	}
	if n := asked.Load(); n > 0 {
		t.Errorf("asked %d times", n)
	}
}

// TestRebinding: a name that is public when it is looked at and this machine when it is asked.
func TestRebinding(t *testing.T) {
	web := onlinetest.New(t)
	var asked, looked atomic.Int32
	host := web.Serve(t, "college.example", http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
	f := within(t, web, func(o *online.Options) {
		o.Private = false
		o.Resolver = onlinetest.Resolver(t, func(string) []netip.Addr {
			looked.Add(1)
			return []netip.Addr{netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("::ffff:7f00:1"), netip.MustParseAddr("::1")}
		})
	})
	for range 3 {
		if _, err := f.Get(t.Context(), "https://"+host, ""); !errors.Is(err, online.ErrRefused) {
			t.Error(err)
		}
	}
	if asked.Load() > 0 || looked.Load() == 0 {
		t.Errorf("asked %d times, looked up %d times", asked.Load(), looked.Load())
	}
}

// TestOnce: many who ask for one thing cost one request, also where it fails.
func TestOnce(t *testing.T) {
	web := onlinetest.New(t)
	var asked atomic.Int32
	host := web.Serve(t, "college.example", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		if r.URL.Path != "/" {
			w.WriteHeader(http.StatusInternalServerError)
		}
	}))
	f := within(t, web, nil)
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() { _, _ = f.Get(t.Context(), "https://"+host+"/", "") })
		all.Go(func() { _, _ = f.Get(t.Context(), "https://"+host+"/x", "") })
	}
	all.Wait()
	if asked.Load() != 2 {
		t.Errorf("asked %d times", asked.Load())
	}
	// A host that fails is not asked for ever.
	for i := range 20 {
		if _, err := f.Get(t.Context(), fmt.Sprintf("https://%s/%d", host, i), ""); !errors.Is(err, online.ErrUnreached) {
			t.Error(err)
		}
	}
	if asked.Load() > 5 {
		t.Errorf("asked %d times", asked.Load())
	}
}

func TestManyRequests(t *testing.T) {
	web := onlinetest.New(t)
	var asked atomic.Int32
	host := web.Serve(t, "college.example", http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
	f := within(t, web, nil)
	var err error
	for i := range online.MaxRequests + 5 {
		_, err = f.Get(t.Context(), fmt.Sprintf("https://%s/%d", host, i), "")
	}
	if !errors.Is(err, online.ErrUnreached) || asked.Load() != online.MaxRequests {
		t.Errorf("asked %d times: %v", asked.Load(), err)
	}
}

// TestManyNames: each of many servers may be slow, all together may not.
func TestManyNames(t *testing.T) {
	web := onlinetest.New(t)
	host := web.Serve(t, "college.example", text("x"))
	f := within(t, web, nil)
	if _, err := f.Get(t.Context(), "https://"+host+"/1", ""); err != nil || f.Wait(0) == 0 {
		t.Fatalf("waited %s, %v", f.Wait(0), err)
	}
	f.Wait(online.MaxWaiting)
	if _, err := f.Get(t.Context(), "https://"+host+"/2", ""); !errors.Is(err, online.ErrUnreached) {
		t.Error(err)
	}
	if _, err := f.Get(t.Context(), "https://"+host+"/1", ""); err != nil {
		t.Errorf("what is known: %v", err)
	}
}

func TestCache(t *testing.T) {
	web := onlinetest.New(t)
	var asked atomic.Int32
	var down atomic.Bool
	host := web.Serve(t, "college.example", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if down.Load() {
			panic(http.ErrAbortHandler)
		}
		fmt.Fprintf(w, "answer %d", asked.Add(1))
	}))
	folder := filepath.Join(t.TempDir(), "cache", "online")
	now := time.Now()
	get := func() *online.Answer {
		t.Helper()
		f := within(t, web, func(o *online.Options) { o.Cache, o.Now = folder, func() time.Time { return now } })
		a, err := f.Get(t.Context(), "https://"+host+"/", "")
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	first := get()
	if again := get(); string(again.Body) != "answer 1" || !again.Cached || again.Fault != nil || !again.At.Equal(first.At) {
		t.Errorf("%+v", again)
	}
	now = now.Add(2 * time.Hour)
	if a := get(); string(a.Body) != "answer 2" || a.Cached {
		t.Errorf("after two hours: %+v", a)
	}
	down.Store(true)
	now = now.Add(2 * time.Hour)
	if a := get(); string(a.Body) != "answer 2" || !a.Cached || !errors.Is(a.Fault, online.ErrUnreached) || now.Sub(a.At) < time.Hour {
		t.Errorf("while it is down: %+v", a)
	}
	entries, err := os.ReadDir(folder)
	if err != nil || len(entries) != 1 {
		t.Fatalf("%v, %v", entries, err)
	}
	path := filepath.Join(folder, entries[0].Name())
	if info, _ := os.Stat(path); info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v", info.Mode())
	}
	if info, _ := os.Stat(folder); info.Mode().Perm() != 0o700 {
		t.Errorf("mode %v", info.Mode())
	}
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	// What is damaged is not there.
	for _, data := range []string{
		"", "{}\n", "null\n", string(good[:len(good)-1]), string(good) + "x",
		strings.Replace(string(good), "answer", "Answer", 1),
	} {
		if err := os.WriteFile(path, []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
		f := within(t, web, func(o *online.Options) { o.Cache, o.Now = folder, func() time.Time { return now } })
		if a, err := f.Get(t.Context(), "https://"+host+"/", ""); err == nil {
			t.Errorf("%q: %+v", data, a)
		}
	}
	// What is too old, too.
	if err := os.WriteFile(path, good, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, at := range []time.Duration{31 * 24 * time.Hour, -48 * time.Hour} {
		f := within(t, web, func(o *online.Options) { o.Cache, o.Now = folder, func() time.Time { return now.Add(at) } })
		if a, err := f.Get(t.Context(), "https://"+host+"/", ""); err == nil {
			t.Errorf("%s later: %+v", at, a)
		}
	}
}
