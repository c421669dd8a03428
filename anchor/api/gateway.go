package api

import (
	"context"
	"errors"
	"net/http"

	"github.com/ipfs/go-cid"

	"github.com/hallmark-node/hallmark/anchor/gateway"
)

// Answers of the gateway at once. Each holds a block or two, which have at most a MiB, and a CAR
// is sent for as long as its client keeps reading.
const (
	maxGateway    = 128
	clientGateway = 16
)

// ipfs serves published blocks, of batches and of status lists, as a trustless gateway of
// IPFS: clients check their hashes.
func (s *server) ipfs() func(http.ResponseWriter, *http.Request) error {
	handler := gateway.New(func(ctx context.Context, c cid.Cid) ([]byte, error) { return s.node.Serving.Block(ctx, c) }, s.log)
	return func(w http.ResponseWriter, r *http.Request) error {
		from := remoteOf(r, s.config.Proxies)
		if err := s.limits.gateway.take(from, 1, 0, errOwnGateway, errGateway); err != nil {
			return err
		}
		defer s.limits.gateway.give(from, 1)
		handler.ServeHTTP(w, r)
		return nil
	}
}

var (
	errOwnGateway = tooMany("the node is sending your address as many blocks and CAR files as it may at once: wait for some")
	errGateway    = later(http.StatusServiceUnavailable,
		errors.New("the node is sending as many blocks and CAR files as it may at once: try again later"))
)
