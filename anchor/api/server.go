package api

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/hallmark-node/hallmark/anchor"
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

	// Log takes errors that clients are not told; nil means slog.Default.
	Log *slog.Logger

	bodies int64 // maxBodies; less in tests
}

// server holds what the handlers share. It is not changed once made.
type server struct {
	node     *anchor.Node
	config   Config
	limits   *limits
	log      *slog.Logger
	requests *requestMetrics
	proofs   encoder
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
	if config.bodies == 0 {
		config.bodies = maxBodies
	}
	done := make(chan struct{})
	s := &server{node: node, config: config, limits: newLimits(config), log: config.Log, requests: newRequestMetrics(), proofs: newEncoder(), done: done}

	mux := http.NewServeMux()
	s.register(huma.NewAPI(humaConfig(), newDirect(mux, map[string]http.HandlerFunc{"submit": s.submit})))
	mux.HandleFunc("/", notFound(mux))

	httpServer := &http.Server{
		ConnContext:       withConnection,
		Handler:           s.requests.wrap(s.limits.wrap(cacheable(mux))),
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          slog.NewLogLogger(config.Log.Handler(), slog.LevelDebug),
		// Bodies and answers have deadlines of their own, see limits.
	}
	httpServer.RegisterOnShutdown(func() { close(done) })
	return httpServer
}

// formatOptions are how answers are written.
var formatOptions = json.JoinOptions(json.FormatNilSliceAsNull(false), jsontext.EscapeForHTML(false))

func humaConfig() huma.Config {
	format := huma.Format{
		Marshal: func(w io.Writer, v any) error {
			// Dates, hashes and vouchers all know their JSON form.
			return json.MarshalWrite(w, v, formatOptions)
		},
		Unmarshal: func(data []byte, v any) error { return json.Unmarshal(data, v) },
	}
	config := huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info: &huma.Info{
				Title:   "Hallmark node",
				Version: "1",
				Description: "Takes signed submissions of credential hashes, anchors them in a registry on an EVM chain, and serves proofs that anyone checks offline. " +
					"Answers to GET have an ETag: with it in If-None-Match, the answer is 304 as long as nothing has changed. Accept-Encoding: gzip is understood.",
				License: &huma.License{Name: "Apache 2.0", Identifier: "Apache-2.0"},
			},
			Components: &huma.Components{Schemas: newRegistry()},
		},
		OpenAPIPath:   "/openapi",
		Formats:       map[string]huma.Format{"application/json": format, "json": format},
		DefaultFormat: "application/json",
	}
	// A newer node may say more; requests say for themselves that they may not.
	config.AllowAdditionalPropertiesByDefault = true
	return config
}

// register adds every route. Each file of routes has a method for its own.
func (s *server) register(api huma.API) {
	s.registerSubmissions(api)
	s.registerEvents(api)
	s.registerProofs(api)
	s.registerIssuers(api)
	s.registerBatches(api)
	s.registerBlocks(api)
	s.registerOperator(api)
	s.registerMetrics(api)
	for _, item := range api.OpenAPI().Paths {
		if get := item.Get; get != nil && get.Responses["200"].Content["application/json"] != nil {
			get.Responses["304"] = &huma.Response{Description: "Nothing has changed since the answer whose ETag is in If-None-Match"}
		}
	}
}

// notFound answers what no route takes, with the methods that there are for the
// path if only the method is wrong.
func notFound(mux *http.ServeMux) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		allowed := ""
		for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut} {
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

// writeProblem answers a request that never came to huma.
func writeProblem(w http.ResponseWriter, p *Problem) {
	for name, values := range p.GetHeaders() {
		w.Header()[name] = values
	}
	w.Header().Set("Content-Type", p.ContentType(""))
	w.WriteHeader(p.Status)
	_ = json.MarshalWrite(w, p) // nobody is left to tell
}

// handle registers an operation whose answer is one JSON value. A body that it
// describes is for a resolver in I to read: huma is told of it only afterwards, or
// it would read the body first.
func handle[I, O any](api huma.API, op huma.Operation, f func(context.Context, *I) (O, error)) {
	type output struct {
		Status int
		Body   O
	}
	body := op.RequestBody
	op.RequestBody = nil
	huma.Register(api, op, func(ctx context.Context, in *I) (*output, error) {
		body, err := f(ctx, in)
		if err != nil {
			return nil, err
		}
		status := op.DefaultStatus
		if p, ok := any(body).(proofAnswer); ok {
			status = p.httpStatus()
		}
		if status == 0 {
			status = http.StatusOK
		}
		return &output{status, body}, nil
	})
	switch item := api.OpenAPI().Paths[op.Path]; op.Method {
	case http.MethodPost:
		item.Post.RequestBody = body
	case http.MethodPut:
		item.Put.RequestBody = body
	}
}
