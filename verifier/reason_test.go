package verifier_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/hallmark-node/hallmark/credential"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
	"github.com/hallmark-node/hallmark/verifier/verifiertest"
)

// The word for programs and the few words for people, for each way to be not VALID.
func TestReasons(t *testing.T) {
	expired := strings.Replace(badge, "2036-01-01", "2026-01-01", 1)
	future := strings.Replace(badge, `"validFrom":"2026-01-01`, `"validFrom":"2031-01-01`, 1)
	unreadable := strings.Replace(badge, "2036-01-01T00:00:00Z", "some day", 1)
	claim := func(end string) string {
		return strings.Replace(badge, `"credentialSubject":{`, `"credentialSubject":{"expiry_date":"`+end+`",`, 1)
	}
	none := func(*good, *verifier.Options) {}
	for _, tt := range []struct {
		document string
		do       func(*good, *verifier.Options)
		reason   verifier.Reason
		words    string
	}{
		{badge, none, "", ""},
		{expired, none, verifier.ReasonExpired, "expired 2026-01-01"},
		{expired, func(_ *good, o *verifier.Options) { o.AllowExpired = true }, "", ""},
		{future, none, verifier.ReasonNotYetValid, "not yet valid until 2031-01-01"},
		{unreadable, none, verifier.ReasonDatesUnreadable, "dates cannot be told"},
		{claim("2036-01-01"), none, "", ""},
		{claim("2026-01-01"), none, verifier.ReasonDatesUnreadable, "dates cannot be told"},
		{claim("2026-01-01"), func(_ *good, o *verifier.Options) { o.AllowExpired = true }, "", ""},
		{claim("some day"), func(_ *good, o *verifier.Options) { o.AllowExpired = true }, verifier.ReasonDatesUnreadable, "dates cannot be told"},
		{
			badge, func(g *good, _ *verifier.Options) {
				g.document = append(g.document[:len(g.document)-1], []byte(`,"x":1}`)...)
			},
			verifier.ReasonAltered, "altered",
		},
		{badge, func(g *good, _ *verifier.Options) {
			g.setStatus(verifier.StatusItem{ID: g.proof.Leaf(), Code: verifier.StatusRevoked})
			g.refresh()
		}, verifier.ReasonRevoked, "revoked"},
		{badge, func(g *good, _ *verifier.Options) {
			g.setStatus(verifier.StatusItem{ID: g.submissionRoot(), Code: verifier.StatusSuspended})
			g.refresh()
		}, verifier.ReasonSuspended, "suspended"},
		{
			badge, func(g *good, _ *verifier.Options) { g.now = g.now.Add(60 * 24 * time.Hour) },
			verifier.ReasonStatusOld, "status too old",
		},
		{
			strings.Replace(badge, `"validFrom":"2026-01-01T00:00:00Z",`, "", 1),
			func(g *good, _ *verifier.Options) { g.now = g.now.Add(-60 * 24 * time.Hour) },
			verifier.ReasonStatusFuture, "status from the future",
		},
		{
			badge, func(g *good, _ *verifier.Options) {
				g.proof.Anchors[0].Status = nil
			}, verifier.ReasonStatusMissing, "status missing",
		},
		{badge, func(_ *good, o *verifier.Options) { o.Trust = nil }, verifier.ReasonIssuerUnknown, "issuer not known"},
		{
			badge, func(g *good, _ *verifier.Options) {
				delete(g.trust.Chains, g.world.Chain)
				g.trust.Issuers[g.proof.Submission.Issuer].Homes = []verifier.Home{g.proof.Submission.Home}
			},
			verifier.ReasonChainUnknown, "chain not known",
		},
		{badge, func(g *good, _ *verifier.Options) { g.trust.Chains[g.world.Chain].Blocks = nil }, verifier.ReasonNotFinal, "not final"},
		{badge, func(g *good, _ *verifier.Options) { g.trust.Chains[g.world.Chain].Test = true }, verifier.ReasonTestChain, "chain for tests"},
		{badge, func(g *good, _ *verifier.Options) { g.proof.Batch, g.proof.Anchors = nil, nil }, verifier.ReasonPending, "pending"},
		{
			badge, func(g *good, _ *verifier.Options) { g.proof.Salt = merkle.Keccak256([]byte("x")) },
			verifier.ReasonSignatureWrong, "signature wrong",
		},
		{
			badge, func(g *good, _ *verifier.Options) { g.trust.Issuers[g.proof.Submission.Issuer].NotAfter = issuedAt },
			verifier.ReasonIssuerTime, "key not believed at that time",
		},
		{
			badge, func(_ *good, o *verifier.Options) { o.Recipient = "a@example.org" },
			verifier.ReasonRecipientUnknown, "recipient cannot be told",
		},
		{
			badge, func(_ *good, o *verifier.Options) { o.Require = []verifier.Check{verifier.CheckIssuerSignature} },
			verifier.ReasonSignatureAbsent, "no signature of its own",
		},
		{
			badge, func(_ *good, o *verifier.Options) { o.Elsewhere = elsewhere(verifier.Fail, verifier.ReasonRevoked) },
			verifier.ReasonRevoked, "revoked",
		},
		{badge, func(_ *good, o *verifier.Options) {
			o.Elsewhere = elsewhere(verifier.Unknown, verifier.ReasonUnreadable)
		}, "", ""},
	} {
		g := buildGood(t, verifiertest.NewWorld(t), tt.document)
		opts := g.options()
		tt.do(g, &opts)
		r := g.verifyWith(opts)
		if r.Reason != tt.reason || r.Because() != tt.words || (r.Verdict == verifier.Valid) != (tt.reason == "") {
			t.Errorf("%q %q, want %q %q\n%s", r.Reason, r.Because(), tt.reason, tt.words, describe(r))
		}
		for _, c := range r.Checks {
			if (c.Reason == "") != (c.Result == verifier.Pass) {
				t.Errorf("%s is %s by %q", c.Check, c.Result, c.Reason)
			}
		}
	}
}

// What stands elsewhere speaks against a credential only where its issuer is known.
func TestElsewhereOfAStranger(t *testing.T) {
	g := newGood(t)
	opts := g.options()
	opts.Elsewhere = elsewhere(verifier.Fail, verifier.ReasonRevoked)
	g.trust.Issuers = nil
	if r := g.verifyWith(opts); r.Verdict != verifier.VerdictUnknown || r.Reason != verifier.ReasonIssuerUnknown {
		t.Error(describe(r))
	}
}

func elsewhere(
	result verifier.Result,
	reason verifier.Reason,
) func([]byte, credential.Description) (verifier.Result, verifier.Reason, string) {
	return func(document []byte, _ credential.Description) (verifier.Result, verifier.Reason, string) {
		if !json.Valid(document) {
			panic("not the document")
		}
		return result, reason, "as the test wants it"
	}
}
