package issuer_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"time"

	"github.com/hallmark-node/hallmark/anchor"
	"github.com/hallmark-node/hallmark/anchor/api"
	"github.com/hallmark-node/hallmark/anchor/chain"
	"github.com/hallmark-node/hallmark/issuer"
	"github.com/hallmark-node/hallmark/testnet"
)

// exampleNode runs a chain and a node, and returns the node's URL, a key and a badge.
func exampleNode() (url string, key issuer.Key, badge string, done func()) {
	must := func(err error) {
		if err != nil {
			panic(err)
		}
	}
	folder, err := os.MkdirTemp("", "issuer-example-*")
	must(err)
	badge = filepath.Join(folder, "badge.json")
	must(os.WriteFile(badge, []byte(`{"type": "VerifiableCredential", "issuer": "did:web:college.example"}`), 0o600))
	c, err := testnet.Start(context.Background(), testnet.Config{BlockTime: time.Second})
	must(err)
	node, err := anchor.Open(context.Background(), anchor.Config{
		Data: filepath.Join(folder, "node"), Open: true, BatchAge: 50 * time.Millisecond, Log: slog.New(slog.DiscardHandler),
		Chains: []anchor.ChainConfig{{RPC: []string{c.RPC}, Key: chain.NewKey(c.Accounts[0].PrivateKey), PollInterval: 50 * time.Millisecond}},
	})
	must(err)
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- node.Run(ctx) }()
	server := httptest.NewServer(api.NewServer(node, api.Config{Log: slog.New(slog.DiscardHandler)}).Handler)
	return server.URL, chain.NewKey(c.Accounts[1].PrivateKey), badge, func() {
		stop()
		server.Close()
		must(errors.Join(<-ended, node.Close(), c.Close(), os.RemoveAll(folder)))
	}
}
