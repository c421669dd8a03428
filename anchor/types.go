package anchor

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"time"

	"github.com/hallmark-node/hallmark/anchor/chain"
	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

type (
	// State says how far something has come: [publish.State].
	State = publish.State
	// Submission is one issuer's signed Merkle tree: [publish.Submission].
	Submission = publish.Submission
	// StatusUpdate is a new status list: [publish.StatusUpdate].
	StatusUpdate = publish.StatusUpdate
	// RetireRequest ends a key: [publish.RetireRequest].
	RetireRequest = publish.RetireRequest
	// ControllerRequest sets a controller: [publish.ControllerRequest].
	ControllerRequest = publish.ControllerRequest
)

// The states, see [publish.State].
const (
	Accepted  = publish.Accepted
	Batched   = publish.Batched
	Broadcast = publish.Broadcast
	Mined     = publish.Mined
	Final     = publish.Final
	Failed    = publish.Failed
)

// MaxLeaves is the most leaves that a node takes in one submission.
const MaxLeaves = publish.MaxLeaves

// Status is where a submission stands. State, Transaction, Block and Since are of
// its home chain; if that is no longer configured before it was final there, of
// the chain on which it has come farthest.
type Status struct {
	ID          merkle.Hash
	State       State
	Batch       *merkle.Hash  // root of its batch, once sealed
	Transaction *merkle.Hash  // the batch's latest transaction, once signed; nil if a third party anchored it
	Block       *uint64       // number of the block that records it, from Mined on
	Since       time.Time     // when it came to this state
	Chains      []ChainStatus // on each chain that its batch goes to, once sealed
}

// ChainStatus is how far a batch has come on one chain.
type ChainStatus struct {
	Home        verifier.Home
	State       State
	Transaction *merkle.Hash // the latest, once signed; nil if a third party anchored it
	Block       *uint64      // number of the block that records it, from Mined on
	Since       time.Time    // when it came to this state
}

// LeafProof is everything of a proof file but the credential and its salt, which
// a node never learns. State is that of the submission's home chain. Batch and
// Anchors are there once it is [Final]: the anchor on the home chain first, and
// then those on other chains that are final too, of which more may come later.
type LeafProof struct {
	State      State
	ID         merkle.Hash // of the submission
	Submission verifier.Submission
	Batch      *verifier.Batch
	Anchors    []verifier.Anchor
	Hints      *verifier.Hints // transaction hash only; the node's URL is its server's to add
}

// IssuerStatus is one issuer's status list as this node knows it, beside what one
// chain says of the issuer.
type IssuerStatus struct {
	Issuer verifier.Address
	Home   verifier.Home // the registry that is meant

	// From the chain's newest block (not yet final).
	Time        uint64           // of that block, Unix seconds: what deadlines and retirements are compared with
	Version     uint64           // of the registry's entry, zero while there is none
	Root        merkle.Hash      // statusRoot, zero while there is none
	UpdatedAt   uint64           // Unix seconds
	RetiredFrom uint64           // Unix seconds, zero: not retired
	Controller  verifier.Address // who may make statements about the issuer: the issuer itself while no other key is set

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

// Info is what a client needs to know before it submits.
type Info struct {
	Chains     []ChainInfo // in the order of the configuration
	Open       bool        // whether anyone may submit
	MaxLeaves  uint64
	MaxStatus  uint64 // entries of a status list
	BatchCount int
	BatchAge   time.Duration
}

// ChainInfo is one chain in which a node anchors.
type ChainInfo struct {
	Home          verifier.Home    // the registry
	Genesis       merkle.Hash      // hash of block 0: tells apart chains that share an id
	Account       verifier.Address // that sends the transactions
	Confirmations string           // "finalized", "safe" or a number
}

// Health is what an operator needs to know.
type Health struct {
	Ready  bool           // intake can keep its promise now
	Intake publish.Intake // why not, if it cannot
	Dead   string         // why the process should be restarted; empty if it should not
	Fault  string         // what is wrong, of the node or the first chain that has a fault; empty if nothing is

	Waiting       int       // accepted submissions not yet in a batch
	MaxWaiting    int       // intake refuses more
	OldestPending time.Time // when the oldest submission that is not final on its home chain was accepted; zero if there is none
	NextBatch     time.Time // when what waits is sealed at the latest; zero if nothing waits
	SealHeld      string    // why nothing is sealed though it is due; empty if nothing is held
	Submissions   uint64    // accepted since ever
	LastAnchor    *BatchInfo
	Disk          DiskHealth

	Chains []ChainHealth // in the order of the configuration
}

// DiskHealth is what an operator needs to know of the data folder.
type DiskHealth struct {
	Free    uint64 // bytes that the node may still write
	Reserve uint64 // bytes that intake leaves free
	Store   uint64 // bytes that the node's state takes
	Fault   string // what is wrong; empty if nothing is
}

// ChainHealth is what an operator needs to know of one chain.
type ChainHealth struct {
	Home    verifier.Home
	Account verifier.Address // that pays

	Head, Final uint64    // block numbers; zero while unknown
	HeadSeen    time.Time // when the node first saw the newest block
	HeadTime    time.Time // timestamp of the newest block
	FinalTime   time.Time // timestamp of the final block

	// How far this machine's clock is ahead of the chain's, if enough blocks came
	// to tell.
	ClockSkew  time.Duration
	ClockKnown bool

	Servers []chain.ServerHealth // in the order of the configuration

	RPCError string // why the chain cannot be read; empty if the newest look at it succeeded
	Stuck    string // what holds up single operations; empty if nothing does
	Ceiling  string // the operator's limit at which sending waits, MaxFee or MaxSpendPerDay; empty if at none

	Balance        string // of the account, wei in decimal; empty while unknown
	AnchorCost     string // what an anchor costs at most at the fees of now, wei in decimal; empty while unknown
	BaseFee        string // of the next block, wei per gas in decimal; empty while unknown
	MaxFee         string // the operator's limit, wei per gas in decimal; empty: none
	SpentToday     string // worst case of what was signed in this UTC day, wei in decimal
	SpentOnRelays  string // the part of it for statements of issuers; empty before the first one
	MaxSpendPerDay string // the operator's limit, wei in decimal; empty: none

	RelaysWaiting int    // statements of issuers that have no transaction yet
	RelaysHeld    string // why they wait, or why no more are taken; empty if nothing holds them up

	InFlight          []TransactionInfo // oldest first
	Operations        int               // that are not closed: in flight, or waiting to be final
	LastFinal         time.Time         // when a batch last became final here; zero if none did since the start
	EvidenceFetchedAt time.Time

	// Since ever, as counters.
	Anchors      uint64 // batches that became final
	Replacements uint64 // transactions made again with higher fees
	ForeignNonce uint64 // nonces taken by transactions that are not the node's
	Reorgs       uint64 // mined operations that went back to broadcast

	// Reorgs deeper than the finality policy: what was final was reorged out. Each is a
	// failure of the chain, of its server, or of the choice of Confirmations.
	DeepReorgs    uint64
	LastDeepReorg *DeepReorg // nil if there never was one
}

// AnchorsLeft returns how many anchors the account still pays for at the fees of now;
// false while that is unknown.
func (c *ChainHealth) AnchorsLeft() (uint64, bool) {
	balance, ok := new(big.Int).SetString(c.Balance, 10)
	cost, known := new(big.Int).SetString(c.AnchorCost, 10)
	if !ok || !known || cost.Sign() <= 0 {
		return 0, false
	}
	n := new(big.Int).Quo(balance, cost)
	if !n.IsUint64() {
		return math.MaxUint64, true
	}
	return n.Uint64(), true
}

// DeepReorg says that blocks were final by the node's policy and are not on the
// chain any more.
type DeepReorg struct {
	At       time.Time // when it was noticed
	Final    uint64    // number of the newest block that was final
	Fork     uint64    // number of the newest final block that is still on the chain, as far as known
	Reopened int       // operations that were opened again
}

// TransactionInfo is one statement on its way to the registry.
type TransactionInfo struct {
	Kind     string // "anchor", "status", "retire" or "controller"
	Subject  string // batch root or issuer
	State    State
	Hash     *merkle.Hash // newest, nil while unsigned
	Nonce    uint64
	FeeCap   string // wei per gas in decimal
	Tip      string // wei per gas in decimal
	Since    time.Time
	SentAt   time.Time // when the newest transaction was made; zero while there is none
	Attempts int
}

// BatchInfo describes one sealed batch. State, Since, Transaction and Block are of
// the chain on which it has come least far.
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
	Chains      []ChainStatus // on each chain that it goes to
}

// RefusedError says that an input can never be accepted as it is. Its text names
// the fault and the remedy and may be shown to the sender.
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
	ErrNotRelayed  = errors.New("this node pays for statements only of issuers with a submission that is final here, or that its operator lists: submit first, ask the operator to list the address, or send the transaction yourself")
	ErrQuota       = errors.New("the statements that this node pays for in a day (UTC) are used up: say more in one list, wait for tomorrow, or send the transaction yourself")
	ErrTooLarge    = publish.ErrTooMany
	ErrBusy        = errors.New("too much is waiting for the chain: retry later")
	ErrUnavailable = errors.New("the chain cannot be read now: retry later")
	ErrConflict    = errors.New("overtaken by another statement")
)
