package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"github.com/go-json-experiment/json"

	"github.com/hallmark-node/hallmark/anchor"
	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

func (s *server) registerIssuers(api huma.API) {
	huma.Register(api, huma.Operation{
		OperationID: "status-list", Method: http.MethodGet, Path: "/v1/issuers/{address}/status",
		Summary: "An issuer's status list in one registry, beside what its chain says of the issuer",
		Responses: map[string]*huma.Response{"200": {
			Description: "OK", Content: map[string]*huma.MediaType{"application/json": {Schema: schemaOf[client.IssuerStatus](api)}},
		}},
		Errors: []int{422, 429, 503},
	}, func(ctx context.Context, in *struct {
		Address verifier.Address `path:"address" doc:"The issuer, in EIP-55 form"`
		Home    verifier.Home    `query:"home" doc:"The registry, CAIP-10; may be left out where the node has only one"`
	}) (*huma.StreamResponse, error) {
		status, err := s.node.StatusList(ctx, in.Home, in.Address)
		if err != nil {
			return nil, s.problemOf(ctx, err)
		}
		// A slow reader holds a long list until it has it.
		return &huma.StreamResponse{Body: func(to huma.Context) {
			r, w := humago.Unwrap(to)
			if err := s.limits.sendList(r, &status, func() error {
				w.Header().Set("Content-Type", "application/json")
				return json.MarshalWrite(w, issuerStatusOf(status), formatOptions)
			}); err != nil {
				writeProblem(w, bodyProblem("", err))
			}
		}}, nil
	})

	handle(api, huma.Operation{
		OperationID: "published-list", Method: http.MethodGet, Path: "/v1/issuers/{address}/lists/{root}",
		Summary:     "Where the blocks of an issuer's status list are, by its root",
		Description: "Of any version that was published here, whatever its chain says now or whether it still answers.",
		Errors:      []int{404, 422, 429, 503},
	}, func(ctx context.Context, in *struct {
		Address verifier.Address `path:"address" doc:"The issuer, in EIP-55 form"`
		Root    merkle.Hash      `path:"root" doc:"The statusRoot"`
	}) (client.PublishedList, error) {
		list, err := s.node.PublishedList(in.Address, in.Root)
		if err != nil {
			return client.PublishedList{}, s.problemOf(ctx, err)
		}
		return client.PublishedList{
			Issuer: list.Issuer, Version: list.Version, Root: list.Root, Manifest: list.List, ManifestCID: publish.ManifestCID(list.List).String(),
		}, nil
	})

	handleStatement(s, api, huma.Operation{
		OperationID: "set-status", Method: http.MethodPut, Path: "/v1/issuers/{address}/status",
		Summary: "Set an issuer's status list",
		Description: "Publishes the list. With a signature the node also sends the statement to the registry and pays for it; without one the registry must have it already. " +
			"Answers once that is on disk; the issuer's status then shows how far it has come.",
	}, func(ctx context.Context, issuer verifier.Address, body *client.StatusUpdate) error {
		items := make([]verifier.StatusItem, len(body.Items))
		for i, item := range body.Items {
			items[i] = verifier.StatusItem(item)
		}
		return s.node.SetStatus(ctx, anchor.StatusUpdate{
			Issuer: issuer, Home: body.Home, Version: body.Version, Items: items, Deadline: body.Deadline, Signature: body.Signature,
			Root: body.Root, List: body.List,
		})
	})

	handleStatement(s, api, huma.Operation{
		OperationID: "retire", Method: http.MethodPost, Path: "/v1/issuers/{address}/retire",
		Summary:     "Retire an issuer's key",
		Description: "Sends the signed statement to the registry and pays for it. It can only move the time earlier.",
	}, func(ctx context.Context, issuer verifier.Address, body *client.Retirement) error {
		return s.node.Retire(ctx, anchor.RetireRequest{
			Issuer: issuer, Home: body.Home, From: body.From, Deadline: body.Deadline, Signature: body.Signature,
		})
	})

	handleStatement(s, api, huma.Operation{
		OperationID: "set-controller", Method: http.MethodPost, Path: "/v1/issuers/{address}/controller",
		Summary:     "Hand the say over an issuer's status to another address",
		Description: "Sends the signed statement to the registry and pays for it.",
	}, func(ctx context.Context, issuer verifier.Address, body *client.ControllerChange) error {
		return s.node.SetController(ctx, anchor.ControllerRequest{
			Issuer: issuer, Home: body.Home, Current: body.Current, Next: body.Next, Deadline: body.Deadline, Signature: body.Signature,
		})
	})
}

// handleStatement registers an operation that takes a statement about an issuer in
// the JSON form T.
func handleStatement[T any, P interface {
	*T
	Missing() string
}](s *server, api huma.API, op huma.Operation, take func(context.Context, verifier.Address, P) error) {
	op.DefaultStatus = http.StatusAccepted
	op.RequestBody = jsonBody[T](api)
	op.Errors = []int{400, 403, 408, 409, 413, 415, 422, 429, 503, 507}
	handle(api, op, func(ctx context.Context, in *struct {
		Address verifier.Address `path:"address" doc:"The issuer, in EIP-55 form"`
		Request request[T, P]
	}) (client.Relayed, error) {
		if err := take(ctx, in.Address, P(&in.Request.value)); err != nil {
			return client.Relayed{}, s.problemOf(ctx, err)
		}
		return client.Relayed{Issuer: in.Address}, nil
	})
}
