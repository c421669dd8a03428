package testnet

import (
	"context"
	"errors"
	"math/big"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/ethereum/go-ethereum"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/ethclient"

	"github.com/hallmark-node/hallmark/contracts"
)

// TestRules: the newest fork of mainnet is active, the one after is not.
func TestRules(t *testing.T) {
	onBackends(t, func(t *testing.T, config Config) {
		_, client := start(t, config)
		// Creation code that returns what the instruction leaves on the stack.
		run := func(instruction string) (*big.Int, error) {
			out, err := client.CallContract(t.Context(), ethereum.CallMsg{Data: common.FromHex(instruction + "60005260206000f3")}, nil)
			return new(big.Int).SetBytes(out), err
		}
		if zeros, err := run("0x60011e"); err != nil || zeros.Int64() != 255 {
			t.Errorf("Osaka's CLZ of 1: %v, %v", zeros, err)
		}
		if slot, err := run("0x4b"); err == nil {
			t.Errorf("Amsterdam's SLOTNUM answers %v", slot)
		}
	})
}

// TestAmsterdam: a new storage slot costs 97,920 gas there instead of 22,100.
func TestAmsterdam(t *testing.T) {
	anchorGas := func(config Config) uint64 {
		chain, client := start(t, config)
		gas, err := client.EstimateGas(t.Context(), ethereum.CallMsg{
			From: chain.Accounts[0].Address,
			To:   &chain.Registry,
			Data: contracts.NewAnchorRegistry().PackAnchor([32]byte{1}, [32]byte{2}),
		})
		if err != nil {
			t.Fatal(err)
		}
		// The chain works under those rules, and not only in estimates.
		if r := receipt(t, client, transfer(t, chain, client, 0)); r.Status != types.ReceiptStatusSuccessful {
			t.Error("a transfer failed")
		}
		if err := chain.Reorg(t.Context(), 1); err != nil {
			t.Error(err)
		}
		return gas
	}
	today, next := anchorGas(Config{}), anchorGas(Config{Amsterdam: true})
	t.Logf("an anchor takes %d gas today, %d under Amsterdam", today, next)
	if next < today+60_000 {
		t.Errorf("an anchor takes %d gas today and %d under Amsterdam: the storage price did not rise", today, next)
	}
}

// TestCrowd: transactions from many sides while blocks are asked for; all are
// mined, and nothing waits for ever.
func TestCrowd(t *testing.T) {
	chain, client := start(t, Config{})
	ctx := t.Context()
	id := new(big.Int).SetUint64(chain.ChainID)
	const each = 150
	var senders sync.WaitGroup
	for _, account := range chain.Accounts {
		senders.Go(func() {
			for nonce := range uint64(each) {
				tx, err := types.SignNewTx(account.PrivateKey, types.LatestSignerForChainID(id), &types.DynamicFeeTx{
					ChainID: id, Nonce: nonce, GasTipCap: big.NewInt(1e9), GasFeeCap: big.NewInt(1e11), Gas: 21_000, To: &account.Address,
				})
				if err != nil {
					t.Error(err)
					return
				}
				if err := client.SendTransaction(ctx, tx); err != nil {
					t.Errorf("transaction %d of %s: %v", nonce, account.Address, err)
					return
				}
			}
		})
	}
	sent := make(chan struct{})
	go func() { senders.Wait(); close(sent) }()
	for busy := true; busy; {
		select {
		case <-sent:
			busy = false
		default:
			if err := chain.Mine(ctx, 1); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, account := range chain.Accounts {
		eventually(t, "all transactions to be mined", func() bool {
			nonce, err := client.NonceAt(ctx, account.Address, nil)
			return err == nil && nonce == each
		})
	}
}

// TestUnmineable: a transaction that pays too little stays pending, no block is
// made for it, and it does not keep others out.
func TestUnmineable(t *testing.T) {
	chain, client := start(t, Config{})
	ctx := t.Context()
	id := new(big.Int).SetUint64(chain.ChainID)
	poor := chain.Accounts[0]
	tx, err := types.SignNewTx(poor.PrivateKey, types.LatestSignerForChainID(id), &types.DynamicFeeTx{
		ChainID: id, GasTipCap: big.NewInt(1), GasFeeCap: big.NewInt(1), Gas: 21_000, To: &poor.Address,
	})
	if err != nil {
		t.Fatal(err)
	}
	before := header(t, client, latest)
	if err := client.SendTransaction(ctx, tx); err != nil {
		t.Fatal(err)
	}
	mined := receipt(t, client, transfer(t, chain, client, 1))
	if mined.BlockNumber.Uint64() != before.Number.Uint64()+1 {
		t.Errorf("block %d after head %d: a block was made for nothing", mined.BlockNumber, before.Number)
	}
	if _, pending, err := client.TransactionByHash(ctx, tx.Hash()); err != nil || !pending {
		t.Errorf("the poor transaction: pending %v, %v", pending, err)
	}
}

// TestCloseEndsEverything: no goroutine of the node outlives Close, also while
// others use the chain.
func TestCloseEndsEverything(t *testing.T) {
	for range 2 {
		chain, err := Start(context.Background(), Config{})
		if err != nil {
			t.Fatal(err)
		}
		client, err := ethclient.Dial(chain.RPC)
		if err != nil {
			t.Fatal(err)
		}
		transfer(t, chain, client, 0)
		mining := make(chan error)
		go func() {
			for {
				if err := chain.Mine(context.Background(), 5); err != nil {
					mining <- err
					return
				}
			}
		}()
		eventually(t, "blocks", func() bool {
			head, err := client.BlockNumber(t.Context())
			return err == nil && head > 10
		})
		client.Close()
		for range 2 {
			if err := chain.Close(); err != nil {
				t.Error(err)
			}
		}
		if err := <-mining; !errors.Is(err, errClosed) {
			t.Errorf("Mine on a closed chain: %v", err)
		}
	}
	var left []string
	eventually(t, "the goroutines to end", func() bool {
		left = goroutines()
		return len(left) == 0
	})
	if t.Failed() {
		t.Log(strings.Join(left, "\n\n"))
	}
}

// goroutines returns the stacks in which the node or a chain of this package
// appear, but for the workers that go-ethereum keeps for the whole process.
func goroutines() []string {
	buf := make([]byte, 16<<20)
	buf = buf[:runtime.Stack(buf, true)]
	var found []string
	for _, stack := range strings.Split(string(buf), "\n\n")[1:] {
		if strings.Contains(stack, "core.(*txSenderCacher)") {
			continue
		}
		if strings.Contains(stack, "go-ethereum") || strings.Contains(stack, "testnet.start") {
			found = append(found, stack)
		}
	}
	return found
}
