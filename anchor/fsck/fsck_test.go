package fsck

import (
	"bytes"
	"crypto/ecdsa"
	"encoding/binary"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/fxamacker/cbor/v2"

	"github.com/hallmark-node/hallmark/anchor/anchortest"
	"github.com/hallmark-node/hallmark/anchor/chain"
	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/anchor/store"
	"github.com/hallmark-node/hallmark/credential"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/testnet"
	"github.com/hallmark-node/hallmark/testnet/testchain"
	"github.com/hallmark-node/hallmark/verifier"
)

// leaves returns n leaves that nobody else has.
func leaves(seed byte, n int) []merkle.Hash {
	list := make([]merkle.Hash, n)
	for i := range list {
		list[i] = merkle.Keccak256([]byte{seed}, binary.BigEndian.AppendUint64(nil, uint64(i)))
	}
	slices.SortFunc(list, merkle.Compare)
	return list
}

func sign(t *testing.T, key *ecdsa.PrivateKey, home verifier.Home, leaves []merkle.Hash) *publish.Submission {
	t.Helper()
	tree, err := merkle.FromSorted(leaves)
	if err != nil {
		t.Fatal(err)
	}
	s := &publish.Submission{
		Issuer: verifier.Address(crypto.PubkeyToAddress(key.PublicKey)), Home: home,
		Root: tree.Root(), Count: uint64(len(leaves)), IssuedAt: 1767225600, Leaves: leaves,
	}
	if s.Signature, err = chain.NewKey(key).SignDigest(verifier.SubmissionDigest(home, s.Root, s.Count, s.IssuedAt)); err != nil {
		t.Fatal(err)
	}
	return s
}

// a data folder as a node leaves it: submissions of 1, 5 and 2,000 leaves in final
// batches of two issuers, a status list, and submissions that wait.
type folder struct {
	path   string
	chain  *testnet.Chain
	issuer verifier.Address
	home   verifier.Home
	ids    []merkle.Hash // by sequence number, from 1
	large  *publish.Submission
	small  *publish.Submission
}

func newFolder(t *testing.T) *folder {
	t.Helper()
	c := testchain.Start(t, testnet.Config{Accounts: 5})
	f := &folder{path: filepath.Join(t.TempDir(), "data"), chain: c, ids: make([]merkle.Hash, 1)}
	config := anchortest.Config(f.path, c)
	config.BatchCount = 3
	n, err := anchortest.Open(config)
	if err != nil {
		t.Fatal(err)
	}
	end := n.Begin()
	f.home = n.Home()
	first, second := c.Accounts[1].PrivateKey, c.Accounts[2].PrivateKey
	f.issuer = verifier.Address(c.Accounts[1].Address)
	submit := func(s *publish.Submission) {
		t.Helper()
		if _, err := n.Intake.Submit(t.Context(), s); err != nil {
			t.Fatal(err)
		}
		f.ids = append(f.ids, s.ID())
	}
	f.small, f.large = sign(t, first, f.home, leaves(2, 5)), sign(t, second, f.home, leaves(3, 2000))
	submit(sign(t, first, f.home, leaves(1, 1)))
	submit(f.small)
	submit(f.large)
	f.await(t, n, 3)
	submit(sign(t, second, f.home, leaves(4, 7)))
	f.await(t, n, 4)
	// A credential that is replaced by another one takes three items.
	replaced := f.small.Leaves[2]
	next, err := credential.Sum(strings.NewReader("corrected"), credential.FormRaw, "")
	if err != nil {
		t.Fatal(err)
	}
	pointer, err := verifier.Pointer(replaced, merkle.Hash{}, next)
	if err != nil {
		t.Fatal(err)
	}
	items := verifier.MergeStatusItems(pointer, []verifier.StatusItem{{ID: replaced, Code: verifier.StatusRevoked}})
	list, err := publish.WriteStatusList(f.issuer, 1, items, func(publish.Block) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	const never = 1 << 40
	signature, err := chain.NewKey(first).SignDigest(verifier.SetStatusDigest(f.home, f.issuer, 1, list.Root, list.List, never))
	if err != nil {
		t.Fatal(err)
	}
	if err := n.Pipeline.SetStatus(t.Context(), publish.StatusUpdate{
		Issuer: f.issuer, Version: 1, Items: items, Deadline: never,
		Signature: signature[:],
	}); err != nil {
		t.Fatal(err)
	}
	for {
		s, err := n.Serving.StatusList(t.Context(), f.home, f.issuer)
		if err != nil {
			t.Fatal(err)
		}
		if s.Version == 1 && s.Pending == nil {
			break
		}
		f.mine(t)
	}
	if err := end(); err != nil {
		t.Fatal(err)
	}
	submit(sign(t, first, f.home, leaves(5, 6)))
	submit(sign(t, first, f.home, leaves(6, 5000)))
	if err := n.Stop(); err != nil {
		t.Fatal(err)
	}
	return f
}

func (f *folder) mine(t *testing.T) {
	t.Helper()
	if err := f.chain.Mine(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	time.Sleep(10 * time.Millisecond) // the chain's pace
}

// await mines until a submission is final.
func (f *folder) await(t *testing.T, n *anchortest.Node, sequence int) {
	t.Helper()
	for {
		s, err := n.Serving.Submission(t.Context(), f.ids[sequence])
		if err != nil {
			t.Fatal(err)
		}
		if s.State == publish.Final {
			return
		}
		f.mine(t)
	}
}

// copy makes another folder of the same content.
func (f *folder) copy(t *testing.T) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), "copy")
	if err := os.CopyFS(to, os.DirFS(f.path)); err != nil {
		t.Fatal(err)
	}
	return to
}

// raw is a store's content, to be damaged.
type raw struct {
	t  *testing.T
	db *pebble.DB
}

func change(t *testing.T, path string, do func(raw)) {
	t.Helper()
	db, err := pebble.Open(path, &pebble.Options{FormatMajorVersion: pebble.FormatValueSeparation, Logger: quiet{}})
	if err != nil {
		t.Fatal(err)
	}
	do(raw{t, db})
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

type quiet struct{}

func (quiet) Infof(string, ...any)  {}
func (quiet) Errorf(string, ...any) {}
func (quiet) Fatalf(string, ...any) {}

func (r raw) set(key, value []byte) {
	r.t.Helper()
	if err := r.db.Set(key, value, pebble.Sync); err != nil {
		r.t.Fatal(err)
	}
}

// remove takes a record away; it must be there.
func (r raw) remove(key []byte) {
	r.t.Helper()
	r.get(key)
	if err := r.db.Delete(key, pebble.Sync); err != nil {
		r.t.Fatal(err)
	}
}

func (r raw) get(key []byte) []byte {
	r.t.Helper()
	value, closer, err := r.db.Get(key)
	if err != nil {
		r.t.Fatalf("key %q: %v", key, err)
	}
	value = bytes.Clone(value)
	if err := closer.Close(); err != nil {
		r.t.Fatal(err)
	}
	return value
}

// first returns the first key with a prefix.
func (r raw) first(prefix ...byte) []byte {
	r.t.Helper()
	it, err := r.db.NewIter(&pebble.IterOptions{LowerBound: prefix})
	if err != nil {
		r.t.Fatal(err)
	}
	defer func() {
		if err := it.Close(); err != nil {
			r.t.Error(err)
		}
	}()
	if !it.First() || !bytes.HasPrefix(it.Key(), prefix) {
		r.t.Fatalf("no key begins with %q", prefix)
	}
	return bytes.Clone(it.Key())
}

// flip changes one bit of a record.
func (r raw) flip(key []byte, at int) {
	r.t.Helper()
	value := r.get(key)
	value[at] ^= 1
	r.set(key, value)
}

// edit changes a record that is CBOR.
func edit[T any](r raw, key []byte, do func(*T)) {
	r.t.Helper()
	var record T
	if err := cbor.Unmarshal(r.get(key), &record); err != nil {
		r.t.Fatal(err)
	}
	do(&record)
	value, err := cbor.Marshal(&record)
	if err != nil {
		r.t.Fatal(err)
	}
	r.set(key, value)
}

func k(kind byte, numbers ...uint64) []byte {
	key := []byte{kind}
	for _, n := range numbers {
		key = binary.BigEndian.AppendUint64(key, n)
	}
	return key
}

// check runs a check and returns what it found, a line each.
func check(t *testing.T, path string, rpc ...string) (Report, string) {
	t.Helper()
	before := names(t, path)
	var found strings.Builder
	r, err := Folder(t.Context(), path, Config{RPC: rpc, Found: func(d store.Damage) {
		if d.Remedy == "" || strings.Contains(d.String(), "\n") {
			t.Errorf("no remedy, or several lines: %q", d)
		}
		found.WriteString(d.String() + "\n")
	}})
	if err != nil {
		t.Fatal(err)
	}
	if after := names(t, path); !slices.Equal(before, after) {
		t.Errorf("the check changed the folder from %q to %q", before, after)
	}
	if (r.Damages == 0) != (found.Len() == 0) {
		t.Errorf("%d damages reported, and found: %s", r.Damages, found.String())
	}
	return r, found.String()
}

func names(t *testing.T, path string) (list []string) {
	t.Helper()
	entries, err := os.ReadDir(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Name() != "LOCK" {
			list = append(list, e.Name())
		}
	}
	return list
}

func TestDamages(t *testing.T) {
	f := newFolder(t)
	r, found := check(t, f.path, f.chain.RPC)
	if found != "" {
		t.Fatalf("a sound folder: %s", found)
	}
	want := store.Checked{
		Submissions: 6, Leaves: 1 + 5 + 2000 + 7 + 6 + 5000, Batches: r.Batches, Blocks: r.Blocks, BlockBytes: r.BlockBytes,
		Operations: r.Batches + 1, Evidence: r.Evidence, StatusLists: 1,
	}
	if r.Checked != want || r.Batches < 2 || r.Blocks < 6 || r.Evidence < 3 || len(r.Chains) != 1 || r.Chains[0].Anchors != int(r.Batches) ||
		r.Chains[0].Evidence != int(r.Evidence) {
		t.Errorf("checked %+v, want %+v", r, want)
	}
	id := uint64(f.home.Chain)
	const waiting, bulk = 5, 3 // submissions
	for _, test := range []struct {
		name   string
		damage func(raw)
		want   string
	}{
		{"a leaf that waits", func(r raw) { r.flip(append(k('l', waiting), 0, 0, 0, 0), 40) }, `submission 5: .*(root|ascending|order)`},
		{"a leaf of a block", func(r raw) { r.flip(append(k('l', bulk), 0, 0, 0, 0), 64) }, `block 0x\w+: its content has the digest`},
		{"a block gone", func(r raw) { r.remove(blockKey(f.large.Leaves)) }, `batch \d: what is published of it cannot be rebuilt: .*missing`},
		{"a page of leaves gone", func(r raw) { r.remove(append(k('l', bulk), 0, 0, 0, 0)) }, `submission 3: its leaves: it is missing`},
		{
			"inner nodes", func(r raw) { r.flip(append(k('l', bulk), 0x80, 0, 0, 0), 64) },
			`submission 3: page 0 of its inner nodes is not that of its leaves`,
		},
		{"a tree's number gone", func(r raw) { r.remove(r.first('v')) }, `submission 6: look-up by its tree \d+: it is missing`},
		{"a tree's number astray", func(r raw) { r.set(r.first('v'), k('v', 2)[1:]) }, `look-up by tree \d+: it leads to submission 2`},
		{"a page", func(r raw) { r.flip(r.first('z'), 20) }, `batch \d: what is published of it cannot be rebuilt`},
		{"leaves gone", func(r raw) { r.remove(append(k('l', waiting), 0, 0, 0, 0)) }, `submission 5: `},
		{"a submission gone", func(r raw) { r.remove(k('n', 2)) }, `submission 2: it is missing`},
		{"the last submission gone", func(r raw) { r.remove(k('n', 6)) }, `look-up of submission 0x\w+: it is missing`},
		{"a signature", func(r raw) { edit(r, k('n', 2), func(s *store.Submission) { s.Signature[5] ^= 1 }) }, `submission 2: .*sign`},
		{"a root", func(r raw) { edit(r, k('n', 2), func(s *store.Submission) { s.Root[5] ^= 1 }) }, `submission 2: look-up by its id`},
		{
			"a count", func(r raw) { edit(r, k('n', 2), func(s *store.Submission) { s.Count = 1 << 60 }) },
			`submission 2: the record says \d+ leaves`,
		},
		{
			"a number", func(r raw) { edit(r, k('n', 2), func(s *store.Submission) { s.Sequence = 9 }) },
			`submission 2: the record says that it is submission 9`,
		},
		{"no record", func(r raw) { r.set(k('n', 2), []byte("garbage")) }, `submission 2: the record cannot be decoded`},
		{"an id gone", func(r raw) { r.remove(append([]byte{'s'}, f.ids[2][:]...)) }, `submission 2: look-up by its id 0x\w+: it is missing`},
		{
			"an id astray", func(r raw) { r.set(append([]byte{'s'}, f.ids[2][:]...), k('s', 3)[1:]) },
			`submission 2: look-up by its id 0x\w+: it leads to 3`,
		},
		{
			"an id of nothing", func(r raw) { r.set(append([]byte{'s'}, make([]byte, 32)...), k('s', 3)[1:]) },
			`look-up of submission 0x0+: it leads to submission 3`,
		},
		{"an index entry gone", func(r raw) { r.remove(r.first('x')) }, `submission \d: the leaf index lacks 1 of its \d`},
		{
			"an index entry wrong", func(r raw) { r.set(indexKey(f.large.Leaves[7], bulk), []byte{0, 0, 0, 8}) },
			`submission 3: the leaf index lacks 1 of its`,
		},
		{
			"an index entry astray", func(r raw) { r.set(indexKey(f.large.Leaves[7], 2), make([]byte, 4)) },
			`the leaf index: 1 entries lead to submissions without such a leaf; nothing is lost`,
		},
		{
			"leaves of nothing", func(r raw) { r.set(append(k('l', 99), 0, 0, 0, 0), make([]byte, 64)) },
			`pages of leaves: there are 1 more than submissions have; .*nothing is lost`,
		},
		{"a batch gone", func(r raw) { r.remove(k('b', 1)) }, `batch 1: it is missing`},
		{
			"a batch root", func(r raw) { edit(r, k('b', 1), func(b *store.Batch) { b.Root[0] ^= 1 }) },
			`batch 1: ids of its submissions: they have the root`,
		},
		{"a batch range", func(r raw) { edit(r, k('b', 1), func(b *store.Batch) { b.First++ }) }, `batch 1: it holds the submissions 2 to`},
		{
			"a manifest", func(r raw) { edit(r, k('b', 1), func(b *store.Batch) { b.Manifest[0] ^= 1 }) },
			`batch 1: what is published of it cannot be rebuilt: .*missing`,
		},
		{"a batch count", func(r raw) { edit(r, k('b', 1), func(b *store.Batch) { b.Leaves++ }) }, `batch 1: it has \d submissions with`},
		{"ids", func(r raw) { r.flip(append(k('t', 1), 0, 0, 0, 0), 3) }, `batch 1: ids of its submissions`},
		{"ids gone", func(r raw) { r.remove(append(k('t', 1), 0, 0, 0, 0)) }, `batch 1: ids of its submissions: it is missing`},
		{"a look-up by root gone", func(r raw) { r.remove(r.first('r')) }, `batch \d: look-up by its root: it is missing`},
		{
			"a look-up by root of nothing", func(r raw) { r.set(append([]byte{'r'}, make([]byte, 32)...), make([]byte, 8)) },
			`records of kind r: there are`,
		},
		{"a look-up by submission gone", func(r raw) { r.remove(r.first('q')) }, `batch 1: look-up by its last submission: it is missing`},
		{"an operation gone", func(r raw) { r.remove(k('o', 1)) }, `operation 1: it is missing`},
		{
			"a transaction", func(r raw) { edit(r, k('o', 1), func(o *store.Operation) { o.Attempts[0].Raw[9] ^= 1 }) },
			`operation 1: its transaction 1 hashes to`,
		},
		{"an operation's root", func(r raw) { edit(r, k('o', 1), func(o *store.Operation) { o.Root[0] ^= 1 }) }, `operation 1: it anchors`},
		{
			"an operation's chain", func(r raw) { edit(r, k('o', 1), func(o *store.Operation) { o.Chain = 5 }) },
			`operation 1: it is for eip155:5, to which`,
		},
		{"an open operation forgotten", func(r raw) {
			edit(r, k('o', 1), func(o *store.Operation) { o.Closed = false })
			r.delete(k('p', id, 1))
		}, `operation 1: it is not closed, and not in the list`},
		{"an operation of a batch gone", func(r raw) { r.remove(k('a', 1, id)) }, `operation 1: look-up by batch 1`},
		{"evidence gone", func(r raw) { r.remove(r.first('e')) }, `evidence of eip155:31337 for batch 1 .*: it is missing`},
		{
			"evidence", func(r raw) { edit(r, r.first('e'), func(e *store.Evidence) { e.StorageProof[0][9] ^= 1 }) },
			`evidence of .*: it proves nothing`,
		},
		{"a header", func(r raw) { edit(r, r.first('e'), func(e *store.Evidence) { e.Header[9] ^= 1 }) }, `evidence of .*: it is of block`},
		{
			"a status root", func(r raw) { edit(r, r.first('e'), func(e *store.Evidence) { e.StatusRoot[9] ^= 1 }) },
			`evidence of .*: it proves the status root`,
		},
		{
			"a status list", func(r raw) { edit(r, r.first('i'), func(l *store.StatusList) { l.Manifest[9] ^= 1 }) },
			`status list 1 of issuer 0x\w+: it cannot be rebuilt`,
		},
		{
			"a status count", func(r raw) { edit(r, r.first('i'), func(l *store.StatusList) { l.Count++ }) },
			`status list 1 .*: it has 3 entries, the record says 4`,
		},
		{
			"an issuer's operation", func(r raw) { r.set(r.first('u'), k('u', 1)[1:]) },
			`newest operation of issuer 0x\w+: it leads to operation 1`,
		},
		{"a change", func(r raw) { r.set(r.first('w'), []byte{1}) }, `last change of issuer 0x\w+: the record has 1 bytes`},
		{"the chain gone", func(r raw) { r.remove(k('k', id)) }, `binding to a chain: it is missing`},
		{
			"another registry", func(r raw) { edit(r, k('k', id), func(c *store.Chain) { c.Registry[3] ^= 1 }) },
			`evidence of .*: it proves nothing`,
		},
		{"an unknown kind", func(r raw) { r.set([]byte("Zebra"), nil) }, `key 0x\w+: it is of no known kind`},
		{"a short key", func(r raw) { r.set([]byte("s2"), nil) }, `key 0x7332: it has 2 bytes`},
		{"a short number", func(r raw) { r.set([]byte("n2"), nil) }, `the data folder: .*a key of kind n has 2 bytes`},
		{"a long number", func(r raw) { r.set(append(k('n', 1<<60), 1), nil) }, `the data folder: .*a key of kind n has 10 bytes`},
	} {
		t.Run(test.name, func(t *testing.T) {
			path := f.copy(t)
			change(t, path, test.damage)
			if _, found := check(t, path); !regexp.MustCompile(`(?m)^` + test.want).MatchString(found) {
				t.Errorf("want %s, found:\n%s", test.want, found)
			}
		})
	}

	t.Run("files", func(t *testing.T) {
		for _, pattern := range []string{"MANIFEST-*", "*.sst", "*.log"} {
			path := f.copy(t)
			change(t, path, func(r raw) {
				if err := r.db.Flush(); err != nil {
					t.Fatal(err)
				}
			})
			files, err := filepath.Glob(filepath.Join(path, pattern))
			if err != nil || len(files) == 0 && pattern != "*.log" {
				t.Fatalf("no %s: %v", pattern, err)
			}
			largest, size := "", int64(0)
			for _, file := range files {
				if info, err := os.Stat(file); err == nil && info.Size() >= size {
					largest, size = file, info.Size()
				}
			}
			if size < 64 {
				continue // an empty log holds nothing
			}
			data, err := os.ReadFile(largest)
			if err != nil {
				t.Fatal(err)
			}
			for i := len(data) / 3; i < len(data)/3+32; i++ {
				data[i] ^= 0x55
			}
			if err := os.WriteFile(largest, data, 0o600); err != nil {
				t.Fatal(err)
			}
			if _, found := check(t, path); found == "" {
				t.Errorf("damage in %s is not found", filepath.Base(largest))
			}
		}
	})

	t.Run("chain", func(t *testing.T) {
		path := f.copy(t)
		change(t, path, func(r raw) {
			edit(r, k('o', 1), func(o *store.Operation) { o.Block.Hash[0] ^= 1 })
		})
		if _, found := check(t, path); found != "" {
			t.Errorf("without a chain: %s", found)
		}
		if _, found := check(t, path, f.chain.RPC); !strings.Contains(found, "batch 1 on eip155:31337: it was anchored in block") {
			t.Errorf("found:\n%s", found)
		}
		other := testchain.Start(t, testnet.Config{Accounts: 3})
		for _, rpc := range []string{other.RPC, "http://127.0.0.1:1"} {
			if r, err := Folder(t.Context(), f.path, Config{RPC: []string{rpc}, Found: func(store.Damage) {}}); err == nil || r.Damages > 0 {
				t.Errorf("%s: %+v, %v: want an error and no damage", rpc, r, err)
			}
		}
	})
}

func (r raw) delete(key []byte) {
	if err := r.db.Delete(key, pebble.Sync); err != nil {
		r.t.Fatal(err)
	}
}

func indexKey(leaf merkle.Hash, sequence uint64) []byte {
	return append(append([]byte{'x'}, leaf[:8]...), k('x', sequence)[1:]...)
}

func blockKey(leaves []merkle.Hash) []byte {
	digest := publish.BlockDigest(leaves)
	return append([]byte{'y'}, digest[:]...)
}
