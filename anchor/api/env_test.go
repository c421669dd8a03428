package api

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ecdsa"
	"errors"
	"flag"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/crypto"
	"github.com/go-json-experiment/json"
	"github.com/ipfs/go-cid"

	"github.com/hallmark-node/hallmark/anchor"
	"github.com/hallmark-node/hallmark/anchor/anchortest"
	"github.com/hallmark-node/hallmark/anchor/chain"
	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/credential"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/testnet"
	"github.com/hallmark-node/hallmark/testnet/testchain"
	"github.com/hallmark-node/hallmark/verifier"
)

// testChain is the chain of all tests of this package: TestMain runs them on each
// kind. Each test has a node of its own with an account of its own.
var (
	testChain   *testnet.Chain
	nextAccount atomic.Int32
)

func TestMain(m *testing.M) {
	flag.Parse()
	if flag.Lookup("test.fuzz").Value.String() != "" {
		// No target needs a chain, and what one does on the way would look like new coverage.
		os.Exit(m.Run())
	}
	use := func(c *testnet.Chain) {
		testChain = c
		nextAccount.Store(0)
	}
	os.Exit(testchain.Main(m, use,
		testnet.Config{Backend: testnet.BackendGeth, Accounts: 80}, testnet.Config{Backend: testnet.BackendAnvil, Accounts: 80}))
}

// env is a node behind its HTTP interface.
type env struct {
	node   *anchor.Node
	home   verifier.Home
	server *http.Server
	url    string
	client *client.Client
	stop   func() // shuts the HTTP server down, then the node
}

// open opens a node and serves it; with run its pipeline moves too.
func open(t *testing.T, run bool, change func(*anchor.Config, *Config)) *env {
	t.Helper()
	log := slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	nodeConfig := anchortest.Config(t.TempDir(), testChain)
	nodeConfig.BatchAge, nodeConfig.Log = time.Millisecond, log
	nodeConfig.Chains[0].Key = chain.NewKey(testChain.Accounts[nextAccount.Add(1)].PrivateKey)
	nodeConfig.Chains[0].PollInterval = 10 * time.Millisecond
	config := Config{Log: log}
	if change != nil {
		change(&nodeConfig, &config)
	}
	n, err := anchortest.Open(nodeConfig)
	if err != nil {
		t.Fatal(err)
	}
	e := &env{node: n.Node, home: n.Home(), server: NewServer(n.Node, config)}
	e.server.Handler = describedAs(t, e.server.Handler)
	e.stop = func() {
		if err := n.Stop(); err != nil {
			t.Error(err)
		}
	}
	t.Cleanup(e.stop)
	if run {
		n.Begin()
	}
	if err := n.Serve(e.server); err != nil {
		t.Fatal(err)
	}
	e.url = n.URL
	if e.client, err = client.New(e.url); err != nil {
		t.Fatal(err)
	}
	return e
}

// listing is for [open]: the operator lists these issuers, beside letting all submit.
func listing(issuers ...issuer) func(*anchor.Config, *Config) {
	return func(c *anchor.Config, _ *Config) {
		for _, is := range issuers {
			c.Issuers = append(c.Issuers, is.address)
		}
	}
}

// issuer is who submits in a test.
type issuer struct {
	*ecdsa.PrivateKey
	key     *chain.Key
	address verifier.Address
}

func newIssuer(t *testing.T) issuer {
	t.Helper()
	key, err := crypto.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	k := chain.NewKey(key)
	return issuer{key, k, k.Address()}
}

func (i issuer) sign(t testing.TB, digest merkle.Hash) verifier.Signature {
	t.Helper()
	signature, err := i.key.SignDigest(digest)
	if err != nil {
		t.Fatal(err)
	}
	return signature
}

// submission makes a signed submission of leaves in any order.
func (i issuer) submission(t testing.TB, home verifier.Home, leaves ...merkle.Hash) *publish.Submission {
	t.Helper()
	slices.SortFunc(leaves, merkle.Compare)
	tree, err := merkle.FromSorted(leaves)
	if err != nil {
		t.Fatal(err)
	}
	s := &publish.Submission{
		Issuer:   i.address,
		Home:     home,
		Root:     tree.Root(),
		Count:    uint64(len(leaves)),
		IssuedAt: 1767225600,
		Leaves:   leaves,
	}
	s.Signature = i.sign(t, verifier.SubmissionDigest(home, s.Root, s.Count, s.IssuedAt))
	return s
}

func leaves(n int, name string) []merkle.Hash {
	out := make([]merkle.Hash, n)
	for i := range out {
		out[i] = merkle.Keccak256([]byte(name), []byte{byte(i >> 16), byte(i >> 8), byte(i)})
	}
	slices.SortFunc(out, merkle.Compare)
	return out
}

func jsonForm(s *publish.Submission) []byte {
	data, err := json.Marshal(publish.Submission{
		Issuer: s.Issuer, Home: s.Home, Root: s.Root, Count: s.Count, IssuedAt: s.IssuedAt, Signature: s.Signature, Leaves: s.Leaves,
	})
	if err != nil {
		panic(err)
	}
	return data
}

// call makes a plain HTTP request and returns the answer with its body read.
func (e *env) call(t *testing.T, method, path, contentType string, body []byte) (*http.Response, []byte) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, e.url+path, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if contentType != "" {
		request.Header.Set("Content-Type", contentType)
	}
	return exchange(t, http.DefaultClient.Do, request)
}

// exchange makes a request and returns the answer with its body read.
func exchange(t *testing.T, do func(*http.Request) (*http.Response, error), request *http.Request) (*http.Response, []byte) {
	t.Helper()
	response, err := do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response, data
}

// wantProblem checks an answer that refuses: the status, and that a person can read
// why.
func wantProblem(t *testing.T, response *http.Response, body []byte, status int) Problem {
	t.Helper()
	var p Problem
	if response.StatusCode != status {
		t.Errorf("status %d, want %d: %s", response.StatusCode, status, body)
	}
	if got := response.Header.Get("Content-Type"); got != "application/problem+json" {
		t.Errorf("content type %q of %s", got, body)
	}
	if err := json.Unmarshal(body, &p); err != nil {
		t.Fatalf("%v in %s", err, body)
	}
	if p.Status != response.StatusCode || p.Title == "" || len(p.Detail) < 10 {
		t.Errorf("problem %+v of status %d", p, response.StatusCode)
	}
	if retry := response.Header.Get("Retry-After"); (retry != "") != slices.Contains([]int{429, 503, 507}, status) {
		t.Errorf("status %d with Retry-After %q", status, retry)
	}
	return p
}

// awaitFinal waits for a submission, and mines the blocks that make it final.
func (e *env) awaitFinal(t *testing.T, c *client.Client, id merkle.Hash) []publish.State {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var states []publish.State
	last, err := c.Watch(ctx, id, func(s client.Status) {
		states = append(states, s.State)
		if s.State == publish.Mined {
			if err := testChain.Mine(ctx, 2); err != nil {
				t.Error(err)
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if last.ID != id || last.State != publish.Final || last.Batch == nil || last.Transaction == nil || last.Block == nil {
		t.Fatalf("last status %+v", last)
	}
	return states
}

// discoverable is the leaf of a credential that was not salted.
func discoverable(c cid.Cid) merkle.Hash { return verifier.Leaf(c.Bytes(), merkle.Hash{}) }

func rawCID(t *testing.T, document []byte) cid.Cid {
	t.Helper()
	c, err := credential.Sum(bytes.NewReader(document), credential.FormRaw, "")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func readAnswer(t *testing.T, conn net.Conn) (*http.Response, []byte) {
	t.Helper()
	if err := conn.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response, body
}

// asStatus reports whether an error is a node's refusal with a status.
func asStatus(err error, refused **client.NodeError, status int) bool {
	return errors.As(err, refused) && (*refused).Status == status
}
