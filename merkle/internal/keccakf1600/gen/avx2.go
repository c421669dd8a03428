package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// avx2 keeps the state in memory and in its 16 registers what is used again and
// again: the five words by which theta changes the columns, the row that chi works
// on, and the parities of the columns for the next round, which grow with each
// lane that is stored. A round reads one buffer and writes another.
type avx2 struct {
	d, c, b [5]VecPhysical
	t       VecPhysical
	rotate  map[int]Mem // byte shuffles that rotate by a multiple of 8
}

func newAVX2(rotate map[int]Mem) *avx2 {
	return &avx2{
		d:      [5]VecPhysical{Y0, Y1, Y2, Y3, Y4},
		c:      [5]VecPhysical{Y5, Y6, Y7, Y8, Y9},
		b:      [5]VecPhysical{Y10, Y11, Y12, Y13, Y14},
		t:      Y15,
		rotate: rotate,
	}
}

// theta sets d from the parities c.
func (k *avx2) theta() {
	for x := range 5 {
		c, d := k.c[(x+1)%5], k.d[x]
		VPADDQ(c, c, d)
		VPSRLQ(U8(63), c, k.t)
		VPXOR(k.c[(x+4)%5], k.t, k.t)
		VPXOR(k.t, d, d)
	}
}

// round reads lane l at from(l), which is nil for a lane of zeros, and writes the
// first lanes of the result to to(l). Parities are kept if all are written.
func (k *avx2) round(from, to func(l int) Op, lanes int, rc Mem) {
	k.theta()
	for y := 0; 5*y < lanes; y++ {
		for x, b := range k.b { // rho and pi
			l := source(x, y)
			changed := k.d[l%5]
			if m := from(l); m != nil {
				changed = k.t
				if offsets[l] == 0 || k.rotate[offsets[l]].Base != nil {
					changed = b
				}
				VPXOR(m, k.d[l%5], changed)
			}
			n := offsets[l]
			switch shuffle, ok := k.rotate[n]; {
			case n == 0:
			case ok:
				VPSHUFB(shuffle, changed, b)
			default:
				VPSLLQ(U8(n), changed, b)
				VPSRLQ(U8(64-n), changed, k.t)
				VPOR(k.t, b, b)
			}
		}
		for x := 0; x < 5 && 5*y+x < lanes; x++ { // chi
			// The first row makes the parities, the others add to them.
			e := k.t
			if y == 0 {
				e = k.c[x]
			}
			VPANDN(k.b[(x+2)%5], k.b[(x+1)%5], e)
			VPXOR(k.b[x], e, e)
			if x == 0 && y == 0 { // iota
				VPBROADCASTQ(rc, k.t)
				VPXOR(k.t, e, e)
			}
			VMOVDQU(e, to(5*y+x))
			if y > 0 {
				VPXOR(e, k.c[x], k.c[x])
			}
		}
	}
}

// middle emits rounds 1 to 22, from buffer a to b and back, in a loop of two.
func (k *avx2) middle(a, b func(l int) Op, rc Mem) {
	i := GP64()
	table := GP64()
	LEAQ(rc, table)
	MOVQ(U64(1), i)
	Label("loop")
	at := Mem{Base: table, Index: i, Scale: 8}
	k.round(a, b, 25, at)
	k.round(b, a, 25, at.Offset(8))
	ADDQ(U8(2), i)
	CMPQ(i, U8(rounds-1))
	JNE(LabelRef("loop"))
}

// buffers returns two buffers of 25 lanes on the stack, aligned: a load across
// two cache lines takes twice as long.
func buffers() (a, b func(l int) Op) {
	local := AllocLocal(2*25*32 + 32)
	base := GP64()
	LEAQ(local.Offset(31), base)
	ANDQ(I8(-32), base)
	m := Mem{Base: base}
	return func(l int) Op { return m.Offset(32 * l) }, func(l int) Op { return m.Offset(32 * (25 + l)) }
}

func permuteAVX2(rc Mem, rotate map[int]Mem) {
	TEXT("permute4AVX2", 0, "func(state *uint64)")
	Doc("permute4AVX2 permutes the first four of eight interleaved states.")
	Pragma("noescape")
	k := newAVX2(rotate)
	m := Mem{Base: Load(Param("state"), GP64())}
	state := func(l int) Op { return m.Offset(stride * l) }
	a, b := buffers()
	for x, c := range k.c {
		VMOVDQU(state(x), c)
		for l := x + 5; l < 25; l += 5 {
			VPXOR(state(l), c, c)
		}
	}
	k.round(state, a, 25, rc)
	k.middle(a, b, rc)
	k.round(a, state, 25, rc.Offset(8*(rounds-1)))
	VZEROUPPER()
	RET()
}

func sum64AVX2(rc, padding Mem, rotate map[int]Mem) {
	TEXT("sum64x4AVX2", 0, "func(out, in *uint64)")
	Doc("sum64x4AVX2 hashes the first four of eight interleaved messages.")
	Pragma("noescape")
	k := newAVX2(rotate)
	in := Mem{Base: Load(Param("in"), GP64())}
	out := Mem{Base: Load(Param("out"), GP64())}
	a, b := buffers()
	// The padding lies in b, which is written only after the first round.
	pad := map[int]Op{8: b(8), 16: b(16)}
	for i, l := range []int{8, 16} {
		VPBROADCASTQ(padding.Offset(8*i), k.t)
		VMOVDQU(k.t, pad[l])
	}
	message := func(l int) Op {
		switch {
		case l < 8:
			return in.Offset(stride * l)
		default:
			return pad[l]
		}
	}
	for x, c := range k.c {
		VMOVDQU(message(x), c)
		for l := x + 5; l < 25; l += 5 {
			if m := message(l); m != nil {
				VPXOR(m, c, c)
			}
		}
	}
	k.round(message, a, 25, rc)
	k.middle(a, b, rc)
	k.round(a, func(l int) Op { return out.Offset(stride * l) }, 4, rc.Offset(8*(rounds-1)))
	VZEROUPPER()
	RET()
}
