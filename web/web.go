// Package web holds the pages of a node as they are built, and serves them.
package web

import (
	"bytes"
	"embed"
	"html/template"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"regexp"
	"strings"
	"time"
)

//go:embed all:dist
var built embed.FS

// policy lets a page load what this node serves and nothing else, and send nothing anywhere else.
const policy = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' blob: data:; " +
	"connect-src 'self'; worker-src 'self'; frame-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"

// pages are the paths of pages and the files of dist that hold them.
var pages = map[string]string{
	"/":        "index.html",
	"/issue":   "issue.html",
	"/batches": "batches.html",
	"/ops":     "ops.html",
}

// Page serves the page at a path of [Paths].
func Page(path string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		page, err := fs.ReadFile(built, "dist/"+pages[path])
		if err != nil {
			http.Error(w, "this node was built without its pages: make web", http.StatusServiceUnavailable)
			return
		}
		protect(w.Header())
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Cache-Control", "no-cache")
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(page))
	}
}

// Assets serves what pages load, whose names change with what is in it.
func Assets(w http.ResponseWriter, r *http.Request) {
	name := path.Clean(strings.TrimPrefix(r.URL.Path, "/"))
	asset, err := fs.ReadFile(built, "dist/"+name)
	if err != nil {
		http.NotFound(w, r)
		return
	}
	protect(w.Header())
	w.Header().Set("Content-Type", mime.TypeByExtension(path.Ext(name)))
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(asset))
}

// loads are the elements of a built page that load its script and its style.
var loads = regexp.MustCompile(`<(?:script|link)[^>]* (?:src|href)="/assets/[^"]*"[^>]*>(?:</script>)?`)

// Tags returns the elements that load the script and the style of a built page, for pages whose
// HTML is written elsewhere: none if this node was built without its pages.
func Tags(file string) template.HTML {
	page, err := fs.ReadFile(built, "dist/"+file)
	if err != nil {
		return ""
	}
	return template.HTML(bytes.Join(loads.FindAll(page, -1), []byte("\n"))) //nolint:gosec // it is built in
}

func protect(h http.Header) {
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
}
