package beacon

import (
	"errors"
	"fmt"
)

// summariesLimit is HISTORICAL_ROOTS_LIMIT, the capacity of historical_summaries.
const (
	summariesDepth = 24
	summariesLimit = 1 << summariesDepth
)

// ErrTooRecent is wrapped by the error of [Evidence.OnSummaries] about a block that no
// summary is of yet.
var ErrTooRecent = errors.New("the historical summaries do not reach that far yet")

// pathIndex returns the generalized index of the block's root in the state of the
// finalized block, or in the list of historical summaries.
func (e *Evidence) pathIndex() (uint64, error) {
	n, slot := e.network, e.Block.Slot
	if slot > maxSlot {
		return 0, fmt.Errorf("slot %d is out of range", slot)
	}
	inRoots := n.RootsPerSummary | slot%n.RootsPerSummary // in a vector of roots
	if e.Form == Recent {
		l, err := n.layoutAt(e.Finalized.Slot)
		return join(l.blockRoots, inRoots), err
	}
	number, err := n.summaryNumber(slot)
	if err != nil {
		return 0, err
	}
	inList := join(summaryIndex(number), join(2, inRoots)) // block_summary_root is beside state_summary_root
	if e.Form == ListedOld {
		return inList, nil
	}
	list, err := n.summariesIndex(e.Finalized.Slot)
	return join(list, inList), err
}

// summariesIndex returns the generalized index of historical_summaries in a state.
func (n *Network) summariesIndex(slot uint64) (uint64, error) {
	l, err := n.layoutAt(slot)
	if err == nil && l.summaries == 0 {
		err = fmt.Errorf("%w: where states of fork %s keep historical summaries is not settled", ErrUnknownFork, n.forkAt(slot).Name)
	}
	return max(l.summaries, 1), err
}

// summaryNumber returns the position of the summary for a slot in historical_summaries.
func (n *Network) summaryNumber(slot uint64) (uint64, error) {
	number, first := slot/n.RootsPerSummary, n.firstSummary()
	if number < first || number-first >= summariesLimit {
		return 0, errors.New("the block is older than the first of the historical summaries")
	}
	return number - first, nil
}

// summaryIndex returns the generalized index of a summary in the list, which is its data
// beside its length.
func summaryIndex(number uint64) uint64 { return join(2, summariesLimit|number) }

// Summary is a HistoricalSummary: the roots of two vectors over RootsPerSummary slots.
type Summary struct {
	Blocks Root `json:"block_summary_root"` // of block_roots
	States Root `json:"state_summary_root"` // of state_roots
}

// Summaries are the historical_summaries of a state, with the branch from their root to
// the state's. The JSON form is that of Lodestar's endpoint
// /eth/v1/lodestar/states/{state_id}/historical_summaries.
type Summaries struct {
	List   []Summary `json:"historical_summaries"`
	Branch []Root    `json:"proof"`
}

// Root returns the hash tree root of the list, by which a list is trusted.
func (s *Summaries) Root() Root {
	branch := s.branchOf(0)
	if len(s.List) == 0 {
		return climb(Root{}, summaryIndex(0), branch)
	}
	return climb(s.List[0].root(), summaryIndex(0), branch)
}

func (s *Summary) root() Root { return hashPair(s.Blocks, s.States) }

// branchOf returns the branch from a summary to the root of the list.
func (s *Summaries) branchOf(number uint64) []Root {
	leaves := make([]Root, len(s.List))
	for i := range s.List {
		leaves[i] = s.List[i].root()
	}
	branch := branchOf(int(number), leaves...) //nolint:gosec // below the length of the list
	var zeros Root                             // root over 2^height zero chunks
	for height := range summariesDepth {
		if height == len(branch) {
			branch = append(branch, zeros)
		}
		zeros = hashPair(zeros, zeros)
	}
	return append(branch, uintChunk(uint64(len(s.List))))
}

// Verify reports why the list is not that of the state of a block; nil if it is. The block
// itself is believed.
func (s *Summaries) Verify(n *Network, block *Header) error {
	index, err := n.summariesIndex(block.Slot)
	if err != nil {
		return fmt.Errorf("historical summaries: %w", err)
	}
	if len(s.Branch) != depth(index) || climb(s.Root(), index, s.Branch) != block.State {
		return errors.New("historical summaries: they do not lead to the state of the block")
	}
	return nil
}

// SummarySlot returns the first slot of the vector of block roots that a slot is in.
func (n *Network) SummarySlot(slot uint64) uint64 { return slot - slot%n.RootsPerSummary }

// OnBlockRoots returns evidence of the form Recent for the block of e: it hangs on the
// finalized block of newer, whose state has these block_roots; branch leads from their
// root to the state's. e may be of any form, newer of any that is signed; neither is
// changed, or verified.
func (e *Evidence) OnBlockRoots(newer *Evidence, roots, branch []Root) (*Evidence, error) {
	path, err := e.inRoots(roots)
	if err != nil {
		return nil, fmt.Errorf("path through block roots: %w", err)
	}
	out, err := e.on(newer, Recent, append(path, branch...))
	if err != nil {
		return nil, fmt.Errorf("path through block roots: %w", err)
	}
	return out, nil
}

// OnSummaries returns evidence of the form Old for the block of e: it hangs on the
// finalized block of newer, whose state has these summaries. roots are those of the blocks
// at the RootsPerSummary slots from [Network.SummarySlot] of the block on, an empty slot
// having the root of the block before it. The error wraps [ErrTooRecent] if it is too
// early. e may be of any form, newer of any that is signed; neither is changed, or
// verified.
func (e *Evidence) OnSummaries(newer *Evidence, roots []Root, s *Summaries) (*Evidence, error) {
	path, err := e.inSummaries(roots, s)
	if err != nil {
		return nil, fmt.Errorf("path through historical summaries: %w", err)
	}
	out, err := e.on(newer, Old, append(path, s.Branch...))
	if err != nil {
		return nil, fmt.Errorf("path through historical summaries: %w", err)
	}
	return out, nil
}

// OnList returns evidence of the form ListedOld for the block of e, to be verified with
// the root of the list of summaries. The rest is as for [Evidence.OnSummaries]; the branch
// of the summaries is not used.
func (e *Evidence) OnList(roots []Root, s *Summaries) (*Evidence, error) {
	path, err := e.inSummaries(roots, s)
	if err != nil {
		return nil, fmt.Errorf("path to a list of historical summaries: %w", err)
	}
	return &Evidence{network: e.network, Form: ListedOld, Block: e.Block, path: path, execution: e.execution}, nil
}

// on returns evidence for the block of e with the signature of newer.
func (e *Evidence) on(newer *Evidence, form Form, path []Root) (*Evidence, error) {
	if newer.Signed == nil {
		return nil, errors.New("the newer evidence is not signed")
	}
	out := &Evidence{
		network: e.network, Form: form, Signed: newer.Signed, Finalized: newer.Finalized, finalBranch: newer.finalBranch,
		Block: e.Block, path: path, execution: e.execution,
	}
	return out, out.verifyPath(newer.Finalized.State)
}

// inRoots returns the branch of the block in a vector of block roots.
func (e *Evidence) inRoots(roots []Root) ([]Root, error) {
	per := e.network.RootsPerSummary
	if uint64(len(roots)) != per {
		return nil, fmt.Errorf("%d block roots instead of %d", len(roots), per)
	}
	at := e.Block.Slot % per
	if roots[at] != e.Block.Root() {
		return nil, fmt.Errorf("the block root at slot %d is another one", e.Block.Slot)
	}
	return branchOf(int(at), roots...), nil //nolint:gosec // below RootsPerSummary
}

// inSummaries returns the branch of the block in a list of summaries.
func (e *Evidence) inSummaries(roots []Root, s *Summaries) ([]Root, error) {
	number, err := e.network.summaryNumber(e.Block.Slot)
	if err != nil {
		return nil, err
	}
	if number >= uint64(len(s.List)) {
		return nil, fmt.Errorf("%w: there are %d, and slot %d is of number %d", ErrTooRecent, len(s.List), e.Block.Slot, number)
	}
	path, err := e.inRoots(roots)
	if err != nil {
		return nil, err
	}
	summary := &s.List[number]
	if merkleize(roots...) != summary.Blocks {
		return nil, fmt.Errorf("the block roots from slot %d on are not those of the summary", e.network.SummarySlot(e.Block.Slot))
	}
	return append(append(path, summary.States), s.branchOf(number)...), nil
}
