package serving

import (
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/anchor/role"
	"github.com/hallmark-node/hallmark/anchor/store"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// viewKey names a batch for one issuer and home.
type viewKey struct {
	batch  uint64
	issuer verifier.Address
	home   verifier.Home
}

// batchView is what is stored of a batch for one issuer. It is immutable but for
// checked.
type batchView struct {
	batch  store.Batch
	status client.Status // without an id
	chains []*chainView  // if it is final: on which it is, the home chain first

	checked atomic.Uint64 // the store's version when it was last known to be current
}

// chainView is what is stored of a batch that is final on one chain, for one issuer.
// It is immutable.
type chainView struct {
	home     verifier.Home
	evidence store.Evidence
	anchor   verifier.Anchor // the evidence, without status entries
	changed  uint64          // number of the final block that last changed what the registry says of the issuer
	err      error           // why there is no evidence
}

func newChainView(home verifier.Home, e *store.Evidence, changed uint64) *chainView {
	return &chainView{home: home, evidence: *e, anchor: *e.Anchor(home), changed: changed}
}

// current reports whether the evidence is newer than the issuer's last status change
// and not older than age.
func (c *chainView) current(age time.Duration) bool {
	return c.evidence.Number >= c.changed && time.Since(role.Millis(c.evidence.FetchedAt)) < age
}

// same reports whether nothing has changed.
func (c *chainView) same(other *chainView) bool {
	return c.home == other.home && c.err == nil && other.err == nil && c.changed == other.changed &&
		c.evidence.Hash == other.evidence.Hash && c.evidence.FetchedAt == other.evidence.FetchedAt
}

// view returns what is stored of a batch for the issuer and the home of one of its
// submissions. While nothing of it changes, it returns the same.
func (srv *Serving) view(r *store.Submission, b *store.Batch) (*batchView, error) {
	key := viewKey{b.Number, r.Issuer, r.Home()}
	// Before anything is read: what is written later counts as a change.
	version, settled := srv.store.Version(b.Number, r.Issuer)
	old, ok := srv.views.peek(key)
	if ok && settled && old.checked.Load() == version {
		return old, nil
	}
	now, err := srv.readView(r, b, old)
	if err != nil {
		return nil, err
	}
	same := ok && slices.Equal(old.chains, now.chains) && sameIn(&old.status, &now.status)
	if same {
		now = old
	}
	if settled && now.status.State == publish.Final { // the others soon change
		now.checked.Store(version)
		if !same {
			srv.views.put(key, now)
		}
	}
	return now, nil
}

// sameIn reports whether a proof says the same of two states.
func sameIn(a, b *client.Status) bool {
	transaction := func(s *client.Status) merkle.Hash {
		if s.Transaction == nil {
			return merkle.Hash{}
		}
		return *s.Transaction
	}
	return a.State == b.State && transaction(a) == transaction(b)
}

// readView reads a view from the store. What has not changed since old, which may be nil,
// it takes from there.
func (srv *Serving) readView(r *store.Submission, b *store.Batch, old *batchView) (*batchView, error) {
	status, err := srv.statusIn(r, b)
	if err != nil {
		return nil, err
	}
	v := &batchView{batch: *b, status: status}
	if status.State != publish.Final {
		return v, nil
	}
	for _, on := range status.Chains {
		if on.State != publish.Final {
			continue
		}
		c, err := srv.readChainView(on.Home, r, b)
		if err != nil {
			return nil, err
		}
		if old != nil {
			if i := slices.IndexFunc(old.chains, c.same); i >= 0 {
				c = old.chains[i]
			}
		}
		if on.Home.Chain == r.Chain {
			v.chains = slices.Insert(v.chains, 0, c)
		} else {
			v.chains = append(v.chains, c)
		}
	}
	return v, nil
}

func (srv *Serving) readChainView(home verifier.Home, r *store.Submission, b *store.Batch) (*chainView, error) {
	e, err := srv.store.Evidence(home.Chain, b.Number, r.Issuer)
	if err != nil {
		err = fmt.Errorf("evidence of batch %d on %s: %w", b.Number, home.Chain, err)
		if role.Missing(err) {
			return &chainView{home: home, err: err}, nil
		}
		return nil, err
	}
	changed, err := srv.store.Changed(home.Chain, r.Issuer)
	return newChainView(home, &e, changed), err
}
