// Package endpoint speaks JSON-RPC to one HTTP server that may fail in any way and
// whose URL may hold secrets. [Dial] makes an [Endpoint]; what it answers is
// bounded, and its errors tell an outage from an answer and repeat no secret.
package endpoint

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/ethereum/go-ethereum/rpc"
)

// Endpoint is one server. It is safe for concurrent use.
type Endpoint struct {
	// Host is the host of the URL, with its port: for people to tell servers apart.
	Host string

	secrets []string // parts of the URL that may be secret
	rpc     *rpc.Client
	http    *http.Client
}

var errURL = errors.New("the URL cannot be used: want http:// or https:// and a host")

// Dial makes an endpoint for a URL. Nothing is sent yet. A request takes no longer
// than timeout.
func Dial(address string, timeout time.Duration) (*Endpoint, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, errURL // which may hold a secret, so it is not repeated
	}
	e := &Endpoint{Host: u.Host, secrets: secrets(u), http: &http.Client{Transport: newTransport(), Timeout: timeout}}
	if e.rpc, err = rpc.DialOptions(context.Background(), address, rpc.WithHTTPClient(e.http)); err != nil {
		return nil, errURL
	}
	return e, nil
}

// Close ends the endpoint.
func (e *Endpoint) Close() {
	e.rpc.Close()
	e.http.CloseIdleConnections()
}

// Call makes one call. The result may be a pointer to a pointer, which is nil where
// the server answers null; null for anything else is no answer.
func (e *Endpoint) Call(ctx context.Context, result any, method string, args ...any) error {
	var raw json.RawMessage
	err := e.rpc.CallContext(ctx, &raw, method, args...)
	if err == nil {
		err = decode(raw, result)
	}
	return e.understand(ctx, err)
}

// Batch makes several calls in one request. All must succeed; their results are
// as with [Endpoint.Call].
func (e *Endpoint) Batch(ctx context.Context, calls []rpc.BatchElem) error {
	raw := make([]json.RawMessage, len(calls))
	calls = slices.Clone(calls)
	results := make([]any, len(calls))
	for i := range calls {
		results[i], calls[i].Result = calls[i].Result, &raw[i]
	}
	err := e.rpc.BatchCallContext(ctx, calls)
	for i := range calls {
		if err == nil {
			err = calls[i].Error
		}
		if err == nil {
			err = decode(raw[i], results[i])
		}
	}
	return e.understand(ctx, err)
}

func decode(raw json.RawMessage, result any) error {
	if len(raw) == 0 || string(raw) == "null" && reflect.TypeOf(result).Elem().Kind() != reflect.Pointer {
		return rpc.ErrNoResult
	}
	return json.Unmarshal(raw, result)
}

// secrets returns the parts of a URL that must stay secret.
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

// maxMessage bounds what is repeated of a server's words, in bytes.
const maxMessage = 300

// Redact makes a server's words fit for a log: no secret of the URL, and [OneLine].
func (e *Endpoint) Redact(text string) string {
	for _, secret := range e.secrets {
		text = strings.ReplaceAll(text, secret, "***")
	}
	return OneLine(text)
}

// OneLine makes a stranger's words fit for a log: one line, bounded.
func OneLine(text string) string {
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
