package main

import (
	"github.com/urfave/cli/v2"

	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/cmd/internal/run"
	"github.com/hallmark-node/hallmark/issuer"
	"github.com/hallmark-node/hallmark/verifier"
)

// statementFlags are those of retire and controller.
func statementFlags() []cli.Flag {
	return append([]cli.Flag{
		nodeFlag(),
		&cli.StringFlag{Name: "rpc", Usage: "`URL` of a JSON-RPC server, to send the transaction through instead of the node"},
		&cli.StringFlag{Name: "home", Usage: "home registry `CAIP-10` (default: the node's only one)"},
		&cli.StringFlag{Name: "issuer", Usage: "`ADDRESS` of the issuer (default: that of the key)"},
		jsonFlag(),
	}, accountFlags()...)
}

func retireCommand() *cli.Command {
	return &cli.Command{
		Name:  "retire",
		Usage: "say for good that an issuer's key is not to be believed for later anchors",
		Description: "What was anchored before stays good. Do this when the key is lost, stolen or replaced.\n" +
			"It cannot be taken back: the time can only be moved earlier. So it asks first, and where\n" +
			"there is no terminal it wants --yes.",
		Flags: append([]cli.Flag{
			&cli.StringFlag{Name: "from", Usage: "from this `TIME` on (RFC 3339 or Unix seconds; default: now)"},
			yesFlag(),
		}, statementFlags()...),
		Action: retire,
	}
}

func retire(c *cli.Context) error {
	from, err := timeFlag(c, "from")
	if err != nil {
		return err
	}
	s, status, err := openOwn(c)
	if err != nil {
		return err
	}
	defer s.Close()
	if from, err = s.RetirementTime(from, &status); err != nil {
		return err
	}
	changed := status.RetiredFrom != from
	if changed {
		if err := retireFor(c, s, from, &status); err != nil {
			return err
		}
		say(c, "%s is retired from %s on", s.Issuer, unixTime(from))
	} else {
		say(c, "%s is retired from %s on already; nothing was sent", s.Issuer, unixTime(from))
	}
	answerJSON(c, struct {
		Issuer      verifier.Address `json:"issuer"`
		Home        verifier.Home    `json:"home"`
		RetiredFrom uint64           `json:"retiredFrom"`
		Changed     bool             `json:"changed"` // false: it was so before
	}{s.Issuer, s.Home, from, changed})
	return nil
}

// retireFor says so to the registry, once it is agreed to, and returns once it is in a
// block.
func retireFor(c *cli.Context, s *issuer.Registry, from uint64, status *client.IssuerStatus) error {
	question := "nothing that " + s.Issuer.String() + " signs will be believed if it is anchored from " + unixTime(from) + " on. For good?"
	if err := consent(c, question, "a retirement cannot be taken back"); err != nil {
		return run.Hint(err, "--yes retires %s from %s on without a question", s.Issuer, unixTime(from))
	}
	return s.Retire(c.Context, from, status)
}

// openOwn is openStatement for the issuer that --issuer names, or whose key it is,
// with its settled status checked against the chain.
func openOwn(c *cli.Context) (*issuer.Registry, client.IssuerStatus, error) {
	var status client.IssuerStatus
	who, err := address(c, "issuer", verifier.Address{})
	if err != nil {
		return nil, status, err
	}
	if who.IsZero() {
		account, err := accountOf(c).find()
		if err != nil {
			return nil, status, err
		}
		who = verifier.Address(account.Address)
	}
	return openFor(c, who)
}

// openFor is [openOwn] for an issuer that is known.
func openFor(c *cli.Context, who verifier.Address) (*issuer.Registry, client.IssuerStatus, error) {
	s, err := openStatement(c, who, nil)
	if err != nil {
		return nil, client.IssuerStatus{}, err
	}
	status, err := s.Status(c.Context)
	if err == nil {
		err = s.CheckRecord(c.Context, &status)
	}
	if err != nil {
		s.Close()
		return nil, status, err
	}
	return s, status, nil
}
