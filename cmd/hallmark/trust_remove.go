package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/hallmark-node/hallmark/cmd/internal/run"
	"github.com/hallmark-node/hallmark/verifier"
)

func trustRemoveCommand() *cli.Command {
	return command("remove", "ISSUER|REGISTRY|CHAIN|LIST...", "no longer believe an issuer, a registry or a chain, or drop a trust list",
		"An issuer is named by the address of its key, a registry as eip155:1:0x…, a chain as eip155:1,\n"+
			"and a trust list by its name. What is built in of a chain holds again once the chain is\n"+
			"removed. Parts of a chain or of an issuer are taken away with hallmark trust edit.\n"+
			"All that is named is removed, or nothing.",
		trustRemove,
		trustFlag(), listsFlag(), jsonFlag())
}

func trustRemove(c *cli.Context) error {
	path, trust, exists, err := readTrust(c, false)
	if err != nil {
		return err
	}
	var removed, dropped []string // what, and files of lists
	changed := false
	for _, what := range c.Args().Slice() {
		told, file, err := removeOne(c, trust, what)
		if err != nil {
			return run.Hint(err, "nothing was removed; hallmark trust show says what there is")
		}
		removed = append(removed, told)
		if file != "" {
			dropped = append(dropped, file)
		} else {
			changed = true
		}
	}
	if changed && exists {
		if err := writeTrust(path, trust); err != nil {
			return err
		}
	}
	for _, file := range dropped {
		if err := os.Remove(file); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	answerJSON(c, struct {
		Removed []string `json:"removed"`
	}{c.Args().Slice()})
	for _, told := range removed {
		say(c, "removed %s", told)
	}
	return nil
}

// removeOne takes something out of a trust store, or returns the file of the trust list that
// is meant.
func removeOne(c *cli.Context, trust *verifier.Trust, what string) (told, file string, err error) {
	if home, err := verifier.ParseHome(what); err == nil {
		return removeRegistry(trust, home)
	}
	if id, err := verifier.ParseChainID(what); err == nil {
		return removeChain(c, trust, id)
	}
	if a, err := verifier.ParseAddress(what); err == nil {
		known := trust.Issuers[a]
		if known == nil {
			return "", "", run.Usagef("the trust store knows no issuer %s; a registry is named with its chain, as eip155:1:%s", a, a)
		}
		delete(trust.Issuers, a)
		return fmt.Sprintf("issuer %s (%s)", a, known.Name), "", nil
	}
	if strings.HasPrefix(what, "0x") || strings.HasPrefix(what, "eip155:") {
		return "", "", run.Usagef("%q is neither an address nor a chain nor a registry", what)
	}
	kept, err := readLists(c)
	if err != nil {
		return "", "", err
	}
	at := kept.find(what)
	if at < 0 {
		return "", "", run.Usagef("there is no trust list %q", what)
	}
	return fmt.Sprintf("trust list %s", kept.lists[at].Name), filepath.Join(kept.folder, kept.files[at]), nil
}

func removeRegistry(trust *verifier.Trust, home verifier.Home) (told, file string, err error) {
	chain, err := ownChain(trust, home.Chain)
	if err != nil {
		return "", "", err
	}
	at := slices.Index(chain.Registries, home.Registry)
	if at < 0 {
		return "", "", run.Usagef("the trust store believes no registry %s", home)
	}
	chain.Registries = slices.Delete(chain.Registries, at, at+1)
	trust.Chains[home.Chain] = chain
	return fmt.Sprintf("registry %s", home), "", nil
}

func removeChain(c *cli.Context, trust *verifier.Trust, id verifier.ChainID) (told, file string, err error) {
	chain := trust.Chains[id]
	builtIn := new(verifier.Trust).WithDefaults().Chains[id] != nil
	switch {
	case chain == nil && builtIn:
		return "", "", run.Hint(run.Usagef("%s is built in, and the trust store says nothing of it", id),
			"hallmark trust remove %s:%s no longer believes its registry", id, verifier.RegistryAddress)
	case chain == nil:
		return "", "", run.Usagef("the trust store does not know %s", id)
	}
	delete(trust.Chains, id)
	for other, entry := range trust.Chains {
		if entry.Successor.Chain == id {
			say(c, "warning: %s still has %s as its successor: what is at home there stays UNKNOWN; "+
				"hallmark trust edit %s --successor none", other, id, other)
		}
	}
	if builtIn {
		return fmt.Sprintf("chain %s: what is built in of it holds again", id), "", nil
	}
	return fmt.Sprintf("chain %s", id), "", nil
}

// ownChain returns a copy of what the store holds of a chain, to be changed. Of one that is
// built in only, it is what is built in without that of its beacon chain, which stays so
// beside the file.
func ownChain(trust *verifier.Trust, id verifier.ChainID) (*verifier.TrustedChain, error) {
	known := trust.WithDefaults().Chains[id]
	if known == nil {
		return nil, run.Hint(run.Usagef("the trust store does not know %s", id),
			"hallmark trust pin adds it, or hallmark trust edit %s --genesis", id)
	}
	entry := *known
	if trust.Chains[id] == nil {
		entry.Beacon = nil
	}
	entry.Registries = slices.Clone(entry.Registries)
	return &entry, nil
}
