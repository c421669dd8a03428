package api

import (
	"strings"
	"testing"
)

func TestHasTag(t *testing.T) {
	const tag = `"abc"`
	for header, want := range map[string]bool{
		``:                   false,
		`*`:                  true,
		` * `:                true,
		`"abc"`:              true,
		`W/"abc"`:            true,
		`w/"abc"`:            false, // the W is a capital one
		`"ab"`:               false,
		`"abcd"`:             false,
		`"xabc"`:             false,
		`abc`:                false,
		`"abc`:               false,
		`"x" , W/"y",,"abc"`: true,
		`"a,b", "abc"`:       true,
		`"x\"abc"`:           false, // a tag has no escapes: "x\" and then what is none
		`"abc-gzip"`:         false,
		`"x", *`:             false,
		`nonsense, "abc"`:    false,
		`,,, "abc"`:          true,
		`"*"`:                false,
		`"" , "abc"`:         true,
		`W/`:                 false,
		`"x"` + strings.Repeat(`,"y"`, 5000) + `,"abc"`: true,
	} {
		if got := hasTag([]string{header}, tag); got != want {
			t.Errorf("%.60s: %v", header, got)
		}
	}
	if hasTag(nil, tag) {
		t.Error("none given")
	}
	if !hasTag([]string{`"x"`, `W/"abc"`}, tag) {
		t.Error("in the second field line")
	}
}

func TestAcceptedBy(t *testing.T) {
	both, none, only, neither := accepted{true, true}, accepted{false, true}, accepted{true, false}, accepted{}
	for header, want := range map[string]accepted{
		``:                                   none,
		`gzip`:                               both,
		`GZip`:                               both,
		`x-gzip`:                             both,
		`gzip, deflate, br, zstd`:            both,
		`deflate, br`:                        none,
		`identity`:                           none,
		`*`:                                  both,
		`*;q=0`:                              neither,
		`gzip;q=0`:                           none,
		`gzip;q=0.0`:                         none,
		`gzip;q=0.000`:                       none,
		`gzip;q=0, *`:                        none,
		`gzip;q=0.001`:                       both,
		`gzip ; q=0.5 , identity ; q=0.4`:    both,
		`gzip;q=0.5, identity`:               none,
		`gzip;q=0.5, identity;q=0.5`:         both,
		`gzip;q=0.5, *;q=1`:                  none,
		`gzip, *;q=0`:                        only,
		`gzip;q=1.0, identity; q=0.5, *;q=0`: both,
		`identity;q=0`:                       neither,
		`identity;q=0, *`:                    only,
		`gzip;Q=0.5`:                         both,
		`gzip;q=2`:                           none,
		`gzip;q=-1`:                          none,
		`gzip;q=NaN`:                         none,
		`gzip;q=`:                            none,
		`gzip;level=9`:                       none,
		`gzipped`:                            none,
		`,, gzip ,`:                          both,
	} {
		if got := acceptedBy([]string{header}); got != want {
			t.Errorf("%q: %+v, want %+v", header, got, want)
		}
	}
	if got := acceptedBy(nil); got != none {
		t.Errorf("none given: %+v", got)
	}
	if got := acceptedBy([]string{"br", "gzip"}); got != both {
		t.Errorf("in the second field line: %+v", got)
	}
}
