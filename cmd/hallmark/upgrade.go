package main

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"time"

	"github.com/urfave/cli/v2"
	"golang.org/x/sync/errgroup"

	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/cmd/internal/run"
	"github.com/hallmark-node/hallmark/credential"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// exitPending is the exit status of upgrade and refresh when nothing went wrong and
// some proofs are not there yet.
const exitPending = 3

func upgradeCommand() *cli.Command {
	return &cli.Command{
		Name:      "upgrade",
		Usage:     "complete pending proofs",
		ArgsUsage: "PROOF...",
		Description: "A proof is replaced only by one that is the same and holds together: what the node says\n" +
			"is checked, not believed.\n\n" +
			"Exit status: 0 all are complete, 3 some are still pending, 1 something went wrong.",
		Flags: []cli.Flag{
			nodeFlagOrHint(),
			hintedFlag(),
			&cli.BoolFlag{Name: "wait", Usage: "wait until they are complete"},
			jsonFlag(),
		},
		Action: upgrade,
	}
}

func nodeFlagOrHint() cli.Flag {
	return &cli.StringFlag{Name: "node", Usage: "`URL` of the node (default: the one that the proof names)"}
}

// outcome is what became of one proof.
type outcome struct {
	proof *proofFile
	state publish.State // how far its submission has come
	err   error
}

func upgrade(c *cli.Context) error {
	proofs, err := readProofs(c)
	if err != nil {
		return err
	}
	clients, err := clientsOf(c, proofs, (*proofFile).isPending)
	if err != nil {
		return err
	}
	outcomes := completeAll(c, proofs, clients)
	if c.Bool("wait") {
		outcomes = waitAll(c, outcomes, clients)
	}
	return tell(c, outcomes, "complete")
}

// completeAll asks for each pending proof once.
func completeAll(c *cli.Context, proofs []*proofFile, clients []*client.Client) []outcome {
	outcomes := make([]outcome, len(proofs))
	bar := newProgress(c, "completing proofs", len(proofs))
	defer bar.end()
	var work errgroup.Group
	work.SetLimit(8)
	for i, p := range proofs {
		p.use(clients[i])
		work.Go(func() error {
			outcomes[i] = outcome{proof: p, state: publish.Final}
			if p.Pending() {
				outcomes[i].state, outcomes[i].err = complete(c.Context, clients[i], p)
			} else {
				outcomes[i].err = p.checkRetired()
			}
			bar.step()
			return nil
		})
	}
	_ = work.Wait() // errors are in the outcomes
	flushAll(c.Context, outcomes)
	return outcomes
}

// flushAll writes the archives among outcomes anew. What could not be written went wrong.
func flushAll(ctx context.Context, outcomes []outcome) {
	failed := make(map[*archiveFile]error)
	for _, o := range outcomes {
		if a := o.proof.archive; a != nil {
			if err := a.flush(ctx); err != nil {
				failed[a] = err
			}
		}
	}
	for i, o := range outcomes {
		if err := failed[o.proof.archive]; err != nil && o.err == nil {
			outcomes[i].err = err
		}
	}
}

// waitAll waits until the submissions of those proofs are final that their nodes
// know, and completes them.
func waitAll(c *cli.Context, outcomes []outcome, clients []*client.Client) []outcome {
	type watched struct {
		node *client.Client
		id   merkle.Hash
	}
	var work errgroup.Group
	ended := make(map[watched]*error)
	for i, o := range outcomes {
		w := watched{clients[i], submissionID(o.proof.Proof)}
		if o.err != nil || !o.proof.Pending() || ended[w] != nil {
			continue
		}
		result := new(error)
		ended[w] = result
		work.Go(func() error {
			_, *result = w.node.Watch(c.Context, w.id, sayState(c))
			return nil
		})
	}
	_ = work.Wait() // errors are in ended

	var proofs []*proofFile
	var nodes []*client.Client
	var at []int
	for i, o := range outcomes {
		if o.err != nil || !o.proof.Pending() {
			continue
		}
		if err := *ended[watched{clients[i], submissionID(o.proof.Proof)}]; err != nil {
			outcomes[i].err = err
			continue
		}
		proofs, nodes, at = append(proofs, o.proof), append(nodes, clients[i]), append(at, i)
	}
	for i, o := range completeAll(c, proofs, nodes) {
		outcomes[at[i]] = o
	}
	return outcomes
}

func (p *proofFile) isPending() bool { return p.Pending() }

// clientsOf returns the node to ask for each proof for which one is needed: the one that
// --node names, else the one in the proof's hints.
func clientsOf(c *cli.Context, proofs []*proofFile, needed func(*proofFile) bool) ([]*client.Client, error) {
	clients := make([]*client.Client, len(proofs))
	if c.String("node") != "" {
		node, err := openNode(c)
		for i := range clients {
			clients[i] = node
		}
		return clients, err
	}
	known := make(map[string]*client.Client)
	for i, p := range proofs {
		if !needed(p) {
			continue
		}
		if p.Hints == nil || p.Hints.Node == "" {
			return nil, run.Usagef("%s names no node: --node or $%s is needed", p.path, run.Variable("node"))
		}
		node := known[p.Hints.Node]
		if node == nil {
			var err error
			if node, err = hintedClient(c, p); err != nil {
				return nil, err
			}
			known[p.Hints.Node] = node
			say(c, "asking the node that %s names: %s", printable(p.path), printable(node.URL()))
		}
		clients[i] = node
	}
	return clients, nil
}

func hintedFlag() cli.Flag {
	return &cli.BoolFlag{Name: "yes", Usage: "ask the node that a proof names without a question, also if that is on this machine or in a private network"}
}

// hintedClient makes a client for the node that a proof names. Whoever made the proof
// chose it: that it leads to this machine or into a private network is for the user to
// allow.
func hintedClient(c *cli.Context, p *proofFile) (*client.Client, error) {
	node := printable(p.Hints.Node)
	if _, err := client.NewHinted(p.Hints.Node, nil); err != nil {
		return nil, run.Hint(run.Usagef("%s names a node that cannot be: %s", printable(p.path), printable(err.Error())), "name the node with --node")
	}
	private := client.NotPublic(c.Context, p.Hints.Node)
	if len(private) > 0 {
		at := fmt.Sprintf("%s names the node %s, which is not a public one: its address is %s", printable(p.path), node, private[0])
		if err := consent(c, at+". Ask it?", at); err != nil {
			return nil, run.Hint(err, "if you know that node, name it: --node %s; --yes asks whatever the proofs name", node)
		}
	}
	return client.NewHinted(p.Hints.Node, private)
}

// sayState tells how far a submission has come.
func sayState(c *cli.Context) func(client.Status) {
	return func(s client.Status) {
		text := string(s.State)
		if s.Block != nil {
			text += fmt.Sprintf(" in block %d", *s.Block)
		}
		say(c, "submission %s: %s", s.ID, text)
	}
}

// complete replaces the file of a pending proof by the complete proof, if there is
// one yet, and returns how far its submission has come.
func complete(ctx context.Context, node *client.Client, p *proofFile) (publish.State, error) {
	part, err := node.ProofIn(ctx, submissionID(p.Proof), p.Leaf(), false)
	if client.NotFound(err) {
		return "", run.Hint(fmt.Errorf("the node at %s does not know the submission of %s: perhaps it was never sent there", node.URL(), p.path),
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
func (p *proofFile) checkRetired() error {
	a, err := p.on(p.Submission.Home.Chain)
	if err != nil {
		return nil //nolint:nilerr // another chain decides, or none yet
	}
	state, err := a.Read(batchRoot(p.Proof), p.Submission.Issuer)
	if err != nil || state.RetiredFrom == 0 || !state.Anchored || state.AnchoredAt < state.RetiredFrom {
		return err
	}
	return run.Hint(fmt.Errorf("%w: %s is retired from %s on, and %s was anchored at %s",
		errRetired, p.Submission.Issuer, unixTime(state.RetiredFrom), p.path, unixTime(state.AnchoredAt)),
		"submit the credentials again with a key that is in use")
}

// errRetired says that a proof is complete and of no use.
var errRetired = errors.New("the proof is complete, but the issuer's key was retired before")

// replace writes the file of a proof anew with what a node says of it, once that is
// checked: it must be of the same submission, and hold together. Of an archive's group
// it notes what all proofs share, which [flushAll] writes.
func (p *proofFile) replace(part client.LeafProof) error {
	if !sameSubmission(part.Submission, p.Submission) {
		return fmt.Errorf("the node answered for another submission than that of %s", p.path)
	}
	next := &verifier.Proof{
		Credential: p.Credential, Salt: p.Salt, Submission: p.Submission,
		Batch: part.Batch, Anchors: part.Anchors, Hints: mergeHints(p.Hints, part.Hints),
	}
	if err := holds(next); err != nil {
		return fmt.Errorf("the node's proof for %s does not hold: %w", p.path, err)
	}
	data, err := next.Encode()
	if err != nil {
		return err
	}
	if _, err := verifier.ParseProof(data); err != nil {
		return fmt.Errorf("the node's proof for %s is not one: %s", p.path, printable(err.Error()))
	}
	if p.archive != nil {
		p.archive.set(p.group, next)
		p.Proof = next
		return nil
	}
	if p.scanned {
		return errScanned(p.path)
	}
	if p.carried {
		file, err := readFile(p.path, credential.MaxCarrier)
		if err != nil {
			return err
		}
		if data, err = verifier.Embed(file, next); err != nil {
			return fmt.Errorf("%s: %s", p.path, printable(err.Error()))
		}
	}
	if err := rewrite(p.path, data); err != nil {
		return err
	}
	p.Proof = next
	return nil
}

func sameSubmission(a, b verifier.Submission) bool {
	if len(a.Path) == 0 && len(b.Path) == 0 {
		a.Path, b.Path = nil, nil
	}
	return reflect.DeepEqual(a, b)
}

// mergeHints keeps the node that the proof names, and takes what the node adds.
func mergeHints(old, added *verifier.Hints) *verifier.Hints {
	switch {
	case old == nil:
		return added
	case added == nil:
		return old
	}
	merged := *old
	if added.Node != "" {
		merged.Node = added.Node
	}
	if added.Transaction != "" {
		merged.Transaction = added.Transaction
	}
	return &merged
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
	for _, check := range []verifier.Check{verifier.CheckInclusion, verifier.CheckSignature, verifier.CheckAnchor, verifier.CheckFinality} {
		if got := report.Result(check); got.Result != verifier.Pass {
			return errors.New(got.Detail)
		}
	}
	// Where the home is not shown, silence on what took over from it is no answer, and no fault.
	if got := report.Result(verifier.CheckStatus); got.Result == verifier.Unknown && deciding == home {
		return errors.New(got.Detail)
	}
	return nil
}

// batchRoot is what the paths of a complete proof lead to.
func batchRoot(p *verifier.Proof) merkle.Hash {
	return merkle.Root(submissionID(p), p.Batch.Path)
}

// tell reports what became of proofs, on standard output, and returns the exit
// status of that. A proof with which all is well is called what done says.
func tell(c *cli.Context, outcomes []outcome, done string) error {
	type line struct {
		File  string        `json:"file"`
		State publish.State `json:"state,omitempty"`
		Error string        `json:"error,omitempty"`
	}
	var lines []line
	pending := 0
	var failed []error
	for _, o := range outcomes {
		l := line{o.proof.path, o.state, ""}
		if o.err != nil {
			failed = append(failed, o.err)
			l.Error = o.err.Error()
		} else if o.state != publish.Final {
			pending++
		}
		lines = append(lines, l)
		if c.Bool("json") {
			continue
		}
		word := done
		if errors.Is(o.err, errRetired) {
			word = done + ", but the key is retired"
		} else if o.err != nil {
			word = "failed"
		} else if o.state != publish.Final {
			word = "pending (" + string(o.state) + ")"
		}
		if err := result(c, "%s: %s", printable(o.proof.path), word); err != nil {
			return err
		}
	}
	if c.Bool("json") {
		if err := resultLines(c, lines); err != nil {
			return err
		}
	}
	switch {
	case len(failed) > 0:
		return failures(c, failed)
	case pending > 0:
		hint(c, "try again later, or with --wait")
		return run.Exit(exitPending)
	}
	return nil
}

// failures says each error that is different from those before it, and returns the
// last of them.
func failures(c *cli.Context, errs []error) error {
	said := make(map[string]bool)
	last := errs[len(errs)-1]
	said[last.Error()] = true
	for _, err := range errs {
		if !said[err.Error()] {
			said[err.Error()] = true
			say(c, "%v", err)
		}
	}
	return last
}
