package fault

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"
	"syscall"
)

// WithoutURL takes the URL of the request out of an error of net/http, since it may hold a
// secret, and says in plain words why there is no answer. It wraps the error.
func WithoutURL(err error) error {
	if e := (*url.Error)(nil); errors.As(err, &e) {
		err = e.Err
	}
	if words := networkWords(err); words != "" {
		return &networkError{words, err}
	}
	return err
}

type networkError struct {
	words string
	err   error
}

func (e *networkError) Error() string { return e.words }
func (e *networkError) Unwrap() error { return e.err }

// networkWords says what an error of the network means; empty if it is not known.
func networkWords(err error) string {
	var (
		name     *net.DNSError
		unknown  x509.UnknownAuthorityError
		invalid  x509.CertificateInvalidError
		hostname x509.HostnameError
		unproven *tls.CertificateVerificationError
		header   tls.RecordHeaderError
	)
	switch {
	case err == nil:
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, syscall.ETIMEDOUT):
		return "no answer in time"
	case errors.As(err, &name) && name.IsNotFound:
		return fmt.Sprintf("there is no host %s", name.Name)
	case errors.As(err, &name):
		return fmt.Sprintf("the name %s cannot be looked up", name.Name)
	case errors.Is(err, syscall.ECONNREFUSED):
		return "connection refused"
	case errors.Is(err, syscall.ENETUNREACH):
		return "the network is unreachable"
	case errors.Is(err, syscall.EHOSTUNREACH):
		return "the host is unreachable"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return "the connection was closed"
	case errors.As(err, &hostname):
		return "its certificate is that of another host"
	case errors.As(err, &unknown):
		return "its certificate is of no known authority"
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "its certificate has expired, or is not valid yet"
	case errors.As(err, &unproven):
		return "its certificate is not valid"
	case errors.As(err, &header), strings.Contains(err.Error(), "HTTP response to HTTPS client"): // which has no name of its own
		return "it does not speak https"
	}
	return ""
}
