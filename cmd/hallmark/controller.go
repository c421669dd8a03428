package main

import (
	"github.com/urfave/cli/v2"

	"github.com/hallmark-node/hallmark/cmd/internal/run"
	"github.com/hallmark-node/hallmark/verifier"
)

func controllerCommand() *cli.Command {
	return &cli.Command{
		Name:  "controller",
		Usage: "decide who may revoke and retire for an issuer",
		Subcommands: []*cli.Command{{
			Name:      "set",
			Usage:     "hand the say over an issuer's status to another address",
			ArgsUsage: "ADDRESS",
			Description: "ADDRESS is a key that is kept offline, or a contract that checks signatures (ERC-1271).\n" +
				"It survives the theft of the issuing key. Signed by the present controller, or by the\n" +
				"issuer while there is none. It can be handed on, never taken back to nobody.",
			Flags:  statementFlags(),
			Action: controllerSet,
		}},
	}
}

func controllerSet(c *cli.Context) error {
	next, err := verifier.ParseAddress(c.Args().First())
	if err != nil {
		return run.Usagef("%v", err)
	}
	if next.IsZero() {
		return run.Usagef("the zero address is nobody: a controller can be handed on, not given up")
	}
	s, status, err := openOwn(c)
	if err != nil {
		return err
	}
	defer s.Close()
	changed := status.Controller != next
	if changed {
		if err := s.SetController(c.Context, next, &status); err != nil {
			return err
		}
		say(c, "%s now speaks for %s", next, s.Issuer)
	} else {
		say(c, "%s speaks for %s already; nothing was sent", next, s.Issuer)
	}
	answerJSON(c, struct {
		Issuer     verifier.Address `json:"issuer"`
		Home       verifier.Home    `json:"home"`
		Controller verifier.Address `json:"controller"`
		Changed    bool             `json:"changed"` // false: it was so before
	}{s.Issuer, s.Home, next, changed})
	return nil
}
