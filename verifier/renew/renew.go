// Package renew brings newer evidence into proofs: what a node serves of a proof, and what
// witnesses sign. It fetches nothing, and believes nothing that it is given.
package renew

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/hallmark-node/hallmark/verifier"
)

// With returns a proof with the evidence of another one of the same submission, but for what
// it has of a later block, and with the vouchers of both for the block that it has. What is
// served of its home may be missing. A pending proof becomes complete. It reports whether anything
// is new; if nothing is, the proof is the old one. An error says what is wrong with what is
// served, as the end of a sentence about it.
//
// Of served, credential and salt do not matter: a node never learns the salt.
func With(p, served *verifier.Proof) (next *verifier.Proof, changed bool, err error) {
	if p.Pending() {
		next, err = Replace(p, served)
		return next, err == nil, err
	}
	home := p.Submission.Home
	var anchors []verifier.Anchor
	for _, a := range served.Anchors {
		at := slices.IndexFunc(p.Anchors, func(b verifier.Anchor) bool { return a.Chain == b.Chain && a.Registry == b.Registry })
		if at < 0 {
			anchors, changed = append(anchors, a), true
			continue
		}
		now, newer, err := renewed(p.Anchors[at], a)
		if err != nil {
			return nil, false, fmt.Errorf("cannot be read: %w", err)
		}
		changed = changed || newer
		anchors = append(anchors, now)
	}
	if !changed {
		return p, false, nil
	}
	atHome := func(a verifier.Anchor) bool { return a.Chain == home.Chain && a.Registry == home.Registry }
	if at := slices.IndexFunc(p.Anchors, atHome); at >= 0 && !slices.ContainsFunc(anchors, atHome) {
		anchors = slices.Insert(anchors, 0, p.Anchors[at])
	}
	with := *served
	with.Anchors = anchors
	next, err = Replace(p, &with)
	return next, err == nil, err
}

// Replace returns a proof with everything of another but credential, salt and what the issuer
// signed, once it is checked: it must be of the same submission, and hold together. The error
// is as that of [With].
func Replace(p, served *verifier.Proof) (*verifier.Proof, error) {
	if !sameSubmission(served.Submission, p.Submission) {
		return nil, errors.New("is of another submission")
	}
	next := &verifier.Proof{
		Credential: p.Credential, Salt: p.Salt, Submission: p.Submission,
		Batch: served.Batch, Anchors: served.Anchors, Hints: mergeHints(p.Hints, served.Hints),
	}
	if err := holds(next); err != nil {
		return nil, fmt.Errorf("does not hold: %w", err)
	}
	data, err := next.Encode()
	if err != nil {
		return nil, fmt.Errorf("cannot be written: %w", err)
	}
	if _, err := verifier.ParseProof(data); err != nil {
		return nil, fmt.Errorf("is not one: %w", err)
	}
	return next, nil
}

// mergeHints takes what a node says, and keeps the rest.
func mergeHints(old, added *verifier.Hints) *verifier.Hints {
	switch {
	case old == nil:
		return added
	case added == nil:
		return old
	}
	return &verifier.Hints{Node: cmp.Or(added.Node, old.Node), Transaction: cmp.Or(added.Transaction, old.Transaction)}
}

// renewed returns what replaces an anchor when there is another one for the same registry, and
// whether that is anything new. Vouchers go with the header that they are for: those of both for
// one header are put together.
func renewed(old, other verifier.Anchor) (now verifier.Anchor, changed bool, err error) {
	before, err := verifier.ParseHeader(old.Header)
	if err != nil {
		return old, false, err
	}
	after, err := verifier.ParseHeader(other.Header)
	switch {
	case err != nil:
		return old, false, err
	case after.Number > before.Number:
		return other, true, nil
	case after.Hash != before.Hash:
		return old, false, nil
	}
	// A node adds vouchers when it gets them, and does not have what others collected.
	all, err := together(old.Finality, other.Finality)
	changed = err == nil && !slices.EqualFunc(all, old.Finality, sameVoucher)
	if changed {
		old.Finality = all
	}
	return old, changed, err
}

func sameVoucher(a, b verifier.Voucher) bool { return bytes.Equal(a, b) }

// sameSubmission compares what an issuer signed. A node has the leaves of evidence of who the
// issuer is, and not the evidence.
func sameSubmission(a, b verifier.Submission) bool {
	a.Identity, b.Identity = nil, nil
	if len(a.Path) == 0 && len(b.Path) == 0 {
		a.Path, b.Path = nil, nil
	}
	return reflect.DeepEqual(a, b)
}

// holds checks a complete proof as if each of its headers were the chain's, which is
// for the trust store of whoever verifies to say: paths, signature, evidence, and
// that the issuer's status is shown, whatever it is.
func holds(p *verifier.Proof) error {
	if p.Pending() {
		return errors.New("it has no anchor")
	}
	trust := &verifier.Trust{Chains: make(map[verifier.ChainID]*verifier.TrustedChain)}
	home := p.Submission.Home.Chain
	deciding := home // unless nothing was ever final there, and it died
	var now time.Time
	for _, a := range p.Anchors {
		h, err := verifier.ParseHeader(a.Header)
		if err != nil {
			return err
		}
		trust.Chains[a.Chain] = &verifier.TrustedChain{
			Genesis: h.Hash, Registries: []verifier.Address{a.Registry}, Blocks: map[uint64]verifier.Hash{h.Number: h.Hash},
		}
		if a.Chain == home || now.IsZero() {
			deciding, now = a.Chain, time.Unix(int64(h.Time), 0)
		}
	}
	if deciding != home {
		trust.Chains[home] = &verifier.TrustedChain{Successor: verifier.Successor{Chain: deciding, Since: uint64(now.Unix())}}
	}
	v, err := verifier.New(verifier.Options{Trust: trust, Now: func() time.Time { return now }})
	if err != nil {
		return err
	}
	report := v.Verify(p, nil)
	if err := WantAnchored(report); err != nil {
		return err
	}
	// Where the home is not shown, silence on what took over from it is no answer, and no fault.
	if got := report.Result(verifier.CheckStatus); got.Result == verifier.Unknown && deciding == home {
		return errors.New(got.Detail)
	}
	return nil
}

// anchored are the checks that a complete proof passes, whatever its status, if its headers
// are the chain's.
var anchored = []verifier.Check{verifier.CheckInclusion, verifier.CheckSignature, verifier.CheckAnchor, verifier.CheckFinality}

// WantAnchored returns what a report says of the first check that did not pass of those that
// a complete proof passes, whatever its status, if its headers are the chain's.
func WantAnchored(report *verifier.Report) error {
	for _, check := range anchored {
		if got := report.Result(check); got.Result != verifier.Pass {
			return errors.New(got.Detail)
		}
	}
	return nil
}
