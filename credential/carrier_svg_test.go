package credential

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"unicode/utf16"
)

// utf16Text encodes a text in UTF-16 with its mark.
func utf16Text(big bool, text string) string {
	var out []byte
	for _, unit := range utf16.Encode([]rune("\ufeff" + text)) {
		if big {
			out = append(out, byte(unit>>8), byte(unit))
		} else {
			out = append(out, byte(unit), byte(unit>>8))
		}
	}
	return string(out)
}

const (
	svgType = `<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd"`
	latin1  = `<?xml version="1.0" encoding="ISO-8859-1"?>`
)

// drawings are pictures as drawing programs write them.
func drawings() map[string]string {
	const space = `xmlns="http://www.w3.org/2000/svg"`
	return map[string]string{
		"Illustrator": `<?xml version="1.0" encoding="utf-8"?><!-- Generator: Adobe Illustrator 10 -->` + "\r\n" + svgType + ` [
	<!ENTITY ns_svg "http://www.w3.org/2000/svg">
	<!ENTITY ns_xlink "http://www.w3.org/1999/xlink">
	<!ENTITY st0 "fill:none;stroke:#000000;">
]>
<svg version="1.1" xmlns="&ns_svg;" xmlns:xlink="&ns_xlink;"><path style="&st0;" d="M0,0"/></svg>`,
		"ImageReady": svgType + ` [<!ATTLIST svg xmlns:a3 CDATA #IMPLIED a3:scriptImplementation CDATA #IMPLIED>` +
			`<!ATTLIST script a3:scriptImplementation CDATA #IMPLIED>]><svg ` + space + `><g/></svg>`,
		"Inkscape": `<?xml version="1.0" encoding="UTF-8" standalone="no"?>` + "\n<!-- Created with Inkscape -->\n" +
			"<svg:svg\n   xmlns:svg=\"http://www.w3.org/2000/svg\"\n" +
			`   xmlns:sodipodi="http://sodipodi.sourceforge.net/DTD/sodipodi-0.dtd"><sodipodi:namedview id="base"/><svg:metadata>` +
			`<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"/></svg:metadata><svg:g/></svg:svg>` + "\n",
		"CorelDRAW": utf16Text(
			false,
			`<?xml version="1.0" encoding="UTF-16"?>`+"\r\n"+svgType+">\r\n<!-- Creator: CorelDRAW -->\r\n<svg "+space+
				` xml:space="preserve"><defs><style type="text/css"><![CDATA[ .fil0 {fill:#2B2A29} ]]></style></defs><path class="fil0" d=""/></svg>`,
		),
		"LibreOffice": `<?xml version="1.0" encoding="UTF-8"?>` + "\n" + svgType + ">\n<svg " + space +
			` xmlns:ooo="http://xml.openoffice.org/svg/export">` +
			`<g class="MetaSlide" ooo:name="page1"/></svg>`,
		"PowerPoint": `<svg width="9" height="9" ` + space + ` overflow="hidden"><g transform="translate(0 0)"><text>Prüfung</text></g></svg>`,
		"Sketch": "\ufeff" + `<?xml version="1.0" encoding="UTF-8"?>` + "\n<svg " + space +
			`><title>Prüfung</title><desc>Created with Sketch.</desc></svg>`,
		"Latin-1": latin1 + "<svg " + space + "><title>Pr\xfcfung</title></svg>\n",
		"Windows": `<?xml version="1.0" encoding="Windows-1252"?><svg ` + space + "><title>\x84Pr\xfcfung\x93</title></svg>",
		"a style": `<?xml version="1.0"?><?xml-stylesheet href="a.css"?><svg ` + space + `><?php echo 1 ?></svg>`,
	}
}

// A picture of each program takes a badge and a proof, keeps its own bytes, and gives both
// back; it names the badge's issuer, and without a badge nobody.
func TestDrawings(t *testing.T) {
	const badge = `{"type":["VerifiableCredential","OpenBadgeCredential"],"issuer":"did:web:a.example","name":"Prüfung"}`
	want := mustSum(t, badge)
	for name, picture := range drawings() {
		t.Run(name, func(t *testing.T) {
			plain := []byte(picture)
			if d := Describe(plain); d.Kind != KindSVG || !d.Opaque || d.Problem != "" {
				t.Errorf("plain: %+v", d)
			}
			baked := bakedInto(t, plain, badge)
			if got, err := Unbake(baked); err != nil || string(got.Text) != badge {
				t.Fatalf("unbaked: %v, %v", got, err)
			}
			if again := bakedInto(t, baked, badge); !bytes.Equal(again, baked) {
				t.Errorf("baked again: %q, %q", again, baked)
			}
			if got := mustSum(t, string(baked)); got != want {
				t.Errorf("CID %s, want %s", got, want)
			}
			if d := Describe(baked); len(d.IssuerIDs) != 1 || d.IssuerIDs[0] != "did:web:a.example" || d.Problem != "" {
				t.Errorf("baked: %+v", d)
			}
			for _, form := range []Form{FormJCS, FormRaw} {
				for _, file := range [][]byte{plain, baked} {
					if form == FormJCS && !bytes.Equal(file, baked) {
						continue
					}
					out, err := Embed(file, someProof, form)
					if err != nil {
						t.Fatal(err)
					}
					back, err := Extract(out)
					if err != nil || !bytes.Equal(back.Original, file) || !bytes.Equal(back.Proof, someProof) {
						t.Errorf("%s: back comes %+v, %v", form, back, err)
					}
					if a, b := mustSum(t, string(file)), mustSum(t, string(out)); a != b {
						t.Errorf("%s: the CID changed from %s to %s", form, a, b)
					}
				}
			}
		})
	}
}

// What a drawing says with its document type or its encoding hides no credential, and
// makes none that other readers do not see.
func TestHostileDrawings(t *testing.T) {
	const open = `<svg xmlns="http://www.w3.org/2000/svg">`
	const ns = "https://purl.imsglobal.org/ob/v3p0"
	element := `<openbadges:credential><![CDATA[` + badgeA + `]]></openbadges:credential>`
	quoted := strings.ReplaceAll(badgeA, `"`, "&quot;")
	kind := func(s string) string { return "<!DOCTYPE svg [" + s + "]>" }
	for _, tt := range []struct {
		name, doc string
		ids       []string
		problem   string
	}{
		{
			"a namespace by an entity", kind(`<!ENTITY n "`+ns+`">`) + `<svg xmlns:o="&n;"><o:credential>` + quoted + `</o:credential></svg>`,
			[]string{"did:web:a"},
			"",
		},
		{
			"a second one by an entity", kind(`<!ENTITY n "`+ns+`">`) +
				`<svg xmlns:o="&n;"><o:credential>` + quoted + `</o:credential>` + element + `</svg>`,
			nil, "two credentials",
		},
		{
			"a text by an entity",
			kind(`<!ENTITY n "did:web:a">`) + open + strings.ReplaceAll(element, "did:web:a", "&n;") + `</svg>`,
			nil, "entities of its document type",
		},
		{
			"quotes by an entity",
			kind(`<!ENTITY q '"'>`) + open + `<openbadges:credential>` + strings.ReplaceAll(badgeA, `"`, "&q;") + `</openbadges:credential></svg>`,
			nil, "entities of its document type",
		},
		{
			"a link by an entity", kind(`<!ENTITY n "https://a/assertion">`) + open + `<openbadges:assertion verify="&n;"/></svg>`,
			nil, "entities of its document type",
		},
		{
			"its namespace by an entity", kind(`<!ENTITY n "`+ns+`">`) + open + `<o:credential xmlns:o="&n;">` + quoted + `</o:credential></svg>`,
			nil, "entities of its document type",
		},
		{"a document in an entity", kind(`<!ENTITY x '{"issuer":"did:web:a"}'>`) + open + `</svg>`, nil, "a document elsewhere"},
		{
			"a document of entities",
			kind(`<!ENTITY x '{"iss'><!ENTITY y 'uer":"did:web:a"}'>`) + open + `<desc>&x;&y;</desc></svg>`,
			nil, "a document elsewhere",
		},
		{
			"an attribute by default",
			kind(`<!ATTLIST g verify CDATA "https://a/assertion">`) + open + element + `</svg>`,
			nil, "gives elements attributes",
		},
		{"parameter entities", kind(`<!ENTITY % x SYSTEM "x">%x;`) + open + element + `</svg>`, nil, "parameter entities"},
		{"a document type in the middle", open + kind(`<!ENTITY x "y">`) + element + `</svg>`, nil, "document type in a place"},
		{"a document type behind", open + element + `</svg><!DOCTYPE svg>`, nil, "document type in a place"},
		{
			"an element by an entity",
			kind(`<!ENTITY x '`+strings.ReplaceAll(element, "'", "")+`'>`) + open + `&x;</svg>`,
			nil, "does not stand for plain text",
		},
		{
			"a bomb",
			kind(`<!ENTITY x "`+strings.Repeat("x", 4000)+`">`) + open + strings.Repeat("&x;", 5_000_000) + `</svg>`,
			nil, "more than 4 MiB",
		},
		{"Latin-1 that browsers read otherwise", latin1 + open + "\x93" + element + `</svg>`, nil, "read in two ways"},
		{"Latin-1 with a mark", "\ufeff" + latin1 + open + element + `</svg>`, nil, "byte order mark says another"},
		{"UTF-7", `<?xml version="1.0" encoding="UTF-7"?>` + open + element + `</svg>`, nil, `in the encoding "UTF-7"`},
		{"UTF-16", utf16Text(true, open+element+`</svg>`), []string{"did:web:a"}, ""},
		{"a document in UTF-16", utf16Text(true, open+`<desc>`+badgeA+`</desc></svg>`), nil, "a document elsewhere"},
		{"UTF-16 cut off", utf16Text(true, open+element), nil, "breaks off"},
		{"UTF-16 that declares another encoding", utf16Text(false, latin1+open+element+`</svg>`), nil, "byte order mark says another"},
		{"one behind the root element", open + `</svg>` + open + element + `</svg>`, nil, "behind its root element"},
		{"text behind the root element", open + element + `</svg>.`, nil, "text beside its root element"},
		{"an attribute twice", open + `<g id="a" id="b"/>` + element + `</svg>`, nil, "an attribute twice"},
		{"two of them", open + element + element + `</svg>`, nil, "two credentials"},
	} {
		t.Run(tt.name, func(t *testing.T) { checkPicture(t, []byte(tt.doc), "SVG", tt.ids, false, tt.problem) })
	}
}

// The identifier of another issuer is seen in a drawing however it is written.
func TestMentionInDrawing(t *testing.T) {
	const plain = `<svg xmlns="http://www.w3.org/2000/svg"><desc>did:web:other.example</desc></svg>`
	for name, doc := range map[string]string{
		"plain":     plain,
		"UTF-16":    utf16Text(true, plain),
		"an entity": `<!DOCTYPE svg [<!ENTITY o "other">]>` + strings.Replace(plain, "other", "&o;", 1),
	} {
		d := DescribeAmong([]byte(doc), func(id string) bool { return id == "did:web:other.example" })
		if !strings.Contains(d.Problem, "belongs to another issuer") {
			t.Errorf("%s: %+v", name, d)
		}
	}
}

// A badge that the encoding of the picture cannot hold is not put into it.
func TestBakeEncoding(t *testing.T) {
	const badge = `{"type":["VerifiableCredential","OpenBadgeCredential"],"issuer":"did:web:a.example","name":"試験"}`
	_, err := Bake([]byte(latin1+`<svg xmlns="http://www.w3.org/2000/svg"></svg>`), []byte(badge))
	if err == nil || !strings.Contains(err.Error(), `ISO-8859-1, which cannot hold "試"`) {
		t.Errorf("%v", err)
	}
	baked := bakedInto(t, []byte(utf16Text(false, `<svg xmlns="http://www.w3.org/2000/svg"></svg>`)), badge)
	if got, err := Unbake(baked); err != nil || string(got.Text) != badge {
		t.Errorf("%v, %v", got, err)
	}
	if _, err := Extract(baked); !errors.Is(err, ErrNoProof) {
		t.Errorf("%v", err)
	}
}
