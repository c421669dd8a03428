package role

import (
	"errors"
	"fmt"
	"time"

	"github.com/hallmark-node/hallmark/anchor/publish"
)

// RefusedError says that an input can never be accepted as it is. Its text names
// the fault and the remedy and may be shown to the sender.
type RefusedError struct {
	Field  string // what is wrong, as in the JSON form: "leaves", "signature"...
	Reason string
}

func (e *RefusedError) Error() string { return e.Field + ": " + e.Reason }

// Refuse returns a [*RefusedError].
func Refuse(field, format string, args ...any) error {
	return &RefusedError{field, fmt.Sprintf(format, args...)}
}

// Errors on which a caller decides.
var (
	ErrNotFound   = errors.New("not known to this node")
	ErrNotAllowed = errors.New("this issuer may not submit to this node: ask its operator to add the address")
	ErrNotRelayed = errors.New("this node pays for statements only of issuers with a submission that is final here, " +
		"or that its operator lists: submit first, ask the operator to list the address, or send the transaction yourself")
	ErrQuota = errors.New("the statements that this node pays for in a day (UTC) are used up: " +
		"say more in one list, wait for tomorrow, or send the transaction yourself")
	ErrTooLarge    = publish.ErrTooMany
	ErrBusy        = errors.New("too much is waiting for the chain: retry later")
	ErrUnavailable = errors.New("the chain cannot be read now: retry later")
	ErrConflict    = errors.New("overtaken by another statement")

	// Of the data folder. Neither needs a restart: [Disk] looks at the folder now and then.
	ErrDiskFull = errors.New("the disk of the data folder is nearly full: nothing is accepted until there is room")
	ErrDisk     = errors.New("the data folder cannot be written")

	// ErrStore says that nothing is known now, and nothing is lost.
	ErrStore = errors.New("the store of this node cannot be reached now: retry later")

	// ErrInFlight holds up what is to be sent while enough is on its way. It is no fault,
	// but it is reported.
	ErrInFlight = errors.New("waiting for the chain")
)

// RetryAfter is how long to wait after [ErrBusy] or [ErrUnavailable].
const RetryAfter = 10 * time.Second
