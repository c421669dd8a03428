package serving

import (
	"context"

	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/anchor/role"
	"github.com/hallmark-node/hallmark/anchor/store"
	"github.com/hallmark-node/hallmark/verifier"
)

// StatusList returns an issuer's status in one registry (zero: the node's only one): what
// it says at the newest block that the node has seen, the list behind it if this node has
// it, and what is on its way. Lists are not to be changed. Errors: [*role.RefusedError] if
// this node does not write to that registry, or has several and none was named,
// [role.ErrUnavailable] while the chain cannot be read.
func (srv *Serving) StatusList(ctx context.Context, home verifier.Home, issuer verifier.Address) (client.IssuerStatus, error) {
	on, err := srv.homes.Find(home)
	if err != nil {
		return client.IssuerStatus{}, err
	}
	r, head, err := srv.recordOf(ctx, on, issuer)
	if err != nil {
		return client.IssuerStatus{}, err
	}
	s := client.IssuerStatus{
		Issuer: issuer, Home: srv.homes[on], Time: head.Time, Version: r.Version, Root: r.StatusRoot, UpdatedAt: r.UpdatedAt,
		RetiredFrom: r.RetiredFrom, Controller: r.SpeaksFor(issuer), Known: r.StatusRoot.IsZero(),
	}
	if s.Known {
		s.Items = []verifier.StatusItem{}
	}
	if !s.Known {
		list, err := srv.list(ctx, issuer, r.StatusRoot)
		switch {
		case err == nil:
			s.Known, s.Items = true, list.Items()
		case !role.Missing(err):
			return s, err
		}
	}
	o, err := srv.store.NewestOperation(srv.homes[on].Chain, issuer)
	if role.Missing(err) || err == nil && o.State == publish.Final {
		return s, nil
	}
	if err != nil {
		return s, err
	}
	s.Pending = &client.PendingUpdate{
		Kind: string(o.Kind), Version: o.Version, State: o.State, Reason: o.Reason,
		Transaction: o.Transaction(), Since: role.Millis(o.Since),
	}
	if o.Kind == store.KindStatus {
		list, err := srv.list(ctx, issuer, o.Root)
		if err != nil {
			return s, err
		}
		s.Pending.Root, s.Pending.Items = &o.Root, list.Items()
	}
	return s, nil
}
