package monitor

import (
	"context"
	"errors"
	"fmt"

	"github.com/ipfs/go-cid"

	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/anchor/publish"
)

// Blocks fetches published blocks from nodes, mirrors or folders that are served: from the first
// that has a block. None is believed.
func Blocks(sources ...*client.Client) publish.Getter {
	return func(ctx context.Context, c cid.Cid) ([]byte, error) {
		var failed []error
		for _, source := range sources {
			data, err := source.Block(ctx, c)
			if err == nil && publish.IsBlock(c, data) {
				return data, nil
			}
			if err == nil {
				err = fmt.Errorf("%s gave another block", source.URL())
			}
			if ctx.Err() != nil {
				return nil, err
			}
			failed = append(failed, err)
		}
		return nil, errors.Join(failed...)
	}
}
