package verifier_test

import (
	"bytes"
	"reflect"
	"strings"
	"sync"
	"testing"

	"github.com/hallmark-node/hallmark/verifier"
)

func mustVerifier(t testing.TB, o verifier.Options) *verifier.Verifier {
	t.Helper()
	v, err := verifier.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// TestWarmVerifier: what a verifier remembers of good proofs and of hostile ones
// changes no report, neither of those proofs nor of others.
func TestWarmVerifier(t *testing.T) {
	memory := mustVerifier(t, newGood(t).options())
	check := func(t *testing.T, g *good, p *verifier.Proof) {
		t.Helper()
		cold := mustVerifier(t, g.options()).Verify(p, bytes.NewReader(g.document))
		warm := mustVerifier(t, g.options())
		warm.ShareCache(memory)
		for range 2 {
			if r := warm.Verify(p, bytes.NewReader(g.document)); !reflect.DeepEqual(r, cold) {
				t.Errorf("warm:\n%s\ncold:\n%s", describe(r), describe(cold))
			}
		}
	}
	for range 2 { // the second time every hostile proof is known, too
		for _, h := range hostiles() {
			t.Run(strings.ReplaceAll(h.name, " ", "-"), func(t *testing.T) {
				g := newGood(t)
				check(t, g, g.proof)
				h.change(g)
				check(t, g, g.proof)
			})
		}
	}
	if memory.CacheSize() == 0 {
		t.Error("nothing was remembered")
	}
}

// TestConcurrentUse lets many goroutines share one verifier.
func TestConcurrentUse(t *testing.T) {
	g := newGood(t)
	v := mustVerifier(t, g.options())
	bad := *g.proof
	bad.Submission.Signature[5] ^= 1
	good, invalid := describe(g.verify()), describe(mustVerifier(t, g.options()).Verify(&bad, nil))
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 50 {
				if got := describe(v.Verify(g.proof, bytes.NewReader(g.document))); got != good {
					t.Error(got)
				}
				if got := describe(v.Verify(&bad, nil)); got != invalid {
					t.Error(got)
				}
			}
		})
	}
	wg.Wait()
}
