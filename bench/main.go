// Command bench measures Hallmark beside its peers and beside what the machine can do,
// prints one table, and writes results.json and the tables of docs/performance.md. Run
// it as
//
//	make bench              # everything, some 35 minutes
//	make bench ROW=tree-1m  # one row, or several with commas between
//
// It must be started in the project's folder. `make bench` installs what it needs.
//
// # How it measures
//
// Whatever is compared runs in turn, ours, peer, limit, ours, peer, limit..., five times,
// and a ratio is the median of the ratios of each turn: a machine that slows down does so
// for all of them. Work that goes over HTTP is done by a node that is a process of its
// own, started by `hallmark node` on the chain of `hallmark testnet`, with the load
// generator of hallmark-load on the same machine.
//
// Each file of rows says what its rows do and what their limits are.
package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"
)

// row is one row of the table, or several that are measured together.
type row struct {
	id  string
	run func(*bench) error
}

func rows() []row {
	return []row{
		{"tree-1m", treeRow},
		{"check-1m", checkRow},
		{"growth", growthRow},
		{"ack-bulk", ackBulkRow},
		{"ack-single", ackSingleRow},
		{"submit-1m", submitRow},
		{"verify-lib", verifyLibRow},
		{"verify-cold", verifyColdRow},
		{"verify-cold-finality", verifyColdFinalityRow},
		{"verify-cold-identity", verifyColdIdentityRow},
		{"wasm-size", wasmSizeRow},
		{"page", pageRows},
		{"finality-again", finalityAgainRow},
		{"hop", hopRow},
		{"hops-year", hopsYearRow},
		{"evidence-size", evidenceSizeRow},
		{"gas", gasRow},
		{"bytes", bytesRow},
		{"memory", storedRows},
		{"restart", storedRows},
		{"serve-proof", serveRow},
		{"cluster-single", clusterSingleRow},
		{"cluster-bulk", clusterBulkRow},
		{"mirror", mirrorRow},
		{"gateway", gatewayRow},
	}
}

// bench is one run of the program.
type bench struct {
	ctx     context.Context
	runs    int    // times that each thing is measured
	stored  int    // millions of credentials for the rows about a full node
	pending int    // millions that wait there
	folder  string // for all that is written; removed in the end
	results []Result
	done    bool   // storedRows
	built   bool   // the programs are in folder
	kernel  string // of Keccak, that merkle chooses on this machine
}

func main() {
	if len(os.Args) > 1 && os.Args[1] == serveEmpty {
		if err := runEmpty(); err != nil {
			fmt.Fprintln(os.Stderr, "bench:", err)
			os.Exit(1)
		}
		return
	}
	names := flag.String("row", "", "measure these `ROWS` only, with commas between, and merge them into the results")
	runs := flag.Int("runs", 5, "measure everything that many `TIMES`")
	stored := flag.Int("stored", 100, "credentials in the full node, in `MILLIONS`")
	pending := flag.Int("pending", 10, "credentials that wait in the full node, in `MILLIONS`")
	temp := flag.String("temp", os.TempDir(), "`FOLDER` on the disk that is measured; it takes some 20 GB")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	b := &bench{ctx: ctx, runs: *runs, stored: *stored, pending: *pending}
	if err := b.main(*names, *temp); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		stop()
		os.Exit(1)
	}
}

func (b *bench) main(names, temp string) (err error) {
	chosen, err := choose(names)
	if err != nil {
		return err
	}
	if b.folder, err = os.MkdirTemp(temp, "hallmark-bench-"); err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(b.folder) }()
	if err := b.findKernel(); err != nil {
		return err
	}
	machine := describeMachine(b.ctx, b.kernel) + ", " + fileSystem(b.folder)
	commit, err := command(b.ctx, "git", "describe", "--always", "--dirty")
	if err != nil {
		return err
	}
	fmt.Fprintln(os.Stderr, machine)
	for _, r := range chosen {
		begin := time.Now()
		before := len(b.results)
		if err := r.run(b); err != nil {
			return fmt.Errorf("%s: %w", r.id, err)
		}
		for i := range b.results[before:] {
			r := &b.results[before+i]
			r.Machine, r.Commit, r.At = machine, string(bytes.TrimSpace(commit)), begin.UTC().Format(time.RFC3339)
			fmt.Fprintln(os.Stderr, b.results[before+i].line())
		}
		// Kept at once: the rows of an hour ago are worth something even if this one fails.
		if err := mergeResults(b.results[before:]); err != nil {
			return err
		}
		fmt.Fprintf(os.Stderr, "  (%s took %s)\n", r.id, time.Since(begin).Round(time.Second))
	}
	return publish(os.Stdout)
}

// choose returns the rows with those ids, all for none. What is no id stands for all that begin like it:
// cluster for cluster-single and cluster-bulk.
func choose(names string) ([]row, error) {
	if names == "" {
		return rows(), nil
	}
	var out []row
	for name := range strings.SplitSeq(names, ",") {
		all := rows()
		named := func(r row) bool { return r.id == name }
		if !slices.ContainsFunc(all, named) {
			named = func(r row) bool { return strings.HasPrefix(r.id, name+"-") }
		}
		before := len(out)
		for _, r := range all {
			if named(r) {
				out = append(out, r)
			}
		}
		if len(out) == before {
			var ids []string
			for _, r := range all {
				ids = append(ids, r.id)
			}
			return nil, fmt.Errorf("there is no row %q; there are %s", name, strings.Join(ids, ", "))
		}
	}
	return out, nil
}

// add puts a row into the table.
func (b *bench) add(r Result) { b.results = append(b.results, r) }
