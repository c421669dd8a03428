package pipeline

import (
	"math/big"
	"time"

	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/anchor/role"
	"github.com/hallmark-node/hallmark/anchor/store"
)

// What operators see of the records, and how many of them are read for it at each new block.
const (
	recentShown = 20
	recentRead  = 200
	spentShown  = 30 // days
	spentMean   = 7  // days, of which the average says how long the balance lasts
)

// showRecords shows operators what the store says of batches on their way, of the newest
// transactions and of spending.
func (w *Writer) showRecords(open []*store.Operation, now time.Time) error {
	s := w.pipeline.store
	stages, err := w.stages(open)
	if err != nil {
		return err
	}
	var recent []client.Transaction
	err = s.NewestOperations(w.home.Chain, recentRead, func(o *store.Operation) bool {
		if o.State == publish.Mined || o.State == publish.Final || o.State == publish.Failed {
			recent = append(recent, inFlight(o))
		}
		return len(recent) < recentShown
	})
	if err != nil {
		return err
	}
	spent, err := s.SpentByDay(store.SpentInAll, w.home.Chain, w.account)
	if err != nil {
		return err
	}
	all := new(big.Int)
	var days []client.DaySpent
	for i, d := range spent {
		if all.Add(all, d.Wei); len(spent)-i <= spentShown {
			days = append(days, client.DaySpent{Day: d.Day, Amount: d.Wei.String()})
		}
	}
	w.health.show(func(c *shown) {
		c.Stages, c.Recent, c.SpentInAll, c.SpentByDay = stages, recent, all.String(), days
		c.DaysLeft = daysLeft(c.Balance, spent, now)
	})
	return nil
}

// stages counts the batches that are not final.
func (w *Writer) stages(open []*store.Operation) ([]client.Stage, error) {
	stages := []client.Stage{{State: publish.Batched}, {State: publish.Broadcast}, {State: publish.Mined}}
	for _, o := range open { // oldest first
		for i := range stages {
			stage := &stages[i]
			if !isAnchor(o) || o.Closed || o.State != stage.State {
				continue
			}
			b, err := w.pipeline.store.Batch(o.Batch)
			if err != nil {
				return nil, err
			}
			stage.Batches++
			stage.Submissions += b.Count()
			if stage.Oldest == nil {
				stage.Oldest = optional(role.Millis(b.SealedAt))
			}
		}
	}
	return stages, nil
}

// daysLeft returns for how many days a balance lasts at the average of what was committed to
// in the last days, today included; nil if nothing was, or the balance is not known. What was
// committed to is the worst case, so it lasts for longer.
func daysLeft(balance string, spent []store.DaySpent, now time.Time) *float64 {
	have, known := new(big.Float).SetString(balance)
	begin := now.UTC().Truncate(24*time.Hour).AddDate(0, 0, 1-spentMean)
	sum, since := new(big.Int), time.Time{}
	for _, d := range spent {
		if d.Day.Before(begin) {
			since = begin // it was in use before
			continue
		}
		if sum.Add(sum, d.Wei); since.IsZero() {
			since = d.Day
		}
	}
	if !known || sum.Sign() == 0 {
		return nil
	}
	elapsed := max(1, now.Sub(since).Hours()/24)
	days, _ := have.Quo(have.Mul(have, big.NewFloat(elapsed)), new(big.Float).SetInt(sum)).Float64()
	return &days
}
