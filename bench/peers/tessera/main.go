// Command tessera measures how many entries a second Tessera's POSIX storage takes, in
// this very process: an entry counts once its future has resolved, so once it is
// sequenced and synced to disk. It prints {"perSecond", "p50", "p99"}, times in
// milliseconds.
//
// It is a module of its own, to keep Tessera out of Hallmark's.
package main

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/transparency-dev/tessera"
	"github.com/transparency-dev/tessera/storage/posix"
	"golang.org/x/mod/sumdb/note"
)

func main() {
	folder := flag.String("folder", "", "empty folder for the log")
	duration := flag.Duration("duration", 3*time.Second, "how long entries are added")
	writers := flag.Int("writers", 4096, "entries under way at once")
	batch := flag.Uint("batch", 2048, "entries that are sequenced together")
	flag.Parse()
	if err := run(*folder, *duration, *writers, *batch); err != nil {
		fmt.Fprintln(os.Stderr, "tessera:", err)
		os.Exit(1)
	}
}

func run(folder string, duration time.Duration, writers int, batch uint) error {
	ctx := context.Background()
	secret, _, err := note.GenerateKey(rand.Reader, "bench")
	if err != nil {
		return err
	}
	signer, err := note.NewSigner(secret)
	if err != nil {
		return err
	}
	driver, err := posix.New(ctx, posix.Config{Path: folder})
	if err != nil {
		return err
	}
	options := tessera.NewAppendOptions().WithCheckpointSigner(signer).
		WithBatching(batch, 10*time.Millisecond).WithCheckpointInterval(time.Second).WithPushback(1 << 20)
	appender, shutdown, _, err := tessera.NewAppender(ctx, driver, options)
	if err != nil {
		return err
	}

	var failed atomic.Pointer[error]
	latencies := make([][]time.Duration, writers)
	var group sync.WaitGroup
	begin := time.Now()
	for w := range writers {
		group.Go(func() {
			for i := uint64(0); time.Since(begin) < duration && failed.Load() == nil; i++ {
				entry := make([]byte, 32) // as long as a leaf
				binary.BigEndian.PutUint64(entry, uint64(w))
				binary.BigEndian.PutUint64(entry[8:], i)
				start := time.Now()
				if _, err := appender.Add(ctx, tessera.NewEntry(entry))(); err != nil {
					failed.CompareAndSwap(nil, &err)
					return
				}
				latencies[w] = append(latencies[w], time.Since(start))
			}
		})
	}
	group.Wait()
	elapsed := time.Since(begin)
	if err := failed.Load(); err != nil {
		return *err
	}
	all := slices.Concat(latencies...)
	slices.Sort(all)
	if err := shutdown(ctx); err != nil {
		return err
	}
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	return json.NewEncoder(os.Stdout).Encode(map[string]float64{
		"perSecond": float64(len(all)) / elapsed.Seconds(), "p50": ms(all[len(all)/2]), "p99": ms(all[len(all)*99/100]),
	})
}
