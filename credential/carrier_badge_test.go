package credential

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/hallmark-node/hallmark/internal/sharedtest"
)

const (
	badgeOB3 = `{ "type": ["VerifiableCredential", "OpenBadgeCredential"], "issuer": "did:web:a", "name": "<b> & \"]]>\" é" }`
	badgeOB2 = `{"@context":"https://w3id.org/openbadges/v2","type":"Assertion","id":"https://a.example/1?x=1&y=\"2\"",` +
		`"badge":"https://a.example/b"}`
	plainSVG = "<?xml version=\"1.0\"?>\n<!-- > --><svg xmlns=\"http://www.w3.org/2000/svg\" title='a > b'>\n<rect/></svg>\n"
)

// sumOf returns the CID that auto gives, as text.
func sumOf(t *testing.T, doc []byte) string {
	t.Helper()
	c, err := Sum(bytes.NewReader(doc), FormAuto, "")
	if err != nil {
		t.Fatalf("%.60q: %v", doc, err)
	}
	return c.String()
}

// A badge is one credential, whatever it stands in.
func TestBake(t *testing.T) {
	ob3JWT := jwt(es256, badgeOB3)
	for _, test := range []struct {
		name, image, badge string
		want               string // part of the baked picture
	}{
		{"OB3, PNG", string(png()), badgeOB3, "iTXtopenbadgecredential\x00\x00\x00\x00\x00" + badgeOB3},
		{"OB3 token, PNG", string(png()), ob3JWT, "iTXtopenbadgecredential\x00\x00\x00\x00\x00" + ob3JWT},
		{"OB2, PNG", string(png()), badgeOB2, "iTXtopenbadges\x00\x00\x00\x00\x00" + badgeOB2},
		{"OB2 token, PNG", string(png()), jwt(es256, badgeOB2), "iTXtopenbadges\x00\x00\x00\x00\x00e"},
		{"behind other chunks", string(png(itxt("Comment", "x"), chunk("IDAT", "y"))) + "behind", badgeOB3, "iTXtComment"},
		{"OB3, SVG", plainSVG, badgeOB3, `title='a > b'>` + "\n" + `<openbadges:credential><![CDATA[{ "type"`},
		{"OB3 token, SVG", plainSVG, ob3JWT, `<openbadges:credential verify="` + ob3JWT + `"/>`},
		{"OB2, SVG", plainSVG, badgeOB2, `<openbadges:assertion verify="https://a.example/1?x=1&amp;y=&#34;2&#34;"><![CDATA[{`},
		{"OB2 token, SVG", plainSVG, jwt(es256, badgeOB2), `xmlns:openbadges="http://openbadges.org"`},
		{"empty root", `<svg/>`, badgeOB3, "]]></openbadges:credential></svg>"},
		{"root with a prefix", `<s:svg xmlns:s="http://www.w3.org/2000/svg" />`, badgeOB3, "</s:svg>"},
		{
			"namespace declared", `<svg xmlns:openbadges='http://openbadges.org'></svg>`, badgeOB3,
			`<svg xmlns:openbadges='https://purl.imsglobal.org/ob/v3p0'>`,
		},
		{"white space around the badge", string(png()), "\n" + badgeOB3 + "\r\n", badgeOB3},
		{"line ends", plainSVG, strings.ReplaceAll(badgeOB3, "{ ", "{\r\n"), ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			baked, err := Bake([]byte(test.image), []byte(test.badge))
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Contains(baked, []byte(test.want)) {
				t.Errorf("no %q in\n%q", test.want, baked)
			}
			want := sumOf(t, []byte(test.badge))
			if got := sumOf(t, baked); got != want {
				t.Errorf("baked it is %s, alone %s", got, want)
			}
			again, err := Bake(baked, []byte(test.badge))
			if err != nil || !bytes.Equal(again, baked) {
				t.Errorf("baked again it differs: %v\n%q\n%q", err, baked, again)
			}
			for _, other := range []string{badgeOB2, badgeOB3, jwt(es256, badgeOB3)} {
				replaced, err := Bake(baked, []byte(other))
				if err != nil {
					t.Fatal(err)
				}
				if got, want := sumOf(t, replaced), sumOf(t, []byte(other)); got != want {
					t.Errorf("with another badge it is %s, want %s\n%q", got, want, replaced)
				}
				back, err := Bake(replaced, []byte(test.badge))
				if err != nil || !bytes.Equal(back, baked) {
					t.Errorf("replaced and put back it differs: %v\n%q\n%q", err, baked, back)
				}
			}
		})
	}
}

func TestBakeRefuses(t *testing.T) {
	for _, test := range []struct{ name, image, badge, why string }{
		{"no picture", "GIF89a", badgeOB3, "neither a PNG nor an SVG"},
		{"a page", "<html/>", badgeOB3, "neither a PNG nor an SVG"},
		{"cut off", string(png()[:40]), badgeOB3, "cut off"},
		{"broken SVG", "<svg><g></svg>", badgeOB3, "to its end"},
		{"two credentials in it", string(png(itxt("openbadges", badgeA), itxt("openbadgecredential", badgeB))), badgeOB3, "two credentials"},
		{"prefix of something else", `<svg xmlns:openbadges="urn:x"/>`, badgeOB3, "another namespace"},
		{"badge with a member twice", string(png()), `{"type":"Assertion","type":"Assertion"}`, "occurs twice"},
		{"no badge", string(png()), `{"a":1}`, "only an Open Badge"},
		{"plain credential", string(png()), badgeA, "only an Open Badge"},
		{"a picture as badge", string(png()), string(png(itxt("openbadges", badgeOB2))), "this is: Open Badge 2.0 assertion in PNG"},
		{"not for XML", plainSVG, `{"type":["VerifiableCredential","OpenBadgeCredential"],"name":"` + "\uffff" + `"}`, "read back"},
		{"token with a quote", plainSVG, jwt(es256, badgeOB3) + `" onload="x`, "only an Open Badge"},
		{"SD-JWT", plainSVG, jwt(es256, badgeOB3) + "~", "only an Open Badge"},
		{
			"enveloped", plainSVG, `{"type":"EnvelopedVerifiableCredential","id":"data:application/vc+jwt,` + jwt(es256, badgeOB3) + `"}`,
			"only an Open Badge",
		},
	} {
		if _, err := Bake([]byte(test.image), []byte(test.badge)); err == nil || !strings.Contains(err.Error(), test.why) {
			t.Errorf("%s: %v, want one with %q", test.name, err, test.why)
		}
	}
}

// Replace changes nothing but the text, and is its own way back.
func TestReplace(t *testing.T) {
	const longer = `{"type":["VerifiableCredential","OpenBadgeCredential"],"issuer":"did:web:a","name":"]]>","proof":[{"type":"x"}]}`
	for name, image := range map[string][]byte{
		"PNG":                  png(itxt("Comment", "x"), itxt("openbadgecredential", " "+badgeOB3+"\n"), chunk("IDAT", "y")),
		"PNG, text at the end": png(itxt("openbadgecredential", badgeOB3)),
		"SVG": []byte(`<svg xmlns:o="http://openbadges.org"><g/><o:credential> <![CDATA[ ` +
			string(cdata([]byte(badgeOB3))) + ` ]]> </o:credential></svg>`),
		"PNG of 1EdTech":          readMaterial(t, "simple-json.png"),
		"SVG of 1EdTech":          readMaterial(t, "simple-json.svg"),
		"PNG of 1EdTech, a token": readMaterial(t, "simple-jwt.png"),
	} {
		t.Run(name, func(t *testing.T) {
			if image == nil {
				t.Skip("the published samples are not there")
			}
			b, err := Unbake(image)
			if err != nil {
				t.Fatal(err)
			}
			same, err := b.replace(b.Text)
			if err != nil || !bytes.Equal(same, image) {
				t.Fatalf("the same text changes the picture: %v\n%q\n%q", err, image, same)
			}
			other, err := b.replace([]byte(longer))
			if err != nil {
				t.Fatal(err)
			}
			o, err := Unbake(other)
			if err != nil || string(o.Text) != longer {
				t.Fatalf("%v\n%q", err, other)
			}
			if back, err := o.replace(b.Text); err != nil || !bytes.Equal(back, image) {
				t.Fatalf("back: %v\n%q\n%q", err, image, back)
			}
		})
	}
	for name, image := range map[string]string{
		"attribute":    `<svg><openbadges:credential verify="` + jwt(es256, badgeA) + `"/></svg>`,
		"text":         `<svg><openbadges:credential>{&quot;a&quot;:1}</openbadges:credential></svg>`,
		"text in two":  `<svg><openbadges:credential><![CDATA[{"a":]]>1<![CDATA[}]]></openbadges:credential></svg>`,
		"CDATA in two": `<svg><openbadges:credential><![CDATA[{"a":]]><![CDATA[1}]]></openbadges:credential></svg>`,
		"tEXt":         string(png(chunk("tEXt", "openbadges\x00"+badgeA))),
	} {
		b, err := Unbake([]byte(image))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if out, err := b.replace([]byte(longer)); err == nil || !strings.Contains(err.Error(), "bake it again") {
			t.Errorf("%s: %v\n%q", name, err, out)
		}
	}
}

// readMaterial reads a published sample of Open Badges 3.0; nil if there are none.
func readMaterial(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "..", "shared", filepath.FromSlash(inspectorVC), "ob30", name))
	if err != nil {
		return nil
	}
	return data
}

// The same badge as JSON, PNG and SVG is one credential, and each of the files
// matches its CID.
func TestPublishedBadgesAgree(t *testing.T) {
	for _, group := range [][]string{
		{"simple.json", "simple.1ob", "simple-json.png", "simple-json.svg"},
		{"simple-jwt.png"},
		{"simple-jwt.svg"},
	} {
		var first string
		for _, name := range group {
			doc := readFile(t, sharedtest.Path(t, inspectorVC, "ob30", name))
			got := sumOf(t, doc)
			if first == "" {
				first = got
			}
			if got != first {
				t.Errorf("%s is %s, %s is %s", name, got, group[0], first)
			}
			c, err := ParseCID(first)
			if err != nil {
				t.Fatal(err)
			}
			want := CoversFile
			baked, err := Unbake(doc)
			if err == nil {
				want = CoversCarried
				if alone := sumOf(t, baked.Text); alone != got {
					t.Errorf("%s is %s, what it carries is %s", name, got, alone)
				}
			}
			for reader, r := range map[string]io.Reader{"at once": bytes.NewReader(doc), "bit by bit": iotest.OneByteReader(bytes.NewReader(doc))} {
				if covers, err := Matches(c, r); covers != want || err != nil {
					t.Errorf("%s %s: covers %s, %v; want %s", name, reader, covers, err, want)
				}
			}
			raw, err := Sum(bytes.NewReader(doc), FormRaw, "")
			if err != nil {
				t.Fatal(err)
			}
			if covers, err := Matches(raw, bytes.NewReader(doc)); covers != CoversFile || err != nil {
				t.Errorf("%s as raw: covers %s, %v", name, covers, err)
			}
		}
	}
}

// What auto makes of pictures and tokens.
func TestAutoOfWhatIsCarried(t *testing.T) {
	token := jwt(es256, badgeA)
	raw := func(doc string) string {
		c, err := Sum(strings.NewReader(doc), FormRaw, "")
		if err != nil {
			t.Fatal(err)
		}
		return c.String()
	}
	svg := func(inner string) string { return `<svg xmlns:openbadges="http://openbadges.org">` + inner + `</svg>` }
	pixels := string(png(chunk("IDAT", strings.Repeat("x", 1<<20))))
	for _, test := range []struct{ name, doc, want, why string }{
		{"token", token, raw(token), ""},
		{"token with white space around", "\n " + token + "\r\n", raw(token), ""},
		{"SD-JWT that discloses nothing", token + "~\n", raw(token), ""},
		{"SD-JWT that discloses what is not its own", token + "~WyJhIl0~\n", "", "discloses"},
		{"text that begins like a token", "every.day.is", raw("every.day.is"), ""},
		{"PNG alone", pixels, raw(pixels), ""},
		{"PNG, token", string(png(itxt("openbadgecredential", token))), raw(token), ""},
		{"PNG, JSON", string(png(itxt("openbadgecredential", " "+badgeA))), sumOf(t, []byte(badgeA)), ""},
		{
			"PNG, legacy link", string(png(chunk("tEXt", "openbadges\x00https://a/1"))),
			raw(string(png(chunk("tEXt", "openbadges\x00https://a/1")))), "",
		},
		{"PNG, behind the end", string(png()) + badgeA, raw(string(png()) + badgeA), ""},
		{"PNG, two", string(png(itxt("openbadges", badgeA), itxt("openbadgecredential", badgeA))), "", "two credentials"},
		{"PNG, compressed", string(png(chunk("zTXt", "openbadges\x00\x00x\x9c"))), "", "compressed"},
		{"PNG, a member twice", string(png(itxt("openbadges", `{"a":1,"a":1}`))), "", "occurs twice"},
		{"PNG, proof no object", string(png(itxt("openbadges", `{"proof":1}`))), "", "proof"},
		{"PNG, garbage", string(png(itxt("openbadges", `hello`))), "", "cannot be read"},
		{"PNG, array", string(png(itxt("openbadges", `[{}]`))), "", "cannot be read"},
		{"PNG, cut off", string(png()[:40]), "", "cut off"},
		{"SVG alone", svg(""), raw(svg("")), ""},
		{"SVG, JSON", svg("<openbadges:credential><![CDATA[" + badgeA + "]]></openbadges:credential>"), sumOf(t, []byte(badgeA)), ""},
		{"SVG, token", svg(`<openbadges:credential verify=" ` + token + ` "/>`), raw(token), ""},
		{
			"SVG, link and JSON", svg(`<openbadges:assertion verify="https://a"><![CDATA[` + badgeA + `]]></openbadges:assertion>`),
			sumOf(t, []byte(badgeA)), "",
		},
		{
			"SVG, JSON and token", svg(`<openbadges:assertion verify="` + token + `"><![CDATA[` + badgeA + `]]></openbadges:assertion>`), "",
			"two credentials",
		},
		{"SVG, two", svg(`<openbadges:assertion/><openbadges:assertion/>`), "", "two credentials"},
		{"SVG, too long", svg(strings.Repeat(" ", MaxJSON)), "", "longer than 16 MiB"},
		{"page", "<html><svg/></html>", raw("<html><svg/></html>"), ""},
		{"PNG with another name", string(png(itxt("openbadges", badgeA)))[1:], raw(string(png(itxt("openbadges", badgeA)))[1:]), ""},
	} {
		got, err := Sum(strings.NewReader(test.doc), FormAuto, "")
		if test.why != "" {
			if !errors.Is(err, ErrForm) || !strings.Contains(err.Error(), test.why) {
				t.Errorf("%s: %s, %v; want an error with %q", test.name, got, err, test.why)
			}
			continue
		}
		if err != nil || got.String() != test.want {
			t.Errorf("%s: %s, %v; want %s", test.name, got, err, test.want)
			continue
		}
		if covers, err := Matches(got, strings.NewReader(test.doc)); covers == CoversNothing || err != nil {
			t.Errorf("%s does not match its own CID: %s, %v", test.name, covers, err)
		}
		// The same file with something else in it is not that credential.
		changed := strings.Replace(strings.Replace(test.doc, "did:web:a", "did:web:b", 1), "c2ln", "c2lo", 1) + " "
		covers, _ := Matches(got, strings.NewReader(changed))
		if covers != CoversNothing && strings.Contains(test.doc, "did:web:a") {
			t.Errorf("%s, changed: %s", test.name, covers)
		}
	}
}

// A picture that cannot be read to its end tells nothing.
func TestPictureThatCannotBeRead(t *testing.T) {
	broken := errors.New("disk on fire")
	whole := png(itxt("openbadges", badgeA), itxt("openbadges", badgeB))
	c, err := ParseCID(sumOf(t, []byte(badgeA)))
	if err != nil {
		t.Fatal(err)
	}
	for n := range whole {
		r := io.MultiReader(bytes.NewReader(whole[:n]), iotest.ErrReader(broken))
		if _, err := Matches(c, r); !errors.Is(err, broken) || errors.Is(err, ErrForm) {
			t.Fatalf("after %d bytes: %v", n, err)
		}
	}
}

func FuzzUnbake(f *testing.F) {
	f.Add(png(itxt("openbadges", badgeA)), []byte(badgeOB3))
	f.Add(png(chunk("iTXt", "openbadges\x00\x01\x00\x00\x00x\x9c"), chunk("tEXt", "openbadges\x00https://a/")), []byte(badgeOB2))
	f.Add([]byte(plainSVG), []byte(jwt(es256, badgeOB3)))
	f.Add([]byte(`<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]><svg>&x;<script>1</script></svg>`), []byte(badgeOB2))
	f.Add([]byte(`<svg xmlns:o="http://openbadges.org"><o:assertion verify="x.y.z"><![CDATA[{"a":1}]]></o:assertion></svg>`), []byte(badgeOB3))
	f.Fuzz(func(t *testing.T, image, badge []byte) {
		if b, err := Unbake(image); err == nil {
			if same, err := b.replace(b.Text); err == nil && !bytes.Equal(same, image) {
				t.Fatalf("the same text changes the picture\n%q\n%q", image, same)
			}
			if _, err := Sum(bytes.NewReader(image), FormAuto, ""); err != nil && !errors.Is(err, ErrForm) {
				t.Fatal(err)
			}
		}
		baked, err := Bake(image, badge)
		if err != nil {
			return
		}
		if got, want := sumOf(t, baked), sumOf(t, bytes.Trim(badge, jsonSpace)); got != want {
			t.Fatalf("baked it is %s, alone %s", got, want)
		}
		again, err := Bake(baked, badge)
		if err != nil || !bytes.Equal(again, baked) {
			t.Fatalf("baked again it differs: %v\n%q\n%q", err, baked, again)
		}
	})
}
