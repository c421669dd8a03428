// Package sharedtest finds the vectors and published samples that may lie beside this tree.
package sharedtest

import (
	"os"
	"path/filepath"
	"testing"
)

// Path returns the path of something in the folder shared beside the tree, and skips the
// test where it does not lie there.
func Path(t testing.TB, path ...string) string {
	t.Helper()
	tree, err := os.Getwd()
	for err == nil {
		if _, err = os.Stat(filepath.Join(tree, "CHANGELOG.md")); err == nil { // only the root has one
			break
		}
		if up := filepath.Dir(tree); up != tree {
			tree, err = up, nil
		}
	}
	full := filepath.Join(append([]string{tree, "..", "shared"}, path...)...)
	if err == nil {
		_, err = os.Stat(full)
	}
	if err != nil {
		t.Skipf("the shared vectors and samples are not beside this tree: %v", err)
	}
	return full
}
