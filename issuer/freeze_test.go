package issuer_test

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/hallmark-node/hallmark/credential"
	"github.com/hallmark-node/hallmark/credential/hosted"
	"github.com/hallmark-node/hallmark/issuer"
	"github.com/hallmark-node/hallmark/verifier/online"
	"github.com/hallmark-node/hallmark/verifier/online/onlinetest"
)

// platform is a server that hosts one badge. Handlers of a test go before what it has.
type platform struct {
	url   string
	web   *online.Fetcher
	mux   map[string]http.HandlerFunc
	mu    sync.Mutex // guards asked
	asked []string   // paths
}

func newPlatform(t *testing.T) *platform {
	t.Helper()
	p := &platform{mux: make(map[string]http.HandlerFunc)}
	web := onlinetest.New(t)
	host := web.Serve(t, "badges.example", p)
	p.url = "https://" + host
	p.web = online.New(online.Options{Private: true, Roots: web.Roots, Resolver: onlinetest.Resolver(t, onlinetest.Here)})
	p.json("/a/1", `{"@context": "https://w3id.org/openbadges/v2", "type": "Assertion", "id": "URL/a/1", "badge": "URL/b/1",
  "recipient": {"type": "email", "hashed": false, "identity": "mia.okoro@mail.example"}, "issuedOn": "2024-05-02T10:00:00Z",
  "verification": {"type": "hosted"}}`)
	p.json("/b/1", `{"@context": "https://w3id.org/openbadges/v2", "type": "BadgeClass", "id": "URL/b/1", "name": "Net Mending",
  "image": "URL/b.png", "criteria": {"narrative": "mends nets"}, "issuer": "URL/i/1"}`)
	p.json("/i/1", `{"@context": "https://w3id.org/openbadges/v2", "type": "Profile", "id": "URL/i/1", "name": "Harbour School"}`)
	p.answer("/b.png", 200, "image/png", "\x89PNG\r\n\x1a\n")
	return p
}

func (p *platform) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	p.asked = append(p.asked, r.URL.Path)
	p.mu.Unlock()
	if h := p.mux[r.URL.Path]; h != nil {
		h(w, r)
		return
	}
	http.NotFound(w, r)
}

func (p *platform) answer(path string, status int, kind, body string) {
	p.mux[path] = func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", kind)
		w.WriteHeader(status)
		_, _ = w.Write([]byte(strings.ReplaceAll(body, "URL", p.url))) // who asked may be gone
	}
}

func (p *platform) json(path, body string) {
	p.answer(path, 200, "application/json; charset=utf-8", body)
}

func (p *platform) redirect(path, to string) {
	p.mux[path] = func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, strings.ReplaceAll(to, "URL", p.url), http.StatusFound)
	}
}

func (p *platform) freeze(t *testing.T, path string) (*issuer.Frozen, error) {
	t.Helper()
	return issuer.Freeze(t.Context(), p.web, &issuer.Freezable{Address: p.url + path})
}

func TestFreeze(t *testing.T) {
	p := newPlatform(t)
	f, err := p.freeze(t, "/a/1")
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(p.asked, []string{"/a/1", "/b/1", "/i/1", "/b.png"}) || f.Remarks != nil || f.Missing != nil || f.Revoked != "" {
		t.Errorf("asked %q, remarks %q, missing %q, revoked %q", p.asked, f.Remarks, f.Missing, f.Revoked)
	}
	d := credential.Describe(f.Data)
	if d.Problem != "" || !slices.Equal(d.IssuerIDs, []string{p.url + "/i/1"}) || !slices.Equal(d.Names, []string{"Net Mending"}) {
		t.Errorf("it reads as %+v", d)
	}
	b, err := hosted.Parse(f.Data)
	if err != nil {
		t.Fatal(err)
	}
	if b.Parts[0].MediaType != "application/json" || b.Parts[0].URL != p.url+"/a/1" || b.Badge != p.url+"/a/1" ||
		string(b.Parts[3].Body) != "\x89PNG\r\n\x1a\n" {
		t.Errorf("got %+v", b)
	}
}

// What platforms answer, and what then becomes of the badge. err is what the error must say;
// without one all is well but for what is missing and remarked.
func TestFreezeAnswers(t *testing.T) {
	const page = "<!DOCTYPE html><title>A badge</title>"
	for _, c := range []struct {
		name    string
		change  func(*platform)
		path    string
		err     string
		missing string
		remark  string
		revoked string
	}{
		{name: "redirected", path: "/old", change: func(p *platform) { p.redirect("/old", "URL/a/1") }},
		{name: "redirected, calls itself as it was asked", change: func(p *platform) {
			p.mux["/moved"] = p.mux["/a/1"]
			p.redirect("/a/1", "URL/moved")
		}},
		{name: "under a second address", path: "/page/1", change: func(p *platform) { p.mux["/page/1"] = p.mux["/a/1"] }},
		{name: "a class under a second address", change: func(p *platform) {
			p.mux["/b/2"] = p.mux["/b/1"]
			p.json("/a/1", `{"type": "Assertion", "id": "URL/a/1", "badge": "URL/b/2"}`)
		}},
		{name: "calls itself by an address that has another", path: "/page/1", change: func(p *platform) {
			p.mux["/page/1"] = p.mux["/a/1"]
			p.json("/a/1", `{"type": "Assertion", "id": "URL/a/2", "badge": "URL/b/1"}`)
		}, err: "calls itself"},
		{name: "calls itself by an address elsewhere", change: func(p *platform) {
			p.json("/a/1", `{"type": "Assertion", "id": "https://elsewhere.example/a", "badge": "URL/b/1"}`)
		}, err: `the assertion calls itself "https://elsewhere.example/a"`},
		{name: "redirected in a circle", change: func(p *platform) { p.redirect("/a/1", "URL/a/1") }, err: "redirects more than 5 times"},
		{
			name: "redirected to the cloud", change: func(p *platform) { p.redirect("/a/1", "https://169.254.169.254/") },
			err: "not one of the public internet",
		},
		{name: "redirected to http", change: func(p *platform) { p.redirect("/a/1", "http://badges.example/") }, err: "only https:// is asked"},
		{name: "not there", path: "/a/2", err: "answers HTTP 404: there is no badge at this address"},
		{name: "not public", change: func(p *platform) { p.answer("/a/1", 403, "text/plain", "no") }, err: "the badge is not public"},
		{name: "busy", change: func(p *platform) { p.answer("/a/1", 503, "text/plain", "no") }, err: "cannot answer now (HTTP 503)"},
		{name: "gone", change: func(p *platform) {
			p.answer("/a/1", 410, "application/json", `{"revoked": true, "revocationReason": "in error"}`)
		}, revoked: `"in error"`},
		{name: "gone, with a page", change: func(p *platform) { p.answer("/a/1", 410, "text/html", page) }, revoked: "HTTP 410"},
		{name: "says that it was revoked", change: func(p *platform) {
			p.json("/a/1", `{"type": "Assertion", "id": "URL/a/1", "badge": "URL/b/1", "revoked": true}`)
		}, revoked: "its address said so"},
		{
			name: "a page", change: func(p *platform) { p.answer("/a/1", 200, "text/html", page) },
			err: "answered with a web page, not with the JSON of a badge",
		},
		{name: "a page that says it is JSON", change: func(p *platform) { p.json("/a/1", page) }, err: "answered with a web page"},
		{name: "an array", change: func(p *platform) { p.json("/a/1", "[]") }, err: "something else than the JSON of a badge"},
		{name: "nothing", change: func(p *platform) { p.json("/a/1", " \n") }, err: "gave an empty answer"},
		{name: "cut off", change: func(p *platform) { p.json("/a/1", `{"type": "Assertion", "id": "URL/a/1"`) }, err: "cannot be read"},
		{name: "a member twice", change: func(p *platform) {
			p.json("/a/1", `{"type": "Assertion", "id": "URL/a/1", "badge": "URL/b/1", "badge": "URL/b/2"}`)
		}, err: `"/badge" is there twice`},
		{name: "an Open Badge 3.0", change: func(p *platform) {
			p.json("/a/1", `{"type": ["VerifiableCredential", "OpenBadgeCredential"], "id": "URL/a/1"}`)
		}, err: "a badge that holds what it says itself"},
		{name: "a profile", path: "/i/1", err: "the assertion names no badge class: it is not one of Open Badges 1.1 or 2.0"},
		{name: "endless", change: func(p *platform) { p.mux["/a/1"] = endless }, err: "more than 8 MiB"},
		{name: "a bomb", change: func(p *platform) { p.mux["/a/1"] = bomb }, err: "more than 8 MiB"},
		{name: "long", change: func(p *platform) {
			p.json("/b/1", `{"type": "BadgeClass", "id": "URL/b/1", "name": "`+strings.Repeat("x", 1<<20)+`"}`)
		}, err: "the badge class: badges.example:PORT gave an answer of more than 1 MiB"},
		{name: "no class", change: func(p *platform) { delete(p.mux, "/b/1") }, missing: "the badge class (HTTP 404)"},
		{
			name: "no profile", change: func(p *platform) { p.answer("/i/1", 410, "text/plain", "gone") },
			missing: "the issuer's profile (HTTP 410)",
		},
		{
			name: "a profile that cannot be had now", change: func(p *platform) { p.answer("/i/1", 500, "text/plain", "oh") },
			err: "the issuer's profile: badges.example:PORT cannot answer now",
		},
		{name: "a class by http", change: func(p *platform) {
			p.json("/a/1", `{"type": "Assertion", "id": "URL/a/1", "badge": "http://badges.example/b"}`)
		}, err: "the badge class: \"http://badges.example/b\" is not asked: only https://"},
		{name: "no picture", change: func(p *platform) { delete(p.mux, "/b.png") }, missing: "the picture (HTTP 404)"},
		{
			name: "a picture that is a page", change: func(p *platform) { p.answer("/b.png", 200, "text/html", page) },
			remark: "left out: the picture: badges.example:PORT answered with something else than a picture",
		},
		{name: "a picture in a private network", change: func(p *platform) {
			p.json("/b/1", `{"type": "BadgeClass", "id": "URL/b/1", "name": "X", "image": "https://169.254.169.254/x.png", "issuer": "URL/i/1"}`)
		}, remark: "not one of the public internet"},
		{name: "a picture inside", change: func(p *platform) {
			p.json("/b/1", `{"type": "BadgeClass", "id": "URL/b/1", "name": "X",
  "image": "data:image/png;base64,iVBORw0KGgo=", "issuer": "URL/i/1"}`)
		}},
		{name: "its own class", change: func(p *platform) {
			p.json("/a/1", `{"type": "Assertion", "id": "URL/a/1", "badge": "URL/a/1"}`)
		}, err: "as something else, too"},
		{name: "a class that is its own issuer", change: func(p *platform) {
			p.json("/b/1", `{"type": "BadgeClass", "id": "URL/b/1", "name": "X", "issuer": "URL/b/1"}`)
		}, err: "as something else, too"},
		{name: "the badge of another host", change: func(p *platform) {
			p.json("/i/1", `{"type": "Profile", "id": "URL/i/1", "name": "X", "verification": {"allowedOrigins": "school.example"}}`)
		}, err: "which is not where its issuer"},
		{name: "an issuer beside", change: func(p *platform) {
			p.json("/b/1", `{"type": "BadgeClass", "id": "URL/b/1", "name": "X", "issuedBy": "URL/i/2", "issuer": "URL/i/1"}`)
		}, remark: "who issued it cannot be told"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newPlatform(t)
			if c.change != nil {
				c.change(p)
			}
			if c.path == "" {
				c.path = "/a/1"
			}
			u, err := url.Parse(p.url)
			if err != nil {
				t.Fatal(err)
			}
			plain := func(s string) string { return strings.ReplaceAll(s, u.Host, "badges.example:PORT") }
			f, err := p.freeze(t, c.path)
			if c.err != "" || err != nil {
				if c.err == "" || err == nil || !strings.Contains(plain(err.Error()), c.err) {
					t.Errorf("got the error %v, want %q", err, c.err)
				}
				return
			}
			has := func(list []string, want string) bool {
				return strings.Contains(plain(strings.Join(list, "\n")), want) && (want != "" || len(list) == 0)
			}
			if !has(f.Missing, c.missing) || !has(f.Remarks, c.remark) || !strings.Contains(f.Revoked, c.revoked) ||
				c.revoked == "" && f.Revoked != "" {
				t.Errorf("missing %q, remarks %q, revoked %q", f.Missing, f.Remarks, f.Revoked)
			}
			if d := credential.Describe(f.Data); d.Frozen == nil || d.Revoked != f.Revoked {
				t.Errorf("it reads as %+v", d)
			}
		})
	}
}

func endless(w http.ResponseWriter, _ *http.Request) {
	for chunk := bytes.Repeat([]byte(" "), 1<<16); ; {
		if _, err := w.Write(chunk); err != nil {
			return
		}
	}
}

func bomb(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Encoding", "gzip")
	z := gzip.NewWriter(w)
	for chunk := bytes.Repeat([]byte(" "), 1<<20); ; {
		if _, err := z.Write(chunk); err != nil {
			return
		}
	}
}

// Which addresses belong to the links that people have.
func TestBadgeAddress(t *testing.T) {
	const id, number = "54a07c5c-89f9-4c33-9731-e1b0d34f88b9", "8bLUrJhgSMyWKF-I7xOosQ"
	for _, c := range []struct{ link, want string }{
		{"https://www.credly.com/badges/" + id, "https://api.credly.com/v1/obi/v2/badge_assertions/" + id},
		{"https://www.credly.com/badges/" + id + "/public_url", "https://api.credly.com/v1/obi/v2/badge_assertions/" + id},
		{"https://www.credly.com/badges/" + id + "/linked_in_profile?t=x", "https://api.credly.com/v1/obi/v2/badge_assertions/" + id},
		{"https://www.youracclaim.com/badges/" + id, "https://api.credly.com/v1/obi/v2/badge_assertions/" + id},
		{"https://api.credly.com/v1/obi/v2/badge_assertions/" + id, "https://api.credly.com/v1/obi/v2/badge_assertions/" + id},
		{"https://www.credly.com/users/mia-okoro/badges", "! a page of Credly, but not that of one badge"},
		{"https://www.credly.com/org/school/badge/net-mending", "! a page of Credly, but not that of one badge"},
		{
			"https://api.badgr.io/public/assertions/" + number + "?identity__email=mia%40mail.example",
			"https://api.badgr.io/public/assertions/" + number,
		},
		{"https://badges.parchment.com/public/assertions/" + number, "https://api.badgr.io/public/assertions/" + number},
		{"https://eu.badgr.com/public/assertions/" + number, "https://api.eu.badgr.io/public/assertions/" + number},
		{"https://badges.parchment.com/backpack", "! a page of Badgr (Parchment)"},
		{
			"https://openbadgefactory.com/v1/assertion/d600bc4138e7946adeb9e9bdc6b86339f2577781.html",
			"https://openbadgefactory.com/v1/assertion/d600bc4138e7946adeb9e9bdc6b86339f2577781",
		},
		{"https://openbadgepassport.com/app/badge/info/719771", "! a page of Open Badge Passport"},
		{"https://www.coursera.org/account/accomplishments/verify/TXKFHR7FA567", "! whose certificates are not Open Badges"},
		{"https://coursera.org/verify/TXKFHR7FA567", "! whose certificates are not Open Badges"},
		{"https://badges.example/a/1?x=1#y", "https://badges.example/a/1?x=1"},
		{"http://badges.example/a/1", "! by https:// only"},
		{"https:///a", "! not a web address"},
		// Only the platform itself is known.
		{"https://www.credly.com.forger.example/badges/" + id, "https://www.credly.com.forger.example/badges/" + id},
		{"https://forger.example/www.credly.com/badges/" + id, "https://forger.example/www.credly.com/badges/" + id},
		{"https://www.credly.com@forger.example/badges/" + id, "https://www.credly.com@forger.example/badges/" + id}, // which is not asked
	} {
		got, err := issuer.BadgeAddress(c.link)
		if err != nil {
			got = "! " + err.Error()
		}
		if want, refused := strings.CutPrefix(c.want, "! "); got != c.want && (!refused || err == nil || !strings.Contains(got, want)) {
			t.Errorf("%s leads to %s, want %s", c.link, got, c.want)
		}
	}
}

func TestReadFreezable(t *testing.T) {
	const assertion = `{"@context": "https://w3id.org/openbadges/v2", "type": "Assertion", "id": "https://badges.example/a/1",
  "badge": "https://badges.example/b/1"}`
	baked, err := credential.Bake([]byte(`<svg xmlns="http://www.w3.org/2000/svg"></svg>`), []byte(assertion))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, file, want string }{
		{"an assertion", assertion, "https://badges.example/a/1"},
		{
			"one of Open Badges 1.0", `{"uid": "1", "badge": "https://badges.example/b",
  "verify": {"type": "hosted", "url": "https://badges.example/a"}}`,
			"https://badges.example/a",
		},
		{"a picture", string(baked), "https://badges.example/a/1"},
		{
			"a picture with a link", `<svg xmlns="http://www.w3.org/2000/svg" xmlns:openbadges="http://openbadges.org"
  ><openbadges:assertion verify="https://badges.example/a/1"/></svg>`,
			"https://badges.example/a/1",
		},
		{"a link", "https://badges.example/a/1\n", "https://badges.example/a/1"},
		{"a link to a page", "https://coursera.org/verify/X", "! not Open Badges"},
		{"without an address", `{"type": "Assertion", "badge": "https://badges.example/b/1"}`, "! does not say at which address"},
		{
			"signed, and no token", `{"type": "Assertion", "id": "urn:uuid:1", "badge": "https://badges.example/b/1",
  "verification": {"type": "SignedBadge"}}`,
			"! no address of https://",
		},
		{"by http", strings.Replace(assertion, "https://badges.example/a", "http://badges.example/a", 1), "! no address of https://"},
		{"a badge class", `{"type": "BadgeClass", "name": "X", "issuer": "https://badges.example/i/1"}`, "! not somebody's badge"},
		{
			"an Open Badge 3.0", `{"@context": ["https://www.w3.org/ns/credentials/v2"], "type": ["VerifiableCredential", "OpenBadgeCredential"],
  "issuer": "did:web:school.example"}`,
			"! submit it as it is",
		},
		{"a text", "hello", "! only an Open Badge 1.1 or 2.0 is frozen"},
	} {
		from, err := issuer.ReadFreezable([]byte(c.file))
		var got string
		if err != nil {
			got = "! " + err.Error()
		} else {
			got = from.Address
		}
		if want, refused := strings.CutPrefix(c.want, "! "); got != c.want && (!refused || err == nil || !strings.Contains(got, want)) {
			t.Errorf("%s: got %s, want %s", c.name, got, c.want)
		}
	}
	p := newPlatform(t)
	f, err := p.freeze(t, "/a/1")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := issuer.ReadFreezable(f.Data); err == nil || !strings.Contains(err.Error(), "a frozen badge already") {
		t.Errorf("a frozen one: %v", err)
	}
}

// A signed badge is not hosted: its token goes in as it is, with what it leads to.
func TestFreezeSigned(t *testing.T) {
	p := newPlatform(t)
	p.json("/i/1", `{"type": "Profile", "id": "URL/i/1", "name": "Harbour School", "publicKey": "URL/k/1", "revocationList": "URL/r/1"}`)
	p.json("/k/1", `{"type": "CryptographicKey", "id": "URL/k/1", "owner": "URL/i/1", "publicKeyPem": "…"}`)
	p.json("/r/1", `{"type": "RevocationList", "id": "URL/r/1", "issuer": "URL/i/1", "revokedAssertions": ["urn:uuid:2"]}`)
	token := func(n int) []byte {
		enc := func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }
		return []byte(enc(`{"alg":"RS256"}`) + "." + enc(fmt.Sprintf(`{"type": "Assertion", "id": "urn:uuid:%d", "badge": "%s/b/1",
			"recipient": {"type": "email", "identity": "mia.okoro@mail.example"},
			"verification": {"type": "SignedBadge", "creator": "%s/k/1"}}`, n, p.url, p.url)) + ".c2lnbmF0dXJl")
	}
	from, err := issuer.ReadFreezable(token(1))
	if err != nil {
		t.Fatal(err)
	}
	f, err := issuer.Freeze(t.Context(), p.web, from)
	if err != nil {
		t.Fatal(err)
	}
	d := credential.Describe(f.Data)
	if len(f.Bundle.Parts) != 6 || d.Problem != "" || !slices.Equal(d.IssuerIDs, []string{p.url + "/i/1"}) || d.Revoked != "" ||
		len(d.Recipients) != 1 {
		t.Errorf("%d parts, read as %+v", len(f.Bundle.Parts), d)
	}
	if f, err = issuer.Freeze(t.Context(), p.web, &issuer.Freezable{Token: token(2)}); err != nil ||
		!strings.Contains(f.Revoked, "the revocation list of its issuer named it") {
		t.Errorf("one that was revoked: %+v, %v", f, err)
	}
}
