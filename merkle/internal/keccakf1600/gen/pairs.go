package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// Selections of 128-bit parts by VSHUFI64X2: two of its second operand, then two
// of its first.
const (
	even = 0x88 // parts 0 and 2 of each
	odd  = 0xdd // parts 1 and 3
	low  = 0x44 // parts 0 and 1
	high = 0xee // parts 2 and 3
)

// Predicates of VPCMPUQ.
const (
	equal   = 0
	greater = 6
)

// pairsAVX512 loads eight pairs of nodes, transposes them into lanes, exchanges
// the nodes of a pair where the first is higher, hashes, and transposes back.
func pairsAVX512(regs []VecPhysical, rc, padding, reverse Mem) {
	TEXT("pairsAVX512", 0, "func(parents, children *uint64, groups int)")
	Doc("pairsAVX512 hashes groups of eight pairs of nodes, each in ascending order, one group or more.")
	Pragma("noescape")
	parents := Load(Param("parents"), GP64())
	children := Load(Param("children"), GP64())
	groups := Load(Param("groups"), GP64())
	k := newAVX512(regs)

	Label("group")
	row, word, t := regs[:8], regs[:8], regs[8:16]
	u := regs[16:24]
	for i, r := range row {
		VMOVDQU64(Mem{Base: children}.Offset(64*i), r)
	}
	// t[i]: even words of rows i and i+1 side by side; t[i+1]: odd words.
	for i := 0; i < 8; i += 2 {
		VPUNPCKLQDQ(row[i+1], row[i], t[i])
		VPUNPCKHQDQ(row[i+1], row[i], t[i+1])
	}
	for w := range 2 {
		// Words w and w+4, then w+2 and w+6, of the first and last four rows.
		for i, part := range []uint64{even, odd} {
			first, last := u[4*w+2*i], u[4*w+2*i+1]
			VSHUFI64X2(U8(part), t[w+2], t[w], first)
			VSHUFI64X2(U8(part), t[w+6], t[w+4], last)
			VSHUFI64X2(U8(even), last, first, word[w+2*i])
			VSHUFI64X2(U8(odd), last, first, word[w+2*i+4])
		}
	}
	// K1: the first node is higher, decided by the first words that differ.
	bytes, a, b := t[0], t[1], t[2]
	VBROADCASTI32X4(reverse, bytes)
	for w := 3; w >= 0; w-- {
		VPSHUFB(bytes, word[w], a)
		VPSHUFB(bytes, word[w+4], b)
		if w == 3 {
			VPCMPUQ(U8(greater), b, a, K1)
			continue
		}
		VPCMPUQ(U8(equal), b, a, K2)
		VPCMPUQ(U8(greater), b, a, K3)
		KANDW(K1, K2, K1)
		KORW(K1, K3, K1)
	}
	for w := range 4 {
		VMOVDQA64(word[w], a)
		VPBLENDMQ(word[w+4], a, K1, word[w])
		VPBLENDMQ(a, word[w+4], K1, word[w+4])
	}

	k.pad(padding)
	for r := range rounds - 1 {
		k.round(r, 5, rc)
	}
	k.round(rounds-1, 1, rc)

	lane := k.lane[:4]
	free := k.lane[5:]
	VPUNPCKLQDQ(lane[1], lane[0], free[0])
	VPUNPCKHQDQ(lane[1], lane[0], free[1])
	VPUNPCKLQDQ(lane[3], lane[2], free[2])
	VPUNPCKHQDQ(lane[3], lane[2], free[3])
	for i, half := range []uint64{low, high} {
		VSHUFI64X2(U8(half), free[2], free[0], free[4])
		VSHUFI64X2(U8(half), free[3], free[1], free[5])
		VSHUFI64X2(U8(even), free[5], free[4], free[6])
		VSHUFI64X2(U8(odd), free[5], free[4], free[7])
		VMOVDQU64(free[6], Mem{Base: parents}.Offset(128*i))
		VMOVDQU64(free[7], Mem{Base: parents}.Offset(128*i+64))
	}
	ADDQ(U32(8*64), children)
	ADDQ(U32(8*32), parents)
	DECQ(groups)
	JNE(LabelRef("group"))
	VZEROUPPER()
	RET()
}
