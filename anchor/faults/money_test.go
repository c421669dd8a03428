package faults_test

import (
	"fmt"
	"math/big"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/testnet"
	"github.com/hallmark-node/hallmark/testnet/faultproxy"
)

// baseFee of the newest block, wei per gas.
func (w *world) baseFee() *big.Int {
	w.t.Helper()
	h, err := w.eth.HeaderByNumber(w.t.Context(), nil)
	if err != nil {
		w.t.Fatal(err)
	}
	return h.BaseFee
}

// crowd fills blocks with somebody else's transactions until the base fee is above
// a limit: what a fee spike is.
func (w *world) crowd(above *big.Int) {
	w.t.Helper()
	for rounds := 0; w.baseFee().Cmp(above) <= 0; rounds++ {
		if rounds > 300 {
			w.t.Fatalf("the base fee is %s and does not come above %s", w.baseFee(), above)
		}
		w.crowdBlock()
	}
}

// crowdBlock mines a block with little room in it.
func (w *world) crowdBlock() {
	w.t.Helper()
	busy := w.chain.Accounts[5]
	for range 3 {
		// An invalid instruction burns all gas.
		_, err := sendTransaction(w.t.Context(), w.eth, busy.PrivateKey, &types.DynamicFeeTx{
			Nonce: w.crowds, Data: []byte{0xfe}, Gas: 16_000_000, GasTipCap: big.NewInt(5e9), GasFeeCap: big.NewInt(50e9),
		})
		if err != nil {
			w.t.Fatal(err)
		}
		w.crowds++
	}
	w.mine(1)
}

// calm mines empty blocks until the base fee is below a limit.
func (w *world) calm(below *big.Int) {
	w.t.Helper()
	for rounds := 0; w.baseFee().Cmp(below) >= 0; rounds++ {
		if rounds > 300 {
			w.t.Fatalf("the base fee is %s and does not fall below %s", w.baseFee(), below)
		}
		w.mine(1)
	}
}

func times(x *big.Int, n int64) *big.Int { return new(big.Int).Mul(x, big.NewInt(n)) }

// Fees rise above what the operator pays, and fall again. Meanwhile nothing is sent
// and nothing more is sealed; what waits goes into one batch.
func TestFeeSpike(t *testing.T) {
	limit := big.NewInt(2e9)
	onBackends(t, func(t *testing.T, backend string) {
		w := newWorld(t, backend, func(w *world) { w.settings.Chains[0].MaxFee = limit })
		w.bring(publish.Final)
		rounds := 1
		if full() {
			rounds = 3
		}
		for range rounds {
			w.crowd(limit)
			w.untilSays("the limit is") // until then it seals
			before, sent := len(w.batches()), w.proxy.Calls("eth_sendRawTransaction")
			id := w.mustSubmit()
			for range 5 {
				w.mustSubmit()
				w.crowd(limit)
				time.Sleep(2 * w.settings.BatchAge)
			}
			if s := w.state(id); s != publish.Accepted {
				t.Errorf("%s while fees are too high", s)
			}
			if n := w.proxy.Calls("eth_sendRawTransaction") - sent; n != 0 {
				t.Errorf("%d transactions were sent above the limit", n)
			}
			w.calm(big.NewInt(1e9))
			w.settle()
			if n := len(w.batches()) - before; n != 1 {
				t.Errorf("%d batches of what waited while fees were too high, want 1", n)
			}
		}
		w.finish()
	})
}

// Fees rise above what a transaction offers after it was sent. It is replaced, by
// the rules of a real pool, and anchored once.
func TestStuckIsReplaced(t *testing.T) {
	if testing.Short() {
		t.Skip("starts processes")
	}
	t.Parallel()
	// anvil takes replacements that other nodes refuse: geth alone shows anything.
	w := newWorld(t, testnet.BackendGeth, func(w *world) { w.settings.Chains[0].Bump = time.Second })
	w.calm(big.NewInt(1e8))
	first := w.stick(big.NewInt(2e9))
	id := first.ID
	w.mustSubmit() // one more behind it
	w.eventually("it is replaced and mined", func() bool {
		w.crowdBlock()
		time.Sleep(50 * time.Millisecond)
		s := w.state(id)
		return s == publish.Mined || s == publish.Final
	})
	last, err := w.Client.Status(t.Context(), id)
	if err != nil || last.Transaction == nil || *last.Transaction == *first.Transaction {
		t.Errorf("the transaction is %v still, %v", last.Transaction, err)
	}
	w.settle()
	if nonces, batches := w.nonce(w.address()), len(w.batches()); nonces != uint64(batches) {
		t.Errorf("%d nonces were used for %d anchors", nonces, batches)
	}
	w.finish()
}

// stick brings a submission to the state broadcast with a transaction that lies in
// the pool and offers less than blocks ask, which is more than above.
func (w *world) stick(above *big.Int) client.Status {
	w.t.Helper()
	// Kept back until then, or the first of those blocks would take it.
	w.proxy.Set(faultproxy.Fault{Methods: []string{"eth_sendRawTransaction"}, Error: "try again later"})
	id := w.mustSubmit()
	w.until(id, publish.Broadcast)
	s, err := w.Client.Status(w.t.Context(), id)
	if err != nil || s.Transaction == nil {
		w.t.Fatalf("%+v, %v", s, err)
	}
	offer := w.offer(*s.Transaction)
	w.crowd(above)
	if offer.Cmp(w.baseFee()) >= 0 {
		w.t.Fatalf("it offers %s and blocks ask %s: the test shows nothing", offer, w.baseFee())
	}
	w.proxy.Clear()
	w.inPool(id)
	return s
}

// offer waits until the node tells of a transaction, and returns what it pays at most,
// wei per gas.
func (w *world) offer(hash merkle.Hash) (offer *big.Int) {
	w.t.Helper()
	w.eventually("the status tells of the transaction", func() bool {
		h, err := w.Client.Health(w.t.Context())
		if err != nil {
			w.t.Fatal(err)
		}
		for _, x := range h.Chains[0].InFlight {
			if x.Hash != nil && *x.Hash == hash {
				offer, _ = new(big.Int).SetString(x.FeeCap, 10)
			}
		}
		return offer != nil
	})
	return offer
}

// Replaced up to the limit and no further: then the node waits and says so, and the
// transaction is mined when fees fall.
func TestStuckAtTheLimit(t *testing.T) {
	if testing.Short() || !full() {
		t.Skip("HALLMARK_FAULTS=full runs this")
	}
	t.Parallel()
	limit := big.NewInt(15e8)
	w := newWorld(t, testnet.BackendGeth, func(w *world) {
		w.settings.Chains[0].Bump, w.settings.Chains[0].MaxFee = 100*time.Millisecond, limit
	})
	w.calm(big.NewInt(1e8))
	id := w.stick(times(limit, 2)).ID
	w.untilSays("the limit is")
	for range 5 {
		w.crowd(times(limit, 2))
		time.Sleep(50 * time.Millisecond)
	}
	if s := w.state(id); s != publish.Broadcast {
		t.Errorf("%s while the chain asks twice the limit", s)
	}
	w.calm(big.NewInt(1e9))
	w.finish()
}

// Somebody else sends a transaction with the node's account and the nonce that it
// is about to use, or has just used.
func TestNonceStolen(t *testing.T) {
	onBackends(t, func(t *testing.T, backend string) {
		t.Run("before ours is sent", func(t *testing.T) {
			w := newWorld(t, backend)
			for range 3 {
				w.proxy.Set(faultproxy.Fault{Methods: []string{"eth_sendRawTransaction"}, Error: "try again later"})
				calls := w.proxy.Calls("eth_sendRawTransaction")
				w.mustSubmit()
				w.eventually("it is sent", func() bool { return w.proxy.Calls("eth_sendRawTransaction") > calls })
				stolen := w.transfer(w.key, w.nonce(w.address()), w.chain.Accounts[2].Address, big.NewInt(1), big.NewInt(2e9))
				w.mine(1)
				if !w.included(stolen) {
					t.Fatal("the foreign transaction is in no block: the test shows nothing")
				}
				w.proxy.Clear()
				w.settle()
			}
			w.finish()
		})
		t.Run("ours is replaced in the pool", func(t *testing.T) {
			w := newWorld(t, backend)
			for range 3 {
				id, _ := w.bring(publish.Broadcast)
				ours := w.inPool(id)
				tip := new(big.Int).Add(times(ours.GasTipCap(), 2), ours.GasFeeCap()) // well above what the pool demands
				stolen := w.transfer(w.key, ours.Nonce(), w.chain.Accounts[2].Address, big.NewInt(1), tip)
				w.mine(1)
				if !w.included(stolen) {
					t.Fatal("the foreign transaction is in no block: the test shows nothing")
				}
				w.mustSubmit()
				w.settle()
			}
			w.finish()
		})
	})
}

// The account runs dry, and is filled again. Nothing more is sealed meanwhile.
func TestBalanceRunsOut(t *testing.T) {
	if !full() {
		t.Skip("HALLMARK_FAULTS=full runs this")
	}
	onBackends(t, func(t *testing.T, backend string) {
		w := newWorld(t, backend, func(w *world) {
			var err error
			if w.key, err = crypto.GenerateKey(); err != nil { // an account that holds nothing
				t.Fatal(err)
			}
		})
		rich := w.chain.Accounts[2]
		for round := range 3 {
			before := len(w.batches())
			id := w.mustSubmit()
			w.untilSays("send it money")
			for range 5 {
				w.mustSubmit()
				w.mine(1)
				time.Sleep(2 * w.settings.BatchAge)
			}
			if s := w.state(id); s != publish.Accepted {
				t.Errorf("%s without money", s)
			}
			w.transfer(rich.PrivateKey, uint64(round), w.address(), big.NewInt(1e18), big.NewInt(1e9))
			w.mine(1)
			w.settle()
			if n := len(w.batches()) - before; n != 1 {
				t.Errorf("%d batches of what waited for money, want 1", n)
			}
			w.drain()
		}
		w.transfer(rich.PrivateKey, 3, w.address(), big.NewInt(1e18), big.NewInt(1e9))
		w.mine(1)
		w.finish()
	})
}

// drain sends away all that the node's account holds, but for dust.
func (w *world) drain() {
	w.t.Helper()
	balance, err := w.eth.BalanceAt(w.t.Context(), w.address(), nil)
	if err != nil {
		w.t.Fatal(err)
	}
	tx := &types.DynamicFeeTx{
		Nonce: w.nonce(w.address()), To: &w.chain.Accounts[2].Address, Gas: 21_000,
		GasTipCap: big.NewInt(1e6), GasFeeCap: new(big.Int).Add(times(w.baseFee(), 2), big.NewInt(1e6)),
	}
	tx.Value = new(big.Int).Sub(balance, times(tx.GasFeeCap, 21_000))
	hash, err := sendTransaction(w.t.Context(), w.eth, w.key, tx)
	if err != nil {
		w.t.Fatal(err)
	}
	w.mine(1)
	if !w.included(hash) {
		w.t.Fatal("the account was not emptied")
	}
	dust, err := w.eth.BalanceAt(w.t.Context(), w.address(), nil)
	if err != nil {
		w.t.Fatal(err)
	}
	// Until the node knows: what it seals before that is a batch that waits for money.
	w.untilSays(fmt.Sprintf(`"balance":"%s"`, dust))
}
