package main

import (
	"fmt"
	"slices"

	"github.com/urfave/cli/v2"

	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/cmd/internal/run"
	"github.com/hallmark-node/hallmark/issuer"
	"github.com/hallmark-node/hallmark/verifier"
)

// openStatement connects to the node and, with --rpc, to the chain. The statement is
// for the registry that decides for what is at home in a registry (see
// [decidingHome]); without a home it is for that of --home, or the node's.
func openStatement(c *cli.Context, of verifier.Address, home *verifier.Home) (*issuer.Registry, error) {
	node, err := openNode(c)
	if err != nil {
		return nil, err
	}
	r := &issuer.Registry{Issuer: of, Node: node, Say: sayText(c)}
	r.Key = func(controller verifier.Address) (issuer.Key, error) {
		return unlockController(c, accountOf(c), r, controller)
	}
	if r.Kept, err = accountOf(c).folder(); err != nil {
		return nil, err
	}
	info, err := node.Info(c.Context)
	if err != nil {
		return nil, err
	}
	if home == nil {
		if r.Home, err = parsed(c, "home", verifier.ParseHome); err == nil {
			r.Home, err = issuer.PickHome(&info, r.Home)
		}
	} else {
		r.Home, err = decidingHome(c, *home, info.Homes)
	}
	if err != nil {
		return nil, err
	}
	if target := c.String("rpc"); target != "" {
		if r.Chain, err = dial(target); err != nil {
			return nil, err
		}
	}
	if err := r.Check(c.Context, &info); err != nil {
		r.Close()
		return nil, err
	}
	return r, nil
}

// unlockController opens the key that is to sign, which must be the controller's. It shows
// what for first.
func unlockController(c *cli.Context, a account, r *issuer.Registry, controller verifier.Address) (issuer.Key, error) {
	if err := a.maySpeak(r.Issuer, controller); err != nil {
		return nil, err
	}
	showHome(c, r.Home)
	say(c, "signing as %s", controller)
	return a.unlock(c)
}

// maySpeak makes sure that the key that is meant is the controller's of an issuer.
func (a account) maySpeak(of, controller verifier.Address) error {
	found, err := a.find()
	if err != nil {
		return err
	}
	if verifier.Address(found.Address) != controller {
		return run.Hint(fmt.Errorf("%s may not speak for issuer %s: %s does", verifier.Address(found.Address), of, controller),
			"name the key of %s with --keystore and --account", controller)
	}
	return nil
}

// statementFlags are those of retire and controller.
func statementFlags() flags {
	return slices.Concat(
		nodeFlag(),
		text("rpc", "`URL` of a JSON-RPC server, to send the transaction through instead of the node"),
		text("home", "home registry `CAIP-10` (default: the node's only one)"),
		text("issuer", "`ADDRESS` of the issuer (default: that of the key)"),
		jsonFlag(), accountFlags())
}

func retireCommand() *cli.Command {
	return command("retire", "", "say for good that an issuer's key is not to be believed for later anchors",
		"What was anchored before stays good. Do this when the key is lost, stolen or replaced.\n"+
			"It cannot be taken back: the time can only be moved earlier. So it asks first, and where\n"+
			"there is no terminal it wants --yes.",
		retire,
		text("from", "from this `TIME` on (RFC 3339 or Unix seconds; default: now)"),
		yesFlag(), statementFlags())
}

func retire(c *cli.Context) error {
	from, err := parsed(c, "from", parseTime)
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
	who, err := parsed(c, "issuer", verifier.ParseAddress)
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

func controllerCommand() *cli.Command {
	return group("controller", "decide who may revoke and retire for an issuer", "",
		command("set", "ADDRESS", "hand control of an issuer's status to another address",
			"ADDRESS is a key that is kept offline, or a contract that checks signatures (ERC-1271).\n"+
				"It survives the theft of the issuing key. Signed by the present controller, or by the\n"+
				"issuer while there is none. It can be handed on, never given up.",
			controllerSet, statementFlags()))
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
