package api

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"os"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/go-json-experiment/json"

	"github.com/hallmark-node/hallmark/anchor"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// Submission is the JSON form of [anchor.Submission].
type Submission struct {
	_ struct{} `additionalProperties:"false"`

	Issuer    verifier.Address   `json:"issuer" doc:"Who signed"`
	Home      verifier.Home      `json:"home" doc:"The registry that the signature is for, CAIP-10"`
	Root      merkle.Hash        `json:"root" doc:"Of the tree over the leaves"`
	Count     uint64             `json:"count" minimum:"1" maximum:"1048576" doc:"Number of leaves"`
	IssuedAt  uint64             `json:"issuedAt" doc:"The issuer's claim, Unix seconds"`
	Signature verifier.Signature `json:"signature" doc:"EIP-712 Submission, r || s || v"`
	Leaves    list[merkle.Hash]  `json:"leaves" doc:"Strictly ascending"`
}

func (s *Submission) missing() string {
	return missing(member{"issuer", s.Issuer.IsZero()}, member{"home", s.Home.Chain == 0}, member{"root", s.Root.IsZero()},
		member{"count", s.Count == 0}, member{"signature", s.Signature == verifier.Signature{}}, member{"leaves", s.Leaves == nil})
}

// StatusUpdate is the JSON form of [anchor.StatusUpdate].
type StatusUpdate struct {
	_ struct{} `additionalProperties:"false"`

	Home      verifier.Home    `json:"home,omitzero" doc:"The registry that the signature is for, CAIP-10; may be absent where the node has only one"`
	Version   uint64           `json:"version" minimum:"1" doc:"The registry's version plus one; the registry's own if the list is already on the chain"`
	Items     list[StatusItem] `json:"items" doc:"The whole list, strictly ascending by id"`
	Deadline  uint64           `json:"deadline,omitzero" doc:"Until when the signature is good, Unix seconds"`
	Signature verifier.Bytes   `json:"signature,omitzero" doc:"EIP-712 SetStatus of the controller; absent if the list is already on the chain"`
	Root      merkle.Hash      `json:"root,omitzero" doc:"The list's root, as it is signed; needed for more than 1,024 items"`
	List      merkle.Hash      `json:"list,omitzero" doc:"sha2-256 digest of the list's published manifest, as it is signed; needed for more than 1,024 items"`
}

func (u *StatusUpdate) missing() string {
	return missing(member{"version", u.Version == 0}, member{"items", u.Items == nil})
}

// Retirement is the JSON form of [anchor.RetireRequest].
type Retirement struct {
	_ struct{} `additionalProperties:"false"`

	Home      verifier.Home  `json:"home,omitzero" doc:"The registry that the signature is for, CAIP-10; may be absent where the node has only one"`
	From      uint64         `json:"from" minimum:"1" doc:"From when on the key is not to be believed, Unix seconds"`
	Deadline  uint64         `json:"deadline" doc:"Until when the signature is good, Unix seconds"`
	Signature verifier.Bytes `json:"signature" doc:"EIP-712 Retire of the controller"`
}

func (r *Retirement) missing() string {
	return missing(member{"from", r.From == 0}, member{"deadline", r.Deadline == 0}, member{"signature", r.Signature == nil})
}

// ControllerChange is the JSON form of [anchor.ControllerRequest].
type ControllerChange struct {
	_ struct{} `additionalProperties:"false"`

	Home      verifier.Home    `json:"home,omitzero" doc:"The registry that the signature is for, CAIP-10; may be absent where the node has only one"`
	Current   verifier.Address `json:"current" doc:"The stored controller, zero while there is none"`
	Next      verifier.Address `json:"next" doc:"Who shall speak for the issuer's status"`
	Deadline  uint64           `json:"deadline" doc:"Until when the signature is good, Unix seconds"`
	Signature verifier.Bytes   `json:"signature" doc:"EIP-712 SetController of the current controller, or of the issuer while there is none"`
}

func (c *ControllerChange) missing() string {
	return missing(member{"next", c.Next.IsZero()}, member{"deadline", c.Deadline == 0}, member{"signature", c.Signature == nil})
}

// member is one that may not be absent, and whether it is (or has the zero value,
// which none of them may have).
type member struct {
	name   string
	absent bool
}

func missing(members ...member) string {
	for _, m := range members {
		if m.absent {
			return m.name
		}
	}
	return ""
}

// request is a request's body in its JSON form. It is read by [request.Resolve],
// not by huma, which would hold it three times over.
type request[T any, P interface {
	*T
	missing() string
}] struct{ value T }

// Resolve reads the body; huma calls it before the handler.
func (r *request[T, P]) Resolve(ctx huma.Context) []error {
	switch mediaType(ctx.Header("Content-Type")) {
	case "application/json", "":
	default:
		return refused(ctx, problem(http.StatusUnsupportedMediaType, "content type %s is not read here: send application/json", ctx.Header("Content-Type")))
	}
	return refused(ctx, readJSON(ctx.BodyReader(), P(&r.value)))
}

// refused is what a resolver returns. huma takes the headers of a handler's errors,
// not of these.
func refused(ctx huma.Context, p *Problem) []error {
	if p == nil {
		return nil
	}
	for name, values := range p.GetHeaders() {
		ctx.SetHeader(name, values[0])
	}
	return []error{p}
}

// readJSON reads a strict JSON body to its end into v, and returns nil or why not.
func readJSON[P interface{ missing() string }](body io.Reader, v P) *Problem {
	if err := json.UnmarshalRead(body, v, json.RejectUnknownMembers(true)); err != nil {
		return bodyProblem("JSON", err)
	}
	if name := v.missing(); name != "" {
		return problem(http.StatusBadRequest, "the member %q is missing or empty: see /openapi.json for the form", name)
	}
	return nil
}

// mediaType returns what a Content-Type says without its parameters.
func mediaType(header string) string {
	if header == SubmissionType || header == "application/json" {
		return header // as almost everybody writes it
	}
	if media, _, err := mime.ParseMediaType(header); err == nil {
		return media
	}
	return header
}

// bodyProblem says why a body could not be read.
func bodyProblem(form string, err error) *Problem {
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return problem(http.StatusRequestEntityTooLarge, "the body is larger than %d bytes: send a large submission in the binary form (%s), or split it", tooLarge.Limit, SubmissionType)
	case errors.Is(err, errListLength), errors.Is(err, anchor.ErrTooLarge):
		return problem(http.StatusRequestEntityTooLarge, "%s", plain(err))
	case errors.Is(err, errBodies), errors.Is(err, errStreams), errors.Is(err, errLists):
		return later(http.StatusServiceUnavailable, shared(err))
	case errors.Is(err, errOwnBody), errors.Is(err, errOwnStreams):
		return later(http.StatusTooManyRequests, shared(err))
	case errors.Is(err, os.ErrDeadlineExceeded):
		return problem(http.StatusRequestTimeout, "the body came too slowly: send it again over a faster connection, or split it")
	}
	return problem(http.StatusBadRequest, "the body is not the %s that belongs here: %s", form, plain(err))
}

// shared returns the error of a share among others that wrap it.
func shared(err error) error {
	for _, known := range []error{errBodies, errOwnBody, errStreams, errOwnStreams, errLists} {
		if errors.Is(err, known) {
			return known
		}
	}
	return err
}

// plain returns the text of an error of the JSON package without the names of Go
// types in it, which mean nothing to whoever sent the body.
func plain(err error) string {
	var semantic *json.SemanticError
	if !errors.As(err, &semantic) {
		return strings.TrimPrefix(err.Error(), "jsontext: ")
	}
	reason := fmt.Sprintf("%s is not expected here", semantic.JSONKind)
	if semantic.Err != nil {
		reason = semantic.Err.Error()
	}
	if semantic.JSONPointer != "" {
		return fmt.Sprintf("%s: %s", semantic.JSONPointer, reason)
	}
	return reason
}
