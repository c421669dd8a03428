package verifier

import (
	"errors"
	"fmt"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Voucher is one member of an anchor's "finality": a JSON object with a "kind".
// Kinds that the verifier does not know are kept and ignored.
type Voucher = jsontext.Value

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
// block that the trust store pins decides, whatever else says otherwise.
func (r *run) vouched(chain *TrustedChain, a *Anchor, h Header) (final bool, detail string) {
	switch pinned, known := chain.Blocks[h.Number]; {
	case known && pinned == h.Hash:
		final, detail = true, fmt.Sprintf("block %d (%s) is pinned in the trust store", h.Number, h.Hash)
	case known:
		detail = fmt.Sprintf("the trust store pins another block %d (%s) than the evidence is from (%s)", h.Number, pinned, h.Hash)
	case r.opts.Finality != nil:
		final, detail = r.opts.Finality(h)
	default:
		detail = fmt.Sprintf("nothing in the trust store vouches for block %d (%s); run hallmark trust pin, or verify with --rpc",
			h.Number, h.Hash)
	}
	return final, detail + ignored(a.Finality)
}

// ignored says which vouchers were not judged. No kind is known yet: one that will be is
// decided here, before the RPC servers are asked.
func ignored(vouchers []Voucher) string {
	var said string
	for _, f := range vouchers {
		if kind, err := voucherKind(f); err == nil {
			said += fmt.Sprintf("; a voucher of kind %q was ignored: this needs a newer verifier", kind)
		}
	}
	return said
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

// voucher reads an object that has a kind; the rest of it is for later versions.
func (r *jsonReader) voucher() (Voucher, error) {
	v, err := r.raw()
	if err != nil {
		return nil, err
	}
	if _, err := voucherKind(v); err != nil {
		return nil, fmt.Errorf("%s: %w", r.d.StackPointer(), err)
	}
	return v, nil
}
