package verifier_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hallmark-node/hallmark/verifier"
	"github.com/hallmark-node/hallmark/verifier/trustlist"
)

// TestListed shows an issuer on lists only where it is proven who that is.
func TestListed(t *testing.T) {
	list := &trustlist.List{
		Name: "Registry", Origin: "https://registry.example", Read: time.Unix(issuedAt, 0).UTC(), Entries: []trustlist.Entry{
			{Name: "Example University", IDs: []string{"did:web:uni.example"}, Domains: []string{"uni.example"}},
		},
	}
	byDomain := &trustlist.List{
		Name: "Domains", Origin: "file", Read: list.Read, Entries: []trustlist.Entry{{Name: "U", Domains: []string{"uni.example"}}},
	}
	want := []trustlist.Listed{{
		Issuer: "did:web:uni.example", Name: "Example University", List: "Registry", Origin: "https://registry.example", AsOf: list.Read,
	}}
	for name, c := range map[string]struct {
		change func(*good)
		result verifier.Result
		want   []trustlist.Listed
	}{
		"a known issuer":                     {func(*good) {}, verifier.Pass, want},
		"a stranger with a copy of the name": {func(g *good) { clear(g.trust.Issuers) }, verifier.Unknown, nil},
		"a stranger, and a complete list of keys": {func(g *good) {
			g.trust.Issuers = map[verifier.Address]*verifier.TrustedIssuer{
				addr(9): {Name: "Example University", IDs: []string{"did:web:uni.example"}, Complete: true},
			}
		}, verifier.Fail, nil},
		"a known key with the name of another": {func(g *good) {
			g.trust.Issuers[g.proof.Submission.Issuer].IDs = []string{"did:web:other.example"}
		}, verifier.Unknown, nil},
		"another document": {func(g *good) { g.document = append([]byte(nil), badge[:len(badge)-1]+" ,\"x\":1}"...) }, verifier.Unknown, nil},
		"a platform that may speak for any": {func(g *good) {
			g.trust.Issuers[g.proof.Submission.Issuer].IDs = []string{verifier.AnyIssuer}
		}, verifier.Pass, want},
	} {
		t.Run(name, func(t *testing.T) {
			g := newGood(t)
			g.pin()
			c.change(g)
			o := g.options()
			asked := false
			o.Lists = func() *trustlist.Index {
				asked = true
				return trustlist.NewIndex([]*trustlist.List{list, byDomain})
			}
			r := g.verifyWith(o)
			if got := r.Result(verifier.CheckIssuer).Result; got != c.result {
				t.Fatalf("issuer: %s, want %s\n%s", got, c.result, describe(r))
			}
			if diff := cmp.Diff(c.want, r.Listed); diff != "" {
				t.Error(diff)
			}
			if asked != (c.result == verifier.Pass) {
				t.Errorf("the lists were read: %t", asked)
			}
			if without := g.verifyWith(g.options()); without.Verdict != r.Verdict || without.Listed != nil {
				t.Errorf("without lists the verdict is %s, with them %s", without.Verdict, r.Verdict)
			}
		})
	}
}

// TestListedDomain finds an issuer by the domain that evidence named, also where the document
// has an identifier that no list knows.
func TestListedDomain(t *testing.T) {
	read := time.Unix(issuedAt, 0).UTC()
	index := trustlist.NewIndex([]*trustlist.List{
		{Name: "Domains", Origin: "file", Read: read, Entries: []trustlist.Entry{{Name: "U", Domains: []string{"uni.example"}}}},
		{Name: "Others", Origin: "file", Read: read, Entries: []trustlist.Entry{{Name: "B", Domains: []string{"badges.uni.example"}}}},
	})
	n := newNamed(t, strings.ReplaceAll(badge, "did:web:uni.example", "did:web:badges.uni.example"))
	n.submit("x509", n.certificate("uni.example", 10*day, day))
	o := n.options()
	o.Lists = func() *trustlist.Index { return index }
	r := n.verifyWith(o)
	expect(t, r, verifier.Valid, nil)
	want := []trustlist.Listed{{Issuer: "uni.example", Name: "U", List: "Domains", Origin: "file", AsOf: read}}
	if diff := cmp.Diff(want, r.Listed); diff != "" {
		t.Error(diff)
	}
	n.submit("x509", n.certificate("forger.example", 10*day, day))
	if r := n.verifyWith(o); r.Verdict == verifier.Valid || r.Listed != nil {
		t.Errorf("a forger's own domain: %s, %v", r.Verdict, r.Listed)
	}
}
