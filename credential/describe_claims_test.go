package credential

import (
	"strings"
	"testing"
)

// Ends of validity among the claims: the earliest, or why one of them cannot be told.
func TestEndsOfClaims(t *testing.T) {
	const past, future = "2020-01-01T00:00:00Z", "2036-01-01T00:00:00Z"
	for name, c := range map[string]struct{ subject, end, at, problem string }{
		"none":                {`{"id":"did:example:pat","degree":{"name":"D","endDate":"` + past + `"}}`, "", "", ""},
		"of the subject":      {`{"expiry_date":"2020-01-01"}`, `"expiry_date"`, "2020-01-01", ""},
		"by another name":     {`{"validThrough":"` + past + `"}`, `"validThrough"`, past, ""},
		"within":              {`{"license":[{"name":"A"},{"detail":{"expires":"` + past + `"}}]}`, `"expires"`, past, ""},
		"the earliest":        {`{"expires":"` + future + `","license":{"expirationDate":"` + past + `"}}`, `"expirationDate"`, past, ""},
		"of several subjects": {`[{"expires":"` + future + `"},{"expires":"` + past + `"}]`, `"expires"`, past, ""},
		"no date": {
			`{"expires":"` + past + `","x":{"expirationDate":"2020-02-30"}}`, `"expirationDate"`, "2020-02-30", `"2020-02-30", which is no date`,
		},
		"a length of time":          {`{"hasClaim":{"validityPeriod":"P2Y"}}`, `"validityPeriod"`, "P2Y", "validityPeriod"},
		"an object":                 {`{"expires":{"years":2}}`, `"expires"`, `{"years":2}`, "is not a text"},
		"a flag that is set":        {`{"expired":true}`, `"expired"`, "true", "is not a text"},
		"a flag that is not":        {`{"expired":false,"expires":null}`, "", "", ""},
		"starts and issues":         {`{"validFrom":"` + past + `","issue_date":"` + past + `","dateIssued":"` + past + `"}`, "", "", ""},
		"of other credentials":      {`{"verifiableCredential":[{"validUntil":"` + past + `"}]}`, "", "", ""},
		"of what supports a claim":  {`{"evidence":{"expires":"` + past + `"}}`, "", "", ""},
		"of an organisation":        {`{"hasClaim":{"awardedBy":{"awardingBody":{"accreditation":{"expiryDate":"` + past + `"}}}}}`, "", "", ""},
		"of each of several rights": {`{"driving_privileges":[{"expiry_date":"` + past + `"}]}`, "", "", ""},
		"a mere identifier":         {`"did:example:pat"`, "", "", ""},
	} {
		d := Describe([]byte(`{"@context":["` + contextVC2 + `"],"type":["VerifiableCredential"],"issuer":"did:example:i",` +
			`"credentialSubject":` + c.subject + `}`))
		end := d.ClaimUntil
		if d.ClaimEnd != c.end || end.Text != c.at || (end.Err != "") != (c.problem != "") || !strings.Contains(end.Err, c.problem) {
			t.Errorf("%s: %s %+v", name, d.ClaimEnd, d.ClaimUntil)
		}
		if d.ValidUntil.Present || d.ValidUntil.Err != "" || d.Problem != "" {
			t.Errorf("%s: %+v, %s", name, d.ValidUntil, d.Problem)
		}
	}
}
