package main

import (
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/hallmark-node/hallmark/cmd/internal/run"
	"github.com/hallmark-node/hallmark/verifier"
)

func trustEditCommand() *cli.Command {
	return command("edit", "ISSUER|CHAIN|LIST", "change what the trust store says of an issuer or a chain, or a list's name",
		"An issuer is named by the address of its key, a chain as eip155:1, a trust list by its name.\n"+
			"Flags that add something may stand beside those that take something away. A member that\n"+
			"holds one thing is taken away with none: --not-after none, --successor none.\n"+
			"A chain that the store does not know is added with --genesis. Blocks, committees and lists\n"+
			"of old blocks that are set here are believed as they are: nobody is asked.",
		trustEdit,
		trustFlag(), listsFlag(),
		text("name", "`NAME` to show"),
		issuerFlags(), chainFlags())
}

// issuerFlags and chainFlags are the flags of trust edit that go with one kind of things.
func issuerFlags() flags {
	return slices.Concat(
		texts("id", "of an issuer: another `ID` that it may speak for, * for any; may be repeated"),
		texts("remove-id", "of an issuer: `ID` that it no longer speaks for; may be repeated"),
		texts("home", "of an issuer: another `REGISTRY` for which it signs (eip155:1:0x…); may be repeated"),
		texts("remove-home", "of an issuer: `REGISTRY` for which it no longer signs; may be repeated"),
		text("not-before", "of an issuer: anchors before this `TIME` do not count (RFC 3339 or Unix seconds), or none"),
		text("not-after", "of an issuer: anchors after this `TIME` do not count, or none"),
		toggle("complete", "of an issuer: the keys that the store lists for its identifiers are all there are; --complete=false takes it back"))
}

func chainFlags() flags {
	return slices.Concat(
		text("genesis", "of a chain that the store does not know: the `HASH` of its block 0"),
		toggle("test", "of a chain: it is one for tests; --test=false takes it back"),
		texts("registry", "of a chain: `ADDRESS` of another registry to believe; may be repeated"),
		texts("remove-registry", "of a chain: `ADDRESS` of a registry no longer to believe; may be repeated"),
		text("successor", "of a chain that has died: the `CHAIN` that has taken over, or none"),
		text("since", "with --successor: the `TIME` at which it died"),
		texts("block", "of a chain: `NUMBER=HASH` of a block to believe; may be repeated"),
		texts("remove-block", "of a chain: `NUMBER` of a block no longer to believe; may be repeated"),
		texts("committee", "of a chain: `PERIOD=ROOT` of a sync committee to believe; may be repeated"),
		texts("remove-committee", "of a chain: `PERIOD` of a sync committee no longer to believe; may be repeated"),
		texts("summaries", "of a chain: `ROOT` of a list of historical summaries to believe; may be repeated"),
		texts("remove-summaries", "of a chain: `ROOT` of a list no longer to believe; may be repeated"),
		text("origin", "with --committee and --summaries: `WHERE` that is from, for people"),
		text("date", "with --committee and --summaries: of what `DAY` that is, for people"),
		text("network", "of a chain whose network is not built in: `FILE` with its configuration (spec.md, section 7), or none"),
		texts("remove-witness", "of a chain: `KEY` of a witness, or its name for all its keys; may be repeated"),
		flags{&cli.IntFlag{Name: "quorum", Usage: "of a chain: so many witnesses (`NUMBER`) must have signed"}})
}

func trustEdit(c *cli.Context) error {
	path, trust, _, err := readTrust(c, false)
	if err != nil {
		return err
	}
	what := c.Args().First()
	if id, err := verifier.ParseChainID(what); err == nil {
		if err := onlyFlags(c, "chain", issuerFlags()); err != nil {
			return err
		}
		if err := editChain(c, trust, id); err != nil {
			return err
		}
		return writeEdited(c, path, trust, what)
	}
	if a, err := verifier.ParseAddress(what); err == nil {
		if err := onlyFlags(c, "issuer", chainFlags()); err != nil {
			return err
		}
		known := trust.Issuers[a]
		if known == nil {
			return run.Hint(run.Usagef("the trust store knows no issuer %s", a), "hallmark trust add-issuer adds it")
		}
		if err := editIssuer(c, known); err != nil {
			return err
		}
		return writeEdited(c, path, trust, what)
	}
	if strings.HasPrefix(what, "0x") || strings.HasPrefix(what, "eip155:") {
		return run.Usagef("%q is neither an address nor a chain", what)
	}
	if err := onlyFlags(c, "trust list", slices.Concat(issuerFlags(), chainFlags())); err != nil {
		return err
	}
	kept, err := readLists(c)
	if err != nil {
		return err
	}
	at := kept.find(what)
	if at < 0 {
		return run.Usagef("there is no issuer, chain or trust list %q", what)
	}
	name, err := needed(c, "name")
	if err != nil {
		return err
	}
	if err := kept.rename(at, name); err != nil {
		return err
	}
	say(c, "the trust list %s is now %s", kept.lists[at].Name, name)
	return nil
}

// onlyFlags refuses flags of other kinds of things, and that there is none.
func onlyFlags(c *cli.Context, kind string, others flags) error {
	for _, f := range others {
		if name := f.Names()[0]; c.IsSet(name) {
			return run.Usagef("--%s does not go with the %s %s", name, kind, c.Args().First())
		}
	}
	for _, f := range slices.Concat(text("name", ""), issuerFlags(), chainFlags()) {
		if c.IsSet(f.Names()[0]) {
			return nil
		}
	}
	return run.Usagef("what is to be changed of the %s %s? hallmark trust edit --help lists the flags", kind, c.Args().First())
}

// writeEdited writes the trust store if it can be read back: nothing is written that would
// be refused later.
func writeEdited(c *cli.Context, path string, trust *verifier.Trust, what string) error {
	data, err := trust.Encode()
	if err != nil {
		return err
	}
	if _, err := verifier.ParseTrust(data); err != nil {
		return run.Hint(run.Usagef("that cannot be: %w", err), "nothing was changed")
	}
	if err := writeTrust(path, trust); err != nil {
		return err
	}
	say(c, "%s: changed what is believed of %s; hallmark trust show prints it", path, what)
	return nil
}

func editIssuer(c *cli.Context, known *verifier.TrustedIssuer) error {
	if c.IsSet("name") {
		known.Name = c.String("name")
	}
	ids := c.StringSlice("id")
	if slices.Contains(ids, "") {
		return run.Usagef("--id: an empty identifier names nobody")
	}
	var err error
	if known.IDs, err = without(c, "remove-id", known.IDs, func(s string) (string, error) { return s, nil }); err != nil {
		return err
	}
	known.IDs = addNew(known.IDs, ids...)
	if known.Homes, err = without(c, "remove-home", known.Homes, verifier.ParseHome); err != nil {
		return err
	}
	homes, err := each(c, "home", verifier.ParseHome)
	if err != nil {
		return err
	}
	known.Homes = addNew(known.Homes, homes...)
	if c.IsSet("not-before") {
		if known.NotBefore, err = parsed(c, "not-before", orNone(parseTime)); err != nil {
			return err
		}
	}
	if c.IsSet("not-after") {
		if known.NotAfter, err = parsed(c, "not-after", orNone(parseTime)); err != nil {
			return err
		}
	}
	if known.NotAfter != 0 && known.NotAfter < known.NotBefore {
		return run.Usagef("nothing would count: it is believed until %s, and from %s on", unixTime(known.NotAfter), unixTime(known.NotBefore))
	}
	if c.IsSet("complete") {
		known.Complete = c.Bool("complete")
	}
	return nil
}

// each reads every value of a flag.
func each[T any](c *cli.Context, flag string, parse func(string) (T, error)) (values []T, err error) {
	for _, given := range c.StringSlice(flag) {
		v, err := parse(given)
		if err != nil {
			return nil, run.Usagef("--%s: %w", flag, err)
		}
		values = append(values, v)
	}
	return values, nil
}

// without returns a list without the values of a flag, each of which must be in it. An empty
// list is nil.
func without[T comparable](c *cli.Context, flag string, list []T, parse func(string) (T, error)) ([]T, error) {
	values, err := each(c, flag, parse)
	if err != nil {
		return nil, err
	}
	list = slices.Clone(list)
	for _, v := range values {
		at := slices.Index(list, v)
		if at < 0 {
			return nil, run.Usagef("--%s: the trust store has no %v there", flag, v)
		}
		list = slices.Delete(list, at, at+1)
	}
	if len(list) == 0 {
		return nil, nil
	}
	return list, nil
}

// orNone lets "none" stand for the zero value.
func orNone[T any](parse func(string) (T, error)) func(string) (T, error) {
	return func(given string) (value T, err error) {
		if given == "none" {
			return value, nil
		}
		return parse(given)
	}
}
