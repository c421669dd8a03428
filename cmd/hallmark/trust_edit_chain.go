package main

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/hallmark-node/hallmark/cmd/internal/run"
	"github.com/hallmark-node/hallmark/internal/fault"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
	"github.com/hallmark-node/hallmark/verifier/beacon"
)

func editChain(c *cli.Context, trust *verifier.Trust, id verifier.ChainID) error {
	if c.IsSet("genesis") {
		genesis, err := parsed(c, "genesis", merkle.ParseHash)
		if err != nil {
			return err
		}
		if known := trust.WithDefaults().Chains[id]; known != nil && known.Genesis != genesis {
			return run.Hint(run.Usagef("the chain %s that is known has the genesis %s", id, known.Genesis),
				"what is believed of that chain says nothing of another one: hallmark trust remove %s first", id)
		}
		if trust.WithDefaults().Chains[id] == nil {
			trust.Chains[id] = &verifier.TrustedChain{Genesis: genesis}
		}
	}
	chain, err := ownChain(trust, id)
	if err != nil {
		return err
	}
	if c.IsSet("name") {
		chain.Name = c.String("name")
	}
	if c.IsSet("test") {
		chain.Test = c.Bool("test")
	}
	if chain.Registries, err = without(c, "remove-registry", chain.Registries, verifier.ParseAddress); err != nil {
		return err
	}
	registries, err := each(c, "registry", verifier.ParseAddress)
	if err != nil {
		return err
	}
	chain.Registries = addNew(chain.Registries, registries...)
	for _, edit := range []func(*cli.Context, *verifier.TrustedChain) error{editSuccessor, editBlocks, editBeacon, editWitnesses} {
		if err := edit(c, chain); err != nil {
			return err
		}
	}
	trust.Chains[id] = chain
	if next := chain.Successor.Chain; c.IsSet("successor") && next != 0 && trust.WithDefaults().Chains[next] == nil {
		say(c, "warning: the trust store does not know %s: what is at home on %s stays UNKNOWN until it does", next, id)
	}
	return nil
}

func editSuccessor(c *cli.Context, chain *verifier.TrustedChain) error {
	next, err := parsed(c, "successor", orNone(verifier.ParseChainID))
	if err != nil {
		return err
	}
	since, err := parsed(c, "since", parseTime)
	if err != nil {
		return err
	}
	switch {
	case c.String("successor") == "none" && c.IsSet("since"):
		return run.Usagef("--since goes with a successor")
	case c.String("successor") == "none":
		chain.Successor = verifier.Successor{}
		return nil
	case c.IsSet("successor"):
		chain.Successor.Chain = next
	}
	if c.IsSet("since") {
		chain.Successor.Since = since
	}
	if (chain.Successor.Chain == 0) != (chain.Successor.Since == 0) {
		return run.Usagef("--successor and --since go together: which chain has taken over, and when this one died")
	}
	return nil
}

// editNumbered takes numbers out of a map and puts others in, by flags. An empty map is nil.
func editNumbered[T any](c *cli.Context, flag string, old map[uint64]T, made func(verifier.Hash) T) (map[uint64]T, error) {
	all := maps.Clone(old)
	if all == nil {
		all = make(map[uint64]T)
	}
	gone, err := each(c, "remove-"+flag, parseNumber)
	if err != nil {
		return nil, err
	}
	for _, n := range gone {
		if _, ok := all[n]; !ok {
			return nil, run.Usagef("--remove-%s: the trust store has no %d there; what is built in stays", flag, n)
		}
		delete(all, n)
	}
	more, err := each(c, flag, parseNumbered)
	if err != nil {
		return nil, err
	}
	for _, n := range more {
		all[n.number] = made(n.hash)
	}
	if len(all) == 0 {
		return nil, nil
	}
	return all, nil
}

func editBlocks(c *cli.Context, chain *verifier.TrustedChain) (err error) {
	chain.Blocks, err = editNumbered(c, "block", chain.Blocks, func(h verifier.Hash) verifier.Hash { return h })
	return err
}

func editBeacon(c *cli.Context, chain *verifier.TrustedChain) (err error) {
	var b verifier.TrustedBeacon
	if chain.Beacon != nil {
		b = *chain.Beacon
	}
	origin := verifier.TrustedRoot{Origin: c.String("origin"), Date: c.String("date")}
	rooted := func(root verifier.Hash) verifier.TrustedRoot {
		r := origin
		r.Root = root
		return r
	}
	if b.Committees, err = editNumbered(c, "committee", b.Committees, rooted); err != nil {
		return err
	}
	gone, err := each(c, "remove-summaries", merkle.ParseHash)
	if err != nil {
		return err
	}
	b.Summaries = slices.Clone(b.Summaries)
	for _, root := range gone {
		at := slices.IndexFunc(b.Summaries, func(s verifier.TrustedRoot) bool { return s.Root == root })
		if at < 0 {
			return run.Usagef("--remove-summaries: the trust store has no %s there; what is built in stays", root)
		}
		b.Summaries = slices.Delete(b.Summaries, at, at+1)
	}
	more, err := each(c, "summaries", merkle.ParseHash)
	if err != nil {
		return err
	}
	for _, root := range more {
		b.Summaries = append(slices.DeleteFunc(b.Summaries, func(s verifier.TrustedRoot) bool { return s.Root == root }), rooted(root))
	}
	switch file := c.String("network"); file {
	case "":
	case "none":
		b.Network = nil
	default:
		if b.Network, err = readNetwork(file); err != nil {
			return err
		}
	}
	if chain.Beacon = &b; b.Network == nil && len(b.Committees) == 0 && len(b.Summaries) == 0 {
		chain.Beacon = nil
	}
	return nil
}

// readNetwork reads the configuration of a beacon chain: the value of the member network, as
// the trust store has it.
func readNetwork(file string) (*beacon.Network, error) {
	data, err := fault.ReadFile(file, verifier.MaxTrustSize/2)
	if err != nil {
		return nil, err
	}
	store := fmt.Sprintf(`{"hallmarkTrust":1,"chains":{"eip155:1":{"genesis":"0x%064x","beacon":{"network":%s}}}}`, 1, data)
	trust, err := verifier.ParseTrust([]byte(store))
	if err != nil {
		return nil, run.Usagef("%s is no configuration of a beacon chain: %w", file, err)
	}
	b := trust.Chains[1].Beacon
	if len(trust.Chains) != 1 || len(trust.Issuers) > 0 || b == nil || b.Network == nil {
		return nil, run.Usagef("%s is no configuration of a beacon chain", file)
	}
	return b.Network, nil
}

func editWitnesses(c *cli.Context, chain *verifier.TrustedChain) error {
	if !c.IsSet("remove-witness") && !c.IsSet("quorum") {
		return nil
	}
	if chain.Witnesses == nil {
		return run.Hint(run.Usagef("the trust store names no witnesses of it"), "hallmark trust add-witness adds one")
	}
	w := verifier.TrustedWitnesses{Quorum: chain.Witnesses.Quorum, Keys: slices.Clone(chain.Witnesses.Keys)}
	for _, given := range c.StringSlice("remove-witness") {
		before := len(w.Keys)
		w.Keys = slices.DeleteFunc(w.Keys, func(k verifier.TrustedWitness) bool { return k.Key.String() == given || k.Key.Name() == given })
		if len(w.Keys) == before {
			return run.Usagef("--remove-witness: the trust store has no witness %s there", given)
		}
	}
	if len(w.Keys) == 0 {
		if c.IsSet("quorum") {
			return run.Usagef("--quorum: no witness is left")
		}
		chain.Witnesses = nil
		return nil
	}
	named := make(map[string]bool)
	for _, k := range w.Keys {
		named[k.Key.Name()] = true
	}
	if c.IsSet("quorum") {
		w.Quorum = c.Int("quorum")
	}
	if w.Quorum < 1 || w.Quorum > len(named) {
		return run.Hint(run.Usagef("%d of %s cannot be had", w.Quorum, plural(len(named), "witness", "witnesses")),
			"give --quorum, how many of those that are left must have signed")
	}
	chain.Witnesses = &w
	return nil
}

func parseNumber(given string) (uint64, error) {
	n, err := strconv.ParseUint(given, 10, 53)
	if err != nil || strconv.FormatUint(n, 10) != given {
		return 0, fmt.Errorf("%q is not a number", given)
	}
	return n, nil
}

// numbered is a NUMBER=HASH of a flag.
type numbered struct {
	number uint64
	hash   verifier.Hash
}

func parseNumbered(given string) (n numbered, err error) {
	number, hash, ok := strings.Cut(given, "=")
	if !ok {
		return n, fmt.Errorf("%q is not of the form 123=0x…", given)
	}
	if n.number, err = parseNumber(number); err == nil {
		n.hash, err = merkle.ParseHash(hash)
	}
	return n, err
}
