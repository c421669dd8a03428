package live_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/hallmark-node/hallmark/verifier/live"
)

// servers starts some, of which nil ones are out of reach.
func servers(t *testing.T, handlers ...http.HandlerFunc) (urls []string) {
	t.Helper()
	for _, h := range handlers {
		s := httptest.NewServer(h)
		if h == nil {
			s.Close()
		} else {
			t.Cleanup(s.Close)
		}
		urls = append(urls, s.URL)
	}
	return urls
}

// Why a block is not final can be told apart.
func TestCheckKinds(t *testing.T) {
	honest, early, other := chain(genesis, block, 200), chain(genesis, block, 99), chain(genesis, fork, 200)
	kinds := map[string]error{"other": live.ErrOther, "split": live.ErrSplit, "not yet": live.ErrNotYet}
	for name, tt := range map[string]struct {
		servers []http.HandlerFunc
		quorum  int
		kinds   string
	}{
		"not yet":                      {[]http.HandlerFunc{early}, 1, "not yet"},
		"not yet for one":              {[]http.HandlerFunc{honest, early}, 2, "not yet"},
		"not yet for one, one is down": {[]http.HandlerFunc{nil, early}, 2, ""},
		"down":                         {[]http.HandlerFunc{nil}, 1, ""},
		"another chain":                {[]http.HandlerFunc{chain(fork, block, 200)}, 1, ""},
		"all name another":             {[]http.HandlerFunc{other, other, nil, early}, 1, "other"},
		"one names another":            {[]http.HandlerFunc{honest, other}, 1, "other split"},
		"each names another":           {[]http.HandlerFunc{chain(genesis, genesis, 200), other}, 1, "other split"},
	} {
		c, err := live.New(context.Background(), servers(t, tt.servers...), tt.quorum)
		if err != nil {
			t.Fatal(err)
		}
		_, err = c.Check(header)
		if err == nil {
			t.Errorf("%s: it is final", name)
		}
		for kind, is := range kinds {
			if errors.Is(err, is) != strings.Contains(tt.kinds, kind) {
				t.Errorf("%s: %v is %s: %v", name, err, kind, errors.Is(err, is))
			}
		}
	}
}

func TestNewest(t *testing.T) {
	at := func(final int) http.HandlerFunc { return chain(genesis, block, final) }
	for name, tt := range map[string]struct {
		servers []http.HandlerFunc
		quorum  int
		want    uint64
		err     string
	}{
		"one":                  {[]http.HandlerFunc{at(200)}, 1, 200, ""},
		"the lower of two":     {[]http.HandlerFunc{at(200), at(190)}, 2, 190, ""},
		"the higher of two":    {[]http.HandlerFunc{at(190), at(200)}, 1, 200, ""},
		"the second of three":  {[]http.HandlerFunc{at(190), at(300), at(200)}, 2, 200, ""},
		"one is down":          {[]http.HandlerFunc{at(190), nil, at(200)}, 2, 190, ""},
		"too many are down":    {[]http.HandlerFunc{at(190), nil, nil}, 2, 0, "1 of 3 RPC servers answer, 2 are needed"},
		"nonsense":             {[]http.HandlerFunc{says(200, "<html>")}, 1, 0, "nonsense"},
		"a block without hash": {[]http.HandlerFunc{says(200, `{"result":{"number":"0x1"}}`)}, 1, 0, "nonsense"},
		"without number":       {[]http.HandlerFunc{says(200, `{"result":{"number":"one"}}`)}, 1, 0, "nonsense"},
		"nothing is final":     {[]http.HandlerFunc{says(200, `{"result":null}`)}, 1, 0, "does not know block finalized"},
	} {
		c, err := live.New(context.Background(), servers(t, tt.servers...), tt.quorum)
		if err != nil {
			t.Fatal(err)
		}
		number, _, err := c.Newest(t.Context())
		if number != tt.want || (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
			t.Errorf("%s: %d, %v", name, number, err)
		}
	}
	c, err := live.New(context.Background(), servers(t, at(200)), 1)
	if err != nil {
		t.Fatal(err)
	}
	if hash, err := c.Hash(t.Context(), 100); hash != block || err != nil {
		t.Errorf("block 100 is %s, %v", hash, err)
	}
}
