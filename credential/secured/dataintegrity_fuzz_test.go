package secured

import (
	"context"
	"testing"
	"time"
)

// FuzzDataIntegrity changes signed badges as text: what passes says what was signed.
func FuzzDataIntegrity(f *testing.F) {
	s := newIssuer(f, "Ed25519")
	signed := map[string]bool{}
	for _, suite := range []string{suiteEdDSAJCS, suiteEdDSARDFC, suiteEd2020} {
		badge := s.sign(f, suite, aBadge(f, s.did), nil)
		doc := marshal(f, badge)
		f.Add(doc)
		signed[told(badge)] = true
	}
	f.Fuzz(func(t *testing.T, doc []byte) {
		if len(doc) > 1<<16 {
			return
		}
		if found := Check(context.Background(), doc, []string{s.did}, nil, time.Now()); found.Outcome == Pass && !signed[told(objectOf(t, doc))] {
			t.Errorf("%s passes: %+v", doc, found)
		}
	})
}

// told is what readers take from a badge by its names.
func told(badge map[string]any) string {
	first := func(value any) any {
		if list, ok := value.([]any); ok && len(list) == 1 {
			return list[0]
		}
		return value
	}
	subject, _ := first(badge["credentialSubject"]).(map[string]any)
	achievement, _ := first(subject["achievement"]).(map[string]any)
	text := ""
	for _, value := range []any{
		badge["id"], badge["name"], badge["validFrom"], badge["validUntil"], subject["id"], achievement["id"], achievement["name"],
	} {
		if one, ok := first(value).(string); ok {
			text += one
		}
		text += "\n"
	}
	return text
}
