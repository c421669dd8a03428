package credential

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"image"
	imagepng "image/png"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var someProof = []byte{0xa1, 0x01, 0xff, 0x00, 0x3e, 0x3f}

const someText = "uoQH_AD4_" // the same, as computed with Python's base64

const someEntry = `{"type":"DataIntegrityProof","cryptosuite":"hallmark-2026","proofPurpose":"assertionMethod","proofValue":"` +
	someText + `"}`

// plainPNG is a picture of one pixel.
func plainPNG(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := imagepng.Encode(&b, image.NewGray(image.Rect(0, 0, 1, 1))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

const linedSVG = `<?xml version="1.0"?>
<svg xmlns="http://www.w3.org/2000/svg"><rect width="1" height="1"/>
</svg>
<!-- the end -->`

func bakedInto(t testing.TB, image []byte, badge string) []byte {
	t.Helper()
	out, err := Bake(image, []byte(badge))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

const smallBadge = `{"type": ["VerifiableCredential", "OpenBadgeCredential"], "name": "a\r\n]]>é", "n": 1.0}`

// Where the proof goes in JSON is fixed to the byte, and everything else stays.
func TestEmbedJSON(t *testing.T) {
	for _, tt := range []struct{ name, doc, want string }{
		{"no proof", `{ "b": 1.0, "a":"\u0041" }` + "\n", `{ "b": 1.0, "a":"\u0041","proof":[` + someEntry + `] }` + "\n"},
		{"nothing at all", ` { }`, ` {"proof":[` + someEntry + `] }`},
		{"one proof", `{"proof" : {"type":"x"} ,"a":1}`, `{"proof" : [` + someEntry + `,{"type":"x"}] ,"a":1}`},
		{"an array", "{\"pr\\u006fof\":[ {\"type\":\"x\"}\n],\"a\":1}", "{\"pr\\u006fof\":[ {\"type\":\"x\"}," + someEntry + "\n],\"a\":1}"},
		{"two proofs", `{"proof":[{"type":"x"}, {"type":"y"}]}`, `{"proof":[{"type":"x"}, {"type":"y"},` + someEntry + `]}`},
		{"a proof deeper inside", `{"a":{"proof":{"type":"x"}}}`, `{"a":{"proof":{"type":"x"}},"proof":[` + someEntry + `]}`},
		{"another spelling", `{"Proof":1}`, `{"Proof":1,"proof":[` + someEntry + `]}`},
	} {
		got, err := Embed([]byte(tt.doc), someProof, FormJCS)
		if err != nil || string(got) != tt.want {
			t.Errorf("%s: got %s, %v, want %s", tt.name, got, err, tt.want)
			continue
		}
		back, err := Extract(got)
		if err != nil || string(back.Original) != tt.doc || !bytes.Equal(back.Proof, someProof) || back.Form != FormJCS {
			t.Errorf("%s: back comes %+v, %v", tt.name, back, err)
		}
		if a, b := mustSum(t, tt.doc), mustSum(t, tt.want); a != b {
			t.Errorf("%s: the CID changed from %s to %s", tt.name, a, b)
		}
		again, err := Embed(got, []byte("another"), FormJCS)
		if first, _ := Embed([]byte(tt.doc), []byte("another"), FormJCS); err != nil || !bytes.Equal(again, first) {
			t.Errorf("%s: replaced: %s, %v", tt.name, again, err)
		}
	}
}

func mustSum(t *testing.T, doc string) string {
	t.Helper()
	c, err := Sum(strings.NewReader(doc), FormAuto, "")
	if err != nil {
		t.Fatal(err)
	}
	return c.String()
}

// In each kind of file the original comes back to the byte, and auto gives both one CID.
func TestEmbedFiles(t *testing.T) {
	pixel := plainPNG(t)
	for _, tt := range []struct {
		name string
		file []byte
		form Form
		part string // what must be in it
	}{
		{"PNG", pixel, FormRaw, "iTXthallmark\x00\x00\x00\x00\x00" + someText},
		{"PNG with more behind its end", append(slices.Clone(pixel), "more"...), FormRaw, "iTXthallmark\x00\x00\x00\x00\x00" + someText},
		{"SVG", []byte(linedSVG), FormRaw, `<hallmark xmlns="https://github.com/hallmark-node/hallmark">` + someText + `</hallmark></svg>`},
		{"baked PNG", bakedInto(t, pixel, smallBadge), FormJCS, `"proof":[` + someEntry + `]}`},
		{"baked SVG", bakedInto(t, []byte(linedSVG), smallBadge), FormJCS, `"proof":[` + someEntry + `]}]]></openbadges:credential>`},
		{"baked PNG as raw", bakedInto(t, pixel, smallBadge), FormRaw, "iTXthallmark"},
		{"token in a PNG", bakedInto(t, pixel, badgeToken(t)), FormRaw, "iTXthallmark"},
		{"token in an SVG", bakedInto(t, []byte(linedSVG), badgeToken(t)), FormRaw, "</hallmark></svg>"},
		{"PDF", pdfFileOf(t, "table"), FormRaw, "/F(hallmark)"},
		{"PDF with object streams", pdfFileOf(t, "streams"), FormRaw, "\nstream\n" + someText + "\nendstream\n"},
		{"linearized PDF", pdfFileOf(t, "linearized"), FormRaw, "/Names<</EmbeddedFiles<</Names[(hallmark)"},
		{"PDF with attachments", pdfFileOf(t, "attachments"), FormRaw, "(hallmark)"},
		{"PDF with more behind its end", append(pdfFileOf(t, "table"), "\r\nmore"...), FormRaw, "(hallmark)"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := Embed(tt.file, someProof, tt.form)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Contains(got, []byte(tt.part)) {
				t.Errorf("%q is not in %q", tt.part, got)
			}
			back, err := Extract(got)
			if err != nil || !bytes.Equal(back.Original, tt.file) || !bytes.Equal(back.Proof, someProof) || back.Form != tt.form {
				t.Fatalf("back comes %+v, %v", back, err)
			}
			if _, err := Extract(tt.file); !errors.Is(err, ErrNoProof) {
				t.Errorf("the original: %v", err)
			}
			before := mustSum(t, string(tt.file))
			if after := mustSum(t, string(got)); after != before {
				t.Errorf("the CID changed from %s to %s", before, after)
			}
			raw, err := Sum(bytes.NewReader(tt.file), FormRaw, "")
			if err != nil {
				t.Fatal(err)
			}
			if tt.form == FormRaw {
				if covers, err := Matches(raw, bytes.NewReader(got)); covers != CoversFile || err != nil {
					t.Errorf("the exact bytes: %s, %v", covers, err)
				}
			}
			if tt.name == "PNG" {
				if _, err := imagepng.Decode(bytes.NewReader(got)); err != nil {
					t.Errorf("image/png: %v", err)
				}
			}
		})
	}
}

// pdfFileOf reads one of the empty pages that qpdf wrote in several ways.
func pdfFileOf(t testing.TB, name string) []byte {
	t.Helper()
	return readFile(t, filepath.Join("testdata", "pdf", name+".pdf"))
}

// pdfOf returns a PDF whose catalog has these members.
func pdfOf(members string) string {
	body := "%PDF-1.7\n1 0 obj\n<<" + members + ">>\nendobj\n"
	return fmt.Sprintf("%sxref\n0 2\n0000000000 65535 f \n0000000009 00000 n \ntrailer\n<</Size 2/Root 1 0 R>>\n"+
		"startxref\n%d\n%%%%EOF\n", body, len(body))
}

func badgeToken(t testing.TB) string {
	t.Helper()
	token := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"EdDSA"}`)) + "." +
		base64.RawURLEncoding.EncodeToString([]byte(`{"vc":{"type":["VerifiableCredential","OpenBadgeCredential"]}}`)) + ".c2ln"
	if !isJWT([]byte(token)) {
		t.Fatal("it is no token")
	}
	return token
}

func textChunk(kind, data string) string {
	out := binary.BigEndian.AppendUint32(nil, uint32(len(data)))
	out = append(append(out, kind...), data...)
	return string(binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(out[4:])))
}

// Whatever was not written by Embed, to the byte, is refused, and says why.
func TestExtractHostile(t *testing.T) {
	pixel := string(plainPNG(t))
	split := len(pixel) - 12 // IEND
	chunk := textChunk("iTXt", "hallmark\x00\x00\x00\x00\x00"+someText)
	element := `<hallmark xmlns="https://github.com/hallmark-node/hallmark">` + someText + `</hallmark>`
	none, ours, two := "no proof", "embedding again", "two proofs"
	insert := func(s string, at int, piece string) string { return s[:at] + piece + s[at:] }
	embedded := func(file []byte, form Form) string {
		out, err := Embed(file, someProof, form)
		if err != nil {
			t.Fatal(err)
		}
		return string(out)
	}
	baked := embedded(bakedInto(t, []byte(pixel), smallBadge), FormJCS)
	for _, tt := range []struct{ name, file, want string }{
		{"two entries", `{"proof":[` + someEntry + `,` + strings.Replace(someEntry, someText, "uoQH_AD5_", 1) + `]}`, two},
		{
			"two entries, one with escaped letters",
			`{"proof":[` + strings.Replace(strings.Replace(someEntry, someText, "uoQH_AD5_", 1), "hallmark", `h\u0061llmark`, 1) +
				`,` + someEntry + `]}`,
			two,
		},
		{"padding", `{"a":1,"proof":[` + strings.Replace(someEntry, someText, someText+"==", 1) + `]}`, "damaged"},
		{"loose bits", `{"a":1,"proof":[` + strings.Replace(someEntry, someText, "uoQH_AD5", 1) + `]}` + " ", ""},
		{"another base", `{"a":1,"proof":[` + strings.Replace(someEntry, someText, "z6Mk", 1) + `]}`, "damaged"},
		{"no value", `{"a":1,"proof":[{"type":"x","cryptosuite":"hallmark-2026"}]}`, "damaged"},
		{"a value that is an object", `{"a":1,"proof":[{"type":"x","cryptosuite":"hallmark-2026","proofValue":{}}]}`, "damaged"},
		{"another spelling of the member", `{"Proof":[` + someEntry + `]}`, none},
		{"deeper inside", `{"a":{"proof":[` + someEntry + `]}}`, none},
		{"the member twice", `{"proof":[` + someEntry + `],"proof":[]}`, "occurs twice"},
		{"the member twice, escaped", `{"proof":[` + someEntry + `],"pr\u006fof":[]}`, "occurs twice"},
		{"a proof that is text", `{"a":1,"proof":["hallmark-2026"]}`, "not an object"},
		{"trailing bytes", `{"proof":[` + someEntry + `]}x`, "follows"},
		{"a text about it", `hallmark ` + someEntry, none},

		{"two chunks", insert(pixel, split, chunk+chunk), two},
		{"a chunk elsewhere", insert(pixel, 33, chunk), ours},
		{"a chunk after the end", pixel + chunk, none},
		{"a wrong checksum", insert(pixel, split, chunk[:len(chunk)-1]+"!"), ours},
		{"a tEXt chunk", insert(pixel, split, textChunk("tEXt", "hallmark\x00"+someText)), ours},
		{"a compressed chunk", insert(pixel, split, textChunk("zTXt", "hallmark\x00\x00x")), ours},
		{"a compressed iTXt chunk", insert(pixel, split, textChunk("iTXt", "hallmark\x00\x01\x00\x00\x00x")), ours},
		{"a chunk with a language", insert(pixel, split, textChunk("iTXt", "hallmark\x00\x00\x00en\x00\x00"+someText)), ours},
		{"a keyword alone", insert(pixel, split, textChunk("iTXt", "hallmark")), ours},
		{"a longer keyword", insert(pixel, split, textChunk("iTXt", "hallmarks\x00\x00\x00\x00\x00"+someText)), none},
		{"a huge chunk", pixel[:split] + "\xff\xff\xff\xffiTXthallmark\x00\x00\x00\x00\x00" + someText, "cut off"},
		{"an end that claims more", insert(pixel, split, chunk)[:split+len(chunk)] + "\x7f\xff\xff\xffIEND\xaeB`\x82", "end of the picture"},
		{"cut off", insert(pixel, split, chunk)[:split+30], "cut off"},
		{"in the badge and beside it", insert(baked, len(baked)-12, chunk), two},
		{"two badges", insert(baked, 33, textChunk("iTXt", "openbadges\x00\x00\x00\x00\x00{}")), "two credentials"},

		{"two elements", strings.Replace(linedSVG, "</svg>", element+element+"</svg>", 1), two},
		{"an element in an element", strings.Replace(linedSVG, "</svg>", strings.Replace(element, someText, element, 1)+"</svg>", 1), two},
		{"an element elsewhere", strings.Replace(linedSVG, "<rect", element+"<rect", 1), ours},
		{"white space before the end", strings.Replace(linedSVG, "\n</svg>", element+"\n</svg>", 1), ours},
		{
			"a prefix",
			strings.Replace(
				linedSVG, "</svg>", `<h:hallmark xmlns:h="https://github.com/hallmark-node/hallmark">`+someText+`</h:hallmark></svg>`, 1,
			),
			ours,
		},
		{"CDATA", strings.Replace(linedSVG, "</svg>", strings.Replace(element, someText, "<![CDATA["+someText+"]]>", 1)+"</svg>", 1), ours},
		{"an element in CDATA", strings.Replace(linedSVG, "</svg>", "<![CDATA["+element+"]]></svg>", 1), none},
		{"an element in a comment", strings.Replace(linedSVG, "</svg>", "<!--"+element+"--></svg>", 1), none},
		{"another namespace", strings.Replace(linedSVG, "</svg>", `<hallmark xmlns="x">`+someText+`</hallmark></svg>`, 1), none},
		{"a character reference", strings.Replace(linedSVG, "</svg>", strings.Replace(element, "uo", "&#117;o", 1)+"</svg>", 1), ours},
		{
			"an entity",
			`<!DOCTYPE svg [<!ENTITY p "` + someText + `">]>` +
				strings.Replace(linedSVG[22:], "</svg>", strings.Replace(element, someText, "&p;", 1)+"</svg>", 1),
			ours,
		},
		{"PDF: an update after ours", embedded(pdfFileOf(t, "table"), FormRaw) + "1 0 obj\n<</Type/Catalog>>\nendobj\nxref\n", ours},
		{"PDF: twice", embedded(pdfFileOf(t, "table"), FormRaw) + embedded(pdfFileOf(t, "table"), FormRaw)[len(pdfFileOf(t, "table")):], two},
		{"PDF: another catalog in our update", strings.Replace(embedded(pdfFileOf(t, "table"), FormRaw), "/Pages", "/Pagez", 2), ours},
		{"PDF: a page more in our update", strings.Replace(embedded(pdfFileOf(t, "table"), FormRaw), "/Filespec", "/Filespe0", 1), ours},
		{"PDF: cut off", embedded(pdfFileOf(t, "streams"), FormRaw)[:len(embedded(pdfFileOf(t, "streams"), FormRaw))-1], ours},
		{"PDF: the mark alone", string(pdfFileOf(t, "table")) + "\n%" + keyword + "\n", ours},
		{"PDF: a word about it", string(pdfFileOf(t, "table")) + "hallmark", none},
		{"an empty root", strings.Replace(linedSVG, "</svg>", element+"</svg", 1), "cannot be read"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := Extract([]byte(tt.file))
			switch {
			case tt.want == "" && err == nil:
			case err == nil:
				t.Fatalf("taken: %+v", got)
			case !strings.Contains(err.Error(), tt.want):
				t.Errorf("%v, want %q", err, tt.want)
			}
			if errors.Is(err, ErrNoProof) != (tt.want == none) {
				t.Errorf("%v", err)
			}
		})
	}
}

// Where a proof cannot go it says so.
func TestEmbedRefused(t *testing.T) {
	pixel := plainPNG(t)
	for _, tt := range []struct {
		name, file string
		form       Form
		want       string
	}{
		{"raw JSON", `{"a":1}`, FormRaw, "exact bytes of the JSON"},
		{"an empty array", `{"proof":[]}`, FormJCS, "empty array"},
		{"JSON without a form", `{"a":1,"a":2}`, FormJCS, "occurs twice"},
		{"a token", badgeToken(t), FormRaw, "not into a signed token"},
		{"a token in quotes", `"` + badgeToken(t) + `"`, FormRaw, "not into a signed token"},
		{"an array", ` [{"a":1}]`, FormRaw, "not into a JSON array"},
		{"a JPEG", "\xff\xd8\xff\xe0\x00\x10JFIF", FormRaw, "not into a JPEG picture"},
		{"a GIF", "GIF89a\x01\x00", FormRaw, "not into a GIF picture"},
		{"a WebP", "RIFF\x01\x00\x00\x00WEBPVP8 ", FormRaw, "not into a WebP picture"},
		{"an SVGZ", "\x1f\x8b\x08\x00", FormRaw, "not into a compressed file, such as an SVGZ"},
		{"a page", "<html/>", FormRaw, "not into XML or HTML"},
		{"UTF-16", utf16Text(false, `{"a":1}`), FormRaw, "text in UTF-16, which must be saved as UTF-8"},
		{"nothing", "", FormRaw, "an empty file"},
		{"a text", "hello", FormRaw, "not into another kind of file"},
		{"a picture without a badge", string(pixel), FormJCS, "neither"},
		{"an empty SVG", `<svg xmlns="http://www.w3.org/2000/svg"/>`, FormRaw, "empty"},
		{"a picture with two badges", `<svg xmlns:o="http://openbadges.org"><o:assertion/><o:assertion/></svg>`, FormRaw, "two credentials"},
		{"an encrypted PDF", string(pdfFileOf(t, "encrypted")), FormRaw, "encrypted"},
		{"a PDF without a table", "%PDF-1.7\n", FormRaw, "broken"},
		{"a PDF whose table is elsewhere", "%PDF-1.7\nstartxref\n99999\n%%EOF", FormRaw, "broken"},
		{"a PDF whose tables go in a circle", "%PDF-1.7\nxref\n0 0\ntrailer\n<</Prev 9>>\nstartxref\n9\n%%EOF", FormRaw, "broken"},
		{"a PDF with an attachment of that name", pdfOf("/Names<</EmbeddedFiles<</Names[(hallm\\141rk)3 0 R]>>>>"), FormRaw, "already"},
		{"a PDF with a tree whose nodes are missing", pdfOf("/Names<</EmbeddedFiles<</Kids[3 0 R]>>>>"), FormRaw, "broken"},
		{
			"a PDF with a tree that holds itself",
			pdfOf("/Names<</EmbeddedFiles 1 0 R>>/Limits[(a)(z)]/Kids[1 0 R]"),
			FormRaw, "attachments in a way",
		},
		{"a PDF with names beside nodes", pdfOf("/Names<</EmbeddedFiles<</Kids[]/Names[]>>>>"), FormRaw, "attachments in a way"},
		{"a PDF with nodes without limits", pdfOf("/Names<</EmbeddedFiles<</Kids[1 0 R]>>>>"), FormRaw, "attachments in a way"},
		{"a PDF with two catalogs' names", pdfOf("/Names<<>>/N#61mes<<>>"), FormRaw, "twice"},
		{"two proofs", `{"proof":[` + someEntry + `,` + strings.Replace(someEntry, someText, "uoQH_AD5_", 1) + `]}`, FormJCS, "two proofs"},
	} {
		if _, err := Embed([]byte(tt.file), someProof, tt.form); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.want)
		}
	}
}

// What comes out of a file goes back into it, and what goes in comes out.
func FuzzEmbed(f *testing.F) {
	pixel := plainPNG(f)
	for _, file := range [][]byte{
		[]byte(`{"a":1}`), []byte(`{ }`), []byte(`{"proof":{"type":"x"}}`), []byte(`{"proof":[{"type":"x"} ]}`),
		[]byte(`{"a":1,"proof":[` + someEntry + `]}`), []byte(`{"proof":[` + someEntry + `,{"type":"x"}]}`),
		pdfFileOf(f, "table"), pdfFileOf(f, "streams"), pdfFileOf(f, "attachments"),
		pixel, []byte(linedSVG), bakedInto(f, pixel, smallBadge), bakedInto(f, []byte(linedSVG), smallBadge), bakedInto(f, pixel, badgeToken(f)),
	} {
		f.Add(file, someProof)
	}
	f.Fuzz(func(t *testing.T, file, proof []byte) {
		if c, err := Extract(file); err == nil {
			if !c.Exact {
				if c.Form != FormJCS {
					t.Fatalf("not exact: %+v", c)
				}
				if c.Original == nil {
					return
				}
				if a, b := sumOf(t, file), sumOf(t, c.Original); a != b {
					t.Fatalf("without its proof %s is %s", a, b)
				}
				if _, err := Extract(c.Original); !errors.Is(err, ErrNoProof) {
					t.Fatalf("the original: %v", err)
				}
				return
			}
			if again, err := Embed(c.Original, c.Proof, c.Form); err != nil || !bytes.Equal(again, file) {
				t.Fatalf("what was taken out goes back as %q, %v", again, err)
			}
			return
		}
		for _, form := range []Form{FormJCS, FormRaw} {
			out, err := Embed(file, proof, form)
			if err != nil {
				continue
			}
			c, err := Extract(out)
			if err != nil || !bytes.Equal(c.Original, file) || !bytes.Equal(c.Proof, proof) || c.Form != form {
				t.Fatalf("%s: %q comes back as %+v, %v", form, out, c, err)
			}
		}
	})
}
