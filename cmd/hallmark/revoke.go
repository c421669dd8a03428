package main

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"slices"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/hallmark-node/hallmark/anchor/chain"
	"github.com/hallmark-node/hallmark/anchor/client"
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
				"it after hallmark refresh. Doing it again changes nothing.\n\n" +
				"Each proof is changed in its home registry, or if the home's chain has died and your trust\n" +
				"store names its successor, there.",
			Flags: append([]cli.Flag{
				nodeFlag(),
				&cli.StringFlag{Name: "rpc", Usage: "`URL` of a JSON-RPC server, to check the node by and to send the transaction through"},
				registryFlag(),
				trustFlag(),
				jsonFlag(),
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

// statusChange is the machine form of what was done in one registry.
type statusChange struct {
	Issuer  verifier.Address `json:"issuer"`
	Home    verifier.Home    `json:"home"`
	Version uint64           `json:"version"` // of the list that says so
	Status  string           `json:"status"`  // as in statusVerb.done
	IDs     []merkle.Hash    `json:"ids"`
	Changed bool             `json:"changed"` // false: it was so before
}

func changeStatus(c *cli.Context, verb statusVerb) error {
	proofs, err := readProofs(c)
	if err != nil {
		return err
	}
	targets, err := statusTargets(c, proofs)
	if err != nil {
		return err
	}
	var changes []statusChange
	for _, target := range targets {
		change, err := changeIn(c, target, verb)
		if err != nil {
			return errors.Join(reportChanges(c, changes), err)
		}
		changes = append(changes, change)
	}
	return reportChanges(c, changes)
}

func reportChanges(c *cli.Context, changes []statusChange) error {
	if !c.Bool("json") {
		return nil
	}
	return resultLines(c, changes)
}

// changeIn changes the issuer's list in one registry.
func changeIn(c *cli.Context, target statusTarget, verb statusVerb) (statusChange, error) {
	done := statusChange{Issuer: target.issuer, Status: verb.done, IDs: target.ids}
	s, err := openStatement(c, target.issuer, &target.home)
	if err != nil {
		return done, err
	}
	defer s.close()
	done.Home = s.home
	done.Version, done.Changed, err = s.change(c, func(old []verifier.StatusItem) ([]verifier.StatusItem, error) {
		return changed(old, target.ids, verb)
	})
	switch {
	case err != nil:
		return done, err
	case done.Changed:
		say(c, "%s now %s, by version %d of the status list of %s", these(target.ids), verb.done, done.Version, target.issuer)
		hint(c, "proofs that were handed out show it after hallmark refresh")
	default:
		say(c, "%s %s already; nothing was sent", these(target.ids), verb.done)
	}
	return done, nil
}

// change sets the issuer's list to what next makes of the present one, again if
// another change comes between, and returns once that is in a block. Where next
// returns nil nothing changes. version is the list's in the end.
func (s *statement) change(c *cli.Context, next func([]verifier.StatusItem) ([]verifier.StatusItem, error)) (version uint64, changed bool, err error) {
	for attempt := 1; ; attempt++ {
		old, err := s.list(c)
		if err != nil {
			return 0, false, err
		}
		items, err := next(itemsOf(old.Items))
		if err != nil || items == nil {
			return old.Version, false, err
		}
		err = s.setStatus(c, &old, items)
		if err == nil {
			return old.Version + 1, true, nil
		}
		if !overtaken(err) || attempt == changeAttempts {
			return 0, false, err
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

// statusTarget is what is to be changed in one registry.
type statusTarget struct {
	issuer verifier.Address
	home   verifier.Home // of the proofs
	ids    []merkle.Hash
}

// statusTargets reads from proofs of one issuer the ids that are to be changed, by
// their home.
func statusTargets(c *cli.Context, proofs []*proofFile) (targets []statusTarget, err error) {
	first := proofs[0].Submission
	for _, p := range proofs {
		if err := sound(p.Proof, nil); err != nil {
			return nil, fmt.Errorf("%s does not hold: %w", p.path, err)
		}
		if p.Submission.Issuer != first.Issuer {
			return nil, run.Usagef("%s is of another issuer than %s: change them one after the other", p.path, proofs[0].path)
		}
		ids, err := p.statusIDs(c)
		if err != nil {
			return nil, err
		}
		if len(ids) == 0 {
			continue // --only names nothing in this group of an archive
		}
		at := slices.IndexFunc(targets, func(t statusTarget) bool { return t.home == p.Submission.Home })
		if at < 0 {
			at = len(targets)
			targets = append(targets, statusTarget{issuer: first.Issuer, home: p.Submission.Home})
		}
		targets[at].ids = append(targets[at].ids, ids...)
	}
	for i := range targets {
		t := &targets[i]
		slices.SortFunc(t.ids, merkle.Compare)
		t.ids = slices.Compact(t.ids)
		if len(t.ids) > verifier.MaxStatusItems {
			return nil, run.Hint(run.Usagef("%d credentials are more than a status list holds", len(t.ids)), "--submission lists whole submissions")
		}
	}
	for _, flag := range []string{"rpc", "registry"} {
		if len(targets) > 1 && c.String(flag) != "" {
			return nil, run.Usagef("the proofs are at home in %s and %s, and --%s is of one registry: change them one after the other", targets[0].home, targets[1].home, flag)
		}
	}
	return targets, nil
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
func (s *statement) list(c *cli.Context) (client.IssuerStatus, error) {
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

func itemsOf(items []client.StatusItem) []verifier.StatusItem {
	out := make([]verifier.StatusItem, len(items))
	for i, item := range items {
		out[i] = verifier.StatusItem(item)
	}
	return out
}

// setStatus publishes items as the version after old, and returns once that is in a
// block.
func (s *statement) setStatus(c *cli.Context, old *client.IssuerStatus, items []verifier.StatusItem) error {
	update := publish.StatusUpdate{Issuer: s.issuer, Home: s.home, Version: old.Version + 1, Items: items}
	list, err := publish.WriteStatusList(s.issuer, update.Version, items, func(publish.Block) error { return nil })
	if err != nil {
		return err
	}
	update.Root, update.List = list.Root, list.List
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
	now, err := s.node.AwaitIssuer(c.Context, s.home, s.issuer, func(now client.IssuerStatus) bool { return now.Version >= update.Version })
	if refused := (*client.StatementError)(nil); errors.As(err, &refused) {
		// Whether that is because of another one the registry says, by a block that may be
		// newer than the one it was asked at.
		if after, fault := s.node.StatusList(c.Context, s.home, s.issuer); fault == nil && after.Version >= update.Version {
			return fmt.Errorf("%w: %w", err, errOvertaken)
		}
	}
	if err != nil {
		return err
	}
	if now.Version == update.Version && now.Root != list.Root {
		return fmt.Errorf("version %d of the list is another one: %w", update.Version, errOvertaken)
	}
	return nil
}

// sendStatus sends the transaction itself, and gives the node the list.
func (s *statement) sendStatus(c *cli.Context, update publish.StatusUpdate, list publish.StatusList) error {
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
	var refused *client.NodeError
	var reverted *chain.RevertError
	return errors.Is(err, errOvertaken) || errors.As(err, &refused) && refused.Status == http.StatusConflict ||
		errors.As(err, &reverted) && reverted.Overtaken
}

// statementLife is how long a signed statement may be relayed.
const statementLife = time.Hour
