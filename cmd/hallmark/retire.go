package main

import (
	"errors"

	"github.com/urfave/cli/v2"

	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/cmd/internal/run"
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
	if c.NArg() > 0 {
		return run.Usagef("retire takes no argument; name the issuer with --issuer")
	}
	from, err := timeFlag(c, "from")
	if err != nil {
		return err
	}
	s, status, err := openOwn(c)
	if err != nil {
		return err
	}
	defer s.close()
	if from == 0 {
		from = status.Time // by the chain's clock: a retirement in its future is refused
		if status.RetiredFrom != 0 {
			from = status.RetiredFrom
		}
	}
	switch {
	case status.RetiredFrom == from:
	case status.RetiredFrom != 0 && status.RetiredFrom < from:
		return errors.New(s.issuer.String() + " is retired from " + unixTime(status.RetiredFrom) + " on already, and that can only move earlier")
	case from > status.Time:
		return run.Usagef("--from %s is in the future of the chain, whose time is %s", unixTime(from), unixTime(status.Time))
	default:
		if err := s.retire(c, from, &status); err != nil {
			return err
		}
	}
	changed := status.RetiredFrom != from
	if changed {
		say(c, "%s is retired from %s on", s.issuer, unixTime(from))
	} else {
		say(c, "%s is retired from %s on already; nothing was sent", s.issuer, unixTime(from))
	}
	if !c.Bool("json") {
		return nil
	}
	return resultJSON(c, struct {
		Issuer      verifier.Address `json:"issuer"`
		Home        verifier.Home    `json:"home"`
		RetiredFrom uint64           `json:"retiredFrom"`
		Changed     bool             `json:"changed"` // false: it was so before
	}{s.issuer, s.home, from, changed})
}

// retire says so to the registry, and returns once it is in a block.
func (s *statement) retire(c *cli.Context, from uint64, status *client.IssuerStatus) error {
	question := "nothing that " + s.issuer.String() + " signs will be believed if it is anchored from " + unixTime(from) + " on. For good?"
	if err := consent(c, question, "a retirement cannot be taken back"); err != nil {
		return run.Hint(err, "--yes retires %s from %s on without a question", s.issuer, unixTime(from))
	}
	if err := s.unlock(c, status.Controller); err != nil {
		return err
	}
	if s.chain != nil {
		return s.send(c, registryABI.PackRetire(s.issuerABI(), from))
	}
	return s.relayRetire(c, from, status)
}

// relayRetire has the node send the statement and returns once it is in a block.
func (s *statement) relayRetire(c *cli.Context, from uint64, status *client.IssuerStatus) error {
	request := publish.RetireRequest{Issuer: s.issuer, Home: s.home, From: from, Deadline: s.deadline(status)}
	var err error
	if request.Signature, err = s.sign(verifier.RetireDigest(s.home, s.issuer, from, request.Deadline)); err != nil {
		return err
	}
	if err := s.node.Retire(c.Context, request); err != nil {
		return err
	}
	_, err = s.node.AwaitIssuer(c.Context, s.home, s.issuer, func(now client.IssuerStatus) bool { return now.RetiredFrom != 0 && now.RetiredFrom <= from })
	return err
}

// openOwn is openStatement for the issuer that --issuer names, or whose key it is,
// with its settled status checked against the chain.
func openOwn(c *cli.Context) (*statement, client.IssuerStatus, error) {
	var status client.IssuerStatus
	issuer, err := address(c, "issuer", verifier.Address{})
	if err != nil {
		return nil, status, err
	}
	if issuer.IsZero() {
		account, err := accountOf(c).find()
		if err != nil {
			return nil, status, err
		}
		issuer = verifier.Address(account.Address)
	}
	return openFor(c, issuer)
}

// openFor is [openOwn] for an issuer that is known.
func openFor(c *cli.Context, issuer verifier.Address) (*statement, client.IssuerStatus, error) {
	s, err := openStatement(c, issuer, nil)
	if err != nil {
		return nil, client.IssuerStatus{}, err
	}
	status, err := s.settled(c)
	if err == nil {
		err = s.checkRecord(c, &status)
	}
	if err != nil {
		s.close()
		return nil, status, err
	}
	return s, status, nil
}
