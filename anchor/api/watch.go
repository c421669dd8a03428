package api

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/hallmark-node/hallmark/anchor"
	"github.com/hallmark-node/hallmark/merkle"
)

// While a submission is watched: how often it is asked for where events do not come
// through, and how long a node may be away, restarting for instance, before that is
// an error.
const (
	watchPoll = 2 * time.Second
	watchAway = 2 * time.Minute
)

// Watch waits until a submission is final and returns its last status. On the way
// it calls changed, unless that is nil, with the present status and with each later
// one. It follows the node's event stream and asks now and then where that breaks,
// so it survives a restart of the node.
func (c *Client) Watch(ctx context.Context, id merkle.Hash, changed func(Status)) (Status, error) {
	w := watcher{changed: changed, seen: time.Now()}
	for {
		err := c.events(ctx, id, w.report)
		if w.last.State == anchor.Final {
			return w.last, nil
		}
		if err == nil || errors.Is(err, ErrUnreachable) {
			// The stream ended early or never began. Ask once, then try again.
			var status Status
			if status, err = c.Status(ctx, id); err == nil {
				w.report(status)
			}
		}
		switch {
		case w.last.State == anchor.Final:
			return w.last, nil
		case err != nil && !errors.Is(err, ErrUnreachable):
			return w.last, err
		case err != nil && time.Since(w.seen) > watchAway:
			return w.last, fmt.Errorf("%w; the submission is safe with the node: ask again when it is back", err)
		}
		select {
		case <-ctx.Done():
			return w.last, fmt.Errorf("the submission is %s, and not final yet: %w", w.last.State, ctx.Err())
		case <-time.After(watchPoll):
		}
	}
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
	response, err := c.send(ctx, http.MethodGet, "/v1/submissions/"+id.String()+"/events", "", nil)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		err := c.refusal(response)
		if waitOf(response) > 0 {
			return fmt.Errorf("%w: %w", ErrUnreachable, err) // busy: not an answer about the submission
		}
		return err
	}
	if media, _, _ := strings.Cut(response.Header.Get("Content-Type"), ";"); media != "text/event-stream" {
		return nil // something between us and the node does not pass events on
	}
	// A stream that says nothing for three pulses is dead.
	silence := time.AfterFunc(3*eventsPulse, func() { response.Body.Close() })
	defer silence.Stop()
	lines := bufio.NewScanner(io.LimitReader(response.Body, 16<<20))
	for lines.Scan() {
		silence.Reset(3 * eventsPulse)
		data, ok := strings.CutPrefix(lines.Text(), "data: ")
		if !ok {
			continue
		}
		var status Status
		if err := json.Unmarshal([]byte(data), &status); err != nil {
			return nil
		}
		report(status)
	}
	return nil
}
