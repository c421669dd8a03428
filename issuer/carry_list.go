package issuer

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/ipfs/go-cid"

	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/credential"
	"github.com/hallmark-node/hallmark/internal/fault"
	"github.com/hallmark-node/hallmark/verifier"
)

// maxListFile bounds a file with a status list, in bytes: as JSON the longest takes
// some 100 MB.
const maxListFile = 128 << 20

// List returns what is to be listed in the registry that takes over: the home's last list, and
// the submissions of the proofs that were anchored after the key was retired. The list is
// read from path, or if that is empty from an archive among the proofs or the node. Wherever it
// comes from, it leads to the root that the evidence shows.
func (r *HomeRecord) List(ctx context.Context, node *client.Client, path string) ([]verifier.StatusItem, error) {
	items, err := r.lastList(ctx, node, path)
	return verifier.MergeStatusItems(items, r.late), err
}

func (r *HomeRecord) lastList(ctx context.Context, node *client.Client, path string) ([]verifier.StatusItem, error) {
	if r.State.StatusRoot.IsZero() {
		return nil, nil // it had no list
	}
	if path != "" {
		return r.readList(ctx, path)
	}
	for _, p := range r.proofs {
		if items, ok := r.inArchive(p.Archive); ok {
			return items, nil
		}
	}
	items, err := node.PublishedStatusList(ctx, r.Issuer, r.State.StatusRoot)
	if client.NotFound(err) || errors.Is(err, publish.ErrInvalid) {
		return nil, fault.Remedy(fmt.Errorf("the node at %s does not have the list of %s with root %s, so that nothing was done: %w",
			node.URL(), r.Issuer, r.State.StatusRoot, err),
			"give a copy with --list, or ask the node or the mirror through which the list was last changed")
	}
	return items, err
}

// inArchive finds the list among those of an archive, which may be nil.
func (r *HomeRecord) inArchive(a *Archive) ([]verifier.StatusItem, bool) {
	if a == nil {
		return nil, false
	}
	for _, g := range a.Groups() {
		for _, list := range g.Shared().Lists {
			if list != nil && list.Root() == r.State.StatusRoot {
				return list.Items(), true
			}
		}
	}
	return nil, false
}

// readList reads the list from a file: an archive, JSON with items as nodes answer it,
// or the manifest of published blocks.
func (r *HomeRecord) readList(ctx context.Context, path string) ([]verifier.StatusItem, error) {
	a, err := OpenArchive(path)
	if err != nil {
		return nil, err
	}
	if a != nil {
		defer a.Close()
		if items, ok := r.inArchive(a); ok {
			return items, nil
		}
		return nil, r.another(path)
	}
	data, err := fault.ReadFile(path, maxListFile)
	if err != nil {
		return nil, err
	}
	var answer struct {
		Items *[]verifier.StatusItem `json:"items"`
	}
	if json.Unmarshal(data, &answer) == nil && answer.Items != nil {
		items := *answer.Items
		list, err := verifier.NewStatusList(items)
		if err != nil {
			return nil, fault.Input("%s: %s", path, credential.Printable(err.Error()))
		}
		if list.Root() != r.State.StatusRoot {
			return nil, r.another(path)
		}
		return items, nil
	}
	items, err := publish.ReadStatusList(ctx, blocksBeside(path, data), publish.StatusList{
		Issuer: r.Issuer, Version: r.State.Version, Root: r.State.StatusRoot, List: sha256.Sum256(data),
	})
	switch {
	case errors.Is(err, publish.ErrInvalid):
		return nil, fault.Remedy(fault.Input("%s is not the manifest, nor another copy, of list %d of %s: %s",
			path, r.State.Version, r.Issuer, credential.Printable(err.Error())),
			"want JSON with items as a node answers it, an archive, or a manifest with its blocks beside it")
	case err != nil:
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return items, nil
}

// another says that a file has another list than the evidence shows.
func (r *HomeRecord) another(path string) error {
	return fault.Remedy(fmt.Errorf("%s is not the list of %s that %s shows, with root %s (version %d); nothing was done",
		path, r.Issuer, r.Path, r.State.StatusRoot, r.State.Version), "if it is a newer list, give a proof with newer evidence")
}

// blocksBeside reads blocks from the folder of the manifest, named by their CIDs as
// gateways name them.
func blocksBeside(path string, manifest []byte) publish.Getter {
	return func(_ context.Context, id cid.Cid) ([]byte, error) {
		if id == publish.ManifestCID(sha256.Sum256(manifest)) {
			return manifest, nil
		}
		name := filepath.Join(filepath.Dir(path), id.String())
		if _, err := os.Stat(name + ".bin"); err == nil {
			name += ".bin"
		}
		return fault.ReadFile(name, publish.MaxBlock)
	}
}
