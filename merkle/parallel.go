package merkle

import (
	"runtime"
	"slices"
	"sync"
)

// Below these sizes a second goroutine costs more than it saves.
const (
	minPairs = 512  // pairs hashed by one goroutine, about 0.2 ms
	minSort  = 8192 // leaves for which sorting is split
)

// parallel calls do on ranges that together cover [0,n), each of at least least
// (unless n is less), on as many goroutines as there are cores, and waits.
func parallel(n, least int, do func(lo, hi int)) {
	workers := min(runtime.GOMAXPROCS(0), n/least)
	if workers <= 1 {
		do(0, n)
		return
	}
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() { do(n*w/workers, n*(w+1)/workers) })
	}
	wg.Wait()
}

// sortDescending copies src into dst, of the same length, in descending order.
//
// Large inputs are first dealt out by their leading byte into 256 runs, which
// are then sorted on all cores. Leaves are hashes, so the runs are about equally
// long; leaves chosen to share a byte only lose that gain.
func sortDescending(dst, src []Hash) {
	descending := func(a, b Hash) int { return Compare(b, a) }
	if len(src) < minSort {
		copy(dst, src)
		slices.SortFunc(dst, descending)
		return
	}
	var count, start [256]int
	for i := range src {
		count[src[i][0]]++
	}
	at := 0
	for b := 255; b >= 0; b-- {
		start[b] = at
		at += count[b]
	}
	next := start
	for i := range src {
		b := src[i][0]
		dst[next[b]] = src[i]
		next[b]++
	}
	parallel(256, 1, func(lo, hi int) {
		for b := lo; b < hi; b++ {
			slices.SortFunc(dst[start[b]:next[b]], descending)
		}
	})
}
