package api

import (
	"errors"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	lru "github.com/hashicorp/golang-lru/v2"

	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// proofAnswer is the JSON form of a client.LeafProof with evidence that is encoded already.
type proofAnswer struct {
	State        publish.State       `json:"state"`
	SubmissionID merkle.Hash         `json:"submissionId"`
	Submission   verifier.Submission `json:"submission"`
	Batch        *verifier.Batch     `json:"batch,omitzero"`
	Anchors      []anchorAnswer      `json:"anchors,omitzero"`
	Hints        *verifier.Hints     `json:"hints,omitzero"`
}

// anchorAnswer is the JSON form of a [verifier.Anchor].
type anchorAnswer struct {
	Chain verifier.ChainID `json:"chain"`
	evidence
	Status   []verifier.StatusEntry `json:"status,omitempty"`
	Finality []verifier.Voucher     `json:"finality,omitempty"`
}

// evidence is what the proofs of a submission share of an anchor: several times as many
// bytes as the rest of a proof.
type evidence struct {
	Registry     jsontext.Value `json:"registry"`
	Header       jsontext.Value `json:"header"`
	AccountProof jsontext.Value `json:"accountProof"`
	StorageProof jsontext.Value `json:"storageProof"`
}

// maxEvidence is how much encoded evidence is kept: of mainnet's size, 16 MB.
const maxEvidence = 1 << 10

// encoder encodes proofs, and the evidence that they share once. It may be used by
// several goroutines.
type encoder struct {
	// By where evidence is in memory: the node hands out the same as long as nothing changes,
	// and never changes it in place. The cache locks itself.
	known *lru.Cache[evidenceKey, evidence]
}

// evidenceKey is where header and storage proof begin in memory. A header alone would not
// do, since several issuers may share one. A key keeps both in memory, so that nothing else
// gets their addresses.
type evidenceKey struct {
	header  *byte
	storage *verifier.Bytes
}

func newEncoder() encoder {
	known, err := lru.New[evidenceKey, evidence](maxEvidence)
	if err != nil { // the size is positive
		panic(err)
	}
	return encoder{known}
}

// answer returns the JSON form of a proof.
func (e encoder) answer(p *client.LeafProof) (proofAnswer, error) {
	out := proofAnswer{State: p.State, SubmissionID: p.SubmissionID, Submission: p.Submission, Batch: p.Batch, Hints: p.Hints}
	for i := range p.Anchors {
		a := &p.Anchors[i]
		encoded, err := e.evidence(a)
		if err != nil {
			return proofAnswer{}, err
		}
		out.Anchors = append(out.Anchors, anchorAnswer{a.Chain, encoded, a.Status, a.Finality})
	}
	return out, nil
}

func (e encoder) evidence(a *verifier.Anchor) (out evidence, err error) {
	key := evidenceKey{&a.Header[0], &a.StorageProof[0]} // neither is ever empty: it was verified
	if known, ok := e.known.Get(key); ok {
		return known, nil
	}
	var failed [4]error
	out.Registry, failed[0] = json.Marshal(a.Registry)
	out.Header, failed[1] = json.Marshal(a.Header)
	out.AccountProof, failed[2] = json.Marshal(a.AccountProof)
	out.StorageProof, failed[3] = json.Marshal(a.StorageProof)
	if err := errors.Join(failed[:]...); err != nil {
		return evidence{}, err
	}
	e.known.Add(key, out)
	return out, nil
}
