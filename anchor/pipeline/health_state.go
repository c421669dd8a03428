package pipeline

import (
	"errors"
	"fmt"
	"math/big"
	"sync"
	"time"

	"github.com/hallmark-node/hallmark/anchor/chain"
	"github.com/hallmark-node/hallmark/anchor/role"
	"github.com/hallmark-node/hallmark/anchor/store"
)

// writerHealth is what a writer saw last, for readers. It is the part of a
// writer that other goroutines read.
type writerHealth struct {
	mu          sync.Mutex
	head, final chain.Block
	headSeen    time.Time // when head was first seen
	clock       clockSkew
	err         error  // of reading the chain
	stuck       string // what holds up operations
	ceiling     string // the limit at which sending waits
	balance     *big.Int
	anchorCost  *big.Int
	baseFee     *big.Int
	spent       *big.Int
	spentRelays *big.Int
	relays      int    // statements that wait for their first transaction
	relaysHeld  string // why they do
	open        []store.Operation
	evidence    time.Time
	lastFinal   time.Time
	record      store.Chain

	// Whether another batch can be sent: for the sealer.
	hold     error // why not
	inFlight int
	expected int // batches sealed since inFlight was counted
}

// errNotYet holds up sealing until the chain was looked at.
var errNotYet = errors.New("the chain has not been looked at yet")

func (h *writerHealth) set(change func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	change()
}

func (h *writerHealth) setError(err error)            { h.set(func() { h.err = err }) }
func (h *writerHealth) setStuck(err error)            { h.set(func() { h.stuck = text(err) }) }
func (h *writerHealth) setBalance(wei *big.Int)       { h.set(func() { h.balance = wei }) }
func (h *writerHealth) setAnchorCost(wei *big.Int)    { h.set(func() { h.anchorCost = wei }) }
func (h *writerHealth) setBaseFee(wei *big.Int)       { h.set(func() { h.baseFee = wei }) }
func (h *writerHealth) setSpent(wei *big.Int)         { h.set(func() { h.spent = wei }) }
func (h *writerHealth) setSpentOnRelays(wei *big.Int) { h.set(func() { h.spentRelays = wei }) }
func (h *writerHealth) setRelays(waiting int, held error) {
	h.set(func() { h.relays, h.relaysHeld = waiting, text(held) })
}

// time returns the timestamp of the newest block that was seen, zero if none was.
func (h *writerHealth) time() uint64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.head.Time
}

func (h *writerHealth) setRecord(r store.Chain)     { h.set(func() { h.record = r }) }
func (h *writerHealth) setEvidence(t time.Time)     { h.set(func() { h.evidence, h.lastFinal = t, t }) }
func (h *writerHealth) expect()                     { h.set(func() { h.expected++ }) }
func (h *writerHealth) expectNone()                 { h.set(func() { h.expected = 0 }) }
func (h *writerHealth) setReady(err error, now int) { h.set(func() { h.hold, h.inFlight = err, now }) }

func (h *writerHealth) setBlocks(head, final chain.Block, now time.Time) {
	h.set(func() {
		if head.Hash != h.head.Hash {
			h.clock.saw(head.Time, now, h.head == chain.Block{})
			h.headSeen = now
		}
		h.head, h.final = head, final
	})
}

func (h *writerHealth) setOperations(open []*store.Operation) {
	h.set(func() {
		h.open = h.open[:0]
		for _, o := range open {
			if !o.Closed {
				h.open = append(h.open, *o)
			}
		}
	})
}

// setCeiling finds the operator's limit among what holds up sending.
func (h *writerHealth) setCeiling(errs ...error) {
	h.set(func() {
		h.ceiling = ""
		for _, err := range errs {
			var c *ceilingError
			if errors.As(err, &c) {
				h.ceiling = c.reason
			}
		}
	})
}

// newest returns the newest block, or why the newest look at the chain failed.
func (h *writerHealth) newest() (chain.Block, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.head, h.err
}

// canTake returns why another batch could not be sent now, nil if it could.
func (h *writerHealth) canTake(most int) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case h.err != nil:
		return h.err
	case h.hold != nil:
		return h.hold
	case h.inFlight+h.expected >= most:
		return fmt.Errorf("%w: %d of at most %d batches are in no block yet (max-in-flight)", role.ErrInFlight, h.inFlight+h.expected, most)
	}
	return nil
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
