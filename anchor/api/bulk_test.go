package api

import (
	"net/http"
	"testing"

	"github.com/hallmark-node/hallmark/anchor/publish"
)

// More leaves than fit into a JSON body go in the binary form.
func TestBulk(t *testing.T) {
	e := open(t, false, nil)
	s := newIssuer(t).submission(t, e.home, leaves(maxJSON/69+1, t.Name())...)
	response, body := e.call(t, http.MethodPost, "/v1/submissions", "application/json", jsonForm(s))
	wantProblem(t, response, body, http.StatusRequestEntityTooLarge)
	status, err := e.client.Submit(t.Context(), s)
	if err != nil || status.ID != s.ID() || status.State != publish.Accepted {
		t.Fatalf("%+v, %v", status, err)
	}
	proof, err := e.client.Proof(t.Context(), s.Leaves[len(s.Leaves)/2], false)
	if err != nil || proof.SubmissionID != s.ID() || proof.Submission.Count != s.Count {
		t.Errorf("%+v, %v", proof, err)
	}
}
