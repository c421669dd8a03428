package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/hallmark-node/hallmark/anchor"
	"github.com/hallmark-node/hallmark/verifier"
)

type issuerPath struct {
	Address verifier.Address `path:"address" doc:"The issuer, in EIP-55 form"`
}

func (s *server) registerIssuers(api huma.API) {
	errors := []int{400, 403, 408, 409, 413, 415, 422, 429, 503, 507}

	handle(api, huma.Operation{
		OperationID: "status-list", Method: http.MethodGet, Path: "/v1/issuers/{address}/status",
		Summary: "An issuer's status list, beside what the chain says of the issuer",
		Errors:  []int{429, 503},
	}, func(ctx context.Context, in *issuerPath) (IssuerStatus, error) {
		status, err := s.node.StatusList(ctx, verifier.Home{}, in.Address)
		if err != nil {
			return IssuerStatus{}, s.problemOf(ctx, err)
		}
		return issuerStatusOf(status), nil
	})

	handle(api, huma.Operation{
		OperationID: "set-status", Method: http.MethodPut, Path: "/v1/issuers/{address}/status",
		Summary: "Set an issuer's status list",
		Description: "Publishes the list. With a signature the node also sends the statement to the registry and pays for it; without one the registry must have it already. " +
			"Answers once that is on disk; the issuer's status then shows how far it has come.",
		DefaultStatus: http.StatusAccepted,
		RequestBody:   jsonBody[StatusUpdate](api),
		Errors:        errors,
	}, func(ctx context.Context, in *struct {
		Address verifier.Address `path:"address" doc:"The issuer, in EIP-55 form"`
		Request request[StatusUpdate, *StatusUpdate]
	}) (Relayed, error) {
		body := in.Request.value
		items := make([]verifier.StatusItem, len(body.Items))
		for i, item := range body.Items {
			items[i] = verifier.StatusItem(item)
		}
		err := s.node.SetStatus(ctx, anchor.StatusUpdate{Issuer: in.Address, Version: body.Version, Items: items, Deadline: body.Deadline, Signature: body.Signature})
		return s.relayed(ctx, in.Address, err)
	})

	handle(api, huma.Operation{
		OperationID: "retire", Method: http.MethodPost, Path: "/v1/issuers/{address}/retire",
		Summary:       "Retire an issuer's key",
		Description:   "Sends the signed statement to the registry and pays for it. It can only move the time earlier.",
		DefaultStatus: http.StatusAccepted,
		RequestBody:   jsonBody[Retirement](api),
		Errors:        errors,
	}, func(ctx context.Context, in *struct {
		Address verifier.Address `path:"address" doc:"The issuer, in EIP-55 form"`
		Request request[Retirement, *Retirement]
	}) (Relayed, error) {
		body := in.Request.value
		err := s.node.Retire(ctx, anchor.RetireRequest{Issuer: in.Address, From: body.From, Deadline: body.Deadline, Signature: body.Signature})
		return s.relayed(ctx, in.Address, err)
	})

	handle(api, huma.Operation{
		OperationID: "set-controller", Method: http.MethodPost, Path: "/v1/issuers/{address}/controller",
		Summary:       "Hand the say over an issuer's status to another address",
		Description:   "Sends the signed statement to the registry and pays for it.",
		DefaultStatus: http.StatusAccepted,
		RequestBody:   jsonBody[ControllerChange](api),
		Errors:        errors,
	}, func(ctx context.Context, in *struct {
		Address verifier.Address `path:"address" doc:"The issuer, in EIP-55 form"`
		Request request[ControllerChange, *ControllerChange]
	}) (Relayed, error) {
		body := in.Request.value
		err := s.node.SetController(ctx, anchor.ControllerRequest{Issuer: in.Address, Current: body.Current, Next: body.Next, Deadline: body.Deadline, Signature: body.Signature})
		return s.relayed(ctx, in.Address, err)
	})
}

// Relayed says that the node took a statement about an issuer. How far it has come
// is seen in the issuer's status.
type Relayed struct {
	Issuer verifier.Address `json:"issuer"`
}

func (s *server) relayed(ctx context.Context, address verifier.Address, err error) (Relayed, error) {
	if err != nil {
		return Relayed{}, s.problemOf(ctx, err)
	}
	return Relayed{address}, nil
}
