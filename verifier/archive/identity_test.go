package archive_test

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/ipfs/go-cid"

	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
	"github.com/hallmark-node/hallmark/verifier/archive"
)

// named returns credentials of a submission, what its proofs have in common with evidence of
// who the issuer is, and each proof, made with the merkle package alone.
func named(t testing.TB, n, evidence int, complete bool) (all []given, p verifier.Proof, proofs [][]byte) {
	t.Helper()
	leaves := some(t, n, true)
	p = shared(n+evidence, complete)
	for i := range evidence {
		e := verifier.Identity{Kind: "x509", Evidence: verifier.Bytes(fmt.Sprint("evidence ", i)), Salt: merkle.Hash{31: byte(i + 1)}}
		leaves = append(leaves, given{cid: rawCID(t, string(e.Evidence)), salt: e.Salt})
		p.Submission.Identity = append(p.Submission.Identity, e)
	}
	hashes, tree := treeOf(t, leaves)
	for i := range p.Submission.Identity {
		at, _ := tree.Index(hashes[n+i])
		p.Submission.Identity[i].Path = tree.Path(at)
	}
	return leaves[:n], p, proofsOf(t, leaves, p, nil)[:n]
}

// namedSet is the set that an issuer makes of the same.
func namedSet(t testing.TB, all []given, p verifier.Proof) *archive.Set {
	t.Helper()
	var set archive.Set
	for _, g := range all {
		if err := set.Add(g.cid.Bytes(), g.salt, g.name); err != nil {
			t.Fatal(err)
		}
	}
	for _, e := range p.Submission.Identity {
		e.Path = nil
		if err := set.AddEvidence(e); err != nil {
			t.Fatal(err)
		}
	}
	if err := set.Build(); err != nil {
		t.Fatal(err)
	}
	return &set
}

// Evidence of who the issuer is takes rows of a whole submission, and is no credential: all
// numbers and counts are of credentials alone, and each proof is that of a file of its own.
func TestEvidence(t *testing.T) {
	for _, size := range [][2]int{{1, 1}, {2, 4}, {3, 1}, {17, 4}, {1022, 4}, {1023, 1}, {2049, 1}} {
		n, evidence := size[0], size[1]
		t.Run(fmt.Sprintf("%d and %d", n, evidence), func(t *testing.T) {
			all, p, proofs := named(t, n, evidence, n%2 == 0)
			set := namedSet(t, all, p)
			for i, e := range set.Evidence() {
				if !slices.Equal(e.Path, p.Submission.Identity[i].Path) {
					t.Errorf("path of evidence %d is %v", i, e.Path)
				}
			}
			p.Submission.Identity = set.Evidence()
			data := write(t, []*archive.Set{set}, []archive.Shared{{Proof: &p}})
			a := open(t, data)
			same(t, a, all, proofs)
			g := a.Groups()[0]
			if !g.Whole() || g.Len() != n {
				t.Errorf("a group of %d, whole %v", g.Len(), g.Whole())
			}
			if leaves, err := g.AppendLeaves(nil); err != nil || len(leaves) != n+evidence {
				t.Errorf("%d leaves, %v", len(leaves), err)
			}
			rows := 0
			for row, err := range a.Rows() {
				if err != nil {
					t.Fatal(err)
				}
				if row.Index != rows || slices.ContainsFunc(p.Submission.Identity, func(e verifier.Identity) bool { return e.Leaf() == row.Leaf }) {
					t.Errorf("row %d comes as number %d", row.Index, rows)
				}
				rows++
			}
			for i := range p.Submission.Identity {
				_, id, err := cid.CidFromBytes(p.Submission.Identity[i].CID())
				if err != nil {
					t.Fatal(err)
				}
				if found, err := a.Find(id); err != nil || len(found) > 0 {
					t.Errorf("evidence is found: %v, %v", found, err)
				}
			}
			if _, err := a.Proof(n); rows != n || err == nil {
				t.Errorf("%d rows, and number %d: %v", rows, n, err)
			}

			// The same archive comes of the proofs, and of itself with other shared parts.
			if again := collect(t, proofs, all); !bytes.Equal(again, data) {
				t.Errorf("the archive of the proofs has %d bytes, want %d", len(again), len(data))
			}
			var out bytes.Buffer
			if err := a.Rewrite(&out, []archive.Shared{g.Shared()}); err != nil || !bytes.Equal(out.Bytes(), data) {
				t.Errorf("written anew it has %d bytes, want %d: %v", out.Len(), len(data), err)
			}

			// Some of them have their paths in their rows, and evidence takes none.
			if part := n / 2; part > 0 {
				a := open(t, collect(t, proofs[:part], all[:part]))
				same(t, a, all[:part], proofs[:part])
				if a.Groups()[0].Whole() {
					t.Error("a part is taken for the whole")
				}
			}
		})
	}
}

func collect(t testing.TB, proofs [][]byte, all []given) []byte {
	t.Helper()
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
	return out.Bytes()
}

// Whoever makes an archive may say anything of its evidence. What is not in the submission
// takes no row and stays in the proofs, for the verifier to judge.
func TestHostileEvidence(t *testing.T) {
	t.Run("not in the submission", func(t *testing.T) {
		all := some(t, 20, true)
		p := shared(20, false)
		p.Submission.Identity = []verifier.Identity{{Kind: "x509", Evidence: verifier.Bytes("made up"), Path: make([]merkle.Hash, 5)}}
		proofs := proofsOf(t, all, p, nil)
		for how, data := range map[string][]byte{
			"written":   write(t, []*archive.Set{setOf(t, all)}, []archive.Shared{{Proof: &p}}),
			"collected": collect(t, proofs, all),
		} {
			a := open(t, data)
			same(t, a, all, proofs)
			if !a.Groups()[0].Whole() {
				t.Errorf("%s: not whole", how)
			}
		}
	})
	t.Run("twice", func(t *testing.T) {
		all, p, _ := named(t, 20, 1, false)
		p.Submission.Identity = append(p.Submission.Identity, p.Submission.Identity[0])
		leaves := append(slices.Clone(all), given{cid: rawCID(t, "evidence 0"), salt: p.Submission.Identity[0].Salt})
		proofs := proofsOf(t, leaves, p, nil)[:20]
		same(t, open(t, collect(t, proofs, all)), all, proofs)
	})
	t.Run("its own proof", func(t *testing.T) {
		_, p, _ := named(t, 20, 1, false)
		p.Credential, p.Salt = rawCID(t, "evidence 0"), p.Submission.Identity[0].Salt
		p.Submission.Path = p.Submission.Identity[0].Path
		if err := new(archive.Collection).Add(&p, ""); err == nil {
			t.Error("taken for a credential")
		}
	})
	t.Run("alone", func(t *testing.T) {
		var set archive.Set
		if err := errors.Join(set.AddEvidence(verifier.Identity{Kind: "x509", Evidence: verifier.Bytes("alone")}), set.Build()); err != nil {
			t.Fatal(err)
		}
		p := shared(1, false)
		p.Submission.Identity = set.Evidence()
		var out bytes.Buffer
		if err := archive.NewWriter(&out).Add(&set, archive.Shared{Proof: &p}); err == nil {
			t.Error("an archive of no credential was written")
		}
	})
	for name, change := range map[string]func(p *parts, row int){
		"hidden by the index": func(p *parts, row int) {
			for i := range int(p.count) {
				if at := p.index[4*i : 4*i+4]; int(at[3])|int(at[2])<<8 == row {
					copy(p.index[4*i:], p.index[4*i+4:])
					copy(p.index[len(p.index)-4:], at) // the last one twice
					break
				}
			}
		},
		"another in its row": func(p *parts, row int) { p.rows[row*(int(p.width)+32)+int(p.width)] ^= 1 },
	} {
		t.Run(name, func(t *testing.T) {
			all, p, _ := named(t, 3000, 1, false)
			set := namedSet(t, all, p)
			taken := takeApart(t, write(t, []*archive.Set{set}, []archive.Shared{{Proof: &p}}), 7)
			leaves, _ := treeOf(t, all)
			row := 0
			for _, leaf := range leaves {
				if merkle.Compare(leaf, p.Submission.Identity[0].Leaf()) < 0 {
					row++
				}
			}
			change(taken, row)
			err := readAll(taken.join())
			want := "evidence of who the issuer is, of kind x509, is not among its rows"
			if !errors.Is(err, archive.ErrNotArchive) || !strings.Contains(err.Error(), want) {
				t.Error(err)
			}
		})
	}
}
