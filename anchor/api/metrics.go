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

// metric is one value read from T at each scrape: a counter if its name ends with
// _total, else a gauge. What is not known is absent, not zero.
type metric[T any] struct {
	desc  *prometheus.Desc
	kind  prometheus.ValueType
	value func(T) (v float64, known bool)
}

func newMetric[T any](name, help string, labels []string, value func(T) (float64, bool)) metric[T] {
	kind := prometheus.GaugeValue
	if strings.HasSuffix(name, "_total") {
		kind = prometheus.CounterValue
	}
	return metric[T]{prometheus.NewDesc("hallmark_"+name, help, labels, nil), kind, value}
}

func (m metric[T]) send(ch chan<- prometheus.Metric, from T, labels ...string) {
	if v, known := m.value(from); known {
		ch <- prometheus.MustNewConstMetric(m.desc, m.kind, v, labels...)
	}
}

// Constructors for what the metrics are read from. A chain is told by its CAIP-2 id,
// a server by its host, so there are as many time series as are configured.
func ofNode(name, help string, value func(*client.Health) (float64, bool)) metric[*client.Health] {
	return newMetric(name, help, nil, value)
}

func ofChain(name, help string, value func(*client.ChainHealth) (float64, bool)) metric[*client.ChainHealth] {
	return newMetric(name, help, []string{"chain"}, value)
}

func ofServer(name, help string, value func(*client.Server) (float64, bool)) metric[*client.Server] {
	return newMetric(name, help, []string{"chain", "server"}, value)
}

var nodeMetrics = []metric[*client.Health]{
	ofNode("ready", "1 if intake can keep its promise now, else 0.", func(h *client.Health) (float64, bool) { return truth(h.Ready) }),
	ofNode("alive", "0 if the process should be restarted, else 1.", func(h *client.Health) (float64, bool) { return truth(h.Dead == "") }),
	ofNode("submissions_total", "Submissions accepted since ever.", func(h *client.Health) (float64, bool) { return number(h.Submissions) }),
	ofNode("waiting_submissions", "Accepted submissions that are in no batch yet.", func(h *client.Health) (float64, bool) { return number(h.Waiting) }),
	ofNode("waiting_submissions_max", "Waiting submissions at which intake refuses more.", func(h *client.Health) (float64, bool) { return number(h.MaxWaiting) }),
	ofNode("oldest_pending_timestamp_seconds", "When the oldest submission that is not final was accepted; absent if there is none.", func(h *client.Health) (float64, bool) { return unix(h.OldestPending) }),
	ofNode("next_batch_timestamp_seconds", "When what waits is sealed at the latest; absent if nothing waits.", func(h *client.Health) (float64, bool) { return unix(h.NextBatch) }),
	ofNode("sealing_held", "1 if nothing is sealed though it is due, else 0; /v1/status says why.", func(h *client.Health) (float64, bool) { return truth(h.SealHeld != "") }),
	ofNode("last_anchor_timestamp_seconds", "When the newest batch that the chain records came to its state there; absent before the first.", func(h *client.Health) (float64, bool) {
		if h.LastAnchor == nil {
			return 0, false
		}
		return unix(&h.LastAnchor.Since)
	}),
	ofNode("disk_free_bytes", "Bytes that the node may still write to the disk of its data folder.", func(h *client.Health) (float64, bool) { return number(h.Disk.Free) }),
	ofNode("disk_reserve_bytes", "Free bytes below which intake refuses.", func(h *client.Health) (float64, bool) { return number(h.Disk.Reserve) }),
	ofNode("store_bytes", "Bytes that the node's state takes on disk.", func(h *client.Health) (float64, bool) { return number(h.Disk.Store) }),
}

var chainMetrics = []metric[*client.ChainHealth]{
	ofChain("chain_up", "1 if the newest look at the chain succeeded, else 0.", func(c *client.ChainHealth) (float64, bool) { return truth(c.RPCError == "") }),
	ofChain("chain_stuck", "1 if something holds up single operations, else 0; /v1/status says what.", func(c *client.ChainHealth) (float64, bool) { return truth(c.Stuck != "") }),
	ofChain("chain_at_ceiling", "1 if sending waits for a limit that the operator set, else 0.", func(c *client.ChainHealth) (float64, bool) { return truth(c.Ceiling != "") }),
	ofChain("chain_head_block", "Newest block seen.", func(c *client.ChainHealth) (float64, bool) { return number(c.Head) }),
	ofChain("chain_head_timestamp_seconds", "Timestamp of the newest block seen.", func(c *client.ChainHealth) (float64, bool) { return unix(c.HeadTime) }),
	ofChain("chain_head_seen_timestamp_seconds", "When the newest block was first seen.", func(c *client.ChainHealth) (float64, bool) { return unix(c.HeadSeen) }),
	ofChain("chain_final_block", "Newest block that is final by the operator's policy.", func(c *client.ChainHealth) (float64, bool) { return number(c.Final) }),
	ofChain("chain_final_timestamp_seconds", "Timestamp of the newest final block.", func(c *client.ChainHealth) (float64, bool) { return unix(c.FinalTime) }),
	ofChain("chain_finality_lag_seconds", "Time between the timestamps of the newest block and of the newest final one.", func(c *client.ChainHealth) (float64, bool) {
		return maybe(c.FinalityLag)
	}),
	ofChain("clock_skew_seconds", "How far this machine's clock is ahead of the chain's; absent while too few blocks were seen.", func(c *client.ChainHealth) (float64, bool) { return maybe(c.ClockSkew) }),
	ofChain("account_balance_ether", "Balance of the node's account.", func(c *client.ChainHealth) (float64, bool) { return scaled(c.Balance, 1e18) }),
	ofChain("account_anchors_left", "Anchors that the balance pays for at the fees of now.", func(c *client.ChainHealth) (float64, bool) {
		if c.AnchorsLeft == nil {
			return 0, false
		}
		return number(*c.AnchorsLeft)
	}),
	ofChain("anchor_cost_ether", "What an anchor costs at most at the fees of now.", func(c *client.ChainHealth) (float64, bool) { return scaled(c.AnchorCost, 1e18) }),
	ofChain("base_fee_wei", "Base fee of the next block, per gas.", func(c *client.ChainHealth) (float64, bool) { return scaled(c.BaseFee, 1) }),
	ofChain("max_fee_wei", "The operator's limit, per gas; absent if there is none.", func(c *client.ChainHealth) (float64, bool) { return scaled(c.MaxFee, 1) }),
	ofChain("spent_today_ether", "Worst case of what was signed in this UTC day.", func(c *client.ChainHealth) (float64, bool) { return scaled(c.SpentToday, 1e18) }),
	ofChain("max_spend_per_day_ether", "The operator's limit for a UTC day; absent if there is none.", func(c *client.ChainHealth) (float64, bool) { return scaled(c.MaxSpendPerDay, 1e18) }),
	ofChain("spent_on_relays_today_ether", "The part of it for statements of issuers; absent before the first one.", func(c *client.ChainHealth) (float64, bool) { return scaled(c.SpentOnRelays, 1e18) }),
	ofChain("relays_waiting", "Statements of issuers that have no transaction yet.", func(c *client.ChainHealth) (float64, bool) { return number(c.RelaysWaiting) }),
	ofChain("relays_held", "1 if statements wait or no more are taken, else 0; /v1/status says why.", func(c *client.ChainHealth) (float64, bool) { return truth(c.RelaysHeld != "") }),
	ofChain("in_flight_transactions", "Statements on their way to the registry, whose transactions are not final.", func(c *client.ChainHealth) (float64, bool) { return number(len(c.InFlight)) }),
	ofChain("in_flight_oldest_timestamp_seconds", "When the oldest of those came to its state; absent if there is none.", func(c *client.ChainHealth) (float64, bool) {
		var oldest *time.Time
		for i := range c.InFlight {
			if since := &c.InFlight[i].Since; oldest == nil || since.Before(*oldest) {
				oldest = since
			}
		}
		return unix(oldest)
	}),
	ofChain("in_flight_attempts_max", "Most transactions made so far for one statement in flight.", func(c *client.ChainHealth) (float64, bool) {
		most := 0
		for _, t := range c.InFlight {
			most = max(most, t.Attempts)
		}
		return number(most)
	}),
	ofChain("open_operations", "Operations that are not closed: in flight, or waiting for their nonces to be final.", func(c *client.ChainHealth) (float64, bool) { return number(c.Operations) }),
	ofChain("last_final_timestamp_seconds", "When a batch last became final on this chain; absent if none did since the start.", func(c *client.ChainHealth) (float64, bool) { return unix(c.LastFinal) }),
	ofChain("evidence_timestamp_seconds", "When evidence was last fetched and verified; absent if never since the start.", func(c *client.ChainHealth) (float64, bool) { return unix(c.EvidenceAt) }),
	ofChain("anchors_final_total", "Batches that became final.", func(c *client.ChainHealth) (float64, bool) { return number(c.Anchors) }),
	ofChain("replacements_total", "Transactions made again with higher fees.", func(c *client.ChainHealth) (float64, bool) { return number(c.Replacements) }),
	ofChain("foreign_nonces_total", "Nonces of the account that were taken by transactions that are not the node's.", func(c *client.ChainHealth) (float64, bool) { return number(c.ForeignNonces) }),
	ofChain("reorgs_total", "Mined statements that went back to broadcast.", func(c *client.ChainHealth) (float64, bool) { return number(c.Reorgs) }),
	ofChain("deep_reorgs_total", "Reorganisations deeper than the finality policy: what was final was no more.", func(c *client.ChainHealth) (float64, bool) { return number(c.DeepReorgs) }),
}

var serverMetrics = []metric[*client.Server]{
	ofServer("rpc_server_up", "1 if the server answers as it should, else 0; absent until it is asked.", func(s *client.Server) (float64, bool) {
		v, _ := truth(s.State == chain.ServerOK)
		return v, s.State != chain.ServerUnused
	}),
	ofServer("rpc_server_in_use", "1 if the newest look at the chain was at this server, else 0.", func(s *client.Server) (float64, bool) { return truth(s.InUse) }),
	ofServer("rpc_server_disputed", "1 if the server disagrees with another about what is final, else 0.", func(s *client.Server) (float64, bool) { return truth(s.State == chain.ServerDisputed) }),
	ofServer("rpc_server_head_block", "Newest block that the server told of; absent until it did.", func(s *client.Server) (float64, bool) { return float64(s.Head), s.Head > 0 }),
	ofServer("rpc_server_latency_seconds", "Moving average of the time that the server takes to answer; absent until it does.", func(s *client.Server) (float64, bool) { return s.Latency, s.Latency > 0 }),
	ofServer("rpc_server_requests_total", "Requests made.", func(s *client.Server) (float64, bool) { return number(s.Requests) }),
	ofServer("rpc_server_failures_total", "Requests without a sensible answer.", func(s *client.Server) (float64, bool) { return number(s.Failed) }),
	ofServer("rpc_server_disagreements_total", "Disagreements with other servers about final blocks.", func(s *client.Server) (float64, bool) { return number(s.Disagreements) }),
}

// metricIntake has one time series a state, of which one is 1.
var metricIntake = prometheus.NewDesc("hallmark_intake_state", "1 for the state of intake: whether it accepts, or what it refuses for; 0 for the others.", []string{"state"}, nil)

// healthCollector reads the node's health at each scrape.
type healthCollector struct {
	health func(context.Context) client.Health
}

// Describe implements [prometheus.Collector].
func (healthCollector) Describe(ch chan<- *prometheus.Desc) {
	ch <- metricIntake
	for _, m := range nodeMetrics {
		ch <- m.desc
	}
	for _, m := range chainMetrics {
		ch <- m.desc
	}
	for _, m := range serverMetrics {
		ch <- m.desc
	}
}

// Collect implements [prometheus.Collector].
func (c healthCollector) Collect(ch chan<- prometheus.Metric) {
	h := c.health(context.Background())
	for _, state := range publish.Intakes {
		v, _ := truth(h.Intake == state)
		ch <- prometheus.MustNewConstMetric(metricIntake, prometheus.GaugeValue, v, string(state))
	}
	for _, m := range nodeMetrics {
		m.send(ch, &h)
	}
	for i := range h.Chains {
		of := &h.Chains[i]
		name := of.Home.Chain.String()
		for _, m := range chainMetrics {
			m.send(ch, of, name)
		}
		for j := range of.Servers {
			for _, m := range serverMetrics {
				m.send(ch, &of.Servers[j], name, of.Servers[j].Server)
			}
		}
	}
}

func truth(b bool) (float64, bool) {
	if b {
		return 1, true
	}
	return 0, true
}

func number[T int | uint64](n T) (float64, bool) { return float64(n), true }

func maybe(v *float64) (float64, bool) {
	if v == nil {
		return 0, false
	}
	return *v, true
}

// unix returns a time as a Unix timestamp; nil is unknown.
func unix(t *time.Time) (float64, bool) {
	if t == nil {
		return 0, false
	}
	return float64(t.UnixMilli()) / 1000, true
}

// scaled reads a decimal number and divides it; an empty text is unknown.
func scaled(decimal string, by float64) (float64, bool) {
	n, ok := new(big.Float).SetString(decimal)
	if !ok {
		return 0, false
	}
	v, _ := n.Quo(n, big.NewFloat(by)).Float64()
	return v, true
}
