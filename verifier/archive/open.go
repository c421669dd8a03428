package archive

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// Archive is an open proof archive. It is immutable, and safe for concurrent use if its
// reader is.
type Archive struct {
	r      io.ReaderAt
	headAt int64
	groups []*Group
	rows   int
}

// Group is the credentials of one submission in an archive, numbered from 0 by
// ascending leaf. The evidence of who the issuer is, which a submission holds as leaves too, is
// not among them.
type Group struct {
	shape
	r      io.ReaderAt
	at     int64 // of the body in the file
	first  int   // index of its first credential in the archive
	beside []int // rows of a whole submission that are evidence of who the issuer is, ascending
	shared Shared
	root   merkle.Hash   // of the submission
	nodes  []merkle.Hash // stored nodes of a whole submission's tree
}

// Open reads the beginning and the head of an archive of size bytes, and checks that it is
// complete. Credentials are read when they are asked for. Errors wrap [ErrNotArchive], or
// are those of r.
func Open(r io.ReaderAt, size int64) (*Archive, error) {
	a := &Archive{r: r}
	head, err := a.readHead(size)
	if err != nil {
		return nil, err
	}
	count := binary.BigEndian.Uint32(head)
	rest := head[headStart:]
	if count == 0 || int64(count) > int64(len(rest)/minGroup) {
		return nil, broken("%d groups in a head of %d bytes", count, len(head))
	}
	at := int64(len(Magic))
	for i := range int(count) {
		g := &Group{r: r, at: at}
		if rest, err = g.parse(rest); err != nil {
			return nil, broken("group %d: %v", i+1, err)
		}
		if at += g.size(); at > a.headAt {
			return nil, broken("it is too short for its credentials")
		}
		a.groups = append(a.groups, g)
	}
	if len(rest) > 0 || at != a.headAt {
		return nil, broken("it has bytes that belong to nothing")
	}
	for i, g := range a.groups {
		g.first = a.rows
		if err := g.check(); err != nil {
			return nil, fmt.Errorf("group %d: %w", i+1, err)
		}
		a.rows += g.Len()
	}
	return a, nil
}

func broken(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{ErrNotArchive}, args...)...)
}

// readHead checks the two ends of the file and returns the head.
func (a *Archive) readHead(size int64) ([]byte, error) {
	if size < int64(len(Magic)+headStart+minGroup+tailSize) {
		return nil, broken("%d bytes are too few", size)
	}
	var magic [len(Magic)]byte
	if err := readAt(a.r, magic[:], 0); err != nil {
		return nil, err
	}
	switch {
	case !Is(magic[:]):
		return nil, broken("it does not begin as one does")
	case string(magic[:]) != Magic:
		return nil, broken("version %d of the format: this needs a newer program", magic[len(magic)-1])
	}
	var tail [tailSize]byte
	if err := readAt(a.r, tail[:], size-tailSize); err != nil {
		return nil, err
	}
	n := int64(binary.BigEndian.Uint32(tail[:]))
	a.headAt = size - tailSize - n
	if n < headStart+minGroup || n > maxHead || a.headAt < int64(len(Magic)) {
		return nil, broken("it breaks off, or something follows it")
	}
	head := make([]byte, n)
	return head, readAt(a.r, head, a.headAt)
}

// readAt fills b. A file that ends before is damaged.
func readAt(r io.ReaderAt, b []byte, at int64) error {
	n, err := r.ReadAt(b, at)
	switch {
	case n == len(b):
		return nil
	case errors.Is(err, io.EOF):
		return broken("it breaks off")
	case err == nil:
		return io.ErrNoProgress
	}
	return err
}

// parse reads the group's part of the head from b and returns what follows it.
func (g *Group) parse(b []byte) ([]byte, error) {
	errEnd := errors.New("the head breaks off")
	if len(b) < groupEntry {
		return nil, errEnd
	}
	rows, names, shared := binary.BigEndian.Uint32(b), binary.BigEndian.Uint32(b[6:]), binary.BigEndian.Uint32(b[10:])
	if rows > MaxRows || names > maxNames || shared > verifier.MaxProofSize {
		return nil, fmt.Errorf("%d credentials, %d bytes of names and %d of what is shared are too many", rows, names, shared)
	}
	g.shape = shape{rows: int(rows), width: int(b[4]), steps: int(b[5]), names: int(names)}
	if err := g.shape.check(); err != nil {
		return nil, err
	}
	b = b[groupEntry:]
	if uint32(len(b)) < shared {
		return nil, errEnd
	}
	text, b := b[:shared], b[shared:]
	p, err := verifier.ParseProof(text)
	if err != nil {
		return nil, fmt.Errorf("what is shared: %w", err)
	}
	again, err := p.Encode()
	if err != nil || !bytes.Equal(again, text) {
		return nil, errors.New("what is shared is not written as proof files are")
	}
	g.shared.Proof = p
	g.root = merkle.Root(p.Leaf(), p.Submission.Path)
	if whole := p.Submission.Count == uint64(g.rows); whole != g.Whole() || p.Submission.Count < uint64(g.rows) {
		return nil, fmt.Errorf("%d credentials of a submission of %d", g.rows, p.Submission.Count)
	}
	for i := range p.Anchors {
		if len(b) < 4 {
			return nil, errEnd
		}
		n := binary.BigEndian.Uint32(b)
		b = b[4:]
		if n == literal {
			continue
		}
		if n > verifier.MaxStatusItems || int(n)*itemSize > len(b) {
			return nil, errEnd
		}
		items := make([]verifier.StatusItem, n)
		for j := range items {
			items[j] = verifier.StatusItem{ID: merkle.Hash(b[j*itemSize:]), Code: b[j*itemSize+merkle.Size]}
		}
		b = b[int(n)*itemSize:]
		if g.shared.Lists == nil {
			g.shared.Lists = make([]*verifier.StatusList, len(p.Anchors))
		}
		if g.shared.Lists[i], err = verifier.NewStatusList(items); err != nil {
			return nil, err
		}
	}
	return b, nil
}

// check reads the stored nodes, which must lead to the root, and compares the proof of the
// first credential with what is shared.
func (g *Group) check() error {
	buf := make([]byte, g.stored()*merkle.Size)
	if err := readAt(g.r, buf, g.at); err != nil {
		return err
	}
	g.nodes = make([]merkle.Hash, g.stored())
	for i := range g.nodes {
		copy(g.nodes[i][:], buf[i*merkle.Size:])
	}
	for i := range len(g.nodes) / 2 {
		if merkle.Pair(g.nodes[2*i+1], g.nodes[2*i+2]) != g.nodes[i] {
			return broken("stored node %d is not that of the tree", i)
		}
	}
	if g.Whole() && g.nodes[0] != g.root {
		return broken("the stored root is not that of the submission")
	}
	if err := g.findEvidence(); err != nil {
		return err
	}
	first, err := (&cursor{g: g}).entry(0)
	if err != nil {
		return err
	}
	got, err := first.Proof.Encode()
	if err != nil {
		return err
	}
	if want, err := g.shared.Proof.Encode(); err != nil || !bytes.Equal(got, want) {
		return broken("what is shared is not the proof of the first credential")
	}
	return nil
}

// findEvidence sets which rows are evidence of who the issuer is. What is part of a whole
// submission must be there: it must not be taken for a credential.
func (g *Group) findEvidence() error {
	if !g.Whole() {
		return nil
	}
	for _, e := range inSubmission(g.shared.Proof, g.root) {
		row, err := g.rowOf(&e)
		if err != nil {
			return err
		}
		if row < 0 {
			return broken("its evidence of who the issuer is, of kind %s, is not among its rows", e.Kind)
		}
		g.beside = append(g.beside, row)
	}
	slices.Sort(g.beside)
	if g.Len() == 0 {
		return broken("a group without a credential")
	}
	return nil
}

// rowOf returns the row of evidence, or -1.
func (g *Group) rowOf(e *verifier.Identity) (int, error) {
	id := e.CID()
	if len(id) > g.width {
		return -1, nil
	}
	rows, err := g.find(append(id, make([]byte, g.width-len(id))...))
	if err != nil {
		return -1, err
	}
	for _, row := range rows {
		run, err := g.read(row, row+1)
		if err != nil {
			return -1, err
		}
		if run.leaves[0] == e.Leaf() {
			return row, nil
		}
	}
	return -1, nil
}

// row returns the row of the group's credential i.
func (g *Group) row(i int) int {
	for _, row := range g.beside {
		if row <= i {
			i++
		}
	}
	return i
}

// credential is the way back; false for a row that is none.
func (g *Group) credential(row int) (int, bool) {
	before, is := slices.BinarySearch(g.beside, row)
	return row - before, !is
}

// Len returns how many credentials the archive holds.
func (a *Archive) Len() int { return a.rows }

// Groups returns the archive's groups; a submission may have several.
func (a *Archive) Groups() []*Group { return a.groups }

// Len returns how many credentials the group holds.
func (g *Group) Len() int { return g.rows - len(g.beside) }

// First returns the index in the archive of the group's first credential.
func (g *Group) First() int { return g.first }

// Whole reports whether the group holds all credentials of its submission.
func (g *Group) Whole() bool { return g.steps == 0 }

// Shared returns what the group's credentials have in common. It must not be changed.
func (g *Group) Shared() Shared { return g.shared }
