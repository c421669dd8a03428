package serving

import (
	"context"
	"sync"

	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/anchor/role"
	"github.com/hallmark-node/hallmark/anchor/store"
	"github.com/hallmark-node/hallmark/merkle"
)

// Submission returns where a submission stands, or [role.ErrNotFound].
func (srv *Serving) Submission(_ context.Context, id merkle.Hash) (client.Status, error) {
	r, err := srv.store.Submission(id)
	if err != nil {
		return client.Status{}, role.NotFound(err)
	}
	return srv.status(&r)
}

// status says where a submission stands.
func (srv *Serving) status(r *store.Submission) (client.Status, error) {
	b, err := srv.store.BatchOf(r.Sequence)
	if err != nil && !role.Missing(err) {
		return client.Status{}, err
	}
	s := client.Status{State: publish.Accepted, Since: role.Millis(r.AcceptedAt)}
	if err == nil {
		if s, err = srv.statusIn(r, &b); err != nil {
			return s, err
		}
	}
	s.ID = r.ID()
	return s, nil
}

// statusIn is status of a submission in a batch, but for its id.
func (srv *Serving) statusIn(r *store.Submission, b *store.Batch) (s client.Status, err error) {
	s.State, s.Since, s.Batch = publish.Batched, role.Millis(b.SealedAt), &b.Root
	if s.Chains, err = srv.chainStatus(b); err != nil {
		return s, err
	}
	// Where nothing is written nothing changes: then the chain counts
	// on which it has come farthest.
	unconfigured := srv.homes.On(r.Chain) < 0
	for _, c := range s.Chains {
		if !unconfigured && c.Home == r.Home() || unconfigured && order(c.State) > order(s.State) {
			s.State, s.Since, s.Transaction, s.Block = c.State, c.Since, c.Transaction, c.Block
		}
	}
	return s, nil
}

// chainStatus says how far a batch has come on each chain that it goes to.
func (srv *Serving) chainStatus(b *store.Batch) ([]client.ChainState, error) {
	list, err := srv.store.BatchOperations(b.Number)
	if err != nil {
		return nil, err
	}
	out := make([]client.ChainState, len(list))
	for i := range list {
		o := &list[i]
		out[i] = client.ChainState{
			Home: srv.bound[o.Chain], State: o.State, Transaction: o.Transaction(), Block: blockNumber(o), Since: role.Millis(o.Since),
		}
	}
	return out, nil
}

func blockNumber(o *store.Operation) *uint64 {
	if s := o.State; s != publish.Mined && s != publish.Final || o.Block.Number == 0 {
		return nil
	}
	return new(o.Block.Number)
}

// Watch returns a submission's status now and after each change. The channel is
// closed once the submission is final, ctx is done or the node is closed. An unknown id is [role.ErrNotFound].
func (srv *Serving) Watch(ctx context.Context, id merkle.Hash) (<-chan client.Status, error) {
	changed := srv.changes.next()
	last, err := srv.Submission(ctx, id)
	if err != nil {
		return nil, err
	}
	out := make(chan client.Status, 1)
	out <- last
	srv.readers.Go(func() {
		defer close(out)
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		defer context.AfterFunc(srv.life, cancel)()
		for last.State != publish.Final {
			select {
			case <-changed:
			case <-ctx.Done():
				return
			}
			changed = srv.changes.next()
			now, err := srv.Submission(ctx, id)
			if err != nil {
				return
			}
			if now.State == last.State && now.Since.Equal(last.Since) {
				continue
			}
			last = now
			select {
			case out <- now:
			case <-ctx.Done():
				return
			}
		}
	})
	return out, nil
}

// notifier tells any number of goroutines that something has changed.
type notifier struct {
	mu      sync.Mutex
	changed chan struct{} // closed at the next change
}

// next returns a channel that is closed at the next change.
func (c *notifier) next() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.changed
}

func (c *notifier) notify() {
	c.mu.Lock()
	defer c.mu.Unlock()
	close(c.changed)
	c.changed = make(chan struct{})
}
