package main

import (
	"errors"
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/hallmark-node/hallmark/cmd/internal/run"
	"github.com/hallmark-node/hallmark/issuer"
	"github.com/hallmark-node/hallmark/verifier"
)

func carryCommand() *cli.Command {
	return command("carry", "PROOF...", "say on another chain what an issuer had said on its home chain, which has died",
		"For the issuer. On the chain that takes over an issuer is silent at first, and silence is not\n"+
			"an answer. This signs for the registry there the last status list of the registry that the\n"+
			"proofs are at home in, on top of what the issuer has listed there since. An issuer that had\n"+
			"listed nothing signs an empty list, which says that all is good.\n\n"+
			"What was said last is what the newest of the proofs shows, of a block that your trust store\n"+
			"vouches for; a proof of any credential of the issuer does. The list itself may come from\n"+
			"anywhere, since it must lead to the root that the proof shows: from an archive among the\n"+
			"proofs, the file of --list, or the node.\n\n"+
			"A key that was retired is retired there too, from now on, and the submissions of the proofs\n"+
			"that were anchored after it was retired are listed as revoked. A controller is not carried\n"+
			"over: set it again with hallmark controller set, first of all if the issuing key was stolen.",
		carry,
		nodeFlag(),
		text("rpc", "`URL` of a JSON-RPC server of the chain that takes over, "+
			"to send the transaction through instead of the node"),
		text("home", "the registry that takes over, `CAIP-10` (default: the node's only one)"),
		text("list", "`FILE` with the last status list: a node's answer, an archive, "+
			"or the manifest of published blocks that lie beside it"),
		trustFlag(), yesFlag(), jsonFlag(), accountFlags())
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
	trust, err := trustOf(c)
	if err != nil {
		return err
	}
	last, err := issuer.ReadHomeRecord(proofs, trust)
	if err != nil {
		return err
	}
	if home, err := verifier.ParseHome(c.String("home")); err == nil && home.Chain == last.Home.Chain {
		return run.Usagef("--home %s is on the chain that has died: name the registry that takes over", home)
	}
	s, status, err := openFor(c, last.Issuer)
	if err != nil {
		return err
	}
	defer s.Close()
	if s.Home.Chain == last.Home.Chain {
		return run.Usagef("the node at %s anchors on %s alone, the home of the proofs: ask one that anchors on the chain that takes over",
			s.Node.URL(), s.Home.Chain)
	}
	err = last.CheckLast(c.Context, s.Node)
	if errors.Is(err, issuer.ErrHomeUnreachable) {
		err = confirmLast(c, last)
	}
	if err != nil {
		return err
	}
	items, err := last.List(c.Context, s.Node, c.String("list"))
	if err != nil {
		return err
	}
	retires := last.Retires(&status)
	if retires {
		say(c, "the key was retired on %s from %s on, and is to be retired on %s too",
			last.Home.Chain, unixTime(last.State.RetiredFrom), s.Home.Chain)
	}
	done := carried{
		Issuer: s.Issuer, From: last.Home, Block: last.State.Header.Number, AsOf: last.State.Header.Time,
		Home: s.Home, RetiredFrom: status.RetiredFrom,
	}
	if done.Version, done.Changed, err = s.Carry(c.Context, last, items, &status); err != nil {
		return err
	}
	if done.Changed {
		say(c, "what %s had said on %s as of %s is said in %s, by version %d of its status list",
			s.Issuer, last.Home.Chain, unixTime(done.AsOf), s.Home, done.Version)
	}
	if retires {
		if status, err = s.Status(c.Context); err == nil {
			err = retireFor(c, s, status.Time, &status)
		}
		if err != nil {
			return run.Hint(fmt.Errorf("the list is carried over, and the key is not retired on %s: %w", s.Home.Chain, err),
				"run the same command again, or hallmark retire --home %s", s.Home)
		}
		done.RetiredFrom, done.Changed = status.Time, true
		say(c, "%s is retired there from %s on", s.Issuer, unixTime(status.Time))
		hint(c, "what a thief had signed by then and anchored there still counts there: "+
			"hallmark retire --home %s --from moves the time earlier, and hallmark revoke takes single ones", s.Home)
	}
	if !done.Changed {
		say(c, "%s has said all of it in %s already; nothing was sent", s.Issuer, s.Home)
	}
	answerJSON(c, done)
	return nil
}

// confirmLast has the issuer say that a record is the last one, where the home chain cannot.
func confirmLast(c *cli.Context, last *issuer.HomeRecord) error {
	say(c, "%s cannot be asked. %s shows what %s had said there up to %s (block %d); what it said later is not carried over",
		last.Home.Chain, last.Path, last.Issuer, unixTime(last.State.Header.Time), last.State.Header.Number)
	if c.Bool("yes") || confirm(c, "was that the last of it?") {
		return nil
	}
	return run.Hint(errors.New("nothing was done"), "give a proof with newer evidence, or --yes if nothing was said later")
}
