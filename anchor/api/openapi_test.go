package api

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/verifier"
)

type media map[string]struct{ Schema json.RawMessage }

type operation struct {
	OperationID string
	Parameters  []struct{ Name, In string }
	RequestBody *struct{ Content media }
	Responses   map[string]struct {
		Description string
		Content     media
	}
}

type schema struct {
	Properties map[string]json.RawMessage
	Required   []string
}

type openAPIDocument struct {
	OpenAPI    string
	Info       struct{ Title, Version string }
	Paths      map[string]map[string]operation
	Components struct{ Schemas map[string]schema }
}

func readOpenAPI(t testing.TB) (doc openAPIDocument, raw any) {
	t.Helper()
	if err := json.Unmarshal(openAPI, &doc); err != nil {
		t.Fatal(err)
	}
	raw, err := jsonschema.UnmarshalJSON(bytes.NewReader(openAPI))
	if err != nil {
		t.Fatal(err)
	}
	return doc, raw
}

// described is openapi.json, to hold answers against.
type described struct {
	doc openAPIDocument

	mu       sync.Mutex // of compiler
	compiler *jsonschema.Compiler
}

var readDescription = sync.OnceValue(func() *described {
	d := &described{compiler: jsonschema.NewCompiler()}
	if err := json.Unmarshal(openAPI, &d.doc); err != nil {
		panic(err)
	}
	raw, err := jsonschema.UnmarshalJSON(bytes.NewReader(openAPI))
	if err != nil {
		panic(err)
	}
	// A client has to put up with members that are not described; a node does not send any.
	schemas := raw.(map[string]any)["components"].(map[string]any)["schemas"].(map[string]any)
	for _, s := range schemas {
		if s, ok := s.(map[string]any); ok && s["properties"] != nil {
			s["additionalProperties"] = false
		}
	}
	d.compiler.DefaultDraft(jsonschema.Draft2020)
	if err := d.compiler.AddResource("openapi.json", raw); err != nil {
		panic(err)
	}
	return d
})

// inOpenAPI writes a pattern as OpenAPI does, which has no sign for the rest of a path.
func inOpenAPI(pattern string) string { return strings.ReplaceAll(pattern, "...}", "}") }

// validate holds an answer against its description.
func (d *described) validate(t *testing.T, r *http.Request, status int, header http.Header, body []byte) {
	method, path, _ := strings.Cut(inOpenAPI(r.Pattern), " ")
	op, ok := d.doc.Paths[path][strings.ToLower(method)]
	if !ok {
		return // it came to no route
	}
	response, ok := op.Responses[strconv.Itoa(status)]
	if !ok {
		t.Errorf("%s %s: status %d is not described: %s", r.Method, r.URL, status, body)
		return
	}
	if len(response.Content) == 0 || r.Method == http.MethodHead || header.Get("Content-Encoding") != "" {
		return
	}
	kind, _, _ := strings.Cut(header.Get("Content-Type"), ";")
	if _, ok := response.Content[kind]; !ok {
		t.Errorf("%s %s: content type %s is not described for status %d", r.Method, r.URL, kind, status)
		return
	}
	if !strings.HasSuffix(kind, "json") {
		return
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err != nil {
		return // a test that cuts the connection
	}
	escape := strings.NewReplacer("~", "~0", "/", "~1", "{", "%7B", "}", "%7D")
	d.mu.Lock()
	defer d.mu.Unlock()
	compiled, err := d.compiler.Compile("openapi.json#/paths/" + escape.Replace(path) + "/" + strings.ToLower(method) +
		"/responses/" + strconv.Itoa(status) + "/content/" + escape.Replace(kind) + "/schema")
	if err == nil {
		err = compiled.Validate(value)
	}
	if err != nil {
		t.Errorf("%s %s is not as described: %v\n%s", r.Method, r.URL, err, body)
	}
}

// describedAs wraps the handler of a test's node: whatever it answers in any test is held
// against openapi.json.
func describedAs(t *testing.T, next http.Handler) http.Handler {
	d := readDescription()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		recorder := &recorder{ResponseWriter: w}
		next.ServeHTTP(recorder, r)
		if recorder.body.Len() <= maxTagged {
			d.validate(t, r, max(recorder.status, http.StatusOK), w.Header(), recorder.body.Bytes())
		}
	})
}

// recorder keeps what an answer says, up to its first bytes beyond maxTagged.
type recorder struct {
	http.ResponseWriter
	status int
	body   bytes.Buffer
}

func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

func (r *recorder) WriteHeader(status int) {
	r.status = status
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Write(p []byte) (int, error) {
	if r.body.Len() <= maxTagged {
		r.body.Write(p)
	}
	return r.ResponseWriter.Write(p)
}

// The schemas have the members of the types that are read and written.
func TestOpenAPITypes(t *testing.T) {
	doc, _ := readOpenAPI(t)
	types := make(map[string]reflect.Type)
	var add func(of reflect.Type)
	add = func(of reflect.Type) {
		for of.Kind() == reflect.Pointer || of.Kind() == reflect.Slice {
			of = of.Elem()
		}
		name := of.Name()
		if of.PkgPath() == reflect.TypeFor[verifier.Proof]().PkgPath() && of != reflect.TypeFor[verifier.StatusItem]() {
			name = "Proof" + name
		}
		if _, ok := doc.Components.Schemas[name]; !ok || types[name] != nil {
			return
		}
		types[name] = of
		for i := range of.NumField() {
			add(of.Field(i).Type)
		}
	}
	for _, of := range []reflect.Type{
		reflect.TypeFor[publish.Submission](), reflect.TypeFor[publish.StatusUpdate](), reflect.TypeFor[publish.Retirement](),
		reflect.TypeFor[publish.ControllerChange](),
		reflect.TypeFor[client.Status](), reflect.TypeFor[client.LeafProof](), reflect.TypeFor[client.IssuerStatus](),
		reflect.TypeFor[client.PublishedList](), reflect.TypeFor[client.ListPage](),
		reflect.TypeFor[client.Relayed](), reflect.TypeFor[client.BatchPage](), reflect.TypeFor[client.SubmissionPage](),
		reflect.TypeFor[client.Info](), reflect.TypeFor[client.Health](),
		reflect.TypeFor[client.Alive](), reflect.TypeFor[client.Ready](), reflect.TypeFor[Problem](),
		reflect.TypeFor[client.ShareOptions](), reflect.TypeFor[client.Shared](), reflect.TypeFor[client.ShareList](),
		reflect.TypeFor[client.IssuerPage](), reflect.TypeFor[client.NewIssuer](), reflect.TypeFor[client.IssuerChange](),
		reflect.TypeFor[client.KeyPage](), reflect.TypeFor[client.NewKey](), reflect.TypeFor[client.MadeKey](),
		reflect.TypeFor[client.UsagePage](), reflect.TypeFor[client.AuditPage](),
		reflect.TypeFor[client.Event](), reflect.TypeFor[VerifyRequest](), reflect.TypeFor[VerifyBatch](),
	} {
		add(of)
	}
	for name, described := range doc.Components.Schemas {
		of := types[name]
		if of == nil {
			t.Errorf("schema %s is of no type", name)
			continue
		}
		var members, required []string
		for i := range of.NumField() {
			tag := strings.Split(of.Field(i).Tag.Get("json"), ",")
			if tag[0] == "-" || of.Field(i).Name == "_" {
				continue
			}
			members = append(members, tag[0])
			if len(tag) == 1 {
				required = append(required, tag[0])
			}
		}
		slices.Sort(members)
		slices.Sort(required)
		slices.Sort(described.Required)
		if got := slices.Sorted(maps.Keys(described.Properties)); !slices.Equal(got, members) {
			t.Errorf("schema %s has the members %q, the type %q", name, got, members)
		}
		if !slices.Equal(described.Required, required) {
			t.Errorf("schema %s demands %q, the type always has %q", name, described.Required, required)
		}
	}
}

// Every route of the node is described, with what OpenAPI 3.1 asks of each.
func TestOpenAPIComplete(t *testing.T) {
	doc, raw := readOpenAPI(t)
	if doc.OpenAPI != "3.1.0" || doc.Info.Title == "" || doc.Info.Version == "" {
		t.Errorf("openapi %q of %+v", doc.OpenAPI, doc.Info)
	}
	var routes, ids []string
	for path, methods := range doc.Paths {
		for method, op := range methods {
			routes = append(routes, method+" "+path)
			ids = append(ids, op.OperationID)
			for status, response := range op.Responses {
				if response.Description == "" {
					t.Errorf("%s %s: response %s has no description", method, path, status)
				}
			}
			for _, parameter := range op.Parameters {
				if parameter.In == "path" && !bytes.Contains([]byte(path), []byte("{"+parameter.Name+"}")) {
					t.Errorf("%s %s: no place for the parameter %s", method, path, parameter.Name)
				}
			}
			if wantBody := method != "get" && method != "delete"; (op.RequestBody != nil) != wantBody {
				t.Errorf("%s %s: described with a body: %v", method, path, !wantBody)
			}
		}
	}
	slices.Sort(routes)
	var want []string
	for pattern := range (&server{requests: newRequestMetrics()}).routes() {
		method, path, _ := strings.Cut(inOpenAPI(pattern), " ")
		want = append(want, strings.ToLower(method)+" "+path)
	}
	slices.Sort(want)
	if !slices.Equal(routes, want) {
		t.Errorf("routes described: %q\nthat there are: %q", routes, want)
	}
	slices.Sort(ids)
	if n := len(slices.Compact(ids)); n != len(routes) {
		t.Errorf("%d operation ids for %d routes", n, len(routes))
	}
	// All schemas are JSON Schema 2020-12, which is what OpenAPI 3.1 means by one.
	compiler := jsonschema.NewCompiler()
	compiler.DefaultDraft(jsonschema.Draft2020)
	if err := compiler.AddResource("openapi.json", raw); err != nil {
		t.Fatal(err)
	}
	for name := range doc.Components.Schemas {
		if _, err := compiler.Compile("openapi.json#/components/schemas/" + name); err != nil {
			t.Error(err)
		}
	}
}
