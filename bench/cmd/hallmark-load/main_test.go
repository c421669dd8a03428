package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/hallmark-node/hallmark/anchor"
	"github.com/hallmark-node/hallmark/anchor/api"
	"github.com/hallmark-node/hallmark/anchor/chain"
	"github.com/hallmark-node/hallmark/internal/scripttest"
	"github.com/hallmark-node/hallmark/testnet"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){program: main})
}

// The scripts have RPC, the URL of a chain that makes a block every 200 ms, NODE, that of
// a node on it, and the program hallmark for keys and trust stores.
func TestScript(t *testing.T) {
	chain := startChain(t)
	node := startNode(t, chain)
	tools := t.TempDir()
	build := exec.CommandContext(t.Context(), "go", "build", "-o", filepath.Join(tools, "hallmark"), "./cmd/hallmark")
	build.Dir = filepath.Join("..", "..", "..") // the product's module
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("hallmark does not build: %v: %s", err, out)
	}
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(e *testscript.Env) error {
			e.Setenv("PATH", e.Getenv("PATH")+string(filepath.ListSeparator)+tools)
			e.Setenv("RPC", chain.RPC)
			e.Setenv("NODE", node)
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": scripttest.Exits,
			"readenv": func(ts *testscript.TestScript, _ bool, args []string) {
				ts.Setenv(args[0], strings.TrimSpace(ts.ReadFile(args[1])))
			},
			"tamper": func(ts *testscript.TestScript, _ bool, args []string) { tamper(ts, node, args[0]) },
		},
	})
}

// startChain runs a chain that makes a block every 200 ms until the test ends.
func startChain(t *testing.T) *testnet.Chain {
	t.Helper()
	chain, err := testnet.Start(context.Background(), testnet.Config{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	mined := make(chan struct{})
	go func() {
		defer close(mined)
		for ctx.Err() == nil {
			_ = chain.Mine(ctx, 1) // an error shows in what waits for the block
			select {
			case <-ctx.Done():
			case <-time.After(200 * time.Millisecond): // the chain's pace
			}
		}
	}()
	t.Cleanup(func() {
		stop()
		<-mined
		if err := chain.Close(); err != nil {
			t.Error(err)
		}
	})
	return chain
}

// startNode runs a node with the chain's first account until the test ends, and returns
// its URL.
func startNode(t *testing.T, c *testnet.Chain) string {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	n, err := anchor.Open(t.Context(), anchor.Config{
		Data: t.TempDir(), Open: true, BatchAge: 50 * time.Millisecond, Log: log,
		Chains: []anchor.ChainConfig{{
			RPC: []string{c.RPC}, Key: chain.NewKey(c.Accounts[0].PrivateKey), PollInterval: 50 * time.Millisecond,
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ran, served := make(chan error, 1), make(chan error, 1)
	server := api.NewServer(n, api.Config{Log: log})
	go func() { ran <- n.Run(ctx) }()
	go func() { served <- server.Serve(listener) }()
	t.Cleanup(func() {
		err := server.Shutdown(context.Background())
		if e := <-served; !errors.Is(e, http.ErrServerClosed) {
			err = errors.Join(err, e)
		}
		stop()
		if err := errors.Join(err, <-ran, n.Close()); err != nil {
			t.Error(err)
		}
	})
	return "http://" + listener.Addr().String()
}

// tamper puts a URL into a variable that is the node, but for one digit in the path of
// every second proof that it serves: tamper VAR.
func tamper(ts *testscript.TestScript, node, name string) {
	target, err := url.Parse(node)
	ts.Check(err)
	var proofs atomic.Int32
	onward := httputil.NewSingleHostReverseProxy(target)
	onward.ModifyResponse = func(r *http.Response) error {
		if !strings.HasPrefix(r.Request.URL.Path, "/v1/proofs/") || proofs.Add(1)%2 == 0 {
			return nil
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return err
		}
		before, path, ok := bytes.Cut(body, []byte(`"path":["0x`))
		if !ok {
			return errors.New("the answer has no path")
		}
		path[0] = "123456789abcdef0"[strings.IndexByte("0123456789abcdef", path[0])]
		body = append(append(before, `"path":["0x`...), path...)
		r.Body = io.NopCloser(bytes.NewReader(body))
		return nil
	}
	server := httptest.NewServer(onward)
	ts.Defer(server.Close)
	ts.Setenv(name, server.URL)
}
