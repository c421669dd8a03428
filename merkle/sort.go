package merkle

import (
	"encoding/binary"
	"math/bits"
	"runtime"
	"slices"
)

const (
	minSort    = 4096 // fewest leaves that are sorted on all cores
	fewLeaves  = 32   // most leaves of a run that are sorted by insertion
	runsAtOnce = 256  // runs of the first pass: as many as there are pages in the TLB
)

// sortDescending copies src into dst in descending order. tmp is of the same
// length and is overwritten; the three do not overlap.
//
// It is a radix sort from the most significant bits: leaves are hashes, so runs of
// equal leading bits are about equally long. Large inputs are first split by their
// first byte, then each run, which fits the cache, by as many more bits as leave
// a handful of leaves to a run. Leaves that were chosen to share leading bits are
// sorted by comparing, in n log n.
func sortDescending(dst, tmp, src []Hash) {
	if len(src) < minSort {
		sortRun(dst, src, 0)
		return
	}
	// Each range of src is counted, and later split, by itself.
	ranges := runtime.GOMAXPROCS(0)
	bounds := func(r int) []Hash { return src[len(src)*r/ranges : len(src)*(r+1)/ranges] }
	at := make([][runsAtOnce]int, ranges)
	parallel(ranges, 1, func(lo, hi int) {
		for r := lo; r < hi; r++ {
			part := bounds(r)
			for i := range part {
				at[r][part[i][0]]++
			}
		}
	})
	var start [runsAtOnce + 1]int // of the run of byte 255-b
	sum := 0
	for b := range runsAtOnce {
		start[b] = sum
		for r := range at {
			at[r][runsAtOnce-1-b], sum = sum, sum+at[r][runsAtOnce-1-b]
		}
	}
	start[runsAtOnce] = sum
	parallel(ranges, 1, func(lo, hi int) {
		for r := lo; r < hi; r++ {
			part := bounds(r)
			for i := range part {
				to := &at[r][part[i][0]]
				tmp[*to] = part[i]
				*to++
			}
		}
	})
	parallel(runsAtOnce, 1, func(lo, hi int) {
		for b := lo; b < hi; b++ {
			sortRun(dst[start[b]:start[b+1]], tmp[start[b]:start[b+1]], 8)
		}
	})
}

// sortRun copies src, whose first known bits are equal (0 or 8), into dst in
// descending order.
func sortRun(dst, src []Hash, known int) {
	if len(src) <= fewLeaves {
		copy(dst, src)
		insertionSort(dst)
		return
	}
	width := min(bits.Len(uint(len(src)/8)), 12)
	digit := func(h *Hash) int {
		return int(^binary.BigEndian.Uint64(h[:]) << known >> (64 - width))
	}
	var ends [1 << 12]uint32
	end := ends[:1<<width]
	for i := range src {
		end[digit(&src[i])]++
	}
	sum := uint32(0)
	for d, n := range end {
		end[d], sum = sum, sum+n
	}
	for i := range src {
		to := &end[digit(&src[i])]
		dst[*to] = src[i]
		*to++
	}
	from := uint32(0)
	for _, to := range end {
		if run := dst[from:to]; len(run) <= fewLeaves {
			insertionSort(run)
		} else {
			slices.SortFunc(run, func(a, b Hash) int { return Compare(b, a) })
		}
		from = to
	}
}

func insertionSort(run []Hash) {
	for i := 1; i < len(run); i++ {
		if !less(&run[i-1], &run[i]) {
			continue
		}
		h := run[i]
		j := i
		for ; j > 0 && less(&run[j-1], &h); j-- {
			run[j] = run[j-1]
		}
		run[j] = h
	}
}

// less reports whether a < b; two hashes nearly always differ in the first word.
func less(a, b *Hash) bool {
	x, y := binary.BigEndian.Uint64(a[:]), binary.BigEndian.Uint64(b[:])
	return x < y || x == y && Compare(*a, *b) < 0
}
