package testnet

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"time"

	"github.com/ethereum/go-ethereum"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/ethclient"

	"github.com/hallmark-node/hallmark/contracts"
)

// pollInterval is how often the chain is asked again while Start waits for it.
const pollInterval = 10 * time.Millisecond

// deployRegistry puts the registry on a chain by a transaction of account
// through the deterministic deployer, waits for it and checks the code. Where
// the registry is already there it sends nothing. mine is called once the
// transaction is sent, to have it mined.
func deployRegistry(ctx context.Context, client *ethclient.Client, account Account, mine func() error) error {
	if present, err := registryPresent(ctx, client); err != nil || present {
		return err
	}
	switch code, err := client.CodeAt(ctx, contracts.Deployer, nil); {
	case err != nil:
		return fmt.Errorf("read the deterministic deployer's code: %w", err)
	case len(code) == 0:
		return fmt.Errorf("the deterministic deployer is not at %s: a chain with today's gas prices or newer needs it in its genesis",
			contracts.Deployer)
	}
	tx, err := sign(ctx, client, account, contracts.Deployer, nil, contracts.DeployCalldata())
	if err != nil {
		return err
	}
	if err := client.SendTransaction(ctx, tx); err != nil {
		return fmt.Errorf("send the registry's deployment: %w", err)
	}
	if err := mine(); err != nil {
		return fmt.Errorf("mine the registry's deployment: %w", err)
	}
	receipt, err := awaitReceipt(ctx, client, tx.Hash())
	if err != nil {
		return err
	}
	if receipt.Status != types.ReceiptStatusSuccessful {
		return fmt.Errorf("the registry's deployment, transaction %s, failed", tx.Hash())
	}
	switch present, err := registryPresent(ctx, client); {
	case err != nil:
		return err
	case !present:
		return fmt.Errorf("the registry is not at %s after its deployment", contracts.Address)
	}
	return nil
}

// registryPresent tells whether the registry is in place; other code at its
// address is an error.
func registryPresent(ctx context.Context, client *ethclient.Client) (bool, error) {
	code, err := client.CodeAt(ctx, contracts.Address, nil)
	if err != nil {
		return false, fmt.Errorf("read the registry's code: %w", err)
	}
	if len(code) == 0 {
		return false, nil
	}
	if hash := crypto.Keccak256Hash(code); hash != contracts.CodeHash {
		return false, fmt.Errorf("the code at %s has hash %s, the registry's is %s", contracts.Address, hash, contracts.CodeHash)
	}
	return true, nil
}

// sign makes a transaction of account with the gas and the fees that the chain
// asks for.
func sign(
	ctx context.Context, client *ethclient.Client, account Account, to common.Address, value *big.Int, data []byte,
) (*types.Transaction, error) {
	id, err := client.ChainID(ctx)
	if err != nil {
		return nil, fmt.Errorf("ask for the chain id: %w", err)
	}
	head, err := client.HeaderByNumber(ctx, nil)
	if err != nil {
		return nil, fmt.Errorf("read the head: %w", err)
	}
	if head.BaseFee == nil {
		return nil, errors.New("the chain has no base fee: it is older than EIP-1559")
	}
	tip, err := client.SuggestGasTipCap(ctx)
	if err != nil {
		return nil, fmt.Errorf("ask for a gas tip: %w", err)
	}
	nonce, err := client.PendingNonceAt(ctx, account.Address)
	if err != nil {
		return nil, fmt.Errorf("read the nonce of %s: %w", account.Address, err)
	}
	gas, err := client.EstimateGas(ctx, ethereum.CallMsg{From: account.Address, To: &to, Value: value, Data: data})
	if err != nil {
		return nil, fmt.Errorf("estimate the gas of a transaction to %s: %w", to, err)
	}
	return types.SignNewTx(account.PrivateKey, types.LatestSignerForChainID(id), &types.DynamicFeeTx{
		ChainID:   id,
		Nonce:     nonce,
		GasTipCap: tip,
		GasFeeCap: new(big.Int).Add(tip, new(big.Int).Mul(head.BaseFee, big.NewInt(2))),
		Gas:       gas,
		To:        &to,
		Value:     value,
		Data:      data,
	})
}

// awaitReceipt asks for the receipt until it is there and its block is the head or
// below it, or ctx is done, or 30 seconds are over. go-ethereum shows a receipt an
// instant before it moves the head.
func awaitReceipt(ctx context.Context, client *ethclient.Client, hash common.Hash) (*types.Receipt, error) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	tick := time.NewTicker(pollInterval)
	defer tick.Stop()
	for {
		receipt, err := client.TransactionReceipt(ctx, hash)
		if err == nil {
			var head uint64
			if head, err = client.BlockNumber(ctx); err == nil && head >= receipt.BlockNumber.Uint64() {
				return receipt, nil
			}
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("wait for transaction %s: %w", hash, errors.Join(ctx.Err(), err))
		case <-tick.C:
		}
	}
}
