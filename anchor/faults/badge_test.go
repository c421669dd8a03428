package faults_test

import (
	"context"
	"strings"

	"github.com/hallmark-node/hallmark/anchor/anchortest"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

func contains(text, part string) bool { return strings.Contains(text, part) }

// verify verifies a badge with what the node serves, and returns the verdict.
func (w *world) verify(ctx context.Context, id merkle.Hash, b anchortest.Badge) (*verifier.Report, error) {
	w.mu.Lock()
	client := w.process.Client
	w.mu.Unlock()
	return w.offline.Verify(ctx, client, id, b, false)
}
