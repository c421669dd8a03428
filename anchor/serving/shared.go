package serving

import (
	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/anchor/role"
	"github.com/hallmark-node/hallmark/anchor/store"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// Most proofs that a node serves are of batches that are final, and are asked for
// again and again while nothing changes. What the proofs of a batch share is read
// once, and used until a write could have changed it.

// Bounds of these caches, in entries. A view has some 20 KB of evidence for each chain. A
// shared proof holds a record, one path and the view of its batch, which may have left the
// cache of views: 100 MB for all, if each has a batch of its own.
const (
	maxViews  = 1 << 10
	maxShared = 1 << 12
)

// sharedProof is what the proofs of all leaves of a submission share. It is immutable.
type sharedProof struct {
	proof  client.LeafProof // without the submission's path, and without anchors
	record store.Submission
	view   *batchView // nil until the submission is in a batch
}

// shared returns what the proofs of a submission share.
func (srv *Serving) shared(r *store.Submission, id merkle.Hash) (*sharedProof, error) {
	known, ok := srv.served.peek(id)
	var batch *store.Batch
	if ok {
		batch = &known.view.batch
	} else {
		b, err := srv.store.BatchOf(r.Sequence)
		if role.Missing(err) {
			return newShared(r, id, publish.Accepted), nil
		}
		if err != nil {
			return nil, err
		}
		batch = &b
	}
	view, err := srv.view(r, batch)
	if err != nil {
		return nil, err
	}
	if ok && view == known.view {
		return known, nil
	}
	p := newShared(r, id, view.status.State)
	p.view = view
	if p.proof.State != publish.Final {
		return p, nil
	}
	path, err := srv.store.BatchPath(batch, id)
	if err != nil {
		return nil, err
	}
	p.proof.Batch = &verifier.Batch{Path: path}
	if view.status.Transaction != nil {
		p.proof.Hints = &verifier.Hints{Transaction: view.status.Transaction.String()}
	}
	srv.served.put(id, p)
	return p, nil
}

func newShared(r *store.Submission, id merkle.Hash, state publish.State) *sharedProof {
	return &sharedProof{record: *r, proof: client.LeafProof{State: state, SubmissionID: id, Submission: verifier.Submission{
		Issuer: r.Issuer, Home: r.Home(), Count: r.Count, IssuedAt: r.IssuedAt, Signature: r.Signature,
	}}}
}
