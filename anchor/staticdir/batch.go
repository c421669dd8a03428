package staticdir

import (
	"slices"

	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
	"github.com/hallmark-node/hallmark/verifier/static"
)

// batchWriter writes the sections of a batch, its ids and its part of the index. It holds one
// submission, and 16 bytes for each leaf.
type batchWriter struct {
	*exporter
	batch *client.Batch

	ids     []merkle.Hash
	file    []byte // sections that are not written yet
	number  int    // of that file
	entries []static.Entry
}

// add adds the next submission, ascending by id.
func (w *batchWriter) add(id merkle.Hash, s *publish.Submission) error {
	tree, err := s.Tree()
	if err != nil {
		return err
	}
	section := static.Section{
		Submission: verifier.Submission{Issuer: s.Issuer, Home: s.Home, Count: s.Count, IssuedAt: s.IssuedAt, Signature: s.Signature},
		Root:       s.Root, At: uint32(len(w.ids)), Of: uint32(w.batch.Count),
	}
	w.ids = append(w.ids, id)
	for page := range static.Pages(tree.Len()) {
		section.Page = static.PageIn(tree, page)
		part := static.AppendSection(nil, &section)
		if len(w.file) > 0 && len(w.file)+len(part) > maxSections {
			w.flush()
		}
		w.file = append(w.file, part...)
		for _, leaf := range section.Page.Leaves {
			w.entries = append(w.entries, static.Entry{Prefix: [8]byte(leaf[:8]), Batch: uint32(w.batch.Number), File: uint32(w.number)})
		}
	}
	return nil
}

func (w *batchWriter) flush() {
	w.put(static.FilePath(w.batch.Number, w.number), w.file)
	w.file, w.number = nil, w.number+1
}

// end writes what is left.
func (w *batchWriter) end() error {
	w.flush()
	if len(w.ids) > 1 {
		tree, err := merkle.FromSorted(w.ids)
		if err != nil {
			return err
		}
		for page := range static.Pages(len(w.ids)) {
			w.put(static.IDsPath(w.batch.Number, page), static.AppendPage(nil, static.PageIn(tree, page)))
		}
	}
	slices.SortFunc(w.entries, static.Entry.Compare)
	w.entries = slices.Compact(w.entries)
	segment := static.SegmentOf(w.batch.Number, w.batch.Number, w.batch.Leaves)
	rest := w.entries
	for shard := range segment.Shards() {
		n := 0
		for n < len(rest) && segment.Shard(rest[n].Prefix) == shard {
			n++
		}
		w.put(segment.Path(shard), static.AppendEntries(nil, rest[:n]...))
		rest = rest[n:]
	}
	return nil
}
