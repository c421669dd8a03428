package testnet

import (
	"errors"
	"math/big"
	"testing"

	"github.com/ethereum/go-ethereum/params"
)

// TestAttach attaches to a running chain as to a stranger's, with other
// accounts: by a payer's key on geth, by the node's own account on anvil.
func TestAttach(t *testing.T) {
	onBackends(t, func(t *testing.T, config Config) {
		host, client := start(t, config)
		ctx := t.Context()
		var payer *Account
		if config.Backend == BackendGeth {
			if _, err := Attach(ctx, host.RPC, nil, Config{Accounts: 2, Mnemonic: "somebody else"}); err == nil {
				t.Error("attached without anybody to pay")
			}
			payer = &host.Accounts[0]
		}
		chain, err := Attach(ctx, host.RPC, payer, Config{Accounts: 2, Mnemonic: "somebody else"})
		if err != nil {
			t.Fatal(err)
		}
		if chain.ChainID != DefaultChainID || chain.Registry != host.Registry || len(chain.Accounts) != 2 {
			t.Errorf("attached to %+v", chain)
		}
		for _, account := range chain.Accounts {
			balance, err := client.BalanceAt(ctx, account.Address, nil)
			if err != nil || balance.Cmp(new(big.Int).Mul(big.NewInt(100), big.NewInt(params.Ether))) < 0 {
				t.Errorf("%s has %v, %v", account.Address, balance, err)
			}
		}
		before := header(t, client, latest).Number.Uint64()
		if err := chain.Mine(ctx, 3); err != nil {
			t.Fatal(err)
		}
		if after := header(t, client, latest).Number.Uint64(); after != before+3 {
			t.Errorf("three blocks took the head from %d to %d", before, after)
		}
		if err := chain.Reorg(ctx, 1); !errors.Is(err, errNotOurs) {
			t.Errorf("reorg of a stranger's chain: %v", err)
		}
		if err := chain.Close(); err != nil {
			t.Error(err)
		}
		header(t, client, latest) // still there
	})
}
