package renew

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hallmark-node/hallmark/verifier"
)

// Vouchers go with their header: those of a newer one replace all, and those that come later for
// the same one are taken.
func TestRenewed(t *testing.T) {
	// A header of 15 fields, of which only the number matters here.
	header := func(number byte) []byte {
		var fields []byte
		for i := range 15 {
			switch i {
			case 3: // the state root
				fields = append(append(fields, 0xa0), make([]byte, 32)...)
			case 8:
				fields = append(fields, number)
			default:
				fields = append(fields, 0x80)
			}
		}
		return append([]byte{0xc0 + byte(len(fields))}, fields...)
	}
	anchor := func(number byte, vouchers ...byte) verifier.Anchor {
		a := verifier.Anchor{Chain: 1, Registry: verifier.RegistryAddress, Header: header(number)}
		for _, of := range vouchers {
			v, err := verifier.BeaconVoucher([]byte{of})
			if err != nil {
				t.Fatal(err)
			}
			a.Finality = append(a.Finality, v)
		}
		return a
	}
	for name, c := range map[string]struct {
		old, other, want verifier.Anchor
		changed          bool
	}{
		"a newer header with a voucher":  {anchor(5, 1), anchor(6, 2), anchor(6, 2), true},
		"a newer header without":         {anchor(5, 1), anchor(6), anchor(6), true},
		"the first voucher":              {anchor(5), anchor(5, 1), anchor(5, 1), true},
		"another voucher":                {anchor(5, 1), anchor(5, 2), anchor(5, 2), true},
		"a second voucher":               {anchor(5, 1), anchor(5, 1, 2), anchor(5, 1, 2), true},
		"fewer vouchers":                 {anchor(5, 1), anchor(5), anchor(5, 1), false},
		"the same":                       {anchor(5, 1), anchor(5, 1), anchor(5, 1), false},
		"an older header with a voucher": {anchor(5), anchor(4, 1), anchor(5), false},
	} {
		t.Run(name, func(t *testing.T) {
			got, changed, err := renewed(c.old, c.other)
			if err != nil || changed != c.changed {
				t.Errorf("changed %v, %v", changed, err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
	// What only this proof has stays: cosignatures, and evidence that was signed later.
	const a, b = "a.example AAAAAbcdefg=", "b.example AAAAAbcdefg="
	vouched := func(vouchers ...verifier.Voucher) verifier.Anchor {
		one := anchor(5)
		one.Finality = vouchers
		return one
	}
	witnesses := func(lines ...string) verifier.Voucher {
		v, err := verifier.WitnessVoucher(lines)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	signed := func(slot byte) verifier.Voucher {
		v, err := verifier.BeaconVoucher([]byte{0, slot, 0, 0, 0, 0, 0, 0, 0})
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	future := verifier.Voucher(`{"kind":"future"}`)
	for name, c := range map[string]struct {
		old, other, want verifier.Anchor
		changed          bool
	}{
		"cosignatures of both":        {vouched(witnesses(a)), vouched(signed(1), witnesses(b)), vouched(witnesses(a, b), signed(1)), true},
		"cosignatures are there":      {vouched(signed(1), witnesses(a, b)), vouched(witnesses(a)), vouched(signed(1), witnesses(a, b)), false},
		"signed earlier there":        {vouched(signed(2)), vouched(signed(1)), vouched(signed(2)), false},
		"signed later there":          {vouched(signed(1), witnesses(a)), vouched(signed(2)), vouched(witnesses(a), signed(2)), true},
		"of a kind that is not known": {vouched(future), vouched(signed(1)), vouched(future, signed(1)), true},
	} {
		t.Run(name, func(t *testing.T) {
			got, changed, err := renewed(c.old, c.other)
			if err != nil || changed != c.changed {
				t.Errorf("changed %v, %v", changed, err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
	if _, _, err := renewed(anchor(5), verifier.Anchor{Header: []byte{1}}); err == nil {
		t.Error("a header that cannot be read")
	}
}
