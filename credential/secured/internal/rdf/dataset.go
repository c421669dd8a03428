package rdf

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

const (
	rdfNS = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
	xsdNS = "http://www.w3.org/2001/XMLSchema#"
)

// Options are choices that implementations of the suites have made differently. Whichever
// was made, two documents that differ have different datasets.
type Options struct {
	Escapes  bool // control characters stand as they are, as in URDNA2015 before RDFC-1.0
	Language bool // language tags keep their case
}

// Ambiguous tells which of the [Options] make a difference for a document.
type Ambiguous = Options

// Reader reads documents that belong together, such as a credential and its proofs, and
// bounds the work on all of them together. It is for one goroutine.
type Reader struct {
	contexts contexts
	root     *context
	values   int // that are left
	work     int // that is left
}

// NewReader returns a Reader.
func NewReader() *Reader {
	return &Reader{
		contexts: contexts{pinned: Context, known: map[made]*context{}},
		root:     &context{},
		values:   maxValuesRead,
		work:     maxWork,
	}
}

// Dataset returns what a JSON-LD document says as RDF. Its errors are clauses for people
// that begin with "it" or "its" or say what a context does.
func (r *Reader) Dataset(doc []byte, options Options) ([]Quad, Ambiguous, error) {
	left := min(maxValues, r.values)
	before := left
	value, err := parse(doc, &left)
	if r.values -= before - left; err != nil {
		return nil, Ambiguous{}, err
	}
	object, ok := value.(map[string]any)
	if !ok {
		return nil, Ambiguous{}, errors.New("it is no JSON object")
	}
	w := &writer{contexts: &r.contexts, options: options, blanks: map[string]string{}}
	if _, err := w.node(r.root, object, "", nil); err != nil {
		return nil, Ambiguous{}, err
	}
	if len(w.quads) == 0 {
		return nil, Ambiguous{}, errors.New("it says nothing that is signed")
	}
	return w.quads, w.ambiguous, nil
}

// writer writes the quads of one document.
type writer struct {
	*contexts
	options   Options
	ambiguous Ambiguous
	quads     []Quad
	blanks    map[string]string // names of the document's own
	count     int
	outermost string // the node that the whole document is
}

func (w *writer) write(s, p, o, g string) { w.quads = append(w.quads, Quad{s, p, o, g}) }

func (w *writer) fresh() string {
	w.count++
	return "_:b" + strconv.Itoa(w.count)
}

// reference is a full reference or a blank node, as a term of a quad.
func (w *writer) reference(iri, what string) (string, error) {
	if name, ok := strings.CutPrefix(iri, "_:"); ok {
		if w.blanks[name] == "" {
			w.blanks[name] = w.fresh()
		}
		return w.blanks[name], nil
	}
	if !absolute(iri) {
		return "", fmt.Errorf("it holds %s as %s, which is no full reference and so is not signed", excerpt(iri), what)
	}
	return "<" + iri + ">", nil
}

// member is a member of a node, and what its name means.
type member struct {
	name string
	term *term
}

// ofCredentials tells whether a member is one of those that make a credential: its issuer,
// dates, subject or status.
func (m member) ofCredentials() bool {
	return strings.HasPrefix(m.term.iri, "https://www.w3.org/2018/credentials#")
}

// node writes what an object says of the node that it is, and returns the node. scope is
// the term that the object is the value of, nil for the outermost one.
func (w *writer) node(active *context, object map[string]any, graph string, scope *term) (string, error) {
	active, err := w.enter(active, object, scope)
	if err != nil {
		return "", err
	}
	outer := active
	var types []string
	typeName := ""
	names := slices.Sorted(maps.Keys(object))
	for _, name := range names {
		if t := outer.terms[name]; t != nil && t.iri == "@type" {
			if typeName != "" {
				return "", fmt.Errorf("it holds both %s and %s for a type", excerpt(typeName), excerpt(name))
			}
			typeName = name
			if types, err = texts(object[name]); err != nil {
				return "", fmt.Errorf("its member %s %w", excerpt(name), err)
			}
		}
	}
	for _, name := range slices.Sorted(slices.Values(types)) {
		if t := outer.terms[name]; t != nil && t.hasScoped {
			if active, err = w.process(active, t.scoped, false, false, true); err != nil {
				return "", err
			}
		}
	}
	subject, rest, err := w.members(active, object, names)
	if err != nil {
		return "", err
	}
	if scope == nil {
		w.outermost = subject
	} else if subject == w.outermost && slices.ContainsFunc(rest, member.ofCredentials) {
		return "", errors.New("it tells its issuer, dates or status in two places, of which readers know one")
	}
	for _, name := range types {
		if outer.terms[name] != nil && !upper(name) {
			return "", fmt.Errorf("its type %s is the name of a member", excerpt(name))
		}
		iri := outer.expandType(name)
		object, err := w.reference(iri, "a type")
		if err != nil {
			return "", err
		}
		w.write(subject, "<"+rdfNS+"type>", object, graph)
	}
	for _, m := range rest {
		if err := w.property(active, subject, m, object[m.name], graph); err != nil {
			return "", err
		}
	}
	return subject, nil
}

// enter finds the context within an object: steps 7 to 9 of the expansion algorithm.
func (w *writer) enter(active *context, object map[string]any, scope *term) (*context, error) {
	if active.previous != nil && scope != nil && !w.onlyID(active, object) {
		active = active.previous
	}
	var err error
	if scope != nil && scope.hasScoped {
		if active, err = w.process(active, scope.scoped, true, true, true); err != nil {
			return nil, err
		}
	}
	if local, ok := object["@context"]; ok {
		if active, err = w.process(active, local, false, true, false); err != nil {
			return nil, err
		}
	}
	return active, nil
}

func (w *writer) onlyID(active *context, object map[string]any) bool {
	if len(object) != 1 {
		return false
	}
	for name := range object {
		t := active.terms[name]
		return t != nil && t.iri == "@id"
	}
	return false
}

// members finds the node's name and its other members. It refuses those that JSON-LD would
// drop, and those that say with a keyword or a full reference what a name is there for: who
// reads the JSON by names would miss them.
func (w *writer) members(active *context, object map[string]any, names []string) (subject string, rest []member, err error) {
	for _, name := range names {
		if name == "@context" {
			continue
		}
		t := active.terms[name]
		switch {
		case t == nil && active.vocab != "" && name != "" && !strings.ContainsAny(name, ":@"):
			rest = append(rest, member{name, &term{iri: active.vocab + name}})
			continue
		case t == nil && strings.HasPrefix(name, "@"):
			return "", nil, fmt.Errorf("it holds the keyword %s in a place that this verifier does not support", excerpt(name))
		case t == nil && strings.Contains(name, ":"):
			return "", nil, fmt.Errorf("it holds the member %s, a reference in place of a name", excerpt(name))
		case t == nil || name == "" || t.iri == "" && t.refused == "":
			return "", nil, fmt.Errorf("it holds members that its contexts do not define, so they are not signed: %s", excerpt(name))
		case t.refused != "":
			return "", nil, fmt.Errorf("its member %s needs %s, which this verifier does not support", excerpt(name), excerpt(t.refused))
		case t.iri == "@type":
		case t.iri == "@id":
			text, ok := object[name].(string)
			if !ok || subject != "" {
				return "", nil, fmt.Errorf("its member %s is not one text", excerpt(name))
			}
			if subject, err = w.reference(active.expandID(text), "an identifier"); err != nil {
				return "", nil, err
			}
		case upper(name) && !strings.HasPrefix(t.iri, "@"):
			return "", nil, fmt.Errorf("its member %s has the name of a type", excerpt(name))
		case strings.HasPrefix(t.iri, "@"):
			return "", nil, fmt.Errorf("its member %s stands for %s, which this verifier does not support", excerpt(name), excerpt(t.iri))
		case blank(t.iri):
			return "", nil, fmt.Errorf("its member %s has no lasting meaning, so it is not signed", excerpt(name))
		default:
			rest = append(rest, member{name, t})
		}
	}
	if subject == "" {
		subject = w.fresh()
	}
	return subject, rest, nil
}

// property writes the values of one member.
func (w *writer) property(active *context, subject string, m member, value any, graph string) error {
	predicate, err := w.reference(m.term.iri, "the meaning of a member")
	if err != nil {
		return err
	}
	if m.term.kind == "@json" {
		text, err := canonicalJSON(value)
		if err != nil {
			return fmt.Errorf("its member %s has no canonical form", excerpt(m.name))
		}
		w.write(subject, predicate, w.literal(text, rdfNS+"JSON", ""), graph)
		return nil
	}
	items, ok := value.([]any)
	if !ok {
		items = []any{value}
	}
	if m.term.container == "@list" {
		if value == nil {
			return nil
		}
		return w.list(active, subject, predicate, m, items, graph)
	}
	for _, item := range items {
		if item == nil {
			continue
		}
		if m.term.container != "@graph" {
			object, err := w.value(active, m, item, graph)
			if err != nil {
				return err
			}
			w.write(subject, predicate, object, graph)
			continue
		}
		object, ok := item.(map[string]any)
		if !ok {
			return fmt.Errorf("its member %s holds something that is not an object, so it is not signed", excerpt(m.name))
		}
		inner, before := w.fresh(), len(w.quads)
		if _, err := w.node(active, object, inner, m.term); err != nil {
			return err
		}
		if len(w.quads) == before {
			return fmt.Errorf("its member %s holds an object that says nothing, so it is not signed", excerpt(m.name))
		}
		w.write(subject, predicate, inner, graph)
	}
	return nil
}

// list writes an ordered list, of which RDF makes nodes.
func (w *writer) list(active *context, subject, predicate string, m member, items []any, graph string) error {
	for _, item := range items {
		if item == nil {
			return fmt.Errorf("its member %s holds null, which is not signed", excerpt(m.name))
		}
		cell := w.fresh()
		w.write(subject, predicate, cell, graph)
		object, err := w.value(active, m, item, graph)
		if err != nil {
			return err
		}
		w.write(cell, "<"+rdfNS+"first>", object, graph)
		subject, predicate = cell, "<"+rdfNS+"rest>"
	}
	w.write(subject, predicate, "<"+rdfNS+"nil>", graph)
	return nil
}

// value is one value of a member as a term of a quad.
func (w *writer) value(active *context, m member, item any, graph string) (string, error) {
	switch item := item.(type) {
	case map[string]any:
		if _, ok := item["@value"]; ok {
			return w.tagged(m, item)
		}
		return w.node(active, item, graph, m.term)
	case []any:
		return "", fmt.Errorf("its member %s holds an array within an array", excerpt(m.name))
	}
	if m.term.hasScoped {
		var err error
		if active, err = w.process(active, m.term.scoped, true, true, true); err != nil {
			return "", err
		}
	}
	kind := m.term.kind
	if text, ok := item.(string); ok && kind == "@id" {
		return w.reference(active.expandID(text), "the value of "+excerpt(m.name))
	} else if ok && kind == "@vocab" {
		return w.reference(active.expandType(text), "the value of "+excerpt(m.name))
	}
	if strings.HasPrefix(kind, "@") {
		kind = ""
	}
	text, native := native(item, kind)
	if kind == "" {
		kind = native
	}
	if kind == "" {
		return w.literal(text, "", ""), nil
	}
	if _, err := w.reference(kind, "a type"); err != nil || blank(kind) {
		return "", fmt.Errorf("its member %s has a type that is no full reference", excerpt(m.name))
	}
	return w.literal(text, kind, ""), nil
}
