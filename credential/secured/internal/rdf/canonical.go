package rdf

import (
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"hash"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// maxWork bounds [Reader.Canonicalize]: the steps of the search for names of blank nodes that look
// alike, each of about a tenth of a microsecond. Credentials take some hundreds; a clique of
// ten blank nodes would take millions.
const maxWork = 1 << 20

var errWork = errors.New("its blank nodes are so much alike that to tell them apart takes more work than a verifier does")

// Quad is a statement of an RDF dataset, its terms as in N-Quads: "<iri>", "_:blank", or a
// literal. G is empty in the default graph.
type Quad struct{ S, P, O, G string }

// Hash is a hash function of RDFC-1.0.
type Hash int

// The hash functions of RDFC-1.0, section 4.
const (
	SHA256 Hash = iota
	SHA384
)

// Canonicalize returns a dataset in canonical N-Quads by RDFC-1.0 (W3C Recommendation RDF
// Dataset Canonicalization): the same bytes however its blank nodes are named and its
// statements ordered.
func (r *Reader) Canonicalize(quads []Quad, with Hash) ([]byte, error) {
	c := &canonicalizer{left: &r.work, of: map[string][]int{}, first: map[string]string{}, names: newIssuer("c14n")}
	c.hash = sha256.New
	if with == SHA384 {
		c.hash = sha512.New384
	}
	seen := make(map[Quad]bool, len(quads))
	for _, q := range quads {
		if !seen[q] {
			seen[q] = true
			c.add(q)
		}
	}
	if err := c.run(); err != nil {
		return nil, err
	}
	lines := make([]string, len(c.quads))
	for i, q := range c.quads {
		lines[i] = q.line(func(id string) string { return "_:" + c.names.of[id] })
	}
	slices.Sort(lines)
	return []byte(strings.Join(lines, "")), nil
}

func blank(term string) bool { return strings.HasPrefix(term, "_:") }

// line is the quad in N-Quads, its blank nodes named by name.
func (q Quad) line(name func(string) string) string {
	var b strings.Builder
	for _, term := range []string{q.S, q.P, q.O, q.G} {
		if term == "" {
			continue
		}
		if blank(term) {
			term = name(term)
		}
		b.WriteString(term)
		b.WriteByte(' ')
	}
	b.WriteString(".\n")
	return b.String()
}

// issuer gives blank nodes names, in the order in which they are asked for.
type issuer struct {
	prefix string
	of     map[string]string
	order  []string
}

func newIssuer(prefix string) *issuer { return &issuer{prefix: prefix, of: map[string]string{}} }

func (n *issuer) clone() *issuer {
	return &issuer{prefix: n.prefix, of: maps.Clone(n.of), order: slices.Clone(n.order)}
}

func (n *issuer) issue(id string) string {
	if name, ok := n.of[id]; ok {
		return name
	}
	name := n.prefix + strconv.Itoa(len(n.order))
	n.of[id], n.order = name, append(n.order, id)
	return name
}

// canonicalizer is the state of one run, of one goroutine.
type canonicalizer struct {
	hash  func() hash.Hash
	quads []Quad
	of    map[string][]int  // the quads that a blank node is in
	first map[string]string // its hash to the first degree
	names *issuer           // the canonical names
	left  *int              // the work that is left
}

func (c *canonicalizer) add(q Quad) {
	at := len(c.quads)
	c.quads = append(c.quads, q)
	for _, term := range []string{q.S, q.O, q.G} {
		if in := c.of[term]; blank(term) && (len(in) == 0 || in[len(in)-1] != at) {
			c.of[term] = append(in, at)
		}
	}
}

// spend counts work, and refuses it beyond the bound.
func (c *canonicalizer) spend(steps int) error {
	if *c.left -= steps; *c.left < 0 {
		return errWork
	}
	return nil
}

func (c *canonicalizer) sum(parts ...string) string {
	h := c.hash()
	for _, part := range parts {
		h.Write([]byte(part))
	}
	return hex.EncodeToString(h.Sum(nil))
}

// run issues the canonical names: section 4.4.3 of RDFC-1.0.
func (c *canonicalizer) run() error {
	alike := map[string][]string{}
	for _, id := range slices.Sorted(maps.Keys(c.of)) {
		sum := c.firstDegree(id)
		c.first[id] = sum
		alike[sum] = append(alike[sum], id)
	}
	sums := slices.Sorted(maps.Keys(alike))
	for _, sum := range sums {
		if ids := alike[sum]; len(ids) == 1 {
			c.names.issue(ids[0])
		}
	}
	for _, sum := range sums {
		ids := alike[sum]
		if len(ids) == 1 {
			continue
		}
		var paths []path
		for _, id := range ids {
			if _, done := c.names.of[id]; done {
				continue
			}
			temporary := newIssuer("b")
			temporary.issue(id)
			found, err := c.allDegrees(id, temporary)
			if err != nil {
				return err
			}
			paths = append(paths, found)
		}
		slices.SortStableFunc(paths, func(a, b path) int { return strings.Compare(a.hash, b.hash) })
		for _, found := range paths {
			for _, id := range found.issuer.order {
				c.names.issue(id)
			}
		}
	}
	return nil
}

// firstDegree is the algorithm Hash First Degree Quads, section 4.6.3.
func (c *canonicalizer) firstDegree(id string) string {
	lines := make([]string, len(c.of[id]))
	for i, at := range c.of[id] {
		lines[i] = c.quads[at].line(func(other string) string {
			if other == id {
				return "_:a"
			}
			return "_:z"
		})
	}
	slices.Sort(lines)
	return c.sum(lines...)
}

// related is the algorithm Hash Related Blank Node, section 4.7.3.
func (c *canonicalizer) related(id string, q Quad, names *issuer, position string) string {
	name := c.first[id]
	if canonical, ok := c.names.of[id]; ok {
		name = "_:" + canonical
	} else if temporary, ok := names.of[id]; ok {
		name = "_:" + temporary
	}
	if position == "g" {
		return c.sum(position, name)
	}
	return c.sum(position, q.P, name)
}

// path is what a way through the blank nodes hashes to, and the names that it gave.
type path struct {
	hash   string
	issuer *issuer
}

// allDegrees is the algorithm Hash N-Degree Quads, section 4.8.3.
func (c *canonicalizer) allDegrees(id string, names *issuer) (path, error) {
	groups := map[string][]string{}
	for _, at := range c.of[id] {
		q := c.quads[at]
		if err := c.spend(10 + len(q.P)/64); err != nil {
			return path{}, err
		}
		for _, place := range [][2]string{{"s", q.S}, {"o", q.O}, {"g", q.G}} {
			if other := place[1]; blank(other) && other != id {
				sum := c.related(other, q, names, place[0])
				groups[sum] = append(groups[sum], other)
			}
		}
	}
	var data []string
	for _, sum := range slices.Sorted(maps.Keys(groups)) {
		chosen, err := c.shortest(groups[sum], names)
		if err != nil {
			return path{}, err
		}
		data = append(data, sum, chosen.hash)
		names = chosen.issuer
	}
	return path{c.sum(data...), names}, nil
}

// shortest tries all orders of blank nodes that look alike, and returns the least path.
func (c *canonicalizer) shortest(group []string, names *issuer) (path, error) {
	var chosen path
	slices.Sort(group)
	for order := range permutations(group) {
		if err := c.spend(1 + len(order) + len(names.order)); err != nil {
			return path{}, err
		}
		found, err := c.follow(order, names.clone(), chosen.hash)
		if err != nil {
			return path{}, err
		}
		if found.issuer != nil && (chosen.issuer == nil || found.hash < chosen.hash) {
			chosen = found
		}
	}
	return chosen, nil
}

// follow returns the path that one order makes; none if it cannot be less than best.
func (c *canonicalizer) follow(order []string, names *issuer, best string) (path, error) {
	var way strings.Builder
	worse := func() bool { return best != "" && way.Len() >= len(best) && way.String() > best }
	var deeper []string
	for _, id := range order {
		if canonical, ok := c.names.of[id]; ok {
			way.WriteString("_:" + canonical)
		} else {
			if _, ok := names.of[id]; !ok {
				deeper = append(deeper, id)
			}
			way.WriteString("_:" + names.issue(id))
		}
		if worse() {
			return path{}, nil
		}
	}
	for _, id := range deeper {
		found, err := c.allDegrees(id, names)
		if err != nil {
			return path{}, err
		}
		way.WriteString("_:" + names.issue(id) + "<" + found.hash + ">")
		names = found.issuer
		if worse() {
			return path{}, nil
		}
	}
	return path{way.String(), names}, nil
}

// permutations yields the orders of some texts, each valid until the next one.
func permutations(of []string) func(yield func([]string) bool) {
	return func(yield func([]string) bool) {
		order := slices.Clone(of)
		var from func(i int) bool
		from = func(i int) bool {
			if i >= len(order)-1 {
				return yield(order)
			}
			for j := i; j < len(order); j++ {
				order[i], order[j] = order[j], order[i]
				more := from(i + 1)
				order[i], order[j] = order[j], order[i]
				if !more {
					return false
				}
			}
			return true
		}
		from(0)
	}
}
