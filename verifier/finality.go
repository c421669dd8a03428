package verifier

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

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
		return decide(Unknown, "cannot be told while the anchor is not shown")
	}
	final, detail := r.vouched(r.chain, r.last, r.state.header)
	if !final {
		return decide(Unknown, "%s", detail)
	}
	if r.state.anchored {
		r.anchoredAt = r.state.anchoredAt
	}
	if e, at := r.firstAnchored(); e != nil {
		r.anchoredAt = at // when it was repeated on a successor does not count
	}
	r.report.AnchoredAt = unix(r.anchoredAt)
	r.report.StatusAsOf = unix(r.state.header.Time)
	return decide(Pass, "%s", detail)
}

// vouched reports whether something that the verifier trusts makes h final, and what. A
// pin of the trust store decides either way; then the first voucher that holds; then the
// live check. A voucher that does not hold is no fact about the header.
func (r *run) vouched(chain *TrustedChain, a *Anchor, h Header) (bool, string) {
	pinned, known := chain.Blocks[h.Number]
	if known && pinned == h.Hash {
		return true, fmt.Sprintf("block %d (%s) is pinned in the trust store", h.Number, h.Hash)
	}
	if known { // whatever others say: one of the two is not the chain's
		return false, fmt.Sprintf("the trust store pins another block %d (%s) than the evidence is from (%s)", h.Number, pinned, h.Hash)
	}
	var remarks strings.Builder
	for _, f := range a.Finality {
		kind, err := voucherKind(f)
		detail := ""
		switch {
		case err != nil: // not in a proof that was read
		case kind == KindBeacon:
			detail, err = r.byCommittee(f, h)
		case kind == KindWitness:
			detail, err = r.byWitnesses(f, chain, h)
		default:
			fmt.Fprintf(&remarks, "; a voucher of kind %q was ignored: this needs a newer verifier", kind)
			continue
		}
		if err == nil {
			return true, fmt.Sprintf("block %d (%s) is final: %s", h.Number, h.Hash, detail)
		}
		fmt.Fprintf(&remarks, "; its voucher of kind %s does not count: %v", kind, err)
	}
	if r.opts.Finality != nil {
		final, detail := r.opts.Finality(h)
		return final, detail + remarks.String()
	}
	return false, fmt.Sprintf("nothing that is trusted vouches for block %d (%s); run hallmark trust update or trust pin, or verify with --rpc%s",
		h.Number, h.Hash, remarks.String())
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
func (r *run) byCommittee(f Voucher, h Header) (string, error) {
	trusted := r.beacons[h.Chain]
	if trusted == nil {
		return "", fmt.Errorf("the trust store says nothing of the beacon chain of %s", h.Chain)
	}
	data, err := BeaconEvidence(f)
	if err != nil {
		return "", err
	}
	n := trusted.network
	e, err := n.ParseEvidence(data)
	if err != nil {
		return "", err
	}
	if e.Form == beacon.ListedOld {
		for _, list := range trusted.summaries {
			if err = r.cache.beacon(h.Genesis, data, list.Root, h.Hash, e); err == nil {
				return fmt.Sprintf("its beacon block of %s is in the list of historical summaries that is trusted (%s)",
					r.age(n.Time(e.Block.Slot)), list), nil
			}
		}
		if err == nil {
			err = errors.New("no list of historical summaries is trusted")
		}
		return "", err
	}
	signed := n.Time(e.Signed.Header.Slot)
	if signed.Before(r.oldest()) {
		return "", fmt.Errorf("it was signed on %s, and signatures from before %s do not count: it needs a path of hashes, as hallmark refresh gets it",
			signed.Format(time.DateOnly), r.oldest().Format(time.DateOnly))
	}
	chain := trusted.chain()
	step, err := chain.Committee(e.Period(), r.oldest())
	if err != nil {
		return "", fmt.Errorf("%w; hallmark trust update gets what is missing", err)
	}
	if err := r.cache.beacon(h.Genesis, data, step.Root, h.Hash, e); err != nil {
		return "", err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%d of %d validators of the sync committee of period %d signed (%s)",
		e.Signed.Participants(), n.CommitteeSize, e.Period(), r.age(signed))
	if e.Form != beacon.Direct {
		fmt.Fprintf(&b, " for a later block, from which a path of hashes leads to its beacon block of %s", n.Time(e.Block.Slot).Format(time.DateOnly))
	}
	if step.From == e.Period() {
		fmt.Fprintf(&b, "; the committee is trusted (%s)", trusted.committees[step.From])
	} else {
		fmt.Fprintf(&b, "; %d hops lead there from the committee of period %d, which is trusted (%s)",
			e.Period()-step.From, step.From, trusted.committees[step.From])
	}
	return b.String(), nil
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
func (r *run) byWitnesses(f Voucher, chain *TrustedChain, h Header) (string, error) {
	if chain.Witnesses == nil {
		return "", fmt.Errorf("the trust store names no witnesses for %s", h.Chain)
	}
	lines, err := Cosignatures(f)
	if err != nil {
		return "", err
	}
	keys := make([]*witness.Key, len(chain.Witnesses.Keys))
	for i, k := range chain.Witnesses.Keys {
		keys[i] = k.Key
	}
	block := witness.Block{Chain: uint64(h.Chain), Genesis: h.Genesis, Number: h.Number, Hash: h.Hash}
	seen, err := witness.Verify(block, lines, keys)
	if err != nil {
		return "", err
	}
	var names []string
	var newest time.Time
	tooOld := 0
	for _, s := range seen {
		i := slices.Index(keys, s.Key)
		if !chain.Witnesses.Keys[i].within(s.Time) || slices.Contains(names, s.Key.Name()) {
			continue
		}
		if s.Time.Before(r.oldest()) {
			tooOld++
			continue
		}
		names = append(names, s.Key.Name())
		if s.Time.After(newest) {
			newest = s.Time
		}
	}
	if len(names) < chain.Witnesses.Quorum {
		return "", fmt.Errorf("%d witnesses of those that are trusted signed, %d are needed, and %d signatures are too old",
			len(names), chain.Witnesses.Quorum, tooOld)
	}
	return fmt.Sprintf("%s signed that they saw it so (%s)", strings.Join(names, " and "), r.age(newest)), nil
}

// within reports whether what the key signed at a time counts.
func (w TrustedWitness) within(t time.Time) bool {
	at := uint64(max(0, t.Unix())) //nolint:gosec // not negative
	return at >= w.NotBefore && (w.NotAfter == 0 || at <= w.NotAfter)
}

// beaconTrust is what a verifier believes of a beacon chain, and has found out.
type beaconTrust struct {
	network    *beacon.Network
	committees map[uint64]TrustedRoot
	summaries  []TrustedRoot
	chain      func() *beacon.Chain // the same one each time; hops are read when it is asked for first
}

func newBeaconTrust(t *TrustedBeacon, hops func() [][]byte) *beaconTrust {
	b := &beaconTrust{network: t.Network, committees: t.Committees, summaries: t.Summaries}
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
