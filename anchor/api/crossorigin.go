package api

import "net/http"

// publicRoutes may be read by pages of every host: what they answer is for everybody who can
// reach the node, and no cookie or password makes a difference. The other routes are for pages
// of the node itself.
var publicRoutes = []string{
	"GET /v1/submissions/{id}",
	"GET /v1/submissions/{id}/events",
	"GET /v1/proofs/{leaf}",
	"GET /v1/proofs",
	"GET /v1/issuers/{address}/status",
	"GET /v1/issuers/{address}/lists/{root}",
	"GET /v1/batches",
	"GET /v1/batches/{root}",
	"GET /v1/batches/{root}/submissions",
	"GET /v1/issuers/{address}/submissions",
	"GET /v1/lists",
	"GET /ipfs/{cid}",
	"GET /ipfs/{cid}/{path...}",
	"GET /v1/chains/{chain}/hops",
	"GET /v1/info",
	"GET /openapi.json",
	"GET /openapi.yaml",
}

// readableByAll lets pages of every host read an answer, and what a client has to know beside it.
func readableByAll(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "*")
		w.Header().Set("Access-Control-Expose-Headers", "Content-Range, ETag, Ipfs-Uri, Retry-After, X-Ipfs-Path, X-Ipfs-Roots")
		next(w, r)
	}
}

// preflight answers a browser that asks before a page's request.
func preflight(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Access-Control-Allow-Origin", "*")
	w.Header().Set("Access-Control-Allow-Methods", "GET, HEAD")
	w.Header().Set("Access-Control-Allow-Headers", "If-None-Match, Range")
	w.Header().Set("Access-Control-Max-Age", "86400")
	w.WriteHeader(http.StatusNoContent)
}

// sameOrigin refuses requests that change something if a browser says that they come from a page
// of another host. Otherwise such a page could let its visitors submit to nodes that it cannot
// reach itself.
func sameOrigin(next http.Handler) http.Handler {
	protection := http.NewCrossOriginProtection()
	protection.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Connection", "close") // what it sent is not read
		writeProblem(w, problem(http.StatusForbidden, "a page of another host may not send this: use a page of this node, or a program"))
	}))
	return protection.Handler(next)
}
