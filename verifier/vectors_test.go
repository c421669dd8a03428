package verifier_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/hallmark-node/hallmark/credential"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// commitmentVectors are values computed by other people's software:
// @openzeppelin/merkle-tree, ethers and multiformats.
type commitmentVectors struct {
	Home struct {
		ChainID  uint64 `json:"chainId"`
		Registry string `json:"registry"`
	} `json:"home"`
	Batches []struct {
		Root        verifier.Hash `json:"root"`
		Submissions []struct {
			Issuer      verifier.Address   `json:"issuer"`
			Root        verifier.Hash      `json:"root"`
			Count       uint64             `json:"count"`
			IssuedAt    uint64             `json:"issuedAt"`
			Digest      verifier.Hash      `json:"digest"`
			Signature   verifier.Signature `json:"signature"`
			Credentials []struct {
				CID  string          `json:"cid"`
				Salt verifier.Hash   `json:"salt"`
				Leaf verifier.Hash   `json:"leaf"`
				Path []verifier.Hash `json:"path"`
			} `json:"credentials"`
			ID   verifier.Hash   `json:"id"`
			Path []verifier.Hash `json:"path"`
		} `json:"submissions"`
	} `json:"batches"`
	StatusLists []struct {
		Listed  []verifier.StatusItem  `json:"listed"`
		Entries []verifier.StatusEntry `json:"entries"`
		Root    verifier.Hash          `json:"root"`
		Proofs  []struct {
			Of    verifier.Hash        `json:"of"`
			Good  bool                 `json:"good"`
			Entry verifier.StatusEntry `json:"entry"`
			Path  []verifier.Hash      `json:"path"`
		} `json:"proofs"`
	} `json:"statusLists"`
}

func loadVectors(t *testing.T) *commitmentVectors {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "..", "shared", "vectors", "commitment.json"))
	if os.IsNotExist(err) {
		t.Skip("the conformance vectors are not beside this checkout")
	}
	if err != nil {
		t.Fatal(err)
	}
	var v commitmentVectors
	if err := json.Unmarshal(data, &v); err != nil {
		t.Fatal(err)
	}
	return &v
}

func TestCommitmentVectors(t *testing.T) {
	v := loadVectors(t)
	registry, err := verifier.ParseAddress(v.Home.Registry)
	if err != nil {
		t.Fatal(err)
	}
	home := verifier.Home{Chain: verifier.ChainID(v.Home.ChainID), Registry: registry}
	checked := 0
	for _, b := range v.Batches {
		for _, s := range b.Submissions {
			for _, c := range s.Credentials {
				id, err := credential.ParseCID(c.CID)
				if err != nil {
					t.Fatal(err)
				}
				if got := verifier.Leaf(id.Bytes(), c.Salt); got != c.Leaf {
					t.Errorf("leaf of %s: got %s, want %s", c.CID, got, c.Leaf)
				}
				if got := merkle.Root(c.Leaf, c.Path); got != s.Root {
					t.Errorf("submission root over %s: got %s, want %s", c.CID, got, s.Root)
				}
				if !merkle.ValidPathLen(s.Count, len(c.Path)) {
					t.Errorf("path of %d steps refused in a submission of %d", len(c.Path), s.Count)
				}
				checked++
			}
			digest := verifier.SubmissionDigest(home, s.Root, s.Count, s.IssuedAt)
			if digest != s.Digest {
				t.Errorf("digest: got %s, want %s", digest, s.Digest)
			}
			if got, err := verifier.Recover(digest, s.Signature); err != nil || got != s.Issuer {
				t.Errorf("signer: got %s, %v, want %s", got, err, s.Issuer)
			}
			if got := verifier.BatchLeaf(s.Issuer, digest); got != s.ID {
				t.Errorf("id: got %s, want %s", got, s.ID)
			}
			if got := merkle.Root(s.ID, s.Path); got != b.Root {
				t.Errorf("batch root: got %s, want %s", got, b.Root)
			}
		}
	}
	if checked == 0 {
		t.Fatal("the vectors hold no credential")
	}
}

func TestStatusListVectors(t *testing.T) {
	for _, sl := range loadVectors(t).StatusLists {
		slices.SortFunc(sl.Listed, func(a, b verifier.StatusItem) int { return merkle.Compare(a.ID, b.ID) })
		list, err := verifier.NewStatusList(sl.Listed)
		if err != nil {
			t.Fatal(err)
		}
		if list.Root() != sl.Root {
			t.Errorf("root of %d items: got %s, want %s", len(sl.Listed), list.Root(), sl.Root)
		}
		for _, p := range sl.Proofs {
			e, err := list.Entry(p.Of)
			if err != nil {
				t.Fatal(err)
			}
			if e.ID != p.Entry.ID || e.Code != p.Entry.Code || e.Next != p.Entry.Next {
				t.Errorf("entry of %s: got %+v, want %+v", p.Of, e, p.Entry)
			}
			if got := merkle.Root(verifier.StatusLeaf(e.ID, e.Code, e.Next), p.Path); got != sl.Root {
				t.Errorf("path of %s leads to %s, want %s", p.Of, got, sl.Root)
			}
			if len(e.Path) != len(p.Path) {
				t.Fatalf("path of %s: got %d steps, want %d", p.Of, len(e.Path), len(p.Path))
			}
			for i := range e.Path {
				if e.Path[i] != p.Path[i] {
					t.Errorf("path of %s differs at step %d", p.Of, i)
				}
			}
			if good := e.ID != p.Of; good != p.Good {
				t.Errorf("%s: good is %v, want %v", p.Of, good, p.Good)
			}
		}
	}
}
