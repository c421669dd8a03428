package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/hallmark-node/hallmark/anchor/chain"
	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/bench/load"
	"github.com/hallmark-node/hallmark/internal/child"
	"github.com/hallmark-node/hallmark/verifier"
)

// patience is how long a process may take to come up, or a chain to do its part.
const patience = 2 * time.Minute

// build makes the programs that are measured as processes of their own.
func (b *bench) build() error {
	if b.built {
		return nil
	}
	empty := filepath.Join(b.folder, "empty.go")
	if err := os.WriteFile(empty, []byte("package main\n\nfunc main() {}\n"), 0o644); err != nil {
		return err
	}
	if _, err := command(b.ctx, "go", "build", "-trimpath", "-ldflags", "-s -w", "-tags", "urfave_cli_no_docs", "-o", b.program(""),
		"./cmd/..."); err != nil {
		return err
	}
	_, err := command(b.ctx, "go", "build", "-o", b.program("empty"), empty)
	b.built = err == nil
	return err
}

// program returns the path of a program that build has made.
func (b *bench) program(name string) string {
	return filepath.Join(b.folder, "bin") + string(filepath.Separator) + name
}

// process is a program that runs until it is stopped.
type process struct {
	*child.Process
	name string
}

// start runs a program in the background.
func (b *bench) start(name string, args ...string) (*process, error) {
	// It is stopped in order, also where ctx is done: by what started it.
	c := exec.CommandContext(context.WithoutCancel(b.ctx), name, args...)
	c.Env = append(os.Environ(), password)
	p, err := child.Start(c, nil, nil)
	if err != nil {
		return nil, err
	}
	return &process{p, filepath.Base(name)}, nil
}

// stop ends a process in order and waits for it. It may be called again.
func (p *process) stop() error {
	if err := p.Stop(); err != nil {
		return p.trouble(err)
	}
	return nil
}

// await asks until a process has come so far, or has ended.
func (p *process) await(ctx context.Context, there func() bool) error {
	err := await(ctx, p.name, func() bool { return !p.Alive() || there() })
	if !p.Alive() {
		err = errors.New("it has ended")
	}
	if err != nil {
		return p.trouble(err)
	}
	return nil
}

// trouble adds the last things that a process said.
func (p *process) trouble(err error) error {
	return fmt.Errorf("%s: %w: %s", p.name, err, strings.Join(p.Last(5), " / "))
}

// world is a chain, and what is needed to run nodes on it.
type world struct {
	b        *bench
	chain    *process
	rpc      string
	registry verifier.Address
	issuer   *chain.Key
	keystore string // with the node's account
}

// newWorld starts a chain that makes a block every second.
func (b *bench) newWorld() (*world, error) {
	if err := b.build(); err != nil {
		return nil, err
	}
	folder, err := os.MkdirTemp(b.folder, "world-")
	if err != nil {
		return nil, err
	}
	out := filepath.Join(folder, "testnet.json")
	w := &world{b: b, keystore: filepath.Join(folder, "keys")}
	if w.chain, err = b.start(b.program("hallmark"), "testnet", "--block-time", "1s", "--out", out); err != nil {
		return nil, err
	}
	var about struct {
		RPC      string
		Registry verifier.Address
		Accounts []struct{ PrivateKey hexutil.Bytes }
	}
	err = w.chain.await(b.ctx, func() bool {
		data, err := os.ReadFile(out)
		return err == nil && json.Unmarshal(data, &about) == nil
	})
	if err == nil {
		w.rpc, w.registry = about.RPC, about.Registry
		private, _ := crypto.ToECDSA(about.Accounts[1].PrivateKey) // of the chain's own making
		w.issuer = chain.NewKey(private)
		secret := filepath.Join(folder, "secret")
		if err = os.WriteFile(secret, []byte(about.Accounts[0].PrivateKey.String()), 0o600); err == nil {
			err = b.importKey(w.keystore, secret)
		}
	}
	if err != nil {
		return nil, errors.Join(err, w.close())
	}
	return w, nil
}

// password is that of the keystores, for the programs that need it.
const password = "HALLMARK_PASSWORD=bench"

// hallmark returns a run of the program hallmark.
func (b *bench) hallmark(args ...string) *exec.Cmd {
	c := exec.CommandContext(b.ctx, b.program("hallmark"), args...)
	c.Env = append(os.Environ(), password)
	return c
}

func (b *bench) importKey(keystore, secret string) error {
	c := b.hallmark("key", "import", "--light", "--keystore", keystore, secret)
	if out, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("hallmark key import: %w: %s", err, out)
	}
	return nil
}

func (w *world) close() error { return w.chain.stop() }

// source makes submissions of a size, other ones with every seed.
func (w *world) source(size int, seed byte) *load.Source {
	s := &load.Source{Keys: []*chain.Key{w.issuer}, Home: w.home(), Size: size, IssuedAt: uint64(time.Now().Unix())}
	s.Seed[0] = seed
	s.Seed[1] = byte(size) // sizes that differ only above are not used together
	return s
}

func (w *world) home() verifier.Home { return verifier.Home{Chain: 31337, Registry: w.registry} }

// node is a node in a process of its own.
type node struct {
	*process
	url   string
	ready time.Duration // from its start until it was ready
}

// startNode runs a node on a data folder. It seals a batch when one has waited for that
// long.
func (w *world) startNode(data string, seal time.Duration) (*node, error) {
	return w.startProcess("--data", data, "--keystore", w.keystore, "--batch-age", seal.String())
}

// startProcess runs a process of a node with the settings that all nodes here have, and more.
func (w *world) startProcess(settings ...string) (*node, error) {
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	begin := time.Now()
	p, err := w.b.start(w.b.program("hallmark"), append([]string{
		"node", "--rpc", w.rpc, "--issuers", "open", "--listen", "127.0.0.1:" + strconv.Itoa(port), "--poll", "500ms",
		"--batch-count", "100000", "--max-waiting", "1000000000", "--rate", "0", "--log-level", "warn",
	}, settings...)...)
	if err != nil {
		return nil, err
	}
	n := &node{process: p, url: "http://127.0.0.1:" + strconv.Itoa(port)}
	err = n.await(w.b.ctx, func() bool {
		request, err := http.NewRequestWithContext(w.b.ctx, http.MethodGet, n.url+"/readyz", nil)
		if err != nil {
			return false
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			return false
		}
		response.Body.Close()
		return response.StatusCode == http.StatusOK
	})
	n.ready = time.Since(begin)
	if err != nil {
		n.Kill()
		return nil, err
	}
	return n, nil
}

func (n *node) client() (*client.Client, error) { return client.New(n.url) }

// status reads a line of /proc/PID/status in bytes.
func (n *node) status(name string) (float64, error) {
	kib, _, _ := strings.Cut(field(fmt.Sprintf("/proc/%d/status", n.PID()), name), " ")
	v, err := strconv.ParseUint(kib, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("the memory of the node cannot be read: %w", err)
	}
	return float64(v) * 1024, nil
}

// resetPeak makes VmHWM begin anew.
func (n *node) resetPeak() error {
	return os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", n.PID()), []byte("5"), 0)
}

// await asks until something is there.
func await(ctx context.Context, what string, there func() bool) error {
	for end := time.Now().Add(patience); time.Now().Before(end); {
		if there() {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(5 * time.Millisecond):
		}
	}
	return fmt.Errorf("%s did not come up within %s", what, patience)
}
