package verifier_test

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
	"github.com/hallmark-node/hallmark/verifier/verifiertest"
)

// named is a proof of which the trust store does not have the issuer, and an authority that
// the store trusts to say which domain named a key.
type named struct {
	*good
	authority *verifiertest.Authority
}

func newNamed(t testing.TB, document string) *named {
	t.Helper()
	g := buildGood(t, verifiertest.NewWorld(t), document)
	n := &named{g, verifiertest.NewAuthority(t)}
	g.trust.Issuers = nil
	g.trust.Authorities = &verifier.TrustedAuthorities{ZoneKeys: []verifier.TrustedZoneKey{}}
	anchors := n.authority.Anchors()
	for _, r := range anchors.Roots {
		g.trust.Authorities.Roots = append(g.trust.Authorities.Roots, verifier.TrustedCA{Certificate: r.Certificate})
	}
	for _, l := range anchors.Logs {
		g.trust.Authorities.Logs = append(g.trust.Authorities.Logs, verifier.TrustedLog{Key: l.Key, Operator: l.Operator})
	}
	return n
}

// certificate returns evidence for a domain that is valid from some time before the anchor to
// some time after it.
func (n *named) certificate(domain string, before, after time.Duration, changes ...func(*verifiertest.Issue)) []byte {
	anchored := time.Unix(issuedAt+300, 0)
	names := []string{hex.EncodeToString(n.proof.Submission.Issuer[:]) + ".hallmark." + domain}
	return n.authority.Evidence(n.world.TB, names, anchored.Add(-before), anchored.Add(after), changes...)
}

// submit makes the submission anew, with evidence in it.
func (n *named) submit(kind string, evidence ...[]byte) {
	t := n.world.TB
	s := &n.proof.Submission
	s.Identity = nil
	leaves := []verifier.Hash{n.proof.Leaf(), merkle.Keccak256([]byte("other"))}
	for i, e := range evidence {
		entry := verifier.Identity{Kind: kind, Salt: merkle.Keccak256([]byte{byte(i)}), Evidence: e}
		s.Identity = append(s.Identity, entry)
		leaves = append(leaves, entry.Leaf())
	}
	tree, err := merkle.New(leaves)
	if err != nil {
		t.Fatal(err)
	}
	path := func(leaf verifier.Hash) []verifier.Hash {
		i, _ := tree.Index(leaf)
		return tree.Path(i)
	}
	s.Count, s.Path = uint64(len(leaves)), path(n.proof.Leaf())
	for i := range s.Identity {
		s.Identity[i].Path = path(s.Identity[i].Leaf())
	}
	n.anchor()
}

// anchor signs the submission as it stands, and anchors it alone.
func (n *named) anchor() {
	n.sign()
	n.proof.Batch = &verifier.Batch{Path: []verifier.Hash{}}
	n.world.Anchor(n.batchRoot(), 900, issuedAt+300)
	n.setStatus()
	n.refresh()
}

const day = 24 * time.Hour

// The first run, with nothing in the trust store but the chain and the authorities.
func TestDomainEvidence(t *testing.T) {
	n := newNamed(t, badge)
	n.submit("x509", n.certificate("uni.example", 10*day, day))
	n.now = n.now.Add(20 * day) // the certificate has expired
	r := n.verify()
	expect(t, r, verifier.Valid, nil)
	if r.IssuerBy != verifier.ByX509 || r.IssuerDomain != "uni.example" || !r.IssuerSince.Equal(time.Unix(issuedAt+300, 0).Add(-10*day)) {
		t.Errorf("%s %s %s", r.IssuerBy, r.IssuerDomain, r.IssuerSince)
	}
	data, err := n.proof.EncodeCBOR()
	if err != nil {
		t.Fatal(err)
	}
	p, err := parseProofCBOR(data)
	if err != nil {
		t.Fatal(err)
	}
	n.proof = p
	expect(t, n.verify(), verifier.Valid, nil)
}

// A domain above the issuer's host speaks for it; a platform's key is named by the issuer's
// own domain.
func TestWhoMayName(t *testing.T) {
	for id, want := range map[string]verifier.Verdict{
		"did:web:uni.example":                     verifier.Valid,
		"did:web:uni.example:faculty:law":         verifier.Valid,
		"did:web:badges.uni.example%3A8443":       verifier.Valid,
		"https://uni.example/issuers/1":           verifier.Valid,
		"https://badges.uni.example/issuers/1":    verifier.Valid,
		"https://uni.example.evil.example/":       verifier.VerdictUnknown,
		"https://evil.example/uni.example":        verifier.VerdictUnknown,
		"https://uni.example@evil.example/":       verifier.VerdictUnknown,
		"https://funi.example/":                   verifier.VerdictUnknown,
		"https://example/":                        verifier.VerdictUnknown,
		"http://uni.example/":                     verifier.VerdictUnknown,
		"did:webvh:uni.example":                   verifier.VerdictUnknown,
		"did:key:z6MkuniExample":                  verifier.VerdictUnknown,
		"mailto:registrar@uni.example":            verifier.VerdictUnknown,
		"https://uni.example\\u002eevil.example/": verifier.VerdictUnknown,
	} {
		t.Run(strings.NewReplacer("/", "_", ":", "_").Replace(id), func(t *testing.T) {
			n := newNamed(t, strings.Replace(badge, "did:web:uni.example", id, 1))
			n.submit("x509", n.certificate("uni.example", day, day))
			if r := n.verify(); r.Verdict != want {
				t.Errorf("want %s\n%s", want, describe(r))
			}
		})
	}
}

// TestForgers: none of these is VALID, and none proves anything against the credential unless
// the store says who alone speaks for the issuer.
func TestForgers(t *testing.T) {
	pdf := "%PDF-1.4\nDiploma of Example University\n%%EOF\n"
	twoIssuers := strings.Replace(badge, `"credentialSubject"`, `"badge":{"issuer":"did:web:evil.example"},"credentialSubject"`, 1)
	for _, tt := range []struct {
		name     string
		document string
		do       func(n *named)
		reason   verifier.Reason
		says     string
	}{
		{"no evidence", badge, func(n *named) { n.submit("x509") }, verifier.ReasonIssuerUnknown, "does not know"},
		{"own domain", badge, func(n *named) {
			n.submit("x509", n.certificate("evil.example", day, day))
		}, verifier.ReasonIssuerUnknown, "evil.example named this key"},
		{"own domain, a PDF", pdf, func(n *named) {
			n.submit("x509", n.certificate("evil.example", day, day))
		}, verifier.ReasonIssuerUnknown, "the file names nobody"},
		{"own domain, JSON that names nobody", `{"hello":"world"}`, func(n *named) {
			n.submit("x509", n.certificate("evil.example", day, day))
		}, verifier.ReasonIssuerUnreadable, "cannot be told"},
		{"own key as did:pkh of another", strings.Replace(badge, "did:web:uni.example",
			"did:pkh:eip155:31337:0x49Cfb033c4718d08ac39105e1c2B298CC618e6a5", 1), func(n *named) {
			n.submit("x509", n.certificate("evil.example", day, day))
		}, verifier.ReasonIssuerUnknown, "does not speak for that issuer"},
		{"the university's evidence for its own key", badge, func(n *named) {
			evidence := n.certificate("uni.example", day, day)
			forger := merkle.Keccak256([]byte("forger"))
			n.key = forger[:]
			n.submit("x509", evidence)
		}, verifier.ReasonIssuerUnknown, "does not count"},
		{"evidence that is not in the submission", badge, func(n *named) {
			evidence := n.certificate("uni.example", day, day)
			n.submit("x509", n.certificate("evil.example", day, day))
			n.proof.Submission.Identity[0].Evidence = evidence
		}, verifier.ReasonIssuerUnknown, "is not part of the submission"},
		{"evidence added after the anchor", badge, func(n *named) {
			n.submit("x509")
			evidence := n.certificate("uni.example", day, day)
			n.proof.Submission.Identity = []verifier.Identity{{Kind: "x509", Path: []verifier.Hash{}, Evidence: evidence}}
		}, verifier.ReasonIssuerUnknown, "is not part of the submission"},
		{"a path of the wrong length", badge, func(n *named) {
			n.submit("x509", n.certificate("uni.example", day, day))
			s := &n.proof.Submission
			s.Identity[0].Path = s.Identity[0].Path[:0]
		}, verifier.ReasonIssuerUnknown, "is not part of the submission"},
		{"another kind", badge, func(n *named) {
			n.submit("x509-2030", n.certificate("uni.example", day, day))
		}, verifier.ReasonIssuerUnknown, "needs a newer verifier"},
		{"expired when it was anchored", badge, func(n *named) {
			n.submit("x509", n.certificate("uni.example", 30*day, -day))
		}, verifier.ReasonIssuerUnknown, "does not count"},
		{"not yet valid when it was anchored", badge, func(n *named) {
			n.submit("x509", n.certificate("uni.example", -day, 30*day))
		}, verifier.ReasonIssuerUnknown, "does not count"},
		{"logged once", badge, func(n *named) {
			n.submit("x509", n.certificate("uni.example", day, day, func(i *verifiertest.Issue) { i.Logs = i.Logs[:1] }))
		}, verifier.ReasonIssuerUnknown, "does not count"},
		{"an authority of the forger's own", badge, func(n *named) {
			own := *n
			own.authority = verifiertest.NewAuthority(n.world.TB)
			n.submit("x509", own.certificate("uni.example", day, day))
		}, verifier.ReasonIssuerUnknown, "does not count"},
		{"an authority that the store removed", badge, func(n *named) {
			n.submit("x509", n.certificate("uni.example", day, day))
			n.trust.Authorities.Roots = []verifier.TrustedCA{}
		}, verifier.ReasonIssuerUnknown, "does not count"},
		{"logs that the store removed", badge, func(n *named) {
			n.submit("x509", n.certificate("uni.example", day, day))
			n.trust.Authorities.Logs = []verifier.TrustedLog{}
		}, verifier.ReasonIssuerUnknown, "does not count"},
		{"a registry that is not the key's home", badge, func(n *named) {
			n.submit("x509", n.certificate("uni.example", day, day))
			n.trust.Chains[100] = &verifier.TrustedChain{Genesis: n.world.Genesis, Registries: []verifier.Address{addr(1)}}
		}, verifier.ReasonIssuerUnknown, "for no chain"},
		{"another chain named", badge, func(n *named) {
			name := fmt.Sprintf("%x.eip155-100.hallmark.uni.example", n.proof.Submission.Issuer[:])
			at := time.Unix(issuedAt+300, 0)
			n.submit("x509", n.authority.Evidence(n.world.TB, []string{name}, at.Add(-day), at.Add(day)))
		}, verifier.ReasonIssuerUnknown, "for eip155:100, not for"},
		{"the block is not final", badge, func(n *named) {
			n.submit("x509", n.certificate("uni.example", day, day))
			n.trust.Chains[n.world.Chain].Blocks = nil
		}, verifier.ReasonNotFinal, "nothing that is trusted vouches"},
		{"the store knows the key for others only", badge, func(n *named) {
			n.submit("x509", n.certificate("uni.example", day, day))
			n.trust.Issuers = map[verifier.Address]*verifier.TrustedIssuer{
				n.proof.Submission.Issuer: {Name: "Other", IDs: []string{"did:web:other.example"}},
			}
		}, verifier.ReasonIssuerUnknown, "does not say that"},
		{"the store lists all keys of the issuer", badge, func(n *named) {
			n.submit("x509", n.certificate("uni.example", day, day))
			n.trust.Issuers = map[verifier.Address]*verifier.TrustedIssuer{
				addr(7): {Name: "University", IDs: []string{"did:web:uni.example"}, Complete: true},
			}
		}, verifier.ReasonNameOfAnother, "for whom only"},
		{"two issuers", twoIssuers, func(n *named) {
			n.submit("x509", n.certificate("evil.example", day, day))
		}, verifier.ReasonIssuerUnreadable, "cannot be told"},
		{"the key was retired before", badge, func(n *named) {
			n.submit("x509", n.certificate("uni.example", day, day))
			n.world.Issuer(n.proof.Submission.Issuer, verifier.Hash{}, issuedAt+100, 1, issuedAt+400)
			n.refresh()
		}, verifier.ReasonRetired, "retired"},
	} {
		t.Run(strings.ReplaceAll(tt.name, " ", "-"), func(t *testing.T) {
			n := newNamed(t, tt.document)
			tt.do(n)
			r := n.verify()
			want := verifier.VerdictUnknown
			if tt.reason == verifier.ReasonNameOfAnother || tt.reason == verifier.ReasonRetired {
				want = verifier.Invalid
			}
			if r.Verdict != want || r.Reason != tt.reason || !strings.Contains(describe(r), tt.says) {
				t.Errorf("%s, want %s, %s, %q\n%s", r.Reason, want, tt.reason, tt.says, describe(r))
			}
			if r.IssuerBy != "" && r.Result(verifier.CheckIssuer).Result != verifier.Pass {
				t.Errorf("issued by %s %s", r.IssuerBy, r.IssuerDomain)
			}
			if _, err := parseProof(n.encode()); err != nil {
				t.Error(err)
			}
		})
	}
}

// What a document claims stays between its quotation marks.
func TestClaimWithQuotes(t *testing.T) {
	n := newNamed(t, strings.Replace(badge, "did:web:uni.example", `https://evil.example/\", and uni.example vouches for it`, 1))
	n.submit("x509", n.certificate("evil.example", day, day))
	for _, verdict := range []verifier.Verdict{verifier.Valid, verifier.VerdictUnknown} {
		r := n.verify()
		if said := r.Result(verifier.CheckIssuer).Detail; r.Verdict != verdict || !strings.Contains(said, "evil.example/") ||
			strings.Contains(said, `evil.example/",`) {
			t.Error(describe(r))
		}
		n.submit("x509")
	}
}

// A certificate may have hundreds of names: a reason is no list of them all.
func TestManyNames(t *testing.T) {
	n := newNamed(t, badge)
	many := n.certificate("evil0.example", day, day, func(i *verifiertest.Issue) {
		for k := range 150 {
			i.Leaf.DNSNames = append(i.Leaf.DNSNames, strings.Replace(i.Leaf.DNSNames[0], "evil0", fmt.Sprintf("evil%d", k+1), 1))
		}
	})
	n.submit("x509", many)
	r := n.verify()
	if said := r.Result(verifier.CheckIssuer); r.Verdict != verifier.VerdictUnknown || len(said.Detail) > 2000 ||
		!strings.Contains(said.Detail, "evil0.example named this key") || !strings.Contains(said.Detail, "and more") {
		t.Errorf("%d bytes\n%s", len(said.Detail), describe(r))
	}
	n.submit("x509", n.certificate("evil0.example", day, day, func(i *verifiertest.Issue) {
		for range 150 {
			i.Leaf.DNSNames = append(i.Leaf.DNSNames, "www.evil.example")
		}
		i.Leaf.DNSNames = append(i.Leaf.DNSNames, strings.Replace(i.Leaf.DNSNames[0], "evil0", "uni", 1))
	}))
	if r := n.verify(); r.Verdict != verifier.Valid {
		t.Error(describe(r))
	}
}

// Who says whom the file must be from adds what a file that names nobody lacks.
func TestExpectedIssuer(t *testing.T) {
	pdf := "%PDF-1.4\nDiploma\n%%EOF\n"
	keyAlone := strings.Replace(badge, "did:web:uni.example", "did:key:z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp", 1)
	for _, tt := range []struct {
		document, domain, want string
		verdict                verifier.Verdict
	}{
		{pdf, "uni.example", "uni.example", verifier.Valid},
		{pdf, "uni.example", "badges.uni.example", verifier.Valid},
		{pdf, "uni.example", "https://uni.example/issuers/1", verifier.Valid},
		{pdf, "badges.uni.example", "uni.example", verifier.VerdictUnknown}, // whoever has a part does not speak for the whole
		{pdf, "evil.example", "uni.example", verifier.VerdictUnknown},
		{pdf, "uni.example", "example", verifier.VerdictUnknown},
		{badge, "uni.example", "uni.example", verifier.Valid},
		{badge, "uni.example", "did:web:uni.example", verifier.Valid},
		{badge, "uni.example", "other.example", verifier.Invalid},
		{badge, "uni.example", "did:web:uni.example:law", verifier.Invalid},
		{keyAlone, "uni.example", "uni.example", verifier.VerdictUnknown}, // such an identifier is of no domain
		{keyAlone, "uni.example", "did:key:z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp", verifier.VerdictUnknown},
		{keyAlone, "uni.example", "did:key:z6MkjchhfUsD6mmvni8mCdXHw216Xrm9bQe2mBH1P5RDjVJG", verifier.Invalid},
	} {
		n := newNamed(t, tt.document)
		n.submit("x509", n.certificate(tt.domain, day, day))
		opts := n.options()
		opts.Issuer = tt.want
		if r := n.verifyWith(opts); r.Verdict != tt.verdict {
			t.Errorf("%s for %s: want %s\n%s", tt.domain, tt.want, tt.verdict, describe(r))
		}
	}
	g := newGood(t) // in the trust store
	for want, verdict := range map[string]verifier.Verdict{"uni.example": verifier.Valid, "other.example": verifier.Invalid} {
		opts := g.options()
		opts.Issuer = want
		if r := g.verifyWith(opts); r.Verdict != verdict {
			t.Errorf("%s: want %s\n%s", want, verdict, describe(r))
		}
	}
}

// An identifier that is the key needs nobody else, for the chain that it names.
func TestPKH(t *testing.T) {
	signer := newGood(t).proof.Submission.Issuer
	for account, want := range map[string]verifier.Verdict{
		"eip155:31337:" + signer.String():                                     verifier.Valid,
		"eip155:31337:0x" + hex.EncodeToString(signer[:]):                     verifier.Valid,
		"eip155:1:" + signer.String():                                         verifier.VerdictUnknown,
		"eip155:31337:0x0000000000000000000000000000000000000007":             verifier.VerdictUnknown,
		"bip122:000000000019d6689c085ae165831e93:128Lkh3S7CkDTBZ8W7BbpsN3YYi": verifier.VerdictUnknown,
	} {
		n := newNamed(t, strings.Replace(badge, "did:web:uni.example", "did:pkh:"+account, 1))
		n.submit("x509")
		r := n.verify()
		if r.Verdict != want || want == verifier.Valid && (r.IssuerBy != verifier.ByPKH || r.IssuerDomain != "") {
			t.Errorf("%s: want %s\n%s", account, want, describe(r))
		}
	}
}

// Evidence is read as strictly as the rest of a proof.
func TestHostileIdentityEntries(t *testing.T) {
	n := newNamed(t, badge)
	n.submit("x509", n.certificate("uni.example", day, day))
	good := string(n.encode())
	i := strings.Index(good, `"identity":`)
	for name, change := range map[string][2]string{
		"no evidence":       {`"evidence": "0x30`, `"evidence": "0x", "x": "0x30`},
		"empty evidence":    {`"evidence": "0x`, `"evidence": "0x", "y": "0x`},
		"unknown member":    {`"kind": "x509"`, `"kind": "x509", "more": 1`},
		"no kind":           {`"kind": "x509",`, ``},
		"empty kind":        {`"kind": "x509"`, `"kind": ""`},
		"kind in capitals":  {`"kind": "x509"`, `"kind": "X509"`},
		"kind not a word":   {`"kind": "x509"`, `"kind": "a b"`},
		"kind too long":     {`"kind": "x509"`, `"kind": "` + strings.Repeat("a", 33) + `"`},
		"kind twice":        {`"kind": "x509"`, `"kind": "x509", "kind": "x509"`},
		"null":              {`"identity": [`, `"identity": [null, `},
		"evidence too long": {`"evidence": "0x`, `"evidence": "0x` + strings.Repeat("00", verifier.MaxIdentityEvidence)},
	} {
		bad := good[:i] + strings.Replace(good[i:], change[0], change[1], 1)
		if bad == good {
			t.Fatalf("%s: nothing changed", name)
		}
		if _, err := parseProof([]byte(bad)); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
	for _, count := range []int{0, verifier.MaxIdentity + 1} {
		p := *n.proof
		p.Submission.Identity = make([]verifier.Identity, 0, count)
		for range count {
			p.Submission.Identity = append(p.Submission.Identity, n.proof.Submission.Identity[0])
		}
		data, err := p.Encode()
		if err != nil {
			t.Fatal(err)
		}
		if count == 0 {
			data = bytes.Replace(data, []byte(`"signature":`), []byte(`"identity": [], "signature":`), 1)
		}
		if _, err := parseProof(data); err == nil {
			t.Errorf("%d entries: taken", count)
		}
	}
}
