package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/merkle"
)

func (s *server) registerBatches(api huma.API) {
	handle(api, huma.Operation{
		OperationID: "batches", Method: http.MethodGet, Path: "/v1/batches",
		Summary: "Batches in the order of sealing",
		Errors:  []int{429, 503},
	}, func(ctx context.Context, in *struct {
		After uint64 `query:"after" doc:"Number of the batch after which to begin; 0 or absent: at the first"`
		Limit int    `query:"limit" minimum:"1" maximum:"1000" default:"100" doc:"Most batches to return"`
	}) (client.BatchPage, error) {
		batches, err := s.node.Batches(ctx, in.After, in.Limit)
		if err != nil {
			return client.BatchPage{}, s.problemOf(ctx, err)
		}
		page := client.BatchPage{Batches: []client.Batch{}}
		for _, b := range batches {
			page.Batches = append(page.Batches, batchOf(b))
		}
		if n := len(batches); n == in.Limit {
			page.Next = batches[n-1].Number
		}
		return page, nil
	})

	handle(api, huma.Operation{
		OperationID: "batch", Method: http.MethodGet, Path: "/v1/batches/{root}",
		Summary: "One batch",
		Errors:  []int{404, 429, 503},
	}, func(ctx context.Context, in *struct {
		Root merkle.Hash `path:"root" doc:"The batch root"`
	}) (client.Batch, error) {
		batch, err := s.node.Batch(ctx, in.Root)
		if err != nil {
			return client.Batch{}, s.problemOf(ctx, err)
		}
		return batchOf(batch), nil
	})
}
