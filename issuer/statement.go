package issuer

import (
	"context"

	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/verifier"
)

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
	_, err = r.Node.AwaitIssuer(ctx, r.Home, r.Issuer, func(now client.IssuerStatus) bool { return now.RetiredFrom != 0 && now.RetiredFrom <= from })
	return err
}

// relayController has the node send the statement and returns once it is in a block.
func (r *Registry) relayController(ctx context.Context, next verifier.Address, status *client.IssuerStatus) error {
	request := publish.ControllerRequest{Issuer: r.Issuer, Home: r.Home, Current: status.Controller, Next: next, Deadline: r.deadline(status)}
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

// Retire says that the issuer's key is not to be believed for anchors made at or after a time
// (Unix seconds), and returns once that is in a block. It cannot be taken back. status is of
// [Registry.Status].
func (r *Registry) Retire(ctx context.Context, from uint64, status *client.IssuerStatus) error {
	if err := r.unlock(status.Controller); err != nil {
		return err
	}
	if r.Chain != nil {
		return r.send(ctx, registryABI.PackRetire(r.issuerABI(), from))
	}
	return r.relayRetire(ctx, from, status)
}
