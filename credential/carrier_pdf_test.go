package credential

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"
)

// deflated returns an object stream whose objects follow a header of length first.
func deflated(header, objects string) string {
	var z bytes.Buffer
	w := zlib.NewWriter(&z)
	_, _ = w.Write([]byte(header + objects)) // into memory
	_ = w.Close()
	return fmt.Sprintf("3 0 obj <</Type/ObjStm/N 1/First %d/Filter/FlateDecode/Length %d>> stream\n%s\nendstream endobj\n",
		len(header), z.Len(), z.String())
}

func TestDescribePDF(t *testing.T) {
	const trailer = "trailer <</Root 1 0 R/Info 4 0 R>>\nstartxref\n99999\n%%EOF\n"
	xmp := func(inner string) string {
		return `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="r"><rdf:Description xmlns:dc="http://purl.org/dc/elements/1.1/">` +
			inner + `</rdf:Description></rdf:RDF></x:xmpmeta>`
	}
	for _, test := range []struct{ name, doc, title, author, issuer string }{
		{"nothing", "", "", "", ""},
		{
			"information", "4 0 obj <</Title (Machine Learning)/Author (Ada (A.) L\\366w\\)e)/Creator (x)>> endobj\n" + trailer,
			"Machine Learning", "Ada (A.) Löw)e", "",
		},
		{"UTF-16", "4 0 obj << /Title <FEFF 00C5 0073> >> endobj\n" + trailer, "Ås", "", ""},
		{"UTF-8", "4 0 obj << /Title (\xef\xbb\xbfÅs) /Issuer (Example College) >> endobj\n" + trailer, "Ås", "", "Example College"},
		{
			"updated", "4 0 obj <</Title (old)>> endobj\n14 0 obj <</Title (no)>> endobj\n4 0 obj <</Title (new)>> endobj\n" + trailer, "new", "",
			"",
		},
		{
			"PDFDocEncoding", "4 0 obj <</Title (\220A\222 \205 Pr\374fung \240)/Author(a\\\r\nb\\nc\rd)>> endobj\n" + trailer,
			"’A™ – Prüfung €", "ab c d", "",
		},
		{"UTF-16 with escapes", "4 0 obj <</Title (\xfe\xff\x01\\r\x01\\n\x00\\()>> endobj\n" + trailer, "čĊ(", "", ""},
		{"UTF-16, the other way", "4 0 obj <</Title (\xff\xfeA\x00\x0d\x01\x00)>> endobj\n" + trailer, "Ač", "", ""},
		{
			"by the table, whatever stands behind",
			"4 0 obj <</Title (stated)>> endobj\nxref\n4 1\n0000000009 00000 n \ntrailer <</Info 4 0 R>>\n4 0 obj <</Title (not stated)>> endobj\n" +
				"startxref\n44\n%%EOF\n",
			"stated", "", "",
		},
		{
			"XMP of the document, not of its pictures",
			"1 0 obj <</Type/Catalog/Metadata 5 0 R>> endobj\n5 0 obj <</Type/Metadata/Length 6 0 R>> stream\n" + xmp("<dc:title>Whole</dc:title>") +
				"\nendstream endobj\n7 0 obj <<>> stream\n" + xmp("<dc:title>Picture</dc:title>") + "\nendstream endobj\ntrailer <</Root 1 0 R>>",
			"Whole", "", "",
		},
		{
			"XMP of a picture alone",
			"1 0 obj <</Type/Catalog>> endobj\n7 0 obj <<>> stream\n" + xmp("<dc:title>Picture</dc:title>") +
				"\nendstream endobj\ntrailer <</Root 1 0 R>>",
			"", "", "",
		},
		{
			"XMP that is packed",
			"1 0 obj <</Type/Catalog/Metadata 3 0 R>> endobj\n" +
				strings.Replace(deflated("", xmp("<dc:title>Packed</dc:title>")), "ObjStm", "Metadata", 1) +
				"trailer <</Root 1 0 R>>",
			"Packed", "", "",
		},
		{"in an object stream", deflated("4 0 ", "<</Title (Compressed)/Author(B)>>") + trailer, "Compressed", "B", ""},
		{"not in the object stream", deflated("5 0 ", "<</Title (Compressed)>>") + trailer, "", "", ""},
		{
			"XMP",
			xmp(`<dc:title><rdf:Alt><rdf:li>From XMP</rdf:li></rdf:Alt></dc:title><dc:creator><rdf:Seq><rdf:li>C</rdf:li></rdf:Seq>`+
				`</dc:creator><dc:publisher>P</dc:publisher>`) +
				trailer,
			"From XMP", "C", "P",
		},
		{"XMP with an entity", `<!DOCTYPE a [<!ENTITY e "x">]>` + xmp(`<dc:title>&e;</dc:title>`), "", "", ""},
		{"encrypted", "4 0 obj <</Title (secret)>> endobj\ntrailer <</Encrypt 9 0 R/Info 4 0 R>>", "", "", ""},
		{"information nowhere", trailer, "", "", ""},
		{"no dictionary", "4 0 obj (x) endobj\n" + trailer, "", "", ""},
		{"open string", "trailer <</Info 4 0 R>> 4 0 obj <</Title (x", "x", "", ""},
		{"open hex", "trailer <</Info 4 0 R>> 4 0 obj <</Title <00", "", "", ""},
		{"bidi", "4 0 obj <</Title <FEFF 202E 0061>>> endobj\n" + trailer, "\u202ea", "", ""},
	} {
		d := Describe([]byte("%PDF-1.7\n" + test.doc))
		checkDescription(t, d)
		if d.Kind != KindPDF || d.Problem != "" || len(d.IssuerIDs) > 0 {
			t.Errorf("%s: %+v", test.name, d)
		}
		if d.Name != test.title || d.Author != test.author || d.IssuerName != test.issuer {
			t.Errorf("%s: title %q, author %q, issuer %q", test.name, d.Name, d.Author, d.IssuerName)
		}
	}
}

// A PDF may stand behind other bytes, as readers take it. What begins like something that
// states an issuer is not taken for one that names nobody.
func TestBeforePDF(t *testing.T) {
	doc := string(pdfFileOf(t, "table"))
	for _, before := range []string{
		"", "\ufeff", "\r\n \t", "\x00\x00", "Content-Type: application/pdf\r\n\r\n", "\x1b%-12345X@PJL ENTER LANGUAGE = PDF\n",
	} {
		d := Describe([]byte(before + doc))
		if d.Kind != KindPDF || !d.Opaque || d.Problem != "" {
			t.Errorf("%q: %+v", before, d)
		}
		if got, err := Embed([]byte(before+doc), someProof, FormRaw); err != nil {
			t.Errorf("%q: %v", before, err)
		} else if back, err := Extract(got); err != nil || string(back.Original) != before+doc {
			t.Errorf("%q: back comes %+v, %v", before, back, err)
		} else if mustSum(t, before+doc) != mustSum(t, string(got)) {
			t.Errorf("%q: the CID changed", before)
		}
	}
	quoted := strings.NewReplacer("\n", `\n`, "\xe2\xe3\xcf\xd3", "").Replace(strings.ToValidUTF8(doc, ""))
	for _, tt := range []struct {
		name, doc string
		kind      Kind
		problem   bool
	}{
		{"in JSON", `{"issuer":"did:web:a","a":"` + quoted + `"}`, KindJSON, true},
		{"in a JSON array", `["` + quoted + `",{"issuer":"did:web:a"}]`, KindJSON, true},
		{"behind an open array", `[{"issuer":"did:web:a"},` + "\n" + doc, KindFile, true},
		{"in YAML", "a: |\n  " + doc + "\nissuer: did:web:a\n", KindFile, true},
		{"behind YAML", "issuer: did:web:a\n" + doc, KindFile, true},
		{"behind YAML, with much that is no text", "issuer: did:web:a\n" + doc + strings.Repeat("\x00\x01\x02\xff", 1000), KindFile, true},
		{"in markup", "<credential>" + doc, KindFile, true},
		{"behind a token", jwt(es256, badgeA) + "\n" + doc, KindFile, true},
		{"behind UTF-16", utf16Text(false, badgeA) + doc, KindFile, true},
		{"behind CBOR", "\xa1\x66issuer\x69did:web:a" + doc, KindFile, true},
		{"in a JPEG", "\xff\xd8\xff\xfe\x00\x00" + doc, KindFile, false},
		{"in a ZIP", "PK\x03\x04\x14\x00\x00\x00\x00\x00" + doc, KindFile, false},
		{"too far down", strings.Repeat(" ", 1020) + doc, KindFile, false},
	} {
		if d := Describe([]byte(tt.doc)); d.Kind != tt.kind || (d.Problem != "") != tt.problem || d.Opaque == tt.problem {
			t.Errorf("%s: %+v", tt.name, d)
		}
	}
	baked := bakedInto(t, plainPNG(t), smallBadge)
	if d := Describe(append(baked, doc...)); d.Carrier != "PNG" {
		t.Errorf("behind a picture: %+v", d)
	}
}

// A PDF that is certified so that nothing may be changed keeps its proof beside it, and of
// other signatures the caller is told.
func TestSignedPDF(t *testing.T) {
	certified := func(p int) []byte {
		return fmt.Appendf(
			nil,
			"%%PDF-1.7\n1 0 obj\n<</Perms<</DocMDP 2 0 R>>>>\nendobj\n2 0 obj\n<</Type/Sig/ByteRange[0 9 9 9]/Contents<00>"+
				"/Reference[<</TransformMethod/DocMDP/TransformParams<</P %d>>>>]>>\nendobj\ntrailer\n<</Root 1 0 R>>\n",
			p,
		)
	}
	if _, err := Embed(certified(1), someProof, FormRaw); err == nil || !strings.Contains(err.Error(), "allows no change") {
		t.Errorf("%v", err)
	}
	if _, err := Embed(certified(2), someProof, FormRaw); err != nil {
		t.Error(err)
	}
	if !SignedPDF(certified(1)) || !SignedPDF(certified(2)) || SignedPDF(pdfFileOf(t, "table")) || SignedPDF([]byte("/ByteRange")) {
		t.Error("who is signed")
	}
	// A proof that is in there all the same, as older versions wrote it, is taken and replaced.
	old, err := embed(certified(1), someProof, FormRaw)
	if err != nil {
		t.Fatal(err)
	}
	if back, err := Extract(old); err != nil || !bytes.Equal(back.Original, certified(1)) {
		t.Errorf("%+v, %v", back, err)
	}
	if _, err := Embed(old, []byte("another"), FormRaw); err != nil {
		t.Error(err)
	}
}

// A PDF costs time in proportion to its length, and bounded memory.
func TestHostilePDF(t *testing.T) {
	bomb := deflated("4 0 ", "<</Title (x)>>"+strings.Repeat("\x00", 64<<20))
	for name, doc := range map[string]string{
		"bombs":       strings.Repeat(bomb, 100) + "/Info 4 0 R",
		"references":  strings.Repeat("/Info 4 0 R ", 100_000) + strings.Repeat("14 0 obj ", 100_000),
		"streams":     strings.Repeat("/Type/ObjStm ", 100_000) + "/Info 4 0 R",
		"comments":    strings.Repeat("4 0 obj<</Type/ObjStm>>%", 100_000) + "/Info 4 0 R",
		"dictionary":  "4 0 obj<<" + strings.Repeat("/Type/ObjStm ", 100_000) + "/Info 9 0 R",
		"parentheses": "/Info 4 0 R 4 0 obj <</Title " + strings.Repeat("(", 1<<20),
		"XMP":         strings.Repeat("<x:xmpmeta>", 100_000),
	} {
		start := time.Now()
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		checkDescription(t, Describe([]byte("%PDF-1.7\n"+doc)))
		runtime.ReadMemStats(&after)
		allocated := after.TotalAlloc - before.TotalAlloc
		if took := time.Since(start); took > 10*time.Second || allocated > 128<<20 {
			t.Errorf("%s: %d bytes took %v and %d bytes", name, len(doc), took, allocated)
		} else {
			t.Logf("%s: %d bytes, %v, %d bytes of memory", name, len(doc), took, allocated)
		}
	}
}

func FuzzPDF(f *testing.F) {
	f.Add([]byte("4 0 obj <</Title (a\\101\\))/Author <FEFF0041>>> endobj /Info 4 0 R"))
	f.Add([]byte(deflated("4 0 ", "<</Title (x)>>") + "/Info 4 0 R"))
	f.Add([]byte(`<x:xmpmeta xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>x</dc:title></x:xmpmeta>`))
	f.Fuzz(func(t *testing.T, doc []byte) {
		d := Describe(append([]byte("%PDF-1.7\n"), doc...))
		checkDescription(t, d)
		if d.Kind != KindPDF || d.Problem != "" {
			t.Fatalf("%+v", d)
		}
	})
}

// What stands in front of the header may begin with any letter.
func TestPDFBehindWords(t *testing.T) {
	const object = "1 0 obj<</Type/Catalog>>endobj\n"
	for _, before := range []string{"", "sent by mail\n", "emailed\n", "bearer ey\n"} {
		doc := []byte(before + "%PDF-1.7\n" + object + "trailer<</Root 1 0 R/Size 2>>\nstartxref\n0\n%%EOF\n")
		if d := Describe(doc); d.Kind != KindPDF || !d.Opaque {
			t.Errorf("%q: %s, %s", before, d.Title(), d.Problem)
		}
		with, err := Embed(doc, []byte("proof"), FormRaw)
		if err != nil {
			t.Errorf("%q: %v", before, err)
			continue
		}
		if sumOf(t, with) != sumOf(t, doc) {
			t.Errorf("%q: another CID with a proof", before)
		}
	}
}
