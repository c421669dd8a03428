package renew

import (
	"slices"
	"testing"

	"github.com/hallmark-node/hallmark/verifier"
)

// A new cosignature takes the place of the old one of its key; other vouchers stay as and
// where they are.
func TestWithCosignatures(t *testing.T) {
	const (
		oldA, newA = "a.example AAAAAbcdefg=", "a.example AAAAAhijklm="
		lineB      = "b.example AAAAAbcdefg="
		otherKey   = "a.example BBBBBbcdefg="
	)
	beacon, future := verifier.Voucher(`{"kind":"beacon","evidence":"0x00"}`), verifier.Voucher(`{"kind":"future","cosignatures":["x y"]}`)
	witness := func(lines ...string) verifier.Voucher {
		v, err := verifier.WitnessVoucher(lines)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	for name, tt := range map[string]struct{ have, want []verifier.Voucher }{
		"none":          {nil, []verifier.Voucher{witness(newA, lineB)}},
		"others":        {[]verifier.Voucher{beacon, future}, []verifier.Voucher{beacon, future, witness(newA, lineB)}},
		"an older one":  {[]verifier.Voucher{witness(oldA), beacon}, []verifier.Voucher{witness(newA, lineB), beacon}},
		"another key's": {[]verifier.Voucher{witness(otherKey)}, []verifier.Voucher{witness(newA, otherKey, lineB)}},
	} {
		before := slices.Clone(tt.have)
		got, err := WithCosignatures(tt.have, []string{lineB, newA})
		if err != nil {
			t.Fatal(err)
		}
		equal := func(a, b verifier.Voucher) bool { return string(a) == string(b) }
		if !slices.EqualFunc(got, tt.want, equal) {
			t.Errorf("%s: %s", name, got)
		}
		if !slices.EqualFunc(before, tt.have, equal) {
			t.Errorf("%s: what was given changed: %s", name, tt.have)
		}
	}
}
