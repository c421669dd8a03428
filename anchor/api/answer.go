package api

import (
	"net/http"
	"strconv"
	"sync"

	"github.com/cespare/xxhash/v2"
	"github.com/klauspost/compress/gzip"
)

// How what is answered may be kept by caches on the way. Values of headers are shared,
// and never changed in place.
var (
	revalidate = []string{"no-cache"} // it may change: ask each time whether it has
	momentary  = []string{"no-store"} // it says how things are at this moment

	varyEncoding = []string{"Accept-Encoding"}
	gzipCoding   = []string{"gzip"}
	jsonType     = []string{"application/json"}
)

// momentaryRoutes answer how things are at this moment.
var momentaryRoutes = map[string]bool{"/healthz": true, "/readyz": true, "/metrics": true, "/v1/status": true}

// unchanging is for what is named by its content.
const unchanging = "public, max-age=31536000, immutable"

const (
	// maxTagged is the longest answer that has an ETag, in bytes. Longer ones, which only
	// status lists of some 50,000 entries are, are sent as they are made.
	maxTagged = 4 << 20

	// minPacked is the shortest answer that is compressed, in bytes: less fits into one
	// packet anyway.
	minPacked = 1200

	// packLevel is where the JSON of a node, which is mostly hashes, stops getting
	// smaller, see docs/performance.md.
	packLevel = 1
)

// tagged gives what next answers to GET and HEAD an entity tag and a policy for caches,
// answers 304 to whoever has it already, and compresses it for whoever understands that.
// What a handler flushes is passed on as it comes, without any of that.
func tagged(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			next.ServeHTTP(w, r)
			return
		}
		a := &held{ResponseWriter: w, request: r}
		a.body, _ = bodies.Get().(*[]byte)
		*a.body = (*a.body)[:0]
		next.ServeHTTP(a, r) // if it panics, nothing is answered
		a.end()
		a.drop()
	})
}

// bodies are buffers for answers, of the size of those before, but for long ones.
var bodies = sync.Pool{New: func() any { return new([]byte) }}

// maxKept is the longest buffer that is kept, in bytes.
const maxKept = 256 << 10

// held holds an answer back until it is whole, or too long, or flushed. It is for one
// goroutine, as every [http.ResponseWriter].
type held struct {
	http.ResponseWriter
	request *http.Request
	status  int // zero until the handler has said it
	body    *[]byte
	sent    bool         // nothing is held back any more
	packer  *gzip.Writer // what is passed on goes through it; nil: it does not
}

// Unwrap lets [http.ResponseController] reach the connection.
func (a *held) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// WriteHeader implements [http.ResponseWriter].
func (a *held) WriteHeader(status int) {
	switch {
	case status < 200:
		a.ResponseWriter.WriteHeader(status)
	case a.status == 0:
		a.status = status
	}
}

// Write implements [http.ResponseWriter].
func (a *held) Write(p []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	if !a.sent {
		if len(*a.body)+len(p) <= maxTagged {
			*a.body = append(*a.body, p...)
			return len(p), nil
		}
		if a.packs(maxTagged) {
			a.packer, _ = packers.Get().(*gzip.Writer)
			a.packer.Reset(a.ResponseWriter)
		}
		if err := a.pass(); err != nil {
			return 0, err
		}
	}
	if a.packer != nil {
		return a.packer.Write(p)
	}
	return a.ResponseWriter.Write(p)
}

// FlushError sends what there is, for [http.ResponseController].
func (a *held) FlushError() error {
	a.WriteHeader(http.StatusOK)
	if !a.sent {
		if err := a.pass(); err != nil {
			return err
		}
	}
	if a.packer != nil {
		if err := a.packer.Flush(); err != nil {
			return err
		}
	}
	return http.NewResponseController(a.ResponseWriter).Flush()
}

// pass sends what was held back; from now on everything is sent as it comes.
func (a *held) pass() error {
	a.sent = true
	a.policy()
	if a.packer != nil {
		a.Header()["Content-Encoding"] = gzipCoding
		a.Header().Del("Content-Length")
	}
	a.ResponseWriter.WriteHeader(a.status)
	var err error
	switch {
	case len(*a.body) == 0:
	case a.packer != nil:
		_, err = a.packer.Write(*a.body)
	default:
		_, err = a.ResponseWriter.Write(*a.body)
	}
	a.drop() // an event stream would hold it for as long as it lasts
	return err
}

// drop lets go of what was held back.
func (a *held) drop() {
	if a.body != nil && cap(*a.body) <= maxKept {
		bodies.Put(a.body)
	}
	a.body = nil
}

// policy says what caches may do with the answer, unless the handler did.
func (a *held) policy() {
	header := a.Header()
	if _, ok := header["Cache-Control"]; !ok || a.status >= http.StatusBadRequest {
		header["Cache-Control"] = revalidate
		if a.status >= http.StatusBadRequest || momentaryRoutes[routeOf(a.request)] {
			header["Cache-Control"] = momentary
		}
	}
	if header.Get("Content-Type") != eventStream {
		header["Vary"] = varyEncoding
	}
}

// packs reports whether an answer of a size is compressed.
func (a *held) packs(size int) bool {
	if _, done := a.Header()["Content-Encoding"]; done {
		return false
	}
	switch a.Header().Get("Content-Type") {
	case eventStream, rawBlock: // it is not to wait, it is mostly hashes
		return false
	}
	accepted := acceptedBy(a.request.Header["Accept-Encoding"])
	return accepted.gzip && (size >= minPacked || !accepted.identity)
}

// end sends an answer that is whole.
func (a *held) end() {
	if a.sent {
		if a.packer != nil {
			_ = a.packer.Close() // nobody is left to tell
			a.release()
		}
		return
	}
	if a.status == 0 {
		a.status = http.StatusOK
	}
	body := *a.body
	packed := len(body) > 0 && a.packs(len(body))
	a.policy()
	header := a.Header()
	if a.status/100 == 2 && len(body) > 0 {
		if _, ok := header["Etag"]; !ok {
			header["Etag"] = []string{entityTag(xxhash.Sum64(body), packed)}
		}
		if hasTag(a.request.Header["If-None-Match"], header["Etag"][0]) {
			notModified(a.ResponseWriter)
			return
		}
	}
	if packed {
		out, _ := bodies.Get().(*[]byte)
		defer bodies.Put(out)
		*out = (*out)[:0]
		a.packer, _ = packers.Get().(*gzip.Writer)
		a.packer.Reset((*appender)(out))
		_, _ = a.packer.Write(body) // into memory
		_ = a.packer.Close()
		a.release()
		body = *out
		header["Content-Encoding"] = gzipCoding
	}
	if a.status != http.StatusNoContent && a.status != http.StatusNotModified {
		header["Content-Length"] = []string{strconv.Itoa(len(body))}
	}
	a.ResponseWriter.WriteHeader(a.status)
	_, _ = a.ResponseWriter.Write(body) // nobody is left to tell
}

// release gives the packer back.
func (a *held) release() {
	a.packer.Reset(nil)
	packers.Put(a.packer)
	a.packer = nil
}

var packers = sync.Pool{New: func() any {
	w, err := gzip.NewWriterLevel(nil, packLevel)
	if err != nil { // the level is one
		panic(err)
	}
	return w
}}

// appender is a buffer that is written to.
type appender []byte

func (b *appender) Write(p []byte) (int, error) {
	*b = append(*b, p...)
	return len(p), nil
}

// entityTag returns the strong entity tag of an answer by the hash of what it says.
// Each encoding of that has its own, as section 8.8.3 of RFC 9110 demands.
func entityTag(hash uint64, packed bool) string {
	var buffer [24]byte
	tag := strconv.AppendUint(append(buffer[:0], '"'), hash, 16)
	if packed {
		tag = append(tag, "-gzip"...)
	}
	return string(append(tag, '"'))
}

// notModified answers that the client has the answer already, with the headers that the
// answer would have and that are of use then.
func notModified(w http.ResponseWriter) {
	header := w.Header()
	for _, name := range []string{"Content-Type", "Content-Length", "Content-Encoding"} {
		delete(header, name)
	}
	w.WriteHeader(http.StatusNotModified)
}

// eventStream is the content type of what is never held back.
const eventStream = "text/event-stream"
