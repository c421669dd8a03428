package issuer

import (
	"fmt"
	"slices"

	"github.com/hallmark-node/hallmark/internal/fault"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// StatusTarget is what is to be changed in one registry, see [Registry.SetStatus].
type StatusTarget struct {
	Issuer verifier.Address
	Home   verifier.Home // of the proofs
	IDs    []merkle.Hash // ascending, none twice
}

// StatusTargets sorts proofs, at least one and all of one issuer, by their homes. ids returns
// what a proof stands for in a status list: see [ProofFile.Leaves] and [SubmissionRoot].
func StatusTargets(proofs []*ProofFile, ids func(*ProofFile) ([]merkle.Hash, error)) ([]StatusTarget, error) {
	var targets []StatusTarget
	first := proofs[0].Submission
	for _, p := range proofs {
		if err := Sound(p.Proof, nil); err != nil {
			return nil, fmt.Errorf("%s does not hold: %w", p.Path, err)
		}
		if p.Submission.Issuer != first.Issuer {
			return nil, fault.Input("%s is of another issuer than %s: change them one after the other", p.Path, proofs[0].Path)
		}
		some, err := ids(p)
		if err != nil {
			return nil, err
		}
		if len(some) == 0 {
			continue // nothing was chosen in this group of an archive
		}
		at := slices.IndexFunc(targets, func(t StatusTarget) bool { return t.Home == p.Submission.Home })
		if at < 0 {
			at = len(targets)
			targets = append(targets, StatusTarget{Issuer: first.Issuer, Home: p.Submission.Home})
		}
		targets[at].IDs = append(targets[at].IDs, some...)
	}
	for i := range targets {
		t := &targets[i]
		slices.SortFunc(t.IDs, merkle.Compare)
		t.IDs = slices.Compact(t.IDs)
		if len(t.IDs) > verifier.MaxStatusItems {
			return nil, fault.Remedy(fault.Input("%d credentials are more than a status list holds", len(t.IDs)),
				"--submission lists whole submissions")
		}
	}
	return targets, nil
}
