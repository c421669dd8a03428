package main

import (
	"fmt"

	"github.com/urfave/cli/v2"

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
	r := &issuer.Registry{Issuer: of, Node: node, Say: func(text string) { say(c, "%s", text) }}
	r.Key = func(controller verifier.Address) (issuer.Key, error) { return unlockController(c, r, controller) }
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
func unlockController(c *cli.Context, r *issuer.Registry, controller verifier.Address) (issuer.Key, error) {
	account, err := accountOf(c).find()
	if err != nil {
		return nil, err
	}
	if verifier.Address(account.Address) != controller {
		return nil, run.Hint(fmt.Errorf("%s may not speak for issuer %s: %s does", verifier.Address(account.Address), r.Issuer, controller),
			"name the key of %s with --keystore and --account", controller)
	}
	showHome(c, r.Home)
	say(c, "signing as %s", controller)
	return unlock(c)
}
