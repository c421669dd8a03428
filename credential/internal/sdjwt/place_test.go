package sdjwt

import (
	"bytes"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
)

func disclose(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }

func digestOf(encoded string) string {
	sum := sha256.Sum256([]byte(encoded))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// The disclosures of the tests, and the digest of each.
var (
	given  = disclose(`["s1","given_name","Ida"]`)
	place  = disclose(`["s2","place",{"street":"Quay 1","_sd":["` + digestOf(town) + `"]}]`)
	town   = disclose(`["s3","town","Harbour"]`)
	nation = disclose(`["s4","NL"]`)
	list   = disclose(`["s5",[{"...":"` + digestOf(nation) + `"}]]`)
)

func TestPlace(t *testing.T) {
	sd := func(disclosures ...string) string {
		var digests []string
		for _, d := range disclosures {
			digests = append(digests, fmt.Sprintf("%q", digestOf(d)))
		}
		return `"_sd":[` + strings.Join(digests, ",") + `]`
	}
	element := func(d string) string { return `{"...":"` + digestOf(d) + `"}` }
	long := sha512.Sum512([]byte(given))
	for name, tt := range map[string]struct {
		payload     string
		disclosures []string
		want        string
		names       []string
		err         error
	}{
		"nothing":       {`{"a": [1, {}]}`, nil, `{"a":[1,{}]}`, nil, nil},
		"a member":      {`{"a":1,` + sd(given) + `}`, []string{given}, `{"a":1,"given_name":"Ida"}`, []string{"given_name"}, nil},
		"first of all":  {`{` + sd(given) + `,"a":1}`, []string{given}, `{"given_name":"Ida","a":1}`, []string{"given_name"}, nil},
		"not disclosed": {`{` + sd(given, town) + `}`, []string{town}, `{"town":"Harbour",` + sd(given) + `}`, []string{"town"}, nil},
		"a member in a member": {
			`{` + sd(place) + `}`,
			[]string{place, town},
			`{"place":{"street":"Quay 1","town":"Harbour"}}`,
			[]string{"place"},
			nil,
		},
		"deeper, not of itself": {`{"x":{` + sd(given) + `}}`, []string{given}, `{"x":{"given_name":"Ida"}}`, nil, nil},
		"an element":            {`{"n":["DE",` + element(nation) + `]}`, []string{nation}, `{"n":["DE","NL"]}`, nil, nil},
		"an element in one":     {`{"n":[` + element(list) + `]}`, []string{nation, list}, `{"n":[["NL"]]}`, nil, nil},
		"an element hidden":     {`{"n":[` + element(nation) + `]}`, nil, `{"n":[` + element(nation) + `]}`, nil, nil},
		"a decoy": {
			`{"_sd":["decoy",` + strings.TrimPrefix(sd(given), `"_sd":[`) + `}`,
			[]string{given},
			`{"given_name":"Ida","_sd":["decoy"]}`,
			[]string{"given_name"},
			nil,
		},
		"another hash": {
			`{"_sd_alg":"sha-512","_sd":["` + base64.RawURLEncoding.EncodeToString(long[:]) + `"]}`,
			[]string{given},
			`{"_sd_alg":"sha-512","given_name":"Ida"}`,
			[]string{"given_name"},
			nil,
		},

		"unbound":               {`{"_sd":["x"]}`, []string{given}, "", nil, errLoose},
		"bound to a hidden one": {`{` + sd(place) + `}`, []string{town}, "", nil, errLoose},
		"twice":                 {`{` + sd(given) + `}`, []string{given, given}, "", nil, errTwice},
		"digest twice":          {`{` + sd(given) + `,"x":{` + sd(given) + `}}`, []string{given}, "", nil, errDigests},
		"hidden digest twice":   {`{"_sd":["x","x"]}`, nil, "", nil, errDigests},
		"element as a member":   {`{` + sd(nation) + `}`, []string{nation}, "", nil, errSort},
		"member as an element":  {`{"n":[` + element(given) + `]}`, []string{given}, "", nil, errSort},
		"element, no array":     {`{"n":` + element(nation) + `}`, []string{nation}, "", nil, errSort},
		"beside a digest":       {`{"n":[{"a":1,"...":"` + digestOf(nation) + `"}]}`, []string{nation}, "", nil, errDigests},
		"behind a digest":       {`{"n":[{"...":"` + digestOf(nation) + `","a":1}]}`, []string{nation}, "", nil, errDigests},
		"no digests":            {`{"_sd":"x"}`, nil, "", nil, errDigests},
		"a number for one":      {`{"_sd":[1]}`, nil, "", nil, errDigests},
		"unknown hash":          {`{"_sd_alg":"md5"}`, nil, "", nil, errHash},
		"name of a digest":      {`{}`, []string{disclose(`["s","_sd",[]]`)}, "", nil, errBroken},
		"name of an element":    {`{}`, []string{disclose(`["s","...","x"]`)}, "", nil, errBroken},
		"one element":           {`{}`, []string{disclose(`["s"]`)}, "", nil, errBroken},
		"four elements":         {`{}`, []string{disclose(`["s","a",1,2]`)}, "", nil, errBroken},
		"a salt that is none":   {`{}`, []string{disclose(`[1,"a",1]`)}, "", nil, errBroken},
		"a name that is none":   {`{}`, []string{disclose(`["s",1,1]`)}, "", nil, errBroken},
		"a member twice in it":  {`{}`, []string{disclose(`["s","a",{"b":1,"b":2}]`)}, "", nil, errBroken},
		"bits left over":        {`{}`, []string{given[:len(given)-1] + "1"}, "", nil, errBroken},
		"no base64url":          {`{}`, []string{"%"}, "", nil, errBroken},
		"line ends":             {`{}`, []string{given[:4] + "\n" + given[4:]}, "", nil, errBroken},
		"no object":             {`[]`, nil, "", nil, errPayload},
		"a member of it twice":  {`{"a":1,"a":2}`, nil, "", nil, errPayload},
		"too many":              {`{}`, slices.Repeat([]string{given}, Max+1), "", nil, errMany},
	} {
		t.Run(name, func(t *testing.T) {
			got, names, err := Place([]byte(tt.payload), tt.disclosures)
			if !errors.Is(err, tt.err) || string(got) != tt.want || !slices.Equal(names, tt.names) {
				t.Errorf("%s %q %v\nwant %s %q %v", got, names, err, tt.want, tt.names, tt.err)
			}
		})
	}
}

// Disclosures within disclosures take no more depth than JSON has.
func TestPlaceDepth(t *testing.T) {
	nested := disclose(`["s","x",` + strings.Repeat("[", 6000) + strings.Repeat("]", 6000) + `]`)
	outer := disclose(`["s","y",` + strings.Repeat("[", 6000) + `{"_sd":["` + digestOf(nested) + `"]}` + strings.Repeat("]", 6000) + `]`)
	if _, _, err := Place([]byte(`{"_sd":["`+digestOf(outer)+`"]}`), []string{nested, outer}); !errors.Is(err, errDeep) {
		t.Errorf("%v", err)
	}
}

func FuzzPlace(f *testing.F) {
	f.Add(`{"_sd":["`+digestOf(place)+`"],"n":[{"...":"`+digestOf(nation)+`"}]}`, strings.Join([]string{place, town, nation}, "~"))
	f.Add(`{"_sd_alg":"sha-384"}`, "")
	f.Fuzz(func(t *testing.T, payload, disclosures string) {
		var parts []string
		if disclosures != "" {
			parts = strings.Split(disclosures, "~")
		}
		placed, _, err := Place([]byte(payload), parts)
		if err != nil || !jsontext.Value(payload).IsValid() {
			return
		}
		// What is disclosed may have the name of another member, and that alone.
		d := jsontext.NewDecoder(bytes.NewBuffer(placed), jsontext.AllowDuplicateNames(true))
		if err := d.SkipValue(); err != nil {
			t.Fatalf("%s: %v", placed, err)
		}
	})
}
