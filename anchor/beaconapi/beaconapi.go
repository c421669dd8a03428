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
	"strings"
	"sync"
	"time"

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
type server struct{ base, host string }

// New returns a client for the http or https base URLs of beacon nodes of one network, the
// preferred one first. Nothing is sent yet.
func New(urls ...string) (*Client, error) {
	c := &Client{http: &http.Client{Timeout: timeout}}
	for _, s := range urls {
		u, err := url.Parse(s)
		if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			return nil, errors.New("the URL of a beacon node cannot be used: want http:// or https:// and a host")
		}
		c.servers = append(c.servers, server{strings.TrimSuffix(s, "/"), u.Host})
	}
	if len(c.servers) == 0 {
		return nil, errors.New("no URL of a beacon node is given")
	}
	return c, nil
}

// Close ends idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// get asks for a path until a server answers and take accepts it.
func (c *Client) get(ctx context.Context, path string, take func(body []byte) error) error {
	c.mu.Lock()
	first := c.last
	c.mu.Unlock()
	var trouble []error
	missing := 0
	for i := range c.servers {
		at := (first + i) % len(c.servers)
		body, err := c.ask(ctx, c.servers[at], path)
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
			missing++
		}
		trouble = append(trouble, fmt.Errorf("beacon node %s: %w", c.servers[at].host, err))
	}
	err := errors.Join(trouble...)
	if missing < len(trouble) {
		// One that has nothing says nothing about the one that could not be asked.
		return errors.New(strings.ReplaceAll(err.Error(), "\n", "; "))
	}
	return fmt.Errorf("%w (%d asked)", ErrNoData, missing)
}

func (c *Client) ask(ctx context.Context, s server, path string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.base+path, http.NoBody)
	if err != nil {
		return nil, errors.New("its URL cannot be used")
	}
	req.Header.Set("Accept", "application/json")
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, reason(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	switch {
	case resp.StatusCode == http.StatusNotFound:
		return nil, ErrNoData
	case resp.StatusCode != http.StatusOK:
		return nil, fmt.Errorf("HTTP %d", resp.StatusCode)
	case err != nil:
		return nil, reason(err)
	case len(body) > maxAnswer:
		return nil, fmt.Errorf("its answer is larger than %d bytes", maxAnswer)
	}
	return body, nil
}

// reason takes the URL out of an error of net/http, since it may hold a secret.
func reason(err error) error {
	if e := (*url.Error)(nil); errors.As(err, &e) {
		err = e.Err
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return errors.New("no answer in time")
	}
	return err
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

// Finality returns the newest finality update.
func (c *Client) Finality(ctx context.Context) (*beacon.Update, error) {
	var u *beacon.Update
	if err := c.get(ctx, "/eth/v1/beacon/light_client/finality_update", data(&u)); err != nil {
		return nil, fmt.Errorf("finality update: %w", err)
	}
	return u, nil
}

// MaxUpdates is how many updates one call of [Client.Updates] asks for at most.
const MaxUpdates = 32

// Updates returns the updates of count periods from one on, at most [MaxUpdates] and
// possibly fewer. Servers keep them for some months.
func (c *Client) Updates(ctx context.Context, from uint64, count int) ([]*beacon.Update, error) {
	var list []struct {
		Data *beacon.Update `json:"data"`
	}
	path := fmt.Sprintf("/eth/v1/beacon/light_client/updates?start_period=%d&count=%d", from, min(count, MaxUpdates))
	err := c.get(ctx, path, func(body []byte) error {
		list = nil
		if err := json.Unmarshal(body, &list); err != nil || len(list) > count {
			return errors.New("its answer cannot be read")
		}
		if len(list) == 0 {
			return ErrNoData
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("updates from period %d: %w", from, err)
	}
	updates := make([]*beacon.Update, 0, len(list))
	for _, v := range list {
		if v.Data == nil {
			return nil, fmt.Errorf("updates from period %d: the answer cannot be read", from)
		}
		updates = append(updates, v.Data)
	}
	return updates, nil
}

// Bootstrap returns the committee of the period of a block, by its root. It is checked
// against that root.
func (c *Client) Bootstrap(ctx context.Context, n *beacon.Network, root beacon.Root) (*beacon.Bootstrap, error) {
	var b *beacon.Bootstrap
	err := c.get(ctx, "/eth/v1/beacon/light_client/bootstrap/"+root.String(), func(body []byte) error {
		if err := data(&b)(body); err != nil {
			return err
		}
		return b.Verify(n, root)
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
	if err := c.get(ctx, "/eth/v1/beacon/blocks/finalized/root", data(&v)); err != nil {
		return root, fmt.Errorf("newest final block: %w", err)
	}
	return v.Root, nil
}
