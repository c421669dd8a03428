package anchor

import (
	"context"
	"fmt"
	"time"

	"github.com/ipfs/go-cid"

	"github.com/hallmark-node/hallmark/anchor/chain"
	"github.com/hallmark-node/hallmark/anchor/client"
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

// controllerOf returns the key that may make statements about an issuer: its controller,
// or the issuer itself while it has none.
func controllerOf(issuer verifier.Address, r chain.IssuerRecord) verifier.Address {
	if r.Controller.IsZero() {
		return issuer
	}
	return r.Controller
}

// StatusList returns an issuer's status in one registry (zero: the node's only
// one): what it says at the newest block that the node has seen, the list behind it if this node has it,
// and what is on its way. Lists are not to be changed. Errors: [*RefusedError] if this node does not write to
// that registry, or has several and none was named, [ErrUnavailable] while the chain cannot be read.
func (n *Node) StatusList(ctx context.Context, home verifier.Home, issuer verifier.Address) (client.IssuerStatus, error) {
	w, err := n.writerFor(home)
	if err != nil {
		return client.IssuerStatus{}, err
	}
	r, head, err := w.recordOf(ctx, issuer)
	if err != nil {
		return client.IssuerStatus{}, err
	}
	s := client.IssuerStatus{
		Issuer: issuer, Home: w.home, Time: head.Time, Version: r.Version, Root: r.StatusRoot, UpdatedAt: r.UpdatedAt,
		RetiredFrom: r.RetiredFrom, Controller: controllerOf(issuer, r), Known: r.StatusRoot.IsZero(),
	}
	if s.Known {
		s.Items = []verifier.StatusItem{}
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
	if missing(err) || err == nil && o.State == Final {
		return s, nil
	}
	if err != nil {
		return s, err
	}
	s.Pending = &client.PendingUpdate{
		Kind: string(o.Kind), Version: o.Version, State: o.State, Reason: o.Reason,
		Transaction: transaction(&o), Since: millis(o.Since),
	}
	if o.Kind == store.KindStatus {
		list, err := n.list(ctx, issuer, o.Root)
		if err != nil {
			return s, err
		}
		s.Pending.Root, s.Pending.Items = &o.Root, list.items
	}
	return s, nil
}

// SetStatus publishes a new status list. With a signature it is relayed: SetStatus
// returns once list and intent are durable, and [Node.StatusList] shows how far it
// has come. Without one the registry must have the list's root already. The same
// update again changes nothing. Errors: those of [Node.Retire], [ErrTooLarge].
//
// The root of a large list is work for seconds, so who asks for it is looked at
// first: whether the issuer may, whether version and deadline can be, and whether
// root and digest, which the update then has to state, are signed.
func (n *Node) SetStatus(ctx context.Context, u StatusUpdate) error {
	if len(u.Items) > verifier.MaxStatusItems {
		return ErrTooLarge
	}
	w, err := n.writerFor(u.Home)
	if err != nil {
		return err
	}
	o := &store.Operation{
		Kind: store.KindStatus, Issuer: u.Issuer, Version: u.Version, Root: u.Root, Manifest: u.List, Deadline: u.Deadline, Signature: u.Signature,
	}
	if err := w.begin(o); err != nil {
		return err
	}
	if err := checkItems(u.Items); err != nil {
		return err
	}
	large := len(u.Items) > largeList
	var put func(*store.Tx) error
	if !large {
		if put, err = prepareList(o, u.Items); err != nil {
			return err
		}
	} else if u.Root.IsZero() || u.List.IsZero() {
		return refuse("root", "a list of more than %d entries has to state its root and the digest of its manifest: add the members root and list", largeList)
	}
	r, head, repeated, err := w.recordFor(ctx, o)
	if err != nil || repeated {
		return err
	}
	there := o.Version == r.Version && o.Root == r.StatusRoot // by an earlier call, or by the issuer itself
	switch {
	case there:
		if _, err := n.store.StatusListAt(o.Issuer, o.Root); !missing(err) {
			return err
		}
	case len(o.Signature) == 0:
		return refuse("signature", "the registry has version %d with root %s for %s; this list is version %d with root %s: set it there first, or sign it",
			r.Version, r.StatusRoot, o.Issuer, o.Version, o.Root)
	case o.Version != r.Version+1:
		return fmt.Errorf("status list of %s: version %d was given and the registry has %d: %w; take the newest list and repeat", o.Issuer, o.Version, r.Version, ErrConflict)
	default:
		if err := w.checkStatement(ctx, o, r, head); err != nil {
			return err
		}
	}
	if large {
		if !n.largeList.TryLock() {
			return errLists
		}
		defer n.largeList.Unlock()
		if put, err = prepareList(o, u.Items); err != nil {
			return err
		}
	}
	if there {
		return n.store.Update(put)
	}
	return w.relay(o, r, head, put)
}

// checkItems checks what can be said of a list's entries without hashing them.
func checkItems(items []verifier.StatusItem) error {
	var before merkle.Hash
	for _, item := range items {
		if item.Code != verifier.StatusSuspended && item.Code != verifier.StatusRevoked {
			return refuse("items", "%s has code %d; want 1 (suspended) or 2 (revoked)", item.ID, item.Code)
		}
		if merkle.Compare(before, item.ID) >= 0 {
			return refuse("items", "the id %s does not come after %s: ids ascend strictly, from above zero", item.ID, before)
		}
		before = item.ID
	}
	return nil
}

// largeList is up to how many entries the root of a status list is computed before its
// signature is checked, which takes some milliseconds.
const largeList = 1024

// errLists refuses a large status list while another one is worked on.
var errLists = fmt.Errorf("another large status list is being read: %w", ErrBusy)

// prepareList makes the blocks of a status list, and returns what writes them. It sets
// the root and the digest of the manifest, or compares them with those that are stated.
func prepareList(o *store.Operation, items []verifier.StatusItem) (put func(*store.Tx) error, err error) {
	var blocks []publish.Block
	list, err := publish.WriteStatusList(o.Issuer, o.Version, items, func(b publish.Block) error {
		blocks = append(blocks, b)
		return nil
	})
	if err != nil {
		return nil, refuse("items", "%v", err)
	}
	if !o.Root.IsZero() && o.Root != list.Root {
		return nil, refuse("root", "the entries have root %s, and %s was stated", list.Root, o.Root)
	}
	if !o.Manifest.IsZero() && o.Manifest != list.List {
		return nil, refuse("list", "the manifest of the entries has the digest %s, and %s was stated", list.List, o.Manifest)
	}
	o.Root, o.Manifest = list.Root, list.List
	return func(tx *store.Tx) error {
		for _, b := range blocks {
			if err := tx.PutBlock(b); err != nil {
				return err
			}
		}
		return tx.PutStatusList(&store.StatusList{
			Issuer: o.Issuer, Version: o.Version, Root: o.Root, Manifest: o.Manifest,
			Count: uint64(len(items)), StoredAt: time.Now().UnixMilli(),
		})
	}, nil
}

// Retire relays a signed statement; it returns as [Node.SetStatus] does. Errors:
// [*RefusedError], [ErrNotAllowed], [ErrNotRelayed], [ErrQuota], [ErrConflict],
// [ErrBusy], [ErrUnavailable], [ErrDiskFull], [ErrDisk].
func (n *Node) Retire(ctx context.Context, q RetireRequest) error {
	w, err := n.writerFor(q.Home)
	if err != nil {
		return err
	}
	o := &store.Operation{Kind: store.KindRetire, Issuer: q.Issuer, From: q.From, Deadline: q.Deadline, Signature: q.Signature}
	if err := w.begin(o); err != nil {
		return err
	}
	r, head, repeated, err := w.recordFor(ctx, o)
	if err != nil || repeated {
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
	if err := w.checkStatement(ctx, o, r, head); err != nil {
		return err
	}
	return w.relay(o, r, head, nil)
}

// SetController relays a signed statement; it returns as [Node.Retire] does.
func (n *Node) SetController(ctx context.Context, q ControllerRequest) error {
	w, err := n.writerFor(q.Home)
	if err != nil {
		return err
	}
	if q.Next.IsZero() {
		return refuse("next", "a controller is never taken back to zero")
	}
	o := &store.Operation{
		Kind: store.KindController, Issuer: q.Issuer, Current: q.Current, Next: q.Next, Deadline: q.Deadline, Signature: q.Signature,
	}
	if err := w.begin(o); err != nil {
		return err
	}
	r, head, repeated, err := w.recordFor(ctx, o)
	if err != nil || repeated {
		return err
	}
	switch {
	case r.Controller == q.Next:
		return nil
	case r.Controller != q.Current:
		return fmt.Errorf("the controller of %s is %s, not %s: %w; sign for that one", q.Issuer, r.Controller, q.Current, ErrConflict)
	}
	if err := w.checkStatement(ctx, o, r, head); err != nil {
		return err
	}
	return w.relay(o, r, head, nil)
}
