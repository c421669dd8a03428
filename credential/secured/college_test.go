package secured

import (
	"context"
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"
)

// TestCollegeBadge holds a badge that lies ready for measurements: it names its issuer by a
// domain and is signed, over its RDF, with a key that nothing ties to that domain.
func TestCollegeBadge(t *testing.T) {
	const file = "testdata/college-badge.json"
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var doc map[string]any
	if err := json.Unmarshal(text, &doc); err != nil {
		t.Fatal(err)
	}
	if again := marshal(t, newIssuer(t, "Ed25519").sign(t, suiteEdDSARDFC, doc, nil)); string(again)+"\n" != string(text) {
		t.Errorf("%s is signed otherwise: put this in its place:\n%s", file, again)
	}
	f := Check(context.Background(), text, []string{"did:web:college.example"}, nil, time.Now())
	if f.Reason != KeyUnknown || f.Suite != suiteEdDSARDFC || !strings.Contains(f.Detail, "intact") {
		t.Errorf("%+v", f)
	}
}
