package skills

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hallmark-node/hallmark/credential"
)

func word(name string) credential.Alignment { return credential.Alignment{Name: name} }

func TestReadWanted(t *testing.T) {
	for name, test := range map[string]struct {
		file string
		want []credential.Alignment
	}{
		"lines": {
			"\ufeff# what we need\r\n\r\nMIG welding\r\nhttp://data.europa.eu/esco/skill/" + g1 +
				"\r\n15-1252.00\r\n2.B.3.a\r\nce-" + g1 + "\nMIG welding\n",
			[]credential.Alignment{
				word("MIG welding"), link("http://data.europa.eu/esco/skill/" + g1), code("O*NET", "15-1252.00"),
				code("O*NET", "2.B.3.a"), link("ce-" + g1),
			},
		},
		"one word": {"welding", []credential.Alignment{word("welding")}},
		"a comma":  {"welding, cutting\n", []credential.Alignment{word("welding, cutting")}},
		"table": {
			"Framework,Code,URL,Name,Note\nESCO," + g1 + ",,weld,x\n,,https://skills.example/a,\n\"Common, Core\",W.1\n,,,TIG\n,,,\n",
			[]credential.Alignment{
				{Framework: "ESCO", Code: g1, Name: "weld"},
				link("https://skills.example/a"), code("Common, Core", "W.1"), word("TIG"),
			},
		},
		"table of Excel": {"targetFramework;targetCode\r\nCommon Core;W.1\r\n", []credential.Alignment{code("Common Core", "W.1")}},
		"table of ESCO": {
			"conceptType,conceptUri,preferredLabel\nKnowledgeSkillCompetence,http://data.europa.eu/esco/skill/" + g1 + ",weld\n",
			[]credential.Alignment{{URL: "http://data.europa.eu/esco/skill/" + g1, Name: "weld"}},
		},
		"table of O*NET": {
			"O*NET-SOC Code\tTitle\n15-1252.00\tSoftware Developers\n",
			[]credential.Alignment{{Framework: "O*NET", Code: "15-1252.00", Name: "Software Developers"}},
		},
		"one column": {"skill\nwelding\n", []credential.Alignment{word("welding")}},
		"job": {
			`{"@context":"https://schema.org","@type":"JobPosting","title":"Welder","skills":["MIG welding; TIG welding",
			{"@type":"DefinedTerm","name":"weld","termCode":"` + g1 + `","inDefinedTermSet":{"@type":"DefinedTermSet","name":"ESCO"}},
			{"@type":"DefinedTerm","@id":"https://skills.example/a","name":"a","termCode":"A"},
			{"@type":"DefinedTerm","termCode":"W.1","inDefinedTermSet":"https://fw.example/x"},
			{"@type":"DefinedTerm","termCode":"W.2"}],
			"occupationalCategory":"51-4121.00 Welders",
			"qualifications":{"@type":"EducationalOccupationalCredential","competencyRequired":"first aid",
			"educationalAlignment":{"@type":"AlignmentObject","targetName":"b","targetUrl":"https://skills.example/b","educationalFramework":"F"}},
			"relevantOccupation":{"@type":"Occupation",
			"occupationalCategory":{"@type":"CategoryCode","codeValue":"7212","inCodeSet":{"name":"ISCO"}}}}`,
			[]credential.Alignment{
				word("MIG welding"), word("TIG welding"),
				{Framework: "ESCO", Code: g1, Name: "weld"},
				{URL: "https://skills.example/a", Name: "a"},
				code("https://fw.example/x", "W.1"), word("W.2"),
				word("first aid"),
				{URL: "https://skills.example/b", Name: "b", Framework: "F"},
				{Framework: "O*NET", Code: "51-4121.00", Name: "Welders"},
				code("ISCO", "7212"),
			},
		},
		"job in a graph": {
			`{"@graph":[{"@type":"Organization"},{"@type":["schema:JobPosting"],"schema:skills":{"@value":"welding"},` +
				`"https://schema.org/qualifications":{"@id":"https://skills.example/c"}}]}`,
			[]credential.Alignment{word("welding"), link("https://skills.example/c")},
		},
	} {
		got, err := ReadWanted([]byte(test.file))
		if diff := cmp.Diff(test.want, got); diff != "" || err != nil {
			t.Errorf("%s: %v\n%s", name, err, diff)
		}
	}
}

func TestWantedRefused(t *testing.T) {
	for file, want := range map[string]string{
		"":                              "names no skill",
		" \n# x\n":                      "names no skill",
		"\xff\xfew\x00":                 "UTF-16",
		"w\xe4lding":                    "not UTF-8",
		g1:                              "framework is not named",
		"welding\n" + g1:                "line 2",
		"weld\nESCO," + g1:              "line 2: several things stand in one line",
		"weld https://skills.example/a": "line 1: several things",
		"https://skills.example/":       "not the URL of a skill",
		"code,name\nW.1,Write\n":        "line 2: of the code \"W.1\" the framework is not named",
		"framework,code,url\nESCO," + g2 + ",http://data.europa.eu/esco/skill/" + g1: "two skills",
		"name,code\n\"a,b\n":                                           "line 2: a quotation mark",
		`{"@type":"Person","skills":"welding"}`:                        "no JobPosting",
		`{"@type":"JobPosting","@type":"JobPosting"}`:                  "cannot be read",
		`{"@type":"JobPosting"`:                                        "cannot be read",
		`[[[[[[[[[[[[[[[[[[[{"@type":"JobPosting"}]]]]]]]]]]]]]]]]]]]`: "no JobPosting",
		`{"@type":"JobPosting","title":"Welder"}`:                      "names no skill",
		strings.Repeat("x", MaxWantFile+1):                             "longer than",
		strings.Repeat("[", MaxWantFile):                               "cannot be read",
	} {
		if got, err := ReadWanted([]byte(file)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40q: %v, %v, want %q", file, got, err, want)
		}
	}
	var many strings.Builder
	for i := range maxWanted + 1 {
		many.WriteString(strings.Repeat("x", i%90+1) + strings.Repeat("y", i/90) + "\n")
	}
	if _, err := ReadWanted([]byte(many.String())); err == nil || !strings.Contains(err.Error(), "more than 10000") {
		t.Errorf("too many: %v", err)
	}
}

// FuzzReadWanted: of whatever file, each skill that is wanted can be shown: a code or a URL by
// itself, and else words.
func FuzzReadWanted(f *testing.F) {
	f.Add([]byte("MIG welding\nhttp://data.europa.eu/esco/skill/" + g1 + "\n15-1252.00\n"))
	f.Add([]byte("framework;code;url;name\nESCO;" + g1 + ";;weld\n"))
	f.Add(
		[]byte(
			`{"@type":"JobPosting","skills":["a,b",{"termCode":"1","inDefinedTermSet":{"name":"F"}}],"occupationalCategory":"15-1252.00 x"}`,
		),
	)
	f.Add([]byte("skill\n\"a\nb\"\n"))
	f.Fuzz(func(t *testing.T, file []byte) {
		all, err := ReadWanted(file)
		if err == nil && len(all) == 0 {
			t.Error("nothing, and no error")
		}
		for _, a := range all {
			switch {
			case a.Code != "" || a.URL != "":
				if !shows(a, a) {
					t.Errorf("%+v does not show itself", a)
				}
			case a.Name == "":
				t.Error("an empty skill")
			}
		}
	})
}
