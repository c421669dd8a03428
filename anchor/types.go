package anchor

import (
	"errors"
	"fmt"

	"github.com/hallmark-node/hallmark/anchor/publish"
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
