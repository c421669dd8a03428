package api

import (
	"net/http"
	"strings"
	"testing"
)

// The gauges say what the node says, and leave out what it does not know.
func TestMetrics(t *testing.T) {
	e := open(t, false, nil)
	if _, err := e.client.Submit(t.Context(), newIssuer(t).submission(t, e.home, leaves(2, t.Name())...)); err != nil {
		t.Fatal(err)
	}
	response, body := e.call(t, http.MethodGet, "/metrics", "", nil)
	if response.StatusCode != http.StatusOK || !strings.HasPrefix(response.Header.Get("Content-Type"), "text/plain") {
		t.Errorf("%d of type %q", response.StatusCode, response.Header.Get("Content-Type"))
	}
	for _, want := range []string{"hallmark_submissions_total 1\n", "hallmark_waiting_submissions 1\n", "hallmark_ready 0\n", "hallmark_in_flight_statements 0\n"} {
		if !strings.Contains(string(body), "\n"+want) {
			t.Errorf("no %q in\n%s", want, body)
		}
	}
	if strings.Contains(string(body), "hallmark_last_anchor_seconds ") {
		t.Error("an age of an anchor that there is not")
	}
}
