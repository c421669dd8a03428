package intake

import (
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/crypto"

	"github.com/hallmark-node/hallmark/anchor/chain"
	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/anchor/role"
	"github.com/hallmark-node/hallmark/anchor/store"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// How long something waits goes by when it was seen here, not by what the clock of another process
// said.
func TestWaitingSince(t *testing.T) {
	start := time.Now()
	at := func(seconds int) time.Time { return start.Add(time.Duration(seconds) * time.Second) }
	var w waiting
	if !w.since().IsZero() {
		t.Error("something waits")
	}
	w.acceptTo(3, at(0))
	w.acceptTo(5, at(0).Add(seenEach/2)) // as good as the same time
	w.acceptTo(6, at(10))
	w.acceptTo(4, at(20)) // is known
	for _, step := range []struct {
		sealed uint64
		want   time.Time
	}{{0, at(0)}, {2, at(0)}, {4, at(0)}, {5, at(10)}, {6, time.Time{}}, {9, time.Time{}}} {
		if w.sealTo(step.sealed); !w.since().Equal(step.want) {
			t.Errorf("sealed up to %d: since %v, want %v", step.sealed, w.since(), step.want)
		}
	}
	w.acceptTo(9, at(30)) // sealed before it was seen
	if !w.since().IsZero() {
		t.Errorf("nothing waits since %v", w.since())
	}
	for n := range uint64(2 * maxSeen) {
		w.acceptTo(10+n, at(40+int(n)))
	}
	if len(w.seen) != maxSeen || !w.since().Equal(at(40)) || w.seen[maxSeen-1].to != w.accepted {
		t.Errorf("%d moments since %v, up to %d of %d", len(w.seen), w.since(), w.seen[maxSeen-1].to, w.accepted)
	}
}

// A process that begins counts what waits from when it was accepted: a restart does not put a batch
// off.
func TestWaitingBegin(t *testing.T) {
	s, err := store.Open(t.TempDir(), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	key, err := crypto.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	leaf := merkle.Keccak256([]byte("leaf"))
	home := verifier.Home{Chain: 1}
	sub := &publish.Submission{
		Issuer: chain.NewKey(key).Address(), Home: home, Root: leaf, Count: 1, IssuedAt: 1, Leaves: []merkle.Hash{leaf},
	}
	if sub.Signature, err = chain.NewKey(key).SignDigest(verifier.SubmissionDigest(home, leaf, 1, 1)); err != nil {
		t.Fatal(err)
	}
	tree, err := sub.VerifiedTree()
	if err != nil {
		t.Fatal(err)
	}
	r, _, err := s.AddSubmission(sub.ID(), sub, tree, nil)
	if err != nil {
		t.Fatal(err)
	}
	var w waiting
	if err := w.begin(s); err != nil {
		t.Fatal(err)
	}
	if want := role.Millis(r.AcceptedAt); !w.since().Equal(want) {
		t.Errorf("since %v, accepted at %v", w.since(), want)
	}
}
