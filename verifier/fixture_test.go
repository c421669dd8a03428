package verifier_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"math/big"
	"slices"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/core/rawdb"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/rlp"
	"github.com/ethereum/go-ethereum/trie"
	"github.com/ethereum/go-ethereum/triedb"

	"github.com/hallmark-node/hallmark/credential"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// world is a chain's state built with go-ethereum's own tries, in which a test
// places anchors and issuers at will. It has the account of one registry and
// some strangers.
type world struct {
	t        testing.TB
	chain    verifier.ChainID
	registry verifier.Address
	codeHash verifier.Hash
	genesis  verifier.Hash
	number   uint64
	time     uint64
	slots    map[verifier.Hash][]byte // storage of the registry, trimmed
}

func newWorld(t testing.TB) *world {
	w := &world{
		t: t, chain: 31337, registry: addr(0xaa), codeHash: verifier.RegistryCodeHash,
		genesis: merkle.Keccak256([]byte("genesis")), number: 1000, time: issuedAt + 600,
		slots: make(map[verifier.Hash][]byte),
	}
	for i := range 50 { // other roots, so that the storage trie has branches
		w.anchor(merkle.Keccak256([]byte{byte(i)}), 1, issuedAt-100)
	}
	return w
}

const issuedAt = 1767225600

func addr(b byte) verifier.Address { return verifier.Address{19: b} }

func (w *world) set(slot verifier.Hash, value []byte) {
	value = bytes.TrimLeft(value, "\x00")
	if len(value) == 0 {
		delete(w.slots, slot)
		return
	}
	w.slots[slot] = value
}

func (w *world) anchor(root verifier.Hash, number, timestamp uint64) {
	word := new(big.Int).Lsh(new(big.Int).SetUint64(number), 208)
	word.Or(word, new(big.Int).Lsh(new(big.Int).SetUint64(timestamp), 160))
	publisher := addr(0x77)
	word.Or(word, new(big.Int).SetBytes(publisher[:]))
	w.set(verifier.AnchorSlot(root), word.Bytes())
}

func (w *world) issuer(a verifier.Address, statusRoot verifier.Hash, retiredFrom, version, updatedAt uint64) {
	one, two := verifier.IssuerSlots(a)
	w.set(one, statusRoot[:])
	word := new(big.Int).Lsh(new(big.Int).SetUint64(updatedAt), 128)
	word.Or(word, new(big.Int).Lsh(new(big.Int).SetUint64(version), 64))
	word.Or(word, new(big.Int).SetUint64(retiredFrom))
	w.set(two, word.Bytes())
}

func emptyTrie() *trie.Trie {
	return trie.NewEmpty(triedb.NewDatabase(rawdb.NewMemoryDatabase(), nil))
}

// nodeList collects the nodes of proofs in their order, each once.
type nodeList struct{ nodes []verifier.Bytes }

func (l *nodeList) Put(_, value []byte) error {
	if !slices.ContainsFunc(l.nodes, func(n verifier.Bytes) bool { return bytes.Equal(n, value) }) {
		l.nodes = append(l.nodes, bytes.Clone(value))
	}
	return nil
}

func (l *nodeList) Delete([]byte) error { panic("a proof takes nothing away") }

func prove(t testing.TB, tr *trie.Trie, keys ...[]byte) []verifier.Bytes {
	t.Helper()
	var list nodeList
	for _, key := range keys {
		if err := tr.Prove(crypto.Keccak256(key), &list); err != nil {
			t.Fatal(err)
		}
	}
	return list.nodes
}

// evidence returns what a node would serve for root and issuer.
func (w *world) evidence(root verifier.Hash, issuer verifier.Address) verifier.Anchor {
	w.t.Helper()
	one, two := verifier.IssuerSlots(issuer)
	slot := verifier.AnchorSlot(root)
	return w.evidenceFor(slot[:], one[:], two[:])
}

// evidenceOfAccount returns evidence about an account that is not the registry.
func (w *world) evidenceOfAccount(a verifier.Address) verifier.Anchor {
	w.t.Helper()
	state, _, header := w.block()
	return verifier.Anchor{Chain: w.chain, Registry: a, Header: header, AccountProof: prove(w.t, state, a[:])}
}

func (w *world) evidenceFor(slots ...[]byte) verifier.Anchor {
	w.t.Helper()
	state, storage, header := w.block()
	return verifier.Anchor{
		Chain: w.chain, Registry: w.registry, Header: header,
		AccountProof: prove(w.t, state, w.registry[:]), StorageProof: prove(w.t, storage, slots...),
	}
}

// block makes a block of the world as it stands.
func (w *world) block() (state, storage *trie.Trie, rawHeader verifier.Bytes) {
	w.t.Helper()
	storage = emptyTrie()
	for slot, value := range w.slots {
		enc, _ := rlp.EncodeToBytes(value)
		storage.MustUpdate(crypto.Keccak256(slot[:]), enc)
	}
	state = emptyTrie()
	for i := range 40 {
		enc, _ := rlp.EncodeToBytes(types.NewEmptyStateAccount())
		stranger := addr(byte(i))
		state.MustUpdate(crypto.Keccak256(stranger[:]), enc)
	}
	account := types.NewEmptyStateAccount()
	account.Root, account.CodeHash = storage.Hash(), w.codeHash[:]
	enc, err := rlp.EncodeToBytes(account)
	if err != nil {
		w.t.Fatal(err)
	}
	state.MustUpdate(crypto.Keccak256(w.registry[:]), enc)
	header := &types.Header{
		Root: state.Hash(), Number: new(big.Int).SetUint64(w.number), Time: w.time,
		Difficulty: new(big.Int), BaseFee: big.NewInt(7), WithdrawalsHash: &types.EmptyWithdrawalsHash,
	}
	raw, err := rlp.EncodeToBytes(header)
	if err != nil {
		w.t.Fatal(err)
	}
	return state, storage, raw
}

// good is a whole proof that is VALID with its trust store: the credential is one
// of five in a submission that is one of three in its batch, the issuer has a
// status list, and a block is pinned.
type good struct {
	world    *world
	key      []byte // secret
	document []byte
	proof    *verifier.Proof
	trust    *verifier.Trust
	list     *verifier.StatusList
	now      time.Time
}

const badge = `{"@context":["https://www.w3.org/ns/credentials/v2","https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"],
"type":["VerifiableCredential","OpenBadgeCredential"],"id":"urn:uuid:7e1d9c5f","issuer":{"id":"did:web:uni.example","type":["Profile"],"name":"Example University"},
"validFrom":"2026-01-01T00:00:00Z","validUntil":"2036-01-01T00:00:00Z","name":"Rust removal",
"credentialSubject":{"type":["AchievementSubject"],"achievement":{"id":"urn:uuid:1","type":["Achievement"],"name":"Rust removal","criteria":{"narrative":"Removed rust."},"description":"x"}}}`

func newGood(t testing.TB) *good {
	t.Helper()
	return buildGood(t, newWorld(t), badge)
}

func buildGood(t testing.TB, w *world, document string) *good {
	t.Helper()
	g := &good{world: w, document: []byte(document), now: time.Unix(issuedAt+1200, 0)}
	secret := sha256.Sum256([]byte("issuer"))
	g.key = secret[:]
	c, err := credential.Sum(bytes.NewReader(g.document), credential.FormAuto, "")
	if err != nil {
		t.Fatal(err)
	}
	p := &verifier.Proof{Credential: c, Salt: merkle.Keccak256([]byte("salt"))}
	p.Submission.Home = verifier.Home{Chain: w.chain, Registry: w.registry}
	p.Submission.IssuedAt = issuedAt
	g.proof = p
	leaves := []verifier.Hash{p.Leaf()}
	for i := range 4 {
		leaves = append(leaves, verifier.Leaf(c.Bytes(), merkle.Keccak256([]byte{1, byte(i)})))
	}
	tree, err := merkle.New(leaves)
	if err != nil {
		t.Fatal(err)
	}
	p.Submission.Count = 5
	i, _ := tree.Index(p.Leaf())
	p.Submission.Path = tree.Path(i)
	digest := g.sign()
	ids := []verifier.Hash{verifier.BatchLeaf(p.Submission.Issuer, digest), merkle.Keccak256([]byte("a")), merkle.Keccak256([]byte("b"))}
	batch, err := merkle.New(ids)
	if err != nil {
		t.Fatal(err)
	}
	i, _ = batch.Index(ids[0])
	p.Batch = &verifier.Batch{Path: batch.Path(i)}
	w.anchor(batch.Root(), 900, issuedAt+300)

	items := []verifier.StatusItem{{ID: merkle.Keccak256([]byte("r")), Code: verifier.StatusRevoked}, {ID: merkle.Keccak256([]byte("s")), Code: verifier.StatusSuspended}}
	g.setStatus(items...)
	g.trust = &verifier.Trust{
		Chains: map[verifier.ChainID]*verifier.TrustedChain{w.chain: {
			Name: "world", Genesis: w.genesis, Registries: []verifier.Address{w.registry},
		}},
		Issuers: map[verifier.Address]*verifier.TrustedIssuer{p.Submission.Issuer: {Name: "Example University", IDs: []string{"did:web:uni.example"}}},
	}
	g.refresh()
	return g
}

// sign signs the submission as it stands and sets the issuer.
func (g *good) sign() verifier.Hash {
	s := &g.proof.Submission
	root := merkle.Root(g.proof.Leaf(), s.Path)
	digest := verifier.SubmissionDigest(s.Home, root, s.Count, s.IssuedAt)
	s.Issuer, s.Signature = signDigest(g.world.t, g.key, digest)
	return digest
}

func signDigest(t testing.TB, secret []byte, digest verifier.Hash) (a verifier.Address, sig verifier.Signature) {
	key, err := crypto.ToECDSA(secret)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := crypto.Sign(digest[:], key)
	if err != nil {
		t.Fatal(err)
	}
	raw[64] += 27
	return verifier.Address(crypto.PubkeyToAddress(key.PublicKey)), verifier.Signature(raw)
}

func (g *good) batchRoot() verifier.Hash {
	s := g.proof.Submission
	root := merkle.Root(g.proof.Leaf(), s.Path)
	return merkle.Root(verifier.BatchLeaf(s.Issuer, verifier.SubmissionDigest(s.Home, root, s.Count, s.IssuedAt)), g.proof.Batch.Path)
}

func (g *good) submissionRoot() verifier.Hash {
	return merkle.Root(g.proof.Leaf(), g.proof.Submission.Path)
}

// setStatus puts a status list on the chain, or none.
func (g *good) setStatus(items ...verifier.StatusItem) {
	g.list = nil
	var root verifier.Hash
	slices.SortFunc(items, func(a, b verifier.StatusItem) int { return merkle.Compare(a.ID, b.ID) })
	if len(items) > 0 {
		var err error
		if g.list, err = verifier.NewStatusList(items); err != nil {
			g.world.t.Fatal(err)
		}
		root = g.list.Root()
	}
	g.world.issuer(g.proof.Submission.Issuer, root, 0, 1, issuedAt+400)
}

// refresh takes new evidence from the world and pins its block.
func (g *good) refresh() {
	g.world.t.Helper()
	a := g.world.evidence(g.batchRoot(), g.proof.Submission.Issuer)
	if g.list != nil {
		ids := []verifier.Hash{g.proof.Leaf(), g.submissionRoot()}
		for _, id := range ids {
			e, err := g.list.Entry(id)
			if err != nil {
				g.world.t.Fatal(err)
			}
			if len(a.Status) == 0 || a.Status[0].ID != e.ID {
				a.Status = append(a.Status, e)
			}
		}
	}
	g.proof.Anchors = []verifier.Anchor{a}
	g.pin()
}

// pin makes the trust store pin the block of the first anchor.
func (g *good) pin() {
	h := merkle.Keccak256(g.proof.Anchors[0].Header)
	g.trust.Chains[g.world.chain].Blocks = map[uint64]verifier.Hash{g.world.number: h}
}

func (g *good) options() verifier.Options {
	return verifier.Options{Trust: g.trust, Now: func() time.Time { return g.now }}
}

func (g *good) verify() *verifier.Report {
	g.world.t.Helper()
	return g.verifyWith(g.options())
}

func (g *good) verifyWith(o verifier.Options) *verifier.Report {
	g.world.t.Helper()
	v, err := verifier.New(o)
	if err != nil {
		g.world.t.Fatal(err)
	}
	return v.Verify(g.proof, bytes.NewReader(g.document))
}

func (g *good) encode() []byte {
	g.world.t.Helper()
	b, err := g.proof.Encode()
	if err != nil {
		g.world.t.Fatal(err)
	}
	return b
}

func describe(r *verifier.Report) string {
	s := string(r.Verdict)
	for _, c := range r.Checks {
		s += fmt.Sprintf("\n  %-10s %-7s %s", c.Check, c.Result, c.Detail)
	}
	return s
}
