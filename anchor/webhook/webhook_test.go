package webhook

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/anchor/role"
	"github.com/hallmark-node/hallmark/anchor/store"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

const (
	home  = verifier.ChainID(7)
	other = verifier.ChainID(8)
)

// past is what has become final, in a store of a node's.
type past struct {
	t     *testing.T
	store *store.Store
	seed  uint64

	answers atomic.Int32 // of success, that came back to webhooks
}

func newPast(t *testing.T) *past {
	t.Helper()
	s, err := store.Open(t.TempDir(), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return &past{t: t, store: s}
}

// final adds a batch of n submissions for each home, and makes it final on chains, one after
// the other. It returns the ids of the submissions.
func (p *past) final(n int, homes []verifier.ChainID, chains ...verifier.ChainID) (ids []merkle.Hash) {
	p.t.Helper()
	var list []store.Submission
	for range n {
		for _, c := range homes {
			p.seed++
			leaf := merkle.Keccak256([]byte(fmt.Sprint(p.seed)))
			s := &publish.Submission{
				Issuer: verifier.Address{1}, Home: verifier.Home{Chain: c}, IssuedAt: p.seed, Count: 1, Root: leaf, Leaves: []merkle.Hash{leaf},
			}
			tree, err := merkle.FromSorted(s.Leaves)
			if err != nil {
				p.t.Fatal(err)
			}
			r, _, err := p.store.AddSubmission(s.ID(), s, tree, nil)
			if err != nil {
				p.t.Fatal(err)
			}
			list, ids = append(list, r), append(ids, s.ID())
		}
	}
	draft, err := p.store.Draft(list)
	if err != nil {
		p.t.Fatal(err)
	}
	err = p.store.Update(func(tx *store.Tx) error {
		_, err := tx.Seal(draft, chains, 1)
		return err
	})
	if err != nil {
		p.t.Fatal(err)
	}
	last, err := p.store.LastBatch()
	if err != nil {
		p.t.Fatal(err)
	}
	operations, err := p.store.BatchOperations(last)
	if err != nil {
		p.t.Fatal(err)
	}
	for _, o := range operations {
		o.State, o.Since, o.Block = publish.Final, time.Now().UnixMilli(), store.Block{Number: 42}
		err := p.store.Update(func(tx *store.Tx) error { return errors.Join(tx.PutOperation(&o), tx.AddFinal(&o)) })
		if err != nil {
			p.t.Fatal(err)
		}
	}
	return ids
}

// got is a request that a receiver had.
type got struct {
	header http.Header
	body   []byte
	event  client.Event
	ended  <-chan struct{} // the connection is gone
}

// receiver is a server that checks each request, and answers as it is told.
type receiver struct {
	*httptest.Server
	t *testing.T

	mu     sync.Mutex
	all    []got
	taken  map[merkle.Hash]int // how often an event was answered with success
	answer func(r *receiver, g got, w http.ResponseWriter) int
	change chan struct{} // of one element
}

const secretText = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

func newReceiver(t *testing.T, answer func(*receiver, got, http.ResponseWriter) int) *receiver {
	t.Helper()
	r := &receiver{t: t, answer: answer, taken: make(map[merkle.Hash]int), change: make(chan struct{}, 1)}
	r.Server = httptest.NewServer(r)
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	body, err := io.ReadAll(request.Body)
	g := got{header: request.Header, body: body, ended: request.Context().Done()}
	if err := errors.Join(err, json.Unmarshal(body, &g.event)); err != nil {
		r.t.Errorf("%v in %s", err, body)
	}
	status := http.StatusOK
	r.mu.Lock()
	r.all = append(r.all, g)
	answer := r.answer
	r.mu.Unlock()
	if answer != nil {
		status = answer(r, g, w)
	}
	if status/100 == 2 {
		r.mu.Lock()
		r.taken[g.event.Data.SubmissionID]++
		r.mu.Unlock()
	}
	w.WriteHeader(status)
	select {
	case r.change <- struct{}{}:
	default:
	}
}

// await waits until the receiver has taken all of ids.
func (r *receiver) await(ids ...merkle.Hash) {
	r.t.Helper()
	timeout := time.After(30 * time.Second)
	for {
		r.mu.Lock()
		missing := slices.DeleteFunc(slices.Clone(ids), func(id merkle.Hash) bool { return r.taken[id] > 0 })
		r.mu.Unlock()
		if len(missing) == 0 {
			return
		}
		select {
		case <-r.change:
		case <-timeout:
			r.t.Fatalf("%d of %d events never came", len(missing), len(ids))
		}
	}
}

func (r *receiver) requests() []got {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.all)
}

func (r *receiver) say(answer func(*receiver, got, http.ResponseWriter) int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answer = answer
}

// quick are pauses for tests.
var quick = timing{
	answer:    200 * time.Millisecond,
	pause:     func(int) time.Duration { return 5 * time.Millisecond },
	retry:     func(int) time.Duration { return 5 * time.Millisecond },
	persevere: time.Hour,
}

// start runs a webhook until what is returned is called.
func (p *past) start(url string, t timing) (h *Webhook, stop func()) {
	p.t.Helper()
	secret, err := ParseSecret(secretText)
	if err != nil {
		p.t.Fatal(err)
	}
	log := slog.New(slog.NewTextHandler(p.t.Output(), &slog.HandlerOptions{Level: slog.LevelError + 1}))
	h, err = New(Config{URL: url, Secrets: [][]byte{secret}, timing: t}, []verifier.ChainID{home, other}, p.store,
		role.NewLeases(p.store, log), log)
	if err != nil {
		p.t.Fatal(err)
	}
	h.sender.http.Transport = answers{h.sender.http.Transport, &p.answers}
	ctx, cancel := context.WithCancel(p.t.Context())
	ended := make(chan error, 1)
	go func() { ended <- h.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			p.t.Error(err)
		}
	})
	p.t.Cleanup(stop)
	p.await(func() bool { _, err := p.store.Deliveries(); return err == nil })
	return h, stop
}

// answers counts the answers of success that have come back to a webhook.
type answers struct {
	http.RoundTripper
	n *atomic.Int32
}

func (a answers) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := a.RoundTripper.RoundTrip(r)
	if err == nil && response.StatusCode == http.StatusOK {
		a.n.Add(1)
	}
	return response, err
}

// await polls for something that nothing tells.
func (p *past) await(ok func() bool) {
	p.t.Helper()
	for end := time.Now().Add(30 * time.Second); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			p.t.Fatal("it never came")
		}
	}
}

// settled waits until nothing is left to be sent, and returns what is shown then.
func (p *past) settled(h *Webhook) client.WebhookHealth {
	p.t.Helper()
	var s client.WebhookHealth
	p.await(func() bool {
		var err error
		if s, err = h.Health(); err != nil {
			p.t.Fatal(err)
		}
		return s.Oldest == nil && s.Waiting == 0
	})
	return s
}

// Each submission is told once, when the batch is final on its home chain.
func TestEachOnce(t *testing.T) {
	p, r := newPast(t), newReceiver(t, nil)
	old := p.final(2, []verifier.ChainID{home}, home) // before there was a webhook
	h, stop := p.start(r.URL, quick)
	ids := slices.Concat(
		p.final(40, []verifier.ChainID{home, other}, home, other),
		p.final(1, []verifier.ChainID{other}, home, other),
		p.final(3, []verifier.ChainID{home}, home),
	)
	h.Wake()
	r.await(ids...)
	if s := p.settled(h); s.Delivered != uint64(len(ids)) || s.Fault != "" || s.Failures != 0 || s.DeliveredAt == nil {
		t.Errorf("%+v for %d events", s, len(ids))
	}
	names := make(map[string]bool)
	for _, g := range r.requests() {
		d := g.event.Data
		if g.event.Type != client.EventFinal || d.Home.Chain != d.Chain || d.Count != 1 || d.Batch.IsZero() || *d.Block != 42 ||
			g.header.Get("Content-Type") != "application/json" || slices.Contains(old, d.SubmissionID) {
			t.Errorf("event %s", g.body)
		}
		names[g.header.Get("webhook-id")] = true
	}
	if len(names) != len(ids) || len(r.requests()) != len(ids) {
		t.Errorf("%d ids in %d requests for %d events", len(names), len(r.requests()), len(ids))
	}

	// What becomes final while there is no webhook is told later; what was told is not.
	stop()
	more := p.final(2, []verifier.ChainID{home}, home)
	h, _ = p.start(r.URL, quick)
	r.await(more...)
	p.settled(h)
	if n := len(r.requests()); n != len(ids)+len(more) {
		t.Errorf("%d requests, want %d", n, len(ids)+len(more))
	}
}

// The home of a submission is not written to any more: it is final where its batch is.
func TestHomeGone(t *testing.T) {
	p, r := newPast(t), newReceiver(t, nil)
	h, _ := p.start(r.URL, quick)
	ids := p.final(2, []verifier.ChainID{99}, home)
	h.Wake()
	r.await(ids...)
}

// Whatever the receiver does wrong, each event gets through in the end, with the same id and
// body at each attempt.
func TestReceiverFails(t *testing.T) {
	elsewhere := newReceiver(t, func(r *receiver, _ got, _ http.ResponseWriter) int {
		r.t.Error("a redirect was followed")
		return http.StatusOK
	})
	for name, tc := range map[string]struct {
		answer func(*receiver, got, http.ResponseWriter) int
		fault  string
	}{
		"500": {func(*receiver, got, http.ResponseWriter) int { return 500 }, "500"},
		"400": {func(*receiver, got, http.ResponseWriter) int { return 400 }, "400"},
		"401": {func(*receiver, got, http.ResponseWriter) int { return 401 }, "compare its secret"},
		"503": {func(*receiver, got, http.ResponseWriter) int { return 503 }, "503"},
		"429": {func(_ *receiver, _ got, w http.ResponseWriter) int { w.Header().Set("Retry-After", "0"); return 429 }, "429"},
		"302": {func(_ *receiver, _ got, w http.ResponseWriter) int {
			w.Header().Set("Location", elsewhere.URL)
			return 302
		}, "redirects are not followed"},
		"307": {func(_ *receiver, _ got, w http.ResponseWriter) int {
			w.Header().Set("Location", elsewhere.URL)
			return 307
		}, "redirects are not followed"},
		"hangs": {func(_ *receiver, g got, _ http.ResponseWriter) int { <-g.ended; return 500 }, "no answer in time"},
		"hangs up": {func(_ *receiver, _ got, _ http.ResponseWriter) int {
			panic(http.ErrAbortHandler)
		}, "the connection was closed"},
		"endless header": {func(_ *receiver, _ got, w http.ResponseWriter) int {
			w.Header().Set("X-Long", strings.Repeat("x", maxHeader))
			return 200
		}, "header"},
	} {
		t.Run(name, func(t *testing.T) {
			p, r := newPast(t), newReceiver(t, tc.answer)
			h, _ := p.start(r.URL, quick)
			ids := p.final(20, []verifier.ChainID{home}, home)
			h.Wake()
			p.await(func() bool { s, _ := h.Health(); return s.Fault != "" && len(r.requests()) > 5 })
			if s, _ := h.Health(); !strings.Contains(s.Fault, tc.fault) || !strings.Contains(s.Fault, s.Server) || s.Delivered != 0 ||
				s.Waiting == 0 || s.Oldest == nil || s.Failures == 0 {
				t.Errorf("%+v, want a fault with %q", s, tc.fault)
			}
			r.say(nil)
			r.await(ids...)
			if s := p.settled(h); s.Fault != "" || s.Delivered != uint64(len(ids)) || s.GivenUp != 0 {
				t.Errorf("in the end %+v", s)
			}
			bodies := make(map[string]string)
			for _, g := range r.requests() {
				id := g.header.Get("webhook-id")
				if before, ok := bodies[id]; ok && before != string(g.body) {
					t.Errorf("%s says %s, and before %s", id, g.body, before)
				}
				bodies[id] = string(g.body)
			}
			if len(bodies) != len(ids) {
				t.Errorf("%d ids for %d events", len(bodies), len(ids))
			}
		})
	}
}

// A receiver is away while more becomes final than is kept in mind: it is asked little, and
// gets all when it is back.
func TestAway(t *testing.T) {
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	p := newPast(t)
	slow := quick
	slow.pause = func(failures int) time.Duration { return time.Duration(failures) * time.Millisecond }
	h, _ := p.start("http://"+address, slow)
	ids := p.final(maxWaiting+100, []verifier.ChainID{home}, home)
	h.Wake()
	p.await(func() bool { s, _ := h.Health(); return s.Failures > 40 })
	if s, _ := h.Health(); s.Waiting > 60 || s.RetryAt == nil || !strings.Contains(s.Fault, "refused") {
		t.Errorf("%+v", s)
	}
	r := &receiver{t: t, taken: make(map[merkle.Hash]int), change: make(chan struct{}, 1)}
	if listener, err = new(net.ListenConfig).Listen(t.Context(), "tcp", address); err != nil {
		t.Skipf("somebody else has taken the port: %v", err)
	}
	server := &http.Server{Handler: r, ReadHeaderTimeout: time.Second}
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() { _ = server.Close() })
	r.await(ids...)
	if s := p.settled(h); s.Fault != "" || s.Delivered != uint64(len(ids)) || s.RetryAt != nil {
		t.Errorf("in the end %+v", s)
	}
}

// A receiver that refuses one event gets all others, and that one only for as long as is
// meant. One that refuses all is never given up.
func TestRefusedForDays(t *testing.T) {
	p := newPast(t)
	var refused merkle.Hash
	r := newReceiver(t, func(_ *receiver, g got, _ http.ResponseWriter) int {
		if g.event.Data.SubmissionID == refused {
			return http.StatusUnprocessableEntity
		}
		return http.StatusOK
	})
	short := quick
	short.persevere = 50 * time.Millisecond
	h, _ := p.start(r.URL, short)
	ids := p.final(30, []verifier.ChainID{home}, home)
	refused = ids[3]
	h.Wake()
	r.await(slices.Delete(slices.Clone(ids), 3, 4)...)
	p.await(func() bool {
		more := p.final(1, []verifier.ChainID{home}, home)
		h.Wake()
		r.await(more...)
		s, _ := h.Health()
		return s.GivenUp == 1
	})
	p.settled(h)

	r.say(func(*receiver, got, http.ResponseWriter) int { return http.StatusInternalServerError })
	ids = p.final(3, []verifier.ChainID{home}, home)
	h.Wake()
	before := len(r.requests())
	begun := time.Now()
	p.await(func() bool { return len(r.requests()) > before+30 && time.Since(begun) > 2*short.persevere })
	if s, _ := h.Health(); s.GivenUp != 1 || s.Waiting != 3 {
		t.Errorf("%+v", s)
	}
	r.say(nil)
	r.await(ids...)
}

// 410 is the end, until the next start.
func TestGone(t *testing.T) {
	p, r := newPast(t), newReceiver(t, func(*receiver, got, http.ResponseWriter) int { return http.StatusGone })
	h, stop := p.start(r.URL, quick)
	ids := p.final(3, []verifier.ChainID{home}, home)
	h.Wake()
	p.await(func() bool { s, _ := h.Health(); return s.Stopped })
	if s, _ := h.Health(); !strings.Contains(s.Fault, "start the node again") {
		t.Errorf("%+v", s)
	}
	n := len(r.requests())
	h.Wake()
	stop()
	if len(r.requests()) != n {
		t.Error("it was asked again")
	}
	r.say(nil)
	h, _ = p.start(r.URL, quick)
	r.await(ids...)
	if s := p.settled(h); s.Stopped {
		t.Errorf("%+v", s)
	}
}

// A node ends while requests are under way: nothing is lost, and what got through is not sent
// again.
func TestEndsMeanwhile(t *testing.T) {
	held := make(chan struct{})
	var once sync.Once
	p := newPast(t)
	r := newReceiver(t, func(_ *receiver, g got, _ http.ResponseWriter) int {
		if g.event.Data.IssuedAt%2 == 0 {
			once.Do(func() { close(held) })
			<-g.ended
			return http.StatusInternalServerError
		}
		return http.StatusOK
	})
	long := quick
	long.answer = time.Minute
	h, stop := p.start(r.URL, long)
	ids := p.final(10, []verifier.ChainID{home}, home)
	h.Wake()
	<-held
	// The answers have to be back: one that was still on its way may make an event come twice.
	p.await(func() bool { return p.answers.Load() == 5 })
	stop()
	r.say(nil)
	h, _ = p.start(r.URL, quick)
	r.await(ids...)
	p.settled(h)
	for id, n := range r.taken {
		if n != 1 {
			t.Errorf("%s got through %d times", id, n)
		}
	}
}

// The signature is that of Standard Webhooks: an example of its authors.
func TestSignature(t *testing.T) {
	secret, err := ParseSecret(secretText)
	if err != nil {
		t.Fatal(err)
	}
	got := sign([][]byte{secret}, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", []byte(`{"test": 2432232314}`))
	if want := "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="; got != want {
		t.Errorf("signature %s, want %s", got, want)
	}
}

// What the documentation shows to receivers takes what a node sends, and nothing else.
func TestDocumentedReceiver(t *testing.T) {
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("there is no Node here")
	}
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "operations", "webhook.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(page), "```js\n")
	code, _, ok := strings.Cut(rest, "```")
	if !ok {
		t.Fatal("the page shows no receiver")
	}
	p, r := newPast(t), newReceiver(t, nil)
	h, _ := p.start(r.URL, quick)
	ids := p.final(1, []verifier.ChainID{home}, home)
	h.Wake()
	r.await(ids...)
	g := r.requests()[0]
	ask := func(secret string, headers map[string]string, body []byte) string {
		t.Helper()
		input, err := json.Marshal(map[string]any{"secret": secret, "headers": headers, "body": base64.StdEncoding.EncodeToString(body)})
		if err != nil {
			t.Fatal(err)
		}
		script := filepath.Join(t.TempDir(), "receiver.mjs")
		text := code + "\nconst q = JSON.parse(process.argv[2])\nconsole.log(isFromNode(q.secret, q.headers, Buffer.from(q.body, 'base64')))\n"
		if err := os.WriteFile(script, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		out, err := exec.CommandContext(t.Context(), node, script, string(input)).CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		return strings.TrimSpace(string(out))
	}
	headers := make(map[string]string)
	for name := range g.header {
		headers[strings.ToLower(name)] = g.header.Get(name)
	}
	if got := ask(secretText, headers, g.body); got != "true" {
		t.Errorf("what the node sent: %s", got)
	}
	if got := ask(secretText, headers, append(slices.Clone(g.body), ' ')); got != "false" {
		t.Errorf("what was changed: %s", got)
	}
	if got := ask("whsec_"+strings.Repeat("A", 32), headers, g.body); got != "false" {
		t.Errorf("with another secret: %s", got)
	}
	headers["webhook-timestamp"] = "1614265330"
	if got := ask(secretText, headers, g.body); got != "false" {
		t.Errorf("of years ago: %s", got)
	}
}

func TestSecrets(t *testing.T) {
	for text, ok := range map[string]bool{
		secretText: true, "whsec_" + base64.StdEncoding.EncodeToString(make([]byte, 64)): true,
		"": false, "whsec_": false, "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw": false, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZI": false,
		"whsec_" + base64.StdEncoding.EncodeToString(make([]byte, 65)): false, "whsec_" + strings.Repeat("!", 32): false,
		"whsk_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw": false,
	} {
		if _, err := ParseSecret(text); (err == nil) != ok {
			t.Errorf("%q: %v", text, err)
		} else if err != nil && len(text) > 10 && strings.Contains(err.Error(), text) {
			t.Errorf("the error repeats the secret: %v", err)
		}
	}
	for _, url := range []string{"", "registrar.example", "ftp://registrar.example", "https://", "http:///x", "://"} {
		if _, err := New(Config{URL: url, Secrets: [][]byte{{1}}}, nil, nil, nil, slog.Default()); err == nil {
			t.Errorf("%q is a URL", url)
		}
	}
	if _, err := New(Config{URL: "https://registrar.example"}, nil, nil, nil, slog.Default()); err == nil {
		t.Error("no secret is needed")
	}
}

// Pauses grow to their limit and stay apart from each other.
func TestBackoff(t *testing.T) {
	for failures := range 100 {
		if failures == 0 {
			continue
		}
		got := backoff(failures, 5*time.Second, 4*time.Hour)
		want := min(5*time.Second<<min(failures-1, 15), 4*time.Hour)
		if got < want*3/4 || got > want*5/4 {
			t.Errorf("%s after %d failures, want about %s", got, failures, want)
		}
	}
}
