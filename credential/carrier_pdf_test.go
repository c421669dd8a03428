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
