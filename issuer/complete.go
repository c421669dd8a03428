package issuer

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"reflect"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/credential"
	"github.com/hallmark-node/hallmark/internal/durable"
	"github.com/hallmark-node/hallmark/internal/fault"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// Outcome is what became of one proof.
type Outcome struct {
	Proof *ProofFile
	State publish.State // how far its submission has come
	Err   error
}

// Complete replaces the file of a pending proof by the complete proof, if there is
// one yet, and returns how far its submission has come. The error is [ErrRetired] if it is
// complete and of no use. Of an archive's group it is [FlushAll] that writes.
func (p *ProofFile) Complete(ctx context.Context, node *client.Client) (publish.State, error) {
	part, err := node.ProofIn(ctx, SubmissionID(p.Proof), p.Leaf(), false)
	if client.NotFound(err) {
		return "", fault.Remedy(fmt.Errorf("the node at %s does not know the submission of %s: perhaps it was never sent there",
			node.URL(), p.Path),
			"run hallmark submit again with all files of that submission: it sends the same one again")
	}
	if err != nil {
		return "", err
	}
	if part.State != publish.Final {
		return part.State, nil
	}
	if err := p.replace(part); err != nil {
		return part.State, err
	}
	return part.State, p.checkRetired()
}

// checkRetired returns an error if a complete proof is of a key that its home says was
// retired by then: it is complete, and nobody will take it for valid.
func (p *ProofFile) checkRetired() error {
	a, err := p.On(p.Submission.Home.Chain)
	if err != nil {
		return nil //nolint:nilerr // another chain decides, or none yet
	}
	state, err := a.Read(BatchRoot(p.Proof), p.Submission.Issuer)
	if err != nil || state.RetiredFrom == 0 || !state.Anchored || state.AnchoredAt < state.RetiredFrom {
		return err
	}
	return fault.Remedy(fmt.Errorf("%w: %s is retired from %s on, and %s was anchored at %s",
		ErrRetired, p.Submission.Issuer, utc(state.RetiredFrom), p.Path, utc(state.AnchoredAt)),
		"submit the credentials again with a key that is in use")
}

// ErrRetired says that a proof is complete and of no use.
var ErrRetired = errors.New("the proof is complete, but the issuer's key was retired before")

// replace writes the file of a proof anew with what a node says of it, once that is
// checked: it must be of the same submission, and hold together. Of an archive's group
// it notes what all proofs share, which [FlushAll] writes.
func (p *ProofFile) replace(part client.LeafProof) error {
	if !sameSubmission(part.Submission, p.Submission) {
		return fmt.Errorf("the node answered for another submission than that of %s", p.Path)
	}
	next := &verifier.Proof{
		Credential: p.Credential, Salt: p.Salt, Submission: p.Submission,
		Batch: part.Batch, Anchors: part.Anchors, Hints: mergeHints(p.Hints, part.Hints),
	}
	if err := holds(next); err != nil {
		return fmt.Errorf("the node's proof for %s does not hold: %w", p.Path, err)
	}
	data, err := next.Encode()
	if err != nil {
		return err
	}
	if _, err := verifier.ParseProof(data); err != nil {
		return fmt.Errorf("the node's proof for %s is not one: %s", p.Path, credential.Printable(err.Error()))
	}
	if p.Archive != nil {
		p.Archive.set(p.group, next)
		p.Proof = next
		return nil
	}
	if p.scanned {
		err := fmt.Errorf("%s is a QR code, which cannot be changed", p.Path)
		return fault.Remedy(err, "hallmark extract %s makes a proof file of it", p.Path)
	}
	if p.carried {
		file, err := fault.ReadFile(p.Path, credential.MaxCarrier)
		if err != nil {
			return err
		}
		if data, err = verifier.Embed(file, next); err != nil {
			return fmt.Errorf("%s: %s", p.Path, credential.Printable(err.Error()))
		}
	}
	if err := durable.Rewrite(p.Path, data); err != nil {
		return err
	}
	p.Proof = next
	return nil
}

// sameSubmission compares what an issuer signed. A node has the leaves of evidence of who the
// issuer is, and not the evidence.
func sameSubmission(a, b verifier.Submission) bool {
	a.Identity, b.Identity = nil, nil
	if len(a.Path) == 0 && len(b.Path) == 0 {
		a.Path, b.Path = nil, nil
	}
	return reflect.DeepEqual(a, b)
}

// mergeHints takes what a node says, and keeps the rest.
func mergeHints(old, added *verifier.Hints) *verifier.Hints {
	switch {
	case old == nil:
		return added
	case added == nil:
		return old
	}
	return &verifier.Hints{Node: cmp.Or(added.Node, old.Node), Transaction: cmp.Or(added.Transaction, old.Transaction)}
}

// holds checks a complete proof as if each of its headers were the chain's, which is
// for the trust store of whoever verifies to say: paths, signature, evidence, and
// that the issuer's status is shown, whatever it is.
func holds(p *verifier.Proof) error {
	if p.Pending() {
		return errors.New("it has no anchor")
	}
	trust := &verifier.Trust{Chains: make(map[verifier.ChainID]*verifier.TrustedChain)}
	home := p.Submission.Home.Chain
	deciding := home // unless nothing was ever final there, and it died
	var now time.Time
	for _, a := range p.Anchors {
		h, err := verifier.ParseHeader(a.Header)
		if err != nil {
			return err
		}
		trust.Chains[a.Chain] = &verifier.TrustedChain{
			Genesis: h.Hash, Registries: []verifier.Address{a.Registry}, Blocks: map[uint64]verifier.Hash{h.Number: h.Hash},
		}
		if a.Chain == home || now.IsZero() {
			deciding, now = a.Chain, time.Unix(int64(h.Time), 0)
		}
	}
	if deciding != home {
		trust.Chains[home] = &verifier.TrustedChain{Successor: verifier.Successor{Chain: deciding, Since: uint64(now.Unix())}}
	}
	v, err := verifier.New(verifier.Options{Trust: trust, Now: func() time.Time { return now }})
	if err != nil {
		return err
	}
	report := v.Verify(p, nil)
	if err := wantPass(report, anchored...); err != nil {
		return err
	}
	// Where the home is not shown, silence on what took over from it is no answer, and no fault.
	if got := report.Result(verifier.CheckStatus); got.Result == verifier.Unknown && deciding == home {
		return errors.New(got.Detail)
	}
	return nil
}

// anchored are the checks that a complete proof passes, whatever its status, if its headers
// are the chain's.
var anchored = []verifier.Check{verifier.CheckInclusion, verifier.CheckSignature, verifier.CheckAnchor, verifier.CheckFinality}

// wantPass returns what a report says of the first of some checks that did not pass.
func wantPass(report *verifier.Report, checks ...verifier.Check) error {
	for _, check := range checks {
		if got := report.Result(check); got.Result != verifier.Pass {
			return errors.New(got.Detail)
		}
	}
	return nil
}

// CompleteAll asks for each pending proof once, of the node at its index, and writes what
// became complete.
func CompleteAll(ctx context.Context, proofs []*ProofFile, nodes []*client.Client, progress Progress) []Outcome {
	outcomes := make([]Outcome, len(proofs))
	for i, p := range proofs {
		p.Use(nodes[i])
		if outcomes[i] = (Outcome{Proof: p, State: publish.Final}); !p.Pending() {
			outcomes[i].Err = p.checkRetired()
		}
	}
	complete(ctx, outcomes, nodes, progress)
	return outcomes
}

// complete asks for those proofs that are pending and of which no error is known.
func complete(ctx context.Context, outcomes []Outcome, nodes []*client.Client, progress Progress) {
	add, end := progress.begin("completing proofs", len(outcomes))
	defer end()
	var work errgroup.Group
	work.SetLimit(8)
	for i := range outcomes {
		o := &outcomes[i]
		work.Go(func() error {
			if o.Err == nil && o.Proof.Pending() {
				o.State, o.Err = o.Proof.Complete(ctx, nodes[i])
			}
			add(1)
			return nil
		})
	}
	_ = work.Wait() // errors are in the outcomes
	FlushAll(ctx, outcomes)
}

// FlushAll writes the archives among outcomes anew. What could not be written went wrong.
func FlushAll(ctx context.Context, outcomes []Outcome) {
	failed := make(map[*Archive]error)
	for _, o := range outcomes {
		if a := o.Proof.Archive; a != nil {
			if err := a.flush(ctx); err != nil {
				failed[a] = err
			}
		}
	}
	for i, o := range outcomes {
		if err := failed[o.Proof.Archive]; err != nil && o.Err == nil {
			outcomes[i].Err = err
		}
	}
}

// WaitAll waits until the submissions of those proofs are final that are pending and of
// which no error is known, and completes them. It calls changed, which may be nil, with each
// state of a submission, from several goroutines.
func WaitAll(
	ctx context.Context, outcomes []Outcome, nodes []*client.Client, changed func(client.Status), progress Progress,
) []Outcome {
	type watched struct {
		node *client.Client
		id   merkle.Hash
	}
	var work errgroup.Group
	ended := make(map[watched]*error)
	for i, o := range outcomes {
		w := watched{nodes[i], SubmissionID(o.Proof.Proof)}
		if o.Err != nil || !o.Proof.Pending() || ended[w] != nil {
			continue
		}
		result := new(error)
		ended[w] = result
		work.Go(func() error {
			_, *result = w.node.Watch(ctx, w.id, changed)
			return nil
		})
	}
	_ = work.Wait() // errors are in ended

	for i, o := range outcomes {
		if o.Err == nil && o.Proof.Pending() {
			o.Proof.Use(nodes[i])
			outcomes[i].Err = *ended[watched{nodes[i], SubmissionID(o.Proof.Proof)}]
		}
	}
	complete(ctx, outcomes, nodes, progress)
	return outcomes
}
