package main

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/ipfs/go-cid"
)

// submitRow runs `hallmark submit` on a file of a million CIDs, a whole process: salts,
// leaves, tree, signature, the archive with a million pending proofs on disk, and the
// submission until the node has it on disk. The limit is the permutations of both sides
// alone: three for each leaf, one for each node of the tree here and there.
func submitRow(b *bench) error {
	w, err := b.newWorld()
	if err != nil {
		return err
	}
	defer func() { _ = w.close() }()
	folder := filepath.Join(b.folder, "submit")
	if err := os.Mkdir(folder, 0o755); err != nil {
		return err
	}
	n, err := w.startNode(filepath.Join(folder, "node"), time.Hour)
	if err != nil {
		return err
	}
	defer func() { _ = n.stop() }()
	cids := filepath.Join(folder, "cids.txt")
	if err := writeCIDs(cids, million); err != nil {
		return err
	}
	turn, peak, worked := 0, 0.0, series(nil)
	s, err := inTurn(b.runs,
		func() (float64, error) {
			turn++
			archive := filepath.Join(folder, strconv.Itoa(turn)+".proofs")
			c := b.hallmark("submit", "--node", n.url, "--keystore", w.keystore, "--cids", cids, "--archive", archive)
			begin := time.Now()
			if out, err := c.CombinedOutput(); err != nil {
				return 0, fmt.Errorf("hallmark submit: %w: %s", err, out)
			}
			took := time.Since(begin)
			peak = max(peak, peakMemory(c.ProcessState))
			worked = append(worked, c.ProcessState.UserTime().Seconds()+c.ProcessState.SystemTime().Seconds())
			return million / took.Seconds(), os.Remove(archive)
		},
		func() (float64, error) {
			f, err := b.script("openattestation", oaDocuments)
			return oaDocuments / f["build"] * 1000, err
		},
		toRate(million, b.permutations(5*million, cores())),
	)
	if err != nil {
		return err
	}
	b.add(newResult("submit-1m", "hallmark submit: 1,000,000 CIDs from a file, durable at the node, with the archive of their proofs",
		"items/s", s[0], s[2], peer{oaName, s[1]}).
		with("the permutations alone: leaves, the tree, and the tree again at the node", goal{},
			fmt.Sprintf("a process of %.1f s (%.1f s of a core), at most %.0f MiB; "+
				"the peer wraps %d documents, in memory, and neither signs nor sends",
				million/s[0].median(), worked.median(), peak/(1<<20), oaDocuments)))
	return nil
}

// writeCIDs writes a file with that many CIDs, one in each line.
func writeCIDs(path string, n int) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	w := bufio.NewWriter(f)
	for _, binary := range makeCredentials(n).cids {
		_, c, err := cid.CidFromBytes(binary[:])
		if err != nil {
			return err
		}
		_, _ = fmt.Fprintln(w, c) // Flush returns its error
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return f.Close()
}
