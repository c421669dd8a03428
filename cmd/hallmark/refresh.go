package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/hallmark-node/hallmark/anchor/beaconapi"
	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/cmd/internal/run"
	"github.com/hallmark-node/hallmark/issuer"
	"github.com/hallmark-node/hallmark/verifier"
	"github.com/hallmark-node/hallmark/verifier/beacon"
)

func refreshCommand() *cli.Command {
	return command("refresh", "PROOF|FOLDER...", "bring newer evidence into proofs, so that they show the status as it is now",
		"Evidence comes from the node, or with --rpc from the chain itself. A new block needs a\n"+
			"new pin in the trust stores of those who verify. Evidence from chains that the proofs did not\n"+
			"have yet is added. If your trust store names a successor of their home, whose chain has died,\n"+
			"what counts is how things stand there. Of a FOLDER all proofs are taken. One that cannot be\n"+
			"read is told of, and the others get theirs.\n\n"+
			"With --beacon the evidence stays as it is, and its voucher of the beacon chain gets younger:\n"+
			"a path of hashes leads from its block to a newer one, which sync committees that your trust\n"+
			"store leads to have signed lately. That takes a beacon node that serves historical summaries\n"+
			"(Lodestar) and one that keeps the roots of old blocks, 8192 of which are asked for.\n\n"+
			"Exit status: 0 all show the issuer's present status, 3 some are still older than the last\n"+
			"change of it that is in a block, or too recent for a path of hashes, 1 something went wrong.",
		refresh,
		nodeFlagOrHint(), hintedFlag(),
		text("rpc", "`URL` of a JSON-RPC server to take the evidence from instead"),
		texts("witness", "`URL` of a witness that is asked to sign the block of the evidence; may be repeated. "+
			"Without --node and --rpc the evidence stays as it is"),
		texts("beacon", "`URL` of a beacon node (Beacon API) to make old vouchers younger with; may be repeated: the others are asked "+
			"where one fails. Without --node and --rpc the evidence stays as it is"),
		toggle("wait", "wait until they show the last change"),
		trustFlag(), jsonFlag())
}

// refreshPause is how long to wait before asking for newer evidence again.
const refreshPause = time.Second

// stale is the state of a proof whose evidence is older than the issuer's last
// change.
const stale publish.State = "older than the last status change"

// tooRecent is the state of a proof whose block is in no historical summary yet.
const tooRecent publish.State = "too recent for a path of hashes"

func refresh(c *cli.Context) error {
	all, failed, err := readEach(c)
	if err != nil {
		return err
	}
	trust, err := trustOf(c)
	if err != nil {
		return err
	}
	var proofs []*issuer.ProofFile
	for _, p := range all {
		if !p.Pending() {
			proofs = append(proofs, p)
			continue
		}
		_, err := p.On(p.Submission.Home.Chain)
		failed = append(failed, issuer.Outcome{Proof: p, Err: err})
	}
	if len(proofs) == 0 {
		return tell(c, failed, "up to date")
	}
	witnesses := c.StringSlice("witness")
	rehanger, end, err := openRehanger(c, trust)
	if err != nil {
		return err
	}
	defer end()
	var sources []issuer.EvidenceSource // none: the evidence stays as it is
	if len(witnesses) == 0 && rehanger == nil || c.String("node") != "" || c.String("rpc") != "" {
		var done func()
		if sources, done, err = sourcesOf(c, proofs); err != nil {
			return err
		}
		defer done()
	}
	outcomes := make([]issuer.Outcome, len(proofs))
	add, ended := showProgress(c)("refreshing proofs", len(proofs))
	before := make([][]verifier.Anchor, len(proofs))
	for i, p := range proofs {
		before[i] = p.Anchors
		deciding := trust.EffectiveChain(p.Submission.Home.Chain)
		state, err := publish.Final, error(nil)
		if sources != nil {
			state, err = refreshOne(c, sources[i], p, deciding)
		}
		if err == nil && len(witnesses) > 0 {
			err = askWitnesses(c, trust, p, deciding)
		}
		if err == nil && rehanger != nil {
			if err = rehang(c, rehanger, p, deciding); errors.Is(err, beacon.ErrTooRecent) {
				say(c, "%v", err)
				err = nil
				if state == publish.Final {
					state = tooRecent
				}
			}
		}
		outcomes[i] = issuer.Outcome{Proof: p, State: state, Err: err}
		add(1)
	}
	ended()
	issuer.FlushAll(c.Context, outcomes)
	if err := sayUnpinned(c, trust, outcomes, before); err != nil {
		return err
	}
	return tell(c, append(outcomes, failed...), "up to date")
}

// refreshOne brings newer evidence into one proof, with --wait until it shows the
// issuer's last change on the chain that decides.
func refreshOne(c *cli.Context, source issuer.EvidenceSource, p *issuer.ProofFile, deciding verifier.ChainID) (publish.State, error) {
	for first := true; ; first = false {
		shown, err := p.Refresh(c.Context, source, deciding)
		absent := errors.Is(err, issuer.ErrNoEvidence) && c.Bool("wait")
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

// openRehanger returns what --beacon is for; nil without it.
func openRehanger(c *cli.Context, trust *verifier.Trust) (r *issuer.Rehanger, end func(), err error) {
	urls := c.StringSlice("beacon")
	if len(urls) == 0 {
		return nil, func() {}, nil
	}
	nodes, err := beaconapi.New(urls...)
	if err != nil {
		return nil, nil, run.Usagef("--beacon: %v", err)
	}
	var pack hopsFile // stays empty if there is none: beacon nodes may have what is needed
	if path, err := inConfig("", "", "hops.pack"); err == nil {
		pack.path = path
		if err := pack.read(); err != nil && !errors.Is(err, fs.ErrNotExist) {
			say(c, "warning: %v", err)
		}
	}
	hops := func(id verifier.ChainID) [][]byte { return pack.hops[id] }
	return issuer.NewRehanger(nodes, trust, hops), nodes.Close, nil
}

// rehang makes the voucher of a proof younger.
func rehang(c *cli.Context, r *issuer.Rehanger, p *issuer.ProofFile, deciding verifier.ChainID) error {
	before := p.Proof
	signed, err := p.Rehang(c.Context, r, deciding)
	if err != nil {
		return err
	}
	date := signed.UTC().Format(time.DateOnly)
	if p.Proof == before {
		say(c, "%s: its voucher, signed on %s, is the newest that can be had", p.Path, date)
		return nil
	}
	say(c, "%s: its voucher rests on what was signed on %s now, by a path of hashes", p.Path, date)
	return nil
}

// askWitnesses has witnesses sign the block of a proof's evidence. Some may give nothing, if
// one does.
func askWitnesses(c *cli.Context, trust *verifier.Trust, p *issuer.ProofFile, deciding verifier.ChainID) error {
	known := trust.Chains[deciding]
	if known == nil {
		return run.Hint(run.Usagef("what witnesses sign names the chain by its first block, and your trust store does not know %s", deciding),
			"hallmark trust pin --rpc URL %s adds it", p.Path)
	}
	urls := c.StringSlice("witness")
	signed, err := p.AskWitnesses(c.Context, urls, deciding, known.Genesis)
	if signed == 0 {
		return err
	}
	say(c, "%s: %d of %s signed", p.Path, signed, plural(len(urls), "witness", "witnesses"))
	if err != nil {
		say(c, "warning: %s", strings.ReplaceAll(err.Error(), "\n", "; "))
	}
	return nil
}

// sayUnpinned tells of evidence that took the place of other one, and whose block neither
// the user's trust store pins nor a voucher speaks for: once for each block.
func sayUnpinned(c *cli.Context, trust *verifier.Trust, outcomes []issuer.Outcome, before [][]verifier.Anchor) error {
	told := make(map[verifier.Hash]bool)
	for i, o := range outcomes {
		for _, a := range o.Proof.Anchors {
			if len(a.Finality) > 0 || slices.ContainsFunc(before[i], func(b verifier.Anchor) bool { return bytes.Equal(a.Header, b.Header) }) {
				continue
			}
			h, err := verifier.ParseHeader(a.Header)
			if err != nil {
				return fmt.Errorf("%s: %w", o.Proof.Path, err)
			}
			known := trust.Chains[a.Chain]
			if told[h.Hash] || known != nil && known.Blocks[h.Number] == h.Hash {
				continue
			}
			told[h.Hash] = true
			say(c, "the evidence in %s was replaced: it is of block %d of %s now, which your trust store does not pin yet",
				o.Proof.Path, h.Number, a.Chain)
			hint(c, "hallmark trust pin --rpc URL %s pins it; whoever verifies needs that pin too, or --rpc", o.Proof.Path)
		}
	}
	return nil
}

// sourcesOf returns where evidence for each proof comes from.
func sourcesOf(c *cli.Context, proofs []*issuer.ProofFile) ([]issuer.EvidenceSource, func(), error) {
	sources := make([]issuer.EvidenceSource, len(proofs))
	if target := c.String("rpc"); target != "" {
		s, err := dial(target)
		if err != nil {
			return nil, nil, err
		}
		var node *client.Client
		if c.String("node") != "" {
			if node, err = openNode(c); err != nil {
				return nil, nil, err
			}
		}
		source := issuer.FromChain(s, node)
		for i := range sources {
			sources[i] = source
			proofs[i].Use(node)
		}
		return sources, s.Close, nil
	}
	clients, err := clientsOf(c, proofs, func(*issuer.ProofFile) bool { return true })
	for i, node := range clients {
		sources[i] = issuer.FromNode(node)
		proofs[i].Use(node)
	}
	return sources, func() {}, err
}
