package monitor

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/hallmark-node/hallmark/anchor/chain"
	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/credential"
	"github.com/hallmark-node/hallmark/merkle"
)

// Why something cannot be read.
var (
	errNoSource    = errors.New("no source of published blocks was named")
	errUnpublished = errors.New("whoever anchored it says of no blocks")
	errLater       = errors.New("the sources were too slow with others that came at the same time")
)

// batch makes reports of a batch that was anchored: of the issuers' submissions in it.
func (p *pass) batch(ctx context.Context, e *chain.Event, final bool) {
	if slices.Contains(p.state.Roots, e.Root) {
		return // anchored again: anybody may, and it changes nothing
	}
	if err := p.readBatch(ctx, e, final); err != nil {
		p.unread(ctx, e, final, Report{Kind: Unread, Publisher: e.Publisher, Batch: e.Root, Manifest: e.Manifest}, err)
	}
}

// readBatch reads who is in a batch.
func (p *pass) readBatch(ctx context.Context, e *chain.Event, final bool) error {
	var found []Report
	err := p.read(ctx, e, e.Manifest, func(ctx context.Context, get publish.Getter) error {
		return publish.ReadHeads(ctx, get, publish.Batch{Root: e.Root, Manifest: e.Manifest}, func(s *publish.Submission) error {
			if !slices.Contains(p.config.Issuers, s.Issuer) {
				return nil
			}
			id, err := s.VerifySigned()
			if err != nil {
				return nil //nolint:nilerr // the key did not sign it: nobody can show that it did
			}
			r := Report{
				Kind: Submission, Issuer: s.Issuer, Publisher: e.Publisher, Batch: e.Root,
				Submission: id, Root: s.Root, Count: s.Count, IssuedAt: s.IssuedAt,
			}
			if s.Home != p.config.Home {
				r.SignedFor = s.Home
			}
			found = append(found, r)
			return nil
		})
	})
	if err != nil {
		return err
	}
	for _, r := range found {
		p.report(ctx, e, final, r)
	}
	if len(found) > 0 {
		p.state.Roots = append(p.state.Roots, e.Root)
		p.state.Roots = p.state.Roots[max(0, len(p.state.Roots)-maxRoots):]
	}
	return nil
}

// readTime is how long published blocks are waited for in a step when events come, and as long when what
// is unread is tried again: what comes next must not wait for a slow source, and anybody can anchor what is
// slow. What takes longer is tried again, with more patience each time, up to maxPatience.
const (
	readTime    = 15 * time.Second
	maxPatience = time.Minute
)

// read calls do with what fetches published blocks, if there is any.
func (p *pass) read(ctx context.Context, e *chain.Event, manifest merkle.Hash, do func(context.Context, publish.Getter) error) error {
	switch {
	case manifest.IsZero():
		return errUnpublished
	case p.config.Blocks == nil:
		return errNoSource
	}
	patience := readTime - p.waited
	if t := p.tries[place(e)]; t != nil {
		patience = min(max(readTime, t.pause), maxPatience)
	}
	if patience <= 0 {
		return errLater
	}
	began := time.Now()
	defer func() { p.waited += time.Since(began) }()
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return do(ctx, p.config.Blocks)
}

// unread tells what cannot be read, and keeps it to be tried again.
func (p *pass) unread(ctx context.Context, e *chain.Event, final bool, r Report, because error) {
	same := func(u unread) bool {
		return u.Event.Root == e.Root && u.Event.Manifest == e.Manifest && u.Event.Kind == e.Kind
	}
	if slices.ContainsFunc(p.state.Unread, same) {
		return
	}
	r.Reason = credential.Printable(because.Error())
	p.report(ctx, e, final, r)
	if errors.Is(because, errNoSource) || errors.Is(because, errUnpublished) {
		return
	}
	p.state.Unread = append(p.state.Unread, unread{*e, final})
	p.state.Unread = p.state.Unread[max(0, len(p.state.Unread)-maxUnread):]
	p.tries[place(e)] = newTry()
}

// try is when something unread is tried again.
type try struct {
	next  time.Time
	pause time.Duration
}

// How long is waited before something unread is tried again, and how much is tried in a step.
const (
	firstPause = 2 * time.Second
	maxPause   = time.Hour
	maxRetries = 16
)

func newTry() *try { return &try{time.Now().Add(firstPause), firstPause} }

// isRead forgets that an event could not be read.
func (p *pass) isRead(at string) {
	open := slices.DeleteFunc(slices.Clone(p.state.Open[at]), func(r Report) bool { return r.Kind == Unread })
	if len(open) == 0 {
		delete(p.state.Open, at)
		return
	}
	p.state.Open[at] = open
}

// retry tries again what could not be read: first that which was tried least, since what has failed often
// may be there to be waited for.
func (p *pass) retry(ctx context.Context) {
	due, now := make([]int, 0, len(p.state.Unread)), time.Now()
	pause := func(i int) time.Duration {
		if t := p.tries[place(&p.state.Unread[i].Event)]; t != nil {
			return t.pause
		}
		return 0
	}
	for i := range p.state.Unread {
		if t := p.tries[place(&p.state.Unread[i].Event)]; t == nil || !now.Before(t.next) {
			due = append(due, i)
		}
	}
	slices.SortStableFunc(due, func(a, b int) int { return cmp.Compare(pause(a), pause(b)) })
	read := make(map[int]bool)
	for _, i := range due[:min(len(due), maxRetries)] {
		if time.Since(now) > readTime {
			break
		}
		read[i] = p.tryAgain(ctx, &p.state.Unread[i])
	}
	left := p.state.Unread[:0:0]
	for i, u := range p.state.Unread {
		if !read[i] {
			left = append(left, u)
		}
	}
	p.state.Unread, p.waited = left, 0
}

// tryAgain reports whether something could be read that could not be before.
func (p *pass) tryAgain(ctx context.Context, u *unread) bool {
	at := place(&u.Event)
	t := p.tries[at]
	if t == nil {
		t = newTry()
		p.tries[at] = t
	}
	var err error
	if u.Event.Kind == chain.Anchored {
		err = p.readBatch(ctx, &u.Event, u.Final)
	} else {
		err = p.readList(ctx, &u.Event, u.Final)
	}
	if err == nil {
		delete(p.tries, at)
		p.isRead(at)
		return true
	}
	t.pause = min(2*t.pause, maxPause)
	t.next = time.Now().Add(t.pause)
	return false
}
