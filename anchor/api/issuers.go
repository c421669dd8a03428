package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/hallmark-node/hallmark/anchor"
	"github.com/hallmark-node/hallmark/verifier"
)

func (s *server) registerIssuers(api huma.API) {
	handle(api, huma.Operation{
		OperationID: "status-list", Method: http.MethodGet, Path: "/v1/issuers/{address}/status",
		Summary: "An issuer's status list in one registry, beside what its chain says of the issuer",
		Errors:  []int{422, 429, 503},
	}, func(ctx context.Context, in *struct {
		Address verifier.Address `path:"address" doc:"The issuer, in EIP-55 form"`
		Home    verifier.Home    `query:"home" doc:"The registry, CAIP-10; may be left out where the node has only one"`
	}) (IssuerStatus, error) {
		status, err := s.node.StatusList(ctx, in.Home, in.Address)
		if err != nil {
			return IssuerStatus{}, s.problemOf(ctx, err)
		}
		return issuerStatusOf(status), nil
	})

	handle(api, huma.Operation{
		OperationID: "last-word", Method: http.MethodGet, Path: "/v1/issuers/{address}/last-word",
		Summary:     "What an issuer had said on a chain that has died, to be said again on the one that takes over",
		Description: "As far as this node saw it. While the chain can be read, it is what its newest block says.",
		Errors:      []int{404, 422, 429, 503},
	}, func(ctx context.Context, in *struct {
		Address verifier.Address `path:"address" doc:"The issuer, in EIP-55 form"`
		Chain   string           `query:"chain" required:"true" doc:"The chain, CAIP-2"`
	}) (LastWord, error) {
		chain, err := verifier.ParseChainID(in.Chain)
		if err != nil {
			return LastWord{}, problem(http.StatusUnprocessableEntity, "chain: %v", err)
		}
		word, err := s.node.LastWord(ctx, chain, in.Address)
		if err != nil {
			return LastWord{}, s.problemOf(ctx, err)
		}
		return LastWordOf(word), nil
	})

	handleStatement(s, api, huma.Operation{
		OperationID: "set-status", Method: http.MethodPut, Path: "/v1/issuers/{address}/status",
		Summary: "Set an issuer's status list",
		Description: "Publishes the list. With a signature the node also sends the statement to the registry and pays for it; without one the registry must have it already. " +
			"Answers once that is on disk; the issuer's status then shows how far it has come.",
	}, func(ctx context.Context, issuer verifier.Address, body *StatusUpdate) error {
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
	}, func(ctx context.Context, issuer verifier.Address, body *Retirement) error {
		return s.node.Retire(ctx, anchor.RetireRequest{
			Issuer: issuer, Home: body.Home, From: body.From, Deadline: body.Deadline, Signature: body.Signature,
		})
	})

	handleStatement(s, api, huma.Operation{
		OperationID: "set-controller", Method: http.MethodPost, Path: "/v1/issuers/{address}/controller",
		Summary:     "Hand the say over an issuer's status to another address",
		Description: "Sends the signed statement to the registry and pays for it.",
	}, func(ctx context.Context, issuer verifier.Address, body *ControllerChange) error {
		return s.node.SetController(ctx, anchor.ControllerRequest{
			Issuer: issuer, Home: body.Home, Current: body.Current, Next: body.Next, Deadline: body.Deadline, Signature: body.Signature,
		})
	})
}

// Relayed says that the node took a statement about an issuer. How far it has come
// is seen in the issuer's status.
type Relayed struct {
	Issuer verifier.Address `json:"issuer"`
}

// handleStatement registers an operation that takes a statement about an issuer in
// the JSON form T.
func handleStatement[T any, P interface {
	*T
	missing() string
}](s *server, api huma.API, op huma.Operation, take func(context.Context, verifier.Address, P) error) {
	op.DefaultStatus = http.StatusAccepted
	op.RequestBody = jsonBody[T](api)
	op.Errors = []int{400, 403, 408, 409, 413, 415, 422, 429, 503, 507}
	handle(api, op, func(ctx context.Context, in *struct {
		Address verifier.Address `path:"address" doc:"The issuer, in EIP-55 form"`
		Request request[T, P]
	}) (Relayed, error) {
		if err := take(ctx, in.Address, P(&in.Request.value)); err != nil {
			return Relayed{}, s.problemOf(ctx, err)
		}
		return Relayed{in.Address}, nil
	})
}
