package credential

import (
	"encoding/binary"
	"hash/crc32"
	"slices"
	"strings"
	"testing"
)

// chunk returns a PNG chunk.
func chunk(name, data string) []byte {
	out := binary.BigEndian.AppendUint32(nil, uint32(len(data)))
	out = append(out, name+data...)
	return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(out[4:]))
}

// png returns a PNG of an empty header, the chunks and an end.
func png(chunks ...[]byte) []byte {
	return slices.Concat(pngSignature, chunk("IHDR", strings.Repeat("\x00", 13)), slices.Concat(chunks...), chunk("IEND", ""))
}

const (
	badgeA = `{"type":"VerifiableCredential","issuer":"did:web:a"}`
	badgeB = `{"type":"VerifiableCredential","issuer":"did:web:b"}`
)

func itxt(keyword, text string) []byte { return chunk("iTXt", keyword+"\x00\x00\x00\x00\x00"+text) }

func TestDescribePNG(t *testing.T) {
	broken := itxt("openbadgecredential", badgeA)
	broken[len(broken)-1] ^= 1
	whole := png(itxt("openbadgecredential", badgeA))
	for _, test := range []struct {
		name    string
		doc     []byte
		ids     []string
		url     bool
		problem string
	}{
		{"nothing in it", png(), nil, false, ""},
		{"other text", png(itxt("Comment", "made by hand"), chunk("tEXt", "Title\x00A badge: mine")), nil, false, ""},
		{"credential as other text", png(itxt("Comment", badgeA)), nil, false, "document under"},
		{"token as other text", png(chunk("tEXt", "Title\x00"+jwt(es256, badgeA))), nil, false, "document under"},
		{
			"what programs write beside it",
			png(
				chunk("acTL", "\x00\x00\x00\x01\x00\x00\x00\x00"), chunk("eXIf", "MM\x00*\x00\x00\x00\x08"),
				chunk("tEXt", "Software\x00Adobe ImageReady"),
				itxt("XML:com.adobe.xmp", `<?xpacket begin="?"?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF/></x:xmpmeta><?xpacket end="w"?>`),
				itxt("openbadgecredential", badgeA), chunk("fdAT", "x"), chunk("tIME", "1234567"),
			),
			[]string{"did:web:a"},
			false, "",
		},
		{"a credential in XMP", png(itxt("XML:com.adobe.xmp", `<x:xmpmeta>`+badgeA+`</x:xmpmeta>`)), nil, false, "document under"},
		{"a byte that is missing in front", slices.Delete(png(itxt("openbadges", badgeA)), 29, 30), nil, false, "cut off"},
		{"OB3", whole, []string{"did:web:a"}, false, ""},
		{"OB2 keyword", png(itxt("openbadges", badgeA)), []string{"did:web:a"}, false, ""},
		{
			"language and translated keyword", png(chunk("iTXt", "openbadges\x00\x00\x00en\x00Abzeichen\x00"+badgeA)),
			[]string{"did:web:a"},
			false, "",
		},
		{"OB1, tEXt", png(chunk("tEXt", "openbadges\x00https://a/assertion")), nil, true, ""},
		{"JWT", png(itxt("openbadgecredential", jwt(es256, badgeA))), []string{"did:web:a"}, false, ""},
		{"keyword in other case", png(itxt("OpenBadges", badgeA)), nil, false, "none of the two names"},
		{"compressed", png(chunk("iTXt", "openbadges\x00\x01\x00\x00\x00x\x9c")), nil, false, "compressed"},
		{"compressed, zTXt", png(chunk("zTXt", "openbadges\x00\x00x\x9c")), nil, false, "compressed"},
		{"two of them", png(itxt("openbadges", badgeA), itxt("openbadgecredential", badgeB)), []string{"did:web:a"}, false, "two credentials"},
		{"the same twice", png(itxt("openbadges", badgeA), itxt("openbadges", badgeA)), []string{"did:web:a"}, false, "two credentials"},
		{"wrong checksum", png(broken), []string{"did:web:a"}, false, "checksum"},
		{"chunk without text", png(chunk("iTXt", "openbadges\x00\x00\x00")), nil, false, "cut off"},
		{"chunk without flag", png(chunk("iTXt", "openbadges\x00")), nil, false, "cut off"},
		{"not readable", png(itxt("openbadges", "hello")), nil, false, "cannot be read"},
		{"duplicate members", png(itxt("openbadges", `{"issuer":"a","issuer":"b"}`)), nil, false, "occurs twice"},
		{"picture without an end", whole[:len(whole)-12], []string{"did:web:a"}, false, "cut off"},
		{"picture cut off in the checksum", whole[:len(whole)-13], nil, false, "cut off"},
		{"picture cut off in the text", whole[:60], nil, false, "cut off"},
		{"signature alone", pngSignature, nil, false, "cut off"},
		{"length beyond the file", png(itxt("Comment", "x"))[:33+4], nil, false, "cut off"},
		{"length beyond the file", slices.Concat(png()[:33], []byte("\xff\xff\xff\xffiTXtxxxx")), nil, false, "cut off"},
		{
			"credential beyond 16 MiB", slices.Concat(png()[:33], []byte("\xff\xff\xff\xffiTXtopenbadges\x00"), make([]byte, 100)), nil, false,
			"longer than 16 MiB",
		},
		{"no header", slices.Concat(pngSignature, itxt("openbadges", badgeA), chunk("IEND", "")), []string{"did:web:a"}, false, "no header"},
		{
			"an end that is none", slices.Concat(whole[:len(whole)-12], []byte("\x7f\xff\xff\xffIEND\xaeB`\x82")),
			[]string{"did:web:a"},
			false, "end of the picture",
		},
		{"behind the end", append(png(), itxt("openbadges", badgeA)...), nil, false, "follows the end"},
	} {
		t.Run(test.name, func(t *testing.T) { checkPicture(t, test.doc, "PNG", test.ids, test.url, test.problem) })
	}
}

func TestDescribeSVG(t *testing.T) {
	const open = `<?xml version="1.0"?><!DOCTYPE svg><!-- <openbadges> -->` +
		`<svg xmlns="http://www.w3.org/2000/svg" xmlns:openbadges="https://purl.imsglobal.org/ob/v3p0">`
	svg := func(inner string) string { return open + inner + `</svg>` }
	ob3 := func(inner string) string {
		return svg(`<openbadges:credential>` + inner + `</openbadges:credential>`)
	}
	for _, test := range []struct {
		name, doc string
		ids       []string
		url       bool
		problem   string
	}{
		{"nothing in it", svg(`<rect/>`), nil, false, ""},
		{"CDATA", ob3("\n <![CDATA[" + badgeA + "]]> "), []string{"did:web:a"}, false, ""},
		{"text", ob3(strings.ReplaceAll(badgeA, `"`, "&quot;")), []string{"did:web:a"}, false, ""},
		{"JWT attribute", svg(`<openbadges:credential verify="` + jwt(es256, badgeA) + `"/>`), []string{"did:web:a"}, false, ""},
		{"JWT in the text", ob3(jwt(es256, badgeA)), []string{"did:web:a"}, false, ""},
		{"OB2 link", `<svg><o:assertion xmlns:o="http://openbadges.org" verify="https://a/assertion"/></svg>`, nil, true, ""},
		{
			"text and link to it",
			svg(`<openbadges:assertion verify="https://a/assertion"><![CDATA[{"id":"https://a/assertion",` +
				badgeA[1:] + `]]></openbadges:assertion>`),
			[]string{"did:web:a"},
			false, "",
		},
		{
			"text and link to another",
			svg(`<openbadges:assertion verify="https://a/assertion"><![CDATA[` + badgeA + `]]></openbadges:assertion>`),
			[]string{"did:web:a"},
			false, "link to another",
		},
		{"comment", svg(`<!-- ` + badgeB + ` -->`), nil, false, "elsewhere"},
		{
			"text and token of another",
			svg(`<openbadges:credential verify="` + jwt(es256, badgeB) + `"><![CDATA[` + badgeA + `]]></openbadges:credential>`),
			[]string{"did:web:a"},
			false, "two credentials",
		},
		{"prefix not declared", `<svg><openbadges:credential>` + badgeA + `</openbadges:credential></svg>`, []string{"did:web:a"}, false, ""},
		{
			"deep in the picture", svg(`<g><g>` + `<openbadges:credential>` + badgeA + `</openbadges:credential></g></g>`),
			[]string{"did:web:a"},
			false, "",
		},
		{"element in the element", ob3(`<x>` + badgeB + `</x>` + badgeA), nil, false, "elements in it"},
		{"element behind the text", ob3(badgeA + `<x/>`), nil, false, "elements in it"},
		{
			"other namespace with the usual prefix",
			svg(`<openbadges:credential xmlns:openbadges="urn:x">` + badgeB +
				`</openbadges:credential><o:credential xmlns:o="https://purl.imsglobal.org/ob/v3p0">` + badgeA + `</o:credential>`),
			nil, false, "two credentials",
		},
		{
			"two attributes", svg(`<openbadges:credential verify="` + jwt(es256, badgeA) + `" verify="` + jwt(es256, badgeB) + `"/>`), nil, false,
			"an attribute twice",
		},
		{"text outside", svg(`<openbadges:credential verify="https://a"/>` + badgeB), nil, true, "elsewhere"},
		{"other namespace", svg(`<x:credential xmlns:x="urn:x">` + badgeA + `</x:credential>`), nil, false, "an element"},
		{"other case", svg(`<openbadges:Credential>` + badgeA + `</openbadges:Credential>`), nil, false, "an element"},
		{"two of them", svg(`<openbadges:credential/><g><openbadges:assertion/></g>`), nil, false, "two credentials"},
		{"one in the other", ob3(`<openbadges:credential/>`), nil, false, "two credentials"},
		{"empty", ob3(" "), nil, false, "empty"},
		{"not readable", ob3("hello"), nil, false, "cannot be read"},
		{"cut off", open + `<openbadges:credential>` + badgeA, nil, false, "to its end"},
		{"own entity", `<!DOCTYPE svg [<!ENTITY x "<openbadges:credential/>">]><svg>&x;</svg>`, nil, false, "to its end"},
		{"other encoding", `<?xml version="1.0" encoding="UTF-16"?><svg/>`, nil, false, "to its end"},
		{"other version", `<?xml version="1.1"?><svg/>`, nil, false, "to its end"},
		{"endless nesting", `<svg>` + strings.Repeat("<g>", 100_000), nil, false, "deeper than 1000"},
		{
			"long comment first", "<!--" + strings.Repeat(" ", 2<<20) + "-->" + ob3(badgeA)[len(`<?xml version="1.0"?>`):],
			[]string{"did:web:a"},
			false, "",
		},
		{"longer comment first", "<!--" + strings.Repeat(" ", MaxJSON), nil, false, "longer than 16 MiB"},
		{"too long", svg(strings.Repeat(" ", MaxJSON)), nil, false, "longer than 16 MiB"},
	} {
		t.Run(test.name, func(t *testing.T) {
			checkPicture(t, []byte(test.doc), "SVG", test.ids, test.url, test.problem)
		})
	}
	if d := Describe([]byte(`<html><svg/></html>`)); d.Kind != "file" || !strings.Contains(d.Problem, "XML or HTML") {
		t.Errorf("a page: %+v", d)
	}
}

func checkPicture(t *testing.T, doc []byte, kind string, ids []string, url bool, problem string) {
	t.Helper()
	d := Describe(doc)
	checkDescription(t, d)
	if !strings.HasSuffix(d.Title(), kind) {
		t.Errorf("kind %q", d.Kind)
	}
	if !slices.Equal(d.IssuerIDs, ids) || d.IssuerByURL != url {
		t.Errorf("ids %q, behind a URL %v", d.IssuerIDs, d.IssuerByURL)
	}
	if (d.Problem == "") != (problem == "") || !strings.Contains(d.Problem, problem) {
		t.Errorf("problem %q, want one with %q", d.Problem, problem)
	}
}
