package anchor

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/hallmark-node/hallmark/anchor/pipeline"
	"github.com/hallmark-node/hallmark/anchor/store"
	"github.com/hallmark-node/hallmark/testnet"
)

// A node that does not start leaves no folder that was made for it, and takes away
// nothing of anybody else's.
func TestStartThatFails(t *testing.T) {
	c := startChain(t, testnet.Config{})
	top := t.TempDir()
	config := testConfig(t, c)
	config.Data = filepath.Join(top, "made", "for", "it")
	config.Chains[0].Chain = 5
	if _, err := Open(t.Context(), config); !errors.Is(err, pipeline.ErrWrongChain) {
		t.Fatal(err)
	}
	if left, err := os.ReadDir(top); err != nil || len(left) != 0 {
		t.Errorf("left: %v, %v", left, err)
	}

	// A folder that was there stays, with whatever is beside.
	config.Data = filepath.Join(top, "data")
	beside := filepath.Join(top, "note")
	for _, err := range []error{os.Mkdir(config.Data, 0o700), os.WriteFile(beside, nil, 0o600)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if _, err := Open(t.Context(), config); !errors.Is(err, pipeline.ErrWrongChain) {
		t.Fatal(err)
	}
	for _, name := range []string{config.Data, beside} {
		if _, err := os.Stat(name); err != nil {
			t.Error(err)
		}
	}

	// The folder of a node that runs is not the one that failed to start on it.
	config = testConfig(t, c)
	n := start(t, config)
	s, _ := submit(t, n, c, 1)
	if _, err := Open(t.Context(), config); !errors.Is(err, store.ErrLocked) {
		t.Fatal(err)
	}
	if _, err := n.Submission(t.Context(), s.ID()); err != nil {
		t.Error(err)
	}
}
