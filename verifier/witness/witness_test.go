package witness

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/binary"
	"fmt"
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
	sibling, fork := block, block
	sibling.Genesis[0] ^= 1
	fork.Hash[0] ^= 1
	change := func(line string, how func([]byte) []byte) string {
		name, encoded, _ := strings.Cut(line, " ")
		sig, err := base64.StdEncoding.DecodeString(encoded)
		if err != nil {
			t.Fatal(err)
		}
		return name + " " + base64.StdEncoding.EncodeToString(how(sig))
	}
	far := change(lineA, func(b []byte) []byte {
		b = binary.BigEndian.AppendUint64(b[:4], 1<<63)
		return append(b, ed25519.Sign(a.secret, message(1<<63, []byte(block.Text())))...)
	})
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
		{"none", nil, 0, "no cosignature"},
		{"another height", []string{a.Sign(other, at)}, 0, "a.example does not hold"},
		{"another chain", []string{a.Sign(foreign, at)}, 0, "a.example does not hold"},
		{"with another's name", []string{strings.Replace(stranger.Sign(block, at), "c.", "a.", 1)}, 0, ""},
		{"another genesis block", []string{a.Sign(sibling, at)}, 0, "a.example does not hold"},
		{"another block of the height", []string{a.Sign(fork, at)}, 0, "a.example does not hold"},
		{"one holds, one does not", []string{lineB, a.Sign(fork, at)}, 0, "a.example does not hold"},
		{"an hour later than signed", []string{change(lineA, func(b []byte) []byte { b[10]++; return b })}, 0, "a.example does not hold"},
		{"of a time that no clock shows", []string{far}, 0, "a.example does not hold"},
		{"a byte short", []string{change(lineA, func(b []byte) []byte { return b[:len(b)-1] })}, 0, "a.example does not hold"},
		{"a byte long", []string{change(lineA, func(b []byte) []byte { return append(b, 0) })}, 0, "a.example does not hold"},
		{"the time left out", []string{change(lineA, func(b []byte) []byte { return append(b[:4], b[12:]...) })}, 0, "a.example does not hold"},
		{"a plain signature of the key", []string{change(lineA, func(b []byte) []byte {
			return append(b[:12], ed25519.Sign(a.secret, []byte(block.Text()))...)
		})}, 0, "a.example does not hold"},
		{"of another type", []string{change(lineA, func(b []byte) []byte { b[0] ^= 1; return b })}, 0, ""},
		{"the id alone", []string{change(lineA, func(b []byte) []byte { return b[:4] })}, 0, "cannot be read"},
		{"with its dash", []string{linePrefix + lineA}, 0, "cannot be read"},
		{"without a name", []string{lineA[len("a.example"):]}, 0, "cannot be read"},
		{"two blanks", []string{strings.Replace(lineA, " ", "  ", 1)}, 0, "cannot be read"},
		{"a control character", []string{lineA, "c\x1b[0m " + lineA[len("a.example "):]}, 0, "cannot be read"},
		{"a carriage return", []string{lineA + "\r"}, 0, "one line"},
		{"empty", []string{""}, 0, "cannot be read"},
		{"as a key", []string{a.Key().String()}, 0, "cannot be read"},
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

// A key that is listed twice, with other bounds for instance, says what it says for both.
func TestVerifyWithKeyTwice(t *testing.T) {
	block := Block{Chain: 1, Genesis: merkle.Keccak256([]byte("genesis")), Number: 7, Hash: merkle.Keccak256([]byte("block"))}
	s, err := NewSigner("a.example", [32]byte{1})
	if err != nil {
		t.Fatal(err)
	}
	again, err := ParseKey(s.Key().String())
	if err != nil {
		t.Fatal(err)
	}
	seen, err := Verify(block, []string{s.Sign(block, time.Unix(5, 0))}, []*Key{s.Key(), again})
	if err != nil || len(seen) != 2 || seen[0].Key != s.Key() || seen[1].Key != again {
		t.Error(seen, err)
	}
}

func TestParseKeyRefuses(t *testing.T) {
	const key = "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2"
	for name, text := range map[string]string{
		"empty":                "",
		"no name":              key[len("remora.n621.de"):],
		"another name":         "x" + key,
		"a blank in the name":  strings.Replace(key, "remora.", "remora ", 1),
		"a Unicode blank":      strings.Replace(key, "remora.", "remora\u2003", 1),
		"no hash":              strings.Replace(key, "+da77ade7", "", 1),
		"another hash":         strings.Replace(key, "da77ade7", "da77ade8", 1),
		"hash in capitals":     strings.Replace(key, "da77ade7", "DA77ADE7", 1),
		"type 1":               "w+c0ffee00+AU0vHmlGCS/PdN8b2OaGmKprLI8HKM+dJ472xgFYh15f",
		"type 6":               strings.Replace(key, "+BOvN", "+BuvN", 1),
		"a byte short":         strings.Replace(key, "mtw2", "mtw=", 1),
		"base64 for URLs":      strings.Replace(key, "jn/b", "jn_b", 1),
		"with a line feed":     key + "\n",
		"a line feed within":   strings.Replace(key, "jn/b", "jn\n/b", 1),
		"a key and more":       key + "+x",
		"a private key":        "PRIVATE+KEY+" + key,
		"a name without limit": strings.Repeat("a", 256) + "+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2",
	} {
		if k, err := ParseKey(text); err == nil {
			t.Errorf("%s: %q was read as %s", name, text, k)
		}
		if _, err := ParseSigner(text); err == nil {
			t.Errorf("%s: %q was read as a private key", name, text)
		}
	}
}

func TestParseSignerRefuses(t *testing.T) {
	s, err := NewSigner("a.example", [32]byte{1})
	if err != nil {
		t.Fatal(err)
	}
	text := s.Text()
	for name, text := range map[string]string{
		"of another name": strings.Replace(text, "a.example", "b.example", 1),
		"another hash":    strings.Replace(text, fmt.Sprintf("%08x", s.key.id), "00000000", 1),
		"public":          s.Key().String(),
		"cut off":         text[:len(text)-2],
		"twice":           text + "\n" + text,
	} {
		if _, err := ParseSigner(text); err == nil || strings.Contains(err.Error(), text[20:]) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestLinesRefuses(t *testing.T) {
	block := Block{Chain: 1, Genesis: merkle.Keccak256([]byte("genesis")), Number: 7, Hash: merkle.Keccak256([]byte("block"))}
	fork := block
	fork.Hash[0] ^= 1
	note := Note(block, "a.example AAAA")
	if !IsOfHeight(note, fork) || IsOfHeight("", fork) || IsOfHeight(note[:len(note)-1], fork) {
		t.Error("of which height a note is")
	}
	for name, text := range map[string]string{
		"empty":                 "",
		"another block":         Note(fork, "a.example AAAA"),
		"without signatures":    Note(block),
		"the text alone":        block.Text(),
		"cut off":               note[:len(note)-1],
		"an extension line":     block.Text() + "more" + note[len(block.Text())-1:],
		"a line without a dash": note + "a.example AAAA\n",
		"too many":              Note(block, make([]string, MaxCosignatures+1)...),
	} {
		if lines, err := Lines(text, block); err == nil {
			t.Errorf("%s: %q", name, lines)
		}
	}
}
