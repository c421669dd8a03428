package archive

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/bits"
	"slices"

	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// Shared is what the credentials of one group have in common.
type Shared struct {
	// Proof is the proof of the group's first credential, that with the least leaf. The
	// other proofs differ from it only in the credential, the salt, the submission path
	// and, where there are Lists, the status entries.
	Proof *verifier.Proof

	// Lists are the issuer's whole status lists, as of each of the proof's anchors, from
	// which every credential's status entries are made. Where one is nil, or Lists is,
	// all proofs have the status entries of Proof.
	Lists []*verifier.StatusList
}

// Writer writes an archive, group after group. It keeps in memory what is shared; of
// everything else it buffers a little. After an error nothing more can be written.
type Writer struct {
	w      *bufio.Writer // remembers the first error
	rows   int
	groups int
	head   []byte // what is shared, as it is written at the end: see docs/archive.md
}

// NewWriter begins an archive. What was written is an archive only after [Writer.Close]
// has returned without an error; to sync the file is up to the caller.
func NewWriter(w io.Writer) *Writer {
	out := &Writer{w: bufio.NewWriterSize(w, 64<<10)}
	_, _ = out.w.WriteString(Magic) // Flush returns the errors, here and below
	return out
}

// Len returns how many credentials were written.
func (w *Writer) Len() int { return w.rows }

// Add writes a built set as a group. In the proof of shared it replaces the credential, the
// salt, the submission path and those status entries for which there are Lists. Its evidence
// of who the issuer is must be in the set, if that is a whole submission.
func (w *Writer) Add(set *Set, shared Shared) error {
	if set.order == nil {
		return errors.New("archive: the set is not built")
	}
	sh := set.shape()
	if err := sh.check(); err != nil {
		return err
	}
	var err error
	if shared.Proof, err = set.first(*shared.Proof); err != nil {
		return err
	}
	if sh.steps == 0 && shared.Proof.Submission.Count != uint64(sh.rows) {
		return fmt.Errorf("archive: %d leaves for a whole submission of %d", sh.rows, shared.Proof.Submission.Count)
	}
	if err := w.share(sh, shared); err != nil {
		return err
	}
	w.rows += set.credentials()
	if sh.steps == 0 {
		for _, node := range topNodes(set.tree, sh.top()) {
			_, _ = w.w.Write(node[:])
		}
	}
	for _, row := range set.index {
		w.uint32(row)
	}
	for _, i := range set.order {
		_, _ = w.w.Write(set.cid(i))
		_, _ = w.w.Write(set.salts[i][:])
		if sh.steps > 0 {
			path := make([]merkle.Hash, sh.steps)
			_ = w.w.WriteByte(byte(copy(path, set.paths[i])))
			for _, step := range path {
				_, _ = w.w.Write(step[:])
			}
		}
	}
	if sh.names > 0 {
		end := uint32(0)
		for _, i := range set.order {
			end += uint32(len(set.name(i)))
			w.uint32(end)
		}
		for _, i := range set.order {
			_, _ = w.w.Write(set.name(i))
		}
	}
	return w.w.Flush()
}

func (w *Writer) uint32(n uint32) {
	_, _ = w.w.Write(binary.BigEndian.AppendUint32(w.w.AvailableBuffer(), n))
}

// topNodes returns the nodes of the tree down to a level, the root first.
func topNodes(tree *merkle.Tree, level int) []merkle.Hash {
	nodes := make([]merkle.Hash, 1<<(level+1)-1)
	n := tree.Len()
	// The last level is computed from the paths through it, the others from below.
	var path [64]merkle.Hash
	for at := 1<<level - 1; at < len(nodes); at++ {
		leaf := at // the first leaf below the node
		for leaf < n-1 {
			leaf = 2*leaf + 1
		}
		row := 2*n - 2 - leaf
		steps := tree.AppendPath(path[:0], row)
		nodes[at] = merkle.Root(tree.Leaf(row), steps[:bits.Len(uint(leaf+1))-1-level])
	}
	for at := 1<<level - 2; at >= 0; at-- {
		nodes[at] = merkle.Pair(nodes[2*at+1], nodes[2*at+2])
	}
	return nodes
}

// share appends what a group shares to the head.
func (w *Writer) share(sh shape, shared Shared) error {
	p := *shared.Proof
	if len(shared.Lists) > 0 {
		var err error
		if p.Anchors, err = withStatus(p.Anchors, shared.Lists, p.Leaf(), merkle.Root(p.Leaf(), p.Submission.Path)); err != nil {
			return err
		}
	}
	text, err := p.Encode()
	if err != nil {
		return err
	}
	if len(text) > verifier.MaxProofSize {
		return fmt.Errorf("archive: a proof of %d bytes, at most %d are allowed", len(text), verifier.MaxProofSize)
	}
	if w.groups == 0 {
		w.head = make([]byte, headStart)
	}
	w.groups++
	b := binary.BigEndian.AppendUint32(w.head, uint32(sh.rows))
	b = append(b, byte(sh.width), byte(sh.steps))
	b = binary.BigEndian.AppendUint32(b, uint32(sh.names))
	b = binary.BigEndian.AppendUint32(b, uint32(len(text)))
	b = append(b, text...)
	for i := range p.Anchors {
		if i >= len(shared.Lists) || shared.Lists[i] == nil {
			b = binary.BigEndian.AppendUint32(b, literal)
			continue
		}
		items := shared.Lists[i].Items()
		b = binary.BigEndian.AppendUint32(b, uint32(len(items)))
		for _, item := range items {
			b = append(append(b, item.ID[:]...), item.Code)
		}
	}
	w.head = b
	if len(b) > maxHead {
		return fmt.Errorf("an archive of %d submissions with their evidence is too large: make several archives", w.groups)
	}
	return nil
}

// Close writes what is shared, which completes the archive. It does not close the
// underlying writer.
func (w *Writer) Close() error {
	if w.groups == 0 {
		return errors.New("archive: there is nothing in it")
	}
	binary.BigEndian.PutUint32(w.head, uint32(w.groups))
	_, _ = w.w.Write(w.head)
	w.uint32(uint32(len(w.head)))
	return w.w.Flush()
}

// Rewrite writes the archive with other shared parts, one for each group, whose proofs
// must be those of the same credentials. All else is copied. It moves the position of a
// reader that has one, so two calls must not run at once.
func (a *Archive) Rewrite(w io.Writer, shared []Shared) error {
	if len(shared) != len(a.groups) {
		return fmt.Errorf("archive: %d shared parts for %d groups", len(shared), len(a.groups))
	}
	out := &Writer{w: bufio.NewWriter(w)}
	for i, g := range a.groups {
		old, p := g.shared.Proof, shared[i].Proof
		if p.Credential != old.Credential || p.Salt != old.Salt || p.Leaf() != old.Leaf() ||
			merkle.Root(p.Leaf(), p.Submission.Path) != merkle.Root(old.Leaf(), old.Submission.Path) ||
			p.Submission.Count != old.Submission.Count || !slices.EqualFunc(p.Submission.Identity, old.Submission.Identity, sameEvidence) {
			return errors.New("archive: the shared part is that of another group")
		}
		if err := out.share(g.shape, shared[i]); err != nil {
			return err
		}
	}
	var bodies io.Reader = io.NewSectionReader(a.r, 0, a.headAt)
	if f, ok := a.r.(io.ReadSeeker); ok { // between files the system copies, or shares, the blocks
		if _, err := f.Seek(0, io.SeekStart); err != nil {
			return err
		}
		bodies = io.LimitReader(f, a.headAt)
	}
	if n, err := io.Copy(w, bodies); err != nil {
		return err
	} else if n != a.headAt {
		return broken("it breaks off")
	}
	return out.Close()
}

// sameEvidence compares evidence by its leaf; its path is that of the leaf in the submission.
func sameEvidence(a, b verifier.Identity) bool { return a.Leaf() == b.Leaf() }

// withStatus returns anchors with the status entries of one leaf from the lists.
func withStatus(anchors []verifier.Anchor, lists []*verifier.StatusList, leaf, root merkle.Hash) ([]verifier.Anchor, error) {
	out := slices.Clone(anchors)
	for i, list := range lists {
		if list == nil || i >= len(out) {
			continue
		}
		var err error
		if out[i].Status, err = list.Entries(leaf, root); err != nil {
			return nil, err
		}
	}
	return out, nil
}
