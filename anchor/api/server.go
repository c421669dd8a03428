package api

import (
	_ "embed"
	"errors"
	"log/slog"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/hallmark-node/hallmark/anchor"
	"github.com/hallmark-node/hallmark/anchor/access"
	"github.com/hallmark-node/hallmark/verifier"
	"github.com/hallmark-node/hallmark/web"
)

// Config is what an operator decides about the interface. Its zero value is good.
type Config struct {
	// URL is where clients reach this node, for the hints in proofs; empty: no hint.
	URL string

	// Rate is how many requests a second one client may make, with bursts of four times
	// as many; zero means 100, and a negative value no limit. A client is an IPv4 address
	// or an IPv6 /64, and all of a /48 together may make eight times as many. Programs on
	// this machine have no limit.
	Rate float64

	// Proxies are the networks of the reverse proxies in front of the node. What they say
	// in X-Forwarded-For is believed. Nil means this machine; an empty list nobody.
	Proxies []netip.Prefix

	// BodyTime is how long each next 128 KiB of a request's body may take, or what is left
	// of it; zero means 15 seconds.
	BodyTime time.Duration

	// OpsPassword lets in operators who are not on this machine, to the routes that are for
	// them: HTTP Basic, with any user name. Empty: nobody else is let in.
	OpsPassword string

	// Verify, if set, gives verdicts at POST /v1/verify by this trust store.
	Verify *verifier.Trust

	// Log takes errors that clients are not told; nil means slog.Default.
	Log *slog.Logger

	bodies int64            // maxBodies; less in tests
	now    func() time.Time // of verdicts; time.Now but in tests
}

// server holds what the handlers share. It is not changed once made.
type server struct {
	node     *anchor.Node
	config   Config
	limits   *limits
	log      *slog.Logger
	requests *requestMetrics
	verdicts *verdicts // nil: none are given
	proofs   encoder
	ops      *operators
	feed     healthFeed
	done     <-chan struct{} // closed when the HTTP server shuts down
}

// NewServer returns an HTTP server for the node, to be given a listener:
//
//	server := api.NewServer(node, api.Config{})
//	go server.Serve(api.Listener(listener))
//	...
//	server.Shutdown(ctx) // before the node is closed
//
// Shutdown ends event streams and waits for all other requests.
func NewServer(node *anchor.Node, config Config) *http.Server {
	if config.Log == nil {
		config.Log = slog.Default()
	}
	if config.Rate == 0 {
		config.Rate = 100
	}
	if config.BodyTime == 0 {
		config.BodyTime = 15 * time.Second
	}
	if config.Proxies == nil {
		config.Proxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}
	}
	if config.now == nil {
		config.now = time.Now
	}
	if config.bodies == 0 {
		config.bodies = maxBodies
	}
	done := make(chan struct{})
	s := &server{
		node: node, config: config, limits: newLimits(config), log: config.Log,
		requests: newRequestMetrics(), verdicts: newVerdicts(node, config), proofs: newEncoder(), ops: newOperators(config), done: done,
	}
	s.feed.health = s.shortHealth

	httpServer := &http.Server{
		ConnContext:       withConnection,
		Handler:           s.requests.wrap(s.limits.wrap(sameOrigin(cacheable(s.mux())))),
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          slog.NewLogLogger(config.Log.Handler(), slog.LevelDebug),
		// Bodies and answers have deadlines of their own, see limits.
	}
	httpServer.RegisterOnShutdown(func() { close(done) })
	return httpServer
}

// routes are the handlers that describe themselves in openapi.json, by pattern.
func (s *server) routes() map[string]func(http.ResponseWriter, *http.Request) error {
	metrics, ipfs := s.metrics(), s.ipfs()
	return map[string]func(http.ResponseWriter, *http.Request) error{
		"POST /v1/submissions":                   s.submit,
		"GET /v1/submissions/{id}":               s.submission,
		"GET /v1/submissions/{id}/events":        s.events,
		"GET /v1/proofs/{leaf}":                  s.leafProof,
		"GET /v1/proofs":                         s.credentialProof,
		"GET /v1/issuers/{address}/status":       s.statusList,
		"PUT /v1/issuers/{address}/status":       s.setStatus,
		"POST /v1/issuers/{address}/retire":      s.retire,
		"POST /v1/issuers/{address}/controller":  s.setController,
		"GET /v1/issuers/{address}/lists/{root}": s.publishedList,
		"GET /v1/issuers":                        s.ops.only(s.issuers),
		"POST /v1/issuers":                       s.ops.only(s.addIssuer),
		"GET /v1/issuers/{address}":              s.ops.only(s.issuer),
		"PATCH /v1/issuers/{address}":            s.ops.only(s.changeIssuer),
		"DELETE /v1/issuers/{address}":           s.ops.only(s.removeIssuer),
		"GET /v1/keys":                           s.ops.only(s.apiKeys),
		"POST /v1/keys":                          s.ops.only(s.newAPIKey),
		"DELETE /v1/keys/{name}":                 s.ops.only(s.revokeAPIKey),
		"GET /v1/usage":                          s.ops.only(s.usage),
		"GET /v1/audit":                          s.ops.only(s.audit),
		"GET /v1/shares":                         s.sharedBy,
		"GET /v1/shares/{leaf}":                  s.shared,
		"PUT /v1/shares/{leaf}":                  s.share,
		"DELETE /v1/shares/{leaf}":               s.unshare,
		"GET /v1/batches":                        s.batches,
		"GET /v1/batches/{root}":                 s.batch,
		"GET /v1/batches/{root}/submissions":     s.batchSubmissions,
		"GET /v1/issuers/{address}/submissions":  s.issuerSubmissions,
		"GET /v1/lists":                          s.lists,
		"GET /ipfs/{cid}":                        ipfs,
		"GET /ipfs/{cid}/{path...}":              ipfs,
		"GET /v1/chains/{chain}/hops":            s.hops,
		"POST /v1/verify":                        s.verify,
		"GET /v1/info":                           s.info,
		"GET /v1/status":                         s.ops.only(s.status),
		"GET /v1/status/events":                  s.ops.only(s.statusEvents),
		"GET /healthz":                           s.healthz,
		"GET /readyz":                            s.readyz,
		"GET /metrics": s.ops.only(func(w http.ResponseWriter, r *http.Request) error {
			metrics.ServeHTTP(w, r)
			return nil
		}),
	}
}

// anyRole are the routes that each process of a node answers, whatever it does: they are for its
// operator.
var anyRole = []string{
	"GET /v1/info", "GET /v1/status", "GET /v1/status/events", "GET /healthz", "GET /readyz", "GET /metrics",
	// What operators decide is in the store that all have.
	"GET /v1/issuers", "POST /v1/issuers", "GET /v1/issuers/{address}", "PATCH /v1/issuers/{address}", "DELETE /v1/issuers/{address}",
	"GET /v1/keys", "POST /v1/keys", "DELETE /v1/keys/{name}", "GET /v1/usage", "GET /v1/audit",
}

// eitherRole are the routes of those who take submissions and of those who answer readers: who
// submits asks how it goes on, and who changes a status list reads it first.
var eitherRole = []string{"GET /v1/submissions/{id}", "GET /v1/submissions/{id}/events", "GET /v1/issuers/{address}/status"}

// inRole returns the handler of a route, or what refuses a request for which this process does
// not have the role.
func (s *server) inRole(
	pattern string, answer func(http.ResponseWriter, *http.Request) error,
) func(http.ResponseWriter, *http.Request) error {
	has := s.node.Roles()
	reads := strings.HasPrefix(pattern, "GET ") || pattern == "POST /v1/verify"
	role, ok := "intake", has.Intake
	if reads {
		role, ok = "serve", has.Serve
	}
	if ok || slices.Contains(anyRole, pattern) || slices.Contains(eitherRole, pattern) && has.Intake {
		return answer
	}
	return func(http.ResponseWriter, *http.Request) error {
		if s.node.Mirror != nil && !reads {
			return problem(http.StatusForbidden, "this is a mirror, which takes nothing in: send it to a node")
		}
		return problem(http.StatusForbidden,
			"this process of the node has the roles %s and not %s: send this to one that has it", strings.Join(has.Names(), ", "), role)
	}
}

// mux returns the handler of all routes.
func (s *server) mux() *http.ServeMux {
	mux := http.NewServeMux()
	for pattern, answer := range s.routes() {
		answer = s.inRole(pattern, answer)
		handler := s.answering(answer)
		if slices.Contains(publicRoutes, pattern) {
			handler = readableByAll(handler)
		}
		mux.HandleFunc(pattern, handler)
	}
	for _, pattern := range publicRoutes {
		_, path, _ := strings.Cut(pattern, " ")
		mux.HandleFunc("OPTIONS "+path, preflight)
	}
	mux.HandleFunc("GET /openapi.json", readableByAll(description("application/openapi+json")))
	mux.HandleFunc("GET /openapi.yaml", readableByAll(description("application/openapi+yaml"))) // JSON is YAML
	for _, page := range []string{"/{$}", "/issue", "/batches", "/fetch.html"} {
		mux.HandleFunc("GET "+page, web.Page(strings.TrimSuffix(page, "{$}")))
	}
	mux.HandleFunc("GET /verify.html", web.Download)
	ops := web.Page("/ops")
	mux.HandleFunc("GET /ops", s.answering(s.ops.only(func(w http.ResponseWriter, r *http.Request) error {
		ops(w, r)
		return nil
	})))
	mux.HandleFunc("GET /assets/{name}", web.Assets)
	s.handleShares(mux)
	mux.HandleFunc("/", notFound(mux))
	return mux
}

// answering answers with a problem where a handler fails.
func (s *server) answering(answer func(http.ResponseWriter, *http.Request) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if err := answer(w, r); err != nil {
			p := s.problemOf(r.Context(), err)
			if errors.Is(err, access.ErrKey) {
				w.Header().Set("WWW-Authenticate", `Bearer realm="Hallmark issuer"`) // RFC 6750
			}
			writeProblem(w, p)
		}
	}
}

// openAPI describes the interface. Tests hold it against the handlers.
//
//go:embed openapi.json
var openAPI []byte

func description(contentType string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		_, _ = w.Write(openAPI) // the client may have gone
	}
}

// notFound answers what no route takes, with the methods that there are for the
// path if only the method is wrong.
func notFound(mux *http.ServeMux) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		allowed := ""
		for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
			other := r.Clone(r.Context())
			other.Method = method
			if _, pattern := mux.Handler(other); pattern != "/" {
				allowed += ", " + method
			}
		}
		if allowed == "" {
			writeProblem(w, problem(http.StatusNotFound, "there is nothing at %s: see /openapi.json for what there is", r.URL.Path))
			return
		}
		w.Header().Set("Allow", allowed[2:])
		writeProblem(w, problem(http.StatusMethodNotAllowed, "%s is not possible here, only %s", r.Method, allowed[2:]))
	}
}

// writeJSON answers with one JSON value. If that fails, the client has gone, or gets no part
// of an answer that cannot be encoded.
func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if err := json.MarshalWrite(w, v); err != nil {
		panic(http.ErrAbortHandler)
	}
}
