package merkle

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// parallel calls do on ranges that together cover [0,n), each of at least least
// (unless n is less), on as many goroutines as there are cores, and waits. There
// are several ranges to a goroutine, so that none waits long for a slower one.
func parallel(n, least int, do func(lo, hi int)) {
	workers := min(runtime.GOMAXPROCS(0), n/least)
	if workers <= 1 {
		do(0, n)
		return
	}
	ranges := min(8*workers, n/least)
	var next atomic.Int64
	work := func() {
		for {
			r := int(next.Add(1)) - 1
			if r >= ranges {
				return
			}
			do(n*r/ranges, n*(r+1)/ranges)
		}
	}
	var wg sync.WaitGroup
	for range workers - 1 {
		wg.Go(work)
	}
	work()
	wg.Wait()
}
