package api

import (
	"bytes"
	"compress/gzip"
	"io"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/cespare/xxhash/v2"
)

// unzipOne reads data, which has to be exactly one gzip member.
func unzipOne(t *testing.T, data []byte) []byte {
	t.Helper()
	in := bytes.NewReader(data) // it is read byte by byte, so not beyond the member
	r, err := gzip.NewReader(in)
	if err != nil {
		t.Fatal(err)
	}
	r.Multistream(false)
	out, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	if in.Len() > 0 {
		t.Errorf("%d bytes after the first member", in.Len())
	}
	return out
}

// Pieces of every kind and size, shared and own, in any order, are one gzip member.
func TestPieces(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	text := func(n int) []byte {
		b := make([]byte, n)
		for i := range b {
			b[i] = "0123456789abcdef\",x"[random.IntN(19)]
		}
		return b
	}
	sizes := []int{0, 1, 2, 31, 300, 4096, maxStored - 1, maxStored, maxStored + 1, 3 * maxStored}
	shared := make([]*piece, 0, 2*len(sizes))
	for _, n := range sizes {
		noise := make([]byte, n)
		for i := range noise {
			noise[i] = byte(random.Uint32())
		}
		shared = append(shared, newPiece(text(n)), newPiece(noise))
	}
	a := new(pieces)
	for range 200 {
		a.reset()
		var want []byte
		for range random.IntN(8) {
			if random.IntN(2) == 0 {
				p := shared[random.IntN(len(shared))]
				a.add(p)
				want = append(want, p.plain...)
				continue
			}
			from := len(a.own)
			a.own = append(a.own, text(sizes[random.IntN(len(sizes))])...)
			want = append(want, a.own[from:]...)
			a.addOwn(from)
		}
		if a.hash() != xxhash.Sum64(want) {
			t.Fatal("another hash than of the whole")
		}
		if !bytes.Equal(a.whole(), want) {
			t.Fatal("another whole")
		}
		if got := unzipOne(t, a.gzipped()); !bytes.Equal(got, want) {
			t.Fatalf("%d bytes, want %d", len(got), len(want))
		}
	}
}

// A piece is compressed by whoever asks first, also if many do at once.
func TestPieceAtOnce(t *testing.T) {
	plain := bytes.Repeat([]byte("0123456789abcdef"), 1000)
	for range 20 {
		p := newPiece(plain)
		var work sync.WaitGroup
		var answers [4][]byte
		for i := range answers {
			work.Go(func() {
				var a pieces
				a.add(p)
				a.add(p)
				answers[i] = a.gzipped()
			})
		}
		work.Wait()
		for _, answer := range answers {
			if got := unzipOne(t, answer); len(got) != 2*len(plain) {
				t.Errorf("%d bytes", len(got))
			}
		}
	}
}
