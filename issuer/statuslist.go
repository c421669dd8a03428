package issuer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/hallmark-node/hallmark/anchor/chain"
	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/internal/durable"
	"github.com/hallmark-node/hallmark/internal/fault"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// changeAttempts is how often a change is made anew because another one came first.
const changeAttempts = 5

// SetStatus lists ids with a code ([verifier.StatusRevoked], [verifier.StatusSuspended]), or with
// [verifier.StatusNone] no longer, nor replaced, and returns once that is in a block. What is revoked is not
// suspended. Without a change nothing is sent. version is that of the list in the end.
func (r *Registry) SetStatus(ctx context.Context, ids []merkle.Hash, code uint8) (version uint64, changed bool, err error) {
	return r.Change(ctx, func(old []verifier.StatusItem) ([]verifier.StatusItem, error) { return withStatus(old, ids, code) })
}

// Change sets the issuer's list to what next makes of the present one, again if
// another change comes between, and returns once that is in a block. Where next
// returns nil nothing changes. version is the list's in the end.
func (r *Registry) Change(
	ctx context.Context, next func([]verifier.StatusItem) ([]verifier.StatusItem, error),
) (version uint64, changed bool, err error) {
	for attempt := 1; ; attempt++ {
		old, err := r.list(ctx)
		if err != nil {
			return 0, false, err
		}
		items, err := next(old.Items)
		if err != nil || items == nil {
			return old.Version, false, err
		}
		err = r.setStatus(ctx, &old, items)
		if err == nil {
			return old.Version + 1, true, nil
		}
		if !overtaken(err) || attempt == changeAttempts {
			return 0, false, err
		}
		r.say("another change came first; trying again on top of it")
	}
}

// withStatus returns a status list in which ids, of which none is there twice, have a
// code, ascending; nil if they have it already. Of what is good nothing says what replaces it.
func withStatus(old []verifier.StatusItem, ids []merkle.Hash, code uint8) ([]verifier.StatusItem, error) {
	ids = slices.SortedFunc(slices.Values(ids), merkle.Compare)
	items := make([]verifier.StatusItem, 0, len(old)+len(ids))
	same := true
	if code == verifier.StatusNone {
		rest := verifier.WithoutPointers(old, ids...)
		same, old = len(rest) == len(old), rest
	}
	for _, id := range ids {
		for len(old) > 0 && merkle.Compare(old[0].ID, id) < 0 {
			items, old = append(items, old[0]), old[1:]
		}
		before := verifier.StatusNone
		if len(old) > 0 && old[0].ID == id {
			before, old = old[0].Code, old[1:]
		}
		if code == verifier.StatusSuspended && before == verifier.StatusRevoked {
			return nil, fault.Remedy(fmt.Errorf("%s is revoked, which is more than suspended", id), "hallmark reinstate takes the revocation back")
		}
		same = same && before == code
		if code != verifier.StatusNone {
			items = append(items, verifier.StatusItem{ID: id, Code: code})
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
func (r *Registry) list(ctx context.Context) (client.IssuerStatus, error) {
	status, err := r.Status(ctx)
	if err != nil {
		return status, err
	}
	if !status.Known {
		if err := r.publishKept(ctx, &status); err != nil {
			return status, err
		}
	}
	if err := r.CheckRecord(ctx, &status); err != nil {
		return status, err
	}
	root := merkle.Hash{}
	if !status.Root.IsZero() {
		tree, err := verifier.NewStatusList(status.Items)
		if err != nil {
			return status, fmt.Errorf("the list that the node has of %s is not one: %w", r.Issuer, err)
		}
		root = tree.Root()
	}
	if root != status.Root || status.Root.IsZero() && len(status.Items) > 0 {
		return status, fmt.Errorf("the list that the node has of %s leads to root %s, and the chain records %s: do not rely on this node",
			r.Issuer, root, status.Root)
	}
	return status, nil
}

// update returns items as a version of the list, without a signature.
func (r *Registry) update(version uint64, items []verifier.StatusItem) (publish.StatusUpdate, error) {
	list, err := publish.WriteStatusList(r.Issuer, version, items, func(publish.Block) error { return nil })
	return publish.StatusUpdate{Issuer: r.Issuer, Home: r.Home, Version: version, Items: items, Root: list.Root, List: list.List}, err
}

// setStatus publishes items as the version after old, and returns once that is in a
// block.
func (r *Registry) setStatus(ctx context.Context, old *client.IssuerStatus, items []verifier.StatusItem) error {
	update, err := r.update(old.Version+1, items)
	if err != nil {
		return err
	}
	if err := r.unlock(old.Controller); err != nil {
		return err
	}
	if r.Chain != nil {
		return r.sendStatus(ctx, update)
	}
	update.Deadline = r.deadline(old)
	update.Signature, err = r.sign(verifier.SetStatusDigest(r.Home, r.Issuer, update.Version, update.Root, update.List, update.Deadline))
	if err != nil {
		return err
	}
	if err := r.Node.SetStatus(ctx, update); err != nil {
		return err
	}
	now, err := r.Node.AwaitIssuer(ctx, r.Home, r.Issuer, func(now client.IssuerStatus) bool { return now.Version >= update.Version })
	if refused := (*client.StatementError)(nil); errors.As(err, &refused) {
		// Whether that is because of another one the registry says, by a block that may be
		// newer than the one it was asked at.
		if after, e := r.Node.StatusList(ctx, r.Home, r.Issuer); e == nil && after.Version >= update.Version {
			return fmt.Errorf("%w: %w", err, errOvertaken)
		}
	}
	if err != nil {
		return err
	}
	if now.Version == update.Version && now.Root != update.Root {
		return fmt.Errorf("version %d of the list is another one: %w", update.Version, errOvertaken)
	}
	return nil
}

// sendStatus sends the transaction itself, and gives the node the list.
func (r *Registry) sendStatus(ctx context.Context, update publish.StatusUpdate) error {
	// Once the registry has the root, losing the list would leave everything of this
	// issuer UNKNOWN. So it is on disk first.
	kept, err := r.keep(&update)
	if err != nil {
		return err
	}
	err = r.send(ctx, registryABI.PackSetStatus(common.Address(r.Issuer), update.Version, update.Root, update.List))
	if refused := (*chain.RevertError)(nil); errors.As(err, &refused) {
		return errors.Join(err, os.Remove(kept)) // nothing was sent
	}
	if err != nil {
		return err
	}
	return r.publish(ctx, update, kept)
}

// errOvertaken says that another change came between.
var errOvertaken = errors.New("another change came first")

func overtaken(err error) bool {
	var refused *client.NodeError
	var reverted *chain.RevertError
	return errors.Is(err, errOvertaken) || errors.As(err, &refused) && refused.Status == http.StatusConflict ||
		errors.As(err, &reverted) && reverted.Overtaken
}

// keptList is a status list that is on the chain, or on its way there, and perhaps
// not published yet.
type keptList struct {
	Issuer  verifier.Address      `json:"issuer"`
	Home    verifier.Home         `json:"home"`
	Version uint64                `json:"version"`
	Items   []verifier.StatusItem `json:"items"`
}

// keptPath is where a version of the list is kept: lists of several homes do not share it.
func (r *Registry) keptPath(version uint64) string {
	return filepath.Join(r.Kept, fmt.Sprintf("status-%s-%d-%s-%d.json", r.Issuer, r.Home.Chain, r.Home.Registry, version))
}

// keep writes a list to disk and returns the file.
func (r *Registry) keep(u *publish.StatusUpdate) (string, error) {
	data, err := json.Marshal(keptList{r.Issuer, r.Home, u.Version, u.Items})
	if err != nil {
		return "", err
	}
	path := r.keptPath(u.Version)
	return path, durable.Replace(path, data, 0o600)
}

// publish gives the node a list that the registry has, and forgets the copy on disk.
// The node's own view of the chain may be behind for a while.
func (r *Registry) publish(ctx context.Context, u publish.StatusUpdate, kept string) error {
	for end := time.Now().Add(publishTime); ; {
		err := r.Node.SetStatus(ctx, u)
		if err == nil {
			return os.Remove(kept)
		}
		var refused *client.NodeError
		behind := errors.As(err, &refused) && refused.Status == http.StatusUnprocessableEntity
		if !behind || time.Now().After(end) {
			return fault.Remedy(fmt.Errorf("the registry has version %d of the list and the node has not: %w", u.Version, err),
				"run the same command again, it publishes %s", kept)
		}
		select {
		case <-ctx.Done():
		case <-time.After(time.Second):
		}
	}
}

// publishTime is how long a node may lag behind the chain that we see.
const publishTime = time.Minute

// publishKept gives the node the list behind the registry's root, if an earlier call
// left it on disk.
func (r *Registry) publishKept(ctx context.Context, status *client.IssuerStatus) error {
	unknown := fault.Remedy(
		fmt.Errorf("the node at %s does not have the list of %s behind the registry's root %s, so it cannot be changed there",
			r.Node.URL(), r.Issuer, status.Root),
		"ask the node or the mirror through which the list was last changed")
	path := r.keptPath(status.Version)
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return unknown
	}
	if err != nil {
		return err
	}
	var list keptList
	if err := json.Unmarshal(data, &list); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	update, err := r.update(list.Version, list.Items)
	if err != nil || update.Root != status.Root || list.Issuer != r.Issuer || list.Home != r.Home {
		return unknown
	}
	r.say("the node lacks version %d of the list; publishing it from %s", list.Version, path)
	if err := r.publish(ctx, update, path); err != nil {
		return err
	}
	status.Known, status.Items = true, list.Items
	return nil
}

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
				"list whole submissions")
		}
	}
	return targets, nil
}
