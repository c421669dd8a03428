package anchor

import (
	"errors"
	"slices"
	"testing"

	"github.com/ethereum/go-ethereum/common"

	"github.com/hallmark-node/hallmark/anchor/chain"
	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/anchor/role"
	"github.com/hallmark-node/hallmark/contracts"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/testnet"
	"github.com/hallmark-node/hallmark/testnet/testchain"
	"github.com/hallmark-node/hallmark/verifier"
)

const never = 1 << 40 // a deadline, Unix seconds

// statusUpdate makes a signed new list.
func statusUpdate(t *testing.T, n *running, issuer verifier.Address, signer testnet.Account, version uint64,
	items ...verifier.StatusItem,
) publish.StatusUpdate {
	t.Helper()
	slices.SortFunc(items, func(a, b verifier.StatusItem) int { return merkle.Compare(a.ID, b.ID) })
	list, err := publish.WriteStatusList(issuer, version, items, func(publish.Block) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	u := publish.StatusUpdate{Issuer: issuer, Version: version, Items: items, Deadline: never}
	sig, err := chain.NewKey(signer.PrivateKey).SignDigest(verifier.SetStatusDigest(n.home, issuer, version, list.Root, list.List, never))
	if err != nil {
		t.Fatal(err)
	}
	u.Signature = sig[:]
	return u
}

// settle waits until the registry shows a version at the newest block, and makes
// that final and noticed.
func settle(t *testing.T, n *running, c *testnet.Chain, issuer verifier.Address, version uint64) {
	t.Helper()
	eventually(t, "the statement is mined", func() bool {
		s, err := n.StatusList(t.Context(), verifier.Home{}, issuer)
		return err == nil && s.Version == version
	})
	head, err := n.client.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Mine(t.Context(), 2); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the statement is final and noticed", func() bool {
		c, err := n.store.Chain(n.home.Chain)
		return err == nil && c.Scanned >= head.Number
	})
}

func TestStatus(t *testing.T) {
	backends(t, func(t *testing.T, backend string) {
		c := startChain(t, testnet.Config{Backend: backend})
		n := start(t, testConfig(t, c))
		s, b := submit(t, n, c, 1, 2, 3)
		await(t, n, c, s.ID())
		issuer, signer := s.Issuer, c.Accounts[1]
		check := func(b badge, want verifier.Verdict) {
			t.Helper()
			p, err := n.Proof(t.Context(), b.leaf, false)
			if err != nil {
				t.Fatal(err)
			}
			wantVerdict(t, n, b, p, want)
		}
		check(b[0], verifier.Valid)

		// Revoked, relayed by the node. The same again changes nothing.
		revoke := statusUpdate(t, n, issuer, signer, 1, verifier.StatusItem{ID: b[0].leaf, Code: verifier.StatusRevoked})
		for range 2 {
			if err := n.SetStatus(t.Context(), revoke); err != nil {
				t.Fatal(err)
			}
		}
		settle(t, n, c, issuer, 1)
		if err := n.SetStatus(t.Context(), revoke); err != nil {
			t.Errorf("repeated when final: %v", err)
		}
		check(b[0], verifier.Invalid)
		check(b[1], verifier.Valid)
		list, err := n.StatusList(t.Context(), verifier.Home{}, issuer)
		if err != nil || !list.Known || len(list.Items) != 1 || list.Items[0].ID != b[0].leaf || list.Version != 1 || list.Controller != issuer {
			t.Errorf("%+v, %v", list, err)
		}

		// Version 1 again, with another content, is too late.
		again := statusUpdate(t, n, issuer, signer, 1)
		if err := n.SetStatus(t.Context(), again); !errors.Is(err, role.ErrConflict) {
			t.Errorf("an old version: %v", err)
		}
		var refused *role.RefusedError
		forged := statusUpdate(t, n, issuer, c.Accounts[2], 2)
		if err := n.SetStatus(t.Context(), forged); !errors.As(err, &refused) || refused.Field != "signature" {
			t.Errorf("signed by another key: %v", err)
		}
		late := statusUpdate(t, n, issuer, signer, 2)
		late.Deadline = 1
		if err := n.SetStatus(t.Context(), late); !errors.As(err, &refused) || refused.Field != "deadline" {
			t.Errorf("too late: %v", err)
		}
		reserved := forged
		reserved.Items = []verifier.StatusItem{{Code: verifier.StatusRevoked}}
		if err := n.SetStatus(t.Context(), reserved); !errors.As(err, &refused) || refused.Field != "items" {
			t.Errorf("a reserved id: %v", err)
		}

		// The issuer sends version 2 itself: the whole submission is suspended. Until
		// the node has the list, proofs lack the status.
		whole := []verifier.StatusItem{{ID: s.Root, Code: verifier.StatusSuspended}}
		published, err := publish.WriteStatusList(issuer, 2, whole, func(publish.Block) error { return nil })
		if err != nil {
			t.Fatal(err)
		}
		unsigned := publish.StatusUpdate{Issuer: issuer, Version: 2, Items: whole}
		if err := n.SetStatus(t.Context(), unsigned); !errors.As(err, &refused) || refused.Field != "signature" {
			t.Errorf("a list that is not on the chain: %v", err)
		}
		testchain.Send(t, c, signer, contracts.NewAnchorRegistry().PackSetStatus(common.Address(issuer), 2, published.Root, published.List))
		settle(t, n, c, issuer, 2)
		check(b[1], verifier.VerdictUnknown)
		for range 2 {
			if err := n.SetStatus(t.Context(), unsigned); err != nil {
				t.Fatal(err)
			}
		}
		check(b[1], verifier.Invalid)

		// Reinstated by a controller that was set by signature.
		next := c.Accounts[3]
		q := publish.ControllerChange{Issuer: issuer, Next: verifier.Address(next.Address), Deadline: never}
		sig, err := chain.NewKey(signer.PrivateKey).SignDigest(verifier.SetControllerDigest(n.home, issuer, q.Current, q.Next, never))
		if err != nil {
			t.Fatal(err)
		}
		q.Signature = sig[:]
		for range 2 {
			if err := n.SetController(t.Context(), q); err != nil {
				t.Fatal(err)
			}
		}
		eventually(t, "the controller is set", func() bool {
			s, err := n.StatusList(t.Context(), verifier.Home{}, issuer)
			return err == nil && s.Controller == q.Next
		})
		if err := n.SetStatus(t.Context(), statusUpdate(t, n, issuer, signer, 3)); !errors.As(err, &refused) {
			t.Errorf("by the issuer, which has no say any more: %v", err)
		}
		if err := n.SetStatus(t.Context(), statusUpdate(t, n, issuer, next, 3)); err != nil {
			t.Fatal(err)
		}
		settle(t, n, c, issuer, 3)
		check(b[0], verifier.Valid)
		check(b[1], verifier.Valid)

		// Retired from before the anchor: nothing is believed any more.
		r := publish.Retirement{Issuer: issuer, From: 1, Deadline: never}
		if sig, err = chain.NewKey(next.PrivateKey).SignDigest(verifier.RetireDigest(n.home, issuer, r.From, never)); err != nil {
			t.Fatal(err)
		}
		r.Signature = sig[:]
		for range 2 {
			if err := n.Retire(t.Context(), r); err != nil {
				t.Fatal(err)
			}
		}
		eventually(t, "the key is retired", func() bool {
			s, err := n.StatusList(t.Context(), verifier.Home{}, issuer)
			return err == nil && s.RetiredFrom == 1
		})
		settle(t, n, c, issuer, 3)
		check(b[2], verifier.Invalid)
		eventually(t, "nothing is pending", func() bool {
			s, err := n.StatusList(t.Context(), verifier.Home{}, issuer)
			return err == nil && s.Pending == nil
		})
	})
}

// A statement that the registry refuses ends as failed, says why, and does not
// hold up the next one.
func TestStatusRefusedByTheRegistry(t *testing.T) {
	c := startChain(t, testnet.Config{})
	p := startProxy(t, c.RPC)
	config := testConfig(t, c)
	config.Chains[0].RPC = []string{p.URL}
	n := start(t, config)
	issuer := verifier.Address(c.Accounts[1].Address)
	item := verifier.StatusItem{ID: merkle.Hash{1}, Code: verifier.StatusRevoked}

	// While nothing can be estimated the issuer itself is faster.
	p.Set(refuses("eth_estimateGas"))
	if err := n.SetStatus(t.Context(), statusUpdate(t, n, issuer, c.Accounts[1], 1, item)); err != nil {
		t.Fatal(err)
	}
	other := statusUpdate(t, n, issuer, c.Accounts[1], 1)
	if err := n.SetStatus(t.Context(), other); !errors.Is(err, role.ErrConflict) {
		t.Errorf("two statements at once: %v", err)
	}
	testchain.Send(t, c, c.Accounts[1], contracts.NewAnchorRegistry().PackSetStatus(common.Address(issuer), 1, common.Hash{5}, common.Hash{5}))
	p.Clear()
	n.kick()
	eventually(t, "failed", func() bool {
		s, err := n.StatusList(t.Context(), verifier.Home{}, issuer)
		return err == nil && s.Pending != nil && s.Pending.State == publish.Failed && s.Pending.Reason != ""
	})
	s, err := n.StatusList(t.Context(), verifier.Home{}, issuer)
	if err != nil || s.Known || s.Version != 1 {
		t.Errorf("%+v, %v", s, err)
	}
	if err := n.SetStatus(t.Context(), statusUpdate(t, n, issuer, c.Accounts[1], 2, item)); err != nil {
		t.Fatal(err)
	}
	settle(t, n, c, issuer, 2)
}

// What a statement failed for goes away, while it could still have been expected to
// and long after: then the statement is tried again, unless its issuer has made
// another one since.
func TestFailedStatementIsReopened(t *testing.T) {
	for name, x := range map[string]struct {
		mined int // blocks until the reorg
		newer bool
		deep  uint64
	}{
		"young":            {0, false, 0},
		"final":            {8, false, 1},
		"final, and newer": {8, true, 1},
	} {
		t.Run(name, func(t *testing.T) {
			c := startChain(t, testnet.Config{Epoch: 32})
			p := startProxy(t, c.RPC)
			config := changed(testConfig(t, c), func(c *ChainConfig) {
				c.RPC, c.Confirmations = []string{p.URL}, confirmations(t, "4")
			})
			n := start(t, config)
			issuer := verifier.Address(c.Accounts[1].Address)
			ours := statusUpdate(t, n, issuer, c.Accounts[1], 1, verifier.StatusItem{ID: merkle.Hash{1}, Code: verifier.StatusRevoked})
			p.Set(refuses("eth_estimateGas"))
			if err := n.SetStatus(t.Context(), ours); err != nil {
				t.Fatal(err)
			}
			before, err := n.client.Head(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			packed := contracts.NewAnchorRegistry().PackSetStatus(common.Address(issuer), 1, common.Hash{5}, common.Hash{5})
			testchain.Send(t, c, c.Accounts[1], packed)
			p.Clear()
			n.kick()
			state := func() publish.State { o := operation(t, n, 1); return o.State }
			eventually(t, "failed", func() bool { return state() == publish.Failed })
			if x.mined > 0 {
				if err := c.Mine(t.Context(), x.mined); err != nil {
					t.Fatal(err)
				}
				eventually(t, "closed", func() bool { return operation(t, n, 1).Closed })
			}
			want := []verifier.StatusItem{{ID: merkle.Hash{1}, Code: verifier.StatusRevoked}}
			if x.newer {
				// It is for version 2, and fails too once version 1 is gone.
				if err := n.SetStatus(t.Context(), statusUpdate(t, n, issuer, c.Accounts[1], 2)); err != nil {
					t.Fatal(err)
				}
			}
			head, err := n.client.Head(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if err := c.ReorgForget(t.Context(), int(head.Number-before.Number)); err != nil {
				t.Fatal(err)
			}
			mine := func() {
				if err := c.Mine(t.Context(), 1); err != nil {
					t.Fatal(err)
				}
			}
			if x.newer {
				eventually(t, "the reorg is noticed", func() bool { mine(); return n.Health(t.Context()).Chains[0].DeepReorgs == 1 })
				for range 5 {
					mine()
				}
				if o := operation(t, n, 1); o.State != publish.Failed {
					t.Errorf("the older statement is %s", o.State)
				}
				return
			}
			eventually(t, "final and closed", func() bool {
				mine()
				o := operation(t, n, 1)
				return o.State == publish.Final && o.Closed
			})
			s, err := n.StatusList(t.Context(), verifier.Home{}, issuer)
			if err != nil || s.Version != 1 || !s.Known || !slices.Equal(s.Items, want) || s.Pending != nil {
				t.Errorf("%+v, %v", s, err)
			}
			if h := n.Health(t.Context()).Chains[0]; h.DeepReorgs != x.deep {
				t.Errorf("%d deep reorgs", h.DeepReorgs)
			}
		})
	}
}
