package issuer

import (
	"context"
	"fmt"

	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/internal/fault"
	"github.com/hallmark-node/hallmark/verifier"
)

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
	if err := r.unlock(status.Controller); err != nil {
		return err
	}
	if r.Chain != nil {
		return r.send(ctx, registryABI.PackRetire(r.issuerABI(), from))
	}
	return r.relayRetire(ctx, from, status)
}

// relayRetire has the node send the statement and returns once it is in a block.
func (r *Registry) relayRetire(ctx context.Context, from uint64, status *client.IssuerStatus) error {
	request := publish.RetireRequest{Issuer: r.Issuer, Home: r.Home, From: from, Deadline: r.deadline(status)}
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
}

// SetController hands the say over an issuer's status to another key, and returns once that
// is in a block. status is of [Registry.Status].
func (r *Registry) SetController(ctx context.Context, next verifier.Address, status *client.IssuerStatus) error {
	if err := r.unlock(status.Controller); err != nil {
		return err
	}
	if r.Chain != nil {
		return r.send(ctx, registryABI.PackSetController(r.issuerABI(), [20]byte(next)))
	}
	return r.relayController(ctx, next, status)
}

// relayController has the node send the statement and returns once it is in a block.
func (r *Registry) relayController(ctx context.Context, next verifier.Address, status *client.IssuerStatus) error {
	request := publish.ControllerRequest{
		Issuer: r.Issuer, Home: r.Home, Current: status.Controller, Next: next, Deadline: r.deadline(status),
	}
	if request.Current == r.Issuer {
		request.Current = verifier.Address{} // nobody is set
	}
	var err error
	if request.Signature, err = r.sign(verifier.SetControllerDigest(r.Home, r.Issuer, request.Current, next, request.Deadline)); err != nil {
		return err
	}
	if err := r.Node.SetController(ctx, request); err != nil {
		return err
	}
	_, err = r.Node.AwaitIssuer(ctx, r.Home, r.Issuer, func(now client.IssuerStatus) bool { return now.Controller == next })
	return err
}
