package client

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/credential"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// EventsPulse is how often a node sends a comment in an event stream, so that the
// connection does not look dead.
const EventsPulse = 15 * time.Second

// While a submission is watched: how often it is asked for where events do not come
// through, and how long a node may be away, restarting for instance, before that is
// an error.
const (
	watchPoll = time.Second
	watchAway = 2 * time.Minute
)

// Watch waits until a submission is final and returns its last status. On the way
// it calls changed, unless that is nil, with the present status and with each later
// one. It follows the node's event stream and asks now and then where that breaks,
// so it survives a restart of the node.
func (c *Client) Watch(ctx context.Context, id merkle.Hash, changed func(Status)) (Status, error) {
	if f, err := c.folder(ctx); err == nil && f != nil {
		return Status{}, c.errFolder("what is not final there can be waited for at a node only")
	}
	w := watcher{changed: changed, seen: time.Now()}
	for {
		err := c.events(ctx, id, w.report)
		if w.last.State == publish.Final {
			return w.last, nil
		}
		if err == nil || errors.Is(err, ErrUnreachable) || busy(err) {
			// The stream ended early or never began. Ask once, then try again.
			var status Status
			if status, err = c.Status(ctx, id); err == nil {
				w.report(status)
			}
		}
		switch {
		case w.last.State == publish.Final:
			return w.last, nil
		case ctx.Err() != nil: // reported below
		case err != nil && !errors.Is(err, ErrUnreachable) && !busy(err):
			return w.last, err
		case err != nil && time.Since(w.seen) > watchAway:
			return w.last, fmt.Errorf("%w; the submission is safe with the node: ask again when it is back", err)
		}
		select {
		case <-ctx.Done():
			return w.last, fmt.Errorf("the submission is %s, and not final yet: %w", w.last.State, ctx.Err())
		case <-time.After(c.poll):
		}
	}
}

// StatementError says that the registry refused a statement that a node relayed.
type StatementError struct {
	Kind   string // "status", "retire" or "controller"
	Issuer verifier.Address
	Reason string
}

func (e *StatementError) Error() string {
	return fmt.Sprintf("the registry refused the %s statement of %s: %s", e.Kind, e.Issuer, e.Reason)
}

// AwaitIssuer asks for an issuer's status in one registry until done says that it is as wanted, and
// returns it. What the registry's newest block says is enough: to wait for finality
// let done look for a nil Pending too. A relayed statement that the registry refused
// ends it with a [*StatementError].
func (c *Client) AwaitIssuer(
	ctx context.Context, home verifier.Home, issuer verifier.Address, done func(IssuerStatus) bool,
) (IssuerStatus, error) {
	seen := time.Now()
	for {
		status, err := c.StatusList(ctx, home, issuer)
		switch {
		case ctx.Err() != nil: // reported below
		case err == nil && done(status):
			return status, nil
		case err == nil && status.Pending != nil && status.Pending.State == publish.Failed:
			return status, &StatementError{status.Pending.Kind, issuer, credential.Printable(status.Pending.Reason)}
		case err == nil:
			seen = time.Now()
		case time.Since(seen) > watchAway, !errors.Is(err, ErrUnreachable) && !busy(err):
			return status, err
		}
		select {
		case <-ctx.Done():
			return status, fmt.Errorf("the registry has not recorded the statement of %s yet: %w", issuer, ctx.Err())
		case <-time.After(c.poll):
		}
	}
}

// busy reports whether a node refused for now only.
func busy(err error) bool {
	var refused *NodeError
	return errors.As(err, &refused) && temporary(refused.Status)
}

// watcher keeps the newest status, and when the node last answered.
type watcher struct {
	changed func(Status)
	last    Status
	seen    time.Time
}

func (w *watcher) report(s Status) {
	w.seen = time.Now()
	if s.State == w.last.State && s.Since.Equal(w.last.Since) {
		return
	}
	w.last = s
	if w.changed != nil {
		w.changed(s)
	}
}

// events reads the event stream of a submission until it ends.
func (c *Client) events(ctx context.Context, id merkle.Hash, report func(Status)) error {
	response, err := c.send(ctx, http.MethodGet, "/v1/submissions/"+id.String()+"/events", content{})
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return c.refusal(response)
	}
	if media, _, _ := strings.Cut(response.Header.Get("Content-Type"), ";"); media != "text/event-stream" {
		return nil // a proxy in between does not pass events on
	}
	// A stream without a byte for three pulses is dead.
	silence := time.AfterFunc(3*EventsPulse, func() { response.Body.Close() })
	defer silence.Stop()
	lines := bufio.NewScanner(io.LimitReader(response.Body, 16<<20))
	for lines.Scan() {
		silence.Reset(3 * EventsPulse)
		data, ok := strings.CutPrefix(lines.Text(), "data: ")
		if !ok {
			continue
		}
		status, err := decode[Status](c, []byte(data))
		if err != nil {
			return err
		}
		report(status)
	}
	return nil
}
