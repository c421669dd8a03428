package rdf

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// term is what a name means in a context. It is not changed once it is defined.
type term struct {
	iri       string // or a keyword; empty where the context takes the meaning away
	kind      string // "@id", "@vocab", "@json", "@none", the IRI of a datatype, or empty
	container string // "", "@set", "@list" or "@graph"
	scoped    any    // the context for its values, or for nodes of the type, as in JSON
	hasScoped bool
	refused   string // what it needs that is not supported
	protected bool
	prefix    bool
}

func (t *term) same(other *term) bool {
	return t.iri == other.iri && t.kind == other.kind && t.container == other.container && t.hasScoped == other.hasScoped &&
		t.refused == other.refused && t.prefix == other.prefix && (samePlace(t.scoped, other.scoped) || reflect.DeepEqual(t.scoped, other.scoped))
}

// context is an active context. It is not changed once it is made.
type context struct {
	terms    map[string]*term
	vocab    string
	previous *context // to return to in nodes below; nil if this one goes on
}

// made names a context by what it was made of.
type made struct {
	from                *context
	with                uintptr
	override, propagate bool
}

// maxContexts is how many contexts the nesting of a document may lead to. Published
// credentials lead to some dozens.
const maxContexts = 500

// contexts makes contexts, each once.
type contexts struct {
	pinned func(url string) (any, bool)
	known  map[made]*context
}

// place is where a value stands in memory: that of pinned contexts never changes.
func place(local any) (uintptr, bool) {
	if v := reflect.ValueOf(local); v.Kind() == reflect.Map || v.Kind() == reflect.Slice && v.Len() > 0 {
		return v.Pointer(), true
	}
	return 0, false
}

func samePlace(a, b any) bool {
	x, ok := place(a)
	y, ok2 := place(b)
	return ok && ok2 && x == y
}

// process is the context processing algorithm of JSON-LD 1.1, section 4.1. inline says that
// objects are accepted: those of pinned contexts, not those of documents.
func (c *contexts) process(active *context, local any, override, propagate, inline bool) (*context, error) {
	key := made{active, 0, override, propagate}
	at, cacheable := place(local)
	if cacheable = cacheable && inline; cacheable {
		key.with = at
		if found := c.known[key]; found != nil {
			return found, nil
		}
	}
	result := active
	if !propagate && result.previous == nil {
		result = &context{terms: active.terms, vocab: active.vocab, previous: active}
	}
	list, ok := local.([]any)
	if !ok {
		list = []any{local}
	}
	for _, entry := range list {
		var err error
		if result, err = c.one(result, entry, override, propagate, inline); err != nil {
			return nil, err
		}
	}
	if cacheable {
		c.known[key] = result
	}
	return result, nil
}

func (c *contexts) one(result *context, entry any, override, propagate, inline bool) (*context, error) {
	switch entry := entry.(type) {
	case nil:
		if !inline {
			return nil, fmt.Errorf("it sets its contexts aside, with null")
		}
		for _, t := range result.terms {
			if t.protected && !override {
				return nil, fmt.Errorf("a context sets protected terms aside")
			}
		}
		fresh := &context{}
		if !propagate {
			fresh.previous = result
		}
		return fresh, nil
	case string:
		object, ok := c.pinned(entry)
		if !ok {
			return nil, fmt.Errorf("its context %s is not one of those that this verifier knows", excerpt(entry))
		}
		return c.process(result, object, false, true, true)
	case map[string]any:
		if !inline {
			return nil, fmt.Errorf("it brings definitions of its own, which are not signed, as a context")
		}
		if len(c.known) >= maxContexts {
			return nil, fmt.Errorf("its contexts nest so that they take more work than a verifier does")
		}
		return c.define(result, entry, override)
	default:
		return nil, fmt.Errorf("one of its contexts is neither a reference nor an object")
	}
}

// definer makes one context of an object.
type definer struct {
	result    *context
	local     map[string]any
	done      map[string]bool // false while in the making
	override  bool
	protected bool
}

func (c *contexts) define(active *context, local map[string]any, override bool) (*context, error) {
	d := &definer{local: local, done: map[string]bool{}, override: override}
	d.result = &context{terms: maps.Clone(active.terms), vocab: active.vocab, previous: active.previous}
	if d.result.terms == nil {
		d.result.terms = map[string]*term{}
	}
	for name, value := range local {
		switch name {
		case "@version":
			if value != 1.1 {
				return nil, fmt.Errorf("a context has another version than 1.1")
			}
		case "@protected":
			d.protected = value == true
		case "@vocab":
			text, ok := value.(string)
			if value != nil && (!ok || !absolute(text)) {
				return nil, fmt.Errorf("a context has a vocabulary that is no full reference")
			}
			d.result.vocab = text
		default:
			if strings.HasPrefix(name, "@") {
				return nil, fmt.Errorf("a context has %s, which is not supported", excerpt(name))
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(local)) {
		if !strings.HasPrefix(name, "@") {
			if err := d.term(name); err != nil {
				return nil, err
			}
		}
	}
	return d.result, nil
}

// term is the algorithm Create Term Definition of JSON-LD 1.1, section 4.2.
func (d *definer) term(name string) error {
	if done, begun := d.done[name]; done {
		return nil
	} else if begun {
		return fmt.Errorf("a context defines %s by itself", excerpt(name))
	}
	d.done[name] = false
	before := d.result.terms[name]
	delete(d.result.terms, name)
	t := &term{protected: d.protected}
	var object map[string]any
	simple := false
	switch value := d.local[name].(type) {
	case nil:
		object = map[string]any{"@id": nil}
	case string:
		object, simple = map[string]any{"@id": value}, true
	case map[string]any:
		object = value
	default:
		return fmt.Errorf("a context defines %s by something else than a text or an object", excerpt(name))
	}
	if err := d.options(t, object); err != nil {
		return fmt.Errorf("%w, in the definition of %s", err, excerpt(name))
	}
	if err := d.meaning(t, name, object, simple); err != nil {
		return err
	}
	if before != nil && before.protected && !d.override {
		if !before.same(t) {
			return fmt.Errorf("a context redefines the protected term %s", excerpt(name))
		}
		t = before
	}
	d.result.terms[name] = t
	d.done[name] = true
	return nil
}

// options reads what a definition says beside the meaning itself.
func (d *definer) options(t *term, object map[string]any) error {
	for key, value := range object {
		text, isText := value.(string)
		switch key {
		case "@id":
		case "@context":
			t.scoped, t.hasScoped = value, true
		case "@protected":
			t.protected = value == true
		case "@prefix":
			t.prefix = value == true
		case "@type":
			if !isText {
				return fmt.Errorf("a context has a type that is no text")
			}
			kind, err := d.expand(text)
			if err != nil {
				return err
			}
			t.kind = kind
		case "@container":
			if err := t.contain(value); err != nil {
				return err
			}
		default:
			t.refused = key
		}
	}
	return nil
}

func (t *term) contain(value any) error {
	list, ok := value.([]any)
	if !ok {
		list = []any{value}
	}
	for _, entry := range list {
		switch entry {
		case "@set":
			if t.container == "" {
				t.container = "@set"
			}
		case "@list", "@graph":
			if t.container == "@list" || t.container == "@graph" {
				return fmt.Errorf("a context has two containers")
			}
			t.container = entry.(string)
		default:
			t.refused = "@container"
		}
	}
	return nil
}

// meaning finds the IRI or the keyword.
func (d *definer) meaning(t *term, name string, object map[string]any, simple bool) error {
	id, given := object["@id"]
	text, isText := id.(string)
	switch {
	case t.refused == "@reverse":
	case given && id == nil:
	case given && !isText:
		return fmt.Errorf("a context defines %s by something that is no reference", excerpt(name))
	case given && text != name:
		iri, err := d.expand(text)
		if err != nil {
			return err
		}
		if !keyword(iri) && !absolute(iri) || iri == "@context" {
			return fmt.Errorf("a context defines %s by %s, which is no full reference", excerpt(name), excerpt(text))
		}
		t.iri = iri
		if simple && !strings.ContainsAny(name, ":/") && strings.ContainsAny(iri[len(iri)-1:], ":/?#[]@") {
			t.prefix = true
		}
	case strings.ContainsAny(name, ":/"):
		iri, err := d.expandOther(name)
		if err != nil {
			return err
		}
		if !absolute(iri) {
			return fmt.Errorf("a context defines %s, which is no full reference", excerpt(name))
		}
		t.iri = iri
	case d.result.vocab != "":
		t.iri = d.result.vocab + name
	default:
		return fmt.Errorf("a context does not say what %s means", excerpt(name))
	}
	return nil
}

// expand is the algorithm IRI Expansion of JSON-LD 1.1, section 5.2, within a context.
func (d *definer) expand(text string) (string, error) {
	if keyword(text) {
		return text, nil
	}
	if _, local := d.local[text]; local {
		if err := d.term(text); err != nil {
			return "", err
		}
	}
	if t := d.result.terms[text]; t != nil {
		return t.iri, nil
	}
	return d.expandOther(text)
}

func (d *definer) expandOther(text string) (string, error) {
	if prefix, suffix, ok := strings.Cut(text, ":"); ok && prefix != "_" && !strings.HasPrefix(suffix, "//") {
		if _, local := d.local[prefix]; local && prefix != text {
			if err := d.term(prefix); err != nil {
				return "", err
			}
		}
	}
	return d.result.compact(text), nil
}

// compact expands prefixes, and names by the vocabulary.
func (c *context) compact(text string) string {
	prefix, suffix, ok := strings.Cut(text, ":")
	if !ok {
		if c.vocab != "" {
			return c.vocab + text
		}
		return text
	}
	if prefix == "_" || strings.HasPrefix(suffix, "//") {
		return text
	}
	if t := c.terms[prefix]; t != nil && t.prefix && t.iri != "" {
		return t.iri + suffix
	}
	return text
}

// expandType expands a type, or the value of a term of the type @vocab.
func (c *context) expandType(text string) string {
	if t := c.terms[text]; t != nil {
		return t.iri
	}
	return c.compact(text)
}

// expandID expands a reference.
func (c *context) expandID(text string) string {
	if !strings.Contains(text, ":") {
		return text // relative
	}
	return c.compact(text)
}

func keyword(text string) bool {
	switch text {
	case "@id", "@type", "@value", "@language", "@direction", "@list", "@set", "@graph", "@index", "@included", "@nest",
		"@none", "@json", "@vocab", "@base", "@context", "@container", "@import", "@prefix", "@propagate", "@protected",
		"@reverse", "@version":
		return true
	}
	return false
}
