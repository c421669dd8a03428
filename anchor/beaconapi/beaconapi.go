// Package beaconapi asks beacon nodes for what a light client needs, over the standard
// Beacon API. Nothing that they say is believed here: [beacon.Hop.Verify] and
// [beacon.Evidence.Verify] decide.
package beaconapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/hallmark-node/hallmark/anchor/internal/endpoint"
	"github.com/hallmark-node/hallmark/internal/fault"
	"github.com/hallmark-node/hallmark/verifier/beacon"
)

// Bounds of one request.
const (
	timeout   = 15 * time.Second
	maxAnswer = 16 << 20 // 32 updates with two committees each are 4 MiB
)

// ErrNoData is wrapped by the errors about what no server has: a period that is too old
// or still to come, or nothing final yet. Other errors say nothing about that.
var ErrNoData = errors.New("the beacon nodes do not have it")

// noDataError is an [ErrNoData] about somebody else than beacon nodes.
type noDataError string

func (e noDataError) Error() string        { return string(e) }
func (e noDataError) Is(target error) bool { return target == ErrNoData }

// ErrUnproven is wrapped by the errors about answers that do not hold: a server lies, is of
// another network, or its software is at fault.
var ErrUnproven = errors.New("what it says does not hold")

// Client asks the first of several servers that answers, beginning with the one that
// answered last. It is safe for concurrent use.
type Client struct {
	servers []server
	http    *http.Client

	mu    sync.Mutex
	last  int       // index of the server that answered last
	roots keptRoots // those that [Client.Rehang] took last
}

// server is a base URL, which may hold a secret, and what may be printed of it.
type server struct {
	base *url.URL
	host string
}

// New returns a client for the http or https base URLs of beacon nodes of one network, the
// preferred one first. Nothing is sent yet.
func New(urls ...string) (*Client, error) {
	c := &Client{http: &http.Client{Timeout: timeout, CheckRedirect: sameServer}}
	for _, s := range urls {
		u, err := url.Parse(s)
		if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			return nil, errors.New("the URL of a beacon node cannot be used: want http:// or https:// and a host")
		}
		c.servers = append(c.servers, server{u, u.Host})
	}
	if len(c.servers) == 0 {
		return nil, errors.New("no URL of a beacon node is given")
	}
	return c, nil
}

// sameServer follows a redirect within a server only: what the URL holds is for nobody else.
func sameServer(next *http.Request, before []*http.Request) error {
	if first := before[0].URL; next.URL.Scheme != first.Scheme || next.URL.Host != first.Host || len(before) > 3 {
		return http.ErrUseLastResponse
	}
	return nil
}

// Close ends idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// failure is what went wrong with all servers. Its text is one line.
type failure struct {
	trouble []error // of each server, in the order in which they were asked
	missing int     // how many of them say that they do not have it
}

func (f *failure) Error() string {
	if f.missing == len(f.trouble) {
		return fmt.Sprintf("%v (%d asked)", ErrNoData, f.missing)
	}
	texts := make([]string, len(f.trouble))
	for i, err := range f.trouble {
		texts[i] = err.Error()
	}
	return strings.Join(texts, "; ")
}

// Unwrap leaves out ErrNoData unless all say so: one that has nothing says nothing about
// the one that could not be asked.
func (f *failure) Unwrap() []error {
	if f.missing == len(f.trouble) {
		return []error{ErrNoData}
	}
	return slices.DeleteFunc(slices.Clone(f.trouble), func(err error) bool { return errors.Is(err, ErrNoData) })
}

// get asks for a path, with a query, until a server answers and take accepts it. The error
// wraps a [failure], unless the context has ended.
func (c *Client) get(ctx context.Context, path string, query url.Values, take func(body []byte) error) error {
	c.mu.Lock()
	first := c.last
	c.mu.Unlock()
	f := &failure{}
	for i := range c.servers {
		at := (first + i) % len(c.servers)
		body, err := c.ask(ctx, c.servers[at], path, query)
		if err == nil {
			err = take(body)
		}
		if err == nil {
			c.mu.Lock()
			c.last = at
			c.mu.Unlock()
			return nil
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if errors.Is(err, ErrNoData) {
			f.missing++
		}
		f.trouble = append(f.trouble, fmt.Errorf("beacon node %s: %w", c.servers[at].host, err))
	}
	return f
}

func (c *Client) ask(ctx context.Context, s server, path string, query url.Values) ([]byte, error) {
	u := s.base.JoinPath(path)
	if len(query) > 0 {
		u.RawQuery = strings.Trim(u.RawQuery+"&"+query.Encode(), "&")
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), http.NoBody)
	if err != nil {
		return nil, errors.New("its URL cannot be used")
	}
	req.Header.Set("Accept", "application/json")
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, reason(err)
	}
	defer resp.Body.Close()
	switch {
	case resp.StatusCode == http.StatusNotFound:
		return nil, ErrNoData
	case resp.StatusCode >= 300 && resp.StatusCode < 400:
		return nil, fmt.Errorf("HTTP %d: it redirects to another server; give the URL of that one", resp.StatusCode)
	case resp.StatusCode != http.StatusOK:
		return nil, fmt.Errorf("HTTP %d", resp.StatusCode)
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	switch {
	case err != nil:
		return nil, reason(err)
	case len(body) > maxAnswer:
		return nil, fmt.Errorf("its answer is larger than %d bytes", maxAnswer)
	}
	return body, nil
}

// reason takes the URL out of an error of net/http, since it may hold a secret, and makes
// the server's words fit for a line.
func reason(err error) error {
	return errors.New(endpoint.OneLine(fault.WithoutURL(err).Error()))
}

// data reads the member data of an answer.
func data[T any](into *T) func([]byte) error {
	return func(body []byte) error {
		var v struct {
			Data *T `json:"data"`
		}
		if err := json.Unmarshal(body, &v); err != nil || v.Data == nil {
			return errors.New("its answer cannot be read")
		}
		*into = *v.Data
		return nil
	}
}

// unproven marks an error about what a server says.
func unproven(err error) error {
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnproven, err)
	}
	return nil
}

// Finality returns the newest finality update.
func (c *Client) Finality(ctx context.Context) (*beacon.Update, error) {
	var u *beacon.Update
	if err := c.get(ctx, "/eth/v1/beacon/light_client/finality_update", nil, data(&u)); err != nil {
		return nil, fmt.Errorf("finality update: %w", err)
	}
	return u, nil
}

// MaxUpdates is how many updates one call of [Client.Updates] asks for at most.
const MaxUpdates = 32

// Updates returns the updates of count periods from one on, at most [MaxUpdates] and
// possibly fewer. Servers keep them for some months.
func (c *Client) Updates(ctx context.Context, from uint64, count int) ([]*beacon.Update, error) {
	var updates []*beacon.Update
	err := c.updates(ctx, from, count, func(list []*beacon.Update) error { updates = list; return nil })
	return updates, err
}

// updates is Updates with a function that the answer must please: it gets at least one
// update.
func (c *Client) updates(ctx context.Context, from uint64, count int, take func([]*beacon.Update) error) error {
	query := url.Values{"start_period": {strconv.FormatUint(from, 10)}, "count": {strconv.Itoa(min(count, MaxUpdates))}}
	err := c.get(ctx, "/eth/v1/beacon/light_client/updates", query, func(body []byte) error {
		var list []struct {
			Data *beacon.Update `json:"data"`
		}
		if err := json.Unmarshal(body, &list); err != nil || len(list) > count {
			return errors.New("its answer cannot be read")
		}
		if len(list) == 0 {
			return ErrNoData
		}
		updates := make([]*beacon.Update, 0, len(list))
		for _, v := range list {
			if v.Data == nil {
				return errors.New("its answer cannot be read")
			}
			updates = append(updates, v.Data)
		}
		return take(updates)
	})
	if err != nil {
		return fmt.Errorf("updates from period %d: %w", from, err)
	}
	return nil
}

// Bootstrap returns the committee of the period of a block, by its root. It is checked
// against that root.
func (c *Client) Bootstrap(ctx context.Context, n *beacon.Network, root beacon.Root) (*beacon.Bootstrap, error) {
	var b *beacon.Bootstrap
	err := c.get(ctx, "/eth/v1/beacon/light_client/bootstrap/"+root.String(), nil, func(body []byte) error {
		if err := data(&b)(body); err != nil {
			return err
		}
		return unproven(b.Verify(n, root))
	})
	if err != nil {
		return nil, fmt.Errorf("bootstrap from block %s: %w", root, err)
	}
	return b, nil
}

// FinalizedRoot returns the root of the newest final beacon block. It is the server's
// word.
func (c *Client) FinalizedRoot(ctx context.Context) (root beacon.Root, err error) {
	var v struct {
		Root beacon.Root `json:"root"`
	}
	if err := c.get(ctx, "/eth/v1/beacon/blocks/finalized/root", nil, data(&v)); err != nil {
		return root, fmt.Errorf("newest final block: %w", err)
	}
	return v.Root, nil
}
