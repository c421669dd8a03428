package verifycmd

import (
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/hallmark-node/hallmark/credential"
	"github.com/hallmark-node/hallmark/verifier"
)

// printer writes the report on one file.
type printer func(w io.Writer, name string, r *verifier.Report, first bool)

// printText writes a report for people: the verdict and what it is about on the
// first line, then a line a check.
func printText(w io.Writer, name string, r *verifier.Report, first bool) {
	if !first {
		fmt.Fprintln(w)
	}
	verdict := string(r.Verdict)
	if r.Test {
		verdict += " TEST"
	}
	fmt.Fprintf(w, "%s %s%s\n", verdict, credential.Printable(name), headline(r))
	fmt.Fprintf(w, "  %s\n", about(r))
	for _, c := range r.Checks {
		fmt.Fprintf(w, "  %-10s  %-7s  %s\n", c.Check, c.Result, c.Detail)
	}
}

// headline is the rest of the first line: that the document was not looked at, and
// why the verdict is not VALID.
func headline(r *verifier.Report) string {
	unchecked := ""
	if r.Result(verifier.CheckCredential).Result == verifier.Unknown {
		unchecked = " (the document itself was not checked)"
	}
	return unchecked + because(r)
}

func because(r *verifier.Report) string {
	switch r.Verdict {
	case verifier.Invalid:
		for _, c := range r.Checks {
			if c.Result == verifier.Fail {
				return ": " + c.Detail
			}
		}
	case verifier.VerdictUnknown:
		for _, c := range r.Checks {
			if c.Result == verifier.Unknown && c.Check != verifier.CheckCredential && c.Check != verifier.CheckValidity {
				return ": " + c.Detail
			}
		}
		if r.Test {
			return ": this is a chain for tests; --allow-test takes its word"
		}
		for _, c := range r.Checks {
			if c.Result == verifier.Unknown {
				return ": " + c.Detail
			}
		}
	}
	return ""
}

// about says whose credential it is: the store's name of the issuer, and the
// document's own claims beside it, marked as such.
func about(r *verifier.Report) string {
	s := "issuer " + r.Issuer.String()
	if r.IssuerName != "" {
		s = fmt.Sprintf("issuer %q (%s)", credential.Printable(r.IssuerName), r.Issuer)
	}
	if !r.DocumentRead() {
		return s
	}
	d := r.Document
	s += "; the document"
	if d.Kind != "" {
		s += " (" + credential.Printable(d.Title()) + ")"
	}
	switch {
	case d.IssuerName != "":
		s += fmt.Sprintf(" names %q", credential.Printable(d.IssuerName))
	case len(d.IssuerIDs) > 0:
		s += fmt.Sprintf(" names %q", credential.Printable(d.IssuerIDs[0]))
	default:
		s += " names nobody"
	}
	if len(d.Names) > 0 {
		s += fmt.Sprintf(", about %q", credential.Printable(d.Names[0]))
	}
	return s
}

// reportJSON is the object of --json. Its members are fixed.
type reportJSON struct {
	File       string                 `json:"file"`
	Verdict    verifier.Verdict       `json:"verdict"`
	Credential string                 `json:"credential"`
	Issuer     string                 `json:"issuer"`
	AnchoredAt *string                `json:"anchoredAt"`
	StatusAsOf *string                `json:"statusAsOf"`
	Chain      string                 `json:"chain"`
	Test       bool                   `json:"test"`
	Checks     []verifier.CheckResult `json:"checks"`
}

func printJSON(w io.Writer, name string, r *verifier.Report, _ bool) {
	writeJSON(w, reportJSON{
		File: name, Verdict: r.Verdict, Credential: r.Credential, Issuer: r.Issuer.String(),
		AnchoredAt: timeJSON(r.AnchoredAt), StatusAsOf: timeJSON(r.StatusAsOf),
		Chain: r.Chain.String(), Test: r.Test, Checks: r.Checks,
	})
}

// printJSONError writes the object of a file that is no proof: it has no verdict.
func printJSONError(w io.Writer, name string, err error) {
	writeJSON(w, struct {
		File  string `json:"file"`
		Error string `json:"error"`
	}{name, err.Error()})
}

func writeJSON(w io.Writer, v any) {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	// A report is plain data and the writer is standard output: if that is gone
	// there is nobody to tell.
	_ = e.Encode(v)
}

func timeJSON(t time.Time) *string {
	if t.IsZero() {
		return nil
	}
	s := t.UTC().Format(time.RFC3339)
	return &s
}
