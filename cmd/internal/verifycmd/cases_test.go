package verifycmd

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/hallmark-node/hallmark/internal/sharedtest"
	"github.com/hallmark-node/hallmark/verifier"
	"github.com/hallmark-node/hallmark/verifier/files"
	"github.com/hallmark-node/hallmark/verifier/verifiertest"
)

// shared are files as people's software makes them, each with what a report on it must say:
// the first line of the report as a regular expression, and texts that stand somewhere in it.
var cases = []struct {
	proofOf, file string // file is empty for that of the proof itself
	first         string
	says          []string
	embeds        string // what embedding the proof must say; "ok" if it works, empty if it is not asked
}{
	// The end of validity is read, or the verdict says that it cannot be.
	{"exp-space-past.json", "", `^INVALID \(expired 2020-11-02\)|^UNKNOWN`, []string{"2020-11-02 17:08:43"}, ""},
	{"exp-offsetZ-past.json", "", `^INVALID \(expired 2020-11-02\)`, []string{"2020-11-02T17:08:43Z"}, ""},
	{"exp-bad-past.json", "", `^UNKNOWN`, []string{"validUntil", "2020-02-30T00:00:00Z"}, ""},
	{"edc-jades-b64false-expired.jsonld", "", `^INVALID \(expired 2020-12-31\)`, []string{"Pat Miller"}, ""},
	{"edc-jades-b64-expired.jsonld", "", `^INVALID \(expired 2020-12-31\)`, []string{"Pat Miller"}, ""},
	{
		"oa2-opencert.opencert", "", `^INVALID \(expired 2020-05-02\)`,
		[]string{"Diploma in Harbour Works", "Harbour Polytechnic", "Pat Miller"},
		"ok",
	},
	{"oa2-names-somebody-else.opencert", "", `^VALID|^UNKNOWN`, []string{"Somebody Else University"}, "ok"},
	{"date-from-leap.json", "", `^VALID`, []string{"from 2017-01-01T00:00:00Z"}, ""},
	{"date-from-lower.json", "", `^VALID`, []string{"2024-05-02"}, ""},
	{"date-from-t24.json", "", `^VALID`, []string{"2024-05-0"}, ""},

	// One credential in other clothes.
	{"badge.json", "json-bom.json", `^VALID`, []string{"Forklift basics"}, ""},
	{"ob3.jwt", "ob3-bom.jwt", `^VALID`, []string{"Forklift basics"}, ""},
	{"ob3.jwt", "ob3-wrapped64.jwt", `^VALID`, []string{"Forklift basics"}, ""},
	{"ob3.jwt", "ob3-quoted.json", `^VALID`, []string{"Forklift basics"}, ""},
	{"ob3.jwt", "ob3-bearer.txt", `^VALID`, []string{"Forklift basics"}, ""},
	{"sdjwt.txt", "", `^VALID`, []string{"2030-12-31"}, ""},
	{"sdjwt.txt", "sdjwt-kb.txt", `^VALID`, []string{"Pat"}, ""},
	{"sdjwt.txt", "sdjwt-onedisc.txt", `^VALID`, []string{"Pat"}, ""},
	{"ob3.jwt", "sdjwt.txt", `^INVALID \(altered\)`, nil, ""},
	{"badge.json", "exp-bad-past.json", `^INVALID \(altered\)`, nil, ""},

	// Pictures and PDFs of other programs.
	{"plain-illustrator.svg", "", `^VALID`, nil, "ok"},
	{"baked-illustrator.svg", "", `^VALID`, []string{"Forklift basics"}, "ok"},
	{"plain-latin1.svg", "", `^VALID`, nil, "ok"},
	{"baked-latin1.svg", "", `^VALID`, []string{"Forklift basics"}, "ok"},
	{"plain-doctype.svg", "", `^VALID`, nil, "ok"},
	{"pdf-gen65536.pdf", "", `^VALID`, []string{"PDF"}, "ok"},
	{"pdf-bom.pdf", "", `^VALID`, []string{"PDF"}, "ok"},
	{"pdf-usermode14.pdf", "", `^VALID`, []string{"PDF"}, "ok"},
	{"pdf-certified-p1.pdf", "", `^VALID`, []string{"PDF"}, `certif`},

	// Whom and what it is about.
	{"name-givenNames-ebsi.json", "", `^VALID`, []string{"Pat MILLER", "Master in Harbour Law"}, "ok"},
	{"degree-w3c.json", "", `^VALID`, []string{"Bachelor of Harbour Works"}, "ok"},
	{"ob1-class.json", "", `^VALID`, []string{"Open Badge 1.0", "Basic"}, "ok"},
	{"halfob2.json", "", `^VALID`, []string{"does not say in a known way whom it names"}, "ok"},
	{"array-of-vcs.json", "", `^UNKNOWN`, nil, `array|object`},
}

// newCaseVerifier returns a verifier that trusts the issuer of a batch for any issuer.
func newCaseVerifier(t *testing.T, batch *verifiertest.Batch) *verifier.Verifier {
	t.Helper()
	v, err := verifier.New(verifier.Options{
		Trust: batch.Trust, MaxStatusAge: 365 * 24 * time.Hour,
		Now: func() time.Time { return time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC) },
	})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestSharedCases(t *testing.T) {
	folder := sharedtest.Path(t, "cases", "in")
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	at := make(map[string]int)
	var docs [][]byte
	for _, e := range entries {
		data, err := os.ReadFile(filepath.Join(folder, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		at[e.Name()], docs = len(docs), append(docs, data)
	}
	batch := verifiertest.NewBatch(t, 1, len(docs), func(i int) []byte { return docs[i] })
	v := newCaseVerifier(t, batch)
	goWords := regexp.MustCompile(`jsontext|xml:|Decoder|CharsetReader|invalid character|strconv|base64url.*base64url`)
	for _, c := range cases {
		name := c.file
		if name == "" {
			name = c.proofOf
		}
		t.Run(c.proofOf+" "+c.file, func(t *testing.T) {
			p, doc := batch.Proof(t, at[c.proofOf]), docs[at[name]]
			var text bytes.Buffer
			printDetails(&text, files.Result{Name: name, Report: v.Verify(p, bytes.NewReader(doc))})
			if !regexp.MustCompile(c.first).MatchString(text.String()) {
				t.Errorf("want %s", c.first)
			}
			for _, says := range c.says {
				if !strings.Contains(text.String(), says) {
					t.Errorf("nothing of %q", says)
				}
			}
			if found := goWords.FindString(text.String()); found != "" {
				t.Errorf("words of a library: %q", found)
			}
			if t.Failed() {
				t.Log("\n" + text.String())
			}
			if c.embeds == "" {
				return
			}
			out, err := verifier.Embed(doc, p)
			switch {
			case c.embeds != "ok":
				if err == nil || !regexp.MustCompile(c.embeds).MatchString(err.Error()) {
					t.Errorf("embed: %v, want %q", err, c.embeds)
				}
				return
			case err != nil:
				t.Fatalf("embed: %v", err)
			}
			carried, c2, err := verifier.Extract(out)
			if err != nil || carried.Leaf() != p.Leaf() || !bytes.Equal(c2.Original, doc) {
				t.Errorf("extract: %v, %d of %d bytes", err, len(c2.Original), len(doc))
			}
		})
	}
}

// A hash over an address in other letters tells nothing for sure.
func TestSharedRecipient(t *testing.T) {
	doc, err := os.ReadFile(sharedtest.Path(t, "cases", "in", "rcpt-mixedcase-hash.json"))
	if err != nil {
		t.Fatal(err)
	}
	batch := verifiertest.NewBatch(t, 1, 1, func(int) []byte { return doc })
	for who, want := range map[string]verifier.Verdict{
		"Pat.Miller@Mail.Example": verifier.Valid,
		"pat.miller@mail.example": verifier.Valid,
		"PAT.MILLER@mail.example": verifier.Valid,
		"ann@mail.example":        verifier.VerdictUnknown,
	} {
		v, err := verifier.New(verifier.Options{Trust: batch.Trust, Recipient: who, Now: func() time.Time { return batch.Now }})
		if err != nil {
			t.Fatal(err)
		}
		if r := v.Verify(batch.Proof(t, 0), bytes.NewReader(doc)); r.Verdict != want {
			t.Errorf("%s: %s, want %s: %+v", who, r.Verdict, want, r.Because())
		}
	}
}

// Files that stand in zips and folders, each asked for by its name or that of its folder.
func TestSharedFolders(t *testing.T) {
	read := func(name string) []byte {
		data, err := os.ReadFile(sharedtest.Path(t, "cases", "in", name))
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	badge := read("png-ob3.png")
	batch := verifiertest.NewBatch(t, 1, 1, func(int) []byte { return badge })
	proof, err := batch.Proof(t, 0).Encode()
	if err != nil {
		t.Fatal(err)
	}
	utf16 := []byte{0xff, 0xfe}
	for _, c := range proof {
		utf16 = append(utf16, c, 0)
	}
	const none = "NO PROOF %s %[1]s: there is no proof of it: neither %[1]s.proof.json nor an archive beside it has one"
	for name, c := range map[string]struct {
		files map[string][]byte
		ask   string // within the folder
		want  []string
	}{
		"a name of Windows in a zip": {map[string][]byte{"cp437.zip": read("cp437.zip")}, "cp437.zip", []string{
			"NO PROOF cp437.zip/Zo\u00eb.png cp437.zip/Zo\u00eb.png: there is no proof of it",
		}},
		"backslashes in a zip": {map[string][]byte{"backslash.zip": read("backslash.zip")}, "backslash.zip", []string{
			"UNKNOWN backslash.zip/class/anna.png",
		}},
		"a second download": {map[string][]byte{"png-ob3 (1).png": badge, "png-ob3.png.proof.json": proof}, "", []string{
			"VALID png-ob3 (1).png",
		}},
		"a proof with a mark": {
			map[string][]byte{"b.png": badge, "b.png.proof.json": append([]byte("\ufeff"), proof...)},
			"",
			[]string{"VALID b.png"},
		},
		"a proof in UTF-16": {map[string][]byte{"b.png.proof.json": utf16}, "b.png.proof.json", []string{
			"NO PROOF b.png.proof.json b.png.proof.json: not a proof file: it is UTF-16, not UTF-8: save it as UTF-8",
		}},
		"a statement without a proof": {
			map[string][]byte{"x.json": read("xapi-statement.json")}, "x.json", []string{fmt.Sprintf(none, "x.json")},
		},
		"a picture without a proof": {map[string][]byte{"x.png": read("plain.png")}, "x.png", []string{fmt.Sprintf(none, "x.png")}},
		"a drawing without a proof": {map[string][]byte{"x.svg": read("plain-latin1.svg")}, "x.svg", []string{fmt.Sprintf(none, "x.svg")}},
		"a diploma without a proof": {map[string][]byte{"x.opencert": read("oa2-opencert.opencert")}, "x.opencert", []string{
			fmt.Sprintf(none, "x.opencert"),
		}},
	} {
		t.Run(strings.ReplaceAll(name, " ", "-"), func(t *testing.T) {
			dir := t.TempDir()
			for name, data := range c.files {
				write(t, filepath.Join(dir, name), data)
			}
			tasks, err := files.Named([]string{filepath.Join(dir, c.ask)}, nil)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for task := range tasks {
				for r := range files.Results(newCaseVerifier(t, batch), task) {
					verdict := "NO PROOF"
					if r.Report != nil {
						verdict = string(r.Report.Verdict)
					}
					said := strings.ReplaceAll(fmt.Sprint(r.Name, " ", r.Err), dir+string(filepath.Separator), "")
					got = append(got, verdict+" "+filepath.ToSlash(said))
				}
			}
			if len(got) != len(c.want) {
				t.Fatalf("%q, want %q", got, c.want)
			}
			for i, want := range c.want {
				if !strings.HasPrefix(got[i], want) {
					t.Errorf("%q, want %q", got[i], want)
				}
			}
		})
	}
}
