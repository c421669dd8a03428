package api

import (
	"net/http"
	"strconv"

	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/merkle"
)

// Batches in one answer: as many as the parameter limit says.
const (
	defaultBatches = 100
	maxBatches     = 1000
)

// batches answers with batches in the order of sealing.
func (s *server) batches(w http.ResponseWriter, r *http.Request) error {
	query := r.URL.Query()
	after, limit := uint64(0), defaultBatches
	var err error
	if text := query.Get("after"); text != "" {
		if after, err = strconv.ParseUint(text, 10, 64); err != nil {
			return problem(http.StatusUnprocessableEntity, "after: want the number of a batch")
		}
	}
	if text := query.Get("limit"); text != "" {
		if limit, err = strconv.Atoi(text); err != nil || limit < 1 || limit > maxBatches {
			return problem(http.StatusUnprocessableEntity, "limit: want a number from 1 to %d", maxBatches)
		}
	}
	batches, err := s.node.Serving.Batches(r.Context(), after, limit)
	if err != nil {
		return err
	}
	page := client.BatchPage{Batches: batches}
	if n := len(batches); n == limit {
		page.Next = batches[n-1].Number
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
