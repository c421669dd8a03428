package main

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/ethereum/go-ethereum/crypto"

	"github.com/hallmark-node/hallmark/merkle"
)

// pathsRow makes all paths of a tree of a million leaves, into memory that is there. The
// limit is the copying of as many bytes: of the paths themselves, since memory that
// nobody has written to is one page of zeros that never leaves the cache.
func pathsRow(b *bench) error {
	tree := must(merkle.FromSorted(sortedLeaves(million)))
	from := tree.AppendPaths(nil, 0, million)
	size := len(from)
	to := slices.Clone(from)
	all := func(do func(lo, hi int)) measure { return millis(func() { onAllCores(size, do) }) }
	s, err := inTurn(b.runs, millis(func() { tree.AppendPaths(to[:0], 0, million) }),
		all(func(lo, hi int) { copy(to[lo:hi], from[lo:hi]) }), all(func(lo, hi int) { clear(to[lo:hi]) }))
	if err != nil {
		return err
	}
	b.add(newResult("paths-1m", "all paths of a tree of 1,000,000", "ms", s[0], s[1]).
		with("copying as many bytes, all cores", goal{limit: 1.5},
			fmt.Sprintf("%d MB; writing zeros there takes %s ms: the tree, from which they are read, is a tenth of them",
				size*merkle.Size/1_000_000, number(s[2].median()))))
	return nil
}

// checkRow checks a million paths. The limit is the permutations that this needs: of
// every step where the paths come in any order; of every node where they come in that
// of the tree, since neighbours join on the way.
func checkRow(b *bench) error {
	tree := must(merkle.FromSorted(sortedLeaves(million)))
	inOrder := pathsOf(tree)
	p := &allPaths{inOrder.root, slices.Clone(inOrder.leaves), slices.Clone(inOrder.paths), inOrder.roots}
	p.shuffle()
	const limitIs = "the permutations alone"
	s, err := inTurn(b.runs, millis(p.check), millis(func() { p.geth(cores()) }), b.permutations(p.steps(), cores()),
		millis(inOrder.check), b.permutations(million-1, cores()))
	if err != nil {
		return err
	}
	b.add(newResult("check-1m", "1,000,000 paths checked, in any order", "ms", s[0], s[2], peer{gethAll, s[1]}).
		with(limitIs, goal{limit: 1.8}, ""))
	b.add(newResult("check-1m-sorted", "the same in the order of the tree", "ms", s[3], s[4], peer{gethAll, s[1]}).
		with(limitIs+", one for each node", goal{}, "the peer's order does not matter"))
	return nil
}

// allPaths is all paths of a tree.
type allPaths struct {
	root   merkle.Hash
	leaves []merkle.Hash
	paths  [][]merkle.Hash
	roots  []merkle.Hash // memory for the outcome
}

// pathsOf returns the paths in the order of the tree.
func pathsOf(tree *merkle.Tree) *allPaths { return somePaths(tree, 0, tree.Len()) }

// somePaths returns the paths of leaves from to to.
func somePaths(tree *merkle.Tree, from, to int) *allPaths {
	n := to - from
	p := &allPaths{tree.Root(), make([]merkle.Hash, n), make([][]merkle.Hash, n), make([]merkle.Hash, n)}
	steps := tree.AppendPaths(nil, from, to)
	for i := range n {
		p.leaves[i] = tree.Leaf(from + i)
		length := merkle.PathLen(uint64(tree.Len()), uint64(from+i))
		p.paths[i], steps = steps[:length:length], steps[length:]
	}
	return p
}

// shuffle puts them into an order in which no two neighbours join early.
func (p *allPaths) shuffle() {
	rand.New(rand.NewPCG(1, 2)).Shuffle(len(p.leaves), func(i, j int) {
		p.leaves[i], p.leaves[j] = p.leaves[j], p.leaves[i]
		p.paths[i], p.paths[j] = p.paths[j], p.paths[i]
	})
}

func (p *allPaths) steps() (n int) {
	for _, path := range p.paths {
		n += len(path)
	}
	return n
}

// check checks that every path leads from its leaf to the root.
func (p *allPaths) check() {
	merkle.Roots(p.roots, p.leaves, p.paths)
	for i := range p.roots {
		if p.roots[i] != p.root {
			panic("a path does not lead to the root")
		}
	}
}

// geth does the same with go-ethereum's Keccak.
func (p *allPaths) geth(cores int) {
	onCores(cores, len(p.leaves), func(lo, hi int) {
		state := crypto.NewKeccakState()
		for i := lo; i < hi; i++ {
			at := p.leaves[i]
			for j := range p.paths[i] {
				gethPair(state, &at, &at, &p.paths[i][j])
			}
			if at != p.root {
				panic("a path does not lead to the root")
			}
		}
	})
}
