package xmltext

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
	"unicode"
	"unicode/utf16"

	"golang.org/x/text/encoding/charmap"
	xunicode "golang.org/x/text/encoding/unicode"
)

// read returns the names of elements with their namespaces and attributes, and all text
// from the first one on.
func read(t testing.TB, d *Document) (string, error) {
	t.Helper()
	var out strings.Builder
	for x := d.Reader(); ; {
		token, _, _, err := x.Read()
		if errors.Is(err, io.EOF) {
			return strings.TrimSpace(out.String()), nil
		}
		if err != nil {
			return out.String(), err
		}
		switch token := token.(type) {
		case xml.StartElement:
			out.WriteString("<" + token.Name.Space + " " + token.Name.Local)
			for _, a := range token.Attr {
				out.WriteString(" " + a.Name.Local + "=" + a.Value)
			}
			out.WriteString(">")
		case xml.CharData:
			out.Write(token)
		}
	}
}

// wide encodes a text in UTF-16 with its mark.
func wide(big bool, text string) []byte {
	var out []byte
	for _, unit := range utf16.Encode([]rune("\ufeff" + text)) {
		if big {
			out = append(out, byte(unit>>8), byte(unit))
		} else {
			out = append(out, byte(unit), byte(unit>>8))
		}
	}
	return out
}

func TestRead(t *testing.T) {
	const latin = `<?xml version="1.0" encoding="ISO-8859-1"?>`
	for _, tt := range []struct{ name, doc, want string }{
		{"nothing before", `<a x="1">&lt;é&#65;</a>`, "< a x=1><éA"},
		{"a mark", "\ufeff<a/>", "< a>"},
		{"white space before", " \n<a/>", "< a>"},
		{"a declaration", `<?xml version="1.0"?><a/>`, "< a>"},
		{"all of it", `<?xml version='1.0' encoding = "utf-8" standalone="no" ?><a/>`, "< a>"},
		{"US-ASCII", `<?xml version="1.0" encoding="US-ASCII"?><a/>`, "< a>"},
		{"Latin-1", latin + "<a>\xe9\xff</a>", "< a>éÿ"},
		{"Windows-1252", `<?xml version="1.0" encoding="windows-1252"?>` + "<a>\x80\x93\xe9</a>", "< a>€“é"},
		{"UTF-16, little end first", string(wide(false, `<?xml version="1.0" encoding="UTF-16"?><a>é🎓</a>`)), "< a>é🎓"},
		{"UTF-16, big end first", string(wide(true, `<a>é🎓</a>`)), "< a>é🎓"},
		{"an entity in a namespace", `<!DOCTYPE a [<!ENTITY n "urn:x">]><a xmlns="&n;" b='&n;'>&n;</a>`, "<urn:x a xmlns=urn:x b=urn:x>urn:x"},
		{
			"all that is harmless",
			"<?xml version=\"1.0\"?>\n<!-- <!DOCTYPE b [ --><?x <!DOCTYPE ?>\n" + `<!DOCTYPE a PUBLIC "-//W3C//DTD SVG 1.1//EN"` + "\n" +
				`"http://x/]>" [ <!-- ' ]> --> <?p " ]> ?><!ELEMENT a (#PCDATA|b)*><!NOTATION n SYSTEM "x>">` +
				`<!ATTLIST a b CDATA #IMPLIED c:d CDATA #REQUIRED><!ENTITY n '"&#xe9;'> ] ><a>&n;</a>`, `< a>"é`,
		},
		{"what is not used may be anything", `<!DOCTYPE a [<!ENTITY x "<b/>"><!ENTITY y "&x;"><!ENTITY z SYSTEM "file:///x">]><a/>`, "< a>"},
		{
			"many attributes, and what looks like them",
			`<!-- ` + strings.Repeat("'='", 999) + ` --><a b=">"><c d='1'/><![CDATA[` + strings.Repeat("='x'", 999) + `]]>` +
				strings.Repeat("='x'", 999) + `</a>`,
			"< a b=>>< c d=1>" + strings.Repeat("='x'", 1998),
		},
		{"a comment that begins with an end", `<!--> <!DOCTYPE a [ <?x --> <a>theirs</a> <!-- ?> ]> <a>ours</a> -->`, "< a>theirs"},
		{"one in the document type", `<!DOCTYPE a [ <!--> ]> <a>ours</a><?y --> ]> <a>theirs</a> <?z ?>`, "< a>theirs"},
		{"another of HTML", `<!DOCTYPE html><a/>`, "< a>"},
	} {
		d, err := Open([]byte(tt.doc))
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		if got, err := read(t, d); got != tt.want || err != nil {
			t.Errorf("%s: got %q, %v, want %q", tt.name, got, err, tt.want)
		}
		if back, err := d.Encode(d.Text); err != nil || string(back) != tt.doc {
			t.Errorf("%s: back comes %q, %v", tt.name, back, err)
		}
	}
}

// What two readers may read in two ways, or what grows, is refused with the reason.
func TestRefused(t *testing.T) {
	subset := func(s string) string { return "<!DOCTYPE a [" + s + "]><a>&x;</a>" }
	for _, tt := range []struct{ name, doc, want string }{
		{"an entity of entities", subset(`<!ENTITY y "1"><!ENTITY x "&y;">`), `line 1 uses the entity "x", which does not stand for plain text`},
		{"an entity of markup", subset(`<!ENTITY x "<b/>">`), "does not stand for plain text"},
		{"the same, escaped", subset(`<!ENTITY x "&#60;b/&#x3E;">`), "does not stand for plain text"},
		{"an escaped ampersand", subset(`<!ENTITY x "&#38;lt;">`), "does not stand for plain text"},
		{"a character that is none", subset(`<!ENTITY x "&#0;">`), "does not stand for plain text"},
		{"the end of a section", subset(`<!ENTITY x "]]>">`), "does not stand for plain text"},
		{"a long one", subset(`<!ENTITY x "` + strings.Repeat("x", 5000) + `">`), "does not stand for plain text"},
		{"an external one", subset(`<!ENTITY x SYSTEM "file:///etc/passwd">`), "does not stand for plain text"},
		{"one of a notation", subset(`<!ENTITY x PUBLIC "a" "b" NDATA n>`), "does not stand for plain text"},
		{"one that is not declared", subset(""), `line 1 has "&x", which is no entity of this document`},
		{"one that is declared twice", subset(`<!ENTITY x "1"><!ENTITY x "2">`), `declares the entity "x" twice`},
		{"one that is there anyway", subset(`<!ENTITY lt "x">`), "anew"},
		{"a parameter entity", subset(`<!ENTITY % x "<!ENTITY y 'z'>">`), "parameter entities"},
		{"the same without space", subset("<!ENTITY\n%\nx 'y'>"), "parameter entities"},
		{"a reference to one", subset(`%x;`), "parameter entities"},
		{"an attribute by default", subset(`<!ATTLIST a verify CDATA "x">`), "gives elements attributes"},
		{"a fixed one", subset(`<!ATTLIST a xmlns CDATA #FIXED "x">`), "gives elements attributes"},
		{"one of another type", subset(`<!ATTLIST a id ID #IMPLIED>`), "gives elements attributes"},
		{"a conditional section", subset(`<![INCLUDE[<!ENTITY x "">]]>`), "document type cannot be read"},
		{"an open literal", subset(`<!ENTITY x "`), "document type cannot be read"},
		{"an open subset", `<!DOCTYPE a [<!ENTITY x "1">`, "document type cannot be read"},
		{"an open comment", `<!DOCTYPE a [<!--`, "document type cannot be read"},
		{"hyphens in a comment", `<!-- -- --><!DOCTYPE a><a/>`, "line 1 is no XML"},
		{"a comment that ends with three", `<!DOCTYPE a [<!-- --->]><a/>`, "document type cannot be read"},
		{"an instruction without a name", `<!DOCTYPE a [<?>]><a/>`, "document type cannot be read"},
		{"the same before it", `<?><!DOCTYPE a [ ]><a/>`, "line 1 is no XML"},
		{"many attributes", `<a ` + strings.Repeat("x='>' ", 1001) + `/>`, "an element has more than 1000 attributes"},
		{
			"the same where much else stands",
			`<!-- ' --><a><![CDATA["<]]><?x "?><b ` + strings.Repeat("x='>' ", 1001) + `/></a>`, "more than 1000",
		},
		{
			"much text in Latin-1",
			`<?xml version="1.0" encoding="ISO-8859-1"?><a>` + strings.Repeat("\xe9", 9<<20) + `</a>`, "longer than 16 MiB",
		},
		{"the same in UTF-16", string(wide(true, "<a>"+strings.Repeat("漢", 6<<20)+"</a>")), "longer than 16 MiB"},
		{"UTF-16 that is cut", string(wide(true, `<a/>`)[:9]), "no text in UTF-16"},
		{"half a surrogate", string(wide(true, `<a>`)) + "\xd8\x00\x00<\x00/\x00a\x00>", "no text in UTF-16"},
		{"the other half", string(wide(true, `<a>`)) + "\xdc\x00\x00<\x00/\x00a\x00>", "no text in UTF-16"},
		{"no name", `<!DOCTYPE [<!ENTITY x "1">]><a/>`, "document type cannot be read"},
		{"many entities", subset(manyEntities(300)), "more than 256 entities"},
		{"many declarations", subset(strings.Repeat("<!---->", 2000)), "more than 1024 declarations"},
		{"a bomb", `<!DOCTYPE a [<!ENTITY x "` + strings.Repeat("x", 4000) + `">]><a>` + strings.Repeat("&x;", 2000) + `</a>`, "more than 4 MiB"},
		{"XML 1.1", `<?xml version="1.1"?><a/>`, "it is XML 1.1"},
		{"a declaration that is none", `<?xml encoding="utf-8"?><a/>`, "declaration cannot be read"},
		{"UTF-16 that is declared only", `<?xml version="1.0" encoding="UTF-16"?><a/>`, "declares the encoding UTF-16, and is not in it"},
		{
			"a mark of UTF-8 that is contradicted",
			"\ufeff" + `<?xml version="1.0" encoding="ISO-8859-1"?><a/>`,
			"its byte order mark says another",
		},
		{
			"a mark of UTF-16 that is contradicted",
			string(wide(true, `<?xml version="1.0" encoding="UTF-8"?><a/>`)),
			"its byte order mark says another",
		},
		{"another encoding", `<?xml version="1.0" encoding="Shift_JIS"?><a/>`, `it is in the encoding "Shift_JIS"; UTF-8`},
		{"UTF-7", `<?xml version="1.0" encoding="UTF-7"?>+ADw-a/+AD4-`, `it is in the encoding "UTF-7"`},
		{
			"Latin-1 that browsers read otherwise",
			`<?xml version="1.0" encoding="ISO-8859-1"?>` + "<a>\x93</a>",
			"byte 0x93 at 46 is read in two ways",
		},
		{"Windows-1252 without a meaning", `<?xml version="1.0" encoding="Windows-1252"?>` + "<a>\x81</a>", "read in two ways"},
		{"an encoding behind white space", "\n" + `<?xml version="1.0" encoding="ISO-8859-1"?><a/>`, "white space stands in front"},
		{"US-ASCII that is none", `<?xml version="1.0" encoding="US-ASCII"?><a>é</a>`, "read in two ways"},
		{"half a character of UTF-16", string(wide(true, "<a/>")) + "\xd8\x00", "no text in UTF-16"},
		{"half a unit of UTF-16", string(wide(false, "<a/>")) + "x", "no text in UTF-16"},
		{"UTF-8 that is none", "<a>\n\xff</a>", "line 2 is no XML"},
		{"cut off", "<a>\n", "it breaks off at line 2"},
	} {
		d, err := Open([]byte(tt.doc))
		if err == nil {
			_, err = read(t, d)
		}
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.want)
		}
	}
}

// What encoding/xml takes and XML 1.0 does not is refused: another processor stops there, or repairs it.
func TestNotWellFormed(t *testing.T) {
	const kind = `<!DOCTYPE a [<!ENTITY x "1">]>`
	for _, tt := range []struct{ doc, want string }{
		{"", "no element"},
		{"<!-- -->", "no element"},
		{"<a/><a/>", "element behind its root"},
		{"<a></a><b>x</b>", "element behind its root"},
		{"<a/>x", "text beside its root"},
		{"<a/><![CDATA[ ]]>", "text beside its root"},
		{"<a/>&#32;", "text beside its root"},
		{"<!-- -->x<a/>", "text beside its root"},
		{kind + "x<a/>", "text beside its root"},
		{kind + "<a/>&x;", "text beside its root"},
		{"<a/>\f", "line 1 is no XML"},
		{`<a x="1" x="2"/>`, "attribute twice"},
		{`<a xmlns:p="u" xmlns:q="u" p:x="1" q:x="2"/>`, "attribute twice"},
		{"<a" + strings.Repeat(` b=""`, 1001) + "/>", "more than 1000 attributes"},
		{"<a" + strings.Repeat(` b=""`, 20) + "/>", "attribute twice"},
		{`<a x="1"y="2"/>`, "right behind another"},
		{`<a x='"'y="2"/>`, "right behind another"},
		{`<a><?xml version="1.0"?></a>`, "not at its beginning"},
		{`<a><?XML?></a>`, "not at its beginning"},
		{`<?xml version="1.0"?><?xml version="1.0"?><a/>`, "not at its beginning"},
		{`<?xml version="1.0"?><?xml version="1.0"?>` + kind + `<a/>`, "not at its beginning"},
		{`<!-- a -- b -->` + kind + `<a/>`, "line 1 is no XML"},
		{`<!DOCTYPE a [<!-- a -- b -->]><a/>`, "document type cannot be read"},
		{`<!DOCTYPE a [<?xml version="1.0"?>]><a/>`, "document type cannot be read"},
		{`<?xml version="1.0" encoding=""?><a/>`, "declaration cannot be read"},
		{`<?xml version="1.0" standalone="maybe"?><a/>`, "declaration cannot be read"},
		{`<a>&#xD800;</a>`, "half a character"},
		{`<a x="&#57343;"/>`, "half a character"},
	} {
		d, err := Open([]byte(tt.doc))
		if err == nil {
			_, err = read(t, d)
		}
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", tt.doc, err, tt.want)
		}
	}
	for _, doc := range []string{
		"<a/> \n<!-- --><?x y?>", kind + `<a x = "1" y='"'/>`, `<a><![CDATA[&#xD800;]]>&#xD7FF;&#13;</a >`, `<!----><?xmlx?>` + kind + `<a></a>`,
		`<a x="1" p:x="2" xmlns:p="u"/>`,
	} {
		d, err := Open([]byte(doc))
		if err == nil {
			_, err = read(t, d)
		}
		if err != nil {
			t.Errorf("%s: %v", doc, err)
		}
	}
}

func manyEntities(n int) string {
	var s strings.Builder
	for i := range n {
		s.WriteString("<!ENTITY x" + strings.Repeat("y", i) + ` "1">`)
	}
	return s.String()
}

// The encodings are those of the library.
func TestCharsets(t *testing.T) {
	for c, library := range map[*charset]*charmap.Charmap{&latin1: charmap.ISO8859_1, &windows1252: charmap.Windows1252} {
		for b := range 256 {
			in := []byte{byte(b)}
			text, ok := c.decode(in)
			want, err := library.NewDecoder().Bytes(in)
			if err != nil {
				t.Fatal(err)
			}
			if doubted := c.ambiguous(in) >= 0; !doubted && (!ok || !bytes.Equal(text, want)) || doubted && ok {
				t.Errorf("%s: %#x is %q, %v; in the library %q", c.name, b, text, ok, want)
			}
			if back, err := c.encode(text); ok && (err != nil || !bytes.Equal(back, in)) {
				t.Errorf("%s: %#x comes back as %x, %v", c.name, b, back, err)
			}
			if out, err := c.encode([]byte(string(rune(0x80 + b%32)))); err == nil {
				t.Errorf("%s: a control character is %x", c.name, out)
			}
		}
	}
	for r := rune(0); r <= unicode.MaxRune; r += 0x3f {
		for c, order := range map[*charset]xunicode.Endianness{&utf16BE: xunicode.BigEndian, &utf16LE: xunicode.LittleEndian} {
			text := []byte(string(r))
			want, err := xunicode.UTF16(order, xunicode.IgnoreBOM).NewEncoder().Bytes(text)
			if err != nil {
				t.Fatal(err)
			}
			got, err := c.encode(text)
			back, ok := c.decode(got)
			if err != nil || !bytes.Equal(got, want) || !ok || !bytes.Equal(back, text) {
				t.Errorf("%s: %U is %x, %v, and back %q; want %x", c.name, r, got, err, back, want)
			}
		}
	}
}

// What an encoding cannot hold is an error that names it.
func TestEncode(t *testing.T) {
	plain, err := Open([]byte(`<?xml version="1.0" encoding="US-ASCII"?><a/>`))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := plain.Encode([]byte("<a>é</a>")); err == nil || !strings.Contains(err.Error(), `US-ASCII, which cannot hold "é"`) {
		t.Errorf("%v", err)
	}
	d, err := Open([]byte(`<?xml version="1.0" encoding="ISO-8859-1"?><a/>`))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Encode([]byte("<a>é€</a>")); err == nil || !strings.Contains(err.Error(), `ISO-8859-1, which cannot hold "€"`) {
		t.Errorf("%v", err)
	}
	if out, err := d.Encode([]byte("<a>é</a>")); err != nil || string(out) != "<a>\xe9</a>" {
		t.Errorf("%q, %v", out, err)
	}
}

func TestExpand(t *testing.T) {
	d, err := Open([]byte(`<!DOCTYPE a [<!ENTITY x "1"><!ENTITY y "">]><a/>`))
	if err != nil {
		t.Fatal(err)
	}
	if got := d.Expand([]byte("&x;&y;&z;&x&x;x; &lt;")); string(got) != "1&z;&x1x; &lt;" {
		t.Errorf("%s", got)
	}
	if d.Uses([]byte("&z; x")) || !d.Uses([]byte("a&y;")) {
		t.Error("uses")
	}
}

// Text and bytes are one another's, whatever is opened, and what is read is bounded.
func FuzzOpen(f *testing.F) {
	f.Add([]byte(`<?xml version="1.0" encoding="ISO-8859-1"?><a>` + "\xe9</a>"))
	f.Add([]byte(`<!DOCTYPE a [<!ENTITY n "urn:x"><!ATTLIST a b CDATA #IMPLIED>]><a xmlns="&n;">&n;</a>`))
	f.Add(wide(true, `<?xml version="1.0" encoding="UTF-16"?><a>é</a>`))
	f.Add(wide(false, `<!DOCTYPE a><a/>`))
	f.Fuzz(func(t *testing.T, doc []byte) {
		d, err := Open(doc)
		if err != nil {
			if text := err.Error(); strings.Contains(text, "xml:") || strings.Contains(text, "encoding:") {
				t.Fatalf("words of a library: %s", text)
			}
			return
		}
		if back, err := d.Encode(d.Text); err != nil || !bytes.Equal(back, doc) {
			t.Fatalf("back comes %q, %v", back, err)
		}
		if grown := len(d.Expand(d.Text)) - len(d.Text); grown > maxExpanded {
			t.Fatalf("%d bytes more", grown)
		}
		_, _ = read(t, d) // no panic
	})
}
