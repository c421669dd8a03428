// Package fault has the errors that a person can do something about.
package fault

import (
	"errors"
	"fmt"
)

// Error is an error with its remedy.
type Error struct {
	Err    error
	Remedy string // one line, without a full stop; may be empty
	Input  bool   // what was given cannot be used, and nothing was done
}

func (e *Error) Error() string { return e.Err.Error() }
func (e *Error) Unwrap() error { return e.Err }

// Input returns an error of what was given.
func Input(format string, args ...any) error {
	return &Error{Err: fmt.Errorf(format, args...), Input: true}
}

// Remedy adds a remedy to err, in place of one that it has. It stays an error of what was
// given if it was one.
func Remedy(err error, format string, args ...any) error {
	return &Error{Err: err, Remedy: fmt.Sprintf(format, args...), Input: OfInput(err)}
}

// OfInput reports whether an error is of what was given.
func OfInput(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Input
}
