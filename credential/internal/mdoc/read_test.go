package mdoc

import (
	"crypto/sha256"
	"errors"
	"reflect"
	"testing"

	"github.com/fxamacker/cbor/v2"
)

const mdl, namespace = "org.iso.18013.5.1.mDL", "org.iso.18013.5.1"

func encode(t testing.TB, v any) []byte {
	t.Helper()
	data, err := cbor.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// parts is an mdoc in the making: a test changes one of them.
type parts struct {
	elements  []map[string]any
	algorithm string
	validity  map[string]any
	docType   any // in the signed part
	digests   map[uint64][]byte
}

func newParts() *parts {
	date := func(s string) any { return cbor.Tag{Number: 0, Content: s} }
	day := cbor.Tag{Number: 1004, Content: "2029-05-01"}
	return &parts{
		elements: []map[string]any{
			{"digestID": 0, "random": []byte("0123"), "elementIdentifier": "family_name", "elementValue": "Quay"},
			{"digestID": 1, "random": []byte("4567"), "elementIdentifier": "expiry_date", "elementValue": day},
			{"digestID": 2, "random": []byte("89ab"), "elementIdentifier": "portrait", "elementValue": []byte{1}},
		},
		algorithm: "SHA-256", docType: mdl,
		validity: map[string]any{
			"signed": date("2024-05-01T00:00:00Z"), "validFrom": date("2024-05-01T00:00:00Z"), "validUntil": date("2025-05-01T00:00:00Z"),
		},
		digests: make(map[uint64][]byte),
	}
}

// build returns IssuerSigned.
func (p *parts) build(t testing.TB) map[string]any {
	t.Helper()
	var items []any
	for _, e := range p.elements {
		raw := encode(t, cbor.Tag{Number: 24, Content: encode(t, e)})
		items = append(items, cbor.RawMessage(raw))
		sum := sha256.Sum256(raw)
		if id, ok := e["digestID"].(int); ok && p.digests[uint64(id)] == nil { //nolint:gosec // small
			p.digests[uint64(id)] = sum[:] //nolint:gosec // small
		}
	}
	object := map[string]any{
		"version": "1.0", "digestAlgorithm": p.algorithm, "docType": p.docType, "validityInfo": p.validity,
		"valueDigests": map[string]any{namespace: p.digests},
	}
	payload := encode(t, cbor.Tag{Number: 24, Content: encode(t, object)})
	return map[string]any{
		"nameSpaces": map[string]any{namespace: items},
		"issuerAuth": []any{[]byte{0xa1, 1, 0x26}, map[int]any{33: []byte("certificate")}, payload, []byte("signature")},
	}
}

func device(issuerSigned ...map[string]any) map[string]any {
	documents := []any{}
	for _, s := range issuerSigned {
		documents = append(documents, map[string]any{"docType": mdl, "issuerSigned": s, "deviceSigned": map[string]any{}})
	}
	return map[string]any{"version": "1.0", "documents": documents, "status": 0}
}

func TestRead(t *testing.T) {
	want := &Document{
		Type: mdl, ValidFrom: "2024-05-01T00:00:00Z", ValidUntil: "2025-05-01T00:00:00Z",
		Elements: []Element{
			{namespace, "family_name", "Quay", true},
			{namespace, "expiry_date", "2029-05-01", true},
			{namespace, "portrait", "", false},
		},
	}
	change := func(f func(*parts)) []byte {
		p := newParts()
		f(p)
		return encode(t, p.build(t))
	}
	issued := newParts().build(t)
	tagged := newParts().build(t)
	tagged["issuerAuth"] = cbor.Tag{Number: 18, Content: tagged["issuerAuth"]}
	twice := encode(t, issued)
	twice = append([]byte{0xa3}, append(twice[1:], encode(t, "nameSpaces")...)...)
	twice = append(twice, encode(t, map[string]any{})...)
	for name, tt := range map[string]struct {
		doc []byte
		err error
	}{
		"issued":         {encode(t, issued), nil},
		"with its tag":   {encode(t, tagged), nil},
		"shown":          {encode(t, device(issued)), nil},
		"several shown":  {encode(t, device(issued, issued)), errMany},
		"none shown":     {append(encode(t, device()), "issuerAuth"...), errBroken},
		"other CBOR":     {encode(t, map[string]any{"a": "b"}), ErrNone},
		"a list":         {encode(t, []any{"issuerAuth"}), ErrNone},
		"the word alone": {encode(t, map[string]any{"a": "issuerAuth"}), ErrNone},
		"more behind it": {append(encode(t, issued), 0), errBroken},
		"a key twice":    {twice, errBroken},
		"another type":   {encode(t, device(func() map[string]any { p := newParts(); p.docType = "x"; return p.build(t) }())), errType},
		"no type":        {change(func(p *parts) { p.docType = 7 }), errSigned},
		"no end":         {change(func(p *parts) { delete(p.validity, "validUntil") }), errSigned},
		"an end in days": {change(func(p *parts) { p.validity["validUntil"] = 7 }), errSigned},
		"unbound":        {change(func(p *parts) { p.digests[0] = make([]byte, 32) }), errLoose},
		"another hash":   {change(func(p *parts) { p.algorithm = "MD5" }), errHash},
		"an id twice":    {change(func(p *parts) { p.elements[1]["digestID"] = 0 }), errTwice},
		"a name twice":   {change(func(p *parts) { p.elements[1]["elementIdentifier"] = "family_name" }), errTwice},
		"no name":        {change(func(p *parts) { delete(p.elements[1], "elementIdentifier") }), errBroken},
		"no payload":     {encode(t, map[string]any{"nameSpaces": map[string]any{}, "issuerAuth": []any{1}}), errSigned},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Read(tt.doc)
			if !errors.Is(err, tt.err) {
				t.Fatalf("%v, want %v", err, tt.err)
			}
			if err == nil && !reflect.DeepEqual(got, want) {
				t.Errorf("%+v", got)
			}
		})
	}
}

func FuzzRead(f *testing.F) {
	f.Add(encode(f, newParts().build(f)))
	f.Add(encode(f, device(newParts().build(f))))
	f.Fuzz(func(t *testing.T, doc []byte) {
		d, err := Read(doc)
		if (d == nil) == (err == nil) {
			t.Fatalf("%v, %v", d, err)
		}
	})
}
