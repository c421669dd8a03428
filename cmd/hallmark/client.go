package main

import (
	"errors"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/hallmark-node/hallmark/anchor/chain"
	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/cmd/internal/run"
	"github.com/hallmark-node/hallmark/credential"
	"github.com/hallmark-node/hallmark/internal/fault"
	"github.com/hallmark-node/hallmark/issuer"
	"github.com/hallmark-node/hallmark/verifier"
)

func nodeFlag() flags {
	return text("node", "`URL` of the node")
}

// openNode makes a client for the node that --node names. It does not connect yet.
func openNode(c *cli.Context) (*client.Client, error) {
	if _, err := needed(c, "node"); err != nil {
		return nil, err
	}
	return parsed(c, "node", client.New)
}

func registryFlag() flags {
	return text("registry", "the registry, which must be the proofs' home or have taken over from it: `CAIP-10`, "+
		"or an address on the home's chain "+
		"(default: the proofs' home, or what your trust store names its successor)")
}

// decidingHome returns the registry whose word counts for what is at home in one:
// that of --registry, else of the successor in the trust store, else home itself.
// registries are those of the node.
func decidingHome(c *cli.Context, home verifier.Home, registries []verifier.Home) (verifier.Home, error) {
	named, err := parsed(c, "registry", func(given string) (verifier.Home, error) {
		if !strings.Contains(given, ":") {
			given = home.Chain.String() + ":" + given
		}
		return verifier.ParseHome(given)
	})
	switch {
	case err != nil:
		return home, err
	case named == home:
		return home, nil
	case named.Chain == home.Chain:
		return home, run.Usagef("--registry %s is not the home of the proofs, %s, which alone decides", named, home)
	case named != verifier.Home{}:
		say(c, "this counts only for verifiers that name %s the successor of %s", named.Chain, home.Chain)
		return named, nil
	}
	trust, err := trustOf(c)
	if err != nil {
		return home, err
	}
	if id := trust.EffectiveChain(home.Chain); id != home.Chain {
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

// readProofs reads the proof files and archives that a command was given. An archive stays
// open until the process ends.
func readProofs(c *cli.Context) ([]*issuer.ProofFile, error) {
	return issuer.ReadProofs(c.Args().Slice()...)
}

// readEach reads proof files and archives, and those in folders, for work on each of them by
// itself. Those that cannot be read are in failed, as outcomes of that work.
func readEach(c *cli.Context) (proofs []*issuer.ProofFile, failed []issuer.Outcome, err error) {
	files, broken, err := proofFiles(c.Args().Slice())
	if err != nil {
		return nil, nil, err
	}
	var errs []error
	fail := func(path string, err error) {
		errs = append(errs, err)
		remedy := ""
		if e := (*fault.Error)(nil); errors.As(err, &e) {
			remedy = e.Remedy
		}
		err = &fault.Error{Err: err, Remedy: remedy} // no error of usage: the others are done
		failed = append(failed, issuer.Outcome{Proof: &issuer.ProofFile{Path: path}, Err: err})
	}
	for _, err := range broken {
		path := ""
		if e := (*fs.PathError)(nil); errors.As(err, &e) {
			path = e.Path
		}
		fail(path, err)
	}
	read := make(map[string]bool) // a credential and the proof beside it may both be named
	for _, file := range files {
		some, err := issuer.ReadProofs(file)
		if err != nil {
			fail(file, err)
			continue
		}
		at := filepath.Clean(some[0].Path)
		if !read[at] {
			read[at], proofs = true, append(proofs, some...)
		}
	}
	if len(proofs) == 0 {
		return nil, nil, failures(c, errs)
	}
	return proofs, failed, nil
}

// onlyFlag takes some credentials out of an archive.
func onlyFlag() flags {
	return texts("only", "of archives, take only the credential with this `CID`, name or short code; may be repeated")
}

// dial connects to the RPC server that --rpc names. Nothing is sent yet.
func dial(rawURL string) (*chain.Client, error) {
	s, err := chain.Dial(rawURL)
	if err != nil {
		err = run.Usagef("--rpc: %v", err)
	}
	return s, err
}
