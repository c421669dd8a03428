package credential

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

const walletBadge = `{
  "@context": ["https://www.w3.org/ns/credentials/v2", "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"],
  "type": ["VerifiableCredential", "OpenBadgeCredential"],
  "name": "Crane Driver – Brücke/\u2028 <b>&</b> 😀",
  "validFrom": "2026-01-01T00:00:00Z",
  "issuer": {"id": "did:web:harbour.example", "type": ["Profile"]},
  "credentialSubject": {"type": ["AchievementSubject"], "credits": 1.0, "weight": 1e2, "share": 0.10, "achievement": {"proof": "none"}}%s
}
`

// rewriters are what wallets and tools do to JSON. Those in words of a command are skipped where it
// is not installed.
func rewriters(t *testing.T) map[string]func(doc []byte) []byte {
	t.Helper()
	command := func(name string, args ...string) func(doc []byte) []byte {
		return func(doc []byte) []byte {
			path, err := exec.LookPath(name)
			if err != nil {
				return nil
			}
			cmd := exec.Command(path, args...)
			cmd.Stdin = bytes.NewReader(doc)
			var stderr bytes.Buffer
			cmd.Stderr = &stderr
			out, err := cmd.Output()
			if err != nil {
				t.Fatalf("%s: %v\n%s", name, err, &stderr)
			}
			return out
		}
	}
	python := func(expr string) func(doc []byte) []byte {
		return command("python3", "-c", "import json,sys; d=json.load(sys.stdin); "+expr)
	}
	node := func(expr string) func(doc []byte) []byte {
		return command("node", "-e", "const d=JSON.parse(require('fs').readFileSync(0,'utf8')); "+expr)
	}
	edit := func(change func(d map[string]any)) func(doc []byte) []byte {
		return func(doc []byte) []byte {
			var d map[string]any
			if err := json.Unmarshal(doc, &d); err != nil {
				t.Fatal(err)
			}
			change(d)
			out, err := json.Marshal(d)
			if err != nil {
				t.Fatal(err)
			}
			return out
		}
	}
	another := map[string]any{"type": "DataIntegrityProof", "cryptosuite": "eddsa-jcs-2022", "proofValue": "z1"}
	list := func(d map[string]any) []any {
		if all, ok := d["proof"].([]any); ok {
			return all
		}
		return []any{d["proof"]}
	}
	ours := func(d map[string]any) map[string]any {
		for _, entry := range list(d) {
			if e := entry.(map[string]any); e["cryptosuite"] == Cryptosuite {
				return e
			}
		}
		t.Fatal("there is no entry")
		return nil
	}
	return map[string]func(doc []byte) []byte{
		"jq":                   command("jq", "."),
		"jq -c":                command("jq", "-c", "."),
		"jq -S, ASCII":         command("jq", "-S", "-a", "--tab", "."),
		"jq adds a proof":      command("jq", `.proof += [{"type":"x"}]`),
		"Python":               python("json.dump(d,sys.stdout)"),
		"Python, letters":      python("sys.stdout.reconfigure(encoding='utf-8'); json.dump(d,sys.stdout,ensure_ascii=False,indent=4)"),
		"Python, sorted":       python("json.dump(d,sys.stdout,sort_keys=True,separators=(',',':'))"),
		"JavaScript":           node("process.stdout.write(JSON.stringify(d))"),
		"JavaScript, indented": node("process.stdout.write(JSON.stringify(d,null,2))"),
		"JavaScript, proof in front": node(
			"const {proof,...rest}=d; process.stdout.write(JSON.stringify({proof,...rest}))"),

		"byte order mark": func(doc []byte) []byte { return slices.Concat(bom, doc) },
		"Windows": func(doc []byte) []byte {
			return slices.Concat(bom, bytes.ReplaceAll(doc, []byte("\n"), []byte("\r\n")))
		},
		"canonical": func(doc []byte) []byte {
			v := jsontext.Value(bytes.Clone(doc))
			if err := v.Canonicalize(); err != nil {
				t.Fatal(err)
			}
			return v
		},
		"all letters escaped": func(doc []byte) []byte { return escapeAll(t, doc) },
		"sorted by Go":        edit(func(map[string]any) {}),
		"one in an array becomes one": edit(func(d map[string]any) {
			if all := list(d); len(all) == 1 {
				d["proof"] = all[0]
			}
		}),
		"another behind":    edit(func(d map[string]any) { d["proof"] = append(list(d), another) }),
		"another in front":  edit(func(d map[string]any) { d["proof"] = append([]any{another}, list(d)...) }),
		"others around":     edit(func(d map[string]any) { d["proof"] = append(append([]any{another}, list(d)...), another, another) }),
		"the entry twice":   edit(func(d map[string]any) { d["proof"] = append(list(d), ours(d)) }),
		"more in the entry": edit(func(d map[string]any) { ours(d)["created"] = "2026-01-01T00:00:00Z"; ours(d)["id"] = "urn:uuid:1" }),
		"other proofs gone": edit(func(d map[string]any) { d["proof"] = ours(d) }),
	}
}

// escapeAll writes every letter of every text as an escape.
func escapeAll(t *testing.T, doc []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	for rest := doc; len(rest) > 0; {
		at := bytes.IndexByte(rest, '"')
		if at < 0 {
			out.Write(rest)
			break
		}
		out.Write(rest[:at])
		d := jsontext.NewDecoder(bytes.NewReader(rest[at:]))
		value, err := d.ReadValue()
		if err != nil {
			t.Fatal(err)
		}
		out.WriteByte('"')
		for _, r := range text(value) {
			if r > 0xffff {
				fmt.Fprintf(&out, `\u%04X\u%04X`, 0xd800+(r-0x10000)>>10, 0xdc00+(r-0x10000)&0x3ff)
			} else {
				fmt.Fprintf(&out, `\u%04x`, r)
			}
		}
		out.WriteByte('"')
		rest = rest[at+len(value):]
	}
	return out.Bytes()
}

// A badge that carries its proof keeps both through whatever writes it anew.
func TestRewrittenBadge(t *testing.T) {
	proofs := map[string]string{
		"no proof":   "",
		"a proof":    `, "proof": {"type": "DataIntegrityProof", "cryptosuite": "eddsa-rdfc-2022", "proofValue": "z2"}`,
		"two proofs": `, "proof": [{"type": "a"}, {"type": "b"}]`,
	}
	for had, member := range proofs {
		doc := []byte(fmt.Sprintf(walletBadge, member))
		carrying, err := Embed(doc, someProof, FormJCS)
		if err != nil {
			t.Fatal(err)
		}
		want, err := Sum(bytes.NewReader(doc), FormAuto, "")
		if err != nil {
			t.Fatal(err)
		}
		for how, rewrite := range rewriters(t) {
			t.Run(had+", "+how, func(t *testing.T) {
				out := rewrite(carrying)
				if out == nil {
					t.Skip("the tool is not installed")
				}
				for where, file := range map[string][]byte{
					"JSON": out,
					"PNG":  bakedInto(t, plainPNG(t), string(out)),
					"SVG":  bakedInto(t, []byte(linedSVG), string(out)),
				} {
					survives(t, where, file, want.String())
				}
			})
		}
	}
}

// survives tries a file that carries someProof and was written anew.
func survives(t *testing.T, where string, file []byte, want string) {
	t.Helper()
	got, err := Extract(file)
	if err != nil || !bytes.Equal(got.Proof, someProof) || got.Form != FormJCS {
		t.Fatalf("%s: %+v, %v\n%s", where, got, err, file)
	}
	c, err := ParseCID(want)
	if err != nil {
		t.Fatal(err)
	}
	for what, doc := range map[string][]byte{"with": file, "without": got.Original} {
		if covers, err := Matches(c, bytes.NewReader(doc)); covers == CoversNothing || err != nil {
			t.Errorf("%s, %s its proof: %s, %v\n%s", where, what, covers, err, doc)
		}
		if sum := mustSum(t, string(doc)); sum != want {
			t.Errorf("%s, %s its proof: %s, want %s", where, what, sum, want)
		}
	}
	if _, err := Extract(got.Original); !errors.Is(err, ErrNoProof) {
		t.Errorf("%s: the original: %v", where, err)
	}
	again, err := Embed(file, []byte("a newer one"), FormJCS)
	if err != nil {
		t.Fatal(err)
	}
	newer, err := Extract(again)
	if err != nil || string(newer.Proof) != "a newer one" || !newer.Exact || !bytes.Equal(newer.Original, got.Original) {
		t.Errorf("%s: embedded again: %+v, %v", where, newer, err)
	}
}

// A picture that carries its badge in the way of another program gives its proof all the same,
// but is not written without it.
func TestRewrittenPicture(t *testing.T) {
	carrying, err := Embed([]byte(smallBadge), someProof, FormJCS)
	if err != nil {
		t.Fatal(err)
	}
	escaped := strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&#34;", "h", "&#104;").Replace(string(carrying))
	for name, file := range map[string]string{
		"a tEXt chunk":         string(png(chunk("tEXt", "openbadges\x00"+escapedTo(t, carrying)))),
		"text that is escaped": `<svg xmlns:o="http://openbadges.org"><o:credential>` + escaped + `</o:credential></svg>`,
	} {
		got, err := Extract([]byte(file))
		if err != nil || !bytes.Equal(got.Proof, someProof) || got.Original != nil || got.Exact {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
		if _, err := Embed([]byte(file), someProof, FormJCS); err == nil || !strings.Contains(err.Error(), "bake it again") {
			t.Errorf("%s: embedded again: %v", name, err)
		}
	}
}

// escapedTo writes JSON in ASCII.
func escapedTo(t *testing.T, doc []byte) string {
	t.Helper()
	return strings.ReplaceAll(string(doc), "é", `\u00e9`)
}

// For any JSON: written anew it keeps its CID, changed it has another one.
func TestRewrittenAtRandom(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	seen := map[string]string{}
	for range 2000 {
		object := randomObject(r, 3)
		delete(object, "proof")
		doc, err := json.Marshal(object)
		if err != nil {
			t.Fatal(err)
		}
		want := mustSum(t, string(doc))
		canonical, err := Canonicalize(doc)
		if err != nil {
			t.Fatal(err)
		}
		if other, ok := seen[want]; ok && other != string(canonical) {
			t.Fatalf("%s and %s have one CID", other, canonical)
		}
		seen[want] = string(canonical)
		carrying, err := Embed(writtenAnew(r, object), someProof, FormJCS)
		if err != nil {
			t.Fatal(err)
		}
		var again map[string]any
		if err := json.Unmarshal(carrying, &again); err != nil {
			t.Fatal(err)
		}
		anew := writtenAnew(r, again)
		if got := mustSum(t, string(anew)); got != want {
			t.Fatalf("%s\nis %s, %s\nis %s", doc, want, anew, got)
		}
		if c, err := Extract(anew); err != nil || !bytes.Equal(c.Proof, someProof) || mustSum(t, string(c.Original)) != want {
			t.Fatalf("%s: %+v, %v", anew, c, err)
		}
		object["changed"] = r.IntN(1000)
		if got := mustSum(t, string(writtenAnew(r, object))); got == want {
			t.Fatalf("%s has the CID of %s", anew, doc)
		}
	}
}

const randomLetters = "ab\"\\/\b\n\t é€😀\u2028\x01<&"

func randomText(r *rand.Rand) string {
	letters := []rune(randomLetters)
	out := make([]rune, r.IntN(6))
	for i := range out {
		out[i] = letters[r.IntN(len(letters))]
	}
	return string(out)
}

func randomObject(r *rand.Rand, depth int) map[string]any {
	object := map[string]any{}
	for range r.IntN(5) {
		object[randomText(r)] = randomValue(r, depth-1)
	}
	return object
}

func randomValue(r *rand.Rand, depth int) any {
	switch n := r.IntN(8); {
	case n == 0 && depth > 0:
		return randomObject(r, depth)
	case n == 1 && depth > 0:
		list := make([]any, r.IntN(4))
		for i := range list {
			list[i] = randomValue(r, depth-1)
		}
		return list
	case n == 2:
		return r.IntN(2) == 0
	case n == 3:
		return nil
	case n == 4:
		return float64(r.IntN(2001)-1000) / 8
	case n == 5:
		return float64(r.IntN(1 << 30))
	}
	return randomText(r)
}

// writtenAnew writes JSON with members, white space, escapes and numbers in any of the ways there are.
func writtenAnew(r *rand.Rand, value any) []byte {
	space := func() string { return []string{"", "", " ", "\n", "\r\n\t"}[r.IntN(5)] }
	var write func(v any) string
	write = func(v any) string {
		switch v := v.(type) {
		case map[string]any:
			var members []string
			for name, value := range v {
				members = append(members, space()+write(name)+space()+":"+space()+write(value))
			}
			r.Shuffle(len(members), func(i, j int) { members[i], members[j] = members[j], members[i] })
			return "{" + strings.Join(members, space()+",") + space() + "}"
		case []any:
			var elements []string
			for _, value := range v {
				elements = append(elements, space()+write(value))
			}
			return "[" + strings.Join(elements, space()+",") + space() + "]"
		case string:
			out := `"`
			for _, c := range v {
				if c < ' ' || c == '"' || c == '\\' || c < 0x10000 && r.IntN(3) == 0 {
					out += fmt.Sprintf([]string{`\u%04x`, `\u%04X`}[r.IntN(2)], c)
				} else {
					out += string(c)
				}
			}
			return out + `"`
		case float64:
			return fmt.Sprintf([]string{"%.4f", "%.12e", "%v"}[r.IntN(3)], v)
		}
		out, _ := json.Marshal(v)
		return string(out)
	}
	return []byte(space() + write(value) + space())
}

// Many proofs in a file are bounded in time.
func TestManyProofs(t *testing.T) {
	const size = MaxJSON - 100
	many := func(entry string) string {
		return `{"a":1,"proof":[` + strings.TrimSuffix(strings.Repeat(entry+",", (size-20)/(len(entry)+1)), ",") + `]}`
	}
	others := many(`{"type":"x"}`)
	for name, doc := range map[string]string{
		"ours, all the same":      many(someEntry),
		"others":                  many(`{"type":"hallmark"}`),
		"ours among others":       others[:16] + someEntry + "," + others[16+13*20:],
		"ours, with many members": `{"a":1,"proof":` + strings.TrimSuffix(someEntry, "}") + `,"x":[` + strings.Repeat("1,", size/2-200) + `1]}}`,
		"a long proof":            `{"a":1,"proof":` + strings.Replace(someEntry, someText, "u"+strings.Repeat("A", size/4*4-400), 1) + `}`,
		"escapes":                 `{"a":"` + strings.Repeat(`\u0068`, size/6-10) + `"}`,
	} {
		start := time.Now()
		c, err := Extract([]byte(doc))
		took := time.Since(start)
		t.Logf("%s: %d MiB in %v: %v, %v", name, len(doc)>>20, took, c != nil, err)
		if took > 30*time.Second { // quadratic, not a busy machine
			t.Errorf("%s took %v", name, took)
		}
	}
}
