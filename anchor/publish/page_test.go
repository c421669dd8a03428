package publish

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/fxamacker/cbor/v2"
	"github.com/ipfs/go-cid"

	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// edges are integers around each length that one can have.
var edges = []uint64{0, 1, 23, 24, 255, 256, 1<<16 - 1, 1 << 16, 1<<32 - 1, 1 << 32, maxInteger, 1<<64 - 1}

func encoded(t *testing.T, v any) []byte {
	t.Helper()
	b, err := encMode.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// What is written member by member is what the general encoder writes.
func TestAppendItemEqualsMarshal(t *testing.T) {
	random := rand.NewChaCha8([32]byte{1})
	for _, count := range edges {
		for _, n := range edges {
			for _, leaves := range [][]byte{nil, make([]byte, 2*merkle.Size), make([]byte, MaxInline*merkle.Size)} {
				i := pageItem{ChainID: n, Count: count, IssuedAt: n / 2}
				for _, b := range [][]byte{i.Issuer[:], i.Registry[:], i.Root[:], i.Signature[:], leaves} {
					_, _ = random.Read(b)
				}
				if leaves != nil {
					i.Leaves = encoded(t, leaves)
				}
				if got, want := appendItem([]byte("before"), &i), encoded(t, i); !bytes.Equal(got, append([]byte("before"), want...)) {
					t.Fatalf("%+v:\n%x, want\n%x", i, got, want)
				}
			}
		}
	}
}

// A page is what the general encoder makes of the list, and one that is begun does not
// change those before it.
func TestPageWriterEqualsMarshal(t *testing.T) {
	p := newPageWriter()
	var blocks []Block
	var wants [][]byte
	for _, count := range []int{1, 23, 24, 255, 256, 1<<16 - 1, 1 << 16, 2} {
		var items []cbor.RawMessage
		for i := range count {
			item := encoded(t, uint64(i))
			if !p.add(item) {
				t.Fatalf("no room for item %d", i)
			}
			items = append(items, item)
		}
		blocks, wants = append(blocks, p.flush()), append(wants, encoded(t, items))
	}
	for i, want := range wants {
		if !bytes.Equal(blocks[i].Data, want) || !blocks[i].CID.Equals(newBlock(cid.DagCBOR, want).CID) {
			t.Errorf("page %d is not the list that it was made of", i)
		}
	}
}

// The pages of a batch are those that encoding one submission after the other by the
// general encoder gives, each as full as it can be.
func TestWriteBatchEqualsMarshal(t *testing.T) {
	random := rand.New(rand.NewPCG(2, 3))
	source := rand.NewChaCha8([32]byte{4})
	var submissions []*Submission
	for i := range 12_000 {
		count := 1
		if i%40 == 0 {
			count += random.IntN(MaxInline)
		}
		s := &Submission{
			Home: verifier.Home{Chain: verifier.ChainID(random.Uint64N(maxInteger))}, Count: uint64(count),
			IssuedAt: random.Uint64N(1 << 20),
		}
		s.Leaves = make([]merkle.Hash, count)
		for j := range s.Leaves {
			_, _ = source.Read(s.Leaves[j][:])
		}
		s.Root = s.Leaves[0]
		_, _ = source.Read(s.Signature[:])
		submissions = append(submissions, s)
	}
	slices.SortFunc(submissions, func(a, b *Submission) int { return merkle.Compare(a.ID(), b.ID()) })
	ids := make([]merkle.Hash, len(submissions))
	var wants [][]byte
	var page []cbor.RawMessage
	size := 0
	for i, s := range submissions {
		ids[i] = s.ID()
		item := pageItem{
			Issuer: s.Issuer, ChainID: uint64(s.Home.Chain), Registry: s.Home.Registry,
			Root: s.Root, Count: s.Count, IssuedAt: s.IssuedAt, Signature: s.Signature,
		}
		if s.Count > 1 {
			item.Leaves = encoded(t, joinHashes(s.Leaves))
		}
		b := encoded(t, item)
		if size+len(b) > MaxBlock-5 {
			wants, page, size = append(wants, encoded(t, page)), nil, 0
		}
		page, size = append(page, b), size+len(b)
	}
	wants = append(wants, encoded(t, page))
	tree, err := merkle.FromSorted(ids)
	if err != nil {
		t.Fatal(err)
	}
	manifest := batchManifest{Hallmark: 1, Root: tree.Root(), Count: uint64(len(ids))}
	for _, want := range wants {
		manifest.Pages = append(manifest.Pages, link{newBlock(cid.DagCBOR, want).CID})
	}
	wants = append(wants, encoded(t, manifest))

	var got []Block
	_, err = WriteBatch(tree, func(yield func(*Submission, error) bool) {
		for _, s := range submissions {
			if !yield(s, nil) {
				return
			}
		}
	}, func(b Block) error {
		got = append(got, b)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(wants) < 4 || len(got) != len(wants) {
		t.Fatalf("%d blocks, want %d, and several pages", len(got), len(wants))
	}
	for i, want := range wants {
		if !bytes.Equal(got[i].Data, want) {
			t.Errorf("block %d of %d has %d other bytes, want %d", i, len(got), len(got[i].Data), len(want))
		}
	}
}
