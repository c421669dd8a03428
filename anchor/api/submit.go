package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"github.com/go-json-experiment/json"

	"github.com/hallmark-node/hallmark/anchor"
)

// direct is an adapter for operations of which huma only knows the description: it
// looks into every value of an input and an output, which for a submission costs more
// than to check its signature.
type direct struct {
	huma.Adapter
	mux      *http.ServeMux
	handlers map[string]http.HandlerFunc // by operation id
}

func newDirect(mux *http.ServeMux, handlers map[string]http.HandlerFunc) direct {
	return direct{humago.NewAdapter(mux, ""), mux, handlers}
}

// Handle implements huma.Adapter.
func (d direct) Handle(op *huma.Operation, handler func(huma.Context)) {
	if own, ok := d.handlers[op.OperationID]; ok {
		d.mux.HandleFunc(op.Method+" "+op.Path, own)
		return
	}
	d.Adapter.Handle(op, handler)
}

// submit takes a submission.
func (s *server) submit(w http.ResponseWriter, r *http.Request) {
	status, p := s.submitted(r.Context(), r)
	if p != nil {
		writeProblem(w, p)
		return
	}
	body, err := json.Marshal(status)
	if err != nil {
		s.log.Error("request failed", "error", err)
		writeProblem(w, problem(http.StatusInternalServerError, "the node failed at this request; its operator finds the reason in its log"))
		return
	}
	w.Header()["Content-Type"] = []string{"application/json"}
	w.WriteHeader(http.StatusAccepted)
	_, _ = w.Write(body) // nobody is left to tell
}

func (s *server) submitted(ctx context.Context, r *http.Request) (Status, *Problem) {
	sub, p := readSubmitted(r)
	if p != nil {
		return Status{}, p
	}
	status, err := s.node.Submit(ctx, sub)
	if err != nil {
		return Status{}, s.problemOf(ctx, err)
	}
	return statusOf(status), nil
}

// readSubmitted reads a submission in either form.
func readSubmitted(r *http.Request) (*anchor.Submission, *Problem) {
	switch mediaType(r.Header.Get("Content-Type")) {
	case "application/json", "":
		var form Submission
		if p := readJSON(r.Body, &form); p != nil {
			return nil, p
		}
		return &anchor.Submission{
			Issuer: form.Issuer, Home: form.Home, Root: form.Root, Count: form.Count,
			IssuedAt: form.IssuedAt, Signature: form.Signature, Leaves: form.Leaves,
		}, nil
	case SubmissionType:
		sub, err := ReadSubmission(r.Body)
		if err != nil {
			return nil, bodyProblem("binary submission", err)
		}
		return sub, nil
	}
	return nil, problem(http.StatusUnsupportedMediaType, "content type %s is not read here: send application/json or %s", r.Header.Get("Content-Type"), SubmissionType)
}
