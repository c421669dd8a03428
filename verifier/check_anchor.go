package verifier

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// anchor decides whether the registry recorded the batch root, as of the
// header. It rests on inclusion.
func (r *run) anchor() outcome {
	switch {
	case r.proof.Pending():
		return cannotTell(ReasonPending, "the proof is still pending: nothing shows that it was anchored; run hallmark upgrade")
	case !r.report.passed(CheckInclusion):
		return cannotTell(ReasonNotChecked, "cannot be told while the paths do not hold")
	case r.chain == nil:
		return cannotTell(ReasonChainUnknown, "the trust store does not know chain %s; run hallmark trust pin if you do", r.report.Chain)
	case r.chain.Successor.Chain != 0:
		return cannotTell(
			ReasonChainUnknown,
			"the trust store names successors in a circle: %s took over from %s",
			r.chain.Successor.Chain,
			r.report.Chain,
		)
	case r.last == nil:
		return cannotTell(ReasonEvidenceMissing, "the proof has no evidence from %s, which decides for this submission", r.effectiveRegistry())
	case !r.trusts(r.last):
		return cannotTell(ReasonRegistryUnknown, "the trust store does not trust registry %s on %s", r.last.Registry, r.last.Chain)
	}
	r.state = r.read(r.last)
	switch err := r.state.anchorErr; {
	case errors.Is(err, errMissingNode):
		return cannotTell(ReasonEvidenceBad, "the evidence is incomplete: %v", err)
	case errors.Is(err, errUnknownFormat):
		return cannotTell(ReasonNewerVerifier, "the evidence cannot be judged: %v", err)
	case err != nil:
		// Evidence comes from anyone: bad evidence is no fact about the credential.
		return cannotTell(ReasonEvidenceBad, "the evidence does not hold: %v; another copy of the proof may do", err)
	case r.state.anchored:
		return pass("registry %s on %s recorded the batch root at %s%s",
			r.last.Registry, r.last.Chain, when(unix(r.state.anchoredAt)), r.elsewhere())
	case r.succeeded():
		// What was not repeated on a successor was not taken back.
		if e, at := r.firstAnchored(); e != nil {
			return pass("registry %s on %s recorded the batch root at %s, before %s took over",
				e.entry.Registry, e.id, when(unix(at)), r.last.Chain)
		}
		return cannotTell(ReasonNotAnchored, "registry %s on %s had not recorded the batch root at block %d, "+
			"and the proof does not show that it was recorded before that chain took over",
			r.last.Registry, r.last.Chain, r.state.header.Number)
	}
	// Only of a block that is final is this a fact about the chain.
	decide := cannotTell
	if final, _ := r.vouched(r.chain, r.last, r.state.header); final {
		decide = fail
	}
	return decide(ReasonNotAnchored, "registry %s had not recorded the batch root at block %d", r.last.Registry, r.state.header.Number)
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
			fmt.Fprintf(&b, "; %s recorded it too, at %s", a.Chain, when(unix(s.anchoredAt)))
			if !final {
				b.WriteString(" (not known to be final)")
			}
		}
	}
	return b.String()
}

// chainEntry is what a proof shows of one chain in the line of a home and its
// successors.
type chainEntry struct {
	id    ChainID
	chain *TrustedChain // nil if the trust store does not know it
	until uint64        // when the next one took over, Unix seconds; 0 for the last of the line

	// entry is the proof's evidence from a trusted registry there, nil if it has none:
	// from the home registry itself where this is the home.
	entry *Anchor
}

// locate finds the line of the home and the proof's entries for it.
func (r *run) locate() {
	home := r.proof.Submission.Home
	for _, id := range r.trust.Line(home.Chain) {
		e := chainEntry{id: id, chain: r.trust.Chains[id]}
		for i, a := range r.proof.Anchors {
			if a.Chain == id && (a.Registry == home.Registry || id != home.Chain) {
				e.entry = &r.proof.Anchors[i]
			}
		}
		if e.chain != nil {
			e.until = e.chain.Successor.Since
		}
		r.line = append(r.line, e)
	}
	last := &r.line[len(r.line)-1]
	last.until = 0 // also where the line ends in a circle
	r.chain, r.last = last.chain, last.entry
	r.report.Chain = last.id
	if r.chain != nil {
		r.report.ChainName = r.chain.Name
	}
	r.report.Test = slices.ContainsFunc(r.line, func(e chainEntry) bool { return e.chain != nil && e.chain.Test })
}

// succeeded reports whether another chain decides than the home's.
func (r *run) succeeded() bool { return len(r.line) > 1 }

// before returns the state that an entry of a dead chain shows. ok is false where it
// does not count: it is not there, its registry is not trusted, its evidence does not
// hold, nothing trusted vouches for its block, or that is dated after the end.
func (r *run) before(e *chainEntry) (s registryState, ok bool) {
	if e.entry == nil || !r.trusts(e.entry) {
		return s, false
	}
	s = r.read(e.entry)
	if s.anchorErr != nil || s.header.Time > e.until {
		return s, false
	}
	ok, _ = r.vouched(e.chain, e.entry, s.header)
	return s, ok
}

// trusts reports whether the trust store lists the registry of an entry.
func (r *run) trusts(a *Anchor) bool {
	chain := r.trust.Chains[a.Chain]
	return chain != nil && slices.Contains(chain.Registries, a.Registry)
}

// read returns what an entry proves, if its header is one of the chain.
func (r *run) read(a *Anchor) registryState {
	s := r.cache.readRegistry(a, r.batchRoot, r.proof.Submission.Issuer)
	s.header.Genesis = r.trust.Chains[a.Chain].Genesis
	return s
}

// firstAnchored returns when a chain of the line before the last one recorded the
// batch, as far as its entry counts: the first of them that did.
func (r *run) firstAnchored() (by *chainEntry, at uint64) {
	for i := range r.line[:len(r.line)-1] {
		e := &r.line[i]
		if s, ok := r.before(e); ok && s.anchored && (by == nil || s.anchoredAt < at) {
			by, at = e, s.anchoredAt
		}
	}
	return by, at
}
