package pipeline

import (
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/anchor/role"
	"github.com/hallmark-node/hallmark/anchor/store"
	"github.com/hallmark-node/hallmark/anchor/store/kv"
	"github.com/hallmark-node/hallmark/testnet"
	"github.com/hallmark-node/hallmark/testnet/faultproxy"
	"github.com/hallmark-node/hallmark/verifier"
)

// baton is the lease of a chain, which one process at a time has, as the test says.
type baton struct {
	mu     sync.Mutex
	holder string
	epoch  uint64
}

func (b *baton) Acquire(name, holder string, _ time.Duration) (kv.Lease, bool, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return kv.Lease{Name: name, Epoch: b.epoch}, b.holder == holder, nil
}

func (b *baton) Release(kv.Lease) error { return nil }

func (b *baton) pass(to *role.Leases) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.holder, b.epoch = to.Holder(), b.epoch+1
}

// member is one of the processes that share a store, each with its own server.
type member struct {
	*running
	leases  *role.Leases
	proxy   *faultproxy.Proxy
	paused  chan struct{} // closed once it is stopped after a step
	resumed chan struct{} // closed by goOn
	goOn    func()        // after the pause
}

// join starts a process, which stops after a step once if that is not empty.
func join(t *testing.T, c *testnet.Chain, s *store.Store, b *baton, pauseAfter string) *member {
	t.Helper()
	m := &member{
		leases: role.NewLeases(b, slog.New(slog.DiscardHandler)), proxy: faultproxy.Start(t, c.RPC),
		paused: make(chan struct{}), resumed: make(chan struct{}),
	}
	m.goOn = sync.OnceFunc(func() { close(m.resumed) })
	var once sync.Once
	m.running = startOn(t, c, m.proxy.URL, s, func(config *Config) {
		config.Shared, config.Leases = true, m.leases
		config.Hooks.Step = func(step string) {
			if step == pauseAfter {
				once.Do(func() {
					close(m.paused)
					<-m.resumed
					for m.term.Err() == nil { // it is stopped for longer than a lease lasts
						time.Sleep(time.Millisecond)
					}
				})
			}
		}
	})
	t.Cleanup(m.goOn) // else the end of the test waits for it
	return m
}

func (m *member) sent() int { return m.proxy.Calls("eth_sendRawTransaction") }

// A leader is stopped for so long that another one takes over. When it goes on it sends, signs
// and writes nothing: what it had signed and not sent, the other one sends, byte for byte.
func TestStaleLeaderSendsNothing(t *testing.T) {
	for _, step := range []string{"intent", "signed"} {
		t.Run("stopped after "+step, func(t *testing.T) {
			t.Parallel()
			c := startChain(t, testnet.Config{})
			s, err := store.Open(t.TempDir(), store.Options{})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() {
				if err := s.Close(); err != nil {
					t.Error(err)
				}
			})
			b := new(baton)
			old, next := join(t, c, s, b, step), join(t, c, s, b, "")
			b.pass(old.leases)
			// A process that does not lead takes it, and the leader finds it.
			if err := next.SetStatus(t.Context(), statement(t, next.running, c.Accounts[1])); err != nil {
				t.Fatal(err)
			}
			<-old.paused
			before := operation(t, next.running, 1)
			b.pass(next.leases)
			eventually(t, "another one leads", next.leading.Load)
			eventually(t, "it is in a block", func() bool { o := operation(t, next.running, 1); return o.State == publish.Mined })
			mined := operation(t, next.running, 1)
			old.goOn()
			eventually(t, "the old one has noticed", func() bool { return !old.leading.Load() })
			if old.sent() != 0 || next.sent() != 1 {
				t.Errorf("the old leader sent %d, the new one %d", old.sent(), next.sent())
			}
			if step == "signed" && (len(mined.Attempts) != 1 || mined.Attempts[0].Hash != before.Attempts[0].Hash) {
				t.Errorf("it signed %v, and %v was sent", before.Attempts, mined.Attempts)
			}
			if now := operation(t, next.running, 1); now.State != publish.Mined || len(now.Attempts) != len(mined.Attempts) {
				t.Errorf("the old one wrote: %+v", now)
			}
			if got := old.Health(); got.Account != verifier.Address(c.Accounts[0].Address) {
				t.Errorf("the account is %s", got.Account)
			}
		})
	}
}

// What a process needs to know of a chain that another one writes to it takes from the store.
func TestReadyElsewhere(t *testing.T) {
	c := startChain(t, testnet.Config{})
	s, err := store.Open(t.TempDir(), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	b := new(baton)
	leader, other := join(t, c, s, b, ""), join(t, c, s, b, "")
	if err := other.Ready(); err == nil {
		t.Error("ready though nobody has looked at the chain yet")
	}
	b.pass(leader.leases)
	eventually(t, "it is ready", func() bool { return other.Ready() == nil })
	if newest, err := other.Newest(); err != nil || !newest.IsZero() {
		t.Errorf("it has seen block %s, %v", newest, err)
	}
	leader.proxy.Set(faultproxy.Fault{Status: 503})
	eventually(t, "the leader cannot read the chain", func() bool { return other.Ready() != nil })
	if h := other.Health(); h.Stuck == "" {
		t.Error("its health does not say what holds up the leader")
	}
	leader.proxy.Clear()
	eventually(t, "it goes on", func() bool { return other.Ready() == nil })
}
