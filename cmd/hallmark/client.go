package main

import (
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/cmd/internal/run"
	"github.com/hallmark-node/hallmark/credential"
	"github.com/hallmark-node/hallmark/issuer"
	"github.com/hallmark-node/hallmark/verifier"
)

func nodeFlag() cli.Flag {
	return &cli.StringFlag{Name: "node", Usage: "`URL` of the node"}
}

// openNode makes a client for the node that --node names. It does not connect yet.
func openNode(c *cli.Context) (*client.Client, error) {
	target, err := needed(c, "node")
	if err != nil {
		return nil, err
	}
	node, err := client.New(target)
	if err != nil {
		return nil, run.Usagef("--node: %v", err)
	}
	return node, nil
}

// homeFlag returns the registry that --home names; zero if it names none.
func homeFlag(c *cli.Context) (verifier.Home, error) {
	text := c.String("home")
	if text == "" {
		return verifier.Home{}, nil
	}
	home, err := verifier.ParseHome(text)
	if err != nil {
		return home, run.Usagef("--home: %v", err)
	}
	return home, nil
}

// pickHome returns the home registry to sign for: the one that --home names, or the
// node's only one. The node must have it.
func pickHome(c *cli.Context, info *client.Info) (verifier.Home, error) {
	home, err := homeFlag(c)
	if err != nil {
		return home, err
	}
	return issuer.PickHome(info, home)
}

func registryFlag() cli.Flag {
	return &cli.StringFlag{Name: "registry", Usage: "the registry, which must be the proofs' home or have taken over from it: `CAIP-10`, " +
		"or an address on the home's chain " +
		"(default: the proofs' home, or what your trust store names its successor)"}
}

// decidingHome returns the registry whose word counts for what is at home in one:
// that of --registry, else of the successor in the trust store, else home itself.
// registries are those of the node.
func decidingHome(c *cli.Context, home verifier.Home, registries []verifier.Home) (verifier.Home, error) {
	if text := c.String("registry"); strings.Contains(text, ":") {
		named, err := verifier.ParseHome(text)
		if err != nil {
			return home, run.Usagef("--registry: %v", err)
		}
		if named.Chain == home.Chain && named != home {
			return home, run.Usagef("--registry %s is not the home of the proofs, %s, which alone decides", named, home)
		}
		if named != home {
			say(c, "this counts only for who names %s the successor of %s", named.Chain, home.Chain)
		}
		return named, nil
	} else if text != "" {
		registry, err := address(c, "registry", home.Registry)
		if err == nil && registry != home.Registry {
			err = run.Usagef("--registry %s is not the home of the proofs, %s, which alone decides", registry, home)
		}
		return home, err
	}
	trust, err := trustOf(c)
	if err != nil {
		return home, err
	}
	if id := trust.Deciding(home.Chain); id != home.Chain {
		say(c, "your trust store names %s the successor of %s", id, home.Chain)
	}
	return issuer.DecidingHome(trust, home, registries)
}

// showHome says what a signature will be for, before it is made.
func showHome(c *cli.Context, home verifier.Home) {
	say(c, "home registry: %s (it alone decides time and status)", home)
	if home.Registry != verifier.RegistryAddress {
		say(c, "warning: this is not the address at which the published registry is on every chain, %s", verifier.RegistryAddress)
	}
}

// printable makes a server's word safe to show.
func printable(s string) string { return credential.Printable(s) }
