// Package testchain runs chains of package testnet in tests: the one way in which the tests
// of this project start a chain.
package testchain

import (
	"context"
	"errors"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/hallmark-node/hallmark/testnet"
)

// Start runs a chain for the length of a test. It is closed after what the test registers with
// Cleanup later, such as the end of a node. Where anvil is wanted and not installed the test is
// skipped.
func Start(t testing.TB, config testnet.Config) *testnet.Chain {
	t.Helper()
	c, err := testnet.Start(context.Background(), config)
	if errors.Is(err, testnet.ErrNoAnvil) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

// OnBackends runs a test for each kind of chain, one after the other.
func OnBackends(t *testing.T, test func(t *testing.T, backend string)) {
	for _, backend := range []string{testnet.BackendGeth, testnet.BackendAnvil} {
		t.Run(backend, func(t *testing.T) { test(t, backend) })
	}
}

// StartMining runs a chain that makes a block every 200 ms, as well as at once for each
// transaction. Each block is a second later than the one before, so the chain's clock runs
// ahead: once by ten minutes the blocks come no faster than seconds, since verifiers do not
// believe a later time.
func StartMining(t testing.TB, config testnet.Config) *testnet.Chain {
	t.Helper()
	c := Start(t, config)
	ctx, stop := context.WithCancel(context.Background())
	mined := make(chan struct{})
	go func() {
		defer close(mined)
		start := time.Now()
		for blocks := 1; ctx.Err() == nil; blocks++ {
			_ = c.Mine(ctx, 1) // an error shows in what waits for the block
			pause := 200 * time.Millisecond
			if time.Duration(blocks)*time.Second-time.Since(start) > 10*time.Minute {
				pause = time.Second
			}
			select {
			case <-ctx.Done():
			case <-time.After(pause):
			}
		}
	}()
	t.Cleanup(func() {
		stop()
		<-mined
	})
	return c
}

// Main is for TestMain: it runs all tests of a package once for each configuration, on a
// chain that they share, and returns the exit status. Before each run it hands the chain over.
// A backend that is not installed is left out, and that is said.
func Main(m *testing.M, use func(*testnet.Chain), configs ...testnet.Config) (status int) {
	for _, config := range configs {
		c, err := testnet.Start(context.Background(), config)
		if errors.Is(err, testnet.ErrNoAnvil) {
			fmt.Fprintf(os.Stderr, "not run on %s: %v\n", config.Backend, err)
			continue
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		use(c)
		if failed := m.Run(); failed != 0 {
			fmt.Fprintf(os.Stderr, "failed on %s\n", config.Backend)
			status = failed
		}
		if err := c.Close(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			status = 1
		}
	}
	return status
}
