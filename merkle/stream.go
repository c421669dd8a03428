package merkle

import (
	"errors"
	"fmt"
)

// streamBuffer is the number of nodes of a level that a Stream holds back, 512 KiB.
const streamBuffer = 1 << 14

// ErrCount is wrapped by the errors of a [Stream] that was given more or fewer
// leaves than it was made for.
var ErrCount = errors.New("not as many leaves as announced")

// Stream computes a tree over more leaves than fit into memory, from leaves that
// arrive in ascending order. It holds at most 512 KiB for each of the two sides of
// a level, 30 MiB for a hundred million leaves, and uses all cores. One goroutine
// uses it at a time. After an error it is of no more use.
//
// Ascending leaves fill the array of nodes from its end. The lowest ones are the
// deepest level, above which lies the left side of the level above; the others are
// the right side of that level. Each side shrinks by half with each level, and at
// most one node to each side of the gap waits for its sibling from the other.
type Stream struct {
	count, added uint64
	last         Hash
	nodes        func(first uint64, nodes []Hash) error
	deepest      uint64  // leaves that belong to the left side
	depth        int     // of the deepest level
	left, right  []level // by depth
}

// level is one side of a level, which nodes enter from right to left, that is in
// descending order of their places in the array.
type level struct {
	next   uint64 // place in the array of the next node to enter
	buffer []Hash // allocated when the first enters
	free   int    // buffer[free:] holds nodes next+1 and following; the last is a right child
	edge   *waiting
}

// waiting is a node whose sibling is not on its side.
type waiting struct {
	node Hash
	at   uint64 // its place in the array
}

// NewStream returns a stream for count leaves. Unless nodes is nil, it is called
// with every run of nodes that is done, leaves included: they belong at place
// first and following of the array of 2*count-1 nodes that the package comment
// describes, each once, in no particular order of the runs. The slice is valid
// during the call only; an error ends the stream. Its error is [ErrEmpty].
func NewStream(count uint64, nodes func(first uint64, nodes []Hash) error) (*Stream, error) {
	if count == 0 {
		return nil, ErrEmpty
	}
	s := &Stream{count: count, nodes: nodes}
	s.depth, s.deepest = shape(count)
	s.left = make([]level, s.depth+1)
	s.right = make([]level, s.depth+1)
	s.left[s.depth].next = 2*count - 2
	if s.deepest < count {
		s.right[s.depth-1].next = 1<<s.depth - 2
	}
	return s, nil
}

// Append adds leaves, which must be strictly ascending and above all that were
// added before: the errors wrap [ErrUnsorted], [ErrDuplicate] or [ErrCount], or
// are those of the function given to [NewStream].
func (s *Stream) Append(leaves []Hash) error {
	if uint64(len(leaves)) > s.count-s.added {
		return fmt.Errorf("%w: more than %d", ErrCount, s.count)
	}
	for i := range leaves {
		if s.added+uint64(i) > 0 && !less(&s.last, &leaves[i]) {
			return orderError([]Hash{s.last, leaves[i]})
		}
		s.last = leaves[i]
	}
	n := min(uint64(len(leaves)), s.deepest-min(s.deepest, s.added))
	s.added += uint64(len(leaves))
	if err := s.enter(s.left, s.depth, leaves[:n]); err != nil {
		return err
	}
	return s.enter(s.right, s.depth-1, leaves[n:])
}

// enter lets leaves, which ascend, enter a level.
func (s *Stream) enter(side []level, depth int, leaves []Hash) error {
	if len(leaves) == 0 {
		return nil
	}
	l := &side[depth]
	if l.open(l.next, depth) {
		if err := s.setEdge(l, leaves[0]); err != nil {
			return err
		}
		leaves = leaves[1:]
	}
	for len(leaves) > 0 {
		n := min(l.free, len(leaves))
		for i := range leaves[:n] {
			l.buffer[l.free-1-i] = leaves[i]
		}
		leaves = leaves[n:]
		if err := s.entered(side, depth, n); err != nil {
			return err
		}
	}
	return nil
}

// entered counts n nodes that were put before l.free, and empties a full buffer.
func (s *Stream) entered(side []level, depth, n int) error {
	l := &side[depth]
	l.free -= n
	l.next -= uint64(n)
	if l.free > 0 {
		return nil
	}
	return s.flush(side, depth)
}

// open makes a level ready for its first node, at the given place, and reports
// whether that is one without a sibling on its side: a left child, or the root.
// Once open, it does nothing.
func (l *level) open(place uint64, depth int) bool {
	if l.buffer != nil {
		return false
	}
	l.next = place
	l.free = min(streamBuffer, 1<<depth)
	l.buffer = make([]Hash, l.free)
	return place%2 == 1 || depth == 0
}

// setEdge lets node, the next to enter, wait for a sibling from the other side.
func (s *Stream) setEdge(l *level, node Hash) error {
	l.edge = &waiting{node, l.next}
	l.next--
	return s.emit(l.edge.at, []Hash{node})
}

// flush lets the parents of the nodes in the buffer of a level, of which there is
// an even number, enter the level above, and empties the buffer.
func (s *Stream) flush(side []level, depth int) error {
	l := &side[depth]
	children := l.buffer[l.free:]
	l.free = len(l.buffer)
	if len(children) == 0 {
		return nil
	}
	if err := s.emit(l.next+1, children); err != nil {
		return err
	}
	above := &side[depth-1]
	if above.open((l.next+uint64(len(children))-1)/2, depth-1) {
		last := len(children) - 2
		if err := s.setEdge(above, Pair(children[last], children[last+1])); err != nil {
			return err
		}
		children = children[:last]
	}
	for len(children) > 0 {
		n := min(above.free, len(children)/2)
		parents, pairs := above.buffer[above.free-n:], children[len(children)-2*n:]
		parallel(n, minPairs, func(lo, hi int) {
			hashPairs(parents[lo:hi], pairs[2*lo:2*hi])
		})
		children = children[:len(children)-2*n]
		if err := s.entered(side, depth-1, n); err != nil {
			return err
		}
	}
	return nil
}

// Root returns the root once all leaves were added; before, its error wraps
// [ErrCount]. It ends the stream: call it once.
func (s *Stream) Root() (Hash, error) {
	if s.added != s.count {
		return Hash{}, fmt.Errorf("%w: %d of %d", ErrCount, s.added, s.count)
	}
	var middle *waiting // the parent of the two nodes that waited on the level below
	for depth := s.depth; ; depth-- {
		left, right := &s.left[depth], &s.right[depth]
		if held := right.buffer[right.free:]; len(held)%2 == 1 { // its leftmost is a right child
			node := held[0]
			right.free++
			right.next++
			right.edge = &waiting{node, right.next}
			if err := s.emit(right.next, []Hash{node}); err != nil {
				return Hash{}, err
			}
		}
		for _, side := range [][]level{s.left, s.right} {
			if err := s.flush(side, depth); err != nil {
				return Hash{}, err
			}
		}
		if depth == 0 {
			if middle == nil {
				middle = left.edge
			}
			return middle.node, nil
		}
		// From right to left: either two of them wait or none.
		var pair []*waiting
		for _, w := range []*waiting{right.edge, middle, left.edge} {
			if w != nil {
				pair = append(pair, w)
			}
		}
		if middle = nil; len(pair) == 2 {
			middle = &waiting{Pair(pair[0].node, pair[1].node), (pair[0].at - 1) / 2}
			if err := s.emit(middle.at, []Hash{middle.node}); err != nil {
				return Hash{}, err
			}
		}
	}
}

func (s *Stream) emit(first uint64, nodes []Hash) error {
	if s.nodes == nil {
		return nil
	}
	return s.nodes(first, nodes)
}
