package verifier

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier/identity"
	"github.com/hallmark-node/hallmark/verifier/trustlist"
)

// issuerByEvidence is the issuer check for an address that the trust store does not have.
// What the store says of the issuer whom the credential names goes before evidence; and
// evidence alone makes no file that names nobody anybody's, since anyone may have a domain.
func (r *run) issuerByEvidence(given bool) outcome {
	doc := r.report.Document
	listed := r.namesOther(nil)
	switch {
	case !given:
	case listed.result == Fail, doc.Problem != "", doc.IssuerByURL:
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
		return cannotTell(ReasonNotChecked, "the trust store does not know %s, and what names it is believed for a time only, "+
			"while when the anchor was made is not known", r.proof.Submission.Issuer)
	}
	return cannotTell(ReasonIssuerUnknown, "the trust store does not know %s%s%s; run hallmark trust add-issuer if you do",
		r.proof.Submission.Issuer, claimed(doc.IssuerIDs), remarks)
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
	var said strings.Builder
	for i := range s.Identity {
		e := &s.Identity[i]
		if !merkle.ValidPathLen(s.Count, len(e.Path)) || r.cache.root(e.Leaf(), e.Path) != r.submissionRoot {
			fmt.Fprintf(&said, "; its evidence of kind %s is not part of the submission", e.Kind)
			continue
		}
		names, err := r.cache.identity(r.anchors, e, s.Issuer, r.anchoredAt)
		if err != nil {
			fmt.Fprintf(&said, "; its evidence of kind %s does not count: %v", e.Kind, err)
			continue
		}
		for _, n := range names {
			why := r.notNamedFor(&n, issuer)
			if why == "" {
				return namedKind{n, e.Kind}, "", true
			}
			fmt.Fprintf(&said, "; %s named it (%s), %s", identity.Display(n.Domain), n.By, why)
		}
	}
	return found, said.String(), false
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
