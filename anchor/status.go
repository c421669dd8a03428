package anchor

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ipfs/go-cid"

	"github.com/hallmark-node/hallmark/anchor/chain"
	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/anchor/store"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// getter reads published blocks from the store.
func (n *Node) getter(ctx context.Context, c cid.Cid) ([]byte, error) { return n.Block(ctx, c) }

// issuerAtHead reads an issuer's record at the newest block.
func (w *writer) issuerAtHead(ctx context.Context, issuer verifier.Address) (chain.IssuerRecord, chain.Block, error) {
	var head chain.Block
	client, err := w.client.Look(ctx)
	if err == nil {
		head, err = client.Head(ctx)
	}
	if err == nil {
		var r chain.IssuerRecord
		if r, err = client.Issuer(ctx, head.Hash, w.home.Registry, issuer); err == nil {
			return r, head, nil
		}
	}
	return chain.IssuerRecord{}, head, fmt.Errorf("%w: %w", ErrUnavailable, err)
}

// speaker returns who may speak for an issuer.
func speaker(issuer verifier.Address, r chain.IssuerRecord) verifier.Address {
	if r.Controller.IsZero() {
		return issuer
	}
	return r.Controller
}

// StatusList returns an issuer's status in one registry (zero: the node's only
// one): what it says at the newest block that the node has seen, the list behind it if this node has it,
// and what is on its way. Lists are not to be changed. Errors: [*RefusedError] if this node does not write to
// that registry, or has several and none was named, [ErrUnavailable] while the chain cannot be read.
func (n *Node) StatusList(ctx context.Context, home verifier.Home, issuer verifier.Address) (IssuerStatus, error) {
	w, err := n.writerFor(home)
	if err != nil {
		return IssuerStatus{}, err
	}
	r, head, err := w.recordOf(ctx, issuer)
	if err != nil {
		return IssuerStatus{}, err
	}
	s := IssuerStatus{
		Issuer: issuer, Home: w.home, Time: head.Time, Version: r.Version, Root: r.StatusRoot, UpdatedAt: r.UpdatedAt,
		RetiredFrom: r.RetiredFrom, Controller: speaker(issuer, r), Known: r.StatusRoot.IsZero(),
	}
	if !s.Known {
		list, err := n.list(ctx, issuer, r.StatusRoot)
		switch {
		case err == nil:
			s.Known, s.Items = true, list.items
		case !missing(err):
			return s, err
		}
	}
	o, err := n.store.NewestOperation(w.home.Chain, issuer)
	if missing(err) || err == nil && State(o.State) == Final {
		return s, nil
	}
	if err != nil {
		return s, err
	}
	s.Pending = &PendingUpdate{
		Kind: string(o.Kind), Version: o.Version, Root: o.Root, State: State(o.State), Reason: o.Reason,
		Transaction: transaction(&o), Since: millis(o.Since),
	}
	if o.Kind == store.KindStatus {
		list, err := n.list(ctx, issuer, o.Root)
		if err != nil {
			return s, err
		}
		s.Pending.Items = list.items
	}
	return s, nil
}

// SetStatus publishes a new status list. With a signature it is relayed: SetStatus
// returns once list and intent are durable, and [Node.StatusList] shows how far it
// has come. Without one the registry must have the list's root already. The same
// update again changes nothing. Errors: [*RefusedError], [ErrNotAllowed],
// [ErrConflict], [ErrUnavailable].
func (n *Node) SetStatus(ctx context.Context, u StatusUpdate) error {
	if len(u.Items) > verifier.MaxStatusItems {
		return ErrTooLarge
	}
	for _, item := range u.Items {
		if item.Code != verifier.StatusSuspended && item.Code != verifier.StatusRevoked {
			return refuse("items", "%s has code %d; want 1 (suspended) or 2 (revoked)", item.ID, item.Code)
		}
	}
	var blocks []publish.Block
	list, err := publish.WriteStatusList(u.Issuer, u.Version, u.Items, func(b publish.Block) error {
		blocks = append(blocks, b)
		return nil
	})
	if err != nil {
		return refuse("items", "%v", err)
	}
	w, err := n.writerFor(u.Home)
	if err != nil {
		return err
	}
	r, head, err := w.issuerAtHead(ctx, u.Issuer)
	if err != nil {
		return err
	}
	o := &store.Operation{
		Kind: store.KindStatus, Issuer: u.Issuer, Version: u.Version, Root: list.Root, Manifest: list.List,
		Deadline: u.Deadline, Signature: u.Signature,
	}
	put := func(tx *store.Tx) error {
		for _, b := range blocks {
			if err := tx.PutBlock(b); err != nil {
				return err
			}
		}
		return tx.PutStatusList(&store.StatusList{
			Issuer: u.Issuer, Version: u.Version, Root: list.Root, Manifest: list.List,
			Count: uint64(len(u.Items)), StoredAt: time.Now().UnixMilli(),
		})
	}
	if r.Version == u.Version && r.StatusRoot == list.Root {
		// It is on the chain already: by an earlier call, or by the issuer itself.
		return n.store.Update(put)
	}
	if len(u.Signature) == 0 {
		return refuse("signature", "the registry has version %d with root %s for %s; this list is version %d with root %s: set it there first, or sign it",
			r.Version, r.StatusRoot, u.Issuer, u.Version, list.Root)
	}
	if u.Version != r.Version+1 {
		return fmt.Errorf("status list of %s: version %d was given and the registry has %d: %w; take the newest list and repeat", u.Issuer, u.Version, r.Version, ErrConflict)
	}
	digest := verifier.SetStatusDigest(w.home, u.Issuer, u.Version, list.Root, list.List, u.Deadline)
	return w.relay(ctx, o, digest, r, head, put)
}

// Retire relays a signed statement; it returns as [Node.SetStatus] does.
func (n *Node) Retire(ctx context.Context, q RetireRequest) error {
	w, err := n.writerFor(q.Home)
	if err != nil {
		return err
	}
	r, head, err := w.issuerAtHead(ctx, q.Issuer)
	if err != nil {
		return err
	}
	switch {
	case r.RetiredFrom != 0 && r.RetiredFrom == q.From:
		return nil
	case r.RetiredFrom != 0 && r.RetiredFrom < q.From:
		return refuse("from", "the key is retired from %d already, and a retirement only moves earlier", r.RetiredFrom)
	case q.From == 0 || q.From > head.Time:
		return refuse("from", "%d is not between 1 and the chain's time, %d", q.From, head.Time)
	}
	o := &store.Operation{Kind: store.KindRetire, Issuer: q.Issuer, From: q.From, Deadline: q.Deadline, Signature: q.Signature}
	return w.relay(ctx, o, verifier.RetireDigest(w.home, q.Issuer, q.From, q.Deadline), r, head, nil)
}

// SetController relays a signed statement; it returns as [Node.SetStatus] does.
func (n *Node) SetController(ctx context.Context, q ControllerRequest) error {
	w, err := n.writerFor(q.Home)
	if err != nil {
		return err
	}
	r, head, err := w.issuerAtHead(ctx, q.Issuer)
	if err != nil {
		return err
	}
	switch {
	case q.Next.IsZero():
		return refuse("next", "a controller is never taken back to zero")
	case r.Controller == q.Next:
		return nil
	case r.Controller != q.Current:
		return fmt.Errorf("the controller of %s is %s, not %s: %w; sign for that one", q.Issuer, r.Controller, q.Current, ErrConflict)
	}
	o := &store.Operation{
		Kind: store.KindController, Issuer: q.Issuer, Current: q.Current, Next: q.Next, Deadline: q.Deadline, Signature: q.Signature,
	}
	return w.relay(ctx, o, verifier.SetControllerDigest(w.home, q.Issuer, q.Current, q.Next, q.Deadline), r, head, nil)
}

// maxSignature bounds what a contract may want as a signature, in bytes.
const maxSignature = 8192

// relay writes down that a signed statement is to be sent, with whatever put
// writes, if nothing else about the issuer is on its way.
func (w *writer) relay(ctx context.Context, o *store.Operation, digest merkle.Hash, r chain.IssuerRecord, head chain.Block, put func(*store.Tx) error) error {
	if !w.node.allowed(o.Issuer) {
		return fmt.Errorf("issuer %s: %w", o.Issuer, ErrNotAllowed)
	}
	if o.Deadline < head.Time {
		return refuse("deadline", "%d has passed: the chain's time is %d; sign again", o.Deadline, head.Time)
	}
	if err := w.checkSpeaker(ctx, o, digest, r); err != nil {
		return err
	}
	if err := w.node.disk.writable(); err != nil {
		return err
	}
	o.Chain = w.home.Chain
	o.State, o.Since = string(Accepted), time.Now().UnixMilli()
	err := w.node.store.Update(func(tx *store.Tx) error {
		newest, err := tx.NewestOperation(o.Chain, o.Issuer)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		if err == nil && underWay(&newest, r, head) {
			if sameStatement(&newest, o) {
				return errRepeated
			}
			return fmt.Errorf("another statement about %s is on its way: %w; repeat when that is mined", o.Issuer, ErrConflict)
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
	w.node.hook("relay")
	w.log.Info("a statement is to be relayed", "kind", string(o.Kind), "issuer", o.Issuer.String(), "version", o.Version)
	w.node.changes.notify()
	w.kick()
	return nil
}

// underWay reports whether a statement may still change the record that a block shows:
// one that is in a block already if it is in a later one, or in one that the chain has
// lost. Once it cannot, the next statement can be made from that record.
func underWay(o *store.Operation, r chain.IssuerRecord, at chain.Block) bool {
	switch State(o.State) {
	case Accepted, Broadcast:
	case Mined, Final:
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

// checkSpeaker checks that a statement is signed by who may make it. What a
// controller that is a contract accepts is for the chain's simulation to say.
func (w *writer) checkSpeaker(ctx context.Context, o *store.Operation, digest merkle.Hash, r chain.IssuerRecord) error {
	want := speaker(o.Issuer, r)
	if len(o.Signature) == len(verifier.Signature{}) {
		got, err := verifier.Recover(digest, verifier.Signature(o.Signature))
		if err == nil && got == want {
			return nil
		}
	}
	if len(o.Signature) > maxSignature {
		return refuse("signature", "%d bytes, more than %d", len(o.Signature), maxSignature)
	}
	if r.Controller.IsZero() {
		return refuse("signature", "not made by the issuer %s over exactly this statement for %s", want, w.home)
	}
	contract, err := w.client.HasCode(ctx, want)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	if !contract {
		return refuse("signature", "not made by the controller %s over exactly this statement for %s", want, w.home)
	}
	_, err = w.client.EstimateGas(ctx, w.account, w.home.Registry, calldata(o))
	var reverted *chain.RevertError
	if errors.As(err, &reverted) && reverted.Overtaken {
		return fmt.Errorf("%s: %w", reverted.Reason, ErrConflict)
	}
	if errors.As(err, &reverted) {
		return refuse("signature", "%s", reverted.Reason)
	}
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return nil
}
