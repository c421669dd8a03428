package staticdir

import (
	"fmt"
	"slices"

	"github.com/hallmark-node/hallmark/verifier/static"
)

// index makes the segments of all batches. A batch has one of its own when it is written; those of
// runs are merged of what there is, shard by shard.
func (e *exporter) index() error {
	there := make(map[[2]uint64]static.Segment)
	for _, s := range e.info.Index {
		there[[2]uint64{s.First, s.Last}] = s
	}
	e.info.Index = []static.Segment{}
	for _, run := range static.Segments(e.report.Batches) {
		s, ok := there[run]
		if !ok {
			var err error
			if s, err = e.segment(run, there); err != nil {
				return err
			}
		}
		e.info.Index = append(e.info.Index, s)
	}
	return nil
}

// segment writes a segment from the longest ones that are there.
func (e *exporter) segment(run [2]uint64, there map[[2]uint64]static.Segment) (static.Segment, error) {
	var parts []static.Segment
	leaves := uint64(0)
	for first := run[0]; first <= run[1]; {
		part, ok := static.Segment{}, false
		for length := run[1] - run[0] + 1; length > 1 && !ok; length /= 2 {
			part, ok = there[[2]uint64{first, first + length - 1}]
		}
		for n := first; !ok || n <= part.Last; n++ {
			d, err := e.describe(n)
			if err != nil {
				return part, err
			}
			leaves += d.Leaves
			if !ok {
				part, ok = static.SegmentOf(n, n, d.Leaves), true
			}
		}
		parts = append(parts, part)
		first = part.Last + 1
	}
	s := static.SegmentOf(run[0], run[1], leaves)
	if len(parts) == 1 {
		return s, nil // of one batch: it was written with it
	}
	// Shards of parts with fewer bits are read once for all shards of s that they overlap: their
	// entries wait in left.
	left := make([][]static.Entry, len(parts))
	read := make([]int, len(parts)) // how many shards of the part were read
	for shard := range s.Shards() {
		var entries []static.Entry
		for i, part := range parts {
			for ; read[i] < part.Shards() && read[i]<<(maxBits-part.Bits) < (shard+1)<<(maxBits-s.Bits); read[i]++ {
				some, err := e.shard(part, read[i])
				if err != nil {
					return s, err
				}
				left[i] = append(left[i], some...)
			}
			n := 0
			for n < len(left[i]) && s.Shard(left[i][n].Prefix) == shard {
				n++
			}
			entries = append(entries, left[i][:n]...)
			left[i] = left[i][n:]
		}
		slices.SortFunc(entries, static.Entry.Compare)
		e.put(s.Path(shard), static.AppendEntries(nil, entries...))
	}
	return s, nil
}

// maxBits is above the bits of any segment: shards of different segments are compared by it.
const maxBits = 32

func (e *exporter) shard(s static.Segment, shard int) ([]static.Entry, error) {
	path := s.Path(shard)
	data, ok, err := e.read(path)
	if err == nil && !ok {
		err = fmt.Errorf("the file %s is missing: remove the folder and write it anew", e.path(path))
	}
	if err != nil {
		return nil, err
	}
	return static.ReadEntries(path, data)
}
