package archive_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"testing"

	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier/archive"
)

// bulk returns a set of n credentials, not built.
func bulk(b *testing.B, n int) *archive.Set {
	b.Helper()
	var set archive.Set
	for i := range n {
		var in [4]byte
		binary.BigEndian.PutUint32(in[:], uint32(i))
		digest := merkle.Keccak256(in[:])
		if err := set.Add(append([]byte("\x01\x55\x12\x20"), digest[:]...), merkle.Keccak256(digest[:]), ""); err != nil {
			b.Fatal(err)
		}
	}
	return &set
}

func BenchmarkBuildAndWrite(b *testing.B) {
	for _, n := range []int{1000, 1 << 20} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			p := shared(n, true)
			for b.Loop() {
				b.StopTimer()
				set := bulk(b, n)
				b.StartTimer()
				if err := set.Build(); err != nil {
					b.Fatal(err)
				}
				w := archive.NewWriter(io.Discard)
				if err := w.Add(set, archive.Shared{Proof: &p}); err != nil {
					b.Fatal(err)
				}
				if err := w.Close(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkRead(b *testing.B) {
	const n = 1 << 20
	set := bulk(b, n)
	if err := set.Build(); err != nil {
		b.Fatal(err)
	}
	p := shared(n, true)
	data := write(b, []*archive.Set{set}, []archive.Shared{{Proof: &p}})
	a := open(b, data)
	b.Run("open", func(b *testing.B) {
		for b.Loop() {
			if _, err := archive.Open(bytes.NewReader(data), int64(len(data))); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("leaves", func(b *testing.B) {
		for b.Loop() {
			if _, err := a.Groups()[0].AppendLeaves(nil); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("one", func(b *testing.B) {
		for b.Loop() {
			e, err := a.Proof(777777)
			if err != nil {
				b.Fatal(err)
			}
			if found, err := a.Find(e.Proof.Credential); err != nil || len(found) != 1 {
				b.Fatal(found, err)
			}
		}
	})
	b.Run("all", func(b *testing.B) {
		for b.Loop() {
			for _, err := range a.Entries(0, n) {
				if err != nil {
					b.Fatal(err)
				}
			}
		}
	})
}
