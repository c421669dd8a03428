// Command gen writes the kernels of package keccakf1600 from the definition of
// Keccak-f[1600] in FIPS 202. It is a module of its own, so that users of the
// library do not depend on the assembler generator.
package main

import (
	"bytes"
	"io"
	"log"
	"os"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// stride is the distance in bytes of two lanes of a state: keccakf1600.Width words.
const stride = 64

func main() {
	write("../permute_generic.go", generic)
	write("../kernel_arm64.s", kernelsARM64)

	ConstraintExpr("amd64")

	rc := GLOBL("roundConstants", RODATA|NOPTR)
	for i, c := range constants {
		DATA(8*i, U64(c))
	}
	padding := GLOBL("padding", RODATA|NOPTR) // lanes 8 and 16 of a message of 64 bytes
	DATA(0, U64(0x01))
	DATA(8, U64(1<<63))
	rotate := map[int]Mem{}
	for _, n := range []int{8, 56} {
		rotate[n] = GLOBL(map[int]string{8: "rotate8", 56: "rotate56"}[n], RODATA|NOPTR)
		for word := range 4 {
			var bytes uint64
			for i := range 8 {
				bytes |= uint64((i-n/8+8)%8+word%2*8) << (8 * i)
			}
			DATA(8*word, U64(bytes))
		}
	}

	reverse := GLOBL("reverseBytes", RODATA|NOPTR) // of both words
	DATA(0, U64(0x0001020304050607))
	DATA(8, U64(0x08090a0b0c0d0e0f))

	permuteAVX2(rc, rotate)
	sum64AVX2(rc, padding, rotate)

	zmm := []VecPhysical{
		Z0, Z1, Z2, Z3, Z4, Z5, Z6, Z7, Z8, Z9, Z10, Z11, Z12, Z13, Z14, Z15,
		Z16, Z17, Z18, Z19, Z20, Z21, Z22, Z23, Z24, Z25, Z26, Z27, Z28, Z29, Z30, Z31,
	}
	ymm := []VecPhysical{
		Y0, Y1, Y2, Y3, Y4, Y5, Y6, Y7, Y8, Y9, Y10, Y11, Y12, Y13, Y14, Y15,
		Y16, Y17, Y18, Y19, Y20, Y21, Y22, Y23, Y24, Y25, Y26, Y27, Y28, Y29, Y30, Y31,
	}
	permuteAVX512(zmm, rc)
	sum64AVX512(ymm, rc, padding)
	pairsAVX512(zmm, rc, padding, reverse)
	Generate()
}

func write(name string, content func(io.Writer)) {
	var b bytes.Buffer
	content(&b)
	if err := os.WriteFile(name, b.Bytes(), 0o644); err != nil {
		log.Fatal(err)
	}
}
