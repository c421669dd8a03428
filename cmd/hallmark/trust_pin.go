package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/urfave/cli/v2"

	"github.com/hallmark-node/hallmark/anchor/chain"
	"github.com/hallmark-node/hallmark/cmd/internal/run"
	"github.com/hallmark-node/hallmark/verifier"
)

func trustPinCommand() *cli.Command {
	return command("pin", "[PROOF|FOLDER...]", "believe the blocks that proofs rest on, once RPC servers agree that they are the chain's",
		"Asks every server for the chain's genesis, for the block and for the registry's code;\n"+
			"all must agree. Afterwards the proofs verify offline. A block that is not finalized is\n"+
			"pinned with a warning: the chain may still replace it. Of a FOLDER all proofs are taken, also\n"+
			"those in folders below. One of which nothing can be pinned is told of.\n\n"+
			"Chains for tests are marked as such: those with the ids 1337 and 31337, and those whose\n"+
			"servers say that they are anvil, hardhat, ganache or geth in its developer mode.\n\n"+
			"Once a chain is named a successor, what an issuer says there counts for what is at home on\n"+
			"the chain that has died. Of an issuer that has said nothing there, the last that the proof\n"+
			"shows of the dead chain counts, if it is of shortly before its end.",
		trustPin,
		trustFlag(),
		texts("rpc", "`URL` of a JSON-RPC server; may be repeated, and more are better"),
		text("name", "`NAME` to show for the chain"),
		toggle("test", "mark it as a chain for tests: verdicts there are at most UNKNOWN unless allowed"),
		toggle("no-test", "do not mark it so, although its id or its software is that of chains for tests"),
		text("successor-of", "this chain has taken over from `CHAIN`, as eip155:1, which has died"),
		text("since", "with --successor-of: the `TIME` at which that chain died (RFC 3339 or Unix seconds); its later blocks do not count"),
		flags{&cli.Uint64Flag{Name: "block", Usage: "pin block `NUMBER` instead of those of proofs"}},
		flags{&cli.StringFlag{
			Name: "registry", Usage: "with --block: `ADDRESS` of the registry to believe", DefaultText: verifier.RegistryAddress.String(),
		}})
}

// pins is what is to be believed of one chain, before any server was asked.
type pins struct {
	chain      verifier.ChainID         // 0: whatever chain the servers are of
	blocks     map[uint64]verifier.Hash // zero hash: whatever the servers say
	registries []verifier.Address
	optional   bool    // the registry need not be there
	failed     []error // proofs of which nothing can be pinned
}

func trustPin(c *cli.Context) error {
	urls := c.StringSlice("rpc")
	if len(urls) == 0 {
		return run.Usagef("--rpc is needed: somebody must say which blocks are the chain's")
	}
	path, trust, _, err := readTrust(c, false)
	if err != nil {
		return err
	}
	if c.Bool("test") && c.Bool("no-test") {
		return run.Usagef("--test and --no-test contradict each other")
	}
	died, err := nameSuccessor(c, trust, urls[0])
	if err != nil {
		return err
	}
	want, err := wantedPins(c, trust, urls[0])
	if err != nil {
		return err
	}
	seen, err := askAll(c, urls, want)
	if err != nil {
		return run.Hint(err, "nothing was pinned")
	}
	entry, err := chainEntry(trust, seen.id)
	if err != nil {
		return err
	}
	for number, hash := range seen.blocks {
		if old, ok := entry.Blocks[number]; ok && old != hash {
			return run.Hint(fmt.Errorf("%s pins block %d as %s, and the servers say %s; nothing was pinned", path, number, old, hash),
				"if it was pinned before it was final, take it out of the file first")
		}
		entry.Blocks[number] = hash
	}
	entry.Registries = addNew(entry.Registries, seen.registries...)
	if name := c.String("name"); name != "" {
		entry.Name = name
	}
	switch {
	case c.IsSet("test"):
		entry.Test = c.Bool("test")
	case c.Bool("no-test"):
		entry.Test = false
	case seen.test != "" && !entry.Test:
		entry.Test = true
		say(c, "%s is marked as a chain for tests, since %s: verdicts there are UNKNOWN unless --allow-test is given; "+
			"--no-test leaves the mark out", seen.id.Chain, seen.test)
	}
	trust.Chains[seen.id.Chain] = entry
	if err := writeTrust(path, trust); err != nil {
		return err
	}
	if died != 0 {
		say(c, "%s now names %s the successor of %s since %s", path, seen.id.Chain, died, unixTime(trust.Chains[died].Successor.Since))
	}
	if len(seen.registries) < len(want.registries) {
		say(c, "no registry is at %s there, so none was added", want.registries[0])
	}
	for _, number := range slices.Sorted(maps.Keys(seen.blocks)) {
		say(c, "%s now believes block %d of %s: %s", path, number, seen.id.Chain, seen.blocks[number])
		if !seen.hasFinal || number > seen.final {
			say(c, "warning: block %d is not finalized yet; the chain may still replace it, and then this pin is worth nothing", number)
		}
	}
	return failures(c, want.failed)
}

// nameSuccessor has the trust store name the chain of a server the successor of the
// one that --successor-of names, if it names one.
func nameSuccessor(c *cli.Context, trust *verifier.Trust, rpc string) (died verifier.ChainID, err error) {
	if c.String("successor-of") == "" {
		if c.IsSet("since") {
			return 0, run.Usagef("--since goes with --successor-of")
		}
		return 0, nil
	}
	if died, err = chainFlag(c, "successor-of"); err != nil {
		return 0, err
	}
	since, err := parsed(c, "since", parseTime)
	switch {
	case err != nil:
		return 0, err
	case since == 0:
		return 0, run.Usagef("--since is needed with --successor-of: when %s died, as 2026-01-31T12:00:00Z or in Unix seconds", died)
	case since > uint64(time.Now().Unix()):
		return 0, run.Usagef("--since %s is in the future", c.String("since"))
	}
	known := trust.WithDefaults().Chains[died]
	if known == nil {
		return 0, run.Usagef("--successor-of %s: the trust store does not know that chain, so nothing at home there is believed", died)
	}
	next, err := chainOf(c.Context, rpc)
	if err != nil {
		return 0, err
	}
	if next == died {
		return 0, run.Usagef("--successor-of %s: a chain cannot take over from itself", died)
	}
	entry := *known
	if trust.Chains[died] == nil {
		entry.Beacon = nil // as in chainEntry
	}
	entry.Successor = verifier.Successor{Chain: next, Since: since}
	trust.Chains[died] = &entry
	return died, nil
}

// chainOf asks a server which chain it is of.
func chainOf(ctx context.Context, rpc string) (verifier.ChainID, error) {
	s, err := dial(rpc)
	if err != nil {
		return 0, err
	}
	defer s.Close()
	id, err := s.ID(ctx)
	if err != nil {
		return 0, err
	}
	return id.Chain, nil
}

// wantedPins reads from the command line and from the proofs what to pin: of each proof
// the block of the chain that decides, or of the one before it in the line of successors
// that the server at rpc is of.
func wantedPins(c *cli.Context, trust *verifier.Trust, rpc string) (*pins, error) {
	want := &pins{blocks: make(map[uint64]verifier.Hash)}
	if c.IsSet("block") {
		if c.NArg() > 0 {
			return nil, run.Usagef("give either proofs or --block")
		}
		registry, err := parsed(c, "registry", verifier.ParseAddress)
		if err != nil {
			return nil, err
		}
		registry = cmp.Or(registry, verifier.RegistryAddress)
		want.blocks[c.Uint64("block")] = verifier.Hash{}
		want.registries = []verifier.Address{registry}
		want.optional = !c.IsSet("registry")
		return want, nil
	}
	if c.IsSet("registry") {
		return nil, run.Usagef("--registry goes with --block; a proof names its own")
	}
	if c.NArg() == 0 {
		return nil, run.Usagef("which block? name proofs, or give --block")
	}
	proofs, failed, err := readEach(c)
	if err != nil {
		return nil, err
	}
	for _, one := range failed {
		want.failed = append(want.failed, one.Err)
	}
	for _, p := range proofs {
		on := trust.EffectiveChain(p.Submission.Home.Chain)
		if line := trust.Line(p.Submission.Home.Chain); len(line) > 1 {
			if here, err := chainOf(c.Context, rpc); err != nil {
				return nil, err
			} else if slices.Contains(line, here) {
				on = here
			}
		}
		anchor, err := p.On(on)
		if err != nil {
			want.failed = append(want.failed, err)
			continue
		}
		h, err := verifier.ParseHeader(anchor.Header)
		if err != nil {
			want.failed = append(want.failed, fmt.Errorf("%s: %w", p.Path, err))
			continue
		}
		if want.chain != 0 && want.chain != anchor.Chain {
			return nil, run.Usagef("%s is anchored on %s and others on %s: pin one chain at a time", p.Path, anchor.Chain, want.chain)
		}
		if other, ok := want.blocks[h.Number]; ok && other != h.Hash {
			return nil, fmt.Errorf("%s rests on another block %d than the proofs before it; one of them is not the chain's", p.Path, h.Number)
		}
		want.chain = anchor.Chain
		want.blocks[h.Number] = h.Hash
		want.registries = addNew(want.registries, anchor.Registry)
	}
	if len(want.blocks) == 0 {
		return nil, failures(c, want.failed)
	}
	return want, nil
}

// seenPins is what all servers agree on.
type seenPins struct {
	id         chain.ID
	blocks     map[uint64]verifier.Hash
	registries []verifier.Address
	final      uint64 // the lowest finalized block of any server
	hasFinal   bool   // all servers know of one
	test       string // why a server's chain is one for tests, or nothing
}

// askAll asks every server and returns what they say, or an error where they do not
// all say the same, and what the proofs say.
func askAll(c *cli.Context, urls []string, want *pins) (*seenPins, error) {
	var first *seenPins
	for _, u := range urls {
		s, err := dial(u)
		if err != nil {
			return nil, err
		}
		server := s.Servers()[0].Server
		got, err := ask(c, s, want)
		s.Close()
		if err != nil {
			return nil, err
		}
		if first == nil {
			first = got
			continue
		}
		if got.id != first.id {
			return nil, fmt.Errorf("the RPC servers are of different chains: %s reports %s with genesis %s, another for %s with genesis %s",
				server, got.id.Chain, got.id.Genesis, first.id.Chain, first.id.Genesis)
		}
		for number, hash := range got.blocks {
			if first.blocks[number] != hash {
				return nil, fmt.Errorf("the RPC servers disagree about block %d: %s says %s, another %s", number, server, hash, first.blocks[number])
			}
		}
		first.registries = slices.DeleteFunc(first.registries, func(r verifier.Address) bool { return !slices.Contains(got.registries, r) })
		first.test = cmp.Or(first.test, got.test)
		first.final, first.hasFinal = min(first.final, got.final), first.hasFinal && got.hasFinal
	}
	return first, nil
}

// ask asks one server.
func ask(c *cli.Context, s *chain.Client, want *pins) (*seenPins, error) {
	seen := &seenPins{blocks: make(map[uint64]verifier.Hash)}
	server := "RPC server " + s.Servers()[0].Server // errors of the client name it
	var err error
	if seen.id, err = s.ID(c.Context); err != nil {
		return nil, err
	}
	seen.test = testChain(c.Context, s, seen.id.Chain)
	if want.chain != 0 && seen.id.Chain != want.chain {
		return nil, fmt.Errorf("%s speaks for %s, the proof is anchored on %s", server, seen.id.Chain, want.chain)
	}
	for number, hash := range want.blocks {
		b, err := s.At(c.Context, number)
		if err != nil {
			return nil, err
		}
		if b.Hash != hash && !hash.IsZero() {
			return nil, fmt.Errorf("%s: block %d is not the chain's: the proof rests on %s, the chain has %s", server, number, hash, b.Hash)
		}
		seen.blocks[number] = b.Hash
	}
	for _, registry := range want.registries {
		err := s.Check(c.Context, registry)
		if errors.Is(err, chain.ErrNoRegistry) && want.optional {
			continue
		}
		if err != nil {
			return nil, err
		}
		seen.registries = append(seen.registries, registry)
	}
	head, err := s.Head(c.Context)
	if err != nil {
		return nil, err
	}
	// Not every server knows of finality; then nothing is known to be final.
	if b, err := s.Final(c.Context, chain.Finalized, head); err == nil {
		seen.final, seen.hasFinal = b.Number, true
	}
	return seen, nil
}

// testChain says why the chain of a server is one for tests, or nothing: by the ids that
// the tools for developers give theirs, or by the name of the server's software. A server
// may refuse to tell that.
func testChain(ctx context.Context, s *chain.Client, id verifier.ChainID) string {
	if id == 1337 || id == 31337 {
		return "its id is what tools for developers give their chains"
	}
	if software, err := s.Software(ctx); err == nil && isDevTool(software) {
		return "its server calls itself " + software
	}
	return ""
}

// isDevTool reports whether the software by this name runs chains for tests.
func isDevTool(software string) bool {
	words := strings.FieldsFunc(strings.ToLower(software), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	for _, tool := range []string{"anvil", "hardhat", "hardhatnetwork", "ganache", "ethereumjs", "testrpc", "edr", "dev", "devnet"} {
		if slices.Contains(words, tool) {
			return true
		}
	}
	return false
}

// chainEntry returns a copy of what the store, or else the built-in defaults, hold
// of a chain, with the servers' genesis compared to it.
func chainEntry(trust *verifier.Trust, id chain.ID) (*verifier.TrustedChain, error) {
	entry := &verifier.TrustedChain{Genesis: id.Genesis}
	if known := trust.WithDefaults().Chains[id.Chain]; known != nil {
		*entry = *known
	}
	if entry.Genesis != id.Genesis {
		return nil, fmt.Errorf("the servers are of another chain with the id %s: its genesis is %s, the one you trust has %s; nothing was pinned",
			id.Chain, id.Genesis, entry.Genesis)
	}
	if trust.Chains[id.Chain] == nil {
		entry.Beacon = nil // what is built in stays so, and changes with a later version
	}
	entry.Blocks = maps.Clone(entry.Blocks)
	if entry.Blocks == nil {
		entry.Blocks = make(map[uint64]verifier.Hash)
	}
	entry.Registries = slices.Clone(entry.Registries)
	return entry, nil
}
