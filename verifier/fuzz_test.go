package verifier_test

import (
	"bytes"
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/hallmark-node/hallmark/verifier"
)

// FuzzProof: whatever is read is written back the same, and is never VALID
// unless it is the good proof itself or differs in what nothing rests on.
func FuzzProof(f *testing.F) {
	g := newGood(f)
	good := g.encode()
	f.Add(good)
	pending := *g.proof
	pending.Batch, pending.Anchors = nil, nil
	b, err := pending.Encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add([]byte(`{"hallmark":1}`))
	v, err := verifier.New(g.options())
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := parseProof(data)
		if err != nil {
			if !errors.Is(err, verifier.ErrNotProof) {
				t.Fatalf("error of another kind: %v", err)
			}
			return
		}
		r := verify(v, p, g.document)
		cold, err := verifier.New(g.options())
		if err != nil {
			t.Fatal(err)
		}
		if c := verify(cold, p, g.document); !reflect.DeepEqual(r, c) {
			t.Fatalf("a verifier that has seen much says\n%s\na new one\n%s", describe(r), describe(c))
		}
		if len(r.Checks) != len(verifier.Checks()) {
			t.Fatalf("%d checks", len(r.Checks))
		}
		written, err := p.Encode()
		if err != nil {
			t.Fatal(err)
		}
		again, err := verifier.ParseProof(written)
		if err != nil {
			t.Fatalf("cannot read what it wrote: %v", err)
		}
		if r.Verdict == verifier.Valid {
			again.Hints, p.Hints = nil, nil
			again.Anchors[0].Finality = nil
			if got, _ := again.Encode(); !bytes.Equal(got, good) && len(again.Anchors) == 1 {
				t.Fatalf("VALID, but not the good proof:\n%s", got)
			}
		}
	})
}

// FuzzParse compares what is read token by token with what the JSON library's
// reflection reads: the same proofs, and nothing else.
func FuzzParse(f *testing.F) {
	g := newGood(f)
	good := string(g.encode())
	f.Add([]byte(good))
	for _, u := range unreadables(g) {
		if bad := u.change(good); len(bad) < 1<<16 {
			f.Add([]byte(bad))
		}
	}
	for _, changed := range []string{
		strings.Replace(good, `"status": [`, `"finality": [ {"y": [{"z": "\u00e4"}], "kind" : "x"} ], "status": [`, 1),
		strings.Replace(good, `"status": [`, `"finality": [], "status": [`, 1),
		strings.Replace(good, `"salt": "0x`, `"\u0073alt": "\u0030x`, 1),
		strings.Replace(good, `"salt"`, `"hints": {}, "salt"`, 1),
		strings.Replace(good, `"salt"`, `"hints": {"transaction":"\n","node":""}, "salt"`, 1),
	} {
		f.Add([]byte(changed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := parseProof(data)
		want, wantErr := verifier.ParseByReflection(data)
		if (err == nil) != (wantErr == nil) {
			t.Fatalf("token by token: %v, by reflection: %v", err, wantErr)
		}
		if err == nil && !reflect.DeepEqual(got, want) {
			t.Fatalf("token by token: %+v, by reflection: %+v", got, want)
		}
	})
}

// tellsOfFinality reports whether a trust store has a beacon chain or witnesses.
func tellsOfFinality(t *verifier.Trust) bool {
	for _, c := range t.Chains {
		if c.Beacon != nil || c.Witnesses != nil {
			return true
		}
	}
	return false
}

// FuzzTrust: whatever is read is written back the same, and reading by reflection agrees.
func FuzzTrust(f *testing.F) {
	g := newGood(f)
	b, err := g.trust.Encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add([]byte(`{"hallmarkTrust":1,"chains":{"eip155:5":{"genesis":"0x11","blocks":{"1":"0x22"},"witnesses":{"threshold":2,"keys":["a"]},` +
		`"successor":{"chain":"eip155:6","since":7}}}}`))
	f.Add([]byte(strings.ReplaceAll(goodTrust, "0x49Cf", "0x49cf")))
	f.Fuzz(func(t *testing.T, data []byte) {
		trust, err := parseTrust(data)
		reflected, reflectionErr := verifier.ParseTrustByReflection(data)
		if err != nil && reflectionErr == nil && tellsOfFinality(reflected) {
			return // reflection asks less of these
		}
		if (err == nil) != (reflectionErr == nil) {
			t.Fatalf("token by token: %v, by reflection: %v", err, reflectionErr)
		}
		if err != nil {
			if !errors.Is(err, verifier.ErrNotTrust) {
				t.Fatalf("error of another kind: %v", err)
			}
			return
		}
		once, err := trust.Encode()
		if err != nil {
			t.Fatal(err)
		}
		if want, err := reflected.Encode(); err != nil || !bytes.Equal(once, want) {
			t.Fatalf("token by token:\n%s\nby reflection: %v\n%s", once, err, want)
		}
		again, err := verifier.ParseTrust(once)
		if err != nil {
			t.Fatalf("cannot read what it wrote: %v\n%s", err, once)
		}
		if twice, _ := again.Encode(); !bytes.Equal(once, twice) {
			t.Fatalf("changes when read and written:\n%s\n%s", once, twice)
		}
	})
}

// FuzzVoucher puts any JSON object with a kind beside a good header: the proof stays
// readable in both of its forms, which say the same, and nothing vouches for the block.
func FuzzVoucher(f *testing.F) {
	v := newVouched(f)
	for _, text := range oddVouchers {
		f.Add([]byte(text))
	}
	v.setBeacon(v.direct())
	f.Add([]byte(v.proof.Anchors[0].Finality[0][:200]))
	engine := mustVerifier(f, v.options())
	f.Fuzz(func(t *testing.T, text []byte) {
		v.set(verifier.Voucher(text))
		file, err := v.proof.Encode()
		if err != nil {
			return // no JSON
		}
		p, err := verifier.ParseProof(file)
		if err != nil {
			return // no object with a kind
		}
		form, err := p.EncodeCBOR()
		if err != nil {
			t.Fatal(err)
		}
		again, err := parseProofCBOR(form)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		one, two := verify(engine, p, nil), verify(engine, again, nil)
		if describe(one) != describe(two) {
			t.Errorf("%s\n%s", describe(one), describe(two))
		}
	})
}
