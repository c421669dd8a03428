package verifier

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hallmark-node/hallmark/verifier/identity"
)

// issuer decides whether the signing address is a controller of the issuer that the
// credential names. It rests on the signature, on the credential where one was given, and
// on finality where the store bounds the key's time.
func (r *run) issuer(given bool) outcome {
	address := r.proof.Submission.Issuer
	if !r.report.passed(CheckSignature) {
		return cannotTell(ReasonNotChecked, "cannot be told while the signature does not hold")
	}
	if given && !r.report.passed(CheckCredential) {
		return cannotTell(ReasonNotChecked, "cannot be told while the file is not known to be the credential")
	}
	known := r.trust.Issuers[address]
	if known == nil {
		return r.issuerByEvidence(given)
	}
	doc := r.report.Document
	how := "no file was given, so only the address was looked at"
	switch {
	case slices.Contains(known.IDs, AnyIssuer):
		if given {
			how = "it may speak for any issuer" + claimed(doc.IssuerIDs)
		}
	case given:
		if o := r.namesOther(known); o != (outcome{}) {
			return o
		}
		how = "the file names nobody, so only the address was looked at"
		if !doc.Opaque {
			how = fmt.Sprintf("it may speak for %q", doc.IssuerIDs[0])
		}
	}
	if why := r.notAtHome(known); why != "" {
		return cannotTell(ReasonHomeUnknown, "%s is known as %q; %s", address, known.Name, why)
	}
	if known.NotBefore != 0 || known.NotAfter != 0 {
		if !r.report.passed(CheckFinality) {
			return cannotTell(ReasonNotChecked, "the key is believed for a time only, and when the anchor was made is not known")
		}
		at := r.anchoredAt
		if at < known.NotBefore {
			return fail(ReasonIssuerTime, "anchored %s, before the key is believed (from %s)", when(unix(at)), when(unix(known.NotBefore)))
		}
		if known.NotAfter != 0 && at > known.NotAfter {
			return fail(ReasonIssuerTime, "anchored %s, after the key is believed (until %s)", when(unix(at)), when(unix(known.NotAfter)))
		}
	}
	if o := r.expected(known.IDs); o != (outcome{}) {
		return o
	}
	r.report.IssuerBy = ByStore
	if len(doc.IssuerIDs) == 1 {
		r.report.IssuerDomain, _ = identity.Host(doc.IssuerIDs[0])
	}
	return pass("%s is known as %q; %s", address, known.Name, how)
}

// expected returns the outcome where the issuer is not the one whom the user asked for: the
// zero outcome if it is, or none was named. ids are what the address may speak for, which
// counts where the document names nobody.
func (r *run) expected(ids []string) outcome {
	want, names := r.opts.Issuer, r.report.Document.IssuerIDs
	if want == "" {
		return outcome{}
	}
	named := len(names) > 0
	if !named {
		names = ids
	}
	if slices.ContainsFunc(names, func(id string) bool { return isIssuer(want, id) }) {
		return outcome{}
	}
	if named {
		return fail(ReasonNameOfAnother, "the credential names %q, not %s", names[0], want)
	}
	return cannotTell(ReasonIssuerUnknown, "nothing says that %s speaks for %s", r.proof.Submission.Issuer, want)
}

// isIssuer reports whether an identifier is the wanted one, or of the wanted domain.
func isIssuer(want, id string) bool {
	domain, ok := identity.Host("https://" + want)
	return id == want || ok && identity.Named{Domain: domain}.SpeaksFor(id)
}

// notAtHome says why what an issuer signs for the home of this submission does not
// count, or nothing if it does. The key's retirement is recorded on its homes only: with
// a stolen key one could go on signing for any other.
func (r *run) notAtHome(known *TrustedIssuer) string {
	home := r.proof.Submission.Home
	add := fmt.Sprintf("run hallmark trust add-issuer --address %s --home %s", r.proof.Submission.Issuer, home)
	switch {
	case slices.Contains(known.Homes, home):
		return ""
	case len(known.Homes) > 0:
		return fmt.Sprintf("the trust store does not name %s as one of its home registries; if it is, %s", home, add)
	case r.soleHome == home:
		return ""
	case r.soleHome == Home{}:
		return fmt.Sprintf("the trust store names none of its home registries, and lists more registries than one; if %s is one, %s", home, add)
	}
	return fmt.Sprintf("the trust store names none of its home registries, so only %s counts; if %s is one, %s", r.soleHome, home, add)
}

// namesOther returns the outcome where the address is not known to be a controller of the
// one issuer that the credential names, though the store knows the address or that issuer:
// the zero outcome if nothing is wrong. known is nil for an address that the store does not
// have.
func (r *run) namesOther(known *TrustedIssuer) outcome {
	doc, who := r.report.Document, r.proof.Submission.Issuer.String()
	if known != nil {
		who = fmt.Sprintf("%s (%q)", who, known.Name)
	}
	switch {
	case doc.Problem != "":
		return cannotTell(ReasonIssuerUnreadable, "whom the credential names cannot be told: %s", doc.Problem)
	case doc.IssuerByURL:
		return cannotTell(ReasonIssuerUnreadable, "the credential names its issuer only behind a URL, which an offline check cannot follow; it is signed by %s", who)
	case doc.Opaque:
		return outcome{}
	case len(doc.IssuerIDs) != 1: // not reached: Describe has a problem with it
		return cannotTell(ReasonIssuerUnreadable, "whom the credential names cannot be told")
	}
	name := doc.IssuerIDs[0]
	if known != nil && slices.Contains(known.IDs, name) {
		return outcome{}
	}
	controllers, complete := r.trust.controllers(name)
	switch {
	case complete:
		return fail(ReasonNameOfAnother, "the credential names %q, for whom only %s speaks, not %s", name, controllers[0], who)
	case len(controllers) > 0:
		return cannotTell(ReasonIssuerUnknown, "the credential names %q, for whom the trust store lists %s, not %s, and does not say that its list is complete",
			name, controllers[0], who)
	case known != nil:
		return cannotTell(ReasonIssuerUnknown, "the credential names %q, and the trust store does not say that %s may speak for it", name, who)
	}
	return outcome{}
}

// claimed is a clause about the issuers that a document names, or nothing.
func claimed(names []string) string {
	if len(names) == 0 {
		return ""
	}
	return `, the credential names "` + strings.Join(names, `" and "`) + `"`
}
