package online

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/hallmark-node/hallmark/credential"
	"github.com/hallmark-node/hallmark/credential/secured"
)

const acceptDID = "application/did+json, application/did+ld+json, application/json;q=0.9, */*;q=0.1"

// Key fetches the key of a verification method: a did:web, or an https address of a key, of a
// controller document or of an issuer's profile. It is a [secured.Keys].
//
// A key counts only if the document at its controller's own address has it: that of a did:web
// or a controller document must list it for assertionMethod, and an Open Badges 2.0 profile
// must name it as its publicKey. A bare JWK has no controller.
func (f *Fetcher) Key(ctx context.Context, method string) (*secured.Key, error) {
	base, _, _ := strings.Cut(method, "#")
	switch {
	case strings.HasPrefix(base, "did:web:"):
		doc, err := f.controllerDocument(ctx, base)
		if err != nil {
			return nil, err
		}
		return doc.assertionKey(method, f.opts.Now())
	case strings.HasPrefix(base, "https://"):
		return f.webKey(ctx, base, method)
	}
	return nil, errorf(ErrRefused, "the key %s is not one that is looked for online", credential.Quoted(excerpt(method)))
}

// webKey fetches a verification method at an https address.
func (f *Fetcher) webKey(ctx context.Context, base, method string) (*secured.Key, error) {
	a, err := f.object(ctx, base, acceptJSON)
	if err != nil {
		return nil, err
	}
	body := a.Body
	var jwk keySet
	if json.Unmarshal(body, &jwk) == nil && (jwk.KTY != "" || jwk.Keys != nil) {
		return jwk.key(body, method)
	}
	var single verificationMethod
	if json.Unmarshal(body, &single) == nil && single.ID == method && single.hasKey() {
		controller := single.controller()
		if controller == "" {
			return nil, keyErrorf(method, "names no owner")
		}
		doc, err := f.controllerDocument(ctx, controller)
		if err != nil {
			return nil, err
		}
		if !doc.lists(method) {
			return nil, keyErrorf(method, "is not among the keys of %s, which it names as its owner", credential.Quoted(excerpt(controller)))
		}
		key, err := single.key(controller, f.opts.Now())
		if err != nil {
			return nil, err
		}
		key.Stale = doc.stale || a.Fault != nil
		return key, nil
	}
	doc, err := readController(body)
	if err != nil {
		return nil, errorf(ErrAnswer, "the answer of %s is of no use: %v", hostOf(base), err)
	}
	if doc.ID != base {
		return nil, errorf(ErrAnswer, "the answer of %s is of no use: it is the document of another identifier", hostOf(base))
	}
	doc.stale = a.Fault != nil
	return doc.assertionKey(method, f.opts.Now())
}

// object fetches a JSON object.
func (f *Fetcher) object(ctx context.Context, address, accept string) (*Answer, error) {
	a, err := f.Get(ctx, address, accept)
	if err != nil {
		return nil, err
	}
	if a.Status != 200 {
		return nil, errorf(ErrAnswer, "%s answers HTTP %d", hostOf(address), a.Status)
	}
	return a, nil
}

// controllerDocument fetches the document of a did:web or of an https identifier.
func (f *Fetcher) controllerDocument(ctx context.Context, id string) (*controller, error) {
	address, accept := id, acceptJSON
	switch {
	case strings.HasPrefix(id, "did:web:"):
		var err error
		if address, err = didWebURL(id); err != nil {
			return nil, errorf(ErrRefused, "%s is not asked for: %v", credential.Quoted(excerpt(id)), err)
		}
		accept = acceptDID
	case !strings.HasPrefix(id, "https://"):
		return nil, errorf(ErrRefused, "%s is not asked for: it is neither a did:web nor an https address", credential.Quoted(excerpt(id)))
	}
	a, err := f.object(ctx, address, accept)
	if err != nil {
		return nil, err
	}
	doc, err := readController(a.Body)
	if err == nil && doc.ID != id {
		err = errors.New("it is the document of another identifier")
	}
	if err != nil {
		return nil, errorf(ErrAnswer, "the answer of %s is of no use: %v", hostOf(address), err)
	}
	doc.stale = a.Fault != nil
	return doc, nil
}

func keyErrorf(method, format string, args ...any) error {
	return errorf(ErrAnswer, "the key %s %s", credential.Quoted(excerpt(method)), fmt.Sprintf(format, args...))
}

// controller is a document that says which keys speak for an identifier: a DID document, a
// controller document (W3C Controlled Identifiers 1.0), or a profile of Open Badges.
type controller struct {
	ID        string
	methods   map[string]*verificationMethod // by absolute id
	assertion []string                       // absolute ids
	public    []string                       // absolute ids, of a profile's publicKey
	stale     bool                           // it is of the cache, and could not be asked for again
}

// Bounds of a document.
const maxMethods = 256

// readController reads such a document.
func readController(body []byte) (*controller, error) {
	var m struct {
		ID        string         `json:"id"`
		Methods   jsontext.Value `json:"verificationMethod"`
		Assertion jsontext.Value `json:"assertionMethod"`
		Public    jsontext.Value `json:"publicKey"`
	}
	if json.Unmarshal(body, &m) != nil || m.ID == "" {
		return nil, errors.New("it is not the document of an identifier")
	}
	c := &controller{ID: m.ID, methods: make(map[string]*verificationMethod)}
	if _, err := c.read(m.Methods); err != nil {
		return nil, err
	}
	var err error
	if c.assertion, err = c.read(m.Assertion); err != nil {
		return nil, err
	}
	c.public, err = c.read(m.Public)
	return c, err
}

// read reads a list of keys, or one, each an object or its id, and returns their ids.
func (c *controller) read(list jsontext.Value) (ids []string, err error) {
	elements := []jsontext.Value{list}
	if list == nil || list.Kind() == jsontext.KindNull {
		return nil, nil
	}
	if list.Kind() == jsontext.KindBeginArray {
		elements = nil
		if err := json.Unmarshal(list, &elements); err != nil {
			return nil, errors.New("its keys cannot be read")
		}
	}
	if len(elements) > maxMethods {
		return nil, fmt.Errorf("it has more than %d keys", maxMethods)
	}
	for _, element := range elements {
		id := idOf(element)
		if id == "" {
			return nil, errors.New("one of its keys has no id")
		}
		if strings.HasPrefix(id, "#") {
			id = c.ID + id
		}
		ids = append(ids, id)
		if element.Kind() != jsontext.KindBeginObject {
			continue
		}
		var m verificationMethod
		if json.Unmarshal(element, &m) != nil {
			return nil, errors.New("one of its keys cannot be read")
		}
		if c.methods[id] != nil {
			return nil, errors.New("it has two keys of one id")
		}
		c.methods[id] = &m
	}
	return ids, nil
}

// lists reports whether the document names a key as one that speaks for its identifier.
func (c *controller) lists(method string) bool {
	return slices.Contains(c.assertion, method) || slices.Contains(c.public, method)
}

// assertionKey returns a key of the document itself. A method without a fragment stands for
// the only one that there is.
func (c *controller) assertionKey(method string, now time.Time) (*secured.Key, error) {
	if method == c.ID {
		all := append(slices.Clone(c.assertion), c.public...)
		if len(all) != 1 {
			return nil, keyErrorf(method, "is not told: the document has %d keys that sign", len(all))
		}
		method = all[0]
	}
	m := c.methods[method]
	switch {
	case !c.lists(method):
		return nil, keyErrorf(method, "is not one by which %s makes statements (assertionMethod)", credential.Quoted(excerpt(c.ID)))
	case m == nil:
		return nil, keyErrorf(method, "is named by the document of %s and not in it", credential.Quoted(excerpt(c.ID)))
	case m.controller() != c.ID && (m.controller() != "" || !slices.Contains(c.public, method)):
		return nil, keyErrorf(method, "is another's than %s", credential.Quoted(excerpt(c.ID)))
	}
	key, err := m.key(c.ID, now)
	if err != nil {
		return nil, err
	}
	key.Stale = c.stale
	return key, nil
}

// idOf returns a text, or the id of an object; empty if it is neither.
func idOf(v jsontext.Value) string {
	var s string
	switch v.Kind() {
	case jsontext.KindString:
		_ = json.Unmarshal(v, &s) // then it stays empty
	case jsontext.KindBeginObject:
		var m struct {
			ID jsontext.Value `json:"id"`
		}
		if json.Unmarshal(v, &m) == nil && m.ID.Kind() == jsontext.KindString {
			return idOf(m.ID)
		}
	}
	return s
}
