// Package witnessd is a witness: a service that signs which blocks of a chain its own RPC
// servers call final, so that others may believe it offline. Package verifier/witness has
// the form of what it signs.
//
// A witness never signs two blocks of one height, whatever its servers say later: what it
// signed is on disk before anybody sees the signature, a file for each height, and the
// file system keeps a second one out, also of another process.
package witnessd

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/hallmark-node/hallmark/internal/durable"
	"github.com/hallmark-node/hallmark/verifier"
	"github.com/hallmark-node/hallmark/verifier/witness"
)

// Errors of [Witness.Cosign]. Others say that it cannot be told now.
var (
	// ErrNotFinal says that the servers do not call the block final, at least not yet.
	ErrNotFinal = errors.New("the block is not known to be final")
	// ErrConflict says that this witness has signed another block of that height.
	ErrConflict = errors.New("another block of this height was signed")
)

// Witness signs blocks of one chain. It is safe for concurrent use.
type Witness struct {
	chain   verifier.ChainID
	genesis verifier.Hash
	signer  *witness.Signer
	final   func(verifier.Header) (bool, string)
	folder  string // a file for each height that was signed
}

// Config is what a witness needs. All of it is required.
type Config struct {
	Chain   verifier.ChainID
	Genesis verifier.Hash
	Signer  *witness.Signer
	// Final reports whether the servers call a block final, such as live.Checker.Final.
	Final func(verifier.Header) (bool, string)
	// Folder takes what was signed. It must be kept: it is the memory of what may not be
	// signed again.
	Folder string
}

// Open returns a witness.
func Open(c Config) (*Witness, error) {
	w := &Witness{chain: c.Chain, genesis: c.Genesis, signer: c.Signer, final: c.Final}
	w.folder = filepath.Join(c.Folder, fmt.Sprintf("eip155-%d-%x", uint64(c.Chain), c.Genesis[:4]))
	if err := os.MkdirAll(w.folder, 0o755); err != nil {
		return nil, fmt.Errorf("witness: %w", err)
	}
	if err := durable.SyncFolder(c.Folder); err != nil {
		return nil, fmt.Errorf("witness: %w", err)
	}
	return w, nil
}

// Key returns the public key.
func (w *Witness) Key() *witness.Key { return w.signer.Key() }

// Cosign returns the signed note that the block with this number and hash is final. The
// same block gives the same note each time.
func (w *Witness) Cosign(number uint64, hash verifier.Hash) (note string, err error) {
	block := witness.Block{Chain: uint64(w.chain), Genesis: w.genesis, Number: number, Hash: hash}
	if note, err = w.signed(block); !errors.Is(err, fs.ErrNotExist) {
		return note, err
	}
	h := verifier.Header{Chain: w.chain, Genesis: w.genesis, Number: number, Hash: hash}
	if final, detail := w.final(h); !final {
		return "", fmt.Errorf("%w: %s", ErrNotFinal, detail)
	}
	note = block.Text() + "\n— " + w.signer.Sign(block, time.Now()) + "\n"
	path := w.path(number)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return "", fmt.Errorf("witness: %w", err)
	}
	err = durable.Create(path, []byte(note), 0o644)
	if errors.Is(err, fs.ErrExist) { // somebody was faster
		return w.signed(block)
	}
	for _, folder := range []string{filepath.Dir(path), w.folder} {
		err = errors.Join(err, durable.SyncFolder(folder))
	}
	if err != nil {
		return "", fmt.Errorf("witness: %w", err)
	}
	return note, nil
}

// perFolder is how many heights share a folder.
const perFolder = 10_000

func (w *Witness) path(number uint64) string {
	return filepath.Join(w.folder, strconv.FormatUint(number/perFolder, 10), strconv.FormatUint(number, 10)+".note")
}

// signed returns the note for a block that was signed before. The error is fs.ErrNotExist if
// none of its height was, [ErrConflict] if another one was.
func (w *Witness) signed(block witness.Block) (string, error) {
	data, err := os.ReadFile(w.path(block.Number))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", fs.ErrNotExist
	case err != nil:
		return "", fmt.Errorf("witness: %w", err)
	case !strings.HasPrefix(string(data), block.Text()+"\n"):
		return "", fmt.Errorf("%w: %s", ErrConflict, w.path(block.Number))
	}
	return string(data), nil
}

// Follow signs each block that newest returns, until the context ends. report is told what
// comes of it; an error ends nothing.
func (w *Witness) Follow(
	ctx context.Context, every time.Duration, newest func(context.Context) (number uint64, hash verifier.Hash, err error),
	report func(number uint64, err error),
) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for last := uint64(0); ; {
		number, hash, err := newest(ctx)
		if err == nil && number > last {
			if _, err = w.Cosign(number, hash); err == nil {
				last = number
			}
			report(number, err)
		} else if err != nil && ctx.Err() == nil {
			report(0, err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
