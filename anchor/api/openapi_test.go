package api

import (
	"bytes"
	"encoding/json"
	"flag"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/hallmark-node/hallmark/anchor"
)

var update = flag.Bool("update", false, "write testdata/openapi.json anew")

// The description of the interface is a promise: a change of it is seen here, and
// made on purpose with -update.
func TestOpenAPIGolden(t *testing.T) {
	w := httptest.NewRecorder()
	NewServer(&anchor.Node{}, Config{}).Handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/openapi.json", nil))
	if w.Code != http.StatusOK {
		t.Fatalf("status %d", w.Code)
	}
	var got bytes.Buffer
	if err := json.Indent(&got, w.Body.Bytes(), "", "\t"); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join("testdata", "openapi.json")
	if *update {
		if err := os.WriteFile(path, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got.String()); diff != "" {
		t.Errorf("/openapi.json is not testdata/openapi.json; if that is meant, run this test with -update\n%s", diff)
	}
}

type openAPI struct {
	OpenAPI string
	Info    struct{ Title, Version string }
	Paths   map[string]map[string]struct {
		OperationID string
		Parameters  []struct{ Name, In string }
		RequestBody *struct {
			Content map[string]struct{ Schema json.RawMessage }
		}
		Responses map[string]struct {
			Description string
			Content     map[string]struct{ Schema json.RawMessage }
		}
	}
	Components struct{ Schemas map[string]json.RawMessage }
}

func readOpenAPI(t *testing.T) (doc openAPI, raw any) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "openapi.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &doc); err != nil {
		t.Fatal(err)
	}
	if raw, err = jsonschema.UnmarshalJSON(bytes.NewReader(data)); err != nil {
		t.Fatal(err)
	}
	return doc, raw
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
			if wantBody := method != "get"; (op.RequestBody != nil) != wantBody {
				t.Errorf("%s %s: described with a body: %v", method, path, !wantBody)
			}
		}
	}
	slices.Sort(routes)
	if want := []string{
		"get /healthz", "get /ipfs/{cid}", "get /metrics", "get /readyz", "get /v1/batches", "get /v1/batches/{root}", "get /v1/info",
		"get /v1/issuers/{address}/lists/{root}", "get /v1/issuers/{address}/status", "get /v1/proofs", "get /v1/proofs/{leaf}", "get /v1/status",
		"get /v1/submissions/{id}", "get /v1/submissions/{id}/events",
		"post /v1/issuers/{address}/controller", "post /v1/issuers/{address}/retire", "post /v1/submissions",
		"put /v1/issuers/{address}/status",
	}; !slices.Equal(routes, want) {
		t.Errorf("routes described: %q", routes)
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
