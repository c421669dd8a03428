package api

import (
	"net/http"
	"testing"
)

// TestPages asks for the pages as browsers do: HEAD tells of each what GET does.
func TestPages(t *testing.T) {
	e := open(t, false, nil)
	for _, path := range []string{"/", "/issue", "/batches", "/verify.html"} {
		for _, encodings := range []string{"br", "gzip", "identity"} {
			ask := func(method string) *http.Response {
				request, err := http.NewRequestWithContext(t.Context(), method, e.url+path, nil)
				if err != nil {
					t.Fatal(err)
				}
				request.Header.Set("Accept-Encoding", encodings)
				response, err := http.DefaultClient.Do(request)
				if err != nil {
					t.Fatal(err)
				}
				response.Body.Close()
				return response
			}
			get, head := ask(http.MethodGet), ask(http.MethodHead)
			if get.StatusCode != http.StatusOK || head.StatusCode != get.StatusCode || get.Header.Get("Content-Security-Policy") == "" {
				t.Errorf("%s, %s: %s, HEAD %s, %v", path, encodings, get.Status, head.Status, get.Header)
			}
			if encodings != "gzip" && (head.ContentLength != get.ContentLength || head.Header.Get("Etag") != get.Header.Get("Etag")) {
				t.Errorf("%s, %s: %d bytes with the tag %s, by HEAD %d with %s", path, encodings,
					get.ContentLength, get.Header.Get("Etag"), head.ContentLength, head.Header.Get("Etag"))
			}
		}
	}
}
