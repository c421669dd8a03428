package client

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/internal/fault"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
	"github.com/hallmark-node/hallmark/verifier/static"
)

// A URL may be that of a folder of files in place of a node (package static): the client puts
// proofs together itself then. What asks for them need not know.

// folderAge is for how long what was read of a folder is used: it may be written anew meanwhile.
const folderAge = 10 * time.Second

// folder is what a client knows of whether its URL is that of a folder. It locks itself.
type folder struct {
	mu     sync.Mutex
	node   bool           // it is a node
	reader *static.Reader // nil while it is not known to be a folder
	since  time.Time      // when reader was made
}

// folder returns what reads the folder at the URL, nil if a node is there. Both have the file that
// tells; where it cannot be had, a node is asked for, which says what is wrong.
func (c *Client) folder(ctx context.Context) (*static.Reader, error) {
	f := &c.files
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case f.node:
		return nil, nil
	case f.reader != nil && time.Since(f.since) < folderAge:
		return f.reader, nil
	case f.reader == nil:
		_, data, err := c.fetch(ctx, http.MethodGet, "/"+static.InfoPath, content{})
		if refused := (*NodeError)(nil); errors.As(err, &refused) {
			return nil, nil // not kept: it may be a node that is busy
		}
		if err != nil {
			return nil, err
		}
		if _, err := static.ReadInfo(data); errors.Is(err, static.ErrNotFolder) {
			f.node = true
			return nil, nil
		} else if err != nil {
			return nil, fmt.Errorf("%s: %w", c.base, err)
		}
	}
	f.reader, f.since = static.NewReader(c.file), time.Now()
	return f.reader, nil
}

// IsFolder reports whether the URL has turned out to be that of a folder.
func (c *Client) IsFolder() bool {
	c.files.mu.Lock()
	defer c.files.mu.Unlock()
	return c.files.reader != nil
}

// file fetches a file of the folder.
func (c *Client) file(ctx context.Context, path string, _ int) ([]byte, error) {
	_, data, err := c.fetch(ctx, http.MethodGet, "/"+path, content{})
	if refused := (*NodeError)(nil); errors.As(err, &refused) {
		// That a file is missing says nothing of the credential.
		return nil, fault.Remedy(fmt.Errorf("%s answers with status %d", c.base, refused.Status),
			"the folder may be incomplete, or just being copied there: try again later, or with another URL")
	}
	return data, err
}

// proofFrom puts a proof together from a folder.
func (c *Client) proofFrom(ctx context.Context, f *static.Reader, id, leaf merkle.Hash) (LeafProof, error) {
	p, err := f.Proof(ctx, id, leaf)
	switch {
	case errors.Is(err, static.ErrUnknown):
		return LeafProof{}, &NodeError{c.base, http.StatusNotFound, err.Error()}
	case err != nil:
		return LeafProof{}, fmt.Errorf("%s: %w", c.base, err)
	}
	return LeafProof{
		State: publish.State(p.State), SubmissionID: p.SubmissionID, Submission: p.Submission,
		Batch: p.Batch, Anchors: p.Anchors, Hints: p.Hints,
	}, nil
}

// statusFrom says what the newest evidence in a folder says of an issuer.
func (c *Client) statusFrom(
	ctx context.Context, f *static.Reader, home verifier.Home, issuer verifier.Address,
) (IssuerStatus, error) {
	i, items, err := f.Issuer(ctx, issuer, home)
	if err != nil {
		return IssuerStatus{}, fmt.Errorf("%s: %w", c.base, err)
	}
	return IssuerStatus{
		Issuer: issuer, Home: home, Time: i.Time, Version: i.Version, Root: i.Root, RetiredFrom: i.RetiredFrom,
		Known: i.Known, Items: items,
	}, nil
}

// errFolder says that the URL is not that of a node.
func (c *Client) errFolder(what string) error {
	return fault.Remedy(fmt.Errorf("%s is a folder of published proofs, and no node: %s", c.base, what),
		"name a node with --node")
}
