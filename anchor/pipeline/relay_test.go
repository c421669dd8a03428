package pipeline

import (
	"encoding/binary"
	"errors"
	"slices"
	"testing"

	"github.com/hallmark-node/hallmark/anchor/chain"
	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/anchor/role"
	"github.com/hallmark-node/hallmark/anchor/store"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/testnet"
	"github.com/hallmark-node/hallmark/testnet/faultproxy"
	"github.com/hallmark-node/hallmark/verifier"
)

// relayFirst hands the first status statement of an account's to the writer, made from
// what a block shows of its issuer.
func relayFirst(t *testing.T, n *running, by testnet.Account, r chain.IssuerRecord, at chain.Block, items ...verifier.StatusItem) error {
	t.Helper()
	u := statement(t, n, by, items...)
	o := &store.Operation{
		Kind: store.KindStatus, Issuer: u.Issuer, Version: 1, Root: u.Root, Manifest: u.List, Deadline: never, Signature: u.Signature,
	}
	w := n.Writer
	if err := w.checkStatement(t.Context(), o, r, at); err != nil {
		return err
	}
	return w.relay(o, r, at, nil)
}

// A statement comes into a block after the registry was read for the next one: that is
// too late, and the same one again is no other.
func TestStatementOvertakesTheNext(t *testing.T) {
	c := startChain(t, testnet.Config{})
	n := start(t, c, c.RPC)
	issuer := verifier.Address(c.Accounts[1].Address)
	r, head, err := n.Issuer(t.Context(), issuer)
	if err != nil {
		t.Fatal(err)
	}
	relay := func(items ...verifier.StatusItem) error {
		return relayFirst(t, n, c.Accounts[1], r, head, items...)
	}
	if err := relay(); err != nil {
		t.Fatal(err)
	}
	for _, state := range []publish.State{publish.Mined, publish.Final} {
		eventually(t, "it is "+string(state), func() bool { o := operation(t, n, 1); return o.State == state })
		if err := relay(); err != nil {
			t.Errorf("the same while it is %s: %v", state, err)
		}
		if err := relay(verifier.StatusItem{ID: merkle.Hash{1}, Code: verifier.StatusRevoked}); !errors.Is(err, role.ErrConflict) {
			t.Errorf("another one while it is %s: %v", state, err)
		}
		if _, err := n.store.Operation(2); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("it is there twice while it is %s: %v", state, err)
		}
		if err := c.Mine(t.Context(), 2); err != nil {
			t.Fatal(err)
		}
	}
}

// A statement is in a block, which is lost before the node has seen that: it is still on
// its way.
func TestStatementLostWithItsBlock(t *testing.T) {
	c := startChain(t, testnet.Config{Epoch: 32})
	p := faultproxy.Start(t, c.RPC)
	n := start(t, c, p.URL)
	issuer := verifier.Address(c.Accounts[1].Address)
	direct, err := chain.Dial(c.RPC)
	if err != nil {
		t.Fatal(err)
	}
	defer direct.Close()
	relay := func(items ...verifier.StatusItem) error {
		head, err := direct.Head(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		r, err := direct.Issuer(t.Context(), head.Hash, n.home.Registry, issuer)
		if err != nil {
			t.Fatal(err)
		}
		return relayFirst(t, n, c.Accounts[1], r, head, items...)
	}
	revoked := verifier.StatusItem{ID: merkle.Hash{1}, Code: verifier.StatusRevoked}
	if err := relay(revoked); err != nil {
		t.Fatal(err)
	}
	eventually(t, "it is mined", func() bool { return operation(t, n, 1).State == publish.Mined })
	p.Set(faultproxy.Fault{Methods: []string{"eth_getBlockByNumber"}, Error: "limit exceeded"})
	eventually(t, "the node sees nothing", func() bool { return n.Health().RPCError != "" })
	if err := c.ReorgForget(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	if err := relay(verifier.StatusItem{ID: merkle.Hash{2}, Code: verifier.StatusRevoked}); !errors.Is(err, role.ErrConflict) {
		t.Errorf("another one of the same version: %v", err)
	}
	if err := relay(revoked); err != nil {
		t.Errorf("the same: %v", err)
	}
	p.Clear()
	eventually(t, "it is final", func() bool {
		if err := c.Mine(t.Context(), 1); err != nil {
			t.Fatal(err)
		}
		return operation(t, n, 1).State == publish.Final
	})
	if _, err := n.store.Operation(2); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("it is there twice: %v", err)
	}
}

// The root of a large list is computed after all that can be said without, for one list
// at a time.
func TestLargeListComesLast(t *testing.T) {
	c := startChain(t, testnet.Config{})
	n := start(t, c, c.RPC)
	by := c.Accounts[1]
	items := make([]verifier.StatusItem, largeList+1)
	for i := range items {
		binary.BigEndian.PutUint64(items[i].ID[:], uint64(i+1))
		items[i].Code = verifier.StatusRevoked
	}
	good := statement(t, n, by, items...)
	with := func(change func(*publish.StatusUpdate)) publish.StatusUpdate {
		u := good
		change(&u)
		return u
	}
	n.largeList.Lock() // another list is worked on
	for name, x := range map[string]struct {
		update publish.StatusUpdate
		want   error
		field  string
	}{
		"a stranger":      {with(func(u *publish.StatusUpdate) { u.Issuer = verifier.Address{1, 2, 3} }), role.ErrNotRelayed, ""},
		"another home":    {with(func(u *publish.StatusUpdate) { u.Home = verifier.Home{Chain: 5} }), nil, "home"},
		"another version": {with(func(u *publish.StatusUpdate) { u.Version = 2 }), role.ErrConflict, ""},
		"too late":        {with(func(u *publish.StatusUpdate) { u.Deadline = 1 }), nil, "deadline"},
		"no root":         {with(func(u *publish.StatusUpdate) { u.Root = merkle.Hash{} }), nil, "root"},
		"no digest":       {with(func(u *publish.StatusUpdate) { u.List = merkle.Hash{} }), nil, "root"},
		"another root":    {with(func(u *publish.StatusUpdate) { u.Root[5] ^= 1 }), nil, "signature"},
		"no signature":    {with(func(u *publish.StatusUpdate) { u.Signature = nil }), nil, "signature"},
		"another's": {with(func(u *publish.StatusUpdate) {
			u.Signature = slices.Clone(u.Signature)
			u.Signature[9] ^= 1
		}), nil, "signature"},
		"good": {good, role.ErrBusy, ""},
	} {
		err := n.SetStatus(t.Context(), x.update)
		var refused *role.RefusedError
		if x.field != "" && (!errors.As(err, &refused) || refused.Field != x.field) || x.want != nil && !errors.Is(err, x.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	n.largeList.Unlock()
	lying := with(func(u *publish.StatusUpdate) { u.Items = u.Items[:largeList] })
	var refused *role.RefusedError
	if err := n.SetStatus(t.Context(), lying); !errors.As(err, &refused) || refused.Field != "root" {
		t.Errorf("other entries than are signed: %v", err)
	}
	for range 2 {
		if err := n.SetStatus(t.Context(), good); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "it is mined", func() bool { return operation(t, n, 1).State == publish.Mined })
	n.largeList.Lock()
	defer n.largeList.Unlock()
	if err := n.SetStatus(t.Context(), good); err != nil {
		t.Errorf("what the registry and the node have: %v", err)
	}
}
