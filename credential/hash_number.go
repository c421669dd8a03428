package credential

import (
	"strconv"
	"strings"
)

const (
	maxSafeInteger = 1<<53 - 1 // the greatest of the integers that are all exact in a double
	maxDigits      = 17        // significant digits that the RFC 8785 form of a number can have
	maxExponent    = 9999      // greatest exponent as written; what exceeds it is not read alike everywhere
)

// checkNumber says why a JSON number has no exact RFC 8785 form, or "" if it has.
// That form is the shortest decimal that reads back as the same IEEE 754 double; the
// number is acceptable if that decimal has exactly its value, so 1.0, 1e2 and 0.10
// are and 0.1000000000000000055 is not. The work is bounded by the length of the
// literal: neither many digits nor a huge exponent cost more. An exponent beyond
// 9999 is refused unless the number is zero, even if as many digits undo it:
// strconv, like other parsers, reads no further.
func checkNumber(literal string) string {
	digits, exponent, ok := decimal(literal)
	switch {
	case !ok:
		return "has an exponent beyond 9999"
	case digits == "":
		return "" // zero, however written
	case exponent >= 0: // integral
		if len(digits)+exponent > len("9007199254740991") {
			return beyond
		}
		n, err := strconv.ParseUint(digits+strings.Repeat("0", exponent), 10, 64)
		if err != nil || n > maxSafeInteger {
			return beyond
		}
		return ""
	case len(digits) > maxDigits, len(digits)+exponent < -400:
		return inexact
	}
	f, err := strconv.ParseFloat(digits+"e"+strconv.Itoa(exponent), 64)
	if err != nil {
		return inexact
	}
	if d, e, _ := decimal(strconv.FormatFloat(f, 'e', -1, 64)); d != digits || e != exponent {
		return inexact
	}
	return ""
}

const (
	beyond  = "is an integer beyond 2^53-1"
	inexact = "has another value as an IEEE 754 double"
)

// decimal takes a JSON number apart: its absolute value is digits * 10^exponent,
// digits without zeros at either end, empty for zero.
// ok is false if its exponent is beyond [maxExponent].
func decimal(literal string) (digits string, exponent int, ok bool) {
	mantissa, exp := strings.TrimPrefix(literal, "-"), ""
	if i := strings.IndexAny(mantissa, "eE"); i >= 0 {
		mantissa, exp = mantissa[:i], mantissa[i+1:]
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	digits = strings.TrimLeft(whole+fraction, "0")
	if digits == "" {
		return "", 0, true
	}
	if exp != "" {
		// Atoi returns the nearest int where exp is out of range.
		exponent, _ = strconv.Atoi(exp)
		if exponent > maxExponent || exponent < -maxExponent {
			return "", 0, false
		}
	}
	exponent -= len(fraction)
	short := strings.TrimRight(digits, "0")
	return short, exponent + len(digits) - len(short), true
}
