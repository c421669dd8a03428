// Package serving answers readers: where submissions and batches stand, proofs, what chains
// say of issuers, and published blocks. It reads the store, and asks a [Chain] only for what
// has to be newer than that. All it keeps in memory is what it has read, so that any number
// of processes can serve from one store.
//
// In the order in which a proof is put together:
//
//   - submission.go, batch.go: where submissions and batches stand, from the records;
//   - shared.go: what the proofs of a submission share is read once, and used until
//     a write could have changed it;
//   - evidence.go: newer evidence is asked for where what is stored is stale;
//   - proof.go: path, evidence and status entries become a proof;
//   - status.go, lists.go, records.go: issuers' status lists, beside what the chain says of them;
//   - hops.go: what leads from one sync committee to the next;
//   - together.go: callers that want the same share one request.
package serving

import (
	"context"
	"log/slog"
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/sync/semaphore"
	"golang.org/x/sync/singleflight"

	"github.com/hallmark-node/hallmark/anchor/chain"
	"github.com/hallmark-node/hallmark/anchor/role"
	"github.com/hallmark-node/hallmark/anchor/store"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// Chain is what readers need of a chain beside the store. Its methods are called by many
// goroutines.
type Chain interface {
	// Home is the registry.
	Home() verifier.Home
	// Newest returns the newest block that the pipeline has seen, or why its newest look
	// failed: the zero Hash while it does not look.
	Newest() (merkle.Hash, error)
	// Issuer reads an issuer's record at the newest block. Errors wrap [role.ErrUnavailable].
	Issuer(ctx context.Context, issuer verifier.Address) (chain.IssuerRecord, chain.Block, error)
	// Refresh returns evidence of a batch for the issuer of a submission at the newest final
	// block, and stores it: what is stored if there is no newer block. Without fresh, what is
	// stored with a voucher is only given up for other evidence with one, or because it no
	// longer holds.
	Refresh(ctx context.Context, b *store.Batch, s *store.Submission, stored *store.Evidence, fresh bool) (*store.Evidence, error)
}

// Serving answers readers. Its methods may be called by many goroutines, until Close.
type Serving struct {
	log   *slog.Logger
	store *store.Store
	age   time.Duration // evidence older than that is fetched again

	// In the order of the configuration; constant.
	chains  []Chain
	records []*records
	homes   role.Homes
	bound   map[verifier.ChainID]verifier.Home // chains that the folder is bound to, also those no longer configured

	changes notifier // something that readers can see has changed

	// What was read lately. These lock themselves, for moments.
	lists  *listCache
	served *lru.Cache[merkle.Hash, *sharedProof] // by submission id

	asking singleflight.Group  // see together
	trees  *semaphore.Weighted // for making those of status lists

	life    context.Context // until Close
	end     context.CancelFunc
	readers sync.WaitGroup // goroutines that read the store
}

// New serves from a store. Evidence that is older than age is stale. The chains have to be
// in the store already, and are asked about what is newer.
func New(s *store.Store, chains []Chain, age time.Duration, log *slog.Logger) (*Serving, error) {
	known, err := s.Chains()
	if err != nil {
		return nil, err
	}
	srv := &Serving{
		log: log, store: s, age: age, chains: chains, bound: make(map[verifier.ChainID]verifier.Home),
		lists: newListCache(), served: newLRU[merkle.Hash, *sharedProof](maxShared), trees: semaphore.NewWeighted(listsAtOnce),
	}
	srv.life, srv.end = context.WithCancel(context.Background())
	for _, c := range known {
		srv.bound[c.Chain] = c.Home()
	}
	for _, c := range chains {
		srv.homes, srv.records = append(srv.homes, c.Home()), append(srv.records, newRecords())
	}
	srv.changes.changed = make(chan struct{})
	return srv, nil
}

// newLRU returns a cache of the values used last.
func newLRU[K comparable, V any](size int) *lru.Cache[K, V] {
	c, err := lru.New[K, V](size)
	if err != nil { // the size is positive
		panic(err)
	}
	return c
}

// Changed wakes those who watch submissions.
func (srv *Serving) Changed() { srv.changes.notify() }

// Close ends all watches and waits for what reads the store. No other method may be running.
func (srv *Serving) Close() {
	srv.end()
	srv.readers.Wait()
}
