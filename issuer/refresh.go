package issuer

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/internal/fault"
	"github.com/hallmark-node/hallmark/verifier"
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
// its home, or what took over from that ([verifier.Trust.Deciding]). That chain may have
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

// renew replaces the proof's evidence by that of part, but for what the proof has of
// a later block, and for its home, which part may lack. It changes nothing if nothing
// in part is new.
func (p *ProofFile) renew(part client.LeafProof) error {
	home := p.Submission.Home
	newer := false
	var anchors []verifier.Anchor
	for _, a := range part.Anchors {
		at := slices.IndexFunc(p.Anchors, func(b verifier.Anchor) bool { return a.Chain == b.Chain && a.Registry == b.Registry })
		if at < 0 {
			anchors, newer = append(anchors, a), true
			continue
		}
		old := p.Anchors[at]
		before, err := verifier.ParseHeader(old.Header)
		if err != nil {
			return fmt.Errorf("%s: %w", p.Path, err)
		}
		after, err := verifier.ParseHeader(a.Header)
		if err != nil {
			return fmt.Errorf("new evidence for %s: %w", p.Path, err)
		}
		if after.Number > before.Number {
			old, newer = a, true
		}
		anchors = append(anchors, old)
	}
	if !newer {
		return nil
	}
	atHome := func(a verifier.Anchor) bool { return a.Chain == home.Chain && a.Registry == home.Registry }
	if at := slices.IndexFunc(p.Anchors, atHome); at >= 0 && !slices.ContainsFunc(anchors, atHome) {
		anchors = slices.Insert(anchors, 0, p.Anchors[at])
	}
	part.Anchors = anchors
	return p.replace(part)
}
