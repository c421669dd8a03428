// Package follow reads what a registry wrote into the log of its chain: everything from a block
// on, in order, and then each block as it comes. It keeps nothing on disk and decides nothing; a
// program that wants to know of an event keeps the [Position] that came with it.
//
//   - reader.go: events of a range of blocks, in parts that the servers answer;
//   - follow.go: which of them are new, which are final, and which have gone away.
//
// # What is believed
//
// An RPC server can leave an event out, and nothing shows that it did: logs prove themselves as
// little as that they are complete. So an event is a hint of where to look. What it says of a root
// is compared with the published blocks, and what it says of an issuer with the registry's state
// under a block's hash, for which there are proofs.
package follow

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/hallmark-node/hallmark/anchor/chain"
	"github.com/hallmark-node/hallmark/anchor/internal/endpoint"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// Block names a block.
type Block struct {
	Number uint64      `cbor:"1,keyasint" json:"number"`
	Hash   merkle.Hash `cbor:"2,keyasint" json:"hash"`
}

// Position says up to where events were reported. It can be written down, and is good for another
// Follower of the same registry with the same servers or others. The zero value is the beginning.
type Position struct {
	// Final are blocks up to which all events were reported as final, ascending: the newest last,
	// older ones to find out where the chain forked, should that one be reorged out.
	Final []Block `cbor:"1,keyasint,omitempty" json:"final,omitempty"`
	// Newest is the newest block up to which all were reported.
	Newest Block `cbor:"2,keyasint,omitempty" json:"newest,omitzero"`
	// Open are the events that were reported and are not final, in order.
	Open []chain.Event `cbor:"3,keyasint,omitempty" json:"open,omitempty"`
}

// final is the number of the newest block that was final, 0 if none was.
func (p *Position) final() uint64 {
	if len(p.Final) == 0 {
		return 0
	}
	return p.Final[len(p.Final)-1].Number
}

// maxCheckpoints bounds a Position's final blocks.
const maxCheckpoints = 32

// settle adds a final block. The older the blocks, the sparser they are kept.
func (p *Position) settle(b Block) {
	p.Final = append(slices.Clone(p.Final), b)
	if len(p.Final) <= maxCheckpoints {
		return
	}
	kept := p.Final[:1:1]
	for i, b := range p.Final[1:] {
		if i%2 == 1 || i >= maxCheckpoints/2 {
			kept = append(kept, b)
		}
	}
	p.Final = kept
}

// Step is what one call of [Follower.Next] found out. All events of a list are in the order of
// the chain.
type Step struct {
	New   []chain.Event // that were never reported before
	Final []chain.Event // that are final now, new or reported before
	Gone  []chain.Event // that were reported before, and are not on the chain any more

	// Rewound is set if blocks were reorged out that were final: what was reported as final of
	// blocks after this one does not count, and what is there now is reported anew.
	Rewound *uint64

	Head, FinalBlock chain.Block // the chain's, as of now; the zero Block while none is final
	Behind           uint64      // how many blocks up to Head were not read yet: the next call need not wait

	// Position is where the next call goes on. Who keeps it has to have taken up the events first.
	Position Position
}

// Follower follows a registry. It is for one goroutine.
type Follower struct {
	client        *chain.Client
	confirmations chain.Confirmations
	from          uint64
	reader        Reader
	position      Position
}

// New follows a registry from a position on; from the block with a number on, if the position is
// the zero one. The client's servers must be known to be of the right chain.
func New(client *chain.Client, registry verifier.Address, confirmations chain.Confirmations, from uint64, position Position) *Follower {
	return &Follower{client: client, confirmations: confirmations, from: from, reader: Reader{Registry: registry}, position: position}
}

// Next looks at the chain once and reads on for at most one range of blocks. It does not wait for
// news: call it again at once while Behind is not zero, else after a while. An error says that
// nothing is known; then the next call begins where this one did.
func (f *Follower) Next(ctx context.Context) (Step, error) {
	look, err := f.client.Look(ctx)
	if err != nil {
		return Step{}, err
	}
	s := Step{Position: f.position}
	if s.Head, err = look.Head(ctx); err != nil {
		return Step{}, err
	}
	s.FinalBlock, err = look.Final(ctx, f.confirmations, s.Head)
	if err != nil && !errors.Is(err, chain.ErrNoBlock) {
		return Step{}, err
	}
	if err := f.rewind(ctx, look, &s); err != nil {
		return Step{}, err
	}
	if s.unsettled(f.from) {
		if err := f.readFinal(ctx, &s, s.Position.next(f.from)); err != nil {
			return Step{}, err
		}
	}
	read, end := s.Position.final(), s.FinalBlock.Number
	if !s.unsettled(f.from) {
		if err := f.readOpen(ctx, look, &s); err != nil {
			return Step{}, err
		}
		read, end = max(read, s.Position.Newest.Number), s.Head.Number
	}
	if f.from > 0 {
		read = max(read, f.from-1)
	}
	s.Behind = end - min(read, end)
	f.position = s.Position
	return s, nil
}

// next is the number of the first block that was not reported as final.
func (p *Position) next(from uint64) uint64 {
	if len(p.Final) == 0 {
		return from
	}
	return max(from, p.final()+1)
}

// unsettled reports whether blocks are final now that were not reported as final.
func (s *Step) unsettled(from uint64) bool {
	return s.FinalBlock.Number > 0 && s.Position.next(from) <= s.FinalBlock.Number
}

// rewind goes back if the newest final block of the position is not on the chain any more.
func (f *Follower) rewind(ctx context.Context, look *chain.Client, s *Step) error {
	p := &s.Position
	lost := false
	for i := len(p.Final) - 1; i >= 0; i-- {
		b := p.Final[i]
		if b.Number > s.Head.Number {
			if !lost && i == 0 {
				return behind(s.Head.Number, b.Number)
			}
			continue // the chain is shorter: older blocks tell whether it is another one
		}
		got, err := look.At(ctx, b.Number)
		if err != nil {
			return err
		}
		if got.Hash == b.Hash {
			if !lost && i < len(p.Final)-1 {
				return behind(s.Head.Number, p.final())
			}
			return f.goBack(s, i+1, b.Number)
		}
		lost = true
	}
	if lost {
		return f.goBack(s, 0, 0)
	}
	return nil
}

func behind(head, final uint64) error {
	return endpoint.Outage(fmt.Sprintf("the newest block is %d, and block %d was final before: the RPC server is behind", head, final))
}

// goBack keeps so many final blocks of the position, the last of which has a number.
func (f *Follower) goBack(s *Step, keep int, fork uint64) error {
	p := &s.Position
	if keep == len(p.Final) {
		return nil
	}
	// What was open lies after the blocks that are lost.
	s.Rewound, s.Gone = &fork, p.Open
	*p = Position{Final: slices.Clone(p.Final[:keep])}
	return nil
}

// readFinal reads one range of blocks that are final. Any server may be asked about them.
func (f *Follower) readFinal(ctx context.Context, s *Step, first uint64) error {
	events, upTo, err := f.reader.Read(ctx, f.client, first, s.FinalBlock.Number)
	if err != nil {
		return err
	}
	at := s.FinalBlock
	if upTo != at.Number {
		if at, err = f.client.At(ctx, upTo); err != nil {
			return err
		}
	}
	if err := ofOneChain(events, at); err != nil {
		return err
	}
	p := &s.Position
	open := slices.IndexFunc(p.Open, func(e chain.Event) bool { return e.Number > upTo })
	if open < 0 {
		open = len(p.Open)
	}
	s.compare(p.Open[:open], events)
	s.Final = events
	p.Open = slices.Clone(p.Open[open:])
	p.settle(Block{at.Number, at.Hash})
	return nil
}

// compare adds to what is new and what has gone: before was reported of some blocks, now is there.
func (s *Step) compare(before, now []chain.Event) {
	type place struct {
		block merkle.Hash
		index uint64
	}
	places := func(events []chain.Event) map[place]bool {
		set := make(map[place]bool, len(events))
		for _, e := range events {
			set[place{e.Hash, e.Index}] = true
		}
		return set
	}
	were, are := places(before), places(now)
	for _, e := range before {
		if !are[place{e.Hash, e.Index}] {
			s.Gone = append(s.Gone, e)
		}
	}
	for _, e := range now {
		if !were[place{e.Hash, e.Index}] {
			s.New = append(s.New, e)
		}
	}
}

// ofOneChain compares the events of the last block that was read with that block.
func ofOneChain(events []chain.Event, at chain.Block) error {
	if n := len(events); n > 0 && events[n-1].Number == at.Number && events[n-1].Hash != at.Hash {
		return endpoint.Outage(fmt.Sprintf("block %d is %s, and its events are of %s: the chain was reorganised while it was read, "+
			"or an RPC server is wrong", at.Number, at.Hash, events[n-1].Hash))
	}
	return nil
}

// readOpen reads one range of blocks that are not final, all of them again after a reorg. One
// server is asked, and the blocks must be the same ones before and after.
func (f *Follower) readOpen(ctx context.Context, look *chain.Client, s *Step) error {
	p := &s.Position
	first := p.next(f.from)
	kept := p.Open
	if p.Newest.Number > s.Head.Number {
		return nil // the server is behind within what is not final
	}
	if p.Newest.Number >= first {
		got, err := look.At(ctx, p.Newest.Number)
		if err != nil {
			return err
		}
		if got.Hash == p.Newest.Hash {
			first = p.Newest.Number + 1
		}
	}
	if first > s.Head.Number {
		return nil
	}
	events, upTo, err := f.reader.Read(ctx, look, first, s.Head.Number)
	if err != nil {
		return err
	}
	head, err := look.At(ctx, s.Head.Number)
	if err != nil {
		return err
	}
	if head.Hash != s.Head.Hash {
		return endpoint.Outage("the chain was reorganised while it was read")
	}
	at := s.Head
	if upTo != at.Number {
		if at, err = look.At(ctx, upTo); err != nil {
			return err
		}
	}
	if err := ofOneChain(events, at); err != nil {
		return err
	}
	i, _ := slices.BinarySearchFunc(kept, first, func(e chain.Event, n uint64) int {
		if e.Number < n {
			return -1
		}
		return 1
	})
	// After a reorg, what lies beyond upTo is not on the chain as it was either: it is reported
	// anew once it is read.
	s.compare(kept[i:], events)
	p.Open = append(slices.Clone(kept[:i]), events...)
	p.Newest = Block{at.Number, at.Hash}
	return nil
}
