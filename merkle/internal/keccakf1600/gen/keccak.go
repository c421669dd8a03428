package main

const rounds = 24

// offsets are the rotations of rho (FIPS 202, algorithm 2) by lane.
var offsets = func() (offset [25]int) {
	x, y := 1, 0
	for t := range 24 {
		offset[x+5*y] = (t + 1) * (t + 2) / 2 % 64
		x, y = y, (2*x+3*y)%5
	}
	return offset
}()

// source returns the lane that rho and pi bring to lane x,y (algorithm 3).
func source(x, y int) int { return (x+3*y)%5 + 5*x }

// constants are those of iota (algorithms 5 and 6) by round.
var constants = func() (rc [rounds]uint64) {
	lfsr := byte(1)
	for r := range rc {
		for j := range 7 {
			if lfsr&1 == 1 {
				rc[r] |= 1 << (1<<j - 1)
			}
			feedback := lfsr >> 7
			lfsr <<= 1
			if feedback == 1 {
				lfsr ^= 0x71
			}
		}
	}
	return rc
}()
