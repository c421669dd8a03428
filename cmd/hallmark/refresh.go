package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/hallmark-node/hallmark/anchor"
	"github.com/hallmark-node/hallmark/anchor/api"
	"github.com/hallmark-node/hallmark/anchor/chain"
	"github.com/hallmark-node/hallmark/cmd/internal/run"
	"github.com/hallmark-node/hallmark/verifier"
)

func refreshCommand() *cli.Command {
	return &cli.Command{
		Name:      "refresh",
		Usage:     "bring newer evidence into proofs, so that they show the status as it is now",
		ArgsUsage: "PROOF...",
		Description: "Evidence comes from the node, or with --rpc from the chain itself. A new block needs a\n" +
			"new pin in the trust stores of those who verify.\n\n" +
			"Exit status: 0 all show the issuer's present status, 3 some are still older than the last\n" +
			"change of it that is in a block, 1 something went wrong.",
		Flags: []cli.Flag{
			nodeFlagOrHint(),
			&cli.StringFlag{Name: "rpc", Usage: "`URL` of a JSON-RPC server to take the evidence from instead"},
			&cli.BoolFlag{Name: "wait", Usage: "wait until they show the last change"},
			jsonFlag(),
		},
		Action: refresh,
	}
}

// refreshPause is how long to wait before asking for newer evidence again.
const refreshPause = time.Second

// stale is the state of a proof whose evidence is older than the issuer's last
// change.
const stale anchor.State = "older than the last status change"

// evidenceSource is where newer evidence comes from.
type evidenceSource interface {
	// refresh replaces the proof's evidence if it has newer one.
	refresh(ctx context.Context, p *proofFile) error
	// current returns the version of the issuer's list and its retirement, as the
	// newest block has them.
	current(ctx context.Context, p *proofFile) (version, retiredFrom uint64, err error)
}

func refresh(c *cli.Context) error {
	proofs, err := readProofs(c)
	if err != nil {
		return err
	}
	for _, p := range proofs {
		if _, err := p.home(); err != nil {
			return err
		}
	}
	sources, done, err := sourcesOf(c, proofs)
	if err != nil {
		return err
	}
	defer done()
	outcomes := make([]outcome, len(proofs))
	bar := newProgress(c, "refreshing proofs", len(proofs))
	for i, p := range proofs {
		state, err := refreshOne(c, sources[i], p)
		outcomes[i] = outcome{p, state, err}
		bar.step()
	}
	bar.end()
	flushAll(c.Context, outcomes)
	return tell(c, outcomes, "up to date")
}

// refreshOne brings newer evidence into one proof, with --wait until it shows the
// issuer's last change.
func refreshOne(c *cli.Context, source evidenceSource, p *proofFile) (anchor.State, error) {
	for first := true; ; first = false {
		if err := source.refresh(c.Context, p); err != nil {
			return "", err
		}
		version, retiredFrom, err := source.current(c.Context, p)
		if err != nil {
			return "", err
		}
		a, err := p.home()
		if err != nil {
			return "", err
		}
		state, err := a.Read(batchRoot(p.Proof), p.Submission.Issuer)
		if err != nil {
			return "", fmt.Errorf("%s: %w", p.path, err)
		}
		if state.Version >= version && (retiredFrom == 0 || state.RetiredFrom != 0 && state.RetiredFrom <= retiredFrom) {
			return anchor.Final, nil
		}
		if !c.Bool("wait") {
			return stale, nil
		}
		if first {
			say(c, "the last change of %s is not final yet; waiting", p.Submission.Issuer)
		}
		select {
		case <-c.Context.Done():
			return stale, c.Context.Err()
		case <-time.After(refreshPause):
		}
	}
}

// sourcesOf returns where evidence for each proof comes from.
func sourcesOf(c *cli.Context, proofs []*proofFile) ([]evidenceSource, func(), error) {
	sources := make([]evidenceSource, len(proofs))
	if target := c.String("rpc"); target != "" {
		s, err := dial(target)
		if err != nil {
			return nil, nil, err
		}
		source := &chainSource{server: s}
		if c.String("node") != "" {
			if source.node, err = openNode(c); err != nil {
				return nil, nil, err
			}
		}
		for i := range sources {
			sources[i] = source
			proofs[i].use(source.node)
		}
		return sources, s.Close, nil
	}
	clients, err := clientsOf(c, proofs)
	for i, client := range clients {
		sources[i] = nodeSource{client}
		proofs[i].use(client)
	}
	return sources, func() {}, err
}

// nodeSource takes evidence from a node.
type nodeSource struct{ client *api.Client }

func (s nodeSource) refresh(ctx context.Context, p *proofFile) error {
	part, err := s.client.ProofIn(ctx, submissionID(p.Proof), p.Leaf(), true)
	if err != nil {
		return err
	}
	if part.State != anchor.Final {
		return fmt.Errorf("the node at %s says that %s is %s, but the proof is complete: the chain was reorganised, or this is another node", s.client.URL(), p.path, part.State)
	}
	newer, err := isNewer(p, part.Anchors)
	if err != nil || !newer {
		return err
	}
	return p.replace(part)
}

func (s nodeSource) current(ctx context.Context, p *proofFile) (version, retiredFrom uint64, err error) {
	status, err := s.client.StatusList(ctx, p.Submission.Home, p.Submission.Issuer)
	return status.Version, status.RetiredFrom, err
}

// isNewer reports whether the evidence from the proof's home in anchors is of a
// later block than the proof's.
func isNewer(p *proofFile, anchors []verifier.Anchor) (bool, error) {
	old, err := p.home()
	if err != nil {
		return false, err
	}
	before, err := verifier.ParseHeader(old.Header)
	if err != nil {
		return false, fmt.Errorf("%s: %w", p.path, err)
	}
	for _, a := range anchors {
		if a.Chain == old.Chain && a.Registry == old.Registry {
			after, err := verifier.ParseHeader(a.Header)
			return err == nil && after.Number > before.Number, err
		}
	}
	return false, fmt.Errorf("there is no evidence from the home of %s, %s", p.path, p.Submission.Home)
}

// chainSource takes evidence from the chain. A status list that changed since the
// proof's evidence is not there, only its root: it takes a node too, if there is one.
type chainSource struct {
	*server
	node *api.Client // may be nil
	id   chain.ID    // asked for once
}

func (s *chainSource) refresh(ctx context.Context, p *proofFile) error {
	next, err := s.evidence(ctx, p)
	if err != nil {
		return s.trouble(err)
	}
	newer, err := isNewer(p, []verifier.Anchor{*next})
	if err != nil || !newer {
		return err
	}
	old, err := p.home()
	if err != nil {
		return err
	}
	state, err := next.Read(batchRoot(p.Proof), p.Submission.Issuer)
	if err != nil {
		return s.trouble(fmt.Errorf("its evidence does not hold: %w", err))
	}
	if !state.StatusRoot.IsZero() {
		before, err := old.Read(batchRoot(p.Proof), p.Submission.Issuer)
		if err == nil && before.StatusRoot == state.StatusRoot {
			next.Status = old.Status
		} else if next.Status, err = s.statusEntries(ctx, p, state.StatusRoot); err != nil {
			return err
		}
	}
	anchors := []verifier.Anchor{*next}
	for _, a := range p.Anchors {
		if a.Chain != next.Chain {
			anchors = append(anchors, a)
		}
	}
	return p.replace(api.LeafProof{Submission: p.Submission, Batch: p.Batch, Anchors: anchors})
}

// evidence reads the registry at the newest finalized block.
func (s *chainSource) evidence(ctx context.Context, p *proofFile) (*verifier.Anchor, error) {
	home := p.Submission.Home
	if s.id.Chain == 0 {
		var err error
		if s.id, err = s.ID(ctx); err != nil {
			return nil, err
		}
	}
	if s.id.Chain != home.Chain {
		return nil, fmt.Errorf("it is of %s, and the home of %s is %s", s.id.Chain, p.path, home)
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
	proof, err := s.Prove(ctx, final.Hash, home.Registry, []verifier.Hash{verifier.AnchorSlot(batchRoot(p.Proof)), status, times})
	if err != nil {
		return nil, err
	}
	return &verifier.Anchor{
		Chain: home.Chain, Registry: home.Registry, Header: header,
		AccountProof: chain.Merge(proof.Account), StorageProof: chain.Merge(proof.Storage...),
	}, nil
}

// statusEntries takes the entries that decide about the proof from the node's copy
// of the list with a root.
func (s *chainSource) statusEntries(ctx context.Context, p *proofFile, root verifier.Hash) ([]verifier.StatusEntry, error) {
	if s.node == nil {
		return nil, run.Hint(fmt.Errorf("the status list of %s changed since the evidence in %s, and the chain has only its root", p.Submission.Issuer, p.path),
			"give --node too, to take the list from")
	}
	part, err := s.node.ProofIn(ctx, submissionID(p.Proof), p.Leaf(), true)
	if err != nil {
		return nil, err
	}
	for _, a := range part.Anchors {
		if a.Chain != p.Submission.Home.Chain || a.Registry != p.Submission.Home.Registry {
			continue
		}
		state, err := a.Read(batchRoot(p.Proof), p.Submission.Issuer)
		if err == nil && state.StatusRoot == root {
			return a.Status, nil
		}
	}
	return nil, errors.New("the node at " + s.node.URL() + " does not have the status list that the chain records now: try again later")
}

func (s *chainSource) current(ctx context.Context, p *proofFile) (version, retiredFrom uint64, err error) {
	head, err := s.Head(ctx)
	if err != nil {
		return 0, 0, s.trouble(err)
	}
	record, err := s.Issuer(ctx, head.Hash, p.Submission.Home.Registry, p.Submission.Issuer)
	return record.Version, record.RetiredFrom, s.trouble(err)
}
