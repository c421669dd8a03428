// Package date reads the dates of credentials: what can be read without doubt, and nothing else.
//
// Read are RFC 3339 in full, and ISO 8601 and xsd:dateTime as credentials have them: in the
// extended and the basic format, to the second, minute, day, week, month or year, with and
// without a zone. A space may stand for the T, letters may be small, and a zone may be spelled
// +0100, +01, Z or UTC, and stand apart.
//
// What readers may take for two different times is refused, and so is what is no time:
// 01/02/2024, numbers that may be seconds or milliseconds, the 30th of February. For those
// who rely on an end of validity a wrong date is worse than none.
package date

import (
	"errors"
	"strings"
	"time"
)

// The errors, each the end of a sentence about the date.
var (
	ErrNone = errors.New("is no date")
	ErrForm = errors.New("is not written in a way that all readers read alike")
	ErrUnit = errors.New("may count seconds or something else")
	ErrZone = errors.New("has two time zones")
	ErrLeap = errors.New("is a leap second where none can be")
	ErrOld  = errors.New("is before 1583, where ISO 8601 counts years by agreement only")
)

// The time zones on earth reach from UTC-12 to UTC+14.
const (
	westmost = 12 * time.Hour
	eastmost = 14 * time.Hour
)

// maxText bounds what is looked at, in bytes: nothing else bounds the fraction of a second.
const maxText = 128

// Parse returns the earliest time that a text may mean, in UTC, and how much later it may
// be. That is zero for a time with its zone. A time without one stands for all that it may
// be on earth, and a day, week, month or year for all of it.
//
// White space and byte order marks around the date are no part of it. Fractions are kept to
// the nanosecond. A leap second is the second after it, as in Unix time.
func Parse(text string) (earliest time.Time, slack time.Duration, err error) {
	text = strings.Trim(text, " \t\r\n\ufeff")
	if len(text) > maxText {
		return time.Time{}, 0, ErrNone
	}
	r := reader{rest: text}
	if r.date() && r.rest == "" {
		return r.result()
	}
	switch {
	case isDigits(text):
		at, err := countText(text)
		return at, 0, err
	case isDated(text):
		return time.Time{}, 0, ErrForm
	}
	return time.Time{}, 0, ErrNone
}

// reader takes a date apart, from the left. Each of its methods returns false where the
// text is of another form, and keeps in err why one of the right form is no date.
type reader struct {
	rest string

	from, to time.Time // as if the zone were UTC; the same for a point in time
	leap     bool
	zoned    bool
	ahead    time.Duration // of UTC, if zoned
	err      error
}

func (r *reader) fail(err error) {
	if r.err == nil {
		r.err = err
	}
}

// result places what was read on earth.
func (r *reader) result() (time.Time, time.Duration, error) {
	at, slack := r.from, r.to.Sub(r.from)
	if r.zoned {
		at = at.Add(-r.ahead)
	}
	if r.leap && !isLeap(at) {
		r.fail(ErrLeap)
	}
	if r.from.Year() < 1583 {
		r.fail(ErrOld)
	}
	if r.err != nil {
		return time.Time{}, 0, r.err
	}
	if !r.zoned {
		at, slack = at.Add(-eastmost), slack+eastmost+westmost
	}
	return at, slack, nil
}

// isLeap reports whether the second before t may have been a leap second: all that there
// were stood at the end of June or December in UTC. Where the zone is not known the text is
// taken to be in UTC.
func isLeap(t time.Time) bool {
	return t.Truncate(time.Second).Equal(t.Truncate(24*time.Hour)) && t.Day() == 1 && (t.Month() == time.January || t.Month() == time.July)
}

// date reads all of it.
func (r *reader) date() bool {
	year, ok := r.digits(4)
	if !ok {
		return false
	}
	switch {
	case r.rest == "":
		r.span(year, 1, 1, 1, 0, 0)
		return true
	case r.take("-W"):
		return r.week(year, "-")
	case r.take("W"):
		return r.week(year, "")
	case r.take("-"):
		return r.extended(year)
	}
	month, ok := r.digits(2)
	if !ok {
		return false
	}
	day, ok := r.digits(2)
	return ok && r.day(year, month, day)
}

// extended reads what follows the year in the format with hyphens.
func (r *reader) extended(year int) bool {
	if len(r.rest) == 3 {
		if ordinal, ok := r.digits(3); ok {
			r.span(year, 1, 1, 0, 0, 1)
			r.from = r.from.AddDate(0, 0, ordinal-1)
			r.to = r.from.AddDate(0, 0, 1)
			switch {
			case r.from.Year() != year:
				r.fail(ErrNone)
			case ordinal <= 12: // a month to browsers
				r.fail(ErrForm)
			}
			return true
		}
	}
	month, ok := r.digits(2)
	if !ok {
		return false
	}
	if r.rest == "" {
		r.span(year, month, 1, 0, 1, 0)
		return true
	}
	if !r.take("-") {
		return false
	}
	day, ok := r.digits(2)
	return ok && r.day(year, month, day)
}

// week reads a week of ISO 8601, or a day of it. The first one has the 4th of January.
func (r *reader) week(year int, hyphen string) bool {
	week, ok := r.digits(2)
	if !ok {
		return false
	}
	r.span(year, 1, 4, 0, 0, 1)
	r.from = r.from.AddDate(0, 0, 7*(week-1)-(int(r.from.Weekday())+6)%7)
	r.to = r.from.AddDate(0, 0, 7)
	if y, w := r.from.ISOWeek(); y != year || w != week {
		r.fail(ErrNone)
	}
	if r.rest == "" {
		return true
	}
	if !r.take(hyphen) {
		return false
	}
	weekday, ok := r.digits(1)
	if weekday < 1 || weekday > 7 {
		r.fail(ErrNone)
	}
	r.from = r.from.AddDate(0, 0, weekday-1)
	r.to = r.from.AddDate(0, 0, 1)
	return ok
}

// span is a day and what follows it, up to so many years, months and days later.
func (r *reader) span(year, month, day, years, months, days int) {
	r.from = time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
	if r.from.Month() != time.Month(month) || r.from.Day() != day {
		r.fail(ErrNone)
	}
	r.to = r.from.AddDate(years, months, days)
}

// day reads what may follow a day: a time, a zone.
func (r *reader) day(year, month, day int) bool {
	r.span(year, month, day, 0, 0, 1)
	if r.take("T") || r.take("t") || len(r.rest) > 1 && isDigits(r.rest[1:2]) && r.take(" ") {
		return r.time() && r.zone()
	}
	utc := !strings.ContainsAny(r.rest, "+-\u2212")
	ok := r.zone()
	// To xsd:date an offset is the zone, to others the hour: 2024-05-02-05:00. As a day anywhere
	// on earth it is both.
	r.zoned = r.zoned && utc
	return ok
}

// time reads hour, minute and, if they are there, second and fraction.
func (r *reader) time() bool {
	hour, ok := r.digits(2)
	if !ok {
		return false
	}
	colon := ""
	if r.take(":") {
		colon = ":"
	}
	minute, ok := r.digits(2)
	if !ok {
		return false
	}
	var second int
	var fraction time.Duration
	if rest := r.rest; rest != "" && (colon == "" && isDigits(rest[:1]) || colon != "" && r.take(colon)) {
		if second, ok = r.digits(2); !ok {
			return false
		}
		if r.take(".") || r.take(",") {
			if fraction, ok = r.fraction(); !ok {
				return false
			}
		}
	}
	endOfDay := hour == 24 && minute == 0 && second == 0 && fraction == 0
	if hour > 23 && !endOfDay || minute > 59 || second > 60 {
		r.fail(ErrNone)
	}
	r.from = r.from.Add(time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute + time.Duration(second)*time.Second + fraction)
	r.to, r.leap = r.from, second == 60
	return true
}

func (r *reader) fraction() (time.Duration, bool) {
	n := 0
	for n < len(r.rest) && isDigits(r.rest[n:n+1]) {
		n++
	}
	d, err := time.ParseDuration("0." + r.rest[:n] + "s")
	r.rest = r.rest[n:]
	return d, n > 0 && err == nil
}

// zone reads an offset, the name of UTC, both if they say the same, or nothing.
func (r *reader) zone() bool {
	if r.rest == "" {
		return true
	}
	r.take(" ")
	r.zoned = true
	if sign := r.sign(); sign != 0 {
		hour, ok := r.digits(2)
		if !ok {
			return false
		}
		minute := 0
		if r.rest != "" && (r.take(":") || isDigits(r.rest[:1])) {
			if minute, ok = r.digits(2); !ok {
				return false
			}
		}
		if hour > 23 || minute > 59 {
			r.fail(ErrNone)
		}
		r.ahead = time.Duration(sign*(60*hour+minute)) * time.Minute
		if r.rest == "" {
			return true
		}
		r.take(" ")
	}
	if r.ahead != 0 { // +00:00Z says one thing twice, and is what some software writes
		r.fail(ErrZone)
	}
	return r.take("Z") || r.take("z") || r.take("UTC") || r.take("GMT")
}

// sign reads a sign; zero if there is none. ISO 8601 allows the minus sign beside the hyphen.
func (r *reader) sign() int {
	switch {
	case r.take("+"):
		return 1
	case r.take("-"), r.take("\u2212"):
		return -1
	}
	return 0
}

func (r *reader) take(prefix string) (ok bool) {
	r.rest, ok = strings.CutPrefix(r.rest, prefix)
	return ok
}

// digits reads n digits of ASCII.
func (r *reader) digits(n int) (value int, ok bool) {
	if len(r.rest) < n || !isDigits(r.rest[:n]) {
		return 0, false
	}
	for _, c := range []byte(r.rest[:n]) {
		value = 10*value + int(c-'0')
	}
	r.rest = r.rest[n:]
	return value, true
}

func isDigits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}

// isDated reports whether a text may be a date in another form: it has the digits of a year.
func isDated(s string) bool {
	n := 0
	for _, c := range []byte(s) {
		if isDigits(string(rune(c))) {
			n++
		}
	}
	return n >= 4
}
