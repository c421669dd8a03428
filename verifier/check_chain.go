package verifier

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/hallmark-node/hallmark/merkle"
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
	case r.home == nil:
		set(Unknown, "the proof has no evidence from %s, which decides for this submission", r.deciding())
	case !slices.Contains(r.chain.Registries, r.home.Registry):
		set(Unknown, "the trust store does not trust registry %s on %s", r.home.Registry, r.home.Chain)
	default:
		r.state = r.cache.readRegistry(r.home, r.batchRoot, r.proof.Submission.Issuer)
		r.state.header.Genesis = r.chain.Genesis
		switch err := r.state.anchorErr; {
		case errors.Is(err, errMissingNode):
			set(Unknown, "the evidence is incomplete: %v", err)
		case errors.Is(err, errUnknownFormat):
			set(Unknown, "the evidence cannot be judged: %v", err)
		case err != nil:
			set(Fail, "the evidence does not hold: %v", err)
		case !r.state.anchored:
			// Only of a block that is final is this a fact about the chain.
			result := Unknown
			if final, _ := r.vouched(r.chain, r.home, r.state.header); final {
				result = Fail
			}
			set(result, "registry %s had not recorded the batch root at block %d", r.home.Registry, r.state.header.Number)
		default:
			set(Pass, "registry %s on %s recorded the batch root at %s%s", r.home.Registry, r.home.Chain, when(unix(r.state.record.Timestamp)), r.elsewhere())
		}
	}
}

// deciding names the registry whose word counts.
func (r *run) deciding() string {
	if home := r.proof.Submission.Home; r.report.Chain == home.Chain {
		return home.String()
	}
	return r.report.Chain.String()
}

// elsewhere checks the entries of other chains, which decide nothing, and says
// what they show.
func (r *run) elsewhere() string {
	var b strings.Builder
	for i := range r.proof.Anchors {
		a := &r.proof.Anchors[i]
		if a == r.home {
			continue
		}
		chain := r.trust.Chains[a.Chain]
		if chain == nil || !slices.Contains(chain.Registries, a.Registry) {
			fmt.Fprintf(&b, "; an entry for %s was not checked, since the trust store does not know its registry", a.Chain)
			continue
		}
		s := r.cache.readRegistry(a, r.batchRoot, r.proof.Submission.Issuer)
		switch {
		case s.anchorErr != nil:
			fmt.Fprintf(&b, "; the entry for %s does not hold: %v", a.Chain, s.anchorErr)
		case !s.anchored:
			fmt.Fprintf(&b, "; the entry for %s shows no anchor", a.Chain)
		default:
			s.header.Genesis = chain.Genesis
			final, _ := r.vouched(chain, a, s.header)
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
	final, detail := r.vouched(r.chain, r.home, r.state.header)
	if !final {
		r.report.set(CheckFinality, Unknown, "%s", detail)
		return
	}
	r.report.set(CheckFinality, Pass, "%s", detail)
	r.report.AnchoredAt = unix(r.state.record.Timestamp)
	r.report.StatusAsOf = unix(r.state.header.Time)
}

// vouched reports whether something that the verifier trusts makes h final, and
// what.
func (r *run) vouched(chain *TrustedChain, a *Anchor, h Header) (bool, string) {
	var ignored string
	for _, f := range a.Finality {
		if kind, err := voucherKind(f); err == nil {
			ignored += fmt.Sprintf("; a voucher of kind %q was ignored: this needs a newer verifier", kind)
		}
	}
	pinned, known := chain.Blocks[h.Number]
	if known && pinned == h.Hash {
		return true, fmt.Sprintf("block %d (%s) is pinned in the trust store%s", h.Number, h.Hash, ignored)
	}
	if r.opts.Finality != nil {
		final, detail := r.opts.Finality(h)
		return final, detail + ignored
	}
	if known {
		return false, fmt.Sprintf("the trust store pins another block %d (%s) than the evidence is from (%s)%s", h.Number, pinned, h.Hash, ignored)
	}
	return false, fmt.Sprintf("nothing in the trust store vouches for block %d (%s); run hallmark trust pin, or verify with --rpc%s", h.Number, h.Hash, ignored)
}

// status decides whether the credential still stood at the header's block. It
// rests on finality.
func (r *run) status() {
	set := func(result Result, format string, args ...any) { r.report.set(CheckStatus, result, format, args...) }
	if !r.report.passed(CheckFinality) {
		set(Unknown, "cannot be told while no final block shows the issuer's state")
		return
	}
	if err := r.state.issuerErr; err != nil {
		set(Unknown, "the evidence does not show the issuer's state: %v", err)
		return
	}
	issuer, asOf := r.state.issuer, unix(r.state.header.Time)
	// A retirement can only move earlier, so it condemns at any age.
	if from := issuer.RetiredFrom; from != 0 && r.state.record.Timestamp >= from {
		set(Fail, "the issuer's key was retired from %s on, and this was anchored at %s", when(unix(from)), when(unix(r.state.record.Timestamp)))
		return
	}
	result, detail := r.listed(issuer.StatusRoot)
	age := r.now.Sub(asOf)
	switch {
	case age < -maxFuture:
		set(Unknown, "%s, but the block is dated %s, after now (%s): is this computer's clock right?", detail, when(asOf), when(r.now))
	case age > r.opts.MaxStatusAge:
		set(Unknown, "%s as of %s, which is %s ago, more than %s: run hallmark refresh", detail, when(asOf), days(age), days(r.opts.MaxStatusAge))
	default:
		set(result, "%s as of %s", detail, when(asOf))
	}
}

// listed reads the status entries under root for the leaf and for the
// submission.
func (r *run) listed(root Hash) (Result, string) {
	entries := r.home.Status
	if root.IsZero() {
		if len(entries) > 0 {
			return Unknown, "the proof shows status entries, but the issuer has no status list"
		}
		said := "the issuer has revoked nothing"
		if home := r.proof.Submission.Home.Chain; r.home.Chain != home {
			said += fmt.Sprintf(" on %s, which took over from %s", r.home.Chain, home)
		}
		return Pass, "not revoked, suspended or retired (" + said + ")"
	}
	proven := make([]StatusEntry, 0, len(entries))
	for _, e := range entries {
		// Only the first entry of a list has no id, and only it has no code.
		wellFormed := e.ID.IsZero() == (e.Code == StatusNone)
		if wellFormed && r.cache.root(StatusLeaf(e.ID, e.Code, e.Next), e.Path) == root {
			proven = append(proven, e)
		}
	}
	result := Pass
	detail := "not revoked, suspended or retired"
	if len(proven) < len(entries) {
		result, detail = Unknown, "a status entry is not one of the issuer's current list"
	}
	for _, id := range []struct {
		what string
		hash Hash
	}{{"the credential", r.leaf}, {"the whole submission", r.submissionRoot}} {
		switch s := standing(proven, id.hash); s {
		case standsGood:
		case standsSuspended, standsRevoked:
			return Fail, id.what + " is " + s
		default:
			result, detail = Unknown, "the issuer's status list is not shown for "+id.what+": "+s
		}
	}
	for _, e := range proven {
		if !e.covers(r.leaf) && !e.covers(r.submissionRoot) && result == Pass {
			result, detail = Unknown, "a status entry says nothing about this credential"
		}
	}
	return result, detail
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

// voucherKind reads the kind of a voucher.
func voucherKind(f Voucher) (string, error) {
	var v struct {
		Kind *string `json:"kind"`
	}
	if err := json.Unmarshal(f, &v); err != nil || v.Kind == nil {
		return "", errors.New("want an object with a kind")
	}
	return *v.Kind, nil
}

// days writes a duration for people.
func days(d time.Duration) string {
	if d < 48*time.Hour {
		return d.Round(time.Second).String()
	}
	return fmt.Sprintf("%d days", d/(24*time.Hour))
}
