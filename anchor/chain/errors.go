package chain

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"unicode"

	"github.com/ethereum/go-ethereum/rpc"

	"github.com/hallmark-node/hallmark/merkle"
)

// What a caller decides on. Any other error says that servers answer and cannot
// do what was asked of them.
var (
	// ErrOutage says that nothing could be learned: no answer, a limit, an answer
	// cut short, or one that makes no sense. Try again later.
	ErrOutage = errors.New("no RPC server answers as it should")

	// ErrWrongChain says that every server answers, and each for another chain
	// than the one expected.
	ErrWrongChain = errors.New("the RPC servers speak for another chain")

	// ErrLie says that an answer contradicts itself or what proves it. It is an
	// ErrOutage too: another server may tell the truth.
	ErrLie = fmt.Errorf("%w: an answer that does not hold", ErrOutage)
)

// Refusal says why servers do not take a transaction.
type Refusal string

// The refusals that a sender reacts to.
const (
	RefusedNonceTooLow       Refusal = "nonce too low"
	RefusedNonceTooHigh      Refusal = "nonce too high"
	RefusedUnderpriced       Refusal = "underpriced" // below what the server demands, or what replaces another
	RefusedInsufficientFunds Refusal = "insufficient funds"
	RefusedOther             Refusal = "refused"
)

// RefusedError says that a server has read a transaction and does not want it. It
// is no word of the chain: the same transaction may have got there before.
type RefusedError struct {
	Refusal Refusal
	Server  string // host
	Message string // the server's own words
}

func (e *RefusedError) Error() string {
	return fmt.Sprintf("RPC server %s refuses the transaction: %s", e.Server, e.Message)
}

// refusals maps the words of go-ethereum, Erigon, Nethermind, Besu, Reth and anvil
// to what they mean. Compared in lower case, without blanks; the first wins.
var refusals = []struct {
	words   string
	refusal Refusal
}{
	{"noncetoolow", RefusedNonceTooLow},
	{"nonceistoolow", RefusedNonceTooLow},
	{"oldnonce", RefusedNonceTooLow},
	{"noncetoohigh", RefusedNonceTooHigh},
	{"noncegap", RefusedNonceTooHigh},
	{"noncetoofarinfuture", RefusedNonceTooHigh},
	{"noncetoodistant", RefusedNonceTooHigh},
	{"insufficientfunds", RefusedInsufficientFunds},
	{"upfrontcostexceedsaccountbalance", RefusedInsufficientFunds},
	{"upfrontcostexceedsbalance", RefusedInsufficientFunds},
	{"underpriced", RefusedUnderpriced},
	{"couldnotreplaceexistingtx", RefusedUnderpriced},
	{"replacementnotallowed", RefusedUnderpriced},
	{"feetoolow", RefusedUnderpriced},
	{"gaspricebelow", RefusedUnderpriced},
	{"lessthanblockbasefee", RefusedUnderpriced},
	{"maxfeepergastoolow", RefusedUnderpriced},
}

// known are the words for a transaction that the server has already: it is sent.
var known = []string{"alreadyknown", "alreadyimported", "knowntransaction", "alreadyexists", "alreadyinpool"}

func squeeze(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, s)
}

// sendOutcome reads the error of a sent transaction: nil if the server has it.
func sendOutcome(err error, server string) error {
	var answer *answerError
	if !errors.As(err, &answer) {
		return err
	}
	text := squeeze(answer.message)
	for _, w := range known {
		if strings.Contains(text, w) {
			return nil
		}
	}
	refused := &RefusedError{RefusedOther, server, answer.message}
	for _, r := range refusals {
		if strings.Contains(text, r.words) {
			refused.Refusal = r.refusal
			break
		}
	}
	return refused
}

// DisagreementError says that two servers show different blocks for one number, of
// which one is final by the policy; the second hash is zero where all others have
// no such block yet. Nothing is final until they agree.
type DisagreementError struct {
	Number  uint64
	Servers [2]string // hosts
	Hashes  [2]merkle.Hash
}

func (e *DisagreementError) Error() string {
	if e.Hashes[1].IsZero() {
		return fmt.Sprintf("block %d is final at %s as %s, and %s and all others are not even that far; nothing is taken as final until they are",
			e.Number, e.Servers[0], e.Hashes[0], e.Servers[1])
	}
	return fmt.Sprintf("the RPC servers disagree about block %d: %s has %s, %s has %s; nothing is taken as final until they agree, or one is removed",
		e.Number, e.Servers[0], e.Hashes[0], e.Servers[1], e.Hashes[1])
}

// answerError is a JSON-RPC error: the server understood, and cannot or will not.
type answerError struct {
	code    int
	message string
	data    any
}

func (e *answerError) Error() string { return e.message }

// outageError is ErrOutage with its cause, which is not wrapped: it may hold a URL.
type outageError struct{ reason string }

func (e *outageError) Error() string        { return e.reason }
func (e *outageError) Is(target error) bool { return target == ErrOutage }

// lieError is ErrLie.
type lieError struct{ reason string }

func (e *lieError) Error() string        { return e.reason }
func (e *lieError) Is(target error) bool { return target == ErrLie || target == ErrOutage }

func lie(format string, args ...any) error { return &lieError{fmt.Sprintf(format, args...)} }

// limits are JSON-RPC errors by which servers say "not now" rather than "no".
var limits = []string{"limitexceeded", "ratelimit", "toomanyrequests", "requestlimit", "capacity", "timeout", "timedout", "tryagain", "overloaded", "throttle", "quota"}

// understand turns an error of the RPC library into one of this package.
func (s *server) understand(ctx context.Context, err error) error {
	var (
		answer rpc.Error
		status *statusError
		link   *url.Error
	)
	switch {
	case err == nil:
		return nil
	case errors.As(err, &answer):
		e := &answerError{code: answer.ErrorCode(), message: s.redact(answer.Error())}
		if data := rpc.DataError(nil); errors.As(err, &data) {
			e.data = data.ErrorData()
		}
		if e.code == -32005 || e.code == 429 {
			return &outageError{e.message}
		}
		if text := squeeze(e.message); e.code != codeReverted && !strings.Contains(text, "outofcapacity") {
			for _, w := range limits {
				if strings.Contains(text, w) {
					return &outageError{e.message}
				}
			}
		}
		return e
	case errors.As(err, &status):
		return &outageError{status.Error()}
	case errors.Is(err, errTooLarge):
		return &outageError{errTooLarge.Error()}
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &link) && link.Timeout():
		return &outageError{"no answer in time"}
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.As(err, &link):
		return &outageError{s.redact("no answer: " + link.Err.Error())}
	case errors.Is(err, rpc.ErrNoResult), errors.Is(err, rpc.ErrMissingBatchResponse):
		return &outageError{"the answer is empty"}
	}
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		return &outageError{"the answer is not JSON"}
	}
	return &outageError{s.redact("the answer is cut short or makes no sense: " + err.Error())}
}
