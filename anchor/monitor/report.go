package monitor

import (
	"fmt"
	"strings"
	"time"

	"github.com/hallmark-node/hallmark/anchor/chain"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// Kind says what a report is about.
type Kind string

// The kinds of reports.
const (
	Submission Kind = "submission" // somebody who has the issuer's key issued credentials
	Unread     Kind = "unread"     // a batch, or a status list, that cannot be read: what is in it is not known
	Status     Kind = "status"     // the issuer's status list changed
	Retired    Kind = "retired"    // the issuer's key was retired
	Controller Kind = "controller" // another address speaks for the issuer's status
	Differs    Kind = "differs"    // the registry says something else of the issuer than the events that the servers gave
	Rewound    Kind = "rewound"    // blocks that were final are gone: what was reported of later ones does not count
)

// State says how sure a report is.
type State string

// The states of a report. One is told once in each: seen, then final or gone; final at once if
// its block already was.
const (
	Seen  State = "seen"  // it is in a block that may still go away
	Final State = "final" // it stays
	Gone  State = "gone"  // the chain was reorganised: it is not there any more
)

// Report is one thing that happened in an issuer's name. Which members are there says its kind.
type Report struct {
	ID    string        `json:"id"` // the same each time that it is told
	Kind  Kind          `json:"kind"`
	State State         `json:"state"`
	Home  verifier.Home `json:"home"` // the registry, CAIP-10

	Block       uint64      `json:"block"`
	BlockHash   merkle.Hash `json:"blockHash,omitzero"`
	Time        uint64      `json:"time,omitzero"` // of the block, Unix seconds
	Transaction merkle.Hash `json:"transaction,omitzero"`

	Issuer     verifier.Address `json:"issuer,omitzero"`
	Publisher  verifier.Address `json:"publisher,omitzero"`  // the account that anchored the batch
	Batch      merkle.Hash      `json:"batch,omitzero"`      // its root
	Submission merkle.Hash      `json:"submission,omitzero"` // its id
	Root       merkle.Hash      `json:"root,omitzero"`       // of the submission, or of the status list
	Count      uint64           `json:"count,omitzero"`      // credentials in the submission
	IssuedAt   uint64           `json:"issuedAt,omitzero"`   // as whoever signed says, Unix seconds
	SignedFor  verifier.Home    `json:"signedFor,omitzero"`  // the submission's home, if that is another registry
	Version    uint64           `json:"version,omitzero"`    // of the status list
	Changes    []Change         `json:"changes,omitzero"`    // in the status list, ascending by id
	More       int              `json:"more,omitzero"`       // changes beyond those
	Since      uint64           `json:"since,omitzero"`      // version that the changes are from; zero: there was no list
	From       uint64           `json:"from,omitzero"`       // from when on the key is retired, Unix seconds
	Controller verifier.Address `json:"controller,omitzero"`
	Manifest   merkle.Hash      `json:"manifest,omitzero"` // sha2-256 digest of the manifest of what could not be read
	Reason     string           `json:"reason,omitzero"`   // why, or what differs
}

// Change is one of a status list. Codes are those of [verifier.StatusItem], 0: not listed.
type Change struct {
	ID     merkle.Hash `json:"id"` // a leaf, or the root of a submission
	Before uint8       `json:"before"`
	Now    uint8       `json:"now"`
}

// maxChanges bounds the changes in a report.
const maxChanges = 1000

// place is where an event is in the chain.
func place(e *chain.Event) string { return fmt.Sprintf("%s-%d", e.Hash, e.Index) }

// Text returns the report as lines for people, ended by a blank one.
func (r *Report) Text() string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	switch r.State {
	case Gone:
		line("TAKEN BACK by the chain: what was reported of block %d does not count any more", r.Block)
	case Final:
		line("FINAL in block %d", r.Block)
	default:
		line("SEEN in block %d, not final yet", r.Block)
	}
	switch r.Kind {
	case Submission:
		if r.Count == 1 {
			line("1 credential was issued in the name of %s", r.Issuer)
		} else {
			line("%d credentials were issued in the name of %s", r.Count, r.Issuer)
		}
		line("  submission: %s", r.Submission)
		line("  batch:      %s, anchored by %s", r.Batch, r.Publisher)
		line("  issued at:  %s, as the signer says", utc(r.IssuedAt))
		if r.SignedFor != (verifier.Home{}) {
			line("  signed for: %s, which decides about it", r.SignedFor)
		}
	case Unread:
		switch {
		case r.Issuer.IsZero():
			line("A batch was anchored by %s that cannot be read: credentials in your name may be in it", r.Publisher)
			line("  batch:      %s", r.Batch)
		default:
			line("Status list %d of %s cannot be read: what it says is not known", r.Version, r.Issuer)
		}
		line("  because:    %s", r.Reason)
	case Status:
		line("The status list of %s is of version %d now", r.Issuer, r.Version)
		for _, c := range r.Changes {
			line("  %s: %s", c.ID, c.words())
		}
		if r.More > 0 {
			line("  and %d more", r.More)
		}
	case Retired:
		line("The key %s was retired: what is anchored from %s on is not believed", r.Issuer, utc(r.From))
	case Controller:
		line("%s speaks for the status of %s now", r.Controller, r.Issuer)
	case Differs:
		line("The registry says of %s what no event told: %s", r.Issuer, r.Reason)
	case Rewound:
		line("Blocks after %d that were final are gone: what was reported of them does not count, and is reported anew", r.Block)
	}
	line("  registry:   %s", r.Home)
	if !r.Transaction.IsZero() {
		line("  sent by:    transaction %s", r.Transaction)
	}
	if r.Time > 0 {
		line("  block:      %s, %s", r.BlockHash, utc(r.Time))
	}
	if r.State != Gone && (r.Kind == Submission || r.Kind == Retired || r.Kind == Controller || r.Kind == Status) {
		line("If this was not you, somebody has the key: hallmark retire, and tell those who verify.")
	}
	return b.String() + "\n"
}

func (c Change) words() string {
	name := func(code uint8) string {
		switch code {
		case verifier.StatusNone:
			return "good"
		case verifier.StatusSuspended:
			return "suspended"
		case verifier.StatusRevoked:
			return "revoked"
		}
		return fmt.Sprintf("code %d", code)
	}
	if c.Before == verifier.StatusNone && c.Now > verifier.StatusRevoked {
		return "says what replaces a credential"
	}
	return name(c.Before) + ", now " + name(c.Now)
}

func utc(seconds uint64) string {
	return time.Unix(int64(seconds), 0).UTC().Format("2006-01-02 15:04:05 UTC")
}
