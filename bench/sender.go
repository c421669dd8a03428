package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/ethereum/go-ethereum"
	"github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/ethclient"

	"github.com/hallmark-node/hallmark/testnet"
)

// sender sends transactions of one account, one after the other.
type sender struct {
	b       *bench
	client  *ethclient.Client
	signer  types.Signer
	account testnet.Account
}

func newSender(b *bench, c *testnet.Chain) (*sender, error) {
	client, err := ethclient.DialContext(b.ctx, c.RPC)
	if err != nil {
		return nil, err
	}
	return &sender{b, client, types.LatestSignerForChainID(new(big.Int).SetUint64(c.ChainID)), c.Accounts[0]}, nil
}

// send sends a transaction, to nil to create a contract, and returns the gas that it
// used. One that fails is an error.
func (s *sender) send(to *common.Address, data []byte) (used float64, err error) {
	receipt, err := s.transact(to, data)
	if err != nil {
		return 0, err
	}
	return float64(receipt.GasUsed), nil
}

func (s *sender) transact(to *common.Address, data []byte) (*types.Receipt, error) {
	ctx := s.b.ctx
	nonce, err := s.client.PendingNonceAt(ctx, s.account.Address)
	if err != nil {
		return nil, err
	}
	price, err := s.client.SuggestGasPrice(ctx)
	if err != nil {
		return nil, err
	}
	tip, err := s.client.SuggestGasTipCap(ctx)
	if err != nil {
		return nil, err
	}
	limit, err := s.client.EstimateGas(ctx, ethereum.CallMsg{From: s.account.Address, To: to, Data: data})
	if err != nil {
		return nil, err
	}
	fee := new(big.Int).Add(tip, new(big.Int).Mul(price, big.NewInt(3)))
	tx, err := types.SignNewTx(s.account.PrivateKey, s.signer, &types.DynamicFeeTx{
		ChainID: s.signer.ChainID(), Nonce: nonce, GasTipCap: tip, GasFeeCap: fee, Gas: limit + limit/4, To: to, Data: data,
	})
	if err != nil {
		return nil, err
	}
	if err := s.client.SendTransaction(ctx, tx); err != nil {
		return nil, err
	}
	var receipt *types.Receipt
	var asked error
	err = await(ctx, "a receipt", func() bool {
		receipt, asked = s.client.TransactionReceipt(ctx, tx.Hash())
		return asked == nil
	})
	if err != nil {
		return nil, errors.Join(err, asked)
	}
	if receipt.Status != types.ReceiptStatusSuccessful {
		return nil, errors.New("the transaction failed")
	}
	return receipt, nil
}

// artifact is a compiled contract.
type artifact struct {
	ABI      abi.ABI
	Bytecode hexutil.Bytes
}

// deployed is a contract on the chain.
type deployed struct {
	abi.ABI
	at common.Address
}

// pack encodes a call. Its arguments are of this program's making.
func (d *deployed) pack(method string, args ...any) []byte { return must(d.Pack(method, args...)) }

func (s *sender) deploy(a artifact, args ...any) (*deployed, error) {
	code, err := a.ABI.Pack("", args...)
	if err != nil {
		return nil, err
	}
	receipt, err := s.transact(nil, append(a.Bytecode, code...))
	if err != nil {
		return nil, fmt.Errorf("deploy a contract: %w", err)
	}
	return &deployed{a.ABI, receipt.ContractAddress}, nil
}

// deployHarness compiles and deploys the contract of our tests that does nothing but
// call HallmarkVerifier.
func (s *sender) deployHarness() (*deployed, error) {
	const folder = "contracts"
	bin, err := filepath.Abs(filepath.Join(folder, "node_modules", ".bin"))
	if err != nil {
		return nil, err
	}
	c := exec.CommandContext(s.b.ctx, filepath.Join(bin, "forge"), "build", "--quiet")
	c.Dir = folder
	c.Env = append(os.Environ(), "PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"))
	if out, err := c.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("forge build: %w: %s", err, out)
	}
	data, err := os.ReadFile(filepath.Join(folder, "out", "VerifierHarness.sol", "VerifierHarness.json"))
	if err != nil {
		return nil, err
	}
	var compiled struct {
		ABI      abi.ABI
		Bytecode struct{ Object hexutil.Bytes }
	}
	if err := json.Unmarshal(data, &compiled); err != nil {
		return nil, err
	}
	return s.deploy(artifact{compiled.ABI, compiled.Bytecode.Object})
}

// peerContracts returns the contracts of others, as they are published on npm.
func (s *sender) peerContracts() (all map[string]artifact, err error) {
	out, err := command(s.b.ctx, "node", filepath.Join(peersFolder, "js", "peer.js"), "contracts")
	if err != nil {
		return nil, err
	}
	err = json.Unmarshal(out, &all)
	return all, err
}
