package endpoint

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode"

	"github.com/ethereum/go-ethereum/rpc"

	"github.com/hallmark-node/hallmark/internal/fault"
)

// ErrOutage says that nothing could be learned: no answer, a limit, an answer cut
// short, or one that makes no sense.
var ErrOutage = errors.New("no server answers as it should")

// AnswerError is a JSON-RPC error: the server understood, and cannot or will not.
type AnswerError struct {
	Code    int
	Message string // the server's words, fit for a log
	Data    any    // as it came, not fit for a log
}

func (e *AnswerError) Error() string { return e.Message }

// JSON-RPC error codes.
const (
	CodeNoMethod = -32601
	CodeReverted = 3
	codeLimit    = -32005
	codeTooMany  = 429
)

type outageError string

func (e outageError) Error() string        { return string(e) }
func (e outageError) Is(target error) bool { return target == ErrOutage }

// Outage makes an [ErrOutage] of a reason.
func Outage(reason string) error { return outageError(reason) }

// Squeeze returns a text in lower case, letters and digits alone, so that the words
// of different servers can be compared.
func Squeeze(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, s)
}

// limits are words by which servers say "not now" rather than "no". Compared as by
// [Squeeze].
var limits = []string{
	"limitexceeded", "ratelimit", "toomanyrequests", "requestlimit", "capacity", "timeout", "timedout", "tryagain",
	"overloaded", "throttle", "quota",
}

func (e *AnswerError) limit() bool {
	switch e.Code {
	case codeLimit, codeTooMany:
		return true
	case CodeReverted:
		return false
	}
	text := Squeeze(e.Message)
	return !strings.Contains(text, "outofcapacity") && // of a transaction pool, for one transaction
		slices.ContainsFunc(limits, func(w string) bool { return strings.Contains(text, w) })
}

// understand turns an error of the RPC library into one of this package. What it
// does not wrap may hold the URL.
func (e *Endpoint) understand(ctx context.Context, err error) error {
	var (
		answer rpc.Error
		status *StatusError
		link   *url.Error

		tooLarge *http.MaxBytesError
	)
	switch {
	case err == nil:
		return nil
	case errors.As(err, &answer):
		a := &AnswerError{Code: answer.ErrorCode(), Message: e.Redact(answer.Error())}
		if data := rpc.DataError(nil); errors.As(err, &data) {
			a.Data = data.ErrorData()
		}
		if a.limit() {
			return Outage(a.Message)
		}
		return a
	case errors.As(err, &status):
		return status
	case errors.As(err, &tooLarge):
		return Outage("the answer is too large")
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &link) && link.Timeout():
		return Outage("no answer in time")
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.As(err, &link):
		return Outage(e.Redact("no answer: " + fault.WithoutURL(link).Error()))
	case errors.Is(err, rpc.ErrNoResult), errors.Is(err, rpc.ErrMissingBatchResponse):
		return Outage("the answer is empty")
	}
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &syntax):
		return Outage("the answer is not JSON")
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return Outage("the answer is cut short")
	}
	return Outage("the answer makes no sense")
}
