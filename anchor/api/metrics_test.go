package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"go.yaml.in/yaml/v3"

	"github.com/hallmark-node/hallmark/anchor"
	"github.com/hallmark-node/hallmark/anchor/webhook"
	"github.com/hallmark-node/hallmark/testnet/beaconsim"
)

// The gauges say what the node says, and leave out what it does not know.
func TestMetrics(t *testing.T) {
	e := open(t, false, nil)
	if _, err := e.client.Submit(t.Context(), newIssuer(t).submission(t, e.home, leaves(2, t.Name())...)); err != nil {
		t.Fatal(err)
	}
	response, body := e.call(t, http.MethodGet, "/metrics", "", nil)
	if response.StatusCode != http.StatusOK || !strings.HasPrefix(response.Header.Get("Content-Type"), "text/plain") {
		t.Errorf("%d of type %q", response.StatusCode, response.Header.Get("Content-Type"))
	}
	for _, want := range []string{
		"hallmark_submissions_total 1", "hallmark_waiting_submissions 1", "hallmark_ready 0", "hallmark_alive 1",
		`hallmark_intake_state{state="stopped"} 1`, `hallmark_intake_state{state="open"} 0`,
		fmt.Sprintf(`hallmark_in_flight_transactions{chain="%s"} 0`, e.home.Chain),
		`hallmark_http_requests_total{code="202",method="POST",route="/v1/submissions"} 1`,
	} {
		if !strings.Contains(string(body), "\n"+want+"\n") {
			t.Errorf("no %q in\n%s", want, body)
		}
	}
	for _, unknown := range []string{
		"hallmark_last_anchor_timestamp_seconds", "hallmark_account_balance_ether", "hallmark_max_fee_wei",
		"hallmark_clock_skew_seconds",
	} {
		if strings.Contains(string(body), "\n"+unknown) {
			t.Errorf("%s of what is not known", unknown)
		}
	}
}

// Whatever clients ask for, the number of time series is bounded.
func TestRequestMetricsAreBounded(t *testing.T) {
	e := open(t, false, nil)
	for i := range 20 {
		e.call(t, http.MethodGet, fmt.Sprintf("/v1/submissions/0x%064x", i), "", nil)
		e.call(t, http.MethodGet, fmt.Sprintf("/nothing/%d", i), "", nil)
		e.call(t, fmt.Sprintf("METHOD%d", i), "/v1/info", "", nil)
	}
	families := scrape(t, e)
	got := make(map[string]float64)
	for _, m := range families["hallmark_http_requests_total"].GetMetric() {
		var labels []string
		for _, l := range m.GetLabel() {
			labels = append(labels, l.GetValue())
		}
		got[strings.Join(labels, " ")] = m.GetCounter().GetValue()
	}
	want := map[string]float64{"404 GET /v1/submissions/{id}": 20, "404 GET other": 20, "405 other other": 20}
	for name, n := range want {
		if got[name] != n {
			t.Errorf("%v requests are counted as %q, want %v", got[name], name, n)
		}
	}
	if len(got) != len(want) {
		t.Errorf("time series %v, want %v", got, want)
	}
}

func scrape(t *testing.T, e *env) map[string]*dto.MetricFamily {
	t.Helper()
	_, body := e.call(t, http.MethodGet, "/metrics", "", nil)
	parser := expfmt.NewTextParser(model.LegacyValidation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(string(body)))
	if err != nil {
		t.Fatal(err)
	}
	return families
}

// What the example alerts and the dashboard ask for is what a node that has done its
// work exports, under the labels that they use.
func TestOperationsFiles(t *testing.T) {
	sim, err := beaconsim.Start(t.Context(), beaconsim.Config{RPC: testChain.RPC})
	if err != nil {
		t.Fatal(err)
	}
	defer sim.Close()
	e := open(t, true, func(c *anchor.Config, _ *Config) {
		c.BatchCount, c.BatchAge = 2, time.Hour
		c.Chains[0].Beacon = []string{sim.URL}
		c.Webhook = &webhook.Config{URL: "http://127.0.0.1:1", Secrets: [][]byte{make([]byte, 24)}}
		c.Chains[0].MaxFee, c.Chains[0].MaxSpendPerDay = big.NewInt(1e18), big.NewInt(1e18)
	})
	school := newIssuer(t)
	s := school.submission(t, e.home, leaves(2, t.Name())...)
	if _, err := e.client.Submit(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	exported := make(map[string][]string) // name: labels
	collect := func() {
		for name, family := range scrape(t, e) {
			for _, m := range family.GetMetric() {
				for _, l := range m.GetLabel() {
					exported[name] = append(exported[name], l.GetName())
				}
			}
			exported[name] = append(exported[name], "instance", "job")
			if family.GetType() == dto.MetricType_HISTOGRAM {
				exported[name+"_bucket"] = append(exported[name], "le")
			}
		}
	}
	// While it waits, while it is pending, and once it is final: some are known only then.
	collectUntil := func(name string) {
		t.Helper()
		for end := time.Now().Add(30 * time.Second); exported[name] == nil; collect() {
			if time.Now().After(end) {
				t.Fatalf("%s was never exported", name)
			}
		}
	}
	collectUntil("hallmark_next_batch_timestamp_seconds")
	collectUntil("hallmark_beacon_finalized_timestamp_seconds")
	if _, err := e.client.Submit(t.Context(), school.submission(t, e.home, leaves(3, t.Name())...)); err != nil { // fills the batch
		t.Fatal(err)
	}
	collectUntil("hallmark_in_flight_oldest_timestamp_seconds")
	e.awaitFinal(t, e.client, s.ID())
	for range 6 { // new blocks, to compare the clocks
		seen := scrape(t, e)["hallmark_chain_head_block"].GetMetric()[0].GetGauge().GetValue()
		if err := testChain.Mine(t.Context(), 1); err != nil {
			t.Fatal(err)
		}
		for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
			if scrape(t, e)["hallmark_chain_head_block"].GetMetric()[0].GetGauge().GetValue() > seen {
				break
			}
		}
	}
	collect()

	used := map[string][]string{"alerts.yml": alertExpressions(t), "grafana-dashboard.json": dashboardExpressions(t)}
	mentioned := make(map[string]bool)
	for file, expressions := range used {
		if len(expressions) < 20 {
			t.Errorf("%s has only %d expressions", file, len(expressions))
		}
		for _, expression := range expressions {
			for _, name := range metricName.FindAllString(expression, -1) {
				mentioned[name] = true
				if exported[name] == nil {
					t.Errorf("%s uses %s, which a node does not export: %s", file, name, expression)
				}
			}
			for _, use := range labelUse.FindAllStringSubmatch(expression, -1) {
				for _, matcher := range strings.Split(use[2], ",") {
					label := strings.TrimSpace(strings.FieldsFunc(matcher, func(r rune) bool { return r == '=' || r == '!' })[0])
					if !slices.Contains(exported[use[1]], label) {
						t.Errorf("%s asks %s for the label %s, which it has not: %s", file, use[1], label, expression)
					}
				}
			}
		}
	}
	for name := range exported {
		if base := strings.TrimSuffix(name, "_bucket"); strings.HasPrefix(name, "hallmark_") && !mentioned[name] && !mentioned[base] &&
			!mentioned[base+"_bucket"] {
			t.Logf("%s is in neither file", name)
		}
	}
}

var (
	metricName = regexp.MustCompile(`\bhallmark_[a-z_]+`)
	labelUse   = regexp.MustCompile(`\b(hallmark_[a-z_]+)\{([^{}]*(?:\{[^{}]*\}[^{}]*)*)\}`)
)

func operationsFile(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "..", "docs", "operations", name))
	if errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("%v: it belongs to the repository", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// alertExpressions reads the alert file, which has no member that Prometheus would
// not know, and in which each rule says what to do.
func alertExpressions(t *testing.T) (list []string) {
	t.Helper()
	var file struct {
		Groups []struct {
			Name  string `yaml:"name"`
			Rules []struct {
				Alert       string            `yaml:"alert"`
				Expr        string            `yaml:"expr"`
				For         string            `yaml:"for"`
				Labels      map[string]string `yaml:"labels"`
				Annotations struct {
					Summary string `yaml:"summary"`
					Runbook string `yaml:"runbook"`
				} `yaml:"annotations"`
			} `yaml:"rules"`
		} `yaml:"groups"`
	}
	decoder := yaml.NewDecoder(strings.NewReader(string(operationsFile(t, "alerts.yml"))))
	decoder.KnownFields(true)
	if err := decoder.Decode(&file); err != nil {
		t.Fatal(err)
	}
	seen := make(map[string]bool)
	for _, g := range file.Groups {
		for _, r := range g.Rules {
			if r.Alert == "" || seen[r.Alert] || r.Expr == "" || len(r.Annotations.Summary) < 10 || len(r.Annotations.Runbook) < 30 {
				t.Errorf("rule %q of %s lacks something, or is there twice", r.Alert, g.Name)
			}
			seen[r.Alert] = true
			if _, err := time.ParseDuration(r.For); err != nil && r.For != "" {
				t.Errorf("%s: %v", r.Alert, err)
			}
			if s := r.Labels["severity"]; s != "page" && s != "ticket" {
				t.Errorf("%s has severity %q", r.Alert, s)
			}
			list = append(list, r.Expr)
		}
	}
	return list
}

func dashboardExpressions(t *testing.T) (list []string) {
	t.Helper()
	type target struct {
		Expr string `json:"expr"`
	}
	var dashboard struct {
		Title         string `json:"title"`
		SchemaVersion int    `json:"schemaVersion"`
		Panels        []struct {
			ID      int      `json:"id"`
			Type    string   `json:"type"`
			Title   string   `json:"title"`
			Targets []target `json:"targets"`
		} `json:"panels"`
		Templating struct {
			List []struct {
				Name       string `json:"name"`
				Definition string `json:"definition"`
			} `json:"list"`
		} `json:"templating"`
	}
	if err := json.Unmarshal(operationsFile(t, "grafana-dashboard.json"), &dashboard); err != nil {
		t.Fatal(err)
	}
	if dashboard.Title == "" || dashboard.SchemaVersion < 30 {
		t.Errorf("the dashboard has title %q and schema %d", dashboard.Title, dashboard.SchemaVersion)
	}
	ids := make(map[int]bool)
	for _, p := range dashboard.Panels {
		if ids[p.ID] || p.Title == "" || p.Type != "row" && len(p.Targets) == 0 {
			t.Errorf("panel %d, %q, shows nothing or is there twice", p.ID, p.Title)
		}
		ids[p.ID] = true
		for _, target := range p.Targets {
			list = append(list, target.Expr)
		}
	}
	for _, v := range dashboard.Templating.List {
		if v.Definition != "" {
			list = append(list, v.Definition)
		}
	}
	return list
}
