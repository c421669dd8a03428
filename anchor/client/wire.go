package client

import (
	"time"

	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// This file holds the JSON forms of what a node answers; those of requests are in
// request.go, that of /v1/status in health.go.

// Status is where a submission stands. State, Transaction, Block and Since are of its home
// chain; if that is no longer configured before it was final there, of the chain on which it
// has come farthest.
type Status struct {
	ID          merkle.Hash   `json:"id"`                   // the submission's id: its leaf in a batch
	State       publish.State `json:"state"`                // how far it has come
	Batch       *merkle.Hash  `json:"batch,omitzero"`       // root of its batch, once sealed
	Transaction *merkle.Hash  `json:"transaction,omitzero"` // the transaction that anchors the batch, once sent
	Block       *uint64       `json:"block,omitzero"`       // number of the block that records the batch
	Since       time.Time     `json:"since"`                // when it came to this state
	Chains      []ChainState  `json:"chains,omitzero"`      // on each chain that its batch goes to, once sealed
}

// ChainState is how far a batch has come on one chain.
type ChainState struct {
	Home        verifier.Home `json:"home"` // the registry, CAIP-10
	State       publish.State `json:"state"`
	Transaction *merkle.Hash  `json:"transaction,omitzero"` // the latest, once signed; absent if a third party anchored the batch
	Block       *uint64       `json:"block,omitzero"`       // number of the block that records the batch
	Since       time.Time     `json:"since"`                // when it came to this state
}

// LeafProof is everything of a proof file but the credential and its salt, which a
// node never learns. The anchor on the home chain comes first, then those on other chains
// that are final too, of which more may come later.
type LeafProof struct {
	State        publish.State       `json:"state"`            // batch and anchors are there once it is final
	SubmissionID merkle.Hash         `json:"submissionId"`     // to ask for the submission's state, and to wait for it
	Submission   verifier.Submission `json:"submission"`       // with the path from the leaf to the submission's root
	Batch        *verifier.Batch     `json:"batch,omitzero"`   // with the path from the submission's id to the batch root
	Anchors      []verifier.Anchor   `json:"anchors,omitzero"` // evidence of each chain, as in a proof file
	Hints        *verifier.Hints     `json:"hints,omitzero"`   // conveniences, proven by nothing
}

// PendingUpdate is a statement about an issuer on its way to the registry.
type PendingUpdate struct {
	Kind        string                `json:"kind"`             // "status", "retire" or "controller"
	Version     uint64                `json:"version,omitzero"` // of a status list
	Root        *merkle.Hash          `json:"root,omitzero"`    // of a status list
	Items       []verifier.StatusItem `json:"items,omitzero"`   // of a status list
	State       publish.State         `json:"state"`
	Reason      string                `json:"reason,omitzero"` // why it failed
	Transaction *merkle.Hash          `json:"transaction,omitzero"`
	Since       time.Time             `json:"since"`
}

// IssuerStatus is an issuer's status list as the node knows it, beside what the
// chain's newest block says of the issuer.
type IssuerStatus struct {
	Issuer      verifier.Address      `json:"issuer"`
	Home        verifier.Home         `json:"home"`             // the registry that is meant, CAIP-10
	Time        uint64                `json:"time"`             // of that block, Unix seconds: deadlines and retirements refer to it
	Version     uint64                `json:"version"`          // of the registry's entry; 0 while there is none
	Root        merkle.Hash           `json:"root"`             // statusRoot in the registry; zero while there is none
	UpdatedAt   uint64                `json:"updatedAt"`        // when the registry's entry was set, Unix seconds
	RetiredFrom uint64                `json:"retiredFrom"`      // from when on the key is not to be believed, Unix seconds; 0: not retired
	Controller  verifier.Address      `json:"controller"`       // of the issuer's status; the issuer itself if none was set
	Known       bool                  `json:"known"`            // whether the node has the list behind root
	Items       []verifier.StatusItem `json:"items,omitzero"`   // that list, ascending by id
	Pending     *PendingUpdate        `json:"pending,omitzero"` // the newest update that is not final yet, or that failed
}

// PublishedList names the published blocks of a version of an issuer's status list.
type PublishedList struct {
	Issuer      verifier.Address `json:"issuer"`
	Version     uint64           `json:"version"`
	Root        merkle.Hash      `json:"root"`        // statusRoot
	Manifest    merkle.Hash      `json:"manifest"`    // sha2-256 digest of the published manifest, as in the event StatusChanged
	ManifestCID string           `json:"manifestCid"` // CID of the published manifest
}

// ListPage is a run of the status lists that a node has published, in all versions, by issuer,
// version and root.
type ListPage struct {
	Lists []ListSummary `json:"lists"`
	Next  string        `json:"next,omitzero"` // the value of after that continues the list; absent at its end
}

// ListSummary names the published blocks of a version of an issuer's status list, as
// [PublishedList] does, and says when the node stored it.
type ListSummary struct {
	Issuer      verifier.Address `json:"issuer"`
	Version     uint64           `json:"version"`
	Root        merkle.Hash      `json:"root"`        // statusRoot
	Manifest    merkle.Hash      `json:"manifest"`    // sha2-256 digest of the published manifest
	ManifestCID string           `json:"manifestCid"` // CID of the published manifest
	Count       uint64           `json:"count"`       // entries
	StoredAt    time.Time        `json:"storedAt"`
}

// Info is what a client needs to know before it submits.
type Info struct {
	Homes   []verifier.Home  `json:"homes"`   // the registries in which this node anchors, CAIP-10
	Account verifier.Address `json:"account"` // the account that sends the transactions on the first chain
	// when the node calls an anchor on the first chain final: finalized, safe or a number of blocks
	Confirmations  string      `json:"confirmations"`
	Open           bool        `json:"open"`           // whether anyone may submit
	MaxLeaves      uint64      `json:"maxLeaves"`      // of a submission
	MaxStatusItems uint64      `json:"maxStatusItems"` // of a status list
	BatchCount     int         `json:"batchCount"`     // submissions at which a batch is sealed
	BatchAge       float64     `json:"batchAge"`       // seconds after which a batch is sealed at the latest
	Chains         []ChainInfo `json:"chains"`         // each chain in which this node anchors
}

// ChainInfo is one chain in which a node anchors.
type ChainInfo struct {
	Home          verifier.Home    `json:"home"`          // the registry, CAIP-10
	Genesis       merkle.Hash      `json:"genesis"`       // hash of block 0
	Account       verifier.Address `json:"account"`       // the account that sends the transactions
	Confirmations string           `json:"confirmations"` // when the node calls an anchor final: finalized, safe or a number of blocks
}

// Batch describes one sealed batch.
type Batch struct {
	Number      uint64        `json:"number"` // 1, 2, 3... in the order of sealing
	Root        merkle.Hash   `json:"root"`
	Manifest    merkle.Hash   `json:"manifest"`    // sha2-256 digest of the published manifest, as in the event Anchored
	ManifestCID string        `json:"manifestCid"` // CID of the published manifest
	Count       uint64        `json:"count"`       // submissions
	Leaves      uint64        `json:"leaves"`      // leaves of all submissions together
	State       publish.State `json:"state"`
	SealedAt    time.Time     `json:"sealedAt"`
	Since       time.Time     `json:"since"` // when it came to this state
	Transaction *merkle.Hash  `json:"transaction,omitzero"`
	Block       *uint64       `json:"block,omitzero"`
	// on each chain that it goes to; the members above are of the one on which it has come least far
	Chains []ChainState `json:"chains"`
}

// BatchPage is a run of batches in the order of sealing.
type BatchPage struct {
	Batches []Batch `json:"batches"`
	Next    uint64  `json:"next,omitzero"` // the value of after that continues the list; absent at its end
	Newest  uint64  `json:"newest"`        // number of the newest batch of all; 0 while there is none
}

// SubmissionPage is a run of submissions.
type SubmissionPage struct {
	Submissions []SubmissionSummary `json:"submissions"`
	// the value of after, or of before, that continues the list; absent at its end. It may be there though the list is empty
	Next uint64 `json:"next,omitzero"`
}

// SubmissionSummary is a submission without its leaves, and where it stands.
type SubmissionSummary struct {
	Number     uint64           `json:"number"` // 1, 2, 3... in the order of acceptance
	ID         merkle.Hash      `json:"id"`
	Issuer     verifier.Address `json:"issuer"`
	Home       verifier.Home    `json:"home"` // the registry that decides about it, CAIP-10
	Root       merkle.Hash      `json:"root"`
	Count      uint64           `json:"count"`      // leaves
	IssuedAt   uint64           `json:"issuedAt"`   // as the issuer says, Unix seconds
	AcceptedAt time.Time        `json:"acceptedAt"` // by this node
	State      publish.State    `json:"state"`
	Since      time.Time        `json:"since"`          // when it came to this state
	Batch      *merkle.Hash     `json:"batch,omitzero"` // root of its batch, once sealed
}

// Relayed says that the node took a statement about an issuer. How far it has come
// is seen in the issuer's status.
type Relayed struct {
	Issuer verifier.Address `json:"issuer"`
}

// Alive is the answer of /healthz when the process need not be restarted.
type Alive struct {
	OK bool `json:"ok"`
}

// Ready is the answer of /readyz when intake can keep its promise.
type Ready struct {
	OK bool `json:"ok"`
	// what is wrong all the same, the chain for instance: what is accepted waits for it safely
	Warning string `json:"warning,omitzero"`
}
