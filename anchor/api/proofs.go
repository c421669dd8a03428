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
	}) (proofAnswer, error) {
		p, err := s.proof(ctx, in.Submission, in.Leaf, in.Fresh)
		if err != nil {
			return proofAnswer{}, s.problemOf(ctx, err)
		}
		out, err := s.proofs.answer(&p)
		if err != nil {
			return proofAnswer{}, s.problemOf(ctx, err)
		}
		return out, nil
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
		p, err := s.proof(ctx, merkle.Hash{}, verifier.Leaf(c.Bytes(), merkle.Hash{}), in.Fresh)
		if err != nil {
			return nil, s.problemOf(ctx, err)
		}
		out := &found{Status: http.StatusOK, ContentType: "application/json"}
		if p.State == anchor.Final {
			proof := verifier.Proof{Credential: c, Submission: p.Submission, Batch: p.Batch, Anchors: p.Anchors, Hints: p.Hints}
			out.Body, err = proof.Encode()
		} else {
			out.Status = http.StatusAccepted
			out.Body, err = json.Marshal(leafProofOf(p))
		}
		if err != nil {
			return nil, s.problemOf(ctx, err)
		}
		return out, nil
	})
}

// proof asks the node for the proof of a leaf, in one submission unless its id is zero, and
// completes its hints with the URL of the node.
func (s *server) proof(ctx context.Context, id, leaf merkle.Hash, fresh bool) (p anchor.LeafProof, err error) {
	if id.IsZero() {
		p, err = s.node.Proof(ctx, leaf, fresh)
	} else {
		p, err = s.node.ProofIn(ctx, id, leaf, fresh)
	}
	if err == nil && s.config.URL != "" {
		hints := verifier.Hints{Node: s.config.URL}
		if p.Hints != nil {
			hints.Transaction = p.Hints.Transaction
		}
		p.Hints = &hints // those of the node are shared
	}
	return p, err
}

func (p proofAnswer) httpStatus() int {
	if p.State == anchor.Final {
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
