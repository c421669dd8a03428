package main

import (
	"slices"

	"github.com/urfave/cli/v2"

	"github.com/hallmark-node/hallmark/cmd/internal/run"
	"github.com/hallmark-node/hallmark/verifier"
	"github.com/hallmark-node/hallmark/verifier/witness"
)

func trustWitnessCommand() *cli.Command {
	return command("add-witness", "KEY...", "believe witnesses that say which blocks of a chain are final",
		"KEY is what hallmark witness key prints. A block counts as final once as many witnesses as\n"+
			"--quorum says have signed it. Keys of one name are of one witness and count once: for a new key\n"+
			"give the old one --not-after and the new one --not-before. For a key that the store knows already\n"+
			"the bounds that are given are set. Bounds are on the time that the witness states, and whoever\n"+
			"has stolen a key states any: hallmark trust edit CHAIN --remove-witness KEY\n"+
			"takes such a key away instead.",
		trustAddWitness,
		trustFlag(),
		text("chain", "the `CHAIN`, as eip155:1, which the store must know"),
		flags{&cli.IntFlag{Name: "quorum", Usage: "so many witnesses of this chain (`NUMBER`) must have signed"}},
		text("not-before", "what these keys sign before this `TIME` does not count (RFC 3339 or Unix seconds)"),
		text("not-after", "what these keys sign after this `TIME` does not count"))
}

func trustAddWitness(c *cli.Context) error {
	path, trust, _, err := readTrust(c, false)
	if err != nil {
		return err
	}
	id, err := chainFlag(c, "chain")
	if err != nil {
		return err
	}
	notBefore, err := parsed(c, "not-before", parseTime)
	if err != nil {
		return err
	}
	notAfter, err := parsed(c, "not-after", parseTime)
	if err != nil {
		return err
	}
	known := trust.WithDefaults().Chains[id]
	if known == nil {
		return run.Hint(run.Usagef("the trust store does not know %s", id), "hallmark trust pin --rpc URL --block NUMBER adds it")
	}
	entry, all := *known, verifier.TrustedWitnesses{}
	if trust.Chains[id] == nil {
		entry.Beacon = nil // what is built in of a beacon chain holds beside the file, in each version its own
	}
	if entry.Witnesses != nil {
		all = verifier.TrustedWitnesses{Quorum: entry.Witnesses.Quorum, Keys: slices.Clone(entry.Witnesses.Keys)}
	}
	for _, text := range c.Args().Slice() {
		key, err := witness.ParseKey(text)
		if err != nil {
			return run.Usagef("%s: %v", text, err)
		}
		at := slices.IndexFunc(all.Keys, func(w verifier.TrustedWitness) bool { return w.Key.String() == text })
		if at < 0 {
			at = len(all.Keys)
			all.Keys = append(all.Keys, verifier.TrustedWitness{Key: key})
		}
		w := &all.Keys[at]
		if c.IsSet("not-before") {
			w.NotBefore = notBefore
		}
		if c.IsSet("not-after") {
			w.NotAfter = notAfter
		}
		if w.NotAfter != 0 && w.NotAfter < w.NotBefore {
			return run.Usagef("%s: nothing would count, since --not-after is before --not-before", key.Name())
		}
	}
	names := make(map[string]bool)
	for _, w := range all.Keys {
		names[w.Key.Name()] = true
	}
	switch {
	case c.IsSet("quorum"):
		all.Quorum = c.Int("quorum")
	case all.Quorum == 0:
		return run.Usagef("--quorum is needed: how many of the witnesses of %s must have signed", id)
	}
	if all.Quorum < 1 || all.Quorum > len(names) {
		return run.Usagef("--quorum: %d of %s cannot be had", all.Quorum, plural(len(names), "witness", "witnesses"))
	}
	entry.Witnesses = &all
	trust.Chains[id] = &entry
	if err := writeTrust(path, trust); err != nil {
		return err
	}
	say(c, "%s now believes which blocks of %s are final if %d of %s signed", path, id, all.Quorum,
		plural(len(names), "witness", "witnesses"))
	return nil
}
