package api

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/hallmark-node/hallmark/merkle"
)

// Pages of other hosts read what is public, with errors and without a body, and nothing else.
func TestOtherOrigins(t *testing.T) {
	e := open(t, false, nil)
	s := newIssuer(t).submission(t, e.home, leaves(2, t.Name())...)
	if _, err := e.client.Submit(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	ask := func(method, path string, header map[string]string) *http.Response {
		t.Helper()
		request, err := http.NewRequestWithContext(t.Context(), method, e.url+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		for name, value := range header {
			request.Header.Set(name, value)
		}
		response, _ := exchange(t, http.DefaultClient.Do, request)
		return response
	}
	page := map[string]string{"Origin": "https://page.example", "Sec-Fetch-Site": "cross-site"}
	with := func(name, value string) map[string]string {
		return map[string]string{"Origin": page["Origin"], "Sec-Fetch-Site": page["Sec-Fetch-Site"], name: value}
	}
	for path, status := range map[string]int{
		"/v1/submissions/" + s.ID().String():            200,
		"/v1/submissions/" + merkle.Hash{1}.String():    404,
		"/v1/submissions/nothing":                       422,
		"/v1/proofs/" + s.Leaves[0].String():            202,
		"/v1/proofs?credential=none":                    422,
		"/v1/batches":                                   200,
		"/v1/batches/" + merkle.Hash{1}.String():        404,
		"/ipfs/none?format=raw":                         400,
		"/v1/chains/" + e.home.Chain.String() + "/hops": 200,
		"/v1/info":      200,
		"/openapi.json": 200,
	} {
		for _, method := range []string{http.MethodGet, http.MethodHead} {
			r := ask(method, path, page)
			if r.StatusCode != status || r.Header.Get("Access-Control-Allow-Origin") != "*" ||
				!strings.Contains(r.Header.Get("Access-Control-Expose-Headers"), "ETag") {
				t.Errorf("%s %s: %d with %v", method, path, r.StatusCode, r.Header)
			}
			if r.Header.Get("Access-Control-Allow-Credentials") != "" {
				t.Errorf("%s: with credentials", path)
			}
			if tag := r.Header.Get("ETag"); tag != "" {
				again := ask(method, path, with("If-None-Match", tag))
				if again.StatusCode != http.StatusNotModified || again.Header.Get("Access-Control-Allow-Origin") != "*" {
					t.Errorf("%s %s again: %d with %v", method, path, again.StatusCode, again.Header)
				}
			}
		}
		r := ask(http.MethodOptions, path, with("Access-Control-Request-Headers", "if-none-match"))
		if r.StatusCode != http.StatusNoContent || r.Header.Get("Access-Control-Allow-Origin") != "*" ||
			!strings.Contains(r.Header.Get("Access-Control-Allow-Headers"), "If-None-Match") {
			t.Errorf("before %s: %d with %v", path, r.StatusCode, r.Header)
		}
	}
	for _, path := range []string{"/v1/status", "/metrics", "/healthz", "/readyz", "/v1/verify", "/nothing"} {
		for _, method := range []string{http.MethodGet, http.MethodOptions} {
			if r := ask(method, path, page); r.Header.Get("Access-Control-Allow-Origin") != "" {
				t.Errorf("%s %s is for pages of other hosts: %d", method, path, r.StatusCode)
			}
		}
	}
}

// A page of another host sends nothing that changes something, a page of the node and a
// program do.
func TestOtherOriginsSendNothing(t *testing.T) {
	school := newIssuer(t)
	e := open(t, false, listing(school))
	s := school.submission(t, e.home, leaves(2, t.Name())...)
	for name, tc := range map[string]struct {
		header map[string]string
		status int
	}{
		"another host":                 {map[string]string{"Origin": "https://page.example", "Sec-Fetch-Site": "cross-site"}, 403},
		"another subdomain":            {map[string]string{"Origin": "https://page.example", "Sec-Fetch-Site": "same-site"}, 403},
		"another host, an old browser": {map[string]string{"Origin": "https://page.example"}, 403},
		"a file":                       {map[string]string{"Origin": "null"}, 403},
		"the node's own":               {map[string]string{"Origin": e.url, "Sec-Fetch-Site": "same-origin"}, 202},
		"its own, an old browser":      {map[string]string{"Origin": e.url}, 202},
		"a program":                    {nil, 202},
	} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, e.url+"/v1/submissions", strings.NewReader(string(jsonForm(s))))
		if err != nil {
			t.Fatal(err)
		}
		for key, value := range tc.header {
			request.Header.Set(key, value)
		}
		response, body := exchange(t, http.DefaultClient.Do, request)
		if response.StatusCode != tc.status {
			t.Errorf("%s: %d, want %d: %s", name, response.StatusCode, tc.status, body)
		}
		if response.StatusCode == http.StatusForbidden {
			wantProblem(t, response, body, http.StatusForbidden)
		}
	}
}

// Every public route is one that there is.
func TestPublicRoutes(t *testing.T) {
	routes := (&server{requests: newRequestMetrics()}).routes()
	for _, pattern := range publicRoutes {
		if routes[pattern] == nil && !slices.Contains([]string{"GET /openapi.json", "GET /openapi.yaml"}, pattern) {
			t.Errorf("%s is public, and there is nothing", pattern)
		}
	}
}
