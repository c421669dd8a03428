package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// Truth tables of VPTERNLOGQ: index dst<<2 | second<<1 | first operand.
const (
	xor3   = 0x96 // dst ^ second ^ first
	chi512 = 0xd2 // dst ^ (^second & first)
)

// avx512 keeps the whole state in the first 25 of 32 registers, of Width 8 (zmm)
// or 4 (ymm, AVX512VL). All rounds are unrolled, so that pi is only a change of
// the names that registers go by.
type avx512 struct {
	lane [25]VecPhysical // where each lane is now
	c    [5]VecPhysical  // parities of the columns, then temporary
	t    VecPhysical
}

func newAVX512(regs []VecPhysical) *avx512 {
	k := &avx512{t: regs[30]}
	copy(k.lane[:], regs)
	copy(k.c[:], regs[25:])
	return k
}

// round computes the lanes of the first rows; the others are lost if rows is not 5.
func (k *avx512) round(r, rows int, rc Mem) {
	for x, c := range k.c { // theta
		VMOVDQA64(k.lane[x], c)
		VPTERNLOGQ(U8(xor3), k.lane[x+5], k.lane[x+10], c)
		VPTERNLOGQ(U8(xor3), k.lane[x+15], k.lane[x+20], c)
	}
	used := map[int]bool{}
	for y := range rows {
		for x := range 5 {
			used[source(x, y)] = true
		}
	}
	for x := range 5 {
		VPROLQ(U8(1), k.c[(x+1)%5], k.t)
		for l := x; l < 25; l += 5 {
			if used[l] {
				VPTERNLOGQ(U8(xor3), k.c[(x+4)%5], k.t, k.lane[l])
			}
		}
	}
	was := k.lane
	for y := range rows {
		row := k.lane[5*y : 5*y+5]
		for x := range row { // rho and pi
			l := source(x, y)
			row[x] = was[l]
			if offsets[l] != 0 {
				VPROLQ(U8(offsets[l]), row[x], row[x])
			}
		}
		first, second := k.c[0], k.c[1]
		if y%2 == 1 {
			first, second = k.c[2], k.c[3]
		}
		VMOVDQA64(row[0], first)
		VMOVDQA64(row[1], second)
		VPTERNLOGQ(U8(chi512), row[2], row[1], row[0])
		VPTERNLOGQ(U8(chi512), row[3], row[2], row[1])
		VPTERNLOGQ(U8(chi512), row[4], row[3], row[2])
		VPTERNLOGQ(U8(chi512), first, row[4], row[3])
		if rows == 5 {
			VPTERNLOGQ(U8(chi512), second, first, row[4])
		}
		if y == 0 { // iota
			VPXORQ_BCST(rc.Offset(8*r), row[0], row[0])
		}
	}
}

// pad sets the lanes behind a message of 64 bytes.
func (k *avx512) pad(padding Mem) {
	for l, r := range k.lane {
		switch {
		case l < 8:
		case l == 8:
			VPBROADCASTQ(padding, r)
		case l == 16:
			VPBROADCASTQ(padding.Offset(8), r)
		default:
			VPXORQ(r, r, r)
		}
	}
}

func permuteAVX512(regs []VecPhysical, rc Mem) {
	TEXT("permute8AVX512", 0, "func(state *uint64)")
	Doc("permute8AVX512 permutes eight interleaved states.")
	Pragma("noescape")
	k := newAVX512(regs)
	state := Mem{Base: Load(Param("state"), GP64())}
	for l, r := range k.lane {
		VMOVDQU64(state.Offset(stride*l), r)
	}
	for r := range rounds {
		k.round(r, 5, rc)
	}
	for l, r := range k.lane {
		VMOVDQU64(r, state.Offset(stride*l))
	}
	VZEROUPPER()
	RET()
}

func sum64AVX512(regs []VecPhysical, rc, padding Mem) {
	TEXT("sum64x4AVX512", 0, "func(out, in *uint64)")
	Doc("sum64x4AVX512 hashes the first four of eight interleaved messages.")
	Pragma("noescape")
	k := newAVX512(regs)
	in := Mem{Base: Load(Param("in"), GP64())}
	out := Mem{Base: Load(Param("out"), GP64())}
	for l, r := range k.lane[:8] {
		VMOVDQU64(in.Offset(stride*l), r)
	}
	k.pad(padding)
	for r := range rounds - 1 {
		k.round(r, 5, rc)
	}
	k.round(rounds-1, 1, rc)
	for l := range 4 {
		VMOVDQU64(k.lane[l], out.Offset(stride*l))
	}
	VZEROUPPER()
	RET()
}
