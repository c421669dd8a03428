package main

import (
	"errors"
	"fmt"
	"slices"

	"github.com/urfave/cli/v2"

	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/cmd/internal/run"
	"github.com/hallmark-node/hallmark/issuer"
)

// exitPending is the exit status of upgrade and refresh when nothing went wrong and
// some proofs are not there yet.
const exitPending = 3

func upgradeCommand() *cli.Command {
	return command("upgrade", "PROOF|FOLDER...", "complete pending proofs",
		"A proof is replaced only by one that is the same and holds together: what the node says\n"+
			"is checked, not believed. Of a FOLDER all proofs are taken, also those in folders below.\n"+
			"One that cannot be read is told of, and the others are completed.\n\n"+
			"Exit status: 0 all are complete, 3 some are still pending, 1 something went wrong.",
		upgrade,
		nodeFlagOrHint(), hintedFlag(),
		toggle("wait", "wait until they are complete"),
		jsonFlag())
}

func nodeFlagOrHint() flags {
	return text("node", "`URL` of the node (default: the one that the proof names)")
}

func upgrade(c *cli.Context) error {
	proofs, failed, err := readEach(c)
	if err != nil {
		return err
	}
	clients, err := clientsOf(c, proofs, func(p *issuer.ProofFile) bool { return p.Pending() })
	if err != nil {
		return err
	}
	outcomes := issuer.CompleteAll(c.Context, proofs, clients, showProgress(c))
	if c.Bool("wait") {
		outcomes = issuer.WaitAll(c.Context, outcomes, clients, sayState(c), showProgress(c))
	}
	return tell(c, append(outcomes, failed...), "complete")
}

// clientsOf returns the node to ask for each proof for which one is needed: the one that
// --node names, else the one in the proof's hints.
func clientsOf(c *cli.Context, proofs []*issuer.ProofFile, needed func(*issuer.ProofFile) bool) ([]*client.Client, error) {
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
			return nil, run.Usagef("%s names no node: --node or $%s is needed", p.Path, run.Variable("node"))
		}
		node := known[p.Hints.Node]
		if node == nil {
			var err error
			if node, err = hintedClient(c, p); err != nil {
				return nil, err
			}
			known[p.Hints.Node] = node
			say(c, "asking the node that %s names: %s", p.Path, node.URL())
		}
		clients[i] = node
	}
	return clients, nil
}

func hintedFlag() flags {
	return toggle("yes", "ask the node that a proof names without a question, also if that is on this machine or in a private network")
}

// hintedClient makes a client for the node that a proof names. Whoever made the proof
// chose it: that it leads to this machine or into a private network is for the user to
// allow.
func hintedClient(c *cli.Context, p *issuer.ProofFile) (*client.Client, error) {
	node := p.Hints.Node
	if _, err := client.NewHinted(p.Hints.Node, nil); err != nil {
		return nil, run.Hint(run.Usagef("%s names a node that cannot be: %s", p.Path, err.Error()),
			"name the node with --node")
	}
	private := client.NotPublic(c.Context, p.Hints.Node)
	if len(private) > 0 {
		at := fmt.Sprintf("%s names the node %s, which is not a public one: its address is %s", p.Path, node, private[0])
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

// tell reports what became of proofs, on standard output, and returns the exit
// status of that. A proof with which all is well is called what done says.
func tell(c *cli.Context, outcomes []issuer.Outcome, done string) error {
	type line struct {
		File  string        `json:"file"`
		State publish.State `json:"state,omitempty"`
		Error string        `json:"error,omitempty"`
	}
	pending, waitable := 0, false
	var failed []error
	for _, o := range outcomes {
		l, word := line{o.Proof.Path, o.State, ""}, done
		switch {
		case o.Err != nil:
			failed = append(failed, o.Err)
			l.Error, word = o.Err.Error(), "failed"
			if errors.Is(o.Err, issuer.ErrRetired) {
				word = done + ", but the key is retired"
			}
		case o.State != publish.Final:
			pending++
			waitable = waitable || o.State != tooRecent
			word = "pending (" + string(o.State) + ")"
		}
		answer(c, l, "%s: %s", printable(o.Proof.Path), word)
	}
	switch {
	case len(failed) > 0:
		return failures(c, failed)
	case pending > 0:
		if waitable {
			hint(c, "try again later, or with --wait")
		}
		return run.Exit(exitPending)
	}
	return nil
}

// failures says each error that is different from those before it, but for the last, which
// it returns; nil if there is none.
func failures(c *cli.Context, errs []error) error {
	if len(errs) == 0 {
		return nil
	}
	last := errs[len(errs)-1]
	said := []string{last.Error()}
	for _, err := range errs {
		if text := err.Error(); !slices.Contains(said, text) {
			said = append(said, text)
			say(c, "%s", text)
		}
	}
	return last
}
