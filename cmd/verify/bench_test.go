package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/hallmark-node/hallmark/verifier/verifiertest"
)

// program builds verify as make build does: the test binary itself links much more.
func program(b *testing.B) string {
	b.Helper()
	path := filepath.Join(b.TempDir(), "verify")
	if out, err := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-tags", "urfave_cli_no_docs", "-o", path,
		".").CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	return path
}

// BenchmarkCold measures verify as a process of its own, from its start to its end,
// for one badge with its proof beside it.
func BenchmarkCold(b *testing.B) {
	verify, data := program(b), "../../verifier/testdata"
	var took []time.Duration
	var cpu time.Duration
	for b.Loop() {
		cmd := exec.Command(verify, "--trust", filepath.Join(data, "trust.json"), "--at", "2026-01-15", filepath.Join(data, "badge.json"))
		start := time.Now()
		out, err := cmd.CombinedOutput()
		took = append(took, time.Since(start))
		if err != nil || !bytes.HasPrefix(out, []byte("VALID ")) {
			b.Fatalf("%v\n%s", err, out)
		}
		cpu += cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "median-ms")
	b.ReportMetric(float64(cpu.Microseconds())/1000/float64(len(took)), "cpu-ms")
}

// BenchmarkMany streams 100,000 proofs of 64 submissions in one batch through
// verify, and reports what it needed for them. The proofs are made while it runs.
func BenchmarkMany(b *testing.B) {
	const submissions = 64
	each := 100_000 / submissions
	if testing.Short() {
		each = 10
	}
	batch := verifiertest.NewBatch(b, submissions, each, func(i int) []byte { return fmt.Appendf(nil, "credential %d", i) })
	trust, err := batch.Trust.Encode()
	if err != nil {
		b.Fatal(err)
	}
	trustFile := filepath.Join(b.TempDir(), "trust.json")
	if err := os.WriteFile(trustFile, trust, 0o666); err != nil {
		b.Fatal(err)
	}
	verify := program(b)
	var cpu time.Duration
	var peak int64
	n := 0
	for b.Loop() {
		cmd := exec.Command(verify, "--trust", trustFile, "--at", batch.Now.UTC().Format(time.RFC3339), "-")
		in, err := cmd.StdinPipe()
		if err != nil {
			b.Fatal(err)
		}
		last := &tail{}
		cmd.Stdout, cmd.Stderr = last, os.Stderr
		if err := cmd.Start(); err != nil {
			b.Fatal(err)
		}
		writeProofs(b, in, batch)
		if err := cmd.Wait(); err != nil {
			b.Fatalf("%v\n%s", err, last.b)
		}
		if want := fmt.Sprintf("%d credentials: %[1]d VALID\n", batch.Len()); !bytes.HasSuffix(last.b, []byte(want)) {
			b.Fatalf("it ends with %s, want %s", last.b, want)
		}
		cpu += cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
		if usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
			peak = max(peak, int64(usage.Maxrss)) //nolint:unconvert // KiB; of another type where an int has 32 bits
		}
		n += batch.Len()
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "proofs/s")
	b.ReportMetric(float64(cpu.Microseconds())/float64(n), "cpu-µs/proof")
	b.ReportMetric(float64(peak)/1024, "peak-MiB")
}

// writeProofs writes the proofs of a batch, one a line, and closes w.
func writeProofs(b *testing.B, w io.WriteCloser, batch *verifiertest.Batch) {
	b.Helper()
	marshal := func(v any) []byte {
		data, err := json.Marshal(v)
		if err != nil {
			b.Fatal(err)
		}
		return data
	}
	out := bufio.NewWriterSize(w, 1<<20)
	var anchor []byte // without its status entries, which are all that differs
	for i := range batch.Len() {
		p := batch.Proof(b, i)
		status := p.Anchors[0].Status
		if anchor == nil {
			a := p.Anchors[0]
			a.Status = nil
			anchor = marshal(a)
		}
		fmt.Fprintf(out, `{"hallmark":1,"credential":"%s","salt":"%s","submission":%s,"batch":%s,"anchors":[{"status":%s,%s]}`+"\n",
			p.Credential, p.Salt, marshal(p.Submission), marshal(p.Batch), marshal(status), anchor[1:])
	}
	if err := out.Flush(); err != nil {
		b.Fatal(err)
	}
	if err := w.Close(); err != nil {
		b.Fatal(err)
	}
}

// tail keeps the end of what is written to it.
type tail struct{ b []byte }

func (t *tail) Write(p []byte) (int, error) {
	t.b = append(t.b, p...)
	t.b = t.b[max(0, len(t.b)-200):]
	return len(p), nil
}
