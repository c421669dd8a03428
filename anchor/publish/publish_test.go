package publish_test

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/decred/dcrd/dcrec/secp256k1/v4"
	"github.com/decred/dcrd/dcrec/secp256k1/v4/ecdsa"
	"github.com/ipfs/go-cid"

	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

var home = verifier.Home{Chain: 31337, Registry: verifier.Address{0x39, 0x50, 19: 0x91}}

// blocks is somebody's copy of the published blocks.
type blocks map[cid.Cid][]byte

var errNoBlock = errors.New("no such block")

func (b blocks) put(block publish.Block) error {
	b[block.CID] = block.Data
	return nil
}

func (b blocks) get(_ context.Context, c cid.Cid) ([]byte, error) {
	data, ok := b[c]
	if !ok {
		return nil, errNoBlock
	}
	return data, nil
}

// clone returns a copy that can be damaged: the data of each block is its own.
func (b blocks) clone() blocks {
	c := make(blocks, len(b))
	for k, v := range b {
		c[k] = slices.Clone(v)
	}
	return c
}

func sortedHashes(r *rand.Rand, n int) []merkle.Hash {
	hashes := make([]merkle.Hash, n)
	for i := range hashes {
		for j := range hashes[i] {
			hashes[i][j] = byte(r.Uint32())
		}
	}
	slices.SortFunc(hashes, merkle.Compare)
	return hashes
}

// sign makes a submission of the leaves as an issuer does.
func sign(t testing.TB, key *secp256k1.PrivateKey, issuedAt uint64, leaves []merkle.Hash) *publish.Submission {
	t.Helper()
	tree, err := merkle.FromSorted(leaves)
	if err != nil {
		t.Fatal(err)
	}
	s := &publish.Submission{Home: home, Root: tree.Root(), Count: uint64(len(leaves)), IssuedAt: issuedAt, Leaves: leaves}
	resign(t, key, s)
	return s
}

func resign(t testing.TB, key *secp256k1.PrivateKey, s *publish.Submission) {
	t.Helper()
	digest := verifier.SubmissionDigest(s.Home, s.Root, s.Count, s.IssuedAt)
	compact := ecdsa.SignCompact(key, digest[:], false)
	copy(s.Signature[:], compact[1:])
	s.Signature[64] = compact[0]
	issuer, err := verifier.Recover(digest, s.Signature)
	if err != nil {
		t.Fatal(err)
	}
	s.Issuer = issuer
}

func testKey(n byte) *secp256k1.PrivateKey {
	return secp256k1.PrivKeyFromBytes([]byte{31: n})
}

func inOrder(submissions []*publish.Submission) iter.Seq2[*publish.Submission, error] {
	slices.SortFunc(submissions, func(a, b *publish.Submission) int { return merkle.Compare(a.ID(), b.ID()) })
	return func(yield func(*publish.Submission, error) bool) {
		for _, s := range submissions {
			if !yield(s, nil) {
				return
			}
		}
	}
}

// treeOf returns the tree over the ids of submissions, as [inOrder] puts them.
func treeOf(t testing.TB, submissions []*publish.Submission) *merkle.Tree {
	t.Helper()
	ids := make([]merkle.Hash, len(submissions))
	for i, s := range submissions {
		ids[i] = s.ID()
	}
	tree, err := merkle.New(ids)
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

func writeBatch(t testing.TB, submissions ...*publish.Submission) (publish.Batch, blocks) {
	t.Helper()
	b := blocks{}
	batch, err := publish.WriteBatch(treeOf(t, submissions), inOrder(submissions), b.put)
	if err != nil {
		t.Fatal(err)
	}
	return batch, b
}

func readBatch(get publish.Getter, batch publish.Batch) ([]*publish.Submission, error) {
	var got []*publish.Submission
	err := publish.ReadBatch(context.Background(), get, batch, func(s *publish.Submission) error {
		got = append(got, s)
		return nil
	})
	return got, err
}

// checkBlocks checks what holds for every block that is published.
func checkBlocks(t *testing.T, b blocks) {
	t.Helper()
	for c, data := range b {
		want, err := c.Prefix().Sum(data)
		if err != nil {
			t.Fatal(err)
		}
		if want != c {
			t.Errorf("block %s has the bytes of %s", c, want)
		}
		if len(data) > 1<<20 {
			t.Errorf("block %s has %d bytes", c, len(data))
		}
		if p := c.Prefix(); p.Version != 1 || (p.Codec != cid.DagCBOR && p.Codec != cid.Raw) {
			t.Errorf("block %s is neither dag-cbor nor raw of version 1", c)
		}
	}
}

type vectors struct {
	Home struct {
		ChainID  uint64
		Registry string
	}
	Batches []struct {
		Root        merkle.Hash
		Submissions []struct {
			Issuer          verifier.Address
			ID, Root        merkle.Hash
			Count, IssuedAt uint64
			Signature       verifier.Signature
			Credentials     []struct{ Leaf merkle.Hash }
		}
	}
	StatusLists []struct {
		Root   merkle.Hash
		Listed []struct {
			ID   merkle.Hash
			Code uint8
		}
		Entries []struct {
			ID   merkle.Hash
			Code uint8
		}
		Proofs []struct {
			Of    merkle.Hash
			Good  bool
			Entry verifier.StatusEntry
			Path  []merkle.Hash
		}
	}
}

func readVectors(t *testing.T) (v vectors) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "..", "..", "shared", "vectors", "commitment.json"))
	if err != nil {
		t.Skipf("the shared vectors are not beside this tree: %v", err)
	}
	if err := json.Unmarshal(data, &v); err != nil {
		t.Fatal(err)
	}
	if len(v.Batches) == 0 || len(v.StatusLists) == 0 {
		t.Fatal("no batches or no status lists in the vectors")
	}
	return v
}

// The batches that other implementations computed go out and come back.
func TestBatchVectors(t *testing.T) {
	v := readVectors(t)
	registry, err := verifier.ParseAddress(v.Home.Registry)
	if err != nil {
		t.Fatal(err)
	}
	for _, vb := range v.Batches {
		var submissions []*publish.Submission
		for _, vs := range vb.Submissions {
			s := &publish.Submission{
				Issuer: vs.Issuer, Home: verifier.Home{Chain: verifier.ChainID(v.Home.ChainID), Registry: registry},
				Root: vs.Root, Count: vs.Count, IssuedAt: vs.IssuedAt, Signature: vs.Signature,
			}
			for _, c := range vs.Credentials {
				s.Leaves = append(s.Leaves, c.Leaf)
			}
			slices.SortFunc(s.Leaves, merkle.Compare)
			if s.ID() != vs.ID {
				t.Errorf("id %s, want %s", s.ID(), vs.ID)
			}
			if s.Count != uint64(len(s.Leaves)) {
				continue // the vectors show some leaves of a large submission only
			}
			if err := s.Verify(); err != nil {
				t.Errorf("submission %s: %v", vs.ID, err)
			}
			submissions = append(submissions, s)
		}
		if len(submissions) != len(vb.Submissions) {
			t.Logf("batch %s: not all leaves are in the vectors", vb.Root)
			continue
		}
		batch, b := writeBatch(t, submissions...)
		if batch.Root != vb.Root {
			t.Errorf("batch root %s, want %s", batch.Root, vb.Root)
		}
		got, err := readBatch(b.get, batch)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.EqualFunc(got, submissions, equal) {
			t.Errorf("batch %s came back changed", vb.Root)
		}
	}
}

func equal(a, b *publish.Submission) bool {
	return a.Issuer == b.Issuer && a.Home == b.Home && a.Root == b.Root && a.Count == b.Count &&
		a.IssuedAt == b.IssuedAt && a.Signature == b.Signature && slices.Equal(a.Leaves, b.Leaves)
}

// Each way of storing leaves, at both of its ends.
func TestBatchSizes(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, tc := range []struct{ leaves, rawBlocks int }{
		{1, 0},
		{2, 0},
		{publish.MaxInline, 0},
		{publish.MaxInline + 1, 1},
		{publish.MaxBlockLeaves, 1},
		{publish.MaxBlockLeaves + 1, 2},
	} {
		t.Run(fmt.Sprint(tc.leaves), func(t *testing.T) {
			s := sign(t, testKey(1), 1767225600, sortedHashes(r, tc.leaves))
			batch, b := writeBatch(t, s)
			checkBlocks(t, b)
			raw := 0
			for c := range b {
				if c.Type() == cid.Raw {
					raw++
				}
			}
			if raw != tc.rawBlocks || len(b) != raw+2 {
				t.Errorf("%d raw of %d blocks, want %d and a page and a manifest", raw, len(b), tc.rawBlocks)
			}
			got, err := readBatch(b.get, batch)
			if err != nil {
				t.Fatal(err)
			}
			if len(got) != 1 || !equal(got[0], s) {
				t.Error("the submission came back changed")
			}
		})
	}
}

// A batch of many pages: none is beyond the limit, and only the last has room for
// one more submission.
func TestBatchPages(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	var submissions []*publish.Submission
	for i := range 70 {
		submissions = append(submissions, sign(t, testKey(byte(1+i%3)), uint64(i), sortedHashes(r, publish.MaxInline)))
	}
	batch, b := writeBatch(t, submissions...)
	checkBlocks(t, b)
	if len(b) != 3+1 { // 70 of 32 KiB and some 240 bytes
		t.Errorf("%d blocks, want 3 pages and a manifest", len(b))
	}
	var got []*publish.Submission
	got, err := readBatch(b.get, batch)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.EqualFunc(got, submissions, equal) {
		t.Error("the batch came back changed")
	}
}

// The bytes of a manifest, a page and a status manifest are a promise to every
// other implementation; here they are written out by hand.
func TestGoldenBytes(t *testing.T) {
	leaf := merkle.Hash{0: 0x11, 31: 0x22}
	s := sign(t, testKey(1), 300, []merkle.Hash{leaf})
	batch, b := writeBatch(t, s)

	hash := func(h merkle.Hash) []byte { return append([]byte{0x58, 0x20}, h[:]...) }
	text := func(s string) []byte { return append([]byte{0x60 + byte(len(s))}, s...) }
	linkTo := func(codec byte, data []byte) []byte {
		sum := sha256.Sum256(data)
		return append([]byte{0xd8, 42, 0x58, 37, 0, 1, codec, 0x12, 0x20}, sum[:]...)
	}
	page := slices.Concat([]byte{0x81, 0xa7},
		text("root"), hash(leaf),
		text("count"), []byte{1},
		text("issuer"), []byte{0x54}, s.Issuer[:],
		text("chainId"), []byte{0x19, 0x7a, 0x69},
		text("issuedAt"), []byte{0x19, 0x01, 0x2c},
		text("registry"), []byte{0x54}, s.Home.Registry[:],
		text("signature"), []byte{0x58, 65}, s.Signature[:])
	manifest := slices.Concat([]byte{0xa4},
		text("root"), hash(s.ID()),
		text("count"), []byte{1},
		text("pages"), []byte{0x81}, linkTo(0x71, page),
		text("hallmark"), []byte{1})
	if want := merkle.Hash(sha256.Sum256(manifest)); batch.Manifest != want {
		t.Errorf("manifest %x\nwant %x", b[publish.ManifestCID(batch.Manifest)], manifest)
	}

	b = blocks{}
	list, err := publish.WriteStatusList(s.Issuer, 2, []verifier.StatusItem{{ID: leaf, Code: 2}}, b.put)
	if err != nil {
		t.Fatal(err)
	}
	manifest = slices.Concat([]byte{0xa5},
		text("root"), hash(list.Root),
		text("pages"), []byte{0x81}, linkTo(0x55, append(leaf[:], 2)),
		text("issuer"), []byte{0x54}, s.Issuer[:],
		text("version"), []byte{2},
		text("hallmark"), []byte{1})
	if want := merkle.Hash(sha256.Sum256(manifest)); list.List != want {
		t.Errorf("status manifest %x\nwant %x", b[publish.ManifestCID(list.List)], manifest)
	}
}

// WriteBatch refuses what its caller forgot to verify, and other submissions than there
// are ids; it passes on the errors of both its sides.
func TestWriteBatchRefuses(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	one := sign(t, testKey(1), 1, sortedHashes(r, 3))
	two := sign(t, testKey(1), 2, sortedHashes(r, 3))
	if merkle.Compare(one.ID(), two.ID()) > 0 {
		one, two = two, one
	}
	both := treeOf(t, []*publish.Submission{one, two})
	short := *one
	short.Leaves = short.Leaves[:2]
	boom := errors.New("boom")
	seq := func(end error, submissions ...*publish.Submission) iter.Seq2[*publish.Submission, error] {
		return func(yield func(*publish.Submission, error) bool) {
			for _, s := range submissions {
				if !yield(s, nil) {
					return
				}
			}
			if end != nil {
				yield(nil, end)
			}
		}
	}
	for name, tc := range map[string]struct {
		submissions iter.Seq2[*publish.Submission, error]
		put         func(publish.Block) error
		want        error // nil: any
	}{
		"empty":          {seq(nil), blocks{}.put, nil},
		"one missing":    {seq(nil, one), blocks{}.put, nil},
		"one too many":   {seq(nil, one, two, two), blocks{}.put, nil},
		"leaves missing": {seq(nil, &short, two), blocks{}.put, nil},
		"source fails":   {seq(boom, one), blocks{}.put, boom},
		"store fails":    {seq(nil, one, two), func(publish.Block) error { return boom }, boom},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := publish.WriteBatch(both, tc.submissions, tc.put)
			if err == nil || (tc.want != nil && !errors.Is(err, tc.want)) {
				t.Errorf("error %v, want %v", err, tc.want)
			}
		})
	}
}
