package certify

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"golang.org/x/crypto/acme"

	"github.com/hallmark-node/hallmark/credential"
	"github.com/hallmark-node/hallmark/internal/fault"
)

// explain says what an error means, in one line, with its remedy.
func (r *Request) explain(ctx context.Context, err error) error {
	if known := (*fault.Error)(nil); errors.As(err, &known) {
		return err
	}
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return fault.Remedy(errors.New("it was not certified in time"), "nothing is kept of it: run the same command again")
	case ctx.Err() != nil:
		return ctx.Err()
	}
	if unknown := (x509.UnknownAuthorityError{}); errors.As(err, &unknown) {
		return fault.Remedy(errors.New("the authority's server has a certificate that this machine does not trust"),
			"name its root if it is one of your own")
	}
	if failed := (*url.Error)(nil); errors.As(err, &failed) {
		return fmt.Errorf("the authority cannot be reached: %w", fault.WithoutURL(err))
	}
	if refused := (*acme.AuthorizationError)(nil); errors.As(err, &refused) {
		return r.problem(first(refused.Errors))
	}
	if failed := (*acme.OrderError)(nil); errors.As(err, &failed) {
		if failed.Problem == nil {
			return fmt.Errorf("the authority calls the order %s", credential.Printable(failed.Status))
		}
		return r.problem(failed.Problem)
	}
	return r.problem(err)
}

func first(errs []error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return errors.New("the authority says no, and not why")
}

// problem reads what an authority says is wrong (RFC 8555, section 6.7).
func (r *Request) problem(err error) error {
	said := (*acme.Error)(nil)
	if !errors.As(err, &said) {
		return err
	}
	kind := strings.ToLower(said.ProblemType[strings.LastIndexByte(said.ProblemType, ':')+1:])
	text := said.Detail
	for _, sub := range said.Subproblems {
		text += "; " + sub.Detail
	}
	problem := fmt.Errorf("the authority says: %s", credential.Printable(strings.Join(strings.Fields(text), " ")))
	switch kind {
	case "ratelimited":
		if wait, _ := acme.RateLimit(said); wait > 0 {
			return fault.Remedy(problem, "that is a rate limit of the authority: try again after %s",
				time.Now().Add(wait).UTC().Format(time.RFC3339))
		}
		return fault.Remedy(problem, "that is a rate limit of the authority: try again later, or use another one")
	case "caa":
		return fault.Remedy(problem, "a CAA record of the domain names the authorities that may certify it: add this one, or use one of those")
	case "dns":
		return fault.Remedy(problem, "%s", r.Solver.record(r.Name))
	case "connection", "tls":
		return fault.Remedy(problem, "the authority must reach http://%s/ at port 80 of the machine where this is answered", r.Name)
	case "unauthorized", "incorrectresponse":
		return fault.Remedy(problem, "%s", r.Solver.wrong(r.Name))
	case "rejectedidentifier":
		return fault.Remedy(problem, "this authority does not certify names of that domain: use another one")
	case "externalaccountrequired":
		return fault.Remedy(problem, "this authority only serves those who have an account: use another one, or bring the certificate yourself")
	case "invalidcontact", "unsupportedcontact":
		return fault.Remedy(problem, "give another e-mail address, or none")
	}
	return problem
}
