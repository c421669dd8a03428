package chain

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hallmark-node/hallmark/anchor/internal/endpoint"
)

// ask has a question answered by the first server that can, or by the pinned one.
func ask[T any](ctx context.Context, c *Client, question func(context.Context, *server) (T, error)) (T, error) {
	if c.pinned != nil {
		return question(ctx, c.pinned)
	}
	return askAny(ctx, c, c.usable(time.Now()), question, stop)
}

// askProven is ask for what proves itself by a block's hash, so that it does not
// matter who answers: a pinned client tries its own server first.
func askProven[T any](ctx context.Context, c *Client, question func(context.Context, *server) (T, error)) (T, error) {
	servers := c.usable(time.Now())
	if c.pinned != nil {
		servers = slices.DeleteFunc(servers, func(s *server) bool { return s == c.pinned })
		servers = slices.Insert(servers, 0, c.pinned)
	}
	return askAny(ctx, c, servers, question, func(error) bool { return false })
}

// askAny asks one server after another until one answers, or an error is an answer.
func askAny[T any](
	ctx context.Context, c *Client, servers []*server, question func(context.Context, *server) (T, error), stop func(error) bool,
) (T, error) {
	var none T
	var errs joined
	wrong := 0
	for _, s := range servers {
		err := c.admit(ctx, s)
		if err == nil {
			var answer T
			if answer, err = question(ctx, s); err == nil || stop(err) {
				return answer, err
			}
		}
		if ctx.Err() != nil {
			return none, err
		}
		if w := (*wrongChainError)(nil); errors.As(err, &w) {
			wrong++
		}
		errs = append(errs, err)
	}
	switch {
	case len(servers) == 0:
		return none, c.closedError()
	case wrong == len(c.servers):
		return none, fmt.Errorf("%w: %w", ErrWrongChain, errs)
	}
	return none, errs
}

// call has one method called by the first server that can, or by the pinned one.
func call[T any](ctx context.Context, c *Client, method string, args ...any) (T, error) {
	return ask(ctx, c, func(ctx context.Context, s *server) (answer T, err error) {
		err = s.call(ctx, &answer, method, args...)
		return answer, err
	})
}

// askAll has a question answered by every server but those that failed lately, and returns
// what the good ones say. An error says that there is none.
func askAll[T any](ctx context.Context, c *Client, question func(*server, context.Context) (T, error)) (answers []T, err error) {
	servers := c.responsive(time.Now())
	if len(servers) == 0 {
		return nil, c.closedError()
	}
	var errs joined
	for _, r := range gather(ctx, c.pool, servers, question) {
		if r.err == nil {
			answers = append(answers, r.value)
		} else {
			errs = append(errs, r.err)
		}
	}
	switch {
	case len(answers) > 0:
		return answers, nil
	case ctx.Err() != nil:
		return nil, ctx.Err()
	}
	return nil, errs
}

// stop reports whether an error is an answer that no other server is asked for.
func stop(err error) bool {
	var disagreement *DisagreementError
	return errors.Is(err, ErrNoBlock) || errors.As(err, &disagreement)
}

// result is what one of several servers answered.
type result[T any] struct {
	value T
	err   error
}

// gather asks several servers of the expected chain at once, see [gatherAny].
func gather[T any](ctx context.Context, p *pool, servers []*server, question func(*server, context.Context) (T, error)) []result[T] {
	return gatherAny(ctx, p, servers, func(s *server, ctx context.Context) (answer T, err error) {
		if err := p.admit(ctx, s); err != nil {
			return answer, err
		}
		return question(s, ctx)
	})
}

// gatherAny asks several servers at once, whatever chain they report. It returns when all have answered, or the
// rest has not, some time after the first good answer; what still runs then goes on
// until it ends by itself.
func gatherAny[T any](ctx context.Context, p *pool, servers []*server, question func(*server, context.Context) (T, error)) []result[T] {
	type numbered struct {
		result[T]
		i int
	}
	answers := make(chan numbered, len(servers))
	results := make([]result[T], len(servers))
	for i, s := range servers {
		results[i].err = fmt.Errorf("RPC server %s: %w", s.name, endpoint.Outage("no answer in time"))
		p.work.Go(func() {
			v, err := question(s, p.life)
			answers <- numbered{result[T]{v, err}, i}
		})
	}
	var late <-chan time.Time
	for range servers {
		select {
		case a := <-answers:
			results[a.i] = a.result
			if a.err == nil && late == nil {
				timer := time.NewTimer(patience)
				defer timer.Stop()
				late = timer.C
			}
		case <-late:
			return results
		case <-ctx.Done():
			return results
		}
	}
	return results
}

// joined is several errors, in one line.
type joined []error

func (e joined) Error() string {
	texts := make([]string, len(e))
	for i, err := range e {
		texts[i] = err.Error()
	}
	return strings.Join(texts, "; ")
}

func (e joined) Unwrap() []error { return e }
