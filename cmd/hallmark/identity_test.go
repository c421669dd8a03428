package main

import (
	"bytes"
	"crypto/ed25519"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"regexp"
	"testing"
	"time"

	"github.com/miekg/dns"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/hallmark-node/hallmark/credential/secured"
	"github.com/hallmark-node/hallmark/internal/dnstest"
	"github.com/hallmark-node/hallmark/issuer/certify/certifytest"
	"github.com/hallmark-node/hallmark/verifier"
	"github.com/hallmark-node/hallmark/verifier/verifiertest"
)

// identityCommands are those of scripts about evidence of who the issuer is. One authority with
// two logs, made for the test, stands in for those of the web.
func identityCommands(t *testing.T) map[string]func(*testscript.TestScript, bool, []string) {
	a := verifiertest.NewAuthority(t)
	return map[string]func(*testscript.TestScript, bool, []string){
		"certify":     func(ts *testscript.TestScript, _ bool, args []string) { certifyName(t, ts, a, args) },
		"authorities": func(ts *testscript.TestScript, _ bool, args []string) { authorities(ts, a, args[0]) },
		"acme":        func(ts *testscript.TestScript, _ bool, _ []string) { acme(t, ts) },
		"setrecord":   setRecord,
		"dnssec":      func(ts *testscript.TestScript, _ bool, args []string) { signedRecord(t, ts, args) },
		"graft":       graft,
		"sign":        signBadge,
	}
}

// certifyName writes a certificate for a name, with its chain, that begins and ends so long
// before or after now: certify FILE NAME FROM UNTIL.
func certifyName(t *testing.T, ts *testscript.TestScript, a *verifiertest.Authority, args []string) {
	at := func(text string) time.Time {
		d, err := time.ParseDuration(text)
		ts.Check(err)
		return time.Now().Add(d)
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), a.Evidence(t, []string{args[1]}, at(args[2]), at(args[3])), 0o666))
}

// signBadge signs a badge with a key of its own, which the proof names as a did:key: sign FILE BADGE.
func signBadge(ts *testscript.TestScript, _ bool, args []string) {
	public, secret, err := ed25519.GenerateKey(nil)
	ts.Check(err)
	_, method := secured.DIDKey(public)
	doc, err := secured.SignJCS([]byte(ts.ReadFile(args[1])), secret, method, time.Now())
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), doc, 0o666))
}

// authorities has a trust store believe the authority and the logs of the test, and no others:
// authorities TRUST.
func authorities(ts *testscript.TestScript, a *verifiertest.Authority, file string) {
	trust, err := verifier.ParseTrust([]byte(ts.ReadFile(file)))
	ts.Check(err)
	trust.Authorities = &verifier.TrustedAuthorities{Roots: []verifier.TrustedCA{{Certificate: a.Root.Certificate.Raw}}}
	for _, l := range a.Logs {
		trust.Authorities.Logs = append(trust.Authorities.Logs, verifier.TrustedLog{Key: l.Key, Operator: l.Operator})
	}
	data, err := trust.Encode()
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(file), data, 0o666))
}

// acme starts an authority that speaks ACME, and sets ACME, the URL of its directory, ACME_CA,
// the file with the root of its server, ACME_HTTP, where it expects answers, ACME_DNS, the
// resolver that it asks, ACME_CONTROL, where what that says is set, and ACME_BLOCKED, a domain
// that it does not certify.
func acme(t *testing.T, ts *testscript.TestScript) {
	s := certifytest.Start(t)
	for name, value := range map[string]string{
		"ACME": s.Directory, "ACME_CA": s.RootFile, "ACME_HTTP": s.HTTP, "ACME_DNS": s.DNS, "ACME_CONTROL": s.Control, "ACME_BLOCKED": s.Blocked,
	} {
		ts.Setenv(name, value)
	}
}

// settxt is the program that scripts give as --dns-hook.
func settxt() {
	call := map[string]string{"present": "/set-txt", "cleanup": "/clear-txt"}[os.Args[1]]
	if err := postTXT(os.Getenv("ACME_CONTROL")+call, os.Args[2], os.Args[3]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// setRecord sets the TXT record that a file asks for: setrecord FILE.
func setRecord(ts *testscript.TestScript, _ bool, args []string) {
	asked := regexp.MustCompile(`set this TXT record: (\S+)  "(\S+)"`).FindStringSubmatch(ts.ReadFile(args[0]))
	if asked == nil {
		ts.Fatalf("%s asks for no record", args[0])
	}
	ts.Check(postTXT(ts.Getenv("ACME_CONTROL")+"/set-txt", asked[1], asked[2]))
}

func postTXT(url, record, value string) error {
	body, err := json.Marshal(map[string]string{"host": record, "value": value})
	if err != nil {
		return err
	}
	answer, err := http.Post(url, "application/json", bytes.NewReader(body))
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", url, answer.Status)
	}
	return nil
}

// signedRecord sets RESOLVER to a resolver of a tree of signed zones of the test's own, in which
// a domain has a TXT record, and has a trust store believe the key of its root: dnssec TRUST
// DOMAIN VALUE.
func signedRecord(t *testing.T, ts *testscript.TestScript, args []string) {
	now := time.Now().UTC().Truncate(time.Second)
	tree := dnstest.New(t, dns.RSASHA256, now.Add(-time.Hour), now.Add(20*24*time.Hour))
	tree.Add("example", dns.ECDSAP256SHA256)
	tree.Add(args[1], dns.ED25519).Add(t, "_hallmark."+args[1]+`. 3600 IN TXT "`+args[2]+`"`)
	ts.Setenv("RESOLVER", dnstest.Listen(t, tree))
	trust, err := verifier.ParseTrust([]byte(ts.ReadFile(args[0])))
	ts.Check(err)
	if trust.Authorities == nil {
		trust.Authorities = &verifier.TrustedAuthorities{}
	}
	root := tree.DS(".")[0].(*dns.DS)
	digest, err := hex.DecodeString(root.Digest)
	ts.Check(err)
	trust.Authorities.ZoneKeys = []verifier.TrustedZoneKey{{
		KeyTag: root.KeyTag, Algorithm: root.Algorithm, DigestType: root.DigestType, Digest: digest,
	}}
	data, err := trust.Encode()
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), data, 0o666))
}

// graft puts the evidence of one proof into another: graft FROM TO.
func graft(ts *testscript.TestScript, _ bool, args []string) {
	from, err := verifier.ParseProof([]byte(ts.ReadFile(args[0])))
	ts.Check(err)
	to, err := verifier.ParseProof([]byte(ts.ReadFile(args[1])))
	ts.Check(err)
	to.Submission.Identity = from.Submission.Identity
	data, err := to.Encode()
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), data, 0o666))
}
