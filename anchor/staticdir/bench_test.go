package staticdir

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"testing"

	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ipfs/go-cid"

	"github.com/hallmark-node/hallmark/anchor/chain"
	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// published is a source of batches that no chain has.
type published struct {
	Source
	batches []client.Batch
	blocks  map[cid.Cid][]byte
}

func (p *published) Batches(_ context.Context, after uint64, limit int) ([]client.Batch, error) {
	rest := p.batches[min(int(after), len(p.batches)):]
	return rest[:min(limit, len(rest))], nil
}

func (p *published) Block(_ context.Context, c cid.Cid) ([]byte, error) { return p.blocks[c], nil }

func (p *published) ProofIn(context.Context, merkle.Hash, merkle.Hash) (client.LeafProof, error) {
	return client.LeafProof{State: publish.Batched}, nil
}

// add adds a batch of so many submissions of so many leaves each.
func (p *published) add(b *testing.B, submissions, leaves int) {
	b.Helper()
	secret, err := crypto.GenerateKey()
	if err != nil {
		b.Fatal(err)
	}
	key := chain.NewKey(secret)
	list := make([]*publish.Submission, submissions)
	for i := range list {
		hashes := make([]merkle.Hash, leaves)
		for k := range hashes {
			hashes[k] = merkle.Keccak256(fmt.Append(nil, len(p.batches), i, k))
		}
		slices.SortFunc(hashes, merkle.Compare)
		tree, err := merkle.FromSorted(hashes)
		if err != nil {
			b.Fatal(err)
		}
		s := &publish.Submission{
			Issuer: key.Address(), Home: verifier.Home{Chain: 1, Registry: verifier.RegistryAddress}, Root: tree.Root(),
			Count: uint64(leaves), IssuedAt: 1767225600, Leaves: hashes,
		}
		if s.Signature, err = key.SignDigest(verifier.SubmissionDigest(s.Home, s.Root, s.Count, s.IssuedAt)); err != nil {
			b.Fatal(err)
		}
		list[i] = s
	}
	slices.SortFunc(list, func(x, y *publish.Submission) int {
		a, b := x.ID(), y.ID()
		return bytes.Compare(a[:], b[:])
	})
	ids := make([]merkle.Hash, len(list))
	for i, s := range list {
		ids[i] = s.ID()
	}
	tree, err := merkle.FromSorted(ids)
	if err != nil {
		b.Fatal(err)
	}
	batch, err := publish.WriteBatch(tree, func(yield func(*publish.Submission, error) bool) {
		for _, s := range list {
			if !yield(s, nil) {
				return
			}
		}
	}, func(block publish.Block) error { p.blocks[block.CID] = block.Data; return nil })
	if err != nil {
		b.Fatal(err)
	}
	p.batches = append(p.batches, client.Batch{
		Number: uint64(len(p.batches) + 1), Root: batch.Root, Manifest: batch.Manifest,
		Count: uint64(submissions), Leaves: uint64(submissions * leaves),
	})
}

// BenchmarkExport writes a folder, and tells its size for a million leaves.
func BenchmarkExport(b *testing.B) {
	for _, shape := range []struct{ batches, submissions, leaves int }{
		{1, 1, 1 << 20}, {16, 8, 1 << 13}, {4, 1000, 100}, {1, 100_000, 1}, {1000, 1, 1},
	} {
		b.Run(fmt.Sprintf("%dx%dx%d", shape.batches, shape.submissions, shape.leaves), func(b *testing.B) {
			source := &published{blocks: make(map[cid.Cid][]byte)}
			for range shape.batches {
				source.add(b, shape.submissions, shape.leaves)
			}
			millions := float64(shape.batches*shape.submissions*shape.leaves) / 1e6
			for b.Loop() {
				dir := filepath.Join(b.TempDir(), "site")
				if _, err := Export(b.Context(), dir, source, nil); err != nil {
					b.Fatal(err)
				}
				b.StopTimer()
				files, size := 0, int64(0)
				err := filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
					if err == nil && !d.IsDir() {
						info, err := d.Info()
						files, size = files+1, size+info.Size()
						return err
					}
					return err
				})
				if err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(float64(size)/1e6/millions, "MB/M")
				b.ReportMetric(float64(files)/millions, "files/M")
				b.StartTimer()
			}
		})
	}
}
