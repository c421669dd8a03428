package client

import (
	"time"

	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// This file holds the JSON form of /v1/status. Amounts are decimal texts, in wei;
// times and amounts that are not known, or do not apply, are absent.

// Health is what an operator needs to know.
type Health struct {
	Time          time.Time      `json:"time"`                   // the node's clock, to compute ages from
	Ready         bool           `json:"ready"`                  // whether intake can keep its promise now
	Intake        publish.Intake `json:"intake"`                 // whether submissions are accepted, or what they are refused for
	Dead          string         `json:"dead,omitzero"`          // why the process should be restarted; absent if it should not
	Fault         string         `json:"fault,omitzero"`         // what is wrong, of the node or else of the first chain that has a fault
	Submissions   uint64         `json:"submissions"`            // accepted in all
	Waiting       int            `json:"waiting"`                // accepted submissions that are in no batch yet
	MaxWaiting    int            `json:"maxWaiting"`             // waiting submissions at which intake refuses more
	OldestPending *time.Time     `json:"oldestPending,omitzero"` // when the oldest submission that is not final was accepted
	NextBatch     *time.Time     `json:"nextBatch,omitzero"`     // when what waits is sealed at the latest
	SealHeld      string         `json:"sealHeld,omitzero"`      // why nothing is sealed though it is due
	LastAnchor    *Batch         `json:"lastAnchor,omitzero"`    // the newest batch that a chain records
	LastDay       Sealed         `json:"lastDay"`                // what was sealed in the last 24 hours
	Disk          DiskHealth     `json:"disk"`
	Webhook       *WebhookHealth `json:"webhook,omitzero"` // absent if none is configured
	Mirror        *MirrorHealth  `json:"mirror,omitzero"`  // absent if it is none
	Chains        []ChainHealth  `json:"chains"`           // in the order of the configuration
	Faults        []Fault        `json:"faults"`           // all that is wrong, what holds up most first

	Shared bool     `json:"shared"` // whether other processes may have the node's state too
	Roles  []string `json:"roles"`  // what this process does: intake, serve, write
	Holder string   `json:"holder"` // the name under which it holds leases
	Leases []Lease  `json:"leases"` // of what one process at a time does, by name
}

// Lease is the right to do what one process of a node at a time may do.
type Lease struct {
	Name   string     `json:"name"`            // what it is for: seal, chain:..., webhook, shares
	Held   bool       `json:"held"`            // whether by the process that is asked
	Holder string     `json:"holder,omitzero"` // who got it last, as far as is known
	Epoch  uint64     `json:"epoch,omitzero"`  // grows each time that another process gets it
	Since  *time.Time `json:"since,omitzero"`  // when its holder got it
	Fault  string     `json:"fault,omitzero"`  // why the process that is asked could not ask for it
}

// Fault is something that is wrong, and what helps.
type Fault struct {
	Code    FaultCode      `json:"code"`             // for programs, and for words in other languages
	Holds   bool           `json:"holds"`            // whether it holds up anything; else it is only worth a look
	Home    *verifier.Home `json:"home,omitzero"`    // the chain, unless it is the node's
	Account string         `json:"account,omitzero"` // which needs money
	Text    string         `json:"text"`             // what is wrong
	Remedy  string         `json:"remedy"`           // what to do
}

// FaultCode is a stable word for a kind of fault.
type FaultCode string

// The codes of faults.
const (
	FaultHangs      FaultCode = "hangs"       // the process should be restarted
	FaultStopped    FaultCode = "stopped"     // the node is starting or ending
	FaultDiskFull   FaultCode = "disk_full"   // nothing is accepted until there is room
	FaultDiskError  FaultCode = "disk_error"  // the data folder cannot be read or written
	FaultStoreAway  FaultCode = "store_away"  // the store cannot be reached
	FaultQueueFull  FaultCode = "queue_full"  // too many submissions wait
	FaultMemoryFull FaultCode = "memory_full" // too many requests at once
	FaultChainAway  FaultCode = "chain_away"  // the chain cannot be read
	FaultNoMoney    FaultCode = "no_money"    // the account cannot pay for an anchor
	FaultLimit      FaultCode = "limit"       // a limit that the operator set is reached
	FaultStuck      FaultCode = "stuck"       // single operations are held up
	FaultSealing    FaultCode = "sealing"     // nothing is sealed though it is due
	FaultStatements FaultCode = "statements"  // statements of issuers wait
	FaultMoneyLow   FaultCode = "money_low"   // the balance lasts for few days
	FaultDiskLow    FaultCode = "disk_low"    // little is free above the reserve
	FaultServer     FaultCode = "server"      // an RPC server is of no use
	FaultBeacon     FaultCode = "beacon"      // a beacon node is of no use
	FaultHops       FaultCode = "hops"        // hops between sync committees are missing
	FaultWitness    FaultCode = "witness"     // a witness does not sign
	FaultClock      FaultCode = "clock"       // the machine's clock is far from the chain's
	FaultDeepReorg  FaultCode = "deep_reorg"  // the chain took back what was final, in the last week
	FaultWebhook    FaultCode = "webhook"     // the webhook does not take events
	FaultGaps       FaultCode = "gaps"        // a mirror lacks something that the chain names
	FaultSource     FaultCode = "source"      // a source of a mirror's blocks is of no use
)

// FaultCodes are all of them.
var FaultCodes = []FaultCode{
	FaultHangs, FaultStopped, FaultDiskFull, FaultDiskError, FaultStoreAway, FaultQueueFull, FaultMemoryFull, FaultChainAway, FaultNoMoney,
	FaultLimit, FaultStuck, FaultSealing, FaultStatements, FaultMoneyLow, FaultDiskLow, FaultServer, FaultBeacon, FaultHops, FaultWitness,
	FaultClock, FaultDeepReorg, FaultWebhook, FaultGaps, FaultSource,
}

// Sealed counts batches.
type Sealed struct {
	Batches     uint64 `json:"batches"`
	Submissions uint64 `json:"submissions"` // in them
}

// DiskHealth is what an operator needs to know of the data folder.
type DiskHealth struct {
	Free    uint64 `json:"free"`    // bytes that the node may still write
	Reserve uint64 `json:"reserve"` // bytes below which intake refuses
	Store   uint64 `json:"store"`   // bytes that the node's state takes
	Fault   string `json:"fault,omitzero"`
}

// ChainHealth is what an operator needs to know of one chain.
type ChainHealth struct {
	Home    verifier.Home    `json:"home"`    // the registry, CAIP-10
	Account verifier.Address `json:"account"` // that pays

	Head        uint64     `json:"head"`                 // newest block seen
	HeadTime    *time.Time `json:"headTime,omitzero"`    // its timestamp
	HeadSeen    *time.Time `json:"headSeen,omitzero"`    // when it was first seen
	Final       uint64     `json:"final"`                // newest block that is final by the operator's policy
	FinalTime   *time.Time `json:"finalTime,omitzero"`   // its timestamp
	FinalityLag *float64   `json:"finalityLag,omitzero"` // seconds between the two timestamps
	// seconds that the node's clock is ahead of the chain's; absent while too few blocks were seen
	ClockSkew *float64 `json:"clockSkew,omitzero"`

	RPCError string `json:"rpcError,omitzero"` // why the chain cannot be read; absent if the newest look at it succeeded
	Ceiling  string `json:"ceiling,omitzero"`  // the operator's limit for which sending waits
	Stuck    string `json:"stuck,omitzero"`    // what holds up single operations, in the server's words

	Balance        string  `json:"balance,omitzero"`        // of the account
	AnchorCost     string  `json:"anchorCost,omitzero"`     // what an anchor costs at most at the fees of now
	AnchorsLeft    *uint64 `json:"anchorsLeft,omitzero"`    // anchors that the balance pays for at the fees of now
	BaseFee        string  `json:"baseFee,omitzero"`        // of the next block, per gas
	MaxFee         string  `json:"maxFee,omitzero"`         // the operator's limit, per gas
	SpentToday     string  `json:"spentToday,omitzero"`     // worst case of what was signed in this UTC day
	SpentOnRelays  string  `json:"spentOnRelays,omitzero"`  // the part of it for statements of issuers
	MaxSpendPerDay string  `json:"maxSpendPerDay,omitzero"` // the operator's limit

	// worst case of what was signed since the data folder was made, and in each of the last
	// 30 UTC days in which something was, ascending
	SpentInAll string     `json:"spentInAll,omitzero"`
	SpentByDay []DaySpent `json:"spentByDay,omitzero"`
	// days that the balance lasts at the average of the last 7 of these; absent if nothing was spent
	DaysLeft *float64 `json:"daysLeft,omitzero"`

	RelaysWaiting int    `json:"relaysWaiting"`       // statements of issuers that have no transaction yet
	RelaysHeld    string `json:"relaysHeld,omitzero"` // why they wait, or why no more are taken

	// batches and statements on their way to the registry, oldest first, at most 100 of them
	InFlight   []Transaction `json:"inFlight"`
	LeftOut    int           `json:"inFlightLeftOut,omitzero"` // how many more are on their way
	Stages     []Stage       `json:"stages"`                   // batches that are not final, by state, in the order of the states
	Recent     []Transaction `json:"recent"`                   // those that came to an end or into a block last, newest first, at most 20
	Operations int           `json:"operations"`               // in flight, or waiting for their nonces to be final
	LastFinal  *time.Time    `json:"lastFinal,omitzero"`       // when a batch last became final here
	EvidenceAt *time.Time    `json:"evidenceAt,omitzero"`      // when evidence was last fetched and verified

	Beacon          *BeaconHealth `json:"beacon,omitzero"`       // absent if no beacon node is configured
	Witnesses       int           `json:"witnesses,omitzero"`    // how many are configured
	WitnessError    string        `json:"witnessError,omitzero"` // why some of them did not sign when they were last asked
	VouchersWaiting int           `json:"vouchersWaiting"`       // batches with evidence that lacks a voucher

	Anchors       uint64     `json:"anchors"`       // batches that became final, in all
	Replacements  uint64     `json:"replacements"`  // transactions made again with higher fees, in all
	ForeignNonces uint64     `json:"foreignNonces"` // nonces taken by transactions that are not the node's, in all
	Reorgs        uint64     `json:"reorgs"`        // mined statements that went back to broadcast, in all
	DeepReorgs    uint64     `json:"deepReorgs"`    // reorganisations of what was final by the operator's policy, in all
	LastDeepReorg *DeepReorg `json:"lastDeepReorg,omitzero"`

	Servers []Server `json:"servers"` // in the order of the configuration
}

// Transaction is one statement of the node on its way to the registry.
type Transaction struct {
	Kind     string        `json:"kind"`
	Subject  string        `json:"subject"` // batch root or issuer
	State    publish.State `json:"state"`
	Hash     *merkle.Hash  `json:"hash,omitzero"` // the newest transaction; absent while unsigned
	Nonce    uint64        `json:"nonce"`
	FeeCap   string        `json:"feeCap,omitzero"` // per gas
	Tip      string        `json:"tip,omitzero"`    // per gas
	Since    time.Time     `json:"since"`           // when it came to this state
	SentAt   *time.Time    `json:"sentAt,omitzero"` // when the newest transaction was made
	Attempts int           `json:"attempts"`        // transactions made for it so far
	Block    *uint64       `json:"block,omitzero"`  // number of the block that it is in
	Paid     string        `json:"paid,omitzero"`   // what it cost, as an RPC server says; absent if not known
	Reason   string        `json:"reason,omitzero"` // why it failed
}

// Stage counts the batches that are in one state on a chain.
type Stage struct {
	State       publish.State `json:"state"`
	Batches     int           `json:"batches"`
	Submissions uint64        `json:"submissions"`     // in them
	Oldest      *time.Time    `json:"oldest,omitzero"` // when the oldest of them was sealed
}

// DaySpent is what an account committed to in a UTC day.
type DaySpent struct {
	Day    time.Time `json:"day"` // when it began
	Amount string    `json:"amount"`
}

// DeepReorg says that blocks were final by the node's policy and are not on the
// chain any more.
type DeepReorg struct {
	At       time.Time `json:"at"`       // when it was noticed
	Final    uint64    `json:"final"`    // the newest block that was final
	Fork     uint64    `json:"fork"`     // the newest final block that is still on the chain, as far as known
	Reopened int       `json:"reopened"` // statements that were final and were not any more
}

// Server is what is known of one RPC server.
type Server struct {
	Server        string     `json:"server"` // host of its URL
	State         string     `json:"state"`
	InUse         bool       `json:"inUse"`   // whether the newest look at the chain was at this server
	Latency       float64    `json:"latency"` // moving average, seconds
	Requests      uint64     `json:"requests"`
	Failed        uint64     `json:"failed"`         // requests without a sensible answer
	Failures      int        `json:"failures"`       // such in a row
	Error         string     `json:"error,omitzero"` // the newest
	ErrorAt       *time.Time `json:"errorAt,omitzero"`
	AnsweredAt    *time.Time `json:"answeredAt,omitzero"`
	RetryAt       *time.Time `json:"retryAt,omitzero"` // not asked, or not preferred, before
	Head          uint64     `json:"head"`             // newest block that it reported
	Final         uint64     `json:"final"`
	Disagreements uint64     `json:"disagreements"`   // with other servers about final blocks
	Detail        string     `json:"detail,omitzero"` // of the wrong chain or the disagreement
}

// BeaconHealth is what an operator needs to know of the beacon chain behind a chain.
type BeaconHealth struct {
	Network string `json:"network,omitzero"` // absent until a beacon node has answered

	Finalized *time.Time   `json:"finalized,omitzero"` // time of the newest block that is verified to be final
	Block     *merkle.Hash `json:"block,omitzero"`     // its hash
	SeenAt    *time.Time   `json:"seenAt,omitzero"`    // when a newer signature for it, or for a newer one, was last verified

	FirstPeriod uint64      `json:"firstPeriod,omitzero"` // of the sync committee that trust started from
	Committee   merkle.Hash `json:"committee,omitzero"`   // root of that committee
	Origin      string      `json:"origin,omitzero"`      // where it is from
	Period      uint64      `json:"period,omitzero"`      // of the newest sync committee that is known
	HopsMissing uint64      `json:"hopsMissing,omitzero"` // periods between the two of which no hop is there

	Servers []BeaconServer `json:"servers"` // in the order of the configuration
}

// BeaconServer is what was last seen of a beacon node.
type BeaconServer struct {
	Server     string     `json:"server"`              // its host
	Error      string     `json:"error,omitzero"`      // why it was of no use; absent if its newest answer held
	AnsweredAt *time.Time `json:"answeredAt,omitzero"` // when that was last so
}
