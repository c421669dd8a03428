package client

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/ipfs/go-cid"

	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/credential"
	"github.com/hallmark-node/hallmark/internal/fault"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
	"github.com/hallmark-node/hallmark/verifier/static"
)

// Client talks to one node, or reads a folder of files in the place of one. It may be used by
// many goroutines at once. What a node answers is not verified: that is for the verifier package.
//
// An error is either a [*NodeError], what the node said of the request, or wraps
// [ErrUnreachable], when there was no such answer. A request that is refused with
// 429, 503 or 507 is repeated when the node says so, a few times and within reason.
type Client struct {
	base string        // without a trailing slash, user and password
	user *url.Userinfo // for what a node shows to its operator alone; nil: none
	http *http.Client

	apiKey string // with which it submits; empty: none

	limit time.Duration // for an exchange; see exchangeTime
	files folder        // whether the URL is that of a folder of files

	// Other in tests.
	most int64                                      // see maxAnswer
	poll time.Duration                              // see watchPoll
	wait func(context.Context, time.Duration) error // before a request is repeated
}

// ErrUnreachable says that no node answered. Nothing is known of whether it took
// the request; all requests may be repeated.
var ErrUnreachable = errors.New("cannot reach the node")

// NodeError is the refusal of a node.
type NodeError struct {
	Node   string // its URL
	Status int    // HTTP status
	Detail string // the node's sentence
}

func (e *NodeError) Error() string {
	return fmt.Sprintf("the node at %s refused (%d): %s", e.Node, e.Status, e.Detail)
}

// NotFound reports whether an error says that the node does not know what it was
// asked for.
func NotFound(err error) bool {
	var refused *NodeError
	return errors.As(err, &refused) && refused.Status == http.StatusNotFound
}

// How much is read of an answer, decompressed, and how often and how long a busy node is
// waited for. A status list of [verifier.MaxStatusItems] fits into
// maxAnswer.
const (
	maxAnswer   = 128 << 20
	maxOther    = 16 << 20 // any other answer
	maxProblem  = 64 << 10
	maxAttempts = 5
	maxWait     = 30 * time.Second
)

// How long an exchange may take, from the first attempt to the last byte, and what is
// added to that for its size: bytes a second of the slowest line.
const (
	exchangeTime = 10 * time.Minute // the node may have a million leaves to hash
	leastRate    = 32 << 10
)

// New returns a client for the node at a URL such as
// "https://node.example.org" or "http://127.0.0.1:8080". It does not connect yet. A password
// in the URL is the operator's, see [Client.Health].
func New(node string) (*Client, error) {
	u, err := url.Parse(node)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Hostname() == "" || u.RawQuery != "" || u.Fragment != "" {
		return nil, fmt.Errorf("%q is not the URL of a node: want http://host:port or https://host", node)
	}
	user := u.User
	u.User = nil // not in messages
	return &Client{
		base: strings.TrimRight(u.String(), "/"), user: user, limit: exchangeTime, most: maxAnswer, poll: watchPoll, wait: wait,
		http: &http.Client{Transport: newTransport(), CheckRedirect: sameServer},
	}, nil
}

func newTransport() *http.Transport {
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		TLSHandshakeTimeout:    10 * time.Second,
		ResponseHeaderTimeout:  2 * time.Minute, // the node may have a million leaves to hash
		MaxResponseHeaderBytes: maxProblem,
		IdleConnTimeout:        time.Minute,
		MaxIdleConnsPerHost:    8,
		ForceAttemptHTTP2:      true,
	}
}

// URL returns the node's URL without a trailing slash.
func (c *Client) URL() string { return c.base }

// Submit hands in a submission, in the binary form. When it returns without an
// error, the node has it on disk. The same submission again is no error and
// returns its present state.
func (c *Client) Submit(ctx context.Context, s *publish.Submission) (Status, error) {
	return c.SubmitShowing(ctx, s, func(int) {})
}

// SubmitShowing is [Client.Submit] that tells how far it is: sent is called with the
// number of leaves that have gone out since the call before. A request that is repeated
// counts from the beginning again.
func (c *Client) SubmitShowing(ctx context.Context, s *publish.Submission, sent func(leaves int)) (Status, error) {
	header := *s
	header.Leaves = nil
	head := AppendSubmission(nil, &header)
	size := int64(len(head) + len(s.Leaves)*merkle.Size)
	body := content{mediaType: SubmissionType, size: size, token: c.apiKey, open: func() io.Reader {
		return io.MultiReader(bytes.NewReader(head), &leafReader{rest: s.Leaves, sent: sent})
	}}
	return do[Status](ctx, c, http.MethodPost, "/v1/submissions", body)
}

// content is what a request carries. It may be sent several times.
type content struct {
	mediaType string // empty if it is nothing
	size      int64
	open      func() io.Reader
	token     string // by which the sender may do it; empty if that is open to all
}

// leafReader reads leaves, and tells how many it has passed on.
type leafReader struct {
	buf  []byte // to be read next
	rest []merkle.Hash
	sent func(leaves int)
}

func (r *leafReader) Read(p []byte) (int, error) {
	if len(r.buf) == 0 {
		n := min(len(r.rest), 1024)
		if n == 0 {
			return 0, io.EOF
		}
		r.buf, r.rest = publish.JoinHashes(r.rest[:n]), r.rest[n:]
		r.sent(n)
	}
	n := copy(p, r.buf)
	r.buf = r.buf[n:]
	return n, nil
}

// Status returns where a submission stands.
func (c *Client) Status(ctx context.Context, id merkle.Hash) (Status, error) {
	return get[Status](ctx, c, "/v1/submissions/"+id.String())
}

// Proof returns what the node can say of a leaf, final or not: see its State. Of
// several submissions with that leaf it takes the earliest final one, else the
// earliest. With fresh, the issuer's status is read from the chain again where that
// is possible.
func (c *Client) Proof(ctx context.Context, leaf merkle.Hash, fresh bool) (LeafProof, error) {
	return c.proof(ctx, merkle.Hash{}, leaf, fresh)
}

// ProofIn is [Client.Proof] for a leaf of the submission with an id: what completes
// a pending proof, also if others have submitted that leaf.
func (c *Client) ProofIn(ctx context.Context, submission, leaf merkle.Hash, fresh bool) (LeafProof, error) {
	return c.proof(ctx, submission, leaf, fresh)
}

func (c *Client) proof(ctx context.Context, submission, leaf merkle.Hash, fresh bool) (LeafProof, error) {
	f, err := c.folder(ctx)
	if err != nil {
		return LeafProof{}, err
	}
	if f != nil {
		return c.proofFrom(ctx, f, submission, leaf)
	}
	query := url.Values{}
	if !submission.IsZero() {
		query.Set("submission", submission.String())
	}
	if fresh {
		query.Set("fresh", "true")
	}
	return get[LeafProof](ctx, c, "/v1/proofs/"+leaf.String()+"?"+query.Encode())
}

// ProofByCredential returns the proof of a discoverable credential, one that was
// submitted with a zero salt. It is a pending proof until its submission is final.
func (c *Client) ProofByCredential(ctx context.Context, id cid.Cid, fresh bool) (*verifier.Proof, error) {
	f, err := c.folder(ctx)
	if err != nil {
		return nil, err
	}
	if f != nil {
		p, err := c.proofFrom(ctx, f, merkle.Hash{}, verifier.Leaf(id.Bytes(), merkle.Hash{}))
		return &verifier.Proof{Credential: id, Submission: p.Submission, Batch: p.Batch, Anchors: p.Anchors, Hints: p.Hints}, err
	}
	path := "/v1/proofs?credential=" + url.QueryEscape(id.String())
	if fresh {
		path += "&fresh=true"
	}
	status, data, err := c.fetch(ctx, http.MethodGet, path, content{})
	if err != nil {
		return nil, err
	}
	if status == http.StatusOK {
		proof, err := verifier.ParseProof(data)
		if err != nil {
			return nil, fmt.Errorf("answer of the node at %s: %w", c.base, err)
		}
		if proof.Credential != id || !proof.Salt.IsZero() {
			return nil, fmt.Errorf("the node at %s sent the proof of another credential", c.base)
		}
		return proof, nil
	}
	part, err := decode[LeafProof](c, data)
	if err != nil {
		return nil, err
	}
	return &verifier.Proof{Credential: id, Submission: part.Submission, Hints: part.Hints}, nil
}

// StatusList returns an issuer's status list in one registry (zero: the node's only
// one), beside what its chain says of the issuer.
func (c *Client) StatusList(ctx context.Context, home verifier.Home, issuer verifier.Address) (IssuerStatus, error) {
	f, err := c.folder(ctx)
	if err != nil {
		return IssuerStatus{}, err
	}
	if f != nil {
		return c.statusFrom(ctx, f, home, issuer)
	}
	path := "/v1/issuers/" + issuer.String() + "/status"
	if home != (verifier.Home{}) {
		path += "?home=" + url.QueryEscape(home.String())
	}
	return get[IssuerStatus](ctx, c, path)
}

// SetStatus hands in an issuer's new status list: with the controller's signature
// for the node to relay, or without one when the registry has it already. When it
// returns without an error the node has both on disk; [Client.AwaitIssuer] waits
// for the registry to have it too. The same update again changes nothing.
func (c *Client) SetStatus(ctx context.Context, u publish.StatusUpdate) error {
	return c.relay(ctx, http.MethodPut, u.Issuer, "status", &u)
}

// Retire hands in the signed statement that an issuer's key is not to be believed
// for later anchors; as [Client.SetStatus].
func (c *Client) Retire(ctx context.Context, r publish.Retirement) error {
	return c.relay(ctx, http.MethodPost, r.Issuer, "retire", &r)
}

// SetController hands in the signed statement that makes another address the controller
// of an issuer's status; as [Client.SetStatus].
func (c *Client) SetController(ctx context.Context, r publish.ControllerChange) error {
	return c.relay(ctx, http.MethodPost, r.Issuer, "controller", &r)
}

func (c *Client) relay(ctx context.Context, method string, issuer verifier.Address, what string, statement any) error {
	_, err := send[Relayed](ctx, c, method, issuerPath(issuer)+"/"+what, statement)
	return err
}

// Info returns what to know before a submission: registries, limits.
func (c *Client) Info(ctx context.Context) (Info, error) {
	_, data, err := c.fetch(ctx, http.MethodGet, "/"+static.InfoPath, content{})
	if err != nil {
		return Info{}, err
	}
	if _, err := static.ReadInfo(data); !errors.Is(err, static.ErrNotFolder) {
		return Info{}, c.errFolder("it takes nothing, and anchors nothing")
	}
	return decode[Info](c, data)
}

// Health returns what an operator needs to know. A node on another machine answers only
// with the operator's password.
func (c *Client) Health(ctx context.Context) (Health, error) {
	return get[Health](ctx, c, "/v1/status")
}

// Batches returns up to limit batches (1 to 1000) in the order of sealing, after
// the one numbered after: zero for the first, then Next of the page before.
func (c *Client) Batches(ctx context.Context, after uint64, limit int) (BatchPage, error) {
	return get[BatchPage](ctx, c, fmt.Sprintf("/v1/batches?after=%d&limit=%d", after, limit))
}

// Batch returns one batch by its root.
func (c *Client) Batch(ctx context.Context, root merkle.Hash) (Batch, error) {
	return get[Batch](ctx, c, "/v1/batches/"+root.String())
}

func get[T any](ctx context.Context, c *Client, path string) (T, error) {
	return do[T](ctx, c, http.MethodGet, path, content{})
}

// do makes a request and reads its JSON answer.
func do[T any](ctx context.Context, c *Client, method, path string, body content) (answer T, err error) {
	_, data, err := c.fetch(ctx, method, path, body)
	if err != nil {
		return answer, err
	}
	return decode[T](c, data)
}

// decode reads an answer. Members that this client does not know are those of a
// newer node, and ignored. What is about a submission must say how far that has come.
func decode[T any](c *Client, data []byte) (answer T, err error) {
	if err := json.Unmarshal(data, &answer); err != nil {
		return answer, fmt.Errorf("%w at %s: what answers there is not a Hallmark node", ErrUnreachable, c.base)
	}
	var state publish.State
	switch a := any(answer).(type) {
	case Status:
		state = a.State
	case LeafProof:
		state = a.State
	default:
		return answer, nil
	}
	switch state {
	case publish.Accepted, publish.Batched, publish.Broadcast, publish.Mined, publish.Final:
		return answer, nil
	}
	return answer, fmt.Errorf("the node at %s does not say how far the submission has come: "+
		"it is no Hallmark node, or one of another version", c.base)
}

// fetch makes a request, again while the node is busy, and returns a successful
// answer.
func (c *Client) fetch(ctx context.Context, method, path string, body content) (status int, data []byte, err error) {
	limit := c.limit + time.Duration(body.size/leastRate)*time.Second
	ctx, cancel := context.WithTimeoutCause(ctx, limit, errSlow)
	defer cancel()
	for attempt := 1; ; attempt++ {
		status, data, wait, err := c.once(ctx, method, path, body)
		var refused *NodeError
		if err == nil || !errors.As(err, &refused) || wait == 0 || attempt == maxAttempts {
			return status, data, err
		}
		if cause := c.wait(ctx, wait); cause != nil {
			return 0, nil, fmt.Errorf("%w; given up: %w", err, cause)
		}
	}
}

func wait(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// once makes a request. wait is how long to wait before the next attempt, zero if
// there should be none.
func (c *Client) once(
	ctx context.Context, method, path string, body content,
) (status int, data []byte, wait time.Duration, err error) {
	response, err := c.send(ctx, method, path, body)
	if err != nil {
		return 0, nil, 0, err
	}
	defer response.Body.Close()
	if response.StatusCode/100 != 2 {
		return 0, nil, waitOf(response), c.refusal(response)
	}
	most := min(c.most, maxOther)
	if strings.HasPrefix(path, "/v1/issuers/") || strings.HasPrefix(path, "/lists/") {
		most = c.most
	}
	data, err = io.ReadAll(io.LimitReader(response.Body, most+1))
	if err != nil {
		return 0, nil, 0, c.unreachable(ctx, err)
	}
	if int64(len(data)) > most {
		return 0, nil, 0, fmt.Errorf("the node at %s sent more than %d bytes", c.base, most)
	}
	return response.StatusCode, data, 0, nil
}

func (c *Client) send(ctx context.Context, method, path string, body content) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, method, c.base+path, nil)
	if password, ok := c.user.Password(); ok && err == nil {
		request.SetBasicAuth(c.user.Username(), password)
	}
	if err != nil {
		return nil, err
	}
	if body.size > 0 {
		request.ContentLength = body.size
		request.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(body.open()), nil }
		request.Body, _ = request.GetBody()
		request.Header.Set("Content-Type", body.mediaType)
	}
	if body.token != "" {
		request.Header.Set("Authorization", "Bearer "+body.token)
	}
	response, err := c.http.Do(request)
	if err != nil {
		return nil, c.unreachable(ctx, err)
	}
	return response, nil
}

// refusal reads the problem that a node sent.
func (c *Client) refusal(response *http.Response) error {
	data, _ := io.ReadAll(io.LimitReader(response.Body, maxProblem))
	var p struct { // RFC 9457
		Detail string `json:"detail"`
	}
	if kind, _, _ := strings.Cut(response.Header.Get("Content-Type"), ";"); kind == "text/plain" && len(data) < 1<<10 { // a gateway's
		p.Detail = strings.TrimSpace(string(data))
	} else if err := json.Unmarshal(data, &p); err != nil || p.Detail == "" {
		p.Detail = "no reason given; is this the URL of a Hallmark node?"
	}
	return &NodeError{c.base, response.StatusCode, credential.Printable(p.Detail)}
}

// errSlow is why an exchange was ended that took too long.
var errSlow = errors.New("it takes too long to answer")

// unreachable keeps the words of a network error, without the request in it.
func (c *Client) unreachable(ctx context.Context, err error) error {
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		err = wrapped.Err
	}
	var dial *net.OpError
	switch {
	case errors.Is(err, errElsewhere):
		return fmt.Errorf("the node at %s does not answer itself: %s; if that is the node, name it", c.base, credential.Printable(err.Error()))
	case errors.Is(err, ErrNotPublic) && errors.As(err, &dial):
		return fmt.Errorf("the node at %s is not asked: %w", c.base, dial.Err)
	case errors.Is(context.Cause(ctx), errSlow):
		return fmt.Errorf("%w at %s: %w", ErrUnreachable, c.base, errSlow)
	case ctx.Err() != nil:
		return fmt.Errorf("given up waiting for the node at %s: %w", c.base, ctx.Err())
	}
	return fmt.Errorf("%w at %s (is it running, and is the URL right?): %w", ErrUnreachable, c.base, fault.WithoutURL(err))
}

// temporary reports whether a refusal is for now only.
func temporary(status int) bool {
	return status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable || status == http.StatusInsufficientStorage
}

// waitOf returns how long to wait for a busy node, zero if it is not busy but refuses.
func waitOf(response *http.Response) time.Duration {
	if !temporary(response.StatusCode) {
		return 0
	}
	seconds, err := strconv.Atoi(response.Header.Get("Retry-After"))
	if err != nil || seconds < 1 {
		seconds = 1
	}
	if response.StatusCode == http.StatusTooManyRequests && seconds > int(maxWait.Seconds()) {
		return 0 // what a day may hold is used up, see role.ErrQuota
	}
	return min(time.Duration(min(seconds, 3600))*time.Second, maxWait)
}
