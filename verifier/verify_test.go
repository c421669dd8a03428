package verifier_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/hallmark-node/hallmark/credential"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
	"github.com/hallmark-node/hallmark/verifier/verifiertest"
)

// expect holds a report to a verdict, and to the results of the checks named;
// all others must pass.
func expect(t *testing.T, r *verifier.Report, verdict verifier.Verdict, results map[verifier.Check]verifier.Result) {
	t.Helper()
	if r.Verdict != verdict {
		t.Errorf("%s, want %s\n%s", r.Verdict, verdict, describe(r))
	}
	for _, c := range verifier.Checks() {
		want := verifier.Pass
		if c == verifier.CheckIssuerSignature {
			want = verifier.Unknown // the credentials of these tests bring none
		}
		if other, ok := results[c]; ok {
			want = other
		}
		if got := r.Result(c).Result; got != want {
			t.Errorf("%s is %s, want %s\n%s", c, got, want, describe(r))
		}
	}
}

type results = map[verifier.Check]verifier.Result

func TestGood(t *testing.T) {
	g := newGood(t)
	r := g.verify()
	expect(t, r, verifier.Valid, nil)
	if r.AnchoredAt.Unix() != issuedAt+300 || r.StatusAsOf.Unix() != int64(g.world.Time) {
		t.Errorf("anchored %s, status as of %s", r.AnchoredAt, r.StatusAsOf)
	}
	if r.IssuerName != "Example University" || r.Document.IssuerName != "Example University" || r.Chain != g.world.Chain {
		t.Errorf("report on another: %+v", r)
	}
}

func TestWithoutDocument(t *testing.T) {
	g := newGood(t)
	v, err := verifier.New(g.options())
	if err != nil {
		t.Fatal(err)
	}
	expect(t, verify(v, g.proof, nil), verifier.Valid, results{
		verifier.CheckCredential: verifier.Unknown,
		verifier.CheckValidity:   verifier.Unknown,
	})

	o := g.options()
	o.Require = []verifier.Check{verifier.CheckCredential}
	if v, err = verifier.New(o); err != nil {
		t.Fatal(err)
	}
	expect(t, verify(v, g.proof, nil), verifier.VerdictUnknown, results{
		verifier.CheckCredential: verifier.Unknown,
		verifier.CheckValidity:   verifier.Unknown,
	})
}

func TestUnreadableDocument(t *testing.T) {
	g := newGood(t)
	v, err := verifier.New(g.options())
	if err != nil {
		t.Fatal(err)
	}
	broken := io.MultiReader(bytes.NewReader(g.document[:100]), iotest.ErrReader(errors.New("disk fell out")))
	r := v.Verify(g.proof, broken)
	expect(t, r, verifier.VerdictUnknown, results{
		verifier.CheckCredential: verifier.Unknown, verifier.CheckIssuer: verifier.Unknown,
		verifier.CheckValidity: verifier.Unknown,
	})
	if !strings.Contains(r.Result(verifier.CheckCredential).Detail, "disk fell out") {
		t.Error(describe(r))
	}
}

func TestNothingTrusted(t *testing.T) {
	g := newGood(t)
	o := g.options()
	o.Trust = nil
	expect(t, g.verifyWith(o), verifier.VerdictUnknown, results{
		verifier.CheckIssuer: verifier.Unknown, verifier.CheckAnchor: verifier.Unknown,
		verifier.CheckFinality: verifier.Unknown, verifier.CheckStatus: verifier.Unknown,
	})
}

func TestTestChain(t *testing.T) {
	g := newGood(t)
	g.trust.Chains[g.world.Chain].Test = true
	r := g.verify()
	expect(t, r, verifier.VerdictUnknown, nil)
	if !r.Test {
		t.Error("the report does not say that the chain is a test")
	}
	o := g.options()
	o.AllowTest = true
	expect(t, g.verifyWith(o), verifier.Valid, nil)
	// What is wrong stays wrong on a test chain.
	g.document = bytes.Replace(g.document, []byte("Rust"), []byte("Dust"), 1)
	if got := g.verify().Verdict; got != verifier.Invalid {
		t.Errorf("a changed document is %s", got)
	}
}

func TestIssuerRules(t *testing.T) {
	const name = "did:web:uni.example"
	noName := `{"@context":["https://www.w3.org/ns/credentials/v2"],"type":["VerifiableCredential"],"issuer":{"name":"Example University"},` +
		`"credentialSubject":{}}`
	nobody := `{"hello":"world"}`
	behindURL := `{"@context":"https://w3id.org/openbadges/v2","type":"Assertion","id":"https://uni.example/a/1",` +
		`"badge":"https://uni.example/b/1",
		"recipient":{"type":"email","identity":"a@example.org","hashed":false},"issuedOn":"2026-01-01T00:00:00Z",` +
		`"verification":{"type":"hosted"}}`
	for _, tt := range []struct {
		name     string
		document string
		ids      []string
		result   verifier.Result
	}{
		{"named", badge, []string{"did:web:x.example", name}, verifier.Pass},
		{"any", badge, []string{verifier.AnyIssuer}, verifier.Pass},
		{"another name", badge, []string{"did:web:x.example"}, verifier.Unknown},
		{"a longer name", badge, []string{name + ":dept"}, verifier.Unknown},
		{"the name in another case", badge, []string{strings.ToUpper(name)}, verifier.Unknown},
		{"no names in the store", badge, nil, verifier.Unknown},
		{"the file has a name but no id", noName, []string{name}, verifier.Unknown},
		{"the file has a name but no id, any", noName, []string{verifier.AnyIssuer}, verifier.Pass},
		{"the file names nobody", "a certificate", []string{name}, verifier.Pass},
		{"the file is of an unknown sort", nobody, []string{name}, verifier.Unknown},
		{"the file is of an unknown sort, any", nobody, []string{verifier.AnyIssuer}, verifier.Pass},
		{"behind a URL", behindURL, []string{"https://uni.example"}, verifier.Unknown},
		{"behind a URL, any", behindURL, []string{verifier.AnyIssuer}, verifier.Pass},
	} {
		t.Run(strings.ReplaceAll(tt.name, " ", "-"), func(t *testing.T) {
			g := buildGood(t, verifiertest.NewWorld(t), tt.document)
			g.trust.Issuers[g.proof.Submission.Issuer].IDs = tt.ids
			r := g.verify()
			if got := r.Result(verifier.CheckIssuer).Result; got != tt.result {
				t.Errorf("issuer is %s, want %s\n%s", got, tt.result, describe(r))
			}
			if want := map[verifier.Result]verifier.Verdict{
				verifier.Pass:    verifier.Valid,
				verifier.Unknown: verifier.VerdictUnknown,
			}[tt.result]; r.Verdict != want {
				t.Errorf("%s, want %s", r.Verdict, want)
			}
		})
	}
}

// TestOtherChain: an entry of another chain is reported and decides nothing, in
// neither direction.
func TestOtherChain(t *testing.T) {
	g := newGood(t)
	elsewhere := verifiertest.NewWorld(t)
	elsewhere.Chain, elsewhere.Registry = 10, addr(0xbb)
	elsewhere.Anchor(g.batchRoot(), 5, issuedAt+999)
	g.proof.Anchors = append(g.proof.Anchors, elsewhere.Evidence(g.batchRoot(), g.proof.Submission.Issuer))
	r := g.verify()
	expect(t, r, verifier.Valid, nil)
	if d := r.Result(verifier.CheckAnchor).Detail; !strings.Contains(d, "eip155:10 was not checked") {
		t.Error(d)
	}
	g.trust.Chains[10] = &verifier.TrustedChain{Genesis: merkle.Keccak256([]byte("x")), Registries: []verifier.Address{elsewhere.Registry}}
	g.trust.Issuers[g.proof.Submission.Issuer].Homes = []verifier.Home{g.proof.Submission.Home}
	r = g.verify()
	expect(t, r, verifier.Valid, nil)
	if d := r.Result(verifier.CheckAnchor).Detail; !strings.Contains(d, "eip155:10 recorded it too") ||
		!strings.Contains(d, "not known to be final") {
		t.Error(d)
	}
	// Revoked at home: the other chain, where nobody revoked it, does not help.
	g.setStatus(verifier.StatusItem{ID: g.proof.Leaf(), Code: verifier.StatusRevoked})
	other := g.proof.Anchors[1]
	g.refresh()
	g.proof.Anchors = append(g.proof.Anchors, other)
	expect(t, g.verify(), verifier.Invalid, results{verifier.CheckStatus: verifier.Fail})
	// And alone it decides nothing.
	g.proof.Anchors = []verifier.Anchor{other}
	if r := g.verify(); r.Verdict != verifier.VerdictUnknown {
		t.Error(describe(r))
	}
}

func TestLiveFinality(t *testing.T) {
	g := newGood(t)
	g.trust.Chains[g.world.Chain].Blocks = nil
	for _, final := range []bool{true, false} {
		o := g.options()
		var asked verifier.Header
		o.Finality = func(h verifier.Header) (bool, string) { asked = h; return final, "some servers spoke" }
		r := g.verifyWith(o)
		if want := map[bool]verifier.Verdict{true: verifier.Valid, false: verifier.VerdictUnknown}[final]; r.Verdict != want {
			t.Errorf("%s, want %s", r.Verdict, want)
		}
		if asked.Genesis != g.world.Genesis || asked.Number != g.world.Number || asked.Hash != merkle.Keccak256(g.proof.Anchors[0].Header) {
			t.Errorf("asked about %+v", asked)
		}
	}
}

// A pin that contradicts the evidence is not outvoted: one of the two is not the chain's.
func TestPinBeforeServers(t *testing.T) {
	g := newGood(t)
	for name, pin := range map[string]map[uint64]verifier.Hash{
		"contradicts": {g.world.Number: merkle.Keccak256([]byte("another"))},
		"agrees":      {g.world.Number: merkle.Keccak256(g.proof.Anchors[0].Header)},
	} {
		g.trust.Chains[g.world.Chain].Blocks = pin
		o := g.options()
		o.Finality = func(verifier.Header) (bool, string) {
			t.Errorf("%s: servers were asked", name)
			return true, "servers say so"
		}
		r := g.verifyWith(o)
		if want := map[string]verifier.Verdict{"contradicts": verifier.VerdictUnknown, "agrees": verifier.Valid}[name]; r.Verdict != want {
			t.Errorf("%s: %s", name, describe(r))
		}
	}
}

func TestUnknownVoucherIsIgnored(t *testing.T) {
	g := newGood(t)
	g.proof.Anchors[0].Finality = []verifier.Voucher{verifier.Voucher(`{"kind":"oracle","word":"trust me"}`)}
	expect(t, g.verify(), verifier.Valid, nil)
	g.trust.Chains[g.world.Chain].Blocks = nil
	r := g.verify()
	if r.Verdict != verifier.VerdictUnknown || !strings.Contains(r.Result(verifier.CheckFinality).Detail, `"oracle"`) {
		t.Error(describe(r))
	}
}

// TestLaterForkHeader: fields that a later fork appends to headers do no harm.
func TestLaterForkHeader(t *testing.T) {
	g := newGood(t)
	raw := g.proof.Anchors[0].Header
	// The list's payload is longer than 255 bytes, so its length stands in two.
	if raw[0] != 0xf9 {
		t.Fatalf("header starts with %x", raw[0])
	}
	longer := append(slices.Clone(raw), 0x80, 0x84, 1, 2, 3, 4)
	n := len(longer) - 3
	longer[1], longer[2] = byte(n>>8), byte(n)
	g.proof.Anchors[0].Header = longer
	g.pin()
	expect(t, g.verify(), verifier.Valid, nil)
}

func TestStatusAge(t *testing.T) {
	g := newGood(t)
	asOf := time.Unix(int64(g.world.Time), 0)
	for _, tt := range []struct {
		now    time.Time
		max    time.Duration
		result verifier.Result
	}{
		{asOf, 0, verifier.Pass},
		{asOf.Add(30 * 24 * time.Hour), 0, verifier.Pass},
		{asOf.Add(30*24*time.Hour + time.Second), 0, verifier.Unknown},
		{asOf.Add(2 * time.Hour), time.Hour, verifier.Unknown},
		{asOf.Add(-15 * time.Minute), 0, verifier.Pass},
		{asOf.Add(-15*time.Minute - time.Second), 0, verifier.Unknown},
	} {
		g.now = tt.now
		o := g.options()
		o.MaxStatusAge = tt.max
		r := g.verifyWith(o)
		if got := r.Result(verifier.CheckStatus).Result; got != tt.result {
			t.Errorf("at %s: %s, want %s", tt.now.Sub(asOf), got, tt.result)
		}
	}
	// Nobody is condemned by what may have been taken back since.
	g.setStatus(verifier.StatusItem{ID: g.proof.Leaf(), Code: verifier.StatusSuspended})
	g.refresh()
	g.now = asOf.Add(31 * 24 * time.Hour)
	r := g.verify()
	if d := r.Result(verifier.CheckStatus); d.Result != verifier.Unknown || !strings.Contains(d.Detail, "suspended") {
		t.Error(describe(r))
	}
}

func TestPolicy(t *testing.T) {
	g := newGood(t)
	g.now = g.now.Add(60 * 24 * time.Hour)
	o := g.options()
	o.AllowUnknown = []verifier.Check{verifier.CheckStatus}
	if r := g.verifyWith(o); r.Verdict != verifier.Valid {
		t.Error(describe(r))
	}
	for _, bad := range []verifier.Options{
		{},
		{Now: time.Now, MaxStatusAge: -1},
		{Now: time.Now, Require: []verifier.Check{"honesty"}},
		{Now: time.Now, AllowUnknown: []verifier.Check{"honesty"}},
		{Now: time.Now, AllowUnknown: []verifier.Check{verifier.CheckStatus}, Require: []verifier.Check{verifier.CheckStatus}},
	} {
		if _, err := verifier.New(bad); err == nil {
			t.Errorf("%+v was taken", bad)
		}
	}
}

// TestNoStatusList: while the issuer's status root is proven zero, everything is
// good and nothing more needs showing.
func TestNoStatusList(t *testing.T) {
	g := newGood(t)
	g.setStatus()
	g.refresh()
	expect(t, g.verify(), verifier.Valid, nil)
	// The same for an issuer of whom the registry holds nothing at all.
	one, two := verifier.IssuerSlots(g.proof.Submission.Issuer)
	g.world.Set(one, nil)
	g.world.Set(two, nil)
	g.refresh()
	expect(t, g.verify(), verifier.Valid, nil)
}

// TestRetiredLater: what was anchored before the key was retired stays good.
func TestRetiredLater(t *testing.T) {
	g := newGood(t)
	g.world.Issuer(g.proof.Submission.Issuer, g.list.Root(), issuedAt+301, 1, issuedAt+400)
	g.refresh()
	expect(t, g.verify(), verifier.Valid, nil)
}

// TestLargeDocument: a file too long to be kept in memory is hashed as a stream; a
// PDF names nobody however long it is, JSON that long cannot be looked into.
func TestLargeDocument(t *testing.T) {
	for _, tt := range []struct {
		head    string
		verdict verifier.Verdict
		issuer  verifier.Result
	}{
		{"%PDF-1.7\n", verifier.Valid, verifier.Pass},
		{"{\"issuer\":\"did:web:uni.example\",\"x\":\"", verifier.VerdictUnknown, verifier.Unknown},
	} {
		document := tt.head + strings.Repeat(" ", 17<<20)
		g := newGood(t)
		raw, err := credential.Sum(strings.NewReader(document), credential.FormRaw, "")
		if err != nil {
			t.Fatal(err)
		}
		g.proof.Credential = raw
		g.proof.Submission.Count, g.proof.Submission.Path = 1, nil
		g.sign()
		g.world.Anchor(g.batchRoot(), 900, issuedAt+300)
		g.refresh()
		g.document = []byte(document)
		r := g.verify()
		if r.Verdict != tt.verdict || r.Result(verifier.CheckCredential).Result != verifier.Pass ||
			r.Result(verifier.CheckIssuer).Result != tt.issuer {
			t.Error(describe(r))
		}
	}
}

// TestValidityOfEveryKind: the dates of each kind of document count, and those
// without a time zone only where they hold, or do not, everywhere on earth.
func TestValidityOfEveryKind(t *testing.T) {
	jwt := func(payload string) string {
		e := base64.RawURLEncoding.EncodeToString
		return e([]byte(`{"alg":"ES256"}`)) + "." + e([]byte(payload)) + ".c2ln"
	}
	now := time.Unix(issuedAt+1200, 0).UTC() // 2026-01-01T00:20:00Z
	for _, tt := range []struct {
		name, doc string
		want      verifier.Result
	}{
		{
			"Open Badge 2.0, good", `{"type":"Assertion","badge":{},"issuedOn":"2025-01-01T00:00:00Z","expires":"2027-01-01T00:00:00Z"}`,
			verifier.Pass,
		},
		{"Open Badge 2.0, over", `{"type":"Assertion","badge":{},"expires":"2025-12-31T23:59:59Z"}`, verifier.Fail},
		{"Open Badge 1.0, over", `{"badge":"https://a","issuedOn":1500000000,"expires":1600000000}`, verifier.Fail},
		{"Blockcerts 2, over", `{"@context":["https://w3id.org/openbadges/v2","https://w3id.org/blockcerts/v2"],"type":"Assertion","badge":{},` +
			`"expires":"2025-01-01T00:00:00.000+00:00"}`, verifier.Fail},
		{"Blockcerts 3, over", `{"@context":["https://www.w3.org/2018/credentials/v1","https://w3id.org/blockcerts/v3"],` +
			`"type":["VerifiableCredential","BlockcertsCredential"],"expirationDate":"2025-01-01T00:00:00Z"}`, verifier.Fail},
		{"Europass, good", `{"type":["VerifiableCredential","EuropeanDigitalCredential"],"issued":"2010-01-01T00:00:00",` +
			`"validUntil":"2030-01-01T00:00:00"}`, verifier.Pass},
		{"Europass, over", `{"type":["VerifiableCredential","EuropeanDigitalCredential"],"expirationDate":"2024-09-25T00:00:00"}`, verifier.Fail},
		{"Europass, not yet", `{"type":["VerifiableCredential","EuropeanDigitalCredential"],"issued":"2026-01-03T00:00:00"}`, verifier.Fail},
		{"no zone, about now", `{"type":"VerifiableCredential","validUntil":"2026-01-01T09:00:00"}`, verifier.Unknown},
		{"no zone, not over anywhere", `{"type":"VerifiableCredential","validUntil":"2026-01-01T14:20:00"}`, verifier.Pass},
		{"no zone, over everywhere", `{"type":"VerifiableCredential","validUntil":"2025-12-31T12:19:59"}`, verifier.Fail},
		{"no zone, begun somewhere", `{"type":"VerifiableCredential","validFrom":"2026-01-01T10:00:00"}`, verifier.Unknown},
		{"day alone, today", `{"type":"VerifiableCredential","validUntil":"2026-01-01"}`, verifier.Unknown},
		{"day alone, long over", `{"type":"VerifiableCredential","validUntil":"2025-12-29"}`, verifier.Fail},
		{"CLR, over", `{"type":["VerifiableCredential","ClrCredential"],"validUntil":"2025-01-01T00:00:00Z"}`, verifier.Fail},
		{"token, over", jwt(`{"type":"VerifiableCredential","exp":1700000000}`), verifier.Fail},
		{"token, not yet", jwt(`{"vc":{"type":"VerifiableCredential"},"nbf":1900000000}`), verifier.Fail},
		{"not a date", `{"type":"VerifiableCredential","validUntil":"soon"}`, verifier.Unknown},
		{"not a date, over", `{"type":"VerifiableCredential","validFrom":"soon","validUntil":"2025-01-01T00:00:00Z"}`, verifier.Fail},
		{"not a date, not yet", `{"type":"VerifiableCredential","validFrom":"2027-01-01T00:00:00Z","validUntil":"late"}`, verifier.Fail},
		{"not a date, good", `{"type":"VerifiableCredential","validFrom":"soon","validUntil":"2027-01-01T00:00:00Z"}`, verifier.Unknown},
		{"two ends, one over", `{"type":"VerifiableCredential","validUntil":"2025-01-01","expirationDate":"2027-01-01"}`, verifier.Unknown},
		{"two ends, both over", `{"type":"VerifiableCredential","validUntil":"2025-01-01","expirationDate":"2024-01-01"}`, verifier.Unknown},
		{
			"issued twice, once in the future",
			`{"type":"VerifiableCredential","issued":"2025-01-01","issuanceDate":"2027-01-01"}`, verifier.Unknown,
		},
		{"issued before it is valid", `{"type":"VerifiableCredential","validFrom":"2027-01-01","issued":"2025-01-01"}`, verifier.Fail},
		{"this month", `{"type":"VerifiableCredential","validUntil":"2026-01"}`, verifier.Unknown},
		{"last year", `{"type":"VerifiableCredential","validUntil":"2024"}`, verifier.Fail},
		{"of somebody's software, over", `{"type":"VerifiableCredential","expiresOn":"2020-11-02 17:08:43"}`, verifier.Fail},
		{"of an mdoc in a token, over", jwt(`{"vct":"x","exp":1900000000,"expiry_date":"2025-01-01"}`) + "~", verifier.Fail},
		{"milliseconds", jwt(`{"type":"VerifiableCredential","exp":1700000000000}`), verifier.Unknown},
	} {
		g := buildGood(t, verifiertest.NewWorld(t), tt.doc)
		g.now = now
		if got := g.verify().Result(verifier.CheckValidity); got.Result != tt.want {
			t.Errorf("%s: %s, want %s: %s", tt.name, got.Result, tt.want, got.Detail)
		}
	}
}

// TestRecipient: whom the credential is about is checked where that is asked for.
func TestRecipient(t *testing.T) {
	const hashed = `{"type":"Assertion","badge":"https://a.example/b","recipient":{"type":"email","hashed":true,"salt":"deadsea",` +
		`"identity":"sha256$ecf5409f3f4b91ab60cc5ef4c02aef7032354375e70cf4d8e43f6a1d29891942"}}`
	for _, tt := range []struct {
		name, doc, who string
		want           verifier.Result
	}{
		{"hashed, in no usual spelling", hashed, "alice@example.org", verifier.Unknown},
		{"another", `{"type":"VerifiableCredential","credentialSubject":{"email":"bob@example.org"}}`, "alice@example.org", verifier.Fail},
		{"hashed, asked for a DID", hashed, "did:key:a", verifier.Unknown},
		{"plain", `{"type":"VerifiableCredential","credentialSubject":{"id":"did:key:a"}}`, "did:key:a", verifier.Pass},
		{"nobody", `{"type":"VerifiableCredential"}`, "did:key:a", verifier.Unknown},
		{
			"nothing to compare in what is broken", `{"type":"VerifiablePresentation","credentialSubject":{"id":"did:key:a"}}`, "did:key:b",
			verifier.Unknown,
		},
	} {
		g := buildGood(t, verifiertest.NewWorld(t), tt.doc)
		g.trust.Issuers[g.proof.Submission.Issuer].IDs = []string{verifier.AnyIssuer}
		o := g.options()
		o.Recipient = tt.who
		r := g.verifyWith(o)
		if got := r.Result(verifier.CheckRecipient); got.Result != tt.want || r.Checks[len(r.Checks)-1] != got {
			t.Errorf("%s: %+v, want %s", tt.name, got, tt.want)
		}
		if want := map[verifier.Result]verifier.Verdict{
			verifier.Pass: verifier.Valid, verifier.Fail: verifier.Invalid,
			verifier.Unknown: verifier.VerdictUnknown,
		}[tt.want]; r.Verdict != want {
			t.Errorf("%s: %s, want %s\n%s", tt.name, r.Verdict, want, describe(r))
		}
	}
}

// TestBakedBadge: the picture that carries the credential serves as well as the
// credential, and the report says that the picture is not covered.
func TestBakedBadge(t *testing.T) {
	svg, err := credential.Bake([]byte(`<svg xmlns="http://www.w3.org/2000/svg"/>`), []byte(badge))
	if err != nil {
		t.Fatal(err)
	}
	g := newGood(t)
	g.document = svg
	r := g.verify()
	expect(t, r, verifier.Valid, nil)
	if detail := r.Result(verifier.CheckCredential).Detail; r.Covers != credential.CoversCarried ||
		!strings.Contains(detail, "the picture itself is not covered") {
		t.Errorf("covers %s: %s", r.Covers, detail)
	}
	g.document = bytes.ReplaceAll(svg, []byte("Rust removal"), []byte("Rust making"))
	other := results{verifier.CheckCredential: verifier.Fail, verifier.CheckIssuer: verifier.Unknown, verifier.CheckValidity: verifier.Unknown}
	expect(t, g.verify(), verifier.Invalid, other)
	// Of two, which one is meant cannot be told.
	g.document = bytes.Replace(svg, []byte("</svg>"), []byte("<openbadges:assertion/></svg>"), 1)
	other[verifier.CheckCredential] = verifier.Unknown
	expect(t, g.verify(), verifier.VerdictUnknown, other)
}

// TestExpiredWithoutIssuerID: a doubt about the issuer does not hide that the
// credential's own dates do not hold.
func TestExpiredWithoutIssuerID(t *testing.T) {
	g := buildGood(t, verifiertest.NewWorld(t), `{"@context":["https://www.w3.org/ns/credentials/v2"],"type":["VerifiableCredential"],
		"issuer":{"name":"Example University"},"validUntil":"2020-01-01T00:00:00Z","credentialSubject":{}}`)
	g.trust.Issuers[g.proof.Submission.Issuer].IDs = []string{verifier.AnyIssuer}
	expect(t, g.verify(), verifier.Invalid, results{verifier.CheckValidity: verifier.Fail})
}
