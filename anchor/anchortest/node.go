// Package anchortest runs nodes in tests: [Start] in this process, [Launch] as a process of
// its own. Chains come from package testnet/testchain.
package anchortest

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/hallmark-node/hallmark/anchor"
	"github.com/hallmark-node/hallmark/anchor/chain"
	"github.com/hallmark-node/hallmark/testnet"
	"github.com/hallmark-node/hallmark/verifier"
)

// Config is that of a quick and silent node on one chain, with the chain's first account,
// that takes submissions from everybody.
func Config(data string, c *testnet.Chain) anchor.Config {
	return anchor.Config{
		Data: data, Open: true, BatchAge: 50 * time.Millisecond, Log: slog.New(slog.DiscardHandler),
		Chains: []anchor.ChainConfig{{
			RPC: []string{c.RPC}, Key: chain.NewKey(c.Accounts[0].PrivateKey), PollInterval: 50 * time.Millisecond,
		}},
	}
}

// Node is an open node in this process. Its methods are for one goroutine.
type Node struct {
	*anchor.Node
	// URL is where it is served, empty if it is not.
	URL string

	stops []func() error // what ends it, in reverse order
}

// Open opens a node. [Node.Stop] has to be called.
func Open(config anchor.Config) (*Node, error) {
	n, err := anchor.Open(context.Background(), config)
	if err != nil {
		return nil, err
	}
	return &Node{Node: n, stops: []func() error{n.Close}}, nil
}

// Start opens a node and runs it for the length of a test, or until Stop is called. It is served
// by what server returns, unless that is nil.
func Start(t testing.TB, config anchor.Config, server func(*anchor.Node) *http.Server) *Node {
	t.Helper()
	n, err := Open(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := n.Stop(); err != nil {
			t.Errorf("the end of the node: %v", err)
		}
	})
	n.Begin()
	if server != nil {
		if err := n.Serve(server(n.Node)); err != nil {
			t.Fatal(err)
		}
	}
	return n
}

// Begin runs the node, until it is stopped or what is returned is called: that ends the run,
// waits for it and leaves the node open.
func (n *Node) Begin() (end func() error) {
	ctx, cancel := context.WithCancel(context.Background())
	ran := make(chan error, 1)
	go func() { ran <- n.Run(ctx) }()
	end = sync.OnceValue(func() error { cancel(); return <-ran })
	n.stops = append(n.stops, end)
	return end
}

// Serve starts an HTTP server on a free port of this machine.
func (n *Node) Serve(server *http.Server) error {
	listener, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	n.URL = "http://" + listener.Addr().String()
	n.stops = append(n.stops, func() error {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		err := server.Shutdown(ctx)
		if e := <-served; !errors.Is(e, http.ErrServerClosed) {
			err = errors.Join(err, e)
		}
		return err
	})
	return nil
}

// Home is that of its first chain.
func (n *Node) Home() verifier.Home { return n.Info().Chains[0].Home }

// Stop ends what serves it, then the node, and waits. It may be called again.
func (n *Node) Stop() (err error) {
	for ; len(n.stops) > 0; n.stops = n.stops[:len(n.stops)-1] {
		err = errors.Join(err, n.stops[len(n.stops)-1]())
	}
	return err
}
