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
	"github.com/ethereum/go-ethereum/params"

	"github.com/hallmark-node/hallmark/contracts"
)

// pollInterval is how often the chain is asked again while Start waits for it.
const pollInterval = 10 * time.Millisecond

// deployRegistry puts the registry on a chain by a transaction of account, which has sent
// none, through the deterministic deployer, waits for it and checks the code. mine is called
// once the transaction is sent, to have it mined.
func deployRegistry(ctx context.Context, client *ethclient.Client, chainID *big.Int, account Account, mine func() error) error {
	data := contracts.DeployCalldata()
	gas, err := client.EstimateGas(ctx, ethereum.CallMsg{From: account.Address, To: &contracts.Deployer, Data: data})
	if err != nil {
		return fmt.Errorf("estimate the gas of the registry's deployment: %w", err)
	}
	tx, err := types.SignNewTx(account.PrivateKey, types.LatestSignerForChainID(chainID), &types.DynamicFeeTx{
		ChainID: chainID, Gas: gas, To: &contracts.Deployer, Data: data,
		GasTipCap: big.NewInt(params.GWei / 1000), GasFeeCap: big.NewInt(10 * params.InitialBaseFee), // ample for the first block
	})
	if err != nil {
		return err
	}
	if err := client.SendTransaction(ctx, tx); err != nil {
		return fmt.Errorf("send the registry's deployment: %w", err)
	}
	if err := mine(); err != nil {
		return fmt.Errorf("mine the registry's deployment: %w", err)
	}
	if _, err := awaitReceipt(ctx, client, tx.Hash()); err != nil {
		return err
	}
	code, err := client.CodeAt(ctx, contracts.Address, nil)
	if err != nil {
		return fmt.Errorf("read the registry's code: %w", err)
	}
	if hash := crypto.Keccak256Hash(code); hash != contracts.CodeHash {
		return fmt.Errorf("after its deployment the code at %s has hash %s, the registry's is %s", contracts.Address, hash, contracts.CodeHash)
	}
	return nil
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
