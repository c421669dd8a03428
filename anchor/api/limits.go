package api

import (
	"errors"
	"io"
	"net/http"
	"net/netip"
	"time"

	"github.com/hashicorp/golang-lru/v2"
	"golang.org/x/sync/semaphore"
	"golang.org/x/time/rate"
)

// How much of a body is read. Submissions beyond maxJSON go in the binary form; a
// status list of [verifier.MaxStatusItems] fits into maxStatusJSON.
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
	return &limits{config, semaphore.NewWeighted(config.bodies), clients}
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
			_ = control.SetReadDeadline(time.Now().Add(l.config.BodyTime + time.Duration(size>>16)*time.Second))
			body := &budgeted{ReadCloser: http.MaxBytesReader(w, r.Body, limit), budget: l.bodies}
			defer body.release()
			r.Body = body
		}
		next.ServeHTTP(w, r)
	})
}

// errBodies ends the reading of a body for which there is no memory now.
var errBodies = errors.New("the node is reading as many bodies as it can hold: try again later")

// budgetStep is how much of the budget a body takes at a time.
const budgetStep = 1 << 20

// budgeted is a body that takes its share of the budget as it arrives, so that
// nobody holds much of it without having sent as much.
type budgeted struct {
	io.ReadCloser
	budget     *semaphore.Weighted
	read, held int64
}

func (b *budgeted) Read(p []byte) (int, error) {
	if b.read == b.held {
		if !b.budget.TryAcquire(budgetStep) {
			return 0, errBodies
		}
		b.held += budgetStep
	}
	n, err := b.ReadCloser.Read(p[:min(int64(len(p)), b.held-b.read)])
	b.read += int64(n)
	return n, err
}

// release gives the share back, once what was read is no longer needed.
func (b *budgeted) release() { b.budget.Release(b.held) }

func bodyLimit(r *http.Request) int64 {
	if mediaType(r.Header.Get("Content-Type")) == SubmissionType {
		return MaxSubmissionSize
	}
	if r.Method == http.MethodPut { // only status lists are put
		return maxStatusJSON
	}
	return maxJSON
}

// spend counts a request of a client, and refuses it if there were too many.
func (l *limits) spend(remote string) *Problem {
	client, ok := clientOf(remote)
	if !ok || l.config.Rate < 0 {
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
	p := problem(http.StatusTooManyRequests, "too many requests from %s: wait, or send fewer and larger submissions", client.Addr())
	p.RetryAfter = time.Second
	return p
}

// clientOf returns who stands behind a remote address, if it is one that is limited.
// An IPv6 client is its /64: it has all the addresses there.
func clientOf(remote string) (netip.Prefix, bool) {
	from, err := netip.ParseAddrPort(remote)
	addr := from.Addr().Unmap().WithZone("")
	if err != nil || addr.IsLoopback() {
		return netip.Prefix{}, false
	}
	bits := 32
	if addr.Is6() {
		bits = 64
	}
	client, err := addr.Prefix(bits)
	return client, err == nil
}
