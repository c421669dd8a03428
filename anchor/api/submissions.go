package api

import (
	"net/http"
	"strings"

	"github.com/hallmark-node/hallmark/anchor/access"
	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/merkle"
)

// submission answers where a submission stands.
func (s *server) submission(w http.ResponseWriter, r *http.Request) error {
	id, err := pathValue[merkle.Hash](r, "id")
	if err != nil {
		return err
	}
	status, err := s.node.Serving.Submission(r.Context(), id)
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, status)
	return nil
}

// maxDrained is how much of a refused body is read, in bytes, so that the connection
// can be used again. More is not waited for: the answer goes out, and the connection
// ends with it.
const maxDrained = 256 << 10

// submit takes a submission in one of its two forms.
func (s *server) submit(w http.ResponseWriter, r *http.Request) error {
	var status client.Status
	var err error
	if token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok && client.IsAPIKey(token) {
		r = r.WithContext(access.WithKey(r.Context(), token)) // other tokens are those of proxies
	}
	switch mediaType(r.Header.Get("Content-Type")) {
	case "application/json", "":
		status, err = s.submitJSON(r)
	case client.SubmissionType:
		status, err = s.submitBinary(w, r)
	default:
		return problem(http.StatusUnsupportedMediaType, "content type %s is not read here: send application/json or %s",
			r.Header.Get("Content-Type"), client.SubmissionType)
	}
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusAccepted, status)
	return nil
}

func (s *server) submitJSON(r *http.Request) (client.Status, error) {
	var sub publish.Submission
	if p := readJSON(r.Body, &sub); p != nil {
		return client.Status{}, p
	}
	return s.node.Intake.Submit(r.Context(), &sub)
}

func (s *server) submitBinary(w http.ResponseWriter, r *http.Request) (client.Status, error) {
	sub, leaves, broken := client.ReadSubmission(r.Body)
	if broken != nil {
		if r.ContentLength < 0 || r.ContentLength > maxDrained {
			w.Header().Set("Connection", "close")
		}
		return client.Status{}, bodyProblem("binary submission", broken)
	}
	unread := int(sub.Count)
	status, err := s.node.Intake.Receive(r.Context(), sub, func(next []merkle.Hash) error {
		unread -= len(next)
		broken = leaves(next)
		return broken
	})
	if broken != nil {
		return client.Status{}, bodyProblem("binary submission", broken)
	}
	if unread*merkle.Size > maxDrained {
		w.Header().Set("Connection", "close")
	}
	return status, err
}
