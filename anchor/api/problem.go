package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/hallmark-node/hallmark/anchor"
)

// Problem is an error as the node sends it: problem details of RFC 9457 with the
// content type application/problem+json.
type Problem struct { //nolint:errname // the term of the RFC
	Title  string `json:"title" doc:"The status in words"`
	Status int    `json:"status" doc:"The HTTP status"`
	Detail string `json:"detail" doc:"One sentence: what is wrong, and what to do"`

	// RetryAfter is sent as a header, in whole seconds; zero: not at all.
	RetryAfter time.Duration `json:"-"`
}

// Error returns the detail.
func (p *Problem) Error() string { return p.Detail }

// GetStatus returns the HTTP status, for huma.
func (p *Problem) GetStatus() int { return p.Status }

// GetHeaders returns Cache-Control, and Retry-After if it applies, for huma.
func (p *Problem) GetHeaders() http.Header {
	header := http.Header{"Cache-Control": {momentary}}
	if p.RetryAfter > 0 {
		header.Set("Retry-After", strconv.Itoa(int(p.RetryAfter.Seconds())))
	}
	return header
}

// ContentType makes huma send a problem as one.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

func problem(status int, format string, args ...any) *Problem {
	return &Problem{Title: http.StatusText(status), Status: status, Detail: fmt.Sprintf(format, args...)}
}

// later refuses what may be repeated after a while.
func later(status int, err error) *Problem {
	p := problem(status, "%v", err)
	p.RetryAfter = anchor.RetryAfter
	return p
}

// huma keeps these in package variables. No list here is ever null. Its own errors, of parameters for
// the most part, become a Problem of one sentence too.
func init() {
	huma.DefaultArrayNullable = false
	huma.NewError = func(status int, message string, errs ...error) huma.StatusError {
		var p *Problem
		if errors.As(errors.Join(errs...), &p) {
			return p
		}
		details := make([]string, 0, len(errs))
		for _, err := range errs {
			var detail *huma.ErrorDetail
			if errors.As(err, &detail) {
				// Without the value, which the client knows and which may be long.
				details = append(details, fmt.Sprintf("%s: %s", detail.Location, detail.Message))
			} else if err != nil {
				details = append(details, err.Error())
			}
		}
		if len(details) > 0 {
			message = strings.Join(details, "; ")
		}
		return problem(status, "%s", message)
	}
}

// problemOf turns an error of the node into what the client is told. Errors that
// are not for clients are logged and hidden.
func (s *server) problemOf(ctx context.Context, err error) *Problem {
	var refused *anchor.RefusedError
	switch {
	case errors.As(err, &refused):
		return problem(http.StatusUnprocessableEntity, "%v", refused)
	case errors.Is(err, anchor.ErrNotAllowed), errors.Is(err, anchor.ErrNotRelayed):
		return problem(http.StatusForbidden, "%v", err)
	case errors.Is(err, anchor.ErrQuota):
		p := problem(http.StatusTooManyRequests, "%v", err)
		now := time.Now().UTC()
		p.RetryAfter = now.Truncate(24*time.Hour).AddDate(0, 0, 1).Sub(now).Truncate(time.Second) + time.Second
		return p
	case errors.Is(err, anchor.ErrNotFound):
		return problem(http.StatusNotFound, "%v; ask the node that the issuer submitted to", err)
	case errors.Is(err, anchor.ErrConflict):
		return problem(http.StatusConflict, "%v", err)
	case errors.Is(err, anchor.ErrTooLarge):
		return problem(http.StatusRequestEntityTooLarge, "%v", err)
	case errors.Is(err, anchor.ErrDiskFull):
		return later(http.StatusInsufficientStorage, err)
	case errors.Is(err, anchor.ErrBusy), errors.Is(err, anchor.ErrUnavailable), errors.Is(err, anchor.ErrDisk):
		return later(http.StatusServiceUnavailable, err)
	case ctx.Err() != nil:
		// Nobody is left to read the answer.
		return problem(http.StatusServiceUnavailable, "the request was given up")
	}
	s.log.Error("request failed", "error", err)
	return problem(http.StatusInternalServerError, "the node failed at this request; its operator finds the reason in its log")
}
