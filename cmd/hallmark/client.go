package main

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/cmd/internal/run"
	"github.com/hallmark-node/hallmark/credential"
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

// nodeHint returns what proofs may say of the node they came through: nothing if
// its URL holds a secret.
func nodeHint(node *client.Client) string {
	u, err := url.Parse(node.URL())
	if err != nil || u.User != nil {
		return ""
	}
	return node.URL()
}

// permanent reports whether a node has refused something for good, as opposed to
// not being there or being busy.
func permanent(err error) bool {
	var refused *client.NodeError
	return errors.As(err, &refused) && refused.Status/100 == 4 && refused.Status != 408 && refused.Status != 429
}

// pickHome returns the home registry to sign for: the one that --home names, or the
// node's only one. The node must have it.
func pickHome(c *cli.Context, info *client.Info) (verifier.Home, error) {
	var list string
	for _, h := range info.Homes {
		list += " " + h.String()
	}
	text := c.String("home")
	if text == "" {
		if len(info.Homes) != 1 {
			return verifier.Home{}, run.Hint(run.Usagef("the node anchors in %d registries", len(info.Homes)), "choose the one that shall decide with --home:%s", list)
		}
		return info.Homes[0], nil
	}
	home, err := verifier.ParseHome(text)
	if err != nil {
		return home, run.Usagef("--home: %v", err)
	}
	for _, h := range info.Homes {
		if h == home {
			return home, nil
		}
	}
	return home, run.Hint(run.Usagef("the node does not anchor in %s", home), "it does in:%s", list)
}

func registryFlag() cli.Flag {
	return &cli.StringFlag{Name: "registry", Usage: "the registry, which must be the proofs' home or have taken over from it: `CAIP-10`, or an address on the home's chain (default: the proofs' home, or what your trust store names its successor)"}
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
	id := trust.Deciding(home.Chain)
	if id == home.Chain {
		return home, nil
	}
	say(c, "your trust store names %s the successor of %s", id, home.Chain)
	for _, r := range registries {
		if known := trust.Chains[id]; r.Chain == id && known != nil && slices.Contains(known.Registries, r.Registry) {
			return r, nil
		}
	}
	return home, fmt.Errorf("the node does not anchor in a registry on %s that your trust store believes: ask one that does", id)
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
