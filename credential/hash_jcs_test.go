package credential

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gowebpki/jcs"

	"github.com/hallmark-node/hallmark/internal/sharedtest"
)

func TestCanonicalize(t *testing.T) {
	for _, test := range []struct{ name, doc, want string }{
		{"empty object", ` { } `, `{}`},
		{"order of members", `{"b":1,"a":2,"":3}`, `{"":3,"a":2,"b":1}`},
		{"order is that of UTF-16", `{"\ufb33":1,"\ud83d\ude00":2}`, "{\"😀\":2,\"\ufb33\":1}"},
		{"escapes", `{"a\u0061":"\u20ac\/\u000f\u2028<>&"}`, "{\"aa\":\"€/\\u000f\u2028<>&\"}"},
		{
			"numbers",
			`{"n":[1.0,1e2,-0,-0.0,0.10,2E-3,4.50,1e-7,5e-324,0e99999999999,9007199254740991,-9007199254740991,90071992547409910e-1,` +
				`1.7976931348623157e-300]}`,
			`{"n":[1,100,0,0,0.1,0.002,4.5,1e-7,5e-324,0,9007199254740991,-9007199254740991,9007199254740991,1.7976931348623157e-300]}`,
		},
		{"proof removed, last", `{"a":1,"proof":{"type":"x"}}`, `{"a":1}`},
		{"proof removed, first", `{ "proof" : {"type":"x"} , "a":1}`, `{"a":1}`},
		{"proof removed, middle", `{"a":1 , "proof" : [{"type":"x"},{"q":[{}],"type":""}] , "b":2}`, `{"a":1,"b":2}`},
		{"proof removed, alone", `{"proof":{"type":"x"}}`, `{}`},
		{"proof removed, no proofs in it", `{"a":1,"proof":[]}`, `{"a":1}`},
		{"proof removed, escaped", `{"a":1,"pr\u006fof":{"t\u0079pe":"x"}}`, `{"a":1}`},
		{"proof kept, other case", `{"Proof":1}`, `{"Proof":1}`},
		{"proof kept, deeper", `{"a":{"proof":1}}`, `{"a":{"proof":1}}`},
		{"proof kept, as a value", `{"a":"proof"}`, `{"a":"proof"}`},
		{"same name in two objects", `{"a":{"a":1},"b":{"a":2}}`, `{"a":{"a":1},"b":{"a":2}}`},
		{"as deep as allowed", `{"a":` + nested(MaxDepth-1) + `}`, `{"a":` + nested(MaxDepth-1) + `}`},
		{"surrogate pair", `{"a":"\ud83d\ude00"}`, `{"a":"😀"}`},
		{"noncharacter", "{\"a\":\"\uffff\"}", "{\"a\":\"\uffff\"}"},
		{"replacement character", "{\"a\":\"\ufffd\"}", "{\"a\":\"\ufffd\"}"},
		{"byte order mark within", "{\"\ufeff\":1}", "{\"\ufeff\":1}"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := Canonicalize([]byte(test.doc))
			if err != nil || string(got) != test.want {
				t.Fatalf("got %s, %v\nwant %s", got, err, test.want)
			}
		})
	}
}

func nested(depth int) string {
	return strings.Repeat("[", depth) + strings.Repeat("]", depth)
}

func TestCanonicalizeRefuses(t *testing.T) {
	for _, test := range []struct{ name, doc, says string }{
		{"member twice", `{"a":1,"a":2}`, `"/a" occurs twice`},
		{"member twice, escaped", `{"a":1,"\u0061":1}`, `"/a" occurs twice`},
		{"member twice, deep", `{"x":[{"a":1,"b":0,"a":1}]}`, `"/x/0/a" occurs twice`},
		{"proof twice", `{"proof":{"type":"a"},"proof":{"type":"b"}}`, "occurs twice"},
		{"member twice in the proof", `{"proof":{"type":"a","type":"b"}}`, "occurs twice"},
		{"invalid UTF-8", "{\"a\":\"\xff\"}", "UTF-8"},
		{"invalid UTF-8 in a name", "{\"\xc0\xaf\":1}", "UTF-8"},
		{"surrogate in UTF-8", "{\"a\":\"\xed\xa0\x80\"}", "UTF-8"},
		{"lone high surrogate", `{"a":"\ud800"}`, "surrogate"},
		{"lone low surrogate", `{"a":"\udc00"}`, "surrogate"},
		{"surrogates swapped", `{"a":"\ude00\ud83d"}`, "surrogate"},
		{"lone surrogate in a name", `{"\ud800":1}`, "surrogate"},
		{"nesting", `{"a":` + nested(MaxDepth) + `}`, "deeper than 128"},
		{"nesting without end", strings.Repeat(`{"a":`, 100_000), "deeper than 128"},
		{"too long", `{"a":"` + strings.Repeat("a", MaxJSON) + `"}`, "longer than 16 MiB"},
		{"empty", "", "empty"},
		{"white space", " \n", "empty"},
		{"array", `[{}]`, "not a JSON object"},
		{"text", `"{}"`, "not a JSON object"},
		{"number", `1`, "not a JSON object"},
		{"null", `null`, "not a JSON object"},
		{"UTF-16", "\xff\xfe{\x00}\x00", "not a JSON object"},
		{"cut off", `{"a":1`, "ends within"},
		{"cut off in a text", `{"a":"b`, "ends within"},
		{"second object", `{} {}`, "follows"},
		{"comma after", `{},`, "follows"},
		{"zero byte after", "{}\x00", "follows"},
		{"no-break space after", "{}\u00a0", "follows"},
		{"comment", `{/**/}`, "invalid character"},
		{"trailing comma", `{"a":1,}`, "invalid character"},
		{"single quotes", `{'a':1}`, "invalid character"},
		{"control character in a text", "{\"a\":\"\n\"}", "invalid character"},
		{"leading zero", `{"a":01}`, "invalid character"},
		{"plus sign", `{"a":+1}`, "invalid character"},
		{"NaN", `{"a":NaN}`, "invalid character"},
		{"proof null", `{"proof":null}`, `"proof"`},
		{"proof a text", `{"proof":"x"}`, `"proof"`},
		{"proof a number", `{"proof":1}`, `"proof"`},
		{"proof without type", `{"proof":{}}`, `without a string "type"`},
		{"proof with a type in other case", `{"proof":{"Type":"x"}}`, `without a string "type"`},
		{"proof with a type that is no text", `{"proof":{"type":["x"]}}`, `without a string "type"`},
		{"proofs, one a text", `{"proof":[{"type":"x"},"y"]}`, "not an object"},
		{"proofs, one without type", `{"proof":[{"type":"x"},{}]}`, `without a string "type"`},
		{"proofs in proofs", `{"proof":[[{"type":"x"}]]}`, "not an object"},
	} {
		t.Run(test.name, func(t *testing.T) { refuses(t, test.doc, test.says) })
	}
}

func TestCanonicalizeRefusesNumbers(t *testing.T) {
	for _, test := range []struct{ number, says string }{
		{"9007199254740992", "beyond 2^53-1"},
		{"-9007199254740992", "beyond 2^53-1"},
		{"9007199254740992.0", "beyond 2^53-1"},
		{"9.007199254740992e15", "beyond 2^53-1"},
		{"900719925474099200e-2", "beyond 2^53-1"},
		{"9007199254740993", "beyond 2^53-1"},
		{"1e16", "beyond 2^53-1"},
		{"1E30", "beyond 2^53-1"},
		{"1e308", "beyond 2^53-1"},
		{"1e309", "beyond 2^53-1"},
		{"1e9999", "beyond 2^53-1"},
		{"1e10000", "exponent beyond 9999"},
		{"1e2147483648", "exponent beyond 9999"},
		{"1e999999999999999999999999", "exponent beyond 9999"},
		{"0." + strings.Repeat("0", 100_000) + "1e100001", "exponent beyond 9999"},
		{"1" + strings.Repeat("0", 100_000) + "e-100001", "exponent beyond 9999"},
		{"1" + strings.Repeat("0", 1_000_000), "beyond 2^53-1"},
		{"333333333.33333329", "another value"},
		{"0.1000000000000000055511151231257827", "another value"},
		{"0.30000000000000004441", "another value"},
		{"9007199254740991.5", "another value"},
		{"1.00000000000000001", "another value"},
		{"1e-400", "another value"},
		{"-1e-9999", "another value"},
		{"-1e-999999999999999999999999", "exponent beyond 9999"},
		{"3e-324", "another value"},
		{"1e-324", "another value"},
		{"0." + strings.Repeat("0", 1_000_000) + "1", "another value"},
		{"0." + strings.Repeat("1", 1_000_000), "another value"},
	} {
		t.Run(fmt.Sprintf("%.40s", test.number), func(t *testing.T) {
			refuses(t, `{"a":`+test.number+`}`, test.says)
			refuses(t, `{"proof":{"type":"x","a":[`+test.number+`]}}`, test.says)
		})
	}
	// Long literals whose exponent brings them back to a small value are exact.
	for number, want := range map[string]string{
		"0." + strings.Repeat("0", 9_000) + "1e9001": "1",
		"1" + strings.Repeat("0", 9_000) + "e-9001":  "0.1",
		"1e-00000000000000000000000000000001":        "0.1",
		"0." + strings.Repeat("0", 100_000):          "0",
		"1." + strings.Repeat("0", 100_000):          "1",
	} {
		got, err := Canonicalize([]byte(`{"a":` + number + `}`))
		if err != nil || string(got) != `{"a":`+want+`}` {
			t.Errorf("%.20s…: got %s, %v", number, got, err)
		}
	}
}

// refuses checks that a document has no json-jcs form, that the error says why, that
// auto does not fall back, and that raw takes the document.
func refuses(t *testing.T, doc, says string) {
	t.Helper()
	got, err := Canonicalize([]byte(doc))
	if !errors.Is(err, ErrForm) {
		t.Fatalf("got %.80s, %v", got, err)
	}
	if message := err.Error(); !strings.Contains(message, says) || len(message) > 1000 {
		t.Errorf("the error does not say %q, or is too long: %.1000s", says, message)
	}
	if sniff([]byte(doc)) == kindObject {
		if c, err := Sum(strings.NewReader(doc), FormAuto, ""); !errors.Is(err, ErrForm) {
			t.Errorf("auto: %s, %v", c, err)
		}
	}
	if _, err := Sum(strings.NewReader(doc), FormRaw, ""); err != nil {
		t.Errorf("raw: %v", err)
	}
}

// The time for hostile documents is bounded. The bound is far above what is needed
// and far below what work that grows with the square would take.
func TestCanonicalizeTakesNoTime(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	size := MaxJSON / 4
	var names strings.Builder
	names.WriteString(`{"":0`)
	for i := 0; names.Len() < size; i++ {
		fmt.Fprintf(&names, `,"%x":0`, i)
	}
	names.WriteString("}")
	for name, doc := range map[string]string{
		"members": names.String(),
		"zeros":   `{"a":[` + strings.Repeat("0,", size/2) + `0]}`,
		"objects": `{"a":[` + strings.Repeat("{},", size/3) + `0]}`,
		"proofs":  `{"proof":[` + strings.Repeat(`{"type":""},`, size/12) + `{"type":""}]}`,
		"numbers": `{"a":[` + strings.Repeat("0.12345678901234568,", size/20) + `0]}`,
		"space":   strings.Repeat(" ", size) + "{}",
	} {
		start := time.Now()
		if _, err := Canonicalize([]byte(doc)); err != nil && !strings.Contains(err.Error(), "another value") {
			t.Errorf("%s: %v", name, err)
		}
		if took := time.Since(start); took > 30*time.Second {
			t.Errorf("%s: %d bytes took %v", name, len(doc), took)
		}
	}
}

// The published vectors of RFC 8785. Those that are not objects are put into one, and
// the two numbers that we refuse are replaced.
func TestRFC8785Vectors(t *testing.T) {
	dir := sharedtest.Path(t, "material", "jcs-rfc8785", "testdata")
	files, err := filepath.Glob(filepath.Join(dir, "input", "*.json"))
	if err != nil || len(files) < 6 {
		t.Fatalf("%d vectors, %v", len(files), err)
	}
	for _, file := range files {
		in := `{"x":` + string(readFile(t, file)) + `}`
		want := `{"x":` + string(readFile(t, filepath.Join(dir, "output", filepath.Base(file)))) + `}`
		if filepath.Base(file) == "values.json" {
			refuses(t, in, "another value")
			in = strings.Replace(in, "333333333.33333329", "333333333.3333333", 1)
			refuses(t, in, "beyond 2^53-1")
			in, want = strings.Replace(in, "1E30", "1E3", 1), strings.Replace(want, "1e+30", "1000", 1)
		}
		got, err := Canonicalize([]byte(in))
		if err != nil || string(got) != want {
			t.Errorf("%s: got %s, %v\nwant %s", filepath.Base(file), got, err, want)
		}
	}
}

// The published list of doubles and their canonical texts: each text is accepted
// as it is, except integers beyond 2^53-1.
func TestES6Numbers(t *testing.T) {
	file, err := os.Open(sharedtest.Path(t, "material", "jcs-rfc8785", "es6testfile_100000.txt.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	unzipped, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	lines, refused := 0, 0
	for scanner := bufio.NewScanner(unzipped); scanner.Scan(); lines++ {
		hex, want, _ := strings.Cut(scanner.Text(), ",")
		bits, err := strconv.ParseUint(hex, 16, 64)
		if err != nil {
			t.Fatal(err)
		}
		f := math.Float64frombits(bits)
		for _, literal := range []string{want, strconv.FormatFloat(f, 'e', -1, 64)} {
			got, err := Canonicalize([]byte(`{"n":` + literal + `}`))
			if f == math.Trunc(f) && math.Abs(f) > 1<<53-1 {
				refused++
				if !errors.Is(err, ErrForm) {
					t.Fatalf("%s accepted: %s, %v", literal, got, err)
				}
			} else if err != nil || string(got) != `{"n":`+want+`}` {
				t.Fatalf("%s: got %s, %v", literal, got, err)
			}
		}
	}
	if lines != 100_000 || refused == 0 || refused == 2*lines {
		t.Fatalf("%d lines, %d refused", lines, refused)
	}
}

func FuzzCanonicalize(f *testing.F) {
	for _, seed := range []string{
		`{}`, `{"a":1,"proof":{"type":"x"},"b":[true,null,1.50]}`, `{"proof":[{"type":"x"}],"\u0061":"\ud83d\ude00"}`,
		`{"z":{"b":1e2,"a":-0},"Proof":0.1}`, `{"a":1,"a":2}`, "{\"a\":\"\xff\"}", `{"a":"\ud800"}`, `{"a":9007199254740993}`, ` {"a" : [ ] } x`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, doc []byte) {
		canonical, err := Canonicalize(doc)
		if err != nil {
			if !errors.Is(err, ErrForm) {
				t.Fatalf("error that is no refusal: %v", err)
			}
			return
		}
		if again, err := Canonicalize(canonical); err != nil || !bytes.Equal(again, canonical) {
			t.Fatalf("not its own canonical form: %q gives %q, %v", canonical, again, err)
		}
		// Another implementation of RFC 8785 agrees.
		if other, err := jcs.Transform(canonical); err != nil || !bytes.Equal(other, canonical) {
			t.Fatalf("%q is %q elsewhere, %v", canonical, other, err)
		}
		if m, err := members(doc, "proof"); err == nil && m["proof"] == nil {
			if other, err := jcs.Transform(doc); err != nil || !bytes.Equal(other, canonical) {
				t.Fatalf("%q is %q elsewhere, %v; want %q", doc, other, err, canonical)
			}
		}
		// A proof that is added changes nothing.
		signed := append([]byte(`{"proof":[{"type":"added","proofValue":"z"}]`), canonical[1:]...)
		if len(canonical) > 2 {
			signed = append([]byte(`{"proof":[{"type":"added","proofValue":"z"}],`), canonical[1:]...)
		}
		if again, err := Canonicalize(signed); err != nil || !bytes.Equal(again, canonical) {
			t.Fatalf("with a proof: %q, %v; want %q", again, err, canonical)
		}
		// Nor does white space, here where every text has been written anew.
		spaced := spaceOut(canonical)
		if again, err := Canonicalize(spaced); err != nil || !bytes.Equal(again, canonical) {
			t.Fatalf("spaced out: %q, %v; want %q", again, err, canonical)
		}
		one, err := Sum(bytes.NewReader(doc), FormAuto, "")
		if err != nil {
			t.Fatalf("auto refuses what json-jcs takes: %v", err)
		}
		if covers, err := Matches(one, io.MultiReader(bytes.NewReader(spaced))); err != nil || covers != CoversFile {
			t.Fatalf("spaced out it does not match its CID: %v, %v", covers, err)
		}
	})
}

// spaceOut puts white space wherever JSON allows it.
func spaceOut(doc []byte) []byte {
	out := []byte("\n")
	inText, escaped := false, false
	for _, c := range doc {
		switch {
		case inText:
			out = append(out, c)
			if !escaped && c == '"' {
				inText = false
				out = append(out, '\t')
			}
			escaped = !escaped && c == '\\'
		case c == '"':
			inText = true
			out = append(out, ' ', c)
		case strings.IndexByte("{}[],:", c) >= 0:
			out = append(out, '\r', c, ' ')
		default:
			out = append(out, c)
		}
	}
	return append(out, '\n')
}

// FuzzNumber compares with the definition: read as a double, write, compare the
// exact decimals.
func FuzzNumber(f *testing.F) {
	for _, seed := range []string{
		"0", "-0.0", "1e2", "0.1", "123456789012345678901234567890", "9007199254740993", "1.5e-3", "4.35",
		"0.000001e7",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, literal string) {
		if len(literal) > 40 {
			return
		}
		want, ok := referenceNumber(literal)
		if !ok {
			return
		}
		got, err := Canonicalize([]byte(`{"n":` + literal + `}`))
		if want == "" {
			if err == nil {
				t.Fatalf("%s accepted as %s", literal, got)
			}
		} else if err != nil || string(got) != `{"n":`+want+`}` {
			t.Fatalf("%s: got %s, %v; want %s", literal, got, err, want)
		}
	})
}
