package api

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hallmark-node/hallmark/anchor"
	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/anchor/role"
	"github.com/hallmark-node/hallmark/anchor/store"
	"github.com/hallmark-node/hallmark/anchor/store/kv"
	"github.com/hallmark-node/hallmark/anchor/store/pebblekv"
	"github.com/hallmark-node/hallmark/merkle"
)

// A process answers what its roles are for, and says of all else who does: never that something
// is not known.
func TestRolesOfAProcess(t *testing.T) {
	hash := merkle.Hash{1}.String()
	reads := []string{
		"/v1/proofs/" + hash, "/v1/batches", "/v1/batches/" + hash, "/v1/lists",
	}
	for _, x := range []struct {
		roles               role.Roles
		takes, reads, tells bool
	}{
		{role.Roles{Intake: true}, true, false, true},
		{role.Roles{Serve: true}, false, true, true},
		{role.Roles{Write: true}, false, false, false},
		{role.AllRoles, true, true, true},
	} {
		t.Run(x.roles.String(), func(t *testing.T) {
			e := open(t, true, func(c *anchor.Config, _ *Config) {
				if c.Roles = x.roles; !x.roles.Write {
					c.Chains[0].Key = nil
				}
			})
			check := func(answered bool, method, path string, body []byte) {
				t.Helper()
				response, text := e.call(t, method, path, "application/json", body)
				if answered {
					if response.StatusCode == http.StatusForbidden {
						t.Errorf("%s %s is refused: %s", method, path, text)
					}
					return
				}
				p := wantProblem(t, response, text, http.StatusForbidden)
				if !strings.Contains(p.Detail, "has the roles "+strings.Join(x.roles.Names(), ", ")) {
					t.Errorf("%s %s: %s", method, path, p.Detail)
				}
			}
			is := newIssuer(t)
			check(x.takes, http.MethodPost, "/v1/submissions", jsonForm(is.submission(t, e.home, leaves(2, "roles")...)))
			for _, path := range reads {
				check(x.reads, http.MethodGet, path, nil)
			}
			check(x.tells, http.MethodGet, "/v1/submissions/"+hash, nil)
			check(x.tells, http.MethodGet, "/v1/issuers/0x0000000000000000000000000000000000000001/status", nil)
			for _, path := range []string{"/healthz", "/readyz", "/v1/info", "/metrics"} {
				eventually(t, path, func() bool { r, _ := e.call(t, http.MethodGet, path, "", nil); return r.StatusCode == http.StatusOK })
			}
			h, err := e.client.Health(t.Context())
			if err != nil || strings.Join(h.Roles, ",") != x.roles.String() || (h.Intake == publish.IntakeElsewhere) == x.takes {
				t.Errorf("health %+v, %v", h, err)
			}
			held := 0
			eventually(t, "leases", func() bool {
				h, err := e.client.Health(t.Context())
				held = 0
				for _, l := range h.Leases {
					if l.Held {
						held++
					}
				}
				return err == nil && (held == 2) == x.roles.Write // seal, and the chain
			})
		})
	}
}

// away is an engine that can be out of reach, or full.
type away struct {
	kv.Engine
	fault atomic.Pointer[error]
}

func (a *away) set(err error) { a.fault.Store(&err) }

func (a *away) err() error {
	if err := a.fault.Load(); err != nil && *err != nil {
		return fmt.Errorf("dial 10.0.0.1:5432: %w", *err)
	}
	return nil
}

func (a *away) Get(key []byte, do func([]byte) error) error {
	if err := a.err(); err != nil {
		return err
	}
	return a.Engine.Get(key, do)
}

func (a *away) Scan(r kv.Range, do func(k, v []byte) (bool, error)) error {
	if err := a.err(); err != nil {
		return err
	}
	return a.Engine.Scan(r, do)
}

func (a *away) GetPart(key []byte, offset, n int, do func([]byte) error) error {
	if err := a.err(); err != nil {
		return err
	}
	return a.Engine.GetPart(key, offset, n, do)
}

func (a *away) Update(change func(kv.Tx) error, held ...kv.Lease) error {
	if err := a.err(); err != nil {
		return err
	}
	return a.Engine.Update(change, held...)
}

func (a *away) Append(e kv.Entry) (uint64, bool, error) {
	if err := a.err(); err != nil {
		return 0, false, err
	}
	return a.Engine.Append(e)
}

func (a *away) Appended() (uint64, error) {
	if err := a.err(); err != nil {
		return 0, err
	}
	return a.Engine.Appended()
}

func (a *away) Acquire(name, holder string, lasts time.Duration) (kv.Lease, bool, error) {
	if err := a.err(); err != nil {
		return kv.Lease{}, false, err
	}
	return a.Engine.Acquire(name, holder, lasts)
}

// While the store is out of reach everything that needs it is answered with 503 and when to come
// again, the process lives, and goes on by itself.
func TestStoreAway(t *testing.T) {
	engine := new(away)
	e := open(t, true, func(c *anchor.Config, _ *Config) {
		folder, err := pebblekv.Open(c.Data, pebblekv.Options{})
		if err != nil {
			t.Fatal(err)
		}
		engine.Engine = folder
		if c.Store, err = store.New(engine); err != nil {
			t.Fatal(err)
		}
	})
	is := newIssuer(t)
	first := is.submission(t, e.home, leaves(3, "before")...)
	status, err := e.client.Submit(t.Context(), first)
	if err != nil {
		t.Fatal(err)
	}
	e.awaitFinal(t, e.client, status.ID)

	engine.set(kv.ErrUnavailable)
	second := is.submission(t, e.home, leaves(3, "meanwhile")...)
	for path, body := range map[string][]byte{
		"POST /v1/submissions":                                     jsonForm(second),
		"GET /v1/submissions/" + status.ID.String():                nil,
		"GET /v1/proofs/" + first.Leaves[0].String():               nil,
		"GET /v1/batches":                                          nil,
		"GET /v1/issuers/" + is.address.String() + "/submissions":  nil,
		"GET /v1/chains/" + e.home.Chain.String() + "/hops?from=1": nil,
	} {
		method, path, _ := strings.Cut(path, " ")
		response, text := e.call(t, method, path, "application/json", body)
		p := wantProblem(t, response, text, http.StatusServiceUnavailable)
		if !strings.Contains(p.Detail, "the store of this node cannot be reached now") || strings.Contains(p.Detail, "10.0.0.1") {
			t.Errorf("%s %s: %s", method, path, p.Detail)
		}
	}
	for _, format := range []string{"raw", "car"} {
		response, text := e.call(t, http.MethodGet, "/ipfs/"+publish.ManifestCID(first.Root).String()+"?format="+format, "", nil)
		away := response.StatusCode == http.StatusServiceUnavailable && response.Header.Get("Retry-After") != ""
		if !away || bytes.Contains(text, []byte("10.0.0.1")) {
			t.Errorf("a block as %s: %d %s", format, response.StatusCode, text)
		}
	}
	response, text := e.call(t, http.MethodGet, "/readyz", "", nil)
	wantProblem(t, response, text, http.StatusServiceUnavailable)
	h, err := e.client.Health(t.Context())
	if err != nil || h.Intake != publish.IntakeStoreAway || len(h.Faults) == 0 || h.Faults[0].Code != client.FaultStoreAway {
		t.Errorf("health %+v, %v", h, err)
	}
	if response, text := e.call(t, http.MethodGet, "/healthz", "", nil); response.StatusCode != http.StatusOK {
		t.Errorf("it is to be restarted: %s", text)
	}

	engine.set(kv.ErrFull)
	response, text = e.call(t, http.MethodPost, "/v1/submissions", "application/json", jsonForm(second))
	wantProblem(t, response, text, http.StatusInsufficientStorage)

	engine.set(nil)
	eventually(t, "it takes submissions again", func() bool { status, err = e.client.Submit(t.Context(), second); return err == nil })
	e.awaitFinal(t, e.client, status.ID)
}
