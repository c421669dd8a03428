package anchor

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/anchor/role"
	"github.com/hallmark-node/hallmark/anchor/store/kv"
)

// Health returns what an operator needs to know, as of the writers' last looks at
// their chains. It asks no server.
func (n *Node) Health(context.Context) client.Health {
	h := client.Health{
		Time: time.Now().UTC(), Dead: n.Dead(), MaxWaiting: n.config.MaxWaiting, SealHeld: n.Intake.Held(),
		Disk:  client.DiskHealth{Reserve: n.config.DiskReserve},
		Roles: n.config.Roles.Names(), Holder: n.leases.Holder(), Leases: []client.Lease{},
		Shared: n.config.Store != nil,
	}
	var diskFault error
	h.Disk.Free, diskFault = n.disk.State()
	if diskFault != nil {
		h.Disk.Fault = diskFault.Error()
	}
	for _, w := range n.Pipeline.Writers {
		h.Chains = append(h.Chains, w.Health())
	}
	err := n.fillHealth(&h)
	switch {
	case errors.Is(err, kv.ErrUnavailable):
		h.Intake, h.Fault = publish.IntakeStoreAway, err.Error()
	case err != nil:
		h.Intake, h.Fault = publish.IntakeDiskError, "the data folder cannot be read: "+err.Error()
	case !n.running.Load():
		h.Intake, h.Fault = publish.IntakeStopped, "the node is not running"
	case errors.Is(diskFault, role.ErrDiskFull):
		h.Intake, h.Fault = publish.IntakeDiskFull, diskFault.Error()
	case diskFault != nil:
		h.Intake, h.Fault = publish.IntakeDiskError, diskFault.Error()
	case n.Mirror != nil:
		h.Intake, h.Ready, h.Fault = publish.IntakeElsewhere, true, mirrorFault(&h)
	case !n.config.Roles.Intake:
		h.Intake, h.Ready = publish.IntakeElsewhere, true
	case h.Waiting >= n.config.MaxWaiting:
		h.Intake, h.Fault = publish.IntakeQueueFull, role.ErrBusy.Error()
	default:
		h.Intake, h.Ready = publish.IntakeOpen, true // accepted submissions wait, so intake keeps its promise
		for _, c := range h.Chains {
			for _, fault := range []string{c.RPCError, c.Stuck, c.Ceiling} {
				if h.Fault == "" && fault != "" {
					h.Fault = fault
				}
			}
		}
		if h.Fault == "" {
			h.Fault = h.SealHeld
		}
		for _, c := range h.Chains {
			if h.Fault == "" {
				h.Fault = c.RelaysHeld
			}
		}
		if h.Fault == "" && h.Webhook != nil {
			h.Fault = h.Webhook.Fault
		}
	}
	h.Faults = FaultsOf(&h)
	return h
}

func (n *Node) fillHealth(h *client.Health) (err error) {
	if h.Submissions, err = n.store.Accepted(); err != nil {
		return err
	}
	if h.Disk.Store, err = n.store.Usage(); err != nil {
		return err
	}
	waiting, pending, err := n.Intake.Waiting()
	if err != nil {
		return err
	}
	next, err := n.Intake.NextBatch()
	if err != nil {
		return err
	}
	h.Waiting, h.NextBatch = waiting, absent(next)
	for _, w := range n.Pipeline.Writers {
		oldest, err := w.OldestPending()
		if err != nil {
			return err
		}
		if !oldest.IsZero() && (pending.IsZero() || oldest.Before(pending)) {
			pending = oldest
		}
	}
	h.OldestPending = absent(pending)
	if h.LastDay.Batches, h.LastDay.Submissions, err = n.store.SealedSince(h.Time.Add(-24 * time.Hour)); err != nil {
		return err
	}
	if n.webhook != nil {
		w, err := n.webhook.Health()
		if err != nil {
			return err
		}
		h.Webhook = &w
	}
	if n.Mirror != nil {
		m, err := n.Mirror.Health()
		if err != nil {
			return err
		}
		h.Mirror = &m
	}
	if h.LastAnchor, err = n.Serving.LastAnchor(); err != nil {
		return err
	}
	h.Leases, err = n.leaseHealth()
	return err
}

// leaseHealth returns what is known of the leases: in this process, and of their holders.
func (n *Node) leaseHealth() ([]client.Lease, error) {
	list := []client.Lease{}
	for _, s := range n.leases.State() {
		l := client.Lease{Name: s.Name, Held: s.Held, Fault: s.Fault}
		if s.Held {
			l.Holder, l.Epoch, l.Since = n.leases.Holder(), s.Epoch, absent(s.Since.UTC())
		}
		list = append(list, l)
	}
	leaders, err := n.store.Leaders()
	if err != nil {
		return list, err
	}
	for _, of := range leaders {
		i, known := slices.BinarySearchFunc(list, of.Name, func(l client.Lease, name string) int { return strings.Compare(l.Name, name) })
		if !known {
			list = slices.Insert(list, i, client.Lease{Name: of.Name})
		}
		if l := &list[i]; !l.Held {
			l.Holder, l.Epoch, l.Since = of.Holder, of.Epoch, absent(role.Millis(of.Since))
		}
	}
	return list, nil
}

// mirrorFault is the first thing that a mirror lacks.
func mirrorFault(h *client.Health) string {
	for _, c := range h.Chains {
		if c.RPCError != "" {
			return c.RPCError
		}
	}
	return cmp.Or(h.Mirror.Error, gapsText(h.Mirror))
}

// absent is a time as JSON has it: the zero time is absent.
func absent(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
