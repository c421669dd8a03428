// Package finality follows what the beacon chain behind a chain calls final, as a light
// client: it asks beacon nodes, believes none of them but for a first committee, and
// verifies everything else with package verifier/beacon. What it finds are vouchers, by
// which anybody can tell offline that a block is final, and hops, which are kept for ever:
// beacon nodes forget after some months what they are made of.
//
// Nothing waits for it. Without a beacon node, or while one lies or lags, there is no newer
// voucher, and that is all.
package finality

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"sync"
	"time"

	"github.com/hallmark-node/hallmark/anchor/beaconapi"
	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/anchor/store"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
	"github.com/hallmark-node/hallmark/verifier/beacon"
)

// Config says what a [Follower] follows. All of it is required.
type Config struct {
	Servers []string // base URLs of beacon nodes, which may hold secrets and are never logged
	Chain   verifier.ChainID
	Genesis merkle.Hash // of the execution chain
	Store   *store.Store
	Log     *slog.Logger

	// Update is that of the store, for whoever follows the chain: it fails once another process does.
	Update func(change func(*store.Tx) error) error

	// Canonical returns when an execution block was made, and an error unless it is on the chain
	// as the node knows it.
	Canonical func(ctx context.Context, block merkle.Hash) (time.Time, error)
	// Changed is called when another block is known to be final. It does not wait.
	Changed func()
}

// Voucher is the evidence that an execution block is final.
type Voucher struct {
	Block    merkle.Hash // of the execution block
	Time     time.Time   // of its slot
	Evidence []byte      // encoded [beacon.Evidence]
}

// Follower follows one chain. The goroutine in Run owns all but what mu guards; the other
// methods may be called by anybody.
type Follower struct {
	config  Config
	servers []*server

	network *beacon.Network // nil until it is known
	record  store.Beacon    // as it is on disk, once network is known
	lacking time.Time       // since when no server has what leads on from the newest committee; zero: not so
	filled  time.Time       // when gaps between committees were last tried to be filled

	mu     sync.Mutex
	newest *found // nil until there is one
	health client.BeaconHealth
}

// found is a voucher, and when it was signed.
type found struct {
	Voucher
	slot         uint64 // of the header that was signed
	participants int
}

// server is a beacon node. Each has a client of its own, because one that lies is found out
// only after it has answered.
type server struct {
	name   string // its host
	client *beaconapi.Client
	shown  client.BeaconServer // guarded by the follower's mu
}

// New returns a follower. Nothing is asked yet.
func New(config Config) (*Follower, error) {
	f := &Follower{config: config}
	for _, text := range config.Servers {
		c, err := beaconapi.New(text)
		if err != nil {
			return nil, err
		}
		name := "beacon node"
		if u, err := url.Parse(text); err == nil {
			name = u.Host
		}
		f.servers = append(f.servers, &server{name: name, client: c, shown: client.BeaconServer{Server: name}})
	}
	return f, nil
}

// Newest returns the newest voucher, nil while there is none.
func (f *Follower) Newest() *Voucher {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.newest == nil {
		return nil
	}
	return &f.newest.Voucher
}

// Run follows until ctx is done. Its error is one of the store; what servers do wrong is
// logged and shown. It may be called again once it has returned: meanwhile another process may
// have followed.
func (f *Follower) Run(ctx context.Context) error {
	f.network, f.lacking, f.filled = nil, time.Time{}, time.Time{}
	defer func() {
		for _, s := range f.servers {
			s.client.Close()
		}
	}()
	for {
		for _, s := range f.servers {
			err := f.look(ctx, s)
			if ctx.Err() != nil {
				return nil
			}
			var fatal *StoreError
			if errors.As(err, &fatal) {
				return err
			}
			f.show(s, err)
		}
		timer := time.NewTimer(f.pause())
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil
		case <-timer.C:
		}
	}
}

// StoreError is an error of the store.
type StoreError struct{ err error }

func (e *StoreError) Error() string { return e.err.Error() }
func (e *StoreError) Unwrap() error { return e.err }

func storeError(err error) error {
	if err == nil {
		return nil
	}
	return &StoreError{err}
}

// maxPause is a slot of Ethereum.
const maxPause = 12 * time.Second

// pause returns how long to wait before the next look: a slot.
func (f *Follower) pause() time.Duration {
	if f.network == nil {
		return 4 * time.Second
	}
	return min(max(time.Second, time.Duration(f.network.SecondsPerSlot)*time.Second), maxPause) //nolint:gosec // bounded
}

// look asks one server once.
func (f *Follower) look(ctx context.Context, s *server) error {
	if f.network == nil {
		if err := f.start(ctx, s); err != nil {
			return err
		}
	}
	if err := f.fill(ctx, s); err != nil {
		return err
	}
	u, err := s.client.Finality(ctx)
	if err != nil {
		return err
	}
	if f.known(u) {
		return nil
	}
	v, err := f.verify(ctx, s, u)
	if err != nil {
		return err
	}
	f.take(v)
	return nil
}

// known reports whether an update makes no better voucher than there is. A newer signature is
// better, and of those for one block that of more signers, which is the shorter one.
func (f *Follower) known(u *beacon.Update) bool {
	f.mu.Lock()
	newest := f.newest
	f.mu.Unlock()
	if newest == nil || u.Attested.Slot > newest.slot {
		return false
	}
	return u.Finalized == nil || u.Finalized.BlockHash != newest.Block || u.Participants() <= newest.participants ||
		f.network.Period(u.Attested.Slot+1) != f.network.Period(newest.slot+1)
}

// verify gets the committee that signed an update, and verifies it.
func (f *Follower) verify(ctx context.Context, s *server, u *beacon.Update) (*found, error) {
	if u.Finalized == nil {
		return nil, errors.New("its finality update shows no final block")
	}
	period := f.network.Period(u.Attested.Slot + 1)
	if err := f.begun(ctx, period, u.Finalized); err != nil {
		return nil, err
	}
	if err := f.reach(ctx, s, period); err != nil {
		return nil, err
	}
	newest := &f.record.Committees[len(f.record.Committees)-1]
	if newest.Period > period {
		return nil, fmt.Errorf("it lags: its newest signature is of period %d, and %d has begun", period, newest.Period)
	}
	return prove(f.network, keys(newest), u)
}

// prove makes the voucher of an update that a committee signed, if it holds.
func prove(n *beacon.Network, committee *beacon.Committee, u *beacon.Update) (*found, error) {
	e, err := u.Evidence(n, committee)
	if err != nil {
		return nil, err
	}
	if err := e.Verify(committee.Root(), u.Finalized.BlockHash); err != nil {
		return nil, fmt.Errorf("its finality update does not hold: %w", err)
	}
	return &found{
		Voucher: Voucher{Block: u.Finalized.BlockHash, Time: n.Time(u.Finalized.Slot), Evidence: e.Append(nil)},
		slot:    u.Attested.Slot, participants: e.Signed.Participants(),
	}, nil
}

// take makes a voucher the newest one. Of two for one block that with more signers stays,
// which is shorter.
func (f *Follower) take(v *found) {
	f.mu.Lock()
	old := f.newest
	same := old != nil && old.Block == v.Block
	if same && old.participants >= v.participants {
		v.Voucher, v.participants = old.Voucher, old.participants
	}
	if same {
		v.slot = max(v.slot, old.slot)
	}
	f.newest = v
	f.health.Finalized, f.health.Block, f.health.SeenAt = new(v.Time.UTC()), &v.Block, new(time.Now().UTC())
	f.mu.Unlock()
	if !same {
		f.config.Changed()
	}
}

// show records how a server did, and logs it once.
func (f *Follower) show(s *server, err error) {
	text := ""
	if err != nil {
		text = err.Error()
	}
	f.mu.Lock()
	before := s.shown.Error
	s.shown.Error = text
	if err == nil {
		s.shown.AnsweredAt = new(time.Now().UTC())
	}
	f.mu.Unlock()
	switch {
	case text == before:
	case err != nil:
		f.config.Log.Warn("a beacon node is of no use now; evidence goes without its voucher until one is, and nothing else waits",
			"server", s.name, "err", err)
	default:
		f.config.Log.Info("a beacon node works again", "server", s.name)
	}
}

// Health returns what an operator needs to know.
func (f *Follower) Health() *client.BeaconHealth {
	f.mu.Lock()
	defer f.mu.Unlock()
	h := f.health
	for _, s := range f.servers {
		h.Servers = append(h.Servers, s.shown)
	}
	return &h
}
