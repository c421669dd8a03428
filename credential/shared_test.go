package credential

import (
	"os"
	"testing"
)

func readFile(t testing.TB, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// The published sample credentials, below shared/material.
const (
	inspectorVC  = "material/ob3-1edtech/inspector-vc/src/test/resources"
	inspectorCLR = "material/ob3-1edtech/inspector-clr/src/test/resources"
)
