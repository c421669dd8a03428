package credential

import (
	"encoding/json"
	"math/big"
	"strconv"
	"strings"

	"github.com/gowebpki/jcs"
)

// referenceNumber returns the RFC 8785 form of a JSON number by exact rational
// arithmetic, "" if it must be refused; ok is false if it is not a JSON number or its
// exponent is too large for that arithmetic.
func referenceNumber(literal string) (form string, ok bool) {
	if !json.Valid([]byte(literal)) || strings.Trim(literal, "0123456789+-.eE") != "" {
		return "", false
	}
	if i := strings.IndexAny(literal, "eE"); i >= 0 {
		if exponent, err := strconv.Atoi(literal[i+1:]); err != nil || exponent > 500 || exponent < -500 {
			return "", false
		}
	}
	exact, valid := new(big.Rat).SetString(literal)
	if !valid {
		return "", false
	}
	f, _ := strconv.ParseFloat(literal, 64)
	form, err := jcs.NumberToJSON(f)
	if err != nil {
		return "", true // infinite
	}
	written, valid := new(big.Rat).SetString(form)
	if !valid || written.Cmp(exact) != 0 {
		return "", true
	}
	limit := new(big.Rat).SetInt64(1<<53 - 1)
	if exact.IsInt() && new(big.Rat).Abs(exact).Cmp(limit) > 0 {
		return "", true
	}
	return form, true
}
