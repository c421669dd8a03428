package api

import (
	"net/http"
	"strconv"

	"github.com/hallmark-node/hallmark/verifier"
)

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
