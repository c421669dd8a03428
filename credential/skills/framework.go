package skills

import (
	"net/url"
	"regexp"
	"strings"

	"golang.org/x/text/unicode/norm"
)

const (
	soc      = `[0-9]{2}-[0-9]{4}\.[0-9]{2}`                                // an occupation of O*NET-SOC
	element  = `[1-6]\.[a-z](?:\.[0-9]{1,2}(?:\.[a-z](?:\.[0-9]{1,2})?)?)?` // of O*NET's content model
	lightcst = `(?:KS|ES|BGS)[0-9A-Z]{10,20}`                               // a skill of Lightcast
	tail     = `(?:[?#].*)?$`                                               // what shows a page in another way
)

// pages are addresses that hold the identifier of a skill, matched against a URL in normal form.
var pages = []struct {
	page  func() *regexp.Regexp
	form  string // what it stands for, as regexp.Expand has it
	whole bool   // it is a skill's own, never that of a whole framework, whatever code stands beside it
}{
	{lazyRegexp(`^https://data\.europa\.eu(/esco/(?:skill|occupation)/` + guid + `)` + tail), "http://data.europa.eu$1", true},
	{lazyRegexp(`^https://data\.europa\.eu(/esco/[a-z-]+/[^/?#]+)$`), "http://data.europa.eu$1", false},
	{lazyRegexp(`^https://(?:www\.)?onetonline\.org/link/[a-z]+/(` + soc + `)` + tail), onetOccupation + "$1", true},
	{lazyRegexp(`^https://(?:www\.)?mynextmove\.org/profile/summary/(` + soc + `)` + tail), onetOccupation + "$1", true},
	{lazyRegexp(`^https://services\.onetcenter\.org/ws/online/occupations/(` + soc + `)` + tail), onetOccupation + "$1", true},
	{lazyRegexp(`^https://api-v2\.onetcenter\.org/online/occupations/(` + soc + `)` + tail), onetOccupation + "$1", true},
	{lazyRegexp(`^(https://[^/?#]+(?:/[^?#]+)?/ims/case/)v1p[01](/CFItems/` + guid + `)$`), "${1}v1p0$2", true},
	{lazyRegexp(`^(https://[^/?#]+)/uri/(` + guid + `)$`), "$1/ims/case/v1p0/CFItems/$2", false}, // also of documents
	{lazyRegexp(`^https://(?:www\.)?credentialengineregistry\.org/(?:resources|graph)/(ce-` + guid + `)` + tail), ctdl + "$1", false},
	{lazyRegexp(`^https://(?:www\.)?credentialfinder\.org/[a-z]+/(ce-` + guid + `)` + tail), ctdl + "$1", false},
	{lazyRegexp(`^(https://[^/?#]+)(?:/api(?:/v[0-9])?)?/skills/(` + guid + `)$`), "$1/api/skills/$2", true},
	{lazyRegexp(`^https://(?:www\.)?lightcast\.io/open-skills/skills/(` + lightcst + `)(?:/[^/?#]*)?` + tail), lightcast + "$1", true},
	{lazyRegexp(`^https://skills\.emsidata\.com/skills/(` + lightcst + `)` + tail), lightcast + "$1", true},
}

const (
	onetOccupation = "https://www.onetonline.org/link/summary/"
	onetElement    = "https://www.onetonline.org/find/descriptor/result/"
	ctdl           = "https://credentialengineregistry.org/resources/"
	lightcast      = "https://lightcast.io/open-skills/skills/"
	escoSkill      = "http://data.europa.eu/esco/skill/"
)

var (
	elementPage = lazyRegexp(`^https://(?:www\.)?onetonline\.org/find/descriptor/(?:result|browse)/((?i:` + element + `))` + tail)
	escoPage    = lazyRegexp(`^https://(?:esco\.ec\.europa\.eu/|ec\.europa\.eu/esco/)[^?]*\?`)
	escoURI     = lazyRegexp(`^http://data\.europa\.eu/esco/`)
	urn         = lazyRegexp(`(?i)^urn:[a-z0-9-]+:[!-~]+$`)
	ctid        = lazyRegexp(`(?i)^ce-` + guid + `$`)
	bareGUID    = lazyRegexp(`(?i)^(?:` + guid + `|\{` + guid + `\})$`)
	socCode     = lazyRegexp(`^` + soc + `$`)
	elementCode = lazyRegexp(`(?i)^` + element + `$`)
	lightcastID = lazyRegexp(`^` + lightcst + `$`)
)

// fromURL returns the normal form of the URL of a skill, and whether it is a skill's own in a
// framework that is known. It is empty for what is no URL, or only names a host.
func fromURL(s string) (link string, whole bool) {
	s = strings.TrimSpace(s)
	switch {
	case len(s) > maxURL:
		return "", false
	case ctid().MatchString(s):
		return ctdl + strings.ToLower(s), false
	case urn().MatchString(s):
		space, name, _ := strings.Cut(s[len("urn:"):], ":")
		return "urn:" + strings.ToLower(space) + ":" + guids(name), false
	}
	link, ok := normalURL(s)
	if !ok {
		return "", false
	}
	for _, p := range pages {
		if m := p.page().FindStringSubmatchIndex(link); m != nil {
			return string(p.page().ExpandString(nil, p.form, link, m)), p.whole
		}
	}
	if m := elementPage().FindStringSubmatch(link); m != nil {
		return onetElement + elementForm(m[1]), true
	}
	if escoPage().MatchString(link) {
		if uri, whole := escoOf(link); uri != "" {
			return uri, whole
		}
	}
	if strings.Count(link, "/") == 2 && !strings.ContainsAny(link, "?#") {
		return "", false
	}
	return link, false
}

// escoOf returns the URI that the address of a page of ESCO's portal names; empty if it names none,
// or several.
func escoOf(page string) (uri string, whole bool) {
	u, err := url.Parse(page)
	if err != nil {
		return "", false
	}
	named := u.Query()["uri"]
	if len(named) != 1 || escoPage().MatchString(named[0]) { // not a page within a page
		return "", false
	}
	uri, whole = fromURL(named[0])
	if !escoURI().MatchString(uri) {
		return "", false
	}
	return uri, whole
}

// elementForm writes an element of O*NET as O*NET does: 2.B.3.a. The letters' case tells nothing,
// since their level does.
func elementForm(s string) string {
	parts := strings.Split(strings.ToLower(s), ".")
	parts[1] = strings.ToUpper(parts[1])
	return strings.Join(parts, ".")
}

// fromCode returns the identity of a code that is a URI, or has the shape of its framework's, and
// whether it is a skill's own; empty where the framework is not known or the code has another shape.
func fromCode(framework, code string) (id ID, whole bool) {
	if link, whole := fromURL(code); link != "" {
		return ID(link), whole
	}
	switch known := knownFramework(framework); {
	case known == "esco" && bareGUID().MatchString(code):
		return ID(escoSkill + strings.ToLower(strings.Trim(code, "{}"))), true
	case known == "o*net" && socCode().MatchString(code):
		return ID(onetOccupation + code), true
	case known == "o*net" && elementCode().MatchString(code):
		return ID(onetElement + elementForm(code)), true
	case known == "lightcast" && lightcastID().MatchString(code):
		return ID(lightcast + code), true
	}
	return "", false
}

var (
	namesOfESCO = lazyRegexp(`^(?:esco(?: skills?)?(?: v?[0-9.]+)?|` +
		`european skills, competences, qualifications and occupations(?: \(esco\))?)$`)
	namesOfONET      = lazyRegexp(`^o\*?net(?:[- ]soc)?(?: online)?(?: (?:2019|v?[0-9]{1,2}(?:\.[0-9])?))?$`) // codes of 2010 may be others
	namesOfLightcast = lazyRegexp(`^(?:lightcast|emsi)(?: open)?(?: skills)?$`)
)

// knownFramework returns the short name of a framework whose codes are told by their shape.
func knownFramework(framework string) string {
	name := fold(norm.NFC, framework)
	if link, ok := normalURL(framework); ok {
		host, _, _ := strings.Cut(strings.TrimPrefix(link, "https://"), "/")
		switch {
		case strings.HasPrefix(link, "https://data.europa.eu/esco") || host == "esco.ec.europa.eu" ||
			strings.HasPrefix(link, "https://ec.europa.eu/esco"):
			return "esco"
		case strings.TrimPrefix(host, "www.") == "onetonline.org" || strings.TrimPrefix(host, "www.") == "onetcenter.org":
			return "o*net"
		case strings.TrimPrefix(host, "www.") == "lightcast.io":
			return "lightcast"
		}
		return ""
	}
	switch {
	case namesOfESCO().MatchString(name):
		return "esco"
	case namesOfONET().MatchString(name):
		return "o*net"
	case namesOfLightcast().MatchString(name):
		return "lightcast"
	}
	return ""
}
