package chain

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/hallmark-node/hallmark/anchor/internal/endpoint"
	"github.com/hallmark-node/hallmark/merkle"
)

// final returns what the server itself holds for the newest final block.
func (s *server) final(ctx context.Context, policy Confirmations, head Block) (Block, error) {
	var b Block
	var err error
	switch {
	case policy.depth == 1:
		b = head
	case head.Number+1 < policy.depth:
		return Block{}, ErrNoBlock
	case policy.depth > 0:
		b, err = s.at(ctx, head.Number+1-policy.depth)
	default:
		b, err = s.block(ctx, policy.String())
		if e := (*endpoint.AnswerError)(nil); errors.As(err, &e) && strings.Contains(e.Message, "not found") {
			err = ErrNoBlock // go-ethereum, while nothing is final since it started
		}
		if err == nil && b.Number > head.Number {
			// The chain may have gone on between the two answers.
			head, err = s.block(ctx, "latest")
			if err == nil && b.Number > head.Number {
				// A server of several machines, of which one is behind.
				err = endpoint.Outage("RPC server " + s.name + ": the " + policy.String() + " block is newer than the newest")
			}
		}
	}
	if err != nil {
		return Block{}, err
	}
	s.set(func(r *record) { r.final = b })
	return b, nil
}

// Final returns the newest block that is final by a policy, as seen from head, or
// [ErrNoBlock] if none is yet. It is newer than head if the chain has gone on since.
// What one server calls final is compared with all others that answer: a
// [*DisagreementError] if one of them has another block there.
func (c *Client) Final(ctx context.Context, policy Confirmations, head Block) (Block, error) {
	c.mu.Lock()
	c.policy = policy
	c.mu.Unlock()
	return ask(ctx, c, func(ctx context.Context, s *server) (Block, error) {
		b, err := s.final(ctx, policy, head)
		if err != nil || len(c.servers) == 1 {
			return b, err
		}
		return b, c.agree(ctx, s, b)
	})
}

// agree compares a final block of one server with the others.
func (c *Client) agree(ctx context.Context, s *server, b Block) error {
	var others []*server
	now := time.Now()
	for _, o := range c.usable(now) {
		if r := o.get(); o != s && r.wrong == "" && r.agreed != b.Hash && !now.Before(r.avoid) && !now.Before(r.distrusted()) {
			others = append(others, o)
		}
	}
	if len(others) == 0 {
		return nil
	}
	answers := gather(ctx, c.pool, others, func(o *server, ctx context.Context) (comparison, error) { return compare(ctx, s, o, b) })
	if ctx.Err() != nil {
		return ctx.Err()
	}
	behind := 0
	for i, o := range others {
		a := answers[i].value
		switch {
		case answers[i].err != nil: // neither for nor against
		case a.unshown != nil:
			return a.unshown
		case a.dispute != nil:
			c.note(o, a.dispute)
			return a.dispute
		case a.behind:
			behind++
		default:
			o.set(func(r *record) { r.agreed, r.dispute = b.Hash, "" })
		}
	}
	// One may be late; that two are, and only a third has what is final already, is
	// not plausible.
	if behind >= 2 && behind == len(others) {
		e := &DisagreementError{Number: b.Number, Servers: [2]string{s.name, others[0].name}, Hashes: [2]merkle.Hash{b.Hash}}
		c.note(s, e)
		return e
	}
	s.set(func(r *record) { r.dispute = "" })
	return nil
}

// note records a disagreement, and logs it once.
func (p *pool) note(s *server, e *DisagreementError) {
	text := e.Error()
	if s.get().dispute == text {
		return
	}
	s.set(func(r *record) { r.dispute, r.disputes = text, r.disputes+1 })
	p.logger().Error("RPC servers disagree about what is final; nothing is finalised", "err", text)
}

// comparison is what another server has to say of a final block. The zero value:
// it has the same.
type comparison struct {
	dispute *DisagreementError
	behind  bool  // it is not as far by more than a little, and has nothing against it
	unshown error // the server that calls the block final cannot show its header
}

// compare asks another server for the block that one has as final. One that does
// not know it yet is compared at its own newest final block. A hash counts only
// with the header that hashes to it.
func compare(ctx context.Context, s, other *server, b Block) (c comparison, err error) {
	ours := b
	theirs, err := other.at(ctx, b.Number)
	if errors.Is(err, ErrNoBlock) {
		head, err := other.block(ctx, "latest")
		if err != nil {
			return c, err
		}
		c.behind = head.Number+maxLag < b.Number
		final := other.get().final
		if final.Number == 0 || final.Number >= b.Number {
			return c, nil
		}
		if theirs, err = other.at(ctx, final.Number); err != nil {
			return c, err
		}
		if ours, err = s.at(ctx, final.Number); err != nil {
			return c, err
		}
	} else if err != nil {
		return c, err
	}
	if ours.Hash == theirs.Hash {
		return c, nil
	}
	if _, err := other.header(ctx, theirs.Hash); err != nil {
		return c, other.unshown(theirs, err)
	}
	if _, err := s.header(ctx, ours.Hash); err != nil {
		return comparison{unshown: s.unshown(ours, err)}, nil
	}
	return comparison{dispute: &DisagreementError{ours.Number, [2]string{s.name, other.name}, [2]merkle.Hash{ours.Hash, theirs.Hash}}}, nil
}

// unshown makes it a lie that a server names a block and has no header of it.
func (s *server) unshown(b Block, err error) error {
	if errors.Is(err, ErrNoBlock) {
		return s.lied("it names block %d as %s and has no such block", b.Number, b.Hash)
	}
	return err
}
