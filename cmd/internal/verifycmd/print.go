package verifycmd

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"time"

	"github.com/hallmark-node/hallmark/cmd/internal/run"
	"github.com/hallmark-node/hallmark/credential"
	"github.com/hallmark-node/hallmark/verifier"
	"github.com/hallmark-node/hallmark/verifier/files"
	"github.com/hallmark-node/hallmark/verifier/identity"
)

// printDetails writes a report for people: the verdict and what it is about on the
// first line, then who issued it and when, and apart from that a line a check.
func printDetails(w io.Writer, res files.Result) {
	r := res.Report
	fmt.Fprintf(w, "%s %s%s%s%s\n", verdict(res), fileName(res.Name), headline(r), titled(r), expired(r))
	row := func(what, said string) {
		if said != "" {
			fmt.Fprintf(w, "  %-15s  %s\n", what, said)
		}
	}
	who := "signed by"
	if r.IssuerBy != "" {
		who = "issued by"
	}
	row(who, issuedBy(r))
	for _, l := range r.Listed {
		row("listed", listed(l))
	}
	row("document", about(r))
	row("it says", claims(r))
	row("anchored", anchored(r))
	if r.Verdict == verifier.Valid && r.Result(verifier.CheckStatus).Result == verifier.Pass {
		row("status", "not revoked as of "+r.StatusAsOf.UTC().Format(time.DateOnly))
	}
	fmt.Fprintln(w)
	for _, c := range r.Checks {
		fmt.Fprintf(w, "  %-15s  %-7s  %s\n", c.Check, c.Result, c.Detail)
	}
	for _, o := range res.Others {
		fmt.Fprintf(w, "  another proof, %s, does not decide: %s\n", fileName(o.File), o)
	}
}

// titled is what a credential that is VALID is about and whose it is, as the end of the
// first line.
func titled(r *verifier.Report) string {
	if r.Verdict != verifier.Valid || len(r.Document.Names) == 0 {
		return ""
	}
	s := ": " + quoted(r.Document.Names[0])
	if who := recipientOf(r.Document); who != "" {
		s += " for " + who
	}
	return s
}

// expired is a remark, for what --allow-expired made VALID; empty for what has not expired.
func expired(r *verifier.Report) string {
	if r.Verdict != verifier.Valid || !r.Expired {
		return ""
	}
	return ", expired " + r.Document.ValidUntil.Time.UTC().Format(time.DateOnly)
}

// issuedBy says who signed, by what is proven: the domain or the name in the trust store,
// never what the document calls its issuer.
func issuedBy(r *verifier.Report) string {
	switch r.IssuerBy {
	case verifier.ByX509, verifier.ByDNSSEC:
		how := "certificate logged "
		if r.IssuerBy == verifier.ByDNSSEC {
			how = "DNS records signed "
		}
		return fmt.Sprintf("%s (the domain named this key; %s%s), %s",
			identity.Display(r.IssuerDomain), how, r.IssuerSince.Format(time.DateOnly), r.Issuer)
	case verifier.ByPKH:
		return fmt.Sprintf("%s (the credential names this key itself; nobody says whose it is)", r.Issuer)
	case verifier.ByStore:
	}
	if r.IssuerName != "" {
		return fmt.Sprintf("%s (in the trust store), %s", quoted(r.IssuerName), r.Issuer)
	}
	return r.Issuer.String()
}

// anchored says when and on which chain, and who vouches for that.
func anchored(r *verifier.Report) string {
	if r.FinalBy == "" {
		return ""
	}
	return fmt.Sprintf("%s on %s; vouched for by %s", r.AnchoredAt.UTC().Format(time.DateOnly), files.ChainName(r), r.FinalBy)
}

// printLine writes one line for people: what stands first in printDetails, and what
// a valid credential is about.
func printLine(w io.Writer, res files.Result) {
	if res.Skipped == files.SystemFile {
		return
	}
	fmt.Fprintf(w, "%s %s", verdict(res), fileName(res.Name))
	switch r := res.Report; {
	case res.Skipped != "":
		fmt.Fprintf(w, ": %s", credential.Printable(res.Skipped))
	case res.Err != nil:
		fmt.Fprintf(w, ": %s", credential.Printable(withoutName(res)))
	case r.Verdict == verifier.Valid:
		fmt.Fprintf(w, "%s: %s%s", headline(r), achieved(r), expired(r))
	default:
		fmt.Fprint(w, headline(r))
	}
	for _, o := range res.Others {
		fmt.Fprintf(w, "; another proof, %s, does not decide: %s", fileName(o.File), o)
	}
	fmt.Fprintln(w)
}

// fileName shows the name of a file: between quotation marks where it could be taken for
// more than a name.
func fileName(name string) string {
	if strings.ContainsAny(name, `"`) || strings.Contains(name, ": ") || strings.Contains(name, "; ") || strings.TrimSpace(name) != name ||
		filepath.Separator != '\\' && strings.Contains(name, `\`) {
		return credential.Quoted(name)
	}
	return credential.Printable(name)
}

// verdict is the verdict for display, with the reason where it is not VALID.
func verdict(res files.Result) string {
	word := res.Word()
	if res.Report == nil {
		return word
	}
	if res.Report.Test {
		word += " TEST"
	}
	if why := res.Report.Because(); why != "" {
		word += " (" + why + ")"
	}
	return word
}

// withoutName is an error whose file is named already.
func withoutName(res files.Result) string {
	return strings.TrimPrefix(res.Err.Error(), res.Name+": ")
}

// achieved says in short what a credential is about, who issued it and when it was
// anchored.
func achieved(r *verifier.Report) string {
	s := ""
	if len(r.Document.Names) > 0 {
		s = quoted(r.Document.Names[0]) + ", "
	}
	s += "issued by "
	switch {
	case r.IssuerBy != verifier.ByStore && r.IssuerDomain != "":
		s += identity.Display(r.IssuerDomain)
	case r.IssuerName != "":
		s += quoted(r.IssuerName)
	default:
		s += r.Issuer.String()
	}
	if !r.AnchoredAt.IsZero() {
		s += ", anchored " + r.AnchoredAt.UTC().Format(time.DateOnly)
	}
	return s
}

// summary says how many credentials have which verdict.
func summary(t *files.Tally) string {
	credentials := "credentials"
	if t.Checked() == 1 {
		credentials = "credential"
	}
	s := fmt.Sprintf("%d %s: %d VALID", t.Checked(), credentials, t.Valid)
	for _, part := range []struct {
		n    int
		what string
	}{{t.Invalid, "INVALID"}, {t.Unknown, "UNKNOWN"}, {t.NoProof, "without a proof"}} {
		if part.n > 0 {
			s += fmt.Sprintf(", %d %s", part.n, part.what)
		}
	}
	switch t.Skipped {
	case 0:
	case 1:
		s += "; 1 other file was not looked at"
	default:
		s += fmt.Sprintf("; %d other files were not looked at", t.Skipped)
	}
	if t.System > 0 {
		s += "; " + leftOut(t)
	}
	return s
}

// leftOut says how many system files there were.
func leftOut(t *files.Tally) string {
	if t.System == 1 {
		return "1 system file left out"
	}
	return fmt.Sprintf("%d system files left out", t.System)
}

// headline is the rest of the first line: that the document was not looked at, or that
// one which is VALID names nobody, and why the verdict is not VALID.
func headline(r *verifier.Report) string {
	s := ""
	if unchecked(r) {
		s = " (" + documentUnchecked + ")"
	}
	if r.Verdict == verifier.Valid && r.Document.Opaque {
		s = " (the file names nobody)"
	}
	if why := files.Because(r); why != "" {
		s += ": " + why
	}
	return s
}

const documentUnchecked = "the document itself was not checked"

func unchecked(r *verifier.Report) bool {
	return r.Result(verifier.CheckCredential).Result == verifier.Unknown
}

// about says what the document is, and whom and what it names: its own claims.
func about(r *verifier.Report) string {
	if !r.DocumentRead() {
		return ""
	}
	d := r.Document
	s := credential.Printable(d.Title())
	switch {
	case d.IssuerName != "":
		s += ", calls its issuer " + quoted(d.IssuerName)
	case len(d.IssuerIDs) > 0:
		s += ", calls its issuer " + quoted(d.IssuerIDs[0])
	case d.IssuerByURL:
		s += ", names its issuer only behind " + quoted(d.IssuerURL)
	case d.Opaque:
		s += ", names nobody"
	default:
		s += ", does not say in a known way whom it names"
	}
	if len(d.Names) > 0 {
		s += ", about " + quoted(d.Names[0])
		if more := len(d.Names) - 1; more > 0 {
			s += fmt.Sprintf(" and %d more", more)
		}
	}
	return s
}

func printJSON(w io.Writer, res files.Result) { writeJSON(w, res.Object()) }

func writeJSON(w io.Writer, v any) {
	// A report is plain data and the writer is memory.
	_ = run.JSON(w, v)
}
