package verifycmd

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/hallmark-node/hallmark/cmd/internal/run"
	"github.com/hallmark-node/hallmark/verifier"
	"github.com/hallmark-node/hallmark/verifier/files"
)

// loadTrust reads the trust store: the named one, or the user's own if there is
// one.
func loadTrust(name string) (*verifier.Trust, error) {
	named := name != ""
	if !named {
		dir, err := os.UserConfigDir()
		if err != nil {
			dir = string(filepath.Separator) // no home: there is no such file either
		}
		name = filepath.Join(dir, "hallmark", "trust.json")
	}
	data, err := files.Read(name, verifier.MaxTrustSize)
	if errors.Is(err, fs.ErrNotExist) && !named {
		return nil, nil
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil, run.Hint(run.Usagef("there is no trust store %s", name), "hallmark trust pin makes one")
	}
	if err != nil {
		return nil, run.Usagef("the trust store: %w", err)
	}
	trust, err := verifier.ParseTrust(data)
	if err != nil {
		return nil, run.Usagef("%s: %w", name, err)
	}
	return trust, nil
}
