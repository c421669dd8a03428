package pipeline

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/hallmark-node/hallmark/anchor/access"
	"github.com/hallmark-node/hallmark/anchor/chain"
	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/anchor/role"
	"github.com/hallmark-node/hallmark/anchor/store"
	"github.com/hallmark-node/hallmark/testnet"
	"github.com/hallmark-node/hallmark/verifier"
)

const never = 1 << 40 // a deadline, Unix seconds

// running is a pipeline with one chain, without intake, serving or node around it.
type running struct {
	*Pipeline
	*Writer
}

// start runs a pipeline on a chain until the test ends. The chain's accounts are listed.
func start(t *testing.T, c *testnet.Chain, rpc string) *running {
	t.Helper()
	s, err := store.Open(t.TempDir(), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return startOn(t, c, rpc, s, func(*Config) {})
}

// startOn is start with a store, which others may have too.
func startOn(t *testing.T, c *testnet.Chain, rpc string, s *store.Store, change func(*Config)) *running {
	t.Helper()
	chainConfig, err := ChainConfig{
		RPC: []string{rpc}, Key: chain.NewKey(c.Accounts[0].PrivateKey), Registry: verifier.Address(c.Registry),
		PollInterval: 10 * time.Millisecond,
	}.WithDefaults()
	if err != nil {
		t.Fatal(err)
	}
	whom := access.Config{Open: true}
	for _, a := range c.Accounts {
		whom.Issuers = append(whom.Issuers, verifier.Address(a.Address))
	}
	disk, err := role.NewDisk(t.TempDir(), 1)
	if err != nil {
		t.Fatal(err)
	}
	look, stop := make(chan struct{}), make(chan struct{})
	ctx, cancel := context.WithCancel(context.Background())
	config := Config{
		Chains: []ChainConfig{chainConfig}, Access: access.New(whom, s, slog.New(slog.DiscardHandler)), RelaysPerDay: 24, Data: "the folder",
		Log:   slog.New(slog.NewTextHandler(t.Output(), nil)),
		Hooks: role.Hooks{Step: func(string) {}, Changed: func() {}, Beat: func(string) {}, Rest: func(string) {}},
		Ready: func() {}, Leases: role.NewLeases(s, slog.New(slog.DiscardHandler)),
	}
	change(&config)
	p, err := Open(t.Context(), config, s, disk)
	if err != nil {
		t.Fatal(err)
	}
	go func() { disk.Run(look); close(stop) }()
	ran := make(chan error, 1)
	go func() { ran <- p.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		close(look)
		<-stop
		if err := <-ran; err != nil {
			t.Error(err)
		}
		p.Close()
	})
	return &running{p, p.Writers[0]}
}

func startChain(t *testing.T, config testnet.Config) *testnet.Chain {
	t.Helper()
	c, err := testnet.Start(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("never came: %s", what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func operation(t *testing.T, n *running, number uint64) store.Operation {
	t.Helper()
	o, err := n.store.Operation(number)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// statement makes the signed first status list of an account.
func statement(t *testing.T, n *running, by testnet.Account, items ...verifier.StatusItem) publish.StatusUpdate {
	t.Helper()
	issuer := verifier.Address(by.Address)
	list, err := publish.WriteStatusList(issuer, 1, items, func(publish.Block) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	signature, err := chain.NewKey(by.PrivateKey).SignDigest(verifier.SetStatusDigest(n.home, issuer, 1, list.Root, list.List, never))
	if err != nil {
		t.Fatal(err)
	}
	return publish.StatusUpdate{
		Issuer: issuer, Version: 1, Items: items, Root: list.Root, List: list.List, Deadline: never, Signature: signature[:],
	}
}
