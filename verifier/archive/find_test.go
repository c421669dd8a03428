package archive_test

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/ipfs/go-cid"
	"github.com/multiformats/go-multihash"

	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
	"github.com/hallmark-node/hallmark/verifier/archive"
)

// digestCID returns a CID whose digest begins with head, sha2-256 or, if long,
// sha2-512.
func digestCID(t testing.TB, head []byte, long bool) cid.Cid {
	t.Helper()
	code, size := uint64(multihash.SHA2_256), 32
	if long {
		code, size = multihash.SHA2_512, 64
	}
	digest := make([]byte, size)
	copy(digest, head)
	sum, err := multihash.Encode(digest, code)
	if err != nil {
		t.Fatal(err)
	}
	return cid.NewCidV1(cid.Raw, sum)
}

// fuzzed returns count credentials of as many CIDs as there are different bytes in
// data, or of random ones if there is none.
func fuzzed(t testing.TB, count int, seed uint64, data []byte) []given {
	t.Helper()
	random := rand.NewChaCha8([32]byte{byte(seed), byte(seed >> 8), 1})
	all := make([]given, count)
	for i := range all {
		_, _ = random.Read(all[i].salt[:])
		if len(data) == 0 {
			all[i].cid = digestCID(t, all[i].salt[3:20], false)
			continue
		}
		b := data[i%len(data)]
		all[i].cid = digestCID(t, []byte{b / 4, 7, b}, b%16 == 3)
	}
	return all
}

// archived writes the first kept of the credentials of a submission, without names,
// and returns the leaves of all with their tree.
func archived(t testing.TB, all []given, kept int) (data []byte, tree *merkle.Tree) {
	t.Helper()
	leaves, tree := treeOf(t, all)
	p := shared(len(all), false)
	if kept == len(all) {
		return write(t, []*archive.Set{setOf(t, all)}, []archive.Shared{{Proof: &p}}), tree
	}
	var c archive.Collection
	for i, g := range all[:kept] {
		at, _ := tree.Index(leaves[i])
		one := p
		one.Credential, one.Salt, one.Submission.Path = g.cid, g.salt, tree.Path(at)
		if err := c.Add(&one, ""); err != nil {
			t.Fatal(err)
		}
	}
	var out bytes.Buffer
	w := archive.NewWriter(&out)
	if err := errors.Join(c.Write(w), w.Close()); err != nil {
		t.Fatal(err)
	}
	return out.Bytes(), tree
}

// checkFind wants that searches and ranges of an archive of the first kept of some
// credentials say what a plain list of them says, also of the given CIDs, which may not
// be there.
func checkFind(t *testing.T, all []given, kept int, seed uint64, absent []cid.Cid) {
	t.Helper()
	written, tree := archived(t, all, kept)
	a := open(t, written)

	// The plain list.
	type row struct {
		given
		leaf merkle.Hash
	}
	want := make([]row, kept)
	for i, g := range all[:kept] {
		want[i] = row{g, verifier.Leaf(g.cid.Bytes(), g.salt)}
	}
	slices.SortFunc(want, func(a, b row) int { return merkle.Compare(a.leaf, b.leaf) })
	rows := make(map[cid.Cid][]int)
	for i, g := range want {
		rows[g.cid] = append(rows[g.cid], i)
	}
	check := func(e *archive.Entry, i int) {
		t.Helper()
		at, ok := tree.Index(want[i].leaf)
		p := e.Proof
		if !ok || e.Index != i || p.Credential != want[i].cid || p.Salt != want[i].salt || !slices.Equal(p.Submission.Path, tree.Path(at)) {
			t.Fatalf("entry %d of %d is another one, or has another path", i, kept)
		}
	}

	next := 0
	for e, err := range a.Entries(0, a.Len()) {
		if err != nil {
			t.Fatal(err)
		}
		check(e, next)
		next++
	}
	if next != kept || a.Len() != kept {
		t.Fatalf("%d entries of %d", next, kept)
	}
	random := rand.New(rand.NewPCG(seed, 2))
	for range 3 {
		lo := random.IntN(kept)
		hi, at := lo+random.IntN(kept-lo+1), lo
		for e, err := range a.Entries(lo, hi) {
			if err != nil {
				t.Fatal(err)
			}
			check(e, at)
			at++
		}
		if at != hi {
			t.Fatalf("entries %d to %d end at %d", lo, hi, at)
		}
		e, err := a.Proof(lo)
		if err != nil {
			t.Fatal(err)
		}
		check(e, lo)
	}

	for c, want := range rows {
		if found, err := a.Find(c); err != nil || !slices.Equal(found, want) {
			t.Fatalf("%s is found at %v, want %v: %v", c, found, want, err)
		}
	}
	for _, c := range absent {
		if found, err := a.Find(c); err != nil || !slices.Equal(found, rows[c]) {
			t.Fatalf("%s is found at %v, want %v: %v", c, found, rows[c], err)
		}
	}
}

// digests are the CIDs that fuzzed may make of some bytes, of both lengths.
func digests(t testing.TB, data []byte) (all []cid.Cid) {
	for _, b := range data {
		all = append(all, digestCID(t, []byte{b / 4, 7, b}, false), digestCID(t, []byte{b / 4, 7, b}, true))
	}
	return all
}

// Of archives of any size: those whose parts are read as one, and as several, and those
// of parts of a submission, in which paths are stored.
func TestFindInEverySize(t *testing.T) {
	every := make([]byte, 256)
	for i := range every {
		every[i] = byte(i)
	}
	absent := digests(t, every)
	for seed, data := range []string{"", "some badges are issued again and again", "\x01\x02\x03\x33\xff", "\t", string(every)} {
		for _, size := range []int{1, 2, 255, 256, 257, 600, 1023, 1024, 1025, 2049, 4097} {
			all := fuzzed(t, size, uint64(seed), []byte(data))
			checkFind(t, all, size, uint64(seed), absent)
			if size <= 600 {
				for _, kept := range []int{1, size/2 + 1, size - 1} {
					if kept > 0 && kept < size {
						checkFind(t, all, kept, uint64(seed), absent)
					}
				}
			}
		}
	}
}

// Of small archives, of whole submissions and of parts, with CIDs that repeat and of
// different lengths.
func FuzzFind(f *testing.F) {
	f.Add(uint8(0), uint8(0), uint64(1), []byte{})
	f.Add(uint8(29), uint8(0), uint64(2), []byte{})
	f.Add(uint8(11), uint8(3), uint64(3), []byte("again and again"))
	f.Add(uint8(6), uint8(5), uint64(4), []byte{1, 2, 3, 0x33, 0xff})
	f.Add(uint8(20), uint8(20), uint64(5), []byte{9})
	f.Fuzz(func(t *testing.T, size, part uint8, seed uint64, data []byte) {
		all := fuzzed(t, 1+int(size)%20, seed, data)
		kept := len(all)
		if part%3 > 0 {
			kept = 1 + int(part)%len(all)
		}
		b := byte(seed)
		checkFind(t, all, kept, seed, digests(t, append([]byte{b, b + 1, b ^ 0x80}, data[:min(len(data), 8)]...)))
	})
}
