package api

import (
	"context"
	"math/big"
	"net/http"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/hallmark-node/hallmark/anchor/chain"
	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/anchor/publish"
)

// metrics returns the handler of /metrics, in the text format of Prometheus.
func (s *server) metrics() http.Handler {
	registry := prometheus.NewRegistry()
	registry.MustRegister(
		healthCollector{s.health}, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	s.requests.register(registry)
	// A metric that fails does not hide the others.
	return promhttp.HandlerFor(registry, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError, DisableCompression: true})
}

// series sends values of one thing: of the node, or of a chain, labelled with its CAIP-2 id, or of
// a server, labelled with its host. So there are as many time series as are configured.
type series struct {
	to             chan<- prometheus.Metric
	labels, values []string
}

// send sends a counter if the name ends with _total, else a gauge. What is not known is absent,
// not zero.
func (s series) send(name, help string, value *float64) {
	kind := prometheus.GaugeValue
	if strings.HasSuffix(name, "_total") {
		kind = prometheus.CounterValue
	}
	if value != nil {
		s.to <- prometheus.MustNewConstMetric(prometheus.NewDesc("hallmark_"+name, help, s.labels, nil), kind, *value, s.values...)
	}
}

// healthCollector reads the node's health at each scrape.
type healthCollector struct {
	health func(context.Context) client.Health
}

// Describe implements [prometheus.Collector]: what there is shows at a scrape.
func (healthCollector) Describe(chan<- *prometheus.Desc) {}

// Collect implements [prometheus.Collector].
func (c healthCollector) Collect(to chan<- prometheus.Metric) {
	h := c.health(context.Background())
	for _, state := range publish.Intakes {
		series{to, []string{"state"}, []string{string(state)}}.send("intake_state",
			"1 for the state of intake: whether it accepts, or what it refuses for; 0 for the others.", truth(h.Intake == state))
	}
	sendNode(series{to: to}, &h)
	for i := range h.Chains {
		of := &h.Chains[i]
		name := of.Home.Chain.String()
		sendChain(series{to, []string{"chain"}, []string{name}}, of)
		for j := range of.Servers {
			sendServer(series{to, []string{"chain", "server"}, []string{name, of.Servers[j].Server}}, &of.Servers[j])
		}
		if of.Beacon != nil {
			sendBeacon(to, name, of.Beacon)
		}
	}
}

func sendNode(to series, h *client.Health) {
	to.send("ready", "1 if intake can keep its promise now, else 0.", truth(h.Ready))
	to.send("alive", "0 if the process should be restarted, else 1.", truth(h.Dead == ""))
	to.send("submissions_total", "Submissions accepted since ever.", number(h.Submissions))
	to.send("waiting_submissions", "Accepted submissions that are in no batch yet.", number(h.Waiting))
	to.send("waiting_submissions_max", "Waiting submissions at which intake refuses more.", number(h.MaxWaiting))
	to.send("oldest_pending_timestamp_seconds", "When the oldest submission that is not final was accepted; absent if there is none.",
		unix(h.OldestPending))
	to.send("next_batch_timestamp_seconds", "When what waits is sealed at the latest; absent if nothing waits.", unix(h.NextBatch))
	to.send("sealing_held", "1 if nothing is sealed though it is due, else 0; /v1/status says why.", truth(h.SealHeld != ""))
	if h.LastAnchor != nil {
		to.send("last_anchor_timestamp_seconds", "When the newest batch that the chain records came to its state there; absent before the first.",
			unix(&h.LastAnchor.Since))
	}
	to.send("disk_free_bytes", "Bytes that the node may still write to the disk of its data folder.", number(h.Disk.Free))
	to.send("disk_reserve_bytes", "Free bytes below which intake refuses.", number(h.Disk.Reserve))
	to.send("store_bytes", "Bytes that the node's state takes on disk.", number(h.Disk.Store))
	if w := h.Webhook; w != nil {
		to.send("webhook_up", "1 if the webhook takes events, 0 if the newest attempts were in vain; absent if none is configured.",
			truth(w.Fault == ""))
		to.send("webhook_delivered_total", "Events that the webhook took since ever.", number(w.Delivered))
		to.send("webhook_given_up_total", "Events that the webhook refused for days while it took others, since ever.", number(w.GivenUp))
		to.send("webhook_failures_total", "Attempts to send an event in vain.", number(w.Failures))
		to.send("webhook_waiting", "Events that were tried in vain and are tried again.", number(w.Waiting))
		to.send("webhook_oldest_timestamp_seconds", "When the oldest event happened that the webhook did not get yet; absent if there is none.",
			unix(w.Oldest))
	}
}

func sendChain(to series, c *client.ChainHealth) {
	to.send("chain_up", "1 if the newest look at the chain succeeded, else 0.", truth(c.RPCError == ""))
	to.send("chain_stuck", "1 if something holds up single operations, else 0; /v1/status says what.", truth(c.Stuck != ""))
	to.send("chain_at_ceiling", "1 if sending waits for a limit that the operator set, else 0.", truth(c.Ceiling != ""))
	to.send("chain_head_block", "Newest block seen.", number(c.Head))
	to.send("chain_head_timestamp_seconds", "Timestamp of the newest block seen.", unix(c.HeadTime))
	to.send("chain_head_seen_timestamp_seconds", "When the newest block was first seen.", unix(c.HeadSeen))
	to.send("chain_final_block", "Newest block that is final by the operator's policy.", number(c.Final))
	to.send("chain_final_timestamp_seconds", "Timestamp of the newest final block.", unix(c.FinalTime))
	to.send("chain_finality_lag_seconds", "Time between the timestamps of the newest block and of the newest final one.", c.FinalityLag)
	to.send("clock_skew_seconds", "How far this machine's clock is ahead of the chain's; absent while too few blocks were seen.",
		c.ClockSkew)
	to.send("account_balance_ether", "Balance of the node's account.", scaled(c.Balance, 1e18))
	if c.AnchorsLeft != nil {
		to.send("account_anchors_left", "Anchors that the balance pays for at the fees of now.", number(*c.AnchorsLeft))
	}
	to.send("anchor_cost_ether", "What an anchor costs at most at the fees of now.", scaled(c.AnchorCost, 1e18))
	to.send("base_fee_wei", "Base fee of the next block, per gas.", scaled(c.BaseFee, 1))
	to.send("max_fee_wei", "The operator's limit, per gas; absent if there is none.", scaled(c.MaxFee, 1))
	to.send("spent_today_ether", "Worst case of what was signed in this UTC day.", scaled(c.SpentToday, 1e18))
	to.send("max_spend_per_day_ether", "The operator's limit for a UTC day; absent if there is none.", scaled(c.MaxSpendPerDay, 1e18))
	to.send("spent_on_relays_today_ether", "The part of it for statements of issuers; absent before the first one.",
		scaled(c.SpentOnRelays, 1e18))
	to.send("relays_waiting", "Statements of issuers that have no transaction yet.", number(c.RelaysWaiting))
	to.send("relays_held", "1 if statements wait or no more are taken, else 0; /v1/status says why.", truth(c.RelaysHeld != ""))
	var oldest *time.Time
	most := 0
	for i := range c.InFlight {
		t := &c.InFlight[i]
		if oldest == nil || t.Since.Before(*oldest) {
			oldest = &t.Since
		}
		most = max(most, t.Attempts)
	}
	to.send("in_flight_transactions", "Statements on their way to the registry, whose transactions are not final.", number(len(c.InFlight)))
	to.send("in_flight_oldest_timestamp_seconds", "When the oldest of those came to its state; absent if there is none.", unix(oldest))
	to.send("in_flight_attempts_max", "Most transactions made so far for one statement in flight.", number(most))
	to.send("open_operations", "Operations that are not closed: in flight, or waiting for their nonces to be final.", number(c.Operations))
	to.send("last_final_timestamp_seconds", "When a batch last became final on this chain; absent if none did since the start.",
		unix(c.LastFinal))
	to.send("evidence_timestamp_seconds", "When evidence was last fetched and verified; absent if never since the start.",
		unix(c.EvidenceAt))
	to.send("anchors_final_total", "Batches that became final.", number(c.Anchors))
	to.send("replacements_total", "Transactions made again with higher fees.", number(c.Replacements))
	to.send("foreign_nonces_total", "Nonces of the account that were taken by transactions that are not the node's.",
		number(c.ForeignNonces))
	to.send("reorgs_total", "Mined statements that went back to broadcast.", number(c.Reorgs))
	to.send("vouchers_waiting", "Batches with evidence that lacks a voucher.", number(c.VouchersWaiting))
	if c.Witnesses > 0 {
		to.send("witnesses_up", "1 if all witnesses signed when they were last asked, else 0; /v1/status says why.", truth(c.WitnessError == ""))
	}
	to.send("deep_reorgs_total", "Reorganisations deeper than the finality policy: what was final was no more.", number(c.DeepReorgs))
}

func sendBeacon(out chan<- prometheus.Metric, chain string, b *client.BeaconHealth) {
	to := series{out, []string{"chain"}, []string{chain}}
	to.send("beacon_finalized_timestamp_seconds",
		"Time of the newest block that a sync committee is verified to have signed as final; absent until there is one.", unix(b.Finalized))
	to.send("beacon_seen_timestamp_seconds",
		"When a newer signature of a sync committee was last verified; absent until one was.", unix(b.SeenAt))
	if b.Network != "" {
		to.send("beacon_period", "Period of the newest sync committee that is known; absent until one is.", number(b.Period))
		to.send("beacon_hops_missing", "Periods since the first committee of which no hop is there.", number(b.HopsMissing))
	}
	for i := range b.Servers {
		s := &b.Servers[i]
		series{out, []string{"chain", "server"}, []string{chain, s.Server}}.send("beacon_up",
			"1 if the newest answer of the beacon node held, else 0; /v1/status says why.", truth(s.Error == "" && s.AnsweredAt != nil))
	}
}

func sendServer(to series, s *client.Server) {
	if s.State != chain.ServerUnused {
		to.send("rpc_server_up", "1 if the server answers as it should, else 0; absent until it is asked.", truth(s.State == chain.ServerOK))
	}
	to.send("rpc_server_in_use", "1 if the newest look at the chain was at this server, else 0.", truth(s.InUse))
	to.send("rpc_server_disputed", "1 if the server disagrees with another about what is final, else 0.",
		truth(s.State == chain.ServerDisputed))
	to.send("rpc_server_head_block", "Newest block that the server reported; absent until it did.", positive(float64(s.Head)))
	to.send("rpc_server_latency_seconds", "Moving average of the time that the server takes to answer; absent until it does.",
		positive(s.Latency))
	to.send("rpc_server_requests_total", "Requests made.", number(s.Requests))
	to.send("rpc_server_failures_total", "Requests without a sensible answer.", number(s.Failed))
	to.send("rpc_server_disagreements_total", "Disagreements with other servers about final blocks.", number(s.Disagreements))
}

func truth(b bool) *float64 {
	if b {
		return new(1.0)
	}
	return new(0.0)
}

func number[T int | uint64](n T) *float64 { return new(float64(n)) }

// positive returns a number that is unknown while it is zero.
func positive(v float64) *float64 {
	if v <= 0 {
		return nil
	}
	return &v
}

// unix returns a time as a Unix timestamp; nil is unknown.
func unix(t *time.Time) *float64 {
	if t == nil {
		return nil
	}
	return new(float64(t.UnixMilli()) / 1000)
}

// scaled reads a decimal number and divides it; an empty text is unknown.
func scaled(decimal string, by float64) *float64 {
	n, ok := new(big.Float).SetString(decimal)
	if !ok {
		return nil
	}
	v, _ := n.Quo(n, big.NewFloat(by)).Float64()
	return &v
}
