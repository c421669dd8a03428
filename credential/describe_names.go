package credential

import (
	"cmp"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// The names of a person, by what the standards call them: schema.org and Open Badges 3.0,
// EBSI, the European Learning Model, OpenID Connect and SD-JWT VC, ISO/IEC 18013-5.
var (
	wholeNames = []string{"fullName", "full_name", "name"}
	givenNames = []string{
		"givenName", "givenNames", "given_name", "given_names", "firstName", "firstNames", "first_name", "first_names", "currentGivenName",
	}
	middleNames = []string{"additionalName", "middleName", "middle_name"}
	familyNames = []string{
		"familyName", "familyNames", "family_name", "family_names", "lastName", "lastNames", "last_name", "surname", "currentFamilyName",
	}
	personNames = slices.Concat(wholeNames, givenNames, middleNames, familyNames)
)

// personName returns the name of a person from the members of an object: the whole one,
// else its parts, the given name first.
func personName(m map[string]jsontext.Value) string {
	for _, name := range wholeNames {
		if whole := text(m[name]); whole != "" {
			return whole
		}
	}
	var parts []string
	for _, names := range [][]string{givenNames, middleNames, familyNames} {
		for _, name := range names {
			if part := nameOf(m[name]); part != "" {
				parts = append(parts, strings.TrimSpace(part))
				break
			}
		}
	}
	return strings.Join(parts, " ")
}

// nameOf returns a part of a name, which may be a list, as for several given names.
func nameOf(value jsontext.Value) string {
	var list []string
	for part := range all(value) {
		if part.Kind() == jsontext.KindString && len(list) < maxNames {
			list = append(list, text(part))
		}
	}
	return cmp.Or(strings.Join(list, " "), text(value))
}

// readPerson reads the name of the person whom an object is about, the first that is
// stated.
func (d *reader) readPerson(person jsontext.Value) {
	if d.RecipientName != "" || person.Kind() != jsontext.KindBeginObject {
		return
	}
	if m, err := members(person, personNames...); err == nil {
		d.RecipientName = clip(personName(m))
	}
}

// holders are members of a credentialSubject that hold the person, where the subject itself
// is what the person did.
var holders = []string{"person", "holder", "student", "learner", "recipient", "graduate", "candidate"}

// awards are members of a credentialSubject that say what it was given for, beside
// the achievements that Open Badges and the European Learning Model have. Numbered are those whose
// text may be a number.
var (
	awards = []string{
		"degree", "diploma", "qualification", "award", "hasCredential", "learningAchievement", "achieved", "course", "programme", "program",
		"programOfStudy",
		"degreeName", "qualificationName", "courseName", "courseTitle", "programmeName", "programName", "certificateName", "awardName",
		"achievementName", "badgeName",
	}
	numbered   = []string{"certificate", "certification", "license", "licence"}
	allAwards  = slices.Concat(awards, numbered)
	awardNames = []string{"name", "title", "degreeName", "qualificationName", "prefLabel", "degree", "qualification"}
)

// readAwards reads the titles of what the subject of a credential was given it for.
func (d *reader) readAwards(subject map[string]jsontext.Value) {
	for _, name := range allAwards {
		for award := range all(subject[name]) {
			if len(d.Names) == maxNames {
				return
			}
			if award.Kind() != jsontext.KindBeginObject {
				if !slices.Contains(numbered, name) {
					d.addName(text(award))
				}
				continue
			}
			m, err := members(award, awardNames...)
			if err != nil {
				continue
			}
			title := ""
			for _, name := range awardNames {
				title = cmp.Or(title, text(m[name]))
			}
			d.addName(cmp.Or(title, text(award)))
		}
	}
	if len(d.Names) == 0 {
		d.addName(text(subject["title"]))
	}
}
