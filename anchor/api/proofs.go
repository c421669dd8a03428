package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/go-json-experiment/json"

	"github.com/hallmark-node/hallmark/anchor"
	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/credential"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

func (s *server) registerProofs(api huma.API) {
	handle(api, huma.Operation{
		OperationID: "proof", Method: http.MethodGet, Path: "/v1/proofs/{leaf}",
		Summary:     "What a proof file says of a leaf",
		Description: "Everything of a proof file but the credential and its salt, which the node never learns. 202, without batch and anchors, until the submission is final.",
		Responses:   map[string]*huma.Response{"202": pendingResponse(api)},
		Errors:      []int{404, 429, 503},
	}, func(ctx context.Context, in *struct {
		Leaf       merkle.Hash `path:"leaf" doc:"The salted commitment to the credential"`
		Submission merkle.Hash `query:"submission" doc:"The id of the submission that has the leaf; absent: the earliest final one that has it, else the earliest"`
		Fresh      bool        `query:"fresh" doc:"Read the issuer's status from the chain again, where the chain allows it"`
	}) (client.LeafProof, error) {
		return s.proof(ctx, in.Submission, in.Leaf, in.Fresh)
	})

	type found struct {
		Status      int
		ContentType string `header:"Content-Type"`
		Body        []byte
	}
	huma.Register(api, huma.Operation{
		OperationID: "proof-by-credential", Method: http.MethodGet, Path: "/v1/proofs",
		Summary:     "The proof file of a discoverable credential",
		Description: "The whole proof file (proof.json) of a credential that was submitted with a zero salt. 202 with what is known of it until its submission is final.",
		Responses: map[string]*huma.Response{
			"200": {Description: "A proof file", Content: map[string]*huma.MediaType{"application/json": {Schema: &huma.Schema{Type: huma.TypeObject, AdditionalProperties: true}}}},
			"202": pendingResponse(api),
		},
		Errors: []int{404, 429, 503},
	}, func(ctx context.Context, in *struct {
		Credential string `query:"credential" required:"true" doc:"CID of the credential"`
		Fresh      bool   `query:"fresh" doc:"Read the issuer's status from the chain again, where the chain allows it"`
	}) (*found, error) {
		c, err := credential.ParseCID(in.Credential)
		if err != nil {
			return nil, problem(http.StatusUnprocessableEntity, "credential: %v", err)
		}
		part, err := s.proof(ctx, merkle.Hash{}, verifier.Leaf(c.Bytes(), merkle.Hash{}), in.Fresh)
		if err != nil {
			return nil, err
		}
		out := &found{Status: httpStatus(part.State), ContentType: "application/json"}
		if part.State == anchor.Final {
			proof := verifier.Proof{Credential: c, Submission: part.Submission, Batch: part.Batch, Anchors: part.Anchors, Hints: part.Hints}
			out.Body, err = proof.Encode()
		} else {
			out.Body, err = json.Marshal(part)
		}
		if err != nil {
			return nil, s.problemOf(ctx, err)
		}
		return out, nil
	})
}

// proof asks the node for what it knows of a leaf, in one submission unless its id
// is zero.
func (s *server) proof(ctx context.Context, id, leaf merkle.Hash, fresh bool) (found client.LeafProof, err error) {
	var p anchor.LeafProof
	if id.IsZero() {
		p, err = s.node.Proof(ctx, leaf, fresh)
	} else {
		p, err = s.node.ProofIn(ctx, id, leaf, fresh)
	}
	if err != nil {
		return client.LeafProof{}, s.problemOf(ctx, err)
	}
	found = leafProofOf(p)
	found.Hints = s.hintsOf(found.Hints)
	return found, nil
}

func httpStatus(s anchor.State) int {
	if s == anchor.Final {
		return http.StatusOK
	}
	return http.StatusAccepted
}

func pendingResponse(api huma.API) *huma.Response {
	return &huma.Response{
		Description: "Accepted, and not final yet",
		Content:     map[string]*huma.MediaType{"application/json": {Schema: schemaOf[client.LeafProof](api)}},
	}
}
