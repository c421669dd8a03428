package keccakf1600

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/cloudflare/circl/simd/keccakf1600"
	"golang.org/x/crypto/sha3"
)

func randomState(rng *rand.Rand) (s State) {
	for l := range s {
		for i := range s[l] {
			s[l][i] = rng.Uint64()
		}
	}
	return s
}

// reference is the permutation as FIPS 202 defines it, step by step.
func reference(a *[Lanes]uint64) {
	lfsr := byte(1)
	for range 24 {
		var c [5]uint64
		for l, v := range a {
			c[l%5] ^= v
		}
		for l := range a {
			right := c[(l+1)%5]
			a[l] ^= c[(l+4)%5] ^ (right<<1 | right>>63)
		}
		b := [Lanes]uint64{a[0]}
		x, y := 1, 0
		for t := range 24 {
			v, n := a[x+5*y], (t+1)*(t+2)/2%64
			x, y = y, (2*x+3*y)%5
			b[x+5*y] = v<<n | v>>(64-n)
		}
		for l := range a {
			row := l / 5 * 5
			a[l] = b[l] ^ ^b[row+(l+1)%5]&b[row+(l+2)%5]
		}
		for j := range 7 {
			a[0] ^= uint64(lfsr&1) << (1<<j - 1)
			lfsr = lfsr<<1 ^ lfsr>>7*0x71
		}
	}
}

func checkPermute(t *testing.T, s *State, n int) {
	t.Helper()
	for _, k := range Kernels() {
		got := *s
		k.Permute(&got, n)
		for i := range n {
			var want [Lanes]uint64
			for l := range want {
				want[l] = s[l][i]
			}
			reference(&want)
			for l := range want {
				if got[l][i] != want[l] {
					t.Fatalf("%s: lane %d of state %d of %d is %#x, want %#x", k, l, i, n, got[l][i], want[l])
				}
			}
		}
	}
}

func checkSum64(t *testing.T, in *Block, n int) {
	t.Helper()
	for _, k := range Kernels() {
		var out Digest
		given := *in
		k.Sum64(&out, in, n)
		if *in != given {
			t.Fatalf("%s changes its input", k)
		}
		for i := range n {
			var message [64]byte
			for w := range in {
				binary.LittleEndian.PutUint64(message[8*w:], in[w][i])
			}
			h := sha3.NewLegacyKeccak256()
			h.Write(message[:])
			want := h.Sum(nil)
			for w := range out {
				if got := out[w][i]; got != binary.LittleEndian.Uint64(want[8*w:]) {
					t.Fatalf("%s: word %d of digest %d of %d is %#x, want % x", k, w, i, n, got, want)
				}
			}
		}
	}
}

func checkPairs(t *testing.T, children [][32]byte) {
	t.Helper()
	for _, k := range Kernels() {
		for _, inPlace := range []bool{false, true} {
			given := slices.Clone(children)
			parents := make([][32]byte, len(children)/2)
			if inPlace {
				parents = given[:len(parents)]
			}
			n := Pairs(k, parents, given)
			if n%Width != 0 || n > len(parents) || k == AVX512 && n < len(parents)/Width*Width {
				t.Fatalf("%s did %d of %d pairs", k, n, len(parents))
			}
			for i, got := range parents[:n] {
				pair := slices.SortedFunc(slices.Values(children[2*i:2*i+2]), func(a, b [32]byte) int { return bytes.Compare(a[:], b[:]) })
				h := sha3.NewLegacyKeccak256()
				h.Write(pair[0][:])
				h.Write(pair[1][:])
				if want := h.Sum(nil); !bytes.Equal(got[:], want) {
					t.Fatalf("%s: parent %d is %x, want %x", k, i, got, want)
				}
			}
			if !inPlace && !slices.Equal(given, children) {
				t.Fatalf("%s changes its input", k)
			}
		}
	}
}

// Nodes that differ in a single bit, or in none, wherever that is.
func TestPairsOrder(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	var children [][32]byte
	for bit := range 257 {
		var a [32]byte
		for i := range a {
			a[i] = byte(rng.Uint32())
		}
		b := a
		if bit < 256 {
			b[bit/8] ^= 1 << (bit % 8)
		}
		children = append(children, a, b, b, a)
	}
	checkPairs(t, children)
	checkPairs(t, nil)
	checkPairs(t, children[:2*Width-2])
}

func TestKernelsAgree(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	t.Logf("kernels %v", Kernels())
	for n := 1; n <= Width; n++ {
		for range 50 {
			s := randomState(rng)
			checkPermute(t, &s, n)
			in := Block(s[:8])
			checkSum64(t, &in, n)
		}
	}
	checkPermute(t, &State{}, Width)
	checkSum64(t, &Block{}, Width)
}

func FuzzKernels(f *testing.F) {
	f.Add([]byte("seed"), uint8(3))
	f.Fuzz(func(t *testing.T, data []byte, n uint8) {
		// Repeated, so that short inputs fill whole states.
		var s State
		for l := range s {
			for i := range s[l] {
				for b := range 8 {
					if len(data) > 0 {
						s[l][i] |= uint64(data[(l*64+i*8+b)%len(data)]) << (8 * b)
					}
				}
			}
		}
		count := int(n)%Width + 1
		checkPermute(t, &s, count)
		in := Block(s[:8])
		checkSum64(t, &in, count)
		children := make([][32]byte, 0, 2*Width)
		for i := range Width {
			// A short input makes both nodes alike but for one byte.
			var a [32]byte
			for l := range 4 {
				binary.LittleEndian.PutUint64(a[8*l:], s[l][i])
			}
			b := a
			b[n%32] += byte(i)
			children = append(children, a, b)
		}
		checkPairs(t, children)
	})
}

// The time for Width permutations by each kernel and, for comparison, by circl.
func BenchmarkPermute(b *testing.B) {
	var s State
	for _, k := range Kernels() {
		b.Run(fmt.Sprint(k), func(b *testing.B) {
			for b.Loop() {
				k.Permute(&s, Width)
			}
		})
	}
	b.Run("circl", func(b *testing.B) {
		var x4 keccakf1600.StateX4
		x4.Initialize(false)
		for b.Loop() {
			for range Width / 4 {
				x4.Permute()
			}
		}
	})
}

// The time for Width permutations by the best kernel, with all cores at work: the limit
// beside which `make bench` puts what hashes.
func BenchmarkPermuteAllCores(b *testing.B) {
	b.Run(Best.String(), func(b *testing.B) {
		b.RunParallel(func(pb *testing.PB) {
			var s State
			for pb.Next() {
				Best.Permute(&s, Width)
			}
		})
	})
}

// The time for Width messages of 64 bytes.
func BenchmarkSum64(b *testing.B) {
	var in Block
	var out Digest
	for _, k := range Kernels() {
		b.Run(fmt.Sprint(k), func(b *testing.B) {
			for b.Loop() {
				k.Sum64(&out, &in, Width)
			}
		})
	}
}
