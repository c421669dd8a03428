package api

import (
	"context"
	"net/http"
	"reflect"

	"github.com/danielgtaylor/huma/v2"

	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/merkle"
)

func (s *server) registerSubmissions(api huma.API) {
	handle(api, huma.Operation{
		OperationID: "submit", Method: http.MethodPost, Path: "/v1/submissions",
		Summary: "Hand in a submission",
		Description: "Answers once the submission is on disk. Sending the same one again changes nothing and returns its present state. " +
			"The binary form is 169 bytes and then 32 for each leaf, integers big-endian: \"hallmrk\" 0x01, issuer (20), chain id (8), registry (20), " +
			"root (32), count (8), issuedAt (8), signature (65), leaves ascending.",
		DefaultStatus: http.StatusAccepted,
		RequestBody: &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{
			"application/json":    {Schema: schemaOf[client.Submission](api)},
			client.SubmissionType: {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}},
		}},
		Errors: []int{400, 403, 408, 413, 415, 422, 429, 503, 507},
	}, func(context.Context, *struct{}) (client.Status, error) {
		return client.Status{}, nil // it is described here, and server.submit answers
	})

	handle(api, huma.Operation{
		OperationID: "submission", Method: http.MethodGet, Path: "/v1/submissions/{id}",
		Summary: "Where a submission stands",
		Errors:  []int{404, 429, 503},
	}, func(ctx context.Context, in *submissionPath) (client.Status, error) {
		status, err := s.node.Submission(ctx, in.ID)
		if err != nil {
			return client.Status{}, s.problemOf(ctx, err)
		}
		return statusOf(status), nil
	})
}

type submissionPath struct {
	ID merkle.Hash `path:"id" doc:"The submission's id"`
}

// schemaOf returns the schema of a body that huma does not read itself.
func schemaOf[T any](api huma.API) *huma.Schema {
	return api.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[T](), true, "")
}

// jsonBody describes a JSON body that huma does not read itself.
func jsonBody[T any](api huma.API) *huma.RequestBody {
	return &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"application/json": {Schema: schemaOf[T](api)}}}
}
