package load

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/hallmark-node/hallmark/anchor/api"
	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/credential"
)

// Target is the node that is put under load. It sends no more than it must and does
// not look into answers, since it works on the same machine as often as not. It may
// be used by many goroutines at once.
type Target struct {
	bases   []string // of the processes of the node
	next    atomic.Uint64
	client  *http.Client
	refused atomic.Int64
}

// NewTarget returns the node at a URL, to which up to that many connections are kept. Where more of
// its processes are named they take turns, each with as many connections.
func NewTarget(base string, connections int, more ...string) *Target {
	bases := []string{strings.TrimRight(base, "/")}
	for _, b := range more {
		bases = append(bases, strings.TrimRight(b, "/"))
	}
	return &Target{bases: bases, client: &http.Client{Transport: &http.Transport{
		Proxy: http.ProxyFromEnvironment,
		// A connection for each call at once, and none is closed in between.
		MaxIdleConnsPerHost: connections, MaxConnsPerHost: connections,
		DisableCompression:    true,
		WriteBufferSize:       64 << 10,
		ReadBufferSize:        64 << 10, // a proof in one piece
		ResponseHeaderTimeout: 2 * time.Minute,
	}}}
}

// Close closes the connections that are kept.
func (t *Target) Close() { t.client.CloseIdleConnections() }

// Refused returns how often the node said to come again later. Each time it was
// waited for as long as it said.
func (t *Target) Refused() int64 { return t.refused.Load() }

// Submit hands in the binary form of a submission. It returns nil once the node has
// it on disk.
func (t *Target) Submit(ctx context.Context, body []byte) error {
	_, _, err := t.do(ctx, http.MethodPost, "/v1/submissions", body, nil)
	return err
}

// Get reads a path, appends the answer to dst and returns it and its HTTP status.
func (t *Target) Get(ctx context.Context, path string, dst []byte) (status int, answer []byte, err error) {
	return t.do(ctx, http.MethodGet, path, nil, dst)
}

// maxAnswer bounds an answer: a proof of [verifier.MaxProofSize], with room.
const maxAnswer = 2 << 20

// do sends one request, again as long as the node asks for that.
func (t *Target) do(ctx context.Context, method, path string, body, dst []byte) (int, []byte, error) {
	for {
		status, answer, wait, err := t.once(ctx, method, path, body, dst)
		if err != nil || wait == 0 {
			return status, answer, err
		}
		t.refused.Add(1)
		select {
		case <-ctx.Done():
			return 0, nil, ctx.Err()
		case <-time.After(wait):
		}
	}
}

func (t *Target) once(
	ctx context.Context, method, path string, body, dst []byte,
) (status int, answer []byte, wait time.Duration, err error) {
	base := t.bases[t.next.Add(1)%uint64(len(t.bases))]
	request, err := http.NewRequestWithContext(ctx, method, base+path, bytes.NewReader(body))
	if err != nil {
		return 0, nil, 0, err
	}
	if method == http.MethodPost {
		request.Header.Set("Content-Type", client.SubmissionType)
	}
	response, err := t.client.Do(request)
	if err != nil {
		return 0, nil, 0, fmt.Errorf("cannot reach the node: %w", err)
	}
	defer response.Body.Close()
	// With room for what is announced, and the little more that ReadFrom asks for.
	into := bytes.NewBuffer(slices.Grow(dst, int(min(max(response.ContentLength, 0), maxAnswer))+bytes.MinRead))
	if _, err := into.ReadFrom(io.LimitReader(response.Body, maxAnswer+1)); err != nil {
		return 0, nil, 0, fmt.Errorf("the node's answer broke off: %w", err)
	}
	answer = into.Bytes()
	switch status = response.StatusCode; {
	case len(answer)-len(dst) > maxAnswer:
		return 0, nil, 0, fmt.Errorf("the node's answer to %s %s has more than %d bytes", method, path, maxAnswer)
	case status/100 == 2:
		return status, answer, 0, nil
	case status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable:
		return status, nil, waitOf(response), nil
	}
	var p api.Problem
	if json.Unmarshal(answer[len(dst):], &p) != nil || p.Detail == "" {
		p.Detail = "no reason given; is this the URL of a Hallmark node?"
	}
	return 0, nil, 0, fmt.Errorf("the node refused %s %s (%d): %s", method, path, status, credential.Printable(p.Detail))
}

// waitOf returns how long a busy node wants to be left alone, within reason.
func waitOf(response *http.Response) time.Duration {
	seconds, err := strconv.Atoi(response.Header.Get("Retry-After"))
	if err != nil {
		seconds = 1
	}
	return time.Duration(min(max(seconds, 1), 30)) * time.Second
}
