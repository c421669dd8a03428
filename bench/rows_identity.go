package main

import (
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/hallmark-node/hallmark/verifier"
	"github.com/hallmark-node/hallmark/verifier/verifiertest"
)

// signedBadge is a badge of college.example with a signature of the suite eddsa-rdfc-2022.
const signedBadge = "credential/secured/testdata/college-badge.json"

// plainBadge is another one, without a signature.
const plainBadge = `{"@context":["https://www.w3.org/ns/credentials/v2","https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"],` +
	`"type":["VerifiableCredential","OpenBadgeCredential"],"issuer":{"id":"did:web:college.example","type":["Profile"]}}`

// outside stands for a test where there is none. What may fail are errors of programs here.
type outside struct{ testing.TB }

func (outside) Helper()           {}
func (outside) Fatal(args ...any) { panic(fmt.Sprint(args...)) }

// namedProofs are two badges of one submission, in which there is a certificate for the key
// of their issuer. The proofs lie beside them.
type namedProofs struct {
	at            string // the time of the verifier
	evidence      int    // bytes of the certificate and those above it
	signed, plain string // files of the badges

	// Files of trust stores, all of which pin the block. Of who the issuer is they have:
	authority string // the root and the logs of the certificate
	issuer    string // the issuer
	nothing   string // nothing, so that what is built in counts, where the root is unknown
}

func (b *bench) makeNamed() (*namedProofs, error) {
	signed, err := os.ReadFile(signedBadge)
	if err != nil {
		return nil, err
	}
	folder, err := os.MkdirTemp(b.folder, "named-")
	if err != nil {
		return nil, err
	}
	badges := [][]byte{signed, []byte(plainBadge)}
	authority, key := verifiertest.NewAuthority(outside{}), verifiertest.BatchIssuer(outside{})
	begin := time.Unix(verifiertest.IssuedAt, 0).AddDate(0, 0, -10)
	names := []string{hex.EncodeToString(key[:]) + ".hallmark.college.example"}
	evidence := authority.Evidence(outside{}, names, begin, begin.AddDate(0, 0, 90))
	batch := verifiertest.NewBatch(outside{}, 1, len(badges), func(i int) []byte { return badges[i] }, evidence)

	knows, named, nobody := *batch.Trust, *batch.Trust, *batch.Trust
	named.Issuers, nobody.Issuers = nil, nil
	named.Authorities = &verifier.TrustedAuthorities{}
	for _, r := range authority.Anchors().Roots {
		named.Authorities.Roots = append(named.Authorities.Roots, verifier.TrustedCA{Certificate: r.Certificate})
	}
	for _, l := range authority.Anchors().Logs {
		named.Authorities.Logs = append(named.Authorities.Logs, verifier.TrustedLog{Key: l.Key, Operator: l.Operator})
	}
	for name, data := range map[string][]byte{
		"signed.json": signed, "signed.json.proof.json": must(batch.Proof(outside{}, 0).Encode()),
		"plain.json": badges[1], "plain.json.proof.json": must(batch.Proof(outside{}, 1).Encode()),
		"authority": must(named.Encode()), "issuer": must(knows.Encode()), "nothing": must(nobody.Encode()),
	} {
		if err := os.WriteFile(filepath.Join(folder, name), data, 0o644); err != nil {
			return nil, err
		}
	}
	file := func(name string) string { return filepath.Join(folder, name) }
	return &namedProofs{
		batch.Now.UTC().Format(time.RFC3339), len(evidence), file("signed.json"), file("plain.json"),
		file("authority"), file("issuer"), file("nothing"),
	}, nil
}

// verifyColdIdentityRow runs the program verify on a badge whose issuer is known from a
// certificate only, and that has a signature of its own. The limit is a badge without one,
// in a proof of the same length, whose issuer the trust store has.
func verifyColdIdentityRow(b *bench) error {
	if err := b.build(); err != nil {
		return err
	}
	n, err := b.makeNamed()
	if err != nil {
		return err
	}
	verify := func(exit int, trust, badge string) measure {
		return b.exits(exit, 20, b.program("verify"), "--allow-test", "--at", n.at, "--trust", trust, badge)
	}
	s, err := inTurn(b.runs,
		verify(0, n.authority, n.signed),
		verify(exitUnknown, n.nothing, n.signed),
		verify(0, n.issuer, n.plain))
	if err != nil {
		return err
	}
	const limitIs = "the same of an issuer in the trust store, and without a signature"
	b.add(newResult("verify-cold-identity",
		"verify badge.json, a whole process: the issuer is known from a certificate, the badge is signed with eddsa-rdfc-2022",
		"ms", s[0], s[2]).
		with(limitIs, goal{limit: 3}, fmt.Sprintf("the evidence has %d bytes", n.evidence)))
	b.add(newResult("verify-cold-identity-unknown",
		"the same with the roots and logs that are built in, where the root is unknown", "ms", s[1], s[2]).
		with(limitIs, goal{limit: 3}, ""))
	return nil
}
