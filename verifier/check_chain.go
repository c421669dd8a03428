package verifier

import (
	"errors"
	"fmt"
	"strings"
)

// anchor decides whether the registry recorded the batch root, as of the
// header. It rests on inclusion.
func (r *run) anchor() {
	set := func(result Result, format string, args ...any) { r.report.set(CheckAnchor, result, format, args...) }
	switch {
	case r.proof.Pending():
		set(Unknown, "the proof is still pending: nothing shows that it was anchored; run hallmark upgrade")
	case !r.report.passed(CheckInclusion):
		set(Unknown, "cannot be told while the paths do not hold")
	case r.chain == nil:
		set(Unknown, "the trust store does not know chain %s; run hallmark trust pin if you do", r.report.Chain)
	case r.chain.Successor.Chain != 0:
		set(Unknown, "the trust store names successors in a circle: %s took over from %s", r.chain.Successor.Chain, r.report.Chain)
	case r.last == nil:
		set(Unknown, "the proof has no evidence from %s, which decides for this submission", r.effectiveRegistry())
	case !r.trusts(r.last):
		set(Unknown, "the trust store does not trust registry %s on %s", r.last.Registry, r.last.Chain)
	default:
		r.state = r.read(r.last)
		switch err := r.state.anchorErr; {
		case errors.Is(err, errMissingNode):
			set(Unknown, "the evidence is incomplete: %v", err)
		case errors.Is(err, errUnknownFormat):
			set(Unknown, "the evidence cannot be judged: %v", err)
		case err != nil:
			// Evidence comes from anyone: bad evidence is no fact about the credential.
			set(Unknown, "the evidence does not hold: %v; another copy of the proof may do", err)
		case r.state.anchored:
			set(Pass, "registry %s on %s recorded the batch root at %s%s",
				r.last.Registry, r.last.Chain, when(unix(r.state.record.Timestamp)), r.elsewhere())
		case r.succeeded():
			// What was not repeated on a successor was not taken back.
			if e, at := r.firstAnchored(); e != nil {
				set(Pass, "registry %s on %s recorded the batch root at %s, before %s took over",
					e.entry.Registry, e.id, when(unix(at)), r.last.Chain)
			} else {
				set(Unknown, "registry %s on %s had not recorded the batch root at block %d, "+
					"and the proof does not show that it was recorded before that chain took over",
					r.last.Registry, r.last.Chain, r.state.header.Number)
			}
		default:
			// Only of a block that is final is this a fact about the chain.
			result := Unknown
			if final, _ := r.vouched(r.chain, r.last, r.state.header); final {
				result = Fail
			}
			set(result, "registry %s had not recorded the batch root at block %d", r.last.Registry, r.state.header.Number)
		}
	}
}

// effectiveRegistry names the registry that decides for the submission.
func (r *run) effectiveRegistry() string {
	if !r.succeeded() {
		return r.proof.Submission.Home.String()
	}
	return r.report.Chain.String()
}

// elsewhere checks the entries of other chains, which decide nothing here, and says
// what they show.
func (r *run) elsewhere() string {
	var b strings.Builder
	for i := range r.proof.Anchors {
		a := &r.proof.Anchors[i]
		if a == r.last {
			continue
		}
		if !r.trusts(a) {
			fmt.Fprintf(&b, "; an entry for %s was not checked, since the trust store does not know its registry", a.Chain)
			continue
		}
		s := r.read(a)
		switch {
		case s.anchorErr != nil:
			fmt.Fprintf(&b, "; the entry for %s does not hold: %v", a.Chain, s.anchorErr)
		case !s.anchored:
			fmt.Fprintf(&b, "; the entry for %s shows no anchor", a.Chain)
		default:
			final, _ := r.vouched(r.trust.Chains[a.Chain], a, s.header)
			fmt.Fprintf(&b, "; %s recorded it too, at %s", a.Chain, when(unix(s.record.Timestamp)))
			if !final {
				b.WriteString(" (not known to be final)")
			}
		}
	}
	return b.String()
}

// finality decides whether the header behind the evidence is final. It rests on
// anchor, and it never fails: that nothing vouches for a header proves nothing.
func (r *run) finality() {
	if !r.report.passed(CheckAnchor) {
		r.report.set(CheckFinality, Unknown, "cannot be told while the anchor is not shown")
		return
	}
	final, detail := r.vouched(r.chain, r.last, r.state.header)
	if !final {
		r.report.set(CheckFinality, Unknown, "%s", detail)
		return
	}
	r.report.set(CheckFinality, Pass, "%s", detail)
	if r.state.anchored {
		r.anchoredAt = r.state.record.Timestamp
	}
	if e, at := r.firstAnchored(); e != nil {
		r.anchoredAt = at // when it was repeated on a successor does not count
	}
	r.report.AnchoredAt = unix(r.anchoredAt)
	r.report.StatusAsOf = unix(r.state.header.Time)
}
