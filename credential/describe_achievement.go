package credential

import (
	"cmp"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// readSubject describes whom and what a Verifiable Credential is about.
func (d *reader) readSubject(subject jsontext.Value) {
	if subject.Kind() == jsontext.KindString { // a mere identifier
		d.addRecipient(Identity{Type: "id", Value: text(subject)})
		return
	}
	s, err := members(subject, "id", "@id", "name", "fullName", "email", "identifier", "achievement",
		"claim", "hasClaim", "claims", "givenName", "familyName")
	if err != nil {
		return
	}
	d.addRecipient(Identity{Type: "id", Value: cmp.Or(text(s["id"]), text(s["@id"]))})
	d.addRecipient(Identity{Type: "email", Value: text(s["email"])})
	for identifier := range all(s["identifier"]) {
		d.readIdentity(identifier)
	}
	name := cmp.Or(text(s["fullName"]), text(s["name"]), strings.TrimSpace(text(s["givenName"])+" "+text(s["familyName"])))
	d.RecipientName = cmp.Or(d.RecipientName, clip(name))
	for _, what := range []string{"achievement", "hasClaim", "claim", "claims"} {
		for achievement := range all(s[what]) {
			d.readAchievement(achievement)
		}
	}
}

// readAchievement describes what was achieved: an Achievement of Open Badges 3.0, a
// BadgeClass of 2.0, a claim of Blockcerts, a learning achievement of Europass.
func (d *reader) readAchievement(achievement jsontext.Value) {
	a, err := members(achievement, "name", "title", "criteria", "image", "alignment", "alignments")
	if err != nil {
		return
	}
	d.addName(cmp.Or(text(a["name"]), text(a["title"])))
	for criterion := range all(a["criteria"]) {
		d.Criteria = d.addStatement(d.Criteria, criterion, "narrative", "id", "@id", "url")
	}
	d.readImage(a["image"])
	for _, name := range []string{"alignment", "alignments"} {
		for alignment := range all(a[name]) {
			d.readAlignment(alignment)
		}
	}
}

// addStatement adds a text or link: value itself, or those of its members that are
// texts.
func (d *reader) addStatement(list []string, value jsontext.Value, names ...string) []string {
	if value.Kind() == jsontext.KindString {
		return addText(list, text(value))
	}
	m, err := members(value, names...)
	if err != nil {
		return list
	}
	for _, name := range names {
		list = addText(list, text(m[name]))
	}
	return list
}

// readEvidence reads the member evidence, of the credential or of an assertion.
func (d *reader) readEvidence(evidence jsontext.Value) {
	for e := range all(evidence) {
		d.Evidence = d.addStatement(d.Evidence, e, "name", "narrative", "id", "@id", "url")
	}
}

// readAlignment reads an entry of a skill framework.
func (d *reader) readAlignment(alignment jsontext.Value) {
	if alignment.Kind() == jsontext.KindString {
		d.addAlignment(Alignment{URL: text(alignment)})
		return
	}
	m, err := members(alignment, "targetName", "targetFramework", "targetCode", "targetUrl", "name", "url")
	if err == nil {
		d.addAlignment(Alignment{
			Name: cmp.Or(text(m["targetName"]), text(m["name"])), Framework: text(m["targetFramework"]),
			Code: text(m["targetCode"]), URL: cmp.Or(text(m["targetUrl"]), text(m["url"])),
		})
	}
}

// readImage reads the link to a picture, the first that is stated.
func (d *reader) readImage(image jsontext.Value) {
	link := text(image)
	for i := range all(image) {
		if m, err := members(i, "id", "@id"); err == nil && link == "" {
			link = cmp.Or(text(m["id"]), text(m["@id"]))
		}
	}
	if kind, _, ok := strings.Cut(link, ","); ok && strings.HasPrefix(link, "data:") {
		link = kind + ",…"
	}
	d.Image = cmp.Or(d.Image, clip(link))
}
