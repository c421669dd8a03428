package issuer

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hallmark-node/hallmark/anchor/witnessd"
	"github.com/hallmark-node/hallmark/internal/fault"
	"github.com/hallmark-node/hallmark/verifier"
	"github.com/hallmark-node/hallmark/verifier/witness"
)

// AskWitnesses asks witnesses at their URLs for their signatures on the block that the
// proof's evidence from a chain is of, and puts what they give into its voucher. It returns
// how many signed. The error tells of those that did not; what others gave is kept.
func (p *ProofFile) AskWitnesses(ctx context.Context, urls []string, id verifier.ChainID, genesis verifier.Hash) (signed int, err error) {
	a, err := p.On(id)
	if err != nil {
		return 0, err
	}
	h, err := verifier.ParseHeader(a.Header)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", p.Path, err)
	}
	block := witness.Block{Chain: uint64(id), Genesis: genesis, Number: h.Number, Hash: h.Hash}
	lines, missing := witnessd.Collect(ctx, urls, block)
	if len(lines) == 0 {
		return 0, missing
	}
	vouchers, err := withCosignatures(a.Finality, lines)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", p.Path, err)
	}
	if err := p.replaceVouchers(a, vouchers); err != nil {
		return 0, err
	}
	if errors.Is(missing, witnessd.ErrNotFinal) {
		missing = fault.Remedy(missing, "try again later")
	}
	return len(lines), missing
}

// withCosignatures returns vouchers with the one of witnesses extended by cosignatures. A new
// one of a key takes the place of its old one, unless that was signed later. What has all of
// them stays as it is.
func withCosignatures(vouchers []verifier.Voucher, lines []string) ([]verifier.Voucher, error) {
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
