package beaconapi

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/hallmark-node/hallmark/verifier/beacon"
)

// Hops that are at hand and those of beacon nodes lead on from each other.
func TestWay(t *testing.T) {
	chain, n, first := start(t)
	c := open(t, chain.Beacon)
	hops, err := c.Hops(t.Context(), n, first.Period, first.Root)
	if err != nil {
		t.Fatal(err)
	}
	last := len(hops) - 1
	forged := hops[1].Append(nil)
	forged[200] ^= 1 // in the signature
	forgetful := open(t, liar(t, chain.Beacon, func(path string, body []byte) []byte {
		if strings.HasSuffix(path, "/updates") {
			return []byte("[]")
		}
		return body
	}))
	all := make([][]byte, len(hops))
	for i, h := range hops {
		all[i] = h.Append(nil)
	}
	for name, test := range map[string]struct {
		offered [][]byte
		nodes   *Client
		oldest  time.Time
		reach   int // hops
		want    string
	}{
		"a file":                         {offered: all, reach: len(hops)},
		"a file in another order":        {offered: [][]byte{all[2], all[0], all[1]}, reach: 3},
		"nodes":                          {nodes: c, reach: len(hops)},
		"both":                           {offered: all[:2], nodes: c, reach: len(hops)},
		"a file, and nodes that forget":  {offered: all, nodes: forgetful, reach: len(hops)},
		"nothing":                        {},
		"a gap":                          {offered: [][]byte{all[0], all[2]}, reach: 1, want: "a hop from period 1 is missing"},
		"a gap that nodes fill":          {offered: [][]byte{all[0], all[2]}, nodes: c, reach: len(hops)},
		"a forged hop":                   {offered: [][]byte{all[0], forged, all[2]}, reach: 1, want: "hop from period 1"},
		"a forged hop beside a good one": {offered: [][]byte{all[0], forged, all[1]}, reach: 2},
		"a forged hop, and nodes":        {offered: [][]byte{all[0], forged}, nodes: c, reach: len(hops)},
		"old ones":                       {offered: all, oldest: n.Time(1 << 30), want: "hop from period 0 was signed on"},
		"old ones of nodes":              {nodes: c, oldest: n.Time(1 << 30), want: "hop from period 0 was signed on"},
	} {
		w := NewWay(n, test.oldest)
		for _, h := range test.offered {
			if err := w.Offer("a file", h); err != nil {
				t.Fatal(err)
			}
		}
		taken, err := w.Walk(t.Context(), first.Period, first.Root, test.nodes)
		if len(taken) != test.reach || (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %d hops of %d, %v", name, len(taken), test.reach, err)
		}
		if test.reach > last && (len(taken) <= last || taken[last].Next != hops[last].Next) {
			t.Errorf("%s: it ends elsewhere", name)
		}
	}
	w := NewWay(n, time.Time{})
	for _, bad := range [][]byte{nil, {1}, forged[:len(forged)-1], append(forged, 0)} {
		if err := w.Offer("a file", bad); err == nil {
			t.Errorf("a hop of %d bytes is taken", len(bad))
		}
	}
	// A committee that has not signed leads nowhere, be the hops as good as they are.
	for _, h := range all {
		if err := w.Offer("a file", h); err != nil {
			t.Fatal(err)
		}
	}
	if taken, err := w.Walk(t.Context(), 0, beacon.Root{1}, c); len(taken) > 0 || !errors.Is(err, ErrUnproven) {
		t.Errorf("from a committee that is not the chain's: %d hops, %v", len(taken), err)
	}
}
