package beacon

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Form says how evidence leads from what is trusted to the block.
type Form byte

// The forms of evidence.
const (
	Direct    Form = iota // the block is the finalized one
	Recent                // it is an ancestor of it, by block_roots: at most RootsPerSummary slots older
	Old                   // it is an ancestor of it, by historical_summaries
	ListedOld             // it is in a list of historical_summaries that is trusted itself; nothing is signed
)

// String names the form.
func (f Form) String() string {
	return [...]string{"direct", "block-roots", "historical-summaries", "pinned-summaries"}[f]
}

// Evidence proves that an execution block is final.
type Evidence struct {
	network     *Network
	Form        Form
	Signed      *Signed // the attested header; nil in the form ListedOld
	Finalized   *Header // the newest finalized one by the attested header's state; nil in the form ListedOld
	finalBranch []Root
	Block       *Header // the beacon block that holds the execution block; Finalized itself in the form Direct
	path        []Root  // from Block to Finalized's state, or to the root of the list
	execution   []Root  // from the execution block's hash to Block's body
}

// ParseEvidence reads evidence of a network. The encoding: the form, one byte; but in the
// form ListedOld what is signed ([Signed]), the finalized header, 112 bytes, and the
// branch of its root to the attested state; but in the form Direct the header of the
// block and the branch of its root to the finalized state, or to the root of the list;
// the branch of the execution block's hash to the body.
func (n *Network) ParseEvidence(data []byte) (*Evidence, error) {
	e := &Evidence{network: n}
	if err := e.parse(&decoder{rest: data}); err != nil {
		if e.Signed != nil && !errors.Is(err, ErrUnknownFork) {
			err = n.doubt(e.Signed.Header.Slot, err)
		}
		return nil, fmt.Errorf("beacon evidence: %w", err)
	}
	return e, nil
}

func (e *Evidence) parse(d *decoder) error {
	n := e.network
	e.Form = Form(d.bytes(1)[0])
	if d.err == nil && e.Form > ListedOld {
		return fmt.Errorf("%w: form %d", ErrUnknownFork, e.Form)
	}
	if e.Form != ListedOld {
		e.Signed = d.signed(n)
		l, err := n.layoutAt(e.Signed.Header.Slot)
		if d.err == nil && err != nil {
			return err
		}
		finalized := d.header()
		e.Finalized, e.finalBranch = &finalized, d.roots(depth(l.finalized))
		e.Block = &finalized
	}
	if e.Form != Direct {
		block := d.header()
		e.Block = &block
		index, err := e.pathIndex()
		if d.err == nil && err != nil {
			return err
		}
		e.path = d.roots(depth(index))
	}
	l, err := n.layoutAt(e.Block.Slot)
	if d.err == nil && err != nil {
		return err
	}
	e.execution = d.roots(depth(l.execution))
	return d.end()
}

// Append appends the encoding to dst.
func (e *Evidence) Append(dst []byte) []byte {
	dst = append(dst, byte(e.Form))
	if e.Form != ListedOld {
		dst = e.Signed.append(dst)
		dst = appendRoots(e.Finalized.append(dst), e.finalBranch)
	}
	if e.Form != Direct {
		dst = appendRoots(e.Block.append(dst), e.path)
	}
	return appendRoots(dst, e.execution)
}

// SignedSlot returns the slot of the header that is signed in encoded evidence of any network,
// as it claims; 0 if nothing is signed or it cannot be read.
func SignedSlot(data []byte) uint64 {
	if len(data) < 9 || Form(data[0]) >= ListedOld {
		return 0
	}
	return binary.LittleEndian.Uint64(data[1:])
}

// Period returns the period whose committee signed; 0 in the form ListedOld.
func (e *Evidence) Period() uint64 {
	if e.Signed == nil {
		return 0
	}
	return e.Signed.period(e.network)
}

// Committee returns the root of the committee that [Evidence.Verify] needs to trust; zero
// in the form ListedOld. It is what the evidence claims.
func (e *Evidence) Committee() Root {
	if e.Signed == nil {
		return Root{}
	}
	return e.Signed.committee(e.network)
}

// Verify reports why it is not proven that the execution block with this hash is final;
// nil if it is. trusted is the root of the committee of [Evidence.Period], or in the form
// ListedOld that of a list of historical_summaries.
func (e *Evidence) Verify(trusted, block Root) error {
	if err := e.verify(trusted, block); err != nil {
		return fmt.Errorf("beacon evidence: %w", err)
	}
	return nil
}

func (e *Evidence) verify(trusted, block Root) error {
	n := e.network
	in, err := n.layoutAt(e.Block.Slot)
	if err != nil {
		return err
	}
	if climb(block, in.execution, e.execution) != e.Block.BodyRoot {
		return n.doubt(e.Block.Slot, errors.New("the beacon block does not hold this execution block"))
	}
	switch e.Form {
	case Direct:
	case ListedOld:
		return e.verifyPath(trusted)
	default:
		if err := e.verifyPath(e.Finalized.State); err != nil {
			return err
		}
	}
	attested, err := n.layoutAt(e.Signed.Header.Slot)
	switch {
	case err != nil:
		return err
	case e.Finalized.Slot > e.Signed.Header.Slot:
		return errors.New("the finalized block is newer than the one that names it")
	case climb(e.Finalized.Root(), attested.finalized, e.finalBranch) != e.Signed.Header.State:
		return n.doubt(e.Signed.Header.Slot, errors.New("the branch of the finalized block does not lead to the attested state"))
	}
	return e.Signed.verify(n, trusted)
}

// verifyPath reports why the path does not lead from the block to a root, or nil.
func (e *Evidence) verifyPath(to Root) error {
	index, err := e.pathIndex()
	if err != nil {
		return err
	}
	if len(e.path) != depth(index) || climb(e.Block.Root(), index, e.path) != to {
		return errors.New("the path of hashes does not lead from the beacon block to what is trusted")
	}
	return nil
}
