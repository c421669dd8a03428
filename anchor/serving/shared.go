package serving

import (
	"bytes"
	"fmt"
	"reflect"
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

// Most proofs that a node serves are of submissions that are final, and are asked for again
// and again while nothing changes. What the proofs of a submission share is read once, and
// used until a write could have changed it.

// maxShared bounds what is kept, in submissions. Each has some 20 KB of evidence for each
// chain: 100 MB for all.
const maxShared = 1 << 12

// sharedProof is what the proofs of all leaves of a submission share. It is immutable but
// for checked.
type sharedProof struct {
	proof  client.LeafProof // without the submission's path, and without anchors
	record store.Submission
	batch  store.Batch  // zero until the submission is in one
	chains []*chainView // if it is final: on which it is, the home chain first

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
		c.evidence.Hash == other.evidence.Hash && c.evidence.FetchedAt == other.evidence.FetchedAt &&
		bytes.Equal(c.evidence.Beacon, other.evidence.Beacon) && slices.Equal(c.evidence.Cosignatures, other.evidence.Cosignatures)
}

// shared returns what the proofs of a submission share. While nothing of it changes, it
// returns the same.
func (srv *Serving) shared(r *store.Submission, id merkle.Hash) (*sharedProof, error) {
	old, ok := srv.served.Get(id)
	var batch store.Batch
	if ok {
		batch = old.batch
	} else {
		var err error
		if batch, err = srv.store.BatchOf(r.Sequence); role.Missing(err) {
			return newShared(r, id, publish.Accepted), nil
		} else if err != nil {
			return nil, err
		}
	}
	// Before anything is read: what is written later counts as a change.
	version, settled := srv.store.Version(batch.Number, r.Issuer)
	if ok && settled && old.checked.Load() == version {
		return old, nil
	}
	now, err := srv.readShared(r, id, &batch, old)
	if err != nil || !settled || now.proof.State != publish.Final { // the other states soon change
		return now, err
	}
	now.checked.Store(version)
	if now != old {
		srv.served.Add(id, now)
	}
	return now, nil
}

// readShared reads from the store what the proofs of a submission in a batch share. What has
// not changed since old, which may be nil, it takes from there.
func (srv *Serving) readShared(r *store.Submission, id merkle.Hash, b *store.Batch, old *sharedProof) (*sharedProof, error) {
	status, err := srv.statusIn(r, b)
	if err != nil {
		return nil, err
	}
	p := newShared(r, id, status.State)
	p.batch = *b
	if status.State != publish.Final {
		return p, nil
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
			p.chains = slices.Insert(p.chains, 0, c)
		} else {
			p.chains = append(p.chains, c)
		}
	}
	if status.Transaction != nil {
		p.proof.Hints = &verifier.Hints{Transaction: status.Transaction.String()}
	}
	if old != nil {
		if slices.Equal(old.chains, p.chains) && reflect.DeepEqual(old.proof.Hints, p.proof.Hints) {
			return old, nil
		}
		p.proof.Batch = old.proof.Batch
		return p, nil
	}
	path, err := srv.store.BatchPath(b, id)
	p.proof.Batch = &verifier.Batch{Path: path}
	return p, err
}

func newShared(r *store.Submission, id merkle.Hash, state publish.State) *sharedProof {
	return &sharedProof{record: *r, proof: client.LeafProof{State: state, SubmissionID: id, Submission: verifier.Submission{
		Issuer: r.Issuer, Home: r.Home(), Count: r.Count, IssuedAt: r.IssuedAt, Signature: r.Signature,
	}}}
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
