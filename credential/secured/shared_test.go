package secured

import (
	"os"
	"path/filepath"
	"testing"
)

// shared returns the path of something in the folder of vectors and published samples that
// may lie beside this tree, and skips the test where it does not.
func shared(t testing.TB, path ...string) string {
	t.Helper()
	full := filepath.Join(append([]string{"..", "..", "..", "shared"}, path...)...)
	if _, err := os.Stat(full); err != nil {
		t.Skipf("the shared vectors and samples are not beside this tree: %v", err)
	}
	return full
}

func readFile(t testing.TB, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
