package verifycmd

import (
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/hallmark-node/hallmark/cmd/internal/run"
	"github.com/hallmark-node/hallmark/credential"
	"github.com/hallmark-node/hallmark/verifier"
	"github.com/hallmark-node/hallmark/verifier/identity"
)

// What stands in the place of a verdict where there is none.
const (
	noProof   = "NO PROOF" // there is nothing to verify
	notLooked = "SKIPPED"  // the file was not read
)

// printDetails writes a report for people: the verdict and what it is about on the
// first line, then who issued it and when, and apart from that a line a check.
func printDetails(w io.Writer, res result) {
	r := res.report
	fmt.Fprintf(w, "%s %s%s%s%s\n", verdict(res), fileName(res.name), headline(r), titled(r), expired(r))
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
	for _, o := range res.others {
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
	return fmt.Sprintf("%s on %s; vouched for by %s", r.AnchoredAt.UTC().Format(time.DateOnly), chainName(r), r.FinalBy)
}

func chainName(r *verifier.Report) string {
	if r.ChainName == "" {
		return r.Chain.String()
	}
	return credential.Printable(r.ChainName)
}

// printLine writes one line for people: what stands first in printDetails, and what
// a valid credential is about.
func printLine(w io.Writer, res result) {
	if res.skipped == systemFile {
		return
	}
	fmt.Fprintf(w, "%s %s", verdict(res), fileName(res.name))
	switch r := res.report; {
	case res.skipped != "":
		fmt.Fprintf(w, ": %s", credential.Printable(res.skipped))
	case res.err != nil:
		fmt.Fprintf(w, ": %s", credential.Printable(withoutName(res)))
	case r.Verdict == verifier.Valid:
		fmt.Fprintf(w, "%s: %s%s", headline(r), achieved(r), expired(r))
	default:
		fmt.Fprint(w, headline(r))
	}
	for _, o := range res.others {
		fmt.Fprintf(w, "; another proof, %s, does not decide: %s", fileName(o.File), o)
	}
	fmt.Fprintln(w)
}

// String is the verdict of a candidate and its reason, for people.
func (o other) String() string {
	if o.Reason == "" {
		return o.Verdict
	}
	return o.Verdict + ", " + credential.Printable(o.Reason)
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
func verdict(res result) string {
	word := verdictWord(res)
	if res.report == nil {
		return word
	}
	if res.report.Test {
		word += " TEST"
	}
	if why := res.report.Because(); why != "" {
		word += " (" + why + ")"
	}
	return word
}

// verdictWord is the verdict as programs see it, or what stands in its place.
func verdictWord(res result) string {
	switch {
	case res.skipped != "":
		return notLooked
	case res.err != nil:
		return noProof
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
func (t *tally) summary() string {
	credentials := "credentials"
	if t.checked() == 1 {
		credentials = "credential"
	}
	s := fmt.Sprintf("%d %s: %d VALID", t.checked(), credentials, t.valid)
	for _, part := range []struct {
		n    int
		what string
	}{{t.invalid, "INVALID"}, {t.unknown, "UNKNOWN"}, {t.noProof, "without a proof"}} {
		if part.n > 0 {
			s += fmt.Sprintf(", %d %s", part.n, part.what)
		}
	}
	switch t.skipped {
	case 0:
	case 1:
		s += "; 1 other file was not looked at"
	default:
		s += fmt.Sprintf("; %d other files were not looked at", t.skipped)
	}
	if t.system > 0 {
		s += "; " + t.leftOut()
	}
	return s
}

// leftOut says how many system files there were.
func (t *tally) leftOut() string {
	if t.system == 1 {
		return "1 system file left out"
	}
	return fmt.Sprintf("%d system files left out", t.system)
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
	if why := because(r); why != "" {
		s += ": " + why
	}
	return s
}

const documentUnchecked = "the document itself was not checked"

func unchecked(r *verifier.Report) bool {
	return r.Result(verifier.CheckCredential).Result == verifier.Unknown
}

// because says why a verdict is not VALID: what failed first, or all that is missing.
func because(r *verifier.Report) string {
	var reasons []string
	for _, c := range r.Deciding() {
		if !slices.Contains(reasons, c.Detail) {
			reasons = append(reasons, c.Detail)
		}
	}
	if r.TestRefused && r.Verdict == verifier.VerdictUnknown {
		reasons = append(reasons, chainName(r)+" is a chain for tests, which --allow-test takes")
	}
	return strings.Join(reasons, "; and ")
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
	Others     []other                `json:"otherProofs,omitempty"`
}

func printJSON(w io.Writer, res result) {
	r := res.report
	if r == nil {
		// The object of a file that is no proof, or was not looked at.
		object := struct {
			File    string  `json:"file"`
			Verdict string  `json:"verdict"`
			Error   string  `json:"error,omitempty"`
			Reason  string  `json:"reason,omitempty"`
			Others  []other `json:"otherProofs,omitempty"`
		}{File: res.name, Verdict: verdictWord(res), Reason: res.skipped, Others: res.others}
		if res.err != nil {
			object.Error = res.err.Error()
		}
		writeJSON(w, object)
		return
	}
	writeJSON(w, reportJSON{
		File: res.name, Verdict: r.Verdict, Reason: r.Reason, Credential: r.Credential,
		Issuer: r.Issuer.String(), IssuerBy: r.IssuerBy, Domain: r.IssuerDomain, Since: timeJSON(r.IssuerSince), Listed: listedBy(r.Listed),
		AnchoredAt: timeJSON(r.AnchoredAt), StatusAsOf: timeJSON(r.StatusAsOf), ReplacedBy: r.ReplacedBy,
		Chain: r.Chain.String(), Test: r.Test, Checks: r.Checks, Document: describe(r), Others: res.others,
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
