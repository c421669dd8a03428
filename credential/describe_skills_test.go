package credential

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const ofOB3 = `"@context":["https://www.w3.org/ns/credentials/v2","https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"],` +
	`"type":["VerifiableCredential","OpenBadgeCredential"],"issuer":"did:web:college.example"`

// TestSkillsDescribed: what a credential says of skills, where its standard has a place for them.
func TestSkillsDescribed(t *testing.T) {
	for name, test := range map[string]struct {
		doc        string
		alignments []Alignment
		tags       []string
	}{
		"Open Badge 3.0": {
			`{` + ofOB3 + `,"credentialSubject":{"achievement":{"name":"A","tag":["welding","steel","welding"],"alignment":[
			{"targetName":"weld","targetFramework":"ESCO","targetCode":"X","targetUrl":"https://skills.example/1"}]}}}`,
			[]Alignment{{"weld", "ESCO", "X", "https://skills.example/1"}},
			[]string{"welding", "steel"},
		},
		"results": {
			`{` + ofOB3 + `,"credentialSubject":{"result":[
			{"resultDescription":"urn:r:1","achievedLevel":"urn:l:2","alignment":{"targetCode":"of the result"}},
			{"resultDescription":"urn:r:2","status":"Failed","achievedLevel":"urn:l:9","alignment":{"targetCode":"failed"}},
			{"resultDescription":"urn:r:3","status":"Failed"},{"resultDescription":"urn:r:3","status":"Completed"}],
			"achievement":{"name":"A","resultDescription":[
			{"id":"urn:r:1","alignment":[{"targetCode":"described"}],"rubricCriterionLevel":[
			{"id":"urn:l:1","alignment":[{"targetCode":"not reached"}]},{"id":"urn:l:2","alignment":[{"targetCode":"reached"}]},
			{"alignment":[{"targetCode":"nobody's level"}]}]},
			{"id":"urn:r:2","alignment":[{"targetCode":"not passed"}],"rubricCriterionLevel":[{"id":"urn:l:9","alignment":{"targetCode":"no"}}]},
			{"id":"urn:r:3","alignment":[{"targetCode":"passed at last"}]}]}}}`,
			[]Alignment{{Code: "of the result"}, {Code: "described"}, {Code: "reached"}, {Code: "passed at last"}},
			nil,
		},
		"Open Badge 2.0": {
			`{"@context":"https://w3id.org/openbadges/v2","type":"Assertion","badge":{"type":"BadgeClass","name":"A","issuer":
			{"id":"https://college.example"},"tags":["knots"],"alignment":{"targetName":"tie knots","targetUrl":"https://skills.example/2"}}}`,
			[]Alignment{{Name: "tie knots", URL: "https://skills.example/2"}},
			[]string{"knots"},
		},
		"Open Badge 1.1": {
			`{"uid":"1","badge":{"name":"A","issuer":{"id":"https://college.example"},"tags":["knots"],
			"alignment":[{"name":"tie knots","url":"https://skills.example/2"}]}}`,
			[]Alignment{{Name: "tie knots", URL: "https://skills.example/2"}},
			[]string{"knots"},
		},
		"Europass": {
			`{"@context":["https://www.w3.org/ns/credentials/v2"],"type":["VerifiableCredential","EuropeanDigitalCredential"],
			"issuer":"did:web:college.example","credentialSubject":{"hasClaim":[{"type":"LearningAchievement","title":{"en":"Baker"},
			"specifiedBy":{"learningOutcome":[{"title":{"en":"Bakes"},"relatedESCOSkill":[{"id":"http://data.europa.eu/esco/skill/1",
			"type":"Concept","prefLabel":{"en":["bake bread"]}}],"relatedSkill":[{"id":"https://skills.example/3","notation":"3",
			"inScheme":{"id":"https://skills.example"}},"https://skills.example/4"]}]},
			"hasPart":[{"title":{"en":"Part"},"specifiedBy":{"learningOutcome":{"relatedESCOSkill":"http://data.europa.eu/esco/skill/2"}}}]}]}}`,
			[]Alignment{
				{"bake bread", "ESCO", "", "http://data.europa.eu/esco/skill/1"},
				{"", "https://skills.example", "3", "https://skills.example/3"},
				{URL: "https://skills.example/4"},
				{Framework: "ESCO", URL: "http://data.europa.eu/esco/skill/2"},
			},
			nil,
		},
		"Comprehensive Learner Record": { // what stands in the credentials within it is theirs
			`{"@context":["https://www.w3.org/ns/credentials/v2"],"type":["VerifiableCredential","ClrCredential"],
			"issuer":"did:web:college.example","credentialSubject":{"achievement":[{"name":"A","alignment":[{"targetCode":"a"}]},
			{"name":"B","tag":"b"}],"verifiableCredential":[{` + ofOB3 + `,"credentialSubject":{"achievement":{"alignment":
			{"targetCode":"inner"},"tag":["inner"]}}}]}}`,
			[]Alignment{{Code: "a"}},
			[]string{"b"},
		},
		"schema.org": {
			`{` + ofOB3 + `,"credentialSubject":{"hasCredential":{"type":"EducationalOccupationalCredential","competencyRequired":["first aid",
			{"type":"DefinedTerm","name":"weld","termCode":"W.1","inDefinedTermSet":{"name":"Trade"}}],"educationalAlignment":
			{"targetName":"cut","targetUrl":"https://skills.example/5","educationalFramework":"Trade"}}}}`,
			[]Alignment{{Name: "first aid"}, {"weld", "Trade", "W.1", ""}, {"cut", "Trade", "", "https://skills.example/5"}},
			nil,
		},
		"keywords of schema.org": {
			`{` + ofOB3 + `,"credentialSubject":{"achievement":{"keywords":["a, b",{"@type":"DefinedTerm","name":"c"}]}}}`,
			nil,
			[]string{"a", "b", "c"},
		},
		"too long to be whole": {
			fmt.Sprintf(`{%s,"credentialSubject":{"achievement":{"alignment":[{"targetName":"n","targetFramework":"F","targetCode":"%[2]s",
			"targetUrl":"https://x.example/%[2]s"}]}}}`, ofOB3, strings.Repeat("x", 1100)),
			[]Alignment{{Name: "n"}},
			nil,
		},
	} {
		d := Describe([]byte(test.doc))
		if diff := cmp.Diff(test.alignments, d.Alignments) + cmp.Diff(test.tags, d.Tags); diff != "" || d.Problem != "" {
			t.Errorf("%s: %s\n%s", name, d.Problem, diff)
		}
	}
}

// TestManySkills: a hostile number of them is cut, in little time.
func TestManySkills(t *testing.T) {
	var alignments, tags strings.Builder
	for i := range 999 {
		fmt.Fprintf(&alignments, `{"targetCode":"%d"},`, i)
		fmt.Fprintf(&tags, `"%d",`, i)
	}
	doc := `{` + ofOB3 + `,"credentialSubject":{"achievement":{"alignment":[` + alignments.String() + strings.Repeat(
		`{"targetCode":"1"},`,
		300_000,
	) +
		`{"targetCode":"x"},{"targetCode":"y"}],"tag":[` + tags.String() + strings.Repeat(
		`"1",`,
		1_500_000,
	) + `"x","y"]}}}`
	start := time.Now()
	d := Describe([]byte(doc))
	if len(d.Alignments) != 1000 || len(d.Tags) != 1000 {
		t.Errorf("%d alignments and %d tags", len(d.Alignments), len(d.Tags))
	}
	if took := time.Since(start); took > 20*time.Second { // quadratic, not a busy machine
		t.Errorf("it took %s", took)
	}
}

// TestCredly: the platform gives the learner's name to the credential itself. It is shown as such,
// and changes nothing of what is compared.
func TestCredly(t *testing.T) {
	const subject = `,"credentialSubject":{"type":["AchievementSubject"],"identifier":[{"type":"IdentityObject","hashed":true,
		"identityHash":"sha256$ca7041efc514031af640f44cdd75d980a22721d9eea609ab1d3f19a089d1faea","identityType":"emailAddress"}],
		"achievement":{"name":"Forklift basics","tag":["Load Handling"]}},
		"evidence":[{"type":["Evidence"],"name":"Certificate number","description":"HS-2024-000314"}]}`
	const context = `{"@context":["https://www.w3.org/ns/credentials/v2"],"type":["VerifiableCredential","OpenBadgeCredential"],`
	for name, test := range map[string]struct{ doc, learner, title string }{
		"by its id": {
			context + `"id":"https://www.credly.com/api/v1/obi/v3/open_badge_credentials/1","issuer":"did:web:school.example","name":"Pat Miller"` +
				subject, "Pat Miller", "",
		},
		"by its issuer": {
			context + `"issuer":{"id":"did:web:www.credly.com:api:v1:obi:v3:issuers:2"},"name":"Pat Miller"` + subject, "Pat Miller", "",
		},
		"the name is a title": {
			context + `"issuer":"https://api.credly.com/v1/obi/v3/issuers/2","name":"Forklift basics"` + subject, "", "Forklift basics",
		},
		"another platform": {
			context + `"issuer":"https://credly.com.platform.example/2","name":"Forklift licence"` + subject, "", "Forklift licence",
		},
		"no achievement": {
			context + `"issuer":"https://api.credly.com/v1/obi/v3/issuers/2","name":"Forklift licence","credentialSubject":{}}`,
			"", "Forklift licence",
		},
		"the subject has another name": {
			context + `"issuer":"https://api.credly.com/2","name":"Licence",
			"credentialSubject":{"name":"Pat","achievement":{"name":"Forklift basics"}}}`,
			"Pat", "Licence",
		},
	} {
		d := Describe([]byte(test.doc))
		if d.RecipientName != test.learner || d.Name != test.title || d.Problem != "" {
			t.Errorf("%s: for %q, title %q: %s", name, d.RecipientName, d.Name, d.Problem)
		}
		if same, known := d.IsFor("Pat Miller"); same || known {
			t.Errorf("%s: its recipient is told by a name: %v, %v", name, same, known)
		}
	}
	d := Describe([]byte(context + `"issuer":"https://api.credly.com/2","name":"Pat Miller"` + subject))
	if diff := cmp.Diff([]string{"Certificate number: HS-2024-000314"}, d.Evidence); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"Forklift basics"}, d.Names); diff != "" {
		t.Error(diff)
	}
	if same, known := d.IsFor("pat.miller@mail.example"); !same || !known {
		t.Error("the hash of its recipient is not compared")
	}
}
