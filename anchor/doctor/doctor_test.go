package doctor

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hallmark-node/hallmark/anchor/chain"
	"github.com/hallmark-node/hallmark/anchor/store"
	"github.com/hallmark-node/hallmark/contracts"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/testnet"
	"github.com/hallmark-node/hallmark/testnet/testchain"
	"github.com/hallmark-node/hallmark/verifier"
)

var testChain *testnet.Chain

func TestMain(m *testing.M) {
	os.Exit(testchain.Main(m, func(c *testnet.Chain) { testChain = c }, testnet.Config{Accounts: 3}))
}

// good is a set-up in which nothing is wrong.
func good(t *testing.T) Setup {
	t.Helper()
	return Setup{
		Data: filepath.Join(t.TempDir(), "data"), DiskReserve: 1 << 20, Listen: "127.0.0.1:0",
		Chains: []Chain{{
			Name: "chain 1 of 1", RPC: []string{testChain.RPC}, Registry: verifier.Address(testChain.Registry),
			Account: verifier.Address(testChain.Accounts[0].Address),
		}},
	}
}

func examineAll(t *testing.T, s Setup) (list []Finding) {
	t.Helper()
	Examine(t.Context(), s, func(f Finding) { list = append(list, f) })
	for _, f := range list {
		if f.Text == "" || (f.Level == Fail || f.Level == Warn) != (f.Remedy != "") {
			t.Errorf("finding without text or remedy, or with one too many: %+v", f)
		}
		if strings.Contains(f.Text+f.Remedy+f.Subject, "hunter2") {
			t.Errorf("a secret is told: %+v", f)
		}
	}
	return list
}

func show(list []Finding) string {
	var b strings.Builder
	for _, f := range list {
		fmt.Fprintf(&b, "%-4s %s %s: %s; %s\n", f.Level, f.Check, f.Subject, f.Text, f.Remedy)
	}
	return b.String()
}

func TestNothingIsWrong(t *testing.T) {
	list := examineAll(t, good(t))
	seen := make(map[string]bool)
	for _, f := range list {
		seen[f.Check] = true
		if f.Level != OK {
			t.Errorf("%+v", f)
		}
	}
	for _, check := range []string{
		"data folder", "listen", "rpc", "chain id", "blocks", "fees", "finality", "evidence", "registry",
		"account",
	} {
		if !seen[check] {
			t.Errorf("nothing was said of %s", check)
		}
	}
}

// relay passes requests on to the test chain, and lets change alter the answer to a
// method.
func relay(t *testing.T, change func(method string, result json.RawMessage) (json.RawMessage, string)) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		upstream, err := http.Post(testChain.RPC, "application/json", bytes.NewReader(body))
		if err != nil {
			return
		}
		defer upstream.Body.Close()
		var request struct{ Method string }
		var answer map[string]json.RawMessage
		if json.Unmarshal(body, &request) != nil || json.NewDecoder(upstream.Body).Decode(&answer) != nil {
			http.Error(w, "batches are not altered here", http.StatusInternalServerError)
			return
		}
		result, refusal := change(request.Method, answer["result"])
		if refusal != "" {
			delete(answer, "result")
			answer["error"] = json.RawMessage(`{"code":-32601,"message":"` + refusal + `"}`)
		} else if answer["error"] == nil {
			answer["result"] = result
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(answer)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func without(t *testing.T, method string) string {
	return relay(t, func(m string, result json.RawMessage) (json.RawMessage, string) {
		if m == method {
			return nil, "the method " + method + " does not exist"
		}
		return result, ""
	})
}

// answering is a server that answers everything in one way.
func answering(t *testing.T, status int, header, body string) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if name, value, ok := strings.Cut(header, ": "); ok {
			w.Header().Set(name, value)
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// nobody is where nothing listens: no program picks that port, nor is it given out.
const nobody = "http://127.0.0.1:1"

func bind(t *testing.T, folder string, c store.Chain) {
	t.Helper()
	s, err := store.Open(folder, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Update(func(tx *store.Tx) error { return tx.PutChain(&c) }); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// Each broken set-up has its fault named, once and where it is, and nothing else is
// blamed: above all, an account is never called empty while the chain cannot be read.
func TestFaults(t *testing.T) {
	registry := verifier.Address(testChain.Registry)
	secret := func(address string) string {
		return strings.Replace(address, "://", "://user:hunter2@", 1) + "/v1/hunter2?key=hunter2"
	}
	for name, c := range map[string]struct {
		spoil func(t *testing.T, s *Setup) // of a good set-up
		level Level
		check string
		says  string
	}{
		"nothing listens": {func(_ *testing.T, s *Setup) { s.Chains[0].RPC[0] = secret(nobody) }, Fail, "rpc", "nothing listens"},
		"no such host":    {func(_ *testing.T, s *Setup) { s.Chains[0].RPC[0] = secret("http://no-such-host.invalid") }, Fail, "rpc", "host"},
		"no URL":          {func(_ *testing.T, s *Setup) { s.Chains[0].RPC[0] = "localhost:8545" }, Fail, "rpc", "URL"},
		"a web page": {func(t *testing.T, s *Setup) {
			s.Chains[0].RPC[0] = secret(answering(t, 200, "Content-Type: text/html", "<html>welcome</html>"))
		}, Fail, "rpc", "speaks no JSON-RPC"},
		"an answer in JSON of something else": {func(t *testing.T, s *Setup) {
			s.Chains[0].RPC[0] = answering(t, 200, "", `{"data":{"version":"beacon"}}`)
		}, Fail, "rpc", "speaks no JSON-RPC"},
		"a wrong key": {
			func(t *testing.T, s *Setup) { s.Chains[0].RPC[0] = secret(answering(t, 401, "", "")) }, Fail, "rpc",
			"refuses us (HTTP 401)",
		},
		"a wrong path":      {func(t *testing.T, s *Setup) { s.Chains[0].RPC[0] = answering(t, 404, "", "") }, Fail, "rpc", "HTTP 404"},
		"too many requests": {func(t *testing.T, s *Setup) { s.Chains[0].RPC[0] = answering(t, 429, "", "") }, Fail, "rpc", "enough requests"},
		"a redirect": {func(t *testing.T, s *Setup) {
			s.Chains[0].RPC[0] = answering(t, 301, "Location: https://example.org/hunter2", "")
		}, Fail, "rpc", "elsewhere"},
		"out of order": {func(t *testing.T, s *Setup) { s.Chains[0].RPC[0] = answering(t, 502, "", "") }, Fail, "rpc", "HTTP 502"},
		"refused in JSON-RPC": {func(t *testing.T, s *Setup) {
			s.Chains[0].RPC[0] = answering(t, 200, "", `{"error":{"code":-32000,"message":"project id\ninvalid"}}`)
		}, Fail, "rpc", "project id invalid"},
		"no eth API": {func(t *testing.T, s *Setup) { s.Chains[0].RPC[0] = without(t, "eth_chainId") }, Fail, "rpc", "eth_chainId"},
		"hangs up": {func(t *testing.T, s *Setup) {
			server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
			t.Cleanup(server.Close)
			s.Chains[0].RPC[0] = server.URL
		}, Fail, "rpc", "hangs up"},
		"TLS that nobody signed": {func(t *testing.T, s *Setup) {
			server := httptest.NewUnstartedServer(http.NotFoundHandler())
			server.Config.ErrorLog = log.New(io.Discard, "", 0)
			server.StartTLS()
			t.Cleanup(server.Close)
			s.Chains[0].RPC[0] = server.URL
		}, Fail, "rpc", "not signed"},
		"TLS is wanted": {func(t *testing.T, s *Setup) {
			server := httptest.NewTLSServer(http.NotFoundHandler())
			t.Cleanup(server.Close)
			s.Chains[0].RPC[0] = strings.Replace(server.URL, "https", "http", 1)
		}, Fail, "rpc", "wants TLS"},
		"TLS is not spoken": {
			func(_ *testing.T, s *Setup) { s.Chains[0].RPC[0] = strings.Replace(testChain.RPC, "http", "https", 1) }, Fail,
			"rpc", "speaks no TLS",
		},
		"one server of two": {func(_ *testing.T, s *Setup) { s.Chains[0].RPC = append(s.Chains[0].RPC, nobody) }, Fail, "rpc", "nothing listens"},

		"servers of two chains": {func(t *testing.T, s *Setup) {
			s.Chains[0].RPC = append(s.Chains[0].RPC, relay(t, func(m string, result json.RawMessage) (json.RawMessage, string) {
				if m == "eth_chainId" {
					return json.RawMessage(`"0x1"`), ""
				}
				return result, ""
			}))
		}, Fail, "chain id", "reports chain eip155:1 "},
		"no fee history": {func(t *testing.T, s *Setup) { s.Chains[0].RPC[0] = without(t, "eth_feeHistory") }, Fail, "fees", "eth_feeHistory"},
		"no proofs": {
			func(t *testing.T, s *Setup) { s.Chains[0].RPC[0] = without(t, "eth_getProof") }, Fail, "evidence",
			"cannot be proven",
		},
		"proofs of another state": {func(t *testing.T, s *Setup) {
			s.Chains[0].RPC[0] = relay(t, func(m string, result json.RawMessage) (json.RawMessage, string) {
				if m == "eth_getProof" {
					var p map[string]any
					if err := json.Unmarshal(result, &p); err != nil {
						t.Error(err)
					}
					p["accountProof"] = []string{"0xc0"}
					result, _ = json.Marshal(p)
				}
				return result, ""
			})
		}, Fail, "evidence", "do not trust"},
		"nothing is final": {func(t *testing.T, s *Setup) {
			c, err := chain.ParseConfirmations("4000000000")
			if err != nil {
				t.Fatal(err)
			}
			s.Chains[0].Confirmations = c
		}, Warn, "finality", "fewer than 4000000000"},
		"an old head": {func(t *testing.T, s *Setup) {
			s.Chains[0].RPC[0] = withTime(t, time.Now().Add(-time.Hour))
		}, Warn, "blocks", "1h0m"},
		"a head of the future": {func(t *testing.T, s *Setup) {
			s.Chains[0].RPC[0] = withTime(t, time.Now().Add(time.Hour))
		}, Fail, "clock", "behind the newest block's"},
		"a clock that is ahead": {func(t *testing.T, s *Setup) {
			s.Chains[0].RPC[0] = withDate(t, time.Now().Add(-time.Hour))
		}, Fail, "clock", "ahead of the server's"},
		"a clock that is a little behind": {func(t *testing.T, s *Setup) {
			s.Chains[0].RPC[0] = withDate(t, time.Now().Add(30*time.Second))
		}, Warn, "clock", "behind the server's"},

		"no registry": {func(_ *testing.T, s *Setup) { s.Chains[0].Registry = verifier.Address{1} }, Fail, "registry", "nothing is deployed"},
		"other code": {
			func(_ *testing.T, s *Setup) { s.Chains[0].Registry = verifier.Address(contracts.Deployer) }, Fail, "registry",
			"the code there has hash",
		},
		"an empty purse": {func(_ *testing.T, s *Setup) { s.Chains[0].Account = verifier.Address{0xee} }, Fail, "account", "holds nothing"},
		"a thin purse": {func(t *testing.T, s *Setup) {
			s.Chains[0].RPC[0] = relay(t, func(m string, result json.RawMessage) (json.RawMessage, string) {
				if m == "eth_getBalance" {
					return json.RawMessage(`"0x5af3107a4000"`), "" // 0.0001 ether
				}
				return result, ""
			})
		}, Warn, "account", "pay in soon"},
		"fees above the limit": {func(_ *testing.T, s *Setup) { s.Chains[0].MaxFee = big.NewInt(1) }, Warn, "fees", "--max-fee is 1"},

		"a file as folder": {func(t *testing.T, s *Setup) {
			if err := os.WriteFile(s.Data, nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}, Fail, "data folder", "it is a file"},
		"no space": {func(_ *testing.T, s *Setup) { s.DiskReserve = 1 << 60 }, Fail, "data folder", "kept in reserve"},
		"open to others": {func(t *testing.T, s *Setup) {
			if err := os.Mkdir(s.Data, 0o755); err != nil {
				t.Fatal(err)
			}
		}, Warn, "permissions", "0755"},
		"in use": {func(t *testing.T, s *Setup) {
			open, err := store.Open(s.Data, store.Options{})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() {
				if err := open.Close(); err != nil {
					t.Error(err)
				}
			})
		}, Warn, "state", "another process"},
		"a folder of something else": {func(t *testing.T, s *Setup) {
			if err := os.Mkdir(s.Data, 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(s.Data, "holiday.jpg"), []byte("x"), 0o600); err != nil {
				t.Fatal(err)
			}
		}, Fail, "state", "cannot be opened"},
		"a folder of another chain": {func(t *testing.T, s *Setup) {
			bind(t, s.Data, store.Chain{Chain: 1, Genesis: merkle.Hash{1}, Registry: registry})
		}, Fail, "chain id", "the data folder belongs to eip155:1 "},
		"a chain begun anew": {func(t *testing.T, s *Setup) {
			bind(t, s.Data, store.Chain{Chain: verifier.ChainID(testChain.ChainID), Genesis: merkle.Hash{1}, Registry: registry})
		}, Fail, "chain id", "started anew"},

		"a port that is taken": {
			func(t *testing.T, s *Setup) { s.Listen = strings.TrimPrefix(answering(t, 200, "", "hello"), "http://") }, Fail,
			"listen", "another program",
		},
		"an address not here": {func(_ *testing.T, s *Setup) { s.Listen = "192.0.2.1:80" }, Fail, "listen", "no such address"},
		"no address":          {func(_ *testing.T, s *Setup) { s.Listen = "8700" }, Fail, "listen", "HOST:PORT"},
		"an account not opened": {
			func(_ *testing.T, s *Setup) { s.Chains[0].Account = verifier.Address{} }, Skip, "account",
			"key does not open",
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := good(t)
			c.spoil(t, &s)
			list := examineAll(t, s)
			i := slices.IndexFunc(list, func(f Finding) bool {
				return f.Level == c.level && f.Check == c.check && strings.Contains(f.Text+f.Remedy, c.says)
			})
			if i < 0 {
				t.Fatalf("no %s of %s with %q in\n%s", c.level, c.check, c.says, show(list))
			}
			for j, f := range list {
				if j != i && (f.Level == Fail || f.Level == Warn) {
					t.Errorf("blamed too: %+v", f)
				}
			}
		})
	}
}

// A node that serves at the address is no fault if it is the one on this data folder,
// and else there is no starting another one.
func TestListenTakenByANode(t *testing.T) {
	for name, c := range map[string]struct {
		own   bool
		level Level
		says  string
	}{
		"its own":     {true, OK, "node serves there now"},
		"another one": {false, Fail, "another Hallmark node serves there"},
	} {
		t.Run(name, func(t *testing.T) {
			s := good(t)
			s.Listen = strings.TrimPrefix(answering(t, 200, "", `{"homes":["eip155:1:0x7AB49bc95cB10C121f6AFa6805Ee7EB392b1a3aa"]}`), "http://")
			if c.own {
				held, err := store.Open(s.Data, store.Options{})
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { _ = held.Close() })
			}
			if list := examineAll(t, s); !slices.ContainsFunc(list, func(f Finding) bool {
				return f.Check == "listen" && f.Level == c.level && strings.Contains(f.Text, c.says)
			}) {
				t.Error(show(list))
			}
		})
	}
}

// A file system that is full or read-only, for real.
func TestDiskFaults(t *testing.T) {
	mount := t.TempDir()
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", mount).CombinedOutput(); err != nil {
		t.Skipf("cannot mount a file system of its own, which needs root: %v: %s", err, out)
	}
	t.Cleanup(func() {
		if out, err := exec.Command("umount", mount).CombinedOutput(); err != nil {
			t.Errorf("%v: %s", err, out)
		}
	})
	want := func(says string) {
		t.Helper()
		s := good(t)
		s.Data, s.DiskReserve = filepath.Join(mount, "a", "b"), 1
		if list := examineAll(t, s); !slices.ContainsFunc(list, func(f Finding) bool {
			return f.Check == "data folder" && f.Level == Fail && strings.Contains(f.Text, says)
		}) {
			t.Errorf("no %q in\n%s", says, show(list))
		}
	}
	if err := os.WriteFile(filepath.Join(mount, "fill"), make([]byte, 2<<20), 0o600); err == nil {
		t.Fatal("the disk did not fill")
	}
	want("full")
	if out, err := exec.Command("mount", "-o", "remount,ro", mount).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	want("read-only")
}

func withTime(t *testing.T, at time.Time) string {
	return relay(t, func(m string, result json.RawMessage) (json.RawMessage, string) {
		if m != "eth_getBlockByNumber" {
			return result, ""
		}
		var block map[string]any
		if err := json.Unmarshal(result, &block); err != nil {
			t.Error(err)
		}
		block["timestamp"] = fmt.Sprintf("0x%x", at.Unix())
		result, _ = json.Marshal(block)
		return result, ""
	})
}

func withDate(t *testing.T, at time.Time) string {
	t.Helper()
	onward := relay(t, func(_ string, result json.RawMessage) (json.RawMessage, string) { return result, "" })
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer, err := http.Post(onward, "application/json", r.Body)
		if err != nil {
			return
		}
		defer answer.Body.Close()
		w.Header().Set("Date", at.UTC().Format(http.TimeFormat))
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.Copy(w, answer.Body)
	}))
	t.Cleanup(server.Close)
	return server.URL
}
