package beacon

import "testing"

// TestBoundaries has honest hops and evidence where a fork, a period or the chain itself
// begins between the blocks that they are about.
func TestBoundaries(t *testing.T) {
	// midway has a fork to electra, at which branches grow, in the middle of this period.
	midway := ByChain(1).with(func(n *Network) {
		n.Forks = []Fork{fork("capella", 0, "03000000"), fork("deneb", 1, "04000000"), fork("electra", thisPeriod*256+128, "05000000")}
	})
	first, middle := midway.FirstSlot(thisPeriod), midway.FirstSlot(thisPeriod)+128*32
	always := ByChain(1).with(func(n *Network) {
		n.Forks = []Fork{fork("phase0", 0, "00000000"), fork("capella", 0, "03000000"), fork("fulu", 0, "06000000")}
	})
	for _, c := range []struct {
		name            string
		n               *Network
		slot, finalSlot uint64
		kinds           []string
	}{
		{"attested after a fork, finalized before it", midway, middle + 10, middle - 60, []string{"hop", "direct", "recent", "old"}},
		{"attested in the first slot of a fork", midway, middle, middle - 64, []string{"hop", "direct", "recent", "old"}},
		{"attested in the last slot before a fork", midway, middle - 1, middle - 65, []string{"hop", "direct", "recent", "old"}},
		{"finalized in the first slot of a fork", midway, middle + 64, middle, []string{"hop", "direct", "recent", "old"}},
		{"finalized in the period before", midway, first + 3, first - 62, []string{"direct", "recent"}},
		{"finalized at the first slot of a period", midway, first + 64, first, []string{"hop", "direct"}},
		{"the first period of a chain", always, 100, 32, []string{"hop", "direct"}},
		{"the genesis block", always, 1, 0, []string{"direct"}},
	} {
		for _, kind := range c.kinds {
			f := honest()
			f.n, f.as, f.slot, f.finalSlot, f.checkpoint = c.n, c.n, c.slot, c.finalSlot, c.n.Epoch(c.finalSlot)
			f.listLength = thisPeriod + 1
			f.away = 512 - 342
			if err := f.verify(kind, f.encode(t, kind)); err != nil {
				t.Errorf("%s, %s: %v", c.name, kind, err)
			}
		}
	}
}
