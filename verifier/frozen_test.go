package verifier_test

import (
	"strings"
	"testing"
	"time"

	"github.com/hallmark-node/hallmark/credential/hosted"
	"github.com/hallmark-node/hallmark/verifier"
)

// frozenBadge is a badge of https://uni.example/issuer as its platform answered.
func frozenBadge(t *testing.T, status int, more string) string {
	t.Helper()
	part := func(role hosted.Role, path, body string) hosted.Part {
		return hosted.Part{
			Role: role, URL: "https://uni.example/" + path, Status: 200, Body: []byte(body), Fetched: time.Unix(issuedAt-1000, 0).UTC(),
		}
	}
	assertion := part(
		hosted.RoleAssertion,
		"a",
		`{"type": "Assertion", "id": "https://uni.example/a", "badge": "https://uni.example/b"`+more+`}`,
	)
	assertion.Status = status
	b := hosted.New(assertion)
	b.Add(
		part(
			hosted.RoleBadge,
			"b",
			`{"type": "BadgeClass", "id": "https://uni.example/b", "name": "Net Mending", "issuer": "https://uni.example/issuer"}`,
		),
	)
	b.Add(part(hosted.RoleIssuer, "issuer", `{"type": "Profile", "id": "https://uni.example/issuer", "name": "University"}`))
	data, err := b.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// A frozen badge counts as its issuer's where the issuer anchored it, and never because of what
// stands in it. That somebody else anchored it, who does not claim to be the issuer, is no proof of
// a forgery.
func TestFrozen(t *testing.T) {
	const day = 24 * time.Hour
	complete := map[verifier.Address]*verifier.TrustedIssuer{
		addr(7): {Name: "University", IDs: []string{"https://uni.example/issuer"}, Complete: true},
	}
	for _, tt := range []struct {
		name    string
		doc     string
		do      func(*named)
		verdict verifier.Verdict
		reason  verifier.Reason
		says    string
	}{
		{"anchored by the issuer", frozenBadge(t, 200, ""), func(n *named) {
			n.submit("x509", n.certificate("uni.example", day, day))
		}, verifier.Valid, "", "issuedby"},
		{"anchored by somebody", frozenBadge(t, 200, ""), func(*named) {}, verifier.VerdictUnknown, verifier.ReasonIssuerUnknown, ""},
		{"anchored by somebody with a domain", frozenBadge(t, 200, ""), func(n *named) {
			n.submit("x509", n.certificate("evil.example", day, day))
		}, verifier.VerdictUnknown, verifier.ReasonIssuerUnknown, ""},
		{"anchored by somebody, and all keys of the issuer are known", frozenBadge(t, 200, ""), func(n *named) {
			n.trust.Issuers = complete
		}, verifier.VerdictUnknown, verifier.ReasonNameOfAnother, "for whom only"},
		// Who got hold of the domain does not get round the list of keys by freezing.
		{"by the domain, and all keys of the issuer are known", frozenBadge(t, 200, ""), func(n *named) {
			n.submit("x509", n.certificate("uni.example", day, day))
			n.trust.Issuers = complete
		}, verifier.VerdictUnknown, verifier.ReasonNameOfAnother, "for whom only"},
		{"revoked by the answer", frozenBadge(t, 410, ""), func(n *named) {
			n.submit("x509", n.certificate("uni.example", day, day))
		}, verifier.Invalid, verifier.ReasonRevoked, "answered HTTP 410"},
		{"revoked by its words", frozenBadge(t, 200, `, "revoked": true`), func(n *named) {
			n.submit("x509", n.certificate("uni.example", day, day))
		}, verifier.Invalid, verifier.ReasonRevoked, "said so"},
		{"of another host", strings.ReplaceAll(frozenBadge(t, 200, ""), `"https://uni.example/a"`, `"https://evil.example/a"`), func(n *named) {
			n.submit("x509", n.certificate("uni.example", day, day))
		}, verifier.VerdictUnknown, verifier.ReasonIssuerUnreadable, "do not belong together"},
	} {
		t.Run(strings.ReplaceAll(tt.name, " ", "-"), func(t *testing.T) {
			n := newNamed(t, tt.doc)
			tt.do(n)
			r := n.verify()
			if r.Verdict != tt.verdict || r.Reason != tt.reason ||
				tt.verdict != verifier.Valid && !strings.Contains(describe(r), tt.says) {
				t.Errorf("%s (%s), want %s (%s), %q\n%s", r.Verdict, r.Reason, tt.verdict, tt.reason, tt.says, describe(r))
			}
		})
	}
}
