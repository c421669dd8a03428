package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/hallmark-node/hallmark/anchor/access"
	"github.com/hallmark-node/hallmark/anchor/role"
	"github.com/hallmark-node/hallmark/anchor/store/kv"
)

// Problem is an error as the node sends it: problem details of RFC 9457 with the
// content type application/problem+json.
type Problem struct { //nolint:errname // the term of the RFC
	Type   string `json:"type,omitzero"` // a URL where the status alone does not tell the kind; absent: about:blank
	Title  string `json:"title"`         // the status in words
	Status int    `json:"status"`        // the HTTP status
	Detail string `json:"detail"`        // one sentence: what is wrong, and what to do

	// RetryAfter is sent as a header, in whole seconds; zero: not at all.
	RetryAfter time.Duration `json:"-"`
}

// Error returns the detail.
func (p *Problem) Error() string { return p.Detail }

func problem(status int, format string, args ...any) *Problem {
	return &Problem{Title: http.StatusText(status), Status: status, Detail: fmt.Sprintf(format, args...)}
}

// later refuses what may be repeated after a while.
func later(status int, err error) *Problem {
	p := problem(status, "%v", err)
	p.RetryAfter = role.RetryAfter
	return p
}

// writeProblem answers a request that failed.
func writeProblem(w http.ResponseWriter, p *Problem) {
	header := w.Header()
	if p.RetryAfter > 0 {
		header.Set("Retry-After", strconv.Itoa(int(p.RetryAfter.Seconds())))
	}
	header.Set("Content-Type", "application/problem+json")
	header.Set("Cache-Control", momentary)
	w.WriteHeader(p.Status)
	_ = json.MarshalWrite(w, p) // the client may have gone
}

// problemOf turns an error into what the client is told. Errors that are not for clients are
// logged and hidden.
func (s *server) problemOf(ctx context.Context, err error) *Problem {
	var refused *role.RefusedError
	var own *Problem
	if p := shareProblem(err); p != nil {
		return p
	}
	if p := adminProblem(err); p != nil {
		return p
	}
	switch {
	case errors.As(err, &own):
		return own
	case errors.As(err, &refused):
		return problem(http.StatusUnprocessableEntity, "%v", refused)
	case errors.Is(err, access.ErrKey):
		return problem(http.StatusUnauthorized, "%v", err)
	case errors.Is(err, role.ErrNotAllowed), errors.Is(err, role.ErrNotRelayed):
		return problem(http.StatusForbidden, "%v", err)
	case errors.Is(err, role.ErrQuota):
		p := problem(http.StatusTooManyRequests, "%v", err)
		now := time.Now().UTC()
		p.RetryAfter = now.Truncate(24*time.Hour).AddDate(0, 0, 1).Sub(now).Truncate(time.Second) + time.Second
		return p
	case errors.Is(err, role.ErrNotFound):
		return problem(http.StatusNotFound, "%v; ask the node that the issuer submitted to", err)
	case errors.Is(err, role.ErrConflict):
		return problem(http.StatusConflict, "%v", err)
	case errors.Is(err, role.ErrTooLarge):
		return problem(http.StatusRequestEntityTooLarge, "%v", err)
	case errors.Is(err, role.ErrDiskFull):
		return later(http.StatusInsufficientStorage, err)
	case errors.Is(err, kv.ErrFull):
		s.log.Error("request failed", "error", err)
		return later(http.StatusInsufficientStorage, errors.New("the store has no room left: nothing is accepted until there is"))
	case errors.Is(err, kv.ErrUnavailable):
		s.log.Error("request failed", "error", err)
		return later(http.StatusServiceUnavailable, role.ErrStore)
	case errors.Is(err, role.ErrBusy), errors.Is(err, role.ErrUnavailable), errors.Is(err, role.ErrDisk):
		return later(http.StatusServiceUnavailable, err)
	case ctx.Err() != nil:
		// Nobody is left to read the answer.
		return problem(http.StatusServiceUnavailable, "the request was given up")
	}
	s.log.Error("request failed", "error", err)
	return problem(http.StatusInternalServerError, "the node failed at this request; its operator finds the reason in its log")
}
