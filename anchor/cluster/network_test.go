package cluster_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	toxiproxy "github.com/Shopify/toxiproxy/v2"
	"github.com/rs/zerolog"
)

// way is a line between two programs, which can be broken.
type way struct {
	t     *testing.T
	proxy *toxiproxy.Proxy
}

// newWay begins a line to host:port, until the test is over.
func newWay(t *testing.T, target string) *way {
	t.Helper()
	server := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop())
	w := &way{t, toxiproxy.NewProxy(server, t.Name(), "127.0.0.1:0", target)}
	if err := w.proxy.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.proxy.Stop)
	return w
}

// address is where it begins.
func (w *way) address() string { return w.proxy.Listen }

// refuse ends all connections, and refuses others.
func (w *way) refuse() { w.proxy.Stop() }

// cut lets nothing pass, and tells nobody: not even that connections end.
func (w *way) cut() {
	w.harm("timeout", "upstream", `"timeout":0`)
	w.harm("timeout", "downstream", `"timeout":0`)
}

// slow lets each answer wait.
func (w *way) slow(by time.Duration) {
	w.harm("latency", "downstream", fmt.Sprintf(`"latency":%d`, by.Milliseconds()))
}

// shorten ends each connection after so many bytes of answers.
func (w *way) shorten(bytes int) {
	w.harm("limit_data", "downstream", fmt.Sprintf(`"bytes":%d`, bytes))
}

func (w *way) harm(kind, direction, attributes string) {
	w.t.Helper()
	_, err := w.proxy.Toxics.AddToxicJson(strings.NewReader(
		fmt.Sprintf(`{"type":%q,"stream":%q,"attributes":{%s}}`, kind, direction, attributes)))
	if err != nil {
		w.t.Fatal(err)
	}
}

// heal mends it.
func (w *way) heal() {
	w.t.Helper()
	w.proxy.Toxics.ResetToxics(w.t.Context())
	if !w.proxy.Enabled {
		if err := w.proxy.Start(); err != nil {
			w.t.Fatal(err)
		}
	}
}

// lead has it end somewhere else. What was connected ends.
func (w *way) lead(target string) {
	w.t.Helper()
	w.proxy.Stop()
	w.proxy.Upstream = target
	w.heal()
}
