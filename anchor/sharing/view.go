package sharing

import (
	"bytes"
	"context"
	"fmt"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"github.com/hallmark-node/hallmark/anchor/role"
	"github.com/hallmark-node/hallmark/anchor/store"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
	"github.com/hallmark-node/hallmark/verifier/qrproof"
)

// View is what a share shows at a moment. It is this node's word.
type View struct {
	Leaf   merkle.Hash
	Short  qrproof.Short
	Share  store.Share
	At     time.Time // when it was looked at
	Report *verifier.Report
}

// View looks at a share: it takes the proof with evidence of the newest final block, as far as
// the chain can be read, and verifies it.
func (sh *Sharing) View(ctx context.Context, leaf merkle.Hash) (*View, error) {
	r, err := sh.Get(leaf)
	if err != nil {
		return nil, err
	}
	proof, err := sh.proof(ctx, leaf, &r, true)
	if err != nil {
		return nil, err
	}
	if err := sh.viewing.Acquire(ctx, 1); err != nil {
		return nil, fmt.Errorf("%w: %w", role.ErrBusy, err)
	}
	defer sh.viewing.Release(1)
	badge, err := sh.Badge(leaf)
	if err != nil {
		return nil, err
	}
	for i := range proof.Anchors {
		sh.seen.add(proof.Anchors[i].Header)
	}
	v := &View{Leaf: leaf, Short: qrproof.ShortOf(leaf), Share: r, At: sh.now().UTC()}
	v.Report = sh.verifier.Verify(proof, bytes.NewReader(badge))
	return v, nil
}

// State is what a view says in a word, the key of its words.
type State string

// The states.
const (
	StateValid     State = "valid"
	StateTest      State = "test" // all holds, on a chain for tests
	StateRevoked   State = "revoked"
	StateSuspended State = "suspended"
	StateExpired   State = "expired"
	StateEarly     State = "early"   // not valid yet
	StateInvalid   State = "invalid" // for another reason
	StateIssuer    State = "issuer"  // it cannot be told who the issuer is
	StateUnknown   State = "unknown" // something else cannot be told
)

// State returns what the view says.
func (v *View) State() State {
	switch r := v.Report; {
	case r.Verdict == verifier.Valid && r.Test:
		return StateTest
	case r.Verdict == verifier.Valid:
		return StateValid
	case r.Reason == verifier.ReasonRevoked:
		return StateRevoked
	case r.Reason == verifier.ReasonSuspended:
		return StateSuspended
	case r.Reason == verifier.ReasonExpired:
		return StateExpired
	case r.Reason == verifier.ReasonNotYetValid:
		return StateEarly
	case r.Verdict == verifier.Invalid:
		return StateInvalid
	case r.Reason == verifier.ReasonIssuerUnknown || r.Reason == verifier.ReasonIssuerUnreadable:
		return StateIssuer
	}
	return StateUnknown
}

// trustFor returns the trust store by which a node looks at what it anchored itself. It says
// nothing of who issuers are but what the operator's says. A chain that neither that nor the
// defaults know is one for tests.
func trustFor(own *verifier.Trust, homes role.Homes) *verifier.Trust {
	t := own.WithDefaults()
	for _, home := range homes {
		c := t.Chains[home.Chain]
		if c == nil {
			c = &verifier.TrustedChain{Test: true}
			t.Chains[home.Chain] = c
			c.Registries = []verifier.Address{home.Registry}
		}
	}
	return t
}

// seen are the blocks of the evidence that this node took lately: it knows that they are final,
// since it took it of no others.
type seen struct {
	chains map[verifier.ChainID]merkle.Hash  // the first blocks of the chains that it follows; constant
	blocks *lru.Cache[merkle.Hash, struct{}] // locks itself
}

func newSeen(chains []store.Chain) *seen {
	s := &seen{chains: make(map[verifier.ChainID]merkle.Hash), blocks: newLRU[merkle.Hash, struct{}](1 << 12)}
	for i := range chains {
		s.chains[chains[i].Chain] = chains[i].Genesis
	}
	return s
}

func (s *seen) add(header []byte) {
	if h, err := verifier.ParseHeader(header); err == nil {
		s.blocks.Add(h.Hash, struct{}{})
	}
}

// final is a [verifier.Options.Finality].
func (s *seen) final(h verifier.Header) (bool, string) {
	first, follows := s.chains[h.Chain]
	if follows && (h.Genesis.IsZero() || h.Genesis == first) && s.blocks.Contains(h.Hash) {
		return true, "this node followed the chain and found the block final"
	}
	return false, "this node did not see that the block is final"
}
