package cluster_test

import (
	"context"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestRounds breaks one thing after another under load. Without HALLMARK_CLUSTER these are a few that
// are quickly over.
func TestRounds(t *testing.T) {
	rounds := 0
	if text := os.Getenv("HALLMARK_CLUSTER"); text != "" {
		var err error
		if rounds, err = strconv.Atoi(text); err != nil {
			t.Fatal(err)
		}
	}
	w := newWorld(t)
	stop := w.startLoad()
	var order []fault
	for i := 0; len(order) < rounds; i++ { // each in turn, in another order each time
		for _, n := range w.random.Perm(len(faults)) {
			if strings.Contains(faults[n].name, os.Getenv("HALLMARK_FAULT")) {
				order = append(order, faults[n])
			}
		}
	}
	if order = order[:rounds]; rounds == 0 {
		order = slices.DeleteFunc(slices.Clone(faults), func(f fault) bool { return !f.short })
	}
	for i, f := range order {
		w.round(i+1, f)
	}
	stop()
	began := time.Now()
	w.finish()
	w.report()
	t.Logf("checked in the end within %v", time.Since(began).Round(100*time.Millisecond))
}

// startLoad begins the load, until stop.
func (w *world) startLoad() (stop func()) {
	ctx, cancel := context.WithCancel(w.t.Context())
	var work sync.WaitGroup
	for key := range submitters {
		work.Go(func() { w.submitAll(ctx, key) })
	}
	for n := range readers {
		work.Go(func() { w.readAll(ctx, n) })
	}
	stop = sync.OnceFunc(func() { cancel(); work.Wait() })
	w.t.Cleanup(stop)
	return stop
}

// round breaks one thing, waits until all is well again, and checks what is there.
func (w *world) round(n int, f fault) {
	w.t.Helper()
	if f.can != nil && !f.can(w) {
		w.t.Logf("round %d: %s: that is not possible here", n, f.name)
		return
	}
	w.awaitTaken(3)
	taken, began := len(w.took()), time.Now()
	f.harm(w)
	mended := time.Now()
	w.recover()
	well := time.Since(mended)
	w.revoke()
	w.times[f.name] = append(w.times[f.name], well)
	w.t.Logf("round %d: %s: lasted %v, all well %v later; %d submissions taken meanwhile", n, f.name,
		mended.Sub(began).Round(10*time.Millisecond), well.Round(10*time.Millisecond), len(w.took())-taken)
	if w.t.Failed() {
		w.t.Fatalf("after round %d: %s", n, f.name)
	}
}

// report says what was done.
func (w *world) report() {
	for _, name := range slices.Sorted(maps.Keys(w.times)) {
		all := w.times[name]
		w.t.Logf("%-45s %3d rounds, well again after %v (median), %v (longest)", name, len(all),
			median(all).Round(10*time.Millisecond), slices.Max(all).Round(10*time.Millisecond))
	}
	w.t.Logf("%d submissions acknowledged, after %v (median), %v (longest); %d requests refused or unanswered",
		len(w.took()), w.typical().Round(time.Millisecond), w.slowest().Round(time.Millisecond), w.failed.Load())
	w.t.Logf("%d proofs verified meanwhile; %d batches, %d transactions sent, %d badges revoked",
		w.verified.Load(), w.batches, len(w.sends.all()), len(w.revoked))
}
