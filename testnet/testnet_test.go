package testnet

import (
	"context"
	"encoding/json"
	"errors"
	"math/big"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/ethclient"
	"github.com/ethereum/go-ethereum/ethdb/memorydb"
	"github.com/ethereum/go-ethereum/rlp"
	"github.com/ethereum/go-ethereum/rpc"
	"github.com/ethereum/go-ethereum/trie"

	"github.com/hallmark-node/hallmark/contracts"
)

var (
	latest    = big.NewInt(int64(rpc.LatestBlockNumber))
	safe      = big.NewInt(int64(rpc.SafeBlockNumber))
	finalized = big.NewInt(int64(rpc.FinalizedBlockNumber))
)

// onBackends runs a test on every backend that is installed.
func onBackends(t *testing.T, test func(t *testing.T, config Config)) {
	for _, backend := range []string{BackendGeth, BackendAnvil} {
		t.Run(backend, func(t *testing.T) {
			if backend == BackendAnvil {
				needAnvil(t)
			}
			test(t, Config{Backend: backend})
		})
	}
}

// start runs a chain for the length of a test, with a client of its own.
func start(t *testing.T, config Config) (*Chain, *ethclient.Client) {
	t.Helper()
	chain, err := Start(context.Background(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := chain.Close(); err != nil {
			t.Error(err)
		}
	})
	client, err := ethclient.Dial(chain.RPC)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return chain, client
}

func header(t *testing.T, client *ethclient.Client, number *big.Int) *types.Header {
	t.Helper()
	h, err := client.HeaderByNumber(t.Context(), number)
	if err != nil {
		t.Fatalf("block %v: %v", number, err)
	}
	return h
}

// transfer sends one wei from one account to the next.
func transfer(t *testing.T, chain *Chain, client *ethclient.Client, from int) *types.Transaction {
	t.Helper()
	ctx := t.Context()
	account := chain.Accounts[from]
	nonce, err := client.PendingNonceAt(ctx, account.Address)
	if err != nil {
		t.Fatal(err)
	}
	id := new(big.Int).SetUint64(chain.ChainID)
	tx, err := types.SignNewTx(account.PrivateKey, types.LatestSignerForChainID(id), &types.DynamicFeeTx{
		ChainID:   id,
		Nonce:     nonce,
		GasTipCap: big.NewInt(1e9),
		GasFeeCap: big.NewInt(1e11),
		Gas:       21_000,
		To:        &chain.Accounts[from+1].Address,
		Value:     big.NewInt(1),
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := client.SendTransaction(ctx, tx); err != nil {
		t.Fatal(err)
	}
	return tx
}

func receipt(t *testing.T, client *ethclient.Client, tx *types.Transaction) *types.Receipt {
	t.Helper()
	r, err := awaitReceipt(t.Context(), client, tx.Hash())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestStart(t *testing.T) {
	onBackends(t, func(t *testing.T, config Config) {
		config.ChainID = 4242
		config.Accounts = 3
		chain, client := start(t, config)
		ctx := t.Context()

		if id, err := client.ChainID(ctx); err != nil || id.Uint64() != 4242 {
			t.Errorf("chain id %v, %v", id, err)
		}
		if len(chain.Accounts) != 3 {
			t.Fatalf("%d accounts", len(chain.Accounts))
		}
		for _, account := range chain.Accounts {
			balance, err := client.BalanceAt(ctx, account.Address, nil)
			if err != nil || balance.Cmp(accountBalance()) != 0 {
				t.Errorf("%s has %v, %v", account.Address, balance, err)
			}
			if nonce, err := client.NonceAt(ctx, account.Address, nil); err != nil || nonce != 0 {
				t.Errorf("%s has nonce %d, %v", account.Address, nonce, err)
			}
		}
		code, err := client.CodeAt(ctx, chain.Registry, finalized)
		if err != nil || crypto.Keccak256Hash(code) != contracts.CodeHash {
			t.Errorf("registry at the finalized block: %d bytes of code, %v", len(code), err)
		}
		// The registry came by a transaction, and its block can be read as a whole.
		block, err := client.BlockByNumber(ctx, big.NewInt(1))
		if err != nil || len(block.Transactions()) != 1 || *block.Transactions()[0].To() != contracts.Deployer {
			t.Fatalf("block 1 is not the deployment: %v", err)
		}
		receipts, err := client.BlockReceipts(ctx, rpc.BlockNumberOrHashWithHash(block.Hash(), true))
		if err != nil || len(receipts) != 1 || receipts[0].TxHash != block.Transactions()[0].Hash() {
			t.Errorf("receipts of block 1: %v, %v", receipts, err)
		}
	})
}

func TestOnDemand(t *testing.T) {
	onBackends(t, func(t *testing.T, config Config) {
		chain, client := start(t, config)
		before := header(t, client, latest)
		first := receipt(t, client, transfer(t, chain, client, 0))
		second := receipt(t, client, transfer(t, chain, client, 1))
		if first.Status != types.ReceiptStatusSuccessful || first.BlockNumber.Uint64() != before.Number.Uint64()+1 {
			t.Errorf("first transfer: status %d in block %d after head %d", first.Status, first.BlockNumber, before.Number)
		}
		if second.BlockNumber.Uint64() != before.Number.Uint64()+2 {
			t.Errorf("second transfer in block %d after head %d", second.BlockNumber, before.Number)
		}
		if head := header(t, client, latest); head.Number.Cmp(second.BlockNumber) != 0 {
			t.Errorf("head %d: a block came without a transaction", head.Number)
		}
	})
}

func TestTimer(t *testing.T) {
	onBackends(t, func(t *testing.T, config Config) {
		config.BlockTime = time.Second
		chain, client := start(t, config)
		tx := transfer(t, chain, client, 0)
		mined := receipt(t, client, tx) // nothing but the timer brings it
		// It becomes final without anybody mining.
		for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(50 * time.Millisecond) {
			if header(t, client, finalized).Number.Cmp(mined.BlockNumber) >= 0 {
				break
			}
			if time.Now().After(deadline) {
				t.Fatalf("block %d is not final after 20 s of a block a second", mined.BlockNumber)
			}
		}
		if err := chain.Mine(t.Context(), 1); err != nil {
			t.Error(err)
		}
	})
}

func TestFinality(t *testing.T) {
	for _, epoch := range []int{1, 4} {
		onBackends(t, func(t *testing.T, config Config) {
			config.Epoch = epoch
			chain, client := start(t, config)
			for range 3 {
				if err := chain.Mine(t.Context(), 2); err != nil {
					t.Fatal(err)
				}
				head := header(t, client, latest).Number.Int64()
				if got := header(t, client, safe).Number.Int64(); got != head-int64(epoch) {
					t.Errorf("safe block %d at head %d", got, head)
				}
				if got := header(t, client, finalized).Number.Int64(); got != head-2*int64(epoch) {
					t.Errorf("finalized block %d at head %d", got, head)
				}
			}
		})
	}
}

// proof is the answer to eth_getProof.
type proof struct {
	AccountProof []hexutil.Bytes
	Nonce        hexutil.Uint64
	Balance      *hexutil.Big
	CodeHash     common.Hash
	StorageHash  common.Hash
	StorageProof []struct {
		Value *hexutil.Big
		Proof []hexutil.Bytes
	}
}

// walk looks a key up in the trie that the nodes are part of.
func walk(t *testing.T, root common.Hash, key []byte, nodes []hexutil.Bytes) []byte {
	t.Helper()
	set := memorydb.New()
	for _, node := range nodes {
		if err := set.Put(crypto.Keccak256(node), node); err != nil {
			t.Fatal(err)
		}
	}
	value, err := trie.VerifyProof(root, crypto.Keccak256(key), set)
	if err != nil {
		t.Fatalf("proof against root %s: %v", root, err)
	}
	return value
}

func TestProofOfPastBlock(t *testing.T) {
	onBackends(t, func(t *testing.T, config Config) {
		chain, client := start(t, config)
		ctx := t.Context()
		type state struct {
			header  *types.Header
			balance *big.Int
		}
		address := chain.Accounts[1].Address
		var past []state
		for range 3 {
			mined := receipt(t, client, transfer(t, chain, client, 0))
			balance, err := client.BalanceAt(ctx, address, mined.BlockNumber)
			if err != nil {
				t.Fatal(err)
			}
			past = append(past, state{header(t, client, mined.BlockNumber), balance})
		}
		if past[0].balance.Cmp(past[2].balance) == 0 {
			t.Fatal("the balance did not change: the test shows nothing")
		}
		// Beyond what a full node keeps, and far behind `finalized`.
		if err := chain.Mine(ctx, 200); err != nil {
			t.Fatal(err)
		}
		for _, p := range past {
			var answer proof
			at := rpc.BlockNumberOrHashWithHash(p.header.Hash(), false)
			if err := client.Client().CallContext(ctx, &answer, "eth_getProof", address, []string{}, at); err != nil {
				t.Fatal(err)
			}
			var account types.StateAccount
			if err := rlp.DecodeBytes(walk(t, p.header.Root, address[:], answer.AccountProof), &account); err != nil {
				t.Fatal(err)
			}
			if account.Balance.ToBig().Cmp(p.balance) != 0 {
				t.Errorf("block %d proves a balance of %v, want %v", p.header.Number, account.Balance, p.balance)
			}
		}
		// The registry's account and an absent slot of it.
		h := header(t, client, finalized)
		var answer proof
		slot := common.Hash{31: 7}
		if err := client.Client().CallContext(ctx, &answer, "eth_getProof", chain.Registry, []string{slot.Hex()},
			rpc.BlockNumberOrHashWithHash(h.Hash(), true)); err != nil {
			t.Fatal(err)
		}
		var account types.StateAccount
		if err := rlp.DecodeBytes(walk(t, h.Root, chain.Registry[:], answer.AccountProof), &account); err != nil {
			t.Fatal(err)
		}
		if common.BytesToHash(account.CodeHash) != contracts.CodeHash {
			t.Errorf("proven code hash %x", account.CodeHash)
		}
	})
}

func TestReorg(t *testing.T) {
	onBackends(t, func(t *testing.T, config Config) {
		config.Epoch = 4
		chain, client := start(t, config)
		ctx := t.Context()
		kept := header(t, client, latest)
		tx := transfer(t, chain, client, 0)
		old := receipt(t, client, tx)
		if err := chain.Mine(ctx, 1); err != nil {
			t.Fatal(err)
		}
		if err := chain.Reorg(ctx, 2); err != nil {
			t.Fatal(err)
		}
		if got := header(t, client, kept.Number); got.Hash() != kept.Hash() {
			t.Errorf("block %d was replaced too", kept.Number)
		}
		if got := header(t, client, old.BlockNumber); got.Hash() == old.BlockHash {
			t.Errorf("block %d was not replaced", old.BlockNumber)
		} else if got.ParentHash != kept.Hash() {
			t.Errorf("block %d does not follow the one kept", got.Number)
		}
		again := receipt(t, client, tx) // it returned to the pool and was mined again
		if want := kept.Number.Uint64() + 4; again.BlockNumber.Uint64() != want {
			t.Errorf("mined again in block %d, want %d: after three empty ones", again.BlockNumber, want)
		}
		if got := header(t, client, again.BlockNumber); got.Hash() != again.BlockHash {
			t.Errorf("the receipt names block %s, the chain has %s", again.BlockHash, got.Hash())
		}
	})
}

func TestReorgForget(t *testing.T) {
	onBackends(t, func(t *testing.T, config Config) {
		chain, client := start(t, config)
		ctx := t.Context()
		before := header(t, client, latest)
		tx := transfer(t, chain, client, 0)
		receipt(t, client, tx)
		if err := chain.ReorgForget(ctx, 1); err != nil {
			t.Fatal(err)
		}
		if err := chain.Mine(ctx, 1); err != nil {
			t.Fatal(err)
		}
		if r, err := client.TransactionReceipt(ctx, tx.Hash()); err == nil {
			t.Errorf("the transaction is in block %d", r.BlockNumber)
		}
		if nonce, err := client.PendingNonceAt(ctx, chain.Accounts[0].Address); err != nil || nonce != 0 {
			t.Errorf("nonce %d, %v: want 0 again", nonce, err)
		}
		if head := header(t, client, latest).Number.Uint64(); head != before.Number.Uint64()+3 {
			t.Errorf("head %d after %d: want one replaced, one more and one mined", head, before.Number)
		}
		// The chain goes on, and the nonce is free.
		if r := receipt(t, client, transfer(t, chain, client, 0)); r.Status != types.ReceiptStatusSuccessful {
			t.Error("transfer after the reorg failed")
		}
	})
}

func TestReorgSparesTheFinal(t *testing.T) {
	onBackends(t, func(t *testing.T, config Config) {
		chain, client := start(t, config)
		head := header(t, client, latest)
		for _, depth := range []int{-1, 0, 3, 1000} {
			if err := chain.Reorg(t.Context(), depth); err == nil {
				t.Errorf("reorg of %d blocks was accepted", depth)
			}
		}
		if now := header(t, client, latest); now.Hash() != head.Hash() {
			t.Error("a refused reorg changed the chain")
		}
		final := header(t, client, finalized)
		if err := chain.Reorg(t.Context(), 2); err != nil {
			t.Error(err)
		}
		if now := header(t, client, final.Number); now.Hash() != final.Hash() {
			t.Error("the finalized block was replaced")
		}
	})
}

func TestAdvanceTime(t *testing.T) {
	onBackends(t, func(t *testing.T, config Config) {
		chain, client := start(t, config)
		before := header(t, client, latest)
		if err := chain.AdvanceTime(t.Context(), time.Hour); err != nil {
			t.Fatal(err)
		}
		after := header(t, client, latest)
		if d := after.Time - before.Time; d < 3590 || d > 3660 {
			t.Errorf("the clock went ahead by %d s", d)
		}
		if err := chain.Mine(t.Context(), 1); err != nil {
			t.Fatal(err)
		}
		// anvil gives blocks of the same second the same time.
		if next := header(t, client, latest); next.Time < after.Time || config.Backend == BackendGeth && next.Time == after.Time {
			t.Errorf("the clock went back from %d to %d", after.Time, next.Time)
		}
	})
}

func TestRestartOnTheSamePort(t *testing.T) {
	onBackends(t, func(t *testing.T, config Config) {
		first, client := start(t, config)
		genesis := header(t, client, big.NewInt(0))
		u, err := url.Parse(first.RPC)
		if err != nil {
			t.Fatal(err)
		}
		config.Listen = u.Host
		if _, err := Start(t.Context(), config); err == nil {
			t.Fatal("a second chain started on an occupied port")
		}
		if got := header(t, client, big.NewInt(0)); got.Hash() != genesis.Hash() {
			t.Error("the first chain suffered")
		}
		if err := first.Close(); err != nil {
			t.Fatal(err)
		}
		second, _ := start(t, config)
		if second.RPC != first.RPC {
			t.Errorf("restarted at %s, not %s", second.RPC, first.RPC)
		}
	})
}

func TestListenOnAllInterfaces(t *testing.T) {
	onBackends(t, func(t *testing.T, config Config) {
		config.Listen = ":0"
		chain, client := start(t, config)
		if !strings.HasPrefix(chain.RPC, "http://127.0.0.1:") {
			t.Errorf("RPC at %s", chain.RPC)
		}
		header(t, client, latest)
	})
}

func TestContextEndsTheChain(t *testing.T) {
	onBackends(t, func(t *testing.T, config Config) {
		ctx, cancel := context.WithCancel(t.Context())
		chain, err := Start(ctx, config)
		if err != nil {
			t.Fatal(err)
		}
		cancel()
		if err := chain.Close(); err != nil { // waits for the end that cancel began
			t.Error(err)
		}
		if err := chain.Mine(context.Background(), 1); err == nil {
			t.Error("a closed chain made a block")
		}
		client, err := ethclient.Dial(chain.RPC)
		if err != nil {
			return
		}
		defer client.Close()
		if _, err := client.BlockNumber(t.Context()); err == nil {
			t.Error("a closed chain answers")
		}
	})
}

func TestWriteFile(t *testing.T) {
	chain := &Chain{RPC: "http://127.0.0.1:1", ChainID: 7, Registry: common.HexToAddress("0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266")}
	var err error
	if chain.Accounts, err = deriveAccounts(1); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "chain.json")
	for range 2 { // the second replaces the first
		if err := chain.WriteFile(path); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var got any
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	var want any
	if err := json.Unmarshal([]byte(`{
		"rpc": "http://127.0.0.1:1",
		"chainId": 7,
		"registry": "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266",
		"accounts": [{
			"address": "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266",
			"privateKey": "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"
		}]}`), &want); err != nil {
		t.Fatal(err)
	}
	if a, b := mustJSON(t, got), mustJSON(t, want); a != b {
		t.Errorf("got  %s\nwant %s", a, b)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
	if err := chain.WriteFile(filepath.Join(dir, "absent", "chain.json")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("folder that does not exist: %v", err)
	}
}

func mustJSON(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestDeriveAccounts(t *testing.T) {
	accounts, err := deriveAccounts(3)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{
		"0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266",
		"0x70997970C51812dc3A010C7d01b50e0d17dc79C8",
		"0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC",
	} {
		if got := accounts[i].Address.Hex(); got != want {
			t.Errorf("account %d is %s, want %s", i, got, want)
		}
	}
}

func TestConfigErrors(t *testing.T) {
	for name, config := range map[string]Config{
		"backend":        {Backend: "ganache"},
		"listen":         {Listen: "8545"},
		"port":           {Listen: "127.0.0.1:eth"},
		"block time":     {BlockTime: 1500 * time.Millisecond},
		"negative time":  {BlockTime: -time.Second},
		"epoch":          {Epoch: -1},
		"accounts":       {Accounts: -1},
		"chain id":       {ChainID: 1 << 60},
		"anvil's forks":  {Backend: BackendAnvil, Amsterdam: true},
		"anvil's listen": {Backend: BackendAnvil, Listen: "127.0.0.1:eth"},
	} {
		if chain, err := Start(t.Context(), config); err == nil {
			t.Errorf("%s: accepted", name)
			_ = chain.Close()
		}
	}
}
