package anchor

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"encoding/binary"
	"log/slog"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/crypto"

	"github.com/hallmark-node/hallmark/anchor/chain"
	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/anchor/intake"
	"github.com/hallmark-node/hallmark/anchor/pipeline"
	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/anchor/serving"
	"github.com/hallmark-node/hallmark/anchor/store"
	"github.com/hallmark-node/hallmark/credential"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/testnet"
	"github.com/hallmark-node/hallmark/testnet/testchain"
	"github.com/hallmark-node/hallmark/verifier"
)

// backends are the chains that every test of the pipeline runs on.
func backends(t *testing.T, test func(t *testing.T, backend string)) { testchain.OnBackends(t, test) }

func startChain(t *testing.T, config testnet.Config) *testnet.Chain {
	return testchain.Start(t, config)
}

func testConfig(t *testing.T, c *testnet.Chain) Config {
	// Those with an account on the chain are listed; whoever makes a key is a stranger.
	return Config{
		Data: t.TempDir(), Open: true, Issuers: addresses(c), BatchCount: 100, BatchAge: 10 * time.Millisecond,
		Chains: []ChainConfig{chainConfig(c)},
		Log:    slog.New(slog.NewTextHandler(testWriter{t}, &slog.HandlerOptions{Level: testLevel()})),
	}
}

func addresses(c *testnet.Chain) []verifier.Address {
	list := make([]verifier.Address, len(c.Accounts))
	for i, a := range c.Accounts {
		list[i] = verifier.Address(a.Address)
	}
	return list
}

func chainConfig(c *testnet.Chain) ChainConfig {
	return ChainConfig{
		RPC: []string{c.RPC}, Key: chain.NewKey(c.Accounts[0].PrivateKey),
		Registry: verifier.Address(c.Registry), PollInterval: 10 * time.Millisecond,
	}
}

// changed returns a configuration with its first chain changed.
func changed(config Config, change func(*ChainConfig)) Config {
	config.Chains = slices.Clone(config.Chains)
	change(&config.Chains[0])
	return config
}

func testLevel() slog.Level {
	if os.Getenv("HALLMARK_TEST_DEBUG") != "" {
		return slog.LevelDebug
	}
	return slog.LevelInfo
}

type testWriter struct{ t *testing.T }

func (w testWriter) Write(p []byte) (int, error) {
	w.t.Log(string(bytes.TrimSpace(p)))
	return len(p), nil
}

// running is a node in its run, stopped and closed at the end of the test or by stop.
type running struct {
	*Node
	*intake.Intake
	*pipeline.Pipeline
	*serving.Serving
	home    verifier.Home // of its first chain
	genesis merkle.Hash
	client  *chain.Client // asks the servers of that chain
	stop    func()
}

func run(n *Node, stop func()) *running {
	c := n.Info().Chains[0]
	return &running{n, n.Intake, n.Pipeline, n.Serving, c.Home, c.Genesis, nil, stop}
}

// openOperations returns what is not closed on the first chain.
func (n *running) openOperations() ([]*store.Operation, error) {
	return n.store.OpenOperations(n.home.Chain)
}

// kick makes every writer look at its chain now.
func (n *running) kick() {
	for _, w := range n.Writers {
		w.Wake()
	}
}

func start(t *testing.T, config Config) *running {
	t.Helper()
	return startHooked(t, config, nil)
}

// startHooked is start with a hook, unless that is nil.
func startHooked(t *testing.T, config Config, hook func(step string)) *running {
	t.Helper()
	n, err := Open(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	if hook != nil {
		n.hook = hook
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- n.Run(ctx) }()
	stopped := false
	stop := func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-done; err != nil {
			t.Errorf("run: %v", err)
		}
		if err := n.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	}
	t.Cleanup(stop)
	r := run(n, stop)
	if r.client, err = chain.Dial(config.Chains[0].RPC...); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.client.Close)
	return r
}

// badge is a credential of a test: a document, its salt and its leaf.
type badge struct {
	document []byte
	salt     merkle.Hash
	leaf     merkle.Hash
}

func newBadge(t testing.TB, seed uint64) badge {
	t.Helper()
	doc := binary.BigEndian.AppendUint64([]byte("badge "), seed)
	c, err := credential.Sum(bytes.NewReader(doc), credential.FormRaw, "")
	if err != nil {
		t.Fatal(err)
	}
	salt := merkle.Keccak256([]byte("salt"), doc)
	return badge{doc, salt, verifier.Leaf(c.Bytes(), salt)}
}

// sign makes a submission of leaves.
func sign(t testing.TB, key *ecdsa.PrivateKey, home verifier.Home, leaves []merkle.Hash) *publish.Submission {
	t.Helper()
	leaves = slices.Clone(leaves)
	slices.SortFunc(leaves, merkle.Compare)
	tree, err := merkle.FromSorted(leaves)
	if err != nil {
		t.Fatal(err)
	}
	s := &publish.Submission{
		Issuer: verifier.Address(crypto.PubkeyToAddress(key.PublicKey)), Home: home,
		Root: tree.Root(), Count: uint64(len(leaves)), IssuedAt: 1767225600, Leaves: leaves,
	}
	if s.Signature, err = chain.NewKey(key).SignDigest(verifier.SubmissionDigest(home, s.Root, s.Count, s.IssuedAt)); err != nil {
		t.Fatal(err)
	}
	return s
}

// await watches a submission until it is final, and mines blocks for it.
func await(t *testing.T, n *running, c *testnet.Chain, id merkle.Hash) client.Status {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	watch, err := n.Watch(ctx, id)
	if err != nil {
		t.Fatal(err)
	}
	var last client.Status
	for s := range watch {
		last = s
		if s.State == publish.Mined {
			if err := c.Mine(ctx, 2); err != nil {
				t.Fatal(err)
			}
		}
	}
	if last.State != publish.Final {
		t.Fatalf("submission %s is %s", id, last.State)
	}
	return last
}

// verdict verifies a badge with what the node serves, trusting only the block that
// the proof names.
func verdict(t *testing.T, n *running, b badge, p client.LeafProof) *verifier.Report {
	t.Helper()
	header, err := verifier.ParseHeader(p.Anchors[0].Header)
	if err != nil {
		t.Fatal(err)
	}
	return report(t, b, p, header, map[verifier.ChainID]*verifier.TrustedChain{n.home.Chain: {
		Name: "test", Test: true, Genesis: n.genesis, Registries: []verifier.Address{n.home.Registry},
		Blocks: map[uint64]verifier.Hash{header.Number: header.Hash},
	}})
}

// report verifies a badge at the time of a block, trusting some chains.
func report(t *testing.T, b badge, p client.LeafProof, at verifier.Header,
	chains map[verifier.ChainID]*verifier.TrustedChain,
) *verifier.Report {
	t.Helper()
	c, err := credential.Sum(bytes.NewReader(b.document), credential.FormRaw, "")
	if err != nil {
		t.Fatal(err)
	}
	proof := &verifier.Proof{Credential: c, Salt: b.salt, Submission: p.Submission, Batch: p.Batch, Anchors: p.Anchors, Hints: p.Hints}
	file, err := proof.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if proof, err = verifier.ParseProof(file); err != nil {
		t.Fatalf("%v in\n%s", err, file)
	}
	v, err := verifier.New(verifier.Options{
		Now: func() time.Time { return time.Unix(int64(at.Time), 0) }, AllowTest: true,
		Trust: &verifier.Trust{
			Chains:  chains,
			Issuers: map[verifier.Address]*verifier.TrustedIssuer{p.Submission.Issuer: {Name: "school", IDs: []string{verifier.AnyIssuer}}},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return v.Verify(proof, bytes.NewReader(b.document))
}

func wantVerdict(t *testing.T, n *running, b badge, p client.LeafProof, want verifier.Verdict) {
	t.Helper()
	if r := verdict(t, n, b, p); r.Verdict != want {
		t.Errorf("verdict %s, want %s: %+v", r.Verdict, want, r.Checks)
	}
}

// One badge goes all the way.
func TestOneBadge(t *testing.T) {
	backends(t, func(t *testing.T, backend string) {
		c := startChain(t, testnet.Config{Backend: backend})
		n := start(t, testConfig(t, c))
		b := newBadge(t, 1)
		s := sign(t, c.Accounts[1].PrivateKey, n.home, []merkle.Hash{b.leaf})
		status, err := n.Submit(t.Context(), s)
		if err != nil || status.State != publish.Accepted || status.ID != s.ID() {
			t.Fatalf("%+v, %v", status, err)
		}
		status = await(t, n, c, s.ID())
		if status.Transaction == nil || status.Batch == nil || status.Block == nil {
			t.Fatalf("final, and yet %+v", status)
		}
		p, err := n.Proof(t.Context(), b.leaf, false)
		if err != nil {
			t.Fatal(err)
		}
		wantVerdict(t, n, b, p, verifier.Valid)
	})
}
