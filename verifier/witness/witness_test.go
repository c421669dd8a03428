package witness

import (
	"strings"
	"testing"
	"time"

	"github.com/hallmark-node/hallmark/merkle"
)

func TestVerify(t *testing.T) {
	block := Block{Chain: 1, Genesis: merkle.Keccak256([]byte("genesis")), Number: 7, Hash: merkle.Keccak256([]byte("block"))}
	at := time.Unix(1_790_000_000, 0).UTC()
	signer := func(name string, seed byte) *Signer {
		s, err := NewSigner(name, [32]byte{seed})
		if err != nil {
			t.Fatal(err)
		}
		if again, err := ParseSigner(s.Text()); err != nil || again.Text() != s.Text() {
			t.Fatal(again, err)
		}
		if k, err := ParseKey(s.Key().String()); err != nil || k.String() != s.Key().String() {
			t.Fatal(k, err)
		}
		return s
	}
	a, b, stranger := signer("a.example", 1), signer("b.example/w", 2), signer("c.example", 3)
	keys := []*Key{a.Key(), b.Key()}
	lineA, lineB := a.Sign(block, at), b.Sign(block, at)
	other := block
	other.Number++
	foreign := block
	foreign.Chain = 5
	for _, tt := range []struct {
		name  string
		lines []string
		seen  int
		err   string
	}{
		{"both", []string{lineA, lineB}, 2, ""},
		{"one", []string{lineB}, 1, ""},
		{"one twice", []string{lineB, lineB}, 1, ""},
		{"a stranger beside", []string{stranger.Sign(block, at), lineA}, 1, ""},
		{"a stranger alone", []string{stranger.Sign(block, at)}, 0, ""},
		{"none", nil, 0, "cannot be read"},
		{"another height", []string{a.Sign(other, at)}, 0, "a.example does not hold"},
		{"another chain", []string{a.Sign(foreign, at)}, 0, "a.example does not hold"},
		{"with another's name", []string{strings.Replace(stranger.Sign(block, at), "c.", "a.", 1)}, 0, ""},
		{"two lines in one", []string{lineA + "\n— " + lineB}, 0, "one line"},
		{"no base64", []string{"a.example !!!"}, 0, "cannot be read"},
		{"too many", make([]string, MaxCosignatures+1), 0, "at most"},
	} {
		seen, err := Verify(block, tt.lines, keys)
		if len(seen) != tt.seen || (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
			t.Errorf("%s: %v, %v", tt.name, seen, err)
		}
		for _, s := range seen {
			if !s.Time.Equal(at) {
				t.Errorf("%s: signed at %s", tt.name, s.Time)
			}
		}
	}
}
