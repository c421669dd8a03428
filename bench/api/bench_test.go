package api_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/crypto"
	"golang.org/x/sync/errgroup"

	"github.com/hallmark-node/hallmark/anchor"
	"github.com/hallmark-node/hallmark/anchor/anchortest"
	"github.com/hallmark-node/hallmark/anchor/api"
	"github.com/hallmark-node/hallmark/anchor/chain"
	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/bench/load"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/testnet"
	"github.com/hallmark-node/hallmark/testnet/testchain"
	"github.com/hallmark-node/hallmark/verifier"
)

// benched is a node behind its HTTP interface on this machine, with a chain of its own
// in the same process.
type benched struct {
	node   *anchor.Node
	target *load.Target
	home   verifier.Home
	url    string
}

// benchConnections is how many requests the load has under way.
const benchConnections = 128

func startBenched(b *testing.B, change ...func(*anchor.Config)) *benched {
	b.Helper()
	c := testchain.Start(b, testnet.Config{BlockTime: time.Second})
	config := anchortest.Config(b.TempDir(), c)
	config.BatchAge, config.MaxWaiting, config.Chains[0].PollInterval = 0, 1<<40, 100*time.Millisecond
	for _, f := range change {
		f(&config)
	}
	n := anchortest.Start(b, config, func(n *anchor.Node) *http.Server {
		return api.NewServer(n, api.Config{Log: config.Log})
	})
	out := &benched{node: n.Node, home: n.Home(), url: n.URL, target: load.NewTarget(n.URL, benchConnections)}
	b.Cleanup(out.target.Close)
	return out
}

func (e *benched) source(b *testing.B, size int) *load.Source {
	b.Helper()
	key, err := crypto.ToECDSA(bytes.Repeat([]byte{9}, 32))
	if err != nil {
		b.Fatal(err)
	}
	return &load.Source{Keys: []*chain.Key{chain.NewKey(key)}, Home: e.home, Size: size, Seed: [32]byte{byte(size), 1}, IssuedAt: 1}
}

// measured runs requests and reports rate, latency, and the processor time of load and
// node together, which says the same on a machine that has other work.
func measured(b *testing.B, number, concurrency int, do func(ctx context.Context, i int) error) load.Result {
	b.Helper()
	before := processorTime(b)
	r, err := load.Run(b.Context(), load.Plan{Number: number, Concurrency: concurrency}, do)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(0, "ns/op") // making what is sent is in it
	b.ReportMetric(r.Rate(), "requests/s")
	b.ReportMetric(float64(r.Quantile(0.99).Microseconds())/1000, "p99-ms")
	b.ReportMetric(float64((processorTime(b)-before).Microseconds())/float64(number), "cpu-µs/request")
	return r
}

func processorTime(b *testing.B) time.Duration {
	b.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// submitted sends submissions that are made before and returns their ids.
func (e *benched) submitted(b *testing.B, src *load.Source, number, concurrency int) []merkle.Hash {
	b.Helper()
	bodies, ids := make([][]byte, number), make([]merkle.Hash, number)
	var work errgroup.Group
	work.SetLimit(runtime.GOMAXPROCS(0))
	for i := range bodies {
		work.Go(func() error {
			s, err := src.Submission(uint64(i))
			if err == nil {
				bodies[i], ids[i] = client.AppendSubmission(nil, s), s.ID()
			}
			return err
		})
	}
	if err := work.Wait(); err != nil {
		b.Fatal(err)
	}
	r := measured(b, number, concurrency, func(ctx context.Context, i int) error { return e.target.Submit(ctx, bodies[i]) })
	b.ReportMetric(r.Rate()*float64(src.Size), "credentials/s")
	return ids
}

// BenchmarkEmptyHandler is what net/http and the load allow, with a request of the size
// of one credential.
func BenchmarkEmptyHandler(b *testing.B) {
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) }))
	defer server.Close()
	target := load.NewTarget(server.URL, benchConnections)
	defer target.Close()
	for name, do := range map[string]func(context.Context) error{
		"post": func(ctx context.Context) error { return target.Submit(ctx, make([]byte, 201)) },
		"get":  func(ctx context.Context) error { _, _, err := target.Get(ctx, "/", nil); return err },
	} {
		b.Run(name, func(b *testing.B) {
			measured(b, b.N, benchConnections, func(ctx context.Context, _ int) error { return do(ctx) })
		})
	}
}

func BenchmarkAckSingle(b *testing.B) {
	e := startBenched(b)
	e.submitted(b, e.source(b, 1), b.N, benchConnections)
}

func BenchmarkAckBulk(b *testing.B) {
	for _, size := range []int{1 << 16, 1 << 20} {
		b.Run(strconv.Itoa(size), func(b *testing.B) {
			e := startBenched(b)
			e.submitted(b, e.source(b, size), b.N, 2)
		})
	}
}

func (e *benched) awaitFinal(b *testing.B, ids ...merkle.Hash) {
	b.Helper()
	for _, id := range ids {
		for {
			if status, err := e.node.Serving.Submission(b.Context(), id); err != nil {
				b.Fatal(err)
			} else if status.State == publish.Final {
				break
			}
			time.Sleep(10 * time.Millisecond) // the chain's pace
		}
	}
}

// discard is an answer that nobody reads.
type discard struct {
	header http.Header
	size   int
}

func (d *discard) Header() http.Header         { return d.header }
func (d *discard) WriteHeader(int)             {}
func (d *discard) Write(p []byte) (int, error) { d.size = len(p); return len(p), nil }

// BenchmarkHandler is what a proof takes of the node alone, without the network: as it
// is, compressed, and for whoever has it already; of many batches, while nothing happens
// and while submissions come in, are batched, anchored and proven.
func BenchmarkHandler(b *testing.B) {
	const size, number = 64, 512
	e := startBenched(b, func(c *anchor.Config) { c.BatchCount = 8; c.BatchAge = 20 * time.Millisecond })
	src := e.source(b, size)
	ids := e.submitted(b, src, number, 8)
	e.awaitFinal(b, ids...)
	handler := api.NewServer(e.node, api.Config{Rate: -1, Log: slog.New(slog.DiscardHandler)}).Handler
	requests := make([]*http.Request, 1<<12)
	for i := range requests {
		n := rand.IntN(number)
		requests[i] = httptest.NewRequest(http.MethodGet, load.ProofPath(src.Leaf(uint64(n), rand.IntN(size)), ids[n]), nil)
	}
	run := func(header http.Header) func(b *testing.B) {
		return func(b *testing.B) {
			b.ReportAllocs()
			var total atomic.Int64
			b.RunParallel(func(p *testing.PB) {
				w := &discard{header: make(http.Header)}
				i, sum := rand.IntN(len(requests)), 0
				for p.Next() {
					clear(w.header)
					i++
					r := *requests[i%len(requests)]
					r.Header = header
					handler.ServeHTTP(w, &r)
					sum += w.size
				}
				total.Add(int64(sum))
			})
			b.ReportMetric(float64(total.Load())/float64(b.N), "bytes")
		}
	}
	all := func(prefix string) {
		b.Run(prefix+"/plain", run(http.Header{}))
		b.Run(prefix+"/gzip", run(http.Header{"Accept-Encoding": {"gzip"}}))
		b.Run(prefix+"/304", run(http.Header{"If-None-Match": {"*"}}))
	}
	all("idle")
	ctx, cancel := context.WithCancel(b.Context())
	var work errgroup.Group
	pace := time.NewTicker(5 * time.Millisecond)
	defer pace.Stop()
	work.Go(func() error {
		for i := uint64(number); ctx.Err() == nil; i++ {
			s, err := src.Submission(i)
			if err != nil {
				return err
			}
			if _, err := e.node.Intake.Submit(ctx, s); err != nil && ctx.Err() == nil {
				return err
			}
			<-pace.C
		}
		return nil
	})
	all("intake")
	cancel()
	if err := work.Wait(); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkServeProof reads proofs of credentials chosen at random from a million that
// are final, or from as many as HALLMARK_BENCH_STORED says.
func BenchmarkServeProof(b *testing.B) {
	stored := 1 << 20
	if s := os.Getenv("HALLMARK_BENCH_STORED"); s != "" {
		var err error
		if stored, err = strconv.Atoi(s); err != nil {
			b.Fatal(err)
		}
	}
	for _, size := range []int{1, 1024, 1 << 20} {
		number := max(1, stored/size)
		if size == 1 {
			number = min(number, 100_000)
		}
		e := startBenched(b)
		src := e.source(b, size)
		ids := e.submitted(b, src, number, 8)
		e.awaitFinal(b, ids[0], ids[len(ids)-1])
		for _, by := range []string{"submission", "leaf"} {
			paths := make([]string, 20_000)
			for i := range paths {
				n := rand.IntN(number)
				leaf := src.Leaf(uint64(n), rand.IntN(size))
				if paths[i] = load.ProofPath(leaf, ids[n]); by == "leaf" {
					paths[i] = "/v1/proofs/" + leaf.String()
				}
			}
			b.Run(fmt.Sprintf("%d/%s", size, by), func(b *testing.B) {
				readPaths(b, e.target, paths)
			})
		}
		// What the same is compared with: an answer of no and of as many bytes.
		for name, bytes := range map[string]int{"empty": 0, "written": 4600} {
			answer := make([]byte, bytes)
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(answer) }))
			target := load.NewTarget(server.URL, benchConnections)
			b.Run(fmt.Sprintf("%d/%s", size, name), func(b *testing.B) { readPaths(b, target, []string{"/"}) })
			target.Close()
			server.Close()
		}
	}
}

// readPaths reads them one after the other, into buffers that are used again.
func readPaths(b *testing.B, target *load.Target, paths []string) {
	b.Helper()
	buffers := sync.Pool{New: func() any { return new([]byte) }}
	var size atomic.Int64
	measured(b, b.N, benchConnections, func(ctx context.Context, i int) error {
		buffer, _ := buffers.Get().(*[]byte)
		defer buffers.Put(buffer)
		status, answer, err := target.Get(ctx, paths[i%len(paths)], (*buffer)[:0])
		if err == nil && status != http.StatusOK {
			err = fmt.Errorf("status %d", status)
		}
		if err == nil {
			*buffer = answer
		}
		size.Store(int64(len(answer)))
		return err
	})
	b.ReportMetric(float64(size.Load()), "bytes")
}
