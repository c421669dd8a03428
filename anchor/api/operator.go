package api

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/hallmark-node/hallmark/anchor"
	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/anchor/publish"
)

// health is the node's, and what holds up intake here.
func (s *server) health(ctx context.Context) anchor.Health {
	h := s.node.Health(ctx)
	if h.Ready && (s.limits.bodies.left() < smallBody || s.limits.open.left() < 1) {
		h.Ready, h.Intake, h.Fault = false, publish.IntakeMemoryFull, errBodies.Error()
	}
	return h
}

func (s *server) registerOperator(api huma.API) {
	handle(api, huma.Operation{
		OperationID: "info", Method: http.MethodGet, Path: "/v1/info",
		Summary: "What a client needs to know before it submits",
	}, func(context.Context, *struct{}) (client.Info, error) {
		return infoOf(s.node.Info()), nil
	})

	handle(api, huma.Operation{
		OperationID: "status", Method: http.MethodGet, Path: "/v1/status",
		Summary: "What an operator needs to know",
	}, func(ctx context.Context, _ *struct{}) (client.Health, error) {
		return healthOf(s.health(ctx), time.Now()), nil
	})

	handle(api, huma.Operation{
		OperationID: "healthz", Method: http.MethodGet, Path: "/healthz",
		Summary:     "Whether the process should go on",
		Description: "Fails if the process should be restarted: its work has ended, or hangs. Not if it waits for a chain, for fees or for disk space, which a restart would not bring.",
		Errors:      []int{503},
	}, func(context.Context, *struct{}) (client.Alive, error) {
		if why := s.node.Dead(); why != "" {
			return client.Alive{}, later(http.StatusServiceUnavailable, errors.New("restart the node: "+why))
		}
		return client.Alive{OK: true}, nil
	})

	handle(api, huma.Operation{
		OperationID: "readyz", Method: http.MethodGet, Path: "/readyz",
		Summary:     "Whether intake can keep its promise now",
		Description: "Fails if no submissions should be sent here now: the disk is full or broken, too much waits, there is no memory for another body, the node shuts down. Not if only a chain is out of reach: what is accepted waits safely; then it says so.",
		Errors:      []int{503},
	}, func(ctx context.Context, _ *struct{}) (client.Ready, error) {
		select {
		case <-s.done:
			return client.Ready{}, later(http.StatusServiceUnavailable, errors.New("not ready: the node shuts down"))
		default:
		}
		h := s.health(ctx)
		if !h.Ready {
			return client.Ready{}, later(http.StatusServiceUnavailable, errors.New("not ready: "+h.Fault))
		}
		return client.Ready{OK: true, Warning: h.Fault}, nil
	})
}
