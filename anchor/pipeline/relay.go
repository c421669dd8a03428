package pipeline

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/time/rate"

	"github.com/hallmark-node/hallmark/anchor/chain"
	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/anchor/role"
	"github.com/hallmark-node/hallmark/anchor/store"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// A relayed statement spends the operator's money for others, and on a node
// that is open to all for strangers. So it is taken only of issuers that the operator
// lists or that have anchored something here, a few a day of each, few at once; and it
// never takes a slot or money that anchors need: see [Writer.turn] and [Writer.relayBudget].

const (
	// maxSignature bounds what a contract may want as a signature, in bytes.
	maxSignature = 8192

	// maxRelays is how many statements of issuers that the operator does not list may be
	// open on a chain: waiting, or on their way until final. Each of them is looked up at
	// every new block. On Ethereum, where finality takes a quarter of an hour, it lets
	// some 6,000 a day through.
	maxRelays = 64

	// relayGas is what a statement may take. A first status list takes 78,500 by a key,
	// the dearest of all honest ones, and a contract that wants a handful of signatures
	// takes some 7,000 more for each. On a chain where gas pays for data too, an anchor
	// takes more than its 47,000, and a statement, which is longer, may take as many
	// times more.
	relayGas  = 150_000
	anchorGas = 47_000

	// simulationRate is how many statements a second are simulated to find out what a
	// controller that is a contract says to them.
	simulationRate = 1

	// doubtfulRate is how many statements a second the chain is asked about that are not
	// signed by who is known to speak for the issuer: by a controller that is a contract or
	// was set lately, without a signature for a list that is on the chain already, or junk.
	doubtfulRate = 5

	// maxControllers is for how many issuers their controller is remembered.
	maxControllers = 4096

	// simulationPatience is for how long a statement is tried that servers answer for, and
	// cannot simulate: a contract that never comes to an end would keep its place for ever.
	simulationPatience = time.Hour
)

// begin checks what can be said of a statement without asking the chain, so that what is
// refused costs nothing there.
func (w *Writer) begin(o *store.Operation) error {
	p := w.pipeline
	if err := p.config.Access.Check(o.Issuer); err != nil {
		return err
	}
	standing, err := p.store.Standing(o.Issuer)
	if err != nil {
		return err
	}
	listed, err := p.config.Access.Lists(o.Issuer)
	if err != nil {
		return err
	}
	if standing.Batch == 0 && !listed {
		return fmt.Errorf("issuer %s: %w", o.Issuer, role.ErrNotRelayed)
	}
	if len(o.Signature) > maxSignature {
		return role.Refuse("signature", "%d bytes, more than %d", len(o.Signature), maxSignature)
	}
	newest, err := p.store.NewestOperation(w.home.Chain, o.Issuer)
	switch {
	case err == nil && newest.Kind == o.Kind && newest.Version == o.Version && newest.From == o.From && newest.Next == o.Next:
		return nil // the same as before, as it seems: it is not counted again
	case err != nil && !role.Missing(err):
		return err
	}
	if err := p.disk.Writable(); err != nil {
		return err
	}
	if len(o.Signature) == 0 {
		return nil // it is on the chain already, or is going to be refused
	}
	seen, _ := w.health.newest() // the zero Block while none was
	if err := checkDeadline(o, seen.Time); err != nil {
		return err
	}
	if err := p.withinQuota(o.Issuer, &standing, time.Now()); err != nil {
		return err
	}
	return w.roomFor(o.Issuer, w.pipeline.store.OpenOperations)
}

// repeated reports whether a statement was taken before and need not be looked at again.
func (w *Writer) repeated(o *store.Operation) (bool, error) {
	newest, err := w.pipeline.store.NewestOperation(w.home.Chain, o.Issuer)
	if err != nil {
		if role.Missing(err) {
			err = nil
		}
		return false, err
	}
	s := newest.State
	lasts := o.Kind != store.KindController // which may have been changed back since
	return sameStatement(&newest, o) && (s == publish.Accepted || s == publish.Broadcast || lasts && s != publish.Failed), nil
}

// recordFor reads the record of a statement's issuer at the newest block, unless the
// statement is repeated: then it was taken, and nothing is left to do. Anybody can
// make a statement that names an issuer; so while it is not signed by who spoke for the
// issuer last, as far as is known, or by the issuer, it is one of a few a second.
func (w *Writer) recordFor(ctx context.Context, o *store.Operation) (r chain.IssuerRecord, head chain.Block, repeated bool, err error) {
	if repeated, err = w.repeated(o); err != nil || repeated {
		return r, head, repeated, err
	}
	if !w.plausible(o) && !w.doubtful.Allow() {
		return r, head, false, fmt.Errorf("too many statements by others than their issuers at once: %w", role.ErrBusy)
	}
	r, head, err = w.Issuer(ctx, o.Issuer)
	if err == nil {
		w.controllers.Add(o.Issuer, r.SpeaksFor(o.Issuer))
	}
	return r, head, false, err
}

// plausible reports whether a statement is signed by who may be thought to speak for the
// issuer. It does not ask the chain.
func (w *Writer) plausible(o *store.Operation) bool {
	if len(o.Signature) != len(verifier.Signature{}) {
		return false
	}
	signer, err := verifier.Recover(w.digest(o), verifier.Signature(o.Signature))
	controller, known := w.controllers.Get(o.Issuer)
	if !known {
		controller = o.Issuer
	}
	return err == nil && signer == controller
}

func checkDeadline(o *store.Operation, now uint64) error {
	if o.Deadline < now {
		return role.Refuse("deadline", "%d has passed: the chain's time is %d; sign again", o.Deadline, now)
	}
	return nil
}

// withinQuota reports whether another statement of an issuer's is taken today.
func (p *Pipeline) withinQuota(issuer verifier.Address, s *store.Standing, now time.Time) error {
	if most := p.config.RelaysPerDay; s.RelayedOn(now) >= uint64(most) {
		return fmt.Errorf("issuer %s: %w (%d a day)", issuer, role.ErrQuota, most)
	}
	return nil
}

// count charges an issuer's share of today.
func (p *Pipeline) count(tx *store.Tx, issuer verifier.Address) error {
	now := time.Now()
	s, err := tx.Standing(issuer)
	if err != nil {
		return err
	}
	if err := p.withinQuota(issuer, &s, now); err != nil {
		return err
	}
	return tx.CountRelay(issuer, now)
}

// listed reports whether the operator lists an issuer, where it is about who comes first.
func (w *Writer) listed(issuer verifier.Address) bool {
	listed, _ := w.pipeline.config.Access.Lists(issuer) // not known: it waits for its turn
	return listed
}

// roomFor reports whether another statement can wait. Issuers whom the operator lists
// are few, and not to be kept out by others.
func (w *Writer) roomFor(issuer verifier.Address, operations func(verifier.ChainID) ([]*store.Operation, error)) error {
	if w.listed(issuer) {
		return nil
	}
	open, err := operations(w.home.Chain)
	if err != nil {
		return err
	}
	if w.crowd(open) >= maxRelays {
		return fmt.Errorf("%d statements wait for the chain already: %w", maxRelays, role.ErrBusy)
	}
	return nil
}

// crowd counts the statements of issuers that the operator does not list.
func (w *Writer) crowd(open []*store.Operation) (count int) {
	for _, o := range open {
		if o.Kind != store.KindAnchor && !w.listed(o.Issuer) {
			count++
		}
	}
	return count
}

// checkStatement checks a statement against what a block shows of its issuer.
func (w *Writer) checkStatement(ctx context.Context, o *store.Operation, r chain.IssuerRecord, head chain.Block) error {
	if err := checkDeadline(o, head.Time); err != nil {
		return err
	}
	return w.checkController(ctx, o, w.digest(o), r)
}

// digest returns what a statement's signature is over.
func (w *Writer) digest(o *store.Operation) merkle.Hash {
	switch o.Kind {
	case store.KindStatus:
		return verifier.SetStatusDigest(w.home, o.Issuer, o.Version, o.Root, o.Manifest, o.Deadline)
	case store.KindRetire:
		return verifier.RetireDigest(w.home, o.Issuer, o.From, o.Deadline)
	case store.KindController:
		return verifier.SetControllerDigest(w.home, o.Issuer, o.Current, o.Next, o.Deadline)
	}
	panic("not a statement: " + o.Kind)
}

// relay writes down that a statement that was checked is to be sent, with whatever put
// writes, if nothing else about the issuer is on its way.
func (w *Writer) relay(o *store.Operation, r chain.IssuerRecord, head chain.Block, put func(*store.Tx) error) error {
	if err := w.pipeline.disk.Writable(); err != nil {
		return err
	}
	o.Chain = w.home.Chain
	o.State, o.Since = publish.Accepted, time.Now().UnixMilli()
	err := w.pipeline.store.Update(func(tx *store.Tx) error {
		newest, err := tx.NewestOperation(o.Chain, o.Issuer)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		if err == nil && underWay(&newest, r, head) {
			if sameStatement(&newest, o) {
				return errRepeated
			}
			return fmt.Errorf("another statement about %s is on its way: %w; repeat when that is mined", o.Issuer, role.ErrConflict)
		}
		if err := w.roomFor(o.Issuer, tx.OpenOperations); err != nil {
			return err
		}
		if err := w.pipeline.count(tx, o.Issuer); err != nil {
			return err
		}
		if put != nil {
			if err := put(tx); err != nil {
				return err
			}
		}
		_, err = tx.AddOperation(o)
		return err
	})
	if errors.Is(err, errRepeated) {
		return nil
	}
	if err != nil {
		return err
	}
	w.pipeline.config.Hooks.Step("relay")
	w.log.Info("statement accepted for relaying", "kind", string(o.Kind), "issuer", o.Issuer.String(), "version", o.Version)
	w.pipeline.config.Hooks.Changed()
	w.Wake()
	return nil
}

// underWay reports whether a statement may still change the record that a block shows:
// one that is in a block already if it is in a later one, or in one that the chain has
// lost. Once it cannot, the next statement can be made from that record.
func underWay(o *store.Operation, r chain.IssuerRecord, at chain.Block) bool {
	switch o.State {
	case publish.Accepted, publish.Broadcast:
	case publish.Mined, publish.Final:
		// Its effect lasts, but for a controller, which may since have been changed back.
		if o.Kind == store.KindController && o.Block.Number <= at.Number {
			return false
		}
	default:
		return false
	}
	there, overtaken := statementEffect(o, r)
	return !there && overtaken == ""
}

// errRepeated leaves an update without writing.
var errRepeated = errors.New("the same statement is on its way")

func sameStatement(a, b *store.Operation) bool {
	return a.Kind == b.Kind && a.Version == b.Version && a.Root == b.Root && a.From == b.From && a.Current == b.Current && a.Next == b.Next
}

// checkController checks that a statement is signed by the issuer's controller. For a
// controller that is a contract (ERC-1271) the simulation decides.
func (w *Writer) checkController(ctx context.Context, o *store.Operation, digest merkle.Hash, r chain.IssuerRecord) error {
	want := r.SpeaksFor(o.Issuer)
	if len(o.Signature) == len(verifier.Signature{}) {
		got, err := verifier.Recover(digest, verifier.Signature(o.Signature))
		if err == nil && got == want {
			return nil
		}
	}
	if r.Controller.IsZero() {
		return role.Refuse("signature", "not made by the issuer %s over exactly this statement for %s", want, w.home)
	}
	contract, err := w.client.HasCode(ctx, want)
	if err != nil {
		return fmt.Errorf("%w: %w", role.ErrUnavailable, err)
	}
	if !contract {
		return role.Refuse("signature", "not made by the controller %s over exactly this statement for %s", want, w.home)
	}
	if !w.simulations.Allow() {
		return fmt.Errorf("too many statements by contracts at once: %w", role.ErrBusy)
	}
	gas, err := w.client.EstimateGas(ctx, w.account, w.home.Registry, calldata(o))
	var reverted *chain.RevertError
	if errors.As(err, &reverted) && reverted.Overtaken {
		return fmt.Errorf("%s: %w", reverted.Reason, role.ErrConflict)
	}
	if errors.As(err, &reverted) {
		return role.Refuse("signature", "%s", reverted.Reason)
	}
	if err != nil {
		return fmt.Errorf("%w: %w", role.ErrUnavailable, err)
	}
	if most := w.relayGas(); gas > most {
		return role.Refuse("signature", "%s", tooMuchGas(gas, most))
	}
	return nil
}

// newGate makes what keeps strangers' statements from costing more than a little.
func newGate() gate {
	controllers, err := lru.New[verifier.Address, verifier.Address](maxControllers)
	if err != nil { // the size is positive
		panic(err)
	}
	return gate{
		simulations: rate.NewLimiter(simulationRate, 5*simulationRate),
		doubtful:    rate.NewLimiter(doubtfulRate, 5*doubtfulRate),
		controllers: controllers,
	}
}

// gate bounds what the chain is asked for statements that may be junk. It locks itself.
type gate struct {
	simulations *rate.Limiter
	doubtful    *rate.Limiter
	controllers *lru.Cache[verifier.Address, verifier.Address] // the controller of an issuer, as last read
}

// relayGas returns the most gas that a statement's transaction may take.
func (w *Writer) relayGas() uint64 {
	anchor := w.anchorGas.Load() / 5 * 4 // without what is put on an estimate
	return max(relayGas, relayGas/anchorGas*anchor)
}

func tooMuchGas(gas, most uint64) string {
	return fmt.Sprintf("the statement takes %d gas, and this node pays for at most %d: "+
		"send the transaction yourself, or have the controller's contract take less", gas, most)
}

// relaySlots is how many transactions of statements may be on their way, beside the
// MaxInFlight of anchors, whose slots they cannot take.
func (w *Writer) relaySlots() int { return max(1, w.config.MaxInFlight/2) }

// turn returns the operations in the order in which they go on: first those that need no
// new nonce, then batches, then statements of issuers that the operator lists, then all
// others, and among equals the oldest first.
func (w *Writer) turn(open []*store.Operation) []*store.Operation {
	order := func(o *store.Operation) int {
		switch {
		case !unsent(o):
			return 0
		case o.Kind == store.KindAnchor:
			return 1
		case w.listed(o.Issuer):
			return 2
		}
		return 3
	}
	sorted := slices.Clone(open)
	slices.SortStableFunc(sorted, func(a, b *store.Operation) int { return order(a) - order(b) })
	return sorted
}

// unsent reports whether an operation waits for its first transaction.
func unsent(o *store.Operation) bool {
	s := o.State
	return len(o.Attempts) == 0 && (s == publish.Accepted || s == publish.Batched)
}

// slot returns why an operation cannot have its first transaction now: too many of its
// sort are on their way. Nil if it can.
func (w *Writer) slot(o *store.Operation, s *snapshot) error {
	if o.Kind == store.KindAnchor {
		return w.anchorSlot(s.inFlight(isAnchor))
	}
	if now, most := s.inFlight(isStatement), w.relaySlots(); now >= most {
		return fmt.Errorf("%w: %d of at most %d statements are in no block yet (half of max-in-flight)", role.ErrInFlight, now, most)
	}
	return nil
}

func (w *Writer) anchorSlot(now int) error {
	if most := w.config.MaxInFlight; now >= most {
		return fmt.Errorf("%w: %d of at most %d batches are in no block yet (max-in-flight)", role.ErrInFlight, now, most)
	}
	return nil
}

func isAnchor(o *store.Operation) bool    { return o.Kind == store.KindAnchor }
func isStatement(o *store.Operation) bool { return o.Kind != store.KindAnchor }
