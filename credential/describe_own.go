package credential

import (
	"slices"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/hallmark-node/hallmark/credential/hosted"
)

// readOwn describes a document of a format of our own, a trust list or a frozen badge, and
// reports whether the document is one.
func (d *reader) readOwn(object []byte) bool {
	m, err := members(object, "hallmarkList", "hallmarkHosted", "name", "entries")
	switch {
	case err != nil:
		return false
	case m["hallmarkHosted"] != nil:
		d.readHosted(object)
		return true
	}
	return d.readTrustList(object, m)
}

// Frozen is what a frozen badge says of itself: when and where from it was fetched. These are
// the words of whoever made it.
type Frozen struct {
	At      string   `json:"at"`                // RFC 3339
	Badge   string   `json:"badge"`             // the address of its assertion, or the identifier of a signed one
	Missing []string `json:"missing,omitempty"` // what could not be had, such as "the badge class (HTTP 404)"
}

// readHosted describes a frozen badge (spec.md, section 8.9): as the assertion that has badge
// class and profile inside. So all that holds for one holds for this.
func (d *reader) readHosted(object []byte) {
	d.Kind = KindFrozen
	b, err := hosted.Parse(object)
	if err != nil {
		d.problem("it says that it is a frozen badge, and cannot be read as one: %v", err)
		return
	}
	d.Frozen = &Frozen{At: b.Frozen.Format(frozenForm), Badge: clip(b.Badge)}
	j, err := b.Join()
	if err != nil {
		d.problem("its parts do not belong together: %v", err)
		return
	}
	d.Revoked, d.Frozen.Missing = j.Revoked, j.Missing
	if j.Assertion == nil {
		d.issuerProblem("it says nothing but that the badge was revoked")
		d.recipientProblem("it says nothing but that the badge was revoked")
		return
	}
	d.within("frozen bundle")
	d.readObject(j.Assertion, nil)
}

const frozenForm = "2006-01-02T15:04:05Z"

// readTrustList describes a trust list (spec.md, section 7.1), and reports whether the
// document is one, of which m has members. It names nobody as its issuer, and whom it lists it is about: only if it
// has nothing but what a list has, so that no reader finds an issuer in it.
func (d *reader) readTrustList(object []byte, m map[string]jsontext.Value) bool {
	if string(m["hallmarkList"]) != "1" || m["entries"] == nil || m["entries"].Kind() != '[' {
		return false
	}
	const str = '"'
	only := func(object jsontext.Value, kinds map[string]jsontext.Kind) bool {
		if object.Kind() != '{' {
			return false
		}
		for name, value := range membersOf(object) {
			if kind, ok := kinds[name]; !ok || value.Kind() != kind {
				return false
			}
		}
		return true
	}
	if !only(object, map[string]jsontext.Kind{
		"hallmarkList": '0', "name": str, "origin": str, "sha256": str, "read": str, "dated": str, "format": str, "key": str,
		"entries": '[',
	}) {
		return false
	}
	for entry := range all(m["entries"]) {
		if !only(entry, map[string]jsontext.Kind{"name": str, "ids": '[', "domains": '['}) {
			return false
		}
		for _, list := range membersOf(entry) {
			if list.Kind() == '[' && slices.ContainsFunc(slices.Collect(all(list)), func(v jsontext.Value) bool { return v.Kind() != str }) {
				return false
			}
		}
	}
	d.Kind, d.Opaque = KindTrustList, true
	d.addName(text(m["name"]))
	return true
}
