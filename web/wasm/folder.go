//go:build js && wasm

package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"syscall/js"

	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
	"github.com/hallmark-node/hallmark/verifier/static"
)

// wants are the files that are still to be fetched, by their paths in the folder: none if the
// folder has nothing that is final of the proof.
type wants struct {
	Want []string `json:"want"`
}

// errWanted says that a file is still to be fetched.
var errWanted = errors.New("is still to be fetched")

// assemble puts together what a folder of files has of a proof, as a node serves it, from an array
// of objects {name, bytes}. While some are wanted it returns which, to be called again with these too.
func assemble(proof []byte, given js.Value) (any, error) {
	p, err := verifier.ParseProof(proof)
	if err != nil {
		return nil, err
	}
	have := make(map[string][]byte)
	for i := range given.Length() {
		f := given.Index(i)
		have[f.Get("name").String()] = bytesOf(f.Get("bytes"))
	}
	w := wants{Want: []string{}}
	reader := static.NewReader(func(_ context.Context, path string, _ int) ([]byte, error) {
		if data, ok := have[path]; ok {
			return data, nil
		}
		if !slices.Contains(w.Want, path) {
			w.Want = append(w.Want, path)
		}
		return nil, errWanted
	})
	s, leaf := p.Submission, p.Leaf()
	id := verifier.BatchLeaf(s.Issuer, verifier.SubmissionDigest(s.Home, merkle.Root(leaf, s.Path), s.Count, s.IssuedAt))
	part, err := reader.Proof(context.Background(), id, leaf)
	switch {
	case errors.Is(err, errWanted), errors.Is(err, static.ErrUnknown):
		return w, nil
	case err != nil:
		return nil, fmt.Errorf("the folder: %w", err)
	case part.State != static.Final:
		return w, nil
	}
	return part.Answer()
}
