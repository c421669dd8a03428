package api

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/hallmark-node/hallmark/anchor"
	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// begin sends the beginning of a request and leaves the connection open.
func begin(t *testing.T, e *env, text string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(e.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if _, err := io.WriteString(conn, text); err != nil {
		t.Fatal(err)
	}
	return conn
}

// Who announces much and sends nothing takes nothing from others: neither memory nor
// room on the disk.
func TestAnnouncedIsNotTaken(t *testing.T) {
	e := open(t, true, nil)
	school := newIssuer(t)
	large := school.submission(t, e.home, leaves(2, "large")...)
	large.Count = publish.MaxLeaves
	large.Signature = school.sign(t, verifier.SubmissionDigest(large.Home, large.Root, large.Count, large.IssuedAt))
	head := string(client.AppendSubmission(nil, large)[:client.SubmissionHeader])
	for range 300 {
		begin(t, e, fmt.Sprintf("POST /v1/submissions HTTP/1.1\r\nHost: node\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n",
			client.SubmissionType, client.MaxSubmissionSize))
		begin(t, e, fmt.Sprintf("PUT /v1/issuers/%s/status HTTP/1.1\r\nHost: node\r\nContent-Length: %d\r\n\r\n", school.address, maxStatusJSON))
		begin(t, e, fmt.Sprintf("POST /v1/submissions HTTP/1.1\r\nHost: node\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s",
			client.SubmissionType, client.MaxSubmissionSize, head))
	}
	asked := time.Now()
	for _, n := range []int{1, 1000, 40_000} {
		if _, err := e.client.Submit(t.Context(), school.submission(t, e.home, leaves(n, t.Name())...)); err != nil {
			t.Fatal(err)
		}
	}
	if took := time.Since(asked); took > 6*time.Second {
		t.Errorf("three submissions took %s", took)
	}
	if response, body := e.call(t, http.MethodGet, "/readyz", "", nil); response.StatusCode != http.StatusOK {
		t.Errorf("not ready: %s", body)
	}
}

// A body has to come at some rate, not only now and then.
func TestTrickle(t *testing.T) {
	e := open(t, false, func(_ *anchor.Config, c *Config) { c.BodyTime = 300 * time.Millisecond })
	for name, head := range map[string]string{
		"submission": fmt.Sprintf("POST /v1/submissions HTTP/1.1\r\nHost: node\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n",
			client.SubmissionType, client.MaxSubmissionSize),
		"list": fmt.Sprintf("PUT /v1/issuers/%s/status HTTP/1.1\r\nHost: node\r\nContent-Length: %d\r\n\r\n", newIssuer(t).address,
			maxStatusJSON),
		"chunked": "POST /v1/submissions HTTP/1.1\r\nHost: node\r\nTransfer-Encoding: chunked\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			conn := begin(t, e, head)
			part := " "
			if name == "chunked" {
				part = "1\r\n \r\n"
			}
			go func() {
				for {
					if _, err := io.WriteString(conn, part); err != nil {
						return
					}
					time.Sleep(5 * time.Millisecond) // the trickle itself
				}
			}()
			response, body := readAnswer(t, conn)
			wantProblem(t, response, body, http.StatusRequestTimeout)
		})
	}
}

// The time that the node takes itself is not the client's.
func TestPauseOfTheNode(t *testing.T) {
	taken := make(chan error, 1)
	limits := newLimits(Config{Rate: 1, BodyTime: 400 * time.Millisecond, bodies: maxBodies})
	server := httptest.NewServer(limits.wrap(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, err := io.ReadFull(r.Body, make([]byte, 4))
		time.Sleep(600 * time.Millisecond) // the pause itself
		rest, err2 := io.ReadAll(r.Body)
		if len(rest) != 100_000 {
			err2 = fmt.Errorf("%d bytes, %w", len(rest), err2)
		}
		taken <- errors.Join(err, err2)
	})))
	defer server.Close()
	response, err := http.Post(server.URL, client.SubmissionType, bytes.NewReader(make([]byte, 100_004)))
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	if err := <-taken; err != nil {
		t.Error(err)
	}
}

// White space is read, and not held.
func TestWhiteSpace(t *testing.T) {
	school := newIssuer(t)
	e := open(t, false, listing(school))
	path := "/v1/issuers/" + school.address.String() + "/status"
	for name, c := range map[string]struct {
		head, tail, fill string
		detail           string
	}{
		"before":  {"", `{"version":1,"items":[]}`, " \n\t\r", "signature"},
		"within":  {`{"version":1,"items":[`, `]}`, " ", "signature"},
		"alone":   {"", "", "\n", "JSON"},
		"text":    {`{"version":1,"signature":"0x`, `"}`, "0", "too long"},
		"number":  {`{"version":1`, `}`, "0", "too long"},
		"nothing": {`{"version":1,"items":[{}`, `]}`, ",{}", "id"},
	} {
		t.Run(name, func(t *testing.T) {
			body := []byte(c.head + strings.Repeat(c.fill, (90<<20)/len(c.fill)) + c.tail)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			conn := begin(t, e, fmt.Sprintf("PUT %s HTTP/1.1\r\nHost: node\r\nContent-Length: %d\r\n\r\n", path, len(body)))
			go func() { _, _ = conn.Write(body) }()
			response, answer := readAnswer(t, conn)
			runtime.ReadMemStats(&after)
			p := wantProblem(t, response, answer, response.StatusCode)
			if response.StatusCode/100 != 4 || !strings.Contains(p.Detail, c.detail) {
				t.Errorf("status %d, %s; want it to speak of %q", response.StatusCode, p.Detail, c.detail)
			}
			if took := after.TotalAlloc - before.TotalAlloc; took > 16<<20 {
				t.Errorf("%d MiB were allocated for 90 MiB of nothing", took>>20)
			}
		})
	}
}

// holder begins bodies at a handler that reads them and waits.
type holder struct {
	limits  *limits
	handler http.Handler
	release chan struct{}
}

func holding(config Config) *holder {
	if config.BodyTime == 0 {
		config.BodyTime = time.Minute
	}
	h := &holder{limits: newLimits(config), release: make(chan struct{})}
	h.handler = h.limits.wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, err := io.Copy(io.Discard, r.Body)
		if err != nil {
			writeProblem(w, bodyProblem("JSON", err))
			return
		}
		if r.Header.Get("Wait") != "" {
			<-h.release
		}
		w.WriteHeader(http.StatusNoContent)
	}))
	return h
}

// send sends a body, and returns once the node has it, or has refused it.
func (h *holder) send(from string, size int64, wait bool) (status func() int) {
	r, w := httptest.NewRequest(http.MethodPut, "/", io.LimitReader(repeat('7', ','), size)), httptest.NewRecorder()
	r.RemoteAddr = from
	if wait {
		r.Header.Set("Wait", "1")
	}
	done := make(chan int, 1)
	left := h.limits.bodies.left()
	go func() { h.handler.ServeHTTP(w, r); done <- w.Code }()
	if !wait {
		code := <-done
		return func() int { return code }
	}
	for h.limits.bodies.left() > left-size && len(done) == 0 {
		runtime.Gosched()
	}
	return func() int { return <-done }
}

func repeat(p ...byte) io.Reader { return &repeated{p, 0} }

type repeated struct {
	of []byte
	at int
}

func (r *repeated) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = r.of[r.at%len(r.of)]
		r.at++
	}
	return len(p), nil
}

// Bodies of all clients together have a limit, and those of each, and small ones have a
// part for themselves. All of it is given back.
func TestBodyShares(t *testing.T) {
	const mib = 1 << 20
	h := holding(Config{Rate: -1, bodies: maxBodies})
	want := func(got, want int, what string) {
		t.Helper()
		if got != want {
			t.Errorf("%s: status %d, want %d", what, got, want)
		}
	}
	first := h.send("[2001:db8::1]:1", 90*mib, true)
	want(h.send("[2001:db8::2]:2", 8*mib, false)(), http.StatusTooManyRequests, "more of the same client")
	want(h.send("[2001:db8:0:1::1]:1", 8*mib, false)(), http.StatusTooManyRequests, "another network of the same site")
	second := h.send("192.0.2.1:1", 70*mib, true)
	want(h.send("192.0.2.3:1", 2*mib, false)(), http.StatusServiceUnavailable, "a large body when all but the spare is used")
	want(h.send("127.0.0.1:1", 2*mib, false)(), http.StatusServiceUnavailable, "a large one from here")
	want(h.send("192.0.2.3:1", smallBody, false)(), http.StatusNoContent, "a small body")
	want(h.send("127.0.0.1:1", 1000, false)(), http.StatusNoContent, "a small one from here")
	close(h.release)
	want(first(), http.StatusNoContent, "the first")
	want(second(), http.StatusNoContent, "the second")
	if left := h.limits.bodies.left(); left != maxBodies || len(h.limits.bodies.by) != 0 || h.limits.open.left() != maxOpen ||
		len(h.limits.open.by) != 0 {
		t.Errorf("%d bytes are left of %d, %d clients", left, maxBodies, len(h.limits.bodies.by))
	}
}

// A client has so many bodies and streams open, and all have.
func TestOpenAtOnce(t *testing.T) {
	s := newShares(5, 2)
	own, all := errors.New("own"), errors.New("all")
	a, b := remote{addr: address("192.0.2.1")}, remote{addr: address("2001:db8::1")}
	c, here := remote{addr: address("192.0.2.2")}, remote{addr: address("::1"), free: true}
	for i, step := range []struct {
		from remote
		want error
	}{{a, nil}, {a, nil}, {a, own}, {b, nil}, {here, nil}, {here, nil}, {here, all}, {c, all}, {a, own}} {
		if err := s.take(step.from, 1, 0, own, all); !errors.Is(err, step.want) {
			t.Fatalf("step %d: %v, want %v", i, err, step.want)
		}
	}
	s.give(a, 1)
	if err := s.take(c, 1, 0, own, all); err != nil {
		t.Error(err)
	}
}

// While there is no memory for another body the node says that it is not ready, and is
// again when there is.
func TestReadyWithoutMemory(t *testing.T) {
	e := open(t, true, func(_ *anchor.Config, c *Config) { c.bodies = 4 * smallBody })
	ready := func() (int, []byte) {
		response, body := e.call(t, http.MethodGet, "/readyz", "", nil)
		return response.StatusCode, body
	}
	var conns []net.Conn
	for range 4 {
		c := begin(t, e, fmt.Sprintf("PUT /v1/issuers/%s/status HTTP/1.1\r\nHost: node\r\nContent-Length: 9000000\r\n\r\n", newIssuer(t).address))
		_, _ = io.WriteString(c, `{"items":[`)
		var items strings.Builder
		for i := range 800 {
			fmt.Fprintf(&items, `{"id":"%s","code":2},`, merkle.Hash{31: 1, 0: byte(i)})
		}
		_, _ = io.WriteString(c, items.String()[:smallBody-2000])
		conns = append(conns, c)
	}
	eventually(t, "no memory", func() bool {
		status, body := ready()
		return status == http.StatusServiceUnavailable && strings.Contains(string(body), "bodies")
	})
	if _, body := e.call(t, http.MethodGet, "/v1/status", "", nil); !strings.Contains(string(body), `"intake":"memory_full"`) {
		t.Errorf("status %s", body)
	}
	if _, body := e.call(t, http.MethodGet, "/metrics", "", nil); !strings.Contains(string(body),
		`hallmark_intake_state{state="memory_full"} 1`) {
		t.Error("the metrics do not say it")
	}
	for _, c := range conns {
		_ = c.Close()
	}
	eventually(t, "ready again", func() bool { status, _ := ready(); return status == http.StatusOK })
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("never came: %s", what)
		}
	}
}

// What is squeezed means the same, however it is cut into pieces.
func FuzzSqueeze(f *testing.F) {
	f.Add([]byte(` { "a b" : [ 1 , 2.5e3 ,"\" \\" , null ] } `))
	f.Add([]byte("[ \"a\\\\\" , \" \\u0020 \" ]\n\n"))
	f.Add([]byte(`1  2`))
	f.Add([]byte("\"a\n \""))
	f.Fuzz(func(t *testing.T, text []byte) {
		if len(text) > maxToken {
			return
		}
		squeezed := func(r io.Reader) string {
			var s squeeze
			var out bytes.Buffer
			p := make([]byte, 7)
			for {
				n, err := r.Read(p)
				kept, long := s.in(p[:n])
				if long != nil {
					t.Fatal(long)
				}
				out.Write(p[:kept])
				if err != nil {
					return out.String()
				}
			}
		}
		got := squeezed(bytes.NewReader(text))
		if again := squeezed(iotest.OneByteReader(bytes.NewReader(text))); again != got {
			t.Fatalf("%q in pieces is %q, else %q", text, again, got)
		}
		if jsontext.Value(text).IsValid() != jsontext.Value(got).IsValid() {
			t.Fatalf("%q became %q", text, got)
		}
		a, b := jsontext.Value(bytes.Clone(text)), jsontext.Value(got)
		if a.Compact() == nil && (b.Compact() != nil || string(a) != string(b)) {
			t.Fatalf("%q became %q", text, got)
		}
	})
}

func TestListTooLong(t *testing.T) {
	var l publish.List[uint8]
	err := json.Unmarshal([]byte("[1"+strings.Repeat(",1", publish.MaxLeaves)+"]"), &l)
	if !errors.Is(err, publish.ErrTooMany) || bodyProblem("JSON", err).Status != http.StatusRequestEntityTooLarge {
		t.Error(err)
	}
}
