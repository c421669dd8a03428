package jsonread

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
)

func TestUnique(t *testing.T) {
	var many strings.Builder
	for i := range 10_000 {
		fmt.Fprintf(&many, `"m%d":{"a":[{"b":%d}]},`, i, i)
	}
	for text, twice := range map[string]string{
		`{}`: "",
		`{"a":1,"b":{"a":1,"b":[{"a":1},{"a":2}]},"c":"a"}`: "",
		`{"a":"a","b":"a:","c":["a","a"]}`:                  "",
		`{"a\"":1,"a":"\"a\":\\","a\\":2}`:                  "",
		"{\"a\" \t\r\n:1, \"b\"\n:1}":                       "",
		`["a","a",1.0,true,null]`:                           "",
		`"a"`:                                               "",
		`{"a":1,"a":1}`:                                     "/a",
		`{"a":1,"\u0061":1}`:                                "/a",
		`{"\u00E9":1,"é":1}`:                                "/é",
		"{\"a\" :1,\"b\":{},\n\"a\"\t: 1}":                  "/a",
		`{"b":[{"c":{"":1,"x":"}","":2}}]}`:                 "/b/0/c/",
		`{` + many.String() + `"z":1}`:                      "",
		`{` + many.String() + `"m77":1}`:                    "/m77",
		`{"x":[` + strings.Repeat(`{"a":1},`, 999) + `{"a":1,"b":{},"a":1}]}`: "/x/999/a",
	} {
		err := Unique([]byte(text))
		var syntax *jsontext.SyntacticError
		switch {
		case twice == "" && err != nil:
			t.Errorf("%.80s: %v", text, err)
		case twice != "" && (!errors.Is(err, jsontext.ErrDuplicateName) || !errors.As(err, &syntax) || string(syntax.JSONPointer) != twice):
			t.Errorf("%.80s: %v, want %s", text, err, twice)
		}
	}
}

// Whatever the library refuses for a member that is there twice is refused, and nothing else.
func FuzzUnique(f *testing.F) {
	f.Add([]byte(`{"a":{"b":1,"\u0062":2},"c":["a",{}]}`))
	f.Add([]byte(`{"a":{"b":1},"c":["a",{"a":"\\\""}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		d := jsontext.NewDecoder(bytes.NewBuffer(text), MayRepeat)
		if d.SkipValue() != nil {
			return
		}
		strict := jsontext.NewDecoder(bytes.NewBuffer(text)).SkipValue()
		if got := Unique(text[:d.InputOffset()]); (got == nil) != (strict == nil) {
			t.Errorf("%q: %v, the library: %v", text, got, strict)
		}
	})
}
