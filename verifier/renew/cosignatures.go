package renew

import (
	"bytes"
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/hallmark-node/hallmark/verifier"
	"github.com/hallmark-node/hallmark/verifier/beacon"
	"github.com/hallmark-node/hallmark/verifier/witness"
)

// together returns all vouchers that two proofs have for one header. Cosignatures are put
// together; of evidence of the beacon chain that stays which was signed later, and theirs if
// that is not known.
func together(ours, theirs []verifier.Voucher) (all []verifier.Voucher, err error) {
	keep, theirsHave := signedSlot(ours) > signedSlot(theirs), slices.ContainsFunc(theirs, IsBeacon)
	for _, v := range ours {
		if !IsBeacon(v) || keep || !theirsHave || contains(theirs, v) {
			all = append(all, v)
		}
	}
	for _, v := range theirs {
		lines, noWitnesses := verifier.Cosignatures(v)
		switch {
		case noWitnesses == nil:
			if all, err = WithCosignatures(all, lines); err != nil {
				return nil, err
			}
		case IsBeacon(v) && keep, contains(all, v):
		default:
			all = append(all, v)
		}
	}
	return all, nil
}

// IsBeacon reports whether a voucher is evidence of the beacon chain.
func IsBeacon(v verifier.Voucher) bool {
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

// WithCosignatures returns vouchers with the one of witnesses extended by cosignatures. A new
// one of a key takes the place of its old one, unless that was signed later. What has all of
// them stays as it is.
func WithCosignatures(vouchers []verifier.Voucher, lines []string) ([]verifier.Voucher, error) {
	vouchers, lines = slices.Clone(vouchers), slices.Clone(lines)
	at := len(vouchers)
	for i, v := range vouchers {
		old, err := verifier.Cosignatures(v)
		if err != nil {
			continue // of another kind
		}
		at = i
		lines = slices.DeleteFunc(lines, func(l string) bool {
			return slices.ContainsFunc(old, func(o string) bool { return o == l || keyOf(o) == keyOf(l) && signedAt(o).After(signedAt(l)) })
		})
		if len(lines) == 0 {
			return vouchers, nil
		}
		for _, line := range old {
			if !slices.ContainsFunc(lines, func(l string) bool { return keyOf(l) == keyOf(line) }) {
				lines = append(lines, line)
			}
		}
		break
	}
	if len(lines) > witness.MaxCosignatures {
		lines = lines[:witness.MaxCosignatures]
	}
	slices.SortFunc(lines, cmp.Compare[string])
	v, err := verifier.WitnessVoucher(lines)
	if err != nil {
		return nil, err
	}
	return append(append(vouchers[:at:at], v), vouchers[min(at+1, len(vouchers)):]...), nil
}

// keyOf returns the part of a cosignature that names its key: the name, and the key id as
// whole characters of base64.
func keyOf(line string) string {
	name, encoded, _ := strings.Cut(line, " ")
	return name + " " + encoded[:min(5, len(encoded))]
}

// signedAt returns when a cosignature says that it was made; zero if it cannot be read.
func signedAt(line string) time.Time {
	_, _, at, err := witness.Claims(line)
	if err != nil {
		return time.Time{}
	}
	return at
}
