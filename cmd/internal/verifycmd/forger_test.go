package verifycmd

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hallmark-node/hallmark/verifier"
	"github.com/hallmark-node/hallmark/verifier/archive"
	"github.com/hallmark-node/hallmark/verifier/files"
	"github.com/hallmark-node/hallmark/verifier/verifiertest"
)

// forgery is a perfect copy of other people's badges, submitted with the forger's key and with
// a certificate that names that key for a domain; the trust store has the chain alone.
type forgery struct {
	names []string
	docs  [][]byte
	batch *verifiertest.Batch
	trust string // file
}

// forge makes the copies. change may replace a text in the JSON documents.
func forge(t *testing.T, domain string, change func([]byte) []byte) *forgery {
	t.Helper()
	f := &forgery{trust: filepath.Join(t.TempDir(), "trust.json")}
	f.names, f.docs = everyKind(t)
	for i, doc := range f.docs {
		f.docs[i] = change(doc)
	}
	f.names, f.docs = append(f.names, "degree.sd-jwt"), append(f.docs, change(sdJWT()))
	authority, anchored := verifiertest.NewAuthority(t), time.Unix(verifiertest.IssuedAt+300, 0)
	issuer := verifiertest.BatchIssuer(t)
	certificate := authority.Evidence(t, []string{hex.EncodeToString(issuer[:]) + ".hallmark." + domain},
		anchored.Add(-time.Hour), anchored.Add(time.Hour))
	f.batch = verifiertest.NewBatch(t, 1, len(f.docs), func(i int) []byte { return f.docs[i] }, certificate)
	trust := f.batch.Trust
	trust.Issuers, trust.Authorities = nil, &verifier.TrustedAuthorities{}
	for _, r := range authority.Anchors().Roots {
		trust.Authorities.Roots = append(trust.Authorities.Roots, verifier.TrustedCA{Certificate: r.Certificate})
	}
	for _, l := range authority.Anchors().Logs {
		trust.Authorities.Logs = append(trust.Authorities.Logs, verifier.TrustedLog{Key: l.Key, Operator: l.Operator})
	}
	store, err := trust.Encode()
	if err != nil {
		t.Fatal(err)
	}
	write(t, f.trust, store)
	return f
}

// sdJWT returns a token with one disclosure, whose signature nobody made.
func sdJWT() []byte {
	encode := base64.RawURLEncoding.EncodeToString
	disclosure := encode([]byte(`["c2FsdA","degree","Bachelor of Harbour Works"]`))
	digest := sha256.Sum256([]byte(disclosure))
	payload := fmt.Sprintf(
		`{"iss":"did:web:college.example","vct":"https://college.example/degree","_sd_alg":"sha-256","_sd":[%q]}`,
		encode(digest[:]),
	)
	return []byte(
		encode(
			[]byte(`{"alg":"ES256","typ":"dc+sd-jwt"}`),
		) + "." + encode(
			[]byte(payload),
		) + "." + encode(
			make([]byte, 64),
		) + "~" + disclosure + "~",
	)
}

func write(t *testing.T, name string, data []byte) {
	t.Helper()
	if err := os.WriteFile(name, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

// paths puts the copies into every form that verify takes, and returns what to name. The
// number is how many credentials there are in all of them at least.
func (f *forgery) paths(t *testing.T) (paths []string, number int) {
	t.Helper()
	folder := t.TempDir()
	beside, inside, archived := filepath.Join(folder, "beside"), filepath.Join(folder, "inside"), filepath.Join(folder, "archived")
	for _, dir := range []string{beside, inside, archived} {
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	var (
		zipped  bytes.Buffer
		lines   bytes.Buffer
		parts   []string // of a learner record
		proofs  archive.Collection
		carried int
	)
	badges := zip.NewWriter(&zipped)
	pack := func(name string, data []byte) {
		file, err := badges.Create(name)
		if err == nil {
			_, err = file.Write(data)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for i, name := range f.names {
		p, doc := f.batch.Proof(t, i), f.docs[i]
		data, err := p.Encode()
		if err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(beside, name), doc)
		write(t, filepath.Join(beside, name+".proof.json"), data)
		write(t, filepath.Join(archived, name), doc)
		pack(name, doc)
		pack(name+".proof.json", data)
		var compact bytes.Buffer
		if err := json.Compact(&compact, data); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&lines, "%s\n", compact.Bytes())
		if err := proofs.Add(p, name); err != nil {
			t.Fatal(err)
		}
		if embedded, err := verifier.Embed(doc, p); err == nil {
			carried++
			write(t, filepath.Join(inside, name), embedded)
			if json.Valid(embedded) {
				parts = append(parts, string(embedded))
			}
		}
	}
	if err := badges.Close(); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(folder, "badges.zip"), zipped.Bytes())
	write(t, filepath.Join(folder, "lines.ndjson"), lines.Bytes())
	write(t, filepath.Join(folder, "clr.json"), []byte(
		`{"@context":["https://www.w3.org/ns/credentials/v2","https://purl.imsglobal.org/spec/clr/v2p0/context-2.0.1.json"],`+
			`"type":["VerifiableCredential","ClrCredential"],"issuer":"did:web:college.example","credentialSubject":{"type":["ClrSubject"],`+
			`"verifiableCredential":[`+strings.Join(parts, ",")+`]}}`))
	var out bytes.Buffer
	w := archive.NewWriter(&out)
	if err := proofs.Write(w); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(archived, "all.proofs"), out.Bytes())
	if carried < 8 || len(parts) < 5 {
		t.Fatalf("only %d carry a proof, and a record holds %d", carried, len(parts))
	}
	for _, name := range []string{"beside", "inside", "archived", "archived/all.proofs", "badges.zip", "lines.ndjson", "clr.json"} {
		paths = append(paths, filepath.Join(folder, filepath.FromSlash(name)))
	}
	return paths, 5*len(f.names) + carried + len(parts)
}

// said is what a test looks at of an object of --json.
type said struct {
	File         string
	Verdict      verifier.Verdict
	Reason       verifier.Reason
	IssuerBy     verifier.IssuerBy
	IssuerDomain string
	IssuerSince  string
	Document     struct {
		IssuerIDs []string `json:"issuerIds"`
	}
}

// verdicts runs the command on everything and returns its objects.
func (f *forgery) verdicts(t *testing.T) (reports []said) {
	t.Helper()
	paths, number := f.paths(t)
	app := App()
	var out bytes.Buffer
	app.Writer, app.ErrWriter, app.ExitErrHandler = &out, io.Discard, nil
	args := []string{"verify", "--json", "--trust", f.trust, "--at", "2026-06-01", "--max-status-age", "365d"}
	_ = app.Run(append(args, paths...)) // its exit status, which is that of the worst
	for d := json.NewDecoder(&out); d.More(); {
		var r said
		if err := d.Decode(&r); err != nil {
			t.Fatal(err)
		}
		reports = append(reports, r)
	}
	if len(reports) < number {
		t.Fatalf("%d reports on %d credentials", len(reports), number)
	}
	return reports
}

func same(doc []byte) []byte { return doc }

// A forger with a key, an anchor and a domain of his own, and a perfect copy of what the issuer
// has issued, is never believed, whatever it stands in.
func TestForgerInEveryForm(t *testing.T) {
	for _, r := range forge(t, "evil.example", same).verdicts(t) {
		if r.Verdict == verifier.Valid || r.IssuerBy != "" || r.IssuerDomain != "" {
			t.Errorf("%s is %s, issued by %q %q", r.File, r.Verdict, r.IssuerBy, r.IssuerDomain)
		}
	}
}

// The same with the issuer's own domain: what names an issuer of that domain is VALID, and
// nothing else. So it was the domain alone that made the difference.
func TestIssuerInEveryForm(t *testing.T) {
	valid := 0
	for _, r := range forge(t, "college.example", same).verdicts(t) {
		names := len(r.Document.IssuerIDs) == 1 && strings.Contains(r.Document.IssuerIDs[0], "college.example")
		if got := r.Verdict == verifier.Valid; got != names {
			t.Errorf("%s is %s (%s): %+v", r.File, r.Verdict, r.Reason, r.Document)
		}
		if names {
			valid++
			if r.IssuerDomain != "college.example" || r.IssuerBy != verifier.ByX509 || r.IssuerSince == "" {
				t.Errorf("%s: issued by %q %q", r.File, r.IssuerBy, r.IssuerDomain)
			}
		}
	}
	if valid < 30 {
		t.Errorf("only %d are VALID", valid)
	}
}

// A forger who names his own domain as the issuer, and keeps the issuer's name: it is his
// domain's badge, and the lines that say who issued it say so.
func TestForgerUnderHisOwnDomain(t *testing.T) {
	f := forge(t, "evil.example", func(doc []byte) []byte {
		if !json.Valid(doc) {
			return doc
		}
		return bytes.ReplaceAll(doc, []byte("did:web:college.example"), []byte("did:web:evil.example"))
	})
	v, err := verifier.New(verifier.Options{
		Trust: f.batch.Trust, MaxStatusAge: 365 * 24 * time.Hour,
		Now: func() time.Time { return time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC) },
	})
	if err != nil {
		t.Fatal(err)
	}
	for i, name := range f.names {
		if name != "welding-badge.json" {
			continue
		}
		r := v.Verify(f.batch.Proof(t, i), bytes.NewReader(f.docs[i]))
		var text bytes.Buffer
		printDetails(&text, files.Result{Name: name, Report: r})
		printLine(&text, files.Result{Name: name, Report: r})
		if r.Verdict != verifier.Valid {
			t.Errorf("%s", text.String())
		}
		for line := range strings.Lines(text.String()) {
			who, claim := strings.Contains(line, "issued by"), strings.Contains(line, "Example College")
			if who && (claim || !strings.Contains(line, "evil.example")) {
				t.Errorf("%s", line)
			}
		}
	}
}
