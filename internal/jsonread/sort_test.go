package jsonread

import (
	"fmt"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
)

// formatted returns a text as the library formats it for RFC 8785, without and with its order.
func formatted(text string) (plain, sorted jsontext.Value, err error) {
	plain, sorted = jsontext.Value(text), jsontext.Value(text)
	if err := plain.Format(jsontext.CanonicalizeRawInts(true), jsontext.CanonicalizeRawFloats(true)); err != nil {
		return nil, nil, err
	}
	return plain, sorted, sorted.Canonicalize()
}

func TestSort(t *testing.T) {
	var many strings.Builder
	for i := range 5000 {
		fmt.Fprintf(&many, `"m%d":{"b":[{"z":%d,"a":"\""}],"a":null},`, i*7919%5000, i)
	}
	for _, text := range []string{
		`{}`, `[]`, `1`, `"a"`, `null`,
		`{"b":1,"a":[{"d":{},"c":[]},true,"}\\"],"":false}`,
		`{"a":1,"b":{"a":1,"b":2}}`,
		`{"aa":1,"a":2,"a\"":3,"a\\":4,"a ":5,"A":6}`,
		`{"\u20ac":1,"\r":2,"\ufb33":3,"1":4,"\ud83d\ude00":5,"\u0080":6,"\u00f6":7}`, // of RFC 8785
		`{"\ud83d\ude01":1,"\ud83d\ude00":2,"\uffff":3,"\ue000":4,"\ud7ff":5,"\ud83c\udfff":6}`,
		`{"\u001f":1,"\u0000":2,"\b":3,"\t":4,"\n":5,"\f":6,"\r":7,"\u000b":8,"\u007f":9,"\"":10,"\\":11,"/":12}`,
		`{"b\nz":1,"b\na":2,"b\n":3,"b":4}`,
		`{` + many.String() + `"z":1e3}`,
	} {
		got, want, err := formatted(text)
		if err != nil {
			t.Fatal(err)
		}
		if Sort(got); string(got) != string(want) {
			t.Errorf("%.200s\nis  %.200s\nnot %.200s", text, got, want)
		}
	}
}

// The order is that of the library.
func FuzzSort(f *testing.F) {
	f.Add(`{"b":1,"a":[{"d":{},"c":[]},true,"}\\"],"":false}`)
	f.Add(`{"\u20ac":1,"\r":2,"\ufb33":3,"1":4,"\ud83d\ude00":5,"\u0080":6,"\u00f6":7,"b\nz":1,"b\na":2,"b\u001f":3}`)
	f.Fuzz(func(t *testing.T, text string) {
		got, want, err := formatted(text)
		if err != nil {
			return
		}
		if Sort(got); string(got) != string(want) {
			t.Errorf("%q is %q, not %q", text, got, want)
		}
	})
}
