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

func encoded(t *testing.T, v any) []byte {
	t.Helper()
	b, err := encMode.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
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
			item.Leaves = encoded(t, JoinHashes(s.Leaves))
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
