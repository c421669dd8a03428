package monitor

import (
	"context"
	"slices"

	"github.com/hallmark-node/hallmark/anchor/chain"
	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// list makes a report of a status list: of what changed from the one before.
func (p *pass) list(ctx context.Context, e *chain.Event, final bool) {
	lists := append(p.state.Lists[e.Issuer], list{e.Version, e.Root, e.Manifest, e.Number, place(e)})
	p.state.Lists[e.Issuer] = lists[max(0, len(lists)-maxLists):]
	p.record(e.Issuer, func(r *recorded) { r.Version, r.Root = e.Version, e.Root })
	if err := p.readList(ctx, e, final); err != nil {
		p.unread(ctx, e, final, Report{Kind: Unread, Issuer: e.Issuer, Version: e.Version, Root: e.Root, Manifest: e.Manifest}, err)
	}
}

// readList reads what a status list changes. If the one before is not known, all that it lists
// counts as changed.
func (p *pass) readList(ctx context.Context, e *chain.Event, final bool) error {
	now, err := p.items(ctx, e, list{Version: e.Version, Root: e.Root, Manifest: e.Manifest})
	if err != nil {
		return err
	}
	r := Report{Kind: Status, Issuer: e.Issuer, Version: e.Version, Root: e.Root}
	var before []verifier.StatusItem
	lists := p.state.Lists[e.Issuer]
	if i := slices.IndexFunc(lists, func(l list) bool { return l.Version == e.Version-1 }); i >= 0 {
		if before, err = p.items(ctx, e, lists[i]); err != nil {
			return err
		}
		r.Since = lists[i].Version
	}
	r.Changes = diff(before, now)
	if len(r.Changes) > maxChanges {
		r.Changes, r.More = r.Changes[:maxChanges], len(r.Changes)-maxChanges
	}
	p.report(ctx, e, final, r)
	return nil
}

// items reads a published list of an event's issuer, which leads to the root that the registry recorded.
func (p *pass) items(ctx context.Context, e *chain.Event, l list) (items []verifier.StatusItem, err error) {
	err = p.read(ctx, e, l.Manifest, func(ctx context.Context, get publish.Getter) error {
		items, err = publish.ReadStatusList(ctx, get, publish.StatusList{Issuer: e.Issuer, Version: l.Version, Root: l.Root, List: l.Manifest})
		return err
	})
	return items, err
}

// diff returns what differs between two lists, both ascending by id.
func diff(before, now []verifier.StatusItem) []Change {
	changes := []Change{}
	for len(before) > 0 || len(now) > 0 {
		switch order := compare(before, now); {
		case order < 0:
			changes, before = append(changes, Change{before[0].ID, before[0].Code, verifier.StatusNone}), before[1:]
		case order > 0:
			changes, now = append(changes, Change{now[0].ID, verifier.StatusNone, now[0].Code}), now[1:]
		default:
			if before[0].Code != now[0].Code {
				changes = append(changes, Change{before[0].ID, before[0].Code, now[0].Code})
			}
			before, now = before[1:], now[1:]
		}
	}
	return changes
}

// compare says which list's next id is lower. An empty list has none.
func compare(a, b []verifier.StatusItem) int {
	switch {
	case len(a) == 0:
		return 1
	case len(b) == 0:
		return -1
	}
	return merkle.Compare(a[0].ID, b[0].ID)
}
