package files

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/crypto"

	"github.com/hallmark-node/hallmark/credential"
	"github.com/hallmark-node/hallmark/credential/secured"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
	"github.com/hallmark-node/hallmark/verifier/archive"
	"github.com/hallmark-node/hallmark/verifier/verifiertest"
)

// office issues proofs of one document and shows them at blocks of a world that goes on.
type office struct {
	t     *testing.T
	world *verifiertest.World
	trust *verifier.Trust
	doc   []byte
}

func newOffice(t *testing.T, doc string) *office {
	w := verifiertest.NewWorld(t)
	return &office{t: t, world: w, doc: []byte(doc), trust: &verifier.Trust{
		Chains: map[verifier.ChainID]*verifier.TrustedChain{w.Chain: {
			Name: "world", Genesis: w.Genesis, Registries: []verifier.Address{w.Registry}, Blocks: map[uint64]verifier.Hash{},
		}},
		Issuers: map[verifier.Address]*verifier.TrustedIssuer{
			address(key(1)): {Name: "Example University", IDs: []string{verifier.AnyIssuer}},
		},
	}}
}

func key(n byte) *ecdsa.PrivateKey {
	seed := sha256.Sum256([]byte{n})
	secret, err := crypto.ToECDSA(seed[:])
	if err != nil {
		panic(err)
	}
	return secret
}

func address(secret *ecdsa.PrivateKey) verifier.Address {
	return verifier.Address(crypto.PubkeyToAddress(secret.PublicKey))
}

// submit is a submission of the document alone, anchored so many seconds after the
// first possible moment.
func (o *office) submit(secret *ecdsa.PrivateKey, salt byte, after uint64) *verifier.Proof {
	o.t.Helper()
	c, err := credential.Sum(bytes.NewReader(o.doc), credential.FormAuto, "")
	if err != nil {
		o.t.Fatal(err)
	}
	p := &verifier.Proof{Credential: c, Salt: verifier.Hash{salt}, Batch: &verifier.Batch{}}
	home := verifier.Home{Chain: o.world.Chain, Registry: o.world.Registry}
	p.Submission = verifier.Submission{Issuer: address(secret), Home: home, Count: 1, IssuedAt: verifiertest.IssuedAt}
	digest := verifier.SubmissionDigest(home, p.Leaf(), 1, verifiertest.IssuedAt)
	signature, err := crypto.Sign(digest[:], secret)
	if err != nil {
		o.t.Fatal(err)
	}
	p.Submission.Signature = verifier.Signature(signature)
	p.Submission.Signature[64] += 27
	o.world.Anchor(batchRoot(p), 900, verifiertest.IssuedAt+after)
	return p
}

func batchRoot(p *verifier.Proof) verifier.Hash {
	return verifier.BatchLeaf(p.Submission.Issuer, verifier.SubmissionDigest(p.Submission.Home, p.Leaf(), 1, p.Submission.IssuedAt))
}

// at shows a proof at a block, at which its issuer has revoked some and is retired from a
// time on, or not (0).
func (o *office) at(block uint64, p *verifier.Proof, retired uint64, revoked ...*verifier.Proof) *verifier.Proof {
	o.t.Helper()
	w := o.world
	w.Number, w.Time = block, verifiertest.IssuedAt+block
	var items []verifier.StatusItem
	for _, r := range revoked {
		items = append(items, verifier.StatusItem{ID: r.Leaf(), Code: verifier.StatusRevoked})
	}
	list, err := verifier.NewStatusList(items)
	if err != nil {
		o.t.Fatal(err)
	}
	w.Issuer(p.Submission.Issuer, list.Root(), retired, 1, verifiertest.IssuedAt)
	shown := *p
	a := w.Evidence(batchRoot(p), p.Submission.Issuer)
	entry, err := list.Entry(p.Leaf())
	if err != nil {
		o.t.Fatal(err)
	}
	a.Status = []verifier.StatusEntry{entry}
	shown.Anchors = []verifier.Anchor{a}
	o.trust.Chains[w.Chain].Blocks[block] = merkle.Keccak256(a.Header)
	w.Issuer(p.Submission.Issuer, verifier.Hash{}, 0, 0, 0)
	return &shown
}

// TestWhichProofDecides: the best of all proofs of a document, in whatever order they
// are found; but an older one does not hide what the issuer has said since.
func TestWhichProofDecides(t *testing.T) {
	const doc = `{"name":"a badge"}`
	const expired = `{"@context":["https://www.w3.org/ns/credentials/v2"],"type":["VerifiableCredential"],"issuer":"did:web:a.example",` +
		`"validUntil":"2025-01-01T00:00:00Z"}`
	broken := brokenSignature(t)
	for name, tt := range map[string]struct {
		doc   string
		make  func(o *office) []*verifier.Proof
		want  verifier.Verdict
		named int    // others that are told of
		says  string // what the first line has
	}{
		"a node that nobody needs": {make: func(o *office) []*verifier.Proof {
			good := o.at(1000, o.submit(key(1), 1, 300), 0)
			bad := *good
			bad.Anchors = slices.Clone(bad.Anchors)
			bad.Anchors[0].StorageProof = append(slices.Clone(bad.Anchors[0].StorageProof), verifier.Bytes{0x80})
			return []*verifier.Proof{good, &bad}
		}, want: verifier.Valid, named: 1},
		"another signature": {make: func(o *office) []*verifier.Proof {
			good := o.at(1000, o.submit(key(1), 1, 300), 0)
			bad := *good
			bad.Submission.Signature[3] ^= 1
			return []*verifier.Proof{good, &bad}
		}, want: verifier.Valid, named: 1},
		"the proof of another document": {make: func(o *office) []*verifier.Proof {
			good := o.at(1000, o.submit(key(1), 1, 300), 0)
			o.doc = []byte("another")
			other := o.at(1100, o.submit(key(1), 2, 300), 0)
			o.doc = []byte(doc)
			return []*verifier.Proof{good, other}
		}, want: verifier.Valid, named: 1},
		"another document's, revoked": {make: func(o *office) []*verifier.Proof {
			good := o.at(1000, o.submit(key(1), 1, 300), 0)
			o.doc = []byte("another")
			other := o.submit(key(1), 2, 300)
			other = o.at(1100, other, 0, other)
			o.doc = []byte(doc)
			return []*verifier.Proof{good, other}
		}, want: verifier.Valid, named: 1},
		"a stranger's word": {make: func(o *office) []*verifier.Proof {
			good := o.at(1000, o.submit(key(1), 1, 300), 0)
			theirs := o.submit(key(2), 1, 300)
			return []*verifier.Proof{good, o.at(1100, theirs, 0, theirs)}
		}, want: verifier.Valid, named: 1},
		"revoked since": {make: func(o *office) []*verifier.Proof {
			p := o.submit(key(1), 1, 300)
			return []*verifier.Proof{o.at(1000, p, 0), o.at(1100, p, 0, p)}
		}, want: verifier.Invalid, named: 1, says: "revoked"},
		"reinstated since": {make: func(o *office) []*verifier.Proof {
			p := o.submit(key(1), 1, 300)
			return []*verifier.Proof{o.at(1000, p, 0, p), o.at(1100, p, 0)}
		}, want: verifier.Valid, named: 1},
		"revoked, reinstated, revoked": {make: func(o *office) []*verifier.Proof {
			p := o.submit(key(1), 1, 300)
			return []*verifier.Proof{o.at(1000, p, 0, p), o.at(1100, p, 0), o.at(1200, p, 0, p)}
		}, want: verifier.Invalid, named: 2, says: "revoked"},
		"revoked, and issued anew": {make: func(o *office) []*verifier.Proof {
			first, second := o.submit(key(1), 1, 300), o.submit(key(1), 2, 400)
			return []*verifier.Proof{o.at(1000, first, 0, first), o.at(1100, second, 0, first)}
		}, want: verifier.Valid, named: 1},
		"another issue revoked since": {make: func(o *office) []*verifier.Proof {
			first, second := o.submit(key(1), 1, 300), o.submit(key(1), 2, 400)
			return []*verifier.Proof{o.at(1100, first, 0, first), o.at(1000, second, 0)}
		}, want: verifier.VerdictUnknown, named: 1, says: "hallmark refresh"},
		"nothing told, and a forgery": {make: func(o *office) []*verifier.Proof {
			p := o.submit(key(1), 1, 300)
			pending := *p
			pending.Batch, pending.Anchors = nil, nil
			bad := *o.at(1000, p, 0)
			bad.Submission.Signature[3] ^= 1
			return []*verifier.Proof{&pending, &bad}
		}, want: verifier.VerdictUnknown, named: 1, says: "pending"},
		"nothing told, and revoked": {make: func(o *office) []*verifier.Proof {
			p := o.submit(key(1), 1, 300)
			pending := *p
			pending.Batch, pending.Anchors = nil, nil
			return []*verifier.Proof{&pending, o.at(1000, p, 0, p)}
		}, want: verifier.Invalid, named: 1, says: "revoked"},
		"expired by its own word": {doc: expired, make: func(o *office) []*verifier.Proof {
			p := o.submit(key(1), 1, 300)
			pending := *p
			pending.Batch, pending.Anchors = nil, nil
			return []*verifier.Proof{o.at(1000, p, 0), &pending}
		}, want: verifier.Invalid, named: 1, says: "expired"},
		"retired, this one before": {make: func(o *office) []*verifier.Proof {
			p, late := o.submit(key(1), 1, 300), o.submit(key(1), 2, 800)
			return []*verifier.Proof{o.at(1100, p, verifiertest.IssuedAt+500), o.at(1100, late, verifiertest.IssuedAt+500)}
		}, want: verifier.Valid, named: 1},
		"retired since, from when is not told": {make: func(o *office) []*verifier.Proof {
			p, late := o.submit(key(1), 1, 300), o.submit(key(1), 2, 800)
			return []*verifier.Proof{o.at(1000, p, 0), o.at(1100, late, verifiertest.IssuedAt+500)}
		}, want: verifier.VerdictUnknown, named: 1, says: "retired"},
		"retired since, from before": {make: func(o *office) []*verifier.Proof {
			p := o.submit(key(1), 1, 300)
			return []*verifier.Proof{o.at(1000, p, 0), o.at(1100, p, verifiertest.IssuedAt+200)}
		}, want: verifier.Invalid, named: 1, says: "retired"},
		"own signature broken, and a stranger's word": {doc: broken, make: func(o *office) []*verifier.Proof {
			return []*verifier.Proof{o.at(1000, o.submit(key(1), 1, 300), 0), o.at(1100, o.submit(key(2), 1, 300), 0)}
		}, want: verifier.Invalid, named: 1, says: "own signature"},
		"own signature broken, all of strangers": {doc: broken, make: func(o *office) []*verifier.Proof {
			return []*verifier.Proof{o.at(1000, o.submit(key(2), 1, 300), 0), o.at(1100, o.submit(key(3), 1, 300), 0)}
		}, want: verifier.VerdictUnknown, named: 1, says: "does not know"},
		"the same twice": {make: func(o *office) []*verifier.Proof {
			p := o.at(1000, o.submit(key(1), 1, 300), 0)
			again := *p
			return []*verifier.Proof{p, &again}
		}, want: verifier.Valid},
	} {
		t.Run(strings.ReplaceAll(name, " ", "-"), func(t *testing.T) {
			if tt.doc == "" {
				tt.doc = doc
			}
			o := newOffice(t, tt.doc)
			proofs := tt.make(o)
			v, err := verifier.New(verifier.Options{Trust: o.trust, Now: func() time.Time { return time.Unix(verifiertest.IssuedAt+2000, 0) }})
			if err != nil {
				t.Fatal(err)
			}
			for range 2 {
				it := item{name: "badge", document: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(o.doc)), nil }}
				it.proofs = func() (all []candidate) {
					for i, p := range proofs {
						all = append(all, candidate{string(rune('a' + i)), func() (*verifier.Proof, error) { return p, nil }})
					}
					return all
				}
				res := check(v, it)
				if res.Report.Verdict != tt.want || tt.want != verifier.Valid && res.Report.Reason == "" ||
					len(res.Others) != tt.named || !strings.Contains(Because(res.Report), tt.says) {
					t.Errorf("%s (%s), others %v", res.Report.Verdict, Because(res.Report), res.Others)
				}
				slices.Reverse(proofs)
			}
		})
	}
}

// brokenSignature is a badge whose own signature does not hold under the key that its issuer is.
func brokenSignature(t *testing.T) string {
	t.Helper()
	secret := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	did, method := secured.DIDKey(secret.Public().(ed25519.PublicKey))
	signed, err := secured.SignJCS([]byte(`{"@context":["https://www.w3.org/ns/credentials/v2"],"type":["VerifiableCredential"],`+
		`"issuer":"`+did+`","credentialSubject":{"grade":"D"}}`), secret, method, time.Unix(verifiertest.IssuedAt, 0))
	if err != nil {
		t.Fatal(err)
	}
	return strings.Replace(string(signed), `"grade":"D"`, `"grade":"A"`, 1)
}

// Whoever fills one archive with proofs of a document does not keep those elsewhere from
// being tried; that some are not tried is said.
func TestManyCandidates(t *testing.T) {
	const doc = `{"name":"a badge"}`
	o := newOffice(t, doc)
	good := o.at(1000, o.submit(key(1), 1, 300), 0)
	var junk, one archive.Collection
	for i := range maxCandidates + 20 {
		p := o.submit(key(2), byte(i), 300)
		p.Batch = nil
		if err := junk.Add(p, "badge.json"); err != nil {
			t.Fatal(err)
		}
	}
	if err := one.Add(good, ""); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, c := range map[string]*archive.Collection{"a.proofs": &junk, "z.proofs": &one} {
		var out bytes.Buffer
		w := archive.NewWriter(&out)
		if err := errors.Join(c.Write(w), w.Close(), os.WriteFile(filepath.Join(dir, name), out.Bytes(), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "badge.json"), []byte(doc), 0o600); err != nil {
		t.Fatal(err)
	}
	v, err := verifier.New(verifier.Options{Trust: o.trust, Now: func() time.Time { return time.Unix(verifiertest.IssuedAt+2000, 0) }})
	if err != nil {
		t.Fatal(err)
	}
	tasks, err := Named([]string{dir}, nil)
	if err != nil {
		t.Fatal(err)
	}
	var results []Result
	for range Pipeline(t.Context(), v, tasks, func(_ io.Writer, r Result) { results = append(results, r) }) {
	}
	if len(results) != 1 || results[0].Report == nil || results[0].Report.Verdict != verifier.Valid {
		t.Fatalf("got %d results: %+v", len(results), results[:1])
	}
	others := results[0].Others
	if last := others[len(others)-1]; len(others) != maxCandidates || last.Verdict != NotLooked {
		t.Errorf("%d others, the last %v", len(others), last)
	}
}
