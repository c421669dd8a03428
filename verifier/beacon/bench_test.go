package beacon

import (
	"testing"
	"time"

	bls "github.com/consensys/gnark-crypto/ecc/bls12-381"
)

// The cost of a hop of mainnet, beside the limit: one pairing check of two pairs and one
// hash to the curve, which no verification of a signature does without.
func BenchmarkHop(b *testing.B) {
	v, n := fuluData(b), ByChain(1)
	root, data := v.Store.Current.Root(), hopOf(b, n, v.Updates[0], v.Store.Current)
	b.Run("verify", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			h, err := n.ParseHop(data)
			if err == nil {
				err = h.Verify(root)
			}
			if err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("limit", func(b *testing.B) {
		_, _, g1, g2 := bls.Generators()
		message := make([]byte, 32)
		for b.Loop() {
			point, err := bls.HashToG2(message, []byte(signatureTag))
			if err == nil {
				_, err = bls.PairingCheck([]bls.G1Affine{g1, g1}, []bls.G2Affine{g2, point})
			}
			if err != nil {
				b.Fatal(err)
			}
		}
	})
}

// The cost of evidence in each form.
func BenchmarkEvidence(b *testing.B) {
	for _, kind := range forgeKinds[1:] {
		f := honest()
		if kind == "listed" {
			f.trusted = f.listRoot()
		}
		data := f.encode(b, kind)
		b.Run(kind, func(b *testing.B) {
			for b.Loop() {
				if err := f.verify(kind, data); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(len(data)), "bytes")
		})
	}
}

// yearHops is how many periods of mainnet a year has.
const yearHops = 321

// The cost of a year of hops, from bytes to the last committee. Each is signed by all but
// 3, as that of [BenchmarkHop].
func BenchmarkYear(b *testing.B) {
	n := ByChain(1)
	var pack [][]byte
	size := 0
	for i := range uint64(yearHops) {
		f := honest()
		f.away, f.next = 3, f.keys.Root()
		f.slot = n.FirstSlot(thisPeriod+i) + 200
		f.finalSlot = f.slot - 100
		f.checkpoint = n.Epoch(f.finalSlot)
		f.listLength = 0
		pack = append(pack, f.encode(b, "hop"))
		size += len(pack[i])
	}
	root := newKeys("honest").Root()
	for b.Loop() {
		chain := NewChain(n, map[uint64]Root{thisPeriod: root})
		for _, data := range pack {
			h, err := n.ParseHop(data)
			if err != nil {
				b.Fatal(err)
			}
			chain.Add(h)
		}
		if _, err := chain.Committee(thisPeriod+yearHops, time.Time{}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(size), "bytes")
}
