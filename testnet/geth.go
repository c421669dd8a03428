package testnet

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/ethereum/go-ethereum/core"
	"github.com/ethereum/go-ethereum/core/rawdb"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/eth"
	"github.com/ethereum/go-ethereum/eth/ethconfig"
	"github.com/ethereum/go-ethereum/eth/filters"
	gethlog "github.com/ethereum/go-ethereum/log"
	"github.com/ethereum/go-ethereum/node"
	"github.com/ethereum/go-ethereum/p2p"
	"github.com/ethereum/go-ethereum/params"
	"github.com/ethereum/go-ethereum/rpc"
)

// geth is a go-ethereum node in this process, in memory and without peers, whose
// blocks a sealer makes.
type geth struct {
	node *node.Node
	*sealer
}

func startGeth(config Config, accounts []Account) (_ *geth, url string, err error) {
	nodeConfig, err := gethNodeConfig(config)
	if err != nil {
		return nil, "", err
	}
	stack, err := node.New(nodeConfig)
	if err != nil {
		return nil, "", err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, stack.Close())
		}
	}()
	service, err := eth.New(stack, gethConfig(config, accounts))
	if err != nil {
		return nil, "", err
	}
	stack.RegisterAPIs([]rpc.API{{
		Namespace: "eth",
		Service:   filters.NewFilterAPI(filters.NewFilterSystem(service.APIBackend, filters.Config{})),
	}})
	if err := stack.Start(); err != nil {
		return nil, "", err
	}
	url, err = localURL(strings.TrimPrefix(stack.HTTPEndpoint(), "http://"))
	if err != nil {
		return nil, "", err
	}
	service.SetSynced() // there are no peers to synchronize with: take transactions
	return &geth{stack, startSealer(service, config)}, url, nil
}

func (g *geth) close() error {
	g.sealer.stop()
	return g.node.Close()
}

// gethNodeConfig is a node without data folder, key store, discovery and peers
// that serves HTTP JSON-RPC.
func gethNodeConfig(config Config) (*node.Config, error) {
	host, portText, err := net.SplitHostPort(config.Listen)
	if err != nil {
		return nil, err
	}
	port, err := strconv.ParseUint(portText, 10, 16)
	if err != nil {
		return nil, fmt.Errorf("port of %q: %w", config.Listen, err)
	}
	if host == "" {
		host = "0.0.0.0" // as in package net; to geth an empty host means no server
	}
	// Find an occupied port now: a node that fails on it later cannot be cleared away whole.
	probe, err := new(net.ListenConfig).Listen(context.Background(), "tcp", net.JoinHostPort(host, portText))
	if err != nil {
		return nil, err
	}
	if err := probe.Close(); err != nil {
		return nil, err
	}
	c := node.DefaultConfig
	c.DataDir = ""
	c.HTTPHost = host
	c.HTTPPort = int(port)
	c.HTTPModules = []string{"eth", "net", "web3", "debug", "txpool"}
	c.P2P = p2p.Config{NoDiscovery: true, NoDial: true}
	c.Logger = gethlog.NewLogger(config.Log.Handler())
	return &c, nil
}

// gethConfig is an archive node with small caches.
func gethConfig(config Config, accounts []Account) *ethconfig.Config {
	c := ethconfig.Defaults
	c.Genesis = gethGenesis(config, accounts)
	c.SyncMode = ethconfig.FullSync
	// The hash scheme keeps every state whole; the path scheme cannot prove
	// old ones even in an archive node.
	c.StateScheme = rawdb.HashScheme
	c.NoPruning = true
	c.TransactionHistory = 0 // index all transactions
	c.LogNoHistory = true    // search logs without an index: reorgs are common here
	c.TxPool.NoLocals = true // else dropped transactions come back
	c.DatabaseCache = 16
	c.TrieCleanCache = 16
	c.TrieDirtyCache = 0
	c.SnapshotCache = 0
	return &c
}

// gethGenesis has mainnet's rules of today from the first block on, the system
// contracts and the deterministic deployer in place, and funded accounts.
func gethGenesis(config Config, accounts []Account) *core.Genesis {
	chain := *params.AllDevChainProtocolChanges
	chain.ChainID = new(big.Int).SetUint64(config.ChainID)
	// geth's development preset is ahead of mainnet.
	chain.BogotaTime = nil
	chain.BPO1Time, chain.BPO2Time = new(uint64), new(uint64)
	chain.BlobScheduleConfig = params.MainnetChainConfig.BlobScheduleConfig
	if config.Amsterdam {
		chain.AmsterdamTime = new(uint64)
	}
	alloc := core.SystemContractAllocs()
	for _, account := range accounts {
		alloc[account.Address] = types.Account{Balance: accountBalance()}
	}
	return &core.Genesis{
		Config:     &chain,
		Timestamp:  uint64(time.Now().Unix()),
		GasLimit:   ethconfig.Defaults.Miner.GasCeil,
		BaseFee:    big.NewInt(params.InitialBaseFee),
		Difficulty: new(big.Int),
		Alloc:      alloc,
	}
}
