package witnessd_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"github.com/hallmark-node/hallmark/anchor/witnessd"
	"github.com/hallmark-node/hallmark/testnet"
	"github.com/hallmark-node/hallmark/testnet/faultproxy"
	"github.com/hallmark-node/hallmark/testnet/testchain"
	"github.com/hallmark-node/hallmark/verifier"
	"github.com/hallmark-node/hallmark/verifier/live"
	"github.com/hallmark-node/hallmark/verifier/witness"
)

// env is a chain of some blocks, and what asks it.
type env struct {
	*testnet.Chain
	genesis verifier.Hash
}

func start(t *testing.T) *env {
	t.Helper()
	e := &env{Chain: testchain.Start(t, testnet.Config{})}
	if err := e.Mine(t.Context(), 40); err != nil {
		t.Fatal(err)
	}
	e.genesis = e.hash(t, 0)
	return e
}

// ask returns what asks some servers.
func ask(t *testing.T, quorum int, urls ...string) *live.Checker {
	t.Helper()
	c, err := live.New(t.Context(), urls, quorum)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// block is a final block, as the chain's own server names it.
func (e *env) block(t *testing.T) witness.Block {
	t.Helper()
	number, hash, err := ask(t, 0, e.RPC).Newest(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return witness.Block{Chain: e.ChainID, Genesis: e.genesis, Number: number, Hash: hash}
}

// hash returns that of a block of the chain.
func (e *env) hash(t *testing.T, number uint64) verifier.Hash {
	t.Helper()
	h, err := ask(t, 0, e.RPC).Hash(t.Context(), number)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// witness returns one on a folder that asks some servers, and its log.
func (e *env) witness(t *testing.T, folder string, seed byte, servers *live.Checker) (*witnessd.Witness, *logged) {
	t.Helper()
	log := &logged{}
	w, err := witnessd.Open(witnessd.Config{
		Chain: verifier.ChainID(e.ChainID), Genesis: e.genesis, Signer: signer(t, seed), Servers: servers,
		Folder: folder, Log: slog.New(slog.NewTextHandler(log, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	return w, log
}

func signer(t *testing.T, seed byte) *witness.Signer {
	t.Helper()
	s, err := witness.NewSigner("w"+string('a'+rune(seed))+".example", [32]byte{seed})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// logged is a log that can be read while it is written.
type logged struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// liar returns a server that has another hash for each block but the first.
func (e *env) liar(t *testing.T) *faultproxy.Proxy {
	t.Helper()
	p := faultproxy.Start(t, e.RPC)
	p.Set(faultproxy.Fault{Result: lie})
	return p
}

var other = verifier.Hash(bytes.Repeat([]byte{0x11}, 32))

func lie(_ string, result json.RawMessage) json.RawMessage {
	var block map[string]any
	if err := json.Unmarshal(result, &block); err != nil || block == nil || block["number"] == "0x0" {
		return result
	}
	block["hash"] = other
	lie, err := json.Marshal(block)
	if err != nil {
		return result
	}
	return lie
}

// holds fails the test if a note is not one of a witness for a block.
func holds(t *testing.T, note string, block witness.Block, keys ...*witness.Key) {
	t.Helper()
	lines, err := witness.Lines(note, block)
	if err != nil {
		t.Fatalf("%v: %q", err, note)
	}
	if seen, err := witness.Verify(block, lines, keys); err != nil || len(seen) != len(keys) {
		t.Fatalf("%d of %d hold: %v", len(seen), len(keys), err)
	}
}

func says(t *testing.T, err error, text string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), text) {
		t.Errorf("got %v, want %q", err, text)
	}
}
