package pipeline

import "time"

// clockSkew estimates how far this machine's clock is ahead of a chain's, from the
// moments at which new blocks are first seen. A block is seen some time after its
// timestamp: the time that it took to get here, and up to one poll. The least of
// several such delays is close to the skew; a negative one is certain, since no
// block comes before its time.
type clockSkew struct {
	delays [16]time.Duration // of the newest blocks, in a ring
	n      int               // blocks seen
}

// saw notes that a new head with a timestamp was first seen at now. first says that
// it was there before anybody looked: of such a block only a negative delay counts.
func (c *clockSkew) saw(timestamp uint64, now time.Time, first bool) {
	delay := now.Sub(time.Unix(int64(timestamp), 0))
	if first && delay > 0 {
		return
	}
	c.delays[c.n%len(c.delays)] = delay
	c.n++
}

// estimate returns the skew: positive if this machine is ahead. ok is false while
// too little was seen to tell.
func (c *clockSkew) estimate() (skew time.Duration, ok bool) {
	if c.n == 0 {
		return 0, false
	}
	skew = c.delays[0]
	for _, d := range c.delays[:min(c.n, len(c.delays))] {
		skew = min(skew, d)
	}
	return skew, skew < 0 || c.n >= 4
}
