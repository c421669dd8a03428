package api

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/hallmark-node/hallmark/merkle"
)

// What every route tells caches, whoever has its answer already, and who understands gzip.
func TestHeaders(t *testing.T) {
	e := open(t, true, nil)
	is := newIssuer(t)
	cid := rawCID(t, []byte(t.Name()))
	s := is.submission(t, e.home, append(leaves(30, t.Name()), discoverable(cid))...)
	if _, err := e.client.Submit(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	e.awaitFinal(t, e.client, s.ID())
	status, err := e.client.Status(t.Context(), s.ID())
	if err != nil {
		t.Fatal(err)
	}
	const now, anew = "no-store", "no-cache"
	leaf, issuer := s.Leaves[3].String(), is.address.String()
	for _, c := range []struct {
		path, cache string
		status      int
		packed      bool // it is long enough
	}{
		{"/v1/info", anew, 200, false},
		{"/v1/status", now, 200, true},
		{"/healthz", now, 200, false},
		{"/readyz", now, 200, false},
		{"/metrics", now, 200, true},
		{"/openapi.json", anew, 200, true},
		{"/openapi.yaml", anew, 200, true},
		{"/v1/batches", anew, 200, false},
		{"/v1/batches/" + status.Batch.String(), anew, 200, false},
		{"/v1/batches/" + merkle.Hash{1}.String(), now, 404, false},
		{"/v1/submissions/" + s.ID().String(), anew, 200, false},
		{"/v1/submissions/" + merkle.Hash{1}.String(), now, 404, false},
		{"/v1/submissions/nonsense", now, 422, false},
		{"/v1/proofs/" + leaf, anew, 200, true},
		{"/v1/proofs/" + leaf + "?submission=" + s.ID().String(), anew, 200, true},
		{"/v1/proofs/" + leaf + "?fresh=true", anew, 200, true},
		{"/v1/proofs/" + merkle.Hash{1}.String(), now, 404, false},
		{"/v1/proofs?credential=" + cid.String(), anew, 200, true},
		{"/v1/issuers/" + issuer + "/status", anew, 200, false},
		{"/v1/issuers/" + issuer + "/lists/" + merkle.Hash{1}.String(), now, 404, false},
		{"/nowhere", now, 404, false},
		{"/v1/submissions", now, 405, false},
	} {
		for _, method := range []string{http.MethodGet, http.MethodHead} {
			for _, coding := range []string{"", "gzip", "br, gzip;q=0, *"} {
				header := http.Header{}
				if coding != "" {
					header.Set("Accept-Encoding", coding)
				}
				name := method + " " + c.path + " for " + strconv.Quote(coding)
				response, body := e.ask(t, method, c.path, header)
				want := ""
				if c.packed && coding == "gzip" && method == http.MethodGet {
					want = "gzip"
				}
				tag := response.Header.Get("ETag")
				if response.StatusCode != c.status || response.Header.Get("Cache-Control") != c.cache ||
					response.Header.Get("Content-Encoding") != want ||
					response.Header.Get("Vary") != "Accept-Encoding" || response.ContentLength <= 0 || (tag != "") != (c.status == 200) {
					t.Errorf("%s: %s, %v", name, response.Status, response.Header)
				}
				if (method == http.MethodGet) != (len(body) > 0) || len(body) > 0 && int64(len(body)) != response.ContentLength {
					t.Errorf("%s: %d bytes, %d announced", name, len(body), response.ContentLength)
				}
				if want == "gzip" && len(body) > 0 && len(unzipOne(t, body)) <= len(body) {
					t.Errorf("%s: compressed for nothing", name)
				}
				if c.status != 200 || c.cache == now || strings.Contains(c.path, "fresh") {
					continue
				}
				header.Set("If-None-Match", tag)
				if response, body := e.ask(t, method, c.path, header); response.StatusCode != http.StatusNotModified || len(body) > 0 ||
					response.Header.Get("ETag") != tag ||
					response.Header.Get("Cache-Control") != c.cache || response.Header.Get("Vary") != "Accept-Encoding" ||
					response.Header.Get("Content-Type") != "" {
					t.Errorf("%s with its ETag: %s, %v", name, response.Status, response.Header)
				}
			}
		}
	}
	events, _ := e.ask(t, http.MethodGet, "/v1/submissions/"+s.ID().String()+"/events", http.Header{"Accept-Encoding": {"gzip"}})
	if events.Header.Get("ETag") != "" || events.Header.Get("Content-Encoding") != "" || events.Header.Get("Cache-Control") != now {
		t.Errorf("events: %v", events.Header)
	}
}

// asked serves one request by a handler behind cacheable.
func asked(t *testing.T, handler http.HandlerFunc, header http.Header) (*http.Response, []byte, error) {
	t.Helper()
	server := httptest.NewUnstartedServer(cacheable(handler))
	server.Config.ErrorLog = nil
	server.Start()
	defer server.Close()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header = header
	response, err := plainTransport.RoundTrip(request)
	if err != nil {
		return nil, nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return response, body, err
}

// An answer that is too long to be held back comes as it is made, whole.
func TestLongAnswer(t *testing.T) {
	line := []byte(strings.Repeat("0123456789", 1000))
	lines := maxTagged/len(line) + 3
	write := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		for range lines {
			if _, err := w.Write(line); err != nil {
				t.Error(err)
			}
		}
	}
	want := bytes.Repeat(line, lines)
	for _, coding := range []string{"identity", "gzip"} {
		response, body, err := asked(t, write, http.Header{"Accept-Encoding": {coding}})
		if err != nil {
			t.Fatal(err)
		}
		short := coding == "gzip" // as it is sent
		if (response.Header.Get("ETag") != "") != short || response.Header.Get("Cache-Control") != "no-cache" ||
			response.Header.Get("Vary") != "Accept-Encoding" {
			t.Errorf("%v", response.Header)
		}
		if coding == "gzip" {
			if response.Header.Get("Content-Encoding") != "gzip" || len(body) >= len(want)/2 {
				t.Errorf("%d bytes, %v", len(body), response.Header)
			}
			body = unzipOne(t, body)
		}
		if !bytes.Equal(body, want) {
			t.Errorf("%s: %d bytes, want %d", coding, len(body), len(want))
		}
	}
}

// unzipOne reads data, which has to be exactly one gzip member.
func unzipOne(t *testing.T, data []byte) []byte {
	t.Helper()
	in := bytes.NewReader(data) // it is read byte by byte, so not beyond the member
	r, err := gzip.NewReader(in)
	if err != nil {
		t.Fatal(err)
	}
	r.Multistream(false)
	out, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	if in.Len() > 0 {
		t.Errorf("%d bytes after the first member", in.Len())
	}
	return out
}

// Answers are compressed for clients that accept gzip, and for no others.
func TestAcceptEncoding(t *testing.T) {
	long := strings.Repeat("abc", 1000)
	for header, want := range map[string]bool{
		``: false, `identity`: false, `deflate, br`: false, `gzipped`: false, `*;q=0`: false, `br, gzip;q=0, *`: false,
		`gzip;q=0`: false, `gzip;q=0.000`: false, `gzip ; q=0 , br`: false,
		`gzip`: true, `GZip`: true, `gzip, deflate, br, zstd`: true, `zstd, gzip;q=0.5`: true, `gzip;q=0.001`: true,
		`gzip, *;q=0`: true, `gzip;Q=0.5`: true, `,, gzip ,`: true,
	} {
		response, body, err := asked(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, long) },
			http.Header{"Accept-Encoding": {header}})
		if err != nil {
			t.Fatal(err)
		}
		packed := response.Header.Get("Content-Encoding") == "gzip"
		if packed {
			body = unzipOne(t, body)
		}
		if packed != want || string(body) != long {
			t.Errorf("%q: %v, %d bytes", header, response.Header, len(body))
		}
	}
}

func TestOddAnswers(t *testing.T) {
	gzipped := http.Header{"Accept-Encoding": {"gzip"}}
	long := strings.Repeat("abc", 1000)
	if response, body, err := asked(t, func(http.ResponseWriter, *http.Request) {}, gzipped); err != nil ||
		response.StatusCode != http.StatusOK || len(body) > 0 || response.Header.Get("ETag") != "" {
		t.Errorf("nothing at all: %v, %v", response, err)
	}
	if response, _, err := asked(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) },
		gzipped); err != nil || response.StatusCode != http.StatusNoContent {
		t.Errorf("no content: %v, %v", response, err)
	}
	if _, _, err := asked(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, long)
		panic(http.ErrAbortHandler)
	}, gzipped); !errors.Is(err, io.EOF) {
		t.Errorf("what was begun by a handler that panicked was sent: %v", err)
	}
	response, body, err := asked(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		_, _ = io.WriteString(z, long)
		_ = z.Close()
	}, gzipped)
	if err != nil || string(unzipOne(t, body)) != long || len(response.Header["Content-Encoding"]) != 1 {
		t.Errorf("compressed already: %v, %v", response, err)
	}
	short := func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "short") }
	// A condition says nothing about what is not there.
	if response, _, err = asked(t, func(w http.ResponseWriter, _ *http.Request) { writeProblem(w, problem(404, "no")) },
		http.Header{"If-None-Match": {"*"}}); err != nil || response.StatusCode != http.StatusNotFound {
		t.Errorf("%v, %v", response, err)
	}
	if response, _, err = asked(t, short, http.Header{"If-None-Match": {"*"}}); err != nil || response.StatusCode != http.StatusNotModified {
		t.Errorf("%v, %v", response, err)
	}
}

func TestHasTag(t *testing.T) {
	const tag = `"abc"`
	for header, want := range map[string]bool{
		``:                   false,
		`*`:                  true,
		` * `:                true,
		`"abc"`:              true,
		`W/"abc"`:            true,
		`w/"abc"`:            false, // the W is a capital one
		`"ab"`:               false,
		`"abcd"`:             false,
		`"xabc"`:             false,
		`abc`:                false,
		`"abc`:               false,
		`"x" , W/"y",,"abc"`: true,
		`"a,b", "abc"`:       true,
		`"x\"abc"`:           false, // a tag has no escapes: "x\" and then what is none
		`"abc-gzip"`:         false,
		`"x", *`:             false,
		`nonsense, "abc"`:    false,
		`,,, "abc"`:          true,
		`"*"`:                false,
		`"" , "abc"`:         true,
		`W/`:                 false,
		`"x"` + strings.Repeat(`,"y"`, 5000) + `,"abc"`: true,
	} {
		if got := hasTag([]string{header}, tag); got != want {
			t.Errorf("%.60s: %v", header, got)
		}
	}
	if hasTag(nil, tag) {
		t.Error("none given")
	}
	if !hasTag([]string{`"x"`, `W/"abc"`}, tag) {
		t.Error("in the second field line")
	}
}

// What is large is not packed anew for everybody who asks, or counts for many requests.
func TestLargeAnswersCost(t *testing.T) {
	handler := cacheable(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", wasmType)
		_, _ = w.Write(make([]byte, 5<<20))
	}))
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/assets/verifier.wasm", nil)
	r.Header.Set("Accept-Encoding", "gzip")
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	if coding := w.Result().Header.Get("Content-Encoding"); coding != "" || w.Body.Len() != 5<<20 {
		t.Errorf("WebAssembly was packed: %q, %d bytes", coding, w.Body.Len())
	}
	for _, c := range []struct {
		method, path string
		want         int
	}{
		{http.MethodGet, "/verify.html", fileCost},
		{http.MethodDelete, "/v1/shares/0x12", askCost},
		{http.MethodPut, "/v1/shares/0x12", askCost},
		{http.MethodGet, "/v1/shares/0x12", 1},
	} {
		if got := costOf(httptest.NewRequestWithContext(t.Context(), c.method, c.path, nil)); got != c.want {
			t.Errorf("%s %s counts %d, want %d", c.method, c.path, got, c.want)
		}
	}
}
