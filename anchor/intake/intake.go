// Package intake takes submissions, and seals them into batches.
//
//   - intake.go: a submission is verified and written down (package store);
//   - batching.go: what waits is sealed, and published as blocks (package publish), with an
//     operation for each chain that package pipeline brings there.
package intake

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync/atomic"
	"time"

	"github.com/hallmark-node/hallmark/anchor/access"
	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/anchor/role"
	"github.com/hallmark-node/hallmark/anchor/store"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// Config says what an intake does.
type Config struct {
	Access     *access.Access
	BatchCount int           // seal when so many submissions wait
	BatchAge   time.Duration // seal when the oldest waits so long
	MaxWaiting int           // accept no more while so many submissions wait
	Log        *slog.Logger
	Hooks      role.Hooks
	Leases     *role.Leases // it seals while it holds the one named seal

	// Status returns where a submission stands, or an error that wraps [role.ErrNotFound].
	Status func(ctx context.Context, id merkle.Hash) (client.Status, error)
}

// Chain is what batches are sealed for. Its methods are called by many goroutines.
type Chain interface {
	// Home is the registry.
	Home() verifier.Home
	// Ready returns why another batch could not be sent now, nil if it could. An error that is
	// no fault wraps [role.ErrInFlight].
	Ready() error
	// Expect notes that a batch is about to be sealed.
	Expect()
	// Wake says that there is something to do.
	Wake()
}

// Intake takes submissions and seals them. Its methods but Run may be called by many
// goroutines. In a process that does not write Run is not called, and the one that holds the lease
// seals what this one takes.
type Intake struct {
	config Config
	store  *store.Store
	disk   *role.Disk
	chains []Chain // in the order of the configuration
	homes  role.Homes

	wake    chan struct{} // capacity 1: the sealer has something to do
	waiting waiting
	held    atomic.Pointer[string] // why nothing is sealed though it is due

	// Owned by the goroutine in Run, and set anew with each term of the lease.
	sealer sealer
	term   *role.Term
}

// New returns an intake that writes to a store.
func New(config Config, s *store.Store, disk *role.Disk, chains []Chain) (*Intake, error) {
	in := &Intake{config: config, store: s, disk: disk, chains: chains, wake: make(chan struct{}, 1)}
	for _, c := range chains {
		in.homes = append(in.homes, c.Home())
	}
	return in, in.waiting.begin(s)
}

// Wake makes Run look at once whether a batch is due, and can be sent.
func (in *Intake) Wake() {
	select {
	case in.wake <- struct{}{}:
	default: // it will run anyway
	}
}

// Held returns why nothing is sealed though it is due; empty if nothing is held up.
func (in *Intake) Held() string {
	if held := in.held.Load(); held != nil {
		return *held
	}
	return ""
}

// setHeld records why nothing is sealed though it is due, and logs it once if it is a fault.
func (in *Intake) setHeld(err error) {
	switch fault := err != nil && !errors.Is(err, role.ErrInFlight); {
	case fault && !in.sealer.told:
		in.config.Log.Warn("no batch can be sealed; submissions are accepted and wait", "err", err)
		in.sealer.told = true
	case err == nil && in.sealer.told:
		in.config.Log.Info("batches can be sealed again")
		in.sealer.told = false
	}
	if err == nil {
		in.held.Store(nil)
		return
	}
	in.held.Store(new(err.Error()))
}

// Submit checks s, writes it to disk and returns once it is durable. The same
// submission again, also at the same time, returns its present status. Errors:
// [*role.RefusedError], [role.ErrTooLarge], [role.ErrNotAllowed], [access.ErrKey], [role.ErrQuota],
// [role.ErrBusy], [role.ErrDiskFull], [role.ErrDisk]; any other error says that nothing is acknowledged, and the same call may
// be repeated.
func (in *Intake) Submit(ctx context.Context, s *publish.Submission) (client.Status, error) {
	if len(s.Leaves) > publish.MaxLeaves {
		return client.Status{}, role.ErrTooLarge
	}
	if s.Count != uint64(len(s.Leaves)) {
		return client.Status{}, role.Refuse("submission", "the submission says %d leaves and has %d", s.Count, len(s.Leaves))
	}
	rest := s.Leaves
	return in.Receive(ctx, s, func(leaves []merkle.Hash) error {
		rest = rest[copy(leaves, rest):]
		return nil
	})
}

// Receive is [Intake.Submit] of a submission of which the leaves are still to come: what
// can be refused without them is refused before read is called. read fills a slice
// with the next leaves, s.Count in all; its error is returned as it is. While it waits
// for them, those that are there are hashed and written, in memory that does not grow
// with their number. s.Leaves is neither read nor changed.
func (in *Intake) Receive(ctx context.Context, s *publish.Submission, read func(leaves []merkle.Hash) error) (client.Status, error) {
	id, quota, err := in.check(ctx, s)
	if err != nil {
		return client.Status{}, err
	}
	count, _, err := in.Waiting()
	if err != nil {
		return client.Status{}, err
	}
	fits, refusal := in.disk.Admit(int(s.Count))
	if refusal == nil {
		fits() // room is promised to leaves as they come, not to who says that they will
	}
	if count >= in.config.MaxWaiting {
		refusal = role.ErrBusy
	}
	refusal = cmp.Or(refusal, in.config.Access.Room(s.Issuer, quota, s.Count))
	if refusal != nil {
		// A repeated submission is still answered.
		if status, err := in.config.Status(ctx, id); err == nil {
			return status, nil
		}
		return client.Status{}, refusal
	}
	arriving := arriving{disk: in.disk, read: read}
	defer arriving.written()
	r, added, err := in.take(id, s, arriving.next, quota)
	if errors.Is(err, store.ErrUsedUp) {
		// Others came meanwhile.
		err = cmp.Or(in.config.Access.Room(s.Issuer, quota, s.Count), err)
	}
	if err != nil {
		return client.Status{}, err
	}
	in.waiting.acceptedTo(r.Sequence)
	in.config.Hooks.Step("accepted")
	if !added {
		return in.config.Status(ctx, id)
	}
	if count == 0 || count+1 >= in.config.BatchCount {
		in.Wake() // something is due, or the time when it will be is to be set
	}
	if in.config.Log.Enabled(ctx, slog.LevelDebug) {
		in.config.Log.Debug("submission accepted", "id", id.String(), "issuer", r.Issuer.String(), "leaves", r.Count, "sequence", r.Sequence)
	}
	return client.Status{ID: id, State: publish.Accepted, Since: role.Millis(r.AcceptedAt)}, nil
}

// check verifies what a submission says without its leaves, cheapest first, and
// returns its id and its issuer's quota.
func (in *Intake) check(ctx context.Context, s *publish.Submission) (id merkle.Hash, quota store.Quota, err error) {
	if s.Count > publish.MaxLeaves {
		return id, quota, role.ErrTooLarge
	}
	if !slices.Contains(in.homes, s.Home) {
		return id, quota, role.Refuse("home", "%s is not a registry of this node; sign for %s", s.Home, in.homes)
	}
	if quota, err = in.config.Access.Admit(ctx, s.Issuer); err != nil {
		return id, quota, err
	}
	if id, err = s.VerifySigned(); err != nil {
		return id, quota, role.Refuse("submission", "%v", err)
	}
	return id, quota, nil
}

// take reads, checks and writes the leaves of a submission, and the submission.
func (in *Intake) take(
	id merkle.Hash, s *publish.Submission, read func([]merkle.Hash) error, quota store.Quota,
) (r store.Submission, added bool, err error) {
	if s.Count >= store.LargeLeaves {
		return in.takeLarge(id, s, read, quota)
	}
	whole := *s
	if whole.Leaves, err = readLeaves(nil, int(s.Count), read); err != nil {
		return r, false, err
	}
	tree, err := whole.Tree()
	if err != nil {
		return r, false, role.Refuse("submission", "%v", err)
	}
	return in.store.AddSubmission(id, &whole, tree, &quota)
}

// takeLarge is take for leaves that are written as they come.
func (in *Intake) takeLarge(
	id merkle.Hash, s *publish.Submission, read func([]merkle.Hash) error, quota store.Quota,
) (r store.Submission, added bool, err error) {
	var (
		incoming    *store.Incoming
		first, last merkle.Hash
		block, next []merkle.Hash // one is written while the other one is read
		written     = make(chan error, 1)
	)
	written <- nil
	for rest := int(s.Count); rest > 0; rest -= len(block) {
		var unread error
		block, next = next, block
		block, unread = readLeaves(block, min(rest, publish.MaxBlockLeaves), read)
		if err := <-written; err != nil {
			return r, false, disorder(err)
		}
		if unread != nil {
			return r, false, unread
		}
		if incoming == nil {
			// Not sooner: it holds a file, and a client may send nothing.
			if incoming, err = in.store.Receive(int(s.Count)); err != nil {
				return r, false, err
			}
			defer incoming.Discard()
			first = block[0]
		}
		last = block[len(block)-1]
		go func(block []merkle.Hash) { written <- incoming.Append(block) }(block)
	}
	if err := <-written; err != nil {
		return r, false, disorder(err)
	}
	root, err := incoming.Root()
	if err != nil {
		return r, false, err
	}
	if err := s.VerifyLeaves(first, last, root); err != nil {
		return r, false, role.Refuse("submission", "%v", err)
	}
	return in.store.AddIncoming(id, s, incoming, &quota)
}

// fewLeaves are read at once at first, before more memory is taken for others.
const fewLeaves = 1024

// readLeaves reads the next count leaves into a slice, or one that is longer, which takes
// little more memory than has arrived.
func readLeaves(into []merkle.Hash, count int, read func([]merkle.Hash) error) ([]merkle.Hash, error) {
	for into = into[:0]; len(into) < count; {
		have := len(into)
		more := min(count-have, max(have, cap(into)-have, fewLeaves))
		into = slices.Grow(into, more)[:have+more]
		if err := read(into[have:]); err != nil {
			return into, err
		}
	}
	return into, nil
}

// arriving are the leaves of a submission as they come. What has come has room on the
// disk until it is written.
type arriving struct {
	disk  *role.Disk
	read  func([]merkle.Hash) error
	rooms []func()
}

// next reads further leaves, and fails if there is no room for them.
func (a *arriving) next(leaves []merkle.Hash) error {
	if err := a.read(leaves); err != nil {
		return err
	}
	room, err := a.disk.Admit(len(leaves))
	if err != nil {
		return err
	}
	a.rooms = append(a.rooms, room)
	return nil
}

// written gives the room back.
func (a *arriving) written() {
	for _, room := range a.rooms {
		room()
	}
}

// disorder tells leaves that do not ascend from a disk that does not write.
func disorder(err error) error {
	if errors.Is(err, merkle.ErrUnsorted) || errors.Is(err, merkle.ErrDuplicate) {
		return role.Refuse("submission", "leaves of the submission: %v", err)
	}
	return err
}
