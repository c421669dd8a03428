package issuer

import (
	"bytes"
	"slices"

	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/verifier"
	"github.com/hallmark-node/hallmark/verifier/beacon"
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

// together returns all vouchers that two proofs have for one header. Cosignatures are put
// together; of evidence of the beacon chain that stays which was signed later, and theirs if
// that is not known.
func together(ours, theirs []verifier.Voucher) (all []verifier.Voucher, err error) {
	keep, theirsHave := signedSlot(ours) > signedSlot(theirs), slices.ContainsFunc(theirs, isBeacon)
	for _, v := range ours {
		if !isBeacon(v) || keep || !theirsHave || contains(theirs, v) {
			all = append(all, v)
		}
	}
	for _, v := range theirs {
		lines, noWitnesses := verifier.Cosignatures(v)
		switch {
		case noWitnesses == nil:
			if all, err = withCosignatures(all, lines); err != nil {
				return nil, err
			}
		case isBeacon(v) && keep, contains(all, v):
		default:
			all = append(all, v)
		}
	}
	return all, nil
}

func isBeacon(v verifier.Voucher) bool {
	_, err := verifier.BeaconEvidence(v)
	return err == nil
}

// contains reports whether a voucher is among others, however it is written.
func contains(all []verifier.Voucher, v verifier.Voucher) bool {
	return slices.ContainsFunc(all, func(other verifier.Voucher) bool {
		a, noBeacon := verifier.BeaconEvidence(v)
		if b, err := verifier.BeaconEvidence(other); err == nil && noBeacon == nil {
			return bytes.Equal(a, b)
		}
		return bytes.Equal(other, v)
	})
}

// signedSlot returns the slot of the newest header that is signed in vouchers; 0 if none is.
func signedSlot(vouchers []verifier.Voucher) (slot uint64) {
	for _, v := range vouchers {
		if evidence, err := verifier.BeaconEvidence(v); err == nil {
			slot = max(slot, beacon.SignedSlot(evidence))
		}
	}
	return slot
}
