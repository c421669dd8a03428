// Package faults_test breaks what a node stands on, its chain, its RPC server, its
// disk, its account and its process, and holds what is left against what the node
// has promised: every acknowledged submission becomes final, each batch is anchored
// once, every proof is valid.
//
// The node is a process of its own behind its HTTP interface: this test binary
// started again. A few scenarios run always; HALLMARK_FAULTS=full runs all, as `make
// test-faults` and `make test-crash` do, and HALLMARK_SOAK=1h the soak.
package faults_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/hallmark-node/hallmark/anchor"
	"github.com/hallmark-node/hallmark/anchor/anchortest"
	"github.com/hallmark-node/hallmark/anchor/api"
	"github.com/hallmark-node/hallmark/anchor/chain"
	"github.com/hallmark-node/hallmark/anchor/webhook"
	"github.com/hallmark-node/hallmark/verifier"
)

// settings are those of a node, as its process is told them.
type settings struct {
	Data       string
	Chains     []chainSettings
	BatchCount int
	BatchAge   time.Duration
	Listen     string // where it serves
	Reserve    uint64 // bytes of the disk that are left free; zero: the default
	Webhook    string // URL of who is told what is final; empty: nobody

	filled *atomic.Int64 // counts nonces that were nobody's and were filled; not handed to the process
}

type chainSettings struct {
	RPC           []string
	Key           hexutil.Bytes
	Registry      string
	Confirmations string
	MaxFee        *big.Int
	Poll, Bump    time.Duration
	MaxInFlight   int
}

func (s *settings) config(log *slog.Logger) (c anchor.Config, err error) {
	c = anchor.Config{Data: s.Data, Open: true, BatchCount: s.BatchCount, BatchAge: s.BatchAge, DiskReserve: s.Reserve, Log: log}
	if s.Webhook != "" {
		c.Webhook = &webhook.Config{URL: s.Webhook, Secrets: [][]byte{make([]byte, 32)}}
	}
	for _, from := range s.Chains {
		key, err := crypto.ToECDSA(from.Key)
		if err != nil {
			return c, err
		}
		to := anchor.ChainConfig{
			RPC: from.RPC, Key: chain.NewKey(key), MaxFee: from.MaxFee, PollInterval: from.Poll, BumpAfter: from.Bump, MaxInFlight: from.MaxInFlight,
		}
		if to.Registry, err = verifier.ParseAddress(from.Registry); err != nil {
			return c, err
		}
		if to.Confirmations, err = chain.ParseConfirmations(from.Confirmations); err != nil {
			return c, err
		}
		c.Chains = append(c.Chains, to)
	}
	return c, nil
}

// processVariable makes the test binary a node.
const processVariable = "HALLMARK_TEST_NODE"

func TestMain(m *testing.M) {
	if text := os.Getenv(processVariable); text != "" {
		if err := runProcess(text); err != nil {
			fmt.Fprintln(os.Stderr, "the node ends:", err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// runProcess is the node's process: what `hallmark node` does, and an answer to how
// much memory is in use.
func runProcess(text string) error {
	var s settings
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	config, err := s.config(log)
	if err != nil {
		return err
	}
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt)
	defer cancel()
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", s.Listen)
	if err != nil {
		return err
	}
	n, err := anchor.Open(ctx, config)
	if err != nil {
		return err
	}
	server := api.NewServer(n, api.Config{Log: log})
	served := server.Handler
	server.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/test/usage" {
			_ = json.NewEncoder(w).Encode(measure())
			return
		}
		served.ServeHTTP(w, r)
	})
	ran := make(chan error, 1)
	go func() { ran <- n.Run(ctx); cancel() }()
	go func() { _ = server.Serve(listener) }()
	fmt.Println("http://" + listener.Addr().String())
	<-ctx.Done()
	patience, done := context.WithTimeout(context.Background(), 10*time.Second)
	defer done()
	return errors.Join(server.Shutdown(patience), <-ran, n.Close())
}

// usage is what a process holds on to.
type usage struct {
	Heap       uint64 // bytes in use after a collection
	Goroutines int
}

func measure() usage {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return usage{m.HeapAlloc, runtime.NumGoroutine()}
}

// process is a running node.
type process struct{ *anchortest.Process }

// launch starts a node.
func launch(s settings) (*process, error) {
	text, err := json.Marshal(s)
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), processVariable+"="+string(text))
	p, err := anchortest.Launch(cmd, func(line string) {
		if strings.Contains(line, fills) {
			s.filled.Add(1)
		}
	})
	if err != nil {
		return nil, err
	}
	return &process{p}, nil
}

// fills is what the node says before it gives a nonce that is nobody's to an operation
// that has a later one.
const fills = "a nonce is nobody's any more"

func (p *process) usage(ctx context.Context) (u usage, err error) {
	_, body, err := p.Get(ctx, "/test/usage")
	if err != nil {
		return u, err
	}
	return u, json.Unmarshal([]byte(body), &u)
}
