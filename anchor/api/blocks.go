package api

import (
	"context"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/ipfs/go-cid"
)

// rawBlock is the content type of a block as it is hashed.
const rawBlock = "application/vnd.ipld.raw"

// registerBlocks adds the published blocks, of batches and of status lists, as a
// trustless gateway of IPFS serves raw ones: whoever reads them checks their hashes.
func (s *server) registerBlocks(api huma.API) {
	type block struct {
		ContentType  string `header:"Content-Type"`
		Disposition  string `header:"Content-Disposition"`
		CacheControl string `header:"Cache-Control"`
		ETag         string `header:"ETag"`
		Sniff        string `header:"X-Content-Type-Options"`
		Body         []byte
	}
	huma.Register(api, huma.Operation{
		OperationID: "block", Method: http.MethodGet, Path: "/ipfs/{cid}",
		Summary:     "A published block, by the hash of its content",
		Description: "Of a batch or a status list, as raw bytes; what is named by its content never changes, and may be kept for ever.",
		Responses: map[string]*huma.Response{
			"200": {Description: "The block", Content: map[string]*huma.MediaType{rawBlock: {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}}},
			"304": {Description: "The client has it"},
		},
		Errors: []int{400, 404, 406, 429, 503},
	}, func(ctx context.Context, in *struct {
		CID    string `path:"cid" doc:"CIDv1 with a sha2-256 hash, as in a batch's manifestCid"`
		Format string `query:"format" doc:"raw, unless Accept asks for application/vnd.ipld.raw"`
		Accept string `header:"Accept"`
	}) (*block, error) {
		c, err := cid.Decode(in.CID)
		if err != nil {
			return nil, problem(http.StatusBadRequest, "cid: %v", err)
		}
		if in.Format != "raw" && (in.Format != "" || !strings.Contains(in.Accept, rawBlock)) {
			return nil, problem(http.StatusNotAcceptable, "blocks are served as they are: ask for ?format=raw")
		}
		data, err := s.node.Block(ctx, c)
		if err != nil {
			return nil, s.problemOf(ctx, err)
		}
		return &block{
			ContentType: rawBlock, Disposition: `attachment; filename="` + c.String() + `.bin"`, Sniff: "nosniff",
			CacheControl: unchanging, ETag: `"` + c.String() + `.raw"`, Body: data,
		}, nil
	})
}
