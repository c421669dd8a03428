// Package pipeline brings what the store holds onto chains, and follows it until it is final:
// batches, and the statements of issuers that are relayed. On each chain one [Writer] does so,
// the only one that signs and sends there.
//
// In the order of the way of a batch:
//
//   - pipeline.go, config.go, bind.go: which chains there are, and which one each RPC server
//     is of;
//   - writer.go: a writer looks at its chain, and takes up each operation that is not closed;
//   - decide.go: one pure function says which step comes next for an operation;
//   - advance.go, fees.go: that step is taken, for a fee within the operator's limits;
//   - reorg.go: what was final and was reorged out is opened again;
//   - evidence.go: the chain's proof is taken, verified and written down;
//   - vouch.go: vouchers that the block of the evidence is final are added when they can be had;
//   - statement.go, relay.go: issuers' status lists and other signed statements are taken, and
//     relayed by the same writers; for whom and in what order relay.go says;
//   - reanchor.go: old batches are put on another chain;
//   - health.go, clock.go: what a writer saw last, for operators.
package pipeline

import (
	"context"
	"log/slog"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/hallmark-node/hallmark/anchor/role"
	"github.com/hallmark-node/hallmark/anchor/store"
	"github.com/hallmark-node/hallmark/verifier"
)

// Pipeline brings batches and statements onto chains. Its methods but Run and Close may be
// called by many goroutines. In a process that does not write Run is not called: there it takes
// statements, which the writer of another process finds in the store.
type Pipeline struct {
	// Writers are those of the chains, in the order of the configuration. Constant.
	Writers []*Writer

	config Config
	log    *slog.Logger
	store  *store.Store
	disk   *role.Disk
	homes  role.Homes                         // of the writers
	bound  map[verifier.ChainID]verifier.Home // chains that the folder is bound to, also those no longer configured

	largeList sync.Mutex // held while the root of a large status list is computed
}

// Open connects to the chains and binds the store to those that are new to it. A chain may be
// out of reach, or its server show no registry, if the store knows it.
func Open(ctx context.Context, config Config, s *store.Store, disk *role.Disk) (*Pipeline, error) {
	p := &Pipeline{config: config, log: config.Log, store: s, disk: disk, bound: make(map[verifier.ChainID]verifier.Home)}
	if err := p.start(ctx); err != nil {
		p.Close()
		return nil, err
	}
	for _, w := range p.Writers {
		p.homes = append(p.homes, w.home)
	}
	return p, nil
}

// Run sends transactions on each chain, follows them until they are final, and takes
// evidence, until ctx is done: on those chains of which this process holds the lease. It returns an
// error only if the store fails.
func (p *Pipeline) Run(ctx context.Context) error {
	work, ctx := errgroup.WithContext(ctx)
	for _, w := range p.Writers {
		work.Go(func() error { return p.config.Leases.Run(ctx, w.leaseName(), w.lead) })
	}
	return work.Wait()
}

// Close ends the connections to the chains. Nothing else may be running.
func (p *Pipeline) Close() {
	for _, w := range p.Writers {
		w.client.Close()
	}
}

// fatalStoreError marks an error of the store, which is not to be retried.
type fatalStoreError struct{ err error }

func (e *fatalStoreError) Error() string { return e.err.Error() }
func (e *fatalStoreError) Unwrap() error { return e.err }

func storeError(err error) error {
	if err == nil {
		return nil
	}
	return &fatalStoreError{err}
}
