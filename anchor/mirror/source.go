package mirror

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/ipfs/go-cid"

	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/merkle"
)

// errMissing says that a source does not have a block.
var errMissing = errors.New("it has no such block")

// errNoCAR says that a source sends no CAR files.
var errNoCAR = errors.New("it sends no CAR files")

// errDamaged says that a file or a folder has other bytes for a block. All else in it may be good.
var errDamaged = errors.New("it is damaged there")

// lieError says that a source has sent something that no honest one sends.
type lieError string

func (e lieError) Error() string { return string(e) }

func lie(format string, args ...any) error { return lieError(fmt.Sprintf(format, args...)) }

// waitError is a fault of a source that says when it may be asked again.
type waitError struct {
	error

	wait time.Duration
}

func (e *waitError) Unwrap() error { return e.error }

// blocks is where a source has its blocks: a gateway, a CAR file, a folder. Its methods may be
// called by many goroutines. An error other than errMissing, errNoCAR and lieError is a fault.
type blocks interface {
	// block returns what the source has for the block, not checked, of at most [publish.MaxBlock]
	// bytes.
	block(ctx context.Context, c cid.Cid) ([]byte, error)
	// car hands all blocks below a root to put, checked, in the order in which the source sends them.
	car(ctx context.Context, root cid.Cid, put func(publish.Block) error) error
	close() error
}

// source is where blocks come from. Nothing that it says is believed: a block that does not hash to
// its CID is a lie, and who tells one is not asked again before the program is started anew. What
// fails is asked again after a while.
type source struct {
	name  string // for people: without secrets
	local bool   // costs nothing to ask, so it is asked first
	blocks

	log *slog.Logger

	mu       sync.Mutex
	lied     string // why it was dropped; empty: it was not
	failures int    // in a row
	retryAt  time.Time
	lastErr  string
	errAt    time.Time
	goodAt   time.Time
	got      uint64 // blocks
	gotBytes uint64
	noCAR    bool
	busy     int // requests under way
}

// How long a source that fails is left alone.
const (
	minRest = time.Second
	maxRest = 5 * time.Minute
)

// usable reports whether a source may be asked now, and else when it may be: never, if that is zero.
func (s *source) usable(now time.Time) (ok bool, from time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.lied == "" && !now.Before(s.retryAt), s.retryAt
}

// get returns a block that is what its CID says.
func (s *source) get(ctx context.Context, c cid.Cid) ([]byte, error) {
	s.begin()
	data, err := s.block(ctx, c)
	if err == nil && merkle.Hash(sha256.Sum256(data)) != digestOf(c) {
		if err = lie("what it sent for block %s, %d bytes, is not that block", c, len(data)); s.local {
			err = fmt.Errorf("block %s: %w", c, errDamaged)
		}
	}
	return data, s.end(ctx, err, uint64(len(data)), 1)
}

// getAll hands the blocks below a root to put, each of which is what its CID says. An error of put
// that is a lieError says that the source should not have sent the block; any other one ends the
// sending, and says nothing about the source.
func (s *source) getAll(ctx context.Context, root cid.Cid, put func(publish.Block) error) error {
	s.begin()
	var size, count uint64
	var unwanted error
	err := s.car(ctx, root, func(b publish.Block) error {
		size, count = size+uint64(len(b.Data)), count+1
		err := put(b)
		if told := lieError(""); err != nil && !errors.As(err, &told) {
			unwanted = err
		}
		return err
	})
	if unwanted != nil {
		err = nil
	}
	return errors.Join(unwanted, s.end(ctx, err, size, count))
}

func (s *source) begin() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.busy++
}

// end notes how a request went, and returns its error.
func (s *source) end(ctx context.Context, err error, size, count uint64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.busy--
	now := time.Now()
	var told lieError
	var asked *waitError
	switch {
	case err == nil:
		s.got, s.gotBytes = s.got+count, s.gotBytes+size
		s.goodAt, s.failures, s.retryAt, s.lastErr = now, 0, time.Time{}, ""
	case errors.Is(err, errMissing):
		s.goodAt, s.failures, s.retryAt = now, 0, time.Time{}
	case errors.Is(err, errNoCAR):
		s.noCAR = true
	case errors.Is(err, errDamaged):
		s.log.Warn("a source of blocks is damaged", "source", s.name, "err", err)
		s.lastErr, s.errAt = err.Error(), now
	case errors.As(err, &told):
		if s.lied == "" {
			s.log.Error("a source of blocks lies; it is not asked any more", "source", s.name, "err", err)
			s.lied, s.lastErr, s.errAt = err.Error(), err.Error(), now
		}
	case ctx.Err() != nil: // the caller gave up, which says nothing about the source
	default:
		s.failures++
		rest := min(minRest<<min(s.failures-1, 10), maxRest)
		if errors.As(err, &asked) {
			rest = max(rest, asked.wait)
		}
		if s.lastErr != err.Error() {
			s.log.Warn("a source of blocks fails; it is asked again after a while", "source", s.name, "err", err)
		}
		s.retryAt, s.lastErr, s.errAt = now.Add(rest), err.Error(), now
	}
	if err != nil {
		return fmt.Errorf("%s: %w", s.name, err)
	}
	return nil
}

// health is what operators see of the source.
func (s *source) health() client.MirrorSource {
	s.mu.Lock()
	defer s.mu.Unlock()
	h := client.MirrorSource{
		Source: s.name, State: client.SourceOK, Blocks: s.got, Bytes: s.gotBytes, Error: s.lastErr,
		ErrorAt: optional(s.errAt), AnsweredAt: optional(s.goodAt),
	}
	switch {
	case s.lied != "":
		h.State = client.SourceLying
	case s.failures > 0:
		h.State, h.RetryAt = client.SourceFailing, optional(s.retryAt)
	}
	return h
}

func optional(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return new(t.UTC())
}

func digestOf(c cid.Cid) merkle.Hash {
	hash := c.Hash()
	return merkle.Hash(hash[len(hash)-merkle.Size:])
}
