package verifier_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/crypto"

	"github.com/hallmark-node/hallmark/credential"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// other is a second good proof in the same state, of another issuer, to take
// parts from.
func other(g *good) *good {
	t := g.world.TB
	secret := sha256.Sum256([]byte("another issuer"))
	o := &good{world: g.world, document: []byte(strings.Replace(badge, "uni.example", "other.example", 1)), now: g.now, key: secret[:]}
	c, err := credential.Sum(bytes.NewReader(o.document), credential.FormAuto, "")
	if err != nil {
		t.Fatal(err)
	}
	o.proof = &verifier.Proof{Credential: c, Salt: merkle.Keccak256([]byte("other salt"))}
	o.proof.Submission = verifier.Submission{Home: g.proof.Submission.Home, Count: 1, IssuedAt: issuedAt}
	o.sign()
	o.proof.Batch = &verifier.Batch{}
	g.world.Anchor(o.batchRoot(), 901, issuedAt+310)
	o.setStatus(verifier.StatusItem{ID: merkle.Keccak256([]byte("else")), Code: verifier.StatusRevoked})
	o.trust = g.trust
	g.refresh()
	o.refresh()
	return o
}

func flip(b []byte, i int) { b[i] ^= 1 }

// hostile is one change to a good proof: the check that must not pass, with the
// result it must have.
type hostile struct {
	name   string
	change func(g *good)
	check  verifier.Check
	result verifier.Result
}

func anchorOf(g *good) *verifier.Anchor { return &g.proof.Anchors[0] }

func hostiles() []hostile {
	const (
		inclusion, signature, issuer = verifier.CheckInclusion, verifier.CheckSignature, verifier.CheckIssuer
		anchor, finality, status     = verifier.CheckAnchor, verifier.CheckFinality, verifier.CheckStatus
		fail, unknown                = verifier.Fail, verifier.Unknown
	)
	return []hostile{
		// The credential and its commitment.
		{
			"another document", func(g *good) { g.document = bytes.Replace(g.document, []byte("Rust"), []byte("Dust"), 1) },
			verifier.CheckCredential, fail,
		},
		{"another document in another form", func(g *good) { g.document = []byte("not JSON") }, verifier.CheckCredential, unknown},
		{"document with a duplicate member", func(g *good) {
			g.document = bytes.Replace(g.document, []byte(`{`), []byte(`{"issuer":"did:web:evil.example",`), 1)
		}, verifier.CheckCredential, unknown},
		{"CID of another credential", func(g *good) { g.proof.Credential = other(g).proof.Credential }, signature, fail},
		{"salt flipped", func(g *good) { flip(g.proof.Salt[:], 31) }, signature, fail},
		{"salt zeroed", func(g *good) { g.proof.Salt = verifier.Hash{} }, signature, fail},
		{"salt of another proof", func(g *good) { g.proof.Salt = other(g).proof.Salt }, signature, fail},

		// The submission.
		{"issuer flipped", func(g *good) { flip(g.proof.Submission.Issuer[:], 0) }, signature, fail},
		{"issuer of another proof", func(g *good) { g.proof.Submission.Issuer = other(g).proof.Submission.Issuer }, signature, fail},
		{"zero issuer", func(g *good) { g.proof.Submission.Issuer = verifier.Address{} }, signature, fail},
		{"home on another chain", func(g *good) { g.proof.Submission.Home.Chain = 1 }, signature, fail},
		{"home on an unknown chain", func(g *good) {
			g.proof.Submission.Home.Chain = 4242
			g.sign()
		}, anchor, unknown},
		{"home at another registry", func(g *good) { flip(g.proof.Submission.Home.Registry[:], 3) }, signature, fail},
		{"count raised", func(g *good) { g.proof.Submission.Count++ }, signature, fail},
		{"count far too high", func(g *good) { g.proof.Submission.Count = 1 << 40 }, inclusion, fail},
		{"count of one", func(g *good) { g.proof.Submission.Count = 1 }, inclusion, fail},
		{"issuedAt changed", func(g *good) { g.proof.Submission.IssuedAt++ }, signature, fail},
		{"path flipped", func(g *good) { flip(g.proof.Submission.Path[0][:], 5) }, signature, fail},
		{"path reversed", func(g *good) { slices.Reverse(g.proof.Submission.Path) }, signature, fail},
		{"path cut", func(g *good) { g.proof.Submission.Path = g.proof.Submission.Path[:1] }, inclusion, fail},
		{"path empty", func(g *good) { g.proof.Submission.Path = nil }, inclusion, fail},
		{"path with one step more", func(g *good) {
			g.proof.Submission.Path = append(g.proof.Submission.Path, merkle.Hash{1}, merkle.Hash{2})
		}, inclusion, fail},
		{"path of another proof", func(g *good) { g.proof.Submission.Path = other(g).proof.Submission.Path }, inclusion, fail},
		{"submission of another proof", func(g *good) { g.proof.Submission = other(g).proof.Submission }, signature, fail},

		// The signature.
		{"signature flipped in r", func(g *good) { flip(g.proof.Submission.Signature[:], 3) }, signature, fail},
		{"signature flipped in s", func(g *good) { flip(g.proof.Submission.Signature[:], 60) }, signature, fail},
		{"signature with the other v", func(g *good) { g.proof.Submission.Signature[64] ^= 27 ^ 28 }, signature, fail},
		{"signature with v 0 or 1", func(g *good) { g.proof.Submission.Signature[64] -= 27 }, signature, fail},
		{"signature with v of EIP-155", func(g *good) { g.proof.Submission.Signature[64] += 35 - 27 }, signature, fail},
		{"signature with high s", func(g *good) {
			sig := &g.proof.Submission.Signature
			s := new(big.Int).Sub(crypto.S256().Params().N, new(big.Int).SetBytes(sig[32:64]))
			s.FillBytes(sig[32:64])
			sig[64] ^= 27 ^ 28
		}, signature, fail},
		{"signature of zeros", func(g *good) { clear(g.proof.Submission.Signature[:64]) }, signature, fail},
		{"signature with s of the group order", func(g *good) {
			crypto.S256().Params().N.FillBytes(g.proof.Submission.Signature[32:64])
		}, signature, fail},
		{"signature of another proof", func(g *good) { g.proof.Submission.Signature = other(g).proof.Submission.Signature }, signature, fail},
		{"signed by a key that the store does not know", func(g *good) {
			o := other(g)
			*g = *o
		}, issuer, unknown},
		{"signed by a key that may not speak for the name", func(g *good) {
			g.trust.Issuers[g.proof.Submission.Issuer].IDs = []string{"did:web:elsewhere.example"}
		}, issuer, unknown},
		{"signed by a key when the name is another's", func(g *good) {
			g.trust.Issuers[g.proof.Submission.Issuer].IDs = nil
			g.trust.Issuers[addr(0x55)] = &verifier.TrustedIssuer{Name: "the real one", IDs: []string{"did:web:uni.example"}, Complete: true}
		}, issuer, fail},
		{"unknown key for a name that the store gives to another", func(g *good) {
			delete(g.trust.Issuers, g.proof.Submission.Issuer)
			g.trust.Issuers[addr(0x55)] = &verifier.TrustedIssuer{Name: "the real one", IDs: []string{"did:web:uni.example"}, Complete: true}
		}, issuer, fail},
		{"signed by a key when the name is another's, whose list may have gaps", func(g *good) {
			g.trust.Issuers[g.proof.Submission.Issuer].IDs = nil
			g.trust.Issuers[addr(0x55)] = &verifier.TrustedIssuer{Name: "the real one", IDs: []string{"did:web:uni.example"}}
		}, issuer, unknown},
		{"unknown key for a name whose list may have gaps", func(g *good) {
			delete(g.trust.Issuers, g.proof.Submission.Issuer)
			g.trust.Issuers[addr(0x55)] = &verifier.TrustedIssuer{Name: "the real one", IDs: []string{"did:web:uni.example"}}
		}, issuer, unknown},
		{"unknown key for a name that another entry completes", func(g *good) {
			delete(g.trust.Issuers, g.proof.Submission.Issuer)
			g.trust.Issuers[addr(0x55)] = &verifier.TrustedIssuer{IDs: []string{"did:web:uni.example"}}
			g.trust.Issuers[addr(0x56)] = &verifier.TrustedIssuer{IDs: []string{"did:web:uni.example"}, Complete: true}
		}, issuer, fail},
		{"unknown key, and a complete list of whoever may speak for any", func(g *good) {
			delete(g.trust.Issuers, g.proof.Submission.Issuer)
			g.trust.Issuers[addr(0x55)] = &verifier.TrustedIssuer{IDs: []string{verifier.AnyIssuer}, Complete: true}
		}, issuer, unknown},
		{"anchored before the key is believed", func(g *good) {
			g.trust.Issuers[g.proof.Submission.Issuer].NotBefore = issuedAt + 301
		}, issuer, fail},
		{"anchored after the key is believed", func(g *good) {
			g.trust.Issuers[g.proof.Submission.Issuer].NotAfter = issuedAt + 299
		}, issuer, fail},

		// The batch.
		{"batch path flipped", func(g *good) { flip(g.proof.Batch.Path[0][:], 9) }, anchor, unknown},
		{"batch path empty", func(g *good) { g.proof.Batch.Path = nil }, anchor, unknown},
		{"batch path of another proof", func(g *good) { g.proof.Batch = other(g).proof.Batch }, anchor, unknown},
		{"batch path with one step more", func(g *good) { g.proof.Batch.Path = append(g.proof.Batch.Path, merkle.Hash{9}) }, anchor, unknown},
		{
			"batch path turned round", func(g *good) { g.proof.Batch.Path = append(g.proof.Batch.Path[1:], g.proof.Batch.Path[0]) }, anchor,
			unknown,
		},

		// The evidence. What is malformed, given twice or unused says nothing about the credential.
		{"anchor on another chain only", func(g *good) { anchorOf(g).Chain = 1 }, anchor, unknown},
		{"anchor at another registry", func(g *good) { flip(anchorOf(g).Registry[:], 1) }, anchor, unknown},
		{"registry that the store does not trust", func(g *good) {
			g.trust.Chains[g.world.Chain].Registries = []verifier.Address{addr(0x99)}
		}, anchor, unknown},
		{"registry with other code", func(g *good) {
			g.world.CodeHash = merkle.Keccak256([]byte("a constructor that filled the storage"))
			g.refresh()
		}, anchor, unknown},
		{"registry address without an account", func(g *good) {
			a := *anchorOf(g)
			moved := verifier.Address{1, 2, 3}
			g.world.Registry, moved = moved, g.world.Registry
			*anchorOf(g) = g.world.Evidence(g.batchRoot(), g.proof.Submission.Issuer)
			anchorOf(g).Registry = a.Registry
			g.world.Registry = moved
			g.pin()
		}, anchor, unknown},
		{"header flipped in the state root", func(g *good) { flip(anchorOf(g).Header, 100) }, anchor, unknown},
		{"header with another number", func(g *good) {
			i := bytes.Index(anchorOf(g).Header, []byte{0x82, 0x03, 0xe8})
			flip(anchorOf(g).Header, i+2)
		}, finality, unknown},
		{"header cut", func(g *good) { anchorOf(g).Header = anchorOf(g).Header[:200] }, anchor, unknown},
		{"header with a byte behind it", func(g *good) { anchorOf(g).Header = append(anchorOf(g).Header, 0) }, anchor, unknown},
		{"header of a typed form", func(g *good) { anchorOf(g).Header = append(verifier.Bytes{2}, anchorOf(g).Header...) }, anchor, unknown},
		{"header of few fields", func(g *good) { anchorOf(g).Header = verifier.Bytes{0xc3, 1, 2, 3} }, anchor, unknown},
		{"header with a field of another shape", func(g *good) {
			i := bytes.Index(anchorOf(g).Header, []byte{0x82, 0x03, 0xe8})
			copy(anchorOf(g).Header[i:], []byte{0xc2, 0x03, 0x08})
		}, anchor, unknown},
		{"header empty", func(g *good) { anchorOf(g).Header = verifier.Bytes{} }, anchor, unknown},
		{"header of another block", func(g *good) {
			before := *anchorOf(g)
			g.world.Anchor(merkle.Keccak256([]byte("later")), 2, 3)
			anchorOf(g).Header = g.world.Evidence(g.batchRoot(), g.proof.Submission.Issuer).Header
			anchorOf(g).AccountProof = before.AccountProof
		}, anchor, unknown},
		{"header that nothing vouches for", func(g *good) {
			g.trust.Chains[g.world.Chain].Blocks = nil
		}, finality, unknown},
		{"header of a fork, at a number pinned otherwise", func(g *good) {
			g.world.Anchor(merkle.Keccak256([]byte("fork")), 2, 3)
			pinned := g.trust.Chains[g.world.Chain].Blocks
			g.refresh()
			g.trust.Chains[g.world.Chain].Blocks = pinned
		}, finality, unknown},
		{"account proof cut", func(g *good) { anchorOf(g).AccountProof = anchorOf(g).AccountProof[1:] }, anchor, unknown},
		{"account proof empty", func(g *good) { anchorOf(g).AccountProof = nil }, anchor, unknown},
		{"account proof flipped", func(g *good) { flip(anchorOf(g).AccountProof[0], 7) }, anchor, unknown},
		{"account proof with a node too many", func(g *good) {
			anchorOf(g).AccountProof = append(anchorOf(g).AccountProof, verifier.Bytes{0xc0})
		}, anchor, unknown},
		{"account proof with a node twice", func(g *good) {
			anchorOf(g).AccountProof = append(anchorOf(g).AccountProof, anchorOf(g).AccountProof[0])
		}, anchor, unknown},
		{"storage proof cut", func(g *good) {
			one, two := verifier.IssuerSlots(g.proof.Submission.Issuer)
			header := *anchorOf(g)
			*anchorOf(g) = g.world.EvidenceFor(one[:], two[:])
			anchorOf(g).Status = header.Status
		}, anchor, unknown},
		{"storage proof empty", func(g *good) { anchorOf(g).StorageProof = nil }, anchor, unknown},
		{"storage proof flipped", func(g *good) { flip(anchorOf(g).StorageProof[0], 7) }, anchor, unknown},
		{"storage proof of another slot", func(g *good) {
			slot := verifier.AnchorSlot(merkle.Keccak256([]byte{1}))
			one, two := verifier.IssuerSlots(g.proof.Submission.Issuer)
			*anchorOf(g) = g.world.EvidenceFor(slot[:], one[:], two[:])
		}, anchor, unknown},
		{"registry that is not there yet", func(g *good) {
			trusted := g.world.Registry
			g.world.Registry = verifier.Address{1, 2, 3}
			raw := g.world.EvidenceOfAccount(trusted)
			g.world.Registry = trusted
			g.proof.Anchors = []verifier.Anchor{raw}
			g.pin()
		}, anchor, fail},
		{"storage proof of an absent slot, of a block that nothing vouches for", func(g *good) {
			g.world.Set(verifier.AnchorSlot(g.batchRoot()), nil)
			g.refresh()
			g.trust.Chains[g.world.Chain].Blocks = nil
		}, anchor, unknown},
		{"storage proof of an absent slot", func(g *good) {
			g.world.Set(verifier.AnchorSlot(g.batchRoot()), nil)
			g.refresh()
		}, anchor, fail},
		{"storage proof with a foreign trie's node", func(g *good) {
			anchorOf(g).StorageProof = append(anchorOf(g).StorageProof, anchorOf(g).AccountProof[0])
		}, anchor, unknown},
		{"proofs swapped", func(g *good) {
			a := anchorOf(g)
			a.AccountProof, a.StorageProof = a.StorageProof, a.AccountProof
		}, anchor, unknown},
		{"anchors of another proof", func(g *good) { g.proof.Anchors = other(g).proof.Anchors }, anchor, unknown},

		// The status.
		{"revoked", func(g *good) {
			g.setStatus(verifier.StatusItem{ID: g.proof.Leaf(), Code: verifier.StatusRevoked})
			g.refresh()
		}, status, fail},
		{"suspended", func(g *good) {
			g.setStatus(verifier.StatusItem{ID: g.proof.Leaf(), Code: verifier.StatusSuspended})
			g.refresh()
		}, status, fail},
		{"whole submission revoked", func(g *good) {
			g.setStatus(verifier.StatusItem{ID: g.submissionRoot(), Code: verifier.StatusRevoked})
			g.refresh()
		}, status, fail},
		{"revoked, shown by a gap below instead", func(g *good) {
			before := g.list
			g.setStatus(append(slices.Clone(before.Items()), verifier.StatusItem{ID: g.proof.Leaf(), Code: verifier.StatusRevoked})...)
			revoking := g.list
			g.refresh()
			anchorOf(g).Status = nil
			for _, id := range []verifier.Hash{g.submissionRoot(), before.Items()[0].ID} {
				e, _ := revoking.Entry(id)
				anchorOf(g).Status = append(anchorOf(g).Status, e)
			}
		}, status, unknown},
		{"revoked, shown with the list from before", func(g *good) {
			stale := anchorOf(g).Status
			g.setStatus(append(slices.Clone(g.list.Items()), verifier.StatusItem{ID: g.proof.Leaf(), Code: verifier.StatusRevoked})...)
			g.refresh()
			anchorOf(g).Status = stale
		}, status, unknown},
		{"status entries of another issuer", func(g *good) {
			o := other(g)
			anchorOf(g).Status = anchorOf(o).Status
		}, status, unknown},
		{"status entries absent", func(g *good) { anchorOf(g).Status = nil }, status, unknown},
		{"status entry of a neighbouring gap", func(g *good) {
			items := g.list.Items()
			neighbour := items[0].ID
			if merkle.Compare(g.proof.Leaf(), items[0].ID) < 0 {
				neighbour = items[1].ID
			}
			e, _ := g.list.Entry(neighbour)
			anchorOf(g).Status = []verifier.StatusEntry{e}
		}, status, unknown},
		{"status entry for the leaf only", func(g *good) { onlyEntry(g, g.proof.Leaf(), g.submissionRoot()) }, status, unknown},
		{"status entry for the submission only", func(g *good) { onlyEntry(g, g.submissionRoot(), g.proof.Leaf()) }, status, unknown},
		{"status entry with its code changed", func(g *good) {
			g.setStatus(verifier.StatusItem{ID: g.proof.Leaf(), Code: verifier.StatusRevoked})
			g.refresh()
			for i := range anchorOf(g).Status {
				anchorOf(g).Status[i].Code = 0
			}
		}, status, unknown},
		{"status entry with its next changed", func(g *good) { flip(anchorOf(g).Status[0].Next[:], 31) }, status, unknown},
		{"status path flipped", func(g *good) { flip(anchorOf(g).Status[0].Path[0][:], 31) }, status, unknown},
		{"status entry of no list", func(g *good) {
			entries := anchorOf(g).Status
			g.setStatus()
			g.refresh()
			anchorOf(g).Status = entries
		}, status, unknown},
		{"status code that is not known yet", func(g *good) {
			leaf := g.proof.Leaf()
			codes := []verifier.StatusEntry{{Next: leaf}, {ID: leaf, Code: 9, Next: verifier.Hash(bytes.Repeat([]byte{0xff}, 32))}}
			statusTree(g, codes)
		}, status, unknown},
		{"status code zero for an id", func(g *good) {
			leaf := g.proof.Leaf()
			codes := []verifier.StatusEntry{{Next: leaf}, {ID: leaf, Code: 0, Next: verifier.Hash(bytes.Repeat([]byte{0xff}, 32))}}
			statusTree(g, codes)
		}, status, unknown},
		{"revoked by its entry and good by a gap over it", func(g *good) {
			leaf := g.proof.Leaf()
			last := verifier.Hash(bytes.Repeat([]byte{0xff}, 32))
			statusTree(g, []verifier.StatusEntry{{Next: last}, {ID: leaf, Code: verifier.StatusRevoked, Next: last}})
		}, status, fail},
		{"issuer's words not shown", func(g *good) {
			slot := verifier.AnchorSlot(g.batchRoot())
			entries := anchorOf(g).Status
			*anchorOf(g) = g.world.EvidenceFor(slot[:])
			anchorOf(g).Status = entries
		}, status, unknown},
		{"issuer's words of another issuer", func(g *good) {
			o := other(g)
			*anchorOf(g) = g.world.Evidence(g.batchRoot(), o.proof.Submission.Issuer)
			anchorOf(g).Status = anchorOf(o).Status
		}, status, unknown},
		{"key retired before the anchor", func(g *good) {
			g.world.Issuer(g.proof.Submission.Issuer, g.list.Root(), issuedAt+300, 1, issuedAt+400)
			g.refresh()
		}, status, fail},
		{"key retired before the anchor, seen long ago", func(g *good) {
			g.world.Issuer(g.proof.Submission.Issuer, g.list.Root(), 1, 1, issuedAt+400)
			g.refresh()
			g.now = g.now.Add(365 * 24 * time.Hour)
		}, status, fail},
		{"evidence that is old", func(g *good) { g.now = g.now.Add(31 * 24 * time.Hour) }, status, unknown},
		{"evidence from the future", func(g *good) {
			g.world.Time = uint64(g.now.Add(16 * time.Minute).Unix())
			g.refresh()
		}, status, unknown},

		// The credential's own dates.
		{"expired", func(g *good) { redate(g, "2036-01-01T", "2026-01-01T00:10:00Z", `00:00:00Z`) }, verifier.CheckValidity, fail},
		{
			"not yet valid", func(g *good) { redate(g, `"validFrom":"2026-01-01T`, `"validFrom":"2030-01-01T00:00:00Z`, `00:00:00Z`) },
			verifier.CheckValidity, fail,
		},

		// Pending.
		{"no anchor at all", func(g *good) { g.proof.Batch, g.proof.Anchors = nil, nil }, inclusion, unknown},
	}
}

// onlyEntry leaves the one entry that covers id, in a list where id and not lie
// in different gaps.
func onlyEntry(g *good, id, not verifier.Hash) {
	lower := id
	if merkle.Compare(not, id) < 0 {
		lower = not
	}
	between := lower
	for i := len(between) - 1; i >= 0; i-- {
		between[i]++
		if between[i] != 0 {
			break
		}
	}
	g.setStatus(verifier.StatusItem{ID: between, Code: verifier.StatusRevoked})
	g.refresh()
	e, _ := g.list.Entry(id)
	anchorOf(g).Status = []verifier.StatusEntry{e}
}

// statusTree puts entries on the chain that no honest issuer would.
func statusTree(g *good, entries []verifier.StatusEntry) {
	var leaves []merkle.Hash
	for _, e := range entries {
		leaves = append(leaves, verifier.StatusLeaf(e.ID, e.Code, e.Next))
	}
	tree, err := merkle.New(leaves)
	if err != nil {
		g.world.TB.Fatal(err)
	}
	g.world.Issuer(g.proof.Submission.Issuer, tree.Root(), 0, 1, issuedAt+400)
	g.list = nil
	g.refresh()
	for i, e := range entries {
		at, _ := tree.Index(leaves[i])
		e.Path = tree.Path(at)
		anchorOf(g).Status = append(anchorOf(g).Status, e)
	}
}

// redate makes a good proof of a badge with other dates.
func redate(g *good, old, now, tail string) {
	*g = *buildGood(g.world.TB, g.world, strings.Replace(badge, old+tail, now, 1))
}

func TestHostileProofs(t *testing.T) {
	table := hostiles()
	if len(table) < 60 {
		t.Fatalf("only %d hostile proofs", len(table))
	}
	for _, h := range table {
		t.Run(strings.ReplaceAll(h.name, " ", "-"), func(t *testing.T) {
			g := newGood(t)
			if r := g.verify(); r.Verdict != verifier.Valid {
				t.Fatalf("the good proof is %s", describe(r))
			}
			h.change(g)
			r := g.verify()
			if got := r.Result(h.check); got.Result != h.result {
				t.Errorf("%s is %s, want %s\n%s", h.check, got.Result, h.result, describe(r))
			}
			if r.Verdict == verifier.Valid {
				t.Error("VALID")
			}
			// Failure of one check must not be blamed on those that rest on it.
			if h.result == verifier.Unknown && r.Verdict == verifier.Invalid {
				t.Errorf("INVALID although nothing is proven\n%s", describe(r))
			}
			for _, c := range r.Checks {
				if strings.ContainsAny(c.Detail, "\n\r\x1b") || c.Detail == "" {
					t.Errorf("%s: detail %q is not one plain line", c.Check, c.Detail)
				}
			}
			// What can be written must be read back as the same.
			data := g.encode()
			p, err := parseProof(data)
			if err != nil {
				if !errors.Is(err, verifier.ErrNotProof) {
					t.Error(err)
				}
				return
			}
			g.proof = p
			if again := g.verify(); describe(again) != describe(r) {
				t.Errorf("after a round trip:\n%s\nbefore:\n%s", describe(again), describe(r))
			}
		})
	}
}

// Whatever bit of the evidence is wrong, and whatever is left out of it, given twice or
// added: that says nothing about the credential. The verdict is neither VALID nor INVALID.
func TestBadEvidenceIsUnknown(t *testing.T) {
	g := newGood(t)
	v, err := verifier.New(g.options())
	if err != nil {
		t.Fatal(err)
	}
	unknown := func(what string) {
		t.Helper()
		if r := verify(v, g.proof, g.document); r.Verdict != verifier.VerdictUnknown {
			t.Fatalf("%s: %s", what, describe(r))
		}
	}
	a := anchorOf(g)
	pieces := [][]byte{a.Header}
	for _, list := range []*[]verifier.Bytes{&a.AccountProof, &a.StorageProof} {
		whole := *list
		for i, node := range whole {
			pieces = append(pieces, node)
			*list = slices.Delete(slices.Clone(whole), i, i+1)
			unknown("a node left out")
			*list = append(slices.Clone(whole), node)
			unknown("a node twice")
			*list = append(slices.Clone(whole), append(slices.Clone(node), 0))
			unknown("a node added")
		}
		*list = whole
	}
	for i := range a.Status {
		e := &a.Status[i]
		pieces = append(pieces, e.ID[:], e.Next[:])
		for j := range e.Path {
			pieces = append(pieces, e.Path[j][:])
		}
	}
	for _, piece := range pieces {
		for i := range piece {
			for _, bit := range []byte{1, 0x80} {
				piece[i] ^= bit
				unknown("a bit flipped")
				piece[i] ^= bit
			}
		}
	}
	if r := verify(v, g.proof, g.document); r.Verdict != verifier.Valid {
		t.Fatal(describe(r))
	}
}

// unreadable is one change to the text of a good proof, and what the error says.
type unreadable struct {
	name   string
	change func(string) string
	says   string
}

func unreadables(g *good) []unreadable {
	replace := func(old, now string) func(string) string {
		return func(s string) string {
			if !strings.Contains(s, old) {
				panic("the proof does not hold " + old)
			}
			return strings.Replace(s, old, now, 1)
		}
	}
	addr := g.proof.Submission.Issuer.String()
	return []unreadable{
		{"empty", func(string) string { return "" }, ""},
		{"not JSON", func(string) string { return "hello" }, ""},
		{"an array", func(s string) string { return "[" + s + "]" }, ""},
		{"cut", func(s string) string { return s[:len(s)/2] }, ""},
		{"trailing data", func(s string) string { return s + "{}" }, ""},
		{"two byte order marks", func(s string) string { return "\ufeff\ufeff" + s }, ""},
		{"a byte order mark behind a space", func(s string) string { return " \ufeff" + s }, ""},
		{"UTF-16", func(s string) string { return "\xff\xfe" + strings.Join(strings.Split(s, ""), "\x00") + "\x00" }, "UTF-16"},
		{"UTF-16 without a mark", func(s string) string { return "\x00" + strings.Join(strings.Split(s, ""), "\x00") }, "UTF-16"},
		{"Markdown", func(s string) string { return "```json\n" + s + "\n```\n" }, "Markdown"},
		{"invalid UTF-8", replace(`"salt"`, "\"\xff\""), ""},
		{"unknown member", replace(`"salt"`, `"extra": 1, "salt"`), "extra"},
		{"unknown member deep inside", replace(`"count"`, `"extra": 1, "count"`), "extra"},
		{"duplicate member", replace(`"salt"`, `"salt": "0x`+strings.Repeat("00", 32)+`", "salt"`), "salt"},
		{"duplicate escaped member", replace(`"salt"`, `"sal\u0074": "0x`+strings.Repeat("00", 32)+`", "salt"`), "salt"},
		{"differently-cased member", replace(`"salt"`, `"Salt"`), "Salt"},
		{"null", replace(`"salt": "`+g.proof.Salt.String()+`"`, `"salt": null`), "null"},
		{"missing member", replace(`"salt": "`+g.proof.Salt.String()+`",`, ``), "missing"},
		{"missing deep member", replace(`"count": 5,`, ``), "missing"},
		{"another version", replace(`"hallmark": 1`, `"hallmark": 2`), "newer verifier"},
		{"version as text", replace(`"hallmark": 1`, `"hallmark": "1"`), ""},
		{"count zero", replace(`"count": 5`, `"count": 0`), "count"},
		{"count as fraction", replace(`"count": 5`, `"count": 5.0`), "integer"},
		{"count in exponent form", replace(`"count": 5`, `"count": 5e0`), "integer"},
		{"count negative", replace(`"count": 5`, `"count": -5`), "integer"},
		{"count beyond 2^53-1", replace(`"count": 5`, `"count": 9007199254740992`), "integer"},
		{"count beyond 64 bits", replace(`"count": 5`, `"count": 18446744073709551621`), "integer"},
		{"upper-case hex", func(s string) string {
			return strings.Replace(s, g.proof.Salt.String(), "0x"+strings.ToUpper(g.proof.Salt.String()[2:]), 1)
		}, ""},
		{"hex without 0x", replace(g.proof.Salt.String(), g.proof.Salt.String()[2:]), ""},
		{"short salt", replace(g.proof.Salt.String(), g.proof.Salt.String()[:64]), ""},
		{"long salt", replace(g.proof.Salt.String(), g.proof.Salt.String()+"00"), ""},
		{"odd hex", replace(g.proof.Salt.String(), g.proof.Salt.String()[:65]), ""},
		{"address in lower case", replace(addr, strings.ToLower(addr)), "EIP-55"},
		{"address with a wrong checksum", replace(addr, swapCase(addr)), "EIP-55"},
		{"signature of 64 bytes", replace(g.proof.Submission.Signature.String(), g.proof.Submission.Signature.String()[:130]), ""},
		{"home without a chain", replace("eip155:31337:", ""), "eip155"},
		{"home with a leading zero", replace("eip155:31337:", "eip155:031337:"), "eip155"},
		{"chain of another name space", replace(`"chain": "eip155:31337"`, `"chain": "solana:31337"`), "eip155"},
		{"CID in upper case", func(s string) string {
			return strings.Replace(s, g.proof.Credential.String(), strings.ToUpper(g.proof.Credential.String()), 1)
		}, "credential"},
		{"CID of version 0", replace(g.proof.Credential.String(), "QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWnPbdG"), "credential"},
		{"CID with an identity hash", replace(g.proof.Credential.String(), "bafkqaddjnzzxazldoqwxizltoq"), "credential"},
		{"batch without anchors", func(s string) string {
			i, j := strings.Index(s, `  "anchors"`), strings.LastIndex(s, "]")
			return strings.TrimRight(s[:i], " \n,") + s[j+1:]
		}, "together"},
		{"anchors empty", func(s string) string {
			i, j := strings.Index(s, `"anchors": [`), strings.LastIndex(s, "]")
			return s[:i] + `"anchors": [` + s[j:]
		}, "anchors"},
		{"deep nesting", replace(`"status": [`, `"finality": [{"kind":"x","y":`+
			strings.Repeat("[", 12)+strings.Repeat("]", 12)+`}], "status": [`), "deep"},
		{"very deep nesting", replace(`"salt"`, `"extra": `+strings.Repeat("[", 100000)+strings.Repeat("]", 100000)+`, "salt"`), "extra"},
		{"very deep nesting in a voucher", replace(`"status": [`, `"finality": [{"kind":"x","y":`+
			strings.Repeat("[", 100000)+strings.Repeat("]", 100000)+`}], "status": [`), "deep"},
		{"null in a voucher", replace(`"status": [`, `"finality": [{"kind":"x","y":null}], "status": [`), "null"},
		{"fraction in a voucher", replace(`"status": [`, `"finality": [{"kind":"x","y":1.5}], "status": [`), "integer"},
		{"duplicate member in a voucher", replace(`"status": [`, `"finality": [{"kind":"x","y":1,"\u0079":1}], "status": [`), "twice"},
		{"voucher with a kind of another case", replace(`"status": [`, `"finality": [{"Kind":"x"}], "status": [`), "kind"},
		{"lone surrogate", replace(`"salt"`, `"hints": {"node": "\ud800"}, "salt"`), ""},
		{"hint that is no text", replace(`"salt"`, `"hints": {"node": 1}, "salt"`), "node"},
		{"unknown hint", replace(`"salt"`, `"hints": {"Node": "x"}, "salt"`), "Node"},
		{"text where an object should be", replace(`"batch": {`, `"batch": "", "x": {`), "batch"},
		{"object where a text should be", replace(`"salt": "`, `"salt": {}, "x": "`), "salt"},
		{"null in a path", replace(`"path": [`, `"path": [null, `), "null"},
		{"comma behind the last element", replace(`]`, `,]`), ""},
		{"missing colon", replace(`"salt":`, `"salt"`), ""},

		{"oversize", func(s string) string { return s + strings.Repeat(" ", verifier.MaxProofSize) }, "bytes"},
		{"long path", replace(`"path": [`, `"path": [`+strings.Repeat(`"0x`+strings.Repeat("00", 32)+`",`, 65)), "path"},
		{"long header", replace(`"header": "0x`, `"header": "0x`+strings.Repeat("00", 4097)), "header"},
		{"many trie nodes", replace(`"accountProof": [`, `"accountProof": [`+strings.Repeat(`"0x00",`, 129)), "accountProof"},
		{"a chain twice", func(s string) string {
			i, j := strings.Index(s, `"anchors": [`)+len(`"anchors": [`), strings.LastIndex(s, "]")
			return s[:j] + "," + s[i:j] + s[j:]
		}, "second"},
		{"many status entries", func(s string) string {
			i := strings.Index(s, `"status": [`) + len(`"status": [`)
			entry := fmt.Sprintf(`{"id":"%[1]s","code":0,"next":"%[1]s","path":[]},`, merkle.Hash{})
			return s[:i] + strings.Repeat(entry, 5) + s[i:]
		}, "status"},
		{"status code beyond a byte", replace(`"code": 0`, `"code": 256`), ""},
		{"voucher without a kind", replace(`"status": [`, `"finality": [{}], "status": [`), "kind"},
		{"voucher that is no object", replace(`"status": [`, `"finality": ["pinned"], "status": [`), "kind"},
		{
			"many vouchers", replace(`"status": [`, `"finality": [`+strings.TrimSuffix(strings.Repeat(`{"kind":"x"},`, 9), ",")+`], "status": [`),
			"finality",
		},
	}
}

// TestUnreadableProofs changes the text of a good proof. None may be read at all.
func TestUnreadableProofs(t *testing.T) {
	g := newGood(t)
	good := string(g.encode())
	if _, err := parseProof([]byte(good)); err != nil {
		t.Fatal(err)
	}
	for _, tt := range unreadables(g) {
		t.Run(strings.ReplaceAll(tt.name, " ", "-"), func(t *testing.T) {
			bad := tt.change(good)
			if bad == good {
				t.Fatal("nothing was changed")
			}
			_, err := parseProof([]byte(bad))
			if !errors.Is(err, verifier.ErrNotProof) {
				t.Fatalf("got %v", err)
			}
			if !strings.Contains(err.Error(), tt.says) {
				t.Errorf("%q does not mention %q", err, tt.says)
			}
		})
	}
}

func swapCase(s string) string {
	return s[:2] + strings.Map(func(r rune) rune {
		switch {
		case 'a' <= r && r <= 'f':
			return r - 32
		case 'A' <= r && r <= 'F':
			return r + 32
		}
		return r
	}, s[2:])
}
