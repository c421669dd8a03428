package issuer

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/hallmark-node/hallmark/anchor/chain"
	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/contracts"
	"github.com/hallmark-node/hallmark/internal/fault"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

var registryABI = contracts.NewAnchorRegistry()

// Registry speaks for an issuer in one registry: it changes the issuer's status list
// ([Registry.SetStatus], [Registry.Replace]), retires its key and sets its controller. The node relays what is
// signed and pays for it, or with Chain the key's own account does. It is for one goroutine.
// Call [Registry.Check] first.
type Registry struct {
	Node   *client.Client
	Issuer verifier.Address
	Home   verifier.Home
	Chain  *chain.Client // nil: the node relays

	// Key returns the controller's key. It is called once, when something is to be signed.
	// With Chain the key must be a [chain.Signer] too.
	Key func(controller verifier.Address) (Key, error)

	// Kept is a folder for lists that the chain has and the node has not yet: without the
	// list behind the registry's root all credentials of the issuer would be UNKNOWN.
	Kept string

	// Say is told what takes time or was sent, for people; it may be nil.
	Say func(text string)

	key Key // set by unlock
}

// Close ends the connection to Chain.
func (r *Registry) Close() {
	if r.Chain != nil {
		r.Chain.Close()
	}
}

func (r *Registry) say(format string, args ...any) { say(r.Say, format, args...) }

// say tells somebody something, unless nobody is to be told.
func say(to func(string), format string, args ...any) {
	if to != nil {
		to(fmt.Sprintf(format, args...))
	}
}

// Check makes sure that the node anchors in the registry, and that Chain is a server of its
// chain and finds the registry there.
func (r *Registry) Check(ctx context.Context, info *client.Info) error {
	if !slices.Contains(info.Homes, r.Home) {
		return fault.Remedy(fmt.Errorf("the node at %s does not anchor in %s, the home of the proofs: ask one that does", r.Node.URL(), r.Home),
			"if that chain has died, name the registry that took over")
	}
	if r.Chain == nil {
		return nil
	}
	id, err := r.Chain.ID(ctx)
	if err != nil {
		return err
	}
	if id.Chain != r.Home.Chain {
		return fault.Input("the RPC server is one of %s, and the home is %s", id.Chain, r.Home)
	}
	return r.Chain.Check(ctx, r.Home.Registry)
}

// DecidingHome returns the registry whose word counts for what is at home in one: home
// itself, or if the trust store names a successor of its chain, that of registries there
// which the store lists.
func DecidingHome(trust *verifier.Trust, home verifier.Home, registries []verifier.Home) (verifier.Home, error) {
	id := trust.EffectiveChain(home.Chain)
	if id == home.Chain {
		return home, nil
	}
	for _, r := range registries {
		if known := trust.Chains[id]; r.Chain == id && known != nil && slices.Contains(known.Registries, r.Registry) {
			return r, nil
		}
	}
	return home, fmt.Errorf("the node does not anchor in a registry on %s that your trust store believes: ask one that does", id)
}

// unlock gets the key that is to sign.
func (r *Registry) unlock(controller verifier.Address) (err error) {
	if r.key == nil {
		r.key, err = r.Key(controller)
	}
	return err
}

// Status returns the issuer's status once no statement of its is on its way.
func (r *Registry) Status(ctx context.Context) (client.IssuerStatus, error) {
	waiting := false
	status, err := r.Node.StatusList(ctx, r.Home, r.Issuer)
	if err != nil || Idle(status) {
		return status, err
	}
	return r.Node.AwaitIssuer(ctx, r.Home, r.Issuer, func(now client.IssuerStatus) bool {
		if !Idle(now) && !waiting {
			waiting = true
			r.say("a %s statement of %s is on its way; waiting for it first", now.Pending.Kind, r.Issuer)
		}
		return Idle(now)
	})
}

// Idle reports whether no statement of an issuer is on its way to the registry.
func Idle(s client.IssuerStatus) bool {
	return s.Pending == nil || s.Pending.State != publish.Accepted && s.Pending.State != publish.Broadcast
}

// CheckRecord compares what the node says of the issuer with the chain, if there is a
// server to ask.
func (r *Registry) CheckRecord(ctx context.Context, status *client.IssuerStatus) error {
	if r.Chain == nil {
		return nil
	}
	head, err := r.Chain.Head(ctx)
	if err != nil {
		return err
	}
	record, err := r.Chain.Issuer(ctx, head.Hash, r.Home.Registry, r.Issuer)
	if err != nil {
		return err
	}
	if record.StatusRoot != status.Root || record.Version != status.Version {
		return fault.Remedy(
			fmt.Errorf("the node says that the registry has version %d of the list of %s with root %s, "+
				"and the RPC server says version %d with root %s",
				status.Version, r.Issuer, status.Root, record.Version, record.StatusRoot),
			"try again if it was changed just now; else one of the two is not to be relied on")
	}
	status.RetiredFrom = record.RetiredFrom
	if status.Controller = record.Controller; record.Controller.IsZero() {
		status.Controller = r.Issuer
	}
	return nil
}

func (r *Registry) sign(digest merkle.Hash) ([]byte, error) {
	sig, err := r.key.SignDigest(digest)
	return sig[:], err
}

// deadline is until when a signature made now is good. The chain's clock may be
// ahead of ours.
func (r *Registry) deadline(status *client.IssuerStatus) uint64 {
	now := max(uint64(time.Now().Unix()), status.Time)
	return now + uint64(statementLife/time.Second)
}

// send makes the transaction itself and returns when it is in a block.
func (r *Registry) send(ctx context.Context, calldata []byte) error {
	signer, ok := r.key.(chain.Signer)
	if !ok {
		return fmt.Errorf("the key of %s signs no transactions: let the node relay what it signs", r.key.Address())
	}
	return Execute(ctx, r.Chain, signer, r.Home.Registry, calldata, r.Say)
}

// utc writes a time for people. t is in Unix seconds.
func utc(t uint64) string { return time.Unix(int64(t), 0).UTC().Format(time.RFC3339) }

// statementLife is how long a signed statement may be relayed.
const statementLife = time.Hour

// RetirementTime returns from when on (Unix seconds) a retirement would count: from, or if that
// is 0 the time of an earlier retirement or else that of the chain, by whose clock a
// retirement in the future is refused. It can only move earlier. status is of [Registry.Status].
func (r *Registry) RetirementTime(from uint64, status *client.IssuerStatus) (uint64, error) {
	switch before := status.RetiredFrom; {
	case from == 0 && before != 0:
		return before, nil
	case from == 0:
		return status.Time, nil
	case before != 0 && before < from:
		return 0, fmt.Errorf("%s is retired from %s on already, and that can only move earlier", r.Issuer, utc(before))
	case before != from && from > status.Time:
		return 0, fault.Input("%s is in the future of the chain, whose time is %s", utc(from), utc(status.Time))
	}
	return from, nil
}

// Retire says that the issuer's key is not to be believed for anchors made at or after a time
// of [Registry.RetirementTime], and returns once that is in a block. It cannot be taken back.
// status is of [Registry.Status].
func (r *Registry) Retire(ctx context.Context, from uint64, status *client.IssuerStatus) error {
	return r.state(ctx, status, registryABI.PackRetire(common.Address(r.Issuer), from), func() error {
		request := publish.Retirement{Issuer: r.Issuer, Home: r.Home, From: from, Deadline: r.deadline(status)}
		var err error
		if request.Signature, err = r.sign(verifier.RetireDigest(r.Home, r.Issuer, from, request.Deadline)); err != nil {
			return err
		}
		if err := r.Node.Retire(ctx, request); err != nil {
			return err
		}
		_, err = r.Node.AwaitIssuer(ctx, r.Home, r.Issuer, func(now client.IssuerStatus) bool {
			return now.RetiredFrom != 0 && now.RetiredFrom <= from
		})
		return err
	})
}

// SetController hands control of an issuer's status to another key, and returns once that
// is in a block. status is of [Registry.Status].
func (r *Registry) SetController(ctx context.Context, next verifier.Address, status *client.IssuerStatus) error {
	return r.state(ctx, status, registryABI.PackSetController(common.Address(r.Issuer), [20]byte(next)), func() error {
		request := publish.ControllerChange{
			Issuer: r.Issuer, Home: r.Home, Current: status.Controller, Next: next, Deadline: r.deadline(status),
		}
		if request.Current == r.Issuer {
			request.Current = verifier.Address{} // no controller is set
		}
		var err error
		request.Signature, err = r.sign(verifier.SetControllerDigest(r.Home, r.Issuer, request.Current, next, request.Deadline))
		if err != nil {
			return err
		}
		if err := r.Node.SetController(ctx, request); err != nil {
			return err
		}
		_, err = r.Node.AwaitIssuer(ctx, r.Home, r.Issuer, func(now client.IssuerStatus) bool { return now.Controller == next })
		return err
	})
}

// state unlocks the controller's key and sends a statement to the registry by itself, or has
// relay give it to the node.
func (r *Registry) state(ctx context.Context, status *client.IssuerStatus, calldata []byte, relay func() error) error {
	if err := r.unlock(status.Controller); err != nil {
		return err
	}
	if r.Chain != nil {
		return r.send(ctx, calldata)
	}
	return relay()
}
