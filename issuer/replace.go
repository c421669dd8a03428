package issuer

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/ipfs/go-cid"

	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/internal/fault"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// ErrReplaced says that a credential is replaced already, by another one.
var ErrReplaced = errors.New("is replaced already")

// CheckReplace makes sure that next can take the place of a credential before anything is handed
// in. It reads the proof that next has already, if any. already says that the registry's list has
// it so; status is the registry's. Then follow [Submitter.Submit] and [Registry.Replace], so that
// whatever interrupts them, all three may be called again: what revokes the old credential comes
// last. Errors: [ErrReplaced], [verifier.ErrNoPointer].
func (r *Registry) CheckReplace(
	ctx context.Context, old *verifier.Proof, next *Credential,
) (status client.IssuerStatus, already bool, err error) {
	if next.CID.Equals(old.Credential) {
		return status, false, fault.Remedy(fault.Input("%s is the credential that is to be replaced: %s", next.From, next.CID),
			"name what replaces it; a change of white space or of a signature alone is none")
	}
	if _, err := verifier.Pointer(old.Leaf(), old.Salt, next.CID); err != nil {
		return status, false, err
	}
	if err := next.readEarlier(); err != nil {
		if errors.Is(err, ErrInTheWay) {
			err = fault.Remedy(err, "give the new credential another name than the old one, or its proof another folder")
		}
		return status, false, err
	}
	if status, err = r.list(ctx); err != nil {
		return status, false, err
	}
	items, err := withReplaced(status.Items, old, next.CID)
	if err != nil {
		return status, false, err
	}
	if p := next.Proof; p != nil && p.Submission.Issuer == r.Issuer && p.Submission.Home == old.Submission.Home {
		for _, item := range status.Items {
			if item.ID == p.Leaf() || item.ID == SubmissionRoot(p) {
				return status, false, fault.Remedy(fmt.Errorf("%s is the proof of a credential that is not good itself", next.Path),
					"reinstate that one, or move its proof away to submit it anew")
			}
		}
	}
	return status, items == nil, nil
}

// Replace lists a credential as revoked and replaced by another one, and returns once that is in a
// block. version and changed are as those of [Registry.Change]. Errors: as [Registry.CheckReplace].
func (r *Registry) Replace(ctx context.Context, old *verifier.Proof, next cid.Cid) (version uint64, changed bool, err error) {
	return r.Change(ctx, func(items []verifier.StatusItem) ([]verifier.StatusItem, error) {
		return withReplaced(items, old, next)
	})
}

// withReplaced returns a status list by which next replaces a credential, ascending; nil if it is
// one already.
func withReplaced(items []verifier.StatusItem, old *verifier.Proof, next cid.Cid) ([]verifier.StatusItem, error) {
	leaf := old.Leaf()
	switch by, ok := verifier.ReplacedBy(items, leaf, old.Salt); {
	case ok && by.Equals(next):
		return nil, nil
	case ok:
		return nil, fault.Remedy(fmt.Errorf("%s %w, by %s", old.Credential, ErrReplaced, by),
			"replace that one, or take it back first with hallmark reinstate")
	}
	added, err := verifier.Pointer(leaf, old.Salt, next)
	if err != nil {
		return nil, err
	}
	added = append(added, verifier.StatusItem{ID: leaf, Code: verifier.StatusRevoked})
	slices.SortFunc(added, func(a, b verifier.StatusItem) int { return merkle.Compare(a.ID, b.ID) })
	rest := slices.DeleteFunc(verifier.WithoutPointers(items, leaf), func(i verifier.StatusItem) bool { return i.ID == leaf })
	return verifier.MergeStatusItems(rest, added), nil
}
