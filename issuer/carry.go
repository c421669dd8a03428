package issuer

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/internal/fault"
	"github.com/hallmark-node/hallmark/verifier"
	"github.com/hallmark-node/hallmark/verifier/renew"
)

// ErrHomeUnreachable says that no server answers for the home chain, so that nothing but the
// issuer's own word says that a [HomeRecord] is the last one.
var ErrHomeUnreachable = errors.New("the home chain cannot be asked")

// HomeRecord is what proofs show of an issuer in its home registry, for [Registry.Carry] to
// repeat on another chain once the home chain has died. It does not change.
type HomeRecord struct {
	Path   string // of the newest proof, which shows State
	Issuer verifier.Address
	Home   verifier.Home
	State  verifier.RegistryState

	proofs []*ProofFile          // may come with archives that hold the status list
	late   []verifier.StatusItem // submissions of the proofs that were anchored when the key was retired
}

// ReadHomeRecord reads the home entries of proofs, at least one, which must be of one issuer
// and one home, and of blocks that the trust store vouches for.
func ReadHomeRecord(proofs []*ProofFile, trust *verifier.Trust) (*HomeRecord, error) {
	first := proofs[0].Submission
	// The home chain counts here, also if the store names its successor already.
	alone := *trust
	if known := alone.Chains[first.Home.Chain]; known != nil {
		living := *known
		living.Successor = verifier.Successor{}
		alone.Chains = maps.Clone(alone.Chains)
		alone.Chains[first.Home.Chain] = &living
	}
	v, err := verifier.New(verifier.Options{Trust: &alone, Now: time.Now})
	if err != nil {
		return nil, err
	}
	last := &HomeRecord{Issuer: first.Issuer, Home: first.Home, proofs: proofs}
	states := make([]verifier.RegistryState, len(proofs))
	for i, p := range proofs {
		if p.Submission.Issuer != first.Issuer || p.Submission.Home != first.Home {
			return nil, fault.Input("%s is of another issuer or home than %s: carry them over one after the other", p.Path, proofs[0].Path)
		}
		if states[i], err = homeState(v, p); err != nil {
			return nil, err
		}
		if i == 0 || states[i].Header.Number > last.State.Header.Number {
			last.Path, last.State = p.Path, states[i]
		}
	}
	for i, p := range proofs {
		if from := last.State.RetiredFrom; from != 0 && states[i].AnchoredAt >= from {
			late := []verifier.StatusItem{{ID: SubmissionRoot(p.Proof), Code: verifier.StatusRevoked}}
			last.late = verifier.MergeStatusItems(last.late, late)
		}
	}
	return last, nil
}

// homeState returns what a proof shows of its home registry, if v accepts its evidence.
func homeState(v *verifier.Verifier, p *ProofFile) (verifier.RegistryState, error) {
	sub := p.Submission
	a, err := p.On(sub.Home.Chain)
	if err != nil {
		return verifier.RegistryState{}, err
	}
	unproven := fmt.Sprintf("%s does not prove what %s had said on %s", p.Path, sub.Issuer, sub.Home.Chain)
	if err := renew.WantAnchored(v.Verify(p.Proof, nil)); err != nil {
		return verifier.RegistryState{}, fmt.Errorf("%s: %w", unproven, err)
	}
	state, err := a.Read(BatchRoot(p.Proof), sub.Issuer)
	if err != nil {
		err = fmt.Errorf("%s: %w", unproven, err)
	}
	return state, err
}

// CheckLast makes sure by the home chain that nothing was said there after the record.
// The error is [ErrHomeUnreachable] if the node has no server of that chain that answers.
func (r *HomeRecord) CheckLast(ctx context.Context, node *client.Client) error {
	health, err := node.Health(ctx)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(health.Chains, func(h client.ChainHealth) bool { return h.Home == r.Home && h.RPCError == "" }) {
		return ErrHomeUnreachable
	}
	now, err := node.StatusList(ctx, r.Home, r.Issuer)
	switch {
	case err != nil:
		return err
	case !Idle(now):
		return fault.Remedy(fmt.Errorf("a %s statement of %s is on its way to %s", now.Pending.Kind, r.Issuer, r.Home),
			"once it is final there, hallmark refresh %s, pin its block and repeat", r.Path)
	case now.Version != r.State.Version || now.Root != r.State.StatusRoot || now.RetiredFrom != r.State.RetiredFrom:
		return fault.Remedy(fmt.Errorf("%s shows what %s had said by block %d, and something was said on %s since",
			r.Path, r.Issuer, r.State.Header.Number, r.Home.Chain), "hallmark refresh --wait %s, pin its block and repeat", r.Path)
	}
	return nil
}

// Retires reports whether the key was retired at home and is not in the registry that status
// is of: then [Registry.Retire] follows [Registry.Carry].
func (r *HomeRecord) Retires(status *client.IssuerStatus) bool {
	return r.State.RetiredFrom != 0 && status.RetiredFrom == 0
}

// Carry puts the list of an issuer's home on top of what it has listed in this registry, and
// returns once that is in a block. An issuer without a list signs an empty one, since on a
// chain that takes over silence is not an answer. Where the key is to be retired afterwards
// all that was anchored at home must be final here before. items are of [HomeRecord.List],
// status is of [Registry.Status]; version and changed are as those of [Registry.Change].
func (r *Registry) Carry(
	ctx context.Context, last *HomeRecord, items []verifier.StatusItem, status *client.IssuerStatus,
) (version uint64, changed bool, err error) {
	if last.Retires(status) {
		// What is anchored here only after the retirement is not believed.
		if err := r.checkAnchored(ctx, last.Home.Chain); err != nil {
			return 0, false, err
		}
	}
	return r.Change(ctx, func(old []verifier.StatusItem) ([]verifier.StatusItem, error) {
		merged := verifier.MergeStatusItems(old, items)
		if slices.Equal(merged, old) && status.Version > 0 {
			return nil, nil
		}
		return merged, nil // also if it is empty: that ends the silence
	})
}

// checkAnchored makes sure that all that the node anchored on another chain is final on
// that of the registry.
func (r *Registry) checkAnchored(ctx context.Context, from verifier.ChainID) error {
	for after := uint64(0); ; {
		page, err := r.Node.Batches(ctx, after, 1000)
		if err != nil {
			return err
		}
		for _, b := range page.Batches {
			there, final := false, false
			for _, s := range b.Chains {
				there = there || s.Home.Chain == from
				final = final || s.Home.Chain == r.Home.Chain && s.State == publish.Final
			}
			if there && !final {
				return fault.Remedy(
					fmt.Errorf("batch %s is not final on %s: the key would be retired there before it was anchored", b.Root, r.Home.Chain),
					"the operator of the node runs hallmark reanchor first")
			}
		}
		if after = page.Next; after == 0 {
			return nil
		}
	}
}
