// Package staticdir writes what a node has published into a folder that any web server or object
// store serves: package static reads it, and docs/spec.md describes it.
//
// The order of writing makes the folder good to be served meanwhile: what a file leads to is on disk
// before it. Files of a batch do not change, but for its evidence; those of the index are new ones,
// and the file that names them is the last. What it no longer names goes with the next run.
package staticdir

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/ipfs/go-cid"

	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/internal/fault"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
	"github.com/hallmark-node/hallmark/verifier/static"
)

// Report says what a run has changed.
type Report struct {
	Batches   uint64 `json:"batches"`   // in the folder
	Added     uint64 `json:"added"`     // of them, by this run
	Pending   uint64 `json:"pending"`   // of all, without evidence yet
	Leaves    uint64 `json:"leaves"`    // of the batches added
	Written   int64  `json:"written"`   // files
	Bytes     int64  `json:"bytes"`     // in them
	Unchanged int64  `json:"unchanged"` // files that were looked at and are as before
	// Missing are the status lists that the source does not have, which proofs lack then.
	Missing []string `json:"missing,omitempty"`
}

// exporter makes a run. It is for one goroutine.
type exporter struct {
	*folder
	source Source
	report Report

	info    static.Info
	before  []static.Segment     // that the folder named when the run began
	lists   map[merkle.Hash]bool // by root, whether the folder has them
	issuers map[issuerAt]static.Issuer
	chains  map[verifier.ChainID]bool
	tell    func(done, of uint64)
}

type issuerAt struct {
	issuer verifier.Address
	home   verifier.Home
}

// Export brings a folder up to what a source has published, and returns what that changed. It
// calls tell, which may be nil, after each batch.
func Export(ctx context.Context, dir string, source Source, tell func(done, of uint64)) (Report, error) {
	e := &exporter{
		folder: newFolder(dir), source: source, tell: tell,
		lists: make(map[merkle.Hash]bool), issuers: make(map[issuerAt]static.Issuer), chains: make(map[verifier.ChainID]bool),
	}
	if e.tell == nil {
		e.tell = func(uint64, uint64) {}
	}
	err := e.run(ctx)
	err = errors.Join(err, e.wait())
	e.report.Written, e.report.Bytes, e.report.Unchanged = e.written.Load(), e.bytes.Load(), e.unchanged.Load()
	return e.report, err
}

func (e *exporter) run(ctx context.Context) error {
	if err := e.open(ctx); err != nil {
		return err
	}
	known := e.info.Batches
	for n := known; ; {
		batches, err := e.source.Batches(ctx, n, 1000)
		if err != nil {
			return err
		}
		if len(batches) == 0 {
			break
		}
		newest := batches[len(batches)-1].Number
		for i := range batches {
			if n++; batches[i].Number != n {
				return fmt.Errorf("the node lists batch %d after batch %d", batches[i].Number, n-1)
			}
			if err := e.batch(ctx, &batches[i]); err != nil {
				return fmt.Errorf("batch %d: %w", n, err)
			}
			e.tell(n, newest)
		}
	}
	e.report.Batches = e.report.Added + known
	for n := uint64(1); n <= e.report.Batches; n++ {
		if err := e.evidence(ctx, n); err != nil {
			return fmt.Errorf("evidence of batch %d: %w", n, err)
		}
	}
	if err := e.about(ctx); err != nil {
		return err
	}
	if err := e.index(); err != nil {
		return err
	}
	if err := e.wait(); err != nil {
		return err
	}
	return e.finish()
}

// open reads what the folder is of, and refuses one of another node: its batches have other numbers.
func (e *exporter) open(ctx context.Context) error {
	if info, err := os.Stat(e.dir); err == nil && !info.IsDir() {
		return fault.Remedy(fmt.Errorf("%s is no folder", e.dir), "name a new folder")
	}
	data, ok, err := e.read(static.InfoPath)
	if err != nil {
		return err
	}
	if !ok {
		entries, err := os.ReadDir(e.dir)
		if err == nil && len(entries) > 0 && !slices.ContainsFunc(entries, func(d os.DirEntry) bool { return d.Name() == "batches" }) {
			return fault.Remedy(fmt.Errorf("the folder %s is not empty, and was not written by this command", e.dir), "name a new folder")
		}
		return nil
	}
	if e.info, err = static.ReadInfo(data); err != nil {
		return fmt.Errorf("the folder %s: %w", e.dir, err)
	}
	e.before = e.info.Index
	if err := e.removeOld(); err != nil {
		return err
	}
	if e.info.Batches == 0 {
		return nil
	}
	last, err := e.describe(e.info.Batches)
	if err != nil {
		return err
	}
	batches, err := e.source.Batches(ctx, e.info.Batches-1, 1)
	if err != nil {
		return err
	}
	if len(batches) == 0 || batches[0].Root != last.Root {
		return fault.Remedy(fmt.Errorf("the folder %s was written from another node: its batch %d is another one", e.dir, e.info.Batches),
			"name a new folder, or the node that it is from")
	}
	return nil
}

// removeOld removes the parts of the index that the folder names neither now nor before the run: who
// has read the older file that names them still finds them. Those of batches that it does not
// name yet were left by a run that did not come to its end, and are used by this one.
func (e *exporter) removeOld() error {
	entries, err := os.ReadDir(e.path("index"))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	named := slices.Concat(e.info.Index, e.before)
	for _, d := range entries {
		first := uint64(0)
		if _, err := fmt.Sscanf(d.Name(), "%d-", &first); err == nil && first > e.info.Batches {
			continue
		}
		if slices.ContainsFunc(named, func(s static.Segment) bool { return s.Folder() == "index/"+d.Name() }) {
			continue
		}
		if err := os.RemoveAll(e.path("index/" + d.Name())); err != nil {
			return err
		}
	}
	return nil
}

// description is what the next run needs of a batch, and the last of its files to be written.
type description struct {
	Root     merkle.Hash    `json:"root"`
	Manifest merkle.Hash    `json:"manifest"`
	Leaves   uint64         `json:"leaves"`
	Issuers  []issuerSample `json:"issuers"` // ascending by the id of their first submission
}

// issuerSample is a submission for which the evidence of a batch for its issuer is asked for.
type issuerSample struct {
	Issuer     verifier.Address `json:"issuer"`
	Home       verifier.Home    `json:"home"`
	Submission merkle.Hash      `json:"submission"`
	Leaf       merkle.Hash      `json:"leaf"`
}

func descriptionPath(n uint64) string { return fmt.Sprintf("batches/%d/batch", n) }

func (e *exporter) describe(n uint64) (d description, err error) {
	data, ok, err := e.read(descriptionPath(n))
	if err != nil {
		return d, err
	}
	if !ok || json.Unmarshal(data, &d) != nil {
		return d, fault.Remedy(fmt.Errorf("the file %s is missing or damaged", e.path(descriptionPath(n))),
			"remove the folder %s and write it anew", e.dir)
	}
	return d, nil
}

// maxSections is how many bytes of sections are in a file, unless one alone is longer: a
// look-up reads one file.
const maxSections = 12 << 10

// batch writes a batch, without its evidence.
func (e *exporter) batch(ctx context.Context, b *client.Batch) error {
	if _, ok, err := e.read(descriptionPath(b.Number)); err != nil {
		return err
	} else if ok { // of a run that did not come to its end
		d, err := e.describe(b.Number)
		if err != nil {
			return err
		}
		if d.Root != b.Root {
			return fault.Remedy(fmt.Errorf("the folder %s was written from another node", e.dir), "name a new folder, or the node that it is from")
		}
		e.report.Added++
		e.report.Leaves += d.Leaves
		return nil
	}
	d := description{Root: b.Root, Manifest: b.Manifest, Leaves: b.Leaves}
	w := batchWriter{exporter: e, batch: b}
	seen := make(map[string]bool)
	err := publish.ReadBatch(ctx, e.block, publish.Batch{Root: b.Root, Manifest: b.Manifest}, func(s *publish.Submission) error {
		id := s.ID()
		if at := static.EvidencePath(b.Number, s.Issuer, s.Home.Chain); !seen[at] {
			seen[at] = true
			d.Issuers = append(d.Issuers, issuerSample{s.Issuer, s.Home, id, s.Leaves[0]})
		}
		return w.add(id, s)
	})
	if err != nil {
		return err
	}
	if err := w.end(); err != nil {
		return err
	}
	for _, i := range d.Issuers {
		e.putJSON(static.EvidencePath(b.Number, i.Issuer, i.Home.Chain), static.Evidence{State: static.Batched})
	}
	if err := e.wait(); err != nil {
		return err
	}
	e.putJSON(descriptionPath(b.Number), d)
	e.report.Added++
	e.report.Leaves += b.Leaves
	return e.wait()
}

// block returns a published block, and writes it into the folder once it is known to be the one.
func (e *exporter) block(ctx context.Context, c cid.Cid) ([]byte, error) {
	name := "ipfs/" + c.String()
	if data, ok, err := e.read(name); err == nil && ok && publish.IsBlock(c, data) {
		e.unchanged.Add(1)
		return data, nil
	}
	data, err := e.source.Block(ctx, c)
	if err == nil && publish.IsBlock(c, data) {
		e.put(name, data)
	}
	return data, err
}

func (e *exporter) putJSON(name string, v any) {
	data, err := json.Marshal(v, json.Deterministic(true), jsontext.Multiline(false))
	if err != nil { // plain data
		panic(err)
	}
	e.put(name, data)
}

// finish writes the file that names all others.
func (e *exporter) finish() error {
	e.info.Static, e.info.Batches = static.Version, e.report.Batches
	e.putJSON(static.InfoPath, e.info)
	if err := e.wait(); err != nil {
		return err
	}
	return e.removeOld()
}
