package api

import (
	"reflect"

	"github.com/danielgtaylor/huma/v2"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// newRegistry returns the registry that makes the schemas of /openapi.json, taught
// the types whose text forms huma cannot see.
func newRegistry() huma.Registry {
	registry := huma.NewMapRegistry("#/components/schemas/", schemaName)
	for t, form := range map[reflect.Type]reflect.Type{
		reflect.TypeFor[merkle.Hash]():        reflect.TypeFor[hashForm](),
		reflect.TypeFor[verifier.Address]():   reflect.TypeFor[addressForm](),
		reflect.TypeFor[verifier.Home]():      reflect.TypeFor[homeForm](),
		reflect.TypeFor[verifier.ChainID]():   reflect.TypeFor[chainForm](),
		reflect.TypeFor[verifier.Signature](): reflect.TypeFor[signatureForm](),
		reflect.TypeFor[verifier.Bytes]():     reflect.TypeFor[bytesForm](),
		reflect.TypeFor[jsontext.Value]():     reflect.TypeFor[map[string]any](), // a voucher
		reflect.TypeFor[proofAnswer]():        reflect.TypeFor[client.LeafProof](),
	} {
		registry.RegisterTypeAlias(t, form)
	}
	return registry
}

// schemaName tells the parts of a proof file from what has the same name here.
func schemaName(t reflect.Type, hint string) string {
	name := huma.DefaultSchemaNamer(t, hint)
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.PkgPath() == reflect.TypeFor[verifier.Submission]().PkgPath() {
		return "Proof" + name
	}
	return name
}

// Text forms as schemas.
type (
	hashForm      string
	addressForm   string
	homeForm      string
	chainForm     string
	signatureForm string
	bytesForm     string
)

func text(pattern string) *huma.Schema {
	return &huma.Schema{Type: huma.TypeString, Pattern: pattern}
}

func (hashForm) Schema(huma.Registry) *huma.Schema    { return text("^0x[0-9a-f]{64}$") }
func (addressForm) Schema(huma.Registry) *huma.Schema { return text("^0x[0-9a-fA-F]{40}$") }
func (homeForm) Schema(huma.Registry) *huma.Schema {
	return text("^eip155:[1-9][0-9]{0,15}:0x[0-9a-fA-F]{40}$")
}
func (chainForm) Schema(huma.Registry) *huma.Schema     { return text("^eip155:[1-9][0-9]{0,15}$") }
func (signatureForm) Schema(huma.Registry) *huma.Schema { return text("^0x[0-9a-f]{130}$") }
func (bytesForm) Schema(huma.Registry) *huma.Schema     { return text("^0x([0-9a-f]{2})*$") }
