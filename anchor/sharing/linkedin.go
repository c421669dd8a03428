package sharing

import (
	"fmt"
	"net/url"
	"strconv"
	"time"
)

// award is what LinkedIn asks of a certification. Texts are safe to print; a date is zero if there
// is none.
type award struct {
	name, organization, id, url string
	issued, ends                time.Time
}

// linkedIn returns the address by which LinkedIn opens its form for a certification, filled in. Of
// the entries LinkedIn has dropped one or another over the years, so each is shown beside it.
func (a *award) linkedIn() string {
	q := url.Values{"startTask": {"CERTIFICATION_NAME"}, "name": {a.name}, "certUrl": {a.url}, "certId": {a.id}}
	if a.organization != "" {
		q.Set("organizationName", a.organization)
	}
	date := func(prefix string, t time.Time) {
		if !t.IsZero() {
			q.Set(prefix+"Year", strconv.Itoa(t.Year()))
			q.Set(prefix+"Month", strconv.Itoa(int(t.Month())))
		}
	}
	date("issue", a.issued)
	date("expiration", a.ends)
	return "https://www.linkedin.com/profile/add?" + q.Encode()
}

// month writes a date as LinkedIn's form asks for one.
func month(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return fmt.Sprintf("%04d-%02d", t.Year(), t.Month())
}
