package load

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"time"

	"github.com/go-json-experiment/json"
	"golang.org/x/sync/errgroup"

	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// pollEvery is how often a submission is asked for that is not final yet.
const pollEvery = 200 * time.Millisecond

// Await waits until the samples' submissions are final and returns how long that
// took.
func Await(ctx context.Context, target *Target, samples []Sample, concurrency int, done func()) (time.Duration, error) {
	r, err := Run(ctx, Plan{Number: len(samples), Concurrency: concurrency}, func(ctx context.Context, i int) error {
		defer done()
		path := "/v1/submissions/" + samples[i].sent.id.String()
		for {
			_, answer, err := target.Get(ctx, path, nil)
			if err != nil {
				return err
			}
			var status client.Status
			if err := json.Unmarshal(answer, &status); err != nil {
				return fmt.Errorf("the node's answer to GET %s: %w", path, err)
			}
			if status.State == publish.Final {
				return nil
			}
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(pollEvery):
			}
		}
	})
	return r.Elapsed, err
}

// ReadBack is what reading proofs has taken, and what they are worth.
type ReadBack struct {
	Result            // of the reading alone
	Bytes       int64 // of all answers
	Pending     int   // proofs that hold, of submissions that are not final yet
	Failed      int   // proofs that do not hold
	FirstFailed error // why the first of these does not; nil if all hold
}

// readWindow is how many proofs are read before they are checked.
const readWindow = 4096

// Read reads the samples' proofs and checks each. Checking is not in the times. An
// error says that something could not be read; what does not hold is counted.
func Read(ctx context.Context, target *Target, src *Source, samples []Sample, concurrency int, c *Checker, done func()) (ReadBack, error) {
	var total ReadBack
	answers := make([][]byte, min(readWindow, len(samples)))
	for ; len(samples) > 0; samples = samples[min(readWindow, len(samples)):] {
		part := samples[:min(readWindow, len(samples))]
		paths := make([]string, len(part))
		for i := range part {
			paths[i] = ProofPath(src.Leaf(part[i].Submission, part[i].Index), part[i].sent.id)
		}
		final := make([]bool, len(part))
		r, err := Run(ctx, Plan{Number: len(part), Concurrency: concurrency}, func(ctx context.Context, i int) error {
			status, answer, err := target.Get(ctx, paths[i], answers[i][:0])
			final[i], answers[i] = status == http.StatusOK, answer
			return err
		})
		total.Add(r)
		if err != nil {
			return total, err
		}
		errs := make([]error, len(part))
		var work errgroup.Group
		work.SetLimit(runtime.GOMAXPROCS(0))
		for i := range part {
			work.Go(func() error {
				errs[i] = c.Check(src, &part[i], answers[i], final[i])
				done()
				return nil
			})
		}
		_ = work.Wait() // errors are in errs
		for i, err := range errs {
			total.Bytes += int64(len(answers[i]))
			switch {
			case err != nil:
				total.Failed++
				if total.FirstFailed == nil {
					total.FirstFailed = fmt.Errorf("%s: %w", paths[i], err)
				}
			case !final[i]:
				total.Pending++
			}
		}
	}
	return total, nil
}

// ProofPath is where a node serves the proof of a leaf in a submission.
func ProofPath(leaf, submission merkle.Hash) string {
	return "/v1/proofs/" + leaf.String() + "?submission=" + submission.String()
}

// Checker verifies what a node says of a sample.
type Checker struct {
	verifier *verifier.Verifier
	trust    bool
}

// NewChecker returns a checker that wants the verdict VALID from a verifier, or, for
// nil, one that trusts nothing and wants what holds without trust: that the paths
// lead from the credential to a root that the issuer signed and to a batch, that
// everything is as it was sent, and that no check fails.
func NewChecker(v *verifier.Verifier) (*Checker, error) {
	if v != nil {
		return &Checker{v, true}, nil
	}
	v, err := verifier.New(verifier.Options{Trust: &verifier.Trust{}, Now: time.Now})
	return &Checker{v, false}, err
}

// Check returns nil if an answer to [ProofPath] proves the sample, or as much of it
// as can be proven before it is final.
func (c *Checker) Check(src *Source, s *Sample, answer []byte, final bool) error {
	var got client.LeafProof
	if err := json.Unmarshal(answer, &got); err != nil {
		return fmt.Errorf("not a proof: %w", err)
	}
	p := &verifier.Proof{Submission: got.Submission, Batch: got.Batch, Anchors: got.Anchors, Hints: got.Hints}
	p.Credential, p.Salt = src.Credential(s.Submission, s.Index)
	sent := verifier.Submission{
		Issuer: src.key(s.Submission).Address(), Home: src.Home, Count: uint64(src.Size), IssuedAt: src.IssuedAt,
		Signature: s.sent.signature,
	}
	switch now := p.Submission; {
	case now.Issuer != sent.Issuer || now.Home != sent.Home || now.Count != sent.Count || now.IssuedAt != sent.IssuedAt ||
		now.Signature != sent.Signature:
		return errors.New("it is not of the submission that was sent")
	case !merkle.ValidPathLen(now.Count, len(now.Path)) || merkle.Root(p.Leaf(), now.Path) != s.sent.root:
		return errors.New("its path does not lead to the root that was sent")
	case final == p.Pending():
		return errors.New("the node calls it final without a batch, or pending with one")
	}
	report := c.verifier.Verify(p, nil)
	for _, check := range report.Checks {
		wanted := check.Check == verifier.CheckSignature || check.Check == verifier.CheckInclusion && final
		if check.Result == verifier.Fail || wanted && check.Result != verifier.Pass {
			return fmt.Errorf("%s: %s", check.Check, check.Detail)
		}
	}
	if !c.trust {
		return nil
	}
	if !final {
		return errors.New("it is still pending, so it cannot be VALID yet")
	}
	if report.Verdict != verifier.Valid {
		return fmt.Errorf("the verdict is %s%s", report.Verdict, reasons(report))
	}
	return nil
}

// reasons says why a report in which nothing failed is not VALID.
func reasons(r *verifier.Report) (text string) {
	for _, check := range r.Deciding() {
		text += fmt.Sprintf("; %s: %s", check.Check, check.Detail)
	}
	if text == "" && r.TestRefused {
		return "; the trust store marks its chain as one for tests"
	}
	return text
}
