package credential

import (
	"math"
	"strconv"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// readDates reads the bounds that any of the standards has: all that are stated hold.
func (d *reader) readDates(m map[string]jsontext.Value) {
	for _, name := range []string{"validFrom", "issuanceDate", "issuedOn", "issued"} {
		d.from(parseDate(m[name]))
	}
	for _, name := range []string{"validUntil", "expirationDate", "expires"} {
		d.until(parseDate(m[name]))
	}
}

// parseDate reads a date as in RFC 3339 or XML Schema, seconds optional (as some Open
// Badges have it), or Unix seconds (Open Badges 1.x, JWT). Europass and others leave
// the time zone out, or the time: then it is a span, which covers every zone on earth
// and, of a day alone, the whole day.
func parseDate(value jsontext.Value) Date {
	switch value.Kind() {
	case jsontext.KindInvalid, jsontext.KindNull:
		return Date{}
	case jsontext.KindNumber:
		return unixDate(value)
	case jsontext.KindString:
	default:
		return Date{Present: true, Text: clip(string(value)), Err: "it is not a text"}
	}
	date := Date{Present: true, Text: clip(text(value))}
	if !dateShape().MatchString(date.Text) { // time.Parse alone is less strict
		date.Err = noDate
		return date
	}
	for _, form := range []struct {
		layout string
		slack  time.Duration
	}{
		{time.RFC3339, 0},
		{"2006-01-02T15:04Z07:00", 0},
		{"2006-01-02T15:04:05", westmost + eastmost},
		{"2006-01-02T15:04", westmost + eastmost},
		{time.DateOnly, westmost + eastmost + 24*time.Hour},
	} {
		if t, err := time.Parse(form.layout, date.Text); err == nil {
			date.Time, date.Slack = t.UTC(), form.slack
			if form.slack > 0 {
				date.Time = date.Time.Add(-eastmost)
			}
			return date
		}
	}
	date.Err = noDate
	return date
}

const noDate = "it is not a date such as 2026-01-31T12:00:00Z"

// The time zones on earth reach from UTC-12 to UTC+14.
const (
	westmost = 12 * time.Hour
	eastmost = 14 * time.Hour
)

var dateShape = lazyRegexp(`^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?$`)

// unixDate reads a JSON number of seconds since 1970, as in a JWT.
func unixDate(value jsontext.Value) Date {
	date := Date{Present: true, Text: clip(string(value))}
	f, err := strconv.ParseFloat(string(value), 64)
	if err != nil || math.Abs(f) > 253402300799 { // the year 9999
		date.Err = "it is not a number of seconds since 1970"
		return date
	}
	whole, fraction := math.Modf(f)
	date.Time = time.Unix(int64(whole), int64(fraction*1e9)).UTC()
	return date
}

// from and until narrow the time within which the document holds. A date that
// cannot be read stays, as nobody can tell whether it is met.
func (d *reader) from(date Date)  { d.ValidFrom = narrow(d.ValidFrom, date, time.Time.After) }
func (d *reader) until(date Date) { d.ValidUntil = narrow(d.ValidUntil, date, time.Time.Before) }

// narrow returns the bound that holds where both do.
func narrow(have, date Date, narrower func(a, b time.Time) bool) Date {
	switch {
	case !date.Present && date.Err == "", have.Err != "":
		return have
	case !have.Present, date.Err != "":
		return date
	}
	latest := have.Latest()
	if narrower(date.Latest(), latest) {
		latest = date.Latest()
	}
	if narrower(date.Time, have.Time) {
		have = date
	}
	have.Slack = latest.Sub(have.Time)
	return have
}
