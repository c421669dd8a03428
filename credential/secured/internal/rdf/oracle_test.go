package rdf

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hallmark-node/hallmark/internal/sharedtest"
)

// reference is what canonize.mjs reads and writes: the npm packages jsonld and
// rdf-canonize, those that the suites' own authors use.
type reference struct {
	Contexts  map[string]any    `json:"contexts"`
	Documents []json.RawMessage `json:"documents"`
	Graphs    []string          `json:"graphs"`
}

type referenceResult struct {
	Text *string `json:"text"`
	Why  string  `json:"why"`
}

func (r reference) run(t *testing.T) (documents, graphs []referenceResult) {
	t.Helper()
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("node is not installed")
	}
	folder := filepath.Join("..", "..", "..", "testdata", "npm")
	if _, err := os.Stat(filepath.Join(folder, "node_modules", "rdf-canonize")); err != nil {
		t.Skip("rdf-canonize is not installed: make credential/testdata/npm/node_modules")
	}
	r.Contexts = map[string]any{}
	for url := range pinnedNames() {
		r.Contexts[url], _ = Context(url)
	}
	input, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	command := exec.Command(node, "canonize.mjs")
	command.Dir, command.Stdin, command.Stderr = folder, bytes.NewReader(input), os.Stderr
	output, err := command.Output()
	if err != nil {
		t.Fatal(err)
	}
	var results struct{ Documents, Graphs []referenceResult }
	if err := json.Unmarshal(output, &results); err != nil {
		t.Fatal(err)
	}
	return results.Documents, results.Graphs
}

// sameAsReference compares the canonical forms of documents that are accepted. It returns
// why those that are refused are, by their place.
func sameAsReference(t *testing.T, docs []json.RawMessage) (refused map[int]error) {
	t.Helper()
	results, _ := reference{Documents: docs}.run(t)
	refused = map[int]error{}
	for i, doc := range docs {
		quads, _, err := NewReader().Dataset(doc, Options{})
		if err != nil {
			refused[i] = err
			continue
		}
		got, err := NewReader().Canonicalize(quads, SHA256)
		switch want := results[i]; {
		case err != nil:
			refused[i] = err
		case want.Text == nil:
			t.Errorf("%s was accepted, and is refused by jsonld: %s", doc, want.Why)
		case string(got) != *want.Text:
			t.Errorf("of %s\ngot\n%s\nwant\n%s", doc, got, *want.Text)
		}
	}
	return refused
}

// TestSamplesLikeReference takes the 1EdTech's samples, each with its proof and without.
func TestSamplesLikeReference(t *testing.T) {
	samples := sharedtest.Path(t, "material", "ob3-1edtech")
	files, err := filepath.Glob(filepath.Join(samples, "inspector-*", "src", "test", "resources", "*", "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	var docs []json.RawMessage
	for _, file := range files {
		var object map[string]any
		if json.Unmarshal(readFile(t, file), &object) != nil {
			continue
		}
		for range 2 {
			text, err := json.Marshal(object)
			if err != nil {
				t.Fatal(err)
			}
			docs = append(docs, text)
			delete(object, "proof")
		}
	}
	if refused := sameAsReference(t, docs); len(docs)-len(refused) < 30 {
		t.Errorf("only %d of %d documents were compared", len(docs)-len(refused), len(docs))
	}
}

// TestShapesLikeReference takes documents with what contexts can do with values.
func TestShapesLikeReference(t *testing.T) {
	const badge = `{"@context":["https://www.w3.org/ns/credentials/v2","https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json",` +
		`"https://www.w3.org/ns/credentials/undefined-terms/v2"],"type":["VerifiableCredential","OpenBadgeCredential"],"issuer":"did:ex:1",`
	var docs []json.RawMessage
	for _, doc := range []string{
		`"credentialSubject":{"id":"urn:x","a":1,"b":1.5,"c":-0.25,"d":true,"e":false,"f":1e21,"g":123456789.125,"h":0,"i":2e3}}`,
		`"credentialSubject":{"a":"tab\tquote\"back\\slash\nline\r\u0001\u007f\u00e9\ud83d\ude00"}}`,
		`"credentialSubject":{"a":{"@value":"Grüße","@language":"de"},"b":[{"@value":"x","@language":"en-us"},"x","x"]}}`,
		`"credentialSubject":{"a":{},"b":{"c":{"d":{"e":"f"}}},"g":[{"h":1},{"h":1},{"h":2}],"i":[],"j":null,"k":[null,"l"]}}`,
		`"credentialSubject":[{"type":"AchievementSubject","achievement":{"id":"urn:a","type":"Achievement","name":"n","criteria":` +
			`{"narrative":"w"},"description":"d"}},{"id":"_:x","ref":{"id":"_:x"}}]}`,
		`"credentialSchema":[{"id":"https://x.example/s","type":"JsonSchema"},` +
			`{"id":"https://y.example/s","type":"1EdTechJsonSchemaValidator2019"}]}`,
		`"validFrom":"2024-01-01T00:00:00Z","credentialSubject":{"id":"urn:x","type":["AchievementSubject","Other"],"role":"r",` +
			`"result":[{"type":"Result","value":"1","status":"Completed"}]}}`,
		`"relatedResource":{"id":"https://x.example/","digestMultibase":"uabc","mediaType":"a/b"},"credentialSubject":{"x":"y"}}`,
		`"evidence":{"id":"https://x.example/e","type":"Evidence","name":"n","audience":"a"},"credentialSubject":{"id":"did:ex:2"}}`,
		`"credentialSubject":{"id":"urn:x"},"proof":[{"type":"DataIntegrityProof","cryptosuite":"eddsa-rdfc-2022","nonce":"n",` +
			`"created":"2024-01-01T00:00:00Z","verificationMethod":"did:ex:1#k","proofPurpose":"assertionMethod","proofValue":"z1"}]}`,
		`"credentialSubject":{"id":"urn:x"},"refreshService":{"id":"https://x.example/r","type":"1EdTechCredentialRefresh"},` +
			`"termsOfUse":{"type":"Policy","n":{"@value":"a","@language":"fr"}},"credentialStatus":{"type":"BitstringStatusListEntry",` +
			`"statusPurpose":"revocation","statusListIndex":"5","statusListCredential":"https://x.example/l"}}`,
		`"credentialSubject":{"x":"y"},"nested":{"@context":"https://www.w3.org/ns/credentials/examples/v2","type":"T","z":"w"}}`,
	} {
		docs = append(docs, json.RawMessage(badge+doc))
	}
	for i, err := range sameAsReference(t, docs) {
		t.Errorf("%s: %v", docs[i], err)
	}
}

// TestGraphsLikeReference takes random graphs of few blank nodes and predicates, where many
// look alike.
func TestGraphsLikeReference(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var all [][]Quad
	var texts []string
	for range 1000 {
		nodes, edges := 2+random.IntN(5), 1+random.IntN(9)
		var quads []Quad
		for range edges {
			q := Quad{
				S: fmt.Sprintf("_:n%d", random.IntN(nodes)), P: fmt.Sprintf("<urn:p%d>", random.IntN(2)),
				O: fmt.Sprintf("_:n%d", random.IntN(nodes)),
			}
			switch random.IntN(6) {
			case 0:
				q.G = fmt.Sprintf("_:n%d", random.IntN(nodes))
			case 1:
				q.O = `"literal"`
			}
			quads = append(quads, q)
		}
		all, texts = append(all, quads), append(texts, lines(quads))
	}
	_, results := reference{Graphs: texts}.run(t)
	for i, quads := range all {
		if results[i].Text == nil {
			t.Fatalf("%s: %s", texts[i], results[i].Why)
		}
		for _, graph := range [][]Quad{quads, renamed(quads, random)} {
			if got, err := NewReader().Canonicalize(graph, SHA256); err != nil || string(got) != *results[i].Text {
				t.Fatalf("%s: got\n%s\n%v\nwant\n%s", lines(graph), got, err, *results[i].Text)
			}
		}
	}
}

func lines(quads []Quad) string {
	var b strings.Builder
	for _, q := range quads {
		b.WriteString(q.line(func(id string) string { return id }))
	}
	return b.String()
}

// renamed is the same graph with other names of blank nodes and in another order.
func renamed(quads []Quad, random *rand.Rand) []Quad {
	names := map[string]string{}
	order := random.Perm(1000)
	rename := func(term string) string {
		if !blank(term) {
			return term
		}
		if names[term] == "" {
			names[term] = fmt.Sprintf("_:x%d", order[len(names)])
		}
		return names[term]
	}
	other := slices.Clone(quads)
	random.Shuffle(len(other), func(i, j int) { other[i], other[j] = other[j], other[i] })
	for i, q := range other {
		other[i] = Quad{rename(q.S), q.P, rename(q.O), q.G}
		other[i].G = rename(q.G)
	}
	return other
}
