package api

import (
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/hallmark-node/hallmark/anchor"
	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/merkle"
)

// What an explorer asks for: the submissions of a batch and of an issuer, page by page.
func TestSubmissionLists(t *testing.T) {
	e := open(t, true, nil)
	alice, bob := newIssuer(t), newIssuer(t)
	var all []*publish.Submission
	for i := range 5 {
		from := alice
		if i == 2 {
			from = bob
		}
		s := from.submission(t, e.home, leaves(i+1, fmt.Sprint(t.Name(), i))...)
		if _, err := e.client.Submit(t.Context(), s); err != nil {
			t.Fatal(err)
		}
		e.awaitFinal(t, e.client, s.ID()) // each in a batch of its own
		all = append(all, s)
	}
	page := func(path string) (p client.SubmissionPage) {
		t.Helper()
		response, body := e.call(t, http.MethodGet, path, "", nil)
		if response.StatusCode != http.StatusOK {
			t.Fatalf("%s: %s", path, body)
		}
		if err := json.Unmarshal(body, &p); err != nil {
			t.Fatal(err)
		}
		return p
	}
	first := page("/v1/issuers/" + alice.address.String() + "/submissions?limit=3")
	if len(first.Submissions) != 3 || first.Next == 0 || first.Submissions[0].ID != all[4].ID() || first.Submissions[2].ID != all[1].ID() {
		t.Fatalf("%+v", first)
	}
	rest := page(fmt.Sprintf("/v1/issuers/%s/submissions?limit=3&before=%d", alice.address, first.Next))
	if len(rest.Submissions) != 1 || rest.Next != 0 || rest.Submissions[0].ID != all[0].ID() {
		t.Fatalf("%+v", rest)
	}
	if none := page("/v1/issuers/" + newIssuer(t).address.String() + "/submissions"); len(none.Submissions) != 0 || none.Next != 0 {
		t.Errorf("of a stranger: %+v", none)
	}
	s := first.Submissions[0]
	if s.State != publish.Final || s.Count != 5 || s.Issuer != alice.address || s.Batch == nil || s.Number != 5 || s.Root != all[4].Root {
		t.Errorf("%+v", s)
	}
	in := page("/v1/batches/" + s.Batch.String() + "/submissions")
	if len(in.Submissions) != 1 || in.Submissions[0] != (client.SubmissionSummary{
		Number: s.Number, ID: s.ID, Issuer: s.Issuer, Home: s.Home, Root: s.Root, Count: s.Count, IssuedAt: s.IssuedAt,
		AcceptedAt: s.AcceptedAt, State: s.State, Since: s.Since, Batch: in.Submissions[0].Batch,
	}) {
		t.Errorf("in its batch: %+v", in)
	}
	if after := page(fmt.Sprintf("/v1/batches/%s/submissions?after=%d", s.Batch, s.Number)); len(after.Submissions) != 0 || after.Next != 0 {
		t.Errorf("after the last: %+v", after)
	}
	for path, status := range map[string]int{
		"/v1/batches/0x" + fmt.Sprintf("%064d", 1) + "/submissions":                   http.StatusNotFound,
		"/v1/batches/" + s.Batch.String() + "/submissions?after=x":                    http.StatusUnprocessableEntity,
		"/v1/batches/" + s.Batch.String() + "/submissions?after=18446744073709551615": http.StatusUnprocessableEntity,
		"/v1/issuers/" + alice.address.String() + "/submissions?limit=0":              http.StatusUnprocessableEntity,
		"/v1/issuers/" + alice.address.String() + "/submissions?before=-1":            http.StatusUnprocessableEntity,
		"/v1/issuers/nobody/submissions":                                              http.StatusUnprocessableEntity,
	} {
		response, body := e.call(t, http.MethodGet, path, "", nil)
		wantProblem(t, response, body, status)
	}
	var batches client.BatchPage
	_, body := e.call(t, http.MethodGet, "/v1/batches?after=3", "", nil)
	if err := json.Unmarshal(body, &batches); err != nil || batches.Newest != 5 || len(batches.Batches) != 2 {
		t.Errorf("batches: %+v, %v", batches, err)
	}
}

// The submissions of a batch with several come in pages, and those that wait are listed too.
func TestBatchSubmissionPages(t *testing.T) {
	e := open(t, true, func(c *anchor.Config, _ *Config) { c.BatchAge, c.BatchCount = time.Hour, 5 })
	is := newIssuer(t)
	ids := make([]merkle.Hash, 5)
	for i := range ids {
		if i == 4 {
			waiting, err := e.node.Serving.IssuerSubmissions(t.Context(), is.address, 0, 100)
			all := waiting.Submissions
			if err != nil || len(all) != 4 || all[0].State != publish.Accepted || all[0].Batch != nil {
				t.Fatalf("while they wait: %+v, %v", waiting, err)
			}
		}
		s := is.submission(t, e.home, leaves(1, fmt.Sprint(t.Name(), i))...)
		ids[i] = s.ID()
		if _, err := e.client.Submit(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
	e.awaitFinal(t, e.client, ids[0])
	batch, err := e.client.Status(t.Context(), ids[0])
	if err != nil || batch.Batch == nil {
		t.Fatal(batch, err)
	}
	var got []merkle.Hash
	for after, pages := uint64(0), 0; ; pages++ {
		page, err := e.node.Serving.BatchSubmissions(t.Context(), *batch.Batch, after, 2)
		if err != nil || pages > 3 {
			t.Fatal(page, pages, err)
		}
		for _, s := range page.Submissions {
			got = append(got, s.ID)
		}
		if after = page.Next; after == 0 {
			break
		}
	}
	if !slices.Equal(got, ids) {
		t.Errorf("pages have %v, want %v", got, ids)
	}
}
