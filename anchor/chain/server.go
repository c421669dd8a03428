package chain

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/rpc"
	"golang.org/x/sync/singleflight"

	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// server is one RPC server. It keeps count of how it does, and decides nothing.
type server struct {
	name    string   // host, for people
	secrets []string // parts of the URL that may be secret
	rpc     *rpc.Client
	http    *http.Client

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
	wrong       string      // which other chain it speaks for
	agreed      merkle.Hash // final block that it was last found to agree with
	dispute     string      // what it disagrees about with another server
	disputes    uint64
}

func newServer(address string) (*server, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		// The URL may hold a secret, so it is not repeated.
		return nil, errors.New("the RPC URL cannot be used: want http:// or https:// and a host")
	}
	s := &server{name: u.Host, secrets: secrets(u), http: &http.Client{Transport: newTransport(), Timeout: timeout}}
	if s.rpc, err = rpc.DialOptions(context.Background(), address, rpc.WithHTTPClient(s.http)); err != nil {
		return nil, errors.New("the RPC URL cannot be used: want http:// or https:// and a host")
	}
	return s, nil
}

func (s *server) close() {
	s.rpc.Close()
	s.http.CloseIdleConnections()
}

// secrets returns the parts of a URL that nobody else should see.
func secrets(u *url.URL) (list []string) {
	add := func(part string) {
		for _, form := range []string{part, url.PathEscape(part), url.QueryEscape(part)} {
			// Short ones are words such as v1 and rpc, and would hit half of a message.
			if len(form) > 4 {
				list = append(list, form)
			}
		}
	}
	add(u.User.Username())
	if password, ok := u.User.Password(); ok {
		add(password)
	}
	for part := range strings.SplitSeq(u.Path, "/") {
		add(part)
	}
	add(u.RawQuery)
	for _, values := range u.Query() {
		for _, v := range values {
			add(v)
		}
	}
	// The longest first: one may be part of another.
	slices.SortFunc(list, func(a, b string) int { return len(b) - len(a) })
	return slices.Compact(list)
}

// maxMessage bounds what is repeated of a server's words.
const maxMessage = 300

// redact makes a server's words fit for a log: no secret, one line, bounded.
func (s *server) redact(text string) string {
	for _, secret := range s.secrets {
		text = strings.ReplaceAll(text, secret, "***")
	}
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == unicode.ReplacementChar {
			return ' '
		}
		return r
	}, text)
	if len(text) > maxMessage {
		text = strings.ToValidUTF8(text[:maxMessage], "") + "…"
	}
	return text
}

// call makes one request. The result may be a pointer to a pointer, which is nil
// where the server answers null; null for anything else is no answer.
func (s *server) call(ctx context.Context, result any, method string, args ...any) error {
	var raw json.RawMessage
	err := s.measure(ctx, method, func(ctx context.Context) error {
		if err := s.rpc.CallContext(ctx, &raw, method, args...); err != nil {
			return err
		}
		return decode(raw, result)
	})
	return err
}

func decode(raw json.RawMessage, result any) error {
	if len(raw) == 0 || string(raw) == "null" && reflect.TypeOf(result).Elem().Kind() != reflect.Pointer {
		return rpc.ErrNoResult
	}
	return json.Unmarshal(raw, result)
}

// maxBatch is how many calls go into one request.
const maxBatch = 50

// calls makes several calls at once. All must succeed.
func (s *server) calls(ctx context.Context, batch []rpc.BatchElem) error {
	for some := range slices.Chunk(batch, maxBatch) {
		err := s.measure(ctx, some[0].Method, func(ctx context.Context) error {
			raw := make([]json.RawMessage, len(some))
			elems := slices.Clone(some)
			for i := range elems {
				elems[i].Result = &raw[i]
			}
			if err := s.rpc.BatchCallContext(ctx, elems); err != nil {
				return err
			}
			for i, e := range elems {
				if e.Error != nil {
					return e.Error
				}
				if err := decode(raw[i], some[i].Result); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// JSON-RPC error codes that say nothing of the server's state.
const (
	codeNoMethod = -32601
	codeReverted = 3
)

// measure makes a request, bounds its time, and notes how it went.
func (s *server) measure(ctx context.Context, method string, request func(context.Context) error) error {
	bounded, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	begin := time.Now()
	err := request(bounded)
	if err == nil {
		s.well(time.Since(begin))
		return nil
	}
	var status *statusError
	var wait time.Duration
	if errors.As(err, &status) {
		wait = status.retryAfter
	}
	switch err = s.understand(ctx, err); {
	case errors.Is(err, ErrOutage):
		s.fail(err, wait)
	case ctx.Err() == nil:
		s.well(time.Since(begin)) // it answers, if not what was hoped for
		if e := (*answerError)(nil); errors.As(err, &e) && e.code != codeNoMethod && e.code != codeReverted {
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

// fail notes that there was no answer, or none that makes sense. wait is how long
// the server wants to be left alone.
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

// doubt has the server's identity checked before it is used again.
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

// identify asks which chain the server speaks for.
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
	err := lie(format, args...)
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
