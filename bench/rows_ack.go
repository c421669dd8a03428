package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/ethereum/go-ethereum/crypto"

	"github.com/hallmark-node/hallmark/anchor/chain"
	"github.com/hallmark-node/hallmark/bench/load"
	"github.com/hallmark-node/hallmark/merkle"
)

const tesseraName = "Tessera POSIX v1.0.4, in process"

// How much is sent in a turn, and how many requests are under way at once.
const (
	bulkSize, bulkNumber, bulkAtOnce = million, 8, 2
	singles, singlesAtOnce           = 40_000, 128
	issuers                          = 1_000 // each new to the node, and soon gone
	checked                          = 200   // proofs that are read back and verified in each turn
)

// ackBench is what both rows of acknowledgement measure: a node on which nothing is
// sealed, a server that does nothing, and Tessera.
type ackBench struct {
	world           *world
	target, nothing *load.Target
	tessera         measure
	stops           []func()
}

func (b *bench) newAckBench(name string, atOnce int) (a *ackBench, err error) {
	a = new(ackBench)
	defer func() {
		if err != nil {
			a.close()
		}
	}()
	if a.world, err = b.newWorld(); err != nil {
		return nil, err
	}
	a.stops = append(a.stops, func() { _ = a.world.close() })
	n, err := a.world.startNode(filepath.Join(b.folder, name), time.Hour)
	if err != nil {
		return nil, err
	}
	a.stops = append(a.stops, func() { _ = n.stop() })
	empty, stop, err := b.startEmpty()
	if err != nil {
		return nil, err
	}
	a.stops = append(a.stops, stop)
	a.target, a.nothing = load.NewTarget(n.url, atOnce), load.NewTarget(empty, atOnce)
	a.tessera, err = b.newTessera()
	return a, err
}

// close stops everything, what was started last first.
func (a *ackBench) close() {
	for _, stop := range slices.Backward(a.stops) {
		stop()
	}
	a.stops = nil
}

// ackBulkRow hands in submissions of a million leaves over HTTP until they are
// acknowledged, durably. Limits: a handler that only reads the body, together with the
// permutations of the tree on the same cores; or writing and syncing as many bytes,
// if that is slower.
func ackBulkRow(b *bench) error {
	a, err := b.newAckBench("bulk", bulkAtOnce)
	if err != nil {
		return err
	}
	defer a.close()
	body := make([]byte, bulkSize*merkle.Size)
	seed := byte(0)
	s, err := inTurn(b.runs,
		func() (float64, error) {
			seed++
			r, err := b.submit(a.target, a.world.source(bulkSize, seed), load.Plan{Number: bulkNumber, Concurrency: bulkAtOnce})
			return r.Rate() * bulkSize, err
		},
		a.tessera,
		func() (float64, error) {
			r, err := load.Run(b.ctx, load.Plan{Number: bulkNumber, Concurrency: bulkAtOnce}, func(ctx context.Context, _ int) error {
				return a.nothing.Submit(ctx, body)
			})
			return r.Rate() * bulkSize, err
		},
		toRate(bulkNumber*bulkSize, b.permutations(bulkNumber*bulkSize, cores())),
		func() (float64, error) { return b.writing(bulkNumber * bulkSize * merkle.Size) },
	)
	if err != nil {
		return err
	}
	limit := make(series, b.runs)
	for i := range limit {
		limit[i] = min(together(s[2][i], s[3][i]), s[4][i]/merkle.Size)
	}
	b.add(newResult("ack-bulk", "durable acknowledgement over HTTP, 1,000,000 credentials a submission", "items/s",
		s[0], limit, peer{tesseraName, s[1]}).
		with("a handler that reads the body, and the permutations, on the same cores; or writing and syncing, if slower",
			goal{ours: million, peer: 20},
			fmt.Sprintf("handler %.0f, permutations %.0f, disk %.0f credentials/s", s[2].median(), s[3].median(), s[4].median()/merkle.Size)))
	return b.growthOfAck(a.world, a.target)
}

// growthOfAck measures how long one submission takes, from 1,000 credentials to the
// largest, and ten of a million.
func (b *bench) growthOfAck(w *world, target *load.Target) error {
	seed := byte(100)
	for _, size := range sizes {
		n, number := size.n, 1
		if n > million {
			n, number = million, size.n/million
		}
		s, err := inTurn(min(b.runs, 3), func() (float64, error) {
			seed++
			r, err := b.submit(target, w.source(n, seed), load.Plan{Number: number, Concurrency: bulkAtOnce})
			return float64(r.Elapsed) / float64(time.Millisecond), err
		})
		if err != nil {
			return err
		}
		b.add(newResult("grow-"+growingAck.id+"-"+size.name, fmt.Sprintf("%s, %d", growingAck.work, size.n), "ms", s[0], nil))
	}
	return nil
}

// submit sends, and verifies some of what was sent.
func (b *bench) submit(target *load.Target, src *load.Source, plan load.Plan) (load.Result, error) {
	r, samples, err := load.Submit(b.ctx, target, src, plan, 1<<30, checked, nil)
	if err != nil {
		return r, err
	}
	checker, err := load.NewChecker(nil)
	if err != nil {
		return r, err
	}
	read, err := load.Read(b.ctx, target, src, samples, plan.Concurrency, checker, func() {})
	if err == nil && read.Failed > 0 {
		err = fmt.Errorf("%d of %d proofs that were read back do not hold: %w", read.Failed, read.Done, read.FirstFailed)
	}
	return r, err
}

// ackSingleRow hands in submissions of one credential. The limit is a handler that
// does nothing, under the same generator, together with the recovery of a signature for
// each on all cores.
func ackSingleRow(b *bench) error {
	a, err := b.newAckBench("single", singlesAtOnce)
	if err != nil {
		return err
	}
	defer a.close()
	plan := load.Plan{Number: singles, Concurrency: singlesAtOnce}
	body := make([]byte, 201)
	seed := byte(0)
	var p99, emptyP99 series
	s, err := inTurn(b.runs,
		func() (float64, error) {
			seed++
			r, err := b.submit(a.target, a.world.source(1, seed), plan)
			p99 = append(p99, inMillis(r.Quantile(0.99)))
			return r.Rate(), err
		},
		func() (float64, error) {
			seed++
			keys, err := newKeys(issuers)
			if err != nil {
				return 0, err
			}
			src := a.world.source(1, seed)
			src.Keys = keys
			r, err := b.submit(a.target, src, plan)
			return r.Rate(), err
		},
		a.tessera,
		func() (float64, error) {
			r, err := load.Run(b.ctx, plan, func(ctx context.Context, _ int) error { return a.nothing.Submit(ctx, body) })
			emptyP99 = append(emptyP99, inMillis(r.Quantile(0.99)))
			return r.Rate(), err
		},
		recoveries,
		b.syncs,
	)
	if err != nil {
		return err
	}
	limit := make(series, b.runs)
	for i := range limit {
		limit[i] = together(s[3][i], s[4][i])
	}
	b.add(newResult("ack-single", "durable acknowledgement over HTTP, one credential a request", "items/s",
		s[0], limit, peer{tesseraName, s[2]}).
		with("an empty net/http handler under the same generator and secp256k1 recoveries, on the same cores", goal{limit: 0.5},
			fmt.Sprintf("empty handler %.0f/s, recoveries %.0f/s, fdatasync %.0f/s; %d requests at once",
				s[3].median(), s[4].median(), s[5].median(), singlesAtOnce)))
	b.add(newResult("ack-single-issuers", fmt.Sprintf("the same, of %d issuers who are new to the node", issuers), "items/s",
		s[1], limit, peer{tesseraName, s[2]}).
		with("as above", goal{}, ""))
	b.add(newResult("ack-single-p99", "the same, 99 of 100 are answered within", "ms", p99, emptyP99).
		with("an empty handler", goal{ours: 100}, ""))
	return nil
}

// newKeys makes keys that nobody has seen.
func newKeys(n int) ([]*chain.Key, error) {
	list := make([]*chain.Key, n)
	for i := range list {
		key, err := crypto.GenerateKey()
		if err != nil {
			return nil, err
		}
		list[i] = chain.NewKey(key)
	}
	return list, nil
}

// together is the rate at which two things are done one after the other on the same
// cores.
func together(a, b float64) float64 { return 1 / (1/a + 1/b) }

func inMillis(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// recoveries measures how many signatures a second are recovered on all cores, by
// libsecp256k1 where cgo is on.
func recoveries() (float64, error) {
	const n = 20_000
	key, err := crypto.GenerateKey()
	if err != nil {
		return 0, err
	}
	digest := crypto.Keccak256([]byte("digest"))
	signature, err := crypto.Sign(digest, key)
	if err != nil {
		return 0, err
	}
	return perSecond(n, func() {
		onAllCores(n, func(lo, hi int) {
			for ; lo < hi; lo++ {
				must(crypto.Ecrecover(digest, signature))
			}
		})
	})()
}

// syncs measures how many times a second four KiB can be appended and synced in the
// folder that is measured.
func (b *bench) syncs() (float64, error) {
	const n = 500
	f, err := os.Create(filepath.Join(b.folder, "syncs"))
	if err != nil {
		return 0, err
	}
	defer f.Close()
	block := make([]byte, 4096)
	var failed error
	rate, _ := perSecond(n, func() { // it has no error of its own
		for range n {
			if _, err := f.Write(block); err != nil {
				failed = err
			}
			if err := fdatasync(f); err != nil {
				failed = err
			}
		}
	})()
	return rate, failed
}

// writing measures how many bytes a second go to disk, synced every 32 MiB.
func (b *bench) writing(size int) (float64, error) {
	path := filepath.Join(b.folder, "writing")
	f, err := os.Create(path)
	if err != nil {
		return 0, err
	}
	defer func() { _ = os.Remove(path) }()
	defer f.Close()
	block := make([]byte, 1<<20)
	_, _ = rand.Read(block) // never fails
	begin := time.Now()
	for done := 0; done < size; done += len(block) {
		if _, err := f.Write(block); err != nil {
			return 0, err
		}
		if done%(32<<20) == 0 {
			if err := fdatasync(f); err != nil {
				return 0, err
			}
		}
	}
	if err := fdatasync(f); err != nil {
		return 0, err
	}
	return float64(size) / time.Since(begin).Seconds(), nil
}

// newTessera returns a measure of Tessera's rate, with the settings with which it is
// fastest here.
func (b *bench) newTessera() (measure, error) {
	program := b.program("tessera")
	if _, err := command(b.ctx, "go", "build", "-C", filepath.Join(peersFolder, "tessera"), "-o", program, "."); err != nil {
		return nil, err
	}
	run := func(batch, writers string, duration time.Duration) (float64, error) {
		folder, err := os.MkdirTemp(b.folder, "tessera-")
		if err != nil {
			return 0, err
		}
		defer func() { _ = os.RemoveAll(folder) }()
		out, err := command(b.ctx, program, "-folder", folder, "-batch", batch, "-writers", writers, "-duration", duration.String())
		if err != nil {
			return 0, err
		}
		var f figures
		err = json.Unmarshal(out, &f)
		return f["perSecond"], err
	}
	var best [2]string
	top := 0.0
	for _, settings := range [][2]string{{"1024", "2048"}, {"2048", "4096"}, {"4096", "8192"}} {
		rate, err := run(settings[0], settings[1], 2*time.Second)
		if err != nil {
			return nil, err
		}
		if rate > top {
			top, best = rate, settings
		}
	}
	return func() (float64, error) { return run(best[0], best[1], 3*time.Second) }, nil
}
