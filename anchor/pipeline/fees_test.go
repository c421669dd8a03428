package pipeline

import (
	"errors"
	"math/big"
	"testing"

	"github.com/hallmark-node/hallmark/anchor/chain"
	"github.com/hallmark-node/hallmark/anchor/store"
)

// go-ethereum takes a replacement at old*110/100 rounded down, if it is more at all.
func TestRaised(t *testing.T) {
	for old, want := range map[int64]int64{0: 1, 1: 2, 9: 10, 10: 11, 11: 13, 99: 109, 100: 110, 1_000_000_007: 1_100_000_008} {
		if got := raised(big.NewInt(old)).Int64(); got != want {
			t.Errorf("%d is raised to %d, want %d", old, got, want)
		}
	}
}

func TestWithin(t *testing.T) {
	fees := func(tip, feeCap int64) chain.Fees { return chain.Fees{Tip: big.NewInt(tip), Cap: big.NewInt(feeCap)} }
	for name, c := range map[string]struct {
		market, least chain.Fees
		limit         int64 // 0: none
		want          chain.Fees
		waits         bool
	}{
		"no limit":                     {fees(2, 22), fees(0, 12), 0, fees(2, 22), false},
		"below the limit":              {fees(2, 22), fees(0, 12), 22, fees(2, 22), false},
		"the limit takes the reserve":  {fees(2, 22), fees(0, 12), 15, fees(2, 15), false},
		"just what is needed":          {fees(2, 22), fees(0, 12), 12, fees(2, 12), false},
		"above the limit":              {fees(2, 22), fees(0, 12), 11, fees(0, 0), true},
		"replacement, market is lower": {fees(2, 22), fees(4, 44), 0, fees(4, 44), false},
		"replacement, higher tip only": {fees(2, 22), fees(4, 20), 0, fees(4, 22), false},
		"replacement at the limit":     {fees(2, 90), fees(4, 44), 50, fees(4, 50), false},
		"replacement above the limit":  {fees(2, 22), fees(4, 51), 50, fees(0, 0), true},
		"a tip above the limit":        {fees(80, 90), fees(4, 44), 50, fees(50, 50), false},
	} {
		var limit *big.Int
		if c.limit > 0 {
			limit = big.NewInt(c.limit)
		}
		got, err := within(c.market, c.least, limit)
		var waits *ceilingError
		if errors.As(err, &waits) != c.waits {
			t.Errorf("%s: %v", name, err)
		}
		if !c.waits && (got.Tip.Cmp(c.want.Tip) != 0 || got.Cap.Cmp(c.want.Cap) != 0) {
			t.Errorf("%s: tip %s, cap %s; want %s, %s", name, got.Tip, got.Cap, c.want.Tip, c.want.Cap)
		}
	}
}

func TestExtraCost(t *testing.T) {
	attempt := func(nonce uint64, feeCap int64, raw ...byte) store.Attempt {
		return store.Attempt{Nonce: nonce, FeeCap: big.NewInt(feeCap).Bytes(), Gas: 10, Raw: raw}
	}
	for name, c := range map[string]struct {
		attempts []store.Attempt
		want     int64
	}{
		"first":              {[]store.Attempt{attempt(5, 7)}, 70},
		"replacement":        {[]store.Attempt{attempt(5, 7, 1), attempt(5, 9)}, 20},
		"after two":          {[]store.Attempt{attempt(5, 7, 1), attempt(5, 9, 1), attempt(5, 10)}, 10},
		"another nonce":      {[]store.Attempt{attempt(5, 7, 1), attempt(6, 9)}, 90},
		"one never signed":   {[]store.Attempt{attempt(5, 7), attempt(5, 9)}, 90},
		"cheaper than those": {[]store.Attempt{attempt(5, 7, 1), attempt(5, 6)}, 0},
	} {
		o := store.Operation{Attempts: c.attempts}
		if got := extraCost(&o, o.Newest()).Int64(); got != c.want {
			t.Errorf("%s: %d, want %d", name, got, c.want)
		}
	}
}
