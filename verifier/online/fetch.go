package online

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/hallmark-node/hallmark/internal/fault"
)

// Bounds of what is fetched.
const (
	MaxBody      = 8 << 20          // bytes of an answer, after decompression
	MaxTime      = 10 * time.Second // for a request with all its redirects
	MaxRedirects = 5
	MaxRequests  = 1000             // of one Fetcher
	MaxWaiting   = 10 * time.Minute // for all requests of one Fetcher: slow servers may have any number of names
	MaxURL       = 2048             // bytes
)

const (
	defaultFresh = time.Hour
	maxFailures  = 3        // of one host, which then is not asked again
	maxMemory    = 64 << 20 // bytes of answers that are held
	maxKnown     = 10_000   // answers and errors that are held
	userAgent    = "hallmark-verify (+https://github.com/hallmark-node/hallmark)"
)

// Kinds of errors. Each error of a [Fetcher] is one of these, and a sentence without a full
// stop that begins with the host.
var (
	// ErrRefused says that nobody was asked, since the address is one that is not asked.
	ErrRefused = errors.New("is not asked")
	// ErrUnreached says that no answer came, or only that the server cannot answer now.
	ErrUnreached = errors.New("could not be reached")
	// ErrAnswer says that there is an answer and that it is of no use.
	ErrAnswer = errors.New("gave an answer of no use")
)

// fetchError is a sentence and its kind.
type fetchError struct {
	text   string
	kind   error
	status int // of HTTP, if that is why
}

func (e *fetchError) Error() string { return e.text }
func (e *fetchError) Unwrap() error { return e.kind }

func errorf(kind error, format string, args ...any) error {
	return &fetchError{fmt.Sprintf(format, args...), kind, 0}
}

// StatusOf returns the status of HTTP that made an answer an [ErrAnswer]; 0 for other errors.
func StatusOf(err error) int {
	var own *fetchError
	if errors.As(err, &own) {
		return own.status
	}
	return 0
}

// Options are the options of a [Fetcher]. The zero value is the safe one, without a cache on
// disk.
type Options struct {
	// Cache is the folder of the answers, see [DefaultCache]. It is made when it is needed.
	// Empty: answers are only remembered as long as the Fetcher lives.
	Cache string
	// Fresh is how old an answer of the cache may be that is taken without asking; 0 stands
	// for an hour.
	Fresh time.Duration
	// Private lets addresses of private networks and of this machine be asked too, and
	// http:// on this machine, for issuers within one's own network and for tests.
	Private bool
	// Roots are the certificate authorities of servers; nil: those of the system.
	Roots *x509.CertPool
	// Resolver finds the addresses of names; nil: that of the system.
	Resolver *net.Resolver
	// Now tells the time; nil: the clock.
	Now func() time.Time
}

// Answer is what a server said. Its Body is shared: do not change it.
type Answer struct {
	Body   []byte
	Status int       // 200 or 410
	URL    string    // that the answer is of, after redirects
	Type   string    // its Content-Type, as the server has it
	At     time.Time // when it came, UTC, whole seconds
	Cached bool      // it was not asked for now
	Fault  error     // why a Cached one that is not fresh was taken: an [ErrUnreached]
}

// Fetcher gets documents by https. It asks only public addresses, which is checked for each
// connection when it is made: whatever a name resolves to by then, and wherever a redirect
// leads. It never uses a proxy, also where the environment names one, since a proxy would
// connect to addresses that cannot be seen from here. It is safe for concurrent use.
type Fetcher struct {
	opts   Options
	client *http.Client
	cache  *cache // nil: none

	mu      sync.Mutex             // guards the following
	asked   int                    // requests
	waited  time.Duration          // for their answers
	failed  map[string]int         // by host
	known   map[string]*remembered // by cacheKey
	held    int                    // bytes of bodies in known
	decoded map[string]decoded     // by the name of what it is
}

// remembered is the answer to a question that was asked, or is being asked.
type remembered struct {
	done   chan struct{} // closed once the others are set
	answer *Answer
	err    error
}

// stored reports whether the answer is one of the cache that was taken without asking.
func (r *remembered) stored() bool {
	select {
	case <-r.done:
		return r.answer != nil && r.answer.Cached && r.answer.Fault == nil
	default:
		return false
	}
}

// New returns a Fetcher.
func New(o Options) *Fetcher {
	if o.Fresh == 0 {
		o.Fresh = defaultFresh
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	f := &Fetcher{opts: o, failed: make(map[string]int), known: make(map[string]*remembered), decoded: make(map[string]decoded)}
	if o.Cache != "" {
		f.cache = &cache{folder: o.Cache, now: o.Now}
	}
	dialer := &net.Dialer{Timeout: MaxTime, Resolver: o.Resolver, ControlContext: f.control}
	f.client = &http.Client{
		CheckRedirect: f.redirect,
		Transport: &http.Transport{
			Proxy:                  nil,
			DialContext:            dialer.DialContext,
			TLSClientConfig:        &tls.Config{RootCAs: o.Roots, MinVersion: tls.VersionTLS12},
			ForceAttemptHTTP2:      true,
			MaxIdleConns:           16,
			IdleConnTimeout:        MaxTime,
			MaxResponseHeaderBytes: 64 << 10,
		},
	}
	return f
}

// control runs between the resolution of a name and the connection.
func (f *Fetcher) control(_ context.Context, _, address string, _ syscall.RawConn) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return errorf(ErrRefused, "its address is none")
	}
	if isPublic(at.Addr()) || f.opts.Private && isPrivate(at.Addr()) {
		return nil
	}
	return errorf(ErrRefused, "its address %s is not one of the public internet", at.Addr())
}

func (f *Fetcher) redirect(req *http.Request, via []*http.Request) error {
	if len(via) > MaxRedirects {
		return errorf(ErrAnswer, "it redirects more than %d times", MaxRedirects)
	}
	req.Header.Del("Referer")
	if err := f.check(req.URL); err != nil {
		return errorf(ErrRefused, "it redirects to an address that is not asked: %v", err)
	}
	if via[0].URL.Scheme == "https" && req.URL.Scheme != "https" {
		return errorf(ErrRefused, "it redirects from https to %s", req.URL.Scheme)
	}
	return nil
}

// check says why a URL is not asked for. Addresses are looked at by control.
func (f *Fetcher) check(u *url.URL) error {
	local := func() bool {
		ip, err := netip.ParseAddr(u.Hostname())
		return u.Hostname() == "localhost" || err == nil && ip.IsLoopback()
	}
	switch {
	case u.Scheme == "http" && f.opts.Private && local():
		return nil
	case u.Scheme != "https":
		return fmt.Errorf("only https:// is asked, and this is %.20q", u.Scheme+"://")
	case u.Hostname() == "":
		return errors.New("the address names no server")
	case u.User != nil:
		return errors.New("the address has a user name")
	}
	return nil
}

// Get returns what is at a URL: fresh from memory or the cache, else from the server, and if
// that cannot be reached from the cache all the same, with [Answer.Fault]. accept is the media
// types that are asked for, as in the HTTP header. Statuses other than 200 and 410 are errors.
func (f *Fetcher) Get(ctx context.Context, rawURL, accept string) (*Answer, error) {
	return f.fetch(ctx, rawURL, accept, f.opts.Fresh)
}

// Again is Get for who wants an answer that is newer than the one of the cache.
func (f *Fetcher) Again(ctx context.Context, rawURL, accept string) (*Answer, error) {
	return f.fetch(ctx, rawURL, accept, 0)
}

// fetch is Get with a bound on the age of an answer from the cache.
func (f *Fetcher) fetch(ctx context.Context, rawURL, accept string, fresh time.Duration) (*Answer, error) {
	if len(rawURL) > MaxURL {
		return nil, errorf(ErrRefused, "an address of %d bytes is not asked: it is too long", len(rawURL))
	}
	u, err := url.Parse(rawURL)
	if err != nil {
		return nil, errorf(ErrRefused, "%.100q is not asked: it is not a web address", rawURL)
	}
	if err := f.check(u); err != nil {
		return nil, errorf(ErrRefused, "%.100q is not asked: %v", rawURL, err)
	}
	u.Fragment, u.RawFragment = "", ""
	key := cacheKey(u.String(), accept)
	f.mu.Lock()
	r, ok := f.known[key]
	if ok && fresh == 0 && r.stored() {
		ok = false
	}
	if !ok {
		r = &remembered{done: make(chan struct{})}
		f.known[key] = r
	}
	f.mu.Unlock()
	if ok {
		select {
		case <-r.done:
			return r.answer, r.err
		case <-ctx.Done():
			return nil, errorf(ErrUnreached, "%s could not be reached (%v)", u.Host, ctx.Err())
		}
	}
	r.answer, r.err = f.get(ctx, u, accept, key, fresh)
	close(r.done)
	f.remember(ctx, key, r)
	return r.answer, r.err
}

// remember forgets others if too much is held, and r itself if it is only that the caller
// gave up.
func (f *Fetcher) remember(ctx context.Context, key string, r *remembered) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if ctx.Err() != nil || len(f.known) > maxKnown {
		delete(f.known, key)
		return
	}
	if r.answer == nil {
		return
	}
	f.held += len(r.answer.Body)
	if f.held <= maxMemory {
		return
	}
	for k, other := range f.known {
		select {
		case <-other.done:
			if other != r && other.answer != nil {
				delete(f.known, k)
			}
		default: // still being asked
		}
	}
	f.held = len(r.answer.Body)
}

func (f *Fetcher) get(ctx context.Context, u *url.URL, accept, key string, fresh time.Duration) (*Answer, error) {
	var old *Answer
	if f.cache != nil {
		old = f.cache.load(key)
	}
	if old != nil && f.opts.Now().Sub(old.At) < fresh {
		return old, nil
	}
	answer, err := f.admitted(ctx, u, accept)
	if err != nil {
		if old != nil && errors.Is(err, ErrUnreached) {
			old.Fault = err
			return old, nil
		}
		return nil, err
	}
	if f.cache != nil {
		f.cache.store(key, answer) // a cache that cannot be written only costs requests
	}
	return answer, nil
}

// admitted asks if the bounds on the number of requests let it.
func (f *Fetcher) admitted(ctx context.Context, u *url.URL, accept string) (*Answer, error) {
	f.mu.Lock()
	f.asked++
	asked, waited, failed := f.asked, f.waited, f.failed[u.Host]
	f.mu.Unlock()
	if waited > MaxWaiting {
		return nil, errorf(ErrUnreached, "%s could not be reached: servers were waited for %s already, and no more are asked", u.Host, MaxWaiting)
	}
	if asked > MaxRequests {
		return nil, errorf(ErrUnreached, "%s could not be reached: %d requests were made already, and no more are made at a time",
			u.Host, MaxRequests)
	}
	if failed >= maxFailures {
		return nil, errorf(ErrUnreached, "%s could not be reached: it failed %d times and is not asked again now", u.Host, failed)
	}
	begin := time.Now()
	answer, err := f.ask(ctx, u, accept)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.waited += time.Since(begin)
	if errors.Is(err, ErrUnreached) && ctx.Err() == nil {
		f.failed[u.Host]++
	}
	return answer, err
}

// ask makes one request with its redirects.
func (f *Fetcher) ask(ctx context.Context, u *url.URL, accept string) (*Answer, error) {
	ctx, cancel := context.WithTimeout(ctx, MaxTime)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, errorf(ErrRefused, "%.100q is not asked: it is not a web address", u.String())
	}
	req.Header.Set("User-Agent", userAgent)
	if accept != "" {
		req.Header.Set("Accept", accept)
	}
	resp, err := f.client.Do(req)
	if err != nil {
		return nil, unreached(ctx, u.Host, err)
	}
	defer resp.Body.Close()
	switch code := resp.StatusCode; {
	case code == http.StatusOK, code == http.StatusGone:
	case code >= 500, code == http.StatusTooManyRequests, code == http.StatusRequestTimeout:
		return nil, errorf(ErrUnreached, "%s cannot answer now (HTTP %d)", u.Host, code)
	default:
		return nil, &fetchError{fmt.Sprintf("%s answers HTTP %d", u.Host, code), ErrAnswer, code}
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, MaxBody+1))
	switch {
	case err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && strings.Contains(err.Error(), "gzip"):
		return nil, errorf(ErrAnswer, "%s gave an answer that cannot be decompressed", u.Host)
	case err != nil:
		return nil, unreached(ctx, u.Host, err)
	case len(body) > MaxBody:
		return nil, errorf(ErrAnswer, "%s gave an answer of more than %d MiB", u.Host, MaxBody>>20)
	}
	return &Answer{
		Body: body, Status: resp.StatusCode, URL: resp.Request.URL.String(), Type: resp.Header.Get("Content-Type"),
		At: f.opts.Now().UTC().Truncate(time.Second),
	}, nil
}

// unreached makes a sentence of an error of the HTTP client, which may hold one of ours.
func unreached(ctx context.Context, host string, err error) error {
	var own *fetchError
	var name *net.DNSError
	var cert *tls.CertificateVerificationError
	switch {
	case errors.As(err, &own):
		return errorf(own.kind, "%s %s: %s", host, own.kind, own.text)
	case errors.As(err, &name) && name.IsNotFound:
		return errorf(ErrUnreached, "%s could not be reached: there is no such name", host)
	case errors.As(err, &cert):
		return errorf(ErrUnreached, "%s could not be reached: its certificate is not to be relied on (%v)", host, cert.Err)
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return errorf(ErrUnreached, "%s could not be reached: no answer within %s", host, MaxTime)
	}
	return errorf(ErrUnreached, "%s could not be reached (%v)", host, fault.WithoutURL(err))
}
