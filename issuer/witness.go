package issuer

import (
	"context"
	"errors"
	"fmt"

	"github.com/hallmark-node/hallmark/anchor/witnessd"
	"github.com/hallmark-node/hallmark/internal/fault"
	"github.com/hallmark-node/hallmark/verifier"
	"github.com/hallmark-node/hallmark/verifier/renew"
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
	vouchers, err := renew.WithCosignatures(a.Finality, lines)
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
