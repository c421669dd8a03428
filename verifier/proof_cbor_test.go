package verifier_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/fxamacker/cbor/v2"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/hallmark-node/hallmark/verifier"
)

// oddVouchers are of the kinds that this version knows: one in their form, and some that
// are not, which count for nothing and spoil nothing.
var oddVouchers = []string{
	`{"kind":"beacon","evidence":"0x000102"}`,
	`{"kind":"beacon","evidence":"0x"}`,
	`{"kind":"beacon","evidence":"0x00","at":5}`,
	`{"evidence":["0x00"],"kind":"beacon"}`,
	`{"kind":"witness","cosignatures":["a.example AAAA","\u00e4"]}`,
	`{"kind":"witness","cosignatures":{}}`,
}

// variants are well-formed proofs of every shape.
func variants(t testing.TB) map[string]*verifier.Proof {
	g := newGood(t)
	g.setStatus(verifier.StatusItem{ID: verifier.Hash{1}, Code: verifier.StatusRevoked})
	pending := *g.proof
	pending.Batch, pending.Anchors = nil, nil
	hinted := *g.proof
	hinted.Hints = &verifier.Hints{Node: "https://node.example/ä"}
	bare := pending
	bare.Hints = &verifier.Hints{}
	vouched := *g.proof
	a := g.proof.Anchors[0]
	a.Finality = []verifier.Voucher{
		jsontext.Value(`{ "kind": "later", "n": [15, "\u00e4 \u0001\b\t\n\f\r\u001F\/\u2028\u007f<\u003e"] }`),
		jsontext.Value(`{"kind":"x"}`),
	}
	for _, text := range oddVouchers {
		a.Finality = append(a.Finality, verifier.Voucher(text))
	}
	b := a
	b.Chain, b.Finality, b.Status = 10, nil, nil
	vouched.Anchors = []verifier.Anchor{a, b}
	return map[string]*verifier.Proof{
		"good": g.proof, "pending": &pending, "hints": &hinted, "empty hints": &bare,
		"vouchers and two anchors": &vouched,
	}
}

func TestProofCBOR(t *testing.T) {
	for name, p := range variants(t) {
		file, err := p.Encode()
		if err != nil {
			t.Fatal(err)
		}
		data, err := p.EncodeCBOR()
		if err != nil {
			t.Fatal(err)
		}
		got, err := parseProofCBOR(data)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if again, err := got.Encode(); err != nil || !bytes.Equal(again, file) {
			t.Errorf("%s: comes back as\n%s\n%v, want\n%s", name, again, err, file)
		}
		if 2*len(data) > len(file) {
			t.Errorf("%s: %d bytes of CBOR, the file has %d", name, len(data), len(file))
		}
		for n := range data {
			if _, err := parseProofCBOR(data[:n]); !errors.Is(err, verifier.ErrNotProof) {
				t.Fatalf("%s, cut at %d: %v", name, n, err)
			}
		}
	}
}

// What another encoder might write, or an attacker, is not taken for a proof.
func TestProofCBORIsStrict(t *testing.T) {
	good, err := variants(t)["good"].EncodeCBOR()
	if err != nil {
		t.Fatal(err)
	}
	edit := func(change func(m map[any]any)) []byte {
		var m map[any]any
		if err := cbor.Unmarshal(good, &m); err != nil {
			t.Fatal(err)
		}
		change(m)
		mode, err := cbor.CoreDetEncOptions().EncMode()
		if err != nil {
			t.Fatal(err)
		}
		data, err := mode.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	part := func(m map[any]any, k uint64) map[any]any { return m[k].(map[any]any) }
	anchor := func(m map[any]any) map[any]any { return m[uint64(6)].([]any)[0].(map[any]any) }
	key := func(k uint64) any { return k }
	if _, err := parseProofCBOR(edit(func(map[any]any) {})); err != nil {
		t.Fatalf("unchanged: %v", err)
	}
	for name, data := range map[string][]byte{
		"nothing":             {},
		"null":                {0xf6},
		"JSON":                []byte("{}"),
		"trailing byte":       append(bytes.Clone(good), 0),
		"twice":               append(bytes.Clone(good), good...),
		"tagged":              append([]byte{0xd9, 0xd9, 0xf7}, good...),
		"indefinite map":      append(append([]byte{0xbf}, good[1:]...), 0xff),
		"long integer":        append([]byte{good[0], 0x01, 0x18}, good[2:]...),
		"deep nesting":        bytes.Repeat([]byte{0x81}, 1<<19),
		"huge length":         {0xa1, 0x02, 0x5b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
		"too large":           make([]byte, verifier.MaxProofSize+1),
		"version 2":           edit(func(m map[any]any) { m[key(1)] = 2 }),
		"unknown member":      edit(func(m map[any]any) { m[key(9)] = 1 }),
		"text key":            edit(func(m map[any]any) { m["1"] = 1 }),
		"no salt":             edit(func(m map[any]any) { delete(m, key(3)) }),
		"short salt":          edit(func(m map[any]any) { m[key(3)] = make([]byte, 31) }),
		"long salt":           edit(func(m map[any]any) { m[key(3)] = make([]byte, 33) }),
		"salt as text":        edit(func(m map[any]any) { m[key(3)] = strings.Repeat("a", 32) }),
		"no credential":       edit(func(m map[any]any) { delete(m, key(2)) }),
		"a CID of version 0":  edit(func(m map[any]any) { m[key(2)] = append([]byte{0x12, 0x20}, make([]byte, 32)...) }),
		"an identity CID":     edit(func(m map[any]any) { m[key(2)] = append([]byte{1, 0x55, 0, 32}, make([]byte, 32)...) }),
		"count 0":             edit(func(m map[any]any) { part(m, 4)[key(4)] = 0 }),
		"count beyond 2^53":   edit(func(m map[any]any) { part(m, 4)[key(4)] = uint64(1) << 53 }),
		"negative count":      edit(func(m map[any]any) { part(m, 4)[key(4)] = -1 }),
		"chain 0":             edit(func(m map[any]any) { part(m, 4)[key(2)] = 0 }),
		"path of 31 bytes":    edit(func(m map[any]any) { part(m, 4)[key(6)] = make([]byte, 31) }),
		"path of 65 steps":    edit(func(m map[any]any) { part(m, 4)[key(6)] = make([]byte, 65*32) }),
		"path as a list":      edit(func(m map[any]any) { part(m, 4)[key(6)] = []any{make([]byte, 32)} }),
		"batch alone":         edit(func(m map[any]any) { delete(m, key(6)) }),
		"anchors alone":       edit(func(m map[any]any) { delete(m, key(5)) }),
		"no anchors":          edit(func(m map[any]any) { m[key(6)] = []any{} }),
		"one chain twice":     edit(func(m map[any]any) { m[key(6)] = []any{anchor(m), anchor(m)} }),
		"empty status":        edit(func(m map[any]any) { anchor(m)[key(6)] = []any{} }),
		"status of 3 items":   edit(func(m map[any]any) { anchor(m)[key(6)] = []any{[]any{make([]byte, 32), 0, make([]byte, 32)}} }),
		"voucher, no object":  edit(func(m map[any]any) { anchor(m)[key(7)] = []any{"1"} }),
		"voucher, no kind":    edit(func(m map[any]any) { anchor(m)[key(7)] = []any{"{}"} }),
		"voucher, spaces":     edit(func(m map[any]any) { anchor(m)[key(7)] = []any{`{"kind": "x"}`} }),
		"nine vouchers":       edit(func(m map[any]any) { anchor(m)[key(7)] = slicesOf(`{"kind":"x"}`, 9) }),
		"header of 5 KiB":     edit(func(m map[any]any) { anchor(m)[key(3)] = make([]byte, 5<<10) }),
		"129 nodes":           edit(func(m map[any]any) { anchor(m)[key(4)] = slicesOf([]byte{1}, 129) }),
		"null node":           edit(func(m map[any]any) { anchor(m)[key(4)] = []any{nil} }),
		"empty hints":         edit(func(m map[any]any) { m[key(7)] = map[any]any{} }),
		"hint in wrong UTF-8": edit(func(m map[any]any) { m[key(7)] = map[any]any{key(1): cbor.RawMessage{0x61, 0xff}} }),
	} {
		if _, err := parseProofCBOR(data); !errors.Is(err, verifier.ErrNotProof) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func slicesOf(v any, n int) []any {
	list := make([]any, n)
	for i := range list {
		list[i] = v
	}
	return list
}

// FuzzProofCBOR: what is read has one form, and is what the same proof says as a
// file.
func FuzzProofCBOR(f *testing.F) {
	for _, p := range variants(f) {
		data, err := p.EncodeCBOR()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := parseProofCBOR(data)
		if err != nil {
			if !errors.Is(err, verifier.ErrNotProof) {
				t.Fatalf("error of another kind: %v", err)
			}
			return
		}
		file, err := p.Encode()
		if err != nil {
			t.Fatal(err)
		}
		same, err := verifier.ParseProof(file)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := same.EncodeCBOR(); err != nil || !bytes.Equal(again, data) {
			t.Fatalf("%x comes back as %x, %v", data, again, err)
		}
	})
}
