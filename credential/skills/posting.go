package skills

import (
	"cmp"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"

	"github.com/hallmark-node/hallmark/credential"
)

// maxDepth bounds how deep a JobPosting is looked into.
const maxDepth = 16

// readPosting reads every JobPosting of a JSON-LD document, also in an array or a @graph.
func (w *wanted) readPosting(data []byte) error {
	var document any
	if err := json.Unmarshal(data, &document); err != nil {
		return errors.New("its JSON cannot be read: it is broken, or a member occurs twice in one object")
	}
	found, err := w.findPostings(document, 0)
	if err == nil && !found {
		err = errors.New("it is JSON and holds no JobPosting of schema.org")
	}
	return err
}

func (w *wanted) findPostings(value any, depth int) (found bool, err error) {
	if depth > maxDepth {
		return false, nil
	}
	switch value := value.(type) {
	case []any:
		for _, v := range value {
			f, err := w.findPostings(v, depth+1)
			if found = found || f; err != nil {
				return found, err
			}
		}
	case map[string]any:
		node := schemaNode(value)
		if node.is("JobPosting") {
			return true, w.readDemands(node, depth)
		}
		return w.findPostings(value["@graph"], depth+1)
	}
	return found, nil
}

// node is an object of schema.org, by the names of its members without prefix.
type node map[string]any

func schemaNode(object map[string]any) node {
	n := make(node, len(object))
	for _, name := range slices.Sorted(maps.Keys(object)) {
		n[local(name)] = object[name]
	}
	return n
}

// local returns a name of schema.org without its prefix.
func local(name string) string {
	for _, prefix := range []string{"schema:", "https://schema.org/", "http://schema.org/"} {
		if rest, ok := strings.CutPrefix(name, prefix); ok {
			return rest
		}
	}
	return name
}

func (n node) is(sort string) bool {
	return slices.ContainsFunc(slices.Concat(texts(n["@type"]), texts(n["type"])), func(t string) bool { return local(t) == sort })
}

// text returns the first text of the first member that has one.
func (n node) text(names ...string) string {
	for _, name := range names {
		for _, t := range texts(n[name]) {
			if t = strings.TrimSpace(t); t != "" {
				return t
			}
		}
	}
	return ""
}

// texts returns the texts of a value: itself, those of an array, of value objects and of nodes
// that are mere links.
func texts(value any) (list []string) {
	switch value := value.(type) {
	case string:
		return []string{value}
	case []any:
		for _, v := range value {
			if _, nested := v.([]any); !nested {
				list = append(list, texts(v)...)
			}
		}
	case map[string]any:
		if s, ok := value["@value"].(string); ok {
			return []string{s}
		}
		if s, ok := value["@id"].(string); ok && len(value) == 1 {
			return []string{s}
		}
	}
	return list
}

// demands are the members of a JobPosting, or of the occupation or qualification in it, that
// say what is wanted.
var demands = []string{
	"skills", "qualifications", "educationRequirements", "occupationalCategory", "relevantOccupation", "competencyRequired",
	"educationalAlignment",
}

func (w *wanted) readDemands(n node, depth int) error {
	if depth > maxDepth {
		return nil
	}
	for _, name := range demands {
		values, many := n[name].([]any)
		if !many {
			values = []any{n[name]}
		}
		for _, value := range values {
			if err := w.readDemand(name, value, depth+1); err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *wanted) readDemand(name string, value any, depth int) error {
	object, _ := value.(map[string]any)
	if _, literal := object["@value"]; object == nil || literal || len(object) == 1 && object["@id"] != nil {
		for _, text := range texts(value) {
			if err := w.readText(name, text); err != nil {
				return err
			}
		}
		return nil
	}
	n := schemaNode(object)
	if slices.ContainsFunc(demands, func(d string) bool { return n[d] != nil }) { // an occupation, a qualification
		return w.readDemands(n, depth)
	}
	a := credential.Alignment{
		Name:      n.text("name", "targetName"),
		Code:      n.text("termCode", "codeValue", "targetCode"),
		URL:       n.text("targetUrl", "url", "@id", "id", "sameAs"),
		Framework: n.text("inDefinedTermSet", "inCodeSet", "educationalFramework", "targetFramework"),
	}
	for _, member := range []string{"inDefinedTermSet", "inCodeSet", "educationalFramework", "targetFramework"} {
		if set, ok := n[member].(map[string]any); ok {
			a.Framework = cmp.Or(schemaNode(set).text("name", "url", "@id", "id"), a.Framework)
		}
	}
	if link, _ := fromURL(a.URL); link != "" && a.Framework == "" {
		a.Code = "" // the URL of a DefinedTerm is its own
	}
	if len(Wanted(a)) == 0 { // a page about it, or a code of nobody's: what is left are words
		a = credential.Alignment{Name: cmp.Or(a.Name, a.Code)}
	}
	return w.add(a)
}

// readText reads what is wanted from a text: one skill, or several in the member skills. An
// occupational category is a code of O*NET and a name.
func (w *wanted) readText(name, text string) error {
	code, title, _ := strings.Cut(strings.TrimSpace(text), " ")
	if code = strings.Trim(code, ",:"); name == "occupationalCategory" && socCode().MatchString(code) {
		return w.add(credential.Alignment{Code: code, Name: title})
	}
	parts := []string{text}
	if _, link := parseURL(text); name == "skills" && !link {
		parts = strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(",;\n\r•|", r) })
	}
	for _, part := range parts {
		a := statedBy(part)
		if len(Wanted(a)) == 0 { // the web site of the employer, a GUID of whatever
			a = credential.Alignment{Name: part}
		}
		if err := w.add(a); err != nil {
			return err
		}
	}
	return nil
}
