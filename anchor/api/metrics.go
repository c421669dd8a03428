package api

import (
	"context"
	"math/big"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/hallmark-node/hallmark/anchor"
)

func (s *server) registerMetrics(api huma.API) {
	registry := prometheus.NewRegistry()
	registry.MustRegister(healthCollector{s.node}, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	handler := promhttp.HandlerFor(registry, promhttp.HandlerOpts{})
	huma.Register(api, huma.Operation{
		OperationID: "metrics", Method: http.MethodGet, Path: "/metrics",
		Summary: "Metrics in the text format of Prometheus",
		Responses: map[string]*huma.Response{"200": {
			Description: "OK", Content: map[string]*huma.MediaType{"text/plain": {Schema: &huma.Schema{Type: huma.TypeString}}},
		}},
	}, func(context.Context, *struct{}) (*huma.StreamResponse, error) {
		return &huma.StreamResponse{Body: func(ctx huma.Context) {
			r, w := humago.Unwrap(ctx)
			handler.ServeHTTP(w, r)
		}}, nil
	})
}

// healthCollector reads the node's health at each scrape. What is not known is
// absent, not zero.
type healthCollector struct{ node *anchor.Node }

func gauge(name, help string) *prometheus.Desc {
	return prometheus.NewDesc("hallmark_"+name, help, nil, nil)
}

var (
	metricReady         = gauge("ready", "1 if intake can keep its promise now, else 0.")
	metricSubmissions   = prometheus.NewDesc("hallmark_submissions_total", "Submissions accepted since ever.", nil, nil)
	metricWaiting       = gauge("waiting_submissions", "Accepted submissions that are in no batch yet.")
	metricOldestPending = gauge("oldest_pending_seconds", "Age of the oldest submission that is not final; 0 if there is none.")
	metricLastAnchor    = gauge("last_anchor_seconds", "Seconds since the newest batch on the chain came to its state there; absent before the first.")
	metricInFlight      = gauge("in_flight_statements", "Statements on their way to the registry.")
	metricRPCUp         = gauge("rpc_up", "1 if the newest call to the chain succeeded, else 0.")
	metricHead          = gauge("chain_head_block", "Newest block seen.")
	metricFinal         = gauge("chain_final_block", "Newest block that is final by the operator's policy.")
	metricBalance       = gauge("account_balance_ether", "Balance of the node's account in ether; absent while unknown.")
)

// Describe implements [prometheus.Collector].
func (healthCollector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{metricReady, metricSubmissions, metricWaiting, metricOldestPending, metricLastAnchor,
		metricInFlight, metricRPCUp, metricHead, metricFinal, metricBalance} {
		ch <- d
	}
}

// Collect implements [prometheus.Collector].
func (c healthCollector) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	h := c.node.Health(ctx)
	first := h.Chains[0]
	send := func(d *prometheus.Desc, v float64) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v)
	}
	ch <- prometheus.MustNewConstMetric(metricSubmissions, prometheus.CounterValue, float64(h.Submissions))
	send(metricReady, truth(h.Ready))
	send(metricWaiting, float64(h.Waiting))
	send(metricOldestPending, age(h.OldestPending))
	if h.LastAnchor != nil {
		send(metricLastAnchor, age(h.LastAnchor.Since))
	}
	send(metricInFlight, float64(len(first.InFlight)))
	send(metricRPCUp, truth(first.RPCError == ""))
	send(metricHead, float64(first.Head))
	send(metricFinal, float64(first.Final))
	if wei, ok := new(big.Float).SetString(first.Balance); ok {
		ether, _ := wei.Quo(wei, big.NewFloat(1e18)).Float64()
		send(metricBalance, ether)
	}
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// age returns seconds since t, 0 for the zero time.
func age(t time.Time) float64 {
	if t.IsZero() {
		return 0
	}
	return time.Since(t).Seconds()
}
