// Package cluster_test breaks what a node of several processes stands on, and the processes
// themselves, and holds what is left against what it has promised: nothing acknowledged is lost,
// each batch is anchored once, one process at a time sends, what is said is right, and every proof is
// valid, from each process and from a mirror.
//
// Everything is real: three processes of `hallmark node` and one of `hallmark mirror`,
// PostgreSQL with a synchronous replica and PgBouncer, versitygw, and go-ethereum. Ways between them can
// be broken. A short form runs always; HALLMARK_CLUSTER=100 runs so many rounds, as `make
// test-cluster` does, and HALLMARK_CLUSTER_SOAK=1h goes on for so long. HALLMARK_FAULT=disk leaves out
// all faults without that word, and HALLMARK_SEED repeats an order.
package cluster_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/ethclient"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/hallmark-node/hallmark/anchor/anchortest"
	"github.com/hallmark-node/hallmark/testnet"
	"github.com/hallmark-node/hallmark/testnet/engines"
	"github.com/hallmark-node/hallmark/testnet/testchain"
)

// patience is how long it may take until all is well once nothing is broken any more.
const patience = 90 * time.Second

// world is a cluster and what it stands on. Its methods are for the goroutine of the test, but for
// those of the load and of the servers.
type world struct {
	t       *testing.T
	seed    uint64
	random  *rand.Rand
	program string   // hallmark
	keys    []string // of the bucket, as environment
	preload string   // library that makes a clock wrong; empty: there is none

	chain   *testnet.Chain
	eth     *ethclient.Client
	offline *anchortest.Offline

	disk             *disk // of the database
	primary, replica *engines.Postgres
	database         string // its name
	toPrimary        *way   // of the pooler
	pooler           *engines.Pooler
	pool             *pgxpool.Pool // of the test itself

	objects   *engines.S3
	toObjects *way
	bucket    string // as nodes are told

	one, two, three, mirror *server // the first two write
	servers                 []*server
	sends                   sends

	revoked []taken // whose issuer has said so

	load
	checked           int                        // how many of the load were checked after the last round
	batches, anchored int                        // how many there are, and roots on the chain
	times             map[string][]time.Duration // until all was well again, by fault
	folder            string
}

func newWorld(t *testing.T) *world {
	t.Helper()
	if testing.Short() || raceDetector {
		t.Skip("starts many processes")
	}
	began := time.Now()
	seed := uint64(began.UnixNano())
	if text := os.Getenv("HALLMARK_SEED"); text != "" {
		var err error
		if seed, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("HALLMARK_SEED=%d", seed)
	w := &world{
		t: t, seed: seed, random: rand.New(rand.NewPCG(seed, 1<<32)), times: make(map[string][]time.Duration), folder: t.TempDir(),
		keys: []string{"AWS_ACCESS_KEY_ID=" + engines.AccessKey, "AWS_SECRET_ACCESS_KEY=" + engines.SecretKey},
	}
	w.program = filepath.Join(w.folder, "hallmark")
	w.run("go", "build", "-o", w.program, "github.com/hallmark-node/hallmark/cmd/hallmark")
	w.preload = w.buildClock()
	w.startChain()
	w.startDatabase()
	w.startBucket()
	w.startServers()
	t.Logf("started within %v", time.Since(began).Round(100*time.Millisecond))
	return w
}

// run runs a command to its end.
func (w *world) run(name string, args ...string) {
	w.t.Helper()
	cmd := exec.CommandContext(w.t.Context(), name, args...)
	cmd.Env = append(os.Environ(), w.keys...)
	if out, err := cmd.CombinedOutput(); err != nil {
		w.t.Fatalf("%s: %v\n%s", name, err, out)
	}
}

func (w *world) startChain() {
	w.t.Helper()
	w.chain = testchain.StartMining(w.t, testnet.Config{})
	var err error
	if w.eth, err = ethclient.Dial(w.chain.RPC); err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(w.eth.Close)
	if w.offline, err = anchortest.NewOffline(w.t.Context(), w.chain, w.eth); err != nil {
		w.t.Fatal(err)
	}
}

// startDatabase starts PostgreSQL with a replica, both on the small disk, if there can be one.
func (w *world) startDatabase() {
	w.t.Helper()
	w.disk = newDisk(w.t)
	w.primary = startOn(w, func() (*engines.Postgres, error) {
		return engines.NewPostgres("wal_retrieve_retry_interval = '200ms'", "max_wal_size = '128MB'", "shared_buffers = '64MB'")
	})
	var err error
	if w.database, err = w.primary.NewDatabase(); err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() {
		w.pool.Close()
		for _, p := range []*engines.Postgres{w.replica, w.primary} {
			if p != nil {
				w.close(p)
			}
		}
	})
	w.connect()
	w.toPrimary = newWay(w.t, w.primary.Address())
	if w.pooler, err = engines.NewPooler(w.toPrimary.address(), 20); err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { w.close(w.pooler) })
	w.follow()
}

// startOn starts a server of the database.
func startOn(w *world, start func() (*engines.Postgres, error)) *engines.Postgres {
	w.t.Helper()
	defer w.disk.use()()
	p, err := start()
	if err != nil {
		if strings.Contains(err.Error(), engines.ErrNotInstalled.Error()) {
			w.t.Skip(err)
		}
		w.t.Fatal(err)
	}
	return p
}

func (w *world) close(server interface{ Close() error }) {
	if err := server.Close(); err != nil {
		w.t.Error(err)
	}
}

// follow gives the primary a replica. From then on nothing is acknowledged that is not on both.
func (w *world) follow() {
	w.t.Helper()
	w.replica = startOn(w, w.primary.NewReplica)
}

// connect is the test's own way to the database.
func (w *world) connect() {
	w.t.Helper()
	if w.pool != nil {
		w.pool.Close()
	}
	var err error
	if w.pool, err = pgxpool.New(w.t.Context(), w.primary.URL(w.database)); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) admin(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	return w.pool.Query(ctx, sql, args...)
}

func (w *world) startBucket() {
	w.t.Helper()
	w.objects = engines.StartVersity(w.t)
	w.toObjects = newWay(w.t, w.objects.Address())
	name, err := w.objects.NewBucket()
	if err != nil {
		w.t.Fatal(err)
	}
	w.bucket = engines.BucketURL("http://"+w.toObjects.address(), name)
}

func (w *world) startServers() {
	w.t.Helper()
	path := func(name string) string { return filepath.Join(w.folder, name) }
	for name, text := range map[string]string{
		"password": "a password", "key": hexutil.Encode(crypto.FromECDSA(w.chain.Accounts[0].PrivateKey)),
	} {
		if err := os.WriteFile(path(name), []byte(text+"\n"), 0o600); err != nil {
			w.t.Fatal(err)
		}
	}
	w.run(w.program, "key", "import", "--light", "--keystore", path("keys"), "--password-file", path("password"), path("key"))
	node := []string{"node", "--issuers", "open", "--relays-per-day", "1000000", "--batch-age", "300ms", "--bump-after", "20s"}
	writing := append(node[:len(node):len(node)], "--keystore", path("keys"), "--password-file", path("password"))
	w.one = w.newServer("one", w.primary.Address(), writing...)
	w.two = w.newServer("two", w.pooler.Address(), writing...)
	w.three = w.newServer("three", w.primary.Address(), append(node[:len(node):len(node)], "--role", "intake,serve")...)
	w.one.start()
	if _, err := w.pool.Exec(w.t.Context(), keepHistory); err != nil {
		w.t.Fatal(err)
	}
	w.must(w.one.stop()) // what it had before is not in the history
	w.one.start()
	w.two.start()
	w.three.start()
	mirror := []string{"mirror", "--data", path("mirror")}
	for _, s := range []*server{w.one, w.two, w.three} {
		s.intake, s.writes = true, s != w.three
		mirror = append(mirror, "--from", s.url)
	}
	w.mirror = w.newServer("mirror", "", mirror...)
	w.mirror.start()
	w.servers = []*server{w.one, w.two, w.three, w.mirror}
}

// eventually waits until ok.
func (w *world) eventually(what string, ok func() bool) {
	w.t.Helper()
	for end := time.Now().Add(patience); !ok(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			w.t.Fatalf("never came: %s", what)
		}
	}
}

// leader returns who may write to the chain now, nil if nobody may.
func (w *world) leader() *server {
	var holder string
	err := w.pool.QueryRow(w.t.Context(),
		"SELECT holder FROM leases WHERE name LIKE 'chain:%' AND expires_at > clock_timestamp()").Scan(&holder)
	if err != nil {
		return nil // nobody, or the database is away
	}
	for _, s := range w.servers {
		if strings.Contains(holder, fmt.Sprintf("/%d/", s.pid())) {
			return s
		}
	}
	return nil
}

// awaitLeader waits until there is a leader, and one that is as wanted.
func (w *world) awaitLeader(wanted func(*server) bool) (leader *server) {
	w.t.Helper()
	w.eventually("another process leads", func() bool {
		leader = w.leader()
		return leader != nil && (wanted == nil || wanted(leader))
	})
	return leader
}

// other returns the process that could write beside s.
func (w *world) other(s *server) *server {
	if s == w.one {
		return w.two
	}
	return w.one
}
