package api

import (
	"net/http"
	"strconv"

	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// Batches, submissions, issuers and so on, in one answer: as many as the parameter limit says.
const (
	defaultBatches = 100
	maxBatches     = 1000
)

// batches answers with batches in the order of sealing.
func (s *server) batches(w http.ResponseWriter, r *http.Request) error {
	after, limit, err := cursor(r, "after", "a batch")
	if err != nil {
		return err
	}
	batches, err := s.node.Serving.Batches(r.Context(), after, limit)
	if err != nil {
		return err
	}
	page := client.BatchPage{Batches: batches}
	if page.Newest, err = s.node.Serving.NewestBatch(); err != nil {
		return err
	}
	if n := len(batches); n == limit {
		page.Next = batches[n-1].Number
	}
	writeJSON(w, http.StatusOK, page)
	return nil
}

// cursor reads where a page of a list begins, and how long it may be.
func cursor(r *http.Request, name, of string) (from uint64, limit int, err error) {
	if text := r.URL.Query().Get(name); text != "" {
		if from, err = strconv.ParseUint(text, 10, 63); err != nil {
			return 0, 0, problem(http.StatusUnprocessableEntity, "%s: want the number of %s", name, of)
		}
	}
	limit, err = pageLimit(r)
	return from, limit, err
}

// pageLimit reads how long a page of a list may be.
func pageLimit(r *http.Request) (limit int, err error) {
	limit = defaultBatches
	if text := r.URL.Query().Get("limit"); text != "" {
		if limit, err = strconv.Atoi(text); err != nil || limit < 1 || limit > maxBatches {
			return 0, problem(http.StatusUnprocessableEntity, "limit: want a number from 1 to %d", maxBatches)
		}
	}
	return limit, nil
}

// batchSubmissions answers with submissions of a batch in the order of acceptance.
func (s *server) batchSubmissions(w http.ResponseWriter, r *http.Request) error {
	root, err := pathValue[merkle.Hash](r, "root")
	if err != nil {
		return err
	}
	after, limit, err := cursor(r, "after", "a submission")
	if err != nil {
		return err
	}
	page, err := s.node.Serving.BatchSubmissions(r.Context(), root, after, limit)
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, page)
	return nil
}

// issuerSubmissions answers with submissions of an issuer, the newest first.
func (s *server) issuerSubmissions(w http.ResponseWriter, r *http.Request) error {
	issuer, err := pathValue[verifier.Address](r, "address")
	if err != nil {
		return err
	}
	before, limit, err := cursor(r, "before", "a submission")
	if err != nil {
		return err
	}
	page, err := s.node.Serving.IssuerSubmissions(r.Context(), issuer, before, limit)
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, page)
	return nil
}

// batch answers with one batch.
func (s *server) batch(w http.ResponseWriter, r *http.Request) error {
	root, err := pathValue[merkle.Hash](r, "root")
	if err != nil {
		return err
	}
	batch, err := s.node.Serving.Batch(r.Context(), root)
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, batch)
	return nil
}
