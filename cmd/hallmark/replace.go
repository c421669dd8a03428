package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/urfave/cli/v2"

	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/cmd/internal/run"
	"github.com/hallmark-node/hallmark/issuer"
	"github.com/hallmark-node/hallmark/verifier"
)

func replaceCommand() *cli.Command {
	return command("replace", "PROOF [FILE]", "submit a corrected credential, and revoke the one that it replaces",
		"Submits FILE, or what --cid names, as hallmark submit does, and then revokes the credential of\n"+
			"PROOF, with a pointer to the new one: hallmark verify says of the old one that it is revoked,\n"+
			"and replaced by which CID. Only who has the old proof can read that. The old credential is\n"+
			"revoked last, with --wait once the new one is final, so it is never without a successor.\n\n"+
			"If anything goes wrong, run the same command again: it goes on where it stopped. Done already\n"+
			"it changes nothing. To take it back: hallmark reinstate PROOF.\n\n"+
			"The new credential is signed by the key of --account (default: that of the old one's issuer).\n"+
			"The revocation is signed by whoever speaks for that issuer, with a key of the same keystore. If\n"+
			"that key is elsewhere, submit FILE first, and run this where the key and FILE's proof are.",
		replaceCredential,
		nodeFlag(),
		text("rpc", "`URL` of a JSON-RPC server, to check the node by and to send the revocation through"),
		registryFlag(), trustFlag(),
		text("home", "home registry `CAIP-10` to sign the new credential for (default: the one in which the old one is revoked)"),
		text("out", "write the new proof into `FOLDER`"),
		text("cid", "what replaces it is a credential that is not here, by its `CID`"),
		toggle("discoverable", "no salt: whoever holds or guesses the new file can find its proof"),
		toggle("wait", "wait until the anchor of the new credential is final, and complete its proof, before the old one is revoked"),
		formFlag(), onlyFlag(), jsonFlag(), accountFlags(), identityFlags())
}

// replaced is the machine form of what was done.
type replaced struct {
	Issuer     verifier.Address  `json:"issuer"`
	Home       verifier.Home     `json:"home"`       // of the list
	Version    uint64            `json:"version"`    // of the list that says so
	Credential string            `json:"credential"` // the old one
	ReplacedBy string            `json:"replacedBy"`
	Proof      string            `json:"proof"`                // the new one's file
	Submission *issuer.Submitted `json:"submission,omitempty"` // the new one's; absent if its proof is not here
	Changed    bool              `json:"changed"`              // false: the list said so before
}

func replaceCredential(c *cli.Context) error {
	old, err := issuer.OneProof(c.Args().First(), c.StringSlice("only"), false)
	if err != nil {
		return err
	}
	if err := issuer.Sound(old.Proof, nil); err != nil {
		return fmt.Errorf("%s does not hold: %w", old.Path, err)
	}
	next, err := replacement(c)
	if err != nil {
		return err
	}
	r, err := openStatement(c, old.Submission.Issuer, &old.Submission.Home)
	if err != nil {
		return err
	}
	defer r.Close()
	signer := accountOf(c)
	if signer.address == "" {
		signer.address = r.Issuer.String() // never some other key that happens to be there, such as a controller's
	}
	status, already, err := r.CheckReplace(c.Context, old.Proof, next)
	if err != nil {
		return err
	}
	if already && next.Proof == nil {
		say(c, "%s is already replaced by %s; nothing was sent", old.Credential, next.CID)
		hint(c, "its proof is not at %s: if it is lost, hallmark submit makes another one", next.Path)
		answerJSON(c, replaced{
			Issuer: r.Issuer, Home: r.Home, Version: status.Version,
			Credential: old.Credential.String(), ReplacedBy: next.CID.String(), Proof: next.Path,
		})
		return nil
	}
	if !already {
		// What cannot be brought to its end is not begun.
		speaker := accountOf(c).of(status.Controller)
		r.Key = func(controller verifier.Address) (issuer.Key, error) {
			return unlockController(c, speaker, r, controller)
		}
		if err := speaker.maySpeak(r.Issuer, status.Controller); err != nil {
			return run.Hint(err, "put the key of %s into the same keystore, or submit the new credential first, "+
				"and run this with its proof where that key is", status.Controller)
		}
		if next.Proof == nil {
			if err := maySign(signer, r.Issuer, status.RetiredFrom); err != nil {
				return err
			}
		}
	}
	one, err := handIn(c, r, next, signer)
	if err != nil {
		return err
	}
	done := replaced{
		Issuer: r.Issuer, Home: r.Home, Version: status.Version,
		Credential: old.Credential.String(), ReplacedBy: next.CID.String(), Proof: next.Path, Submission: one,
	}
	if !already {
		if done.Version, done.Changed, err = r.Replace(c.Context, old.Proof, next.CID); err != nil {
			return unreplaced(err)
		}
	}
	if done.Changed {
		say(c, "%s is now revoked and replaced by %s, by version %d of the status list of %s", old.Credential, next.CID, done.Version, r.Issuer)
		hint(c, "proofs that were handed out show it after hallmark refresh")
	} else {
		say(c, "%s is already replaced by %s; nothing was said anew", old.Credential, next.CID)
	}
	if one.State != publish.Final {
		hint(c, "complete the new proof with hallmark upgrade %s, in some minutes", next.Path)
	}
	answer(c, done, "%s", printable(next.Path))
	return nil
}

// replacement reads what is to replace a credential, which must be one.
func replacement(c *cli.Context) (*issuer.Credential, error) {
	file, named := c.Args().Get(1), c.String("cid")
	if (file == "") == (named == "") {
		return nil, run.Usagef("by what shall it be replaced? give one FILE, or --cid")
	}
	form, err := form(c)
	if err != nil {
		return nil, err
	}
	out := c.String("out")
	if info, err := os.Stat(out); out != "" && (err != nil || !info.IsDir()) {
		return nil, run.Usagef("--out: there is no folder %s", out)
	}
	sources := &issuer.Sources{Form: form, CIDs: []string{named}}
	if file != "" {
		if info, err := os.Stat(file); err == nil && info.IsDir() {
			return nil, run.Usagef("%s is a folder, and a credential is replaced by one", file)
		}
		found, err := issuer.Expand([]string{file})
		if err != nil {
			return nil, err
		}
		sources.Files, sources.CIDs = found.Files, nil
	}
	for in, err := range sources.Inputs(c.Context) {
		if err != nil {
			return nil, err
		}
		list, err := issuer.Credentials([]*issuer.Input{in}, out)
		if err != nil {
			return nil, err
		}
		return list[0], nil
	}
	return nil, errors.New("there is nothing to replace it by") // a broken invariant
}

// maySign makes sure that there is a key to sign a new credential with, and that it is believed:
// retiredFrom is of the key of the old one's issuer.
func maySign(signer account, old verifier.Address, retiredFrom uint64) error {
	found, err := signer.find()
	if err != nil {
		return run.Hint(err, "name the key that is to sign the new credential with --account, or submit it first")
	}
	if verifier.Address(found.Address) == old && retiredFrom != 0 {
		return run.Hint(fmt.Errorf("the key of %s is retired from %s on: what it signs now is not believed", old, unixTime(retiredFrom)),
			"sign with the key that took over: --account")
	}
	return nil
}

// handIn submits what replaces a credential, or what is missing of that, and waits as asked.
func handIn(c *cli.Context, r *issuer.Registry, next *issuer.Credential, signer account) (*issuer.Submitted, error) {
	s, err := submitter(c)
	if err != nil {
		return nil, err
	}
	s.Issuer = verifier.Address{} // --account may name who speaks for the old one's
	if s.Home == (verifier.Home{}) && next.Proof == nil {
		s.Home = r.Home
	}
	s.Key = func(home verifier.Home) (issuer.Key, error) { return unlockIssuer(c, signer, home) }
	list := []*issuer.Credential{next}
	done, err := s.Submit(c.Context, list)
	if err == nil {
		err = waitFor(c, s, issuer.ProofFiles(list), done)
	}
	if err != nil {
		return nil, unreplaced(err)
	}
	return done[0], nil
}

// unreplaced is the error of a replacement that has begun.
func unreplaced(err error) error {
	if known := (*issuer.Error)(nil); errors.As(err, &known) && known.Remedy != "" {
		return err
	}
	return run.Hint(err, "the old credential is not revoked yet: run the same command again, it goes on from here")
}
