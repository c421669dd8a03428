package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/hallmark-node/hallmark/cmd/internal/run"
	"github.com/hallmark-node/hallmark/issuer"
	"github.com/hallmark-node/hallmark/issuer/dnschain"
	"github.com/hallmark-node/hallmark/verifier"
	"github.com/hallmark-node/hallmark/verifier/identity"
)

func identityCommand() *cli.Command {
	return group("identity", "have your domain name your key, so that strangers see who you are",
		"Evidence that your domain named your key goes into what you submit: then whoever gets a\n"+
			"credential sees your domain, offline and without having heard of you. A web certificate\n"+
			"or signed DNS records will do. It is kept beside the keystore; nothing in it is secret.",
		command("name", "", "print the name to be certified, and the TXT record",
			"A certificate for this name, by any authority of the web, or this record in a domain that\n"+
				"is signed with DNSSEC says that whoever controls the domain named your key.",
			identityName,
			namingFlags(), keystoreFlag(), jsonFlag()),
		identityRequestCommand(),
		command("capture", "", "keep signed DNS records, or a certificate that you have",
			"Asks a resolver for the TXT record that hallmark identity name prints, with everything that\n"+
				"proves it from the root of DNS down. With --certificate it takes a certificate that you\n"+
				"got elsewhere, for the name that is printed there, with its chain.",
			identityCapture,
			namingFlags(),
			text("resolver", "`HOST:PORT` of a DNS resolver that passes signatures on (default: 1.1.1.1:53)"),
			text("certificate", "`FILE` with the certificate and its chain, PEM or DER"),
			trustFlag(), keystoreFlag(), jsonFlag()),
		command("show", "", "list the evidence that is kept, and whether it is valid now",
			"", identityShow, accountFlag(), trustFlag(), keystoreFlag(), jsonFlag()))
}

// namingFlags say which key is named by whom.
func namingFlags() flags {
	return append(text("domain", "your `DOMAIN`, such as college.example"), append(
		text("chain", "`CAIP-2` id of the chain of your home registry, such as eip155:100 (default: Ethereum's)"), accountFlag()...)...)
}

func accountFlag() flags {
	return text("account", "`ADDRESS` of the key (may be left out if the keystore holds only one)")
}

// identityFolder returns the folder of evidence; it may not exist yet.
func (a account) identityFolder() (string, error) {
	folder, err := a.folder()
	return filepath.Join(filepath.Dir(filepath.Clean(folder)), "identity"), err
}

// wantedIdentity reads namingFlags into evidence that holds nothing yet.
func wantedIdentity(c *cli.Context) (*issuer.Identity, issuer.Naming, error) {
	i := &issuer.Identity{}
	var naming issuer.Naming
	domain, err := needed(c, "domain")
	if err != nil {
		return nil, naming, err
	}
	if i.Chain, err = parsed(c, "chain", verifier.ParseChainID); err != nil {
		return nil, naming, err
	}
	// The key itself is not needed, and may be elsewhere.
	if i.Address, err = parsed(c, "account", verifier.ParseAddress); err != nil {
		return nil, naming, err
	}
	if i.Address.IsZero() {
		found, err := accountOf(c).find()
		if err != nil {
			return nil, naming, err
		}
		i.Address = verifier.Address(found.Address)
	}
	if naming, err = issuer.NamingOf(i.Address, i.Chain, domain); err != nil {
		return nil, naming, run.Usagef("--domain: %v", err)
	}
	i.Domain = naming.Domain
	return i, naming, nil
}

func identityName(c *cli.Context) error {
	i, naming, err := wantedIdentity(c)
	if err != nil {
		return err
	}
	if i.Chain == 0 {
		say(c, "this is for the registry of Ethereum: give --chain if your home is another")
	}
	if c.Bool("json") {
		resultJSON(c, struct {
			Address verifier.Address `json:"address"`
			issuer.Naming
		}{i.Address, naming})
		return nil
	}
	result(c, "certificate  %s", naming.Certificate)
	result(c, "TXT record   %s.  \"%s\"", naming.Record, naming.Value)
	return nil
}

func identityCapture(c *cli.Context) error {
	i, naming, err := wantedIdentity(c)
	if err != nil {
		return err
	}
	trust, err := trustOf(c)
	if err != nil {
		return err
	}
	if path := c.String("certificate"); path != "" {
		read, err := issuer.ReadIdentity(path)
		if err != nil {
			return err
		}
		if read.Kind != identity.KindX509 {
			return run.Usagef("%s is not a certificate", path)
		}
		i.Kind, i.Data = read.Kind, read.Data
	} else {
		resolver := c.String("resolver")
		if resolver == "" {
			resolver = "1.1.1.1:53"
		}
		say(c, "asking %s for %s", resolver, naming.Record)
		i.Kind = identity.KindDNSSEC
		if i.Data, err = dnschain.Capture(c.Context, resolver, i.Domain, i.Address, uint64(i.Chain)); err != nil {
			return run.Hint(err, "hallmark identity name prints the record; the domain must be signed with DNSSEC")
		}
	}
	named, err := i.Check(trust.Anchors(), time.Now())
	if err != nil {
		return err
	}
	return keepIdentity(c, i, named)
}

// keepIdentity writes evidence and tells what it says.
func keepIdentity(c *cli.Context, i *issuer.Identity, named identity.Named) error {
	folder, err := accountOf(c).identityFolder()
	if err != nil {
		return err
	}
	if err := i.Keep(folder); err != nil {
		return err
	}
	say(c, "%s named %s: %s, valid until %s", identity.Display(named.Domain), i.Address, named.By, unixTime(uint64(named.NotAfter.Unix())))
	say(c, "hallmark submit adds it from now on")
	answer(c, keptOf(i, named, nil), "%s", i.Path)
	return nil
}

// keptIdentity is the machine form of evidence that is kept.
type keptIdentity struct {
	File      string            `json:"file"`
	Kind      string            `json:"kind"`
	Address   verifier.Address  `json:"address"`
	Domain    string            `json:"domain"`
	Chain     *verifier.ChainID `json:"chain,omitempty"` // absent: none is named, so Ethereum's for strangers
	Valid     bool              `json:"valid"`           // now
	Problem   string            `json:"problem,omitempty"`
	Since     *time.Time        `json:"since,omitempty"`
	NotBefore *time.Time        `json:"notBefore,omitempty"`
	NotAfter  *time.Time        `json:"notAfter,omitempty"`
	By        string            `json:"by,omitempty"`
}

func keptOf(i *issuer.Identity, named identity.Named, problem error) keptIdentity {
	k := keptIdentity{File: i.Path, Kind: i.Kind, Address: i.Address, Domain: i.Domain, Valid: problem == nil, By: named.By}
	if i.Chain != 0 {
		k.Chain = &i.Chain
	}
	if problem != nil {
		k.Problem = problem.Error()
	}
	if named.Domain != "" {
		since, from, until := named.Since.UTC(), named.NotBefore.UTC(), named.NotAfter.UTC()
		k.Since, k.NotBefore, k.NotAfter = &since, &from, &until
	}
	return k
}

func identityShow(c *cli.Context) error {
	address, err := parsed(c, "account", verifier.ParseAddress)
	if err != nil {
		return err
	}
	folder, err := accountOf(c).identityFolder()
	if err != nil {
		return err
	}
	all, err := issuer.Identities(folder, address)
	if err != nil {
		return err
	}
	if len(all) == 0 {
		of := ""
		if !address.IsZero() {
			of = " of " + address.String()
		}
		say(c, "no evidence%s is kept in %s", of, folder)
		hint(c, "hallmark identity request gets a certificate")
		return nil
	}
	trust, err := trustOf(c)
	if err != nil {
		return err
	}
	for _, i := range all {
		named, problem := i.Check(trust.Anchors(), time.Now())
		if problem != nil {
			// When it was kept it said something; its dates help to see what is wrong.
			if info, err := os.Stat(i.Path); err == nil {
				named, _ = i.Check(trust.Anchors(), info.ModTime())
			}
		}
		k := keptOf(i, named, problem)
		if c.Bool("json") {
			resultJSON(c, k)
			continue
		}
		state := "not valid now: " + strings.TrimPrefix(k.Problem, issuer.ErrNotNamed.Error()+": ")
		if k.Valid {
			state = "valid"
		}
		span, home := "", "Ethereum"
		if k.NotAfter != nil {
			span = fmt.Sprintf("%s to %s, ", k.NotBefore.Format(time.DateOnly), k.NotAfter.Format(time.DateOnly))
		}
		if k.Chain != nil {
			home = k.Chain.String()
		}
		result(c, "%s  %s  %s for %s  %s%s", identity.Display(i.Domain), i.Kind, i.Address, home, span, state)
		if k.By != "" {
			result(c, "  %s", k.By)
		}
	}
	return nil
}
