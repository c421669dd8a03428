package main

import (
	"bufio"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/hallmark-node/hallmark/cmd/internal/run"
	"github.com/hallmark-node/hallmark/internal/fault"
	"github.com/hallmark-node/hallmark/issuer"
	"github.com/hallmark-node/hallmark/issuer/certify"
	"github.com/hallmark-node/hallmark/verifier/identity"
)

func identityRequestCommand() *cli.Command {
	return command("request", "", "get a certificate that names your key, by ACME",
		"Proves to an authority that you control the name which hallmark identity name prints, and\n"+
			"keeps the certificate. By HTTP the name needs an address record of this machine; by DNS it\n"+
			"needs a TXT record, which --dns prints and waits for, and --dns-hook has a program set.\n\n"+
			"The certificate serves nothing: its private key and the account are thrown away. Your key\n"+
			"is not used. That it was issued, for which name, is public.",
		identityRequest,
		namingFlags(),
		withDefault("directory", "ACME directory `URL` of the authority", certify.LetsEncrypt),
		toggle("accept-terms", "agree to the authority's terms of service"),
		text("email", "`ADDRESS` at which the authority may reach you"),
		withDefault("http", "answer the authority at `ADDRESS`", ":80"),
		text("webroot", "put the answer into `FOLDER`, which a web server serves"),
		toggle("dns", "prove it by a TXT record that you set by hand"),
		text("dns-hook", "prove it by a TXT record that `PROGRAM` sets: PROGRAM present|cleanup RECORD VALUE"),
		text("resolver", "`HOST:PORT` of the DNS resolver to ask whether the record is there (default: the system's)"),
		withDefault("timeout", "give up after `TIME`", "1h"),
		text("acme-ca", "`FILE` with the root of the authority's own server (default: those of the system)"),
		trustFlag(), keystoreFlag(), jsonFlag())
}

func identityRequest(c *cli.Context) error {
	i, naming, err := wantedIdentity(c)
	if err != nil {
		return err
	}
	solver, err := solverOf(c)
	if err != nil {
		return err
	}
	if url, err := url.Parse(c.String("directory")); err != nil || url.Scheme != "https" || url.Host == "" {
		return run.Usagef("--directory: %q is not an https:// address", c.String("directory"))
	}
	request := &certify.Request{
		Name: naming.Certificate, Directory: c.String("directory"), Contact: c.String("email"), Solver: solver, Say: sayText(c),
		Terms: func(url string) bool {
			return c.Bool("accept-terms") || stdinIsTerminal(c) && confirm(c, "do you agree to the terms of service at "+url+"?")
		},
	}
	if file := c.String("acme-ca"); file != "" {
		data, err := fault.ReadFile(file, 1<<20)
		if err != nil {
			return err
		}
		request.Roots = x509.NewCertPool()
		if !request.Roots.AppendCertsFromPEM(data) {
			return run.Usagef("--acme-ca: %s holds no certificate", file)
		}
	}
	timeout, err := parsed(c, "timeout", parseDuration)
	if err != nil {
		return err
	}
	trust, err := trustOf(c)
	if err != nil {
		return err
	}
	ctx, stop := context.WithTimeout(c.Context, timeout)
	defer stop()
	say(c, "asking for a certificate of %s", naming.Certificate)
	chain, err := request.Obtain(ctx)
	if err != nil {
		return err
	}
	i.Kind, i.Data = identity.KindX509, slices.Concat(chain...)
	named, err := i.Check(trust.Anchors(), time.Now())
	if err != nil {
		return keepDoubtful(c, i, err)
	}
	return keepIdentity(c, i, named)
}

// keepDoubtful keeps a certificate that does not count, or not yet, unless one that does is
// kept: authorities limit how many they give.
func keepDoubtful(c *cli.Context, i *issuer.Identity, problem error) error {
	folder, err := accountOf(c).identityFolder()
	if err != nil {
		return err
	}
	trust, err := trustOf(c)
	if err != nil {
		return err
	}
	kept, err := issuer.Identities(folder, i.Address)
	if err != nil {
		return err
	}
	for _, other := range kept {
		if other.FileName() != i.FileName() {
			continue
		}
		if _, err := other.Check(trust.Anchors(), time.Now()); err == nil {
			return run.Hint(fmt.Errorf("the authority issued a certificate, and %w", problem), "%s, which is valid, stays", other.Path)
		}
	}
	if err := i.Keep(folder); err != nil {
		return err
	}
	return run.Hint(fmt.Errorf("the certificate is kept in %s, and %w", i.Path, problem),
		"hallmark submit leaves it out as long as that is so")
}

// solverOf reads how control over the name is proven.
func solverOf(c *cli.Context) (certify.Solver, error) {
	ways := 0
	for _, name := range []string{"http", "webroot", "dns", "dns-hook"} {
		if c.IsSet(name) {
			ways++
		}
	}
	switch {
	case ways > 1:
		return certify.Solver{}, run.Usagef("--http, --webroot, --dns and --dns-hook are ways to prove the same: give one")
	case c.String("webroot") != "":
		return certify.Webroot(c.String("webroot")), nil
	case c.String("dns-hook") != "":
		return certify.Hook(c.String("dns-hook"), c.App.ErrWriter), nil
	case c.Bool("dns"):
		show := func(record, value string) { say(c, "set this TXT record: %s.  \"%s\"", record, value) }
		return certify.ByHand(show, func(ctx context.Context, record, value string) error { return awaitRecord(ctx, c, record, value) }), nil
	}
	return certify.HTTP(c.String("http")), nil
}

// awaitRecord waits until a person at the terminal says that a record is there; without one
// until it is seen.
func awaitRecord(ctx context.Context, c *cli.Context, record, value string) error {
	if !stdinIsTerminal(c) {
		say(c, "waiting until it is there")
		return certify.AwaitTXT(ctx, c.String("resolver"), record, value, 2*time.Second)
	}
	say(c, "press Enter once the name servers of the domain answer with it")
	answered := make(chan error, 1)
	go func() { // ends with the process at the latest
		_, err := bufio.NewReader(c.App.Reader).ReadString('\n')
		answered <- err
	}()
	select {
	case err := <-answered:
		if err != nil {
			return errors.New("nothing was certified")
		}
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
