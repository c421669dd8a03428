package testchain

import (
	"errors"
	"math/big"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/ethclient"

	"github.com/hallmark-node/hallmark/testnet"
)

// Send makes an account call the registry, and returns the block that it was mined in once the
// chain's head is there.
func Send(t testing.TB, c *testnet.Chain, account testnet.Account, calldata []byte) (block uint64) {
	t.Helper()
	client, err := ethclient.DialContext(t.Context(), c.RPC)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	nonce, err := client.PendingNonceAt(t.Context(), account.Address)
	if err != nil {
		t.Fatal(err)
	}
	id := new(big.Int).SetUint64(c.ChainID)
	tx := types.MustSignNewTx(account.PrivateKey, types.LatestSignerForChainID(id), &types.DynamicFeeTx{
		ChainID: id, Nonce: nonce, To: &c.Registry, Data: calldata, Gas: 300_000,
		GasTipCap: big.NewInt(2e9), GasFeeCap: big.NewInt(100e9),
	})
	if err := client.SendTransaction(t.Context(), tx); err != nil {
		t.Fatal(err)
	}
	for ; ; time.Sleep(5 * time.Millisecond) { // nothing tells of it
		receipt, err := client.TransactionReceipt(t.Context(), tx.Hash())
		if errors.Is(err, ethereum.NotFound) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if receipt.Status != types.ReceiptStatusSuccessful {
			t.Fatalf("transaction %s reverted", tx.Hash())
		}
		// go-ethereum shows a receipt an instant before it moves the head.
		head, err := client.BlockNumber(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if head >= receipt.BlockNumber.Uint64() {
			return receipt.BlockNumber.Uint64()
		}
	}
}
