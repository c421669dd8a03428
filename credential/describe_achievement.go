package credential

import (
	"cmp"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// subjectMembers are those of a subject that are read.
var subjectMembers = slices.Concat([]string{
	"id", "@id", "email", "identifier", "achievement", "claim", "hasClaim", "claims", "title",
}, personNames, holders, allAwards)

// readSubject describes whom and what a Verifiable Credential is about.
func (d *reader) readSubject(subject jsontext.Value) {
	if subject.Kind() == jsontext.KindString { // a mere identifier
		d.addRecipient(Identity{Type: "id", Value: text(subject)})
		return
	}
	s, err := members(subject, subjectMembers...)
	if err != nil {
		return
	}
	d.addRecipient(Identity{Type: "id", Value: cmp.Or(text(s["id"]), text(s["@id"]))})
	d.addRecipient(Identity{Type: "email", Value: text(s["email"])})
	d.readResults(subject)
	for identifier := range all(s["identifier"]) {
		d.readIdentity(identifier)
		i, err := members(identifier, "identityType", "identityHash", "hashed")
		if err == nil && text(i["identityType"]) == "name" && i["hashed"].Kind() != jsontext.KindTrue {
			d.RecipientName = cmp.Or(d.RecipientName, clip(text(i["identityHash"])))
		}
	}
	d.RecipientName = cmp.Or(d.RecipientName, clip(personName(s)))
	for _, holder := range holders {
		d.readPerson(s[holder])
	}
	for _, what := range []string{"achievement", "hasClaim", "claim", "claims"} {
		for achievement := range all(s[what]) {
			d.readAchievement(achievement)
		}
	}
	d.readAwards(s)
}

// readAchievement describes what was achieved: an Achievement of Open Badges 3.0, a
// BadgeClass of 2.0, a claim of Blockcerts, a learning achievement of Europass.
func (d *reader) readAchievement(achievement jsontext.Value) {
	a, err := members(achievement, "name", "title", "criteria", "image")
	if err != nil {
		return
	}
	d.addName(cmp.Or(text(a["name"]), text(a["title"])))
	for criterion := range all(a["criteria"]) {
		d.Criteria = d.addStatement(d.Criteria, criterion, "narrative", "id", "@id", "url")
	}
	d.readImage(a["image"])
	d.readSkills(achievement, 0)
}

// results are those of an achievement that the subject has, of Open Badges 3.0.
type results struct {
	levels   map[string]bool // identifiers of the rubric levels that were reached
	achieved map[string]bool // identifiers of the descriptions of results that are good
	missed   map[string]bool // likewise of those that are not; one may be both, at two attempts
}

// readResults reads the results of a subject. Who failed, withdrew or is still at it has not
// shown what the result is about.
func (d *reader) readResults(subject jsontext.Value) {
	d.results = results{make(map[string]bool), make(map[string]bool), make(map[string]bool)}
	s, err := members(subject, "result", "results", "hasCredential", "achieved")
	if err != nil {
		return
	}
	for result := range allOf(s["result"], s["results"]) {
		r, err := members(result, "resultDescription", "achievedLevel", "status", "alignment", "alignments")
		if err != nil {
			continue
		}
		of := text(r["resultDescription"])
		if _, stated := r["status"]; stated && text(r["status"]) != "Completed" {
			d.results.missed[of] = true
			continue
		}
		d.results.achieved[of] = true
		d.results.levels[text(r["achievedLevel"])] = true
		d.readAlignments(r["alignment"], r["alignments"])
	}
	for award := range allOf(s["hasCredential"], s["achieved"]) { // of schema.org, and of Europass until 2023
		d.readSkills(award, 0)
	}
}

// readSkills reads what an achievement says of skills: alignments, also of the results and
// of the rubric levels that the subject has, learning outcomes of Europass, and tags.
func (d *reader) readSkills(achievement jsontext.Value, depth int) {
	a, err := members(achievement, "alignment", "alignments", "competencyRequired", "educationalAlignment", "tag", "tags", "keywords",
		"resultDescription", "resultDescriptions", "specifiedBy", "hasPart")
	if err != nil {
		return
	}
	d.readAlignments(a["alignment"], a["alignments"], a["competencyRequired"], a["educationalAlignment"])
	for tag := range allOf(a["tag"], a["tags"]) {
		d.addTag(word(tag))
	}
	for keywords := range all(a["keywords"]) { // several in one text
		for keyword := range strings.SplitSeq(word(keywords), ",") {
			d.addTag(keyword)
		}
	}
	for description := range allOf(a["resultDescription"], a["resultDescriptions"]) {
		d.readResultDescription(description)
	}
	for specification := range all(a["specifiedBy"]) {
		if s, err := members(specification, "learningOutcome"); err == nil {
			for outcome := range all(s["learningOutcome"]) {
				d.readOutcome(outcome)
			}
		}
	}
	if depth < maxDepth {
		for part := range all(a["hasPart"]) { // an achievement within one of Europass
			d.readSkills(part, depth+1)
		}
	}
}

// word returns a tag: a text, or the name of a DefinedTerm.
func word(tag jsontext.Value) string {
	if tag.Kind() == jsontext.KindBeginObject {
		if term, err := members(tag, "name"); err == nil && term["name"] != nil {
			return text(term["name"])
		}
	}
	return text(tag)
}

// readResultDescription reads the alignments of a result that an achievement may have, and
// of those of its rubric levels that were reached.
func (d *reader) readResultDescription(description jsontext.Value) {
	r, err := members(description, "id", "@id", "alignment", "alignments", "rubricCriterionLevel", "rubricCriterionLevels")
	if err != nil {
		return
	}
	if id := cmp.Or(text(r["id"]), text(r["@id"])); d.results.missed[id] && !d.results.achieved[id] {
		return
	}
	d.readAlignments(r["alignment"], r["alignments"])
	for level := range allOf(r["rubricCriterionLevel"], r["rubricCriterionLevels"]) {
		l, err := members(level, "id", "@id", "alignment", "alignments")
		if err != nil {
			continue
		}
		if id := cmp.Or(text(l["id"]), text(l["@id"])); id != "" && d.results.levels[id] {
			d.readAlignments(l["alignment"], l["alignments"])
		}
	}
}

// readOutcome reads a learning outcome of the European Learning Model, whose skills are concepts.
func (d *reader) readOutcome(outcome jsontext.Value) {
	names := []string{"relatedESCOSkill", "relatedEscoSkill", "relatedSkill", "relatedCompetence"}
	o, err := members(outcome, names...)
	if err != nil {
		return
	}
	for _, name := range names {
		for skill := range all(o[name]) {
			framework := ""
			if strings.EqualFold(name, "relatedESCOSkill") {
				framework = "ESCO"
			}
			if skill.Kind() == jsontext.KindString {
				d.addAlignment(Alignment{Framework: framework, URL: text(skill)})
				continue
			}
			c, err := members(skill, "id", "@id", "prefLabel", "name", "notation", "inScheme")
			if err != nil {
				continue
			}
			if scheme, err := members(c["inScheme"], "id", "@id"); err == nil {
				framework = cmp.Or(framework, text(scheme["id"]), text(scheme["@id"]))
			}
			d.addAlignment(Alignment{
				Name: cmp.Or(text(c["prefLabel"]), text(c["name"])), Framework: cmp.Or(framework, text(c["inScheme"])),
				Code: text(c["notation"]), URL: cmp.Or(text(c["id"]), text(c["@id"])),
			})
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
		names := []string{"name", "narrative", "id", "@id", "url"}
		if m, err := members(e, "name", "description"); err == nil && text(m["description"]) != "" { // of a number, for instance: the number
			d.Evidence = addText(d.Evidence, strings.TrimPrefix(text(m["name"])+": "+text(m["description"]), ": "))
			names = names[1:]
		}
		d.Evidence = d.addStatement(d.Evidence, e, names...)
	}
}

// readAlignments reads entries of skill frameworks.
func (d *reader) readAlignments(lists ...jsontext.Value) {
	for alignment := range allOf(lists...) {
		d.readAlignment(alignment)
	}
}

// readAlignment reads an entry of a skill framework, as Open Badges or schema.org state one.
func (d *reader) readAlignment(alignment jsontext.Value) {
	if alignment.Kind() == jsontext.KindString {
		s := text(alignment)
		if strings.Contains(s, ":") && !strings.Contains(s, " ") {
			d.addAlignment(Alignment{URL: s})
		} else {
			d.addAlignment(Alignment{Name: s})
		}
		return
	}
	m, err := members(alignment, "targetName", "targetFramework", "targetCode", "targetUrl", "name", "url",
		"termCode", "inDefinedTermSet", "educationalFramework")
	if err != nil {
		return
	}
	framework := cmp.Or(text(m["targetFramework"]), text(m["educationalFramework"]), text(m["inDefinedTermSet"]))
	if set, err := members(m["inDefinedTermSet"], "name", "url"); err == nil {
		framework = cmp.Or(framework, text(set["name"]), text(set["url"]))
	}
	d.addAlignment(Alignment{
		Name: cmp.Or(text(m["targetName"]), text(m["name"])), Framework: framework,
		Code: cmp.Or(text(m["targetCode"]), text(m["termCode"])), URL: cmp.Or(text(m["targetUrl"]), text(m["url"])),
	})
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
