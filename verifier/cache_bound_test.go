package verifier

import (
	"bytes"
	"encoding/binary"
	"os"
	"reflect"
	"slices"
	"testing"

	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier/identity"
)

// TestCacheBounded fills a cache many times over, and asks for one entry all the
// while, which it must keep.
func TestCacheBounded(t *testing.T) {
	var c cache[int]
	kept := contentKey{0xff}
	computed := 0
	for i := range 10 * maxCached {
		var key contentKey
		binary.BigEndian.PutUint64(key[:], uint64(i))
		if got := c.get(key, func() int { return i }); got != i {
			t.Fatalf("%d has the value %d", i, got)
		}
		if got := c.get(kept, func() int { computed++; return -1 }); got != -1 {
			t.Fatalf("the entry that is asked for has the value %d", got)
		}
		if n := c.size(); n > maxCached {
			t.Fatalf("%d entries, want at most %d", n, maxCached)
		}
	}
	if computed != 1 {
		t.Errorf("an entry that is always asked for was computed %d times", computed)
	}
}

// What evidence of identity says may be long: much less of it is kept.
func TestNamesBounded(t *testing.T) {
	c := newEvidenceCache()
	nobody := func() *identity.Anchors { return new(identity.Anchors) }
	for at := range uint64(2 * maxNamed) {
		if _, err := c.identity(nobody, &Identity{Kind: identity.KindX509, Evidence: Bytes{1}}, Address{}, at); err == nil {
			t.Fatal("a byte is evidence")
		}
	}
	if n := c.named.size(); n != maxNamed {
		t.Errorf("%d entries, want %d", n, maxNamed)
	}
}

// TestContentKey: pieces that are cut in other places are other content.
func TestContentKey(t *testing.T) {
	key := func(pieces ...string) contentKey {
		k := newContent()
		for _, p := range pieces {
			k.add([]byte(p))
		}
		return k.key()
	}
	seen := make(map[contentKey][]string)
	for _, pieces := range [][]string{{}, {""}, {"", ""}, {"ab", "c"}, {"a", "bc"}, {"abc"}, {"abc", ""}} {
		k := key(pieces...)
		if other, ok := seen[k]; ok {
			t.Errorf("%q and %q have one key", pieces, other)
		}
		seen[k] = pieces
		if key(pieces...) != k {
			t.Errorf("%q has two keys", pieces)
		}
	}
}

// TestCacheTellsApart changes each thing that evidence is about, one at a time, and
// wants a cache that has seen the rest to answer as an empty one does.
func TestCacheTellsApart(t *testing.T) {
	data, err := os.ReadFile("testdata/badge.json.proof.json")
	if err != nil {
		t.Fatal(err)
	}
	p, err := ParseProof(data)
	if err != nil {
		t.Fatal(err)
	}
	a, issuer := p.Anchors[0], p.Submission.Issuer
	root := merkle.Root(p.Leaf(), p.Submission.Path)
	digest := SubmissionDigest(p.Submission.Home, root, p.Submission.Count, p.Submission.IssuedAt)
	batchRoot := merkle.Root(BatchLeaf(issuer, digest), p.Batch.Path)
	var seen evidenceCache
	good := seen.readRegistry(&a, batchRoot, issuer)
	if !good.anchored || good.issuerErr != nil || good.issuer.Version == 0 {
		t.Fatalf("the good evidence shows %+v", good)
	}
	if signer, err := seen.signer(digest, p.Submission.Signature); err != nil || signer != issuer {
		t.Fatalf("signed by %s, %v", signer, err)
	}
	for name, change := range map[string]func(a *Anchor, batchRoot *Hash, issuer *Address){
		"header":        func(a *Anchor, _ *Hash, _ *Address) { a.Header = append(bytes.Clone(a.Header), 0) },
		"registry":      func(a *Anchor, _ *Hash, _ *Address) { a.Registry[0] ^= 1 },
		"account proof": func(a *Anchor, _ *Hash, _ *Address) { a.AccountProof = a.AccountProof[1:] },
		"storage proof": func(a *Anchor, _ *Hash, _ *Address) { a.StorageProof = a.StorageProof[:len(a.StorageProof)-1] },
		"batch root":    func(_ *Anchor, batchRoot *Hash, _ *Address) { batchRoot[0] ^= 1 },
		"issuer":        func(_ *Anchor, _ *Hash, issuer *Address) { issuer[0] ^= 1 },
		"nodes run together": func(a *Anchor, _ *Hash, _ *Address) {
			a.AccountProof = append([]Bytes{slices.Concat(a.AccountProof[0], a.AccountProof[1])}, a.AccountProof[2:]...)
		},
	} {
		changed, changedRoot, changedIssuer := a, batchRoot, issuer
		change(&changed, &changedRoot, &changedIssuer)
		got := seen.readRegistry(&changed, changedRoot, changedIssuer)
		want := new(evidenceCache).readRegistry(&changed, changedRoot, changedIssuer)
		if !reflect.DeepEqual(got, want) {
			t.Errorf("another %s: %+v, want %+v", name, got, want)
		}
		if reflect.DeepEqual(want, good) {
			t.Errorf("another %s shows the same", name)
		}
	}
	for i := range len(p.Submission.Signature) + len(digest) {
		sig, d := p.Submission.Signature, digest
		if i < len(sig) {
			sig[i] ^= 1
		} else {
			d[i-len(sig)] ^= 1
		}
		got, gotErr := seen.signer(d, sig)
		want, wantErr := Recover(d, sig)
		if got != want || (gotErr == nil) != (wantErr == nil) || got == issuer {
			t.Errorf("signature with byte %d changed: %s, %v, want %s, %v", i, got, gotErr, want, wantErr)
		}
	}
}
