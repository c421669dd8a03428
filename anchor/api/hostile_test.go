package api

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hallmark-node/hallmark/anchor"
	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// Every way to be refused, at a node that is otherwise willing.
func TestRefusals(t *testing.T) {
	school := newIssuer(t)
	e := open(t, false, listing(school))
	s := school.submission(t, e.home, leaves(3, t.Name())...)
	good := string(jsonForm(s))
	binary := client.AppendSubmission(nil, s)
	edit := func(old, by string) string {
		if !strings.Contains(good, old) {
			t.Fatalf("no %q in %s", old, good)
		}
		return strings.Replace(good, old, by, 1)
	}
	damaged := func(f func(*publish.Submission)) []byte {
		c := *s
		c.Leaves = slices.Clone(s.Leaves)
		f(&c)
		return client.AppendSubmission(nil, &c)
	}
	issuer := "/v1/issuers/" + school.address.String()
	hash := merkle.Hash{1}.String()
	signature := verifier.Signature{}.String()

	for name, tc := range map[string]struct {
		method, path, contentType, body string
		status                          int
		detail                          string // a part of what must be said
	}{
		"empty body":             {"POST", "/v1/submissions", "application/json", "", 400, "JSON"},
		"no content type":        {"POST", "/v1/submissions", "", "{", 400, "JSON"},
		"not JSON":               {"POST", "/v1/submissions", "application/json", "leaves=1", 400, "JSON"},
		"a list":                 {"POST", "/v1/submissions", "application/json", "[]", 400, "JSON"},
		"null":                   {"POST", "/v1/submissions", "application/json", "null", 400, "issuer"},
		"trailing data":          {"POST", "/v1/submissions", "application/json", good + "{}", 400, "JSON"},
		"cut":                    {"POST", "/v1/submissions", "application/json", good[:len(good)/2], 400, "JSON"},
		"invalid UTF-8":          {"POST", "/v1/submissions", "application/json", edit(`"count"`, "\"\xff\":1,\"count\""), 400, "UTF-8"},
		"duplicate member":       {"POST", "/v1/submissions", "application/json", edit(`"count":3`, `"count":3,"count":3`), 400, "count"},
		"unknown member":         {"POST", "/v1/submissions", "application/json", edit(`"count"`, `"extra":1,"count"`), 400, "extra"},
		"member in another case": {"POST", "/v1/submissions", "application/json", edit(`"count"`, `"Count"`), 400, "Count"},
		"missing member":         {"POST", "/v1/submissions", "application/json", edit(`"count":3,`, ``), 400, "count"},
		"count as text":          {"POST", "/v1/submissions", "application/json", edit(`"count":3`, `"count":"3"`), 400, "count"},
		"count negative":         {"POST", "/v1/submissions", "application/json", edit(`"count":3`, `"count":-3`), 400, "count"},
		"count fractional":       {"POST", "/v1/submissions", "application/json", edit(`"count":3`, `"count":3.5`), 400, "count"},
		"count enormous": {
			"POST", "/v1/submissions", "application/json", edit(`"count":3`, `"count":99999999999999999999`), 400,
			"count",
		},
		"leaf null":            {"POST", "/v1/submissions", "application/json", edit(`"leaves":[`, `"leaves":[null,`), 400, "leaves"},
		"leaf upper case":      {"POST", "/v1/submissions", "application/json", edit(`"leaves":["0x`, `"leaves":["0X`), 400, "leaves"},
		"leaf short":           {"POST", "/v1/submissions", "application/json", edit(`"leaves":["0x`, `"leaves":["0x00","0x`), 400, "leaves"},
		"leaves an object":     {"POST", "/v1/submissions", "application/json", edit(`"leaves":[`, `"leaves":{}, "l":[`), 400, "leaves"},
		"leaves null":          {"POST", "/v1/submissions", "application/json", edit(`"leaves":[`, `"leaves":null, "l":[`), 400, "leaves"},
		"deep":                 {"POST", "/v1/submissions", "application/json", strings.Repeat("[", 1<<20), 400, "JSON"},
		"address without case": {"POST", "/v1/submissions", "application/json", strings.ToLower(good), 400, "EIP-55"},
		"JSON too large": {
			"POST", "/v1/submissions", "application/json", edit(`"leaves":[`, `"leaves":[`+strings.Repeat(" ", maxJSON)),
			413, client.SubmissionType,
		},
		"another type":   {"POST", "/v1/submissions", "text/plain", good, 415, "application/json"},
		"malformed type": {"POST", "/v1/submissions", "application/json; =", good, 415, "application/json"},
		"wrong count":    {"POST", "/v1/submissions", "application/json", edit(`"count":3`, `"count":2`), 422, "leaves"},
		"unsigned time": {
			"POST", "/v1/submissions", "application/json", edit(`"issuedAt":1767225600`, `"issuedAt":1767225601`), 422,
			"signed by",
		},
		"another home":     {"POST", "/v1/submissions", "application/json", edit(`eip155:31337:`, `eip155:1:`), 422, "home"},
		"binary empty":     {"POST", "/v1/submissions", client.SubmissionType, "", 400, "header"},
		"binary is JSON":   {"POST", "/v1/submissions", client.SubmissionType, good, 400, "begins"},
		"JSON is binary":   {"POST", "/v1/submissions", "application/json", string(binary), 400, "JSON"},
		"binary cut":       {"POST", "/v1/submissions", client.SubmissionType, string(binary[:len(binary)-1]), 400, "leaves"},
		"binary with more": {"POST", "/v1/submissions", client.SubmissionType, string(binary) + "!", 400, "after"},
		"binary too large": {
			"POST", "/v1/submissions", client.SubmissionType,
			string(binary) + strings.Repeat("!", client.MaxSubmissionSize), 413, "split",
		},
		"binary count": {
			"POST", "/v1/submissions", client.SubmissionType,
			string(damaged(func(s *publish.Submission) { s.Count = 1 << 40 })), 413, "split",
		},
		"binary wrong root": {
			"POST", "/v1/submissions", client.SubmissionType,
			string(damaged(func(s *publish.Submission) { s.Root[0] ^= 1 })), 422, "signed by",
		},
		"binary unsorted": {
			"POST", "/v1/submissions", client.SubmissionType,
			string(damaged(func(s *publish.Submission) { slices.Reverse(s.Leaves) })), 422, "leaves",
		},
		"binary twice the same": {
			"POST", "/v1/submissions", client.SubmissionType,
			string(damaged(func(s *publish.Submission) { s.Leaves[1] = s.Leaves[0] })), 422, "leaves",
		},
		"binary high s": {
			"POST", "/v1/submissions", client.SubmissionType,
			string(damaged(func(s *publish.Submission) { s.Signature[32] |= 0x80 })), 422, "signature",
		},
		"id not hex":              {"GET", "/v1/submissions/latest", "", "", 422, "id"},
		"id unknown":              {"GET", "/v1/submissions/" + hash, "", "", 404, "not known"},
		"events of an unknown id": {"GET", "/v1/submissions/" + hash + "/events", "", "", 404, "not known"},
		"leaf unknown":            {"GET", "/v1/proofs/" + hash, "", "", 404, "not known"},
		"leaf not hex":            {"GET", "/v1/proofs/0x12", "", "", 422, "leaf"},
		"fresh not a truth":       {"GET", "/v1/proofs/" + hash + "?fresh=soon", "", "", 422, "fresh"},
		"no credential":           {"GET", "/v1/proofs", "", "", 422, "credential"},
		"credential not a CID":    {"GET", "/v1/proofs?credential=" + hash, "", "", 422, "credential"},
		"credential unknown":      {"GET", "/v1/proofs?credential=" + rawCID(t, []byte("nobody's")).String(), "", "", 404, "not known"},
		"batch unknown":           {"GET", "/v1/batches/" + hash, "", "", 404, "not known"},
		"limit zero":              {"GET", "/v1/batches?limit=0", "", "", 422, "limit"},
		"limit huge":              {"GET", "/v1/batches?limit=1001", "", "", 422, "limit"},
		"after negative":          {"GET", "/v1/batches?after=-1", "", "", 422, "after"},
		"issuer not an address":   {"GET", "/v1/issuers/school/status", "", "", 422, "address"},
		"home not an account":     {"GET", issuer + "/status?home=eip155:1", "", "", 422, "home"},
		"home elsewhere":          {"GET", issuer + "/status?home=eip155:1:" + e.home.Registry.String(), "", "", 422, e.home.String()},
		"list for elsewhere": {
			"PUT", issuer + "/status", "application/json",
			`{"home":"eip155:1:` + e.home.Registry.String() + `","version":1,"items":[]}`, 422, e.home.String(),
		},
		"list for no account":     {"PUT", issuer + "/status", "application/json", `{"home":"eip155:1","version":1,"items":[]}`, 400, "home"},
		"published list unknown":  {"GET", issuer + "/lists/" + hash, "", "", 404, "status list"},
		"published list, no root": {"GET", issuer + "/lists/1", "", "", 422, "root"},
		"list without version":    {"PUT", issuer + "/status", "application/json", `{"items":[]}`, 400, "version"},
		"list without items":      {"PUT", issuer + "/status", "application/json", `{"version":1}`, 400, "items"},
		"list with null":          {"PUT", issuer + "/status", "application/json", `{"version":1,"items":[null]}`, 400, "items"},
		"list of another form":    {"PUT", issuer + "/status", "application/cbor", `{"version":1,"items":[]}`, 415, "application/json"},
		"list of nothings": {
			"PUT", issuer + "/status", "application/json",
			`{"version":1,"items":[{}` + strings.Repeat(",{}", publish.MaxLeaves) + `]}`, 400, "id",
		},
		"code of an item too big": {
			"PUT", issuer + "/status", "application/json", `{"version":1,"items":[{"id":"` + hash + `","code":256}]}`,
			400, "code",
		},
		"code of an item unknown": {
			"PUT", issuer + "/status", "application/json", `{"version":1,"items":[{"id":"` + hash + `","code":5}]}`, 422,
			"code",
		},
		"item without an id": {"PUT", issuer + "/status", "application/json", `{"version":1,"items":[{"code":2}]}`, 400, "id"},
		"list unsigned":      {"PUT", issuer + "/status", "application/json", `{"version":1,"items":[]}`, 422, "signature"},
		"list signed badly": {
			"PUT", issuer + "/status", "application/json",
			`{"version":1,"items":[],"deadline":9000000000,"signature":"` + signature + `"}`, 422, "signature",
		},
		"list signature odd": {
			"PUT", issuer + "/status", "application/json",
			`{"version":1,"items":[],"deadline":9000000000,"signature":"0x1"}`, 400, "signature",
		},
		"retire in the future": {
			"POST", issuer + "/retire", "application/json",
			`{"from":9000000000,"deadline":9000000000,"signature":"` + signature + `"}`, 422, "from",
		},
		"retire without a time": {
			"POST", issuer + "/retire", "application/json", `{"deadline":9000000000,"signature":"` + signature + `"}`,
			400, "from",
		},
		"retire with more": {
			"POST", issuer + "/retire", "application/json",
			`{"from":1,"deadline":9000000000,"signature":"` + signature + `","version":1}`, 400, "version",
		},
		"controller of nobody": {
			"POST", issuer + "/controller", "application/json",
			`{"deadline":9000000000,"signature":"` + signature + `"}`, 400, "next",
		},
		"controller not current": {"POST", issuer + "/controller", "application/json", `{"current":"` + e.home.Registry.String() +
			`","next":"` + e.home.Registry.String() + `","deadline":9000000000,"signature":"` + signature + `"}`, 409, "controller"},
		"no such path": {"GET", "/v2/info", "", "", 404, "/openapi.json"},
		"no such file": {"GET", "/favicon.php", "", "", 404, "/openapi.json"},
		"delete":       {"DELETE", issuer + "/status", "", "", 405, "GET, PUT"},
		"post to info": {"POST", "/v1/info", "application/json", "{}", 405, "GET"},
	} {
		t.Run(name, func(t *testing.T) {
			response, body := e.call(t, tc.method, tc.path, tc.contentType, []byte(tc.body))
			p := wantProblem(t, response, body, tc.status)
			if !strings.Contains(p.Detail, tc.detail) {
				t.Errorf("detail %q does not speak of %q", p.Detail, tc.detail)
			}
			if len(p.Detail) > 500 || strings.Contains(p.Detail, "Go ") || strings.Contains(p.Detail, "github.com") {
				t.Errorf("detail is not a plain sentence: %q", p.Detail)
			}
		})
	}
	// Nothing of all that is on the node, which still takes the good one.
	if health, err := e.client.Health(t.Context()); err != nil || health.Submissions != 0 {
		t.Errorf("%d submissions, %v; want none", health.Submissions, err)
	}
	if _, err := e.client.Submit(t.Context(), s); err != nil {
		t.Error(err)
	}
}

func TestNotAllowed(t *testing.T) {
	insider, outsider := newIssuer(t), newIssuer(t)
	e := open(t, false, func(c *anchor.Config, _ *Config) { c.Open, c.Issuers = false, []verifier.Address{insider.address} })
	if _, err := e.client.Submit(t.Context(), insider.submission(t, e.home, leaves(1, "in")...)); err != nil {
		t.Error(err)
	}
	response, body := e.call(t, "POST", "/v1/submissions", client.SubmissionType,
		client.AppendSubmission(nil, outsider.submission(t, e.home, leaves(1, "out")...)))
	wantProblem(t, response, body, http.StatusForbidden)
	response, body = e.call(t, "PUT", "/v1/issuers/"+outsider.address.String()+"/status", "application/json",
		[]byte(`{"version":1,"items":[]}`))
	wantProblem(t, response, body, http.StatusForbidden)
}

// A node that is open to all does not pay for the statements of all.
func TestNotRelayed(t *testing.T) {
	const deadline = 1 << 40
	school, stranger := newIssuer(t), newIssuer(t)
	e := open(t, false, func(c *anchor.Config, _ *Config) { c.Issuers, c.RelaysPerDay = []verifier.Address{school.address}, 1 })
	retire := func(is issuer, from uint64) (*http.Response, []byte) {
		signature := is.sign(t, verifier.RetireDigest(e.home, is.address, from, deadline))
		return e.call(t, "POST", "/v1/issuers/"+is.address.String()+"/retire", "application/json",
			fmt.Appendf(nil, `{"from":%d,"deadline":%d,"signature":"0x%x"}`, from, uint64(deadline), signature[:]))
	}
	response, body := retire(stranger, 1)
	if p := wantProblem(t, response, body, http.StatusForbidden); !strings.Contains(p.Detail, "send the transaction yourself") {
		t.Errorf("no remedy in %q", p.Detail)
	}
	if response, body = retire(school, 2); response.StatusCode != http.StatusAccepted {
		t.Fatalf("%d %s", response.StatusCode, body)
	}
	response, body = retire(school, 1)
	wantProblem(t, response, body, http.StatusTooManyRequests)
	if seconds, err := strconv.Atoi(response.Header.Get("Retry-After")); err != nil || seconds < 1 || seconds > 86400 {
		t.Errorf("Retry-After: %s", response.Header.Get("Retry-After"))
	}
}

// What anybody can make longer is cut, and says so.
func TestStatusIsCapped(t *testing.T) {
	h := client.ChainHealth{InFlight: make([]client.Transaction, maxInFlight+7)}
	if shorten(&h); len(h.InFlight) != maxInFlight || h.LeftOut != 7 {
		t.Errorf("%d are listed, %d left out", len(h.InFlight), h.LeftOut)
	}
}

func TestQueueFull(t *testing.T) {
	e := open(t, false, func(c *anchor.Config, _ *Config) { c.MaxWaiting = 1 })
	school := newIssuer(t)
	first := school.submission(t, e.home, leaves(1, "first")...)
	if _, err := e.client.Submit(t.Context(), first); err != nil {
		t.Fatal(err)
	}
	response, body := e.call(t, "POST", "/v1/submissions", client.SubmissionType,
		client.AppendSubmission(nil, school.submission(t, e.home, leaves(1, "second")...)))
	wantProblem(t, response, body, http.StatusServiceUnavailable)
	if _, err := e.client.Submit(t.Context(), first); err != nil {
		t.Errorf("what was accepted already: %v", err)
	}
}

// A node whose chain is out of reach takes submissions and says what it cannot do.
func TestChainOutOfReach(t *testing.T) {
	target, err := url.Parse(testChain.RPC)
	if err != nil {
		t.Fatal(err)
	}
	var down atomic.Bool
	proxy := httputil.NewSingleHostReverseProxy(target)
	rpc := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if down.Load() {
			http.Error(w, "out to lunch", http.StatusBadGateway)
			return
		}
		proxy.ServeHTTP(w, r)
	}))
	defer rpc.Close()
	school := newIssuer(t)
	e := open(t, false, func(c *anchor.Config, _ *Config) {
		c.Chains[0].RPC, c.Issuers = []string{rpc.URL}, []verifier.Address{school.address}
	})
	down.Store(true)
	if _, err := e.client.Submit(t.Context(), school.submission(t, e.home, leaves(2, t.Name())...)); err != nil {
		t.Error(err)
	}
	response, body := e.call(t, "GET", "/v1/issuers/"+school.address.String()+"/status", "", nil)
	wantProblem(t, response, body, http.StatusServiceUnavailable)
	response, body = e.call(t, "PUT", "/v1/issuers/"+school.address.String()+"/status", "application/json", []byte(`{"version":1,"items":[]}`))
	wantProblem(t, response, body, http.StatusServiceUnavailable)
}

// A body that does not come is not waited for.
func TestSlowBody(t *testing.T) {
	e := open(t, false, func(_ *anchor.Config, c *Config) { c.BodyTime = 50 * time.Millisecond })
	for _, contentType := range []string{"application/json", client.SubmissionType} {
		response, body := slowly(t, e,
			fmt.Sprintf("POST /v1/submissions HTTP/1.1\r\nHost: node\r\nContent-Type: %s\r\nContent-Length: 300\r\n\r\n", contentType))
		wantProblem(t, response, body, http.StatusRequestTimeout)
	}
}

// A body too large by its own account is refused before it is sent.
func TestLargeBodyUnread(t *testing.T) {
	e := open(t, false, nil)
	response, body := slowly(t, e,
		"POST /v1/submissions HTTP/1.1\r\nHost: node\r\nContent-Type: application/json\r\nContent-Length: 99999999999\r\n\r\n{")
	wantProblem(t, response, body, http.StatusRequestEntityTooLarge)
}

// What the head of a binary submission is refused for is answered before its leaves are
// sent, whether their size is announced or not.
func TestRefusedByHead(t *testing.T) {
	insider, outsider := newIssuer(t), newIssuer(t)
	e := open(t, false, func(c *anchor.Config, _ *Config) {
		c.Open, c.Issuers, c.MaxWaiting = false, []verifier.Address{insider.address}, 1
	})
	many := leaves(maxDrained/merkle.Size+1, "many")
	elsewhere := e.home
	elsewhere.Chain++
	huge := insider.submission(t, e.home, many...)
	huge.Count = publish.MaxLeaves + 1
	forged := insider.submission(t, e.home, many...)
	forged.IssuedAt++
	heads := []struct {
		s    *publish.Submission
		want int
	}{
		{huge, http.StatusRequestEntityTooLarge},
		{outsider.submission(t, e.home, many...), http.StatusForbidden},
		{insider.submission(t, elsewhere, many...), http.StatusUnprocessableEntity},
		{forged, http.StatusUnprocessableEntity},
		{insider.submission(t, e.home, many...), http.StatusServiceUnavailable},
	}
	first := insider.submission(t, e.home, leaves(1, "first")...)
	if _, err := e.client.Submit(t.Context(), first); err != nil { // now the queue is full
		t.Fatal(err)
	}
	for _, h := range heads {
		head := client.AppendSubmission(nil, h.s)[:client.SubmissionHeader]
		for _, framing := range []string{
			fmt.Sprintf("Content-Length: %d\r\n\r\n", client.SubmissionHeader+len(many)*merkle.Size),
			fmt.Sprintf("Transfer-Encoding: chunked\r\n\r\n%x\r\n", client.SubmissionHeader),
		} {
			response, body := slowly(t, e,
				"POST /v1/submissions HTTP/1.1\r\nHost: node\r\nContent-Type: "+client.SubmissionType+"\r\n"+framing+string(head))
			wantProblem(t, response, body, h.want)
			if !response.Close {
				t.Errorf("status %d: the connection is left with a body that is not read", h.want)
			}
		}
	}
}

// A submission that is sent in chunks is the same.
func TestChunked(t *testing.T) {
	e := open(t, false, nil)
	s := newIssuer(t).submission(t, e.home, leaves(40_000, t.Name())...)
	for range 2 {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, e.url+"/v1/submissions",
			io.MultiReader(bytes.NewReader(client.AppendSubmission(nil, s))))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Content-Type", client.SubmissionType)
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(response.Body)
		_ = response.Body.Close()
		if err != nil || response.StatusCode != http.StatusAccepted || !strings.Contains(string(body), s.ID().String()) {
			t.Errorf("status %d, %s, %v", response.StatusCode, body, err)
		}
	}
}

func TestRateLimit(t *testing.T) {
	handler := newLimits(Config{Rate: 1}).wrap(http.HandlerFunc(func(w http.ResponseWriter,
		_ *http.Request,
	) {
		w.WriteHeader(http.StatusNoContent)
	}))
	get := func(from string) *httptest.ResponseRecorder {
		r, w := httptest.NewRequest(http.MethodGet, "/v1/info", nil), httptest.NewRecorder()
		r.RemoteAddr = from
		handler.ServeHTTP(w, r)
		return w
	}
	for i := range 5 {
		if w := get("192.0.2.1:1000"); w.Code != http.StatusNoContent {
			t.Fatalf("request %d: %d", i, w.Code)
		}
		get(fmt.Sprintf("[2001:db8::%x]:1000", i))
	}
	w := get("192.0.2.1:2000")
	wantProblem(t, w.Result(), w.Body.Bytes(), http.StatusTooManyRequests)
	if w := get("[2001:db8::ffff]:1"); w.Code != http.StatusTooManyRequests {
		t.Errorf("another address of the same network: %d", w.Code)
	}
	for _, other := range []string{"192.0.2.2:1000", "[2001:db8:0:1::1]:1000"} {
		if w := get(other); w.Code != http.StatusNoContent {
			t.Errorf("%s pays for another: %d", other, w.Code)
		}
	}
	for range 10 {
		if w := get("127.0.0.1:1000"); w.Code != http.StatusNoContent {
			t.Errorf("loopback: %d", w.Code)
		}
	}
}

// slowly sends the beginning of a request and reads the answer.
func slowly(t *testing.T, e *env, begin string) (*http.Response, []byte) {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(e.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if _, err := conn.Write([]byte(begin)); err != nil {
		t.Fatal(err)
	}
	return readAnswer(t, conn)
}

// Whatever arrives as JSON is refused, or says the same when written again.
func FuzzReadJSON(f *testing.F) {
	f.Add(jsonForm(&publish.Submission{
		Issuer: verifier.Address{1}, Home: verifier.Home{Chain: 31337}, Root: merkle.Hash{2}, Count: 2,
		Signature: verifier.Signature{3}, Leaves: leaves(2, "leaf"),
	}))
	f.Add([]byte(`{"version":1,"items":[{"id":"` + merkle.Hash{1}.String() + `","code":2}],"deadline":5,"signature":"0x00"}`))
	f.Add([]byte(`{"issuer":null,"leaves":[null]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var s publish.Submission
		if p := readJSON(bytes.NewReader(data), &s); p == nil {
			form := jsonForm(&publish.Submission{
				Issuer: s.Issuer, Home: s.Home, Root: s.Root, Count: s.Count, IssuedAt: s.IssuedAt,
				Signature: s.Signature, Leaves: s.Leaves,
			})
			var again publish.Submission
			if p := readJSON(bytes.NewReader(form), &again); p != nil {
				t.Errorf("%s was read and %s is not: %v", data, form, p)
			} else if !slices.Equal(again.Leaves, s.Leaves) {
				t.Errorf("leaves %v became %v", s.Leaves, again.Leaves)
			}
		}
		var u publish.StatusUpdate
		if p := readJSON(bytes.NewReader(data), &u); p == nil && u.Version == 0 {
			t.Errorf("%s was read without a version", data)
		}
	})
}
