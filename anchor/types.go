package anchor

import (
	"errors"
	"fmt"
	"time"

	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// State says how far a submission, a batch or a relayed statement has come. Each
// state is on disk before its effect becomes visible anywhere.
type State string

// The states, in order. A reorg moves an item back from [Mined] to [Broadcast].
const (
	Accepted  State = "accepted"  // on disk, waiting for a batch
	Batched   State = "batched"   // in a sealed batch whose transaction has not been sent
	Broadcast State = "broadcast" // its transaction may be known to the network
	Mined     State = "mined"     // recorded in a block that may still be reorganised away
	Final     State = "final"     // recorded in a block that is final by the operator's policy

	// Failed is the end of a relayed statement that the registry refuses: its
	// deadline has passed, or another statement came first. A batch never fails.
	Failed State = "failed"
)

// MaxLeaves is the most leaves that a node takes in one submission.
const MaxLeaves = publish.MaxLeaves

// Submission is one issuer's signed Merkle tree, as it is handed to a node.
type Submission = publish.Submission

// Status is where a submission stands.
type Status struct {
	ID          merkle.Hash
	State       State
	Batch       *merkle.Hash // root of its batch, once sealed
	Transaction *merkle.Hash // the batch's latest transaction, once signed; nil if somebody else anchored it
	Block       *uint64      // number of the block that records it, from Mined on
	Since       time.Time    // when it came to this state
}

// LeafProof is everything of a proof file but the credential and its salt, which
// a node never learns. Batch and Anchors are there once the state is [Final].
type LeafProof struct {
	State      State
	ID         merkle.Hash // of the submission
	Submission verifier.Submission
	Batch      *verifier.Batch
	Anchors    []verifier.Anchor
	Hints      *verifier.Hints // transaction hash only; the node's URL is its server's to add
}

// IssuerStatus is one issuer's status list as this node knows it, beside what the
// chain says of the issuer.
type IssuerStatus struct {
	Issuer verifier.Address

	// From the chain's newest block (not yet final).
	Time        uint64           // of that block, Unix seconds: what deadlines and retirements are compared with
	Version     uint64           // of the registry's entry, zero while there is none
	Root        merkle.Hash      // statusRoot, zero while there is none
	UpdatedAt   uint64           // Unix seconds
	RetiredFrom uint64           // Unix seconds, zero: not retired
	Controller  verifier.Address // who may speak for the issuer: the issuer itself while nobody else is set

	// Known is set if the node has the list behind Root (always, while Root is
	// zero); Items is that list.
	Known bool
	Items []verifier.StatusItem

	// Pending is the newest update that is not final yet, or that failed; nil if
	// there is none.
	Pending *PendingUpdate
}

// PendingUpdate is a statement on its way to the registry.
type PendingUpdate struct {
	Kind        string // "status", "retire" or "controller"
	Version     uint64 // of a status list, else zero
	Root        merkle.Hash
	Items       []verifier.StatusItem // of a status list
	State       State
	Reason      string       // why it failed
	Transaction *merkle.Hash // nil while unsigned, or when the issuer sends its own
	Since       time.Time
}

// StatusUpdate is a new status list. With a signature the node publishes the list
// and relays the statement, and pays for it; without one the statement must
// already be on the chain, and the node publishes the list behind it.
type StatusUpdate struct {
	Issuer    verifier.Address
	Version   uint64                // the registry's version plus one (the registry's own without a signature)
	Items     []verifier.StatusItem // strictly ascending by ID
	Deadline  uint64                // Unix seconds
	Signature []byte                // of the controller, EIP-712 SetStatus; longer than 65 bytes only for a contract
}

// RetireRequest is a signed statement that the issuer's key is not to be believed
// for anchors made at or after From.
type RetireRequest struct {
	Issuer    verifier.Address
	From      uint64 // Unix seconds
	Deadline  uint64 // Unix seconds
	Signature []byte // of the controller, EIP-712 Retire
}

// ControllerRequest is a signed statement that hands the say over an issuer's
// status from Current to Next.
type ControllerRequest struct {
	Issuer    verifier.Address
	Current   verifier.Address // the stored one, zero while there is none
	Next      verifier.Address
	Deadline  uint64 // Unix seconds
	Signature []byte // of Current, or of the issuer while there is none, EIP-712 SetController
}

// Info is what a client needs to know before it submits.
type Info struct {
	Homes         []verifier.Home // the registries in which this node anchors
	Account       verifier.Address
	Confirmations string // "finalized", "safe" or a number
	Open          bool   // whether anyone may submit
	MaxLeaves     uint64
	MaxStatus     uint64 // entries of a status list
	BatchCount    int
	BatchAge      time.Duration
}

// Health is what an operator needs to know.
type Health struct {
	Ready bool   // intake can keep its promise now
	Fault string // what is wrong, empty if nothing is

	Head, Final       uint64 // block numbers
	HeadSeen          time.Time
	FinalTime         time.Time // timestamp of the final block
	RPCError          string    // of the newest call, empty if it succeeded
	Balance           string    // of the account, wei in decimal; empty while unknown
	LastAnchor        *BatchInfo
	Waiting           int       // accepted submissions not yet in a batch
	OldestPending     time.Time // when the oldest submission that is not final was accepted; zero if there is none
	NextBatch         time.Time // when what waits is sealed at the latest; zero if nothing waits
	InFlight          []TransactionInfo
	Submissions       uint64 // accepted since ever
	EvidenceFetchedAt time.Time
}

// TransactionInfo is one statement on its way to the registry.
type TransactionInfo struct {
	Kind     string // "anchor", "status", "retire" or "controller"
	Subject  string // batch root or issuer
	State    State
	Hash     *merkle.Hash // newest, nil while unsigned
	Nonce    uint64
	FeeCap   string // wei per gas in decimal
	Since    time.Time
	Attempts int
}

// BatchInfo describes one sealed batch.
type BatchInfo struct {
	Number      uint64 // 1, 2, 3... in the order of sealing
	Root        merkle.Hash
	Manifest    merkle.Hash // sha2-256 digest of the published manifest
	Count       uint64      // submissions
	Leaves      uint64
	State       State
	SealedAt    time.Time
	Since       time.Time // when it came to this state
	Transaction *merkle.Hash
	Block       *uint64
}

// RefusedError says that an input can never be accepted as it is. Its text names
// the fault and the remedy and is fit for whoever sent it.
type RefusedError struct {
	Field  string // what is wrong, as in the JSON form: "leaves", "signature"...
	Reason string
}

func (e *RefusedError) Error() string { return e.Field + ": " + e.Reason }

func refuse(field, format string, args ...any) error {
	return &RefusedError{field, fmt.Sprintf(format, args...)}
}

// Errors on which a caller decides.
var (
	ErrNotFound    = errors.New("not known to this node")
	ErrNotAllowed  = errors.New("this issuer may not submit to this node: ask its operator to add the address")
	ErrTooLarge    = fmt.Errorf("more than %d leaves or status entries: split them, or list whole submissions", MaxLeaves)
	ErrBusy        = errors.New("too much is waiting for the chain: retry later")
	ErrUnavailable = errors.New("the chain cannot be read now: retry later")
	ErrConflict    = errors.New("overtaken by another statement")
)
