package api

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/merkle"
)

// eventsWrite is how long a client may take to read an event that was sent.
const eventsWrite = 10 * time.Second

// Errors of event streams, of which there are only so many at once.
var (
	errStreams = later(http.StatusServiceUnavailable, errors.New("the node has as many event streams as it can hold: "+
		"ask for the submission itself now and then, or try again later"))
	errOwnStreams = later(http.StatusTooManyRequests, errors.New("your address has as many event streams as it may: "+
		"ask for the submission itself now and then, or end one"))
)

// events streams the state of a submission, as an event of the type "state" now and after
// each change, until it is final, the client goes, or the server shuts down.
func (s *server) events(w http.ResponseWriter, r *http.Request) error {
	id, err := pathValue[merkle.Hash](r, "id")
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	changes, err := s.node.Serving.Watch(ctx, id)
	if err != nil {
		return err
	}
	s.sendEvents(w, changes)
	return nil
}

func (s *server) sendEvents(w http.ResponseWriter, changes <-chan client.Status) {
	control := http.NewResponseController(w)
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", momentary)
	pulse := time.NewTicker(client.EventsPulse)
	defer pulse.Stop()
	for {
		_ = control.SetWriteDeadline(time.Now().Add(eventsWrite))
		if err := control.Flush(); err != nil {
			return
		}
		select {
		case <-s.done:
			return
		case <-pulse.C:
			if _, err := io.WriteString(w, ":\n\n"); err != nil {
				return
			}
		case status, ok := <-changes:
			if !ok {
				return
			}
			data, err := json.Marshal(status)
			if err != nil {
				s.log.Error("event cannot be written", "error", err)
				return
			}
			if _, err := fmt.Fprintf(w, "event: state\ndata: %s\n\n", data); err != nil {
				return
			}
		}
	}
}
