package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// mirrored is how many million credentials mirrorRow mirrors.
const mirrored = 10

// mirrorRow mirrors a node with ten million credentials, in submissions of a million, on the same
// machine: from the start of the process until all are fetched over HTTP, verified, stored and final.
// The limit is the permutations that verifying takes alone: one for each node of the trees.
func mirrorRow(b *bench) error {
	return b.full(mirrored, func(f *full, _ time.Duration) error {
		n, err := f.w.startNode(f.data, time.Hour)
		if err != nil {
			return err
		}
		defer func() { _ = n.stop() }()
		var peak float64
		turn := 0
		s, err := inTurn(b.runs,
			func() (float64, error) {
				turn++
				took, most, err := f.mirror(n, filepath.Join(b.folder, "mirror-"+strconv.Itoa(turn)))
				peak = max(peak, most)
				return mirrored * million / took.Seconds(), err
			},
			toRate(mirrored*million, b.permutations(mirrored*million, cores())),
		)
		if err != nil {
			return err
		}
		const mib = 1 << 20
		b.add(newResult("mirror", fmt.Sprintf("a node with %d million credentials mirrored over HTTP, until all are final", mirrored),
			"items/s", s[0], s[1]).
			with("the permutations of the trees alone, once", goal{ours: 100_000},
				fmt.Sprintf("at most %.0f MiB of memory; the node that sends them runs on the same cores", peak/mib)))
		b.add(newResult("mirror-memory", "most memory of the mirror (resident) meanwhile", "MiB", series{peak / mib}, nil).
			with("", goal{ours: 512}, ""))
		return nil
	})
}

// mirror mirrors a node into a new folder, and returns how long that took and the most memory.
func (f *full) mirror(n *node, data string) (took time.Duration, peak float64, err error) {
	port, err := freePort()
	if err != nil {
		return 0, 0, err
	}
	begin := time.Now()
	p, err := f.b.start(f.b.program("hallmark"), "mirror", "--data", data, "--rpc", f.w.rpc, "--from", n.url,
		"--listen", "127.0.0.1:"+strconv.Itoa(port), "--poll", "500ms", "--log-level", "warn")
	if err != nil {
		return 0, 0, err
	}
	m := &node{process: p, url: "http://127.0.0.1:" + strconv.Itoa(port)}
	defer func() { err = errors.Join(err, m.stop(), os.RemoveAll(data)) }()
	client, err := m.client()
	if err != nil {
		return 0, 0, err
	}
	source, err := n.client()
	if err != nil {
		return 0, 0, err
	}
	page, err := source.Batches(f.b.ctx, 0, 1000)
	if err != nil {
		return 0, 0, err
	}
	for done := 0; done < len(page.Batches); {
		if !m.Alive() {
			return 0, 0, m.trouble(errors.New("it has ended"))
		}
		if got, err := client.Batch(f.b.ctx, page.Batches[done].Root); err == nil && got.State == "final" {
			done++
			continue
		}
		time.Sleep(20 * time.Millisecond)
	}
	took = time.Since(begin)
	peak, err = m.status("VmHWM")
	return took, peak, err
}
