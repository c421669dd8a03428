package credential

import (
	"slices"

	"github.com/go-json-experiment/json/jsontext"
)

// readTrustList describes a trust list (spec.md, section 7.1), and reports whether the
// document is one. It names nobody as its issuer, and whom it lists it is about: only if it
// has nothing but what a list has, so that no reader finds an issuer in it.
func (d *reader) readTrustList(object []byte) bool {
	m, err := members(object, "hallmarkList", "name", "entries")
	if err != nil || string(m["hallmarkList"]) != "1" || m["entries"] == nil || m["entries"].Kind() != '[' {
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
