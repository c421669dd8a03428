package skills

import (
	"slices"
	"strings"
	"testing"

	"github.com/hallmark-node/hallmark/credential"
)

const (
	g1 = "0c0ffee0-1111-4222-8333-444455556666"
	g2 = "0c0ffee0-1111-4222-8333-444455557777"
)

func link(url string) credential.Alignment { return credential.Alignment{URL: url} }

func code(framework, code string) credential.Alignment {
	return credential.Alignment{Framework: framework, Code: code}
}

// TestSameSkill: whoever wants one of a group is shown it by each of the group.
func TestSameSkill(t *testing.T) {
	upper := strings.ToUpper(g1)
	for name, group := range map[string][]credential.Alignment{
		"ESCO": {
			link("http://data.europa.eu/esco/skill/" + g1), link("https://data.europa.eu/esco/skill/" + g1 + "/"),
			link("http://DATA.europa.eu:80/esco/skill/" + upper), link("https://data.europa.eu:443/esco/skill/{" + upper + "}"),
			link("http://data.europa.eu/esco/skill/" + g1 + "?utm_source=mail&fbclid=1"), code("ESCO", g1), code("esco v1.2", "{"+upper+"}"),
			code("ESCO", "http://data.europa.eu/esco/skill/"+upper), code("http://data.europa.eu/esco/concept-scheme/skills", g1),
			link("https://esco.ec.europa.eu/en/classification/skills?uri=http://data.europa.eu/esco/skill/" + g1),
			link("https://ec.europa.eu/esco/portal/skill?uri=http%3A%2F%2Fdata.europa.eu%2Fesco%2Fskill%2F" + g1 + "&conceptLanguage=en#overlay"),
			{Name: "weld", Framework: "ESCO", Code: g1, URL: "http://data.europa.eu/esco/skill/" + g1},
		},
		"O*NET occupation": {
			link("https://www.onetonline.org/link/summary/15-1252.00"), link("http://onetonline.org/link/details/15-1252.00#Tasks"),
			link("https://services.onetcenter.org/ws/online/occupations/15-1252.00"), code("O*NET", "15-1252.00"),
			code("O*NET-SOC 2019", "15-1252.00"), code("onet", " 15-1252.00 "), code("https://www.onetcenter.org/taxonomy.html", "15-1252.00"),
		},
		"O*NET element": {
			code("O*NET", "2.B.3.a"), code("O*NET OnLine", "2.b.3.A"), link("https://www.onetonline.org/find/descriptor/result/2.B.3.a?a=1"),
		},
		"CASE": {
			link("https://case.example/ims/case/v1p0/CFItems/" + g1), link("https://case.example/ims/case/v1p1/CFItems/" + upper),
			link("https://case.example/uri/" + g1), link("http://CASE.example/uri/" + upper + "/"),
			{Framework: "State standards", Code: "W.1", URL: "https://case.example/ims/case/v1p0/CFItems/" + g1},
		},
		"CTDL": {
			link("https://credentialengineregistry.org/resources/ce-" + g1), link("http://credentialengineregistry.org/graph/CE-" + upper),
			link("ce-" + g1), code("", "ce-"+upper), code("CTDL", "ce-"+g1), link("https://credentialfinder.org/competency/ce-" + g1),
		},
		"RSD": {
			link("https://osmt.example/api/skills/" + g1), link("https://osmt.example/api/v3/skills/" + upper),
			link("https://osmt.example/skills/" + g1),
		},
		"Lightcast": {
			link("https://lightcast.io/open-skills/skills/KS125LS6N7WP4S6SFTCK/python-programming-language"),
			link("https://skills.emsidata.com/skills/KS125LS6N7WP4S6SFTCK"), code("Lightcast Open Skills", "KS125LS6N7WP4S6SFTCK"),
		},
		"another framework": {code("Common Core", "W.1"), code(" common  CORE", "W.1 "), code("Common\u00a0Core\u200b", "W.1")},
		"URL": {
			link("https://skills.example/welding/MIG"), link("http://Skills.Example./welding/./x/../MIG/?utm_campaign=a&gclid=b#"),
			link("https://skills.example:443/%77elding/MIG?"), link("HTTPS://skills.example/welding/MIG#:~:text=MIG"),
		},
		"host of another script":        {link("https://bücher.example/a"), link("https://xn--bcher-kva.example/a")},
		"GUID within another framework": {code("State", strings.ToUpper(g1)), code("state", "{"+g1+"}")},
		"URN":                           {link("urn:uuid:" + g1), link("URN:UUID:" + upper)},
	} {
		for _, a := range group {
			for _, b := range group {
				if !shows(a, b) {
					t.Errorf("%s: %+v does not show %+v: %q, %q", name, a, b, IDs(a), Wanted(b))
				}
			}
		}
	}
}

func shows(stated, wanted credential.Alignment) bool {
	return slices.ContainsFunc(Wanted(wanted), func(id ID) bool { return slices.Contains(IDs(stated), id) })
}

// TestOtherSkills: none of a pair shows the other, whichever is wanted.
func TestOtherSkills(t *testing.T) {
	const esco, page = "http://data.europa.eu/esco/", "https://college.example/framework"
	for _, pair := range [][2]credential.Alignment{
		{link(esco + "skill/" + g1), link(esco + "skill/" + g2)},
		{link(esco + "skill/" + g1), link(esco + "occupation/" + g1)},
		{link(esco + "skill/" + g1), link("http://data.europa.eu.evil.example/esco/skill/" + g1)},
		{link(esco + "skill/" + g1), link("https://evil.example/?uri=http://data.europa.eu/esco/skill/" + g1)},
		{link(esco + "skill/" + g1), link("https://data.europa.eu@evil.example/esco/skill/" + g1)},
		{link(esco + "skill/" + g1), link("https://data.europa.eu:8443/esco/skill/" + g1)},
		{link(esco + "skill/" + g1), link(esco + "skill/" + g1 + "/narrower/" + g2)},
		{
			link("https://esco.ec.europa.eu/en/classification/skills?uri=" + esco + "skill/" + g1),
			link("https://esco.ec.europa.eu/en/classification/skills?uri=" + esco + "skill/" + g2),
		},
		{
			link("https://esco.ec.europa.eu/en/classification/skills?uri=" + esco + "skill/" + g1 + "&uri=" + esco + "skill/" + g2),
			link(esco + "skill/" + g1),
		},
		{code("ESCO", g1), code("CASE", g1)},
		{code("ESCO", g1), code("", g1)},
		{code("O*NET", "15-1252.00"), code("O*NET", "15-1252.01")},
		{code("O*NET", "15-1252.00"), code("SOC", "15-1252")},
		{code("O*NET", "15-1252.00"), code("O*NET-SOC 2010", "15-1252.00")},
		{code("O*NET", "15-1252.00"), code("ISCO", "15-1252.00")},
		{code("O*NET", "2.B.3.a"), code("O*NET", "2.B.3.b")},
		{code("O*NET", "2.B.3.a"), code("School plan", "2.B.3.a")},
		{code("O*NET", "2.B.3.a"), code("O*NET", "2.B.3")},
		{link("https://case.example/uri/" + g1), link("https://other.example/uri/" + g1)},
		{link("https://case.example/ims/case/v1p0/CFItems/" + g1), link("https://case.example/ims/case/v1p0/CFDocuments/" + g1)},
		{link("https://case.example/ims/case/v1p0/CFItems/" + g1), link("https://case.example/tenant/ims/case/v1p0/CFItems/" + g1)},
		{link("ce-" + g1), link("ce-" + g2)},
		{link("ce-" + g1), link("https://sandbox.credentialengineregistry.org/resources/ce-" + g1)},
		{link("https://osmt.example/api/skills/" + g1), link("https://osmt.example/api/collections/" + g1)},
		{code("Common Core", "W.1"), code("Common Core", "w.1")},
		{code("Common Core", "W.1"), code("Common Core", "W.10")},
		{code("Common Core", "W.1"), code("CommonCore", "W.1")},
		{code("C++", "1"), code("C#", "1")},
		{code("a", "b: c"), code("a: b", "c")},
		{code("a", "b"), code("a%3A b", "b")},
		{code("", "W.1"), code("Common Core", "W.1")},
		{code("\u200b", "W.1"), code("", "W.1")},
		{link("https://skills.example/Welding"), link("https://skills.example/welding")},
		{link("https://skills.example/a"), link("https://www.skills.example/a")},
		{link("https://skills.example/a"), link("https://skills.example/a#b")},
		{link("https://skills.example/a#b"), link("https://skills.example/a#c")},
		{link("https://skills.example/a?id=1"), link("https://skills.example/a?id=2")},
		{link("https://skills.example/a?id=1&utm_source=2"), link("https://skills.example/a?id=2&utm_source=1")},
		{link("https://skills.example/a%2Fb"), link("https://skills.example/a/b")},
		{link("https://skills.example/a%3Fb"), link("https://skills.example/a?b")},
		{link("https://skills.example/a%2523"), link("https://skills.example/a%23")},
		{link("https://skills.example/x{" + g1 + "}"), link("https://skills.example/x" + g1)},
		{link("https://skills.example:8080/a"), link("https://skills.example/a")},
		{link("https://skills.example/a"), link("ftp://skills.example/a")},
		{link("urn:uuid:" + g1), link("urn:isbn:" + g1)},
		{link("https://skills.example/"), link("https://skills.example")}, // a host is no skill
		// One page describes a whole framework.
		{{URL: page, Code: "A1", Framework: "College"}, {URL: page, Code: "B2", Framework: "College"}},
		{{URL: page, Code: "A1"}, {URL: page, Code: "B2"}},
		{{URL: page, Code: "A1", Framework: page}, {URL: page}},
		{{URL: "https://case.example/uri/" + g1, Code: "W.1"}, {URL: "https://case.example/uri/" + g1, Code: "W.2"}},
		{{URL: "ce-" + g1, Code: "1", Framework: "X"}, {URL: "ce-" + g1, Code: "2", Framework: "X"}},
		// URL and code are those of two skills: nothing is stated.
		{{URL: esco + "skill/" + g1, Code: g2, Framework: "ESCO"}, link(esco + "skill/" + g1)},
		{{URL: esco + "skill/" + g1, Code: g2, Framework: "ESCO"}, code("ESCO", g2)},
		{{URL: esco + "skill/" + g1, Code: "15-1252.00", Framework: "O*NET"}, code("O*NET", "15-1252.00")},
	} {
		if a, b := pair[0], pair[1]; shows(a, b) || shows(b, a) {
			t.Errorf("%+v and %+v are taken for one: %q, %q", a, b, IDs(a), IDs(b))
		}
	}
}

// FuzzIDs: an identity is its own, whatever it was made from; and what makes one never ends.
func FuzzIDs(f *testing.F) {
	for _, seed := range [][3]string{
		{"ESCO", g1, "http://data.europa.eu/esco/skill/" + g1},
		{"O*NET", "15-1252.00", "https://www.onetonline.org/link/summary/15-1252.00"},
		{"Common Core", "W.1", "https://case.example/uri/{" + g1 + "}?utm_source=x&a=%7b" + g1 + "%7D#:~:text=a"},
		{"https://a.example/", "b", "https://ec.europa.eu/esco/portal/skill?uri=http%3A%2F%2Fdata.europa.eu%2Fesco%2Fskill%2F" + g1},
		{"a: b%", "c", "http://h:443//a/%2e%2e/b//?&a=b&"},
		{"", "", "https://[::1]:80/a%zz"},
		{"", "", "urn:UUID:{" + g1 + "}"},
		{"", "", "https://bücher。example./a"},
		{"", "", "https://h/{{" + g1 + "}}"},
		{"\u00df", "x", "ce-" + g1},
	} {
		f.Add(seed[0], seed[1], seed[2])
	}
	f.Fuzz(func(t *testing.T, framework, code, url string) {
		a := credential.Alignment{Framework: framework, Code: code, URL: url}
		ids := IDs(a)
		for _, id := range Wanted(a) {
			if !slices.Contains(ids, id) {
				t.Errorf("%.200q does not show itself: %.200q", a, id)
			}
		}
		for _, id := range ids {
			framework, code, composed := strings.Cut(string(id), ": ")
			again := IDs(credential.Alignment{URL: string(id)})
			if composed {
				again = IDs(credential.Alignment{Framework: strings.NewReplacer("%3A", ":", "%25", "%").Replace(framework), Code: code})
				if _, link := parseURL(framework); link {
					again = IDs(credential.Alignment{Framework: framework, Code: code})
				}
			}
			if !slices.Contains(again, id) {
				t.Errorf("%.200q of %.200q becomes %.200q", id, a, again)
			}
		}
	})
}
