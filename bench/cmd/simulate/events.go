package main

import (
	"container/heap"
	"math"
	"math/rand/v2"
	"slices"
)

// scenario is how a day goes.
type scenario struct {
	name    string
	network network
	rate    float64 // submissions in a second
	kills   float64 // of the process that leads, or of the database, in an hour
	down    float64 // for how many seconds each time; 0: until another process has the lease
	levels  int     // nodes that a submission goes through until one writes onto the chain
}

// Each submission is acknowledged at once, sealed with others into a batch, and final with it.
// latencies are of all of a day, in seconds after the acknowledgement, sorted.
type latencies struct{ sealed, mined, final []float64 }

// event is something that happens at a time.
type event struct {
	at float64
	do func(now float64)
}

// events are a [heap.Interface], the next one first.
type events []event

func (e events) Len() int           { return len(e) }
func (e events) Less(i, j int) bool { return e[i].at < e[j].at }
func (e events) Swap(i, j int)      { e[i], e[j] = e[j], e[i] }
func (e *events) Push(x any)        { *e = append(*e, x.(event)) }
func (e *events) Pop() any {
	last := (*e)[len(*e)-1]
	*e = (*e)[:len(*e)-1]
	return last
}

// submission is when one was acknowledged, and when it was at the node that writes.
type submission struct{ acknowledged, arrived float64 }

// day is a simulation: submissions come at random, batches are sealed by age and number, a
// transaction is in the next block or in a later one, blocks become final with their epoch, and the
// leader is killed now and then, so that nothing is sealed or sent until another has its lease.
type day struct {
	assumptions
	scenario
	rng     *rand.Rand
	queue   events
	leading bool
	waiting []submission // that no batch has
	latencies
}

const dayLength = 24 * 3600

// simulate plays a day. The same scenario gives the same result.
func simulate(a assumptions, s scenario) latencies {
	d := &day{assumptions: a, scenario: s, rng: rand.New(rand.NewPCG(1, 2)), leading: true}
	d.at(d.next(s.rate), d.submitted)
	if s.kills > 0 {
		d.at(d.next(s.kills/3600), d.killed)
	}
	for len(d.queue) > 0 {
		e := heap.Pop(&d.queue).(event)
		e.do(e.at)
	}
	for _, list := range [][]float64{d.sealed, d.mined, d.final} {
		slices.Sort(list)
	}
	return d.latencies
}

func (d *day) at(t float64, do func(float64)) { heap.Push(&d.queue, event{t, do}) }

// next is how long something takes to happen that happens so often in a second.
func (d *day) next(rate float64) float64 { return d.rng.ExpFloat64() / rate }

func (d *day) submitted(now float64) {
	// Through other nodes first: each seals by age.
	arrives := now
	for range d.levels - 1 {
		arrives += d.rng.Float64() * d.BatchAge.seconds()
	}
	d.at(arrives, func(t float64) {
		d.waiting = append(d.waiting, submission{now, t})
		d.seal(t)
	})
	if t := now + d.next(d.rate); t < dayLength {
		d.at(t, d.submitted)
	}
}

// seal makes a batch of what waits, once that is old or much enough; without a leader it waits on.
func (d *day) seal(now float64) {
	if !d.leading || len(d.waiting) == 0 {
		return
	}
	due := d.waiting[0].arrived + d.BatchAge.seconds()
	if len(d.waiting) < d.BatchCount && now < due {
		if len(d.waiting) == 1 {
			d.at(due, d.seal)
		}
		return
	}
	for _, s := range d.waiting {
		d.sealed = append(d.sealed, now-s.acknowledged)
	}
	batch := d.waiting
	d.waiting = nil
	d.send(now, batch)
}

// send broadcasts a batch. A transaction that is in the network needs no leader any more.
func (d *day) send(now float64, batch []submission) {
	block := d.network.Block.seconds()
	mined := math.Ceil(now/block) * block
	for d.rng.Float64() > d.Inclusion {
		mined += block
	}
	final := d.finalAt(mined)
	// Each node asks for new blocks every so often.
	final += d.rng.Float64() * d.Poll.seconds()
	for _, s := range batch {
		d.mined, d.final = append(d.mined, mined-s.acknowledged), append(d.final, final-s.acknowledged)
	}
}

// finalAt is when a block is final: at the end of the second epoch after its own. A rollup's block is
// final with the block of Ethereum in which it is posted.
func (d *day) finalAt(mined float64) float64 {
	epoch := float64(d.network.Epoch) * d.network.Block.seconds()
	if d.network.Posted > 0 {
		every := d.network.Posted.seconds()
		mined = math.Ceil(mined/every) * every
		ethereum := d.Networks[0]
		epoch = float64(ethereum.Epoch) * ethereum.Block.seconds()
	}
	return (math.Floor(mined/epoch) + 3) * epoch
}

// killed ends the leader. Its lease was renewed up to a third of its time ago, and who waits asks for
// it every so often.
func (d *day) killed(now float64) {
	if d.leading {
		d.leading = false
		down := d.Lease.seconds()*(1-d.rng.Float64()/3) + d.rng.Float64()*d.AskedForLease.seconds()
		if d.down > 0 {
			down = d.down
		}
		d.at(now+down, func(t float64) {
			d.leading = true
			d.seal(t)
			if len(d.waiting) > 0 {
				d.at(d.waiting[0].arrived+d.BatchAge.seconds(), d.seal)
			}
		})
	}
	if t := now + d.next(d.kills/3600); t < dayLength {
		d.at(t, d.killed)
	}
}

// quantile is the value that so many of sorted ones are not above.
func quantile(sorted []float64, q float64) float64 { return sorted[int(q*float64(len(sorted)-1))] }
