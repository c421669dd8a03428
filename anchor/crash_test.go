package anchor

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/hallmark-node/hallmark/anchor/chain"
	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/internal/child"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/testnet"
	"github.com/hallmark-node/hallmark/verifier"
)

// crashVariable makes the test binary a node that dies.
const crashVariable = "HALLMARK_TEST_CRASH"

// doomed is what such a node is told.
type doomed struct {
	Data, RPC, Registry string
	NodeKey, IssuerKey  hexutil.Bytes
	Step                string // kill at this step of the pipeline; empty: the parent kills
	After               int    // the how many-th time it comes there
	First               uint64 // seed of the first badge
	Relay               bool   // also publish a status list
	Beacon              []string
	Mirror              []string // it is a mirror, of these sources
}

func TestMain(m *testing.M) {
	if text := os.Getenv(crashVariable); text != "" {
		if err := runDoomed(text); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// runDoomed runs a node that accepts submissions, says on stdout which it has
// acknowledged, and kills itself.
func runDoomed(text string) error {
	var d doomed
	if err := json.Unmarshal([]byte(text), &d); err != nil {
		return err
	}
	if d.Mirror != nil {
		return runDoomedMirror(&d)
	}
	nodeKey, err := crypto.ToECDSA(d.NodeKey)
	if err != nil {
		return err
	}
	issuerKey, err := crypto.ToECDSA(d.IssuerKey)
	if err != nil {
		return err
	}
	registry, err := verifier.ParseAddress(d.Registry)
	if err != nil {
		return err
	}
	ctx := context.Background()
	n, err := Open(ctx, Config{
		Data: d.Data, Open: true, Issuers: []verifier.Address{chain.NewKey(issuerKey).Address()},
		BatchCount: 3, BatchAge: 20 * time.Millisecond, Log: slog.New(slog.DiscardHandler),
		Chains: []ChainConfig{{
			RPC: []string{d.RPC}, Key: chain.NewKey(nodeKey), Registry: registry, PollInterval: 5 * time.Millisecond, Beacon: d.Beacon,
		}},
	})
	if err != nil {
		return err
	}
	n.hook = d.kill()
	go func() {
		if err := n.Run(ctx); err != nil {
			panic(err)
		}
	}()
	var t testing.T // only its Fatal is used, which cannot happen here
	var out sync.Mutex
	for worker := range uint64(3) {
		go func() {
			for i := worker; ; i += 3 {
				var leaves []merkle.Hash
				for j := range 1 + i%3 {
					leaves = append(leaves, newBadge(&t, d.First+3*i+j).leaf)
				}
				s := sign(&t, issuerKey, n.Info().Chains[0].Home, leaves)
				if _, err := n.Intake.Submit(ctx, s); err != nil {
					panic(err)
				}
				out.Lock()
				fmt.Println(s.ID(), d.First+3*i)
				out.Unlock()
				time.Sleep(10 * time.Millisecond)
			}
		}()
	}
	if d.Relay {
		key := chain.NewKey(issuerKey)
		s, err := n.Serving.StatusList(ctx, verifier.Home{}, key.Address())
		if err != nil {
			return err
		}
		account := testnet.Account{PrivateKey: issuerKey}
		item := verifier.StatusItem{ID: merkle.Keccak256([]byte("revoked")), Code: verifier.StatusRevoked}
		if err := n.Pipeline.SetStatus(ctx, statusUpdate(&t, run(n, nil), key.Address(), account, s.Version+1, item)); err != nil {
			return err
		}
		fmt.Println("relayed", s.Version+1)
	}
	time.Sleep(time.Minute)
	return fmt.Errorf("never came to step %q", d.Step)
}

// kill is a hook that kills the process.
func (d *doomed) kill() func(step string) {
	var times atomic.Int64
	return func(step string) {
		if step == d.Step && times.Add(1) == int64(d.After) {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {} // nothing more is done by this goroutine, whenever the signal comes
		}
	}
}

// crashed is what dead nodes have acknowledged.
type crashed struct {
	ids     map[merkle.Hash]uint64 // seed of the first badge
	version uint64
}

// die runs a node until it is dead.
func (c *crashed) die(t *testing.T, d doomed, after time.Duration) {
	t.Helper()
	text, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), crashVariable+"="+string(text))
	p, err := child.Start(cmd, func(line string) { c.read(t, line) }, nil)
	if err != nil {
		t.Fatal(err)
	}
	if after > 0 {
		time.AfterFunc(after, p.Kill)
	}
	err = p.Wait()
	if status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); !ok || !status.Signaled() || status.Signal() != syscall.SIGKILL {
		t.Fatalf("the node was to be killed at %q and was not: %v\n%s", d.Step, err, p)
	}
}

// read takes a line that a node prints.
func (c *crashed) read(t *testing.T, line string) {
	word, number, ok := strings.Cut(line, " ")
	n, err := strconv.ParseUint(number, 10, 64)
	if !ok || err != nil {
		return // the line was cut by the kill
	}
	if word == "relayed" {
		c.version = n
		return
	}
	if id, err := merkle.ParseHash(word); err == nil {
		c.ids[id] = n
	} else {
		t.Errorf("line %q", line)
	}
}

// A node is killed at every step of the pipeline, and at random moments, and
// started again on the same folder. Nothing that it acknowledged is lost, everything
// becomes final, each batch is anchored once, and no nonce is left out.
func TestKilled(t *testing.T) {
	if testing.Short() {
		t.Skip("starts many processes")
	}
	backends(t, func(t *testing.T, backend string) {
		// Finality is slow enough for a slow node to see a block before it is final.
		c := startChain(t, testnet.Config{Backend: backend, Epoch: 8})
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		mining := make(chan struct{})
		go func() { // so that things become final
			defer close(mining)
			for ctx.Err() == nil {
				_ = c.Mine(ctx, 1)
				time.Sleep(60 * time.Millisecond)
			}
		}()
		dead := crashed{ids: map[merkle.Hash]uint64{}}
		d := doomed{
			Data: t.TempDir(), RPC: c.RPC, Registry: c.Registry.Hex(),
			NodeKey: crypto.FromECDSA(c.Accounts[0].PrivateKey), IssuerKey: crypto.FromECDSA(c.Accounts[1].PrivateKey),
		}
		runs := 0
		for _, step := range []string{"relay", "accepted", "sealed", "intent", "signed", "sent", "mined", "evidence", "final", "closed"} {
			d.Step, d.After, d.Relay = step, 1+runs%2, step == "relay"
			if d.Relay {
				d.After = 1
			}
			dead.die(t, d, 0)
			d.First += 100_000
			runs++
		}
		d.Step, d.Relay = "", false
		seed := uint64(time.Now().UnixNano())
		t.Logf("random moments from seed %d", seed)
		random := rand.New(rand.NewPCG(seed, 0))
		for ; runs < 19; runs++ {
			dead.die(t, d, time.Duration(200+random.IntN(600))*time.Millisecond)
			d.First += 100_000
		}

		config := testConfig(t, c)
		config.Data, config.Log = d.Data, slog.New(slog.DiscardHandler)
		n := start(t, config)
		if len(dead.ids) < 20 {
			t.Errorf("only %d submissions were acknowledged", len(dead.ids))
		}
		checked := 0
		for id, first := range dead.ids {
			until(t, n, id, publish.Final)
			if checked++; checked <= 25 {
				b := newBadge(t, first)
				p, err := n.Proof(t.Context(), b.leaf, false)
				if err != nil {
					t.Fatal(err)
				}
				wantVerdict(t, n, b, p, verifier.Valid)
			}
		}
		eventually(t, "all operations are closed", func() bool {
			open, err := n.openOperations()
			waiting, _, _ := n.Waiting()
			return err == nil && len(open) == 0 && waiting == 0
		})
		cancel()
		<-mining

		batches, err := n.Batches(t.Context(), 0, 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		count := anchored(t, c)
		for _, b := range batches {
			if count[b.Root] != 1 || b.State != publish.Final {
				t.Errorf("batch %d is %s and was anchored %d times", b.Number, b.State, count[b.Root])
			}
		}
		if len(count) != len(batches) {
			t.Errorf("%d roots are anchored, %d batches were sealed", len(count), len(batches))
		}
		s, err := n.StatusList(t.Context(), verifier.Home{}, verifier.Address(c.Accounts[1].Address))
		if err != nil || s.Version != 1 || !s.Known {
			t.Errorf("status list: %+v, %v", s, err)
		}
		// Every transaction of the account was for something, and each was mined.
		nonce, err := dial(t, c).NonceAt(t.Context(), c.Accounts[0].Address, nil)
		if err != nil || nonce != uint64(len(batches))+s.Version {
			t.Errorf("%d transactions for %d batches and %d status lists, %v", nonce, len(batches), s.Version, err)
		}
		t.Logf("%d submissions acknowledged by %d dead nodes, %d batches", len(dead.ids), runs, len(batches))
	})
}

// A node is killed while it adds vouchers, and at random moments while committees change. The
// next one has all of them in the end, and no hop is missing.
func TestKilledWhileVouching(t *testing.T) {
	if testing.Short() {
		t.Skip("starts several processes")
	}
	c := startChain(t, testnet.Config{})
	sim := startBeaconWith(t, c, 32)
	mine(t, c, sim, 32)
	ctx, cancel := context.WithCancel(t.Context())
	mining := make(chan struct{})
	go func() { // so that committees change
		defer close(mining)
		for ctx.Err() == nil {
			_ = c.Mine(ctx, 1)
			time.Sleep(20 * time.Millisecond)
		}
	}()
	dead := crashed{ids: map[merkle.Hash]uint64{}}
	d := doomed{
		Data: t.TempDir(), RPC: c.RPC, Registry: c.Registry.Hex(), Beacon: []string{sim.URL},
		NodeKey: crypto.FromECDSA(c.Accounts[0].PrivateKey), IssuerKey: crypto.FromECDSA(c.Accounts[1].PrivateKey),
	}
	d.Step, d.After = "vouched", 2
	dead.die(t, d, 0)
	d.Step = ""
	for _, after := range []time.Duration{700 * time.Millisecond, 1100 * time.Millisecond, 1500 * time.Millisecond} {
		d.First += 100_000
		dead.die(t, d, after)
	}
	config := changed(testConfig(t, c), func(c *ChainConfig) { c.Beacon = d.Beacon })
	config.Data, config.Log = d.Data, slog.New(slog.DiscardHandler)
	n := start(t, config)
	for id := range dead.ids {
		until(t, n, id, publish.Final)
	}
	eventually(t, "nothing waits for its voucher", func() bool { return n.Health(t.Context()).Chains[0].VouchersWaiting == 0 })
	cancel()
	<-mining
	for _, first := range dead.ids {
		b := newBadge(t, first)
		p := awaitVoucher(t, n, b)
		if r := offlineVerdict(t, n, b, p); r.Verdict != verifier.Valid {
			t.Errorf("%s: %+v", r.Verdict, r.Checks)
		}
	}
	if h := beaconHealth(t, n); h.HopsMissing != 0 || h.Period < h.FirstPeriod+2 {
		t.Errorf("%+v", h)
	}
	t.Logf("%d submissions of 4 dead nodes", len(dead.ids))
}
