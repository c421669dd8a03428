// Package monitor tells what happens in the names of issuers: each submission that is anchored,
// each change of a status list, each retirement and each change of controller, as soon as the
// block is there that has it. Whoever does not know of something that is done in their name has
// lost their key.
//
// What happens is read from the events of the registry (package follow). An event of a status
// says whose it is. One of a batch does not: who is in it stands in the published blocks, and a
// batch that nobody publishes is reported as what cannot be read. Servers can leave events out, so what
// they tell of an issuer is compared with what the registry records.
//
//   - monitor.go: one step;
//   - batches.go, lists.go: what is published about an event;
//   - report.go: what is told;
//   - state.go: what was told, so that each thing is told once.
package monitor

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/hallmark-node/hallmark/anchor/chain"
	"github.com/hallmark-node/hallmark/anchor/follow"
	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// Config says what is watched, and with what.
type Config struct {
	Client        *chain.Client // its servers are known to be of the home's chain
	Home          verifier.Home // the registry
	Issuers       []verifier.Address
	Confirmations chain.Confirmations
	From          uint64         // the block to begin with, if there is no state
	Blocks        publish.Getter // of published blocks; nil: none are read
	State         string         // path of a file; empty: nothing outlives the process

	// Tell takes reports, in order. What it returns an error for is told again.
	Tell func(*Report) error
	// Send takes reports, too, each until it returns no error; nil: nobody does.
	Send func(context.Context, *Report) error
}

// Monitor watches issuers. It is for one goroutine.
type Monitor struct {
	config   Config
	state    *state
	follower *follow.Follower

	tries  map[string]*try // of what is unread, by place
	failed int             // times in a row that Send failed
	rest   time.Time       // until when it is not called, because of that
}

// New makes a monitor, which goes on where its state ends.
func New(config Config) (*Monitor, error) {
	config.Issuers = slices.Clone(config.Issuers)
	slices.SortFunc(config.Issuers, func(a, b verifier.Address) int { return bytes.Compare(a[:], b[:]) })
	config.Issuers = slices.Compact(config.Issuers)
	s, err := loadState(config.State, config.Home, config.Issuers)
	if err != nil {
		return nil, err
	}
	if err := writable(config.State); err != nil {
		return nil, err
	}
	m := &Monitor{config: config, state: s, tries: make(map[string]*try)}
	m.restart()
	return m, nil
}

// restart has the follower begin where the state ends.
func (m *Monitor) restart() {
	m.follower = follow.New(m.config.Client, m.config.Home.Registry, m.config.Confirmations, m.config.From, m.state.Position)
}

// Progress is how far a monitor has come.
type Progress struct {
	Head   uint64 // number of the newest block
	Behind uint64 // how many blocks up to it were not read yet: the next step need not wait
	Told   int    // reports of this step
	Unread int    // batches and lists that nobody gave yet
	Unsent int    // reports that Send did not take yet
	Fault  error  // why
}

// Next looks at the chain once, and tells what is new. After an error the next call begins where
// this one did.
func (m *Monitor) Next(ctx context.Context) (p Progress, err error) {
	step, err := m.follower.Next(ctx)
	if err != nil {
		return p, err
	}
	pass := &pass{Monitor: m, state: m.state.clone(), times: make(map[uint64]chain.Block)}
	if err := pass.take(ctx, &step); err != nil {
		m.restart()
		return p, err
	}
	for i := range pass.reports {
		if err := m.config.Tell(&pass.reports[i]); err != nil {
			m.restart()
			return p, err
		}
	}
	if m.config.Send != nil {
		pass.state.Outbox = append(pass.state.Outbox, pass.reports...)
	}
	fault := m.send(ctx, pass.state)
	if err := pass.state.save(m.config.State); err != nil {
		m.restart()
		return p, err
	}
	m.state = pass.state
	return Progress{
		Head: step.Head.Number, Behind: step.Behind, Told: len(pass.reports),
		Unread: len(m.state.Unread), Unsent: len(m.state.Outbox), Fault: fault,
	}, nil
}

// How long is waited after Send has failed.
const (
	firstRest = 2 * time.Second
	maxRest   = 5 * time.Minute
)

// send gives reports to Send until it fails. The oldest go first, and are dropped when there are too many.
func (m *Monitor) send(ctx context.Context, s *state) error {
	if m.config.Send == nil {
		s.Outbox = nil
		return nil
	}
	dropped := max(0, len(s.Outbox)-maxOutbox)
	s.Outbox = s.Outbox[dropped:]
	if time.Now().Before(m.rest) {
		return nil
	}
	for len(s.Outbox) > 0 {
		if err := m.config.Send(ctx, &s.Outbox[0]); err != nil {
			m.rest = time.Now().Add(min(firstRest<<min(m.failed, 16), maxRest))
			m.failed++
			if dropped > 0 {
				err = fmt.Errorf("%w; %d reports are not kept for it any more", err, dropped)
			}
			return err
		}
		m.failed, s.Outbox = 0, s.Outbox[1:]
	}
	return nil
}

// pass is one step: it changes a copy of the state.
type pass struct {
	*Monitor
	state   *state
	reports []Report
	times   map[uint64]chain.Block
	waited  time.Duration // for published blocks of new events
}

// take makes reports of a step.
func (p *pass) take(ctx context.Context, step *follow.Step) error {
	p.state.Position = step.Position
	if step.Rewound != nil {
		p.rewound(*step.Rewound)
	}
	for i := range step.Gone {
		p.gone(&step.Gone[i])
	}
	final := make(map[string]bool, len(step.Final))
	for i := range step.Final {
		final[place(&step.Final[i])] = true
	}
	p.retry(ctx)
	for i := range step.New {
		e := &step.New[i]
		if err := p.event(ctx, e, final[place(e)]); err != nil {
			return err
		}
	}
	for i := range step.Final {
		p.final(&step.Final[i])
	}
	if step.Behind > 0 {
		return nil
	}
	return p.compare(ctx, step)
}

// event makes reports of an event that is new.
func (p *pass) event(ctx context.Context, e *chain.Event, final bool) error {
	if e.Kind == chain.Anchored {
		p.batch(ctx, e, final)
		return nil
	}
	if !slices.Contains(p.config.Issuers, e.Issuer) {
		return nil
	}
	switch e.Kind {
	case chain.StatusChanged:
		p.list(ctx, e, final)
	case chain.Retired:
		p.report(ctx, e, final, Report{Kind: Retired, Issuer: e.Issuer, From: e.From})
		p.record(e.Issuer, func(r *recorded) { r.RetiredFrom = e.From })
	case chain.ControllerChanged:
		p.report(ctx, e, final, Report{Kind: Controller, Issuer: e.Issuer, Controller: e.Controller})
		p.record(e.Issuer, func(r *recorded) { r.Controller = e.Controller })
	}
	return nil
}

// record notes what an event says that the registry records now.
func (p *pass) record(issuer verifier.Address, change func(*recorded)) {
	if r, ok := p.state.Records[issuer]; ok {
		change(&r)
		p.state.Records[issuer] = r
	}
}

// report tells of an event.
func (p *pass) report(ctx context.Context, e *chain.Event, final bool, r Report) {
	r.Home, r.Block, r.BlockHash, r.Transaction = p.config.Home, e.Number, e.Hash, e.Transaction
	if b, ok := p.times[e.Number]; ok && b.Hash == e.Hash {
		r.Time = b.Time
	} else if b, err := p.config.Client.At(ctx, e.Number); err == nil && b.Hash == e.Hash {
		p.times[e.Number], r.Time = b, b.Time
	}
	r.ID, r.State = place(e), Seen
	switch r.Kind {
	case Submission:
		r.ID += "-" + r.Submission.String()
	case Unread:
		r.ID += "-unread"
	}
	if final {
		r.State = Final
	}
	p.reports = append(p.reports, r)
	if !final {
		p.state.Open[place(e)] = append(slices.Clone(p.state.Open[place(e)]), r)
	}
}

// final tells that what was reported of an event stays.
func (p *pass) final(e *chain.Event) {
	for _, r := range p.state.Open[place(e)] {
		r.State = Final
		p.reports = append(p.reports, r)
	}
	delete(p.state.Open, place(e))
	for i := range p.state.Unread {
		if place(&p.state.Unread[i].Event) == place(e) {
			p.state.Unread[i].Final = true
		}
	}
}

// gone tells that what was reported of an event is not on the chain any more.
func (p *pass) gone(e *chain.Event) {
	at := place(e)
	for _, r := range p.state.Open[at] {
		r.State = Gone
		p.reports = append(p.reports, r)
	}
	delete(p.state.Open, at)
	p.forget(func(_ uint64, other string) bool { return other == at })
	if e.Kind == chain.Anchored {
		p.state.Roots = slices.DeleteFunc(p.state.Roots, func(root merkle.Hash) bool { return root == e.Root })
	}
	delete(p.state.Records, e.Issuer) // read anew
}

// forget drops what is kept of events.
func (p *pass) forget(lost func(block uint64, place string) bool) {
	p.state.Unread = slices.DeleteFunc(p.state.Unread, func(u unread) bool { return lost(u.Event.Number, place(&u.Event)) })
	for issuer, lists := range p.state.Lists {
		p.state.Lists[issuer] = slices.DeleteFunc(lists, func(l list) bool { return lost(l.Block, l.Place) })
	}
}

// rewound tells that blocks after one are gone that were final.
func (p *pass) rewound(fork uint64) {
	p.reports = append(p.reports, Report{
		ID: fmt.Sprintf("rewound-%d-%d", fork, time.Now().Unix()), Kind: Rewound, State: Seen, Home: p.config.Home, Block: fork,
	})
	p.forget(func(block uint64, _ string) bool { return block > fork })
	p.state.Roots = nil
	clear(p.state.Records)
}

// compare holds what the events told against what the registry records at the newest block: a
// server can leave events out.
func (p *pass) compare(ctx context.Context, step *follow.Step) error {
	for _, issuer := range p.config.Issuers {
		got, err := p.config.Client.Issuer(ctx, step.Head.Hash, p.config.Home.Registry, issuer)
		if errors.Is(err, chain.ErrNoBlock) {
			return nil // reorged meanwhile, or a server that does not have it yet
		}
		if err != nil {
			return err
		}
		now := recorded{got.Version, got.StatusRoot, got.RetiredFrom, got.Controller}
		before, known := p.state.Records[issuer]
		p.state.Records[issuer] = now
		if !known || before == now {
			continue
		}
		var what []string
		if before.Version != now.Version || before.Root != now.Root {
			what = append(what, fmt.Sprintf("status list %d, not %d", now.Version, before.Version))
		}
		if before.RetiredFrom != now.RetiredFrom {
			what = append(what, fmt.Sprintf("retired from %d, not %d", now.RetiredFrom, before.RetiredFrom))
		}
		if before.Controller != now.Controller {
			what = append(what, fmt.Sprintf("controller %s, not %s", now.Controller, before.Controller))
		}
		p.reports = append(p.reports, Report{
			ID: fmt.Sprintf("%s-differs-%s", step.Head.Hash, issuer), Kind: Differs, State: Seen, Home: p.config.Home,
			Block: step.Head.Number, BlockHash: step.Head.Hash, Time: step.Head.Time, Issuer: issuer,
			Reason: fmt.Sprintf("%v", what),
		})
	}
	return nil
}
