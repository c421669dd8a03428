package api

import (
	"net/http"
	"strconv"

	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/credential"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// leafProof answers with all of a proof file but the credential and its salt, which the node
// never learns; with status 202, and without batch and anchors, until the submission is final.
func (s *server) leafProof(w http.ResponseWriter, r *http.Request) error {
	leaf, err := pathValue[merkle.Hash](r, "leaf")
	if err != nil {
		return err
	}
	id, err := queryValue[merkle.Hash](r, "submission")
	if err != nil {
		return err
	}
	p, err := s.proof(r, id, leaf)
	if err != nil {
		return err
	}
	return s.writeProof(w, &p)
}

// credentialProof answers with the whole proof file of a credential that was submitted with a
// zero salt; before its submission is final as leafProof does.
func (s *server) credentialProof(w http.ResponseWriter, r *http.Request) error {
	c, err := credential.ParseCID(r.URL.Query().Get("credential"))
	if err != nil {
		return problem(http.StatusUnprocessableEntity, "credential: %v", err)
	}
	p, err := s.proof(r, merkle.Hash{}, verifier.Leaf(c.Bytes(), merkle.Hash{}))
	if err != nil {
		return err
	}
	if p.State != publish.Final {
		return s.writeProof(w, &p)
	}
	proof := verifier.Proof{Credential: c, Submission: p.Submission, Batch: p.Batch, Anchors: p.Anchors, Hints: p.Hints}
	body, err := proof.Encode()
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(body) // the client may have gone
	return nil
}

// proof asks the node for the proof of a leaf, in one submission unless its id is zero, as
// fresh as the request wants it, and completes its hints with the URL of the node.
func (s *server) proof(r *http.Request, id, leaf merkle.Hash) (p client.LeafProof, err error) {
	fresh := false
	if text := r.URL.Query().Get("fresh"); text != "" {
		if fresh, err = strconv.ParseBool(text); err != nil {
			return p, problem(http.StatusUnprocessableEntity, "fresh: want true or false")
		}
	}
	if id.IsZero() {
		p, err = s.node.Serving.Proof(r.Context(), leaf, fresh)
	} else {
		p, err = s.node.Serving.ProofIn(r.Context(), id, leaf, fresh)
	}
	if err == nil {
		p.Hints = s.hints(p.Hints)
	}
	return p, err
}

// hints are those of a proof, completed with the URL of the node. They are not to be changed.
func (s *server) hints(known *verifier.Hints) *verifier.Hints {
	if s.config.URL == "" {
		return known
	}
	hints := verifier.Hints{Node: s.config.URL}
	if known != nil {
		hints.Transaction = known.Transaction
	}
	return &hints
}

func (s *server) writeProof(w http.ResponseWriter, p *client.LeafProof) error {
	body, err := s.proofs.answer(p)
	if err != nil {
		return err
	}
	status := http.StatusAccepted
	if p.State == publish.Final {
		status = http.StatusOK
	}
	writeJSON(w, status, &body)
	return nil
}

// hops answers with a file of hops of the beacon chain behind a chain. Nobody has to believe
// it: a verifier checks each from a committee that it trusts.
func (s *server) hops(w http.ResponseWriter, r *http.Request) error {
	id, err := pathValue[verifier.ChainID](r, "chain")
	if err != nil {
		return err
	}
	from := uint64(0)
	if text := r.URL.Query().Get("from"); text != "" {
		if from, err = strconv.ParseUint(text, 10, 53); err != nil {
			return problem(http.StatusUnprocessableEntity, "from: want the number of a period")
		}
	}
	pack, err := s.node.Serving.Hops(r.Context(), id, from)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	_, _ = w.Write(pack) // the client may have gone
	return nil
}
