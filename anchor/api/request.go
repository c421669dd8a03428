package api

import (
	"encoding"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"os"
	"strings"

	"github.com/go-json-experiment/json"

	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/anchor/role"
)

// pathValue reads a parameter in the path of a request.
func pathValue[T any, P interface {
	*T
	encoding.TextUnmarshaler
}](r *http.Request, name string) (value T, err error) {
	err = readText(P(&value), name, r.PathValue(name))
	return value, err
}

// queryValue reads a parameter in the query of a request; it is zero if it is left out.
func queryValue[T any, P interface {
	*T
	encoding.TextUnmarshaler
}](r *http.Request, name string) (value T, err error) {
	if text := r.URL.Query().Get(name); text != "" {
		err = readText(P(&value), name, text)
	}
	return value, err
}

func readText(value encoding.TextUnmarshaler, name, text string) error {
	if err := value.UnmarshalText([]byte(text)); err != nil {
		return problem(http.StatusUnprocessableEntity, "%s: %v", name, err)
	}
	return nil
}

// readJSON reads a strict JSON body to its end into v, and returns nil or why not.
func readJSON[P interface{ Missing() string }](body io.Reader, v P) *Problem {
	if err := json.UnmarshalRead(body, v, json.RejectUnknownMembers(true)); err != nil {
		return bodyProblem("JSON", err)
	}
	if name := v.Missing(); name != "" {
		return problem(http.StatusBadRequest, "the member %q is missing or empty: see /openapi.json for the form", name)
	}
	return nil
}

// mediaType returns what a Content-Type says without its parameters.
func mediaType(header string) string {
	if header == client.SubmissionType || header == "application/json" {
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
	var share *Problem
	switch {
	case errors.As(err, &share):
		return share
	case errors.As(err, &tooLarge) && tooLarge.Limit == maxShareUpload:
		return problem(http.StatusRequestEntityTooLarge, "what is shared is larger than %d bytes: share a smaller file", tooLarge.Limit)
	case errors.As(err, &tooLarge):
		return problem(http.StatusRequestEntityTooLarge,
			"the body is larger than %d bytes: split it, or send it in the binary form if it is a submission (%s)",
			tooLarge.Limit, client.SubmissionType)
	case errors.Is(err, role.ErrTooLarge):
		return problem(http.StatusRequestEntityTooLarge, "%s", plain(err))
	case errors.Is(err, os.ErrDeadlineExceeded):
		return problem(http.StatusRequestTimeout, "the body came too slowly: send it again over a faster connection, or split it")
	}
	return problem(http.StatusBadRequest, "the body is not the %s that belongs here: %s", form, plain(err))
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
