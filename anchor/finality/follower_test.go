package finality

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/ethclient"

	"github.com/hallmark-node/hallmark/anchor/store"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/testnet"
	"github.com/hallmark-node/hallmark/testnet/beaconsim"
	"github.com/hallmark-node/hallmark/verifier"
	"github.com/hallmark-node/hallmark/verifier/beacon"
)

// rig is a follower that is driven by hand, of a chain with a beacon node that lies as a test
// wants.
type rig struct {
	*Follower
	chain *testnet.Chain
	sim   *beaconsim.Beacon
	lie   atomic.Pointer[func(path string, answer []byte) []byte] // nil: none
	other atomic.Bool                                             // the RPC server is on another chain
}

func newRig(t *testing.T) *rig {
	t.Helper()
	r := new(rig)
	var err error
	if r.chain, err = testnet.Start(t.Context(), testnet.Config{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.chain.Close() })
	if r.sim, err = beaconsim.Start(t.Context(), beaconsim.Config{RPC: r.chain.RPC, Period: 8, RootsPerSummary: 8}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.sim.Close() })
	liar := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		resp, err := http.Get(r.sim.URL + q.URL.RequestURI())
		if err != nil {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		defer resp.Body.Close()
		answer, _ := io.ReadAll(resp.Body)
		if lie := r.lie.Load(); lie != nil {
			answer = (*lie)(q.URL.Path, answer)
		} else {
			w.WriteHeader(resp.StatusCode)
		}
		_, _ = w.Write(answer)
	}))
	t.Cleanup(liar.Close)
	rpc, err := ethclient.Dial(r.chain.RPC)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(rpc.Close)
	id, err := rpc.ChainID(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(t.TempDir(), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	r.Follower, err = New(Config{
		Update:  func(change func(*store.Tx) error) error { return s.Update(change) },
		Servers: []string{liar.URL}, Chain: verifier.ChainID(id.Uint64()), Store: s, Log: slog.New(slog.DiscardHandler), Changed: func() {},
		Canonical: func(ctx context.Context, block merkle.Hash) (time.Time, error) {
			if r.other.Load() {
				return time.Time{}, errors.New("unknown block")
			}
			h, err := rpc.HeaderByHash(ctx, common.Hash(block))
			if err != nil {
				return time.Time{}, err
			}
			return time.Unix(int64(h.Time), 0), nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	r.mine(t, 12)
	if err := r.ask(t); err != nil {
		t.Fatal(err)
	}
	return r
}

func (r *rig) mine(t *testing.T, blocks int) {
	t.Helper()
	if err := r.chain.Mine(t.Context(), blocks); err != nil {
		t.Fatal(err)
	}
	if err := r.sim.Sync(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// ask has the follower ask its server once, and what is shown then.
func (r *rig) ask(t *testing.T) error {
	t.Helper()
	err := r.look(t.Context(), r.servers[0])
	r.show(r.servers[0], err)
	return err
}

func (r *rig) lies(lie func(path string, answer []byte) []byte) { r.lie.Store(&lie) }

// moved returns a bootstrap with another slot, and the root of its block.
func moved(t *testing.T, answer []byte, slot uint64) (forged []byte, root beacon.Root) {
	t.Helper()
	var v struct {
		Version string `json:"version"`
		Data    struct {
			Header struct {
				Beacon    map[string]string `json:"beacon"`
				Execution json.RawMessage   `json:"execution"`
				Branch    json.RawMessage   `json:"execution_branch"`
			} `json:"header"`
			Committee json.RawMessage `json:"current_sync_committee"`
			Branch    json.RawMessage `json:"current_sync_committee_branch"`
		} `json:"data"`
	}
	if err := json.Unmarshal(answer, &v); err != nil {
		t.Fatal(err)
	}
	v.Data.Header.Beacon["slot"] = strconv.FormatUint(slot, 10)
	forged, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var b struct {
		Data beacon.Bootstrap `json:"data"`
	}
	if err := json.Unmarshal(forged, &b); err != nil {
		t.Fatal(err)
	}
	return forged, b.Data.Header.Root()
}

// Where no server has the update of a period, a committee is taken on a server's word only if
// its block is on the chain and its slot not in the future. What is refused is shown, nothing of
// it is kept, and an honest server is believed after it.
func TestGoingOn(t *testing.T) {
	get := func(r *rig, path string) []byte {
		resp, err := http.Get(r.sim.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return body
	}
	none := func(path string, answer []byte) []byte {
		if strings.HasSuffix(path, "/updates") {
			return []byte("[]")
		}
		return answer
	}
	for name, c := range map[string]struct {
		lie   func(r *rig) func(path string, answer []byte) []byte
		other bool
		want  string // in what is shown; empty: it is taken
	}{
		"the chain's": {lie: func(*rig) func(string, []byte) []byte { return none }},
		"block of another chain": {
			lie: func(*rig) func(string, []byte) []byte { return none }, other: true,
			want: "the sync committee that it names is refused: its block is not known to be on the chain",
		},
		"slot in the future": {
			lie: func(r *rig) func(string, []byte) []byte {
				const bootstrap = "/eth/v1/beacon/light_client/bootstrap/"
				var v struct {
					Data struct {
						Root beacon.Root `json:"root"`
					} `json:"data"`
				}
				if err := json.Unmarshal(get(r, "/eth/v1/beacon/blocks/finalized/root"), &v); err != nil {
					t.Fatal(err)
				}
				forged, root := moved(t, get(r, bootstrap+v.Data.Root.String()), 1<<30)
				return func(path string, answer []byte) []byte {
					switch {
					case strings.HasPrefix(path, bootstrap):
						return forged
					case strings.HasSuffix(path, "/finalized/root"):
						return []byte(`{"data":{"root":"` + root.String() + `"}}`)
					}
					return none(path, answer)
				}
			},
			want: "the sync committee that it names is refused: its slot 1073741824, of period 134217728, is in the future",
		},
		"update of the future": {
			lie: func(r *rig) func(string, []byte) []byte {
				return func(path string, answer []byte) []byte {
					if !strings.HasSuffix(path, "/finality_update") {
						return none(path, answer)
					}
					head := `"slot":"` + strconv.FormatUint(r.newestSlot(t, answer), 10) + `"`
					return []byte(strings.Replace(string(answer), head, `"slot":"1073741824"`, 1))
				}
			},
			want: "its update is refused: it is of period 134217728, which is in the future",
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			before := r.Health()
			r.mine(t, 20)
			r.lies(c.lie(r))
			r.other.Store(c.other)
			r.lacking = time.Now().Add(-time.Hour)
			err := r.ask(t)
			h := r.Health()
			if c.want == "" {
				if err != nil || h.Period <= before.Period || h.HopsMissing == 0 {
					t.Fatalf("%v; %+v", err, h)
				}
				return
			}
			if got := h.Servers[0].Error; !strings.Contains(got, c.want) {
				t.Errorf("shown: %q, want %q", got, c.want)
			}
			if h.Period != before.Period || h.HopsMissing != 0 {
				t.Errorf("it went on: %+v", h)
			}
			r.lie.Store(nil)
			r.other.Store(false)
			if err := r.ask(t); err != nil {
				t.Errorf("an honest server: %v", err)
			}
			if h := r.Health(); h.Period <= before.Period || h.HopsMissing != 0 {
				t.Errorf("%+v", h)
			}
		})
	}
}

// newestSlot returns the attested slot of a finality update.
func (r *rig) newestSlot(t *testing.T, answer []byte) uint64 {
	var v struct {
		Data beacon.Update `json:"data"`
	}
	if err := json.Unmarshal(answer, &v); err != nil {
		t.Error(err)
	}
	return v.Data.Attested.Slot
}

// Of the signatures for one block those of the most validators are kept, in whatever order
// servers show them; a newer block goes before any of them.
func TestMostSigners(t *testing.T) {
	type shown struct {
		slot    uint64
		block   byte
		signers int
	}
	for name, c := range map[string]struct {
		shown []shown
		want  shown // the slot is the newest one that was seen
	}{
		"more sign later":             {[]shown{{10, 1, 400}, {11, 1, 500}}, shown{11, 1, 500}},
		"fewer sign later":            {[]shown{{10, 1, 500}, {11, 1, 400}}, shown{11, 1, 500}},
		"more signed before":          {[]shown{{11, 1, 400}, {10, 1, 500}}, shown{11, 1, 500}},
		"more signed the same":        {[]shown{{10, 1, 400}, {10, 1, 500}}, shown{10, 1, 500}},
		"more of an earlier period":   {[]shown{{64, 1, 400}, {62, 1, 500}}, shown{64, 1, 400}},
		"more for an older block":     {[]shown{{11, 2, 400}, {10, 1, 500}}, shown{11, 2, 400}},
		"a newer block":               {[]shown{{10, 1, 500}, {11, 2, 400}}, shown{11, 2, 400}},
		"it is not forgotten between": {[]shown{{10, 1, 500}, {11, 1, 400}, {12, 1, 450}}, shown{12, 1, 500}},
	} {
		t.Run(name, func(t *testing.T) {
			f := &Follower{network: &beacon.Network{SlotsPerEpoch: 8, EpochsPerPeriod: 8}, config: Config{Changed: func() {}}}
			for _, s := range c.shown {
				u := &beacon.Update{
					Attested: beacon.Header{Slot: s.slot}, Bits: make([]byte, 64), Finalized: &beacon.LightHeader{BlockHash: beacon.Root{s.block}},
				}
				for i := range s.signers {
					u.Bits[i/8] |= 1 << (i % 8)
				}
				if !f.known(u) {
					evidence := []byte(strconv.Itoa(s.signers))
					f.take(&found{Voucher{Block: u.Finalized.BlockHash, Evidence: evidence}, s.slot, u.Participants()})
				}
			}
			got := f.newest
			if got.slot != c.want.slot || got.Block[0] != c.want.block || string(got.Evidence) != strconv.Itoa(c.want.signers) {
				t.Errorf("slot %d, block %d, signers %s; want %+v", got.slot, got.Block[0], got.Evidence, c.want)
			}
		})
	}
}

// A committee that is built in is where to start if the server has its keys, and no other.
func TestBuiltInCommittee(t *testing.T) {
	r := newRig(t)
	r.mine(t, 20)
	updates, err := r.servers[0].client.Updates(t.Context(), 2, 1)
	if err != nil {
		t.Fatal(err)
	}
	root := updates[0].Next.Root()
	at := func(period uint64, root beacon.Root) *store.Beacon {
		return r.fromBuiltIn(t.Context(), r.servers[0], &verifier.TrustedBeacon{
			Network: r.network, Committees: map[uint64]verifier.TrustedRoot{period: {Root: root, Origin: "built in"}},
		})
	}
	record := at(3, root)
	if record == nil || record.Period != 3 || record.Root != root || keys(&record.Committees[0]).Root() != root ||
		!strings.Contains(record.Origin, "built in") {
		t.Fatalf("%+v", record)
	}
	r.record = *record
	if err := r.ask(t); err != nil {
		t.Errorf("from there: %v", err)
	}
	for name, record := range map[string]*store.Beacon{
		"another committee": at(3, beacon.Root{1}), "another period": at(2, root),
		"a period to come": at(1000, root), "period 0": at(0, root),
	} {
		if record != nil {
			t.Errorf("%s: %d, %s", name, record.Period, record.Root)
		}
	}
}
