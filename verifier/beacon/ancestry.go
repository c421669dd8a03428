package beacon

import (
	"errors"
	"fmt"
)

// summariesLimit is HISTORICAL_ROOTS_LIMIT, the capacity of historical_summaries.
const summariesLimit = 1 << 24

// pathIndex returns the generalized index of the block's root in the state of the
// finalized block, or in the list of historical summaries.
func (e *Evidence) pathIndex() (uint64, error) {
	n, slot := e.network, e.Block.Slot
	if slot > maxSlot {
		return 0, fmt.Errorf("slot %d is out of range", slot)
	}
	inRoots := n.RootsPerSummary | slot%n.RootsPerSummary // in a vector of roots
	if e.Form != ListedOld {
		l, err := n.layoutAt(e.Finalized.Slot)
		if err != nil {
			return 0, err
		}
		if e.Form == Recent {
			return join(l.blockRoots, inRoots), nil
		}
		inList, err := n.summaryIndex(slot)
		return join(l.summaries, join(inList, inRoots)), err
	}
	inList, err := n.summaryIndex(slot)
	return join(inList, inRoots), err
}

// summaryIndex returns the generalized index of the block_summary_root for a slot in
// the list of historical summaries.
func (n *Network) summaryIndex(slot uint64) (uint64, error) {
	number, first := slot/n.RootsPerSummary, n.firstSummary()
	if number < first || number-first >= summariesLimit {
		return 0, errors.New("the block is older than the first of the historical summaries")
	}
	// A list is its data beside its length; a summary is block_summary_root beside
	// state_summary_root.
	return join(join(2, summariesLimit|(number-first)), 2), nil
}
