package archive

import (
	"errors"
	"slices"

	"github.com/ipfs/go-cid"
	"github.com/multiformats/go-multihash"

	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// Collection collects existing proofs for an archive. Those that differ only in the
// credential, the salt and the submission path become one group. The zero value is an
// empty collection.
type Collection struct {
	groups []*collected
	by     map[merkle.Hash]*collected // by the hash of what the proofs have in common
}

type collected struct {
	shared *verifier.Proof
	root   merkle.Hash
	set    Set
}

// Add puts a proof with a name, which may be empty, into the collection, which keeps the
// proof.
func (c *Collection) Add(p *verifier.Proof, name string) error {
	for i := range p.Submission.Identity {
		if p.Submission.Identity[i].Is(p.Credential.Bytes(), p.Salt) {
			return errors.New("it is the proof of the evidence of who the issuer is, not of a credential")
		}
	}
	root := merkle.Root(p.Leaf(), p.Submission.Path)
	common := *p
	common.Credential, common.Salt, common.Submission.Path = anyCID, root, nil
	text, err := common.Encode()
	if err != nil {
		return err
	}
	key := merkle.Keccak256(text)
	g := c.by[key]
	if g == nil {
		g = &collected{shared: p, root: root}
		if c.by == nil {
			c.by = make(map[merkle.Hash]*collected)
		}
		c.by[key] = g
		c.groups = append(c.groups, g)
	}
	if err := g.set.Add(p.Credential.Bytes(), p.Salt, name); err != nil {
		return err
	}
	g.set.paths = append(g.set.paths, p.Submission.Path)
	return nil
}

// evidence returns the evidence of who the issuer is that is in the submission.
func (g *collected) evidence() []verifier.Identity { return inSubmission(g.shared, g.root) }

// inSubmission returns the evidence in a proof that is part of its submission, each once.
func inSubmission(p *verifier.Proof, root merkle.Hash) (all []verifier.Identity) {
	for _, e := range p.Submission.Identity {
		known := slices.ContainsFunc(all, func(other verifier.Identity) bool { return sameEvidence(e, other) })
		if !known && merkle.Root(e.Leaf(), e.Path) == root {
			all = append(all, e)
		}
	}
	return all
}

// anyCID stands for the credential in what proofs have in common.
var anyCID = cid.NewCidV1(cid.Raw, append(multihash.Multihash{multihash.SHA2_256, 32}, make([]byte, 32)...))

// Write writes the groups in the order in which the first proof of each was added. Equal
// proofs give a [SameCredentialError], with their numbers in the group.
func (c *Collection) Write(w *Writer) error {
	for _, g := range c.groups {
		if evidence := g.evidence(); uint64(g.set.Len()+len(evidence)) == g.shared.Submission.Count {
			g.set.paths = nil
			for _, e := range evidence {
				if err := g.set.AddEvidence(e); err != nil {
					return err
				}
			}
		}
		if err := g.set.Build(); err != nil {
			return err
		}
		if g.set.tree != nil && g.set.Root() != g.root {
			return errors.New("the leaves of the proofs of a whole submission do not lead to its root")
		}
		if err := w.Add(&g.set, Shared{Proof: g.shared}); err != nil {
			return err
		}
	}
	return nil
}
