package verifycmd

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/hallmark-node/hallmark/cmd/internal/run"
	"github.com/hallmark-node/hallmark/verifier"
)

// proofSuffix turns the name of a credential into that of its proof.
const proofSuffix = ".proof.json"

// input is one proof and the credential that it is about.
type input struct {
	proof    *verifier.Proof
	document io.ReadCloser // nil if there is none
}

func (in *input) close() {
	if in.document != nil {
		in.document.Close()
	}
}

// openInput opens what the user named: a proof, or a badge whose proof lies
// beside it. An error means that there is no proof to verify.
func openInput(name, credentialFile string) (*input, error) {
	proof, err := readProof(name)
	if err != nil {
		beside, besideErr := readProof(name + proofSuffix)
		if besideErr != nil {
			if _, statErr := os.Stat(name + proofSuffix); statErr == nil {
				err = besideErr
			}
			return nil, err
		}
		proof = beside
		if credentialFile == "" {
			credentialFile = name
		}
	}
	in := &input{proof: proof}
	switch beside, ok := strings.CutSuffix(name, proofSuffix); {
	case credentialFile != "":
		f, err := os.Open(credentialFile)
		if err != nil {
			return nil, fmt.Errorf("the credential: %w", short(err))
		}
		in.document = f
	case ok:
		info, err := os.Stat(beside)
		if errors.Is(err, fs.ErrNotExist) || err == nil && info.IsDir() {
			break
		}
		// A file that is there and cannot be read is not the same as none.
		f, err := os.Open(beside)
		if err != nil {
			in.document = io.NopCloser(unreadable{short(err)})
			break
		}
		in.document = f
	}
	return in, nil
}

// unreadable is a credential that is there but cannot be opened.
type unreadable struct{ err error }

func (u unreadable) Read([]byte) (int, error) { return 0, u.err }

func readProof(name string) (*verifier.Proof, error) {
	data, err := readBounded(name, verifier.MaxProofSize)
	if err != nil {
		return nil, err
	}
	p, err := verifier.ParseProof(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return p, nil
}

// readBounded reads at most one byte more than limit, which the parsers refuse.
func readBounded(name string, limit int64) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, short(err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, short(err)
	}
	return data, nil
}

// short says an error of the file system in the order "name: what is wrong".
func short(err error) error {
	if e := (*fs.PathError)(nil); errors.As(err, &e) {
		return fmt.Errorf("%s: %w", e.Path, e.Err)
	}
	return err
}

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
	data, err := readBounded(name, verifier.MaxTrustSize)
	if errors.Is(err, fs.ErrNotExist) && !named {
		return nil, nil
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
