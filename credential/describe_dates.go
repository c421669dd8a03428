package credential

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/hallmark-node/hallmark/credential/internal/date"
)

// The members that bound the validity of a document, in the places that state it: at the top of a
// document, of a payload and of its claim vc. They are the names of the standards and those
// that issuers take for them. All bounds that a document states hold: it may have been issued
// on one day and hold from another.
//
// A token has the claims nbf and exp besides.
var (
	starts = []string{"validFrom"} // Verifiable Credentials 2.0, Europass
	issues = []string{
		"issuanceDate",          // Verifiable Credentials 1.1
		"issuedOn", "issued_on", // Open Badges 1 and 2, OpenAttestation, Blockcerts 1
		"issued",                      // Europass
		"issue_date", "issuance_date", // ISO/IEC 18013-5, and PID as mdoc
		"date_of_issuance", // PID as SD-JWT
	}
	ends = []string{
		"validUntil",                        // Verifiable Credentials 2.0, Europass
		"expirationDate", "expiration_date", // Verifiable Credentials 1.1
		"expires",                // Open Badges 1 and 2
		"expiresOn", "expiresAt", // OpenAttestation
		"expiryDate", "expiry_date", // ISO/IEC 18013-5, and PID as mdoc
		"dateOfExpiry", "date_of_expiry", // PID as SD-JWT
	}
	boundNames = slices.Concat(starts, issues, ends)
	bounds     = strings.Join(boundNames, " ") + " "
)

// stated is a date with the name of the member that states it.
type stated struct {
	Date
	name string
}

// boundsOf returns the members of a JSON object that bound validity. The object is known to be
// well formed.
func boundsOf(object []byte) map[string]jsontext.Value {
	m := make(map[string]jsontext.Value)
	for name, value := range membersOf(object) {
		if slices.Contains(boundNames, name) {
			m[name] = bytes.Clone(value)
		}
	}
	return m
}

// readDates reads the bounds that a document states, by the names of their members.
func (d *reader) readDates(m map[string]jsontext.Value) {
	for _, name := range starts {
		d.from(parseDate(name, m[name]))
	}
	var issued Date
	for _, name := range issues {
		issued = eitherOf(issued, parseDate(name, m[name]))
	}
	d.from(issued)
	for _, name := range ends {
		end := stated{parseDate(name, m[name]), name}
		d.until(end.Date)
		d.agreeOnEnd(d.end, end)
		if !d.end.Present {
			d.end = end
		}
	}
}

// readClaimedDates reads the bounds that RFC 7519 has for a token.
func (d *reader) readClaimedDates(claims map[string]jsontext.Value) {
	d.from(parseClaim("nbf", claims["nbf"]))
	d.exp = stated{parseClaim("exp", claims["exp"]), "exp"}
	d.until(d.exp.Date)
}

// apartInClaims are members of claims whose dates are of something else: of other credentials,
// of what supports a claim, of an organisation, or of each of several rights alone.
var apartInClaims = []string{
	"verifiableCredential", "evidence", "endorsement", "endorsementJwt", "proof", "image", "accreditation",
	"driving_privileges", "drivingPrivileges",
}

// readClaimedEnds reads the ends of validity among the claims about a subject, however deep.
// dec stands before them.
func (d *reader) readClaimedEnds(dec *jsontext.Decoder) {
	token, err := dec.ReadToken()
	if err != nil {
		return // not reached: it is well formed
	}
	switch token.Kind() {
	case jsontext.KindBeginArray:
		for dec.PeekKind() != jsontext.KindEndArray {
			if dec.PeekKind() == jsontext.KindInvalid {
				return
			}
			d.readClaimedEnds(dec)
		}
		_, _ = dec.ReadToken()
	case jsontext.KindBeginObject:
		for dec.PeekKind() == jsontext.KindString {
			token, err := dec.ReadToken()
			if err != nil {
				return
			}
			name := token.String()
			switch sense := senseOf(name); {
			case slices.Contains(ends, name), sense == senseBound && isEnd(name):
				if value, err := dec.ReadValue(); err == nil && value.Kind() != jsontext.KindFalse {
					d.claimedEnd(name, parseDate(name, value))
				}
			case sense == senseIssuer, slices.Contains(apartInClaims, name):
				_ = dec.SkipValue()
			default:
				d.readClaimedEnds(dec)
			}
		}
		_, _ = dec.ReadToken()
	}
}

// isEnd reports whether a member of a claim that is a bound by its name is an end. What is named
// for the end of an activity is none.
func isEnd(name string) bool {
	letters := lettersOf(name)
	return letters != "enddate" && letters != "nbf" && letters != "notbefore" &&
		!strings.Contains(letters, "issu") && !strings.HasSuffix(letters, "from")
}

// claimedEnd records an end of a claim: one that cannot be told before all others, else the
// earliest, in whatever order they stand.
func (d *reader) claimedEnd(name string, end Date) {
	if !end.Present {
		return
	}
	have, told := d.ClaimUntil, end.Err == ""
	name = excerpt(name)
	order := cmp.Or(end.Time.Compare(have.Time), strings.Compare(name, d.ClaimEnd), strings.Compare(end.Text, have.Text))
	if !have.Present || !told && have.Err == "" || told == (have.Err == "") && order < 0 {
		d.ClaimUntil, d.ClaimEnd = end, name
	}
}

// agreeOnEnd holds two statements of one end against each other. Some readers take the one
// and some the other, so where they differ the end is not known.
func (d *reader) agreeOnEnd(a, b stated) {
	if !a.Present || !b.Present || a.Err != "" || b.Err != "" || agree(a.Date, b.Date) {
		return
	}
	d.until(Date{
		Present: true, Text: clip(a.Text + " or " + b.Text),
		Err: fmt.Sprintf(
			"its members %s and %s are %s and %s, which are two ends",
			excerpt(a.name),
			excerpt(b.name),
			excerpt(a.Text),
			excerpt(b.Text),
		),
	})
}

// eitherOf is the time of which there are two statements: from the one to the other where
// they differ.
func eitherOf(a, b Date) Date {
	switch {
	case !b.Present, a.Err != "":
		return a
	case !a.Present, b.Err != "", agree(a, b) && b.Slack < a.Slack:
		return b
	case agree(a, b):
		return a
	}
	first, last := a.Time, a.Latest()
	if b.Time.Before(first) {
		first = b.Time
	}
	if b.Latest().After(last) {
		last = b.Latest()
	}
	return Date{Present: true, Text: clip(a.Text + " or " + b.Text), Time: first, Slack: last.Sub(first)}
}

// agree reports whether two dates may be the same time, to the second: one of the two may be
// shortened to it, or to the day.
func agree(a, b Date) bool {
	return a.Latest().Add(time.Second).After(b.Time) && b.Latest().Add(time.Second).After(a.Time)
}

// parseDate reads a member that is a date, by the rules of package date: a text, or a
// number where it can only be seconds since 1970, as in Open Badges 1.x.
func parseDate(name string, value jsontext.Value) Date {
	return parseMember(name, value, date.Number, date.Parse)
}

// parseClaim reads a claim that is a number of seconds since 1970, or the same as a text.
func parseClaim(name string, value jsontext.Value) Date {
	return parseMember(name, value, date.Seconds, date.ParseSeconds)
}

func parseMember(name string, value jsontext.Value, number func(string) (time.Time, error),
	words func(string) (time.Time, time.Duration, error),
) Date {
	read := Date{Present: true, Text: string(value)}
	shown := shown(value)
	var err error
	switch value.Kind() {
	case jsontext.KindInvalid, jsontext.KindNull:
		return Date{}
	case jsontext.KindNumber:
		read.Time, err = number(read.Text)
	case jsontext.KindString:
		read.Text = text(value)
		read.Time, read.Slack, err = words(read.Text)
	default:
		err = errNoText
	}
	read.Text = clip(read.Text)
	if err != nil {
		read.Err = fmt.Sprintf("its member %s is %s, which %v", excerpt(name), shown, err)
	}
	return read
}

// shown is a value for a message.
func shown(value jsontext.Value) string {
	if value.Kind() == jsontext.KindString {
		return excerpt(text(value))
	}
	return Printable(string(value[:min(len(value), maxExcerpt)]))
}

var errNoText = errors.New("is not a text")

// from and until narrow the time within which the document holds. A date that
// cannot be read stays, as it cannot be told whether it is met.
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
