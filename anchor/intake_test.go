package anchor

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"io/fs"
	"log/slog"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"github.com/ethereum/go-ethereum/crypto"

	"github.com/hallmark-node/hallmark/anchor/chain"
	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/anchor/role"
	"github.com/hallmark-node/hallmark/anchor/store"
	"github.com/hallmark-node/hallmark/credential"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// offline opens a node on a folder that is bound already, with no chain to talk to.
func offline(t testing.TB, home verifier.Home, change func(*Config)) *running {
	t.Helper()
	config := Config{
		Data: t.TempDir(), Open: true, Log: slog.New(slog.DiscardHandler),
		Chains: []ChainConfig{{
			RPC: []string{"http://127.0.0.1:1"}, Registry: home.Registry,
			Key: chain.NewKey(must(crypto.ToECDSA(slices.Repeat([]byte{7}, 32)))),
		}},
	}
	if change != nil {
		change(&config)
	}
	s, err := store.Open(config.Data, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Update(func(tx *store.Tx) error {
		return tx.PutChain(&store.Chain{Chain: home.Chain, Genesis: merkle.Hash{1}, Registry: home.Registry})
	}); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	n, err := Open(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := n.Close(); err != nil {
			t.Error(err)
		}
	})
	return run(n, nil)
}

// seal makes a batch of the newest submissions, without a chain that could take it.
func seal(t testing.TB, n *running, count int) {
	t.Helper()
	last := must(n.store.Accepted())
	var list []store.Submission
	if err := n.store.Submissions(last+1-uint64(count), last, func(r *store.Submission) bool {
		list = append(list, *r)
		return true
	}); err != nil {
		t.Fatal(err)
	}
	draft := must(n.store.Draft(list))
	update(t, n, func(tx *store.Tx) error {
		_, err := tx.Seal(draft, []verifier.ChainID{n.home.Chain}, 1)
		return err
	})
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

var (
	testHome = verifier.Home{Chain: 31337, Registry: verifier.Address{0x39}}
	testKey  = must(crypto.ToECDSA(slices.Repeat([]byte{9}, 32)))
)

func leaves(n int) []merkle.Hash {
	list := make([]merkle.Hash, n)
	for i := range list {
		list[i] = merkle.Keccak256([]byte{byte(i), byte(i >> 8), byte(i >> 16)})
	}
	slices.SortFunc(list, merkle.Compare)
	return list
}

func TestSubmitRefuses(t *testing.T) {
	n := offline(t, testHome, nil)
	sentinel := merkle.Hash(slices.Repeat([]byte{0xff}, 32))
	for name, change := range map[string]func(*publish.Submission){
		"no leaves":              func(s *publish.Submission) { s.Leaves = nil },
		"count too high":         func(s *publish.Submission) { s.Count++ },
		"count too low":          func(s *publish.Submission) { s.Count-- },
		"leaves out of order":    func(s *publish.Submission) { s.Leaves[0], s.Leaves[1] = s.Leaves[1], s.Leaves[0] },
		"leaf twice":             func(s *publish.Submission) { s.Leaves[1] = s.Leaves[0] },
		"leaf changed":           func(s *publish.Submission) { s.Leaves[4][31] ^= 1 },
		"zero leaf":              func(s *publish.Submission) { *s = *sign(t, testKey, testHome, append(leaves(4), merkle.Hash{})) },
		"largest leaf":           func(s *publish.Submission) { *s = *sign(t, testKey, testHome, append(leaves(4), sentinel)) },
		"root changed":           func(s *publish.Submission) { s.Root[0] ^= 1 },
		"other issuer":           func(s *publish.Submission) { s.Issuer[0] ^= 1 },
		"other chain":            func(s *publish.Submission) { s.Home.Chain++ },
		"other registry":         func(s *publish.Submission) { s.Home.Registry[0] ^= 1 },
		"other time":             func(s *publish.Submission) { s.IssuedAt++ },
		"time beyond 2^53-1":     func(s *publish.Submission) { s.IssuedAt = 1 << 53 },
		"signature changed":      func(s *publish.Submission) { s.Signature[5] ^= 1 },
		"signature of v 0":       func(s *publish.Submission) { s.Signature[64] -= 27 },
		"signature with high s":  func(s *publish.Submission) { highS(&s.Signature) },
		"no signature":           func(s *publish.Submission) { s.Signature = verifier.Signature{} },
		"signed for another one": func(s *publish.Submission) { s.Signature = sign(t, testKey, testHome, leaves(6)).Signature },
	} {
		s := sign(t, testKey, testHome, leaves(5))
		change(s)
		var refused *role.RefusedError
		if _, err := n.Submit(t.Context(), s); !errors.As(err, &refused) || refused.Reason == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
	if got := must(n.store.Accepted()); got != 0 {
		t.Errorf("%d were accepted", got)
	}
	huge := sign(t, testKey, testHome, leaves(1))
	huge.Leaves, huge.Count = make([]merkle.Hash, publish.MaxLeaves+1), publish.MaxLeaves+1
	if _, err := n.Submit(t.Context(), huge); !errors.Is(err, role.ErrTooLarge) {
		t.Errorf("too many leaves: %v", err)
	}
}

// A submission that is written while it arrives is refused for whatever a small one is,
// and nothing of it stays.
func TestLargeRefused(t *testing.T) {
	n := offline(t, testHome, nil)
	all := leaves(70_000)
	all = slices.Compact(all)
	boom := errors.New("boom")
	sentinel := merkle.Hash(slices.Repeat([]byte{0xff}, 32))
	swapped := slices.Clone(all)
	swapped[50_000], swapped[50_001] = swapped[50_001], swapped[50_000]
	twice := slices.Clone(all)
	twice[32_768] = twice[32_767]
	changed := slices.Clone(all)
	changed[60_000][31] ^= 1
	for name, tc := range map[string]struct {
		signed, sent []merkle.Hash
		broken       error
	}{
		"order":        {all, swapped, nil},
		"twice":        {all, twice, nil},
		"changed":      {all, changed, nil},
		"zero leaf":    {append([]merkle.Hash{{}}, all...), nil, nil},
		"largest leaf": {append(slices.Clone(all), sentinel), nil, nil},
		"broken off":   {all, all[:40_000], boom},
	} {
		s := sign(t, testKey, testHome, tc.signed)
		rest := tc.sent
		if rest == nil {
			rest = s.Leaves
		}
		_, err := n.Receive(t.Context(), s, func(leaves []merkle.Hash) error {
			if len(rest) < len(leaves) {
				return boom
			}
			rest = rest[copy(leaves, rest):]
			return nil
		})
		var refused *role.RefusedError
		if tc.broken != nil && !errors.Is(err, tc.broken) || tc.broken == nil && !errors.As(err, &refused) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if left := must(os.ReadDir(filepath.Join(n.config.Data, "incoming"))); len(left) > 0 || must(n.store.Accepted()) != 0 {
		t.Errorf("%d were accepted, and %v is left", must(n.store.Accepted()), left)
	}
	s := sign(t, testKey, testHome, all)
	for range 2 {
		if status, err := n.Submit(t.Context(), s); err != nil || status.ID != s.ID() {
			t.Errorf("%+v, %v", status, err)
		}
	}
	if got := must(n.store.Accepted()); got != 1 {
		t.Errorf("%d were accepted", got)
	}
	if p, err := n.ProofIn(t.Context(), s.ID(), all[60_000], false); err != nil || merkle.Root(all[60_000], p.Submission.Path) != s.Root {
		t.Errorf("%+v, %v", p, err)
	}
}

// highS replaces s by the group order minus s, and v by the other one: the same
// signature in a form that is not accepted.
func highS(sig *verifier.Signature) {
	s := new(big.Int).SetBytes(sig[32:64])
	s.Sub(crypto.S256().Params().N, s)
	s.FillBytes(sig[32:64])
	sig[64] = 27 + 28 - sig[64]
}

func TestSubmitWhoMay(t *testing.T) {
	allowed := verifier.Address(crypto.PubkeyToAddress(testKey.PublicKey))
	n := offline(t, testHome, func(c *Config) { c.Open, c.Issuers = false, []verifier.Address{allowed} })
	if _, err := n.Submit(t.Context(), sign(t, testKey, testHome, leaves(2))); err != nil {
		t.Error(err)
	}
	other := must(crypto.ToECDSA(slices.Repeat([]byte{8}, 32)))
	if _, err := n.Submit(t.Context(), sign(t, other, testHome, leaves(2))); !errors.Is(err, role.ErrNotAllowed) {
		t.Errorf("got %v", err)
	}
}

func TestSubmitWhenFull(t *testing.T) {
	n := offline(t, testHome, func(c *Config) { c.MaxWaiting = 2 })
	for i := range 2 {
		if _, err := n.Submit(t.Context(), sign(t, testKey, testHome, leaves(i+1))); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := n.Submit(t.Context(), sign(t, testKey, testHome, leaves(3))); !errors.Is(err, role.ErrBusy) {
		t.Errorf("got %v", err)
	}
	if s, err := n.Submit(t.Context(), sign(t, testKey, testHome, leaves(2))); err != nil || s.State != publish.Accepted {
		t.Errorf("what was accepted: %+v, %v", s, err)
	}
	if h := n.Health(t.Context()); h.Ready {
		t.Errorf("health %+v", h)
	}
}

// The same submission many times at once is one submission.
func TestSubmitTwice(t *testing.T) {
	n := offline(t, testHome, nil)
	var wg sync.WaitGroup
	for i := range 32 {
		wg.Go(func() {
			s := sign(t, testKey, testHome, leaves(1500+i%4))
			status, err := n.Submit(t.Context(), s)
			if err != nil || status.ID != s.ID() || status.State != publish.Accepted {
				t.Errorf("%+v, %v", status, err)
			}
		})
	}
	wg.Wait()
	if got := must(n.store.Accepted()); got != 4 {
		t.Errorf("%d submissions, want 4", got)
	}
	// Another time of issue makes another submission of the same leaves.
	s := sign(t, testKey, testHome, leaves(1500))
	s.IssuedAt++
	s.Signature = must(chain.NewKey(testKey).SignDigest(digest(s)))
	if _, err := n.Submit(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	if got := must(n.store.Accepted()); got != 5 {
		t.Errorf("%d submissions, want 5", got)
	}
}

// The batches of the shared vectors, computed with other programs, come out the
// same: leaves, ids, paths and batch roots.
func TestVectors(t *testing.T) {
	data, err := os.ReadFile("../../shared/vectors/commitment.json")
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip("the shared vectors are not beside the repository")
	}
	if err != nil {
		t.Fatal(err)
	}
	var vectors struct {
		Home struct {
			ChainID  uint64 `json:"chainId"`
			Registry string `json:"registry"`
		} `json:"home"`
		Batches []struct {
			Root        merkle.Hash `json:"root"`
			Submissions []struct {
				Issuer      verifier.Address   `json:"issuer"`
				Root        merkle.Hash        `json:"root"`
				Count       uint64             `json:"count"`
				IssuedAt    uint64             `json:"issuedAt"`
				Signature   verifier.Signature `json:"signature"`
				Credentials []struct {
					CID  string        `json:"cid"`
					Salt merkle.Hash   `json:"salt"`
					Leaf merkle.Hash   `json:"leaf"`
					Path []merkle.Hash `json:"path"`
				} `json:"credentials"`
				ID   merkle.Hash   `json:"id"`
				Path []merkle.Hash `json:"path"`
			} `json:"submissions"`
		} `json:"batches"`
	}
	if err := json.Unmarshal(data, &vectors); err != nil {
		t.Fatal(err)
	}
	home := verifier.Home{Chain: verifier.ChainID(vectors.Home.ChainID), Registry: must(verifier.ParseAddress(vectors.Home.Registry))}
	n := offline(t, home, nil)
	for i, b := range vectors.Batches {
		for _, s := range b.Submissions {
			sub := &publish.Submission{Issuer: s.Issuer, Home: home, Root: s.Root, Count: s.Count, IssuedAt: s.IssuedAt, Signature: s.Signature}
			for _, c := range s.Credentials {
				if got := verifier.Leaf(must(credential.ParseCID(c.CID)).Bytes(), c.Salt); got != c.Leaf {
					t.Fatalf("leaf %s, want %s", got, c.Leaf)
				}
				sub.Leaves = append(sub.Leaves, c.Leaf)
			}
			slices.SortFunc(sub.Leaves, merkle.Compare)
			status, err := n.Submit(t.Context(), sub)
			if err != nil || status.ID != s.ID {
				t.Fatalf("batch %d: %+v, %v", i, status, err)
			}
		}
		seal(t, n, len(b.Submissions))
		sealed := must(n.store.Batch(uint64(i + 1)))
		if sealed.Root != b.Root {
			t.Fatalf("batch %d has root %s, want %s", i, sealed.Root, b.Root)
		}
		for _, s := range b.Submissions {
			if !slices.Equal(must(n.store.BatchPath(&sealed, s.ID)), s.Path) {
				t.Errorf("batch %d: another path for submission %s", i, s.ID)
			}
			for _, c := range s.Credentials {
				p, err := n.ProofIn(t.Context(), s.ID, c.Leaf, false)
				if err != nil || p.State != publish.Batched || !slices.Equal(p.Submission.Path, c.Path) {
					t.Errorf("batch %d: leaf %s: %+v, %v", i, c.Leaf, p, err)
				}
			}
		}
	}
}

// What a node publishes can be read back by anyone who has only the blocks, for
// submissions of every size class.
func TestPublished(t *testing.T) {
	n := offline(t, testHome, nil)
	all := leaves(40_000)
	want := map[merkle.Hash]*publish.Submission{}
	for _, count := range []int{1, 2, 3, 1023, 1024, 1025, 32_768, 32_769, 40_000} {
		s := sign(t, testKey, testHome, all[:count])
		if _, err := n.Submit(t.Context(), s); err != nil {
			t.Fatal(err)
		}
		want[s.ID()] = s
	}
	before := map[merkle.Hash]client.LeafProof{}
	for id, s := range want {
		before[id] = must(n.ProofIn(t.Context(), id, s.Leaves[s.Count/2], false))
	}
	seal(t, n, len(want))
	b := must(n.store.Batch(1))
	read := 0
	err := publish.ReadBatch(t.Context(), n.Block, publish.Batch{Root: b.Root, Manifest: b.Manifest}, func(s *publish.Submission) error {
		read++
		if w := want[s.ID()]; w == nil || !slices.Equal(w.Leaves, s.Leaves) || w.Signature != s.Signature {
			t.Errorf("submission %s is not as it was sent", s.ID())
		}
		return nil
	})
	if err != nil || read != len(want) {
		t.Fatalf("%d submissions read, want %d; %v", read, len(want), err)
	}
	for id, s := range want {
		leaf := s.Leaves[s.Count/2]
		p, err := n.ProofIn(t.Context(), id, leaf, false)
		if err != nil || !slices.Equal(p.Submission.Path, before[id].Submission.Path) {
			t.Errorf("%d leaves: %v", s.Count, err)
		}
		if merkle.Root(leaf, p.Submission.Path) != s.Root {
			t.Errorf("%d leaves: the path does not lead to the root", s.Count)
		}
	}
	// The first of all leaves is in every submission: the earliest one is taken.
	p := must(n.Proof(t.Context(), all[0], false))
	if p.Submission.Count != 1 {
		t.Errorf("of several submissions that of %d leaves was taken", p.Submission.Count)
	}
	if _, err := n.Proof(t.Context(), merkle.Hash{1}, false); !errors.Is(err, role.ErrNotFound) {
		t.Errorf("unknown leaf: %v", err)
	}
	near := all[77]
	near[31] ^= 1 // the same first 8 bytes
	if _, err := n.Proof(t.Context(), near, false); !errors.Is(err, role.ErrNotFound) {
		t.Errorf("unknown leaf that shares its beginning with a known one: %v", err)
	}
}

// FuzzSubmit feeds changed submissions to intake: whatever is accepted is what its
// issuer signed.
func FuzzSubmit(f *testing.F) {
	good := sign(f, testKey, testHome, leaves(5))
	f.Add(encodeForFuzz(good))
	f.Add(encodeForFuzz(sign(f, testKey, testHome, leaves(1))))
	f.Add([]byte{})
	f.Add(must(hex.DecodeString("00")))
	n := offline(f, testHome, nil)
	f.Fuzz(func(t *testing.T, data []byte) {
		s, ok := decodeForFuzz(data)
		if !ok {
			return
		}
		status, err := n.Submit(t.Context(), s)
		if err != nil {
			return
		}
		if s.Root != must(merkle.New(s.Leaves)).Root() || s.Count != uint64(len(s.Leaves)) || !slices.IsSortedFunc(s.Leaves, merkle.Compare) {
			t.Errorf("accepted %+v", s)
		}
		if got, err := verifier.Recover(digest(s), s.Signature); err != nil || got != s.Issuer {
			t.Errorf("accepted a signature by %s, %v", got, err)
		}
		if status.ID != s.ID() {
			t.Errorf("id %s, want %s", status.ID, s.ID())
		}
	})
}

// encodeForFuzz is the plainest form: fixed fields, then leaves.
func encodeForFuzz(s *publish.Submission) []byte {
	b := slices.Concat(s.Issuer[:], s.Root[:], []byte{byte(s.Count), byte(s.IssuedAt)}, s.Signature[:])
	for _, l := range s.Leaves {
		b = append(b, l[:]...)
	}
	return b
}

func decodeForFuzz(b []byte) (*publish.Submission, bool) {
	if len(b) < 20+32+2+65 {
		return nil, false
	}
	s := &publish.Submission{
		Issuer: verifier.Address(b[:20]), Home: testHome, Root: merkle.Hash(b[20:52]), Count: uint64(b[52]),
		IssuedAt: 1767225600&^0xff | uint64(b[53]), Signature: verifier.Signature(b[54:119]),
	}
	for b = b[119:]; len(b) >= 32; b = b[32:] {
		s.Leaves = append(s.Leaves, merkle.Hash(b))
	}
	return s, true
}

func digest(s *publish.Submission) merkle.Hash {
	return verifier.SubmissionDigest(s.Home, s.Root, s.Count, s.IssuedAt)
}
