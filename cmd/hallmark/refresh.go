package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
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
			"new pin in the trust stores of those who verify. Evidence from chains that the proofs did not\n" +
			"have yet is added. If your trust store names a successor of their home, whose chain has died,\n" +
			"what counts is how things stand there.\n\n" +
			"Exit status: 0 all show the issuer's present status, 3 some are still older than the last\n" +
			"change of it that is in a block, 1 something went wrong.",
		Flags: []cli.Flag{
			nodeFlagOrHint(),
			&cli.StringFlag{Name: "rpc", Usage: "`URL` of a JSON-RPC server to take the evidence from instead"},
			&cli.BoolFlag{Name: "wait", Usage: "wait until they show the last change"},
			trustFlag(),
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
	// refresh replaces the proof's evidence if it has newer one. The chain decides
	// for the proof.
	refresh(ctx context.Context, p *proofFile, deciding verifier.ChainID) error
	// current returns the version of the issuer's list and its retirement, as the
	// newest block has them in a registry.
	current(ctx context.Context, p *proofFile, home verifier.Home) (version, retiredFrom uint64, err error)
}

func refresh(c *cli.Context) error {
	proofs, err := readProofs(c)
	if err != nil {
		return err
	}
	trust, err := trustOf(c)
	if err != nil {
		return err
	}
	for _, p := range proofs {
		if p.Pending() {
			_, err := p.on(p.Submission.Home.Chain)
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
		state, err := refreshOne(c, sources[i], p, trust.Deciding(p.Submission.Home.Chain))
		outcomes[i] = outcome{p, state, err}
		bar.step()
	}
	bar.end()
	flushAll(c.Context, outcomes)
	return tell(c, outcomes, "up to date")
}

// refreshOne brings newer evidence into one proof, with --wait until it shows the
// issuer's last change on the chain that decides.
func refreshOne(c *cli.Context, source evidenceSource, p *proofFile, deciding verifier.ChainID) (anchor.State, error) {
	for first := true; ; first = false {
		if err := source.refresh(c.Context, p, deciding); err != nil {
			return "", err
		}
		shown, err := showsLast(c.Context, source, p, deciding)
		absent := errors.Is(err, errNoEvidence) && c.Bool("wait")
		switch {
		case err != nil && !absent:
			return "", err
		case shown:
			return anchor.Final, nil
		case !c.Bool("wait"):
			return stale, nil
		case first && absent:
			say(c, "%v; waiting", err)
		case first:
			say(c, "the last change of %s is not final yet; waiting", p.Submission.Issuer)
		}
		select {
		case <-c.Context.Done():
			return stale, c.Context.Err()
		case <-time.After(refreshPause):
		}
	}
}

// showsLast reports whether a proof shows the issuer's last change on a chain.
func showsLast(ctx context.Context, source evidenceSource, p *proofFile, deciding verifier.ChainID) (bool, error) {
	a, err := p.on(deciding)
	if err != nil {
		return false, err
	}
	version, retiredFrom, err := source.current(ctx, p, verifier.Home{Chain: a.Chain, Registry: a.Registry})
	if err != nil {
		if refused := (*api.NodeError)(nil); errors.As(err, &refused) && deciding == p.Submission.Home.Chain {
			err = run.Hint(err, "if %s has died, name what took over: hallmark trust pin --successor-of %s", deciding, deciding)
		}
		return false, err
	}
	state, err := a.Read(batchRoot(p.Proof), p.Submission.Issuer)
	if err != nil {
		return false, fmt.Errorf("%s: %w", p.path, err)
	}
	return state.Version >= version && (retiredFrom == 0 || state.RetiredFrom != 0 && state.RetiredFrom <= retiredFrom), nil
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

func (s nodeSource) refresh(ctx context.Context, p *proofFile, _ verifier.ChainID) error {
	part, err := s.client.ProofIn(ctx, submissionID(p.Proof), p.Leaf(), true)
	if err != nil {
		return err
	}
	if part.State != anchor.Final {
		return fmt.Errorf("the node at %s says that %s is %s, but the proof is complete: the chain was reorganised, or this is another node", s.client.URL(), p.path, part.State)
	}
	return p.renew(part)
}

func (s nodeSource) current(ctx context.Context, p *proofFile, home verifier.Home) (version, retiredFrom uint64, err error) {
	status, err := s.client.StatusList(ctx, home, p.Submission.Issuer)
	return status.Version, status.RetiredFrom, err
}

// renew replaces the proof's evidence by that of part, but for what the proof has of
// a later block, and for its home, which part may lack. It changes nothing if nothing
// in part is new.
func (p *proofFile) renew(part api.LeafProof) error {
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
			return fmt.Errorf("%s: %w", p.path, err)
		}
		after, err := verifier.ParseHeader(a.Header)
		if err != nil {
			return fmt.Errorf("new evidence for %s: %w", p.path, err)
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

// chainSource takes evidence from the chain. A status list that changed since the
// proof's evidence is not there, only its root: it takes a node too, if there is one.
type chainSource struct {
	*server
	node *api.Client // may be nil
	id   chain.ID    // asked for once
}

func (s *chainSource) refresh(ctx context.Context, p *proofFile, deciding verifier.ChainID) error {
	old, err := p.on(deciding)
	if err != nil {
		return err
	}
	next, err := s.evidence(ctx, p, old)
	if err != nil {
		return s.trouble(err)
	}
	state, err := next.Read(batchRoot(p.Proof), p.Submission.Issuer)
	if err != nil {
		return s.trouble(fmt.Errorf("its evidence does not hold: %w", err))
	}
	if !state.StatusRoot.IsZero() {
		before, err := old.Read(batchRoot(p.Proof), p.Submission.Issuer)
		if err == nil && before.StatusRoot == state.StatusRoot {
			next.Status = old.Status
		} else if next.Status, err = s.statusEntries(ctx, p, next, state.StatusRoot); err != nil {
			return err
		}
	}
	anchors := slices.Clone(p.Anchors)
	anchors[slices.IndexFunc(anchors, func(a verifier.Anchor) bool { return a.Chain == next.Chain && a.Registry == next.Registry })] = *next
	return p.renew(api.LeafProof{Submission: p.Submission, Batch: p.Batch, Anchors: anchors})
}

// evidence reads the registry of an entry at the newest finalized block.
func (s *chainSource) evidence(ctx context.Context, p *proofFile, old *verifier.Anchor) (*verifier.Anchor, error) {
	if s.id.Chain == 0 {
		var err error
		if s.id, err = s.ID(ctx); err != nil {
			return nil, err
		}
	}
	if s.id.Chain != old.Chain {
		return nil, fmt.Errorf("it is of %s, and what decides for %s is on %s", s.id.Chain, p.path, old.Chain)
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
	proof, err := s.Prove(ctx, final.Hash, old.Registry, []verifier.Hash{verifier.AnchorSlot(batchRoot(p.Proof)), status, times})
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
func (s *chainSource) statusEntries(ctx context.Context, p *proofFile, next *verifier.Anchor, root verifier.Hash) ([]verifier.StatusEntry, error) {
	if s.node == nil {
		return nil, run.Hint(fmt.Errorf("the status list of %s changed since the evidence in %s, and the chain has only its root", p.Submission.Issuer, p.path),
			"give --node too, to take the list from")
	}
	part, err := s.node.ProofIn(ctx, submissionID(p.Proof), p.Leaf(), true)
	if err != nil {
		return nil, err
	}
	for _, a := range part.Anchors {
		if a.Chain != next.Chain || a.Registry != next.Registry {
			continue
		}
		state, err := a.Read(batchRoot(p.Proof), p.Submission.Issuer)
		if err == nil && state.StatusRoot == root {
			return a.Status, nil
		}
	}
	return nil, errors.New("the node at " + s.node.URL() + " does not have the status list that the chain records now: try again later")
}

func (s *chainSource) current(ctx context.Context, p *proofFile, home verifier.Home) (version, retiredFrom uint64, err error) {
	head, err := s.Head(ctx)
	if err != nil {
		return 0, 0, s.trouble(err)
	}
	record, err := s.Issuer(ctx, head.Hash, home.Registry, p.Submission.Issuer)
	return record.Version, record.RetiredFrom, s.trouble(err)
}
