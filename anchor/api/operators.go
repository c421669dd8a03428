package api

import (
	"crypto/sha256"
	"crypto/subtle"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/time/rate"
)

// What only operators see names servers that can be attacked, their errors, and how near the
// node is to the limits of its money and its disk. /readyz and /v1/info say what everybody
// needs: whether submissions are taken, and on what terms.

// operators decides who is one: a program on this machine, or who knows the password. Its
// methods may be called by many goroutines.
type operators struct {
	password *[sha256.Size]byte // SHA-256; nil: there is none
	proxies  []netip.Prefix
	failed   *lru.Cache[netip.Prefix, *rate.Limiter] // clients that gave a wrong one; locks itself
}

// Wrong passwords that a client may give: at once, and then a second.
const (
	wrongAtOnce    = 5
	wrongPerSecond = 0.2
)

func newOperators(config Config) *operators {
	failed, err := lru.New[netip.Prefix, *rate.Limiter](1 << 14)
	if err != nil { // the size is positive
		panic(err)
	}
	o := &operators{proxies: config.Proxies, failed: failed}
	if config.OpsPassword != "" {
		o.password = new(sha256.Sum256([]byte(config.OpsPassword)))
	}
	return o
}

// only lets operators alone come to a handler.
func (o *operators) only(next func(http.ResponseWriter, *http.Request) error) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		if p := o.check(r); p != nil {
			if p.Status == http.StatusUnauthorized {
				w.Header().Set("WWW-Authenticate", `Basic realm="Hallmark operator", charset="UTF-8"`)
			}
			return p
		}
		return next(w, r)
	}
}

// check returns why a request is not an operator's.
func (o *operators) check(r *http.Request) *Problem {
	if onThisMachine(r) {
		return nil
	}
	if o.password == nil {
		return problem(http.StatusForbidden, "this is for the node's operator: "+
			"ask on the machine that it runs on, at 127.0.0.1 or localhost, or start the node with --ops-password FILE")
	}
	_, given, ok := r.BasicAuth()
	if !ok {
		return problem(http.StatusUnauthorized, "this is for the node's operator: give the password, with any user name")
	}
	own, _ := remoteOf(r, o.proxies).networks()
	if limiter, ok := o.failed.Get(own); ok && limiter.Tokens() < 1 {
		return tooMany("too many wrong passwords from %s: wait a while", own.Addr())
	}
	sum := sha256.Sum256([]byte(given))
	if subtle.ConstantTimeCompare(sum[:], o.password[:]) == 1 {
		return nil
	}
	limiter := rate.NewLimiter(wrongPerSecond, wrongAtOnce)
	if known, ok, _ := o.failed.PeekOrAdd(own, limiter); ok {
		limiter = known
	}
	limiter.Allow()
	return problem(http.StatusUnauthorized, "that is not the operator's password of this node")
}

// proxyHeaders are what proxies add to requests, beside those that begin with X-Forwarded-.
var proxyHeaders = []string{"Forwarded", "Via", "X-Real-Ip", "X-Client-Ip", "True-Client-Ip", "Cdn-Loop", "Cf-Connecting-Ip"}

// onThisMachine reports whether a program on this machine asks for itself. What came through a
// proxy does not count, and neither does a browser that was sent here under another name by
// a page of that name.
func onThisMachine(r *http.Request) bool {
	if addr, ok := hop(r.RemoteAddr); ok && !addr.IsLoopback() {
		return false
	}
	if !r.ProtoAtLeast(1, 1) { // so asks nginx if it was told nothing else, and then it says nothing of itself
		return false
	}
	for name := range r.Header {
		if strings.HasPrefix(name, "X-Forwarded-") || slices.Contains(proxyHeaders, name) {
			return false
		}
	}
	host := r.Host
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	if host == "localhost" {
		return true
	}
	if n := len(host); n > 2 && host[0] == '[' {
		host = host[1 : n-1]
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback()
}
