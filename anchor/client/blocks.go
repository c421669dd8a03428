package client

import (
	"context"
	"fmt"
	"net/http"
	"net/url"

	"github.com/ipfs/go-cid"

	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// PublishedStatusList reads the issuer's status list that has a root from the node's
// published blocks, whatever the chain says that recorded it. The node is not believed:
// the items lead to root.
func (c *Client) PublishedStatusList(ctx context.Context, issuer verifier.Address, root merkle.Hash) ([]verifier.StatusItem, error) {
	list, err := c.PublishedList(ctx, issuer, root)
	if err != nil {
		return nil, err
	}
	items, err := publish.ReadStatusList(ctx, c.Block, publish.StatusList{
		Issuer: issuer, Version: list.Version, Root: root,
		List: list.Manifest,
	})
	if err != nil {
		return nil, fmt.Errorf("the node at %s: %w", c.base, err)
	}
	return items, nil
}

// Lists returns up to limit status lists that the node has published (1 to 1000), after the one
// at which a page ended: empty for the first page, then Next of the page before.
func (c *Client) Lists(ctx context.Context, after string, limit int) (ListPage, error) {
	return get[ListPage](ctx, c, fmt.Sprintf("/v1/lists?after=%s&limit=%d", url.QueryEscape(after), limit))
}

// PublishedList names the published blocks of the issuer's status list that has a root. The node
// is not believed: the blocks tell.
func (c *Client) PublishedList(ctx context.Context, issuer verifier.Address, root merkle.Hash) (PublishedList, error) {
	return get[PublishedList](ctx, c, "/v1/issuers/"+issuer.String()+"/lists/"+root.String())
}

// Block fetches a published block. The node is not believed: whoever asks compares the bytes with
// the CID. It is a [publish.Getter].
func (c *Client) Block(ctx context.Context, id cid.Cid) ([]byte, error) {
	_, data, err := c.fetch(ctx, http.MethodGet, "/ipfs/"+id.String()+"?format=raw", content{})
	return data, err
}
