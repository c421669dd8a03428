package api

import (
	"errors"
	"net/http"
	"net/netip"
	"strings"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/time/rate"

	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/verifier"
)

// answerTime is how long the sending of an answer may take.
const answerTime = 5 * time.Minute

// siteRate is how many times as many requests as one client an IPv6 /48 may make: it
// may be a provider with many of them, or one who has them all.
const siteRate = 8

// askCost is what a request counts for that may make the node ask a chain's server,
// which has limits of its own, or verify a credential.
const askCost = 5

// fileCost is what the page counts for that is one file: 6 MB are put together and compressed each time.
const fileCost = 20

// Event streams at once. Each costs the node some 70 KB.
const (
	maxStreams   = 1000
	clientStream = 50
)

// Badges that are sent at once, in bytes: each is held until its client has it.
const (
	maxFiles    = 128 << 20
	clientFiles = 32 << 20
)

// limits keeps each client from taking more than its share: of requests, of memory
// for bodies, of connections that last, and of time.
type limits struct {
	config  Config
	bodies  *shares                                 // bytes
	open    *shares                                 // bodies
	streams *shares                                 // of events
	lists   *shares                                 // entries of status lists in answers
	files   *shares                                 // bytes of badges that are sent
	gateway *shares                                 // answers with blocks
	clients *lru.Cache[netip.Prefix, *rate.Limiter] // locks itself
}

func newLimits(config Config) *limits {
	clients, err := lru.New[netip.Prefix, *rate.Limiter](1 << 16)
	if err != nil { // the size is positive
		panic(err)
	}
	return &limits{
		config: config, clients: clients,
		bodies:  newShares(config.bodies, min(clientBody, config.bodies)),
		open:    newShares(maxOpen, clientOpen),
		streams: newShares(maxStreams, clientStream),
		lists:   newShares(2*verifier.MaxStatusItems, verifier.MaxStatusItems),
		files:   newShares(maxFiles, clientFiles),
		gateway: newShares(maxGateway, clientGateway),
	}
}

func (l *limits) wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		from := remoteOf(r, l.config.Proxies)
		if p := l.spend(from, costOf(r)); p != nil {
			writeProblem(w, p)
			return
		}
		control := http.NewResponseController(w)
		_ = control.SetWriteDeadline(time.Now().Add(answerTime)) // every net/http connection can
		if strings.HasSuffix(r.URL.Path, "/events") {            // also with a body, which nobody reads
			if err := l.streams.take(from, 1, 0, errOwnStreams, errStreams); err != nil {
				w.Header().Set("Connection", "close")
				writeProblem(w, bodyProblem("", err))
				return
			}
			defer l.streams.give(from, 1)
		}
		if r.Body != nil && r.Body != http.NoBody {
			limit := bodyLimit(r)
			var err error
			if r.ContentLength > limit {
				err = &http.MaxBytesError{Limit: limit}
			} else {
				err = l.open.take(from, 1, 0, errOwnBody, errBodies)
			}
			if err != nil {
				// Unread, so the connection cannot be used again.
				w.Header().Set("Connection", "close")
				writeProblem(w, bodyProblem("", err))
				return
			}
			defer l.open.give(from, 1)
			body := newBody(http.MaxBytesReader(w, r.Body, limit), control, l, from, isBinary(r) || isForm(r) || isVerify(r))
			defer body.release()
			r.Body = body
		}
		next.ServeHTTP(w, r)
	})
}

func isBinary(r *http.Request) bool {
	return mediaType(r.Header.Get("Content-Type")) == client.SubmissionType
}

func isForm(r *http.Request) bool { return mediaType(r.Header.Get("Content-Type")) == formType }

// isVerify reports whether a request is to be verified: its values may be long, and white space
// in it counts until it is known what it is.
func isVerify(r *http.Request) bool { return r.URL.Path == "/v1/verify" }

func bodyLimit(r *http.Request) int64 {
	switch {
	case strings.HasPrefix(r.URL.Path, "/v1/shares/"):
		return maxShareUpload
	case isBinary(r):
		return client.MaxSubmissionSize
	case isVerify(r):
		return maxVerify
	case r.Method == http.MethodPut: // a status list
		return maxStatusJSON
	}
	return maxJSON
}

// costOf returns how much a request counts for.
func costOf(r *http.Request) int {
	if r.URL.Path == "/verify.html" {
		return fileCost
	}
	if r.Method != http.MethodGet && strings.HasPrefix(r.URL.Path, "/v1/shares/") { // a badge is written, or files are without it
		return askCost
	}
	page, of := strings.CutPrefix(r.URL.Path, "/b/") // a page, or its card, looks at the chain
	of = of && page != "" && (!strings.Contains(page, "/") || strings.HasSuffix(page, "/card.png"))
	if of || isVerify(r) || strings.HasPrefix(r.URL.Path, "/v1/issuers/") || strings.Contains(r.URL.RawQuery, "fresh=") {
		return askCost
	}
	return 1
}

// spend counts a request of a client, and refuses it if there were too many.
func (l *limits) spend(from remote, cost int) *Problem {
	if from.free || l.config.Rate < 0 {
		return nil
	}
	own, site := from.networks()
	if allow(l.limiter(own, 1), cost) && (site == own || allow(l.limiter(site, siteRate), cost)) {
		return nil
	}
	return tooMany("too many requests from %s: wait, or send fewer and larger submissions", own.Addr())
}

// allow takes a cost from a limiter: what costs more than may come at once needs all of that.
func allow(l *rate.Limiter, cost int) bool { return l.AllowN(time.Now(), min(cost, l.Burst())) }

// limiter returns the one of a network, for times as many requests as one client may make.
func (l *limits) limiter(network netip.Prefix, times float64) *rate.Limiter {
	if known, ok := l.clients.Get(network); ok {
		return known
	}
	each := times * l.config.Rate
	limiter := rate.NewLimiter(rate.Limit(each), max(int(4*each)+1, askCost))
	if known, ok, _ := l.clients.PeekOrAdd(network, limiter); ok {
		return known
	}
	return limiter
}

// sendList sends an answer with status lists in it, of which few long ones are sent at
// once. It fails if there are as many already.
func (l *limits) sendList(r *http.Request, s *client.IssuerStatus, send func() error) error {
	n, spare := int64(len(s.Items)), int64(0)
	if s.Pending != nil {
		n += int64(len(s.Pending.Items))
	}
	if n > fewEntries {
		n, spare = min(n, verifier.MaxStatusItems), verifier.MaxStatusItems/4
	}
	from := remoteOf(r, l.config.Proxies)
	if err := l.lists.take(from, n, spare, errLists, errLists); err != nil {
		return err
	}
	defer l.lists.give(from, n)
	_ = send() // the client may have gone
	return nil
}

// fewEntries are those of a list that is not long.
const fewEntries = 10_000

var errLists = later(http.StatusServiceUnavailable,
	errors.New("the node is sending as many long status lists as it may at once: try again later"))

// sendFile sends an answer that holds a file of a size in memory, of which there are few at once.
func (l *limits) sendFile(r *http.Request, size uint64, send func() error) error {
	from := remoteOf(r, l.config.Proxies)
	if err := l.files.take(from, int64(size), 0, errFiles, errFiles); err != nil {
		return err
	}
	defer l.files.give(from, int64(size))
	return send()
}

var errFiles = later(http.StatusServiceUnavailable, errors.New("the node is sending as many files as it may at once: try again later"))

// tooMany refuses what a client may ask for again in a moment.
func tooMany(format string, args ...any) *Problem {
	p := problem(http.StatusTooManyRequests, format, args...)
	p.RetryAfter = time.Second
	return p
}
