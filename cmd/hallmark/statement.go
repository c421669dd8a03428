package main

import (
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
	"github.com/urfave/cli/v2"

	"github.com/hallmark-node/hallmark/anchor/chain"
	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/cmd/internal/run"
	"github.com/hallmark-node/hallmark/contracts"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

var registryABI = contracts.NewAnchorRegistry()

// statement is what revoke, retire and controller have in common: something that an
// issuer, or who speaks for it, says to the home registry. It goes through the node,
// which relays the signature and pays, or with --rpc in a transaction of its own.
type statement struct {
	issuer verifier.Address
	home   verifier.Home
	node   *client.Client
	chain  *server // nil: the node relays
	id     chain.ID
	key    *chain.Key // set by unlock
	kept   string     // folder for lists that are not published yet
}

// openStatement connects to the node and, with --rpc, to the chain. The statement is
// for the registry that decides for what is at home in a registry (see
// [decidingHome]); without a home it is for that of --home, or the node's.
func openStatement(c *cli.Context, issuer verifier.Address, home *verifier.Home) (*statement, error) {
	node, err := openNode(c)
	if err != nil {
		return nil, err
	}
	s := &statement{issuer: issuer, node: node}
	if s.kept, err = keystoreFolder(c); err != nil {
		return nil, err
	}
	info, err := node.Info(c.Context)
	if err != nil {
		return nil, err
	}
	if home == nil {
		if s.home, err = pickHome(c, &info); err != nil {
			return nil, err
		}
	} else {
		if s.home, err = decidingHome(c, *home, info.Homes); err != nil {
			return nil, err
		}
		if !slices.Contains(info.Homes, s.home) {
			return nil, run.Hint(fmt.Errorf("the node at %s does not anchor in %s, the home of the proofs: ask one that does", node.URL(), s.home),
				"if that chain has died, name the registry that took over with --registry")
		}
	}
	if target := c.String("rpc"); target != "" {
		if s.chain, err = dial(target); err != nil {
			return nil, err
		}
		if s.id, err = s.chain.ID(c.Context); err != nil {
			return nil, s.chain.trouble(err)
		}
		if s.id.Chain != s.home.Chain {
			return nil, run.Usagef("--rpc is a server of %s, and the home is %s", s.id.Chain, s.home)
		}
		if err := s.chain.Check(c.Context, s.home.Registry); err != nil {
			return nil, s.chain.trouble(err)
		}
	}
	return s, nil
}

func (s *statement) close() {
	if s.chain != nil {
		s.chain.Close()
	}
}

// settled returns the issuer's status once no statement of its is on its way.
func (s *statement) settled(c *cli.Context) (client.IssuerStatus, error) {
	waiting := false
	status, err := s.node.StatusList(c.Context, s.home, s.issuer)
	if err != nil || idle(status) {
		return status, err
	}
	return s.node.AwaitIssuer(c.Context, s.home, s.issuer, func(now client.IssuerStatus) bool {
		if !idle(now) && !waiting {
			waiting = true
			say(c, "a %s statement of %s is on its way; waiting for it first", now.Pending.Kind, s.issuer)
		}
		return idle(now)
	})
}

func idle(s client.IssuerStatus) bool {
	return s.Pending == nil || s.Pending.State != publish.Accepted && s.Pending.State != publish.Broadcast
}

// checkRecord compares what the node says of the issuer with the chain, if --rpc
// gives a way to ask.
func (s *statement) checkRecord(c *cli.Context, status *client.IssuerStatus) error {
	if s.chain == nil {
		return nil
	}
	head, err := s.chain.Head(c.Context)
	if err != nil {
		return s.chain.trouble(err)
	}
	record, err := s.chain.Issuer(c.Context, head.Hash, s.home.Registry, s.issuer)
	if err != nil {
		return s.chain.trouble(err)
	}
	if record.StatusRoot != status.Root || record.Version != status.Version {
		return run.Hint(fmt.Errorf("the node says that the registry has version %d of the list of %s with root %s, and the RPC server says version %d with root %s",
			status.Version, s.issuer, status.Root, record.Version, record.StatusRoot), "try again if it was changed just now; else one of the two is not to be relied on")
	}
	status.RetiredFrom = record.RetiredFrom
	if status.Controller = record.Controller; record.Controller.IsZero() {
		status.Controller = s.issuer
	}
	return nil
}

// unlock opens the key that is to sign, which must be the controller's. It shows
// what for first.
func (s *statement) unlock(c *cli.Context, controller verifier.Address) error {
	if s.key != nil {
		return nil
	}
	account, err := accountOf(c).find()
	if err != nil {
		return err
	}
	if verifier.Address(account.Address) != controller {
		return run.Hint(fmt.Errorf("%s may not speak for issuer %s: %s does", verifier.Address(account.Address), s.issuer, controller), "name the key of %s with --keystore and --account", controller)
	}
	showHome(c, s.home)
	say(c, "signing as %s", controller)
	s.key, err = unlock(c)
	return err
}

func (s *statement) sign(digest merkle.Hash) ([]byte, error) {
	sig, err := s.key.SignDigest(digest)
	return sig[:], err
}

// deadline is until when a signature made now is good. The chain's clock may be
// ahead of ours.
func (s *statement) deadline(status *client.IssuerStatus) uint64 {
	now := max(uint64(time.Now().Unix()), status.Time)
	return now + uint64(statementLife/time.Second)
}

// send makes the transaction itself and returns when it is in a block.
func (s *statement) send(c *cli.Context, calldata []byte) error {
	sender := &sender{s.chain, s.key, s.id}
	_, err := sender.execute(c, s.home.Registry, calldata)
	return err
}

func (s *statement) issuerABI() common.Address { return common.Address(s.issuer) }

// keptList is a status list that is on the chain, or on its way there, and perhaps
// not published yet.
type keptList struct {
	Issuer  verifier.Address    `json:"issuer"`
	Home    verifier.Home       `json:"home"`
	Version uint64              `json:"version"`
	Items   []client.StatusItem `json:"items"`
}

// keep writes a list to disk and returns the file.
func (s *statement) keep(u *publish.StatusUpdate) (string, error) {
	list := keptList{s.issuer, s.home, u.Version, nil}
	for _, item := range u.Items {
		list.Items = append(list.Items, client.StatusItem(item))
	}
	data, err := json.Marshal(list)
	if err != nil {
		return "", err
	}
	path := filepath.Join(s.kept, fmt.Sprintf("status-%s-%d.json", s.issuer, u.Version))
	return path, replaceFile(path, data, 0o600)
}

// publish gives the node a list that the registry has, and forgets the copy on disk.
// The node's own view of the chain may be behind for a while.
func (s *statement) publish(c *cli.Context, u publish.StatusUpdate, kept string) error {
	for end := time.Now().Add(publishTime); ; {
		err := s.node.SetStatus(c.Context, u)
		if err == nil {
			return os.Remove(kept)
		}
		var refused *client.NodeError
		behind := errors.As(err, &refused) && refused.Status == http.StatusUnprocessableEntity
		if !behind || time.Now().After(end) {
			return run.Hint(fmt.Errorf("the registry has version %d of the list and the node has not: %w", u.Version, err), "run the same command again, it publishes %s", kept)
		}
		select {
		case <-c.Context.Done():
		case <-time.After(time.Second):
		}
	}
}

// publishTime is how long a node may lag behind the chain that we see.
const publishTime = time.Minute

// publishKept gives the node the list behind the registry's root, if an earlier call
// left it on disk.
func (s *statement) publishKept(c *cli.Context, status *client.IssuerStatus) error {
	unknown := run.Hint(fmt.Errorf("the node at %s does not have the list of %s behind the registry's root %s, so it cannot be changed there", s.node.URL(), s.issuer, status.Root),
		"ask the node or the mirror through which the list was last changed")
	path := filepath.Join(s.kept, fmt.Sprintf("status-%s-%d.json", s.issuer, status.Version))
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
	published, err := publish.WriteStatusList(s.issuer, list.Version, itemsOf(list.Items), func(publish.Block) error { return nil })
	if err != nil || published.Root != status.Root || list.Issuer != s.issuer || list.Home != s.home {
		return unknown
	}
	say(c, "the node lacks version %d of the list; publishing it from %s", list.Version, path)
	update := publish.StatusUpdate{
		Issuer: s.issuer, Home: s.home, Version: list.Version, Items: itemsOf(list.Items), Root: published.Root, List: published.List,
	}
	if err := s.publish(c, update, path); err != nil {
		return err
	}
	status.Known, status.Items = true, list.Items
	return nil
}
