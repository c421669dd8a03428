package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/hallmark-node/hallmark/anchor"
)

// Alive is the answer of /healthz and /readyz when all is well.
type Alive struct {
	OK bool `json:"ok"`
}

func (s *server) registerOperator(api huma.API) {
	handle(api, huma.Operation{
		OperationID: "info", Method: http.MethodGet, Path: "/v1/info",
		Summary: "What a client needs to know before it submits",
	}, func(context.Context, *struct{}) (Info, error) {
		return infoOf(s.node.Info()), nil
	})

	handle(api, huma.Operation{
		OperationID: "status", Method: http.MethodGet, Path: "/v1/status",
		Summary: "What an operator needs to know",
	}, func(ctx context.Context, _ *struct{}) (Health, error) {
		return healthOf(s.node.Health(ctx), time.Now()), nil
	})

	handle(api, huma.Operation{
		OperationID: "healthz", Method: http.MethodGet, Path: "/healthz",
		Summary: "Whether the process answers; to restart it if not",
	}, func(context.Context, *struct{}) (Alive, error) {
		return Alive{true}, nil
	})

	handle(api, huma.Operation{
		OperationID: "readyz", Method: http.MethodGet, Path: "/readyz",
		Summary: "Whether the node can keep the promise of its answers now; to send it no requests if not",
		Errors:  []int{503},
	}, func(ctx context.Context, _ *struct{}) (Alive, error) {
		if h := s.node.Health(ctx); !h.Ready {
			p := problem(http.StatusServiceUnavailable, "not ready: %s", h.Fault)
			p.RetryAfter = anchor.RetryAfter
			return Alive{}, p
		}
		return Alive{true}, nil
	})
}
