package pipeline

import (
	"testing"
	"time"
)

func TestClockSkew(t *testing.T) {
	start := time.Unix(1_800_000_000, 0)
	for name, c := range map[string]struct {
		skew   time.Duration
		blocks int
		want   time.Duration
		ok     bool
	}{
		"nothing seen":         {0, 0, 0, false},
		"one old block":        {0, 1, 0, false},
		"right":                {0, 20, time.Second, true},
		"ahead by an hour":     {time.Hour, 20, time.Hour + time.Second, true},
		"behind by a minute":   {-time.Minute, 20, -59 * time.Second, true},
		"behind, at the start": {-2 * time.Hour, 1, -time.Hour, true},
		"ahead, at the start":  {time.Hour, 1, 0, false},
		"ahead, too few seen":  {time.Hour, 4, time.Hour + time.Second, false},
	} {
		var clock clockSkew
		for i := range c.blocks {
			at := start.Add(time.Duration(i) * 12 * time.Second)
			// Between one and four seconds after its time, but the first, which is an hour old.
			seen := at.Add(time.Duration(1+i%4) * time.Second)
			if i == 0 {
				seen = at.Add(time.Hour)
			}
			clock.saw(uint64(at.Unix()), seen.Add(c.skew), i == 0)
		}
		got, ok := clock.estimate()
		if ok != c.ok || ok && got != c.want {
			t.Errorf("%s: %s, %v; want %s, %v", name, got, ok, c.want, c.ok)
		}
	}
}
