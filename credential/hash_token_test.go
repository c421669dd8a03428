package credential

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/ipfs/go-cid"
)

// An SD-JWT as an issuer makes it: two claims may be hidden.
var (
	sdGiven  = disclosureOf(`["s1","given_name","Ada"]`)
	sdFamily = disclosureOf(`["s2","family_name","Hafen"]`)
	sdToken  = jwt(`{"alg":"ES256","typ":"dc+sd-jwt"}`,
		`{"iss":"did:web:harbour.example","vct":"https://harbour.example/crane","_sd":["`+digestOf(sdGiven)+`","`+digestOf(sdFamily)+`"]}`)
	keyBinding = jwt(`{"alg":"ES256","typ":"kb+jwt"}`, `{"nonce":"1","aud":"https://yard.example","iat":1700000000,"sd_hash":"x"}`)
)

func disclosureOf(array string) string { return base64.RawURLEncoding.EncodeToString([]byte(array)) }

func digestOf(disclosure string) string {
	sum := sha256.Sum256([]byte(disclosure))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

func rawSum(t testing.TB, doc string) cid.Cid {
	t.Helper()
	c, err := Sum(strings.NewReader(doc), FormRaw, "")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// wrapped breaks a text into lines.
func wrapped(s string, n int, end string) string {
	var lines []string
	for part := range slices.Chunk([]byte(s), n) {
		lines = append(lines, string(part))
	}
	return strings.Join(lines, end)
}

// One token has one CID and one description, whatever it is dressed in.
func TestTokenInItsClothes(t *testing.T) {
	inJSON := func(s string) string {
		text, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	bare := jwt(es256, badgeOB3)
	for name, doc := range map[string]string{
		"bare":                             bare,
		"byte order mark":                  "\ufeff" + bare,
		"a line at the end":                bare + "\r\n",
		"mark and lines around":            "\ufeff\r\n" + bare + "\n\n",
		"lines of 64":                      wrapped(bare, 64, "\n"),
		"lines of 76, of Windows":          wrapped(bare, 76, "\r\n") + "\r\n",
		"lines that are indented":          wrapped(bare, 40, "\n    "),
		"one letter a line":                wrapped(bare, 1, "\n"),
		"spaces that do not break":         wrapped(bare, 40, "\u00a0"),
		"JSON text":                        `"` + bare + `"`,
		"JSON text, line at its end":       inJSON(bare + "\n"),
		"JSON text of lines":               inJSON(wrapped(bare, 64, "\r\n")),
		"JSON text with an escaped letter": fmt.Sprintf(`"%s\u%04x%s"`, bare[:5], bare[5], bare[6:]),
		"quotes with a line end within":    "\"" + bare + "\n\"",
		"single quotes":                    "'" + bare + "'\n",
		"Bearer":                           "Bearer " + bare,
		"bearer, in lines":                 "bearer\t" + wrapped(bare, 64, "\n"),
		"Authorization":                    "Authorization: Bearer " + bare + "\r\n",
		"Authorization, quoted":            "'authorization:bearer " + bare + "'",
		"mark and Bearer":                  "\ufeff Bearer  " + bare,
	} {
		t.Run(name, func(t *testing.T) {
			c, err := Sum(strings.NewReader(doc), FormAuto, "")
			if err != nil || !c.Equals(rawSum(t, bare)) {
				t.Fatalf("%s, %v; want %s", c, err, rawSum(t, bare))
			}
			if covers, err := Matches(c, strings.NewReader(doc)); covers != CoversFile || err != nil {
				t.Errorf("it does not match its CID: %s, %v", covers, err)
			}
			if covers, err := Matches(rawSum(t, doc), strings.NewReader(doc)); covers != CoversFile || err != nil {
				t.Errorf("its exact bytes: %s, %v", covers, err)
			}
			if content, err := Content([]byte(doc)); err != nil || string(content) != bare {
				t.Errorf("content %q, %v", content, err)
			}
			if claims, err := Claims([]byte(doc)); err != nil || string(claims) != badgeOB3 {
				t.Errorf("claims %q, %v", claims, err)
			}
			if got := Describe([]byte(doc)); got.Title() != "Open Badge 3.0 in JWT" {
				t.Errorf("it is %s: %s", got.Title(), got.Problem)
			}
			image, err := Bake(plainPNG(t), []byte(doc))
			if err != nil {
				t.Fatal(err)
			}
			if baked, err := Unbake(image); err != nil || string(baked.Text) != bare {
				t.Errorf("baked: %v", err)
			}
		})
	}
}

// What is not one token and nothing else is left as it is, and its CID is that of its bytes.
func TestNotOneToken(t *testing.T) {
	bare := jwt(es256, badgeA)
	other := jwt(es256, badgeB)
	plain := jwt(`{"alg":"ES256","b64":false,"crit":["b64"]}`, "x")
	plain = strings.Replace(plain, ".", ".ab cd.", 1)
	plain = plain[:strings.LastIndex(plain, ".")]
	plain = plain[:strings.LastIndex(plain, ".")] + ".c2ln"
	for name, doc := range map[string]string{
		"two tokens, one a line":            bare + "\n" + other,
		"two SD-JWTs, one a line":           sdToken + "~" + sdGiven + "~\n" + sdToken + "~",
		"an SD-JWT and a token":             sdToken + "~\n" + other,
		"an SD-JWT and a token behind it":   sdToken + "~" + other,
		"a token in the place of a part":    sdToken + "~" + other + "~",
		"a token and words":                 bare + "\nThis is it.",
		"words and a token":                 "Here: " + bare,
		"quotes at one end":                 `"` + bare,
		"two pairs of quotes":               `'"` + bare + `"'`,
		"two texts":                         `"` + bare + `" "` + other + `"`,
		"an array":                          `["` + bare + `"]`,
		"Bearer twice":                      "Bearer Bearer " + bare,
		"another scheme":                    "DPoP " + bare,
		"Bearer without a space":            "Bearer" + bare,
		"another header":                    "Authorization: Bearer " + bare + "\r\nHost: a.example",
		"white space in a payload as it is": plain,
		"white space in its header, too":    plain[:9] + "\n" + plain[9:12] + " " + plain[12:],
		"a token with a NUL":                bare + "\x00",
		"a token with an invisible letter":  bare[:20] + "\u200b" + bare[20:],
		"no token":                          "every.day.is",
		"a JSON text":                       `"every day"`,
	} {
		t.Run(name, func(t *testing.T) {
			c, err := Sum(strings.NewReader(doc), FormAuto, "")
			if err != nil || !c.Equals(rawSum(t, doc)) {
				t.Errorf("%s, %v; want %s", c, err, rawSum(t, doc))
			}
			if content, err := Content([]byte(doc)); err != nil || content != nil {
				t.Errorf("content %q, %v", content, err)
			}
			for _, one := range []string{bare, other, sdToken} {
				if covers, _ := Matches(rawSum(t, one), strings.NewReader(doc)); covers != CoversNothing {
					t.Errorf("it is taken for %.60s…", one)
				}
			}
		})
	}
}

// The CID of an SD-JWT outlives what its holder does with it, and covers no more than its
// issuer has signed.
func TestSelectiveDisclosure(t *testing.T) {
	flat := func(header string) string {
		parts := strings.Split(sdToken, ".")
		return `{"signature":"` + parts[2] + `","payload":"` + parts[1] + `", "protected":"` + parts[0] + `","header":` + header + `}`
	}
	c := rawSum(t, sdToken)
	for _, tt := range []struct {
		name, doc string
		covers    Coverage
		why       string // part of the error: it cannot be told
	}{
		{"as issued", sdToken + "~" + sdGiven + "~" + sdFamily + "~", CoversSigned, ""},
		{"one part", sdToken + "~" + sdFamily + "~", CoversSigned, ""},
		{"nothing disclosed", sdToken + "~", CoversSigned, ""},
		{"key binding", sdToken + "~" + sdGiven + "~" + keyBinding, CoversSigned, ""},
		{"key binding, in lines and quotes", `"` + wrapped(sdToken+"~"+sdGiven+"~"+keyBinding, 70, `\r\n`) + `"`, CoversSigned, ""},
		{"the issuer's token alone", sdToken, CoversFile, ""},
		{"flattened JSON", flat(`{"disclosures":["` + sdGiven + `"]}`), CoversSigned, ""},
		{"flattened JSON, key binding", "\ufeff" + flat(`{"kb_jwt":"`+keyBinding+`","disclosures":[]}`), CoversSigned, ""},

		{"a part of somebody else", sdToken + "~" + disclosureOf(`["s","given_name","Eve"]`) + "~", CoversNothing, "not signed"},
		{"a part twice", sdToken + "~" + sdGiven + "~" + sdGiven + "~", CoversNothing, "twice"},
		{"a part as an element", sdToken + "~" + disclosureOf(`["s1","Ada"]`) + "~", CoversNothing, "not signed"},
		{"a part that is nothing", sdToken + "~~" + sdGiven + "~", CoversNothing, "cannot be read"},
		{"a part with padding", sdToken + "~" + sdGiven + "=~", CoversNothing, "cannot be read"},
		{"flattened JSON, a part of somebody else", flat(`{"disclosures":["` + disclosureOf(`["s","a",1]`) + `"]}`), CoversNothing, "not signed"},
		{"flattened JSON, a further member", flat(`{"disclosures":[],"kid":"x"}`), CoversNothing, "inside it"},
		{"flattened, with a proof", strings.Replace(flat(`{"disclosures":[]}`), `{`, `{"proof":{"type":"x"},`, 1), CoversNothing, "inside it"},
		{"another signature", sdToken[:len(sdToken)-4] + "AAAA~" + sdGiven + "~", CoversNothing, ""},
		{"another payload", strings.Replace(sdToken, ".", ".e30", 1) + "~", CoversNothing, ""},
		{"a credential as key binding", sdToken + "~" + sdGiven + "~" + jwt(es256, badgeA), CoversNothing, "inside it"},
		{"cut off", sdToken[:len(sdToken)-4], CoversNothing, ""},
		{"inside a presentation in a token", jwt(es256, `{"vp":{"verifiableCredential":["`+sdToken+`~"]}}`), CoversNothing, "inside it"},
	} {
		covers, err := Matches(c, strings.NewReader(tt.doc))
		if covers != tt.covers || (err == nil) != (tt.why == "") || err != nil && !strings.Contains(err.Error(), tt.why) {
			t.Errorf("%s: %s, %v; want %s, %q", tt.name, covers, err, tt.covers, tt.why)
		}
		auto, err := Sum(strings.NewReader(tt.doc), FormAuto, "")
		switch {
		case tt.covers != CoversNothing:
			if err != nil || !auto.Equals(c) {
				t.Errorf("%s: auto %s, %v", tt.name, auto, err)
			}
		case tt.why != "" && !strings.Contains(tt.why, "inside"):
			if !errors.Is(err, ErrForm) {
				t.Errorf("%s: auto %s, %v", tt.name, auto, err)
			}
		}
	}
}

// Who wants all of an SD-JWT covered may have that.
func TestAllOfAnSDJWT(t *testing.T) {
	whole := sdToken + "~" + sdGiven + "~"
	c := rawSum(t, whole)
	for doc, want := range map[string]Coverage{
		whole:                          CoversFile,
		"\ufeff" + whole + "\n":        CoversFile,
		sdToken + "~":                  CoversNothing,
		sdToken:                        CoversNothing,
		whole + keyBinding:             CoversNothing,
		sdToken + "~" + sdFamily + "~": CoversNothing,
	} {
		if covers, err := Matches(c, strings.NewReader(doc)); covers != want || err != nil {
			t.Errorf("%.60q: %s, %v", doc, covers, err)
		}
	}
}

// A file that is what was submitted, or holds it, in a way that is not read is never called
// another one. What was read and is another one is.
func TestMatchesCannotTell(t *testing.T) {
	token, badge := jwt(es256, badgeOB3), badgeOB3
	wide := func(s string, bigEndian bool) string {
		out := []byte("\xff\xfe")
		if bigEndian {
			out = []byte("\xfe\xff")
		}
		for _, u := range utf16.Encode([]rune(s)) {
			if bigEndian {
				out = append(out, byte(u>>8), byte(u))
			} else {
				out = append(out, byte(u), byte(u>>8))
			}
		}
		return string(out)
	}
	part := strings.Split(token, ".")
	inJSON := `{"protected":"` + part[0] + `","payload":"` + part[1] + `","signature":"` + part[2] + `"}`
	percent := strings.NewReplacer("{", "%7B", `"`, "%22", ":", "%3A", ",", "%2C", " ", "%20", "/", "%2F").Replace
	for _, tt := range []struct{ name, about, doc, why string }{
		{"UTF-16", badge, wide(badge, false), "UTF-16"},
		{"UTF-16, the other order", badge, wide(badge, true), "UTF-16"},
		{"UTF-16 without a mark", badge, wide(badge, false)[2:], "UTF-16"},
		{"base64", badge, base64.StdEncoding.EncodeToString([]byte(badge)), "base64"},
		{"percent signs", badge, percent(badge), "decode it"},
		{"an array", badge, "[" + badge + "]", "alone"},
		{"a presentation", badge, `{"type":"VerifiablePresentation","verifiableCredential":[` + badge + `]}`, "inside"},
		{"a member twice", badge, `{"a":1,"a":2}`, "twice"},
		{"a comment", badge, "{/**/" + badge[1:], "neither"},
		{"a picture that carries nothing", badge, string(plainPNG(t)), "carries no credential"},
		{"a picture that is cut off", badge, string(bakedInto(t, plainPNG(t), badge))[:60], "cut off"},
		{"a PDF", badge, "%PDF-1.7\n", "neither"},
		{"a token", badge, token, "is a token"},

		{"a badge of an API", badge, `{"data":{"status":"ok","items":[` + badge + `]}}`, "inside"},
		{"a badge of an API, as a text", badge, `{"credential":` + strconv.Quote(badge) + `}`, "inside"},

		{"token in flattened JSON", token, inJSON, "inside"},
		{
			"token in general JSON", token,
			`{"payload":"` + part[1] + `","signatures":[{},{"protected":"` + part[0] + `","signature":"` + part[2] + `"}]}`, "inside",
		},
		{"token in UTF-16", token, wide(token+"\r\n", false), "UTF-16"},
		{"token in base64", token, base64.StdEncoding.EncodeToString([]byte(token)), "base64"},
		{"token in a data URL", token, "data:application/vc+jwt," + token, "inside"},
		{"token in a data URL, in base64", token, "data:application/jwt;base64," + base64.StdEncoding.EncodeToString([]byte(token)), "data URL"},
		{"token in an array", token, `["` + token + `"]`, "inside"},
		{"token of an API", token, `{"format":"jwt_vc_json","credential":"` + token + `"}`, "inside"},
		{"token in an envelope", token, `{"type":"EnvelopedVerifiableCredential","id":"data:application/vc+jwt,` + token + `"}`, "inside"},
		{"token in a presentation", token, `{"vp":{},"verifiableCredential":["` + token + `"]}`, "inside"},
		{"token in a mail", token, "Here it is: " + token + "\nBye", "inside"},
		{"token, quoted twice", token, `"\"` + token + `\""`, "inside"},
		{"token in quoted-printable", token, wrapped(token, 60, "=\r\n") + ".", "damaged"},
		{"token in a picture that is cut off", token, string(bakedInto(t, plainPNG(t), badgeToken(t)))[:60], "cut off"},

		{"another badge", badge, badgeB, ""},
		{"another badge of an API", badge, `{"data":{"credential":` + badgeB + `}}`, ""},
		{"another token in JSON", jwt(es256, badgeB), inJSON, ""},
		{"another token", token, jwt(es256, badgeB), ""},
		{"another signature", token, token[:len(token)-4] + "AAAA", ""},
		{"JSON for a token", token, badge, ""},
		{"another token of an API", token, `{"credential":"` + jwt(es256, badgeB) + `"}`, ""},
		{"a text", token, "everything else", ""},
		{"an eye", token, "eyes and eye-catching.things.here", ""},
		{"a PDF for a token", token, "%PDF-1.7\n", ""},
		{"UTF-16 text", token, wide("hello", false), ""},
	} {
		c := rawSum(t, tt.about)
		if tt.about == badge {
			var err error
			if c, err = ParseCID(sumOf(t, []byte(badge))); err != nil {
				t.Fatal(err)
			}
		}
		covers, err := Matches(c, strings.NewReader(tt.doc))
		if covers != CoversNothing || (err == nil) != (tt.why == "") || err != nil && !strings.Contains(err.Error(), tt.why) {
			t.Errorf("%s: %s, %v; want %q", tt.name, covers, err, tt.why)
		}
		if errors.Is(err, ErrForm) {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}

// Large files in clothes are bounded in time.
func TestLargeClothes(t *testing.T) {
	long := strings.Repeat("A", MaxJSON)
	emptyBadge, err := ParseCID(sumOf(t, []byte(`{"b":{}}`)))
	if err != nil {
		t.Fatal(err)
	}
	bare := jwt(es256, `{}`)
	for name, doc := range map[string]string{
		"a long signature":     (bare + long)[:MaxJSON],
		"one letter a line":    wrapped((bare + long)[:MaxJSON/2], 1, "\n"),
		"parts by the million": bare + strings.Repeat("~", MaxJSON-len(bare)),
		"space behind Bearer":  "Bearer" + strings.Repeat(" ", MaxJSON-6),
		"quotes":               strings.Repeat(`"`, MaxJSON),
		"JSON text":            `"` + strings.Repeat(`\u0065`, MaxJSON/6-1) + `"`,
		"objects in an object": `{"a":[` + strings.Repeat("{},", MaxJSON/3-4) + `{}]}`,
		"tokens in an object":  `{"a":"` + strings.Repeat("eyJhbGciOiJF.e30.x ", MaxJSON/20) + `"}`,
	} {
		start := time.Now()
		c, err := Sum(strings.NewReader(doc), FormAuto, "")
		if err == nil {
			_, err = Matches(rawSum(t, "x"), strings.NewReader(doc))
		}
		if err == nil {
			_, err = Matches(emptyBadge, strings.NewReader(doc))
		}
		t.Logf("%s: %d MiB in %v: %s, %v", name, len(doc)>>20, time.Since(start), c, err)
		if took := time.Since(start); took > 30*time.Second { // quadratic, not a busy machine
			t.Errorf("%s took %v", name, took)
		}
	}
}

// FuzzTokenText: what comes out is a bare token, and one of which nothing was lost.
func FuzzTokenText(f *testing.F) {
	bare := jwt(es256, badgeA)
	for _, seed := range []string{
		bare, "\ufeff" + bare, `"` + bare + `\n"`, "Bearer " + wrapped(bare, 64, "\r\n"), "'Authorization: bearer " + bare + "'",
		sdToken + "~" + sdGiven + "~" + keyBinding, bare + "\n" + bare, sdToken + "~\n" + bare, "ey", `"`, "Authorization:",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, doc []byte) {
		token := tokenText(doc)
		if token == nil {
			return
		}
		if !isJWT(token) || bytes.ContainsAny(token, " \t\r\n\"'\\\x00") {
			t.Fatalf("no bare token: %q", token)
		}
		if again := tokenText(token); !bytes.Equal(again, token) {
			t.Fatalf("%q becomes %q", token, again)
		}
		one, err := Sum(bytes.NewReader(doc), FormAuto, "")
		two, bareErr := Sum(bytes.NewReader(token), FormAuto, "")
		if (err == nil) != (bareErr == nil) || err == nil && !one.Equals(two) {
			t.Fatalf("%s, %v, bare %s, %v", one, err, two, bareErr)
		}
		if bytes.IndexByte(doc, '\\') >= 0 {
			return
		}
		// Nothing but clothes was taken off.
		rest := bytes.Map(func(r rune) rune {
			if strings.ContainsRune("\"'\ufeff:", r) || len(strings.TrimSpace(string(r))) == 0 {
				return -1
			}
			return r
		}, doc)
		if front, ok := bytes.CutSuffix(rest, token); !ok || !strings.HasSuffix("authorizationbearer", strings.ToLower(string(front))) {
			t.Fatalf("%q becomes %q", doc, token)
		}
	})
}
