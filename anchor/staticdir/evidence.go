package staticdir

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
	"github.com/hallmark-node/hallmark/verifier/static"
)

// evidence writes what chains say of a batch and its issuers now.
func (e *exporter) evidence(ctx context.Context, n uint64) error {
	d, err := e.describe(n)
	if err != nil {
		return err
	}
	pending := false
	for _, i := range d.Issuers {
		p, err := e.proofIn(ctx, &d, i)
		if errors.Is(err, errElsewhere) {
			continue
		}
		if err != nil {
			return err
		}
		if p.State != publish.Final {
			pending = true
			continue // what is there of a run before stays: a chain that is gone proves what it proved
		}
		out := static.Evidence{State: static.Final, Anchors: slices.Clone(p.Anchors), Hints: p.Hints}
		for k := range out.Anchors {
			a := &out.Anchors[k]
			a.Status = nil
			root, err := e.anchor(ctx, d.Root, i.Issuer, a)
			if err != nil {
				return err
			}
			if !root.IsZero() && e.lists[root] && !slices.Contains(out.Lists, root) {
				out.Lists = append(out.Lists, root)
			}
		}
		e.putJSON(static.EvidencePath(n, i.Issuer, i.Home.Chain), out)
	}
	if pending {
		e.report.Pending++
	}
	return nil
}

// errElsewhere says that the node proves what an issuer has in a batch in other batches.
var errElsewhere = errors.New("it is proven in another batch")

// maxElsewhere bounds the submissions of an issuer in a batch for which a proof is asked for.
const maxElsewhere = 1000

// proofIn returns a proof of something that an issuer has in a batch. A submission may be in several
// batches of a mirror, since anybody can anchor it again, and is proven in one of them: then it is
// a proof of another one.
func (e *exporter) proofIn(ctx context.Context, d *description, i issuerSample) (client.LeafProof, error) {
	p, err := e.source.ProofIn(ctx, i.Submission, i.Leaf)
	if err != nil || !elsewhere(&p, d.Root) {
		return p, err
	}
	tried, found := 0, errors.New("found")
	err = publish.ReadBatch(ctx, e.block, publish.Batch{Root: d.Root, Manifest: d.Manifest}, func(s *publish.Submission) (err error) {
		if s.Issuer != i.Issuer || s.Home.Chain != i.Home.Chain {
			return nil
		}
		if tried++; tried > maxElsewhere {
			return errElsewhere
		}
		if p, err = e.source.ProofIn(ctx, s.ID(), s.Leaves[0]); err == nil && !elsewhere(&p, d.Root) {
			err = found
		}
		return err
	})
	switch {
	case errors.Is(err, found):
		return p, nil
	case err == nil:
		err = errElsewhere
	}
	return p, err
}

// elsewhere reports whether a proof is of another batch than that with a root.
func elsewhere(p *client.LeafProof, root merkle.Hash) bool {
	return p.Batch != nil && merkle.Root(p.SubmissionID, p.Batch.Path) != root
}

// anchor checks an anchor, writes the status list behind it, whose root it returns, and notes what it says of the issuer.
func (e *exporter) anchor(ctx context.Context, batch merkle.Hash, issuer verifier.Address, a *verifier.Anchor) (merkle.Hash, error) {
	state, err := a.Read(batch, issuer)
	switch {
	case err != nil:
		return merkle.Hash{}, fmt.Errorf("what the node gives for %s on %s does not hold: %w", issuer, a.Chain, err)
	case !state.Anchored:
		return merkle.Hash{}, fmt.Errorf("what the node gives for %s on %s does not show the batch", issuer, a.Chain)
	}
	root := state.StatusRoot
	if _, known := e.lists[root]; !root.IsZero() && !known {
		if e.lists[root], err = e.list(ctx, issuer, root); err != nil {
			return root, err
		}
		if !e.lists[root] {
			e.report.Missing = append(e.report.Missing, fmt.Sprintf("list %d of %s", state.Version, issuer))
		}
	}
	e.chains[a.Chain] = true
	at := issuerAt{issuer, verifier.Home{Chain: a.Chain, Registry: a.Registry}}
	if old, ok := e.issuers[at]; !ok || old.Time <= state.Header.Time {
		e.issuers[at] = static.Issuer{
			Time: state.Header.Time, Version: state.Version, Root: root, RetiredFrom: state.RetiredFrom, Known: root.IsZero() || e.lists[root],
		}
	}
	return root, nil
}

// list writes a status list and its blocks, and reports whether the source has it.
func (e *exporter) list(ctx context.Context, issuer verifier.Address, root merkle.Hash) (bool, error) {
	named, ok, err := e.source.PublishedList(ctx, issuer, root)
	if err != nil || !ok {
		return false, err
	}
	// For who carries a list over to another chain, at the path at which nodes tell it.
	e.putJSON("v1/issuers/"+issuer.String()+"/lists/"+root.String(), client.PublishedList{
		Issuer: issuer, Version: named.Version, Root: root, Manifest: named.List, ManifestCID: publish.ManifestCID(named.List).String(),
	})
	path := static.ListPath(root)
	if there, err := e.has(path); err != nil || there {
		return there, err
	}
	items, err := publish.ReadStatusList(ctx, e.block, named)
	if err != nil {
		return false, err
	}
	e.put(path, static.AppendList(nil, items))
	return true, nil
}

// hops writes the hops of the beacon chain behind a chain, where a node serves them too.
func (e *exporter) hops(ctx context.Context, id verifier.ChainID) error {
	pack, err := e.source.Hops(ctx, id, 0)
	if err == nil {
		e.put(static.HopsPath(id), pack)
	}
	return err
}

// about writes what is known of issuers, and the committees that followed each other.
func (e *exporter) about(ctx context.Context) error {
	homes := make(map[verifier.Home]bool)
	for _, h := range e.info.Homes {
		homes[h] = true
	}
	for at, i := range e.issuers {
		homes[at.home] = true
		e.putJSON(static.IssuerPath(at.issuer, at.home), i)
	}
	e.info.Homes = []verifier.Home{}
	for h := range homes {
		e.info.Homes = append(e.info.Homes, h)
	}
	slices.SortFunc(e.info.Homes, func(a, b verifier.Home) int {
		return cmp.Or(cmp.Compare(a.Chain, b.Chain), bytes.Compare(a.Registry[:], b.Registry[:]))
	})
	for id := range e.chains {
		if err := e.hops(ctx, id); err != nil {
			return fmt.Errorf("hops of %s: %w", id, err)
		}
	}
	return nil
}
