package webhook

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/hallmark-node/hallmark/internal/fault"
)

// Bounds of what is read of an answer, in bytes. Nothing in it is used.
const (
	maxHeader = 32 << 10
	maxAnswer = 64 << 10 // more than that is not waited for to use a connection again
)

// maxRetryAfter bounds how long a server may ask to be left alone.
const maxRetryAfter = time.Hour

// Lengths of a secret in bytes, as Standard Webhooks has them.
const (
	minSecret    = 24
	maxSecret    = 64
	secretPrefix = "whsec_"
)

// ParseSecret reads a secret: "whsec_" and 24 to 64 bytes in base64. The error does not
// repeat it.
func ParseSecret(text string) ([]byte, error) {
	encoded, ok := strings.CutPrefix(text, secretPrefix)
	secret, err := base64.StdEncoding.DecodeString(encoded)
	if !ok || err != nil || len(secret) < minSecret || len(secret) > maxSecret {
		return nil, fmt.Errorf("this is no secret: want %s and %d to %d random bytes in base64, as from: echo %s$(openssl rand -base64 32)",
			secretPrefix, minSecret, maxSecret, secretPrefix)
	}
	return secret, nil
}

// newClient returns a client that goes nowhere else than it is told: what is signed for one
// server is not for another.
func newClient(timeout time.Duration) *http.Client {
	return &http.Client{
		Timeout:       timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			Proxy: http.ProxyFromEnvironment, TLSHandshakeTimeout: timeout, MaxResponseHeaderBytes: maxHeader,
			IdleConnTimeout: time.Minute, MaxIdleConnsPerHost: atOnce, ForceAttemptHTTP2: true,
		},
	}
}

// result is what came of an attempt. The zero value is success.
type result struct {
	fault  string // in a few words; empty: it got through
	unwell bool   // the server would not have taken another event either
	gone   bool   // it wants no more

	wait time.Duration // for which it asks, if it is not well
}

func (r result) ok() bool { return r.fault == "" }

// Sender makes requests of one server's. Its methods may be called by many goroutines.
type Sender struct {
	url     string
	secrets [][]byte
	http    *http.Client
}

// NewSender returns a sender for the server that config names.
func NewSender(config Config) (*Sender, error) { return newSender(config, meant.answer) }

func newSender(config Config, answer time.Duration) (*Sender, error) {
	u, err := url.Parse(config.URL)
	if err != nil || u.Hostname() == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, errors.New("the webhook is not a URL: want http:// or https:// and a host") // it may hold a secret
	}
	if len(config.Secrets) == 0 {
		return nil, errors.New("the webhook has no secret: receivers could not tell who sends")
	}
	return &Sender{config.URL, config.Secrets, newClient(answer)}, nil
}

// host names the server without what may be secret.
func (s *Sender) host() string {
	u, err := url.Parse(s.url)
	if err != nil { // newSender has parsed it
		return ""
	}
	return u.Host
}

// Send sends one event once, whose id is the same at each attempt and has no full stop in it. An
// error says why it did not get through, without the URL.
func (s *Sender) Send(ctx context.Context, id string, body any) error {
	if r := s.send(ctx, id, body); !r.ok() {
		return errors.New(r.fault)
	}
	return nil
}

// sendAll makes the requests of a round.
func (h *Webhook) sendAll(ctx context.Context, events []event) []result {
	results := make([]result, len(events))
	var all sync.WaitGroup
	for i := range events {
		all.Go(func() { results[i] = h.sender.send(ctx, events[i].name(), events[i].body) })
	}
	all.Wait()
	return results
}

// send makes one request.
func (s *Sender) send(ctx context.Context, id string, event any) result {
	body, err := json.Marshal(event)
	if err != nil {
		return result{fault: "it cannot be encoded: " + err.Error()}
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url, bytes.NewReader(body))
	if err != nil {
		return result{fault: "the URL cannot be used", unwell: true} // New has parsed it
	}
	now := strconv.FormatInt(time.Now().Unix(), 10)
	for name, value := range map[string]string{
		"Content-Type": "application/json", "User-Agent": "hallmark",
		"webhook-id": id, "webhook-timestamp": now, "webhook-signature": sign(s.secrets, id, now, body),
	} {
		request.Header.Set(name, value)
	}
	response, err := s.http.Do(request)
	if err != nil {
		return result{fault: fault.WithoutURL(err).Error(), unwell: true}
	}
	_, _ = io.CopyN(io.Discard, response.Body, maxAnswer) // so that the connection can be used again
	_ = response.Body.Close()
	r := answered(response.StatusCode)
	if seconds, err := strconv.ParseUint(response.Header.Get("Retry-After"), 10, 16); err == nil {
		r.wait = min(time.Duration(seconds)*time.Second, maxRetryAfter)
	}
	return r
}

// sign returns the header webhook-signature: a signature with each secret.
func sign(secrets [][]byte, id, timestamp string, body []byte) string {
	signatures := make([]string, len(secrets))
	for i, secret := range secrets {
		mac := hmac.New(sha256.New, secret)
		_, _ = fmt.Fprintf(mac, "%s.%s.%s", id, timestamp, body) // a hash takes everything
		signatures[i] = "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
	}
	return strings.Join(signatures, " ")
}

// answered says what a status means.
func answered(status int) result {
	what := strings.TrimSpace(fmt.Sprintf("it answered %d %s", status, http.StatusText(status)))
	switch {
	case status/100 == 2:
		return result{}
	case status == http.StatusGone:
		return result{fault: what, gone: true}
	case status/100 == 3:
		what += ", and redirects are not followed: name the URL that it leads to"
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		what += ": compare its secret with the one of this node"
	}
	switch status {
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return result{fault: what, unwell: true}
	}
	return result{fault: what}
}

// faultOf is a fault with what to do, as one sentence.
func (h *Webhook) faultOf(r result) string {
	if r.gone {
		return fmt.Sprintf("the webhook at %s wants no more events (410): start the node again to try once more, or remove the setting", h.host)
	}
	return fmt.Sprintf("the webhook at %s does not take events: %s; they are kept and sent again", h.host, r.fault)
}
