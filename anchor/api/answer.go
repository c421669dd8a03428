package api

import (
	"bytes"
	"hash/crc32"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/klauspost/compress/gzhttp"
	"github.com/klauspost/compress/gzip"
)

// Policies for caches on the way.
const (
	revalidate = "no-cache" // it may change: ask each time whether it has
	momentary  = "no-store" // it says how things are at this moment
	unchanging = "public, max-age=31536000, immutable"
)

// wasmType is the content type of WebAssembly.
const wasmType = "application/wasm"

// momentaryRoutes answer how things are at this moment.
var momentaryRoutes = map[string]bool{"/healthz": true, "/readyz": true, "/metrics": true, "/v1/status": true}

const (
	// maxTagged is the longest answer that has an ETag, in bytes as it is sent. Longer ones,
	// which only long status lists are, are sent while they are encoded.
	maxTagged = 4 << 20

	// maxKept is the longest buffer that is used again, in bytes.
	maxKept = 256 << 10

	// maxWhole is the longest answer that leaves in one piece, see [Listener], in bytes. Each
	// connection has a buffer for it.
	maxWhole = 32 << 10

	// minPacked is the shortest answer that is compressed, in bytes: a shorter one fits into
	// one packet anyway.
	minPacked = 1200
)

// compressed compresses answers for clients that accept gzip. At its fastest level the JSON
// of a node, which is mostly hashes, is as small as at any other, see docs/performance.md.
// WebAssembly is there in
// Brotli, which every browser takes: to make gzip of its 16 MB for each that asks would be dear.
var compressed = func() func(http.Handler) http.HandlerFunc {
	wrap, err := gzhttp.NewWrapper(
		gzhttp.MinSize(minPacked), gzhttp.CompressionLevel(gzip.BestSpeed), gzhttp.EnableZstd(false),
		gzhttp.ContentTypeFilter(func(contentType string) bool { return contentType != wasmType }),
	)
	if err != nil { // the options are constant
		panic(err)
	}
	return wrap
}()

// cacheable compresses the answers of next to GET and HEAD, gives them an entity tag and a
// policy for caches, and answers 304 to clients that have them already. The tag is of the
// bytes that are sent, so that each content coding has its own, as section 8.8.3 of RFC 9110
// demands of a strong one. Event streams are passed on as they are, and so are published blocks:
// they are hashes in binary, which do not get smaller, and may be ranges, or long streams.
func cacheable(next http.Handler) http.Handler {
	packed := compressed(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead ||
			strings.HasSuffix(r.URL.Path, "/events") || strings.HasPrefix(r.URL.Path, "/ipfs/") {
			next.ServeHTTP(w, r)
			return
		}
		body, _ := buffers.Get().(*bytes.Buffer)
		a := &heldAnswer{ResponseWriter: w, request: r, body: body}
		packed.ServeHTTP(a, r) // if it panics, nothing is answered
		a.end()
		if body.Cap() <= maxKept {
			body.Reset()
			buffers.Put(body)
		}
	})
}

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// heldAnswer holds an answer back until it is whole, or longer than maxTagged. It is used by
// one goroutine, as every [http.ResponseWriter].
type heldAnswer struct {
	http.ResponseWriter
	request *http.Request
	status  int // zero until the handler has set it
	body    *bytes.Buffer
	sent    bool // the head is sent, and nothing is held back any more
}

// WriteHeader implements [http.ResponseWriter].
func (a *heldAnswer) WriteHeader(status int) {
	switch {
	case status < 200:
		a.ResponseWriter.WriteHeader(status)
	case a.status == 0:
		a.status = status
	}
}

// Write implements [http.ResponseWriter].
func (a *heldAnswer) Write(p []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	if !a.sent && a.body.Len()+len(p) > maxTagged {
		a.sent = true
		a.setPolicy()
		a.ResponseWriter.WriteHeader(a.status)
		if _, err := a.body.WriteTo(a.ResponseWriter); err != nil {
			return 0, err
		}
	}
	if a.sent {
		return a.ResponseWriter.Write(p)
	}
	return a.body.Write(p)
}

// setPolicy says what caches may do with the answer, unless the handler did.
func (a *heldAnswer) setPolicy() {
	header := a.Header()
	switch {
	case a.status >= http.StatusBadRequest || momentaryRoutes[routeOf(a.request)]:
		header.Set("Cache-Control", momentary)
	case header.Get("Cache-Control") == "":
		header.Set("Cache-Control", revalidate)
	}
}

// end sends an answer that is whole.
func (a *heldAnswer) end() {
	if a.sent {
		return
	}
	a.WriteHeader(http.StatusOK)
	a.setPolicy()
	header, body := a.Header(), a.body.Bytes()
	if a.status/100 == 2 && len(body) > 0 {
		if header.Get("ETag") == "" {
			header.Set("ETag", entityTag(body))
		}
		if hasTag(a.request.Header["If-None-Match"], header.Get("ETag")) {
			for _, name := range []string{"Content-Type", "Content-Length", "Content-Encoding"} {
				header.Del(name)
			}
			a.ResponseWriter.WriteHeader(http.StatusNotModified)
			return
		}
	}
	if a.status != http.StatusNoContent {
		header.Set("Content-Length", strconv.Itoa(len(body)))
	}
	a.ResponseWriter.WriteHeader(a.status)
	if a.request.Method == http.MethodGet && len(body) <= maxWhole {
		expect(a.request.Context(), len(body))
	}
	_, _ = a.ResponseWriter.Write(body) // the client may have gone
}

// entityTag returns the tag of an answer: two checksums, which the processor computes, as one
// of 64 bits. A cryptographic hash of a proof takes half as long as encoding it.
func entityTag(body []byte) string {
	sum := uint64(crc32.ChecksumIEEE(body))<<32 | uint64(crc32.Checksum(body, castagnoli))
	return `"` + strconv.FormatUint(sum, 16) + `"`
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// hasTag reports whether the values of If-None-Match name an entity tag, which is
// compared weakly (section 13.1.2 of RFC 9110). What cannot be read names none.
func hasTag(values []string, tag string) bool {
	for _, v := range values {
		if strings.Trim(v, " \t") == "*" {
			return true
		}
		for {
			v = strings.TrimPrefix(strings.TrimLeft(v, " \t,"), "W/")
			if v == "" || v[0] != '"' {
				break
			}
			end := strings.IndexByte(v[1:], '"')
			if end < 0 {
				break
			}
			end += 2
			if v[:end] == tag {
				return true
			}
			v = v[end:]
		}
	}
	return false
}
