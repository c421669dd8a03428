package serving

import (
	"context"
	"fmt"

	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/anchor/role"
	"github.com/hallmark-node/hallmark/anchor/store"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// maxSearched is how many submissions one request looks through for those of an issuer: there
// is no index of them.
const maxSearched = 20_000

// NewestBatch returns the number of the newest batch, zero if there is none.
func (srv *Serving) NewestBatch() (uint64, error) { return srv.store.LastBatch() }

// BatchSubmissions lists up to limit submissions of a batch in the order of acceptance, after
// the one numbered after (zero: from the first). An unknown root is [role.ErrNotFound].
func (srv *Serving) BatchSubmissions(_ context.Context, root merkle.Hash, after uint64, limit int) (page client.SubmissionPage, err error) {
	b, err := srv.store.BatchByRoot(root)
	if err != nil {
		return page, fmt.Errorf("batch %s: %w", root, role.NotFound(err))
	}
	first := max(b.First, after+1)
	if after >= b.Last {
		return page, nil
	}
	last := min(b.Last, first+uint64(limit)-1)
	list := make([]store.Submission, 0, last-first+1)
	err = srv.store.Submissions(first, last, func(r *store.Submission) bool {
		list = append(list, *r)
		return true
	})
	if err != nil {
		return page, err
	}
	if last < b.Last {
		page.Next = last
	}
	for i := range list {
		s, err := srv.statusIn(&list[i], &b)
		if err != nil {
			return page, err
		}
		page.Submissions = append(page.Submissions, summary(&list[i], &s))
	}
	return page, nil
}

// IssuerSubmissions lists up to limit submissions of an issuer, the newest first, that were
// accepted before the one numbered before (zero: all). It looks through maxSearched at most:
// Next says where to go on, also if none was found.
func (srv *Serving) IssuerSubmissions(
	_ context.Context, issuer verifier.Address, before uint64, limit int,
) (page client.SubmissionPage, err error) {
	accepted, err := srv.store.Accepted()
	if err != nil {
		return page, err
	}
	if before == 0 || before > accepted {
		before = accepted + 1
	}
	var list []store.Submission
	searched, last := 0, before
	err = srv.store.SubmissionsBack(before, func(r *store.Submission) bool {
		if searched++; r.Issuer == issuer {
			list = append(list, *r)
		}
		last = r.Sequence
		return len(list) < limit && searched < maxSearched
	})
	if err != nil {
		return page, err
	}
	if last > 1 && (len(list) == limit || searched == maxSearched) {
		page.Next = last
	}
	for i := range list {
		s, err := srv.status(&list[i])
		if err != nil {
			return page, err
		}
		page.Submissions = append(page.Submissions, summary(&list[i], &s))
	}
	return page, nil
}

func summary(r *store.Submission, s *client.Status) client.SubmissionSummary {
	return client.SubmissionSummary{
		Number: r.Sequence, ID: r.ID(), Issuer: r.Issuer, Home: r.Home(), Root: r.Root, Count: r.Count, IssuedAt: r.IssuedAt,
		AcceptedAt: role.Millis(r.AcceptedAt), State: s.State, Since: s.Since, Batch: s.Batch,
	}
}
