package api

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"net/http"
	"strings"

	"github.com/ipfs/go-cid"

	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/anchor/gateway"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
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

// lists answers with the status lists that were published here, in all versions.
func (s *server) lists(w http.ResponseWriter, r *http.Request) error {
	_, limit, err := cursor(r, "", "a list")
	if err != nil {
		return err
	}
	after, ok := parseListPlace(r.URL.Query().Get("after"))
	if !ok {
		return problem(http.StatusUnprocessableEntity, "after: want what a page before said in next")
	}
	lists, err := s.node.Serving.PublishedLists(after, limit)
	if err != nil {
		return err
	}
	page := client.ListPage{Lists: lists}
	if n := len(lists); n == limit {
		page.Next = listPlace(lists[n-1])
	}
	writeJSON(w, http.StatusOK, page)
	return nil
}

// listPlace writes where a list stands among all: issuer, version and root, in hex.
func listPlace(l client.ListSummary) string {
	b := binary.BigEndian.AppendUint64(l.Issuer[:], l.Version)
	return "0x" + hex.EncodeToString(append(b, l.Root[:]...))
}

// parseListPlace reads what listPlace wrote, or nothing.
func parseListPlace(text string) (l client.ListSummary, ok bool) {
	if text == "" {
		return l, true
	}
	digits, prefixed := strings.CutPrefix(text, "0x")
	b, err := hex.DecodeString(digits)
	if err != nil || !prefixed || len(b) != len(l.Issuer)+8+len(l.Root) {
		return l, false
	}
	l.Issuer = verifier.Address(b)
	l.Version = binary.BigEndian.Uint64(b[len(l.Issuer):])
	l.Root = merkle.Hash(b[len(l.Issuer)+8:])
	return l, true
}
