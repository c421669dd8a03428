package main

import (
	"fmt"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/hallmark-node/hallmark/cmd/internal/run"
	"github.com/hallmark-node/hallmark/issuer"
	"github.com/hallmark-node/hallmark/verifier"
	"github.com/hallmark-node/hallmark/verifier/identity"
)

// identityWarning is how long before evidence runs out submit warns.
const identityWarning = 7 * 24 * time.Hour

// submittedIdentity returns what [issuer.Submitter] takes as evidence: that of --identity, or
// else what is kept and valid now.
func submittedIdentity(c *cli.Context) func(verifier.Home, verifier.Address) ([]*issuer.Identity, error) {
	return func(home verifier.Home, address verifier.Address) ([]*issuer.Identity, error) {
		all, given, err := identitiesFor(c, address)
		if err != nil || len(all) == 0 {
			return nil, err
		}
		trust, err := trustOf(c)
		if err != nil {
			return nil, err
		}
		now := time.Now()
		for _, i := range all {
			_, err := i.Named(trust.Anchors(), address, now)
			switch {
			case err != nil && given:
				return nil, run.Usagef("%s does not name %s now: %v", i.Path, address, err)
			case err != nil:
				say(c, "left out the evidence in %s: %v", i.Path, err)
			}
		}
		chosen, others := issuer.Choose(all, trust.Anchors(), address, home, now)
		for _, o := range others {
			why := fmt.Sprintf("the evidence of %s is for %s, not for %s",
				identity.Display(o.Named.Domain), verifier.ChainID(o.Named.Chain), home.Chain)
			if given {
				return nil, run.Hint(run.Usagef("%s: %s", o.Path, why), "%s", newIdentity(o, home.Chain))
			}
			say(c, "left out: %s", why)
			hint(c, "%s", newIdentity(o, home.Chain))
		}
		var list []*issuer.Identity
		for _, one := range chosen {
			list = append(list, one.Identity)
			say(c, "with evidence that %s named this key: %s", identity.Display(one.Named.Domain), one.Named.By)
			if one.Elsewhere {
				say(c, "it names no chain, so it counts only for those whose trust store has no other registry than this one")
				hint(c, "%s", newIdentity(one, home.Chain))
			}
			if left := one.Named.NotAfter.Sub(now); left < identityWarning {
				say(c, "it runs out on %s, and what is anchored later needs a new one", one.Named.NotAfter.UTC().Format(time.DateOnly))
				hint(c, "%s", newIdentity(one, verifier.ChainID(one.Named.Chain)))
			}
		}
		return list, nil
	}
}

// newIdentity is the command that gets evidence of the same kind and domain for a chain; 0: for
// none.
func newIdentity(c issuer.Choice, chain verifier.ChainID) string {
	verb := "request"
	if c.Kind == identity.KindDNSSEC {
		verb = "capture"
	}
	command := fmt.Sprintf("hallmark identity %s --domain %s", verb, c.Named.Domain)
	if chain != 0 {
		command += " --chain " + chain.String()
	}
	return command
}

// identitiesFor reads the evidence that a submission may get: what --identity gave, or what
// is kept for an address.
func identitiesFor(c *cli.Context, address verifier.Address) (all []*issuer.Identity, given bool, err error) {
	files := c.StringSlice("identity")
	switch {
	case c.Bool("no-identity") && len(files) > 0:
		return nil, false, run.Usagef("--identity and --no-identity contradict each other")
	case c.Bool("no-identity"):
		return nil, false, nil
	case len(files) > verifier.MaxIdentity:
		return nil, false, run.Usagef("--identity: a submission holds evidence of at most %d files, not %d", verifier.MaxIdentity, len(files))
	case len(files) == 0:
		folder, err := accountOf(c).identityFolder()
		if err != nil {
			return nil, false, err
		}
		all, err := issuer.Identities(folder, address)
		return all, false, err
	}
	for _, file := range files {
		i, err := issuer.ReadIdentity(file)
		if err != nil {
			return nil, true, err
		}
		all = append(all, i)
	}
	return all, true, nil
}

func identityFlags() flags {
	return append(
		texts("identity", "`FILE` with evidence that a domain named the key (default: what hallmark identity keeps); may be repeated"),
		toggle("no-identity", "leave out evidence that a domain named the key")...)
}
