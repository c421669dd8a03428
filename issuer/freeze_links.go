package issuer

import (
	"net/url"
	"regexp"
	"strings"

	"github.com/hallmark-node/hallmark/internal/fault"
)

// platform is what is known of the links of one platform. Its pages for people are not badges,
// and what leads from one to the other is fixed by their shape.
type platform struct {
	hosts   string         // separated by spaces
	path    *regexp.Regexp // of a link that is known
	address string         // of the assertion, $1 being what path found; empty: refused says why
	refused string         // a sentence
	remedy  string
}

const uuid = `([0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12})`

var platforms = []platform{
	// https://docs.credly.com (formerly https://api.credly.com/docs/obi_specified_endpoints). Acclaim is what Credly was.
	{
		hosts: "credly.com www.credly.com youracclaim.com www.youracclaim.com", path: regexp.MustCompile(`^/badges/` + uuid + `(?:/[a-z_]+)?/?$`),
		address: "https://api.credly.com/v1/obi/v2/badge_assertions/$1",
	},
	{
		hosts: "credly.com www.credly.com", path: regexp.MustCompile(`.*`),
		refused: "it is a page of Credly, but not that of one badge",
		remedy:  "open the badge and give the address of its page, https://www.credly.com/badges/… with a long number",
	},
	// Badgr, later Canvas Credentials and Parchment Digital Badges. Pages of the site have the numbers of
	// the service behind it. What stands behind the "?" (identity__email) names the recipient, and is not sent.
	{
		hosts:   "api.badgr.io badges.parchment.com badgr.com www.badgr.com badgr.io",
		path:    regexp.MustCompile(`^/public/assertions/([\w-]{16,32})(?:\.json)?/?$`),
		address: "https://api.badgr.io/public/assertions/$1",
	},
	{
		hosts: "api.eu.badgr.io eu.badgr.com", path: regexp.MustCompile(`^/public/assertions/([\w-]{16,32})(?:\.json)?/?$`),
		address: "https://api.eu.badgr.io/public/assertions/$1",
	},
	{
		hosts: "api.ca.badgr.io ca.badgr.com", path: regexp.MustCompile(`^/public/assertions/([\w-]{16,32})(?:\.json)?/?$`),
		address: "https://api.ca.badgr.io/public/assertions/$1",
	},
	{
		hosts: "api.au.badgr.io au.badgr.com", path: regexp.MustCompile(`^/public/assertions/([\w-]{16,32})(?:\.json)?/?$`),
		address: "https://api.au.badgr.io/public/assertions/$1",
	},
	{
		hosts: "badges.parchment.com badgr.com www.badgr.com eu.badgr.com ca.badgr.com au.badgr.com", path: regexp.MustCompile(`.*`),
		refused: "it is a page of Badgr (Parchment), but not that of one badge",
		remedy:  "share the badge there and give the address that has /public/assertions/ in it",
	},
	{
		hosts: "openbadgefactory.com www.openbadgefactory.com", path: regexp.MustCompile(`^/v1/assertion/([0-9a-f]{16,64})(?:\.html|\.json)?/?$`),
		address: "https://openbadgefactory.com/v1/assertion/$1",
	},
	{
		hosts: "openbadgepassport.com www.openbadgepassport.com", path: regexp.MustCompile(`^/app/`),
		refused: "it is a page of Open Badge Passport, which does not lead to the badge's own address",
		remedy:  "download the badge there as a picture, and give that",
	},
	{
		hosts: "coursera.org www.coursera.org", path: regexp.MustCompile(`.*`),
		refused: "it is a page of Coursera, whose certificates are not Open Badges",
		remedy:  "download the certificate as a PDF and submit that as it is",
	},
}

// BadgeAddress returns where the assertion is of which a person has a link: the address itself, or
// of the pages of some platforms what is known to belong to them. The error says why a link is
// no badge.
func BadgeAddress(link string) (string, error) {
	u, err := url.Parse(strings.TrimSpace(link))
	switch {
	case err != nil || u.Hostname() == "":
		return "", fault.Input("%.100q is not a web address", link)
	case u.Scheme != "https":
		return "", fault.Input("%.100q: badges are fetched by https:// only, since anyone on the way could change them", link)
	}
	host := strings.ToLower(u.Host)
	for _, p := range platforms {
		found := p.path.FindStringSubmatch(u.Path)
		switch {
		case found == nil, !strings.Contains(" "+p.hosts+" ", " "+host+" "):
		case p.address == "":
			return "", fault.Remedy(fault.Input("%.100q is not fetched: %s", link, p.refused), "%s", p.remedy)
		case host == "openbadgefactory.com" && u.RawQuery != "": // which part of it is whose badge
			return strings.Replace(p.address, "$1", found[1], 1) + "?" + u.RawQuery, nil
		default:
			return strings.Replace(p.address, "$1", found[1], 1), nil
		}
	}
	u.Fragment, u.RawFragment = "", ""
	return u.String(), nil
}
