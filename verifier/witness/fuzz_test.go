package witness

import (
	"strings"
	"testing"
	"time"

	"github.com/hallmark-node/hallmark/merkle"
)

func FuzzParseKey(f *testing.F) {
	for _, key := range publicKeys {
		f.Add(key)
	}
	f.Add("a+00000000+BA==")
	f.Add("+++")
	f.Fuzz(func(t *testing.T, text string) {
		k, err := ParseKey(text)
		if err != nil {
			return
		}
		if k.String() != text {
			t.Fatalf("%q was read as %q", text, k)
		}
	})
}

// FuzzVerify: nothing but what a key signed for a block holds, whatever the lines are.
func FuzzVerify(f *testing.F) {
	block := Block{Chain: 1, Genesis: merkle.Keccak256([]byte("genesis")), Number: 7, Hash: merkle.Keccak256([]byte("block"))}
	s, err := NewSigner("a.example", [32]byte{1})
	if err != nil {
		f.Fatal(err)
	}
	right := s.Sign(block, time.Unix(1_790_000_000, 0))
	f.Add(right)
	f.Add(right + "\n" + right)
	f.Add("a.example !")
	other := block
	other.Number++
	f.Add(s.Sign(other, time.Unix(1, 0)))
	f.Fuzz(func(t *testing.T, text string) {
		lines := strings.Split(text, "\n")
		seen, err := Verify(block, lines, []*Key{s.Key()})
		if err == nil && len(seen) > 0 {
			for _, line := range lines {
				// Ed25519 has one signature for a key and a message, but base64 can be written in two ways.
				if strings.HasPrefix(line, right[:len(right)-3]) {
					return
				}
			}
			t.Fatalf("%q holds", text)
		}
		if got, err := Lines(block.Text()+"\n"+text, block); err == nil && Note(block, got...) != block.Text()+"\n"+text {
			t.Fatalf("%q was read as %q", text, got)
		}
	})
}
