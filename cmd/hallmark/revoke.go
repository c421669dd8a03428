package main

import (
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/hallmark-node/hallmark/cmd/internal/run"
	"github.com/hallmark-node/hallmark/issuer"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// statusVerb is one of the three ways to change what an issuer says of credentials.
type statusVerb struct {
	name, usage string
	code        uint8  // what the ids are listed with afterwards; StatusNone: not at all
	done        string // for messages
}

var statusVerbs = []statusVerb{
	{"revoke", "say that credentials are not to be relied on any more", verifier.StatusRevoked, "revoked"},
	{"suspend", "say that credentials are not to be relied on for now", verifier.StatusSuspended, "suspended"},
	{"reinstate", "take a revocation or suspension back", verifier.StatusNone, "good"},
}

func statusVerbCommands() []*cli.Command {
	var commands []*cli.Command
	for _, verb := range statusVerbs {
		commands = append(commands, command(verb.name, "PROOF...", verb.usage,
			"Makes a new version of the issuer's status list, signs it, and returns once it is in a\n"+
				"block. The node pays, or with --rpc the account itself. Proofs that were handed out show\n"+
				"it after hallmark refresh. Doing it again changes nothing.\n\n"+
				"Each proof is changed in its home registry, or if the home's chain has died and your trust\n"+
				"store names its successor, there.",
			func(c *cli.Context) error { return changeStatus(c, verb) },
			nodeFlag(),
			text("rpc", "`URL` of a JSON-RPC server, to check the node by and to send the transaction through"),
			registryFlag(), trustFlag(), jsonFlag(), onlyFlag(),
			toggle("submission", "act on the whole submissions that the proofs belong to"),
			accountFlags()))
	}
	return commands
}

// statusChange is the machine form of what was done in one registry.
type statusChange struct {
	Issuer  verifier.Address `json:"issuer"`
	Home    verifier.Home    `json:"home"`
	Version uint64           `json:"version"` // of the list that says so
	Status  string           `json:"status"`  // as in statusVerb.done
	IDs     []merkle.Hash    `json:"ids"`
	Changed bool             `json:"changed"` // false: it was so before
}

func changeStatus(c *cli.Context, verb statusVerb) error {
	proofs, err := readProofs(c)
	if err != nil {
		return err
	}
	targets, err := issuer.StatusTargets(proofs, func(p *issuer.ProofFile) ([]merkle.Hash, error) { return statusIDs(c, p) })
	if err != nil {
		return err
	}
	for _, flag := range []string{"rpc", "registry"} {
		if len(targets) > 1 && c.String(flag) != "" {
			return run.Usagef("the proofs are at home in %s and %s, and --%s is of one registry: change them one after the other",
				targets[0].Home, targets[1].Home, flag)
		}
	}
	for _, target := range targets {
		if err := changeIn(c, target, verb); err != nil {
			return err
		}
	}
	return nil
}

// changeIn changes the issuer's list in one registry.
func changeIn(c *cli.Context, target issuer.StatusTarget, verb statusVerb) error {
	s, err := openStatement(c, target.Issuer, &target.Home)
	if err != nil {
		return err
	}
	defer s.Close()
	version, changed, err := s.SetStatus(c.Context, target.IDs, verb.code)
	if err != nil {
		return err
	}
	if changed {
		say(c, "%s now %s, by version %d of the status list of %s", these(target.IDs), verb.done, version, target.Issuer)
		hint(c, "proofs that were handed out show it after hallmark refresh")
	} else {
		say(c, "%s %s already; nothing was sent", these(target.IDs), verb.done)
	}
	answerJSON(c, statusChange{target.Issuer, s.Home, version, verb.done, target.IDs, changed})
	return nil
}

func these(ids []merkle.Hash) string {
	if len(ids) == 1 {
		return ids[0].String() + " is"
	}
	return fmt.Sprintf("these %d are", len(ids))
}

// statusIDs returns the ids in a status list of what a proof stands for: its leaf, or
// with --submission the root of its submission; for a group of an archive the leaves of
// those that --only names, or of all.
func statusIDs(c *cli.Context, p *issuer.ProofFile) ([]merkle.Hash, error) {
	only := c.StringSlice("only")
	switch {
	case len(only) > 0 && p.Archive != nil && c.Bool("submission"):
		return nil, run.Usagef("--submission is about all credentials of a submission, --only about some: give one of them")
	case c.Bool("submission") && len(only) == 0:
		return []merkle.Hash{issuer.SubmissionRoot(p.Proof)}, nil
	}
	return p.Leaves(only)
}
