package anchor

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/anchor/store"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// Reanchoring says what became of a call of [Node.Reanchor].
type Reanchoring struct {
	Added int // batches that are to be anchored now
	There int // batches that were, or are to be, anchored there already
}

// Reanchor has batches anchored on another of the node's chains: all that go to the
// chain from (zero: all there are), or those with some roots. It returns once that is
// durable; Run does the rest, and each proof gets another anchor when its batch is
// final there. The same call again changes nothing.
//
// A root proves on the other chain that it is as old as the new anchor, not as the
// first one. Whether a verifier takes that chain for the home of a submission is for
// its trust store to say, which names it the successor. Issuers' status is not moved
// by this: see [Node.StatusTransfers].
func (n *Node) Reanchor(_ context.Context, from, to verifier.ChainID, roots []merkle.Hash) (r Reanchoring, err error) {
	w := n.writerOf(to)
	switch {
	case w == nil:
		return r, refuse("to", "%s is not configured: this node writes to %s", to, n.homes())
	case from == to:
		return r, refuse("to", "what is on %s is to be put on another chain", to)
	case from != 0 && n.bound[from] == (verifier.Home{}):
		return r, refuse("from", "this node has never anchored on %s", from)
	}
	var batches []store.Batch
	for _, root := range roots {
		b, err := n.store.BatchByRoot(root)
		if err != nil {
			return r, fmt.Errorf("batch %s: %w", root, known(err))
		}
		batches = append(batches, b)
	}
	add := func(list []store.Batch) error {
		var missing []store.Batch
		for _, b := range list {
			if from != 0 {
				if _, err := n.store.BatchOperation(b.Number, from); errors.Is(err, store.ErrNotFound) {
					continue
				} else if err != nil {
					return err
				}
			}
			_, err := n.store.BatchOperation(b.Number, to)
			switch {
			case err == nil:
				r.There++
			case errors.Is(err, store.ErrNotFound):
				missing = append(missing, b)
			default:
				return err
			}
		}
		r.Added += len(missing)
		return n.store.Update(func(tx *store.Tx) error {
			for i := range missing {
				if err := tx.AddAnchor(&missing[i], to, time.Now().UnixMilli()); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if len(roots) > 0 {
		err = add(batches)
	}
	for after := uint64(0); len(roots) == 0 && err == nil; {
		if batches, err = n.store.Batches(after, reopenAtOnce); err != nil || len(batches) == 0 {
			break
		}
		after = batches[len(batches)-1].Number
		err = add(batches)
	}
	if err != nil {
		return r, err
	}
	n.log.Info("batches are anchored on another chain", "from", from.String(), "to", to.String(), "added", r.Added, "there", r.There)
	n.changes.notify()
	w.kick()
	return r, nil
}

// StatusTransfer is an issuer's status that another chain does not have yet. Only the
// issuer, or its controller there, can put it there: by a new SetStatus statement for
// the other registry, which [Node.SetStatus] relays.
type StatusTransfer struct {
	Issuer verifier.Address
	Home   verifier.Home // the other registry, for which the statement is to be signed

	// What the chain of before said last, as far as this node knows.
	Root  merkle.Hash           // statusRoot
	Known bool                  // whether the node has the list behind it; if not, the issuer must bring it
	Items []verifier.StatusItem // that list

	// What is to be signed: the version after the other registry's, and the digest of
	// the list in the form that is published under that version. Zero while the other
	// chain cannot be read, or the list is not known.
	Version uint64
	List    merkle.Hash

	// Retired says that the key was retired from a time on; that too must be said
	// again to the other registry. Unix seconds, zero: not as far as is known.
	Retired uint64
}

// StatusTransfers lists the issuers whose status on a chain is not on another one:
// those who have submitted to this node. Nothing is listed for an issuer who never
// revoked, suspended or retired anything. The first chain may be gone: then what the
// stored evidence proves of it counts, and a retirement may be missing from the list.
func (n *Node) StatusTransfers(ctx context.Context, from, to verifier.ChainID) ([]StatusTransfer, error) {
	w := n.writerOf(to)
	if w == nil {
		return nil, refuse("to", "%s is not configured: this node writes to %s", to, n.homes())
	}
	issuers, err := n.issuersOn(from)
	if err != nil {
		return nil, err
	}
	var list []StatusTransfer
	for _, issuer := range issuers {
		t := StatusTransfer{Issuer: issuer.address, Home: w.home, Root: issuer.status}
		if old := n.writerOf(from); old != nil && !old.health.failing() {
			if r, _, err := old.issuerAtHead(ctx, t.Issuer); err == nil {
				t.Root, t.Retired = r.StatusRoot, r.RetiredFrom
			}
		}
		there, _, err := w.issuerAtHead(ctx, t.Issuer)
		if err == nil {
			if t.Retired != 0 && there.RetiredFrom != 0 && there.RetiredFrom <= t.Retired {
				t.Retired = 0
			}
			if there.StatusRoot == t.Root {
				t.Root = merkle.Hash{}
			}
		}
		if t.Root.IsZero() && t.Retired == 0 {
			continue
		}
		if !t.Root.IsZero() {
			held, lookup := n.list(ctx, t.Issuer, t.Root)
			if lookup != nil && !missing(lookup) {
				return nil, lookup
			}
			if t.Known = lookup == nil; t.Known {
				t.Items = slices.Clone(held.items)
			}
			if t.Known && err == nil {
				t.Version = there.Version + 1
				published, err := publish.WriteStatusList(t.Issuer, t.Version, t.Items, func(publish.Block) error { return nil })
				if err != nil {
					return nil, err
				}
				t.List = published.List
			}
		}
		list = append(list, t)
	}
	return list, nil
}

// issuerOn is what evidence proves of an issuer.
type issuerOn struct {
	address verifier.Address
	status  merkle.Hash // statusRoot
}

// issuersOn returns who has submitted what is at home on a chain, with the status
// that the newest evidence proves.
func (n *Node) issuersOn(id verifier.ChainID) ([]issuerOn, error) {
	newest := make(map[verifier.Address]store.Evidence)
	for after := uint64(0); ; {
		batches, err := n.store.Batches(after, 1000)
		if err != nil {
			return nil, err
		}
		if len(batches) == 0 {
			break
		}
		for i := range batches {
			after = batches[i].Number
			issuers, err := n.store.Issuers(&batches[i])
			if err != nil {
				return nil, err
			}
			for _, s := range issuers {
				e, err := n.store.Evidence(id, batches[i].Number, s.Issuer)
				if err != nil && !errors.Is(err, store.ErrNotFound) {
					return nil, err
				}
				if before, ok := newest[s.Issuer]; !ok || e.Number > before.Number {
					newest[s.Issuer] = e
				}
			}
		}
	}
	list := make([]issuerOn, 0, len(newest))
	for address, e := range newest {
		list = append(list, issuerOn{address, e.StatusRoot})
	}
	slices.SortFunc(list, func(a, b issuerOn) int { return bytes.Compare(a.address[:], b.address[:]) })
	return list, nil
}
