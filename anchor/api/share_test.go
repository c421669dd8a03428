package api

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/hallmark-node/hallmark/anchor"
	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/anchor/sharing"
	"github.com/hallmark-node/hallmark/credential"
	"github.com/hallmark-node/hallmark/issuer/paper"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
	"github.com/hallmark-node/hallmark/verifier/qrproof"
)

// award is an Open Badge 3.0.
func award(name, recipient, more string) []byte {
	quoted := func(s string) string {
		out, err := json.Marshal(s)
		if err != nil {
			panic(err)
		}
		return string(out)
	}
	return fmt.Appendf(nil, `{"@context":["https://www.w3.org/ns/credentials/v2","https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"],
"type":["VerifiableCredential","OpenBadgeCredential"],"issuer":{"id":"did:web:college.example","type":["Profile"],"name":"Example College"},
"validFrom":"2026-01-15T09:00:00Z",%s"credentialSubject":{"type":["AchievementSubject"],"name":%s,
"achievement":{"id":"https://college.example/a",
"type":["Achievement"],"name":%s,"criteria":{"narrative":"Weld ten seams."},"tag":["welding"],"alignment":[{"type":["Alignment"],
"targetName":"Arc welding","targetUrl":"http://data.europa.eu/esco/skill/1","targetFramework":"ESCO"}]}}}`,
		more, quoted(recipient), quoted(name))
}

// sharer is a node that shares, and whoever issues there. It trusts the test chain unless told not to.
func sharer(t *testing.T, change func(*sharing.Config)) (*env, issuer) {
	t.Helper()
	school := newIssuer(t)
	e := open(t, true, func(c *anchor.Config, _ *Config) {
		c.Issuers = []verifier.Address{school.address}
		home := verifier.Home{Chain: verifier.ChainID(testChain.ChainID), Registry: verifier.RegistryAddress}
		c.Shares = &sharing.Config{Limit: 64 << 20, Trust: &verifier.Trust{
			Chains: map[verifier.ChainID]*verifier.TrustedChain{home.Chain: {Registries: []verifier.Address{home.Registry}}},
			Issuers: map[verifier.Address]*verifier.TrustedIssuer{
				school.address: {Name: "The College", IDs: []string{"did:web:college.example"}, Homes: []verifier.Home{home}},
			},
		}}
		if change != nil {
			change(c.Shares)
		}
	})
	return e, school
}

// anchored are documents whose submission is final, with their proof files.
func anchored(t *testing.T, e *env, is issuer, documents ...[]byte) (leaves []merkle.Hash, proofs [][]byte) {
	t.Helper()
	var all []*verifier.Proof
	for i, document := range documents {
		form := credential.FormRaw
		if bytes.HasPrefix(document, []byte("{")) {
			form = credential.FormJCS
		}
		id, err := credential.Sum(bytes.NewReader(document), form, "")
		if err != nil {
			t.Fatal(err)
		}
		p := &verifier.Proof{Credential: id, Salt: merkle.Keccak256([]byte(t.Name()), []byte{byte(i)})}
		all, leaves = append(all, p), append(leaves, p.Leaf())
	}
	s := is.submission(t, e.home, append([]merkle.Hash{}, leaves...)...)
	if _, err := e.client.Submit(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	e.awaitFinal(t, e.client, s.ID())
	for i, p := range all {
		known, err := e.client.Proof(t.Context(), leaves[i], false)
		if err != nil {
			t.Fatal(err)
		}
		p.Submission, p.Batch, p.Anchors = known.Submission, known.Batch, known.Anchors
		data, err := p.Encode()
		if err != nil {
			t.Fatal(err)
		}
		proofs = append(proofs, data)
	}
	return leaves, proofs
}

// look opens a page as a browser does.
func (e *env) look(t *testing.T, path string, header ...string) (*http.Response, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, e.url+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	do := (&http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}).Do
	response, body := exchange(t, do, request)
	return response, string(body)
}

// From the upload to the page, and down again.
func TestShare(t *testing.T) {
	e, school := sharer(t, func(c *sharing.Config) { c.For = 24 * time.Hour })
	badge := award("Welding, level 2", "Pat Miller", "")
	leaves, proofs := anchored(t, e, school, badge)
	leaf, proof := leaves[0], proofs[0]
	short := qrproof.ShortOf(leaf).String()
	page := "/b/" + leaf.String()

	if response, body := e.look(t, page); response.StatusCode != http.StatusNotFound || !strings.Contains(body, "Nothing is shared here") {
		t.Errorf("before: %s: %s", response.Status, body)
	}
	got, err := e.client.Share(t.Context(), leaf, proof, badge, client.ShareOptions{}, "")
	if err != nil {
		t.Fatal(err)
	}
	if got.URL != e.url+page || got.ShortCode != short || len(got.DeleteToken) != 43 || got.Until == nil ||
		time.Until(*got.Until) > 24*time.Hour {
		t.Errorf("%+v", got)
	}
	// A second time only with the token.
	var refused *client.NodeError
	if _, err := e.client.Share(t.Context(), leaf, proof, badge, client.ShareOptions{}, ""); !asStatus(err, &refused, http.StatusConflict) {
		t.Errorf("again: %v", err)
	}
	if _, err := e.client.Share(t.Context(), leaf, proof, badge, client.ShareOptions{}, "x"); !asStatus(err, &refused, http.StatusForbidden) {
		t.Errorf("again with another token: %v", err)
	}
	again, err := e.client.Share(t.Context(), leaf, proof, badge, client.ShareOptions{ShowName: true, Index: true}, got.DeleteToken)
	if err != nil || again.DeleteToken != got.DeleteToken {
		t.Fatalf("%+v, %v", again, err)
	}

	response, body := e.look(t, page)
	if response.StatusCode != http.StatusOK || response.Header.Get("Cache-Control") != revalidate {
		t.Errorf("%s, %v", response.Status, response.Header)
	}
	for _, want := range []string{
		`<html lang="en" dir="ltr">`, `<strong>Valid</strong>`, "<bdi>Welding, level 2</bdi>", "<bdi>The College</bdi>",
		"calls its issuer “Example College”",
		"is known to the operator of this site as The College", "Arc welding (ESCO)", "welding", "2026-01-15", short,
		`<meta property="og:title" content="Welding, level 2">`,
		`<meta property="og:image" content="` + e.url + page + `/card.png?lang=en&amp;v=`,
		`content="Pat Miller. Issued by The College.`, `href="https://www.linkedin.com/profile/add?certId=` + short,
		"issueMonth=1", "issueYear=2026", "organizationName=Example&#43;College",
	} {
		if !strings.Contains(body, want) {
			t.Errorf("the page lacks %s in\n%s", want, body)
		}
	}
	if strings.Contains(body, "noindex") || response.Header.Get("X-Robots-Tag") != "" {
		t.Error("the page is kept from search engines though that was not wanted")
	}
	if response, body := e.look(t, page, "Accept-Language", "ar-EG,en;q=0.5"); !strings.Contains(body, `<html lang="ar" dir="rtl">`) ||
		!strings.Contains(strings.Join(response.Header.Values("Vary"), ","), "Accept-Language") {
		t.Errorf("in Arabic: %v\n%s", response.Header, body)
	}
	if _, body := e.look(t, page+"?lang=de", "Accept-Language", "ar"); !strings.Contains(body, "<strong>Gültig</strong>") {
		t.Errorf("in German: %s", body)
	}

	if _, body := e.look(t, page+"/badge"); body != string(badge) {
		t.Errorf("the badge came back as %s", body)
	}
	_, text := e.look(t, page+"/proof.json?fresh=true")
	served, err := verifier.ParseProof([]byte(text))
	if err != nil || served.Leaf() != leaf || len(served.Anchors) != 1 {
		t.Errorf("proof: %v\n%s", err, text)
	}
	response, body = e.look(t, page+"/card.png")
	config, err := png.DecodeConfig(strings.NewReader(body))
	if err != nil || config.Width != paper.CardWidth || config.Height != paper.CardHeight {
		t.Errorf("card: %+v, %v", config, err)
	}
	if response.Header.Get("ETag") == "" || response.Header.Get("Cache-Control") != revalidate {
		t.Errorf("card: %v", response.Header)
	}
	if response, body = e.look(t, page+"/qr.svg"); response.StatusCode != http.StatusOK || !strings.Contains(body, "<svg") {
		t.Errorf("QR code: %s, %s", response.Status, body)
	}

	// By the code, as people type it.
	for _, typed := range []string{
		short, strings.ToLower(short), strings.ReplaceAll(short, "-", ""), strings.ReplaceAll(short, "0", "o"),
		strings.ReplaceAll(short, "1", "I"),
	} {
		path := "/b/?code=" + strings.ReplaceAll(typed, "-", "%20")
		if response, _ := e.look(t, path); response.StatusCode != http.StatusSeeOther || response.Header.Get("Location") != page {
			t.Errorf("%s: %s, %v", path, response.Status, response.Header)
		}
	}
	if response, body := e.look(t, "/v1/shares?code="+short); response.StatusCode != http.StatusOK || !strings.Contains(body, leaf.String()) {
		t.Errorf("%s: %s", response.Status, body)
	}
	if response, body := e.look(t, "/v1/shares/"+leaf.String()); response.StatusCode != http.StatusOK ||
		!strings.Contains(body, `"showName":true`) ||
		strings.Contains(body, got.DeleteToken) {
		t.Errorf("%s: %s", response.Status, body)
	}
	if response, body := e.look(t, "/b/?code=wrong"); response.StatusCode != http.StatusUnprocessableEntity ||
		!strings.Contains(body, "no short code") {
		t.Errorf("%s: %s", response.Status, body)
	}
	other := qrproof.ShortOf(merkle.Hash{7}).String()
	if response, body := e.look(t, "/b/?code="+other); response.StatusCode != http.StatusNotFound ||
		!strings.Contains(body, "No credential with this code") {
		t.Errorf("%s: %s", response.Status, body)
	}

	// Down again.
	for _, token := range []string{"", "x", client.NewShareToken()} {
		if err := e.client.Unshare(t.Context(), leaf, token); !asStatus(err, &refused, http.StatusForbidden) {
			t.Errorf("with token %q: %v", token, err)
		}
	}
	if err := e.client.Unshare(t.Context(), leaf, got.DeleteToken); err != nil {
		t.Fatal(err)
	}
	if err := e.client.Unshare(t.Context(), leaf, got.DeleteToken); !asStatus(err, &refused, http.StatusNotFound) {
		t.Errorf("a second time: %v", err)
	}
	for _, path := range []string{"", "/badge", "/proof.json", "/card.png", "/picture", "/qr.svg"} {
		if response, body := e.look(t, page+path); response.StatusCode != http.StatusNotFound || strings.Contains(body, "Welding") {
			t.Errorf("%s after it was taken down: %s", path, response.Status)
		}
	}
}

// A page says how things stand when it is opened.
func TestSharedNow(t *testing.T) {
	e, school := sharer(t, nil)
	badges := [][]byte{
		award("Revoked later", "A", ""), award("Suspended later", "B", ""), award("Long over", "C", `"validUntil":"2026-02-01T00:00:00Z",`),
		award("Not yet", "D", `"validUntil":"2999-02-01T00:00:00Z",`),
	}
	badges[3] = bytes.Replace(badges[3], []byte("2026-01-15"), []byte("2998-01-15"), 1)
	leaves, proofs := anchored(t, e, school, badges...)
	for i := range leaves {
		if _, err := e.client.Share(t.Context(), leaves[i], proofs[i], badges[i], client.ShareOptions{}, ""); err != nil {
			t.Fatal(err)
		}
	}
	verdict := func(i int) string {
		t.Helper()
		response, body := e.look(t, "/b/"+leaves[i].String())
		_, rest, _ := strings.Cut(body, `class="word"><strong>`)
		word, _, _ := strings.Cut(rest, "<")
		if response.StatusCode != http.StatusOK || word == "" {
			t.Errorf("%s: %s", response.Status, body)
		}
		if !strings.Contains(body, `<meta name="robots" content="noindex">`) || response.Header.Get("X-Robots-Tag") != "noindex" {
			t.Error("search engines are not asked to leave it")
		}
		return word
	}
	card := func(i int) string {
		_, body := e.look(t, "/b/"+leaves[i].String()+"/card.png")
		return body
	}
	before := card(0)
	for i, want := range []string{"Valid", "Valid", "Expired", "Not valid yet"} {
		if got := verdict(i); got != want {
			t.Errorf("badge %d: %s, want %s", i, got, want)
		}
	}
	setStatus(t, e, school, e.home, 1, func() {
		if err := testChain.Mine(t.Context(), 2); err != nil {
			t.Error(err)
		}
	}, sortedItems(
		verifier.StatusItem{ID: leaves[0], Code: verifier.StatusRevoked}, verifier.StatusItem{ID: leaves[1], Code: verifier.StatusSuspended},
	)...)
	for i, want := range []string{"Revoked", "Suspended", "Expired"} {
		if got := verdict(i); got != want {
			t.Errorf("badge %d after the issuer's list: %s, want %s", i, got, want)
		}
	}
	if card(0) == before {
		t.Error("the card does not say that it is revoked")
	}
}

func sortedItems(items ...verifier.StatusItem) []verifier.StatusItem {
	if len(items) == 2 && merkle.Compare(items[0].ID, items[1].ID) > 0 {
		items[0], items[1] = items[1], items[0]
	}
	return items
}

// A node that trusts nobody says so, and that a chain which it does not know is for tests.
func TestSharedWithoutTrust(t *testing.T) {
	e, school := sharer(t, func(c *sharing.Config) { c.Trust = nil })
	badge := award("Welding", "Pat", "")
	leaves, proofs := anchored(t, e, school, badge)
	if _, err := e.client.Share(t.Context(), leaves[0], proofs[0], badge, client.ShareOptions{}, ""); err != nil {
		t.Fatal(err)
	}
	_, body := e.look(t, "/b/"+leaves[0].String())
	for _, want := range []string{
		"<strong>Cannot be told</strong>", "TEST: issued on a test network, proves nothing", "nothing here confirms who the issuer is",
		school.address.String(),
	} {
		if !strings.Contains(body, want) {
			t.Errorf("no %q in\n%s", want, body)
		}
	}
}

// Whatever is in a badge, a page shows it as text, and a picture runs nothing.
func TestSharedHostile(t *testing.T) {
	const script = `<script>alert(1)</script>"'><img src=x onerror=alert(2)>{{.Token}}`
	huge := new(bytes.Buffer)
	if err := png.Encode(huge, image.NewPaletted(image.Rect(0, 0, 9000, 9000), color.Palette{color.Black})); err != nil {
		t.Fatal(err)
	}
	inlined := func(kind string, data []byte) []byte {
		text := fmt.Sprintf(`"criteria":{"narrative":"x"},"image":{"type":"Image","id":"data:image/%s;base64,%s"}`, kind,
			base64.StdEncoding.EncodeToString(data))
		return bytes.Replace(award("Picture", "Pat", ""), []byte(`"criteria":{"narrative":"Weld ten seams."}`), []byte(text), 1)
	}
	small := new(bytes.Buffer)
	if err := png.Encode(small, image.NewNRGBA(image.Rect(0, 0, 20, 10))); err != nil {
		t.Fatal(err)
	}
	const alerting = `<svg xmlns="http://www.w3.org/2000/svg" onload="alert(3)"><script>alert(4)</script></svg>`
	svg, err := credential.Bake([]byte(alerting), award("In SVG", "Pat", ""))
	if err != nil {
		t.Fatal(err)
	}
	cases := []struct {
		name        string
		badge       []byte
		pictureType string // empty: there is none
	}{
		{"HTML in every text", award(script, script, ""), ""},
		{"bidirectional text", award("safe\u202etxt.exe\u202c\u2066\u200b", "\u202e"+script, ""), ""},
		{"a long title", award(strings.Repeat("long ", 200_000), "Pat", ""), ""},
		{"a script for a picture", svg, "image/svg+xml"},
		{"a huge picture", inlined("png", huge.Bytes()), ""},
		{"a broken picture", inlined("jpeg", []byte("\xff\xd8\xff broken")), ""},
		{"HTML for a picture", inlined("png", []byte(script)), ""},
		{"a picture", inlined("png", small.Bytes()), "image/png"},
		{"no badge", []byte("<html><script>alert(5)</script></html>"), ""},
		{"a PDF", []byte("%PDF-1.4\n<script>alert(6)</script>"), ""},
	}
	e, school := sharer(t, nil)
	var documents [][]byte
	for _, c := range cases {
		document := c.badge
		if bytes.HasPrefix(document, []byte("<svg")) {
			baked, err := credential.Unbake(document)
			if err != nil {
				t.Fatal(err)
			}
			document = baked.Text
		}
		documents = append(documents, document)
	}
	leaves, proofs := anchored(t, e, school, documents...)
	for i, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if _, err := e.client.Share(t.Context(), leaves[i], proofs[i], c.badge, client.ShareOptions{ShowName: true}, ""); err != nil {
				t.Fatal(err)
			}
			page := "/b/" + leaves[i].String()
			response, body := e.look(t, page)
			if response.StatusCode != http.StatusOK || len(body) > 100_000 {
				t.Errorf("%s, %d bytes", response.Status, len(body))
			}
			policy := response.Header.Get("Content-Security-Policy")
			if !strings.Contains(policy, "default-src 'none'; script-src 'self'") || strings.Contains(policy, "unsafe-inline") {
				t.Errorf("policy %s", policy)
			}
			for _, bad := range []string{"<script>", "<img src=x", "onerror=alert(2)>{", "\u202e", "\u2066", "<html><"} {
				if strings.Contains(body, bad) {
					t.Errorf("%q got onto the page:\n%s", bad, body)
				}
			}
			response, _ = e.look(t, page+"/card.png")
			if response.StatusCode != http.StatusOK || response.Header.Get("Content-Type") != "image/png" {
				t.Errorf("card: %s", response.Status)
			}
			response, _ = e.look(t, page+"/picture")
			if want := c.pictureType; want == "" && response.StatusCode != http.StatusNotFound ||
				want != "" && response.Header.Get("Content-Type") != want {
				t.Errorf("picture: %s, %v", response.Status, response.Header)
			}
			download, got := e.look(t, page+"/badge")
			if got != string(c.badge) || !strings.HasPrefix(download.Header.Get("Content-Disposition"), "attachment;") {
				t.Errorf("badge: %v", download.Header)
			}
			for _, r := range []*http.Response{response, download} {
				if r.StatusCode == http.StatusOK && !strings.HasPrefix(r.Header.Get("Content-Disposition"), "attachment;") {
					t.Errorf("it may be opened as if it were a page of this site: %v", r.Header)
				}
				if r.Header.Get("X-Content-Type-Options") != "nosniff" || r.StatusCode == http.StatusOK &&
					!strings.HasSuffix(r.Header.Get("Content-Security-Policy"), "; sandbox") {
					t.Errorf("%v", r.Header)
				}
			}
		})
	}
}

// form writes a form of parts: name and content by turns.
func form(parts ...string) (contentType string, body []byte) {
	var out bytes.Buffer
	w := multipart.NewWriter(&out)
	for i := 0; i < len(parts); i += 2 {
		part, err := w.CreateFormFile(parts[i], "f")
		if err == nil {
			_, err = io.WriteString(part, parts[i+1])
		}
		if err != nil {
			panic(err) // it is memory
		}
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
	return w.FormDataContentType(), out.Bytes()
}

// Every way to be refused when something is shared.
func TestShareRefused(t *testing.T) {
	e, school := sharer(t, func(c *sharing.Config) { c.Limit = 4 << 20 })
	badge := award("Welding", "Pat", "")
	large := make([]byte, 5<<20)
	leaves, proofs := anchored(t, e, school, badge, large)
	strange := verifier.Proof{Credential: rawCID(t, badge), Salt: merkle.Hash{1}}
	if p, err := verifier.ParseProof(proofs[0]); err != nil {
		t.Fatal(err)
	} else {
		strange.Submission, strange.Batch, strange.Anchors = p.Submission, p.Batch, p.Anchors
	}
	unknown, err := strange.Encode()
	if err != nil {
		t.Fatal(err)
	}
	proof, path, other := string(proofs[0]), "/v1/shares/"+leaves[0].String(), "/v1/shares/"+leaves[1].String()
	foreign, good := "/v1/shares/"+strange.Leaf().String(), string(badge)
	for name, c := range map[string]struct {
		path   string
		parts  []string
		status int
		detail string
	}{
		"nothing":             {path, nil, 422, "proof: it is missing"},
		"no badge":            {path, []string{"proof", proof}, 422, "badge: it is missing"},
		"no proof":            {path, []string{"badge", string(badge)}, 422, "proof: it is missing"},
		"an empty badge":      {path, []string{"proof", proof, "badge", ""}, 422, "badge: it is missing"},
		"not a proof":         {path, []string{"proof", "{}", "badge", string(badge)}, 422, "proof: "},
		"another badge":       {path, []string{"proof", proof, "badge", string(award("Other", "Pat", ""))}, 422, "not the file that"},
		"a binary badge":      {path, []string{"proof", proof, "badge", "\x89PNG\r\n\x1a\n"}, 422, "badge: it "},
		"a part twice":        {path, []string{"proof", proof, "proof", proof}, 400, "there twice"},
		"an empty part twice": {path, []string{"proof", "", "proof", ""}, 400, "there twice"},
		"a strange part":      {path, []string{"proof", proof, "file", "x"}, 400, "does not belong here"},
		"a strange option":    {path, []string{"proof", proof, "badge", string(badge), "options", `{"admin":true}`}, 400, "options: "},
		"options of a kind":   {path, []string{"options", `{"index":"yes"}`}, 400, "options: "},
		"long options":        {path, []string{"options", strings.Repeat(" ", maxOptions+1)}, 413, "options"},
		"a long proof":        {path, []string{"proof", strings.Repeat(" ", verifier.MaxProofSize+1)}, 413, "proof"},
		"a long badge":        {path, []string{"badge", strings.Repeat(" ", sharing.MaxBadge+1)}, 413, "badge"},
		"more than all":       {path, []string{"badge", strings.Repeat(" ", maxShareUpload)}, 413, "smaller file"},
		"no leaf":             {"/v1/shares/0x12", []string{"proof", proof, "badge", string(badge)}, 422, "leaf: "},
		"another leaf":        {other, []string{"proof", proof, "badge", good}, 422, "leaf: it is not that of the proof"},
		"not of this node":    {foreign, []string{"proof", string(unknown), "badge", good}, 404, "not known to this node"},
		"no more room":        {other, []string{"proof", string(proofs[1]), "badge", string(large)}, 507, "no more room"},
	} {
		t.Run(name, func(t *testing.T) {
			kind, body := form(c.parts...)
			response, answer := e.call(t, http.MethodPut, c.path, kind, body)
			if p := wantProblem(t, response, answer, c.status); !strings.Contains(p.Detail, c.detail) {
				t.Errorf("%q, want %q in it", p.Detail, c.detail)
			}
		})
	}
	for name, c := range map[string]struct {
		kind, body string
		status     int
	}{
		"JSON":              {"application/json", "{}", 415},
		"no type":           {"", "x", 415},
		"no boundary":       {formType, "x", 400},
		"another boundary":  {formType + "; boundary=a", "--b\r\n\r\n--b--", 422},
		"cut":               {formType + "; boundary=a", "--a\r\nContent-Disposition: form-data; name=badge\r\n\r\nx", 400},
		"a cut header":      {formType + "; boundary=a", "--a\r\nContent-Disposition: form-data", 422},
		"no disposition":    {formType + "; boundary=a", "--a\r\n\r\nx\r\n--a--", 400},
		"a long header":     {formType + "; boundary=a", "--a\r\nX: " + strings.Repeat("x", 11<<20), 413},
		"many header lines": {formType + "; boundary=a", "--a\r\n" + strings.Repeat("X: y\r\n", 100_000), 400},
	} {
		t.Run(name, func(t *testing.T) {
			response, answer := e.call(t, http.MethodPut, path, c.kind, []byte(c.body))
			wantProblem(t, response, answer, c.status)
		})
	}
	if response, body := e.look(t, path); response.StatusCode != http.StatusNotFound {
		t.Errorf("something was shared: %s", body)
	}
}

// A node shares nothing unless its operator wants it to.
func TestSharesOff(t *testing.T) {
	e := open(t, false, nil)
	leaf := merkle.Hash{1}.String()
	for _, path := range []string{"/v1/shares/" + leaf, "/v1/shares?code=x"} {
		response, body := e.call(t, http.MethodGet, path, "", nil)
		if p := wantProblem(t, response, body, http.StatusNotFound); !strings.Contains(p.Detail, "--shares") {
			t.Error(p.Detail)
		}
	}
	kind, body := form("proof", "{}", "badge", "x")
	response, answer := e.call(t, http.MethodPut, "/v1/shares/"+leaf, kind, body)
	wantProblem(t, response, answer, http.StatusNotFound)
	if response, body := e.look(t, "/b/"+leaf); response.StatusCode != http.StatusNotFound || !strings.Contains(body, "<h1>") {
		t.Errorf("%s: %s", response.Status, body)
	}
}

// Whatever is sent as a form, it is read in bounds or refused in words.
func FuzzReadUpload(f *testing.F) {
	_, body := form("proof", "{}", "badge", "x", "options", `{"showName":true}`)
	boundary := strings.TrimPrefix(strings.SplitN(string(body), "\r\n", 2)[0], "--")
	f.Add(boundary, body)
	f.Add("a", []byte("--a\r\nContent-Disposition: form-data; name=\"badge\"\r\n"+
		"Content-Transfer-Encoding: quoted-printable\r\n\r\n=41\r\n--a--"))
	f.Add("a", []byte("--a\r\n\r\n--a--"))
	f.Fuzz(func(t *testing.T, boundary string, body []byte) {
		r := httptest.NewRequest(http.MethodPut, "/v1/shares/x", bytes.NewReader(body))
		r.Header.Set("Content-Type", formType+"; boundary="+boundary)
		u, err := readUpload(r)
		var p *Problem
		switch {
		case err == nil:
			if len(u.Proof) > len(body) || len(u.Badge) > len(body) {
				t.Errorf("%d and %d bytes came out of %d", len(u.Proof), len(u.Badge), len(body))
			}
		case !asProblem(err, &p) || p.Detail == "" || p.Status < 400 || p.Status >= 500:
			t.Errorf("%v", err)
		}
	})
}

func asProblem(err error, p **Problem) bool { return errors.As(err, p) }
