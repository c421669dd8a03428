package verifier

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hallmark-node/hallmark/credential"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier/identity"
	"github.com/hallmark-node/hallmark/verifier/trustlist"
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
			how = "it may speak for " + credential.Quoted(doc.IssuerIDs[0])
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
		_, domain := identity.Host("https://" + want)
		if _, hosted := identity.Host(names[0]); domain && !hosted {
			return cannotTell(ReasonIssuerUnknown, "the credential names %s, which does not say whether it is of %s",
				credential.Quoted(names[0]), want)
		}
		return fail(ReasonNameOfAnother, "the credential names %s, not %s", credential.Quoted(names[0]), want)
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
		return cannotTell(
			ReasonIssuerUnreadable,
			"the credential names its issuer only behind a URL, which an offline check cannot follow (hallmark freeze makes a document "+
				"of what is there); it is signed by %s",
			who,
		)
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
	shown := credential.Quoted(name)
	switch {
	case complete && doc.Frozen != nil: // whoever froze it does not claim to have issued it
		return cannotTell(ReasonNameOfAnother, "the badge that was frozen names %s, for whom only %s speaks; it was anchored by %s",
			shown, controllers[0], who)
	case complete:
		return fail(ReasonNameOfAnother, "the credential names %s, for whom only %s speaks, not %s", shown, controllers[0], who)
	case len(controllers) > 0:
		return cannotTell(
			ReasonIssuerUnknown,
			"the credential names %s, for whom the trust store lists %s, not %s, and does not say that its list is complete",
			shown,
			controllers[0],
			who,
		)
	case known != nil:
		return cannotTell(ReasonIssuerUnknown, "the credential names %s, and the trust store does not say that %s may speak for it", shown, who)
	}
	return outcome{}
}

// claimed is a clause about the issuers that a document names, or nothing.
func claimed(names []string) string {
	if len(names) == 0 {
		return ""
	}
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = credential.Quoted(name)
	}
	return "; the credential names " + strings.Join(quoted, " and ")
}

// issuerByEvidence is the issuer check for an address that the trust store does not have.
// What the store says of the issuer whom the credential names goes before evidence; and
// evidence alone makes no file that names nobody anybody's, since anyone may have a domain.
func (r *run) issuerByEvidence(given bool) outcome {
	doc := r.report.Document
	listed := r.namesOther(nil)
	switch {
	case !given:
	case listed.reason == ReasonNameOfAnother, doc.Problem != "", doc.IssuerByURL:
		return listed
	case len(doc.IssuerIDs) == 1:
		if o := r.expected(nil); o != (outcome{}) {
			return o
		}
		if o := r.issuerByPKH(doc.IssuerIDs[0]); o != (outcome{}) {
			return o
		}
	}
	who := r.opts.Issuer
	if len(doc.IssuerIDs) == 1 {
		who = doc.IssuerIDs[0]
	} else if _, isID := identity.Host(who); who != "" && !isID {
		who = "https://" + who // a domain
	}
	named, remarks, ok := r.namedBy(who)
	switch {
	case ok:
		by := IssuerBy(named.kind)
		r.report.IssuerBy, r.report.IssuerDomain, r.report.IssuerSince = by, named.Domain, named.Since.UTC()
		return pass("%s named %s: %s%s", identity.Display(named.Domain), r.proof.Submission.Issuer, named.By, claimed(doc.IssuerIDs))
	case listed.result != "":
		listed.detail += remarks
		return listed
	case len(r.proof.Submission.Identity) > 0 && !r.report.passed(CheckFinality):
		return cannotTell(ReasonNotChecked, "the trust store does not know %s; whether its evidence counts depends on the time of the "+
			"anchor, which is not proven", r.proof.Submission.Issuer)
	}
	return cannotTell(ReasonIssuerUnknown, "the trust store does not know %s%s%s; run hallmark trust add-issuer if you do",
		r.proof.Submission.Issuer, claimed(doc.IssuerIDs), remarks)
}

// issuerByPKH takes an identifier that is the address of the key (did:pkh), and counts for
// the chain that it names. The zero outcome says that it is none of this address.
func (r *run) issuerByPKH(id string) outcome {
	account, ok := strings.CutPrefix(id, "did:pkh:")
	if !ok {
		return outcome{}
	}
	named, err := ParseHome(account) // an account has the form of a registry: CAIP-10
	home, signer := r.proof.Submission.Home, r.proof.Submission.Issuer
	switch {
	case err != nil || named.Registry != signer:
		return outcome{}
	case named.Chain != home.Chain || home.Registry != RegistryAddress && home != r.soleHome:
		return cannotTell(ReasonHomeUnknown, "the credential names its key for %s, and this was signed for registry %s", named.Chain, home)
	}
	r.report.IssuerBy = ByPKH
	return pass("the credential names the key itself, %s", signer)
}

// namedKind is what evidence says, and of which kind it is.
type namedKind struct {
	identity.Named
	kind string
}

// namedBy looks for evidence in the submission by which a domain that speaks for the issuer
// named the key, for the home of the submission, at the time of the anchor. The remarks are
// clauses on what did not count.
func (r *run) namedBy(issuer string) (found namedKind, remarks string, ok bool) {
	s := &r.proof.Submission
	if len(s.Identity) == 0 || !r.report.passed(CheckFinality) {
		return found, "", false
	}
	const maxOthers = 4 // that are told of; a certificate may have hundreds
	var said []string   // without repeating what two kinds of evidence say alike
	say := func(format string, args ...any) {
		if remark := fmt.Sprintf("; "+format, args...); !slices.Contains(said, remark) {
			said = append(said, remark)
		}
	}
	others := 0
	for i := range s.Identity {
		e := &s.Identity[i]
		if !merkle.ValidPathLen(s.Count, len(e.Path)) || r.cache.root(e.Leaf(), e.Path) != r.submissionRoot {
			say("its evidence of kind %s is not part of the submission", e.Kind)
			continue
		}
		names, err := r.cache.identity(r.anchors, e, s.Issuer, r.anchoredAt)
		if err != nil {
			say("its evidence of kind %s does not count: %v", e.Kind, err)
			continue
		}
		for _, n := range names {
			why := r.notNamedFor(&n, issuer)
			if why == "" {
				return namedKind{n, e.Kind}, "", true
			}
			others++
			switch {
			case others <= maxOthers:
				say("%s named this key, %s", identity.Display(n.Domain), why)
			case others == maxOthers+1:
				say("and more, which do not count either")
			}
		}
	}
	return found, strings.Join(said, ""), false
}

// notNamedFor says why what a domain said does not count here, or nothing if it does. A
// key's retirement is recorded on its home only, so a name is for one home: the sole one
// unless it says which.
func (r *run) notNamedFor(n *identity.Named, issuer string) string {
	home := r.proof.Submission.Home
	switch {
	case n.Chain == 0 && home != r.soleHome:
		return fmt.Sprintf("for no chain, and so not for registry %s", home)
	case n.Chain != 0 && (ChainID(n.Chain) != home.Chain || home.Registry != RegistryAddress && home != r.soleHome):
		return fmt.Sprintf("for %s, not for registry %s", ChainID(n.Chain), home)
	case issuer == "":
		return "but the file names nobody"
	case !n.SpeaksFor(issuer):
		return "which does not speak for that issuer"
	}
	return ""
}

// onLists returns the lists that have the issuer. Only once it is proven who that is: whoever
// copies the name of one that is listed must not gain by it. A domain counts where evidence
// named it, not where it only is the host of an identifier.
func (r *run) onLists() []trustlist.Listed {
	if r.opts.Lists == nil || !r.report.passed(CheckIssuer) {
		return nil
	}
	who := slices.Clone(r.report.Document.IssuerIDs)
	if by := r.report.IssuerBy; by == ByX509 || by == ByDNSSEC {
		who = append(who, r.report.IssuerDomain)
	}
	lists := r.opts.Lists()
	if len(who) == 0 || lists == nil {
		return nil
	}
	return lists.Find(who...)
}
