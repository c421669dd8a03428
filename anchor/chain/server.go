package chain

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/rpc"
	"golang.org/x/sync/singleflight"

	"github.com/hallmark-node/hallmark/anchor/internal/endpoint"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// timeout bounds one request to one server.
const timeout = 20 * time.Second

// server is one RPC server. It counts how its requests go, and decides nothing.
type server struct {
	*endpoint.Endpoint
	name    string        // host, numbered where two are alike
	timeout time.Duration // of one request

	admission singleflight.Group // of the check of its identity
	survey    sync.Mutex         // held while it is surveyed; only ever tried

	mu     sync.Mutex
	record record
}

// record is what is known of a server.
type record struct {
	id      ID        // what it says it is, zero until asked
	checked time.Time // when it was asked; zero once something went wrong since

	latency  time.Duration // moving average of answered requests
	requests uint64
	failed   uint64
	failures int // in a row
	lastErr  string
	errAt    time.Time
	lastGood time.Time
	avoid    time.Time // not preferred before
	closed   time.Time // not asked at all before: it said so
	lies     int       // answers that did not hold, lately
	liedAt   time.Time

	head, final Block
	headAt      time.Time
	wrong       string      // which other chain it reports; empty: none
	agreed      merkle.Hash // final block that it was last found to agree with
	dispute     string      // what it disagrees about with another server
	disputes    uint64
}

func newServer(address string, timeout time.Duration) (*server, error) {
	e, err := endpoint.Dial(address, timeout)
	if err != nil {
		return nil, fmt.Errorf("RPC server: %w", err)
	}
	return &server{Endpoint: e, name: e.Host, timeout: timeout}, nil
}

// call makes one call, as [endpoint.Endpoint.Call].
func (s *server) call(ctx context.Context, result any, method string, args ...any) error {
	return s.measure(ctx, method, func(ctx context.Context) error { return s.Call(ctx, result, method, args...) })
}

// maxBatch is how many calls go into one request.
const maxBatch = 50

// calls makes several calls at once. All must succeed.
func (s *server) calls(ctx context.Context, batch []rpc.BatchElem) error {
	for some := range slices.Chunk(batch, maxBatch) {
		err := s.measure(ctx, some[0].Method, func(ctx context.Context) error { return s.Batch(ctx, some) })
		if err != nil {
			return err
		}
	}
	return nil
}

// measure makes a request, bounds its time, and notes how it went.
func (s *server) measure(ctx context.Context, method string, request func(context.Context) error) error {
	bounded, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	begin := time.Now()
	err := request(bounded)
	if err == nil {
		s.well(time.Since(begin))
		return nil
	}
	var status *endpoint.StatusError
	var answer *endpoint.AnswerError
	switch {
	case ctx.Err() != nil: // the caller gave up, which says nothing about the server
	case errors.As(err, &status):
		s.fail(err, status.RetryAfter)
	case errors.Is(err, ErrOutage):
		s.fail(err, 0)
	default:
		s.well(time.Since(begin)) // an error, but an answer
		if errors.As(err, &answer) && answer.Code != endpoint.CodeNoMethod && answer.Code != endpoint.CodeReverted {
			s.doubt()
		}
	}
	return fmt.Errorf("RPC server %s: %s: %w", s.name, method, err)
}

// well notes an answer.
func (s *server) well(took time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := &s.record
	r.requests++
	r.failures, r.avoid, r.closed, r.lastGood = 0, time.Time{}, time.Time{}, time.Now()
	if r.latency == 0 {
		r.latency = took
	}
	r.latency += (took - r.latency) / 8
}

// Bounds of how long a server that fails is not preferred.
const (
	minAvoid = time.Second
	maxAvoid = time.Minute
)

// fail notes that there was no answer, or none that makes sense. wait is what its
// Retry-After says, zero without one.
func (s *server) fail(err error, wait time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	r := &s.record
	r.requests++
	r.failed++
	r.failures++
	r.lastErr, r.errAt, r.checked = err.Error(), now, time.Time{}
	r.avoid = now.Add(min(minAvoid<<min(r.failures-1, 10), maxAvoid))
	if wait > 0 {
		r.closed = now.Add(wait)
	}
}

// doubt makes [pool.admit] check the server before it is used again.
func (s *server) doubt() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.record.checked = time.Time{}
}

// get returns a copy of the record.
func (s *server) get() record {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.record
}

// set changes the record.
func (s *server) set(change func(*record)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(&s.record)
}

// identify asks which chain the server is of.
func (s *server) identify(ctx context.Context) (ID, error) {
	var id hexutil.Uint64
	if err := s.call(ctx, &id, "eth_chainId"); err != nil {
		return ID{}, err
	}
	genesis, err := s.block(ctx, "0x0")
	if err != nil {
		return ID{}, err
	}
	if genesis.Number != 0 {
		return ID{}, s.lied("asked for block 0, got %d", genesis.Number)
	}
	got := ID{verifier.ChainID(id), genesis.Hash}
	s.set(func(r *record) { r.id, r.checked = got, time.Now() })
	return got, nil
}

// Bounds of how long a server that lied is not preferred, however well it answers,
// and after which time its lies are forgotten.
const (
	minDistrust = 10 * time.Second
	maxDistrust = 10 * time.Minute
	forgive     = time.Hour
)

// lied notes an answer that cannot be true, and returns it as an error.
func (s *server) lied(format string, args ...any) error {
	err := lieError(fmt.Sprintf(format, args...))
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	r := &s.record
	if now.Sub(r.liedAt) > forgive {
		r.lies = 0
	}
	r.lies++
	r.failed++
	r.liedAt, r.lastErr, r.errAt, r.checked = now, err.Error(), now, time.Time{}
	return fmt.Errorf("RPC server %s: %w", s.name, err)
}

// distrusted returns until when the server is not preferred for its lies.
func (r *record) distrusted() time.Time {
	if r.lies == 0 {
		return time.Time{}
	}
	return r.liedAt.Add(min(minDistrust<<min(r.lies-1, 10), maxDistrust))
}
