package rdf

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

// TestRefused takes what JSON-LD would drop, and what would take too long.
func TestRefused(t *testing.T) {
	const (
		v2   = `"@context":"https://www.w3.org/ns/credentials/v2"`
		free = `"@context":["https://www.w3.org/ns/credentials/v2","https://www.w3.org/ns/credentials/undefined-terms/v2"]`
	)
	nested := strings.Repeat(`{"a":`, 5000) + "1" + strings.Repeat("}", 5000)
	for _, row := range []struct{ name, doc, want string }{
		{"nothing", ``, "no JSON"},
		{"an array", `[]`, "no JSON object"},
		{"an empty object", `{}`, "says nothing"},
		{"an identifier alone", `{` + v2 + `,"id":"urn:x"}`, "says nothing"},
		{"a member twice", `{` + v2 + `,"name":"a","name":"b"}`, "no JSON"},
		{"invalid UTF-8", "{" + v2 + ",\"name\":\"\xff\"}", "no JSON"},
		{"deep", `{` + v2 + `,"name":` + nested + `}`, ""},
		{"an undefined name", `{"@context":"https://w3id.org/security/data-integrity/v2","type":"DataIntegrityProof","x":"y"}`, `"x"`},
		{"an empty name", `{` + v2 + `,"":"x"}`, `""`},
		{"an empty name, free", `{` + free + `,"":"x","type":"A"}`, `""`},
		{"a name like a keyword", `{` + free + `,"@foo":"x"}`, `"@foo"`},
		{"a compact name", `{` + free + `,"x:y":"z"}`, "in place of a name"},
		{"a blank node as a name", `{` + free + `,"_:y":"z"}`, "in place of a name"},
		{"null as an identifier", `{` + v2 + `,"id":null,"name":"a"}`, "not one text"},
		{"an empty identifier", `{` + v2 + `,"id":"","name":"a"}`, "no full reference"},
		{"an identifier with a space", `{` + v2 + `,"id":"urn:x y","name":"a"}`, "no full reference"},
		{"an identifier that breaks out", `{` + v2 + `,"id":"urn:x> <urn:y","name":"a"}`, "no full reference"},
		{"a type that is null", `{` + v2 + `,"type":null,"name":"a"}`, "text"},
		{"a type that is an object", `{` + v2 + `,"type":{"a":"b"},"name":"a"}`, "text"},
		{"a language that breaks out", `{` + v2 + `,"name":{"@value":"x","@language":"en . <urn:x"}}`, "value object"},
		{"a direction", `{` + v2 + `,"name":{"@value":"x","@language":"ar","@direction":"rtl"}}`, "value object"},
		{"a set", `{` + v2 + `,"name":{"@set":["x"]}}`, "keyword"},
		{"a list", `{` + v2 + `,"name":{"@list":["x"]}}`, "keyword"},
		{
			"an inner vocabulary", `{` + v2 + `,"type":"VerifiableCredential","issuer":{"@context":{"@vocab":"urn:x:"},"id":"did:x:1"}}`,
			"definitions of its own",
		},
		{"a context imported", `{"@context":{"@import":"https://www.w3.org/ns/credentials/v2"},"name":"a"}`, "definitions of its own"},
		{"a reverse term", `{"@context":"https://w3id.org/dcc/v1","awardedOnCompletionOf":{"name":"x"}}`, "@reverse"},
		{"a text in a graph", `{` + v2 + `,"type":"VerifiablePresentation","verifiableCredential":"urn:x"}`, "not signed"},
		{"an identifier in a graph", `{` + v2 + `,"type":"VerifiablePresentation","verifiableCredential":{"id":"urn:x"}}`, ""},
		{"many values", `{` + free + `,"a":[` + strings.Repeat("1,", maxValues) + `1]}`, "more work"},
		{"a clique", clique(11, free), "more work"},
	} {
		t.Run(row.name, func(t *testing.T) {
			began := time.Now()
			quads, _, err := NewReader().Dataset([]byte(row.doc), Options{})
			if err == nil {
				_, err = NewReader().Canonicalize(quads, SHA256)
			}
			if err == nil || !strings.Contains(err.Error(), row.want) {
				t.Errorf("%v, want %q", err, row.want)
			}
			if took := time.Since(began); took > 2*time.Minute { // a second at most, without the race detector
				t.Errorf("it took %v", took)
			}
		})
	}
}

func clique(n int, context string) string {
	var nodes []string
	for i := range n {
		var others []string
		for j := range n {
			if i != j {
				others = append(others, fmt.Sprintf(`{"id":"_:n%d"}`, j))
			}
		}
		nodes = append(nodes, fmt.Sprintf(`{"id":"_:n%d","knows":[%s]}`, i, strings.Join(others, ",")))
	}
	return `{` + context + `,"a":[` + strings.Join(nodes, ",") + `]}`
}

// TestLarge makes the canonical form of a document with many plain nodes, in bounded time.
func TestLarge(t *testing.T) {
	var b strings.Builder
	for i := range 20_000 {
		fmt.Fprintf(&b, `{"n":"%d","o":{"p":%d}},`, i, i)
	}
	alike := strings.Repeat(`{"b":{}},`, 1000)
	doc := `{"@context":"https://www.w3.org/ns/credentials/undefined-terms/v2","a":[` + b.String() + alike + `1],"b":"` +
		strings.Repeat("x", 8<<20) + `"}`
	quads, _, err := NewReader().Dataset([]byte(doc), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := NewReader().Canonicalize(quads, SHA256); err != nil {
		t.Fatal(err)
	}
}

// TestSHA384 is test075 of the W3C's rdf-canon test suite, the only one with SHA-384: its
// result, of which any graph of the same form has the same canonical form.
func TestSHA384(t *testing.T) {
	edges := [][]int{
		{1, 2, 3},
		{0, 4, 5},
		{0, 4, 5},
		{0, 4, 5},
		{1, 2, 3},
		{1, 2, 3},
		{7, 8, 9},
		{10, 11, 6},
		{10, 6, 9},
		{11, 6, 8},
		{11, 7, 8},
		{10, 7, 9},
	}
	var quads []Quad
	for from, all := range edges {
		for _, to := range all {
			quads = append(quads, Quad{S: fmt.Sprintf("_:c14n%d", from), P: "<http://example.org/vocab#p>", O: fmt.Sprintf("_:c14n%d", to)})
		}
	}
	random := rand.New(rand.NewPCG(3, 4))
	got, err := NewReader().Canonicalize(renamed(quads, random), SHA384)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]bool{}
	for _, q := range quads {
		want[q.line(func(id string) string { return id })] = true
	}
	for line := range strings.Lines(string(got)) {
		if !want[line] {
			t.Errorf("unexpected %s", line)
		}
	}
}

func FuzzDataset(f *testing.F) {
	f.Add(`{"@context":["https://www.w3.org/ns/credentials/v2","https://www.w3.org/ns/credentials/undefined-terms/v2"],"a":{"b":1.5}}`)
	f.Add(`{"@context":"https://w3id.org/security/data-integrity/v2","type":"DataIntegrityProof","created":"x","nonce":"y"}`)
	f.Add(`{"@context":"https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json","type":"Achievement",` +
		`"name":{"@value":"x","@language":"De"}}`)
	f.Add(clique(4, `"@context":"https://www.w3.org/ns/credentials/undefined-terms/v2"`))
	f.Fuzz(func(t *testing.T, doc string) {
		if len(doc) > 1<<14 {
			return
		}
		quads, _, err := NewReader().Dataset([]byte(doc), Options{})
		if err != nil {
			return
		}
		text, err := NewReader().Canonicalize(quads, SHA256)
		if err != nil {
			return
		}
		again, err := NewReader().Canonicalize(renamed(quads, rand.New(rand.NewPCG(5, 6))), SHA256)
		if err != nil || string(again) != string(text) {
			t.Errorf("of other names and order\n%s\n%v\nwant\n%s", again, err, text)
		}
		if strings.Count(string(text), "\n") > len(quads) {
			t.Errorf("%d quads make\n%s", len(quads), text)
		}
	})
}
