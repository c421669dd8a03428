package anchor

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/anchor/store"
	"github.com/hallmark-node/hallmark/merkle"
)

// waiting knows which submissions are accepted and not yet in a batch: those with
// sequence numbers after sealed.
type waiting struct {
	mu     sync.Mutex
	sealed uint64
	oldest int64 // when the first of them was accepted, Unix milliseconds; 0: not looked up yet
}

// waits returns how many submissions wait, and since when the oldest does.
func (n *Node) waits() (count int, oldest time.Time, err error) {
	w := &n.waiting
	w.mu.Lock()
	defer w.mu.Unlock()
	count = int(n.store.Accepted() - w.sealed)
	if count > 0 && w.oldest == 0 {
		r, err := n.store.SubmissionAt(w.sealed + 1)
		if err != nil {
			return 0, time.Time{}, err
		}
		w.oldest = r.AcceptedAt
	}
	return count, millis(w.oldest), nil
}

// sealedTo records that the submissions up to a sequence number are in batches.
func (w *waiting) sealedTo(sequence uint64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sealed, w.oldest = sequence, 0
}

// Submit checks s, writes it to disk and returns once it is durable. The same
// submission again, also at the same time, returns its present status. Errors:
// [*RefusedError], [ErrTooLarge], [ErrNotAllowed], [ErrBusy], [ErrDiskFull],
// [ErrDisk]; any other error says
// that nothing is acknowledged, and the same call may be repeated.
func (n *Node) Submit(ctx context.Context, s *Submission) (client.Status, error) {
	if len(s.Leaves) > MaxLeaves {
		return client.Status{}, ErrTooLarge
	}
	if s.Count != uint64(len(s.Leaves)) {
		return client.Status{}, &RefusedError{"submission", fmt.Sprintf("the submission says %d leaves and has %d", s.Count, len(s.Leaves))}
	}
	rest := s.Leaves
	return n.Receive(ctx, s, func(leaves []merkle.Hash) error {
		rest = rest[copy(leaves, rest):]
		return nil
	})
}

// Receive is [Node.Submit] of a submission of which the leaves are still to come: what
// can be refused without them is refused before read is called. read fills a slice
// with the next leaves, s.Count in all; its error is returned as it is. While it waits
// for them, those that are there are hashed and written, in memory that does not grow
// with their number. s.Leaves is neither read nor changed.
func (n *Node) Receive(ctx context.Context, s *Submission, read func(leaves []merkle.Hash) error) (client.Status, error) {
	id, err := n.check(s)
	if err != nil {
		return client.Status{}, err
	}
	count, _, err := n.waits()
	if err != nil {
		return client.Status{}, err
	}
	fits, refusal := n.disk.admit(int(s.Count))
	if refusal == nil {
		fits() // room is promised to leaves as they come, not to who says that they will
	}
	if count >= n.config.MaxWaiting {
		refusal = ErrBusy
	}
	if refusal != nil {
		// A repeated submission is still answered.
		if status, err := n.Submission(ctx, id); err == nil {
			return status, nil
		}
		return client.Status{}, refusal
	}
	arriving := arriving{disk: n.disk, read: read}
	defer arriving.written()
	r, added, err := n.take(id, s, arriving.next)
	if err != nil {
		return client.Status{}, err
	}
	n.hook("accepted")
	if !added {
		return n.status(&r)
	}
	if count == 0 || count+1 >= n.config.BatchCount {
		n.kick() // something is due, or the time when it will be is to be set
	}
	if n.log.Enabled(ctx, slog.LevelDebug) {
		n.log.Debug("submission accepted", "id", id.String(), "issuer", r.Issuer.String(), "leaves", r.Count, "sequence", r.Sequence)
	}
	return client.Status{ID: id, State: Accepted, Since: millis(r.AcceptedAt)}, nil
}

// check verifies what a submission says without its leaves, cheapest first, and
// returns its id.
func (n *Node) check(s *Submission) (id merkle.Hash, err error) {
	if s.Count > MaxLeaves {
		return id, ErrTooLarge
	}
	if w := n.writerOf(s.Home.Chain); w == nil || w.home != s.Home {
		return id, refuse("home", "%s is not a registry of this node; sign for %s", s.Home, n.homes())
	}
	if !n.allowed(s.Issuer) {
		return id, fmt.Errorf("issuer %s: %w", s.Issuer, ErrNotAllowed)
	}
	if id, err = s.VerifySigned(); err != nil {
		return id, &RefusedError{"submission", err.Error()}
	}
	return id, nil
}

// take reads, checks and writes the leaves of a submission, and the submission.
func (n *Node) take(id merkle.Hash, s *Submission, read func([]merkle.Hash) error) (r store.Submission, added bool, err error) {
	if s.Count >= store.LargeLeaves {
		return n.takeLarge(id, s, read)
	}
	whole := *s
	if whole.Leaves, err = readLeaves(nil, int(s.Count), read); err != nil {
		return r, false, err
	}
	tree, err := whole.Tree()
	if err != nil {
		return r, false, &RefusedError{"submission", err.Error()}
	}
	return n.store.AddSubmission(id, &whole, tree)
}

// takeLarge is take for leaves that are written as they come.
func (n *Node) takeLarge(id merkle.Hash, s *Submission, read func([]merkle.Hash) error) (r store.Submission, added bool, err error) {
	var (
		in          *store.Incoming
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
		if in == nil {
			// Not sooner: it holds a file, and a client may send nothing.
			if in, err = n.store.Receive(int(s.Count)); err != nil {
				return r, false, err
			}
			defer in.Discard()
			first = block[0]
		}
		last = block[len(block)-1]
		go func(block []merkle.Hash) { written <- in.Append(block) }(block)
	}
	if err := <-written; err != nil {
		return r, false, disorder(err)
	}
	root, err := in.Root()
	if err != nil {
		return r, false, err
	}
	if err := s.VerifyLeaves(first, last, root); err != nil {
		return r, false, &RefusedError{"submission", err.Error()}
	}
	return n.store.AddIncoming(id, s, in)
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
	disk  *diskWatch
	read  func([]merkle.Hash) error
	rooms []func()
}

// next reads further leaves, and fails if there is no room for them.
func (a *arriving) next(leaves []merkle.Hash) error {
	if err := a.read(leaves); err != nil {
		return err
	}
	room, err := a.disk.admit(len(leaves))
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
		return &RefusedError{"submission", fmt.Sprintf("leaves of the submission: %v", err)}
	}
	return err
}

// Submission returns where a submission stands, or [ErrNotFound].
func (n *Node) Submission(_ context.Context, id merkle.Hash) (client.Status, error) {
	r, err := n.store.Submission(id)
	if err != nil {
		return client.Status{}, nodeError(err)
	}
	return n.status(&r)
}

// status says where a submission stands.
func (n *Node) status(r *store.Submission) (client.Status, error) {
	b, err := n.store.BatchOf(r.Sequence)
	if err != nil && !missing(err) {
		return client.Status{}, err
	}
	s := client.Status{State: Accepted, Since: millis(r.AcceptedAt)}
	if err == nil {
		if s, err = n.statusIn(r, &b); err != nil {
			return s, err
		}
	}
	s.ID = r.ID()
	return s, nil
}

// statusIn is status of a submission in a batch, but for its id.
func (n *Node) statusIn(r *store.Submission, b *store.Batch) (s client.Status, err error) {
	s.State, s.Since, s.Batch = Batched, millis(b.SealedAt), &b.Root
	if s.Chains, err = n.chainStatus(b); err != nil {
		return s, err
	}
	// Where nothing is written nothing changes: then the chain counts
	// on which it has come farthest.
	unconfigured := n.writerOf(r.Chain) == nil
	for _, c := range s.Chains {
		if !unconfigured && c.Home == r.Home() || unconfigured && order(c.State) > order(s.State) {
			s.State, s.Since, s.Transaction, s.Block = c.State, c.Since, c.Transaction, c.Block
		}
	}
	return s, nil
}

// chainStatus says how far a batch has come on each chain that it goes to.
func (n *Node) chainStatus(b *store.Batch) ([]client.ChainState, error) {
	list, err := n.store.BatchOperations(b.Number)
	if err != nil {
		return nil, err
	}
	out := make([]client.ChainState, len(list))
	for i := range list {
		o := &list[i]
		out[i] = client.ChainState{
			Home: n.bound[o.Chain], State: o.State, Transaction: transaction(o), Block: blockNumber(o), Since: millis(o.Since),
		}
	}
	return out, nil
}

// transaction returns the hash of the newest signed transaction of an operation.
func transaction(o *store.Operation) *merkle.Hash {
	for i := len(o.Attempts) - 1; i >= 0; i-- {
		if len(o.Attempts[i].Raw) > 0 {
			return pointer(o.Attempts[i].Hash)
		}
	}
	return nil
}

func blockNumber(o *store.Operation) *uint64 {
	if s := o.State; s != Mined && s != Final || o.Block.Number == 0 {
		return nil
	}
	return pointer(o.Block.Number)
}

// Watch returns a submission's status now and after each change. The channel is
// closed once the submission is final, ctx is done or the node is closed. An unknown id is [ErrNotFound].
func (n *Node) Watch(ctx context.Context, id merkle.Hash) (<-chan client.Status, error) {
	changed := n.changes.next()
	last, err := n.Submission(ctx, id)
	if err != nil {
		return nil, err
	}
	out := make(chan client.Status, 1)
	out <- last
	n.watchers.Go(func() {
		defer close(out)
		for last.State != Final {
			select {
			case <-changed:
			case <-ctx.Done():
				return
			case <-n.closing:
				return
			}
			changed = n.changes.next()
			now, err := n.Submission(ctx, id)
			if err != nil {
				return
			}
			if now.State == last.State && now.Since.Equal(last.Since) {
				continue
			}
			last = now
			select {
			case out <- now:
			case <-ctx.Done():
				return
			case <-n.closing:
				return
			}
		}
	})
	return out, nil
}

// RetryAfter is how long to wait after [ErrBusy] or [ErrUnavailable].
const RetryAfter = 10 * time.Second
