package contracts

import (
	"context"
	"crypto/ecdsa"
	"math/big"
	"testing"

	"github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/ethereum/go-ethereum/accounts/abi/bind/v2"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/eth/ethconfig"
	"github.com/ethereum/go-ethereum/ethclient/simulated"
	"github.com/ethereum/go-ethereum/node"
	"github.com/ethereum/go-ethereum/params"
)

// chain is an in-process chain that has the deployer, not the registry, and one funded key.
type chain struct {
	*simulated.Backend
	t   *testing.T
	key *ecdsa.PrivateKey
}

// newChain starts a chain under today's mainnet rules, or under those of the forks that go-ethereum already knows
// beyond them (Amsterdam, with EIP-8037's price of new state).
func newChain(t *testing.T, amsterdam bool) *chain {
	t.Helper()
	key, err := crypto.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	alloc := types.GenesisAlloc{
		crypto.PubkeyToAddress(key.PublicKey): {Balance: big.NewInt(params.Ether)},
		Deployer:                              {Balance: new(big.Int), Code: params.DeterministicFactoryCode},
	}
	backend := simulated.NewBackend(alloc, func(_ *node.Config, eth *ethconfig.Config) {
		config := *params.AllDevChainProtocolChanges
		config.BogotaTime = nil // the preset's: prices of Amsterdam's opcodes, but not of its transactions
		config.BlobScheduleConfig = params.DefaultBlobSchedule
		if amsterdam {
			genesis := uint64(0)
			config.AmsterdamTime = &genesis
		}
		eth.Genesis.Config = &config
	})
	t.Cleanup(func() {
		if err := backend.Close(); err != nil {
			t.Errorf("closing the simulated chain: %v", err)
		}
	})
	return &chain{Backend: backend, t: t, key: key}
}

func (c *chain) sender() common.Address { return crypto.PubkeyToAddress(c.key.PublicKey) }

// send has the funded key call to with data, as a whole transaction of its own block, and returns the receipt of its
// success.
func (c *chain) send(to common.Address, data []byte) *types.Receipt {
	c.t.Helper()
	ctx := context.Background()
	chainID, err := c.Client().ChainID(ctx)
	if err != nil {
		c.t.Fatal(err)
	}
	account := bind.NewBoundContract(to, abi.ABI{}, c.Client(), c.Client(), c.Client())
	tx, err := bind.Transact(account, bind.NewKeyedTransactor(c.key, chainID), data)
	if err != nil {
		c.t.Fatalf("sending to %s: %v", to, err)
	}
	c.Commit()
	receipt, err := c.Client().TransactionReceipt(ctx, tx.Hash())
	if err != nil {
		c.t.Fatal(err)
	}
	if receipt.Status != types.ReceiptStatusSuccessful {
		c.t.Fatalf("the transaction to %s reverted", to)
	}
	return receipt
}

// deploy puts the registry where it belongs.
func (c *chain) deploy() *types.Receipt {
	c.t.Helper()
	return c.send(Deployer, DeployCalldata())
}
