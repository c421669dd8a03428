package verifiertest

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/sha256"
	"encoding/binary"
	"math/big"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/crypto"

	"github.com/hallmark-node/hallmark/credential"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
	"github.com/hallmark-node/hallmark/verifier/identity"
)

// Batch is one anchored batch of submissions of one issuer, who has a status list, and the
// proofs for it. It is immutable and safe for concurrent use.
type Batch struct {
	Trust *verifier.Trust // makes the proofs VALID
	Now   time.Time       // a while after the block behind the proofs

	registry    verifier.Home
	issuer      verifier.Address
	document    func(i int) []byte
	each        int
	identity    []verifier.Identity // of each submission, without paths
	submissions []submission
	batch       *merkle.Tree
	list        *verifier.StatusList
	anchor      verifier.Anchor
}

type submission struct {
	tree      *merkle.Tree
	signature verifier.Signature
	id        verifier.Hash
}

// batchKey is the secret key of the issuer.
func batchKey(t testing.TB) *ecdsa.PrivateKey {
	key := sha256.Sum256([]byte("issuer of many"))
	return must(crypto.ToECDSA(key[:]))(t)
}

// BatchIssuer returns the address of the issuer of every [Batch].
func BatchIssuer(t testing.TB) verifier.Address {
	return verifier.Address(crypto.PubkeyToAddress(batchKey(t).PublicKey))
}

// NewBatch issues submissions of each credentials, in a world so large that proofs are
// about as long as those of a public chain. Credential i is document(i). Evidence of
// kind x509 is in each submission.
func NewBatch(t testing.TB, submissions, each int, document func(i int) []byte, evidence ...[]byte) *Batch {
	t.Helper()
	w := NewWorld(t)
	w.Strangers = 70_000
	for i := range 5_000 {
		w.Anchor(merkle.Keccak256(binary.BigEndian.AppendUint32(nil, uint32(i))), 1, IssuedAt-100)
	}
	secret := batchKey(t)
	b := &Batch{
		Now: time.Unix(IssuedAt+1200, 0), registry: verifier.Home{Chain: w.Chain, Registry: w.Registry},
		issuer: BatchIssuer(t), document: document, each: each,
	}
	for i, e := range evidence {
		b.identity = append(b.identity, verifier.Identity{Kind: identity.KindX509, Salt: salt(-1 - i), Evidence: e})
	}
	ids := make([]verifier.Hash, submissions)
	for s := range ids {
		leaves := make([]verifier.Hash, each)
		for i := range leaves {
			leaves[i] = b.leaf(s*each + i)
		}
		for i := range b.identity {
			leaves = append(leaves, b.identity[i].Leaf())
		}
		sub := submission{tree: must(merkle.New(leaves))(t)}
		digest := verifier.SubmissionDigest(b.registry, sub.tree.Root(), uint64(sub.tree.Len()), IssuedAt)
		sub.signature = verifier.Signature(must(crypto.Sign(digest[:], secret))(t))
		sub.signature[64] += 27
		sub.id = verifier.BatchLeaf(b.issuer, digest)
		ids[s] = sub.id
		b.submissions = append(b.submissions, sub)
	}
	b.batch = must(merkle.New(ids))(t)
	w.Anchor(b.batch.Root(), 900, IssuedAt+300)
	var revoked []verifier.StatusItem // of earlier credentials
	for i := range 1000 {
		var id verifier.Hash
		new(big.Int).Lsh(big.NewInt(int64(i+1)), 246).FillBytes(id[:])
		revoked = append(revoked, verifier.StatusItem{ID: id, Code: verifier.StatusRevoked})
	}
	b.list = must(verifier.NewStatusList(revoked))(t)
	w.Issuer(b.issuer, b.list.Root(), 0, 1, IssuedAt+400)
	b.anchor = w.Evidence(b.batch.Root(), b.issuer)
	b.Trust = &verifier.Trust{
		Chains: map[verifier.ChainID]*verifier.TrustedChain{w.Chain: {
			Name: "world", Genesis: w.Genesis, Registries: []verifier.Address{w.Registry},
			Blocks: map[uint64]verifier.Hash{w.Number: merkle.Keccak256(b.anchor.Header)},
		}},
		Issuers: map[verifier.Address]*verifier.TrustedIssuer{b.issuer: {Name: "Example University", IDs: []string{verifier.AnyIssuer}}},
	}
	return b
}

// Len returns how many credentials there are.
func (b *Batch) Len() int { return len(b.submissions) * b.each }

// Proof returns the proof of credential i. Proofs share memory and must not be changed.
func (b *Batch) Proof(t testing.TB, i int) *verifier.Proof {
	t.Helper()
	sub := b.submissions[i/b.each]
	p := &verifier.Proof{Salt: salt(i)}
	p.Credential = must(credential.Sum(bytes.NewReader(b.document(i)), credential.FormAuto, ""))(t)
	p.Submission = verifier.Submission{
		Issuer: b.issuer, Home: b.registry, Count: uint64(sub.tree.Len()), IssuedAt: IssuedAt, Signature: sub.signature,
	}
	path := func(leaf verifier.Hash) []verifier.Hash {
		at, _ := sub.tree.Index(leaf)
		return sub.tree.Path(at)
	}
	leaf := p.Leaf()
	p.Submission.Path = path(leaf)
	for _, e := range b.identity {
		e.Path = path(e.Leaf())
		p.Submission.Identity = append(p.Submission.Identity, e)
	}
	at, _ := b.batch.Index(sub.id)
	p.Batch = &verifier.Batch{Path: b.batch.Path(at)}
	a := b.anchor
	for _, id := range []verifier.Hash{leaf, sub.tree.Root()} {
		e := must(b.list.Entry(id))(t)
		if len(a.Status) == 0 || a.Status[0].ID != e.ID {
			a.Status = append(a.Status, e)
		}
	}
	p.Anchors = []verifier.Anchor{a}
	return p
}

func (b *Batch) leaf(i int) verifier.Hash {
	c, err := credential.Sum(bytes.NewReader(b.document(i)), credential.FormAuto, "")
	if err != nil {
		panic(err) // the documents are the test's own
	}
	return verifier.Leaf(c.Bytes(), salt(i))
}

func salt(i int) verifier.Hash {
	return sha256.Sum256(binary.BigEndian.AppendUint64([]byte("salt"), uint64(i)))
}

// must ends the test on an error that cannot be its subject.
func must[T any](v T, err error) func(t testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}
