package issuer

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/hallmark-node/hallmark/anchor/chain"
	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/internal/fault"
	"github.com/hallmark-node/hallmark/verifier"
)

// FromChain takes evidence from a chain. It has no status lists, only their roots: one that
// changed since a proof's evidence is taken from a node, which may be nil.
func FromChain(s *Server, node *client.Client) EvidenceSource {
	return &chainSource{Server: s, node: node}
}

type chainSource struct {
	*Server
	node *client.Client // may be nil
	id   chain.ID       // asked for once
}

func (s *chainSource) refresh(ctx context.Context, p *ProofFile, deciding verifier.ChainID) error {
	old, err := p.On(deciding)
	if err != nil {
		return err
	}
	next, err := s.next(ctx, p, old)
	if errors.Is(err, errOtherList) {
		// The issuer may have changed it after the chain had answered and before the node did.
		next, err = s.next(ctx, p, old)
	}
	if err != nil {
		return err
	}
	anchors := slices.Clone(p.Anchors)
	anchors[slices.IndexFunc(anchors, func(a verifier.Anchor) bool { return a.Chain == next.Chain && a.Registry == next.Registry })] = *next
	return p.renew(client.LeafProof{Submission: p.Submission, Batch: p.Batch, Anchors: anchors})
}

// next returns the entry that takes the place of an old one, with the status of now.
func (s *chainSource) next(ctx context.Context, p *ProofFile, old *verifier.Anchor) (*verifier.Anchor, error) {
	next, err := s.evidence(ctx, p, old)
	if err != nil {
		return nil, s.Err(err)
	}
	state, err := next.Read(BatchRoot(p.Proof), p.Submission.Issuer)
	if err != nil {
		return nil, s.Err(fmt.Errorf("its evidence does not hold: %w", err))
	}
	if state.StatusRoot.IsZero() {
		return next, nil
	}
	before, err := old.Read(BatchRoot(p.Proof), p.Submission.Issuer)
	if err == nil && before.StatusRoot == state.StatusRoot {
		next.Status = old.Status
		return next, nil
	}
	next.Status, err = s.statusEntries(ctx, p, next, state.StatusRoot)
	return next, err
}

// errOtherList says that a node shows another status list than the chain did.
var errOtherList = errors.New("does not have the status list that the chain records now: try again later")

// evidence reads the registry of an entry at the newest finalized block.
func (s *chainSource) evidence(ctx context.Context, p *ProofFile, old *verifier.Anchor) (*verifier.Anchor, error) {
	if s.id.Chain == 0 {
		var err error
		if s.id, err = s.ID(ctx); err != nil {
			return nil, err
		}
	}
	if s.id.Chain != old.Chain {
		return nil, fmt.Errorf("it is of %s, and what decides for %s is on %s", s.id.Chain, p.Path, old.Chain)
	}
	head, err := s.Head(ctx)
	if err != nil {
		return nil, err
	}
	final, err := s.Final(ctx, chain.Finalized, head)
	if err != nil {
		return nil, err
	}
	header, err := s.Header(ctx, final.Hash)
	if err != nil {
		return nil, err
	}
	status, times := verifier.IssuerSlots(p.Submission.Issuer)
	proof, err := s.Prove(ctx, final.Hash, old.Registry, []verifier.Hash{verifier.AnchorSlot(BatchRoot(p.Proof)), status, times})
	if err != nil {
		return nil, err
	}
	return &verifier.Anchor{
		Chain: old.Chain, Registry: old.Registry, Header: header,
		AccountProof: chain.Merge(proof.Account), StorageProof: chain.Merge(proof.Storage...),
	}, nil
}

// statusEntries takes the entries that decide about the proof from the node's copy
// of the list with a root.
func (s *chainSource) statusEntries(ctx context.Context, p *ProofFile, next *verifier.Anchor, root verifier.Hash) ([]verifier.StatusEntry, error) {
	if s.node == nil {
		return nil, fault.Remedy(fmt.Errorf("the status list of %s changed since the evidence in %s, and the chain has only its root",
			p.Submission.Issuer, p.Path),
			"give --node too, to take the list from")
	}
	part, err := s.node.ProofIn(ctx, SubmissionID(p.Proof), p.Leaf(), true)
	if err != nil {
		return nil, err
	}
	for _, a := range part.Anchors {
		if a.Chain != next.Chain || a.Registry != next.Registry {
			continue
		}
		state, err := a.Read(BatchRoot(p.Proof), p.Submission.Issuer)
		if err == nil && state.StatusRoot == root {
			return a.Status, nil
		}
	}
	return nil, fmt.Errorf("the node at %s %w", s.node.URL(), errOtherList)
}

func (s *chainSource) current(ctx context.Context, p *ProofFile, home verifier.Home) (version, retiredFrom uint64, err error) {
	head, err := s.Head(ctx)
	if err != nil {
		return 0, 0, s.Err(err)
	}
	record, err := s.Issuer(ctx, head.Hash, home.Registry, p.Submission.Issuer)
	return record.Version, record.RetiredFrom, s.Err(err)
}
