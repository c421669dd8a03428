package main

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"

	"github.com/ethereum/go-ethereum/crypto"

	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

const (
	million  = 1_000_000
	gethOne  = "go-ethereum Keccak, one core"
	gethAll  = "go-ethereum Keccak, all cores"
	sha256s  = "crypto/sha256, RFC 6962, one core"
	ozName   = "@openzeppelin/merkle-tree"
	mtjsName = "merkletreejs"
	oaName   = "@govtechsg/open-attestation"

	oaDocuments = 1000 // that it wraps: it is quadratic in their number
)

// sortedLeaves makes n different hashes, ascending.
func sortedLeaves(n int) []merkle.Hash {
	source := rand.NewChaCha8([32]byte{1})
	leaves := make([]merkle.Hash, n)
	for i := range leaves {
		_, _ = source.Read(leaves[i][:]) // never fails
	}
	slices.SortFunc(leaves, merkle.Compare)
	return leaves
}

// treeRow builds the tree of a million sorted leaf hashes, on all cores and on one. The
// limit is the n-1 permutations that it needs, by the fastest kernel that the
// processor has, on states that stay in the first cache. Then leaves are hashed and
// sorted first, for 100,000 credentials.
func treeRow(b *bench) error {
	leaves := sortedLeaves(million)
	ours := func() { must(merkle.FromSorted(leaves)) }
	if root := must(merkle.FromSorted(leaves)).Root(); gethTree(leaves, 1) != root || gethTree(leaves, cores()) != root {
		return errors.New("go-ethereum's Keccak gives another root")
	}
	limitIs := fmt.Sprintf("the permutations alone (%s kernel)", b.kernel)
	s, err := inTurn(b.runs, millis(ours), millis(func() { gethTree(leaves, 1) }), b.permutations(million-1, cores()),
		millis(func() { gethTree(leaves, cores()) }), millis(func() { sha256Tree(leaves) }))
	if err != nil {
		return err
	}
	b.add(newResult("tree-1m", "tree of 1,000,000 sorted leaves, all cores", "ms", s[0], s[2], peer{gethOne, s[1]}, peer{gethAll, s[3]},
		peer{sha256s, s[4]}).
		with(limitIs, goal{peer: 3.5, limit: 1.5}, ""))

	before := runtime.GOMAXPROCS(1)
	s, err = inTurn(b.runs, millis(ours), millis(func() { gethTree(leaves, 1) }), b.permutations(million-1, 1),
		millis(func() { sha256Tree(leaves) }))
	runtime.GOMAXPROCS(before)
	if err != nil {
		return err
	}
	b.add(newResult("tree-1m-1core", "the same on one core", "ms", s[0], s[2], peer{gethOne, s[1]}, peer{sha256s, s[3]}).
		with(limitIs, goal{peer: 3.5, limit: 1.5}, ""))
	return smallTree(b)
}

// smallTree does what a user of @openzeppelin/merkle-tree does: from values to a tree.
func smallTree(b *bench) error {
	const n = 100_000
	credentials := makeCredentials(n)
	js := make(map[string]*jsRuns)
	script := func(what string, n int) measure {
		js[what] = new(jsRuns)
		return func() (float64, error) {
			f, err := b.script(what, n)
			if err == nil {
				js[what].add(f)
			}
			return f["build"], err
		}
	}
	tree := must(merkle.New(credentials.leaves()))
	p := pathsOf(tree)
	p.shuffle()
	s, err := inTurn(b.runs, millis(func() { must(merkle.New(credentials.leaves())) }), script("openzeppelin", n), script("merkletreejs", n),
		script("openattestation", oaDocuments), perSecond(n, func() { tracePaths(tree) }), perSecond(n, p.check))
	if err != nil {
		return err
	}
	wrap := s[3].each(func(ms float64) float64 { return oaDocuments / ms * 1000 })
	b.add(newResult("tree-100k", "100,000 credentials: leaves hashed, sorted, and the tree", "ms", s[0], nil, peer{ozName, s[1]},
		peer{mtjsName, s[2]}).
		with("", goal{peer: 200}, "merkletreejs hashes each leaf once and not twice, before the clock runs"))
	b.add(newResult("tree-100k-rate", "the same as a rate, beside wrapping 1,000 documents", "items/s",
		s[0].each(func(ms float64) float64 { return n / ms * 1000 }), nil, peer{oaName, wrap}).
		with("", goal{}, "wrapping is quadratic in the number of documents, and it hashes documents, of which we take the hashes as given"))

	// merkletreejs stands first: what @openzeppelin/merkle-tree calls a proof it also checks.
	b.add(newResult("paths-100k", "all paths of a tree of 100,000", "items/s", s[4], nil, peer{mtjsName, js["merkletreejs"].rate("path")},
		peer{ozName, js["openzeppelin"].rate("path")}).
		with("", goal{}, "the peers measured on 1,000 of the paths"))
	b.add(newResult("check-100k", "100,000 paths checked", "items/s", s[5], nil, peer{mtjsName, js["merkletreejs"].rate("check")},
		peer{ozName, js["openzeppelin"].rate("check")}).
		with("", goal{}, "the peers measured on 1,000 of the paths; @openzeppelin/merkle-tree hashes the leaf too"))
	return nil
}

// perSecond measures how many of n things a second f does.
func perSecond(n int, f func()) measure { return toRate(n, millis(f)) }

// toRate turns the milliseconds that n things take into things a second.
func toRate(n int, ms measure) measure {
	return func() (float64, error) {
		took, err := ms()
		return float64(n) / took * 1000, err
	}
}

// jsRuns collects what a peer printed, turn by turn.
type jsRuns struct{ all []figures }

func (r *jsRuns) add(f figures) { r.all = append(r.all, f) }

// rate turns milliseconds for one into a rate.
func (r *jsRuns) rate(name string) (s series) {
	for _, f := range r.all {
		s = append(s, 1000/f[name])
	}
	return s
}

// credentials are CIDs and salts.
type credentials struct {
	cids  [][36]byte
	salts []merkle.Hash
}

func makeCredentials(n int) *credentials {
	source := rand.NewChaCha8([32]byte{2})
	c := &credentials{make([][36]byte, n), make([]merkle.Hash, n)}
	for i := range n {
		copy(c.cids[i][:], "\x01\x55\x12\x20")
		_, _ = source.Read(c.cids[i][4:]) // never fails
		_, _ = source.Read(c.salts[i][:])
	}
	return c
}

// leaves hashes them all.
func (c *credentials) leaves() []merkle.Hash {
	out := make([]merkle.Hash, len(c.cids))
	verifier.Leaves(out, func(i int) ([]byte, merkle.Hash) { return c.cids[i][:], c.salts[i] })
	return out
}

// gethTree builds an OpenZeppelin tree with go-ethereum's Keccak, in one flat array and
// with one state for each core.
func gethTree(leaves []merkle.Hash, cores int) merkle.Hash {
	nodes := make([]merkle.Hash, 2*len(leaves)-1)
	inner := len(leaves) - 1
	for i, leaf := range leaves {
		nodes[len(nodes)-1-i] = leaf
	}
	for first := levelStart(inner - 1); inner > 0; first = (first - 1) / 2 {
		level := func(lo, hi int) {
			state := crypto.NewKeccakState()
			for i := first + lo; i < first+hi; i++ {
				gethPair(state, &nodes[i], &nodes[2*i+1], &nodes[2*i+2])
			}
		}
		if inner-first < 512 {
			level(0, inner-first)
		} else {
			onCores(cores, inner-first, level)
		}
		inner = first
	}
	return nodes[0]
}

// levelStart returns the first node on the level of node i.
func levelStart(i int) int {
	first := 0
	for 2*first+1 <= i {
		first = 2*first + 1
	}
	return first
}

func gethPair(state crypto.KeccakState, parent, a, b *merkle.Hash) {
	if bytes.Compare(a[:], b[:]) > 0 {
		a, b = b, a
	}
	state.Reset()
	_, _ = state.Write(a[:])
	_, _ = state.Write(b[:])
	_, _ = state.Read(parent[:])
}

// sha256Tree builds the tree of RFC 6962 over leaf hashes, level after level in place.
func sha256Tree(leaves []merkle.Hash) merkle.Hash {
	level := slices.Clone(leaves)
	for n := len(level); n > 1; {
		for i := 0; i+1 < n; i += 2 {
			sha256Pair(&level[i/2], &level[i], &level[i+1])
		}
		if n%2 == 1 {
			level[n/2] = level[n-1]
		}
		n = (n + 1) / 2
	}
	return level[0]
}

func sha256Pair(parent, a, b *merkle.Hash) {
	var in [65]byte
	in[0] = 1
	copy(in[1:], a[:])
	copy(in[33:], b[:])
	*parent = sha256.Sum256(in[:])
}

func cores() int { return runtime.GOMAXPROCS(0) }

// must is for what cannot fail unless a program here is wrong.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
