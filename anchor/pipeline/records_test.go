package pipeline

import (
	"math/big"
	"testing"
	"time"

	"github.com/hallmark-node/hallmark/anchor/store"
)

// For how long the balance lasts, told from what was spent lately.
func TestDaysLeft(t *testing.T) {
	now := time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)
	day := func(ago int, wei int64) store.DaySpent {
		return store.DaySpent{Day: now.Truncate(24*time.Hour).AddDate(0, 0, -ago), Wei: big.NewInt(wei)}
	}
	for name, c := range map[string]struct {
		balance string
		spent   []store.DaySpent
		want    float64 // negative: not known
	}{
		"nothing spent":            {"1000", nil, -1},
		"balance not known":        {"", []store.DaySpent{day(0, 10)}, -1},
		"only long ago":            {"1000", []store.DaySpent{day(40, 10)}, -1},
		"today alone":              {"1000", []store.DaySpent{day(0, 10)}, 100}, // half a day counts as one
		"since yesterday":          {"1000", []store.DaySpent{day(1, 15), day(0, 15)}, 50},
		"a week and more":          {"650", []store.DaySpent{day(100, 1e9), day(6, 65)}, 65}, // six days and a half
		"a quiet week after a use": {"130", []store.DaySpent{day(50, 5), day(0, 13)}, 65},
		"nothing left":             {"0", []store.DaySpent{day(0, 13)}, 0},
	} {
		got := daysLeft(c.balance, c.spent, now)
		switch {
		case c.want < 0 && got != nil:
			t.Errorf("%s: %v days", name, *got)
		case c.want >= 0 && (got == nil || *got < c.want-1e-9 || *got > c.want+1e-9):
			t.Errorf("%s: %v, want %v days", name, got, c.want)
		}
	}
}
