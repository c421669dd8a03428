package archive

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/bits"

	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// Shared is what the credentials of one group have in common.
type Shared struct {
	// Proof is the proof of the group's first credential, that with the least leaf.
	// Of the others' proofs all is the same but the credential, the salt, the
	// submission path and, where there are Lists, the status entries.
	Proof *verifier.Proof

	// Lists are the issuer's whole status lists, as of each of the proof's anchors,
	// from which every credential's status entries come. Where one is nil, or Lists
	// is, those of Proof are everybody's.
	Lists []*verifier.StatusList
}

// Writer writes an archive, group after group. It needs memory for one group at a
// time, and for what is shared.
type Writer struct {
	w    io.Writer
	err  error // of an earlier call: nothing more can be written
	rows int
	head head
}

// head is everything that is shared, as it stands at the end of an archive.
type head struct {
	groups int
	data   []byte
}

// NewWriter begins an archive. Nothing that was written is one before
// [Writer.Close] has returned; making the file safe is the caller's.
func NewWriter(w io.Writer) *Writer {
	out := &Writer{w: w}
	out.write([]byte(Magic))
	return out
}

func (w *Writer) write(b []byte) {
	if w.err != nil {
		return
	}
	_, w.err = w.w.Write(b)
}

// Len returns how many credentials were written.
func (w *Writer) Len() int { return w.rows }

// Add writes a built set as a group. Of shared's Proof the credential, the salt, the
// submission path and the status entries for which there are Lists are filled in.
func (w *Writer) Add(set *Set, shared Shared) error {
	if w.err != nil {
		return w.err
	}
	if set.order == nil {
		return errors.New("archive: the set is not built")
	}
	sh := set.shape()
	if err := sh.check(); err != nil {
		return err
	}
	var err error
	if shared.Proof, err = set.proof(shared.Proof); err != nil {
		return err
	}
	if sh.steps == 0 && shared.Proof.Submission.Count != uint64(sh.rows) {
		return fmt.Errorf("archive: a submission of %d credentials with %d of them", shared.Proof.Submission.Count, sh.rows)
	}
	if err := w.head.add(sh, shared); err != nil {
		return err
	}
	w.rows += sh.rows
	if sh.steps == 0 {
		for _, node := range topNodes(set.tree, sh.top()) {
			w.write(node[:])
		}
	}
	buf := make([]byte, 0, 64<<10)
	flush := func(minimum int) {
		if len(buf) >= minimum {
			w.write(buf)
			buf = buf[:0]
		}
	}
	for _, row := range set.index {
		buf = binary.BigEndian.AppendUint32(buf, row)
		flush(63 << 10)
	}
	for _, i := range set.order {
		buf = append(buf, set.cid(i)...)
		buf = append(buf, set.salts[i][:]...)
		if sh.steps > 0 {
			buf = append(buf, byte(len(set.paths[i])))
			for _, step := range set.paths[i] {
				buf = append(buf, step[:]...)
			}
			buf = append(buf, make([]byte, (sh.steps-len(set.paths[i]))*merkle.Size)...)
		}
		flush(60 << 10)
	}
	if sh.names > 0 {
		end := uint32(0)
		for _, i := range set.order {
			end += uint32(len(set.name(i)))
			buf = binary.BigEndian.AppendUint32(buf, end)
			flush(63 << 10)
		}
		for _, i := range set.order {
			buf = append(buf, set.name(i)...)
			flush(60 << 10)
		}
	}
	flush(1)
	return w.err
}

// topNodes returns the nodes of the tree down to a level, the root first.
func topNodes(tree *merkle.Tree, level int) []merkle.Hash {
	nodes := make([]merkle.Hash, 1<<(level+1)-1)
	n := tree.Len()
	// The last level is found from the paths to it, the others from below.
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

// add appends a group.
func (h *head) add(sh shape, shared Shared) error {
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
		return fmt.Errorf("archive: a proof of %d bytes, more than %d", len(text), verifier.MaxProofSize)
	}
	if h.groups == 0 {
		h.data = make([]byte, headStart)
	}
	h.groups++
	b := binary.BigEndian.AppendUint32(h.data, uint32(sh.rows))
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
	h.data = b
	if len(b) > maxHead {
		return fmt.Errorf("an archive of %d submissions with their evidence is too large: make several archives", h.groups)
	}
	return nil
}

// Close writes what is shared, which makes the file an archive. It does not close the
// underlying writer.
func (w *Writer) Close() error {
	if w.err == nil && w.head.groups == 0 {
		return errors.New("archive: there is nothing in it")
	}
	h := w.head.data
	if w.err == nil {
		binary.BigEndian.PutUint32(h, uint32(w.head.groups))
		w.write(binary.BigEndian.AppendUint32(h, uint32(len(h))))
	}
	return w.err
}

// Rewrite writes the archive anew with other shared parts, one for each group, whose
// proofs must be those of the same credentials. All else is copied as it is. It moves
// the position of a reader that has one, so two calls must not run at once.
func (a *Archive) Rewrite(w io.Writer, shared []Shared) error {
	if len(shared) != len(a.groups) {
		return fmt.Errorf("archive: %d shared parts for %d groups", len(shared), len(a.groups))
	}
	var h head
	for i, g := range a.groups {
		old, p := g.shared.Proof, shared[i].Proof
		if p.Credential != old.Credential || p.Salt != old.Salt || p.Leaf() != old.Leaf() ||
			merkle.Root(p.Leaf(), p.Submission.Path) != merkle.Root(old.Leaf(), old.Submission.Path) || p.Submission.Count != old.Submission.Count {
			return errors.New("archive: the shared part is that of another group")
		}
		if err := h.add(g.shape, shared[i]); err != nil {
			return err
		}
	}
	var bodies io.Reader = io.NewSectionReader(a.r, 0, a.headAt)
	if f, ok := a.r.(io.ReadSeeker); ok { // from file to file the system copies, or shares
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
	out := &Writer{w: w, head: h}
	return out.Close()
}

// withStatus returns anchors with the status entries of one leaf from the lists.
func withStatus(anchors []verifier.Anchor, lists []*verifier.StatusList, leaf, root merkle.Hash) ([]verifier.Anchor, error) {
	out := append([]verifier.Anchor{}, anchors...)
	for i, list := range lists {
		if list == nil || i >= len(out) {
			continue
		}
		var entries []verifier.StatusEntry
		for _, id := range []merkle.Hash{leaf, root} {
			e, err := list.Entry(id)
			if err != nil {
				return nil, err
			}
			if len(entries) == 0 || entries[0].ID != e.ID {
				entries = append(entries, e)
			}
		}
		out[i].Status = entries
	}
	return out, nil
}
