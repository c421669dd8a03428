package postgres

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/hallmark-node/hallmark/anchor/store/kv"
	"github.com/hallmark-node/hallmark/internal/fault"
)

// errClosed is the error of whatever is asked after Close.
var errClosed = errors.New("the store is closed")

// damage is what the tables should never be like.
type damage struct{ how string }

func (d *damage) Error() string { return "the store is damaged: " + d.how }

// SQLSTATE codes, by appendix A of PostgreSQL's manual.
const (
	diskFull             = "53100"
	serializationFailure = "40001"
	deadlock             = "40P01"
	idleInTransaction    = "25P03"
	readOnly             = "25006"
)

// failed is the error of a statement: that the database cannot be reached, or has no room, or
// what else it says. doing is what the statement was to do.
func failed(doing string, err error) error {
	if errors.Is(err, context.Canceled) {
		return errClosed
	}
	if d := new(damage); errors.As(err, &d) {
		return d
	}
	var said *pgconn.PgError
	if !errors.As(err, &said) {
		at := ""
		if c := (*pgconn.ConnectError)(nil); errors.As(err, &c) && c.Config != nil {
			at = " at " + net.JoinHostPort(c.Config.Host, strconv.Itoa(int(c.Config.Port)))
		}
		return fmt.Errorf("%w: %s the database%s: %w", kv.ErrUnavailable, doing, at, fault.WithoutURL(err))
	}
	reason := fmt.Errorf("%s the database: %s (SQLSTATE %s)", doing, said.Message, said.Code)
	switch {
	case said.Code == diskFull:
		return fmt.Errorf("%w: %w", kv.ErrFull, reason)
	case isPassing(said.Code):
		return fmt.Errorf("%w: %w", kv.ErrUnavailable, reason)
	}
	return reason
}

// isPassing reports whether a statement may do later what it could not now.
func isPassing(code string) bool {
	switch code {
	case idleInTransaction, readOnly:
		return true
	case "58030": // I/O error
		return true
	}
	switch code[:min(2, len(code))] {
	case "08", // connection
		"40", // rolled back
		"53", // resources
		"55", // not in the state that is needed: a lock
		"57": // an operator's or a shutdown's doing
		return true
	}
	return false
}

// isRepeatable reports whether a transaction that failed before its commit may succeed at once if
// it is made again: it lost against another one, or its session was ended.
func isRepeatable(err error) bool {
	if d := new(damage); errors.As(err, &d) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return false
	}
	var said *pgconn.PgError
	if errors.As(err, &said) {
		switch said.Code {
		case serializationFailure, deadlock, idleInTransaction:
			return true
		}
		return strings.HasPrefix(said.Code, "57P") || strings.HasPrefix(said.Code, "08")
	}
	var connecting *pgconn.ConnectError
	return !errors.As(err, &connecting)
}
