package issuer

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/hallmark-node/hallmark/anchor/chain"
	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/internal/fault"
	"github.com/hallmark-node/hallmark/verifier"
	"github.com/hallmark-node/hallmark/verifier/renew"
)

// EvidenceSource is where newer evidence comes from: [FromNode] or [FromChain].
type EvidenceSource interface {
	// refresh replaces the proof's evidence if it has newer one. The chain decides
	// for the proof.
	refresh(ctx context.Context, p *ProofFile, deciding verifier.ChainID) error
	// current returns the version of the issuer's list and its retirement, as the
	// newest block has them in a registry.
	current(ctx context.Context, p *ProofFile, home verifier.Home) (version, retiredFrom uint64, err error)
}

// Refresh brings newer evidence into a complete proof, if its source has any, and reports
// whether the proof now shows the issuer's last change on the chain that decides for it:
// its home, or what took over from that ([verifier.Trust.EffectiveChain]). That chain may have
// no evidence yet: [ErrNoEvidence]. Archives are written by [FlushAll].
func (p *ProofFile) Refresh(ctx context.Context, source EvidenceSource, deciding verifier.ChainID) (shown bool, err error) {
	if err := source.refresh(ctx, p, deciding); err != nil {
		return false, err
	}
	return showsLast(ctx, source, p, deciding)
}

// showsLast reports whether a proof shows the issuer's last change on a chain.
func showsLast(ctx context.Context, source EvidenceSource, p *ProofFile, deciding verifier.ChainID) (bool, error) {
	a, err := p.On(deciding)
	if err != nil {
		return false, err
	}
	version, retiredFrom, err := source.current(ctx, p, verifier.Home{Chain: a.Chain, Registry: a.Registry})
	if err != nil {
		if refused := (*client.NodeError)(nil); errors.As(err, &refused) && deciding == p.Submission.Home.Chain {
			err = fault.Remedy(err, "if %s has died, name what took over: hallmark trust pin --successor-of %s", deciding, deciding)
		}
		return false, err
	}
	state, err := a.Read(BatchRoot(p.Proof), p.Submission.Issuer)
	if err != nil {
		return false, fmt.Errorf("%s: %w", p.Path, err)
	}
	return state.Version >= version && (retiredFrom == 0 || state.RetiredFrom != 0 && state.RetiredFrom <= retiredFrom), nil
}

// FromNode takes evidence from a node, which need not be believed.
func FromNode(node *client.Client) EvidenceSource { return nodeSource{node} }

type nodeSource struct{ node *client.Client }

func (s nodeSource) refresh(ctx context.Context, p *ProofFile, _ verifier.ChainID) error {
	part, err := s.node.ProofIn(ctx, SubmissionID(p.Proof), p.Leaf(), true)
	if err != nil {
		return err
	}
	if part.State != publish.Final {
		return fmt.Errorf("the node at %s says that %s is %s, but the proof is complete: the chain was reorganised, or this is another node",
			s.node.URL(), p.Path, part.State)
	}
	return p.renew(part)
}

func (s nodeSource) current(ctx context.Context, p *ProofFile, home verifier.Home) (version, retiredFrom uint64, err error) {
	status, err := s.node.StatusList(ctx, home, p.Submission.Issuer)
	return status.Version, status.RetiredFrom, err
}

// renew writes the proof anew with the evidence of part, if any of it is new.
func (p *ProofFile) renew(part client.LeafProof) error {
	next, changed, err := renew.With(p.Proof, evidenceOf(part))
	if err != nil {
		return p.wrong(err)
	}
	if !changed {
		return nil
	}
	return p.write(next)
}

// FromChain takes evidence from a chain. It has no status lists, only their roots: one that
// changed since a proof's evidence is taken from a node, which may be nil.
func FromChain(s *chain.Client, node *client.Client) EvidenceSource {
	return &chainSource{Client: s, node: node}
}

type chainSource struct {
	*chain.Client
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
		return nil, err
	}
	state, err := next.Read(BatchRoot(p.Proof), p.Submission.Issuer)
	if err != nil {
		return nil, fmt.Errorf("what the RPC server gives as evidence does not hold: %w", err)
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
func (s *chainSource) statusEntries(
	ctx context.Context, p *ProofFile, next *verifier.Anchor, root verifier.Hash,
) ([]verifier.StatusEntry, error) {
	if s.node == nil {
		return nil, fmt.Errorf("the status list of %s changed since the evidence in %s, and %w", p.Submission.Issuer, p.Path, ErrNodeNeeded)
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
		return 0, 0, err
	}
	record, err := s.Issuer(ctx, head.Hash, home.Registry, p.Submission.Issuer)
	return record.Version, record.RetiredFrom, err
}
