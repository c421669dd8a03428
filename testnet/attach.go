package testnet

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/ethclient"
	"github.com/ethereum/go-ethereum/params"

	"github.com/hallmark-node/hallmark/contracts"
)

// Attach readies a test chain that runs elsewhere, such as `geth --dev
// --http`, for the same use as one from Start: it sees to it that the registry is
// in place and that the accounts hold at least 100 ether each. The money is
// payer's; if payer is nil, that of the first account which the chain's node
// signs for (`geth --dev` and anvil have one). The chain must have the
// deterministic deployer; `geth --dev` has.
//
// Of config only Accounts, Mnemonic and Log count. Mine works by sending
// transactions of the payer, one a block; Reorg and AdvanceTime do not work; what
// `finalized` means is the chain's affair (`geth --dev`: the last block whose
// number is a multiple of 32). Close only ends the connection, and a chain that
// is attached to lives longer than ctx.
func Attach(ctx context.Context, url string, payer *Account, config Config) (_ *Chain, err error) {
	config, err = config.withDefaults()
	if err != nil {
		return nil, err
	}
	accounts, err := deriveAccounts(config.Mnemonic, config.Accounts)
	if err != nil {
		return nil, err
	}
	client, err := ethclient.DialContext(ctx, url)
	if err != nil {
		return nil, fmt.Errorf("testnet: attach to %s: %w", url, err)
	}
	defer func() {
		if err != nil {
			client.Close()
			err = fmt.Errorf("testnet: attach to %s: %w", url, err)
		}
	}()
	id, err := client.ChainID(ctx)
	if err != nil {
		return nil, err
	}
	if !id.IsUint64() || id.Uint64() == 1 {
		return nil, fmt.Errorf("chain %v is not a test chain", id)
	}
	a := &attached{client: client, endpoint: url, payer: payer}
	if payer == nil {
		if a.unlocked, err = firstUnlocked(ctx, client); err != nil {
			return nil, err
		}
	}
	for _, account := range accounts {
		if err := a.fund(ctx, account.Address); err != nil {
			return nil, err
		}
	}
	if err := deployRegistry(ctx, client, accounts[0], func() error { return nil }); err != nil {
		return nil, err
	}
	return &Chain{
		RPC:      url,
		ChainID:  id.Uint64(),
		Registry: contracts.Address,
		Accounts: accounts,
		backend:  a,
		client:   client,
	}, nil
}

// attached is a chain that is not ours to control.
type attached struct {
	client   *ethclient.Client
	endpoint string
	payer    *Account       // nil: unlocked pays
	unlocked common.Address // an account that the chain's node signs for
}

// firstUnlocked returns the first account that the node signs for.
func firstUnlocked(ctx context.Context, client *ethclient.Client) (common.Address, error) {
	var accounts []common.Address
	if err := client.Client().CallContext(ctx, &accounts, "eth_accounts"); err != nil {
		return common.Address{}, fmt.Errorf("ask for the node's accounts: %w", err)
	}
	if len(accounts) == 0 {
		return common.Address{}, errors.New("the node signs for no account: name one that pays")
	}
	return accounts[0], nil
}

// fund pays 100 ether to an address that has less.
func (a *attached) fund(ctx context.Context, address common.Address) error {
	enough := new(big.Int).Mul(big.NewInt(100), big.NewInt(params.Ether))
	balance, err := a.client.BalanceAt(ctx, address, nil)
	if err != nil {
		return fmt.Errorf("read the balance of %s: %w", address, err)
	}
	if balance.Cmp(enough) >= 0 {
		return nil
	}
	if err := a.pay(ctx, address, enough); err != nil {
		return fmt.Errorf("fund %s: %w", address, err)
	}
	return nil
}

// pay sends money and waits until the transaction is mined.
func (a *attached) pay(ctx context.Context, to common.Address, wei *big.Int) error {
	hash, err := a.send(ctx, to, wei)
	if err != nil {
		return err
	}
	receipt, err := awaitReceipt(ctx, a.client, hash)
	if err != nil {
		return err
	}
	if receipt.Status != types.ReceiptStatusSuccessful {
		return fmt.Errorf("transaction %s failed", hash)
	}
	return nil
}

func (a *attached) send(ctx context.Context, to common.Address, wei *big.Int) (hash common.Hash, err error) {
	if a.payer != nil {
		tx, err := sign(ctx, a.client, *a.payer, to, wei, nil)
		if err != nil {
			return hash, err
		}
		return tx.Hash(), a.client.SendTransaction(ctx, tx)
	}
	err = a.client.Client().CallContext(ctx, &hash, "eth_sendTransaction", map[string]any{
		"from":  a.unlocked,
		"to":    to,
		"value": (*hexutil.Big)(wei),
	})
	return hash, err
}

func (a *attached) mine(ctx context.Context, n int) error {
	to := a.unlocked
	if a.payer != nil {
		to = a.payer.Address
	}
	for range n {
		if err := a.pay(ctx, to, new(big.Int)); err != nil {
			return err
		}
	}
	return nil
}

var errNotOurs = errors.New("the chain was not started here")

func (a *attached) reorg(context.Context, int, bool) error       { return errNotOurs }
func (a *attached) advance(context.Context, time.Duration) error { return errNotOurs }
func (a *attached) url() string                                  { return a.endpoint }
func (a *attached) close() error                                 { return nil }
