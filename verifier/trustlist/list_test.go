package trustlist

import (
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func example() *List {
	l := &List{
		Name: "Community Registry", Format: FormatDCC, Dated: today.Add(-48 * time.Hour), Entries: []Entry{
			{"College", []string{"did:web:college.example", "did:key:z6Mk1"}, []string{"college.example"}},
			{"University", []string{"did:web:university.example"}, []string{"university.example"}},
			{"By domain", nil, []string{"school.example"}},
		},
	}
	l.Got("https://registry.example/registry.json", today, []byte("what"), []byte(" was read"))
	return l
}

func TestEncode(t *testing.T) {
	data, err := example().Encode()
	if err != nil {
		t.Fatal(err)
	}
	const want = `{
  "hallmarkList": 1,
  "name": "Community Registry",
  "origin": "https://registry.example/registry.json",
  "sha256": "7a44b6e4cb657ca25f134a50e83769be524433327102367b6e0eff04413f3618",
  "read": "2026-11-02T10:00:00Z",
  "dated": "2026-10-31T10:00:00Z",
  "format": "dcc",
  "entries": [
    {
      "name": "College",
      "ids": [
        "did:web:college.example",
        "did:key:z6Mk1"
      ],
      "domains": [
        "college.example"
      ]
    },
`
	if diff := cmp.Diff(want, string(data[:min(len(data), len(want))])); diff != "" {
		t.Error(diff)
	}
	again, err := Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(example(), again); diff != "" {
		t.Error(diff)
	}
	// A list of somebody else's is read as any other; where it is from is for the caller.
	r, err := Read(t.Context(), data, today)
	if err != nil || r.List.Format != FormatHallmark || len(r.List.Entries) != 3 {
		t.Errorf("%+v, %v", r, err)
	}
}

// TestParseStrict changes a list into ones that are refused.
func TestParseStrict(t *testing.T) {
	data, err := example().Encode()
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ old, new, want string }{
		"an unknown member":             {`"format"`, `"more": 1, "format"`, "unknown member"},
		"a differently-cased member":    {`"format"`, `"Format"`, "unknown member"},
		"a member twice":                {`"format"`, `"name": "x", "format"`, "there twice"},
		"an unknown member of an entry": {`"ids"`, `"url": "x", "ids"`, "unknown member"},
		"null":                          {`"Community Registry"`, `null`, "is null"},
		"null entries":                  {`"name": "By domain",`, `"name": "By domain", "ids": null,`, "is null"},
		"no version":                    {`"hallmarkList": 1,`, ``, "version 0"},
		"a newer version":               {`"hallmarkList": 1`, `"hallmarkList": 2`, "newer verifier"},
		"no name":                       {`"name": "Community Registry",`, ``, "no name"},
		"no origin":                     {`"origin": "https://registry.example/registry.json",`, ``, "where it is from"},
		"a short sum":                   {`"sha256": "`, `"sha256": "00`, "sha256"},
		"no time":                       {`"read": "2026-11-02T10:00:00Z",`, ``, "read"},
		"a time with an offset":         {`2026-11-02T10:00:00Z`, `2026-11-02T10:00:00+01:00`, "read"},
		"dated later than read":         {`2026-10-31T10:00:00Z`, `2026-12-31T10:00:00Z`, "dated later"},
		"no format":                     {`"format": "dcc",`, ``, "form"},
		"an entry without a name":       {`"name": "College",`, ``, "entry 0: it has no name"},
		"an id that is none":            {`did:web:university.example`, `university.example`, "entry 1"},
		"an id with a hidden character": {`did:web:university.example`, `did:web:univer\u200bsity.example`, "entry 1"},
		"a domain that is none":         {`"school.example"`, `"School.example"`, "entry 2"},
		"an address as a domain":        {`"school.example"`, `"10.0.0.1"`, "entry 2"},
		"a number as a name":            {`"College"`, `7`, "right kind"},
		"trailing data":                 {"]\n}\n", "]\n}\n{}", "not JSON"},
	} {
		t.Run(name, func(t *testing.T) {
			changed := strings.Replace(string(data), c.old, c.new, 1)
			if changed == string(data) {
				t.Fatal("nothing changed")
			}
			if _, err := Parse([]byte(changed)); !errors.Is(err, ErrNotList) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %q", err, c.want)
			}
		})
	}
	empty := example()
	empty.Entries = nil
	if _, err := empty.Encode(); err == nil {
		t.Error("an empty list was written")
	}
}

func TestCompare(t *testing.T) {
	now := example()
	now.Entries = []Entry{
		{"College of Examples", []string{"did:key:z6Mk1"}, nil},
		{"By domain", nil, []string{"school.example"}},
		{"New", []string{"did:web:new.example"}, nil},
	}
	want := Changes{
		Added: now.Entries[2:], Removed: example().Entries[1:2],
		Renamed: []Renamed{{"College", "College of Examples"}},
	}
	if diff := cmp.Diff(want, now.Compare(example())); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(Changes{}, example().Compare(example())); diff != "" {
		t.Error(diff)
	}
}

func TestFind(t *testing.T) {
	other := example()
	other.Name, other.Dated = "Other", time.Time{}
	other.Entries = []Entry{{"The College", []string{"did:web:college.example"}, nil}}
	x := NewIndex([]*List{example(), other})
	want := []Listed{
		{"did:web:college.example", "College", "Community Registry", "https://registry.example/registry.json", today.Add(-48 * time.Hour)},
		{"did:web:college.example", "The College", "Other", "https://registry.example/registry.json", today},
	}
	if diff := cmp.Diff(want, x.Find("did:web:college.example", "college.example")); diff != "" {
		t.Error(diff)
	}
	for _, stranger := range []string{"", "did:web:college.example:x", "sub.college.example", "COLLEGE.example", "example"} {
		if found := x.Find(stranger); found != nil {
			t.Errorf("%q: %v", stranger, found)
		}
	}
}

func FuzzParse(f *testing.F) {
	data, err := example().Encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Fuzz(func(t *testing.T, data []byte) {
		l, err := Parse(data)
		if err != nil {
			return
		}
		kept, err := l.Encode()
		if err != nil {
			t.Fatal(err)
		}
		if again, err := Parse(kept); err != nil || !cmp.Equal(l, again) {
			t.Fatalf("%v\n%s", err, kept)
		}
	})
}

// BenchmarkLoad is what the first issuer costs that is looked for in a list of some size.
func BenchmarkLoad(b *testing.B) {
	for _, n := range []int{500, MaxEntries} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			r, err := Read(b.Context(), []byte(registryOf(n)), today)
			if err != nil {
				b.Fatal(err)
			}
			r.List.Name = "Registry"
			r.List.Got("file", today)
			data, err := r.List.Encode()
			if err != nil {
				b.Fatal(err)
			}
			b.SetBytes(int64(len(data)))
			for b.Loop() {
				l, err := Parse(data)
				if err != nil || len(NewIndex([]*List{l}).Find("did:web:c7.example")) != 1 {
					b.Fatal(err)
				}
			}
		})
	}
}
