package api

import (
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hallmark-node/hallmark/anchor"
	"github.com/hallmark-node/hallmark/anchor/access"
	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// managed opens a node to which only those may submit whom its operator adds while it runs.
func managed(t *testing.T) *env {
	t.Helper()
	return open(t, false, func(c *anchor.Config, config *Config) {
		c.Open, c.Issuers, config.Rate = false, nil, -1
	})
}

// An operator adds an issuer, gives it a key, and cuts one client off: over HTTP, as clients see it.
func TestIssuersOverHTTP(t *testing.T) {
	e, ctx := managed(t), t.Context()
	school, other := newIssuer(t), newIssuer(t)
	sub := school.submission(t, e.home, leaves(3, "first")...)
	refused := func(what string, c *client.Client, sub *publish.Submission, status int, says string) {
		t.Helper()
		var answer *client.NodeError
		if _, err := c.Submit(ctx, sub); !asStatus(err, &answer, status) || !strings.Contains(answer.Detail, says) {
			t.Errorf("%s: %v, want %d with %q", what, err, status, says)
		}
	}
	refused("before it is added", e.client, sub, 403, "ask its operator to add")
	if _, err := e.client.AddIssuer(ctx, client.NewIssuer{Address: school.address, Name: "School", NeedsKey: true}); err != nil {
		t.Fatal(err)
	}
	refused("without a key", e.client, sub, 401, "only with an API key")
	made, err := e.client.NewKey(ctx, client.NewKey{Issuers: []verifier.Address{school.address}, Label: "server 1"})
	if err != nil {
		t.Fatal(err)
	}
	key, err := client.ParseAPIKey(made.Key)
	if err != nil {
		t.Fatal(err)
	}
	keyed, err := client.New(e.url)
	if err != nil {
		t.Fatal(err)
	}
	keyed.SetAPIKey(key)
	if _, err := keyed.Submit(ctx, sub); err != nil {
		t.Errorf("with the key: %v", err)
	}
	refused("for another issuer", keyed, other.submission(t, e.home, leaves(1, "other")...), 403, "ask its operator to add")
	if _, err := e.client.AddIssuer(ctx, client.NewIssuer{Address: other.address}); err != nil {
		t.Fatal(err)
	}
	refused("with another's key", keyed, other.submission(t, e.home, leaves(1, "other")...), 403, "not for issuer")

	keys, err := e.client.Keys(ctx, "")
	if err != nil || len(keys.Keys) != 1 || keys.Keys[0].UsedAt == nil || keys.Keys[0].Label != "server 1" {
		t.Errorf("%+v, %v", keys, err)
	}
	if err := e.client.RevokeKey(ctx, made.Info.Name); err != nil {
		t.Fatal(err)
	}
	refused("once the key is revoked", keyed, sub, 401, "was revoked")
	no := false
	if _, err := e.client.ChangeIssuer(ctx, school.address, client.IssuerChange{NeedsKey: &no}); err != nil {
		t.Fatal(err)
	}
	if _, err := e.client.Submit(ctx, sub); err != nil {
		t.Errorf("by signature alone: %v", err)
	}

	// It was sent twice, and counted once.
	is, err := e.client.Issuer(ctx, school.address)
	if err != nil || is.Today == nil || *is.Today != (client.DayUsage{Submissions: 1, Credentials: 3}) {
		t.Errorf("%+v, %v", is, err)
	}
	now := time.Now()
	usage, err := e.client.Usage(ctx, now.AddDate(0, 0, -300), now, school.address, "")
	if err != nil || len(usage.Usage) != 1 || usage.Usage[0].Credentials != 3 {
		t.Errorf("%+v, %v", usage, err)
	}
	if all, err := e.client.Usage(ctx, now, now, verifier.Address{}, ""); err != nil || len(all.Usage) != 1 {
		t.Errorf("%+v, %v", all, err)
	}
	if err := e.client.RemoveIssuer(ctx, school.address); err != nil {
		t.Fatal(err)
	}
	refused("once it is removed", e.client, sub, 403, "ask its operator to add")
	if page, err := e.client.Issuers(ctx, verifier.Address{}); err != nil || len(page.Issuers) != 1 {
		t.Errorf("%+v, %v", page, err)
	}
	log, err := e.client.Audit(ctx, 0, 4)
	if err != nil || len(log.Entries) != 4 || log.Next != 4 || log.Entries[0].Who != "operator, this machine" {
		t.Errorf("%+v, %v", log, err)
	}
	rest, err := e.client.Audit(ctx, log.Next, 100)
	if err != nil || len(rest.Entries) != 2 || rest.Entries[0].Before != log.Entries[3].Hash {
		t.Errorf("%+v, %v", rest, err)
	}
}

// What is over a quota is refused until the day ends, whoever sends how much at once; what was
// accepted is answered again all the same.
func TestQuotaOverHTTP(t *testing.T) {
	e, ctx := managed(t), t.Context()
	school := newIssuer(t)
	if _, err := e.client.AddIssuer(ctx, client.NewIssuer{Address: school.address, SubmissionsPerDay: 5, CredentialsPerDay: 100}); err != nil {
		t.Fatal(err)
	}
	large := school.submission(t, e.home, leaves(101, "large")...)
	r, body := e.call(t, http.MethodPost, "/v1/submissions", "application/json", jsonForm(large))
	if p := wantProblem(t, r, body, http.StatusRequestEntityTooLarge); !strings.Contains(p.Detail, "100 credentials a day") {
		t.Errorf("%+v", p)
	}
	var all sync.WaitGroup
	var accepted atomic.Int32
	subs := make([]*publish.Submission, 24)
	took := make([]bool, len(subs))
	for i := range subs {
		subs[i] = school.submission(t, e.home, leaves(2, "sub"+strconv.Itoa(i))...)
		all.Go(func() {
			r, _ := e.call(t, http.MethodPost, "/v1/submissions", "application/json", jsonForm(subs[i]))
			if took[i] = r.StatusCode == http.StatusAccepted; took[i] {
				accepted.Add(1)
			}
		})
	}
	all.Wait()
	if n := accepted.Load(); n != 5 {
		t.Errorf("%d submissions were accepted, of 5 a day", n)
	}
	for i, sub := range subs {
		r, body := e.call(t, http.MethodPost, "/v1/submissions", "application/json", jsonForm(sub))
		if took[i] {
			if r.StatusCode != http.StatusAccepted {
				t.Errorf("again: status %d: %s", r.StatusCode, body)
			}
			continue
		}
		p := wantProblem(t, r, body, http.StatusTooManyRequests)
		after, _ := strconv.Atoi(r.Header.Get("Retry-After"))
		day := time.Now().UTC().Add(time.Duration(after)*time.Second + 2*time.Second)
		if !strings.Contains(p.Detail, "5 times a day (UTC)") || day.Hour() != 0 || day.Minute() != 0 {
			t.Errorf("%q, in %d seconds: %s", p.Detail, after, day)
		}
	}
}

// What strangers and careless programs send to what is for operators, and as API keys.
func TestIssuersHostile(t *testing.T) {
	e := managed(t)
	school := newIssuer(t)
	address := school.address.String()
	for name, c := range map[string]struct {
		method, path, body string
		want               int
	}{
		"no JSON":            {"POST", "/v1/issuers", "address", 400},
		"no address":         {"POST", "/v1/issuers", `{"name":"x"}`, 400},
		"half an address":    {"POST", "/v1/issuers", `{"address":"0x12"}`, 400},
		"an unknown member":  {"POST", "/v1/issuers", `{"address":"` + address + `","admin":true}`, 400},
		"a negative quota":   {"POST", "/v1/issuers", `{"address":"` + address + `","creditsPerDay":-1}`, 400},
		"a fraction":         {"PATCH", "/v1/issuers/" + address, `{"submissionsPerDay":1.5}`, 400},
		"a long name":        {"POST", "/v1/issuers", `{"address":"` + address + `","name":"` + strings.Repeat("x", 2000) + `"}`, 422},
		"nobody":             {"PATCH", "/v1/issuers/" + address, `{}`, 404},
		"nobody's removal":   {"DELETE", "/v1/issuers/" + address, "", 404},
		"no address in path": {"GET", "/v1/issuers/school", "", 422},
		"a key for nobody":   {"POST", "/v1/keys", `{"issuers":[]}`, 400},
		"a key that ended":   {"POST", "/v1/keys", `{"issuers":["` + address + `"],"expiresAt":"2001-01-01T00:00:00Z"}`, 422},
		"no such key":        {"DELETE", "/v1/keys/hmk_aaaaaaaa", "", 404},
		"no name of a key":   {"DELETE", "/v1/keys/..%2f..%2fx", "", 422},
		"no day":             {"GET", "/v1/usage?from=yesterday", "", 422},
		"too many days":      {"GET", "/v1/usage?from=2001-01-01&to=2026-01-01", "", 422},
		"backwards":          {"GET", "/v1/usage?from=2026-01-02&to=2026-01-01", "", 422},
		"before all days":    {"GET", "/v1/usage?from=1600-01-02&to=1600-01-03", "", 422},
		"no place":           {"GET", "/v1/usage?after=x", "", 422},
		"no number":          {"GET", "/v1/audit?after=-1", "", 422},
		"no limit":           {"GET", "/v1/keys?limit=0", "", 422},
		"no name after":      {"GET", "/v1/keys?after=x", "", 422},
	} {
		t.Run(name, func(t *testing.T) {
			r, body := e.call(t, c.method, c.path, "application/json", []byte(c.body))
			wantProblem(t, r, body, c.want)
		})
	}
	if _, err := e.client.AddIssuer(t.Context(), client.NewIssuer{Address: school.address, NeedsKey: true}); err != nil {
		t.Fatal(err)
	}
	sub := jsonForm(school.submission(t, e.home, merkle.Keccak256([]byte("one"))))
	for name, header := range map[string]string{
		"none": "", "no scheme": "hmk_aaaaaaaa", "an empty token": "Bearer ", "a token of a proxy's": "Bearer eyJhbGciOi",
		"no whole key": "Bearer hmk_aaaa", "two keys": "Bearer hmk_aaaa, Bearer hmk_bbbb", "the operator's way": basic("password"),
		"a very long one": "Bearer hmk_" + strings.Repeat("a", 8000), "a key of another node": "Bearer " + client.NewAPIKey().Text(),
		"in another case": "bearer " + client.NewAPIKey().Text(),
	} {
		t.Run("key: "+name, func(t *testing.T) {
			request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, e.url+"/v1/submissions", strings.NewReader(string(sub)))
			if err != nil {
				t.Fatal(err)
			}
			request.Header.Set("Authorization", header)
			r, body := exchange(t, http.DefaultClient.Do, request)
			wantProblem(t, r, body, http.StatusUnauthorized)
			if got := r.Header.Get("WWW-Authenticate"); !strings.HasPrefix(got, "Bearer ") {
				t.Errorf("WWW-Authenticate %q", got)
			}
		})
	}
	if count, _, err := e.node.Intake.Waiting(); err != nil || count != 0 {
		t.Errorf("%d submissions were accepted, %v", count, err)
	}
	ctx := access.WithKey(t.Context(), "hmk_")
	if _, err := e.node.Access.Admit(ctx, school.address); err == nil {
		t.Error("half a key is let in")
	}
}

// All of it is for operators only, from wherever they ask.
func TestIssuersForOperatorsOnly(t *testing.T) {
	e := managed(t)
	for pattern := range (&server{requests: newRequestMetrics()}).routes() {
		method, path, _ := strings.Cut(pattern, " ")
		switch path {
		case "/v1/issuers", "/v1/issuers/{address}", "/v1/keys", "/v1/keys/{name}", "/v1/usage", "/v1/audit":
		default:
			continue
		}
		path = strings.NewReplacer("{address}", newIssuer(t).address.String(), "{name}", "hmk_aaaaaaaa").Replace(path)
		request, err := http.NewRequestWithContext(t.Context(), method, e.url+path, strings.NewReader("{}"))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("X-Forwarded-For", "192.0.2.1")
		r, body := exchange(t, http.DefaultClient.Do, request)
		wantProblem(t, r, body, http.StatusForbidden)
	}
}
