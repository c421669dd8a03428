package api

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"github.com/go-json-experiment/json"

	"github.com/hallmark-node/hallmark/anchor"
	"github.com/hallmark-node/hallmark/anchor/client"
)

// eventsWrite is how long a client may take to read an event that was sent.
const eventsWrite = 10 * time.Second

// Errors of event streams, of which there are only so many at once.
var (
	errStreams    = errors.New("the node has as many event streams as it can hold: ask for the submission itself now and then, or try again later")
	errOwnStreams = errors.New("your address has as many event streams as it may: ask for the submission itself now and then, or end one")
)

func (s *server) registerEvents(api huma.API) {
	huma.Register(api, huma.Operation{
		OperationID: "submission-events", Method: http.MethodGet, Path: "/v1/submissions/{id}/events",
		Summary:     "Wait for a submission",
		Description: "Server-sent events of the type \"state\": where the submission stands now, and again after each change. The stream ends once it is final.",
		Responses: map[string]*huma.Response{"200": {
			Description: "Each event's data is a Status",
			Content:     map[string]*huma.MediaType{"text/event-stream": {Schema: &huma.Schema{Type: huma.TypeString}}},
		}},
		Errors: []int{404, 429, 503},
	}, func(ctx context.Context, in *submissionPath) (*huma.StreamResponse, error) {
		// The stream ends with the request, or when the server shuts down.
		ctx, cancel := context.WithCancel(ctx)
		changes, err := s.node.Watch(ctx, in.ID)
		if err != nil {
			cancel()
			return nil, s.problemOf(ctx, err)
		}
		return &huma.StreamResponse{Body: func(hctx huma.Context) {
			defer cancel()
			_, w := humago.Unwrap(hctx)
			s.sendEvents(w, changes)
		}}, nil
	})
}

func (s *server) sendEvents(w http.ResponseWriter, changes <-chan anchor.Status) {
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
			data, err := json.Marshal(statusOf(status))
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
