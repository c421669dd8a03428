package api

import (
	"mime"
	"net"
	"net/http"
	"net/netip"
	"time"

	"github.com/hashicorp/golang-lru/v2"
	"golang.org/x/sync/semaphore"
	"golang.org/x/time/rate"

	"github.com/hallmark-node/hallmark/anchor"
)

// How much of a body is read. Submissions beyond maxJSON go in the binary form; a
// status list of [anchor.MaxStatusItems] fits into maxStatusJSON.
const (
	maxJSON       = 8 << 20
	maxStatusJSON = 96 << 20
	maxBodies     = 256 << 20 // of all requests under way
)

// answerTime is how long the sending of an answer may take.
const answerTime = 5 * time.Minute

// limits keeps each client from taking more than its share: of requests, of memory
// for bodies, and of time.
type limits struct {
	config  Config
	bodies  *semaphore.Weighted                     // bytes
	clients *lru.Cache[netip.Prefix, *rate.Limiter] // locks itself
}

func newLimits(config Config) *limits {
	clients, err := lru.New[netip.Prefix, *rate.Limiter](1 << 16)
	if err != nil { // the size is positive
		panic(err)
	}
	return &limits{config, semaphore.NewWeighted(maxBodies), clients}
}

func (l *limits) wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if p := l.spend(r.RemoteAddr); p != nil {
			writeProblem(w, p)
			return
		}
		control := http.NewResponseController(w)
		_ = control.SetWriteDeadline(time.Now().Add(answerTime)) // every net/http connection can
		if r.Body != nil && r.Body != http.NoBody {
			limit := bodyLimit(r)
			if r.ContentLength > limit {
				// Unread, so the connection cannot be used again.
				w.Header().Set("Connection", "close")
				writeProblem(w, bodyProblem("", &http.MaxBytesError{Limit: limit}))
				return
			}
			size := limit
			if r.ContentLength >= 0 {
				size = r.ContentLength
			}
			if !l.bodies.TryAcquire(size) {
				w.Header().Set("Connection", "close")
				p := problem(http.StatusServiceUnavailable, "the node is reading as many bodies as it can hold: try again later")
				p.RetryAfter = anchor.RetryAfter
				writeProblem(w, p)
				return
			}
			defer l.bodies.Release(size)
			_ = control.SetReadDeadline(time.Now().Add(l.config.BodyTime + time.Duration(size>>16)*time.Second))
			r.Body = http.MaxBytesReader(w, r.Body, limit)
		}
		next.ServeHTTP(w, r)
	})
}

func bodyLimit(r *http.Request) int64 {
	if media, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); media == SubmissionType {
		return MaxSubmissionSize
	}
	if r.Method == http.MethodPut { // only status lists are put
		return maxStatusJSON
	}
	return maxJSON
}

// spend counts a request of a client, and refuses it if there were too many. An
// IPv6 client is its /64: it has all the addresses there.
func (l *limits) spend(remote string) *Problem {
	if l.config.Rate < 0 {
		return nil
	}
	host, _, err := net.SplitHostPort(remote)
	if err != nil {
		return nil // not a TCP connection: a test or a local socket
	}
	addr, err := netip.ParseAddr(host)
	if err != nil || addr.Unmap().IsLoopback() {
		return nil
	}
	addr = addr.Unmap().WithZone("")
	bits := 32
	if addr.Is6() {
		bits = 64
	}
	client, err := addr.Prefix(bits)
	if err != nil {
		return nil
	}
	limiter := rate.NewLimiter(rate.Limit(l.config.Rate), int(4*l.config.Rate)+1)
	if known, ok, _ := l.clients.PeekOrAdd(client, limiter); ok {
		limiter = known
		l.clients.Get(client) // mark as recently used
	}
	if limiter.Allow() {
		return nil
	}
	p := problem(http.StatusTooManyRequests, "too many requests from %s: wait, or send fewer and larger submissions", host)
	p.RetryAfter = time.Second
	return p
}
