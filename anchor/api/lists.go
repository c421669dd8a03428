package api

import (
	"encoding/binary"
	"encoding/hex"
	"net/http"
	"strings"

	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
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
