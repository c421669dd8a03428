package archive_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/ipfs/go-cid"
	"github.com/multiformats/go-multihash"

	"github.com/hallmark-node/hallmark/credential"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
	"github.com/hallmark-node/hallmark/verifier/archive"
)

// given is one credential that goes into an archive.
type given struct {
	cid  cid.Cid
	salt merkle.Hash
	name string
}

func rawCID(t testing.TB, text string) cid.Cid {
	t.Helper()
	c, err := credential.Sum(strings.NewReader(text), credential.FormRaw, "")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// some returns n credentials: mostly of one length of CID and without names.
func some(t testing.TB, n int, names bool) []given {
	t.Helper()
	all := make([]given, n)
	for i := range all {
		all[i] = given{cid: rawCID(t, fmt.Sprint("credential ", i)), salt: sha256.Sum256([]byte(fmt.Sprint("salt ", i)))}
		if names && i%5 != 0 {
			all[i].name = fmt.Sprintf("class/%d.json", i)
		}
	}
	return all
}

// shared returns what the proofs of a submission have in common: pending, or with
// anchors on two chains.
func shared(count int, complete bool) verifier.Proof {
	var p verifier.Proof
	p.Submission = verifier.Submission{
		Issuer: verifier.Address{19: 1}, Home: verifier.Home{Chain: 31337, Registry: verifier.Address{19: 2}},
		Count: uint64(count), IssuedAt: 1767225600, Signature: verifier.Signature{64: 27},
	}
	p.Hints = &verifier.Hints{Node: "https://node.example"}
	if complete {
		p.Batch = &verifier.Batch{Path: []merkle.Hash{{1}, {2}}}
		p.Anchors = []verifier.Anchor{
			{
				Chain: 31337, Registry: verifier.Address{19: 2}, Header: verifier.Bytes("header"), AccountProof: []verifier.Bytes{{1}},
				StorageProof: []verifier.Bytes{{2}},
			},
			{
				Chain: 1, Registry: verifier.Address{19: 2}, Header: verifier.Bytes("another"), AccountProof: []verifier.Bytes{{3}},
				StorageProof: []verifier.Bytes{{4}},
			},
		}
	}
	return p
}

func statusList(t testing.TB, ids ...merkle.Hash) *verifier.StatusList {
	t.Helper()
	slices.SortFunc(ids, merkle.Compare)
	var items []verifier.StatusItem
	for _, id := range ids {
		items = append(items, verifier.StatusItem{ID: id, Code: verifier.StatusRevoked})
	}
	list, err := verifier.NewStatusList(items)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// treeOf returns the leaves of credentials, in their order, and the tree over them.
func treeOf(t testing.TB, all []given) ([]merkle.Hash, *merkle.Tree) {
	t.Helper()
	leaves := make([]merkle.Hash, len(all))
	for i, g := range all {
		leaves[i] = verifier.Leaf(g.cid.Bytes(), g.salt)
	}
	tree, err := merkle.New(leaves)
	if err != nil {
		t.Fatal(err)
	}
	return leaves, tree
}

// proofsOf makes the proofs one by one, with the merkle package alone: what an
// archive of them has to give.
func proofsOf(t testing.TB, all []given, p verifier.Proof, lists []*verifier.StatusList) (proofs [][]byte) {
	t.Helper()
	leaves, tree := treeOf(t, all)
	for i, g := range all {
		one := p
		at, _ := tree.Index(leaves[i])
		one.Credential, one.Salt, one.Submission.Path = g.cid, g.salt, tree.Path(at)
		one.Anchors = slices.Clone(p.Anchors)
		for j, list := range lists {
			if list == nil {
				continue
			}
			leaf, err1 := list.Entry(leaves[i])
			root, err2 := list.Entry(tree.Root())
			if err := errors.Join(err1, err2); err != nil {
				t.Fatal(err)
			}
			one.Anchors[j].Status = []verifier.StatusEntry{leaf}
			if root.ID != leaf.ID {
				one.Anchors[j].Status = append(one.Anchors[j].Status, root)
			}
		}
		data, err := one.Encode()
		if err != nil {
			t.Fatal(err)
		}
		proofs = append(proofs, data)
	}
	return proofs
}

func setOf(t testing.TB, all []given) *archive.Set {
	t.Helper()
	var set archive.Set
	for _, g := range all {
		if err := set.Add(g.cid.Bytes(), g.salt, g.name); err != nil {
			t.Fatal(err)
		}
	}
	if err := set.Build(); err != nil {
		t.Fatal(err)
	}
	return &set
}

func write(t testing.TB, sets []*archive.Set, parts []archive.Shared) []byte {
	t.Helper()
	var out bytes.Buffer
	w := archive.NewWriter(&out)
	for i, set := range sets {
		if err := w.Add(set, parts[i]); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func open(t testing.TB, data []byte) *archive.Archive {
	t.Helper()
	a, err := archive.Open(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// same compares everything that an archive gives out with the proofs made one by one.
func same(t *testing.T, a *archive.Archive, all []given, proofs [][]byte) {
	t.Helper()
	if a.Len() != len(all) {
		t.Fatalf("%d credentials, want %d", a.Len(), len(all))
	}
	seen := make(map[string]int)
	number := make(map[string]int)
	for i, g := range all {
		number[string(g.cid.Bytes())+string(g.salt[:])] = i
	}
	check := func(e *archive.Entry, how string) {
		t.Helper()
		data, err := e.Proof.Encode()
		if err != nil {
			t.Fatal(err)
		}
		i, ok := number[string(e.Proof.Credential.Bytes())+string(e.Proof.Salt[:])]
		if !ok {
			t.Fatalf("%s: entry %d is of nobody", how, e.Index)
		}
		if !bytes.Equal(data, proofs[i]) {
			t.Fatalf("%s: entry %d of %d is\n%s, want\n%s", how, e.Index, len(all), data, proofs[i])
		}
		if e.Name != all[i].name {
			t.Fatalf("%s: entry %d has name %q, want %q", how, e.Index, e.Name, all[i].name)
		}
	}
	at := 0
	for e, err := range a.Entries(0, a.Len()) {
		if err != nil {
			t.Fatal(err)
		}
		if e.Index != at {
			t.Fatalf("entry %d comes at %d", e.Index, at)
		}
		at++
		check(e, "in order")
		seen[string(e.Proof.Credential.Bytes())+string(e.Proof.Salt[:])]++
	}
	if len(seen) != len(all) {
		t.Fatalf("%d different entries, want %d", len(seen), len(all))
	}
	for i := 0; i < len(all); i += 1 + len(all)/50 {
		found, err := a.Find(all[i].cid)
		if err != nil || len(found) == 0 {
			t.Fatalf("credential %d: found %v, %v", i, found, err)
		}
		for _, f := range found {
			e, err := a.Proof(f)
			if err != nil {
				t.Fatal(err)
			}
			if e.Proof.Credential != all[i].cid {
				t.Fatalf("found %s, want %s", e.Proof.Credential, all[i].cid)
			}
			check(e, "found")
		}
	}
	if found, err := a.Find(rawCID(t, "of nobody")); err != nil || len(found) > 0 {
		t.Fatalf("found %v, %v", found, err)
	}
}

// What comes out of an archive is what the credentials' own proof files would be.
func TestRoundTrip(t *testing.T) {
	for _, n := range []int{1, 2, 3, 5, 16, 17, 1023, 1024, 1025, 2049, 3000} {
		for _, complete := range []bool{false, true} {
			t.Run(fmt.Sprintf("%d complete %v", n, complete), func(t *testing.T) {
				all := some(t, n, complete)
				p := shared(n, complete)
				var lists []*verifier.StatusList
				if complete {
					lists = []*verifier.StatusList{nil, statusList(t, merkle.Hash{0x30}, merkle.Hash{0x40},
						verifier.Leaf(all[0].cid.Bytes(), all[0].salt))}
				}
				data := write(t, []*archive.Set{setOf(t, all)}, []archive.Shared{{Proof: &p, Lists: lists}})
				a := open(t, data)
				same(t, a, all, proofsOf(t, all, p, lists))
				leaves, err := a.Groups()[0].AppendLeaves(nil)
				if err != nil {
					t.Fatal(err)
				}
				want, _ := treeOf(t, all)
				slices.SortFunc(want, merkle.Compare)
				if !slices.Equal(leaves, want) {
					t.Fatal("the leaves are not those of the submission")
				}
				if !complete && n > 1000 && len(data) > 73*n+2000 {
					t.Errorf("%d bytes for %d credentials", len(data), n)
				}
			})
		}
	}
}

// CIDs of different lengths, one credential twice, a salt that is zero.
func TestMixedCIDs(t *testing.T) {
	all := some(t, 40, true)
	long, err := multihash.Sum([]byte("long"), multihash.SHA2_512, -1)
	if err != nil {
		t.Fatal(err)
	}
	all[7].cid = cid.NewCidV1(cid.Raw, long)
	short, err := multihash.Sum([]byte("{}"), multihash.SHA2_256, -1)
	if err != nil {
		t.Fatal(err)
	}
	all[9].cid = cid.NewCidV1(credential.CodecJCS, short)
	all[11].cid = all[12].cid
	all[13].salt = merkle.Hash{}
	p := shared(len(all), true)
	set := setOf(t, all)
	if same := slices.Collect(set.Same()); len(same) != 1 || !slices.Equal(same[0], []int{11, 12}) {
		t.Errorf("same credentials: %v", same)
	}
	a := open(t, write(t, []*archive.Set{set}, []archive.Shared{{Proof: &p}}))
	same(t, a, all, proofsOf(t, all, p, nil))
	if found, err := a.Find(all[11].cid); err != nil || len(found) != 2 {
		t.Errorf("found %v, %v", found, err)
	}
}

func TestSetRefuses(t *testing.T) {
	all := some(t, 3, false)
	var set archive.Set
	for _, g := range append(all, all[1]) {
		if err := set.Add(g.cid.Bytes(), g.salt, ""); err != nil {
			t.Fatal(err)
		}
	}
	var twice *archive.SameCredentialError
	if err := set.Build(); !errors.As(err, &twice) || twice.At != [2]int{1, 3} {
		t.Errorf("the same credential twice: %v", err)
	}
	if err := new(archive.Set).Build(); err == nil {
		t.Error("an empty set was built")
	}
	for _, bad := range []string{
		"/etc/passwd", "../up", "a/../../b", `a\b`, "a//b", ".", "C:x", "a\x00b", "\xff",
		strings.Repeat("x", 1025), "a/",
	} {
		if err := set.Add(all[0].cid.Bytes(), all[0].salt, bad); err == nil {
			t.Errorf("took the name %q", bad)
		}
	}
}

// Several submissions in one archive, and evidence that comes later: the rest stays.
func TestRewrite(t *testing.T) {
	first, second := some(t, 1500, true), some(t, 30, false)
	for i := range second {
		second[i].cid = rawCID(t, fmt.Sprint("second ", i))
	}
	p1, p2 := shared(len(first), false), shared(len(second), false)
	p2.Submission.IssuedAt++
	data := write(t, []*archive.Set{setOf(t, first), setOf(t, second)}, []archive.Shared{{Proof: &p1}, {Proof: &p2}})
	a := open(t, data)
	both, proofs := slices.Concat(first, second), slices.Concat(proofsOf(t, first, p1, nil), proofsOf(t, second, p2, nil))
	same(t, a, both, proofs)

	// The second becomes complete, then the first, with a status list.
	parts := []archive.Shared{a.Groups()[0].Shared(), a.Groups()[1].Shared()}
	done := shared(len(second), true)
	next := *parts[1].Proof
	next.Batch, next.Anchors = done.Batch, done.Anchors
	parts[1].Proof = &next
	p2.Batch, p2.Anchors = done.Batch, done.Anchors
	var out bytes.Buffer
	if err := a.Rewrite(&out, parts); err != nil {
		t.Fatal(err)
	}
	a = open(t, bytes.Clone(out.Bytes()))
	same(t, a, both, slices.Concat(proofsOf(t, first, p1, nil), proofsOf(t, second, p2, nil)))

	parts = []archive.Shared{a.Groups()[0].Shared(), a.Groups()[1].Shared()}
	next = *parts[0].Proof
	next.Batch, next.Anchors = done.Batch, done.Anchors
	p1.Batch, p1.Anchors = done.Batch, done.Anchors
	lists := []*verifier.StatusList{statusList(t, merkle.Hash{0x50}), nil}
	parts[0] = archive.Shared{Proof: &next, Lists: lists}
	out.Reset()
	if err := a.Rewrite(&out, parts); err != nil {
		t.Fatal(err)
	}
	a = open(t, bytes.Clone(out.Bytes()))
	same(t, a, both, slices.Concat(proofsOf(t, first, p1, lists), proofsOf(t, second, p2, nil)))
	// Nothing is left behind by what was replaced.
	fresh := write(t, []*archive.Set{setOf(t, first), setOf(t, second)}, []archive.Shared{{Proof: &p1, Lists: lists}, {Proof: &p2}})
	if !bytes.Equal(fresh, out.Bytes()) {
		t.Error("an archive that was rewritten is not the one that is written at once")
	}

	// Shared parts of other credentials are not taken.
	parts[0], parts[1] = parts[1], parts[0]
	if err := a.Rewrite(io.Discard, parts); err == nil {
		t.Error("took the shared parts of other groups")
	}
}

// Single proofs go in and come out as they were: those of a whole submission, of a
// part of another, and with status entries.
func TestCollection(t *testing.T) {
	whole, part := some(t, 20, true), some(t, 700, true)
	for i := range part {
		part[i].cid = rawCID(t, fmt.Sprint("part ", i))
	}
	p1, p2 := shared(len(whole), true), shared(len(part), true)
	p2.Hints = nil
	lists := []*verifier.StatusList{statusList(t, merkle.Hash{0x80}), nil}
	proofs := slices.Concat(proofsOf(t, whole, p1, nil), proofsOf(t, part, p2, lists)[:400])
	all := slices.Concat(whole, part[:400])
	var c archive.Collection
	for i, data := range proofs {
		p, err := verifier.ParseProof(data)
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Add(p, all[i].name); err != nil {
			t.Fatal(err)
		}
	}
	var out bytes.Buffer
	w := archive.NewWriter(&out)
	if err := errors.Join(c.Write(w), w.Close()); err != nil {
		t.Fatal(err)
	}
	a := open(t, out.Bytes())
	same(t, a, all, proofs)
	if groups := a.Groups(); len(groups) != 3 || !groups[0].Whole() || groups[1].Whole() {
		t.Errorf("%d groups, want 3: the first whole, the others one for each gap of the status list", len(groups))
	}
}
