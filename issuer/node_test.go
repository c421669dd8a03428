package issuer_test

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/hallmark-node/hallmark/anchor/anchortest"
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
	node, err := anchortest.Open(anchortest.Config(filepath.Join(folder, "node"), c))
	must(err)
	node.Begin()
	must(node.Serve(api.NewServer(node.Node, api.Config{Log: slog.New(slog.DiscardHandler)})))
	return node.URL, chain.NewKey(c.Accounts[1].PrivateKey), badge, func() {
		must(errors.Join(node.Stop(), c.Close(), os.RemoveAll(folder)))
	}
}
