package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/rogpeppe/go-internal/testscript"
	"github.com/urfave/cli/v2"

	"github.com/hallmark-node/hallmark/anchor"
	"github.com/hallmark-node/hallmark/anchor/anchortest"
	"github.com/hallmark-node/hallmark/anchor/api"
	"github.com/hallmark-node/hallmark/anchor/beaconapi"
	"github.com/hallmark-node/hallmark/anchor/sharing"
	"github.com/hallmark-node/hallmark/cmd/internal/run"
	"github.com/hallmark-node/hallmark/internal/scripttest"
	"github.com/hallmark-node/hallmark/testnet"
	"github.com/hallmark-node/hallmark/testnet/faultproxy"
	"github.com/hallmark-node/hallmark/testnet/testchain"
	"github.com/hallmark-node/hallmark/web"
)

// The scripts in testdata/script are the documentation of what each subcommand
// does. They run it as a process of its own.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"hallmark": main, "settxt": settxt})
}

// All scripts have RPC, the URL of a chain that makes a block every 200 ms, and NODE,
// that of a node on it. BEACON is the URL of the beacon chain behind the chain, whose sync
// committees serve for 8 blocks each. SECRET is the private key of a funded account, another one
// for each script, and SAMPLES the folder of sample badges.
func TestScript(t *testing.T) {
	chain := testchain.StartMining(t, testnet.Config{Accounts: 60, Beacon: true, BeaconPeriod: 8})
	node := startNode(t, chain)
	anvil := findAnvil()
	samples, err := filepath.Abs(filepath.Join("..", "..", "testdata", "badges"))
	if err != nil {
		t.Fatal(err)
	}
	var scripts atomic.Int32
	commands := identityCommands(t)
	maps.Copy(commands, map[string]func(*testscript.TestScript, bool, []string){
		"liar":     func(ts *testscript.TestScript, _ bool, args []string) { liar(t, ts, chain.RPC, args[0]) },
		"platform": func(ts *testscript.TestScript, _ bool, args []string) { platform(t, ts, args) },
		"proxy":    func(ts *testscript.TestScript, _ bool, args []string) { proxy(ts, node, args) },
		"periods":  func(ts *testscript.TestScript, _ bool, args []string) { periods(ts, chain, args[0]) },
		"chainnow": func(ts *testscript.TestScript, _ bool, args []string) { chainNow(ts, chain, args[0]) },
		"small":    func(ts *testscript.TestScript, _ bool, args []string) { small(ts, node, args) },
	})
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(e *testscript.Env) error {
			for _, v := range os.Environ() {
				if strings.HasPrefix(v, "HALLMARK_") && !strings.HasPrefix(v, "HALLMARK_ANVIL=") {
					name, _, _ := strings.Cut(v, "=")
					e.Setenv(name, "")
				}
			}
			e.Setenv("ANVIL", anvil)
			e.Setenv("ESC", "a\x1b]0;x\a\u202eb") // a name that would reach into a terminal
			e.Setenv("SAMPLES", samples)
			e.Setenv("RPC", chain.RPC)
			e.Setenv("NODE", node)
			e.Setenv("BEACON", chain.Beacon)
			account := chain.Accounts[scripts.Add(1)] // the first is the node's
			e.Setenv("ACCOUNT", account.Address.Hex())
			e.Setenv("SECRET", hexutil.Encode(crypto.FromECDSA(account.PrivateKey)))
			return nil
		},
		Condition: func(name string) (bool, error) {
			if name == "anvil" {
				return anvil != "", nil
			}
			if name == "engines" { // for a node of several processes
				return haveEngines(), nil
			}
			if name == "pages" { // the program was built with its pages
				_, err := web.Standalone("index.html")
				return err == nil, nil
			}
			return false, fmt.Errorf("unknown condition %q", name)
		},
		Cmds: scriptCommands(commands),
	})
}

// TestTwoChains runs the scripts in testdata/chains: they start two chains of their
// own, of the backends ONE and TWO, and stop them.
func TestTwoChains(t *testing.T) {
	t.Parallel()
	anvil := findAnvil()
	for _, backends := range [][2]string{{testnet.BackendGeth, testnet.BackendAnvil}, {testnet.BackendAnvil, testnet.BackendGeth}} {
		t.Run(backends[0], func(t *testing.T) {
			t.Parallel()
			if anvil == "" {
				t.Skip("not run: anvil is not installed")
			}
			testscript.Run(t, testscript.Params{
				Dir: "testdata/chains", RequireExplicitExec: true, RequireUniqueNames: true,
				Setup: func(e *testscript.Env) error {
					e.Setenv("HALLMARK_ANVIL", anvil)
					e.Setenv("ONE", backends[0])
					e.Setenv("TWO", backends[1])
					return nil
				},
				Cmds: scriptCommands(nil),
			})
		})
	}
}

// scriptCommands are what scripts can do beyond what testscript brings, and more.
func scriptCommands(more map[string]func(*testscript.TestScript, bool, []string)) map[string]func(*testscript.TestScript, bool, []string) {
	commands := map[string]func(*testscript.TestScript, bool, []string){
		"exits":    scripttest.Exits,
		"fetch":    fetchPage,
		"waitfile": waitFile,
		"waitgrep": waitGrep,
		"field":    jsonField,
		"write":    putFile,
		"readenv":  readEnv,
		"replace":  replace,
		"receiver": receiver,
		"post":     postFile,
		"until":    until,
		"files":    files,
		"engines":  startEngines,
	}
	maps.Copy(commands, more)
	return commands
}

// findAnvil returns the anvil that `make anvil` installs, empty if there is none.
func findAnvil() string {
	path := os.Getenv("HALLMARK_ANVIL")
	if path == "" {
		path = filepath.Join("..", "..", "contracts", "node_modules", ".bin", "anvil")
	}
	path, err := filepath.Abs(path)
	if err == nil {
		path, err = exec.LookPath(path)
	}
	if err != nil {
		return ""
	}
	return path
}

// startNode runs a node with the chain's first account and returns its URL.
func startNode(t *testing.T, c *testnet.Chain) string {
	t.Helper()
	config := anchortest.Config(t.TempDir(), c)
	config.Shares = &sharing.Config{Limit: 64 << 20}
	return anchortest.Start(t, config, func(n *anchor.Node) *http.Server {
		return api.NewServer(n, api.Config{Log: slog.New(slog.DiscardHandler)})
	}).URL
}

// fetchPage gets what is at the URL on the first line of a file into another: fetch FILE INTO.
func fetchPage(ts *testscript.TestScript, _ bool, args []string) {
	link, _, _ := strings.Cut(ts.ReadFile(args[0]), "\n")
	response, err := http.Get(link)
	ts.Check(err)
	defer response.Body.Close()
	page, err := io.ReadAll(response.Body)
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), page, 0o600))
}

// files serves a folder, as any web server does, and puts the URL into a variable: files VAR FOLDER.
func files(ts *testscript.TestScript, _ bool, args []string) {
	server := httptest.NewServer(http.FileServer(http.Dir(ts.MkAbs(args[1]))))
	ts.Defer(server.Close)
	ts.Setenv(args[0], server.URL)
}

// readEnv reads a file of one line into a variable: readenv VAR FILE.
func readEnv(ts *testscript.TestScript, _ bool, args []string) {
	ts.Setenv(args[0], strings.TrimSpace(ts.ReadFile(args[1])))
}

// proxy puts the URL of something into a variable that passes requests of one method
// on to the node, or to one of the script's own, and cuts the line or refuses at all others:
// proxy VAR METHOD cut|refuse [URL].
func proxy(ts *testscript.TestScript, node string, args []string) {
	if len(args) > 3 {
		node = args[3]
	}
	target, err := url.Parse(node)
	ts.Check(err)
	onward := httputil.NewSingleHostReverseProxy(target)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Method == args[1]:
			onward.ServeHTTP(w, r)
		case args[2] == "cut":
			panic(http.ErrAbortHandler)
		default:
			http.Error(w, `{"detail": "not through here"}`, http.StatusForbidden)
		}
	}))
	ts.Defer(server.Close)
	ts.Setenv(args[0], server.URL)
}

// small puts the URL of the node into a variable as one that takes only so many leaves in
// one submission: small VAR N.
func small(ts *testscript.TestScript, node string, args []string) {
	target, err := url.Parse(node)
	ts.Check(err)
	onward := httputil.NewSingleHostReverseProxy(target)
	onward.ModifyResponse = func(r *http.Response) error {
		if r.Request.URL.Path != "/v1/info" {
			return nil
		}
		body, err := io.ReadAll(r.Body)
		body = regexp.MustCompile(`"maxLeaves":\d+`).ReplaceAll(body, []byte(`"maxLeaves":`+args[1]))
		r.Body = io.NopCloser(bytes.NewReader(body))
		r.ContentLength = int64(len(body))
		r.Header.Set("Content-Length", strconv.Itoa(len(body)))
		return err
	}
	server := httptest.NewServer(onward)
	ts.Defer(server.Close)
	ts.Setenv(args[0], server.URL)
}

// liar puts the URL of an RPC server into a variable that answers as the chain's does,
// but has another hash for every block that is not the first.
func liar(t *testing.T, ts *testscript.TestScript, rpc, name string) {
	p := faultproxy.Start(t, rpc)
	p.Set(faultproxy.Fault{Methods: []string{"eth_getBlockByNumber"}, Result: func(_ string, result json.RawMessage) json.RawMessage {
		var block map[string]any
		if err := json.Unmarshal(result, &block); err != nil || block == nil || block["number"] == "0x0" {
			return result
		}
		block["hash"] = "0x" + strings.Repeat("11", 32)
		lie, err := json.Marshal(block)
		if err != nil {
			return result
		}
		return lie
	}})
	ts.Setenv(name, p.URL)
}

// putFile writes words into a file, with variables expanded: write FILE WORDS...
func putFile(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(strings.Join(args[1:], " ")+"\n"), 0o666))
}

// until runs a program again and again until a file holds a text: until TEXT FILE PROGRAM [ARGUMENT...].
func until(ts *testscript.TestScript, _ bool, args []string) {
	await(ts, args[0]+" in "+args[1], func() bool {
		ts.Check(ts.Exec(args[2], args[3:]...))
		return strings.Contains(ts.ReadFile(args[1]), args[0])
	})
}

// replace replaces a text in a file: replace FILE OLD NEW.
func replace(ts *testscript.TestScript, _ bool, args []string) {
	data := ts.ReadFile(args[0])
	if !strings.Contains(data, args[1]) {
		ts.Fatalf("%s has no %s", args[0], args[1])
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(strings.ReplaceAll(data, args[1], args[2])), 0o666))
}

// periods waits until the sync committee has changed some times: periods COUNT.
func periods(ts *testscript.TestScript, chain *testnet.Chain, count string) {
	nodes, err := beaconapi.New(chain.Beacon)
	ts.Check(err)
	defer nodes.Close()
	n, err := nodes.Network(context.Background())
	ts.Check(err)
	more, err := strconv.ParseUint(count, 10, 32)
	ts.Check(err)
	final := func() uint64 {
		u, err := nodes.Finality(context.Background())
		ts.Check(err)
		return n.Period(u.Finalized.Slot)
	}
	start := final()
	await(ts, "sync committees to change", func() bool { return final() >= start+more })
}

// chainNow puts the time of the newest final slot into a variable. A slot is a second, however
// often blocks are made, so that is later than the clock says: chainnow VAR.
func chainNow(ts *testscript.TestScript, chain *testnet.Chain, name string) {
	nodes, err := beaconapi.New(chain.Beacon)
	ts.Check(err)
	defer nodes.Close()
	n, err := nodes.Network(context.Background())
	ts.Check(err)
	u, err := nodes.Finality(context.Background())
	ts.Check(err)
	ts.Setenv(name, n.Time(u.Finalized.Slot).UTC().Format(time.RFC3339))
}

// waitFile waits until a file exists, as a program would that starts another.
func waitFile(ts *testscript.TestScript, _ bool, args []string) {
	await(ts, args[0]+" to appear", func() bool {
		_, err := os.Stat(ts.MkAbs(args[0]))
		return err == nil
	})
}

// waitGrep waits until a file holds a text: waitgrep TEXT FILE.
func waitGrep(ts *testscript.TestScript, _ bool, args []string) {
	await(ts, args[0]+" in "+args[1], func() bool {
		data, err := os.ReadFile(ts.MkAbs(args[1]))
		return err == nil && strings.Contains(string(data), args[0])
	})
}

func await(ts *testscript.TestScript, what string, done func() bool) {
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if done() {
			return
		}
	}
	ts.Fatalf("waited a minute for %s", what)
}

// jsonField is the command field: it puts the first match of a JSON member into a variable: field VAR MEMBER FILE.
// FILE may be stdout.
func jsonField(ts *testscript.TestScript, _ bool, args []string) {
	text := ts.ReadFile(args[2])
	found := regexp.MustCompile(`"` + regexp.QuoteMeta(args[1]) + `": ?(?:"([^"]*)"|([^",}\s]+))`).FindStringSubmatch(text)
	if found == nil {
		ts.Fatalf("%s has no member %s", args[2], args[1])
	}
	ts.Setenv(args[0], found[1]+found[2])
}

// Every flag of every command can be set in the environment, under its own name.
func TestEnvironment(t *testing.T) {
	app := newApp()
	app.Writer, app.ErrWriter = new(strings.Builder), new(strings.Builder)
	if code := run.Run(t.Context(), app, []string{"hallmark", "--help"}); code != 0 {
		t.Fatalf("exit status %d", code)
	}
	flags := 0
	var walk func(path string, commands []*cli.Command)
	walk = func(path string, commands []*cli.Command) {
		for _, c := range commands {
			walk(path+" "+c.Name, c.Subcommands)
			for _, f := range c.Flags {
				name := f.Names()[0]
				if name == "help" {
					continue
				}
				flags++
				want := "HALLMARK_" + strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
				if got := f.(cli.DocGenerationFlag).GetEnvVars(); len(got) != 1 || got[0] != want {
					t.Errorf("%s %s --%s reads %v, want %s", path, c.Name, name, got, want)
				}
			}
		}
	}
	walk("hallmark", app.Commands)
	if flags < 30 {
		t.Errorf("only %d flags were found", flags)
	}
}

// TestManualPages makes the page as make man does: it has every command.
func TestManualPages(t *testing.T) {
	page, err := exec.Command("go", "run", "-tags", "man", ".", "--man").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, command := range newApp().Commands {
		if !strings.Contains(string(page), "\n.SH "+command.Name+"\n") {
			t.Errorf("the manual page does not have %s", command.Name)
		}
	}
}
