package api

import (
	"bytes"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/hallmark-node/hallmark/anchor"
	"github.com/hallmark-node/hallmark/testnet/beaconsim"
	"github.com/hallmark-node/hallmark/verifier/beacon"
)

// A node hands out the hops that it has, from the period that is asked for.
func TestHops(t *testing.T) {
	sim, err := beaconsim.Start(t.Context(), beaconsim.Config{RPC: testChain.RPC, Period: 8, RootsPerSummary: 8, Poll: 20 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer sim.Close()
	e := open(t, true, func(c *anchor.Config, _ *Config) { c.Chains[0].Beacon = []string{sim.URL} })
	path := fmt.Sprintf("/v1/chains/%s/hops", e.home.Chain)
	read := func(from uint64) (periods int) {
		t.Helper()
		data, err := e.client.Hops(t.Context(), e.home.Chain, from)
		if err != nil {
			t.Fatal(err)
		}
		if err := beacon.ReadPack(bytes.NewReader(data), func(chain uint64, hop []byte) error {
			if periods++; chain != uint64(e.home.Chain) || len(hop) == 0 {
				t.Errorf("a hop of %d bytes of chain %d", len(hop), chain)
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		return periods
	}
	health := func() (first, newest uint64) {
		b := e.node.Health(t.Context()).Chains[0].Beacon
		return b.FirstPeriod, b.Period
	}
	start, mined := time.Now(), 0
	for end := start.Add(2 * time.Minute); ; time.Sleep(10 * time.Millisecond) {
		if first, newest := health(); newest >= first+3 {
			break
		}
		if time.Now().After(end) {
			t.Fatal("no committee ever changed")
		}
		// A node does not believe slots, of a second each, that are far ahead of the clock; and
		// where blocks may have one time, as on anvil, theirs does not go along.
		if mined >= 24+int(time.Since(start).Seconds()) {
			continue
		}
		mined++
		if err := testChain.Mine(t.Context(), 1); err != nil {
			t.Fatal(err)
		}
		if err := sim.Sync(t.Context()); err != nil { // so that blocks do not run ahead of their signatures
			t.Fatal(err)
		}
	}
	first, newest := health()
	if got := read(0); got < int(newest-first) {
		t.Errorf("%d hops from period %d to %d", got, first, newest)
	}
	all := read(0) // first: more may come at any time
	if got := read(first + 1); got < all-1 || got > all+2 {
		t.Errorf("%d hops from the second period on, %d in all", got, all)
	}
	if got := read(newest + 1<<20); got != 0 {
		t.Errorf("%d hops of the future", got)
	}
	for path, want := range map[string]int{
		path + "?from=x": http.StatusUnprocessableEntity, path + "?from=-1": http.StatusUnprocessableEntity,
		"/v1/chains/eip155:999/hops": http.StatusNotFound, "/v1/chains/x/hops": http.StatusUnprocessableEntity,
	} {
		if response, body := e.call(t, http.MethodGet, path, "", nil); response.StatusCode != want {
			t.Errorf("%s: %d: %s", path, response.StatusCode, body)
		}
	}
	response, _ := e.call(t, http.MethodGet, path, "", nil)
	if response.Header.Get("ETag") == "" || response.Header.Get("Content-Type") != "application/octet-stream" {
		t.Errorf("%v", response.Header)
	}
}
