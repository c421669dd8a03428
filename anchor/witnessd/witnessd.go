package witnessd

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"github.com/hallmark-node/hallmark/internal/durable"
	"github.com/hallmark-node/hallmark/internal/fault"
	"github.com/hallmark-node/hallmark/verifier"
	"github.com/hallmark-node/hallmark/verifier/live"
	"github.com/hallmark-node/hallmark/verifier/witness"
)

// Errors of [Witness.Cosign] and [Collect]. Others say that it cannot be told now.
var (
	// ErrNotFinal says that the block is not final yet.
	ErrNotFinal = errors.New("the block is not final yet")
	// ErrConflict says that the block was not signed because another one of its height is the
	// chain's, for the servers of the witness or for what it signed before.
	ErrConflict = errors.New("another block of this height is known")
)

// Strangers may ask for any block, and each that is signed takes a file.
const (
	signaturesPerSecond = 1
	signaturesAtOnce    = 256
)

// renewAfter is how old a signature may be that is given out again. Verifiers do not count
// signatures that are very old, so the block is then signed once more.
const renewAfter = 90 * 24 * time.Hour

// Config is what a witness needs. All of it is required.
type Config struct {
	Chain   verifier.ChainID
	Genesis verifier.Hash
	Signer  *witness.Signer
	Servers *live.Checker // those of the witness, with their quorum
	// Folder takes what was signed. It must be kept for as long as the key is used: it is the
	// memory of what may not be signed again. Several witnesses, with one key or with several,
	// and for several chains, may share it.
	Folder string
	Log    *slog.Logger
}

// Witness signs blocks of one chain. It is safe for concurrent use.
type Witness struct {
	Config
	folder string // a file for each height that was signed
	allow  *rate.Limiter
	looked atomic.Int64 // when the servers last told what is final, in Unix seconds
	newest atomic.Uint64
	failed atomic.Bool // whether the last note could not be written
}

// Open returns a witness.
func Open(c Config) (*Witness, error) {
	w := &Witness{Config: c, allow: rate.NewLimiter(signaturesPerSecond, signaturesAtOnce)}
	w.folder = filepath.Join(c.Folder, fmt.Sprintf("eip155-%d-%x", uint64(c.Chain), c.Genesis[:8]))
	err := os.MkdirAll(w.folder, 0o755)
	if err == nil {
		err = errors.Join(durable.SyncFolder(filepath.Dir(filepath.Clean(c.Folder))), durable.SyncFolder(c.Folder), w.probe())
	}
	if err != nil {
		return nil, fmt.Errorf("cannot use the folder of the witness: %w", err)
	}
	w.looked.Store(time.Now().Unix())
	return w, nil
}

// probe fails where the file system has no hard links, by which [create] is exclusive.
func (w *Witness) probe() error {
	path := filepath.Join(w.folder, ".probe-"+rand.Text())
	err := create(path, nil)
	if err != nil {
		return fault.Remedy(err, "a witness needs a folder that it may write to, on a file system with hard links")
	}
	return os.Remove(path)
}

// Key returns the public key.
func (w *Witness) Key() *witness.Key { return w.Signer.Key() }

// Cosign returns the signed note that the block with this number and hash is final. The
// same block gives the same note for some months.
func (w *Witness) Cosign(number uint64, hash verifier.Hash) (note string, err error) {
	block := witness.Block{Chain: uint64(w.Chain), Genesis: w.Genesis, Number: number, Hash: hash}
	note, fresh, err := w.signed(block)
	if err != nil && !errors.Is(err, fs.ErrNotExist) || fresh {
		return note, err
	}
	again := err == nil // by another key, or long ago
	if err := w.final(number, hash); err != nil {
		if again && w.ours(block, note) {
			return note, nil // it holds, however old it is
		}
		return "", err
	}
	if again {
		note, err = w.renew(block, note)
	} else {
		note, err = w.sign(block)
	}
	if err != nil && !errors.Is(err, ErrConflict) {
		w.failed.Store(true)
		w.Log.Error("cannot write what was signed, so it is not given out", "block", number, "err", err)
	}
	return note, err
}

// final returns nil if the servers call a block final.
func (w *Witness) final(number uint64, hash verifier.Hash) error {
	if !w.allow.Allow() {
		return errors.New("too many blocks were asked for: try again later")
	}
	_, err := w.Servers.Check(verifier.Header{Chain: w.Chain, Genesis: w.Genesis, Number: number, Hash: hash})
	switch {
	case errors.Is(err, live.ErrOther):
		w.Log.Error("ALARM: a server names another block, so nothing is signed", "block", number, "hash", hash, "err", err)
		return fmt.Errorf("%w: %w", ErrConflict, err)
	case errors.Is(err, live.ErrNotYet):
		return fmt.Errorf("%w: %w", ErrNotFinal, err)
	case err != nil:
		return fmt.Errorf("the servers cannot tell: %w", err)
	}
	return nil
}

// sign signs a block of a height of which none was signed. What it returns is on disk.
func (w *Witness) sign(block witness.Block) (string, error) {
	note := witness.Note(block, w.Signer.Sign(block, time.Now()))
	path := w.path(block.Number)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return "", err
	}
	err := create(path, []byte(note))
	if errors.Is(err, fs.ErrExist) { // somebody was faster
		note, _, err = w.signed(block)
		return note, err
	}
	if err := errors.Join(err, w.sync(path)); err != nil {
		return "", err
	}
	w.failed.Store(false)
	w.Log.Info("signed", "block", block.Number, "hash", block.Hash)
	return note, nil
}

// renew signs a block once more, of which a note was signed long ago or by another key. The
// file stays one for that block, whoever else replaces it at the same time.
func (w *Witness) renew(block witness.Block, old string) (string, error) {
	note := witness.Note(block, w.Signer.Sign(block, time.Now()))
	if !w.ours(block, old) { // of another key, whose signature may be asked for too
		lines, err := witness.Lines(old, block)
		if err != nil {
			return "", err
		}
		if len(lines) < witness.MaxCosignatures {
			note = witness.Note(block, append(lines, w.Signer.Sign(block, time.Now()))...)
		}
	}
	if err := durable.Replace(w.path(block.Number), []byte(note), 0o644); err != nil {
		return "", err
	}
	w.failed.Store(false)
	w.Log.Info("signed again", "block", block.Number, "hash", block.Hash)
	return note, nil
}

// perFolder is how many heights share a folder.
const perFolder = 10_000

func (w *Witness) path(number uint64) string {
	return filepath.Join(w.folder, strconv.FormatUint(number/perFolder, 10), strconv.FormatUint(number, 10)+".note")
}

// signed returns the note for a block that was signed before, and whether it can be given out
// as it is. The error is fs.ErrNotExist if none of its height was, [ErrConflict] if another
// one was. Any other note there is an error too: it cannot be told what was signed.
func (w *Witness) signed(block witness.Block) (note string, fresh bool, err error) {
	path := w.path(block.Number)
	data, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", false, fs.ErrNotExist
	case err != nil:
		return "", false, fmt.Errorf("what was signed cannot be read: %w", err)
	}
	note = string(data)
	if _, err := witness.Lines(note, block); err != nil {
		log := w.Log.With("block", block.Number, "hash", block.Hash, "file", path)
		if !witness.IsOfHeight(note, block) {
			log.Error("what was signed at this height cannot be read, so nothing is signed", "err", err)
			return "", false, fmt.Errorf("%s is damaged", path)
		}
		log.Error("ALARM: asked to sign a second block of one height; nothing is signed")
		return "", false, fmt.Errorf("%w: it was signed before, see %s", ErrConflict, path)
	}
	// Another process may have written it a moment ago.
	if err := w.sync(path); err != nil {
		return "", false, err
	}
	seen, err := w.verify(block, note)
	return note, err == nil && len(seen) > 0 && time.Since(seen[0].Time) < renewAfter, nil
}

// ours reports whether a note has a signature of this key.
func (w *Witness) ours(block witness.Block, note string) bool {
	seen, err := w.verify(block, note)
	return err == nil && len(seen) > 0
}

func (w *Witness) verify(block witness.Block, note string) ([]witness.Seen, error) {
	lines, err := witness.Lines(note, block)
	if err != nil {
		return nil, err
	}
	return witness.Verify(block, lines, []*witness.Key{w.Key()})
}

// create writes a file that must not exist: else the error is fs.ErrExist. Unlike a rename a
// link never replaces anything, on no file system.
func create(path string, data []byte) error {
	temp := path + "." + rand.Text() + ".tmp"
	if err := durable.Create(temp, data, 0o644); err != nil {
		return err
	}
	err := os.Link(temp, path)
	_ = os.Remove(temp) // it is another name for the same, or for nothing
	return err
}

// sync makes the name of a file survive a power failure.
func (w *Witness) sync(path string) error {
	return errors.Join(durable.SyncFolder(filepath.Dir(path)), durable.SyncFolder(w.folder))
}

// Newest signs the newest block that the servers call final.
func (w *Witness) Newest(ctx context.Context) (number uint64, note string, err error) {
	number, hash, err := w.Servers.Newest(ctx)
	if err != nil {
		return 0, "", fmt.Errorf("the servers cannot tell: %w", err)
	}
	note, err = w.Cosign(number, hash)
	return number, note, err
}

// Follow signs the newest final block every so often, until the context ends. Errors end
// nothing and are in the log.
func (w *Witness) Follow(ctx context.Context, every time.Duration) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	down := false
	for {
		switch number, _, err := w.Newest(ctx); {
		case err == nil:
			if down {
				w.Log.Info("the servers answer again", "block", number)
			}
			down = false
			w.newest.Store(number)
			w.looked.Store(time.Now().Unix())
		case ctx.Err() != nil:
		case errors.Is(err, ErrConflict): // in the log already
		case !down:
			down = true
			w.Log.Warn("nothing is signed", "err", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
