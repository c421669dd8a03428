package main

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/urfave/cli/v2"

	"github.com/hallmark-node/hallmark/cmd/internal/run"
	"github.com/hallmark-node/hallmark/internal/durable"
	"github.com/hallmark-node/hallmark/internal/fault"
	"github.com/hallmark-node/hallmark/verifier"
)

func trustCommand() *cli.Command {
	return group("trust", "decide what to believe: blocks of chains, registries, issuers", "",
		trustPinCommand(), trustUpdateCommand(), trustIssuerCommand(), trustWitnessCommand(), trustAuthoritiesCommand(),
		trustEditCommand(), trustRemoveCommand(), trustImportCommand(), trustShowCommand())
}

func trustFlag() flags {
	return text("trust", "trust store `FILE` (default: hallmark/trust.json in your configuration folder)")
}

// readTrust reads the trust store that --trust names, or the default one. Without must the
// one that is named need not exist, either.
func readTrust(c *cli.Context, must bool) (path string, trust *verifier.Trust, exists bool, err error) {
	if path, err = inConfig(c.String("trust"), "trust", "trust.json"); err != nil {
		return "", nil, false, err
	}
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		if must && c.String("trust") != "" {
			return "", nil, false, run.Hint(run.Usagef("there is no file %s", path), "hallmark trust pin makes one")
		}
		return path, &verifier.Trust{
			Chains: map[verifier.ChainID]*verifier.TrustedChain{}, Issuers: map[verifier.Address]*verifier.TrustedIssuer{},
		}, false, nil
	}
	data, err := fault.ReadFile(path, verifier.MaxTrustSize)
	if err != nil {
		return "", nil, false, err
	}
	if trust, err = verifier.ParseTrust(data); err != nil {
		err = run.Usagef("%s: %v", path, err)
	}
	return path, trust, true, err
}

// trustOf returns what the trust store says, and what is built in.
func trustOf(c *cli.Context) (*verifier.Trust, error) {
	if _, err := os.UserConfigDir(); err != nil && c.String("trust") == "" {
		return new(verifier.Trust).WithDefaults(), nil // there is no place for one
	}
	_, trust, _, err := readTrust(c, true)
	if err != nil {
		return nil, err
	}
	return trust.WithDefaults(), nil
}

// writeTrust writes the trust store, all at once. There is nothing secret in it.
func writeTrust(path string, trust *verifier.Trust) error {
	data, err := trust.Encode()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return durable.Replace(path, data, 0o644)
}

func trustShowCommand() *cli.Command {
	return command("show", "", "show what the trust store believes",
		"Of each chain it says what makes a block final for you: pinned blocks, sync committees of\n"+
			"the beacon chain by period, lists of historical summaries, witnesses; with where each is\n"+
			"from and how old it is. Trust lists, which decide nothing, are named with where they are\n"+
			"from. --json writes the trust store, and beside it, as finality, the same with what is\n"+
			"built in, and as lists the trust lists.",
		trustShow,
		trustFlag(), listsFlag(), jsonFlag())
}

func trustShow(c *cli.Context) error {
	path, trust, exists, err := readTrust(c, true)
	if err != nil {
		return err
	}
	lists := &keptLists{}
	if _, none := os.UserConfigDir(); none == nil || c.String("lists") != "" {
		if lists, err = readLists(c); err != nil {
			return err
		}
	}
	if c.Bool("json") {
		return showTrustJSON(c, trust, lists)
	}
	if !exists {
		say(c, "there is no trust store %s yet: only the built-in chains are known", path)
	}
	all := trust.WithDefaults()
	for _, id := range slices.Sorted(maps.Keys(all.Chains)) {
		showChain(c, trust, id, all.Chains[id])
	}
	for _, a := range slices.SortedFunc(maps.Keys(all.Issuers), func(a, b verifier.Address) int { return slices.Compare(a[:], b[:]) }) {
		showIssuer(c, a, all.Issuers[a], homeless(trust))
	}
	showAuthorities(c, trust.Authorities)
	showLists(c, lists)
	return nil
}

func showChain(c *cli.Context, trust *verifier.Trust, id verifier.ChainID, chain *verifier.TrustedChain) {
	notes := ""
	if chain.Name != "" {
		notes = "  " + printable(chain.Name)
	}
	if chain.Test {
		notes += "  TEST"
	}
	if trust.Chains[id] == nil {
		notes += "  (built in)"
	}
	result(c, "chain %s%s", id, notes)
	result(c, "  genesis   %s", chain.Genesis)
	for _, r := range chain.Registries {
		result(c, "  registry  %s", r)
	}
	for _, n := range slices.Sorted(maps.Keys(chain.Blocks)) {
		result(c, "  block     %d  %s", n, chain.Blocks[n])
	}
	showFinality(c, finalityOf(trust, id))
	if next := chain.Successor; next.Chain != 0 {
		result(c, "  successor %s since %s", next.Chain, unixTime(next.Since))
	}
}

// homeless says for which homes the issuers of a store count that it gives none.
func homeless(trust *verifier.Trust) string {
	if home, ok := trust.SoleHome(); ok {
		return fmt.Sprintf("none is named: only %s counts", home)
	}
	return "none is named, and the store lists more registries than one: none counts; add one with hallmark trust add-issuer --home"
}

func showIssuer(c *cli.Context, a verifier.Address, issuer *verifier.TrustedIssuer, homeless string) {
	result(c, "issuer %s  %s", a, printable(issuer.Name))
	for _, id := range issuer.IDs {
		if id == verifier.AnyIssuer {
			id = "* (any issuer)"
		}
		result(c, "  may speak for  %s", printable(id))
	}
	if issuer.Complete {
		result(c, "  complete       no other key speaks for these identifiers but those of this store")
	}
	for _, home := range issuer.Homes {
		result(c, "  home           %s", home)
	}
	if len(issuer.Homes) == 0 {
		result(c, "  home           %s", homeless)
	}
	if issuer.NotBefore != 0 {
		result(c, "  from           %s", unixTime(issuer.NotBefore))
	}
	if issuer.NotAfter != 0 {
		result(c, "  until          %s", unixTime(issuer.NotAfter))
	}
}
