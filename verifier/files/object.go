package files

import (
	"slices"
	"strings"
	"time"

	"github.com/hallmark-node/hallmark/credential"
	"github.com/hallmark-node/hallmark/verifier"
	"github.com/hallmark-node/hallmark/verifier/trustlist"
)

// What stands in the place of a verdict where there is none.
const (
	NoProof   = "NO PROOF" // there is nothing to verify
	NotLooked = "SKIPPED"  // the file was not read
)

// reportJSON is the object of --json. Its members are fixed; document is what the
// document says of itself.
type reportJSON struct {
	File       string                 `json:"file"`
	Verdict    verifier.Verdict       `json:"verdict"`
	Reason     verifier.Reason        `json:"reason,omitempty"`
	Credential string                 `json:"credential"`
	Issuer     string                 `json:"issuer"`
	IssuerBy   verifier.IssuerBy      `json:"issuerBy,omitempty"`
	Domain     string                 `json:"issuerDomain,omitempty"`
	Since      *string                `json:"issuerSince,omitempty"`
	Listed     []listedJSON           `json:"listedBy,omitempty"`
	AnchoredAt *string                `json:"anchoredAt"`
	StatusAsOf *string                `json:"statusAsOf"`
	ReplacedBy string                 `json:"replacedBy,omitempty"` // a CID
	Chain      string                 `json:"chain"`
	Test       bool                   `json:"test"`
	Checks     []verifier.CheckResult `json:"checks"`
	Document   *documentJSON          `json:"document,omitempty"`
	Others     []Other                `json:"otherProofs,omitempty"`
}

// noReportJSON is the object of --json of a file that is no proof, or was not looked at.
type noReportJSON struct {
	File    string  `json:"file"`
	Verdict string  `json:"verdict"`
	Error   string  `json:"error,omitempty"`
	Reason  string  `json:"reason,omitempty"`
	Others  []Other `json:"otherProofs,omitempty"`
}

// Object returns what is written as JSON for a result: the object of verify --json.
func (res Result) Object() any {
	r := res.Report
	if r == nil {
		object := noReportJSON{File: res.Name, Verdict: res.Word(), Reason: res.Skipped, Others: res.Others}
		if res.Err != nil {
			object.Error = res.Err.Error()
		}
		return object
	}
	return reportJSON{
		File: res.Name, Verdict: r.Verdict, Reason: r.Reason, Credential: r.Credential,
		Issuer: r.Issuer.String(), IssuerBy: r.IssuerBy, Domain: r.IssuerDomain, Since: timeJSON(r.IssuerSince), Listed: listedBy(r.Listed),
		AnchoredAt: timeJSON(r.AnchoredAt), StatusAsOf: timeJSON(r.StatusAsOf), ReplacedBy: r.ReplacedBy,
		Chain: r.Chain.String(), Test: r.Test, Checks: r.Checks, Document: describe(r), Others: res.Others,
	}
}

func timeJSON(t time.Time) *string {
	if t.IsZero() {
		return nil
	}
	s := TimeText(t)
	return &s
}

// TimeText is a time in UTC; empty if it is not known.
func TimeText(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// Word is the verdict as programs see it, or what stands in its place.
func (res Result) Word() string {
	switch {
	case res.Skipped != "":
		return NotLooked
	case res.Err != nil:
		return NoProof
	}
	return string(res.Report.Verdict)
}

// documentJSON is the member "document" of --json: what the document says of itself, and
// how much of the file is covered, in this order.
type documentJSON struct {
	Kind    credential.Kind     `json:"kind"`
	Carrier string              `json:"carrier,omitempty"`
	Covers  credential.Coverage `json:"covers"`
	credential.Description
}

// describe returns the member "document"; nil if the document was not read.
func describe(r *verifier.Report) *documentJSON {
	if !r.DocumentRead() {
		return nil
	}
	return &documentJSON{r.Document.Kind, r.Document.Carrier, r.Covers, r.Document}
}

// listedJSON is an element of listedBy.
type listedJSON struct {
	Issuer string `json:"issuer"` // the identifier or the domain that is on the list
	List   string `json:"list"`
	Name   string `json:"name"` // what the list calls it
	Origin string `json:"origin"`
	Date   string `json:"date"`
}

func listedBy(all []trustlist.Listed) (out []listedJSON) {
	for _, l := range all {
		out = append(out, listedJSON{l.Issuer, l.List, l.Name, l.Origin, l.AsOf.Format(time.DateOnly)})
	}
	return out
}

// ChainName is the name of the home chain of a report, for display.
func ChainName(r *verifier.Report) string {
	if r.ChainName == "" {
		return r.Chain.String()
	}
	return credential.Printable(r.ChainName)
}

// Because says why a verdict is not VALID: what failed first, or all that is missing.
func Because(r *verifier.Report) string {
	var reasons []string
	for _, c := range r.Deciding() {
		if !slices.Contains(reasons, c.Detail) {
			reasons = append(reasons, c.Detail)
		}
	}
	if r.TestRefused && r.Verdict == verifier.VerdictUnknown {
		reasons = append(reasons, ChainName(r)+" is a chain for tests, which --allow-test takes")
	}
	return strings.Join(reasons, "; and ")
}
