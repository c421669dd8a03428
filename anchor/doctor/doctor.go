// Package doctor examines what a node is set up with, and names the real fault and
// its remedy: the data folder, the RPC servers, the registry, the account, the
// clock, the address to serve at. Call [Examine].
//
// Each finding is about one thing, and a fault is told once, where it is: of an
// account nothing is said while no server answers. Nothing is changed and nothing is
// sent to the chain: the node's state is opened for reading only, and a file that is
// written to see whether that works is taken away again.
package doctor

import (
	"context"
	"fmt"
	"log/slog"
	"math/big"
	"slices"
	"time"

	"github.com/hallmark-node/hallmark/anchor/chain"
	"github.com/hallmark-node/hallmark/anchor/store"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// Level says how bad a finding is.
type Level string

// The levels.
const (
	OK   Level = "ok"
	Warn Level = "warn" // the node runs, but not for long or not as well as it could
	Fail Level = "fail" // the node does not start, or cannot do its work
	Skip Level = "skip" // cannot be told, because of another finding
)

// Finding is the result of one check.
type Finding struct {
	Check   string `json:"check"`             // what was looked at: "data folder", "rpc"...
	Subject string `json:"subject,omitempty"` // which one of several: a host, a chain
	Level   Level  `json:"level"`
	Text    string `json:"text"`             // what was found
	Remedy  string `json:"remedy,omitempty"` // what to do; never empty if Level is Fail
}

// Setup is what a node is to run with.
type Setup struct {
	Data string // folder; it may not exist yet
	// Store opens what has the node's state instead of the folder; nil: the folder has it.
	Store       func(context.Context) (*store.Store, error)
	DiskReserve uint64   // bytes
	Listen      string   // host:port
	Secrets     []string // files that only the node's user should be able to read
	Chains      []Chain

	// Serving returns where the node serves that runs on the data folder, empty if that
	// cannot be told. Nil: it never can.
	Serving func(context.Context) string
}

// Chain is a chain that a node is to write to.
type Chain struct {
	Name          string           // how to call it until its id is known: "chain 1"
	ID            verifier.ChainID // zero: what its servers report
	RPC           []string         // URLs; may hold secrets, which are never in a finding
	Beacon        []string         // base URLs of beacon nodes; as for RPC
	Registry      verifier.Address
	Confirmations chain.Confirmations
	Account       verifier.Address // zero: not known
	ReadOnly      bool             // nothing is sent from here, so there is no account
	MaxFee        *big.Int         // wei per gas; nil: no limit
}

// examination is one run of Examine.
type examination struct {
	report func(Finding)
	now    func() time.Time

	chains int           // how many are configured
	served string        // where a node serves already; empty if none does
	locked bool          // a process has the data folder open
	bound  []store.Chain // what the data folder is bound to; none: it is new, or in use
	seen   []chain.ID    // of the chains that were examined
}

// Examine checks a set-up and reports each finding as it comes.
func Examine(ctx context.Context, s Setup, report func(Finding)) {
	e := &examination{report: report, now: time.Now, chains: len(s.Chains)}
	e.listen(ctx, s.Listen)
	if s.Store != nil {
		e.shared(ctx, s.Store)
	} else {
		e.data(s.Data, s.DiskReserve)
	}
	e.serving(ctx, s)
	e.secrets(s.Secrets)
	for _, c := range s.Chains {
		e.chain(ctx, c)
	}
}

func (e *examination) ok(check, subject, format string, args ...any) {
	e.report(Finding{check, subject, OK, fmt.Sprintf(format, args...), ""})
}

func (e *examination) skip(check, subject, format string, args ...any) {
	e.report(Finding{check, subject, Skip, fmt.Sprintf(format, args...), ""})
}

func (e *examination) warn(check, subject, text, remedy string) {
	e.report(Finding{check, subject, Warn, text, remedy})
}

// fail reports a fault, and returns false for its caller to return.
func (e *examination) fail(check, subject, text, remedy string) bool {
	e.report(Finding{check, subject, Fail, text, remedy})
	return false
}

// chain examines one chain: each server by itself, then what they say together, then
// what the first good one says of the registry and the account.
func (e *examination) chain(ctx context.Context, c Chain) {
	var good *chain.Client
	var id chain.ID
	var from string // server that said so
	for i, address := range c.RPC {
		name := serverName(address, i)
		client, err := chain.Dial(address)
		if err != nil {
			e.fail("rpc", name, err.Error(), "write the server's URL as http://host:port or https://host/path")
			continue
		}
		defer client.Close()
		client.LogTo(slog.New(slog.DiscardHandler))
		if !e.reachable(ctx, name, address) {
			continue
		}
		if c.ID != 0 {
			client.Expect(chain.ID{Chain: c.ID})
		}
		got, usable := e.server(ctx, name, client, c)
		switch {
		case got == (chain.ID{}):
		case id == (chain.ID{}):
			id, from = got, name
			e.boundChain(name, got, c)
		case got != id:
			e.fail("chain id", name, fmt.Sprintf("it reports chain %s, and %s reports %s", got, from, id),
				"configure only servers of one chain under one chain")
			usable = false
		}
		if usable && good == nil {
			good = client
		}
	}
	for i, address := range c.Beacon {
		e.beacon(ctx, serverName(address, i), address, id)
	}
	name := c.Name
	if id != (chain.ID{}) {
		name = id.Chain.String()
		if slices.ContainsFunc(e.seen, func(other chain.ID) bool { return other.Chain == id.Chain }) {
			e.fail("chain id", name, "the chain is configured twice", "name all its RPC servers in one place")
		}
		e.seen = append(e.seen, id)
	}
	if good == nil {
		e.skip("registry", name, "cannot be told: no RPC server of this chain is usable")
		e.skip("account", name, "what it holds cannot be told: no RPC server of this chain is usable")
		return
	}
	if e.registry(ctx, name, good, c.Registry) {
		e.account(ctx, name, good, c)
	} else {
		e.skip("account", name, "what anchors cost cannot be told without the registry")
	}
}

// boundChain compares the chain that a server reports with what the data folder knows.
func (e *examination) boundChain(name string, id chain.ID, c Chain) {
	const check = "chain id"
	if len(e.bound) == 0 {
		e.ok(check, name, "%s", id)
		return
	}
	at := slices.IndexFunc(e.bound, func(b store.Chain) bool { return b.Chain == id.Chain })
	known := e.bound[max(at, 0)]
	switch {
	case at < 0 && e.chains == 1 && c.ID == 0:
		own := chain.ID{Chain: known.Chain, Genesis: known.Genesis}
		e.fail(check, name, fmt.Sprintf("it reports chain %s, and the data folder belongs to %s", id, own),
			"use a server of that chain, or a new data folder for this one")
	case at < 0:
		e.warn(check, name, fmt.Sprintf("%s is not among the chains that the data folder belongs to", id),
			"if this is not a chain that you add, use the folder or the server that belongs to it")
	case known.Genesis != id.Genesis:
		e.fail(check, name, fmt.Sprintf("%s has genesis %s here, and %s in the data folder: "+
			"it is another chain of the same id, or was started anew", id.Chain, id.Genesis, known.Genesis),
			"use a server of the right chain; for a test chain that was started anew use a new data folder")
	case known.Registry != c.Registry:
		e.fail(check, name, fmt.Sprintf("the data folder belongs to registry %s on %s, and %s is configured",
			known.Registry, id.Chain, c.Registry),
			"configure the registry that the folder belongs to, or use a new folder")
	default:
		e.ok(check, name, "%s, as the data folder knows it", id)
	}
}

func (e *examination) registry(ctx context.Context, name string, client *chain.Client, registry verifier.Address) bool {
	if err := client.Check(ctx, registry); err != nil {
		remedy := "hallmark deploy puts it there; if it should be there, the chain is the wrong one"
		if registry != verifier.RegistryAddress {
			remedy = "correct --registry, or leave it out: the published registry is at " + verifier.RegistryAddress.String() + " on every chain"
		}
		return e.fail("registry", name, err.Error(), remedy)
	}
	e.ok("registry", name, "%s, with the published code", registry)
	return true
}

// freshRoot is a root that was never anchored, so that the cost of anchoring one can
// be asked for.
func freshRoot(now time.Time) merkle.Hash {
	return merkle.Keccak256([]byte("hallmark doctor"), []byte(now.String()))
}
