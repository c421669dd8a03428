package api

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/hallmark-node/hallmark/anchor/client"
)

// feedPause is how long the node's health is not looked at again, and feedCalm how often it is
// sent though nothing changed, so that who watches can tell calm from silence.
const (
	feedPause = time.Second
	feedCalm  = 10 * time.Second
)

// healthFeed is the node's health for all who watch it: computed when one of them asks, and
// for all of them at most once in feedPause. Its methods may be called by many goroutines.
type healthFeed struct {
	health func(context.Context) client.Health

	mu      sync.Mutex
	at      time.Time // when it was computed
	version uint64    // raised with each change
	plain   []byte    // without the time, to compare
	event   []byte    // to be sent; not changed once made
}

// newest returns the health as an event, and a number that is another one after each change.
func (f *healthFeed) newest(ctx context.Context) (event []byte, version uint64, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if time.Since(f.at) < feedPause-feedPause/10 { // tickers are not exact
		return f.event, f.version, nil
	}
	h := f.health(ctx)
	full, err := json.Marshal(h)
	if err != nil {
		return nil, 0, fmt.Errorf("the health cannot be written: %w", err)
	}
	h.Time = time.Time{}
	plain, err := json.Marshal(h)
	if err != nil {
		return nil, 0, fmt.Errorf("the health cannot be written: %w", err)
	}
	f.at, f.event = time.Now(), fmt.Appendf(nil, "event: health\ndata: %s\n\n", full)
	if !bytes.Equal(plain, f.plain) {
		f.version, f.plain = f.version+1, plain
	}
	return f.event, f.version, nil
}

// statusEvents streams the node's health, as an event of the type "health" now, after each change, at most
// once in feedPause, and after feedCalm without any.
func (s *server) statusEvents(w http.ResponseWriter, r *http.Request) error {
	event, version, err := s.feed.newest(r.Context())
	if err != nil {
		return err
	}
	control := http.NewResponseController(w)
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", momentary)
	w.Header().Set("X-Accel-Buffering", "no") // nginx would hold it back
	look := time.NewTicker(feedPause)
	defer look.Stop()
	if _, err := io.WriteString(w, "retry: 2000\n"); err != nil {
		return nil
	}
	for {
		_ = control.SetWriteDeadline(time.Now().Add(eventsWrite))
		if _, err := w.Write(event); err != nil {
			return nil
		}
		if err := control.Flush(); err != nil {
			return nil
		}
		sent, seen := time.Now(), version
		for version == seen && time.Since(sent) < feedCalm {
			select {
			case <-s.done:
				return nil
			case <-r.Context().Done():
				return nil
			case <-look.C:
			}
			if event, version, err = s.feed.newest(r.Context()); err != nil {
				s.log.Error("event cannot be written", "error", err)
				return nil
			}
		}
	}
}
