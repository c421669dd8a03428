package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/anchor/publish"
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
			hintedFlag(),
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
const stale publish.State = "older than the last status change"

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
	before := make([][]verifier.Anchor, len(proofs))
	for i, p := range proofs {
		before[i] = p.Anchors
		state, err := refreshOne(c, sources[i], p, trust.Deciding(p.Submission.Home.Chain))
		outcomes[i] = outcome{p, state, err}
		bar.step()
	}
	bar.end()
	flushAll(c.Context, outcomes)
	if err := sayUnpinned(c, trust, outcomes, before); err != nil {
		return err
	}
	return tell(c, outcomes, "up to date")
}

// sayUnpinned tells of evidence that took the place of other one, and whose block the
// user's trust store does not pin: once for each block.
func sayUnpinned(c *cli.Context, trust *verifier.Trust, outcomes []outcome, before [][]verifier.Anchor) error {
	told := make(map[verifier.Hash]bool)
	for i, o := range outcomes {
		for _, a := range o.proof.Anchors {
			if slices.ContainsFunc(before[i], func(b verifier.Anchor) bool { return bytes.Equal(a.Header, b.Header) }) {
				continue
			}
			h, err := verifier.ParseHeader(a.Header)
			if err != nil {
				return fmt.Errorf("%s: %w", o.proof.path, err)
			}
			known := trust.Chains[a.Chain]
			if told[h.Hash] || known != nil && known.Blocks[h.Number] == h.Hash {
				continue
			}
			told[h.Hash] = true
			say(c, "the evidence in %s was replaced: it is of block %d of %s now, which your trust store does not pin yet", o.proof.path, h.Number, a.Chain)
			hint(c, "hallmark trust pin --rpc URL %s pins it; whoever verifies needs that pin too, or --rpc", o.proof.path)
		}
	}
	return nil
}

// refreshOne brings newer evidence into one proof, with --wait until it shows the
// issuer's last change on the chain that decides.
func refreshOne(c *cli.Context, source evidenceSource, p *proofFile, deciding verifier.ChainID) (publish.State, error) {
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
			return publish.Final, nil
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
		if refused := (*client.NodeError)(nil); errors.As(err, &refused) && deciding == p.Submission.Home.Chain {
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
	clients, err := clientsOf(c, proofs, func(*proofFile) bool { return true })
	for i, node := range clients {
		sources[i] = nodeSource{node}
		proofs[i].use(node)
	}
	return sources, func() {}, err
}

// nodeSource takes evidence from a node.
type nodeSource struct{ node *client.Client }

func (s nodeSource) refresh(ctx context.Context, p *proofFile, _ verifier.ChainID) error {
	part, err := s.node.ProofIn(ctx, submissionID(p.Proof), p.Leaf(), true)
	if err != nil {
		return err
	}
	if part.State != publish.Final {
		return fmt.Errorf("the node at %s says that %s is %s, but the proof is complete: the chain was reorganised, or this is another node", s.node.URL(), p.path, part.State)
	}
	return p.renew(part)
}

func (s nodeSource) current(ctx context.Context, p *proofFile, home verifier.Home) (version, retiredFrom uint64, err error) {
	status, err := s.node.StatusList(ctx, home, p.Submission.Issuer)
	return status.Version, status.RetiredFrom, err
}

// renew replaces the proof's evidence by that of part, but for what the proof has of
// a later block, and for its home, which part may lack. It changes nothing if nothing
// in part is new.
func (p *proofFile) renew(part client.LeafProof) error {
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
