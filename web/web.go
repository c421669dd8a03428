// Package web holds the pages of a node as they are built, and serves them.
package web

import (
	"embed"
	"errors"
	"html/template"
	"net/http"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

//go:embed all:dist
var built embed.FS

var pages = open(built)

// ErrNotBuilt says that this program was built without its pages.
var ErrNotBuilt = errors.New("this program was built without its pages: make web, and build it again")

// The policies under which browsers show pages.
const (
	// policy lets a page load what this node serves and nothing else, and send nothing anywhere else.
	policy = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' blob: data:; " +
		"connect-src 'self'; worker-src 'self'; frame-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
	// fetching is that of the page that fetches newer evidence for another one, which tells it a URL and nothing else.
	fetching = "default-src 'none'; script-src 'self'; connect-src https: http://localhost:* http://127.0.0.1:*; form-action 'none'; " +
		"base-uri 'none'; frame-ancestors 'self'; sandbox allow-scripts"
)

// served are the paths of pages, the files of dist that hold them, and their policies.
var served = map[string]struct{ file, policy string }{
	"/":           {"index.html", policy},
	"/issue":      {"issue.html", policy},
	"/batches":    {"batches.html", policy},
	"/ops":        {"ops.html", policy},
	"/fetch.html": {"fetch.html", fetching},
}

// Page serves the page at a path, such as "/" or "/issue", to GET and HEAD.
func Page(path string) http.HandlerFunc {
	page := served[path]
	return func(w http.ResponseWriter, r *http.Request) { pages.page(w, r, page.file, page.policy) }
}

// Assets serves what pages load, below /assets/. Their names change with what is in them.
func Assets(w http.ResponseWriter, r *http.Request) { pages.asset(w, r) }

// Download serves the page that verifies, as one file to keep.
func Download(w http.ResponseWriter, r *http.Request) {
	pages.download(w, r, "index.html", "verify.html")
}

// Standalone returns a page as one file that works from a disk, with the verifier in it: index.html
// or portfolio.html. It has some 6 MB. The error is [ErrNotBuilt].
func Standalone(file string) ([]byte, error) { return pages.standalone(file) }

// loads are the elements of a built page that load its script and its style.
var loads = regexp.MustCompile(`<(?:script|link)[^>]* (?:src|href)="/assets/[^"]*"[^>]*>(?:</script>)?`)

// Tags returns the elements that load the script and the style of a built page, for pages whose
// HTML is written elsewhere: none if this program was built without its pages.
func Tags(file string) template.HTML {
	f, ok := pages.files[file]
	if !ok {
		return ""
	}
	page, err := f.plain()
	if err != nil {
		return ""
	}
	return template.HTML(strings.Join(loads.FindAllString(string(page), -1), "\n")) //nolint:gosec // it is built in
}

// Protect sets the headers under which a page of this node is shown, with its Content-Security-Policy.
func Protect(h http.Header, policy string) {
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
}

func (s *site) page(w http.ResponseWriter, r *http.Request, name, policy string) {
	f, ok := s.files[name]
	if !ok {
		http.Error(w, ErrNotBuilt.Error(), http.StatusServiceUnavailable)
		return
	}
	Protect(w.Header(), policy)
	w.Header().Set("Cache-Control", "no-cache") // ask each time whether it is the newest
	f.serve(w, r, "text/html; charset=utf-8")
}

// types are the media types of what pages load.
var types = map[string]string{
	".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml", ".wasm": "application/wasm",
}

func (s *site) asset(w http.ResponseWriter, r *http.Request) {
	name := strings.TrimPrefix(r.URL.Path, "/")
	f, ok := s.files[name]
	kind := types[path.Ext(name)]
	if !ok || kind == "" || !strings.HasPrefix(name, "assets/") {
		http.NotFound(w, r)
		return
	}
	Protect(w.Header(), policy)
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	w.Header().Set("Access-Control-Allow-Origin", "*") // also for the page in a sandbox, which has no origin
	f.serve(w, r, kind)
}

func (s *site) download(w http.ResponseWriter, r *http.Request, file, name string) {
	page, err := s.standalone(file)
	if err != nil {
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
		return
	}
	Protect(w.Header(), policy)
	w.Header().Set("Cache-Control", "no-cache")
	w.Header().Set("Content-Disposition", `attachment; filename="`+name+`"`)
	answer(w, r, "text/html; charset=utf-8", tagOf(page), page)
}

// serve answers with a file: compressed as it is stored to those who take that.
func (f *file) serve(w http.ResponseWriter, r *http.Request, kind string) {
	w.Header().Set("Vary", "Accept-Encoding")
	if takesBrotli(r) {
		w.Header().Set("Content-Encoding", "br")
		answer(w, r, kind, f.tag, f.packed)
		return
	}
	plain, err := f.plain()
	if err != nil {
		http.Error(w, "this page is damaged in the program: build it again", http.StatusInternalServerError)
		return
	}
	answer(w, r, kind, f.tag+"-plain", plain)
}

func answer(w http.ResponseWriter, r *http.Request, kind, tag string, body []byte) {
	h := w.Header()
	h.Set("Etag", `"`+tag+`"`)
	if matches(r.Header.Get("If-None-Match"), tag) {
		h.Del("Content-Encoding")
		w.WriteHeader(http.StatusNotModified)
		return
	}
	h.Set("Content-Type", kind)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	_, _ = w.Write(body) // of HEAD it is not sent; whoever has gone does not mind
}

// matches reports whether a client has what the tag is of; a proxy may have made it weak.
func matches(header, tag string) bool {
	return slices.ContainsFunc(strings.Split(header, ","), func(one string) bool {
		return strings.TrimPrefix(strings.TrimSpace(one), "W/") == `"`+tag+`"`
	})
}

func takesBrotli(r *http.Request) bool {
	for one := range strings.SplitSeq(r.Header.Get("Accept-Encoding"), ",") {
		name, quality, _ := strings.Cut(strings.ReplaceAll(one, " ", ""), ";")
		if strings.EqualFold(name, "br") {
			q, err := strconv.ParseFloat(strings.TrimPrefix(strings.ToLower(quality), "q="), 64)
			return err != nil || q > 0
		}
	}
	return false
}
