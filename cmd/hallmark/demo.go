package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/hallmark-node/hallmark/anchor"
	"github.com/hallmark-node/hallmark/anchor/api"
	"github.com/hallmark-node/hallmark/anchor/chain"
	"github.com/hallmark-node/hallmark/cmd/internal/run"
	"github.com/hallmark-node/hallmark/credential"
	"github.com/hallmark-node/hallmark/internal/fault"
	"github.com/hallmark-node/hallmark/issuer"
	"github.com/hallmark-node/hallmark/testdata/badges"
	"github.com/hallmark-node/hallmark/testnet"
	"github.com/hallmark-node/hallmark/verifier"
)

func demoCommand() *cli.Command {
	return command("demo", "[FILE...]", "show the whole way of a credential, on a chain and a node of its own",
		"Takes five sample credentials, or copies of the files named, from submission to\n"+
			"verification in a temporary folder, which it leaves for you to look at. Nothing leaves\n"+
			"this machine.\n\n"+
			"Exit status: 0 if every verdict is as it must be.",
		demo,
	)
}

// demoSamples are what is submitted where the user names no files. samePicture carries
// the first of them.
var demoSamples = []string{"welding-badge.json", "soldering-badge.jwt", "first-aid-assertion.json", "degree.json", "certificate.pdf"}

const samePicture = "welding-badge.png"

// demoTime is how long a demo may take; it needs some twenty seconds.
const demoTime = 2 * time.Minute

func demo(c *cli.Context) error {
	documents, err := demoDocuments(c)
	if err != nil {
		return err
	}
	folder, err := os.MkdirTemp("", "hallmark-demo-")
	if err != nil {
		return err
	}
	// From here on all paths are in that folder, and the commands read nothing from
	// the user's environment.
	if err := os.Chdir(folder); err != nil {
		return err
	}
	for _, v := range os.Environ() {
		if name, _, _ := strings.Cut(v, "="); strings.HasPrefix(name, "HALLMARK_") {
			if err := os.Unsetenv(name); err != nil {
				return err
			}
		}
	}
	ctx, cancel := context.WithTimeout(c.Context, demoTime)
	defer cancel()
	d := &demonstration{c: c, ctx: ctx, given: c.NArg() > 0}
	for _, doc := range documents {
		if err := os.WriteFile(doc.name, doc.data, 0o644); err != nil {
			return err
		}
		if d.given || doc.name != samePicture {
			d.files = append(d.files, doc.name)
		}
	}
	d.run()
	if d.err != nil {
		return run.Hint(d.err, "what was written until then is in %s", folder)
	}
	d.tell("\nAll as it must be. The files are in %s. Look again, offline as before:\n  cd %s\n"+
		"  hallmark verify --trust trust.json --allow-test %s%s", folder, folder, d.files[0], issuer.ProofSuffix)
	return d.err
}

type demoDocument struct {
	name string
	data []byte
}

// demoDocuments returns the samples, or the files named.
func demoDocuments(c *cli.Context) ([]demoDocument, error) {
	var documents []demoDocument
	taken := []string{"keys", "data", "password", "trust.json", "hops.pack", "node.log"} // by the demo
	for _, path := range c.Args().Slice() {
		data, err := fault.ReadFile(path, issuer.MaxDocument)
		if err != nil {
			return nil, err
		}
		name := filepath.Base(path)
		if slices.Contains(taken, name) {
			return nil, run.Usagef("%s: two files cannot both be called %s", path, name)
		}
		taken = append(taken, name)
		documents = append(documents, demoDocument{name, data})
	}
	if c.NArg() > 0 {
		return documents, nil
	}
	for _, name := range append(slices.Clone(demoSamples), samePicture) {
		data, err := badges.Files.ReadFile(name)
		if err != nil {
			return nil, err
		}
		documents = append(documents, demoDocument{name, data})
	}
	return documents, nil
}

// demonstration runs the commands that a user would, in the present folder. After the first
// error its methods do nothing more.
type demonstration struct {
	c     *cli.Context
	ctx   context.Context
	given bool // the files are the user's own
	files []string
	err   error

	reported bool // a whole report was shown
}

func (d *demonstration) run() {
	d.tell("Starting a test chain and a node, as hallmark testnet and hallmark node do.")
	network, err := testnet.Start(d.ctx, testnet.Config{BlockTime: time.Second, Beacon: true})
	if err != nil {
		d.err = err
		return
	}
	defer func() { _ = network.Close() }() // a second time where all went well
	node, stop, err := d.startNode(network)
	if err != nil {
		d.err = err
		return
	}
	d.online(network, node)
	d.tell("\nNow the node and the chain are shut down. Proofs do not need them: what is trusted of the chain\n" +
		"is one sync committee, 32 bytes, and no block.")
	d.err = errors.Join(d.err, stop(), network.Close())
	for i, file := range d.files {
		want := d.dates(file)
		if i == len(d.files)-1 {
			want = verifier.Invalid // revoked
		}
		d.verify(want, file)
	}
}

// online is the part of the demonstration that needs a node and a chain.
func (d *demonstration) online(network *testnet.Chain, node string) {
	d.err = os.WriteFile("password", []byte("demo\n"), 0o600)
	address := strings.TrimSpace(d.do("key", "new", "--light", "--keystore", "keys", "--password-file", "password"))
	sign := []string{"--node", node, "--keystore", "keys", "--password-file", "password"}

	d.tell("\nThe issuer signs all of them at once and hands salted hashes to the node.")
	d.do("submit", append(append(sign, "--wait"), d.files...)...)

	d.tell("\nThe proofs get what the chain's sync committee signs as final.")
	d.refresh(node)

	d.tell("\nWhoever verifies decides what to believe: this sync committee of this chain, and this issuer's key.")
	d.do("trust", "update", "--trust", "trust.json", "--beacon", network.Beacon, "--rpc", network.RPC, "--test", "--out-hops", "hops.pack")
	who := []string{"--name", "Example College", "--id", "did:web:college.example"}
	if d.given {
		who = []string{"--name", "Demo issuer", "--any-id"}
	}
	d.do("trust", append([]string{"add-issuer", "--trust", "trust.json", "--address", address}, who...)...)
	for _, file := range d.files {
		d.verify(d.dates(file), file)
	}

	if !d.given {
		d.tell("\n%s carries the same badge, so the same proof serves.", samePicture)
		d.expect(verifier.Valid, "--credential", samePicture, d.files[0]+issuer.ProofSuffix)
	}

	d.tell("\nSomebody changes a copy of %s.", d.files[0])
	d.verify(verifier.Invalid, d.changedCopy(d.files[0]))

	last := d.files[len(d.files)-1]
	d.tell("\nThe issuer revokes %s, and all proofs get newer evidence.", last)
	d.do("revoke", append(sign, last+issuer.ProofSuffix)...)
	d.refresh(node)
	d.verify(verifier.Invalid, last)
}

func (d *demonstration) proofs() []string {
	proofs := make([]string, len(d.files))
	for i, file := range d.files {
		proofs[i] = file + issuer.ProofSuffix
	}
	return proofs
}

// refresh gets the newest evidence for all proofs, and waits until it comes with a voucher.
func (d *demonstration) refresh(node string) {
	args := append([]string{"--node", node, "--wait"}, d.proofs()...)
	d.do("refresh", args...)
	for d.err == nil && !d.vouched() {
		select {
		case <-d.ctx.Done():
			d.err = d.ctx.Err()
		case <-time.After(200 * time.Millisecond):
			if _, code := d.quietly("refresh", args...); code != run.OK {
				d.err = fmt.Errorf("hallmark refresh ended with exit status %d", code)
			}
		}
	}
}

// vouched reports whether the newest evidence in every proof has a voucher of the sync
// committee.
func (d *demonstration) vouched() bool {
	proofs, err := issuer.ReadProofs(d.proofs()...)
	d.err = errors.Join(d.err, err)
	for _, p := range proofs {
		for _, a := range p.Anchors {
			if len(a.Finality) == 0 {
				return false
			}
		}
	}
	return true
}

// startNode runs a node on the chain and returns its URL, and what ends it.
func (d *demonstration) startNode(network *testnet.Chain) (url string, stop func() error, err error) {
	log, err := os.Create("node.log")
	if err != nil {
		return "", nil, err
	}
	logger := slog.New(slog.NewTextHandler(log, nil))
	n, err := anchor.Open(d.ctx, anchor.Config{
		Data: "data", Open: true,
		BatchAge: 100 * time.Millisecond, Log: logger,
		Chains: []anchor.ChainConfig{{
			RPC: []string{network.RPC}, Beacon: []string{network.Beacon},
			Key: chain.NewKey(network.Accounts[0].PrivateKey), PollInterval: 200 * time.Millisecond,
		}},
	})
	if err != nil {
		return "", nil, errors.Join(err, log.Close())
	}
	listener, err := new(net.ListenConfig).Listen(d.ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, errors.Join(err, n.Close(), log.Close())
	}
	ctx, cancel := context.WithCancel(d.ctx)
	ended := make(chan error, 1)
	go func() {
		ended <- errors.Join(serve(ctx, n, listener, api.Config{Log: logger}), log.Close())
		close(ended)
	}()
	return "http://" + listener.Addr().String(), func() error { cancel(); return <-ended }, nil
}

// tell prints a text, unless something went wrong before.
func (d *demonstration) tell(format string, args ...any) {
	if d.err == nil {
		_, d.err = fmt.Fprintln(d.c.App.Writer, strings.TrimRight(fmt.Sprintf(format, args...), "\n"))
	}
}

// do shows a command, runs it, and shows and returns its standard output. It must
// succeed.
func (d *demonstration) do(command string, args ...string) string {
	output, code := d.try(command, args...)
	if output != "" {
		d.tell("%s", output)
	}
	if d.err == nil && code != run.OK {
		d.err = fmt.Errorf("hallmark %s ended with exit status %d", command, code)
	}
	return output
}

// try shows a command and runs it.
func (d *demonstration) try(command string, args ...string) (output string, code int) {
	line := "$ hallmark " + command
	for _, arg := range args {
		if strings.ContainsAny(arg, " '\"$") {
			arg = "'" + strings.ReplaceAll(arg, "'", `'\''`) + "'"
		}
		line += " " + arg
	}
	d.tell("%s", printable(line))
	if d.err != nil {
		return "", 0
	}
	return d.quietly(command, args...)
}

// quietly runs a command.
func (d *demonstration) quietly(command string, args ...string) (output string, code int) {
	var out bytes.Buffer
	app := newApp()
	app.Writer, app.ErrWriter = &out, d.c.App.ErrWriter
	code = run.Run(d.ctx, app, append([]string{app.Name, command}, args...))
	return out.String(), code
}

// verify shows the verdict on a file, which must be want.
func (d *demonstration) verify(want verifier.Verdict, file string) {
	d.expect(want, file+issuer.ProofSuffix)
}

// expect shows the verdict of verify with these arguments, which must be want.
func (d *demonstration) expect(want verifier.Verdict, args ...string) {
	output, code := d.try("verify", append([]string{"--trust", "trust.json", "--allow-test"}, args...)...)
	if d.err != nil {
		return
	}
	// One report is shown whole, of the others the first line.
	shown := output
	if d.reported {
		shown, _, _ = strings.Cut(output, "\n")
	}
	d.reported = true
	d.tell("%s", shown)
	if code != want.ExitCode() || !strings.HasPrefix(output, string(want)+" ") {
		d.err = fmt.Errorf("%s ought to be %s", args[len(args)-1], want)
	}
}

// dates returns the verdict that is due to a genuine credential by the dates that it
// states itself.
func (d *demonstration) dates(file string) verifier.Verdict {
	data, err := os.ReadFile(file)
	if err != nil {
		return verifier.Valid // verify will tell
	}
	doc, now := credential.Describe(data), time.Now()
	early := doc.ValidFrom.Present && doc.ValidFrom.Err == "" && now.Before(doc.ValidFrom.Time)
	late := doc.ValidUntil.Present && doc.ValidUntil.Err == "" && now.After(doc.ValidUntil.Latest())
	if early || late {
		return verifier.Invalid
	}
	return verifier.Valid
}

// changedCopy writes a changed copy of a file, with a copy of its proof, and returns
// its name.
func (d *demonstration) changedCopy(file string) string {
	data, err1 := os.ReadFile(file)
	proof, err2 := os.ReadFile(file + issuer.ProofSuffix)
	// White space would not change what a JSON document says, so a member does.
	if start := bytes.IndexByte(data, '{'); start >= 0 && bytes.TrimSpace(data)[0] == '{' {
		member := `"grade": "with distinction"`
		if rest := bytes.TrimSpace(data[start+1:]); len(rest) > 0 && rest[0] != '}' {
			member += ","
		}
		data = slices.Insert(data, start+1, []byte(member)...)
	} else {
		data = append(data, "with distinction\n"...)
	}
	name := "changed-" + file
	if d.err == nil {
		d.err = errors.Join(err1, err2, os.WriteFile(name, data, 0o644), os.WriteFile(name+issuer.ProofSuffix, proof, 0o644))
	}
	return name
}
