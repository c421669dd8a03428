package main

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/cmd/internal/run"
	"github.com/hallmark-node/hallmark/issuer"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

func carryCommand() *cli.Command {
	return &cli.Command{
		Name:      "carry",
		Usage:     "say on another chain what an issuer had said on its home chain, which has died",
		ArgsUsage: "PROOF...",
		Description: "For the issuer. On the chain that takes over an issuer is silent at first, and silence is not\n" +
			"an answer. This signs for the registry there the last status list of the registry that the\n" +
			"proofs are at home in, on top of what the issuer has listed there since. An issuer that had\n" +
			"listed nothing signs an empty list, which says that all is good.\n\n" +
			"What was said last is what the newest of the proofs shows, of a block that your trust store\n" +
			"vouches for; a proof of any credential of the issuer does. The list itself may come from\n" +
			"anywhere, since it must lead to the root that the proof shows: from an archive among the\n" +
			"proofs, the file of --list, or the node.\n\n" +
			"A key that was retired is retired there too, from now on, and the submissions of the proofs\n" +
			"that were anchored after it was retired are listed as revoked. A controller is not carried\n" +
			"over: set it again with hallmark controller set, first of all if the issuing key was stolen.",
		Flags: append([]cli.Flag{
			nodeFlag(),
			&cli.StringFlag{Name: "rpc", Usage: "`URL` of a JSON-RPC server of the chain that takes over, to send the transaction through instead of the node"},
			&cli.StringFlag{Name: "home", Usage: "the registry that takes over, `CAIP-10` (default: the node's only one)"},
			&cli.StringFlag{Name: "list", Usage: "`FILE` with the last status list: a node's answer, an archive, or the manifest of published blocks that lie beside it"},
			trustFlag(),
			yesFlag(),
			jsonFlag(),
		}, accountFlags()...),
		Action: carry,
	}
}

// carried is the machine form of what was done.
type carried struct {
	Issuer      verifier.Address `json:"issuer"`
	From        verifier.Home    `json:"from"`
	Block       uint64           `json:"block"` // of From, as of which all this is
	AsOf        uint64           `json:"asOf"`  // its time, Unix seconds
	Home        verifier.Home    `json:"home"`
	Version     uint64           `json:"version"`     // of the list there
	RetiredFrom uint64           `json:"retiredFrom"` // there; 0: not retired
	Changed     bool             `json:"changed"`     // false: all was said before
}

func carry(c *cli.Context) error {
	proofs, err := readProofs(c)
	if err != nil {
		return err
	}
	last, err := lastSaid(c, proofs)
	if err != nil {
		return err
	}
	if home, err := verifier.ParseHome(c.String("home")); err == nil && home.Chain == last.home.Chain {
		return run.Usagef("--home %s is on the chain that has died: name the registry that takes over", home)
	}
	s, status, err := openFor(c, last.issuer)
	if err != nil {
		return err
	}
	defer s.Close()
	if s.Home.Chain == last.home.Chain {
		return run.Usagef("the node at %s anchors on %s alone, the home of the proofs: ask one that anchors on the chain that takes over", s.Node.URL(), s.Home.Chain)
	}
	if err := last.newest(c, s.Node); err != nil {
		return err
	}
	items, err := last.list(c, s.Node, proofs)
	if err != nil {
		return err
	}
	retires := last.state.RetiredFrom != 0 && status.RetiredFrom == 0
	if retires {
		say(c, "the key was retired on %s from %s on, and is to be retired on %s too", last.home.Chain, unixTime(last.state.RetiredFrom), s.Home.Chain)
		// What is anchored there only after the retirement is not believed.
		if err := anchoredOn(c, s.Node, last.home.Chain, s.Home.Chain); err != nil {
			return err
		}
	}
	done := carried{
		Issuer: s.Issuer, From: last.home, Block: last.state.Header.Number, AsOf: last.state.Header.Time,
		Home: s.Home, RetiredFrom: status.RetiredFrom,
	}
	done.Version, done.Changed, err = s.Change(c.Context, func(old []verifier.StatusItem) ([]verifier.StatusItem, error) {
		merged := verifier.MergeStatusItems(old, items)
		if slices.Equal(merged, old) && status.Version > 0 {
			return nil, nil
		}
		return merged, nil // also if it is empty: that ends the silence
	})
	if err != nil {
		return err
	}
	if done.Changed {
		say(c, "what %s had said on %s as of %s is said in %s, by version %d of its status list", s.Issuer, last.home.Chain, unixTime(done.AsOf), s.Home, done.Version)
	}
	if retires {
		if status, err = s.Status(c.Context); err == nil {
			err = retireFor(c, s, status.Time, &status)
		}
		if err != nil {
			return run.Hint(fmt.Errorf("the list is carried over, and the key is not retired on %s: %w", s.Home.Chain, err), "run the same command again, or hallmark retire --home %s", s.Home)
		}
		done.RetiredFrom, done.Changed = status.Time, true
		say(c, "%s is retired there from %s on", s.Issuer, unixTime(status.Time))
		hint(c, "what a thief had signed by then and anchored there still counts there: hallmark retire --home %s --from moves the time earlier, and hallmark revoke takes single ones", s.Home)
	}
	if !done.Changed {
		say(c, "%s has said all of it in %s already; nothing was sent", s.Issuer, s.Home)
	}
	if c.Bool("json") {
		return resultJSON(c, done)
	}
	return nil
}

// homeRecord is what proofs show that an issuer had said last in its home registry.
type homeRecord struct {
	path   string // of the newest proof
	issuer verifier.Address
	home   verifier.Home
	state  verifier.RegistryState

	late []verifier.StatusItem // submissions of the proofs that were anchored when the key was retired
}

// lastSaid reads the home entries of proofs, which must be of one issuer and one home,
// and of blocks that the trust store vouches for.
func lastSaid(c *cli.Context, proofs []*issuer.ProofFile) (*homeRecord, error) {
	first := proofs[0].Submission
	trust, err := trustOf(c)
	if err != nil {
		return nil, err
	}
	// The home is to be looked at, also if the store names its successor already.
	if known := trust.Chains[first.Home.Chain]; known != nil {
		alone := *known
		alone.Successor = new(verifier.TrustedChain).Successor
		trust.Chains[first.Home.Chain] = &alone
	}
	v, err := verifier.New(verifier.Options{Trust: trust, Now: time.Now})
	if err != nil {
		return nil, err
	}
	last := &homeRecord{issuer: first.Issuer, home: first.Home}
	states := make([]verifier.RegistryState, len(proofs))
	for i, p := range proofs {
		if p.Submission.Issuer != first.Issuer || p.Submission.Home != first.Home {
			return nil, run.Usagef("%s is of another issuer or home than %s: carry them over one after the other", p.Path, proofs[0].Path)
		}
		a, err := p.On(first.Home.Chain)
		if err != nil {
			return nil, err
		}
		report := v.Verify(p.Proof, nil)
		for _, check := range []verifier.Check{verifier.CheckInclusion, verifier.CheckSignature, verifier.CheckAnchor, verifier.CheckFinality} {
			if got := report.Result(check); got.Result != verifier.Pass {
				return nil, fmt.Errorf("%s does not prove what %s had said on %s: %s", p.Path, first.Issuer, first.Home.Chain, got.Detail)
			}
		}
		if states[i], err = a.Read(issuer.BatchRoot(p.Proof), first.Issuer); err != nil {
			return nil, fmt.Errorf("%s does not prove what %s had said on %s: %w", p.Path, first.Issuer, first.Home.Chain, err)
		}
		if i == 0 || states[i].Header.Number > last.state.Header.Number {
			last.path, last.state = p.Path, states[i]
		}
	}
	for i, p := range proofs {
		if from := last.state.RetiredFrom; from != 0 && states[i].AnchoredAt >= from {
			late := []verifier.StatusItem{{ID: merkle.Root(p.Leaf(), p.Submission.Path), Code: verifier.StatusRevoked}}
			last.late = verifier.MergeStatusItems(last.late, late)
		}
	}
	return last, nil
}

// newest makes sure that the record is the last one: by the home chain if the node can
// read it, else by the issuer's own word.
func (r *homeRecord) newest(c *cli.Context, node *client.Client) error {
	health, err := node.Health(c.Context)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(health.Chains, func(h client.ChainHealth) bool { return h.Home == r.home && h.RPCError == "" }) {
		now, err := node.StatusList(c.Context, r.home, r.issuer)
		switch {
		case err != nil:
			return err
		case !issuer.Idle(now):
			return run.Hint(fmt.Errorf("a %s statement of %s is on its way to %s", now.Pending.Kind, r.issuer, r.home), "once it is final there, hallmark refresh %s, pin its block and repeat", r.path)
		case now.Version != r.state.Version || now.Root != r.state.StatusRoot || now.RetiredFrom != r.state.RetiredFrom:
			return run.Hint(fmt.Errorf("%s shows what %s had said by block %d, and something was said on %s since", r.path, r.issuer, r.state.Header.Number, r.home.Chain),
				"hallmark refresh --wait %s, pin its block and repeat", r.path)
		}
		return nil
	}
	say(c, "%s cannot be asked. %s shows what %s had said there up to %s (block %d); what it said later is not carried over",
		r.home.Chain, r.path, r.issuer, unixTime(r.state.Header.Time), r.state.Header.Number)
	if c.Bool("yes") {
		return nil
	}
	yes, err := confirm(c, "was that the last of it?")
	if err != nil || !yes {
		return run.Hint(errors.Join(err, errors.New("nothing was done")), "give a proof with newer evidence, or --yes if nothing was said later")
	}
	return nil
}

// anchoredOn makes sure that all that a node anchored on one chain is final on
// another one.
func anchoredOn(c *cli.Context, node *client.Client, from, to verifier.ChainID) error {
	on := func(b *client.Batch, id verifier.ChainID) (final, there bool) {
		for _, s := range b.Chains {
			if s.Home.Chain == id {
				return s.State == publish.Final, true
			}
		}
		return false, false
	}
	for after := uint64(0); ; {
		page, err := node.Batches(c.Context, after, 1000)
		if err != nil {
			return err
		}
		for i := range page.Batches {
			b := &page.Batches[i]
			if _, there := on(b, from); !there {
				continue
			}
			if final, _ := on(b, to); !final {
				return run.Hint(fmt.Errorf("batch %s is not final on %s: the key would be retired there before it was anchored", b.Root, to),
					"the operator of the node runs hallmark reanchor first")
			}
		}
		if after = page.Next; after == 0 {
			return nil
		}
	}
}
