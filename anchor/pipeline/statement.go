package pipeline

import (
	"context"
	"fmt"
	"time"

	"github.com/hallmark-node/hallmark/anchor/chain"
	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/anchor/role"
	"github.com/hallmark-node/hallmark/anchor/store"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// SetStatus publishes a new status list. With a signature it is relayed: SetStatus
// returns once list and intent are durable, and the status of the issuer shows how far it
// has come. Without one the registry must have the list's root already. The same
// update again changes nothing. Errors: those of [Pipeline.Retire], [role.ErrTooLarge].
//
// The root of a large list is work for seconds, so who asks for it is looked at
// first: whether the issuer may, whether version and deadline can be, and whether
// root and digest, which the update then has to state, are signed.
func (p *Pipeline) SetStatus(ctx context.Context, u publish.StatusUpdate) error {
	if len(u.Items) > verifier.MaxStatusItems {
		return role.ErrTooLarge
	}
	on, err := p.homes.Find(u.Home)
	if err != nil {
		return err
	}
	w := p.Writers[on]
	o := &store.Operation{
		Kind: store.KindStatus, Issuer: u.Issuer, Version: u.Version, Root: u.Root, Manifest: u.List,
		Deadline: u.Deadline, Signature: u.Signature,
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
		return role.Refuse("root", "a list of more than %d entries has to state its root and the digest of its manifest: "+
			"add the members root and list", largeList)
	}
	r, head, repeated, err := w.recordFor(ctx, o)
	if err != nil || repeated {
		return err
	}
	there := o.Version == r.Version && o.Root == r.StatusRoot // by an earlier call, or by the issuer itself
	switch {
	case there:
		if _, err := p.store.StatusListAt(o.Issuer, o.Root); !role.Missing(err) {
			return err
		}
	case len(o.Signature) == 0:
		return role.Refuse("signature", "the registry has version %d with root %s for %s; this list is version %d with root %s: "+
			"set it there first, or sign it",
			r.Version, r.StatusRoot, o.Issuer, o.Version, o.Root)
	case o.Version != r.Version+1:
		return fmt.Errorf("status list of %s: version %d was given and the registry has %d: %w; take the newest list and repeat",
			o.Issuer, o.Version, r.Version, role.ErrConflict)
	default:
		if err := w.checkStatement(ctx, o, r, head); err != nil {
			return err
		}
	}
	if large {
		if !p.largeList.TryLock() {
			return errLists
		}
		defer p.largeList.Unlock()
		if put, err = prepareList(o, u.Items); err != nil {
			return err
		}
	}
	if there {
		return p.store.Update(put)
	}
	return w.relay(o, r, head, put)
}

// checkItems checks what can be said of a list's entries without hashing them.
func checkItems(items []verifier.StatusItem) error {
	var before merkle.Hash
	for _, item := range items {
		if item.Code == verifier.StatusNone || item.Code > verifier.StatusReplacedRaw {
			return role.Refuse("items", "%s has code %d; want 1 (suspended), 2 (revoked), or 3 or 4 (half of what replaces a credential)",
				item.ID, item.Code)
		}
		if merkle.Compare(before, item.ID) >= 0 {
			return role.Refuse("items", "the id %s does not come after %s: ids ascend strictly, from above zero", item.ID, before)
		}
		before = item.ID
	}
	return nil
}

// largeList is up to how many entries the root of a status list is computed before its
// signature is checked, which takes some milliseconds.
const largeList = 1024

// errLists refuses a large status list while another one is worked on.
var errLists = fmt.Errorf("another large status list is being read: %w", role.ErrBusy)

// prepareList makes the blocks of a status list, and returns what writes them. It sets
// the root and the digest of the manifest, or compares them with those that are stated.
func prepareList(o *store.Operation, items []verifier.StatusItem) (put func(*store.Tx) error, err error) {
	var blocks []publish.Block
	list, err := publish.WriteStatusList(o.Issuer, o.Version, items, func(b publish.Block) error {
		blocks = append(blocks, b)
		return nil
	})
	if err != nil {
		return nil, role.Refuse("items", "%v", err)
	}
	if !o.Root.IsZero() && o.Root != list.Root {
		return nil, role.Refuse("root", "the entries have root %s, and %s was stated", list.Root, o.Root)
	}
	if !o.Manifest.IsZero() && o.Manifest != list.List {
		return nil, role.Refuse("list", "the manifest of the entries has the digest %s, and %s was stated", list.List, o.Manifest)
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

// Retire relays a signed statement; it returns as [Pipeline.SetStatus] does. Errors:
// [*role.RefusedError], [role.ErrNotAllowed], [role.ErrNotRelayed], [role.ErrQuota],
// [role.ErrConflict], [role.ErrBusy], [role.ErrUnavailable], [role.ErrDiskFull], [role.ErrDisk].
func (p *Pipeline) Retire(ctx context.Context, q publish.Retirement) error {
	o := &store.Operation{Kind: store.KindRetire, Issuer: q.Issuer, From: q.From, Deadline: q.Deadline, Signature: q.Signature}
	return p.take(ctx, q.Home, o, func(r chain.IssuerRecord, head chain.Block) (bool, error) {
		switch {
		case r.RetiredFrom != 0 && r.RetiredFrom == q.From:
			return true, nil
		case r.RetiredFrom != 0 && r.RetiredFrom < q.From:
			return false, role.Refuse("from", "the key is retired from %d already, and a retirement only moves earlier", r.RetiredFrom)
		case q.From == 0 || q.From > head.Time:
			return false, role.Refuse("from", "%d is not between 1 and the chain's time, %d", q.From, head.Time)
		}
		return false, nil
	})
}

// SetController relays a signed statement; it returns as [Pipeline.Retire] does.
func (p *Pipeline) SetController(ctx context.Context, q publish.ControllerChange) error {
	if q.Next.IsZero() {
		return role.Refuse("next", "a controller is never taken back to zero")
	}
	o := &store.Operation{
		Kind: store.KindController, Issuer: q.Issuer, Current: q.Current, Next: q.Next, Deadline: q.Deadline, Signature: q.Signature,
	}
	return p.take(ctx, q.Home, o, func(r chain.IssuerRecord, _ chain.Block) (bool, error) {
		if r.Controller == q.Next || r.Controller == q.Current {
			return r.Controller == q.Next, nil
		}
		return false, fmt.Errorf("the controller of %s is %s, not %s: %w; sign for that one", q.Issuer, r.Controller, q.Current, role.ErrConflict)
	})
}

// take relays a statement, unless there reports that the registry shows its effect already.
func (p *Pipeline) take(
	ctx context.Context, home verifier.Home, o *store.Operation, there func(chain.IssuerRecord, chain.Block) (bool, error),
) error {
	on, err := p.homes.Find(home)
	if err != nil {
		return err
	}
	w := p.Writers[on]
	if err := w.begin(o); err != nil {
		return err
	}
	r, head, repeated, err := w.recordFor(ctx, o)
	if err != nil || repeated {
		return err
	}
	if done, err := there(r, head); err != nil || done {
		return err
	}
	if err := w.checkStatement(ctx, o, r, head); err != nil {
		return err
	}
	return w.relay(o, r, head, nil)
}
