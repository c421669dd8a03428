package verifier

import "slices"

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
		if s, ok := r.before(e); ok && s.anchored && (by == nil || s.record.Timestamp < at) {
			by, at = e, s.record.Timestamp
		}
	}
	return by, at
}
