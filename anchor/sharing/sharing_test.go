package sharing

import (
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hallmark-node/hallmark/verifier"
)

// Each language has every text, with the same values in it.
func TestWords(t *testing.T) {
	place := regexp.MustCompile(`\{\d\}`)
	english := catalog[languages[0]]
	for _, tag := range languages {
		words := catalog[tag]
		if got, want := slices.Sorted(maps.Keys(words)), slices.Sorted(maps.Keys(english)); !slices.Equal(got, want) {
			t.Errorf("%s has the keys %q, want %q", tag, got, want)
		}
		for key, text := range words {
			if strings.TrimSpace(text) == "" {
				t.Errorf("%s: %s is empty", tag, key)
			}
			got, want := place.FindAllString(text, -1), place.FindAllString(english[key], -1)
			slices.Sort(got)
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Errorf("%s: %s has the values %q, want %q", tag, key, got, want)
			}
		}
	}
	states := []State{
		StateValid, StateTest, StateRevoked, StateSuspended, StateExpired, StateEarly, StateInvalid, StateIssuer, StateUnknown,
	}
	for _, state := range states {
		if english[string(state)] == "" || english[string(state)+".more"] == "" {
			t.Errorf("no words for %s", state)
		}
	}
}

// Every word that is used is there.
func TestWordsUsed(t *testing.T) {
	for _, found := range regexp.MustCompile(`Word "([a-z.]+)"`).FindAllStringSubmatch(pageHTML, -1) {
		if catalog[languages[0]][found[1]] == "" {
			t.Errorf("page.html wants %q", found[1])
		}
	}
}

func TestLanguageOf(t *testing.T) {
	for _, c := range []struct{ chosen, accept, want string }{
		{"", "", "en"},
		{"", "de-AT,de;q=0.9,en;q=0.8", "de"},
		{"", "pt-BR,es;q=0.5", "es"},
		{"", "zh-TW", "zh"},
		{"", "ar-MA", "ar"},
		{"", "ja, ko", "en"},
		{"fr", "de", "fr"},
		{"xx", "de", "de"},
		{"<script>", "nonsense;q=x", "en"},
		{strings.Repeat("a-", 10_000), strings.Repeat("de,", 10_000), "de"},
	} {
		if got := LanguageOf(c.chosen, c.accept).Code(); got != c.want {
			t.Errorf("%.20q, %.20q: %s, want %s", c.chosen, c.accept, got, c.want)
		}
	}
}

func TestLinkedIn(t *testing.T) {
	a := award{
		name: "Welding & more, \"level 2\"", organization: "Example College", id: "0123-4567", url: "https://node.example/b/0x12?a=b",
		issued: time.Date(2026, 1, 31, 0, 0, 0, 0, time.UTC), ends: time.Date(2028, 12, 1, 0, 0, 0, 0, time.UTC),
	}
	u, err := url.Parse(a.linkedIn())
	if err != nil || u.Host != "www.linkedin.com" || u.Path != "/profile/add" {
		t.Fatalf("%s, %v", u, err)
	}
	want := url.Values{
		"startTask": {"CERTIFICATION_NAME"}, "name": {a.name}, "organizationName": {a.organization}, "issueYear": {"2026"}, "issueMonth": {"1"},
		"expirationYear": {"2028"}, "expirationMonth": {"12"}, "certUrl": {a.url}, "certId": {a.id},
	}
	if got := u.Query(); !maps.EqualFunc(got, want, slices.Equal) {
		t.Errorf("%v, want %v", got, want)
	}
	a.ends, a.organization = time.Time{}, ""
	if got := a.linkedIn(); strings.Contains(got, "expiration") || strings.Contains(got, "organization") {
		t.Errorf("what is not stated is in %s", got)
	}
}

func TestBadgeType(t *testing.T) {
	for begin, want := range map[string]string{
		"\ufeff \n{": "application/json", "\x89PNG\r\n": "image/png", "%PDF-1.7": "application/pdf", "<svg": "image/svg+xml",
		"eyJh": "text/plain", "": "application/octet-stream", "MZ": "application/octet-stream",
	} {
		if got, _ := BadgeType([]byte(begin)); got != want {
			t.Errorf("%q: %s, want %s", begin, got, want)
		}
	}
}

// What a badge calls its issuer is never told as what is proven of it.
func TestIssuerIsProven(t *testing.T) {
	key := verifier.Address{19: 1}
	for by, want := range map[verifier.IssuerBy]string{
		verifier.ByX509: "mallory.example", verifier.ByDNSSEC: "mallory.example", verifier.ByStore: "Mallory", verifier.ByPKH: key.String(),
	} {
		r := &verifier.Report{IssuerBy: by, IssuerDomain: "mallory.example", IssuerName: "Mallory", Issuer: key}
		r.Document.IssuerName = "Great University"
		l := LanguageOf("en", "")
		if got := issuerOf(r); got != want {
			t.Errorf("%s: issued by %q, want %q", by, got, want)
		}
		if got := byOf(r, l); !strings.Contains(got, "The credential itself calls its issuer “Great University”.") {
			t.Errorf("%s: %q", by, got)
		}
		v := &View{Report: r}
		if c := v.Card(Site{URL: "https://node.example"}, l); c.Issuer != want {
			t.Errorf("%s: the card says %q", by, c.Issuer)
		}
	}
}
