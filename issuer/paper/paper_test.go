package paper

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/hallmark-node/hallmark/internal/durable"
	"github.com/hallmark-node/hallmark/verifier"
	"github.com/hallmark-node/hallmark/verifier/qrproof"
	"github.com/hallmark-node/hallmark/verifier/verifiertest"
)

// badge is an Open Badge 3.0 about somebody.
func badge(name, title, criteria string, achievement ...string) []byte {
	more := ""
	if len(achievement) > 0 {
		more = "," + strings.Join(achievement, ",")
	}
	return fmt.Appendf(nil, `{
		"@context":["https://www.w3.org/ns/credentials/v2","https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"],
		"type":["VerifiableCredential","OpenBadgeCredential"],
		"issuer":{"id":"did:web:college.example","type":["Profile"],"name":"Example College"},
		"validFrom":"2026-01-15T09:00:00Z","credentialSubject":{"type":["AchievementSubject"],"name":%s,
		"achievement":{"id":"https://college.example/a","type":["Achievement"],"name":%s,"criteria":{"narrative":%s}%s}}}`,
		quote(name), quote(title), quote(criteria), more)
}

func quote(text string) string {
	out, err := json.Marshal(text)
	if err != nil {
		panic(err) // the texts are the test's own
	}
	return string(out)
}

// The documents that are anchored. Their places are their names in documents.
const (
	file = iota
	plain
	long
	hostile
	arabic
	noTitle
	unclear
	linked
	inlined
	hindi
	skilled
)

var documents = [][]byte{
	file:    []byte("%PDF-1.4\nnot a PDF that any reader shows\n"),
	plain:   badge("Pat Miller", "Welding, level 2", "Weld ten seams without a flaw."),
	long:    badge(strings.Repeat("Wolfeschlegelsteinhausen ", 30), strings.Repeat("Very long ", 90), strings.Repeat("word ", 10_000)),
	hostile: badge("Pat\u202eM\u0000iller\x1b[2J", "W\u2066elding\u200b\ufeff", strings.Repeat("c\u202e\n\n\t", 500)),
	arabic:  badge("مريم بنت عبد الله", "שלום Welding 2", "می\u200cخواهم"),
	noTitle: []byte(`{"type":["VerifiableCredential"],"issuer":"did:web:college.example"}`),
	unclear: []byte(`{"type":["VerifiableCredential"],"issuer":["did:web:a.example","did:web:b.example"],"name":"Welding"}`),
	linked:  badge("Pat Miller", "Welding", "Weld.", `"image":{"id":"https://college.example/a.png","type":"Image"}`),
	inlined: badge("Pat Miller", "Welding", "Weld.", `"image":{"id":"data:image/png;base64,`+pixel+`","type":"Image"}`),
	hindi:   badge("श्रीमती क्षितिज", "Welding", "Weld."),
	skilled: badge("Pat Miller", "TIG welding", "Weld ten seams of steel, and five of aluminium.", `"alignment":[{"type":["Alignment"],
		"targetName":"TIG welding","targetUrl":"http://data.europa.eu/esco/skill/11111111-2222-3333-4444-555555555555","targetFramework":"ESCO"},
		{"type":["Alignment"],"targetName":"Read drawings","targetCode":"A1","targetFramework":"College",
		"targetUrl":"https://college.example/a1"}]`,
		`"tag":["metal work","TIG welding"]`),
}

// anchored returns the proof of one of the documents.
func anchored(t testing.TB, i int) *verifier.Proof {
	t.Helper()
	once.Do(func() {
		world = verifiertest.NewBatch(t, 1, len(documents), func(i int) []byte { return documents[i] })
	})
	return world.Proof(t, i)
}

var (
	once  sync.Once
	world *verifiertest.Batch
)

// options are those of a test, with the fonts that are built in and no others.
func options(t testing.TB) Options {
	t.Helper()
	fonts, err := NewFonts()
	if err != nil {
		t.Fatal(err)
	}
	fonts.findSystem = nil
	return Options{Size: A4, Fonts: fonts}
}

// printCertificate prints one of the documents.
func printCertificate(t testing.TB, i int, o CertificateOptions) *Page {
	t.Helper()
	page, err := Certificate(anchored(t, i), documents[i], o)
	if err != nil {
		t.Fatal(err)
	}
	return page
}

// holds checks that texts are on a page, to be found and copied.
func holds(t testing.TB, pdf []byte, texts ...string) {
	t.Helper()
	got := strings.Join(strings.Fields(texted(t, pdf)), " ")
	for _, want := range texts {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not on the page:\n%s", want, got)
		}
	}
}

func TestSheet(t *testing.T) {
	p := anchored(t, file)
	o := options(t)
	o.URL = "https://college.example/b/{code}"
	page, err := Sheet(p, "diploma \u202e.pdf", documents[file], o)
	if err != nil {
		t.Fatal(err)
	}
	if page.Short != qrproof.ShortOf(p.Leaf()) || page.Code.Whole || !page.Code.Named {
		t.Errorf("%+v", page)
	}
	holds(t, page.PDF, `diploma \u202e.pdf`, p.Credential.String(), p.Submission.Issuer.String(), page.Short.String(),
		"2026-01-01 00:05 UTC, on the chain eip155:31337", "https://college.example/b/"+page.Short.String(),
		"hallmark verify --credential FILE proof.json", "Paper is not proven.")
	want := []string{page.Code.Text, "https://college.example/b/" + page.Short.String()}
	if codes := codesOn(t, page.PDF); !slices.Equal(codes, want) {
		t.Errorf("the codes on the page are %q", codes)
	}
	again, err := Sheet(p, "diploma \u202e.pdf", documents[file], o)
	if err != nil || !bytes.Equal(page.PDF, again.PDF) {
		t.Errorf("the same sheet has other bytes, or %v", err)
	}
	if n := bytes.Count(page.PDF, []byte("/Type /Page\n")); n != 1 {
		t.Errorf("%d pages", n)
	}
	poppler(t, page.PDF, "Short code", page.Short.String(), p.Credential.String())
}

// Whatever the file and the address are called, the sheet is one page.
func TestSheetOfLongTexts(t *testing.T) {
	o := options(t)
	o.Size, o.URL = Letter, "https://college.example/"+strings.Repeat("a", 100)+"/{code}"
	page, err := Sheet(anchored(t, long), strings.Repeat("diploma", 35)+".json", documents[long], o)
	if err != nil {
		t.Fatal(err)
	}
	for _, y := range heights(t, page.PDF) {
		if y < 25 { // points
			t.Errorf("a text stands at %v points", y)
		}
	}
	if codes := codesOn(t, page.PDF); len(codes) != 2 {
		t.Errorf("the codes on the page are %q", codes)
	}
}

// A sheet is made of what is anchored only, and of the file that is.
func TestSheetRefuses(t *testing.T) {
	good := anchored(t, file)
	pending := *good
	pending.Batch, pending.Anchors = nil, nil
	unanchored := *good
	unanchored.Batch = &verifier.Batch{Path: append([]verifier.Hash{{1}}, good.Batch.Path...)}
	unsigned := *good
	unsigned.Submission.Signature[3] ^= 1
	for name, c := range map[string]struct {
		proof    *verifier.Proof
		document []byte
		url      string
		want     string
	}{
		"changed":       {good, append(documents[file], '\n'), "", "not the credential that this proof is about"},
		"another":       {good, documents[plain], "", "not the credential that this proof is about"},
		"empty":         {good, nil, "", "not the credential that this proof is about"},
		"pending":       {&pending, documents[file], "", "still pending"},
		"not recorded":  {&unanchored, documents[file], "", "evidence"},
		"not signed":    {&unsigned, documents[file], "", "sign"},
		"no address":    {good, documents[file], "college.example/b", "want https://HOST/PATH"},
		"script":        {good, documents[file], "javascript:alert(1)//{code}", "want https://HOST/PATH"},
		"with password": {good, documents[file], "https://a:b@college.example/", "want https://HOST/PATH"},
		"long address":  {good, documents[file], "https://college.example/" + strings.Repeat("a", 200), "longer than 150"},
	} {
		o := options(t)
		o.URL = c.url
		if _, err := Sheet(c.proof, "diploma.pdf", c.document, o); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

func TestCertificate(t *testing.T) {
	for _, size := range []Size{A4, Letter} {
		o := options(t)
		o.Size = size
		page := printCertificate(t, plain, CertificateOptions{Options: o})
		holds(t, page.PDF, "Example College", "Welding, level 2", "awarded to Pat Miller", "Weld ten seams without a flaw.",
			"valid from 2026-01-15 09:00 UTC", page.Short.String(), "A print of a badge, and not the badge", "hallmark verify --credential BADGE")
		if codes := codesOn(t, page.PDF); len(codes) != 1 || codes[0] != page.Code.Text {
			t.Errorf("the codes on the page are %q", codes)
		}
		if n := bytes.Count(page.PDF, []byte("/Type /Page\n")); n != 1 {
			t.Errorf("%d pages", n)
		}
		poppler(t, page.PDF, "Welding, level 2", "Pat Miller", page.Short.String())
	}
}

// What a stranger wrote is printed as text, within the page, and what is cut is told.
func TestCertificateOfHostileBadge(t *testing.T) {
	o := CertificateOptions{Options: options(t)}
	page := printCertificate(t, hostile, o)
	holds(t, page.PDF, `Pat\u202eM\u0000iller\u001b[2J`, `W\u2066elding\u200b\ufeff`)
	page = printCertificate(t, long, o)
	want := []string{"the title is too long to be printed whole", "the name of whom it is for is too long to be printed whole"}
	if !slices.Equal(page.Remarks, want) {
		t.Errorf("remarks: %q", page.Remarks)
	}
	if codes := codesOn(t, page.PDF); len(codes) != 1 || codes[0] != page.Code.Text {
		t.Errorf("the codes on the page are %q", codes)
	}
	for _, y := range heights(t, page.PDF) {
		if y < 20 || y > 575 { // of 595 points, within the frame
			t.Errorf("a text stands at %v points", y)
		}
	}
	for i, want := range map[int]string{noTitle: "states no title", unclear: "issuer", file: "it is no badge (PDF)"} {
		if _, err := Certificate(anchored(t, i), documents[i], o); !errors.Is(err, ErrUnclear) || !strings.Contains(err.Error(), want) {
			t.Errorf("document %d: %v", i, err)
		}
	}
	if _, err := Certificate(anchored(t, plain), documents[long], o); err == nil {
		t.Error("a certificate is made of a badge that the proof is not about")
	}
	o.Recipient = "somebody@else.example"
	if _, err := Certificate(anchored(t, plain), documents[plain], o); !errors.Is(err, ErrUnclear) {
		t.Errorf("a certificate for somebody else: %v", err)
	}
}

func TestMissingFont(t *testing.T) {
	_, err := Certificate(anchored(t, hindi), documents[hindi], CertificateOptions{Options: options(t)})
	if !errors.Is(err, ErrNoFont) || !strings.Contains(err.Error(), "Devanagari") || !strings.Contains(err.Error(), "fonts-noto-core") {
		t.Errorf("%v", err)
	}
}

// poppler looks at a page with another program, where that is installed: it has one page and the texts.
func poppler(t testing.TB, pdf []byte, texts ...string) {
	t.Helper()
	program, err := exec.LookPath("pdftotext")
	if err != nil {
		return
	}
	path := filepath.Join(t.TempDir(), "page.pdf")
	if err := durable.Create(path, pdf, durable.Private); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(program, "-layout", path, "-").CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if n := bytes.Count(out, []byte("\f")); n != 1 {
		t.Errorf("pdftotext finds %d pages", n)
	}
	for _, text := range texts {
		if !strings.Contains(string(out), text) {
			t.Errorf("pdftotext does not find %q in:\n%s", text, out)
		}
	}
}

// TestRecordedOn tells chains for tests from others, and what is built in from what is not.
func TestRecordedOn(t *testing.T) {
	for chain, want := range map[verifier.ChainID]string{
		1:        "on Ethereum (eip155:1)",
		11155111: "on Sepolia (eip155:11155111), which is for TESTS only",
		31337:    "on the chain eip155:31337, which is not a public one that is built in",
	} {
		p := &verifier.Proof{Submission: verifier.Submission{Home: verifier.Home{Chain: chain}}}
		if got := recorded(&codes{report: new(verifier.Report)}, p); !strings.HasSuffix(got, want) {
			t.Errorf("of a proof on %s is printed %q", chain, got)
		}
		if test := onTestChain(p); test != strings.Contains(want, "TESTS") {
			t.Errorf("%s is one for tests: %v", chain, test)
		}
	}
}
