package api

import (
	"net/http"
	"strings"

	"github.com/ipfs/go-cid"
)

// rawBlock is the content type of a block as it is hashed.
const rawBlock = "application/vnd.ipld.raw"

// block answers with a published block, of a batch or of a status list, as a trustless
// gateway of IPFS serves raw ones: clients check its hash.
func (s *server) block(w http.ResponseWriter, r *http.Request) error {
	c, err := cid.Decode(r.PathValue("cid"))
	if err != nil {
		return problem(http.StatusBadRequest, "cid: %v", err)
	}
	format := r.URL.Query().Get("format")
	if format != "raw" && (format != "" || !strings.Contains(r.Header.Get("Accept"), rawBlock)) {
		return problem(http.StatusNotAcceptable, "blocks are served as they are: ask for ?format=raw")
	}
	data, err := s.node.Serving.Block(r.Context(), c)
	if err != nil {
		return err
	}
	header := w.Header()
	header.Set("Content-Type", rawBlock)
	header.Set("Content-Disposition", `attachment; filename="`+c.String()+`.bin"`)
	header.Set("Cache-Control", unchanging)
	header.Set("ETag", `"`+c.String()+`.raw"`)
	header.Set("X-Content-Type-Options", "nosniff")
	_, _ = w.Write(data) // the client may have gone
	return nil
}
