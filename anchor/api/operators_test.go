package api

import (
	"bufio"
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"

	"github.com/hallmark-node/hallmark/anchor"
	"github.com/hallmark-node/hallmark/anchor/client"
)

func basic(password string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte("ops:"+password))
}

// Who sees what is for operators.
func TestOperatorsOnly(t *testing.T) {
	const password = "correct horse battery"
	header := func(name, value string) map[string]string { return map[string]string{name: value} }
	auth := func(value string) map[string]string { return header("Authorization", value) }
	const node, remote, local = "node.example.org", "192.0.2.1:5000", "127.0.0.1:5000"
	for name, c := range map[string]struct {
		password string // of the node
		from     string
		host     string
		header   map[string]string
		proto    string // empty: HTTP/1.1
		want     int
	}{
		"this machine":                     {from: local, host: "127.0.0.1:8700", want: 200},
		"this machine, by name":            {from: local, host: "localhost:8700", want: 200},
		"this machine, IPv6":               {from: "[::1]:5000", host: "[::1]:8700", want: 200},
		"this machine, no port":            {from: "[::1]:5000", host: "[::1]", want: 200},
		"this machine with a password":     {password: password, from: local, host: "localhost", want: 200},
		"another machine":                  {from: remote, host: node, want: 403},
		"another machine says it is here":  {from: remote, host: "localhost", want: 403},
		"through a proxy here":             {from: local, host: node, header: header("X-Forwarded-For", "192.0.2.1"), want: 403},
		"through a proxy, as if from here": {from: local, host: "localhost", header: header("X-Forwarded-For", "127.0.0.1"), want: 403},
		"through a proxy that says little": {from: local, host: "localhost", header: header("Via", "1.1 proxy"), want: 403},
		"through nginx as it comes":        {from: local, host: "127.0.0.1:8700", proto: "HTTP/1.0", want: 403},
		"through a proxy of a host":        {from: local, host: "localhost", header: header("X-Forwarded-Host", "x"), want: 403},
		"through a network of proxies":     {from: local, host: "localhost", header: header("CF-Connecting-IP", "192.0.2.1"), want: 403},
		"a page under another name":        {from: local, host: "evil.example.org:8700", want: 403},
		"a name that begins like here":     {from: local, host: "127.0.0.1.evil.example.org", want: 403},
		"no host":                          {from: local, host: "", want: 403},
		"no password":                      {password: password, from: remote, host: node, want: 401},
		"the password":                     {password: password, from: remote, host: node, header: auth(basic(password)), want: 200},
		"a wrong password":                 {password: password, from: remote, host: node, header: auth(basic(password + "?")), want: 401},
		"an empty password":                {password: password, from: remote, host: node, header: auth(basic("")), want: 401},
		"a password though there is none":  {from: remote, host: node, header: auth(basic("")), want: 403},
		"another scheme":                   {password: password, from: remote, host: node, header: auth("Bearer " + password), want: 401},
		"the password, through a proxy": {password: password, from: local, host: node, header: map[string]string{
			"X-Forwarded-For": "192.0.2.1", "Authorization": basic(password),
		}, want: 200},
	} {
		t.Run(name, func(t *testing.T) {
			o := newOperators(Config{OpsPassword: c.password})
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/v1/status", nil)
			r.RemoteAddr, r.Host = c.from, c.host
			if c.proto != "" {
				r.Proto, r.ProtoMajor, r.ProtoMinor = c.proto, 1, 0
			}
			for name, value := range c.header {
				r.Header.Set(name, value)
			}
			status := http.StatusOK
			if p := o.check(r); p != nil {
				status = p.Status
			}
			if status != c.want {
				t.Errorf("status %d, want %d", status, c.want)
			}
		})
	}
}

// A password cannot be tried for long, and who tries does not lock out others.
func TestPasswordsTried(t *testing.T) {
	o := newOperators(Config{OpsPassword: "correct horse battery"})
	try := func(from, password string) int {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/ops", nil)
		r.RemoteAddr = from
		r.Header.Set("Authorization", basic(password))
		if p := o.check(r); p != nil {
			return p.Status
		}
		return http.StatusOK
	}
	for range wrongAtOnce {
		if got := try("192.0.2.1:1", "guess"); got != http.StatusUnauthorized {
			t.Fatalf("status %d", got)
		}
	}
	if got := try("192.0.2.1:2", "correct horse battery"); got != http.StatusTooManyRequests {
		t.Errorf("after too many: status %d", got)
	}
	if got := try("192.0.2.2:1", "correct horse battery"); got != http.StatusOK {
		t.Errorf("somebody else: status %d", got)
	}
}

// All that is for operators is behind the same door, and the rest is not.
func TestOperatorsRoutes(t *testing.T) {
	e := open(t, false, func(_ *anchor.Config, c *Config) { c.OpsPassword = "correct horse battery" })
	ask := func(path string, header ...string) *http.Response {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, e.url+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("X-Forwarded-For", "192.0.2.1")
		if len(header) > 0 {
			r.Header.Set("Authorization", header[0])
		}
		response, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		return response
	}
	for _, path := range []string{"/ops", "/v1/status", "/v1/status/events", "/metrics"} {
		if r := ask(path); r.StatusCode != http.StatusUnauthorized || !strings.HasPrefix(r.Header.Get("WWW-Authenticate"), "Basic ") {
			t.Errorf("%s: status %d, %q", path, r.StatusCode, r.Header.Get("WWW-Authenticate"))
		}
		if r := ask(path, basic("correct horse battery")); r.StatusCode == http.StatusUnauthorized || r.StatusCode == http.StatusForbidden {
			t.Errorf("%s with the password: status %d", path, r.StatusCode)
		}
	}
	for _, path := range []string{"/healthz", "/readyz", "/v1/info", "/v1/batches", "/batches"} {
		if r := ask(path); r.StatusCode == http.StatusUnauthorized || r.StatusCode == http.StatusForbidden {
			t.Errorf("%s: status %d", path, r.StatusCode)
		}
	}
}

// healthEvents reads the health events of a stream.
func healthEvents(t *testing.T, e *env) (next func() client.Health) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, e.url+"/v1/status/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { response.Body.Close() })
	if got := response.Header.Get("Content-Type"); got != "text/event-stream" {
		t.Fatalf("content type %q, status %d", got, response.StatusCode)
	}
	lines := bufio.NewReader(response.Body)
	return func() (h client.Health) {
		for {
			line, err := lines.ReadString('\n')
			if err != nil {
				t.Fatal(err)
			}
			if data, ok := strings.CutPrefix(line, "data: "); ok {
				if err := json.Unmarshal([]byte(data), &h); err != nil {
					t.Fatal(err)
				}
				return h
			}
		}
	}
}

// The stream tells of the node at once and of each change, with what is needed to follow it.
func TestStatusEvents(t *testing.T) {
	e := open(t, true, nil)
	next := healthEvents(t, e)
	if h := next(); h.Submissions != 0 || len(h.Chains) != 1 || h.LastDay.Batches != 0 {
		t.Fatalf("at first: %+v", h)
	}
	s := newIssuer(t).submission(t, e.home, leaves(2, t.Name())...)
	if _, err := e.client.Submit(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	e.awaitFinal(t, e.client, s.ID())
	for {
		h := next()
		c := h.Chains[0]
		if h.Submissions != 1 || len(c.Recent) == 0 || c.Recent[0].State != "final" {
			continue
		}
		if h.LastDay != (client.Sealed{Batches: 1, Submissions: 1}) {
			t.Errorf("the last day: %+v", h.LastDay)
		}
		tx := c.Recent[0]
		if tx.Kind != "anchor" || tx.Hash == nil || tx.Block == nil || tx.Paid == "" || tx.Paid == "0" {
			t.Errorf("the transaction: %+v", tx)
		}
		if len(c.SpentByDay) != 1 || c.SpentInAll != c.SpentByDay[0].Amount || len(c.SpentInAll) < len(tx.Paid) || c.DaysLeft == nil {
			t.Errorf("spending: %q, %+v, %v", c.SpentInAll, c.SpentByDay, c.DaysLeft)
		}
		if len(c.Stages) != 3 || c.Stages[0].Batches+c.Stages[1].Batches+c.Stages[2].Batches != 0 {
			t.Errorf("stages: %+v", c.Stages)
		}
		return
	}
}

// However many watch, the health is computed once.
func TestStatusEventsShared(t *testing.T) {
	e := open(t, true, nil)
	first, second := healthEvents(t, e), healthEvents(t, e)
	for range 20 {
		if a, b := first(), second(); a.Time.Equal(b.Time) {
			return
		}
	}
	t.Error("two streams never had the same answer")
}

// A server that shuts down does not wait for those who watch it.
func TestStatusEventsEndAtShutdown(t *testing.T) {
	e := open(t, false, nil)
	healthEvents(t, e)()
	e.stop() // reports an error if the stream keeps it
}
