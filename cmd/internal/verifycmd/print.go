package verifycmd

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/hallmark-node/hallmark/cmd/internal/run"
	"github.com/hallmark-node/hallmark/credential"
	"github.com/hallmark-node/hallmark/verifier"
)

// noProof stands in the place of a verdict where there is nothing to verify.
const noProof = "NO PROOF"

// printDetails writes a report for people: the verdict and what it is about on the
// first line, then a line a check.
func printDetails(w io.Writer, res result) {
	r := res.report
	fmt.Fprintf(w, "%s %s%s\n", verdict(res), credential.Printable(res.name), headline(r))
	fmt.Fprintf(w, "  %s\n", about(r))
	if said := claims(r); said != "" {
		fmt.Fprintf(w, "  %s\n", said)
	}
	for _, c := range r.Checks {
		fmt.Fprintf(w, "  %-10s  %-7s  %s\n", c.Check, c.Result, c.Detail)
	}
}

// printLine writes one line for people: what stands first in printDetails, and what
// a valid credential is about.
func printLine(w io.Writer, res result) {
	fmt.Fprintf(w, "%s %s", verdict(res), credential.Printable(res.name))
	switch r := res.report; {
	case res.err != nil:
		fmt.Fprintf(w, ": %s", credential.Printable(withoutName(res)))
	case r.Verdict == verifier.Valid:
		fmt.Fprintf(w, "%s: %s", headline(r), achieved(r))
	default:
		fmt.Fprint(w, headline(r))
	}
	fmt.Fprintln(w)
}

// verdict is the verdict as people see it.
func verdict(res result) string {
	switch {
	case res.err != nil:
		return noProof
	case res.report.Test:
		return string(res.report.Verdict) + " TEST"
	}
	return string(res.report.Verdict)
}

// withoutName is an error whose file is named already.
func withoutName(res result) string {
	return strings.TrimPrefix(res.err.Error(), res.name+": ")
}

// achieved says in short what a credential is about, who issued it and when it was
// anchored.
func achieved(r *verifier.Report) string {
	s := ""
	if len(r.Document.Names) > 0 {
		s = strconv.Quote(credential.Printable(r.Document.Names[0])) + ", "
	}
	s += "issuer "
	if r.IssuerName != "" {
		s += strconv.Quote(credential.Printable(r.IssuerName))
	} else {
		s += r.Issuer.String()
	}
	if !r.AnchoredAt.IsZero() {
		s += ", anchored " + r.AnchoredAt.UTC().Format(time.DateOnly)
	}
	return s
}

// summary says how many credentials have which verdict.
func (t *tally) summary() string {
	s := fmt.Sprintf("%d credentials: %d VALID", t.checked(), t.valid)
	for _, part := range []struct {
		n    int
		what string
	}{{t.invalid, "INVALID"}, {t.unknown, "UNKNOWN"}, {t.noProof, "without a proof"}} {
		if part.n > 0 {
			s += fmt.Sprintf(", %d %s", part.n, part.what)
		}
	}
	if t.skipped > 0 {
		s += fmt.Sprintf("; %d other files were not looked at", t.skipped)
	}
	return s
}

// headline is the rest of the first line: that the document was not looked at, and
// why the verdict is not VALID.
func headline(r *verifier.Report) string {
	s := ""
	if unchecked(r) {
		s = " (" + documentUnchecked + ")"
	}
	if why := because(r); why != "" {
		s += ": " + why
	}
	return s
}

const documentUnchecked = "the document itself was not checked"

func unchecked(r *verifier.Report) bool {
	return r.Result(verifier.CheckCredential).Result == verifier.Unknown
}

// because says why a verdict is not VALID.
func because(r *verifier.Report) string {
	switch r.Verdict {
	case verifier.Invalid:
		for _, c := range r.Checks {
			if c.Result == verifier.Fail {
				return c.Detail
			}
		}
	case verifier.VerdictUnknown:
		for _, c := range r.Checks {
			if c.Result == verifier.Unknown && c.Check != verifier.CheckCredential && c.Check != verifier.CheckValidity {
				return c.Detail
			}
		}
		if r.Test {
			return "this is a chain for tests; --allow-test takes its word"
		}
		for _, c := range r.Checks {
			if c.Result == verifier.Unknown {
				return c.Detail
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
		s = fmt.Sprintf("issuer %s (%s)", quoted(r.IssuerName), r.Issuer)
	}
	if !r.DocumentRead() {
		return s
	}
	d := r.Document
	s += "; the document (" + credential.Printable(d.Title()) + ")"
	switch {
	case d.IssuerName != "":
		s += " names " + quoted(d.IssuerName)
	case len(d.IssuerIDs) > 0:
		s += " names " + quoted(d.IssuerIDs[0])
	case d.IssuerByURL:
		s += " names its issuer only behind " + quoted(d.IssuerURL)
	default:
		s += " names nobody"
	}
	if len(d.Names) > 0 {
		s += ", about " + quoted(d.Names[0])
		if more := len(d.Names) - 1; more > 0 {
			s += fmt.Sprintf(" and %d more", more)
		}
	}
	return s
}

// reportJSON is the object of --json. Its members are fixed; document is what the
// document says of itself.
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
	Document   *documentJSON          `json:"document,omitempty"`
}

func printJSON(w io.Writer, res result) {
	r := res.report
	if res.err != nil {
		// The object of a file that is no proof: it has no verdict.
		writeJSON(w, struct {
			File  string `json:"file"`
			Error string `json:"error"`
		}{res.name, res.err.Error()})
		return
	}
	writeJSON(w, reportJSON{
		File: res.name, Verdict: r.Verdict, Credential: r.Credential, Issuer: r.Issuer.String(),
		AnchoredAt: timeJSON(r.AnchoredAt), StatusAsOf: timeJSON(r.StatusAsOf),
		Chain: r.Chain.String(), Test: r.Test, Checks: r.Checks, Document: describe(r),
	})
}

func writeJSON(w io.Writer, v any) {
	// A report is plain data and the writer is memory.
	_ = run.JSON(w, v)
}

func timeJSON(t time.Time) *string {
	if t.IsZero() {
		return nil
	}
	s := timeText(t)
	return &s
}

// timeText is a time in UTC; empty if it is not known.
func timeText(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}
