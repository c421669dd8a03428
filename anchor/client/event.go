package client

import (
	"time"

	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// EventFinal is the type of the event that a submission has become final.
const EventFinal = "submission.final"

// Event is the body of a request to a webhook.
type Event struct {
	Type      string          `json:"type"`      // EventFinal; a receiver passes over others
	Timestamp time.Time       `json:"timestamp"` // when it happened, not when it is sent
	Data      FinalSubmission `json:"data"`
}

// FinalSubmission is a submission that has become final. Its proofs can be fetched.
type FinalSubmission struct {
	SubmissionID merkle.Hash      `json:"submissionId"`
	Issuer       verifier.Address `json:"issuer"`
	Home         verifier.Home    `json:"home"`     // the registry that it is signed for, CAIP-10
	Root         merkle.Hash      `json:"root"`     // of its leaves
	Count        uint64           `json:"count"`    // leaves
	IssuedAt     uint64           `json:"issuedAt"` // Unix seconds
	Batch        merkle.Hash      `json:"batch"`    // root of its batch

	// The chain on which it is final: that of its home, or another one if the node does not
	// write to that any more.
	Chain       verifier.ChainID `json:"chain"`
	Transaction *merkle.Hash     `json:"transaction,omitzero"` // the latest; absent if a third party anchored the batch
	Block       *uint64          `json:"block,omitzero"`       // number of the block that records the batch
}

// WebhookHealth is what an operator needs to know of a webhook.
type WebhookHealth struct {
	Server      string     `json:"server"`               // host of its URL
	Fault       string     `json:"fault,omitzero"`       // why the newest attempts were in vain, and what to do; absent if they were not
	Stopped     bool       `json:"stopped"`              // it answered 410, and gets nothing more until the node is started again
	DeliveredAt *time.Time `json:"deliveredAt,omitzero"` // when an event last got through, since the start of the node
	RetryAt     *time.Time `json:"retryAt,omitzero"`     // nothing is sent before
	Oldest      *time.Time `json:"oldest,omitzero"`      // when the oldest event that did not get through yet happened
	Waiting     int        `json:"waiting"`              // events that were tried in vain and are tried again
	Delivered   uint64     `json:"delivered"`            // events that got through, in all
	GivenUp     uint64     `json:"givenUp"`              // events that were refused for days while others got through, in all
	Failures    uint64     `json:"failures"`             // attempts in vain, since the start of the node
}
