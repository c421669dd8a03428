package cluster_test

import (
	"fmt"
	"path/filepath"
	"runtime"
	"time"
)

// fault is one thing that goes wrong, and is mended.
type fault struct {
	name  string
	short bool // it is part of the short form
	kills bool // a process is another one afterwards
	harm  func(w *world)
	can   func(w *world) bool // nil: always
}

var faults = []fault{
	{name: "a process is killed", kills: true, harm: func(w *world) {
		s := pick(w.random, w.servers, nil)
		s.kill()
		s.start()
	}},
	{name: "the leader is killed", short: true, kills: true, harm: func(w *world) {
		old := w.awaitLeader(nil)
		old.kill()
		w.awaitLeader(func(s *server) bool { return s != old })
		old.start()
	}},
	{name: "the leader is paused until another one leads", short: true, harm: func(w *world) {
		old := w.awaitLeader(nil)
		old.pause()
		w.awaitLeader(func(s *server) bool { return s != old })
		w.awaitSend()
		old.resume()
	}},
	{name: "the leader's sessions are ended", short: true, harm: func(w *world) {
		leader := w.awaitLeader(nil)
		for range 10 {
			_, err := w.pool.Exec(w.t.Context(),
				"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1", leader.name)
			if err != nil {
				w.t.Fatal(err)
			}
			w.awaitTaken(3)
		}
	}},
	{name: "the leader is cut off from the database", harm: func(w *world) {
		old := w.awaitLeader(nil)
		old.database.cut()
		w.awaitLeader(func(s *server) bool { return s != old })
		w.awaitSend()
		old.database.heal()
	}},
	{name: "all are cut off from the database", harm: func(w *world) {
		for _, s := range w.nodes() {
			s.database.cut()
		}
		w.awaitRefused()
		w.last(time.Duration(w.random.Int64N(int64(15 * time.Second))))
		for _, s := range w.nodes() {
			s.database.heal()
		}
	}},
	{name: "the database refuses all", harm: func(w *world) {
		for _, s := range w.nodes() {
			s.database.refuse()
		}
		w.awaitRefused()
		for _, s := range w.nodes() {
			s.database.heal()
		}
	}},
	{name: "the database crashes", short: true, harm: func(w *world) {
		w.primary.Kill()
		w.awaitRefused()
		w.startAgain()
	}},
	{name: "the database is restarted", harm: func(w *world) {
		w.primary.Stop()
		w.startAgain()
	}},
	{name: "the database fails over to its replica", harm: (*world).failOver},
	{name: "the disk of the database is full", can: func(w *world) bool { return w.disk != nil }, harm: func(w *world) {
		w.disk.fill()
		w.awaitRefused()
		w.disk.free()
		w.startAgain() // it ends if its log cannot be written
	}},
	{name: "the pooler is restarted", short: true, harm: func(w *world) {
		w.pooler.Kill()
		w.must(w.pooler.Start())
	}},
	{name: "the bucket refuses all", harm: func(w *world) {
		w.toObjects.refuse()
		w.last(5 * time.Second)
		w.toObjects.heal()
	}},
	{name: "the bucket is slow", harm: func(w *world) {
		w.toObjects.slow(3 * time.Second)
		w.last(10 * time.Second)
		w.toObjects.heal()
	}},
	{name: "the bucket's answers break off", harm: func(w *world) {
		w.toObjects.shorten(300 + w.random.IntN(20_000))
		w.last(5 * time.Second)
		w.toObjects.heal()
	}},
	{name: "the bucket crashes", short: true, harm: func(w *world) {
		w.objects.Kill()
		w.last(3 * time.Second)
		w.must(w.objects.Start())
	}},
	{
		name: "the clock of the leader is wrong", kills: true, can: func(w *world) bool { return w.preload != "" },
		harm: func(w *world) {
			old := w.awaitLeader(nil)
			next := w.other(old)
			next.kill()
			by := []time.Duration{-time.Hour, -20 * time.Second, 20 * time.Second, time.Hour}[w.random.IntN(4)]
			next.start("LD_PRELOAD="+w.preload, fmt.Sprintf("CLOCK_OFFSET=%d", int(by.Seconds())))
			h, err := next.client.Health(w.t.Context())
			if off := time.Until(h.Time); err != nil || (off-by).Abs() > 5*time.Second {
				w.t.Errorf("its clock is %v off, and was to be %v: %v", off, by, err)
			}
			old.kill()
			w.awaitLeader(func(s *server) bool { return s == next })
			w.awaitSend()
			old.start()
		},
	},
}

// nodes are the processes that use the database.
func (w *world) nodes() []*server { return w.servers[:3] }

// last lets a fault last: nothing marks its end.
func (w *world) last(d time.Duration) { sleep(w.t.Context(), d) }

// awaitTaken waits until n submissions more are acknowledged.
func (w *world) awaitTaken(n int) {
	w.t.Helper()
	before := len(w.took())
	w.eventually("submissions are taken", func() bool { return len(w.took()) >= before+n })
}

// awaitRefused waits until the fault shows.
func (w *world) awaitRefused() {
	w.t.Helper()
	before := w.failed.Load()
	w.eventually("a submission is refused", func() bool { return w.failed.Load() > before })
}

// awaitSend waits until something is sent.
func (w *world) awaitSend() {
	w.t.Helper()
	before := len(w.sends.all())
	w.eventually("something is sent", func() bool { return len(w.sends.all()) > before })
}

// startAgain starts the database where it has ended, and its replica.
func (w *world) startAgain() {
	w.t.Helper()
	w.primary.Kill()
	w.must(w.primary.Start())
	w.replica.Kill()
	w.must(w.replica.Start())
	w.connect()
}

// failOver loses the database for good. Its replica takes over, and gets a replica.
func (w *world) failOver() {
	w.primary.Kill()
	w.awaitRefused()
	w.must(w.replica.Promote())
	lost := w.primary
	w.primary = w.replica
	w.must(lost.Close())
	w.connect()
	w.toPrimary.lead(w.primary.Address())
	for _, s := range w.nodes() {
		if s != w.two { // which goes by the pooler
			s.database.lead(w.primary.Address())
		}
	}
	w.awaitTaken(3)
	w.follow()
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// buildClock makes the library that makes a clock wrong, where that is possible.
func (w *world) buildClock() string {
	w.t.Helper()
	if runtime.GOOS != "linux" || runtime.GOARCH != "amd64" {
		w.t.Log("no clock will be wrong: that is for Linux on amd64")
		return ""
	}
	path := filepath.Join(w.t.TempDir(), "clock.so")
	w.run("gcc", "-O2", "-shared", "-fPIC", "-o", path, "testdata/clock.c")
	return path
}
