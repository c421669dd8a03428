package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/hallmark-node/hallmark/cmd/internal/run"
	"github.com/hallmark-node/hallmark/credential"
	"github.com/hallmark-node/hallmark/issuer"
	"github.com/hallmark-node/hallmark/verifier"
)

func trustIssuerCommand() *cli.Command {
	return command("add-issuer", "", "believe an issuer's key, and say for whom it may speak",
		"With --from both are taken from a proof and the credential beside it, with the home registry\n"+
			"that was signed for, and shown: that they are the issuer's own is for you to find out first,\n"+
			"from the issuer. What the key signs for other registries does not count, since it may have been\n"+
			"retired at home. Without a home it counts for the only registry that the store lists.\n"+
			"For an address that the store knows already identifiers and homes are added.\n\n"+
			"A key that takes over from another one gets that one's name, identifiers and homes with\n"+
			"--successor-of. The old one is believed as before, unless its issuer has retired it; where that\n"+
			"cannot be done any more, --address OLD --not-after TIME ends it in your store.",
		trustAddIssuer,
		trustFlag(),
		text("address", "`ADDRESS` of the issuer's key"),
		text("name", "`NAME` to show for it"),
		texts("id", "`ID` of an issuer that it may speak for, as credentials name it; may be repeated"),
		toggle("any-id", "it may speak for any issuer, as a platform does"),
		toggle("complete", "the keys that the store lists for these identifiers are all there are: "+
			"a credential that names one and is signed by another key is INVALID"),
		texts("home", "`REGISTRY` for which it signs (eip155:1:0x…): what it signs for others does not count; may be repeated"),
		text("from", "`PROOF` of a credential of this issuer"),
		onlyFlag(),
		text("successor-of", "the key takes over from that of `ADDRESS`, which the store knows: it may speak for the same"),
		text("not-before", "what it signs is not believed if anchored before this `TIME` (RFC 3339 or Unix seconds; 0: no bound)"),
		text("not-after", "what it signs is not believed if anchored after this `TIME` (0: no bound)"),
		toggle("yes", "with --from: do not ask"))
}

func trustAddIssuer(c *cli.Context) error {
	path, trust, _, err := readTrust(c, false)
	if err != nil {
		return err
	}
	who, err := parsed(c, "address", verifier.ParseAddress)
	if err != nil {
		return err
	}
	name, ids := c.String("name"), slices.Clone(c.StringSlice("id"))
	if slices.Contains(ids, "") {
		return run.Usagef("--id: an empty identifier names nobody")
	}
	if c.Bool("any-id") {
		ids = append(ids, verifier.AnyIssuer)
	}
	var homes []verifier.Home
	for _, text := range c.StringSlice("home") {
		home, err := verifier.ParseHome(text)
		if err != nil {
			return run.Usagef("--home: %v", err)
		}
		homes = append(homes, home)
	}
	before, err := predecessor(c, trust)
	if err != nil {
		return err
	}
	if name == "" {
		name = before.Name
	}
	if c.String("from") != "" {
		from, d, err := issuerOf(c, c.String("from"))
		if err != nil {
			return err
		}
		if !who.IsZero() && who != from.Issuer {
			return fmt.Errorf("%s was issued by %s, not by %s; nothing was added", c.String("from"), from.Issuer, who)
		}
		if name == "" && trust.Issuers[from.Issuer] == nil {
			name = d.IssuerName
		}
		if !c.Bool("any-id") {
			ids = append(ids, d.IssuerIDs...)
		}
		if len(homes) == 0 {
			homes = append(homes, from.Home)
		}
		who = from.Issuer
		showClaimed(c, from, d)
		if known := trust.Issuers[who]; known != nil && len(known.Homes) > 0 && !slices.Contains(known.Homes, from.Home) {
			say(c, "warning: the store names other homes for this key, where it may have been retired since: "+
				"ask the issuer whether this one is its own, too")
		}
		if !c.Bool("yes") && !confirm(c, fmt.Sprintf("believe that %s is the issuer's own key?", who)) {
			return errors.New("nothing was added")
		}
	}
	if who.IsZero() {
		return run.Usagef("which issuer? give --address, or --from one of its proofs")
	}
	known := trust.Issuers[who]
	if known == nil {
		if name == "" {
			return run.Usagef("--name is needed for an issuer that the store does not know yet")
		}
		known = &verifier.TrustedIssuer{}
		trust.Issuers[who] = known
	}
	if name != "" {
		known.Name = name
	}
	known.IDs = addNew(addNew(known.IDs, ids...), before.IDs...)
	known.Homes = addNew(addNew(known.Homes, homes...), before.Homes...)
	if known.Complete = known.Complete || before.Complete; c.IsSet("complete") {
		known.Complete = c.Bool("complete")
	}
	if err := bound(c, known); err != nil {
		return err
	}
	if err := writeTrust(path, trust); err != nil {
		return err
	}
	say(c, "%s now believes %s (%s)%s", path, who, known.Name, speaksFor(known.IDs))
	for _, home := range known.Homes {
		say(c, "its home registry:      %s", home)
	}
	if len(known.Homes) == 0 {
		say(c, "its home registry:      %s", homeless(trust))
	}
	if known.NotBefore != 0 {
		say(c, "believed for anchors from %s on", unixTime(known.NotBefore))
	}
	if known.NotAfter != 0 {
		say(c, "believed for anchors until %s", unixTime(known.NotAfter))
	}
	if len(known.IDs) == 0 {
		hint(c, "it may speak for no named issuer: credentials that name one stay UNKNOWN; add --id, or --any-id")
	}
	return nil
}

// predecessor returns the issuer that --successor-of names; an empty one without it.
func predecessor(c *cli.Context, trust *verifier.Trust) (verifier.TrustedIssuer, error) {
	old, err := parsed(c, "successor-of", verifier.ParseAddress)
	if err != nil || old.IsZero() {
		return verifier.TrustedIssuer{}, err
	}
	if trust.Issuers[old] == nil {
		return verifier.TrustedIssuer{}, run.Hint(run.Usagef("--successor-of: the store does not know %s", old),
			"hallmark trust show lists the keys that it knows")
	}
	return *trust.Issuers[old], nil
}

// bound sets from when and until when a key is believed, if that is asked for.
func bound(c *cli.Context, known *verifier.TrustedIssuer) error {
	for name, at := range map[string]*uint64{"not-before": &known.NotBefore, "not-after": &known.NotAfter} {
		if given := c.String(name); given == "0" {
			*at = 0
		} else if given != "" {
			t, err := parsed(c, name, parseTime)
			if err != nil {
				return err
			}
			*at = t
		}
	}
	if known.NotAfter != 0 && known.NotAfter < known.NotBefore {
		return run.Usagef("nothing would be believed, since --not-after is before --not-before")
	}
	return nil
}

func speaksFor(ids []string) string {
	if len(ids) == 0 {
		return ""
	}
	return " for " + strings.Join(ids, ", ")
}

// issuerOf reads what a proof, whose signature must hold, and the credential beside it, which
// must be the proof's, say of their issuer. Its address is recovered from the signature.
func issuerOf(c *cli.Context, path string) (sub *verifier.Submission, d credential.Description, err error) {
	p, err := issuer.OneProof(path, c.StringSlice("only"), true)
	if err != nil {
		return nil, d, err
	}
	doc, docPath, err := p.Document()
	if err != nil {
		return nil, d, err
	}
	if doc == nil {
		return nil, d, run.Hint(run.Usagef("the credential of %s is not beside it", path),
			"put it there under the proof's name without %s (for an archive, the name in it), or give --address and --id yourself",
			issuer.ProofSuffix)
	}
	if err := issuer.Sound(p.Proof, doc); err != nil {
		return nil, d, fmt.Errorf("%s does not hold: %w; nothing was added", path, err)
	}
	d = credential.Describe(doc)
	switch {
	case d.Problem != "":
		return nil, d, run.Hint(fmt.Errorf("whom %s names cannot be told: %s", docPath, d.Problem),
			"give --id or --any-id with --address instead of --from")
	case d.Frozen != nil:
		return nil, d, run.Hint(
			fmt.Errorf("%s is a frozen badge, which mostly its holder anchors: that its key is the issuer's does not follow", docPath),
			"if you know that it is, give --address %s --id %s instead of --from", p.Submission.Issuer, printable(append(d.IssuerIDs, "ID")[0]),
		)
	case d.IssuerByURL:
		return nil, d, run.Hint(fmt.Errorf("%s names its issuer only behind %s, which an offline check cannot follow", docPath, d.IssuerURL),
			"if you know who this is, give --address %s --any-id instead of --from", p.Submission.Issuer)
	}
	return &p.Submission, d, nil
}

func showClaimed(c *cli.Context, sub *verifier.Submission, d credential.Description) {
	say(c, "the key that signed:    %s", sub.Issuer)
	say(c, "its home registry:      %s", sub.Home)
	for _, id := range d.IssuerIDs {
		say(c, "the credential names:   %s", strings.TrimSpace(id+" "+d.IssuerName))
	}
	if len(d.IssuerIDs) == 0 {
		say(c, "the credential (%s) names no issuer by an identifier", d.Title())
	}
	say(c, "Anyone can put any name into a credential: ask the issuer whether this is its key.")
}
