package client

import (
	"time"

	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// MirrorHealth is what an operator needs to know of a mirror.
type MirrorHealth struct {
	FromBlock uint64         `json:"fromBlock"`            // what was anchored before is not looked for
	Followed  uint64         `json:"followed"`             // the newest final block up to which the registry's log was read
	Behind    uint64         `json:"behind"`               // how many final blocks are still to be read
	Unsettled int            `json:"unsettled"`            // events of the registry that are not final yet
	Error     string         `json:"error,omitzero"`       // why the log cannot be read on; absent if it can
	Batches   uint64         `json:"batches"`              // that are here
	Wanted    uint64         `json:"wanted"`               // batches and status lists that are named by the log, and are not here
	Gaps      []MirrorGap    `json:"gaps"`                 // those of them that could not be had, by block, at most 100
	LeftOut   int            `json:"gapsLeftOut,omitzero"` // how many more there are
	Sources   []MirrorSource `json:"sources"`              // in the order of the configuration
}

// MirrorGap is something that a registry's log names and that could not be had.
type MirrorGap struct {
	Kind     string           `json:"kind"`              // batch or list
	Home     verifier.Home    `json:"home"`              // the registry, CAIP-10
	Block    uint64           `json:"block"`             // that names it
	Root     merkle.Hash      `json:"root"`              // of the batch or the list
	Manifest merkle.Hash      `json:"manifest,omitzero"` // sha2-256 digest; absent if none was published
	Issuer   verifier.Address `json:"issuer,omitzero"`   // of the list
	Version  uint64           `json:"version,omitzero"`  // of the list
	Reason   string           `json:"reason"`            // why it is not here
	Tries    int              `json:"tries"`             // since the mirror was started
	RetryAt  *time.Time       `json:"retryAt,omitzero"`  // absent if trying again cannot help
}

// States of a source of blocks.
const (
	SourceOK      = "ok"
	SourceFailing = "failing" // it is asked again after a while
	SourceLying   = "lying"   // it has sent what no honest one sends, and is not asked again
)

// MirrorSource is what is known of a place that blocks are fetched from.
type MirrorSource struct {
	Source     string     `json:"source"` // scheme and host, or path
	State      string     `json:"state"`  // ok, failing or lying
	Blocks     uint64     `json:"blocks"` // that it sent
	Bytes      uint64     `json:"bytes"`  // in them
	Error      string     `json:"error,omitzero"`
	ErrorAt    *time.Time `json:"errorAt,omitzero"`
	AnsweredAt *time.Time `json:"answeredAt,omitzero"`
	RetryAt    *time.Time `json:"retryAt,omitzero"` // not asked before
}
