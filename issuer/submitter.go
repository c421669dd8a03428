package issuer

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"

	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/internal/fault"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// Submitter hands credentials to a node. Proofs are on disk before anything is sent, since
// they hold the salts; so a call that was interrupted can be repeated at any time: it sends
// the same submission again, and the node takes it once.
type Submitter struct {
	Node *client.Client // with the API key that the node asks for, if it does, see [client.Client.SetAPIKey]
	Home verifier.Home  // to sign for; zero: the node's only registry

	// Key returns the issuer's key. It is called with the home registry when something is to
	// be signed for it, before anything is written.
	Key func(verifier.Home) (Key, error)

	// Evidence returns what says who the issuer is, at most [verifier.MaxIdentity] of it, which
	// becomes part of each new submission of an address for a home. It may be nil.
	Evidence func(verifier.Home, verifier.Address) ([]*Identity, error)

	Discoverable bool             // without salts
	Issuer       verifier.Address // of pending proofs that are sent again; zero: whoever signed

	Progress Progress         // may be nil
	Refused  func(Refusal)    // is told of a credential that is left out for what lies at the place of its proof; nil: that is an error
	Changed  func(*Submitted) // is called once the node has a submission, or had it before; may be nil
	Say      func(string)     // is told, for people, what is sent once more; may be nil
}

// Submitted is a submission that a node has.
type Submitted struct {
	ID       merkle.Hash      `json:"id"`
	State    publish.State    `json:"state"`
	Issuer   verifier.Address `json:"issuer"`
	Home     verifier.Home    `json:"home"`
	Root     merkle.Hash      `json:"root"`
	Count    uint64           `json:"count"` // credentials; evidence of who the issuer is does not count
	IssuedAt uint64           `json:"issuedAt"`

	Known bool          `json:"-"` // it was signed before this call
	Sent  bool          `json:"-"` // by this call; else the node had it, or its proofs are complete
	Of    []*Credential `json:"-"` // those that were named now; nil in an archive
}

// Submit hands in credentials: those without a proof at their places as one submission,
// and again what the node does not have of earlier ones. Those that were refused have no proof.
func (s *Submitter) Submit(ctx context.Context, list []*Credential) ([]*Submitted, error) {
	list, err := readEarlier(list, s.Refused)
	if err != nil {
		return nil, err
	}
	earlier, fresh := bySubmission(list)
	var done []*Submitted
	for _, some := range earlier {
		one, err := s.again(ctx, some)
		if err != nil {
			return done, err
		}
		done = append(done, s.took(one))
	}
	if len(fresh) == 0 {
		return done, nil
	}
	ready, err := s.prepare(ctx)
	if err != nil {
		return done, err
	}
	if n := uint64(len(fresh)); n > ready.most {
		return done, fault.Input("the node takes at most %d credentials in one submission, not %d%s", ready.most, n, ready.beside())
	}
	sub, err := Sign(ready.key, ready.home, fresh, ready.evidence, s.Discoverable, nodeHint(s.Node))
	if err != nil {
		return done, err
	}
	if err := writePending(fresh, s.Progress); err != nil {
		return done, err
	}
	status, err := s.Node.Submit(ctx, sub)
	if err != nil {
		return done, unsent(err)
	}
	one := submitted(fresh[0].Proof)
	one.State, one.Known, one.Sent, one.Of = status.State, false, true, fresh
	return append(done, s.took(one)), nil
}

// submitted returns the submission that a proof belongs to, which was signed before.
func submitted(p *verifier.Proof) *Submitted {
	s := p.Submission
	return &Submitted{
		ID: SubmissionID(p), State: publish.Final, Issuer: s.Issuer, Home: s.Home, Root: SubmissionRoot(p),
		Count: CredentialCount(p), IssuedAt: s.IssuedAt, Known: true,
	}
}

// SubmitFiles is [Submitter.Submit] for files and folders, with proofs beside the files. It
// returns the proofs.
func (s *Submitter) SubmitFiles(ctx context.Context, paths ...string) ([]*ProofFile, error) {
	found, err := Expand(paths)
	if err == nil && len(found.Refused) > 0 {
		err = found.Refused[0].Err
	}
	if err != nil {
		return nil, err
	}
	var inputs []*Input
	for in, err := range (&Sources{Files: found.Files, Progress: s.Progress}).Inputs(ctx) {
		if err != nil {
			return nil, err
		}
		inputs = append(inputs, in)
	}
	list, err := Credentials(inputs, "")
	if err != nil {
		return nil, err
	}
	if _, err := s.Submit(ctx, list); err != nil {
		return nil, err
	}
	return ProofFiles(list), nil
}

// ProofFiles returns the proof files of credentials that were submitted.
func ProofFiles(list []*Credential) []*ProofFile {
	proofs := make([]*ProofFile, len(list))
	for i, one := range list {
		proofs[i] = &ProofFile{Path: one.Path, Proof: one.Proof}
	}
	return proofs
}

// Wait waits until the submissions of proofs, which the node has, are final, and completes
// the proofs. changed is as in [WaitAll].
func (s *Submitter) Wait(ctx context.Context, proofs []*ProofFile, changed func(client.Status)) []Outcome {
	outcomes := make([]Outcome, len(proofs))
	nodes := make([]*client.Client, len(proofs))
	for i, p := range proofs {
		outcomes[i], nodes[i] = Outcome{Proof: p, State: publish.Accepted}, s.Node
	}
	return WaitAll(ctx, outcomes, nodes, changed, s.Progress)
}

// Complete is [Submitter.Wait] that returns the errors of all proofs as one. It may be called
// again.
func (s *Submitter) Complete(ctx context.Context, proofs []*ProofFile) error {
	var errs []error
	for _, o := range s.Wait(ctx, proofs, nil) {
		errs = append(errs, o.Err)
	}
	return errors.Join(errs...)
}

func (s *Submitter) took(one *Submitted) *Submitted {
	if s.Changed != nil {
		s.Changed(one)
	}
	return one
}

// prepared is what a new submission is signed for and with.
type prepared struct {
	home     verifier.Home
	key      Key
	evidence []*Identity // of who the issuer is
	most     uint64      // credentials that the node takes in one submission beside it
}

func (s *Submitter) prepare(ctx context.Context) (p prepared, err error) {
	info, err := s.Node.Info(ctx)
	if err != nil {
		return p, fault.Remedy(err, "nothing was written or sent")
	}
	if p.home, err = PickHome(&info, s.Home); err != nil {
		return p, err
	}
	if p.key, err = s.Key(p.home); err != nil {
		return p, err
	}
	if s.Evidence != nil {
		if p.evidence, err = s.Evidence(p.home, p.key.Address()); err != nil {
			return p, err
		}
	}
	n := uint64(len(p.evidence))
	switch {
	case n > verifier.MaxIdentity:
		return p, fault.Input("a submission holds at most %d pieces of evidence of who the issuer is, not %d", verifier.MaxIdentity, n)
	case n >= info.MaxLeaves:
		return p, fault.Input("the node takes at most %d leaves in one submission, and the evidence of who the issuer is takes %d",
			info.MaxLeaves, n)
	}
	p.most = info.MaxLeaves - n
	return p, nil
}

// beside is a clause on what takes room beside the credentials, or nothing.
func (p *prepared) beside() string {
	if n := uint64(len(p.evidence)); n > 0 {
		return fmt.Sprintf(": of its %d leaves the evidence of who the issuer is takes %d", p.most+n, n)
	}
	return ""
}

// PickHome returns the registry that is wanted, or if that is zero the node's only one. The
// node must anchor in it.
func PickHome(info *client.Info, want verifier.Home) (verifier.Home, error) {
	var list string
	for _, h := range info.Homes {
		if h == want {
			return h, nil
		}
		list += " " + h.String()
	}
	switch {
	case want != verifier.Home{}:
		return want, fault.Remedy(fault.Input("the node does not anchor in %s", want), "it does in:%s", list)
	case len(info.Homes) == 0:
		return want, fault.Remedy(fault.Input("the node names no registry that it anchors in"), "is --node the URL of a Hallmark node?")
	case len(info.Homes) != 1:
		return want, fault.Remedy(fault.Input("the node anchors in %d registries", len(info.Homes)),
			"choose the home registry that shall decide:%s", list)
	}
	return info.Homes[0], nil
}

// again sees to it that the node has a submission whose proofs are there already. They
// were written before it was sent, so perhaps it never was.
func (s *Submitter) again(ctx context.Context, list []*Credential) (*Submitted, error) {
	first := list[0].Proof
	done := submitted(first)
	done.Of = list
	if !slices.ContainsFunc(list, func(one *Credential) bool { return one.Proof.Pending() }) {
		return done, nil
	}
	if err := s.matches(first, !first.Salt.IsZero()); err != nil {
		return nil, err
	}
	err := s.ensure(ctx, done, func() (client.Status, error) {
		again, err := rebuild(list)
		if err != nil {
			return client.Status{}, err
		}
		say(s.Say, "the pending proofs are there already: sending the submission of %s once more, signed by %s for %s",
			utc(again.IssuedAt), again.Issuer, again.Home)
		status, err := s.Node.Submit(ctx, again)
		return status, unsent(err)
	})
	return done, err
}

// ensure has send send a submission to the node, unless the node has it.
func (s *Submitter) ensure(ctx context.Context, one *Submitted, send func() (client.Status, error)) error {
	status, err := s.Node.Status(ctx, one.ID)
	if client.NotFound(err) {
		one.Sent = true
		status, err = send()
	} else {
		err = unsent(err)
	}
	one.State = status.State
	return err
}

// matches checks that pending proofs are signed, and salted or not, as they would be now.
func (s *Submitter) matches(proof *verifier.Proof, salted bool) error {
	p := proof.Submission
	switch {
	case s.Home != verifier.Home{} && s.Home != p.Home:
		return fmt.Errorf("%w: signed for %s, not for %s", ErrOtherwise, p.Home, s.Home)
	case !s.Issuer.IsZero() && s.Issuer != p.Issuer:
		return fmt.Errorf("%w: signed by %s, not by %s", ErrOtherwise, p.Issuer, s.Issuer)
	case s.Discoverable && salted:
		return fmt.Errorf("%w: they have salts, so they are not discoverable", ErrOtherwise)
	}
	return nil
}

// unsent is the error of a submission whose pending proofs are written.
func unsent(err error) error {
	if err == nil {
		return nil
	}
	var refused *client.NodeError
	if errors.As(err, &refused) && refused.Status == http.StatusUnauthorized {
		return fault.Remedy(err, "the pending proofs are written: run the same command again with --api-key-file and a key that counts; "+
			"it sends the same submission")
	}
	if errors.As(err, &refused) && refused.Status/100 == 4 && refused.Status != 408 && refused.Status != 429 {
		return fault.Remedy(err, "the pending proofs are written: run the same command again once the cause is gone, or delete them")
	}
	return fault.Remedy(err, "the pending proofs are written: run the same command again, it sends the same submission")
}

// nodeHint returns what proofs may say of the node they came through: nothing if its URL
// holds a secret.
func nodeHint(node *client.Client) string {
	u, err := url.Parse(node.URL())
	if err != nil || u.User != nil {
		return ""
	}
	return node.URL()
}
