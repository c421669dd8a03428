package verifier

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hallmark-node/hallmark/credential"
	"github.com/hallmark-node/hallmark/verifier/beacon"
	"github.com/hallmark-node/hallmark/verifier/witness"
)

// DefaultMaxSignatureAge is how old a signature of a sync committee or of a witness may
// be: keys of validators that are long gone may leak, and nobody is punished then.
const DefaultMaxSignatureAge = 2 * 365 * 24 * time.Hour

// finality decides whether the header behind the evidence is final. It rests on
// anchor, and it never fails: that nothing vouches for a header proves nothing.
func (r *run) finality() outcome {
	if !r.report.passed(CheckAnchor) {
		return cannotTell(ReasonNotChecked, "cannot be told while the anchor is not shown")
	}
	final, by := r.vouched(r.chain, r.last, r.state.header)
	if !final {
		return cannotTell(ReasonNotFinal, "%s", by.detail)
	}
	r.report.FinalBy = credential.Printable(by.short)
	if r.state.anchored {
		r.anchoredAt = r.state.anchoredAt
	}
	if e, at := r.firstAnchored(); e != nil {
		r.anchoredAt = at // when it was repeated on a successor does not count
	}
	r.report.AnchoredAt = unix(r.anchoredAt)
	r.report.StatusAsOf = unix(r.state.header.Time)
	return pass("%s", by.detail)
}

// vouchedBy is what makes a header final: a sentence, and a few words of who and when.
type vouchedBy struct{ detail, short string }

// vouched reports whether something that the verifier trusts makes h final, and what, or
// else why nothing does. A pin of the trust store decides either way; then the first
// voucher that holds; then the live check. A voucher that does not hold is no fact about
// the header.
func (r *run) vouched(chain *TrustedChain, a *Anchor, h Header) (bool, vouchedBy) {
	pinned, known := chain.Blocks[h.Number]
	if known && pinned == h.Hash {
		return true, vouchedBy{
			fmt.Sprintf("block %d (%s) is pinned in the trust store", h.Number, h.Hash),
			fmt.Sprintf("a pin of block %d in the trust store", h.Number),
		}
	}
	if known { // whatever others say: one of the two is not the chain's
		return false, vouchedBy{detail: fmt.Sprintf("the trust store pins another block %d (%s) than the evidence is from (%s)",
			h.Number, pinned, h.Hash)}
	}
	var remarks strings.Builder
	for _, f := range a.Finality {
		kind, err := voucherKind(f)
		var by vouchedBy
		switch {
		case err != nil: // not in a proof that was read
		case kind == KindBeacon:
			by, err = r.byCommittee(f, h)
		case kind == KindWitness:
			by, err = r.byWitnesses(f, chain, h)
		default:
			fmt.Fprintf(&remarks, "; a voucher of kind %q was ignored: this needs a newer verifier", kind)
			continue
		}
		if err == nil {
			by.detail = fmt.Sprintf("block %d (%s) is final: %s", h.Number, h.Hash, by.detail)
			return true, by
		}
		fmt.Fprintf(&remarks, "; its voucher of kind %s does not count: %v", kind, err)
	}
	if r.opts.Finality != nil {
		final, detail := r.opts.Finality(h)
		return final, vouchedBy{detail + remarks.String(), "a live check, just now"}
	}
	return false, vouchedBy{detail: fmt.Sprintf(
		"nothing that is trusted vouches for block %d (%s); run hallmark trust update or hallmark trust pin, or verify with --rpc%s",
		h.Number, h.Hash, remarks.String())}
}

// oldest returns the time before which signatures do not count.
func (r *run) oldest() time.Time { return r.now.Add(-r.opts.MaxSignatureAge) }

// age says how long ago something was.
func (r *run) age(t time.Time) string {
	switch days := int(r.now.Sub(t).Hours() / 24); {
	case days < 1:
		return t.Format(time.DateOnly)
	case days == 1:
		return t.Format(time.DateOnly) + ", 1 day ago"
	default:
		return fmt.Sprintf("%s, %d days ago", t.Format(time.DateOnly), days)
	}
}

// byCommittee reports by whom evidence of a beacon chain shows that h is final, or why it
// does not.
func (r *run) byCommittee(f Voucher, h Header) (by vouchedBy, err error) {
	trusted := r.beacons[h.Chain]
	if trusted == nil {
		return by, fmt.Errorf("the trust store says nothing of the beacon chain of %s", h.Chain)
	}
	data, err := BeaconEvidence(f)
	if err != nil {
		return by, err
	}
	e, err := trusted.network.ParseEvidence(data)
	if err != nil {
		return by, err
	}
	if e.Form == beacon.ListedOld {
		return r.byList(trusted, data, e, h)
	}
	n := trusted.network
	signed := n.Time(e.Signed.Header.Slot)
	if signed.Before(r.oldest()) {
		return by, fmt.Errorf("it was signed on %s, and signatures from before %s do not count: "+
			"it needs a path of hashes, as hallmark refresh gets it", signed.Format(time.DateOnly), r.oldest().Format(time.DateOnly))
	}
	step, err := trusted.chain().Committee(e.Period(), r.oldest())
	if err != nil {
		return by, fmt.Errorf("%w; hallmark trust update gets what is missing, hallmark refresh newer evidence", err)
	}
	if err := r.cache.beacon(trusted.identity, data, step.Root, h.Hash, e); err != nil {
		return by, err
	}
	by.short = fmt.Sprintf("%d of %d validators of %s's sync committee, %s", e.Signed.Participants(), n.CommitteeSize, n.Name, r.age(signed))
	var b strings.Builder
	fmt.Fprintf(&b, "%d of %d validators of the sync committee of period %d signed (%s)",
		e.Signed.Participants(), n.CommitteeSize, e.Period(), r.age(signed))
	if e.Form != beacon.Direct {
		at := n.Time(e.Block.Slot).Format(time.DateOnly)
		fmt.Fprintf(&b, " for a later block, from which a path of hashes leads to its beacon block of %s", at)
		by.short += ", and a path of hashes"
	}
	origin := trusted.committees[step.From]
	switch hops := e.Period() - step.From; hops {
	case 0:
		fmt.Fprintf(&b, "; that committee is trusted (%s)", origin)
	case 1:
		fmt.Fprintf(&b, "; one hop leads there from the committee of period %d, which is trusted (%s)", step.From, origin)
	default:
		fmt.Fprintf(&b, "; %d hops lead there from the committee of period %d, which is trusted (%s)", hops, step.From, origin)
	}
	by.detail = b.String()
	return by, nil
}

// byList reports which trusted list of historical summaries has the block, or why none
// does.
func (r *run) byList(trusted *beaconTrust, data []byte, e *beacon.Evidence, h Header) (by vouchedBy, err error) {
	err = errors.New("no list of historical summaries is trusted, and it is in the form that needs one")
	for _, list := range trusted.summaries {
		if err = r.cache.beacon(trusted.identity, data, list.Root, h.Hash, e); err == nil {
			return vouchedBy{
				fmt.Sprintf("its beacon block of %s is in the list of historical summaries that is trusted (%s)",
					r.age(trusted.network.Time(e.Block.Slot)), list),
				fmt.Sprintf("a trusted list of all blocks (%s)", list),
			}, nil
		}
	}
	return by, err
}

// String says where a root is from.
func (t TrustedRoot) String() string {
	switch {
	case t.Origin == "":
		return "in the trust store"
	case t.Date == "":
		return t.Origin
	}
	return t.Origin + ", " + t.Date
}

// byWitnesses reports which witnesses say that h is final, or why that is not enough.
func (r *run) byWitnesses(f Voucher, chain *TrustedChain, h Header) (by vouchedBy, err error) {
	if chain.Witnesses == nil {
		return by, fmt.Errorf("the trust store names no witnesses for %s", h.Chain)
	}
	lines, err := Cosignatures(f)
	if err != nil {
		return by, err
	}
	block := witness.Block{Chain: uint64(h.Chain), Genesis: h.Genesis, Number: h.Number, Hash: h.Hash}
	seen, err := r.cache.witnesses(block, lines, chain.Witnesses.Keys)
	if err != nil {
		return by, err
	}
	var names, not []string
	var oldest time.Time // of what counts
	for _, s := range seen {
		name := s.Key.Name()
		within := slices.ContainsFunc(chain.Witnesses.Keys, func(k TrustedWitness) bool {
			return k.Key.String() == s.Key.String() && k.within(s.Time) // a key may be listed for several times
		})
		switch {
		case !within:
			not = append(not, fmt.Sprintf("%s signed on %s with a key that does not count for that time", name, s.Time.Format(time.DateOnly)))
		case s.Time.Before(r.oldest()):
			not = append(not, fmt.Sprintf("%s signed on %s, and signatures from before %s do not count",
				name, s.Time.Format(time.DateOnly), r.oldest().Format(time.DateOnly)))
		case s.Time.After(r.now.Add(maxFuture)):
			not = append(not, fmt.Sprintf("what %s signed is dated in the future (%s)", name, s.Time.Format(time.DateOnly)))
		case !slices.Contains(names, name):
			names = append(names, name)
			if oldest.IsZero() || s.Time.Before(oldest) {
				oldest = s.Time
			}
		}
	}
	if quorum := chain.Witnesses.Quorum; len(names) < quorum {
		detail := fmt.Sprintf("%d witnesses of those that are trusted signed, %d are needed", len(names), quorum)
		return by, errors.New(strings.Join(append([]string{detail}, not...), "; "))
	}
	who := strings.Join(names, " and ")
	return vouchedBy{
		fmt.Sprintf("%s signed that they saw it so (%s), and the trust store asks for %d", who, r.age(oldest), chain.Witnesses.Quorum),
		fmt.Sprintf("the witnesses %s, %s", who, r.age(oldest)),
	}, nil
}

// within reports whether what the key signed at a time counts.
func (w TrustedWitness) within(t time.Time) bool {
	at := uint64(max(0, t.Unix())) //nolint:gosec // not negative
	return at >= w.NotBefore && (w.NotAfter == 0 || at <= w.NotAfter)
}

// beaconTrust is what a verifier believes of a beacon chain, and has found out.
type beaconTrust struct {
	network    *beacon.Network
	identity   []byte // everything that network says, for the cache
	committees map[uint64]TrustedRoot
	summaries  []TrustedRoot
	chain      func() *beacon.Chain // the same one each time; hops are read when it is asked for first
}

func newBeaconTrust(t *TrustedBeacon, hops func() [][]byte) *beaconTrust {
	b := &beaconTrust{
		network: t.Network, identity: fmt.Appendf(nil, "%#v", *t.Network), committees: t.Committees, summaries: t.Summaries,
	}
	b.chain = sync.OnceValue(func() *beacon.Chain {
		roots := make(map[uint64]Hash, len(t.Committees))
		for period, c := range t.Committees {
			roots[period] = c.Root
		}
		c := beacon.NewChain(t.Network, roots)
		for _, data := range hops() {
			if h, err := t.Network.ParseHop(data); err == nil { // else it leads nowhere
				c.Add(h)
			}
		}
		return c
	})
	return b
}
