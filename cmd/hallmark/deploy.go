package main

import (
	"errors"
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/hallmark-node/hallmark/anchor/chain"
	"github.com/hallmark-node/hallmark/cmd/internal/run"
	"github.com/hallmark-node/hallmark/contracts"
	"github.com/hallmark-node/hallmark/issuer"
	"github.com/hallmark-node/hallmark/verifier"
)

func deployCommand() *cli.Command {
	return command("deploy", "", "put the registry on a chain that does not have it, and print its address",
		"The registry goes through the deterministic deployer ("+contracts.Deployer.Hex()+"),\n"+
			"so it has one address and one code on every chain, whoever deploys it. Where it is\n"+
			"there already nothing is sent.",
		deploy,
		text("rpc", "`URL` of a JSON-RPC server of the chain"),
		jsonFlag(), accountFlags())
}

func deploy(c *cli.Context) error {
	target, err := needed(c, "rpc")
	if err != nil {
		return err
	}
	s, err := dial(target)
	if err != nil {
		return err
	}
	defer s.Close()
	id, err := s.ID(c.Context)
	if err != nil {
		return err
	}
	switch err := s.Check(c.Context, verifier.RegistryAddress); {
	case err == nil:
		say(c, "%s has the registry already; nothing was sent", id.Chain)
		return deployed(c, id.Chain, false)
	case !errors.Is(err, chain.ErrNoRegistry):
		return err
	}
	deployer := verifier.Address(contracts.Deployer)
	switch there, err := s.HasCode(c.Context, deployer); {
	case err != nil:
		return err
	case !there:
		return run.Hint(fmt.Errorf("the deterministic deployer is not at %s on %s", deployer, id.Chain),
			"see the README of github.com/Arachnid/deterministic-deployment-proxy for how to put it there")
	}
	key, err := unlock(c)
	if err != nil {
		return err
	}
	if err := issuer.Execute(c.Context, s, key, deployer, contracts.DeployCalldata(), sayText(c)); err != nil {
		return err
	}
	if err := s.Check(c.Context, verifier.RegistryAddress); err != nil {
		return err
	}
	return deployed(c, id.Chain, true)
}

// deployed prints where the registry is, and whether this command has put it there.
func deployed(c *cli.Context, on verifier.ChainID, sent bool) error {
	answer(c, struct {
		Chain    verifier.ChainID `json:"chain"`
		Registry verifier.Address `json:"registry"`
		Deployed bool             `json:"deployed"`
	}{on, verifier.RegistryAddress, sent}, "%s", verifier.RegistryAddress)
	return nil
}
