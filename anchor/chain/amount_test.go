package chain

import (
	"math/big"
	"testing"
)

func TestAmounts(t *testing.T) {
	for wei, want := range map[string][2]string{
		"0":                       {"0 ether", "0 gwei"},
		"1":                       {"1 wei", "1 wei"},
		"999999":                  {"999999 wei", "999999 wei"},
		"1000000":                 {"0.001 gwei", "0.001 gwei"},
		"1100500":                 {"0.0011005 gwei", "0.0011005 gwei"},
		"50000000000":             {"50 gwei", "50 gwei"},
		"400000000000":            {"400 gwei", "400 gwei"},
		"1000000000000":           {"0.000001 ether", "1000 gwei"},
		"1500000000000000000":     {"1.5 ether", "1500000000 gwei"},
		"10000000000000000000000": {"10000 ether", "10000000000000 gwei"},
	} {
		n, _ := new(big.Int).SetString(wei, 10)
		if got := [2]string{Ether(n), Gwei(n)}; got != want {
			t.Errorf("%s wei: %q, want %q", wei, got, want)
		}
	}
}
