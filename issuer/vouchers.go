package issuer

import (
	"slices"

	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/verifier"
)

// replaceVouchers writes the proof with other vouchers for one of its anchors. What else it says
// stays.
func (p *ProofFile) replaceVouchers(a *verifier.Anchor, vouchers []verifier.Voucher) error {
	next := *a
	next.Finality = vouchers
	anchors := slices.Clone(p.Anchors)
	anchors[slices.IndexFunc(anchors, func(b verifier.Anchor) bool { return b.Chain == a.Chain && b.Registry == a.Registry })] = next
	return p.replace(client.LeafProof{Submission: p.Submission, Batch: p.Batch, Anchors: anchors})
}
