package web

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/andybalholm/brotli"
)

// builtOf is what build.sh makes of files.
func builtOf(t *testing.T, files map[string]string) *site {
	t.Helper()
	dist := fstest.MapFS{"dist/.gitignore": {Data: []byte("*")}}
	for name, text := range files {
		var out bytes.Buffer
		w := brotli.NewWriter(&out)
		if _, err := io.WriteString(w, text); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		dist["dist/"+name+".br"] = &fstest.MapFile{Data: out.Bytes()}
	}
	return open(dist)
}

func serve(t *testing.T, s *site) *httptest.Server {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) { s.page(w, r, "index.html", policy) })
	mux.HandleFunc("GET /assets/{name}", s.asset)
	mux.HandleFunc("GET /verify.html", func(w http.ResponseWriter, r *http.Request) { s.download(w, r, "index.html", "verify.html") })
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server
}

// ask makes a request as it is, and returns what answers it, undone of brotli.
func ask(t *testing.T, method, url string, headers ...string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	client := &http.Client{Transport: &http.Transport{DisableCompression: true}}
	defer client.CloseIdleConnections()
	answer, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	var body io.Reader = answer.Body
	if answer.Header.Get("Content-Encoding") == "br" {
		body = brotli.NewReader(body)
	}
	text, err := io.ReadAll(body)
	if err != nil && method != http.MethodHead {
		t.Fatal(err)
	}
	return answer, string(text)
}

var sample = map[string]string{
	"index.html":             "<p>a page",
	"index.standalone.html":  `<p>` + room + `</script><script type="module">x</script>`,
	"assets/page-1.js":       "let x = 1;" + strings.Repeat(" ", 1000),
	"assets/verifier-1.wasm": "\x00asm",
	"assets/page.exe":        "x",
}

func TestPages(t *testing.T) {
	url := serve(t, builtOf(t, sample)).URL
	for _, c := range []struct{ path, kind, cache, body string }{
		{"/", "text/html; charset=utf-8", "no-cache", sample["index.html"]},
		{"/assets/page-1.js", "text/javascript; charset=utf-8", "public, max-age=31536000, immutable", sample["assets/page-1.js"]},
		{"/assets/verifier-1.wasm", "application/wasm", "public, max-age=31536000, immutable", "\x00asm"},
	} {
		tags := make(map[string]bool)
		for _, encodings := range []string{"", "gzip", "gzip, deflate, br, zstd", "BR;q=0.5", "br;q=0", "br; q=0.0, *"} {
			answer, body := ask(t, "GET", url+c.path, "Accept-Encoding", encodings)
			h := answer.Header
			if answer.StatusCode != http.StatusOK || body != c.body || h.Get("Content-Type") != c.kind || h.Get("Cache-Control") != c.cache {
				t.Errorf("%s, %s: %d %v %q", c.path, encodings, answer.StatusCode, h, body)
			}
			if got, want := h.Get("Content-Encoding") == "br", strings.Contains(encodings, "deflate, br") || encodings == "BR;q=0.5"; got != want {
				t.Errorf("%s, %s: encoded as %q", c.path, encodings, h.Get("Content-Encoding"))
			}
			if h.Get("Vary") != "Accept-Encoding" || h.Get("X-Content-Type-Options") != "nosniff" ||
				!strings.Contains(h.Get("Content-Security-Policy"), "default-src 'none'") || h.Get("Referrer-Policy") != "no-referrer" {
				t.Errorf("%s: %v", c.path, h)
			}
			tag := h.Get("Etag")
			tags[tag] = true
			again, body := ask(t, "GET", url+c.path, "Accept-Encoding", encodings, "If-None-Match", `"x", W/`+tag)
			if again.StatusCode != http.StatusNotModified || body != "" || again.Header.Get("Etag") != tag {
				t.Errorf("%s, %s, again: %d %q", c.path, encodings, again.StatusCode, body)
			}
			head, body := ask(t, "HEAD", url+c.path, "Accept-Encoding", encodings)
			if head.StatusCode != http.StatusOK || body != "" || head.ContentLength != answer.ContentLength || head.Header.Get("Etag") != tag {
				t.Errorf("%s, %s, head: %d %v", c.path, encodings, head.StatusCode, head.Header)
			}
		}
		if len(tags) != 2 {
			t.Errorf("%s has the tags %v, want one as it is stored and one as it is", c.path, tags)
		}
		if answer, _ := ask(t, "POST", url+c.path); answer.StatusCode != http.StatusMethodNotAllowed {
			t.Errorf("POST %s: %d", c.path, answer.StatusCode)
		}
	}
	for _, path := range []string{
		"/assets/", "/assets/none.js", "/assets/page.exe", "/assets/..%2findex.html", "/assets/%2e%2e/index.html", "/index.html",
	} {
		if answer, _ := ask(t, "GET", url+path); answer.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %d", path, answer.StatusCode)
		}
	}
}

func TestStandalone(t *testing.T) {
	s := builtOf(t, sample)
	page, err := s.standalone("index.html")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(page), room)
	encoded, after, _ := strings.Cut(rest, "</script>")
	packed, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		t.Fatal(err)
	}
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	engine, err := io.ReadAll(r)
	if err != nil || string(engine) != "\x00asm" || after != `<script type="module">x</script>` {
		t.Errorf("%q, %v, and then %q", engine, err, after)
	}
	answer, body := ask(t, "GET", serve(t, s).URL+"/verify.html")
	if body != string(page) || answer.Header.Get("Content-Disposition") != `attachment; filename="verify.html"` {
		t.Errorf("%v", answer.Header)
	}
}

// A program that was built without its pages says so.
func TestNotBuilt(t *testing.T) {
	s := builtOf(t, nil)
	url := serve(t, s).URL
	for _, path := range []string{"/", "/verify.html"} {
		if answer, body := ask(t, "GET", url+path); answer.StatusCode != http.StatusServiceUnavailable || !strings.Contains(body, "make web") {
			t.Errorf("%s: %d %q", path, answer.StatusCode, body)
		}
	}
	if _, err := s.standalone("index.html"); !errors.Is(err, ErrNotBuilt) {
		t.Errorf("got %v", err)
	}
}
