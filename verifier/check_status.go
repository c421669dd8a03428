package verifier

import (
	"fmt"
	"time"

	"github.com/hallmark-node/hallmark/merkle"
)

// status decides whether the credential still stood at the header's block. It
// rests on finality.
func (r *run) status() outcome {
	if !r.report.passed(CheckFinality) {
		return cannotTell(ReasonNotChecked, "cannot be told while no final block shows the issuer's state")
	}
	if by, from := r.retired(); by != nil {
		where := ""
		if by != r.last {
			where = " on " + by.Chain.String()
		}
		said := fmt.Sprintf("the issuer's key was retired%s from %s on, and this was anchored at %s",
			where, when(unix(from)), when(unix(r.anchoredAt)))
		if e, _ := r.firstAnchored(); r.succeeded() && e == nil {
			return cannotTell(ReasonNotAnchored, "%s: that it was anchored earlier, before %s took over, is not shown", said, r.last.Chain)
		}
		return fail(ReasonRetired, "%s", said)
	}
	if err := r.state.issuerErr; err != nil {
		return cannotTell(ReasonEvidenceBad, "the evidence does not show the issuer's state: %v", err)
	}
	asOf := unix(r.state.header.Time)
	o := r.listed(r.last, r.state.issuer.StatusRoot)
	if r.succeeded() && r.state.issuer.StatusRoot.IsZero() {
		var end time.Time
		if o, end = r.listedBefore(); !end.IsZero() {
			r.report.StatusAsOf = end
		}
	}
	age := r.now.Sub(asOf)
	switch {
	case age < -maxFuture:
		return cannotTell(
			ReasonStatusFuture,
			"%s, but the block is dated %s, after now (%s): is this computer's clock right?",
			o.detail,
			when(asOf),
			when(r.now),
		)
	case age > r.opts.MaxStatusAge:
		return cannotTell(ReasonStatusOld, "%s as of %s, which is %s ago, more than %s: run hallmark refresh",
			o.detail, when(asOf), days(age), days(r.opts.MaxStatusAge))
	default:
		r.report.ReplacedBy = r.replacedBy
		return outcome{o.result, o.reason, o.detail + " as of " + when(asOf)}
	}
}

// retired returns an entry that shows the issuer's key retired at or before the time
// of the anchor, and from when. A retirement can only move earlier, so it holds at any
// age of the evidence and on any chain: a stolen key must not stay valid where its owner
// forgot to retire it. The chain must be trusted, and must not be a test chain unless a
// test chain decides, since keys of test chains are often public.
func (r *run) retired() (by *Anchor, from uint64) {
	for i := range r.proof.Anchors {
		a := &r.proof.Anchors[i]
		if !r.trusts(a) {
			continue
		}
		chain := r.trust.Chains[a.Chain]
		s := r.read(a)
		if chain.Test && !r.report.Test || s.issuerErr != nil || s.issuer.RetiredFrom == 0 || r.anchoredAt < s.issuer.RetiredFrom {
			continue
		}
		if final, _ := r.vouched(chain, a, s.header); final {
			return a, s.issuer.RetiredFrom
		}
	}
	return nil, 0
}

// listedBefore is [run.listed] where the issuer has no list on the chain that decides:
// silence there is not an answer. The last chain of the line on which the issuer has a
// list answers, or else the home, as of its end. Unless the result is unknown because
// an entry does not count, the time is that of the block that answered.
func (r *run) listedBefore() (outcome, time.Time) {
	for i := len(r.line) - 2; i >= 0; i-- {
		e := &r.line[i]
		s, ok := r.before(e)
		silent := fmt.Sprintf("the issuer has said nothing on %s, which took over from %s at %s", r.line[i+1].id, e.id, when(unix(e.until)))
		switch {
		case !ok:
			return cannotTell(ReasonStatusMissing, "%s, and the proof has no entry of that chain from before, in a trusted registry and a block "+
				"that something trusted vouches for: run hallmark refresh, or ask the issuer to carry its status over", silent), time.Time{}
		case s.issuerErr != nil:
			return cannotTell(
				ReasonEvidenceBad,
				"%s, and the entry of that chain does not show the issuer's state: %v",
				silent,
				s.issuerErr,
			), time.Time{}
		case unix(e.until).Sub(unix(s.header.Time)) > r.opts.MaxStatusAge:
			return cannotTell(
				ReasonStatusOld,
				"%s, and the entry of that chain is of %s, more than %s before: ask the issuer to carry its status over",
				silent,
				when(unix(s.header.Time)),
				days(r.opts.MaxStatusAge),
			), time.Time{}
		case s.issuer.StatusRoot.IsZero() && i > 0:
			continue
		}
		o := r.listed(e.entry, s.issuer.StatusRoot)
		o.detail = fmt.Sprintf("%s as of the end of %s (its block of %s); %s", o.detail, e.id, when(unix(s.header.Time)), silent)
		return o, unix(s.header.Time)
	}
	return cannotTell(ReasonChainUnknown, "the line of successors is empty"), time.Time{} // a broken invariant
}

// listed reads the status entries of a under root for the leaf and for the submission.
func (r *run) listed(a *Anchor, root Hash) outcome {
	entries := a.Status
	if root.IsZero() {
		if len(entries) > 0 {
			return cannotTell(ReasonEvidenceBad, "the proof shows status entries, but the issuer has no status list")
		}
		return pass("not revoked, suspended or retired (the issuer has revoked nothing)")
	}
	proven := make([]StatusEntry, 0, len(entries))
	for _, e := range entries {
		// Only the first entry of a list has no id, and only it has no code.
		wellFormed := e.ID.IsZero() == (e.Code == StatusNone)
		if wellFormed && r.cache.root(StatusLeaf(e.ID, e.Code, e.Next), e.Path) == root {
			proven = append(proven, e)
		}
	}
	o := pass("not revoked, suspended or retired")
	if len(proven) < len(entries) {
		o = cannotTell(ReasonEvidenceBad, "a status entry is not one of the issuer's current list")
	}
	for _, id := range []struct {
		what string
		hash Hash
	}{{"the credential", r.leaf}, {"the whole submission", r.submissionRoot}} {
		switch s := standing(proven, id.hash); s {
		case standsGood:
		case standsSuspended:
			return fail(ReasonSuspended, "%s is suspended", id.what)
		case standsRevoked:
			return fail(ReasonRevoked, "%s is %s", id.what, r.revoked(proven))
		default:
			o = cannotTell(ReasonStatusMissing, "the issuer's status list is not shown for %s: %s", id.what, s)
		}
	}
	for _, e := range proven {
		if !e.covers(r.leaf) && !e.covers(r.submissionRoot) && o.result == Pass {
			o = cannotTell(ReasonEvidenceBad, "a status entry says nothing about this credential")
		}
	}
	return o
}

// revoked says what has become of a credential that proven entries show as revoked, and by what it is
// replaced, if they say.
func (r *run) revoked(proven []StatusEntry) string {
	items := make([]StatusItem, len(proven))
	for i, e := range proven {
		items[i] = StatusItem{e.ID, e.Code}
	}
	next, ok := ReplacedBy(items, r.leaf, r.proof.Salt)
	if !ok || next.Equals(r.proof.Credential) {
		return "revoked"
	}
	r.replacedBy = next.String()
	return "revoked and replaced by " + r.replacedBy + ","
}

const (
	standsGood      = "good"
	standsSuspended = "suspended"
	standsRevoked   = "revoked"
)

// covers reports whether e decides about id.
func (e *StatusEntry) covers(id Hash) bool {
	return e.ID == id || merkle.Compare(e.ID, id) < 0 && merkle.Compare(id, e.Next) < 0
}

// standing says how id stands by proven entries. An entry of id itself beats any
// gap.
func standing(proven []StatusEntry, id Hash) string {
	gap := false
	for _, e := range proven {
		switch {
		case e.ID != id:
			gap = gap || e.covers(id)
		case e.Code == StatusSuspended:
			return standsSuspended
		case e.Code == StatusRevoked:
			return standsRevoked
		default:
			return fmt.Sprintf("its code %d needs a newer verifier", e.Code)
		}
	}
	if gap {
		return standsGood
	}
	return "an entry is missing"
}

// days writes a duration for people.
func days(d time.Duration) string {
	if d < 48*time.Hour {
		return d.Round(time.Second).String()
	}
	return fmt.Sprintf("%d days", d/(24*time.Hour))
}
