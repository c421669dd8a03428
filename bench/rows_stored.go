package main

import (
	"context"
	"encoding/binary"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"

	"github.com/hallmark-node/hallmark/anchor/client"
	published "github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/bench/load"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// How proofs are asked for.
const (
	reads, readsAtOnce = 40_000, 64
	remembered         = 20_000 // leaves of each submission that are asked for later: more than a node keeps in memory
)

// storedRows fills a node with 100 million credentials in submissions of a million, all
// final, and measures how much disk they take, how long the node takes to start, and how
// much memory it takes while 10 million more come in and wait. Filling takes minutes,
// so the rows are measured together, once.
func storedRows(b *bench) error {
	if b.done {
		return nil
	}
	b.done = true
	return b.full(b.stored, func(f *full, took time.Duration) error {
		if err := f.disk(took); err != nil {
			return err
		}
		if err := f.restarts(); err != nil {
			return err
		}
		n, err := f.w.startNode(f.data, time.Hour)
		if err != nil {
			return err
		}
		defer func() { _ = n.stop() }()
		return f.memory(n)
	})
}

// served is how many million credentials are in the node of serveRow.
const served = 10

// serveRow measures how fast a node serves proofs.
func serveRow(b *bench) error {
	return b.full(served, func(f *full, _ time.Duration) error {
		n, err := f.w.startNode(f.data, time.Hour)
		if err != nil {
			return err
		}
		defer func() { _ = n.stop() }()
		return f.serving(n)
	})
}

// full is a node with many credentials.
type full struct {
	b      *bench
	w      *world
	data   string
	stored int    // million credentials
	next   uint64 // number of the next submission
	paths  []string
}

// full fills a node, and stops it. do is told how long that took.
func (b *bench) full(stored int, do func(f *full, took time.Duration) error) error {
	w, err := b.newWorld()
	if err != nil {
		return err
	}
	defer func() { _ = w.close() }()
	f := &full{b: b, w: w, stored: stored, data: filepath.Join(b.folder, fmt.Sprintf("full-%d", stored))}
	defer func() { _ = os.RemoveAll(f.data) }() // it is large
	begin := time.Now()
	if err := f.fill(); err != nil {
		return err
	}
	return do(f, time.Since(begin))
}

// made makes a submission of leaves that nobody hashed from anything: random numbers in
// ascending order with random bytes behind. The gaps between sorted random numbers are
// exponential, so nothing has to be sorted, and a leaf lies no nearer to where a hash of
// its size is looked for than a hash does.
func (f *full) made(number uint64) (*published.Submission, error) {
	leaves := make([]merkle.Hash, million)
	source := rand.NewChaCha8([32]byte{3, byte(number), byte(number >> 8)})
	gaps := rand.New(source)
	at := make([]float64, million+1)
	sum := 0.0
	for i := range at {
		sum += gaps.ExpFloat64() + 1e-9 // no two are the same
		at[i] = sum
	}
	for i := range leaves {
		_, _ = source.Read(leaves[i][:]) // never fails
		binary.BigEndian.PutUint64(leaves[i][:], uint64(at[i]/sum*(1<<64)))
	}
	tree, err := merkle.FromSorted(leaves)
	if err != nil {
		return nil, err
	}
	s := &published.Submission{
		Issuer: f.w.issuer.Address(), Home: f.w.home(), Root: tree.Root(), Count: million,
		IssuedAt: uint64(time.Now().Unix()), Leaves: leaves,
	}
	s.Signature, err = f.w.issuer.SignDigest(verifier.SubmissionDigest(s.Home, s.Root, s.Count, s.IssuedAt))
	return s, err
}

// submit hands in that many made submissions, as many at once as there are cores.
func (f *full) submit(n *node, number int) (ids []merkle.Hash, err error) {
	target := load.NewTarget(n.url, cores())
	defer target.Close()
	ids = make([]merkle.Hash, number)
	paths := make([][]string, number)
	first := f.next
	f.next += uint64(number)
	_, err = load.Run(f.b.ctx, load.Plan{Number: number, Concurrency: cores()}, func(ctx context.Context, i int) error {
		s, err := f.made(first + uint64(i))
		if err != nil {
			return err
		}
		ids[i] = s.ID()
		for range remembered {
			paths[i] = append(paths[i], load.ProofPath(s.Leaves[rand.IntN(million)], ids[i]))
		}
		return target.Submit(ctx, client.AppendSubmission(make([]byte, 0, 200+million*merkle.Size), s))
	})
	for _, p := range paths {
		f.paths = append(f.paths, p...)
	}
	return ids, err
}

// fill brings the credentials into the node until they are final.
func (f *full) fill() error {
	n, err := f.w.startNode(f.data, 2*time.Second)
	if err != nil {
		return err
	}
	defer n.Kill() // where it was not stopped
	ids, err := f.submit(n, f.stored)
	if err != nil {
		return err
	}
	node, err := n.client()
	if err != nil {
		return err
	}
	for _, id := range ids {
		if _, err := node.Watch(f.b.ctx, id, nil); err != nil {
			return err
		}
	}
	return n.stop()
}

// disk measures what the folder takes.
func (f *full) disk(took time.Duration) error {
	size, err := diskUsage(f.data)
	if err != nil {
		return err
	}
	credentials := float64(f.stored * million)
	f.b.add(newResult("ack-bulk-sustained",
		fmt.Sprintf("%d million credentials, 1,000,000 a submission, from the start of the node until all are anchored and final", f.stored),
		"items/s", series{credentials / took.Seconds()}, nil).
		with("", goal{ours: million}, "the generator makes them meanwhile on the same cores"))
	f.b.add(newResult("disk", fmt.Sprintf("disk of %d million credentials, final, 1,000,000 a submission", f.stored), "bytes/credential",
		series{size / credentials}, series{merkle.Size}).
		with("the leaves alone", goal{ours: 80}, ""))
	return nil
}

// restarts measures how long the node takes until it is ready.
func (f *full) restarts() error {
	var s series
	for range f.b.runs {
		n, err := f.w.startNode(f.data, time.Hour)
		if err != nil {
			return err
		}
		s = append(s, inMillis(n.ready))
		if err := n.stop(); err != nil {
			return err
		}
	}
	f.b.add(newResult("restart", fmt.Sprintf("from the start of the process until it is ready, %d million credentials stored", f.stored), "ms",
		s, nil).
		with("", goal{ours: 5000}, ""))
	return nil
}

// memory measures the most memory that the node takes while credentials come in that
// wait for a batch.
func (f *full) memory(n *node) error {
	if err := n.resetPeak(); err != nil {
		return err
	}
	kept := len(f.paths)
	if _, err := f.submit(n, f.b.pending); err != nil {
		return err
	}
	f.paths = f.paths[:kept] // those that are final
	peak, err := n.status("VmHWM")
	if err != nil {
		return err
	}
	after, err := n.status("VmRSS")
	if err != nil {
		return err
	}
	const mib = 1 << 20
	f.b.add(newResult("memory",
		fmt.Sprintf("most memory of the node (resident), %d million credentials coming in and waiting, %d million stored", f.b.pending, f.stored),
		"MiB", series{peak / mib}, nil).
		with("", goal{ours: 1024}, fmt.Sprintf("%.0f MiB afterwards", after/mib)))
	return nil
}

// serving measures how fast the node serves proofs of leaves at random. The limit is a
// handler that does nothing; the peer is the file server of net/http, which is how the
// tiles of a log are served.
func (f *full) serving(n *node) error {
	empty, stop, err := f.b.startEmpty()
	if err != nil {
		return err
	}
	defer stop()
	target, nothing := load.NewTarget(n.url, readsAtOnce), load.NewTarget(empty, readsAtOnce)
	var p99, emptyP99 series
	read := func(t *load.Target, path func() string, p99 *series) measure {
		return func() (float64, error) {
			buffers := newBuffers()
			r, err := load.Run(f.b.ctx, load.Plan{Number: reads, Concurrency: readsAtOnce}, func(ctx context.Context, _ int) error {
				buffer := <-buffers
				_, answer, err := t.Get(ctx, path(), buffer[:0])
				if err == nil {
					buffer = answer
				}
				buffers <- buffer
				return err
			})
			if p99 != nil {
				*p99 = append(*p99, inMillis(r.Quantile(0.99)))
			}
			return r.Rate(), err
		}
	}
	stored := func() string { return f.paths[rand.IntN(len(f.paths))] }
	// The node has just been started. What it reads from disk first is not what it takes in
	// the long run: as many proofs as there are different ones are not counted.
	for range len(f.paths) / reads {
		if _, err := read(target, stored, nil)(); err != nil {
			return err
		}
	}
	s, err := inTurn(f.b.runs,
		read(target, stored, &p99),
		read(nothing, func() string { return tilePath }, nil),
		read(nothing, func() string { return "/" }, &emptyP99))
	if err != nil {
		return err
	}
	what := fmt.Sprintf("a proof served over HTTP, %d million credentials stored", f.stored)
	f.b.add(newResult("serve-proof", what, "items/s", s[0], s[2], peer{"net/http file server, a tile of 8 KiB", s[1]}).
		with("an empty net/http handler under the same generator", goal{peer: 1, limit: 0.4},
			fmt.Sprintf("%d requests at once, %d different proofs, once as many were read", readsAtOnce, len(f.paths))))
	f.b.add(newResult("serve-proof-p99", "the same, 99 of 100 are answered within", "ms", p99, emptyP99).with("an empty handler",
		goal{ours: 20}, ""))
	return nil
}

// newBuffers returns a buffer for each request at once.
func newBuffers() chan []byte {
	c := make(chan []byte, readsAtOnce)
	for range readsAtOnce {
		c <- make([]byte, 0, 32<<10)
	}
	return c
}

// diskUsage adds up the blocks that the files of a folder take.
func diskUsage(folder string) (total float64, err error) {
	err = filepath.WalkDir(folder, func(_ string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		total += float64(onDisk(info))
		return nil
	})
	return total, err
}
