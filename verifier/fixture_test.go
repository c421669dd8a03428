package verifier_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/crypto"

	"github.com/hallmark-node/hallmark/credential"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
	"github.com/hallmark-node/hallmark/verifier/verifiertest"
)

const issuedAt = verifiertest.IssuedAt

func addr(b byte) verifier.Address { return verifiertest.Address(b) }

// good is a whole proof that is VALID with its trust store: the credential is one
// of five in a submission that is one of three in its batch, the issuer has a
// status list, and a block is pinned.
type good struct {
	world    *verifiertest.World
	key      []byte // secret
	document []byte
	proof    *verifier.Proof
	trust    *verifier.Trust
	list     *verifier.StatusList
	now      time.Time
}

const badge = `{"@context":["https://www.w3.org/ns/credentials/v2","https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"],
"type":["VerifiableCredential","OpenBadgeCredential"],"id":"urn:uuid:7e1d9c5f","issuer":{"id":"did:web:uni.example","type":["Profile"],` +
	`"name":"Example University"},
"validFrom":"2026-01-01T00:00:00Z","validUntil":"2036-01-01T00:00:00Z","name":"Rust removal",
"credentialSubject":{"type":["AchievementSubject"],"achievement":{"id":"urn:uuid:1","type":["Achievement"],"name":"Rust removal",` +
	`"criteria":{"narrative":"Removed rust."},"description":"x"}}}`

func newGood(t testing.TB) *good {
	t.Helper()
	return buildGood(t, verifiertest.NewWorld(t), badge)
}

func buildGood(t testing.TB, w *verifiertest.World, document string) *good {
	t.Helper()
	g := &good{world: w, document: []byte(document), now: time.Unix(issuedAt+1200, 0)}
	secret := sha256.Sum256([]byte("issuer"))
	g.key = secret[:]
	c, err := credential.Sum(bytes.NewReader(g.document), credential.FormAuto, "")
	if err != nil {
		t.Fatal(err)
	}
	p := &verifier.Proof{Credential: c, Salt: merkle.Keccak256([]byte("salt"))}
	p.Submission.Home = verifier.Home{Chain: w.Chain, Registry: w.Registry}
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
	w.Anchor(batch.Root(), 900, issuedAt+300)

	items := []verifier.StatusItem{
		{ID: merkle.Keccak256([]byte("r")), Code: verifier.StatusRevoked},
		{ID: merkle.Keccak256([]byte("s")), Code: verifier.StatusSuspended},
	}
	g.setStatus(items...)
	g.trust = &verifier.Trust{
		Chains: map[verifier.ChainID]*verifier.TrustedChain{w.Chain: {
			Name: "world", Genesis: w.Genesis, Registries: []verifier.Address{w.Registry},
		}},
		Issuers: map[verifier.Address]*verifier.TrustedIssuer{p.Submission.Issuer: {
			Name: "Example University",
			IDs:  []string{"did:web:uni.example"},
		}},
	}
	g.refresh()
	return g
}

// sign signs the submission as it stands and sets the issuer.
func (g *good) sign() verifier.Hash {
	s := &g.proof.Submission
	root := merkle.Root(g.proof.Leaf(), s.Path)
	digest := verifier.SubmissionDigest(s.Home, root, s.Count, s.IssuedAt)
	s.Issuer, s.Signature = signDigest(g.world.TB, g.key, digest)
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
			g.world.TB.Fatal(err)
		}
		root = g.list.Root()
	}
	g.world.Issuer(g.proof.Submission.Issuer, root, 0, 1, issuedAt+400)
}

// refresh takes new evidence from the world and pins its block.
func (g *good) refresh() {
	g.world.TB.Helper()
	a := g.world.Evidence(g.batchRoot(), g.proof.Submission.Issuer)
	if g.list != nil {
		var err error
		if a.Status, err = g.list.Entries(g.proof.Leaf(), g.submissionRoot()); err != nil {
			g.world.TB.Fatal(err)
		}
	}
	g.proof.Anchors = []verifier.Anchor{a}
	g.pin()
}

// pin makes the trust store pin the block of the first anchor.
func (g *good) pin() {
	h := merkle.Keccak256(g.proof.Anchors[0].Header)
	g.trust.Chains[g.world.Chain].Blocks = map[uint64]verifier.Hash{g.world.Number: h}
}

func (g *good) options() verifier.Options {
	return verifier.Options{Trust: g.trust, Now: func() time.Time { return g.now }}
}

func (g *good) verify() *verifier.Report {
	g.world.TB.Helper()
	return g.verifyWith(g.options())
}

func (g *good) verifyWith(o verifier.Options) *verifier.Report {
	g.world.TB.Helper()
	v, err := verifier.New(o)
	if err != nil {
		g.world.TB.Fatal(err)
	}
	return verify(v, g.proof, g.document)
}

func (g *good) encode() []byte {
	g.world.TB.Helper()
	b, err := g.proof.Encode()
	if err != nil {
		g.world.TB.Fatal(err)
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
