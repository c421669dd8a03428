package main

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/hallmark-node/hallmark/cmd/internal/run"
	"github.com/hallmark-node/hallmark/credential/secured"
	"github.com/hallmark-node/hallmark/internal/durable"
	"github.com/hallmark-node/hallmark/internal/fault"
	"github.com/hallmark-node/hallmark/issuer"
)

func statusListCommand() *cli.Command {
	register := text("register", "`FILE` that knows which credential has which entry; keep it as long as the credentials hold")
	return group("status-list", "show revocations to other verifiers, too, as a Bitstring Status List",
		"Verifiers that know nothing of Hallmark look for revocations in a W3C Bitstring Status List, which\n"+
			"the credential names. Each credential gets an entry before it is issued; after each change of its\n"+
			"status the lists are exported anew and published on the issuer's web server.",
		command("entry", "CREDENTIAL...", "give credentials that are about to be issued an entry, as their credentialStatus",
			"Prints the member credentialStatus for each credential, or with --add puts it in. That is to be done\n"+
				"before the credential is signed or submitted. Doing it again gives the same entry.",
			statusListEntry,
			register,
			text("url", "`URL` of the folder in which the lists will be published; needed the first time"),
			toggle("add", "put it into the files"),
			jsonFlag()),
		command("export", "[PROOF|CREDENTIAL...]", "write the signed lists, for publication",
			"Writes revocation.json and suspension.json into the folder of --out, signed as a BitstringStatusListCredential\n"+
				"by eddsa-jcs-2022. They are to be published at the address of the register, as they are.\n\n"+
				"Name the proofs of all credentials that were issued since the last time, with the credentials beside\n"+
				"them or in them; then the register knows them. Doing it again changes nothing until the lists have\n"+
				"been valid for half of their time.\n\n"+
				"Other verifiers want the issuer of the lists to be that of the credentials: name its verification\n"+
				"method with --method. Without it the key speaks for itself, as a did:key.",
			statusListExport,
			register,
			nodeFlag(),
			text("rpc", "`URL` of a JSON-RPC server, to check the node by"),
			registryFlag(), trustFlag(),
			text("key", "`FILE` with an Ed25519 private key (PKCS #8, PEM); it is made if it is not there"),
			text("method", "verification `METHOD` of the key in its issuer's document, such as did:web:college.example#key-1"),
			withDefault("out", "`FOLDER` for the lists", "."),
			withDefault("ttl", "how long verifiers may keep a list: a `DURATION`", "1h"),
			withDefault("valid-for", "how long a list is valid: a `DURATION`; export it again before", "720h"),
			jsonFlag()))
}

// entryOf is the machine form of an entry that was handed out.
type entryOf struct {
	File   string          `json:"file"`
	Index  int             `json:"index"`
	Status json.RawMessage `json:"credentialStatus"`
}

func statusListEntry(c *cli.Context) error {
	path, err := needed(c, "register")
	if err != nil {
		return err
	}
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) && c.String("url") == "" {
		return run.Usagef("there is no %s yet: say with --url where its lists will be published", path)
	}
	register, err := issuer.OpenStatusRegister(path, c.String("url"))
	if err != nil {
		return err
	}
	for _, file := range c.Args().Slice() {
		doc, err := fault.ReadFile(file, issuer.MaxDocument)
		if err != nil {
			return err
		}
		index, err := register.Entry(doc)
		if err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		if c.Bool("add") {
			with, err := register.AddStatus(doc, index)
			if err == nil {
				err = durable.Rewrite(file, with)
			}
			if err != nil {
				return fmt.Errorf("%s: %w", file, err)
			}
			say(c, "%s has entry %d", file, index)
		}
		status := register.CredentialStatus(index)
		switch {
		case c.Bool("json"):
			resultJSON(c, entryOf{file, index, status})
		case !c.Bool("add"):
			result(c, "%s", status)
		}
	}
	return nil
}

func statusListExport(c *cli.Context) error {
	path, err := needed(c, "register")
	if err != nil {
		return err
	}
	lists := &issuer.Lists{}
	if lists.TTL, err = parsed(c, "ttl", parseDuration); err != nil {
		return err
	}
	if lists.ValidFor, err = parsed(c, "valid-for", parseDuration); err != nil {
		return err
	}
	if lists.ValidFor < time.Minute {
		return run.Usagef("--valid-for %s: a list that is valid for less than a minute is of no use", lists.ValidFor)
	}
	register, err := issuer.OpenStatusRegister(path, "")
	if err != nil {
		return err
	}
	proofs, err := readProofs(c)
	if err != nil {
		return err
	}
	without, err := register.TieFiles(proofs)
	if err == nil {
		err = register.Save()
	}
	if err != nil {
		return err
	}
	if without > 0 {
		say(c, "%s no entry of these lists, or cannot be read beside the proof: other verifiers see no status there",
			plural(without, "credential names", "credentials name"))
	}
	signer, err := statusSigner(c)
	if err != nil {
		return err
	}
	targets := register.IssuersOf()
	if len(targets) == 0 {
		return run.Hint(errors.New("the register knows of no credential that was issued"),
			"name the proofs of the credentials that have an entry")
	}
	for _, target := range targets {
		r, err := openStatement(c, target.Issuer, &target.Home)
		if err != nil {
			return err
		}
		err = register.Project(c.Context, lists, target.Home, r)
		r.Close()
		if err != nil {
			return err
		}
	}
	if err := os.MkdirAll(c.String("out"), 0o755); err != nil {
		return err
	}
	states, err := register.Write(c.String("out"), lists, signer)
	if err != nil {
		return err
	}
	for _, s := range states {
		what := "stays as it is"
		if s.Written {
			what = "is to be published at " + s.URL
		}
		say(c, "%s (%s) %s", s.Path, plural(s.Count, "entry", "entries")+" set", what)
	}
	if n := register.Untied(); n > 0 {
		hint(c, "%s handed out and not known to be issued; name their proofs once they are", plural(n, "entry was", "entries were"))
	}
	answerJSON(c, states...)
	return nil
}

// statusSigner reads the key of the lists, or makes it.
func statusSigner(c *cli.Context) (signer issuer.StatusSigner, err error) {
	path, err := needed(c, "key")
	if err != nil {
		return signer, err
	}
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		data, err = newStatusKey(path)
		if err == nil {
			say(c, "made the key %s; it signs status lists and nothing else", path)
		}
	}
	if err != nil {
		return signer, err
	}
	block, _ := pem.Decode(data)
	if block == nil {
		return signer, run.Usagef("--key: %s is not an Ed25519 private key in PEM", path)
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	key, ok := parsed.(ed25519.PrivateKey)
	if err != nil || !ok {
		return signer, run.Usagef("--key: %s is not an Ed25519 private key in PEM", path)
	}
	signer.Key = key
	did, method := secured.DIDKey(key.Public().(ed25519.PublicKey))
	say(c, "the key is %s", did)
	if signer.Method = c.String("method"); signer.Method == "" {
		signer.Method = method
	}
	id, name, _ := strings.Cut(signer.Method, "#")
	if name == "" || !strings.HasPrefix(id, "did:") && !strings.HasPrefix(id, "https://") {
		return signer, run.Usagef("--method: %q is not a verification method such as did:web:college.example#key-1", signer.Method)
	}
	return signer, nil
}

func newStatusKey(path string) ([]byte, error) {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	data := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
	return data, durable.Create(path, data, durable.Private)
}
