package api

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/hallmark-node/hallmark/anchor"
	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// One submission from the client's hand to a proof that verifies, through every
// route that reads it.
func TestSubmissionToProof(t *testing.T) {
	e := open(t, true, func(_ *anchor.Config, c *Config) { c.URL = "https://node.example" })
	ctx, school := t.Context(), newIssuer(t)
	document := []byte("a discoverable certificate of " + t.Name())
	c := rawCID(t, document)
	open := discoverable(c)
	hidden := merkle.Keccak256([]byte(t.Name()))
	s := school.submission(t, e.home, open, hidden)

	info, err := e.client.Info(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(info.Homes, []verifier.Home{e.home}) || !info.Open || info.MaxLeaves != publish.MaxLeaves || info.BatchAge != 0.001 {
		t.Errorf("info %+v", info)
	}
	status, err := e.client.Submit(ctx, s)
	if err != nil {
		t.Fatal(err)
	}
	if status.ID != s.ID() {
		t.Errorf("id %s, want %s", status.ID, s.ID())
	}
	states := e.awaitFinal(t, e.client, s.ID())
	order := []publish.State{publish.Accepted, publish.Batched, publish.Broadcast, publish.Mined, publish.Final}
	if !slices.IsSortedFunc(states, func(a, b publish.State) int { return slices.Index(order, a) - slices.Index(order, b) }) {
		t.Errorf("states out of order: %v", states)
	}

	// The same again, in the other form, is the same submission.
	response, body := e.call(t, http.MethodPost, "/v1/submissions", "application/json; charset=utf-8", jsonForm(s))
	if response.StatusCode != http.StatusAccepted || !bytes.Contains(body, []byte(s.ID().String())) ||
		!bytes.Contains(body, []byte(`"state":"final"`)) {
		t.Errorf("the same in JSON: %d %s", response.StatusCode, body)
	}
	if health, err := e.client.Health(ctx); err != nil || health.Submissions != 1 {
		t.Errorf("%d submissions, %v; want one", health.Submissions, err)
	}

	for _, leaf := range s.Leaves {
		wantServedAlike(t, e, s.ID(), leaf)
	}
	for _, leaf := range []merkle.Hash{open, hidden} {
		part, err := e.client.ProofIn(ctx, s.ID(), leaf, true)
		if err != nil {
			t.Fatal(err)
		}
		if part.State != publish.Final || part.SubmissionID != s.ID() || part.Batch == nil || len(part.Anchors) != 1 {
			t.Errorf("proof %+v", part)
		}
		if root := merkle.Root(leaf, part.Submission.Path); root != s.Root {
			t.Errorf("the path leads to %s, want %s", root, s.Root)
		}
		if part.Hints == nil || part.Hints.Node != "https://node.example" || part.Hints.Transaction == "" {
			t.Errorf("hints %+v", part.Hints)
		}
	}
	proof, err := e.client.ProofByCredential(ctx, c, false)
	if err != nil {
		t.Fatal(err)
	}
	if verdict := verify(t, proof, document); verdict != verifier.Valid {
		t.Errorf("verdict %s", verdict)
	}
	if verdict := verify(t, proof, append(document, '!')); verdict != verifier.Invalid {
		t.Errorf("verdict of a tampered document %s", verdict)
	}
	if _, err := e.client.Proof(ctx, merkle.Keccak256([]byte("nobody's")), false); !client.NotFound(err) {
		t.Errorf("unknown leaf: %v", err)
	}
	if _, err := e.client.ProofIn(ctx, merkle.Keccak256([]byte("nobody's")), open, false); !client.NotFound(err) {
		t.Errorf("unknown submission: %v", err)
	}

	page, err := e.client.Batches(ctx, 0, 1)
	if err != nil {
		t.Fatal(err)
	}
	if len(page.Batches) != 1 || page.Batches[0].Count != 1 || page.Batches[0].Leaves != 2 || page.Batches[0].State != publish.Final ||
		page.Next != 1 {
		t.Fatalf("batches %+v", page)
	}
	if page, err := e.client.Batches(ctx, page.Next, 1); err != nil || len(page.Batches) != 0 || page.Next != 0 {
		t.Errorf("after the last batch: %+v, %v", page, err)
	}
	batch, err := e.client.Batch(ctx, page.Batches[0].Root)
	if err != nil || !reflect.DeepEqual(batch, page.Batches[0]) || batch.ManifestCID != publish.ManifestCID(batch.Manifest).String() ||
		len(batch.Chains) != 1 || batch.Chains[0].Home != e.home || batch.Chains[0].State != publish.Final {
		t.Errorf("batch %+v, %v; want %+v", batch, err, page.Batches[0])
	}
	health, err := e.client.Health(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if !health.Ready || health.LastAnchor == nil || health.LastAnchor.Root != batch.Root || health.Waiting != 0 ||
		health.OldestPending != nil || len(health.Chains) != 1 || health.Chains[0].Balance == "" {
		t.Errorf("health %+v", health)
	}

	matchSchemas(t, e, map[string]string{
		"/v1/submissions/" + s.ID().String(): "Status",
		"/v1/proofs/" + hidden.String():      "LeafProof",
		"/v1/info":                           "Info",
		"/v1/status":                         "Health",
		"/v1/batches":                        "BatchPage",
		"/v1/batches/" + batch.Root.String(): "Batch",
		"/v1/issuers/" + school.address.String() + "/status": "IssuerStatus",
		"/healthz": "Alive",
		"/readyz":  "Ready",
		"/v1/submissions/" + merkle.Hash{}.String():             "Problem",
		"/v1/proofs?credential=" + c.String()[:20]:              "Problem",
		"/v1/proofs?credential=" + rawCID(t, []byte{}).String(): "Problem",
	})
}

// verify asks the verifier, which trusts the block that the proof names and the
// issuer.
func verify(t *testing.T, proof *verifier.Proof, document []byte) verifier.Verdict {
	t.Helper()
	header, err := verifier.ParseHeader(proof.Anchors[0].Header)
	if err != nil {
		t.Fatal(err)
	}
	v, err := verifier.New(verifier.Options{
		Now: func() time.Time { return time.Unix(int64(header.Time), 0) }, AllowTest: true,
		Trust: &verifier.Trust{
			Chains: map[verifier.ChainID]*verifier.TrustedChain{proof.Submission.Home.Chain: {
				Name: "test", Test: true, Registries: []verifier.Address{proof.Submission.Home.Registry},
				Blocks: map[uint64]verifier.Hash{header.Number: header.Hash},
			}},
			Issuers: map[verifier.Address]*verifier.TrustedIssuer{proof.Submission.Issuer: {Name: "school", IDs: []string{verifier.AnyIssuer}}},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return v.Verify(proof, bytes.NewReader(document)).Verdict
}

// matchSchemas checks real answers against what the description says of them.
func matchSchemas(t *testing.T, e *env, paths map[string]string) {
	t.Helper()
	_, raw := readOpenAPI(t)
	compiler := jsonschema.NewCompiler()
	compiler.DefaultDraft(jsonschema.Draft2020)
	compiler.AssertFormat()
	if err := compiler.AddResource("openapi.json", raw); err != nil {
		t.Fatal(err)
	}
	for path, name := range paths {
		schema, err := compiler.Compile("openapi.json#/components/schemas/" + name)
		if err != nil {
			t.Fatal(err)
		}
		_, body := e.call(t, http.MethodGet, path, "", nil)
		value, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
		if err != nil {
			t.Fatalf("%s: %v in %s", path, err, body)
		}
		if err := schema.Validate(value); err != nil {
			t.Errorf("%s is not a %s: %v\n%s", path, name, err, body)
		}
	}
}

// What was accepted is 202 with its state, never 404, until it is final.
func TestPending(t *testing.T) {
	e := open(t, false, nil) // the pipeline does not run: nothing ever moves
	ctx, school := t.Context(), newIssuer(t)
	c := rawCID(t, []byte(t.Name()))
	leaf := discoverable(c)
	s := school.submission(t, e.home, append(leaves(4, t.Name()), leaf)...)
	status, err := e.client.Submit(ctx, s)
	if err != nil || status.State != publish.Accepted {
		t.Fatalf("%+v, %v", status, err)
	}
	for _, path := range []string{"/v1/proofs/" + leaf.String(), "/v1/proofs?credential=" + c.String()} {
		response, body := e.call(t, http.MethodGet, path, "", nil)
		if response.StatusCode != http.StatusAccepted || !bytes.Contains(body, []byte(`"state":"accepted"`)) ||
			bytes.Contains(body, []byte("anchors")) {
			t.Errorf("%s: %d %s", path, response.StatusCode, body)
		}
	}
	matchSchemas(t, e, map[string]string{"/v1/proofs/" + leaf.String(): "LeafProof", "/readyz": "Problem"})
	proof, err := e.client.ProofByCredential(ctx, c, false)
	if err != nil {
		t.Fatal(err)
	}
	if !proof.Pending() || merkle.Root(proof.Leaf(), proof.Submission.Path) != s.Root || proof.Submission.Signature != s.Signature {
		t.Errorf("pending proof %+v", proof)
	}
	response, body := e.call(t, http.MethodGet, "/readyz", "", nil)
	wantProblem(t, response, body, http.StatusServiceUnavailable)

	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if last, err := e.client.Watch(ctx, s.ID(), func(client.Status) { cancel() }); err == nil || last.State != publish.Accepted ||
		!strings.Contains(err.Error(), "accepted") {
		t.Errorf("watching what does not move: %+v, %v", last, err)
	}
}

// An issuer's status, key and controller, by signatures that the node relays.
func TestIssuerStatements(t *testing.T) {
	school, office := newIssuer(t), newIssuer(t)
	e := open(t, true, listing(school))
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	deadline := uint64(time.Now().Add(24 * time.Hour).Unix())
	await := func(what string, done func(client.IssuerStatus) bool) client.IssuerStatus {
		t.Helper()
		if err := testChain.Mine(ctx, 1); err != nil {
			t.Fatal(err)
		}
		status, err := e.client.AwaitIssuer(ctx, e.home, school.address, func(s client.IssuerStatus) bool {
			if s.Pending != nil && s.Pending.State == publish.Mined {
				if err := testChain.Mine(ctx, 2); err != nil {
					t.Error(err)
				}
			}
			return done(s) && s.Pending == nil
		})
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		return status
	}

	before, err := e.client.StatusList(ctx, verifier.Home{}, school.address)
	if err != nil {
		t.Fatal(err)
	}
	if before.Version != 0 || !before.Known || before.Items == nil || len(before.Items) != 0 || before.Controller != school.address ||
		before.Pending != nil {
		t.Errorf("before anything: %+v", before)
	}

	items := []verifier.StatusItem{{ID: merkle.Hash{1}, Code: verifier.StatusSuspended}, {ID: merkle.Hash{2}, Code: verifier.StatusRevoked}}
	update := func(by issuer, version uint64, items []verifier.StatusItem) publish.StatusUpdate {
		list, err := publish.WriteStatusList(school.address, version, items, func(publish.Block) error { return nil })
		if err != nil {
			t.Fatal(err)
		}
		signature := by.sign(t, verifier.SetStatusDigest(e.home, school.address, version, list.Root, list.List, deadline))
		return publish.StatusUpdate{Issuer: school.address, Version: version, Items: items, Deadline: deadline, Signature: signature[:]}
	}
	first := update(school, 1, items)
	for range 2 { // repeating changes nothing
		if err := e.client.SetStatus(ctx, first); err != nil {
			t.Fatal(err)
		}
	}
	after := await("status", func(s client.IssuerStatus) bool { return s.Version == 1 })
	if !after.Known || !slices.Equal(after.Items, items) || after.Root.IsZero() || after.UpdatedAt == 0 {
		t.Errorf("after the first list: %+v", after)
	}
	matchSchemas(t, e, map[string]string{
		"/v1/issuers/" + school.address.String() + "/status":                       "IssuerStatus",
		"/v1/issuers/" + school.address.String() + "/lists/" + after.Root.String(): "PublishedList",
	})

	// Who may not speak is refused, and so is who is late.
	var refused *client.NodeError
	if err := e.client.SetStatus(ctx, update(office, 2, nil)); !asStatus(err, &refused, http.StatusUnprocessableEntity) {
		t.Errorf("list signed by another: %v", err)
	}
	if err := e.client.SetStatus(ctx, update(school, 3, nil)); !asStatus(err, &refused, http.StatusConflict) {
		t.Errorf("list of a version to come: %v", err)
	}
	unsigned := update(school, 2, nil)
	unsigned.Signature = nil
	if err := e.client.SetStatus(ctx, unsigned); !asStatus(err, &refused, http.StatusUnprocessableEntity) {
		t.Errorf("unsigned list that is not on the chain: %v", err)
	}

	handover := school.sign(t, verifier.SetControllerDigest(e.home, school.address, verifier.Address{}, office.address, deadline))
	if err := e.client.SetController(ctx,
		publish.ControllerChange{Issuer: school.address, Next: office.address, Deadline: deadline, Signature: handover[:]}); err != nil {
		t.Fatal(err)
	}
	await("controller", func(s client.IssuerStatus) bool { return s.Controller == office.address })
	if err := e.client.SetStatus(ctx, update(office, 2, nil)); err != nil {
		t.Fatal(err)
	}
	await("empty list", func(s client.IssuerStatus) bool { return s.Version == 2 && len(s.Items) == 0 })

	// Its first list can be read by its root still.
	if old, err := e.client.PublishedStatusList(ctx, school.address, after.Root); err != nil || !slices.Equal(old, items) {
		t.Errorf("the list before: %v, %v", old, err)
	}
	for _, unknown := range []struct {
		issuer verifier.Address
		root   merkle.Hash
	}{{school.address, merkle.Hash{9}}, {office.address, after.Root}} {
		if _, err := e.client.PublishedStatusList(ctx, unknown.issuer, unknown.root); !asStatus(err, &refused, http.StatusNotFound) {
			t.Errorf("a list of %s with root %s: %v", unknown.issuer, unknown.root, err)
		}
	}

	from := after.UpdatedAt
	retirement := office.sign(t, verifier.RetireDigest(e.home, school.address, from, deadline))
	if err := e.client.Retire(ctx,
		publish.Retirement{Issuer: school.address, From: from, Deadline: deadline, Signature: retirement[:]}); err != nil {
		t.Fatal(err)
	}
	await("retirement", func(s client.IssuerStatus) bool { return s.RetiredFrom == from })
}

// A proof of another credential than the one asked for is not passed on.
func TestClientProofOfAnother(t *testing.T) {
	e := open(t, true, nil)
	document := []byte(t.Name())
	c := rawCID(t, document)
	s := newIssuer(t).submission(t, e.home, discoverable(c))
	if _, err := e.client.Submit(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	e.awaitFinal(t, e.client, s.ID())
	_, body := e.call(t, http.MethodGet, "/v1/proofs?credential="+c.String(), "", nil)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(body) }))
	t.Cleanup(server.Close)
	liar, err := client.New(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := liar.ProofByCredential(t.Context(), c, false); err != nil {
		t.Errorf("the right one: %v", err)
	}
	if proof, err := liar.ProofByCredential(t.Context(), rawCID(t, []byte("another")), false); err == nil {
		t.Errorf("took %+v", proof)
	}
}
