package verifier

import (
	"fmt"
	"slices"
	"strings"
)

// issuer decides whether the signing address is a controller of the issuer that the
// credential names. It rests on the signature, on the credential where one was given, and
// on finality where the store bounds the key's time.
func (r *run) issuer(given bool) outcome {
	address := r.proof.Submission.Issuer
	if !r.report.passed(CheckSignature) {
		return decide(Unknown, "cannot be told while the signature does not hold")
	}
	if given && !r.report.passed(CheckCredential) {
		return decide(Unknown, "cannot be told while the file is not known to be the credential")
	}
	known := r.trust.Issuers[address]
	doc := r.report.Document
	how := "no file was given, so only the address was looked at"
	switch {
	case known != nil && slices.Contains(known.IDs, AnyIssuer):
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
	if known == nil {
		return decide(Unknown, "the trust store does not know %s%s; run hallmark trust add-issuer if you do", address, claimed(doc.IssuerIDs))
	}
	if why := r.notAtHome(known); why != "" {
		return decide(Unknown, "%s is known as %q; %s", address, known.Name, why)
	}
	if known.NotBefore != 0 || known.NotAfter != 0 {
		if !r.report.passed(CheckFinality) {
			return decide(Unknown, "the key is believed for a time only, and when the anchor was made is not known")
		}
		at := r.anchoredAt
		if at < known.NotBefore {
			return decide(Fail, "anchored %s, before the key is believed (from %s)", when(unix(at)), when(unix(known.NotBefore)))
		}
		if known.NotAfter != 0 && at > known.NotAfter {
			return decide(Fail, "anchored %s, after the key is believed (until %s)", when(unix(at)), when(unix(known.NotAfter)))
		}
	}
	return decide(Pass, "%s is known as %q; %s", address, known.Name, how)
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
		return decide(Unknown, "whom the credential names cannot be told: %s", doc.Problem)
	case doc.IssuerByURL:
		return decide(Unknown, "the credential names its issuer only behind a URL, which an offline check cannot follow; it is signed by %s", who)
	case doc.Opaque:
		return outcome{}
	case len(doc.IssuerIDs) != 1: // not reached: Describe has a problem with it
		return decide(Unknown, "whom the credential names cannot be told")
	}
	name := doc.IssuerIDs[0]
	if known != nil && slices.Contains(known.IDs, name) {
		return outcome{}
	}
	controllers, complete := r.trust.controllers(name)
	switch {
	case complete:
		return decide(Fail, "the credential names %q, for whom only %s speaks, not %s", name, controllers[0], who)
	case len(controllers) > 0:
		return decide(Unknown, "the credential names %q, for whom the trust store lists %s, not %s, and does not say that its list is complete",
			name, controllers[0], who)
	case known != nil:
		return decide(Unknown, "the credential names %q, and the trust store does not say that %s may speak for it", name, who)
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
