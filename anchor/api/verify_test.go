package api

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/hallmark-node/hallmark/anchor"
	"github.com/hallmark-node/hallmark/credential"
	"github.com/hallmark-node/hallmark/verifier"
	"github.com/hallmark-node/hallmark/verifier/verifiertest"
)

// issued are credentials with their proofs.
type issued struct {
	*verifiertest.Batch
	documents []string
}

// Numbers of documents in what issue makes.
const (
	welder = iota
	expired
	future
	token
	file
	calling // names servers
	many
)

const tokenText = "eyJhbGciOiJFUzI1NiIsInR5cCI6InZjK2p3dCJ9.eyJpc3MiOiJodHRwczovL2NvbGxlZ2UuZXhhbXBsZSIsIm5hbWUiOiJXZWxkZXIifQ.c2lnbmF0dXJl"

// issue makes credentials; server is what one of them names.
func issue(t testing.TB, server string) *issued {
	t.Helper()
	vc := func(more string) string {
		return `{"@context":["https://www.w3.org/ns/credentials/v2"],"type":["VerifiableCredential"],"issuer":"did:web:college.example",` +
			more + `"credentialSubject":{"id":"mailto:ines@example.org","name":"Ines Okoro"}}`
	}
	documents := []string{
		welder: vc(`"validFrom":"2025-01-01T00:00:00Z",`), expired: vc(`"validUntil":"2025-06-01T00:00:00Z",`),
		future: vc(`"validFrom":"2036-06-01T00:00:00Z",`), token: tokenText, file: "a certificate of welding\r\n",
		calling: vc(fmt.Sprintf(`"credentialStatus":{"type":"BitstringStatusListEntry","statusPurpose":"revocation","statusListIndex":"1",
			"statusListCredential":"%[1]s/list"},"credentialSchema":{"id":"%[1]s/schema","type":"JsonSchema"},
			"evidence":{"id":"%[1]s/evidence"},`, server)),
	}
	b := verifiertest.NewBatch(t, 1, many, func(i int) []byte { return []byte(documents[i]) })
	return &issued{b, documents}
}

func (b *issued) proof(t testing.TB, i int) string {
	t.Helper()
	text, err := b.Proof(t, i).Encode()
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// carrying is a document with its proof in it.
func (b *issued) carrying(t testing.TB, i int) string {
	t.Helper()
	proof, err := b.Proof(t, i).EncodeCBOR()
	if err != nil {
		t.Fatal(err)
	}
	out, err := credential.Embed([]byte(b.documents[i]), proof, credential.FormJCS)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// verifying is for [open]: the node gives verdicts.
func (b *issued) verifying(_ *anchor.Config, c *Config) {
	c.Verify, c.now = b.Trust, func() time.Time { return b.Now }
}

func inBase64(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }

func member(name, value string) string { return `{"` + name + `":` + value + `}` }

// What a node says of credentials that come in every form.
func TestVerify(t *testing.T) {
	var calls atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { calls.Add(1) }))
	defer server.Close()
	b := issue(t, server.URL)
	e := open(t, false, b.verifying)
	beside := func(name, document, proof string) string {
		return `{"` + name + `":` + document + `,"proof":` + proof + `}`
	}
	quoted := func(text string) string { return `"` + inBase64(text) + `"` }
	spaced := ` { "credentialSubject" : {"name":"Ines Okoro" ,"id":"mailto:ines@example.org"}, "validFrom":"2025-01-01T00:00:00Z",
		"issuer":"did:web:college.example","type":["VerifiableCredential"],"@context":["https:\/\/www.w3.org/ns/credentials/v2"]}`
	envelope := `{"@context":"https://www.w3.org/ns/credentials/v2","type":"EnvelopedVerifiableCredential",` +
		`"id":"data:application/vc+jwt,` + tokenText + `"}`
	marked := strings.Replace(b.proof(t, file), `"0x`, `"<b>0x`, 1)
	deep := `{"a":` + strings.Repeat("[", 2000) + strings.Repeat("]", 2000) + `}`
	const forged = "CRYPTOGRAPHIC_SECURITY_ERROR"
	pending := pendingProof(t, b.Proof(t, welder))
	altered := strings.Replace(b.documents[welder], "Ines", "Inez", 1)

	for name, tc := range map[string]struct {
		body    string
		verdict string
		reason  verifier.Reason
		problem string // the title of the first
	}{
		"carrying its proof":      {member("verifiableCredential", b.carrying(t, welder)), "VALID", "", ""},
		"carrying it, as a file":  {member("document", quoted(b.carrying(t, welder))), "VALID", "", ""},
		"proof beside":            {beside("verifiableCredential", b.documents[welder], b.proof(t, welder)), "VALID", "", ""},
		"proof beside, as a file": {beside("document", quoted(b.documents[welder]), b.proof(t, welder)), "VALID", "", ""},
		"any file":                {beside("document", quoted(b.documents[file]), b.proof(t, file)), "VALID", "", ""},
		"naming servers":          {member("verifiableCredential", b.carrying(t, calling)), "VALID", "", ""},
		"white space and order":   {beside("verifiableCredential", spaced, b.proof(t, welder)), "VALID", "", ""},
		"token in an envelope":    {beside("verifiableCredential", envelope, b.proof(t, token)), "VALID", "", ""},
		"altered":                 {beside("verifiableCredential", altered, b.proof(t, welder)), "INVALID", verifier.ReasonAltered, forged},
		"proof of another": {
			beside("document", quoted(b.documents[expired]), b.proof(t, welder)),
			"INVALID", verifier.ReasonAltered, forged,
		},
		"expired": {member("verifiableCredential", b.carrying(t, expired)), "INVALID", verifier.ReasonExpired, "RANGE_ERROR"},
		"not yet valid": {
			member("verifiableCredential", b.carrying(t, future)),
			"INVALID", verifier.ReasonNotYetValid, "RANGE_ERROR",
		},
		"bytes that did not come": {
			beside("verifiableCredential", b.documents[welder], b.proof(t, file)),
			"UNKNOWN", verifier.ReasonUnreadable, "UNREADABLE",
		},
		"no proof":                 {member("verifiableCredential", b.documents[welder]), "NO PROOF", "", "PARSING_ERROR"},
		"no proof, a file":         {member("document", quoted(b.documents[file])), "NO PROOF", "", "PARSING_ERROR"},
		"empty file":               {member("document", `""`), "NO PROOF", "", "PARSING_ERROR"},
		"proof of a later version": {beside("document", quoted("a"), `{"hallmark":2}`), "NO PROOF", "", "PARSING_ERROR"},
		"two proofs":               {beside("verifiableCredential", b.carrying(t, welder), b.proof(t, welder)), "NO PROOF", "", "PARSING_ERROR"},
		"a zip":                    {member("document", quoted("PK\x03\x04")), "NO PROOF", "", "PARSING_ERROR"},
		"pending":                  {beside("verifiableCredential", b.documents[welder], pending), "UNKNOWN", verifier.ReasonPending, "PENDING"},
		"markup stays a text":      {beside("document", quoted("<script>"), marked), "NO PROOF", "", "PARSING_ERROR"},
		"deep, beside a good proof": {
			beside("verifiableCredential", deep, b.proof(t, welder)),
			"UNKNOWN", verifier.ReasonUnreadable, "UNREADABLE",
		},
	} {
		t.Run(name, func(t *testing.T) {
			v := e.verdict(t, tc.body)
			if v.Verdict != tc.verdict || v.Reason != tc.reason || v.Verified != (tc.verdict == "VALID") {
				t.Errorf("%t, %s (%s), want %s (%s)", v.Verified, v.Verdict, v.Reason, tc.verdict, tc.reason)
			}
			if len(v.ProblemDetails) == 0 != v.Verified || !v.Verified && v.ProblemDetails[0].Title != tc.problem {
				t.Errorf("problems %+v, want %s", v.ProblemDetails, tc.problem)
			}
			for _, p := range v.ProblemDetails {
				if !strings.HasPrefix(p.Type, "https://") || !strings.HasSuffix(p.Type, "#"+p.Title) || len(p.Detail) < 10 {
					t.Errorf("problem %+v", p)
				}
			}
			if (v.Verdict == "NO PROOF") != (len(v.Checks) == 0) || v.Credential != nil {
				t.Errorf("%d checks, credential %s", len(v.Checks), v.Credential)
			}
		})
	}
	if n := calls.Load(); n > 0 {
		t.Errorf("%d requests went to a server that a credential names", n)
	}
	if v := e.verdict(t, member("verifiableCredential", b.carrying(t, welder))); v.IssuerName != "Example University" || v.AnchoredAt == nil ||
		v.StatusAsOf == nil || v.CID == "" ||
		v.Issuer == nil ||
		v.Chain == nil ||
		v.IssuerBy != verifier.ByStore {
		t.Errorf("%+v", v)
	}
}

// verdict asks for one.
func (e *env) verdict(t *testing.T, body string) (v Verdict) {
	t.Helper()
	response, answer := e.call(t, http.MethodPost, "/v1/verify", "application/json", []byte(body))
	if response.StatusCode != http.StatusOK || response.Header.Get("Content-Type") != "application/json" {
		t.Fatalf("%d: %s", response.StatusCode, answer)
	}
	if err := json.Unmarshal(answer, &v, json.RejectUnknownMembers(true)); err != nil {
		t.Fatalf("%v in %s", err, answer)
	}
	return v
}

func pendingProof(t testing.TB, p *verifier.Proof) string {
	t.Helper()
	pending := *p
	pending.Batch, pending.Anchors = nil, nil
	text, err := pending.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// Somebody whom the operator does not trust is unknown, and not refuted.
func TestVerifyStranger(t *testing.T) {
	b := issue(t, "")
	e := open(t, false, func(n *anchor.Config, c *Config) {
		b.verifying(n, c)
		trust := *b.Trust
		trust.Issuers = nil
		c.Verify = &trust
	})
	v := e.verdict(t, member("verifiableCredential", b.carrying(t, welder)))
	if v.Verified || v.Verdict != "UNKNOWN" || v.Reason != verifier.ReasonIssuerUnknown ||
		v.ProblemDetails[0].Check != verifier.CheckIssuer ||
		v.ProblemDetails[0].Result != verifier.Unknown {
		t.Errorf("%+v", v)
	}
}

// What comes back is what the options of VCALM say.
func TestVerifyOptions(t *testing.T) {
	b := issue(t, "")
	e := open(t, false, b.verifying)
	body := func(options string) string {
		return `{"verifiableCredential":` + b.carrying(t, expired) + `,"options":` + options + `}`
	}
	v := e.verdict(t, body(`{"returnCredential":true,"returnProblemDetails":false,"returnResults":false}`))
	if v.Verdict != "INVALID" || v.Checks != nil || v.ProblemDetails != nil || string(v.Credential) != b.carrying(t, expired) {
		t.Errorf("%+v", v)
	}
	v = e.verdict(t, body(`{"returnCredential":false,"returnProblemDetails":true,"returnResults":true}`))
	if v.Checks == nil || v.ProblemDetails == nil || v.Credential != nil {
		t.Errorf("%+v", v)
	}
	response, answer := e.call(t, http.MethodPost, "/v1/verify", "application/json", []byte(body(`{"checks":["proof"]}`)))
	if p := wantProblem(t, response, answer, http.StatusBadRequest); p.Type != typeUnknownOption || !strings.Contains(p.Detail, "checks") {
		t.Errorf("%+v", p)
	}
}

// Several are answered in their order.
func TestVerifyBatch(t *testing.T) {
	b := issue(t, "")
	e := open(t, false, b.verifying)
	body := `{"items":[` + member(
		"verifiableCredential",
		b.carrying(t, welder),
	) + `,` + member(
		"verifiableCredential",
		b.carrying(t, expired),
	) + `,` +
		member(
			"document",
			`"`+inBase64("nothing")+`"`,
		) + `],"options":{"returnResults":false}}`
	response, answer := e.call(t, http.MethodPost, "/v1/verify", "application/json; charset=utf-8", []byte(body))
	var got VerifyBatch
	if err := json.Unmarshal(answer, &got); err != nil || response.StatusCode != http.StatusOK || len(got.Items) != 3 {
		t.Fatalf("%d, %v: %s", response.StatusCode, err, answer)
	}
	for i, want := range []string{"VALID", "INVALID", "NO PROOF"} {
		if v := got.Items[i]; v.Verdict != want || v.Checks != nil {
			t.Errorf("item %d: %+v", i, v)
		}
	}
}

// Every way in which a request can be wrong.
func TestVerifyRefusals(t *testing.T) {
	b := issue(t, "")
	e := open(t, false, b.verifying)
	good := member("verifiableCredential", b.carrying(t, welder))
	for name, tc := range map[string]struct {
		contentType, body string
		status            int
		detail            string
	}{
		"empty":                 {"application/json", "", 400, "JSON"},
		"not JSON":              {"application/json", "credential=1", 400, "JSON"},
		"cut":                   {"application/json", good[:len(good)-1], 400, "JSON"},
		"more behind":           {"application/json", good + good, 400, "JSON"},
		"list":                  {"application/json", "[" + good + "]", 400, "JSON"},
		"null":                  {"application/json", "null", 400, "neither"},
		"nothing":               {"application/json", "{}", 400, "neither"},
		"invalid UTF-8":         {"application/json", strings.Replace(good, "Ines", "In\xffs", 1), 400, "UTF-8"},
		"twice the same member": {"application/json", `{"document":"","document":""}`, 400, "document"},
		"twice, within":         {"application/json", member("verifiableCredential", `{"a":1,"a":2}`), 400, "duplicate"},
		"unknown member":        {"application/json", `{"document":"","credential":{}}`, 400, "credential"},
		"unknown in an item":    {"application/json", `{"items":[{"document":"","url":"http://a.example"}]}`, 400, "url"},
		"other case":            {"application/json", `{"Document":""}`, 400, "Document"},
		"options a list":        {"application/json", `{"document":"","options":[]}`, 400, "options"},
		"option a text":         {"application/json", `{"document":"","options":{"returnResults":"yes"}}`, 400, "returnResults"},
		"a text":                {"application/json", member("verifiableCredential", `"`+tokenText+`"`), 400, "EnvelopedVerifiableCredential"},
		"a null":                {"application/json", member("verifiableCredential", `null`), 400, "not an object"},
		"both":                  {"application/json", `{"document":"","verifiableCredential":{}}`, 400, "both"},
		"document no base64":    {"application/json", `{"document":"%%%"}`, 400, "document"},
		"document an object":    {"application/json", `{"document":{}}`, 400, "document"},
		"proof a text":          {"application/json", `{"document":"","proof":"abc"}`, 400, "proof"},
		"proof alone":           {"application/json", member("proof", b.proof(t, welder)), 400, "neither"},
		"items none":            {"application/json", `{"items":[]}`, 400, "empty"},
		"items null":            {"application/json", `{"items":null}`, 400, "neither"},
		"item null":             {"application/json", `{"items":[null]}`, 400, "items[0]"},
		"second item empty":     {"application/json", `{"items":[` + good + `,{}]}`, 400, "items[1]"},
		"items and one":         {"application/json", `{"document":"","items":[` + good + `]}`, 400, "one or the other"},
		"too many":              {"application/json", `{"items":[` + strings.Repeat(`{},`, maxVerifyItems) + `{}]}`, 413, "100"},
		"too deep":              {"application/json", strings.Repeat(`{"verifiableCredential":`, 20_000), 400, "JSON"},
		"too large":             {"application/json", good + strings.Repeat(" ", maxVerify), 413, "larger"},
		"no type":               {"", good, 415, "application/json"},
		"another type":          {"application/vc", good, 415, "application/json"},
		"a form":                {"multipart/form-data; boundary=x", good, 415, "application/json"},
	} {
		t.Run(name, func(t *testing.T) {
			response, answer := e.call(t, http.MethodPost, "/v1/verify", tc.contentType, []byte(tc.body))
			if p := wantProblem(t, response, answer, tc.status); !strings.Contains(p.Detail, tc.detail) {
				t.Errorf("%s, want %q", p.Detail, tc.detail)
			}
		})
	}
	// The node is none the worse for it.
	if v := e.verdict(t, good); !v.Verified {
		t.Errorf("%+v", v)
	}
}

// Nobody gets verdicts from a node whose operator has not said whom to trust.
func TestVerifyIsOff(t *testing.T) {
	e := open(t, false, nil)
	response, answer := e.call(t, http.MethodPost, "/v1/verify", "application/json", []byte(`{"document":""}`))
	if p := wantProblem(t, response, answer, http.StatusNotFound); !strings.Contains(p.Detail, "hallmark verify") {
		t.Errorf("%+v", p)
	}
}

// A client pays for each credential, and who waits too long for its turn is told so.
func TestVerifyIsBounded(t *testing.T) {
	b := issue(t, "")
	e := open(t, false, func(n *anchor.Config, c *Config) {
		b.verifying(n, c)
		c.Rate = 5 // bursts of 21
	})
	ask := func(n int) *http.Response {
		t.Helper()
		body := `{"items":[` + strings.Repeat(`{"document":""},`, n-1) + `{"document":""}]}`
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, e.url+"/v1/verify", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Content-Type", "application/json")
		request.Header.Set("X-Forwarded-For", "192.0.2.7")
		response, answer := exchange(t, http.DefaultClient.Do, request)
		if response.StatusCode != http.StatusOK {
			wantProblem(t, response, answer, response.StatusCode)
		}
		return response
	}
	if got := ask(4).StatusCode; got != http.StatusOK { // 20
		t.Errorf("four cost too much: %d", got)
	}
	if got := ask(3).StatusCode; got != http.StatusTooManyRequests {
		t.Errorf("three more: %d", got)
	}

	v := newVerdicts(e.node, Config{Verify: b.Trust, now: time.Now})
	v.wait = time.Millisecond
	var leaves []func()
	var err error
	for range 1000 {
		var leave func()
		if leave, err = v.enter(context.Background()); err != nil {
			break
		}
		leaves = append(leaves, leave)
	}
	var p *Problem
	if !errors.As(err, &p) || p.Status != http.StatusServiceUnavailable {
		t.Errorf("%d at once, %v", len(leaves), err)
	}
	leaves[0]()
	if _, err := v.enter(context.Background()); err != nil {
		t.Errorf("one has left: %v", err)
	}
}

// Whatever comes, the answer is of the form that is described, and nothing is verified that the
// verifier does not call VALID.
func FuzzVerify(f *testing.F) {
	b := issue(f, "http://127.0.0.1:1")
	for i := range many {
		f.Add([]byte(`{"document":"` + inBase64(b.documents[i]) + `","proof":` + b.proof(f, i) + `}`))
	}
	f.Add([]byte(member("verifiableCredential", b.carrying(f, welder))))
	f.Add([]byte(`{"items":[` + member("verifiableCredential", b.carrying(f, expired)) + `],"options":{"returnCredential":true}}`))
	f.Add([]byte(`{"verifiableCredential":{"id":"data:application/vc+jwt,` + tokenText + `"},"proof":` + b.proof(f, token) + `}`))
	v, err := verifier.New(verifier.Options{Trust: b.Trust, Now: func() time.Time { return b.Now }})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		request, refused := readVerifyRequest(text)
		if refused != nil {
			if refused.Status/100 != 4 || refused.Detail == "" {
				t.Errorf("%+v", refused)
			}
			return
		}
		items := request.Items
		if items == nil {
			items = []VerifyItem{request.single()}
		}
		for i := range items {
			report, err := judge(v, &items[i])
			answer := verdictOf(report, err)
			if (report == nil) == (err == nil) || answer.Verified != (report != nil && report.Verdict == verifier.Valid) ||
				answer.Verified == (len(answer.ProblemDetails) > 0) {
				t.Errorf("%+v of %+v, %v", answer, report, err)
			}
			answer.heed(&request.Options, &items[i])
			if text, err := json.Marshal(answer); err != nil || !jsontext.Value(text).IsValid() {
				t.Errorf("%v: %s", err, text)
			}
		}
	})
}

// Items beyond those that are taken cost no memory: an empty one would take many times that of its bytes.
func TestVerifyManyItems(t *testing.T) {
	text := []byte(`{"items":[` + strings.Repeat(`{},`, maxVerify/3-10) + `{}]}`)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, p := readVerifyRequest(text)
	runtime.ReadMemStats(&after)
	if p == nil || p.Status != http.StatusRequestEntityTooLarge {
		t.Fatalf("%+v", p)
	}
	if used := after.TotalAlloc - before.TotalAlloc; used > maxVerify {
		t.Errorf("%d MB to refuse %d MB", used>>20, len(text)>>20)
	}
}
