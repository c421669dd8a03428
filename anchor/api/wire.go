package api

import (
	"time"

	"github.com/hallmark-node/hallmark/anchor"
	"github.com/hallmark-node/hallmark/anchor/chain"
	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/anchor/publish"
)

// This file makes the JSON forms of package client from what the node returns.

func statusOf(s anchor.Status) client.Status {
	return client.Status{
		ID: s.ID, State: s.State, Batch: s.Batch, Transaction: s.Transaction, Block: s.Block, Since: s.Since.UTC(), Chains: chainStatesOf(s.Chains),
	}
}

func chainStatesOf(list []anchor.ChainStatus) (out []client.ChainState) {
	for _, c := range list {
		c.Since = c.Since.UTC()
		out = append(out, client.ChainState(c))
	}
	return out
}

func leafProofOf(p anchor.LeafProof) client.LeafProof {
	return client.LeafProof{State: p.State, SubmissionID: p.ID, Submission: p.Submission, Batch: p.Batch, Anchors: p.Anchors, Hints: p.Hints}
}

func issuerStatusOf(s anchor.IssuerStatus) client.IssuerStatus {
	out := client.IssuerStatus{
		Issuer: s.Issuer, Home: s.Home, Time: s.Time, Version: s.Version, Root: s.Root, UpdatedAt: s.UpdatedAt,
		RetiredFrom: s.RetiredFrom, Controller: s.Controller, Known: s.Known,
	}
	if s.Known {
		out.Items = client.StatusItemsOf(s.Items)
	}
	if p := s.Pending; p != nil {
		out.Pending = &client.PendingUpdate{Kind: p.Kind, Version: p.Version, State: p.State, Reason: p.Reason, Transaction: p.Transaction, Since: p.Since.UTC()}
		if !p.Root.IsZero() {
			out.Pending.Root, out.Pending.Items = &p.Root, client.StatusItemsOf(p.Items)
		}
	}
	return out
}

func infoOf(i anchor.Info) client.Info {
	out := client.Info{
		Account: i.Chains[0].Account, Confirmations: i.Chains[0].Confirmations,
		Open: i.Open, MaxLeaves: i.MaxLeaves, MaxStatusItems: i.MaxStatus, BatchCount: i.BatchCount, BatchAge: i.BatchAge.Seconds(),
	}
	for _, c := range i.Chains {
		out.Homes = append(out.Homes, c.Home)
		out.Chains = append(out.Chains, client.ChainInfo(c))
	}
	return out
}

func batchOf(b anchor.BatchInfo) client.Batch {
	return client.Batch{
		Number: b.Number, Root: b.Root, Manifest: b.Manifest, ManifestCID: publish.ManifestCID(b.Manifest).String(),
		Count: b.Count, Leaves: b.Leaves, State: b.State, SealedAt: b.SealedAt.UTC(), Since: b.Since.UTC(),
		Transaction: b.Transaction, Block: b.Block, Chains: chainStatesOf(b.Chains),
	}
}

func healthOf(h anchor.Health, now time.Time) client.Health {
	out := client.Health{
		Time: now.UTC(), Ready: h.Ready, Intake: h.Intake, Dead: h.Dead, Fault: h.Fault,
		Submissions: h.Submissions, Waiting: h.Waiting, MaxWaiting: h.MaxWaiting,
		OldestPending: optional(h.OldestPending), NextBatch: optional(h.NextBatch), SealHeld: h.SealHeld,
		Disk: client.DiskHealth(h.Disk),
	}
	if h.LastAnchor != nil {
		batch := batchOf(*h.LastAnchor)
		out.LastAnchor = &batch
	}
	for i := range h.Chains {
		out.Chains = append(out.Chains, chainHealthOf(&h.Chains[i]))
	}
	return out
}

// maxInFlight is how many operations are listed: whoever submits adds to them.
const maxInFlight = 100

func chainHealthOf(c *anchor.ChainHealth) client.ChainHealth {
	out := client.ChainHealth{
		Home: c.Home, Account: c.Account,
		Head: c.Head, HeadTime: optional(c.HeadTime), HeadSeen: optional(c.HeadSeen), Final: c.Final, FinalTime: optional(c.FinalTime),
		RPCError: c.RPCError, Ceiling: c.Ceiling, Stuck: c.Stuck,
		Balance: c.Balance, AnchorCost: c.AnchorCost, BaseFee: c.BaseFee, MaxFee: c.MaxFee, SpentToday: c.SpentToday, SpentOnRelays: c.SpentOnRelays, MaxSpendPerDay: c.MaxSpendPerDay,
		RelaysWaiting: c.RelaysWaiting, RelaysHeld: c.RelaysHeld, LeftOut: max(0, len(c.InFlight)-maxInFlight),
		Operations: c.Operations, LastFinal: optional(c.LastFinal), EvidenceAt: optional(c.EvidenceFetchedAt),
		Anchors: c.Anchors, Replacements: c.Replacements, ForeignNonces: c.ForeignNonce, Reorgs: c.Reorgs, DeepReorgs: c.DeepReorgs,
	}
	if !c.HeadTime.IsZero() && !c.FinalTime.IsZero() {
		out.FinalityLag = new(c.HeadTime.Sub(c.FinalTime).Seconds())
	}
	if c.ClockKnown {
		out.ClockSkew = new(c.ClockSkew.Seconds())
	}
	if n, known := c.AnchorsLeft(); known {
		out.AnchorsLeft = &n
	}
	if d := c.LastDeepReorg; d != nil {
		out.LastDeepReorg = &client.DeepReorg{At: d.At.UTC(), Final: d.Final, Fork: d.Fork, Reopened: d.Reopened}
	}
	for i := range min(len(c.InFlight), maxInFlight) {
		t := &c.InFlight[i]
		out.InFlight = append(out.InFlight, client.Transaction{
			Kind: t.Kind, Subject: t.Subject, State: t.State, Hash: t.Hash, Nonce: t.Nonce, FeeCap: t.FeeCap, Tip: t.Tip,
			Since: t.Since.UTC(), SentAt: optional(t.SentAt), Attempts: t.Attempts,
		})
	}
	for i := range c.Servers {
		out.Servers = append(out.Servers, serverOf(&c.Servers[i]))
	}
	return out
}

func serverOf(s *chain.ServerHealth) client.Server {
	return client.Server{
		Server: s.Server, State: s.State, InUse: s.Current, Latency: s.Latency.Seconds(),
		Requests: s.Requests, Failed: s.Failed, Failures: s.Failures, Error: s.LastError, ErrorAt: optional(s.LastErrorAt),
		AnsweredAt: optional(s.LastGood), RetryAt: optional(s.RetryAt), Head: s.Head, Final: s.Final,
		Disagreements: s.Disagreements, Detail: s.Detail,
	}
}

func optional(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}
