package main

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/hallmark-node/hallmark/anchor"
	"github.com/hallmark-node/hallmark/anchor/api"
	"github.com/hallmark-node/hallmark/anchor/chain"
	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/cmd/internal/run"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// statusVerb is one of the three ways to change what an issuer says of credentials.
type statusVerb struct {
	name, usage string
	code        uint8  // what the ids are listed with afterwards; StatusNone: not at all
	done        string // for messages
}

var statusVerbs = []statusVerb{
	{"revoke", "say that credentials are not to be relied on any more", verifier.StatusRevoked, "revoked"},
	{"suspend", "say that credentials are not to be relied on for now", verifier.StatusSuspended, "suspended"},
	{"reinstate", "take a revocation or suspension back", verifier.StatusNone, "good"},
}

func statusVerbCommands() []*cli.Command {
	var commands []*cli.Command
	for _, verb := range statusVerbs {
		commands = append(commands, &cli.Command{
			Name:      verb.name,
			Usage:     verb.usage,
			ArgsUsage: "PROOF...",
			Description: "Makes a new version of the issuer's status list, signs it, and returns once it is in a\n" +
				"block. The node pays, or with --rpc the account itself. Proofs that were handed out show\n" +
				"it after hallmark refresh. Doing it again changes nothing.",
			Flags: append([]cli.Flag{
				nodeFlag(),
				&cli.StringFlag{Name: "rpc", Usage: "`URL` of a JSON-RPC server, to check the node by and to send the transaction through"},
				&cli.StringFlag{Name: "registry", Usage: "`ADDRESS` of the registry, which must be the proofs' home (default: the proofs' home)"},
				onlyFlag(),
				&cli.BoolFlag{Name: "submission", Usage: "act on the whole submissions that the proofs belong to"},
			}, accountFlags()...),
			Action: func(c *cli.Context) error { return changeStatus(c, verb) },
		})
	}
	return commands
}

// changeAttempts is how often a change is made anew because another one came first.
const changeAttempts = 5

func changeStatus(c *cli.Context, verb statusVerb) error {
	proofs, err := readProofs(c)
	if err != nil {
		return err
	}
	issuer, home, ids, err := statusTargets(c, proofs)
	if err != nil {
		return err
	}
	s, err := openStatement(c, issuer, &home)
	if err != nil {
		return err
	}
	defer s.close()
	for attempt := 1; ; attempt++ {
		old, err := s.list(c)
		if err != nil {
			return err
		}
		items, err := changed(itemsOf(old.Items), ids, verb)
		if err != nil {
			return err
		}
		if items == nil {
			say(c, "%s %s already; nothing was sent", these(ids), verb.done)
			return nil
		}
		err = s.setStatus(c, &old, items)
		if err == nil {
			say(c, "%s now %s, by version %d of the status list of %s", these(ids), verb.done, old.Version+1, issuer)
			hint(c, "proofs that were handed out show it after hallmark refresh")
			return nil
		}
		if !overtaken(err) || attempt == changeAttempts {
			return err
		}
		say(c, "another change came first; trying again on top of it")
	}
}

func these(ids []merkle.Hash) string {
	if len(ids) == 1 {
		return ids[0].String() + " is"
	}
	return fmt.Sprintf("these %d are", len(ids))
}

// statusTargets reads from proofs whose list is to be changed and the ids in it.
func statusTargets(c *cli.Context, proofs []*proofFile) (issuer verifier.Address, home verifier.Home, ids []merkle.Hash, err error) {
	first := proofs[0].Submission
	for _, p := range proofs {
		if err := sound(p.Proof, nil); err != nil {
			return issuer, home, nil, fmt.Errorf("%s does not hold: %w", p.path, err)
		}
		if p.Submission.Issuer != first.Issuer || p.Submission.Home != first.Home {
			return issuer, home, nil, run.Usagef("%s is of another issuer or home than %s: change them one after the other", p.path, proofs[0].path)
		}
		of, err := p.statusIDs(c)
		if err != nil {
			return issuer, home, nil, err
		}
		ids = append(ids, of...)
	}
	slices.SortFunc(ids, merkle.Compare)
	ids = slices.Compact(ids)
	if len(ids) > verifier.MaxStatusItems {
		return issuer, home, nil, run.Hint(run.Usagef("%d credentials are more than a status list holds", len(ids)), "--submission lists whole submissions")
	}
	registry, err := address(c, "registry", first.Home.Registry)
	if err == nil && registry != first.Home.Registry {
		err = run.Usagef("--registry %s is not the home of the proofs, %s, which alone decides", registry, first.Home)
	}
	return first.Issuer, first.Home, ids, err
}

// changed returns a status list with ids, of which none is there twice, listed as the
// verb says, ascending; nil if they are already.
func changed(old []verifier.StatusItem, ids []merkle.Hash, verb statusVerb) ([]verifier.StatusItem, error) {
	ids = slices.SortedFunc(slices.Values(ids), merkle.Compare)
	items := make([]verifier.StatusItem, 0, len(old)+len(ids))
	same := true
	for _, id := range ids {
		for len(old) > 0 && merkle.Compare(old[0].ID, id) < 0 {
			items, old = append(items, old[0]), old[1:]
		}
		code := verifier.StatusNone
		if len(old) > 0 && old[0].ID == id {
			code, old = old[0].Code, old[1:]
		}
		if verb.code == verifier.StatusSuspended && code == verifier.StatusRevoked {
			return nil, run.Hint(fmt.Errorf("%s is revoked, which is more than suspended", id), "hallmark reinstate takes the revocation back")
		}
		same = same && code == verb.code
		if verb.code != verifier.StatusNone {
			items = append(items, verifier.StatusItem{ID: id, Code: verb.code})
		}
	}
	if same {
		return nil, nil
	}
	return append(items, old...), nil
}

// list returns the issuer's status with the whole list behind it, checked against
// the root that the chain records. What is on its way is awaited first, since the
// next version is made from it.
func (s *statement) list(c *cli.Context) (api.IssuerStatus, error) {
	status, err := s.settled(c)
	if err != nil {
		return status, err
	}
	if !status.Known {
		if err := s.publishKept(c, &status); err != nil {
			return status, err
		}
	}
	if err := s.checkRecord(c, &status); err != nil {
		return status, err
	}
	root := merkle.Hash{}
	if !status.Root.IsZero() {
		tree, err := verifier.NewStatusList(itemsOf(status.Items))
		if err != nil {
			return status, fmt.Errorf("the list that the node has of %s is not one: %w", s.issuer, err)
		}
		root = tree.Root()
	}
	if root != status.Root || status.Root.IsZero() && len(status.Items) > 0 {
		return status, fmt.Errorf("the list that the node has of %s leads to root %s, and the chain records %s: do not rely on this node", s.issuer, root, status.Root)
	}
	return status, nil
}

func itemsOf(items []api.StatusItem) []verifier.StatusItem {
	out := make([]verifier.StatusItem, len(items))
	for i, item := range items {
		out[i] = verifier.StatusItem(item)
	}
	return out
}

// setStatus publishes items as the version after old, and returns once that is in a
// block.
func (s *statement) setStatus(c *cli.Context, old *api.IssuerStatus, items []verifier.StatusItem) error {
	update := anchor.StatusUpdate{Issuer: s.issuer, Home: s.home, Version: old.Version + 1, Items: items}
	list, err := publish.WriteStatusList(s.issuer, update.Version, items, func(publish.Block) error { return nil })
	if err != nil {
		return err
	}
	if err := s.unlock(c, old.Controller); err != nil {
		return err
	}
	if s.chain != nil {
		return s.sendStatus(c, update, list)
	}
	update.Deadline = s.deadline(old)
	update.Signature, err = s.sign(verifier.SetStatusDigest(s.home, s.issuer, update.Version, list.Root, list.List, update.Deadline))
	if err != nil {
		return err
	}
	if err := s.node.SetStatus(c.Context, update); err != nil {
		return err
	}
	now, err := s.node.AwaitIssuer(c.Context, s.home, s.issuer, func(now api.IssuerStatus) bool { return now.Version >= update.Version })
	if err != nil {
		return err
	}
	if now.Version == update.Version && now.Root != list.Root {
		return fmt.Errorf("version %d of the list is another one: %w", update.Version, errOvertaken)
	}
	return nil
}

// sendStatus sends the transaction itself, and gives the node the list.
func (s *statement) sendStatus(c *cli.Context, update anchor.StatusUpdate, list publish.StatusList) error {
	// Once the registry has the root, losing the list would leave everything of this
	// issuer UNKNOWN. So it is on disk first.
	kept, err := s.keep(&update)
	if err != nil {
		return err
	}
	err = s.send(c, registryABI.PackSetStatus(s.issuerABI(), update.Version, list.Root, list.List))
	if refused := (*chain.RevertError)(nil); errors.As(err, &refused) {
		return errors.Join(err, os.Remove(kept)) // nothing was sent
	}
	if err != nil {
		return err
	}
	return s.publish(c, update, kept)
}

// errOvertaken says that another change came between.
var errOvertaken = errors.New("another change came first")

func overtaken(err error) bool {
	var refused *api.NodeError
	return errors.Is(err, errOvertaken) || errors.As(err, &refused) && refused.Status == 409 ||
		err != nil && strings.Contains(err.Error(), "another update came first")
}

// statementLife is how long a signed statement may be relayed.
const statementLife = time.Hour
