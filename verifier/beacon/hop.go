package beacon

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Hop proves which sync committee follows that of a period: a header of that period,
// signed by its committee, whose state names the next one and has finalized a block of
// the same period. It is a LightClientUpdate in compact form.
type Hop struct {
	network *Network
	Signed
	Next        Root // hash tree root of the next committee
	branch      []Root
	finalized   Root // root of the checkpoint's block
	finalBranch []Root
}

// ParseHop reads a hop of a network. The encoding: what is signed ([Signed]); the root of
// the next committee, 32 bytes, and its branch to the state; the root of the finalized
// block and its branch, of which the first node is the epoch of the checkpoint.
func (n *Network) ParseHop(data []byte) (*Hop, error) {
	d := &decoder{rest: data}
	h := &Hop{network: n, Signed: *d.signed(n)}
	if d.err == nil {
		l, err := n.layoutAt(h.Header.Slot)
		if err != nil {
			return nil, fmt.Errorf("hop: %w", err)
		}
		h.Next, h.branch = d.root(), d.roots(depth(l.nextCommittee))
		h.finalized, h.finalBranch = d.root(), d.roots(depth(l.finalized))
	}
	if err := d.end(); err != nil {
		return nil, fmt.Errorf("hop: %w", n.doubt(h.Header.Slot, err))
	}
	return h, nil
}

// Append appends the encoding to dst.
func (h *Hop) Append(dst []byte) []byte {
	dst = h.Signed.append(dst)
	dst = append(dst, h.Next[:]...)
	dst = appendRoots(dst, h.branch)
	dst = append(dst, h.finalized[:]...)
	return appendRoots(dst, h.finalBranch)
}

// Period returns the period whose committee signed; the hop leads to the one after it.
func (h *Hop) Period() uint64 { return h.period(h.network) }

// Verify reports why the hop does not lead from the committee with this root, that of
// [Hop.Period], to Next; nil if it does.
func (h *Hop) Verify(committee Root) error {
	if err := h.verify(committee); err != nil {
		return fmt.Errorf("hop from period %d: %w", h.Period(), err)
	}
	return nil
}

func (h *Hop) verify(committee Root) error {
	n := h.network
	l, err := n.layoutAt(h.Header.Slot)
	if err != nil {
		return err
	}
	// The order is by cost: hashes before the signature.
	switch {
	case n.Period(h.Header.Slot) != h.Period():
		return errors.New("the header is not of the period whose committee signed")
	case climb(h.Next, l.nextCommittee, h.branch) != h.Header.State:
		return n.doubt(h.Header.Slot, errors.New("the branch of the next committee does not lead to the state"))
	case climb(h.finalized, l.finalized, h.finalBranch) != h.Header.State:
		return n.doubt(h.Header.Slot, errors.New("the branch of the finalized block does not lead to the state"))
	case h.finalized.IsZero() || h.checkpoint()/n.EpochsPerPeriod != h.Period():
		return errors.New("the state has finalized no block of the period, so the next committee could still change")
	}
	return h.Signed.verify(n, committee)
}

// checkpoint returns the epoch of the finalized checkpoint: in the tree it is beside the
// checkpoint's root.
func (h *Hop) checkpoint() uint64 { return binary.LittleEndian.Uint64(h.finalBranch[0][:]) }
