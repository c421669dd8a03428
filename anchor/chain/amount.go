package chain

import (
	"math/big"
	"strings"
)

// Ether writes an amount of wei for people: in ether, or in smaller units what would be
// mostly zeros.
func Ether(wei *big.Int) string {
	if wei.Sign() == 0 || wei.CmpAbs(big.NewInt(1e12)) >= 0 {
		return decimal(wei, 18, 6) + " ether"
	}
	return Gwei(wei)
}

// Gwei writes a fee for people, or an amount that is small. The fees of some chains are
// thousandths of a gwei: below a tenth of one none is rounded, so that a limit and what
// exceeds it do not look alike.
func Gwei(wei *big.Int) string {
	switch {
	case wei.Sign() == 0 || wei.CmpAbs(big.NewInt(1e8)) >= 0:
		return decimal(wei, 9, 3) + " gwei"
	case wei.CmpAbs(big.NewInt(1e6)) >= 0:
		return decimal(wei, 9, 9) + " gwei"
	}
	return wei.String() + " wei"
}

// decimal writes wei in a unit of so many digits, with at most so many behind the point
// and none that say nothing.
func decimal(wei *big.Int, digits, most int) string {
	unit := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(digits)), nil)
	text := new(big.Rat).SetFrac(wei, unit).FloatString(most)
	return strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
}
