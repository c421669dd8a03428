package contracts

import (
	"crypto/sha256"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"
)

// TestGas measures whole transactions (21,000, calldata, storage and event together) under today's mainnet prices and
// holds them to their budgets, and logs beside them what they will cost under Amsterdam's.
func TestGas(t *testing.T) {
	calls := []struct {
		name   string
		data   []byte
		budget uint64 // under today's prices
	}{
		{"anchor", registry.PackAnchor(digest("root"), digest("manifest")), 48_000},
		{"anchor, same root again", registry.PackAnchor(digest("root"), digest("another manifest")), 32_000},
		{"setStatus, first", nil, 75_000},
		{"setStatus, later", nil, 42_000},
		{"setStatusBySig, later", nil, 52_000},
		{"retire, later", nil, 60_000},
		{"setController", nil, 50_000},
	}
	gas := make(map[bool][]uint64)
	for _, amsterdam := range []bool{false, true} {
		c := newChain(t, amsterdam)
		c.deploy()
		issuer := c.sender()
		calls[2].data = registry.PackSetStatus(issuer, 1, digest("status 1"), digest("list 1"))
		calls[3].data = registry.PackSetStatus(issuer, 2, digest("status 2"), digest("list 2"))
		calls[4].data = signedStatus(t, c, 3)
		calls[5].data = registry.PackRetire(issuer, 1)
		calls[6].data = registry.PackSetController(issuer, common.Address(crypto.Keccak256([]byte("cold"))[:20]))
		for _, call := range calls {
			gas[amsterdam] = append(gas[amsterdam], c.send(Address, call.data).GasUsed)
		}
	}
	t.Logf("%-26s %9s %9s %10s", "transaction", "today", "budget", "Amsterdam")
	for i, call := range calls {
		t.Logf("%-26s %9d %9d %10d", call.name, gas[false][i], call.budget, gas[true][i])
		if gas[false][i] > call.budget {
			t.Errorf("%s costs %d gas, more than %d", call.name, gas[false][i], call.budget)
		}
	}
	if gas[true][0] <= gas[false][0] {
		t.Errorf("anchor costs %d gas under Amsterdam and %d today: the two chains have the same prices", gas[true][0], gas[false][0])
	}
}

var registry = NewAnchorRegistry()

// digest is some 32 bytes without a zero among them, the dearest calldata.
func digest(of string) common.Hash {
	h := sha256.Sum256([]byte(of))
	for i, b := range h {
		if b == 0 {
			h[i] = 1
		}
	}
	return h
}
