package date

import (
	"math"
	"strconv"
	"time"
)

// Seconds reads a JSON number of seconds since 1970, such as a NumericDate of RFC 7519, of
// the years 1583 to 9999.
func Seconds(number string) (time.Time, error) {
	f, err := strconv.ParseFloat(number, 64)
	if err != nil || f > 253402300799 || f < -12212553600 {
		return time.Time{}, ErrUnit
	}
	whole, fraction := math.Modf(f)
	return time.Unix(int64(whole), int64(fraction*1e9)).UTC(), nil
}

// Number reads a JSON number where no standard says what it counts: as seconds since 1970,
// as long as it can be nothing else. Smaller ones may be a year or a day (2024, 20240502),
// larger ones milliseconds.
func Number(number string) (time.Time, error) {
	f, err := strconv.ParseFloat(number, 64)
	if err != nil || math.Abs(f) < 1e8 || math.Abs(f) >= 1e11 {
		return time.Time{}, ErrUnit
	}
	return Seconds(number)
}

// ParseSeconds is Parse for a text in the place of such a number: nine or ten digits are seconds
// there, unless they may be a year, month, day and hour.
func ParseSeconds(text string) (earliest time.Time, slack time.Duration, err error) {
	switch {
	case !isDigits(text):
		return Parse(text)
	case len(text) == 9:
		earliest, err = Seconds(text)
	default: // a year or a day, a day with its time, milliseconds
		earliest, err = countText(text)
	}
	return earliest, 0, err
}

// countText reads digits in a text. Ten are seconds since 1970, which Open Badges 1.0 have so,
// unless they may be a year, month, day and hour. Of others it is not known what they count.
func countText(digits string) (time.Time, error) {
	if len(digits) != 10 {
		return time.Time{}, ErrUnit
	}
	if _, err := time.Parse("2006010215", digits); err == nil {
		return time.Time{}, ErrUnit
	}
	return Seconds(digits)
}
