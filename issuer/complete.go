package issuer

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/sync/errgroup"

	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/credential"
	"github.com/hallmark-node/hallmark/internal/durable"
	"github.com/hallmark-node/hallmark/internal/fault"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
	"github.com/hallmark-node/hallmark/verifier/renew"
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
	if client.NotFound(err) && node.IsFolder() {
		return "", fault.Remedy(fmt.Errorf("the folder at %s does not have the submission of %s", node.URL(), p.Path),
			"it has what was final when it was last exported: try again after the next time, or ask the node")
	}
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
	next, err := renew.Replace(p.Proof, evidenceOf(part))
	if err != nil {
		return p.wrong(err)
	}
	return p.write(next)
}

// evidenceOf is what a node serves, as a proof of which nobody knows the credential.
func evidenceOf(part client.LeafProof) *verifier.Proof {
	return &verifier.Proof{Submission: part.Submission, Batch: part.Batch, Anchors: part.Anchors, Hints: part.Hints}
}

// wrong says what is wrong with a proof that a node serves.
func (p *ProofFile) wrong(err error) error {
	return fmt.Errorf("the node's proof for %s %w", p.Path, err)
}

// write writes the file of a proof anew. Of an archive's group it notes what all proofs share.
func (p *ProofFile) write(next *verifier.Proof) error {
	data, err := next.Encode()
	if err != nil {
		return err
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
