package skills

import (
	"slices"
	"testing"

	"github.com/hallmark-node/hallmark/credential"
)

func TestCollect(t *testing.T) {
	const esco = "http://data.europa.eu/esco/skill/11111111-2222-3333-4444-555555555555"
	got := Collect([]*credential.Description{
		{
			Alignments: []credential.Alignment{
				{URL: esco}, {Name: "Read drawings"}, {Name: "Seams", Framework: "Weld", Code: "A1"}, {URL: esco}, {},
			},
			Tags: []string{"Welding", "read  DRAWINGS", "..."},
		},
		{},
		{
			Alignments: []credential.Alignment{
				{Name: "TIG welding", URL: "https" + esco[len("http"):]},
				{Name: "Seams", Framework: "Weld", Code: "A2"},
				{Name: "Seams", Framework: "Other", Code: "A1"},
			},
			Tags: []string{"welding", "C++", "C"},
		},
	})
	want := []struct {
		name string
		id   bool
		in   []int
	}{
		{"TIG welding", true, []int{0, 2}}, // a URL takes the name of the next that states it
		{"Seams", true, []int{0}},
		{"Seams", true, []int{2}}, // the same words under another code are another skill
		{"Seams", true, []int{2}},
		{"Read drawings", false, []int{0}},
		{"Welding", false, []int{0, 2}},
		{"C++", false, []int{2}},
		{"C", false, []int{2}},
	}
	if len(got) != len(want) {
		t.Fatalf("%d skills, want %d: %+v", len(got), len(want), got)
	}
	for i, w := range want {
		if g := got[i]; g.Name != w.name || (g.ID != "") != w.id || !slices.Equal(g.In, w.in) {
			t.Errorf("skill %d is %+v, want %+v", i, g, w)
		}
	}
}
