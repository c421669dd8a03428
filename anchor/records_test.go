package anchor

import (
	"encoding/json"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/anchor/role"
	"github.com/hallmark-node/hallmark/testnet"
	"github.com/hallmark-node/hallmark/testnet/faultproxy"
	"github.com/hallmark-node/hallmark/verifier"
)

// What strangers ask about issuers costs the operator's servers a bounded number of
// requests, whoever and however many they ask for.
func TestReadsAreBounded(t *testing.T) {
	c := startChain(t, testnet.Config{BlockTime: 24 * time.Hour})
	proxy := startProxy(t, c.RPC)
	config := testConfig(t, c)
	config.Chains[0].RPC = []string{proxy.URL}
	n := start(t, config)
	eventually(t, "the chain was looked at", func() bool { return n.Health(t.Context()).Chains[0].Head > 0 })

	before := proxy.Calls("eth_getStorageAt")
	ask := func(issuer verifier.Address) error {
		_, err := n.StatusList(t.Context(), verifier.Home{}, issuer)
		return err
	}
	// The answer waits until all have asked.
	var asked, all sync.WaitGroup
	answer := make(chan struct{})
	proxy.Set(faultproxy.Fault{
		Methods: []string{"eth_getStorageAt"},
		Result:  func(_ string, result json.RawMessage) json.RawMessage { <-answer; return result },
	})
	asked.Add(300)
	for range 300 {
		all.Go(func() {
			asked.Done()
			if err := ask(verifier.Address{1}); err != nil {
				t.Error(err)
			}
		})
	}
	asked.Wait()
	close(answer)
	all.Wait()
	proxy.Clear()
	one := proxy.Calls("eth_getStorageAt") - before
	if one == 0 || one > 9 { // three slots, and somebody who has asked may not have come yet
		t.Errorf("%d slots were read for 300 questions about one issuer", one)
	}

	began := time.Now()
	refused := 0
	for i := range 1000 {
		if err := ask(verifier.Address{2, byte(i >> 8), byte(i)}); errors.Is(err, role.ErrUnavailable) {
			refused++
		} else if err != nil {
			t.Fatal(err)
		}
	}
	const readsAtOnce, readsASec = 200, 50 // as package serving has them
	most := readsAtOnce + int(time.Since(began).Seconds()*readsASec) + 1
	if got := (proxy.Calls("eth_getStorageAt") - before - one) / 3; got > most {
		t.Errorf("%d records were read for 1,000 issuers, want %d at most", got, most)
	}
	if err := ask(verifier.Address{1}); err != nil {
		t.Errorf("what is known needs no server: %v", err)
	}

	// The next block brings a new look.
	time.Sleep(100 * time.Millisecond) // for the rate, a few more
	now := proxy.Calls("eth_getStorageAt")
	if err := c.Mine(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the record is read again", func() bool {
		_ = ask(verifier.Address{1})
		return proxy.Calls("eth_getStorageAt") > now
	})
}

// A server that hangs keeps nobody waiting who asks for a proof that is there.
func TestProofDoesNotWaitForServer(t *testing.T) {
	c := startChain(t, testnet.Config{})
	proxy := startProxy(t, c.RPC)
	config := testConfig(t, c)
	config.Chains[0].RPC, config.EvidenceAge = []string{proxy.URL}, time.Nanosecond
	n := start(t, config)
	s, b := submit(t, n, c, 1)
	await(t, n, c, s.ID())
	proxy.Set(faultproxy.Fault{Delay: time.Hour})
	asked := time.Now()
	if p, err := n.Proof(t.Context(), b[0].leaf, false); err != nil || p.State != publish.Final || len(p.Anchors) != 1 {
		t.Errorf("%+v, %v", p, err)
	}
	if took := time.Since(asked); took > 6*time.Second {
		t.Errorf("it took %s", took)
	}
	proxy.Clear()
}
