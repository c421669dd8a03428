package archive

import (
	"errors"

	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// Collection is proofs that exist already on their way into an archive. Those that
// have all but the credential, the salt and the submission path in common become one
// group. The zero value is an empty collection.
type Collection struct {
	groups []*collected
	by     map[merkle.Hash]*collected // by what the proofs have in common
}

type collected struct {
	shared *verifier.Proof
	root   merkle.Hash
	set    Set
}

// Add puts a proof with a name, which may be empty, into the collection. It keeps
// the proof's anchors and copies the rest.
func (c *Collection) Add(p *verifier.Proof, name string) error {
	root := merkle.Root(p.Leaf(), p.Submission.Path)
	common := *p
	common.Salt, common.Submission.Path = root, nil
	common.Credential = someCID
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

// Write writes the proofs as groups, in the order in which the first of each was
// added. Two equal ones give a [SameCredentialError], whose numbers are those in
// their group.
func (c *Collection) Write(w *Writer) error {
	for _, g := range c.groups {
		if uint64(g.set.Len()) == g.shared.Submission.Count {
			g.set.paths = nil
		}
		if err := g.set.Build(); err != nil {
			return err
		}
		if g.set.tree != nil && g.set.Root() != g.root {
			return errors.New("the proofs of a submission do not hold together: their leaves do not lead to its root")
		}
		if err := w.Add(&g.set, Shared{Proof: g.shared}); err != nil {
			return err
		}
	}
	return nil
}
