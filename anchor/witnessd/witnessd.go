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
	"slices"
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

// Strangers may ask for any block. Each question is passed on to the servers, and each block
// that is signed takes a file: of recent ones the chain has only so many.
const (
	questionsPerSecond = 10
	oldPerSecond       = 0.1
	atOnce             = 256
	recent             = 8192 // blocks
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
	ask    *rate.Limiter
	old    *rate.Limiter
	looked atomic.Int64 // when the servers last told what is final, in Unix seconds
	newest atomic.Uint64
	failed atomic.Bool // whether the last note could not be written
}

// Open returns a witness.
func Open(c Config) (*Witness, error) {
	w := &Witness{Config: c, ask: rate.NewLimiter(questionsPerSecond, atOnce), old: rate.NewLimiter(oldPerSecond, atOnce)}
	w.folder = filepath.Join(c.Folder, fmt.Sprintf("eip155-%d-%x", uint64(c.Chain), c.Genesis[:8]))
	_, absent := os.Stat(c.Folder)
	err := os.MkdirAll(w.folder, 0o755)
	if err == nil && absent != nil { // else it is on disk, and the one above may be closed to us
		err = durable.SyncFolder(filepath.Dir(filepath.Clean(c.Folder)))
	}
	if err == nil {
		err = errors.Join(durable.SyncFolder(c.Folder), w.probe())
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
	return w.cosign(number, hash, false)
}

// cosign is Cosign. Where own servers named the block there is no limit, and it is an alarm
// if another one was signed; what strangers ask for is not.
func (w *Witness) cosign(number uint64, hash verifier.Hash, own bool) (note string, err error) {
	block := witness.Block{Chain: uint64(w.Chain), Genesis: w.Genesis, Number: number, Hash: hash}
	lines, err := w.signed(block)
	if errors.Is(err, ErrConflict) && own {
		w.Log.Error("ALARM: the servers name another block than the one that was signed; nothing is signed",
			"block", number, "hash", hash, "file", w.path(number))
	}
	if err != nil {
		return "", err
	}
	before := w.ours(block, lines)
	if before != nil && time.Since(before.Time) < renewAfter {
		return witness.Note(block, lines...), nil
	}
	if !own && (!w.ask.Allow() || number+recent < w.newest.Load() && !w.old.Allow()) {
		err = errors.New("too many blocks were asked for: try again later")
	} else {
		err = w.final(number, hash)
	}
	switch {
	case err != nil && before != nil: // it holds, however old it is
		return witness.Note(block, lines...), nil
	case err != nil:
		return "", err
	case len(lines) > 0:
		note, err = w.renew(block, lines)
	default:
		note, err = w.sign(block)
	}
	if err != nil && !errors.Is(err, ErrConflict) {
		w.Log.Error("cannot write what was signed, so it is not given out", "block", number, "err", err)
	}
	w.failed.Store(err != nil && !errors.Is(err, ErrConflict))
	return note, err
}

// final returns nil if the servers call a block final.
func (w *Witness) final(number uint64, hash verifier.Hash) error {
	_, err := w.Servers.Check(verifier.Header{Chain: w.Chain, Genesis: w.Genesis, Number: number, Hash: hash})
	switch {
	case errors.Is(err, live.ErrSplit):
		w.Log.Error("ALARM: the servers disagree, so nothing is signed", "block", number, "hash", hash, "err", err)
		return fmt.Errorf("%w: %w", ErrConflict, err)
	case errors.Is(err, live.ErrOther):
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
		lines, err := w.signed(block)
		if err == nil && w.ours(block, lines) == nil {
			return w.renew(block, lines) // with another key
		}
		return witness.Note(block, lines...), err
	}
	if err := errors.Join(err, w.sync(path)); err != nil {
		return "", err
	}
	w.Log.Info("signed", "block", block.Number, "hash", block.Hash)
	return note, nil
}

// renew signs a block once more, of which a note was signed long ago or by other keys, whose
// signatures stay. The file is one for that block, whoever else replaces it at the same time.
func (w *Witness) renew(block witness.Block, lines []string) (string, error) {
	lines = slices.DeleteFunc(lines, func(line string) bool { return w.ours(block, []string{line}) != nil })
	if len(lines) == witness.MaxCosignatures {
		lines = lines[1:]
	}
	note := witness.Note(block, append(lines, w.Signer.Sign(block, time.Now()))...)
	if err := durable.Replace(w.path(block.Number), []byte(note), 0o644); err != nil {
		return "", err
	}
	w.Log.Info("signed again", "block", block.Number, "hash", block.Hash)
	return note, nil
}

// perFolder is how many heights share a folder.
const perFolder = 10_000

func (w *Witness) path(number uint64) string {
	return filepath.Join(w.folder, strconv.FormatUint(number/perFolder, 10), strconv.FormatUint(number, 10)+".note")
}

// signed returns the cosignatures on a block that was signed before; none if no block of its
// height was. The error is [ErrConflict] if another one was. Any other file there is an error
// too: it cannot be told what was signed.
func (w *Witness) signed(block witness.Block) (lines []string, err error) {
	path := w.path(block.Number)
	note, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("what was signed cannot be read: %w", err)
	}
	lines, err = witness.Lines(string(note), block)
	switch {
	case err == nil:
		return lines, w.sync(path) // another process may have written it a moment ago
	case witness.IsOfHeight(string(note), block):
		return nil, fmt.Errorf("%w: it was signed before, see %s", ErrConflict, path)
	}
	w.Log.Error("what was signed at this height cannot be read, so nothing is signed", "block", block.Number, "file", path, "err", err)
	return nil, fmt.Errorf("%s is damaged", path)
}

// ours returns what this key signed for a block; nil if it did not.
func (w *Witness) ours(block witness.Block, lines []string) *witness.Seen {
	for _, line := range lines {
		if seen, err := witness.Verify(block, []string{line}, []*witness.Key{w.Key()}); err == nil && len(seen) == 1 {
			return &seen[0]
		}
	}
	return nil
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
	w.looked.Store(time.Now().Unix())
	if note, err = w.cosign(number, hash, true); err == nil {
		w.newest.Store(number)
	}
	return number, note, err
}

// At signs the block with a number, if the servers call it final.
func (w *Witness) At(ctx context.Context, number uint64) (note string, err error) {
	hash, err := w.Servers.Hash(ctx, number)
	if err != nil {
		return "", fmt.Errorf("the servers cannot tell: %w", err)
	}
	return w.cosign(number, hash, true)
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
