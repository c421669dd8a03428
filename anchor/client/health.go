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
	Time          time.Time      `json:"time" doc:"The node's clock, to compute ages from"`
	Ready         bool           `json:"ready" doc:"Whether intake can keep its promise now"`
	Intake        publish.Intake `json:"intake" enum:"open,stopped,queue_full,memory_full,disk_full,disk_error" doc:"Whether submissions are accepted, or what they are refused for"`
	Dead          string         `json:"dead,omitzero" doc:"Why the process should be restarted; absent if it should not"`
	Fault         string         `json:"fault,omitzero" doc:"What is wrong, of the node or else of the first chain that has a fault"`
	Submissions   uint64         `json:"submissions" doc:"Accepted since ever"`
	Waiting       int            `json:"waiting" doc:"Accepted submissions that are in no batch yet"`
	MaxWaiting    int            `json:"maxWaiting" doc:"Waiting submissions at which intake refuses more"`
	OldestPending *time.Time     `json:"oldestPending,omitzero" nullable:"false" doc:"When the oldest submission that is not final was accepted"`
	NextBatch     *time.Time     `json:"nextBatch,omitzero" nullable:"false" doc:"When what waits is sealed at the latest"`
	SealHeld      string         `json:"sealHeld,omitzero" doc:"Why nothing is sealed though it is due"`
	LastAnchor    *Batch         `json:"lastAnchor,omitzero" doc:"The newest batch that a chain records"`
	Disk          DiskHealth     `json:"disk"`
	Chains        []ChainHealth  `json:"chains" doc:"In the order of the configuration"`
}

// DiskHealth is what an operator needs to know of the data folder.
type DiskHealth struct {
	Free    uint64 `json:"free" doc:"Bytes that the node may still write"`
	Reserve uint64 `json:"reserve" doc:"Bytes below which intake refuses"`
	Store   uint64 `json:"store" doc:"Bytes that the node's state takes"`
	Fault   string `json:"fault,omitzero"`
}

// ChainHealth is what an operator needs to know of one chain.
type ChainHealth struct {
	Home    verifier.Home    `json:"home" doc:"The registry, CAIP-10"`
	Account verifier.Address `json:"account" doc:"That pays"`

	Head        uint64     `json:"head" doc:"Newest block seen"`
	HeadTime    *time.Time `json:"headTime,omitzero" nullable:"false" doc:"Its timestamp"`
	HeadSeen    *time.Time `json:"headSeen,omitzero" nullable:"false" doc:"When it was first seen"`
	Final       uint64     `json:"final" doc:"Newest block that is final by the operator's policy"`
	FinalTime   *time.Time `json:"finalTime,omitzero" nullable:"false" doc:"Its timestamp"`
	FinalityLag *float64   `json:"finalityLag,omitzero" nullable:"false" doc:"Seconds between the two timestamps"`
	ClockSkew   *float64   `json:"clockSkew,omitzero" nullable:"false" doc:"Seconds that the node's clock is ahead of the chain's; absent while too few blocks were seen"`

	RPCError string `json:"rpcError,omitzero" doc:"Why the chain cannot be read; absent if the newest look at it succeeded"`
	Ceiling  string `json:"ceiling,omitzero" doc:"The operator's limit for which sending waits"`
	Stuck    string `json:"stuck,omitzero" doc:"What holds up single operations, in the server's words"`

	Balance        string  `json:"balance,omitzero" doc:"Of the account"`
	AnchorCost     string  `json:"anchorCost,omitzero" doc:"What an anchor costs at most at the fees of now"`
	AnchorsLeft    *uint64 `json:"anchorsLeft,omitzero" nullable:"false" doc:"Anchors that the balance pays for at the fees of now"`
	BaseFee        string  `json:"baseFee,omitzero" doc:"Of the next block, per gas"`
	MaxFee         string  `json:"maxFee,omitzero" doc:"The operator's limit, per gas"`
	SpentToday     string  `json:"spentToday,omitzero" doc:"Worst case of what was signed in this UTC day"`
	SpentOnRelays  string  `json:"spentOnRelays,omitzero" doc:"The part of it for statements of issuers"`
	MaxSpendPerDay string  `json:"maxSpendPerDay,omitzero" doc:"The operator's limit"`

	RelaysWaiting int    `json:"relaysWaiting" doc:"Statements of issuers that have no transaction yet"`
	RelaysHeld    string `json:"relaysHeld,omitzero" doc:"Why they wait, or why no more are taken"`

	InFlight   []Transaction `json:"inFlight" doc:"Batches and statements on their way to the registry, oldest first, at most 100 of them"`
	LeftOut    int           `json:"inFlightLeftOut,omitzero" doc:"How many more are on their way"`
	Operations int           `json:"operations" doc:"In flight, or waiting for their nonces to be final"`
	LastFinal  *time.Time    `json:"lastFinal,omitzero" nullable:"false" doc:"When a batch last became final here"`
	EvidenceAt *time.Time    `json:"evidenceAt,omitzero" nullable:"false" doc:"When evidence was last fetched and verified"`

	Anchors       uint64     `json:"anchors" doc:"Batches that became final, since ever"`
	Replacements  uint64     `json:"replacements" doc:"Transactions made again with higher fees, since ever"`
	ForeignNonces uint64     `json:"foreignNonces" doc:"Nonces taken by transactions that are not the node's, since ever"`
	Reorgs        uint64     `json:"reorgs" doc:"Mined statements that went back to broadcast, since ever"`
	DeepReorgs    uint64     `json:"deepReorgs" doc:"Reorganisations of what was final by the operator's policy, since ever"`
	LastDeepReorg *DeepReorg `json:"lastDeepReorg,omitzero"`

	Servers []Server `json:"servers" doc:"In the order of the configuration"`
}

// Transaction is one statement of the node on its way to the registry.
type Transaction struct {
	Kind     string        `json:"kind" enum:"anchor,status,retire,controller"`
	Subject  string        `json:"subject" doc:"Batch root or issuer"`
	State    publish.State `json:"state"`
	Hash     *merkle.Hash  `json:"hash,omitzero" doc:"The newest transaction; absent while unsigned"`
	Nonce    uint64        `json:"nonce"`
	FeeCap   string        `json:"feeCap,omitzero" doc:"Per gas"`
	Tip      string        `json:"tip,omitzero" doc:"Per gas"`
	Since    time.Time     `json:"since" doc:"When it came to this state"`
	SentAt   *time.Time    `json:"sentAt,omitzero" nullable:"false" doc:"When the newest transaction was made"`
	Attempts int           `json:"attempts" doc:"Transactions made for it so far"`
}

// DeepReorg says that blocks were final by the node's policy and are not on the
// chain any more.
type DeepReorg struct {
	At       time.Time `json:"at" doc:"When it was noticed"`
	Final    uint64    `json:"final" doc:"The newest block that was final"`
	Fork     uint64    `json:"fork" doc:"The newest final block that is still on the chain, as far as known"`
	Reopened int       `json:"reopened" doc:"Statements that were final and were not any more"`
}

// Server is what is known of one RPC server.
type Server struct {
	Server        string     `json:"server" doc:"Host of its URL"`
	State         string     `json:"state" enum:"ok,unused,lagging,disagrees,lying,failing,rate limited,wrong chain"`
	InUse         bool       `json:"inUse" doc:"Whether the newest look at the chain was at this server"`
	Latency       float64    `json:"latency" doc:"Moving average, seconds"`
	Requests      uint64     `json:"requests"`
	Failed        uint64     `json:"failed" doc:"Requests without a sensible answer"`
	Failures      int        `json:"failures" doc:"Such in a row"`
	Error         string     `json:"error,omitzero" doc:"The newest"`
	ErrorAt       *time.Time `json:"errorAt,omitzero" nullable:"false"`
	AnsweredAt    *time.Time `json:"answeredAt,omitzero" nullable:"false"`
	RetryAt       *time.Time `json:"retryAt,omitzero" nullable:"false" doc:"Not asked, or not preferred, before"`
	Head          uint64     `json:"head" doc:"Newest block that it told of"`
	Final         uint64     `json:"final"`
	Disagreements uint64     `json:"disagreements" doc:"With other servers about final blocks"`
	Detail        string     `json:"detail,omitzero" doc:"Of the wrong chain or the disagreement"`
}
