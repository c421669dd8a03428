package api

import (
	"bytes"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/hallmark-node/hallmark/anchor"
	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// wantServedAlike checks that a final proof that is put together from pieces is byte
// for byte the one that is encoded whole.
func wantServedAlike(t *testing.T, e *env, id, leaf merkle.Hash) []byte {
	t.Helper()
	path := "/v1/proofs/" + leaf.String()
	_, whole := e.call(t, http.MethodGet, path+"?fresh=false", "", nil) // with another query it is
	for _, path := range []string{path, path + "?submission=" + id.String()} {
		response, body := e.call(t, http.MethodGet, path, "", nil)
		if response.StatusCode != http.StatusOK || !bytes.Equal(body, whole) {
			t.Errorf("%s: %s\n%s\nwant\n%s", path, response.Status, body, whole)
		}
		tag := response.Header.Get("ETag")
		if tag == "" || response.Header.Get("Cache-Control") != "no-cache" || response.Header.Get("Content-Type") != "application/json" {
			t.Errorf("%s: %v", path, response.Header)
		}
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, e.url+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("If-None-Match", tag)
		response, err = http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		if err := response.Body.Close(); err != nil || response.StatusCode != http.StatusNotModified {
			t.Errorf("%s with its own ETag: %s, %v", path, response.Status, err)
		}
	}
	return whole
}

// Submissions of each size, in one batch and in several; what is revoked afterwards is
// served as such.
func TestServedAlike(t *testing.T) {
	e := open(t, true, nil)
	is := newIssuer(t)
	var all []*anchor.Submission
	for _, n := range []int{1, 2, 40, 1500, 33_000} {
		s := is.submission(t, e.home, leaves(n, t.Name()+string(rune(n)))...)
		if _, err := e.client.Submit(t.Context(), s); err != nil {
			t.Fatal(err)
		}
		all = append(all, s)
	}
	for _, s := range all {
		e.awaitFinal(t, e.client, s.ID())
		wantServedAlike(t, e, s.ID(), s.Leaves[len(s.Leaves)/2])
	}
	revoked := all[2].Leaves[7]
	items := []verifier.StatusItem{{ID: revoked, Code: verifier.StatusRevoked}}
	deadline := uint64(time.Now().Add(24 * time.Hour).Unix())
	list, err := publish.WriteStatusList(is.address, 1, items, func(publish.Block) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	signature := is.sign(t, verifier.SetStatusDigest(e.home, is.address, 1, list.Root, list.List, deadline))
	if err := e.client.SetStatus(t.Context(), anchor.StatusUpdate{Issuer: is.address, Version: 1, Items: items, Deadline: deadline, Signature: signature[:]}); err != nil {
		t.Fatal(err)
	}
	_, err = e.client.AwaitIssuer(t.Context(), e.home, is.address, func(s IssuerStatus) bool {
		if err := testChain.Mine(t.Context(), 1); err != nil {
			t.Error(err)
		}
		return s.Version == 1 && s.Pending == nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range all {
		body := wantServedAlike(t, e, s.ID(), s.Leaves[len(s.Leaves)/2])
		if !bytes.Contains(body, []byte(`"status":[`)) {
			t.Errorf("no status in %s", body)
		}
	}
	if body := wantServedAlike(t, e, all[2].ID(), revoked); !strings.Contains(string(body), `"code":2`) {
		t.Errorf("revoked, and served as %s", body)
	}
}
