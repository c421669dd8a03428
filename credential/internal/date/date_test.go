package date

import (
	"errors"
	"strings"
	"testing"
	"time"
)

const (
	hour  = time.Hour
	earth = 26 * hour // from UTC+14 to UTC-12
)

// A date without a zone begins with the day in UTC+14.
func TestParse(t *testing.T) {
	for _, test := range []struct {
		text, earliest string
		slack          time.Duration
	}{
		// RFC 3339.
		{"2024-05-02T10:00:00Z", "2024-05-02T10:00:00Z", 0},
		{"2024-05-02t10:00:00z", "2024-05-02T10:00:00Z", 0},
		{"2024-05-02 10:00:00Z", "2024-05-02T10:00:00Z", 0},
		{"2024-05-02T10:00:00.5Z", "2024-05-02T10:00:00.5Z", 0},
		{"2024-05-02T10:00:00.123456789987654321Z", "2024-05-02T10:00:00.123456789Z", 0},
		{"2024-05-02T10:00:00+02:00", "2024-05-02T08:00:00Z", 0},
		{"2024-05-02T10:00:00-23:59", "2024-05-03T09:59:00Z", 0},
		{"2024-05-02T10:00:00-00:00", "2024-05-02T10:00:00Z", 0},
		{"2016-12-31T23:59:60Z", "2017-01-01T00:00:00Z", 0},
		{"1990-12-31T15:59:60-08:00", "1991-01-01T00:00:00Z", 0},
		{"2015-07-01T09:59:60.25+10:00", "2015-07-01T00:00:00.25Z", 0},

		// ISO 8601 and xsd:dateTime.
		{"2024-05-02T24:00:00Z", "2024-05-03T00:00:00Z", 0},
		{"2024-12-31T24:00:00.000+00:00", "2025-01-01T00:00:00Z", 0},
		{"2024-05-02T24:00Z", "2024-05-03T00:00:00Z", 0},
		{"2024-05-02T10:30Z", "2024-05-02T10:30:00Z", 0},
		{"2024-05-02T10:00:00,25Z", "2024-05-02T10:00:00.25Z", 0},
		{"2024-05-02T10:00:00+0200", "2024-05-02T08:00:00Z", 0},
		{"2024-05-02T10:00:00+02", "2024-05-02T08:00:00Z", 0},
		{"2024-05-02T10:00:00−05:00", "2024-05-02T15:00:00Z", 0},
		{"20240502T100000Z", "2024-05-02T10:00:00Z", 0},
		{"20240502T1000+0130", "2024-05-02T08:30:00Z", 0},
		{"20240502T100000.5Z", "2024-05-02T10:00:00.5Z", 0},
		{"2024-05-02T10:00:00", "2024-05-01T20:00:00Z", earth},
		{"2024-05-02T10:00", "2024-05-01T20:00:00Z", earth},
		{"2016-12-31T23:59:60", "2016-12-31T10:00:00Z", earth},
		{"2024-05-02", "2024-05-01T10:00:00Z", 24*hour + earth},
		{"20240502", "2024-05-01T10:00:00Z", 24*hour + earth},
		{"2024-05-02Z", "2024-05-02T00:00:00Z", 24 * hour},
		{"2024-05-02-05:00", "2024-05-01T10:00:00Z", 24*hour + earth}, // or five o'clock
		{"2024-05-02+00:00", "2024-05-01T10:00:00Z", 24*hour + earth},
		{"2024-02", "2024-01-31T10:00:00Z", 29*24*hour + earth},
		{"2023", "2022-12-31T10:00:00Z", 365*24*hour + earth},
		{"2024-366", "2024-12-30T10:00:00Z", 24*hour + earth},
		{"2024-W18-4", "2024-05-01T10:00:00Z", 24*hour + earth},
		{"2024W184", "2024-05-01T10:00:00Z", 24*hour + earth},
		{"2020-W53", "2020-12-27T10:00:00Z", 7*24*hour + earth},
		{"2025-W01-1", "2024-12-29T10:00:00Z", 24*hour + earth},

		// What software writes.
		{"2020-11-02 17:08:43", "2020-11-02T03:08:43Z", earth},
		{"2020-11-02T17:08:43+00:00Z", "2020-11-02T17:08:43Z", 0},
		{"2017-03-03 23:21:14.564154+00:00", "2017-03-03T23:21:14.564154Z", 0},
		{"2020-11-02 17:08:43 UTC", "2020-11-02T17:08:43Z", 0},
		{"2020-11-02 17:08:43 +0100", "2020-11-02T16:08:43Z", 0},
		{"2020-11-02 17:08:43 +0000 UTC", "2020-11-02T17:08:43Z", 0},
		{"\ufeff 2024-05-02T10:00:00Z\r\n", "2024-05-02T10:00:00Z", 0},
		{"1609459200", "2021-01-01T00:00:00Z", 0},
		{"9999-12-31T23:59:59Z", "9999-12-31T23:59:59Z", 0},
		{"1583-01-01T00:00:00Z", "1583-01-01T00:00:00Z", 0},
	} {
		t.Run(test.text, func(t *testing.T) {
			got, slack, err := Parse(test.text)
			if err != nil || got.Format(time.RFC3339Nano) != test.earliest || slack != test.slack {
				t.Errorf("%s and %s, %v, want %s and %s", got.Format(time.RFC3339Nano), slack, err, test.earliest, test.slack)
			}
		})
	}
}

func TestParseRefuses(t *testing.T) {
	for text, want := range map[string]error{
		"": ErrNone, " ": ErrNone, "never": ErrNone, "soon, 2024-05-02": ErrForm, "T10:00:00Z": ErrForm, "null": ErrNone, "0": ErrUnit,
		"May 2, 2034": ErrForm, "Thu, 02 May 2024 10:00:00 GMT": ErrForm, "20240502100000Z": ErrForm, "/Date(1609459200000)/": ErrForm,

		// No such time.
		"2020-02-30T00:00:00Z": ErrNone, "2021-02-29": ErrNone, "2024-13-01": ErrNone, "2024-00-01": ErrNone, "2024-01-00": ErrNone,
		"2024-13": ErrNone, "2023-366": ErrNone, "2024-000": ErrNone, "2024-W53": ErrNone, "2024-W00-1": ErrNone, "2024-W18-8": ErrNone,
		"2024-W18-0": ErrNone, "2024-05-02T24:00:01Z": ErrNone, "2024-05-02T24:01:00Z": ErrNone, "2024-05-02T24:00:00.001Z": ErrNone,
		"2024-05-02T25:00:00Z": ErrNone, "2024-05-02T10:60:00Z": ErrNone, "2024-05-02T10:00:61Z": ErrNone,
		"2024-05-02T10:00:00+24:00": ErrNone, "2024-05-02T10:00:00+01:60": ErrNone, "00000000": ErrNone,
		"2016-12-31T23:59:60+01:00": ErrLeap, "2024-05-02T10:15:60Z": ErrLeap, "2016-12-30T23:59:60Z": ErrLeap, "2016-03-31T23:59:60Z": ErrLeap,
		"2016-12-31T22:59:60": ErrLeap,

		// Two readings.
		"01/02/2024": ErrForm, "13/02/2024": ErrForm, "1.2.2024": ErrForm, "02-01-2024": ErrForm, "01/02/24": ErrForm, "2024/05/02": ErrForm,
		"2020-1-2": ErrForm, "2020-1-2T00:00:00Z": ErrForm, "24-05-02": ErrForm, "01/02/2024 10:00": ErrForm,
		"2020-11-02T17:08:43+02:00Z": ErrZone, "2020-11-02 17:08:43 +0100 UTC": ErrZone,
		"2024050210": ErrUnit, "202405": ErrUnit, "240502": ErrUnit, "2024123": ErrUnit, "1609459200000": ErrUnit,
		"20240502100000": ErrUnit, strings.Repeat("9", 40): ErrUnit,
		"0001-01-01T00:00:00Z": ErrOld, "0000-01-01": ErrOld, "1582-12-31T23:59:59Z": ErrOld,

		// Forms that some readers take for less, or for something else.
		"2024-05-02T10Z": ErrForm, "2024-05-02T1:00:00Z": ErrForm, "2024-05-02T10:00:00.Z": ErrForm, "2024-05-02T10:00:00 CEST": ErrForm,
		"2024-05-02T10:00:00+2:00": ErrForm, "2024-05-02T10:00:00+02:00[Europe/Berlin]": ErrForm, "2024-05-02T10:00:00Z2025": ErrForm,
		"2024-05-02T10:00:00Z/2025-05-02T10:00:00Z": ErrForm, "2024-05-02T10:00:00ZZ": ErrForm, "2024-05-02T": ErrForm,
		"2024-05-02  10:00:00Z": ErrForm, "2024-05-02T10:0000Z": ErrForm, "2024-05-02T1000:00Z": ErrForm, "2024-05-02\x00": ErrForm,
		"+2024-05-02": ErrForm, "-2024-05-02": ErrForm, "12024-05-02T00:00:00Z": ErrForm, "P1Y": ErrNone, "2024-W18-": ErrForm,
		"2024-05-": ErrForm, "2024-5": ErrForm, "２０２４-05-02": ErrForm, "2024-0٥-02": ErrForm,
		"2024−05−02": ErrForm, "2024-05—02": ErrForm,
		"2024-05-02T10:00:00\u00a0Z":                        ErrForm,
		"2024-05-02T10:00:00." + strings.Repeat("1", 200):   ErrNone, // too long
		"2024-05-02" + strings.Repeat(" ", 200) + "T10:00Z": ErrNone,
	} {
		if got, slack, err := Parse(text); !errors.Is(err, want) || !got.IsZero() || slack != 0 {
			t.Errorf("%.60q: %s, %s, %v, want %v", text, got, slack, err, want)
		}
	}
}

func TestNumber(t *testing.T) {
	for _, test := range []struct {
		number       string
		count, claim string // as a number of anything, and of seconds; empty if refused
	}{
		{"1609459200", "2021-01-01T00:00:00Z", "2021-01-01T00:00:00Z"},
		{"1609459200.5", "2021-01-01T00:00:00.5Z", "2021-01-01T00:00:00.5Z"},
		{"16094592e2", "2021-01-01T00:00:00Z", "2021-01-01T00:00:00Z"},
		{"946684800", "2000-01-01T00:00:00Z", "2000-01-01T00:00:00Z"},
		{"-1609459200", "1919-01-01T00:00:00Z", "1919-01-01T00:00:00Z"},
		{"99999999999", "5138-11-16T09:46:39Z", "5138-11-16T09:46:39Z"},
		{"0", "", "1970-01-01T00:00:00Z"},
		{"2024", "", "1970-01-01T00:33:44Z"},         // a year?
		{"20240502", "", "1970-08-23T06:21:42Z"},     // a day?
		{"253402300799", "", "9999-12-31T23:59:59Z"}, // a day of 1978 in milliseconds?
		{"1609459200000", "", ""},
		{"253402300800", "", ""}, // milliseconds
		{"-12212553600", "1583-01-01T00:00:00Z", "1583-01-01T00:00:00Z"},
		{"-12212553601", "", ""},
		{"1e300", "", ""},
		{"-1e300", "", ""},
		{"1e999", "", ""},
		{"", "", ""},
		{"x", "", ""},
	} {
		for _, read := range []struct {
			by   func(string) (time.Time, error)
			want string
		}{{Number, test.count}, {Seconds, test.claim}} {
			got, err := read.by(test.number)
			text := got.Format(time.RFC3339Nano)
			if read.want == "" && !errors.Is(err, ErrUnit) || read.want != "" && (err != nil || text != read.want) {
				t.Errorf("%s: %s, %v, want %q", test.number, text, err, read.want)
			}
		}
	}
}

// Browsers take the day of a year for a month if it can be one.
func TestDayOfYear(t *testing.T) {
	for text, want := range map[string]error{"2024-001": ErrForm, "2024-012": ErrForm, "2024-013": nil, "2024-366": nil, "2023-366": ErrNone} {
		if _, _, err := Parse(text); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", text, err, want)
		}
	}
}

func TestParseSeconds(t *testing.T) {
	for text, want := range map[string]string{
		"1609459200": "2021-01-01T00:00:00Z", "946684800": "2000-01-01T00:00:00Z",
		"2021-01-01T00:00:00Z": "2021-01-01T00:00:00Z", "2021-01-01Z": "2021-01-01T00:00:00Z",
		"2024050210": "", "202405021000": "", "20240502100000": "", // days with their time, or seconds in 2034 and 8383
		"2024": "", "20240502": "", "1609459200000": "", "1e9": "", "0x60000000": "", "": "", "Infinity": "", "01/02/2024": "",
	} {
		got, _, err := ParseSeconds(text)
		if have := got.Format(time.RFC3339); want == "" && err == nil || want != "" && (err != nil || have != want) {
			t.Errorf("%q: %s, %v, want %q", text, have, err, want)
		}
	}
}

// Where the time package reads a date, both read the same.
func FuzzParse(f *testing.F) {
	for _, text := range []string{
		"2024-05-02T10:00:00Z", "20240502T100000,5−0130", "2016-12-31 23:59:60 +0000 UTC", "2024-W18-4", "2024-366", "01/02/2024", "1609459200",
		"2024-05-02T24:00:00", "\ufeff2024-05", "2020-02-30T00:00:00Z",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, slack, err := Parse(text)
		if err != nil {
			if !got.IsZero() || slack != 0 {
				t.Errorf("%q: a time beside %v", text, err)
			}
			return
		}
		if got.Year() < 1582 || got.Year() > 10000 || slack < 0 || slack > 366*24*hour+earth {
			t.Errorf("%q: %s and %s", text, got, slack)
		}
		if theirs, err := time.Parse(time.RFC3339Nano, text); err == nil && (!theirs.Equal(got) || slack != 0) {
			t.Errorf("%q: %s and %s, the time package %s", text, got, slack, theirs)
		}
		if theirs, err := time.Parse(time.DateOnly, text); err == nil && (!theirs.Add(-eastmost).Equal(got) || slack != 24*hour+earth) {
			t.Errorf("%q: %s and %s, the time package %s", text, got, slack, theirs)
		}
		again, slack, err := Parse(got.Format(time.RFC3339Nano))
		if got.Year() < 10000 && got.Year() >= 1583 && (err != nil || !again.Equal(got) || slack != 0) {
			t.Errorf("%q: %s is read as %s and %s, %v", text, got, again, slack, err)
		}
	})
}
