package anchor

import (
	"crypto/ecdsa"
	"encoding/binary"
	"errors"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/hallmark-node/hallmark/anchor/chain"
	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/anchor/role"
	"github.com/hallmark-node/hallmark/anchor/store"
	"github.com/hallmark-node/hallmark/contracts"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/testnet"
	"github.com/hallmark-node/hallmark/testnet/testchain"
	"github.com/hallmark-node/hallmark/verifier"
)

// newStranger makes the key of an issuer that no operator lists.
func newStranger(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	key, err := crypto.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// retirement signs that a key is retired from a time on.
func retirement(t testing.TB, home verifier.Home, key *ecdsa.PrivateKey, from uint64) publish.Retirement {
	t.Helper()
	k := chain.NewKey(key)
	q := publish.Retirement{Issuer: k.Address(), Home: home, From: from, Deadline: never}
	sig, err := k.SignDigest(verifier.RetireDigest(home, q.Issuer, from, never))
	if err != nil {
		t.Fatal(err)
	}
	q.Signature = sig[:]
	return q
}

// stranger makes an issuer that has something final on the node, as far as that knows.
func (n *running) stranger(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key := newStranger(t)
	if err := n.store.Update(func(tx *store.Tx) error { return tx.SetAnchored(chain.NewKey(key).Address(), 1) }); err != nil {
		t.Fatal(err)
	}
	return key
}

// Statements of whoever just made a key are refused, and cost nothing: no transaction,
// and not even a question to the chain. Once something of theirs is final they are taken.
func TestStrangersAreNotRelayed(t *testing.T) {
	c := startChain(t, testnet.Config{})
	p := startProxy(t, c.RPC)
	n := start(t, changed(testConfig(t, c), func(c *ChainConfig) { c.RPC, c.PollInterval = []string{p.URL}, time.Hour }))
	eventually(t, "the chain was looked at", func() bool { return n.Health(t.Context()).Chains[0].Head > 0 })
	key := newStranger(t)
	asked := p.Calls("eth_getStorageAt")
	for range 50 {
		if err := n.Retire(t.Context(), retirement(t, n.home, newStranger(t), 1)); !errors.Is(err, role.ErrNotRelayed) {
			t.Fatalf("a fresh key: %v", err)
		}
	}
	if err := n.Retire(t.Context(), retirement(t, n.home, key, 1)); !errors.Is(err, role.ErrNotRelayed) {
		t.Fatalf("a fresh key: %v", err)
	}
	if now := p.Calls("eth_getStorageAt"); now != asked {
		t.Errorf("%d storage reads for what is refused", now-asked)
	}
	if list, err := n.openOperations(); err != nil || len(list) != 0 {
		t.Errorf("%d operations, %v", len(list), err)
	}
	n.stop()

	n = start(t, testConfig(t, c))
	s := sign(t, key, n.home, []merkle.Hash{newBadge(t, 1).leaf})
	if _, err := n.Submit(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	await(t, n, c, s.ID())
	if err := n.Retire(t.Context(), retirement(t, n.home, key, 1)); err != nil {
		t.Errorf("after it has anchored something: %v", err)
	}
}

// Many statements of strangers who have anchored something do not hold up batches: these
// go first, in slots of their own, and only so many statements wait. What holds up the
// statements is said.
func TestBatchesGoBeforeStatements(t *testing.T) {
	c := startChain(t, testnet.Config{BlockTime: time.Second})
	n := start(t, testConfig(t, c))
	head := func() uint64 {
		t.Helper()
		b, err := n.client.Head(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return b.Number
	}
	// final returns how many blocks it takes a submission to be in one, and waits until it
	// is final: the clock would measure this machine too.
	final := func(seed uint64) uint64 {
		t.Helper()
		begin := head()
		s, _ := submit(t, n, c, seed)
		var status client.Status
		eventually(t, "it is final", func() bool {
			var err error
			status, err = n.Submission(t.Context(), s.ID())
			return err == nil && status.State == publish.Final
		})
		return *status.Block - begin
	}
	alone := final(1)
	taken, busy := 0, 0
	for range 300 {
		switch err := n.Retire(t.Context(), retirement(t, n.home, n.stranger(t), 1)); {
		case err == nil:
			taken++
		case errors.Is(err, role.ErrBusy):
			busy++
		default:
			t.Fatal(err)
		}
	}
	if taken < 64 || busy < 100 {
		t.Errorf("%d statements were taken and %d refused for now", taken, busy)
	}
	eventually(t, "the node says that statements wait", func() bool {
		h := n.Health(t.Context())
		return h.Chains[0].RelaysWaiting > 0 && h.Chains[0].RelaysHeld != "" && h.Fault != ""
	})
	if beside := final(2); beside > alone+3 {
		t.Errorf("in the block %d after the submission beside strangers, %d alone", beside, alone)
	}
	if h := n.Health(t.Context()).Chains[0]; h.RelaysWaiting == 0 {
		t.Error("no statement waits any more, so nothing was shown")
	}
	// A statement of somebody who is listed does not wait for those of strangers.
	begin := head()
	listed := retirement(t, n.home, c.Accounts[2].PrivateKey, 1)
	if err := n.Retire(t.Context(), listed); err != nil {
		t.Fatal(err)
	}
	eventually(t, "a listed issuer's statement is mined", func() bool {
		o, err := n.store.NewestOperation(n.home.Chain, listed.Issuer)
		return err == nil && o.Block.Number > 0
	})
	o, err := n.store.NewestOperation(n.home.Chain, listed.Issuer)
	if err != nil || o.Block.Number > begin+4 {
		t.Errorf("in block %d, said at block %d, %v", o.Block.Number, begin, err)
	}
}

// Anybody can make a statement that names an issuer of the node. What is not signed by
// who speaks for it is refused, and the chain is asked about few of them; the issuer's own
// is taken all the same.
func TestJunkInTheNameOfAnIssuer(t *testing.T) {
	c := startChain(t, testnet.Config{})
	p := startProxy(t, c.RPC)
	n := start(t, changed(testConfig(t, c), func(c *ChainConfig) { c.RPC, c.PollInterval = []string{p.URL}, time.Hour }))
	eventually(t, "the chain was looked at", func() bool { return n.Health(t.Context()).Chains[0].Head > 0 })
	key := c.Accounts[1].PrivateKey
	asked := p.Calls("eth_getStorageAt")
	busy := 0
	begin := time.Now()
	for from := range uint64(300) {
		junk := retirement(t, n.home, newStranger(t), from+1)
		junk.Issuer = verifier.Address(c.Accounts[1].Address)
		err := n.Retire(t.Context(), junk)
		switch refused := (*role.RefusedError)(nil); {
		case errors.Is(err, role.ErrBusy):
			busy++
		case !errors.As(err, &refused) || refused.Field != "signature":
			t.Fatal(err)
		}
	}
	const perStatement = 3                                             // status, times, controller
	most := perStatement * (25 + 5*int(time.Since(begin).Seconds()+1)) // a burst, and what came since
	if reads := p.Calls("eth_getStorageAt") - asked; busy == 0 || reads > most {
		t.Errorf("%d storage reads for 300 junk statements, want at most %d; %d refused for now", reads, most, busy)
	}
	if err := n.Retire(t.Context(), retirement(t, n.home, key, 1)); err != nil {
		t.Errorf("the issuer's own: %v", err)
	}
}

// So many statements of an issuer are taken in a day, across restarts, and the same one
// again is none.
func TestStatementsPerDay(t *testing.T) {
	c := startChain(t, testnet.Config{})
	config := testConfig(t, c)
	config.RelaysPerDay = 2
	n := start(t, config)
	account := c.Accounts[1]
	issuer := verifier.Address(account.Address)
	for version := uint64(1); version <= 2; version++ {
		u := statusUpdate(t, n, issuer, account, version)
		for range 2 {
			if err := n.SetStatus(t.Context(), u); err != nil {
				t.Fatal(err)
			}
		}
		settle(t, n, c, issuer, version)
	}
	if err := n.SetStatus(t.Context(), statusUpdate(t, n, issuer, account, 3)); !errors.Is(err, role.ErrQuota) {
		t.Errorf("the third: %v", err)
	}
	if err := n.Retire(t.Context(), retirement(t, n.home, account.PrivateKey, 1)); !errors.Is(err, role.ErrQuota) {
		t.Errorf("a retirement: %v", err)
	}
	n.stop()
	n = start(t, config)
	if err := n.SetStatus(t.Context(), statusUpdate(t, n, issuer, account, 3)); !errors.Is(err, role.ErrQuota) {
		t.Errorf("after a restart: %v", err)
	}
	if err := n.SetStatus(t.Context(), statusUpdate(t, n, issuer, account, 2)); err != nil {
		t.Errorf("the last one again: %v", err)
	}
	if err := n.Retire(t.Context(), retirement(t, n.home, c.Accounts[2].PrivateKey, 1)); err != nil {
		t.Errorf("of another issuer: %v", err)
	}
	s, err := n.store.Standing(issuer)
	if err != nil || s.RelayedOn(time.Now()) != 2 || s.RelayedOn(time.Now().Add(24*time.Hour)) != 0 {
		t.Errorf("tomorrow: %v", err)
	}
}

// Statements may spend a part of what may be spent in a day, and batches the rest. Once
// it is used up, that is said.
func TestStatementsSpendTheirShare(t *testing.T) {
	c := startChain(t, testnet.Config{})
	config := testConfig(t, c)
	n := start(t, config)
	if err := n.Retire(t.Context(), retirement(t, n.home, n.stranger(t), 1)); err != nil {
		t.Fatal(err)
	}
	eventually(t, "it is mined", func() bool { o := operation(t, n, 1); return o.State == publish.Mined })
	first := operation(t, n, 1)
	one := worst(first.Newest())
	n.stop()

	n = start(t, changed(config, func(c *ChainConfig) { c.MaxSpendPerDay = new(big.Int).Mul(one, big.NewInt(5)) }))
	for range 4 {
		if err := n.Retire(t.Context(), retirement(t, n.home, n.stranger(t), 1)); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "the share is used up", func() bool {
		h := n.Health(t.Context())
		return h.Chains[0].RelaysWaiting > 0 && strings.Contains(h.Chains[0].RelaysHeld, "their share") &&
			strings.Contains(h.Fault, "their share")
	})
	s, _ := submit(t, n, c, 1)
	await(t, n, c, s.ID())
	if h := n.Health(t.Context()).Chains[0]; h.RelaysWaiting == 0 {
		t.Error("no statement waits")
	}
}

// walletCode is a controller that agrees to everything, after a loop of so many turns of
// some 50 gas as it was told last, in a call of 32 bytes.
var walletCode = common.FromHex("0x" +
	"36602014602d57" + // a call of 32 bytes? then 0x2d
	"600054" + // the turns
	"5b8015601a57" + // 0x0a: none left? then 0x1a
	"6001900380505b600a56" + // 0x10: one less, and again
	"5b50631626ba7e60e01b60005260206000f3" + // 0x1a: the magic value
	"00" +
	"5b60003560005500") // 0x2d: remember

// deployWallet puts walletCode on the chain.
func deployWallet(t *testing.T, c *testnet.Chain, by testnet.Account) common.Address {
	t.Helper()
	size := byte(len(walletCode))
	init := append([]byte{0x60, size, 0x60, 12, 0x60, 0, 0x39, 0x60, size, 0x60, 0, 0xf3}, walletCode...)
	return transact(t, c, by, nil, init).ContractAddress
}

func transact(t *testing.T, c *testnet.Chain, by testnet.Account, to *common.Address, data []byte) *types.Receipt {
	t.Helper()
	client := dial(t, c)
	nonce, err := client.PendingNonceAt(t.Context(), by.Address)
	if err != nil {
		t.Fatal(err)
	}
	id := new(big.Int).SetUint64(c.ChainID)
	tx := types.MustSignNewTx(by.PrivateKey, types.LatestSignerForChainID(id), &types.DynamicFeeTx{
		ChainID: id, Nonce: nonce, To: to, Data: data, Gas: 500_000, GasTipCap: big.NewInt(2e9), GasFeeCap: big.NewInt(100e9),
	})
	if err := client.SendTransaction(t.Context(), tx); err != nil {
		t.Fatal(err)
	}
	var receipt *types.Receipt
	eventually(t, "a transaction is mined", func() bool {
		receipt, err = client.TransactionReceipt(t.Context(), tx.Hash())
		return err == nil
	})
	if receipt.Status != 1 {
		t.Fatalf("transaction %s reverted", tx.Hash())
	}
	return receipt
}

// A controller that is a contract decides how much gas a statement takes, and the
// operator pays: so up to a ceiling.
func TestContractThatBurnsGas(t *testing.T) {
	c := startChain(t, testnet.Config{})
	config := testConfig(t, c)
	n := start(t, config)
	by, issuer := c.Accounts[1], verifier.Address(c.Accounts[1].Address)
	wallet := deployWallet(t, c, by)
	turns := func(count uint64) {
		t.Helper()
		var word [32]byte
		binary.BigEndian.PutUint64(word[24:], count)
		transact(t, c, by, &wallet, word[:])
	}
	testchain.Send(t, c, by, contracts.NewAnchorRegistry().PackSetController(common.Address(issuer), wallet))
	q := publish.Retirement{Issuer: issuer, From: 100, Deadline: never, Signature: []byte("whatever")}

	turns(200_000) // some ten million gas
	var refused *role.RefusedError
	if err := n.Retire(t.Context(), q); !errors.As(err, &refused) || !strings.Contains(err.Error(), "gas") {
		t.Errorf("a contract that burns gas: %v", err)
	}
	if _, err := n.store.Operation(1); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a statement was taken: %v", err)
	}

	// It is frugal while it is asked, and no more when it counts.
	n.stop()
	turns(0)
	idle, err := Open(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(idle.Pipeline.Retire(t.Context(), q), idle.Close()); err != nil {
		t.Fatal(err)
	}
	turns(200_000)
	n = start(t, config)
	eventually(t, "it fails", func() bool { return operation(t, n, 1).State == publish.Failed })
	if o := operation(t, n, 1); len(o.Attempts) != 0 || !strings.Contains(o.Reason, "gas") {
		t.Errorf("%d transactions, failed for %q", len(o.Attempts), o.Reason)
	}

	// What a contract with a few owners takes is paid for.
	turns(800)
	q.From = 99
	if err := n.Retire(t.Context(), q); err != nil {
		t.Fatal(err)
	}
	eventually(t, "it is mined", func() bool { o := operation(t, n, 2); return o.State == publish.Mined })
	paid := operation(t, n, 2)
	if gas := paid.Newest().Gas; gas < 90_000 || gas > 150_000*6/5 {
		t.Errorf("a gas limit of %d", gas)
	}
}

// stranded makes a status list of an issuer's with a root in the registry.
func stranded(t *testing.T, c *testnet.Chain, by testnet.Account, items []verifier.StatusItem) publish.StatusUpdate {
	t.Helper()
	issuer := verifier.Address(by.Address)
	list, err := publish.WriteStatusList(issuer, 1, items, func(publish.Block) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	testchain.Send(t, c, by, contracts.NewAnchorRegistry().PackSetStatus(by.Address, 1, list.Root, list.List))
	return publish.StatusUpdate{Issuer: issuer, Version: 1, Items: items}
}

// Who may not use the node cannot fill its disk either, by way of the chain.
func TestUnsignedListOfAStranger(t *testing.T) {
	c := startChain(t, testnet.Config{})
	items := []verifier.StatusItem{{ID: merkle.Hash{1}, Code: verifier.StatusRevoked}}
	config := testConfig(t, c)
	config.Open, config.Issuers = false, addresses(c)[1:2]
	n := start(t, config)
	u := stranded(t, c, c.Accounts[2], items)
	if err := n.SetStatus(t.Context(), u); !errors.Is(err, role.ErrNotAllowed) {
		t.Errorf("an issuer who is not listed: %v", err)
	}
	n.stop()

	config.Open, config.DiskReserve = true, 0
	n = start(t, config)
	if err := n.SetStatus(t.Context(), u); !errors.Is(err, role.ErrNotRelayed) {
		t.Errorf("an issuer who has anchored nothing: %v", err)
	}
	listed := stranded(t, c, c.Accounts[1], items)
	n.disk.Free = func() (uint64, error) { return 0, nil }
	n.disk.Look()
	if err := n.SetStatus(t.Context(), listed); !errors.Is(err, role.ErrDiskFull) {
		t.Errorf("with a full disk: %v", err)
	}
}

// While a chain takes no more, the node says that this holds up sealing.
func TestBusyIsSaid(t *testing.T) {
	c := startChain(t, testnet.Config{BlockTime: time.Hour})
	p := startProxy(t, c.RPC)
	n := start(t, changed(testConfig(t, c), func(c *ChainConfig) { c.RPC, c.MaxInFlight = []string{p.URL}, 1 }))
	first, _ := submit(t, n, c, 1)
	until(t, n, first.ID(), publish.Broadcast)
	looks := func() int { return p.Calls("eth_getTransactionCount") } // once a look
	before := looks()
	eventually(t, "the batch is on its way, and counted", func() bool { return looks() > before+2 })
	submit(t, n, c, 2)
	eventually(t, "the node says so", func() bool {
		h := n.Health(t.Context())
		return strings.Contains(h.SealHeld, "1 of at most 1 batches") && h.Fault == h.SealHeld
	})
}
