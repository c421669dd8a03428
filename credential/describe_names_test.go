package credential

import (
	"slices"
	"testing"
)

// Whom and what a credential is about, in the words of each standard.
func TestDescribePersonAndAward(t *testing.T) {
	for name, tt := range map[string]struct {
		subject string // of a Verifiable Credential
		person  string
		titles  []string
	}{
		"one name":         {`{"name":"Ida Quay","givenName":"I."}`, "Ida Quay", nil},
		"full name first":  {`{"name":"iq","fullName":{"en":"Ida Quay"}}`, "Ida Quay", nil},
		"Open Badges 3.0":  {`{"familyName":"Quay","givenName":"Ida","additionalName":"Maria"}`, "Ida Maria Quay", nil},
		"EBSI":             {`{"familyName":"QUAY","givenNames":"Ida Maria"}`, "Ida Maria QUAY", nil},
		"several given":    {`{"family_name":"Quay","given_name":["Ida","Maria"]}`, "Ida Maria Quay", nil},
		"first and last":   {`{"firstName":" Ida ","lastName":"Quay"}`, "Ida Quay", nil},
		"in snake case":    {`{"first_name":"Ida","middle_name":"M.","surname":"Quay"}`, "Ida M. Quay", nil},
		"languages":        {`{"givenName":{"en":["Ida"]},"familyName":{"en":["Quay"]}}`, "Ida Quay", nil},
		"family name only": {`{"familyName":"Quay"}`, "Quay", nil},
		"within":           {`{"student":{"givenName":"Ida","familyName":"Quay"}}`, "Ida Quay", nil},
		"no text":          {`{"givenName":7,"familyName":["Quay",7]}`, "Quay", nil},

		"degree":           {`{"degree":{"type":"BachelorDegree","name":"BSc Harbour Works"}}`, "", []string{"BSc Harbour Works"}},
		"degree, a text":   {`{"degree":"Bachelor of Harbour Works"}`, "", []string{"Bachelor of Harbour Works"}},
		"EBSI achievement": {`{"learningAchievement":{"title":"Master in Harbour Law"}}`, "", []string{"Master in Harbour Law"}},
		"several":          {`{"qualification":[{"title":"A"},{"name":"B"}],"programme":"C"}`, "", []string{"A", "B", "C"}},
		"licence, number":  {`{"licence":"NL-1234"}`, "", nil},
		"licence":          {`{"licence":{"name":"Crane licence"}}`, "", []string{"Crane licence"}},
		"title at last":    {`{"title":"Crane driver"}`, "", []string{"Crane driver"}},
		"title of a person": {
			`{"title":"Dr","name":"Ida Quay","degree":{"name":"PhD"}}`, "Ida Quay",
			[]string{"PhD"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			d := Describe([]byte(`{"type":["VerifiableCredential"],"issuer":"did:web:a","credentialSubject":` + tt.subject + `}`))
			if d.RecipientName != tt.person || !slices.Equal(d.Names, tt.titles) || d.Problem != "" {
				t.Errorf("%q %q %s", d.RecipientName, d.Names, d.Problem)
			}
		})
	}
}
