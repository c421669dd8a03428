package main

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/hallmark-node/hallmark/anchor"
	"github.com/hallmark-node/hallmark/anchor/anchortest"
	"github.com/hallmark-node/hallmark/anchor/api"
	"github.com/hallmark-node/hallmark/internal/scripttest"
	"github.com/hallmark-node/hallmark/testnet"
	"github.com/hallmark-node/hallmark/testnet/testchain"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){program: main})
}

// The scripts have RPC, the URL of a chain that makes a block every 200 ms, NODE, that of
// a node on it, and the program hallmark for keys and trust stores.
func TestScript(t *testing.T) {
	chain := testchain.StartMining(t, testnet.Config{})
	node := anchortest.Start(t, anchortest.Config(t.TempDir(), chain), func(n *anchor.Node) *http.Server {
		return api.NewServer(n, api.Config{Log: slog.New(slog.DiscardHandler)})
	}).URL
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
