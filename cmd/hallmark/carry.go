package main

import (
	"fmt"
	"slices"

	"github.com/urfave/cli/v2"

	"github.com/hallmark-node/hallmark/anchor"
	"github.com/hallmark-node/hallmark/anchor/api"
	"github.com/hallmark-node/hallmark/cmd/internal/run"
	"github.com/hallmark-node/hallmark/verifier"
)

func carryCommand() *cli.Command {
	return &cli.Command{
		Name:  "carry",
		Usage: "say again on another chain what an issuer had said on one that has died",
		Description: "For the issuer, once the operator has run hallmark reanchor. The registry of the chain that\n" +
			"takes over knows nothing of what was revoked or retired before, so that all of it would\n" +
			"count as good there. This puts the last status list that the node knows on top of what the\n" +
			"issuer has listed there since. A key that was retired is retired there from now on, and\n" +
			"what it had signed too late is revoked. A controller is not carried over: set it again with\n" +
			"hallmark controller set, first of all if the issuing key was stolen.",
		Flags: append([]cli.Flag{
			&cli.StringFlag{Name: "from", Usage: "the `CHAIN` that has died, as eip155:1"},
			yesFlag(),
		}, statementFlags()...),
		Action: carry,
	}
}

func carry(c *cli.Context) error {
	if c.NArg() > 0 {
		return run.Usagef("carry takes no argument; name the issuer with --issuer")
	}
	from, err := chainFlag(c, "from")
	if err != nil {
		return err
	}
	if home, err := verifier.ParseHome(c.String("home")); err == nil && home.Chain == from {
		return run.Usagef("--home %s is on the chain that has died: name the registry that takes over", home)
	}
	s, status, err := openOwn(c)
	if err != nil {
		return err
	}
	defer s.close()
	word, err := s.node.LastWord(c.Context, from, s.issuer)
	if err != nil {
		return err
	}
	if !word.Known {
		return run.Hint(fmt.Errorf("the node at %s does not have the list that %s had on %s, with root %s", s.node.URL(), s.issuer, from, word.Root),
			"say again what was in it with hallmark revoke --registry %s", s.home)
	}
	if word.Unsure {
		say(c, "warning: what %s said last on %s is not known to this node; say it again yourself", s.issuer, from)
	}
	done := struct {
		Issuer      verifier.Address `json:"issuer"`
		From        verifier.Home    `json:"from"`
		Home        verifier.Home    `json:"home"`
		Version     uint64           `json:"version"`     // of the list
		RetiredFrom uint64           `json:"retiredFrom"` // 0: not retired
		Changed     bool             `json:"changed"`     // false: all was said before
	}{Issuer: s.issuer, From: word.Home, Home: s.home, RetiredFrom: status.RetiredFrom}
	retires := word.RetiredFrom != 0 && status.RetiredFrom == 0
	if retires {
		// What is anchored there only after the retirement is not believed.
		if err := anchoredOn(c, s.node, from, s.home.Chain); err != nil {
			return err
		}
	}
	// A list that is empty says something too: nothing at all would not be believed.
	if word.Root.IsZero() && word.RetiredFrom == 0 && !word.Unsure {
		done.Version = status.Version
	} else if done.Version, done.Changed, err = s.change(c, func(old []verifier.StatusItem) ([]verifier.StatusItem, error) {
		items := verifier.MergeStatusItems(old, itemsOf(word.Items))
		if slices.Equal(items, old) && status.Version > 0 {
			return nil, nil
		}
		return items, nil
	}); err != nil {
		return err
	}
	if done.Changed {
		say(c, "what %s had listed on %s is listed in %s, by version %d of its status list", s.issuer, from, s.home, done.Version)
	}
	if retires {
		if status, err = s.settled(c); err != nil {
			return err
		}
		if err := s.retire(c, status.Time, &status); err != nil {
			return err
		}
		done.RetiredFrom, done.Changed = status.Time, true
		say(c, "%s is retired there from %s on", s.issuer, unixTime(status.Time))
	}
	if !done.Changed {
		say(c, "%s has nothing to say again; nothing was sent", s.issuer)
	}
	if c.Bool("json") {
		return resultJSON(c, done)
	}
	return nil
}

// anchoredOn makes sure that all that a node anchored on one chain is final on
// another one.
func anchoredOn(c *cli.Context, node *api.Client, from, to verifier.ChainID) error {
	on := func(b *api.Batch, id verifier.ChainID) (final, there bool) {
		for _, s := range b.Chains {
			if s.Home.Chain == id {
				return s.State == anchor.Final, true
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
