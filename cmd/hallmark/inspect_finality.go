package main

import (
	"strings"
	"time"

	"github.com/hallmark-node/hallmark/verifier"
	"github.com/hallmark-node/hallmark/verifier/beacon"
	"github.com/hallmark-node/hallmark/verifier/witness"
)

// voucher explains what is said to make a block final.
func (w *walk) voucher(i int, v verifier.Voucher, h verifier.Header) {
	if evidence, err := verifier.BeaconEvidence(v); err == nil {
		w.head("   Voucher %d: evidence of the beacon chain", i+1)
		w.beacon(evidence, h)
		return
	}
	if lines, err := verifier.Cosignatures(v); err == nil {
		w.head("   Voucher %d: cosignatures of witnesses", i+1)
		w.witnesses(lines, h)
		return
	}
	w.head("   Voucher %d: not of a form that is known; it counts for nothing", i+1)
	w.line("voucher", "%s", printable(string(v)))
}

// beaconForms say what each form of evidence shows.
var beaconForms = map[beacon.Form]string{
	beacon.Direct:    "the block is the one that the signed header calls final",
	beacon.Recent:    "hashes of block_roots lead from the block to a later final one",
	beacon.Old:       "hashes of historical_summaries lead from the block to a later final one",
	beacon.ListedOld: "hashes lead from the block to a list of historical summaries; nothing is signed",
}

func (w *walk) beacon(data []byte, h verifier.Header) {
	w.line("evidence", "%d bytes", len(data))
	trusted := w.trust.Beacon(h.Chain)
	if trusted == nil {
		w.line("network", "not known: the trust store says nothing of the beacon chain of %s", h.Chain)
		return
	}
	n := trusted.Network
	w.line("network", "%s", printable(n.Name))
	e, err := n.ParseEvidence(data)
	if err != nil {
		w.line("evidence", "cannot be read: %s", printable(err.Error()))
		return
	}
	slot := func(name string, b *beacon.Header) {
		w.line(name, "slot %d  (%s)", b.Slot, n.Time(b.Slot).Format(time.RFC3339))
		w.line("", "root %s, state %s", b.Root(), b.State)
	}
	w.line("form", "%s: %s", e.Form, beaconForms[e.Form])
	w.line("execution block", "%s", h.Hash)
	slot("in beacon block", e.Block)
	w.line("", "body %s", e.Block.BodyRoot)
	if e.Form == beacon.ListedOld {
		for _, list := range trusted.Summaries {
			w.line("trusted list", "%s  (%s)", list.Root, printable(list.String()))
		}
		return
	}
	if e.Form != beacon.Direct {
		slot("final block", e.Finalized)
	}
	slot("attested by", &e.Signed.Header)
	w.line("signed by", "%d of %d validators", e.Signed.Participants(), n.CommitteeSize)
	w.line("period", "%d, from %s", e.Period(), n.Time(n.FirstSlot(e.Period())).Format(time.RFC3339))
	w.line("committee it needs", "%s", e.Committee())
	w.line("", "%s", committeeKnown(trusted, e))
}

// committeeKnown says how the committee that evidence needs stands to those that are
// trusted.
func committeeKnown(trusted *verifier.TrustedBeacon, e *beacon.Evidence) string {
	if c, ok := trusted.Committees[e.Period()]; ok {
		if c.Root != e.Committee() {
			return "the trust store has another one for the period: " + c.Root.String()
		}
		return "the trust store has it: " + printable(c.String())
	}
	before, ok := uint64(0), false
	for p := range trusted.Committees {
		if p < e.Period() && p >= before {
			before, ok = p, true
		}
	}
	if !ok {
		return "the trust store has none of that period or before"
	}
	hops := plural(int(e.Period()-before), "hop leads", "hops lead") //nolint:gosec // of slots below 2^40
	return hops + " there from the newest before it in the trust store"
}

func (w *walk) witnesses(lines []string, h verifier.Header) {
	chain := w.trust.Chains[h.Chain]
	if chain == nil {
		w.line("signed note", "not known: the trust store does not name the genesis of %s", h.Chain)
	} else {
		b := witness.Block{Chain: uint64(h.Chain), Genesis: chain.Genesis, Number: h.Number, Hash: h.Hash}
		for i, line := range strings.Split(strings.TrimSuffix(b.Text(), "\n"), "\n") {
			w.line(map[bool]string{true: "signed note"}[i == 0], "%s", line)
		}
	}
	for _, line := range lines {
		name, id, at, err := witness.Claims(line)
		if err != nil {
			w.line("cosignature", "cannot be read: %s", printable(line))
			continue
		}
		known := "not a witness of the trust store"
		if chain != nil && chain.Witnesses != nil {
			for _, k := range chain.Witnesses.Keys {
				if k.Key.Name() == name && k.Key.KeyHash() == id {
					known = "a witness of the trust store"
				}
			}
		}
		w.line("cosignature", "%s, key %08x, at %s: %s", printable(name), id, at.Format(time.RFC3339), known)
	}
}
