package api

import (
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"github.com/go-json-experiment/json"

	"github.com/hallmark-node/hallmark/anchor"
	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/merkle"
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
	status, p := s.submitted(w, r)
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

// maxDrained is how much of a refused body is read, in bytes, so that the connection
// can be used again. More is not waited for: the answer goes out, and the connection
// ends with it.
const maxDrained = 256 << 10

func (s *server) submitted(w http.ResponseWriter, r *http.Request) (client.Status, *Problem) {
	var (
		status anchor.Status
		err    error
	)
	switch mediaType(r.Header.Get("Content-Type")) {
	case "application/json", "":
		var form client.Submission
		if p := readJSON(r.Body, &form); p != nil {
			return client.Status{}, p
		}
		status, err = s.node.Submit(r.Context(), &anchor.Submission{
			Issuer: form.Issuer, Home: form.Home, Root: form.Root, Count: form.Count,
			IssuedAt: form.IssuedAt, Signature: form.Signature, Leaves: form.Leaves,
		})
	case client.SubmissionType:
		sub, leaves, broken := client.ReadSubmission(r.Body)
		if broken != nil {
			if r.ContentLength < 0 || r.ContentLength > maxDrained {
				w.Header().Set("Connection", "close")
			}
			return client.Status{}, bodyProblem("binary submission", broken)
		}
		unread := int(sub.Count)
		status, err = s.node.Receive(r.Context(), sub, func(next []merkle.Hash) error {
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
	default:
		return client.Status{}, problem(http.StatusUnsupportedMediaType, "content type %s is not read here: send application/json or %s", r.Header.Get("Content-Type"), client.SubmissionType)
	}
	if err != nil {
		return client.Status{}, s.problemOf(r.Context(), err)
	}
	return statusOf(status), nil
}
