package contracts

import (
	"context"
	"math/big"
	"strconv"
	"testing"

	"github.com/ethereum/go-ethereum/accounts/abi/bind/v2"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/common/math"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/signer/core/apitypes"
)

// deadline lies beyond any block of these tests.
const deadline = 1 << 40

// signedStatus is setStatusBySig for c's key, signed as a wallet would: from the typed data as JSON says it, by
// go-ethereum's own EIP-712 code.
func signedStatus(t *testing.T, c *chain, version uint64) []byte {
	t.Helper()
	chainID, err := c.Client().ChainID(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	root, list := digest("status "+strconv.FormatUint(version, 10)), digest("list")
	typed := apitypes.TypedData{
		PrimaryType: "SetStatus",
		Domain: apitypes.TypedDataDomain{
			Name:              "Hallmark",
			Version:           "1",
			ChainId:           (*math.HexOrDecimal256)(chainID),
			VerifyingContract: Address.Hex(),
		},
		Types: apitypes.Types{
			"EIP712Domain": {
				{Name: "name", Type: "string"},
				{Name: "version", Type: "string"},
				{Name: "chainId", Type: "uint256"},
				{Name: "verifyingContract", Type: "address"},
			},
			"SetStatus": {
				{Name: "issuer", Type: "address"},
				{Name: "version", Type: "uint64"},
				{Name: "statusRoot", Type: "bytes32"},
				{Name: "list", Type: "bytes32"},
				{Name: "deadline", Type: "uint256"},
			},
		},
		Message: apitypes.TypedDataMessage{
			"issuer":     c.sender().Hex(),
			"version":    strconv.FormatUint(version, 10),
			"statusRoot": hexutil.Encode(root[:]),
			"list":       hexutil.Encode(list[:]),
			"deadline":   strconv.FormatInt(deadline, 10),
		},
	}
	hash, _, err := apitypes.TypedDataAndHash(typed)
	if err != nil {
		t.Fatal(err)
	}
	signature, err := crypto.Sign(hash, c.key)
	if err != nil {
		t.Fatal(err)
	}
	signature[64] += 27
	return registry.PackSetStatusBySig(c.sender(), version, root, list, big.NewInt(deadline), signature)
}

// TestWalletSignature has the registry take a signature that a wallet made of the typed data.
func TestWalletSignature(t *testing.T) {
	c := newChain(t, false)
	c.deploy()
	receipt := c.send(Address, signedStatus(t, c, 1))
	event, err := registry.UnpackStatusChangedEvent(receipt.Logs[0])
	if err != nil {
		t.Fatal(err)
	}
	if event.Issuer != c.sender() || event.Version != 1 || event.StatusRoot != digest("status 1") {
		t.Errorf("the event is %+v", event)
	}
	// relayed again it is stale, and says so
	_, err = bind.Call(registry.Instance(c.Client(), Address), nil, signedStatus(t, c, 1), nothing)
	reason, _ := RevertReason(err)
	if mismatch, ok := reason.(*AnchorRegistryVersionMismatch); !ok || mismatch.Expected != 2 {
		t.Errorf("the reason is %#v, want a version mismatch", reason)
	}
}

// nothing unpacks the result of a function that returns none.
func nothing([]byte) (struct{}, error) { return struct{}{}, nil }
