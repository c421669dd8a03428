package main

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
)

// A ratio is the median of the ratios of each turn, and above 1 where we are better.
func TestRatios(t *testing.T) {
	ours, theirs, limit := series{2, 4, 3}, series{20, 20, 33}, series{1, 2, 2}
	r := newResult("x", "work", "ms", ours, limit, peer{"them", theirs}, peer{"others", series{6}})
	if r.Ours != 3 || r.RatioToPeer != 10 || r.RatioToLimit != 2 || r.Peer != "them" || r.Peers["others"] != 6 || r.Limit != 2 {
		t.Errorf("%+v", r)
	}
	r = newResult("x", "work", "things/s", ours, limit, peer{"them", series{1, 1, 1}})
	if r.RatioToPeer != 3 || r.RatioToLimit != 2 {
		t.Errorf("of a rate: %+v", r)
	}
}

func TestNumber(t *testing.T) {
	for text, v := range map[string]float64{
		"0": 0, "7": 7, "999": 999, "1,000": 1000, "1,234,568": 1234567.8, "0.001235": 0.0012345678, "12.35": 12.3456, "1,234": 1234.4,
	} {
		if got := number(v); got != text {
			t.Errorf("%v is written as %q, want %q", v, got, text)
		}
	}
}

// The rows stand in the order of the table, each followed by those that belong to it,
// and a row that is measured again takes the place of the old one.
func TestMerge(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.Mkdir("bench", 0o755); err != nil {
		t.Fatal(err)
	}
	for _, fresh := range [][]Result{
		{{ID: "restart"}, {ID: "gas-revoke"}, {ID: "gas"}},
		{{ID: "grow-tree-1k"}, {ID: "tree-1m-1core"}, {ID: "ack-single-p99"}},
		{{ID: "tree-1m"}, {ID: "gas", Ours: 1}, {ID: "ack-single"}, {ID: "ack-bulk"}},
	} {
		if err := mergeResults(fresh); err != nil {
			t.Fatal(err)
		}
	}
	all, err := readResults()
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, r := range all {
		ids = append(ids, r.ID)
		if r.ID == "gas" && r.Ours != 1 {
			t.Error("the old row was kept")
		}
	}
	if got, want := strings.Join(ids, " "),
		"tree-1m tree-1m-1core ack-bulk ack-single ack-single-p99 restart gas gas-revoke grow-tree-1k"; got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
}

// What programs read has the members that docs/performance.md names, also where there
// is nothing to say.
func TestMembers(t *testing.T) {
	data, err := json.Marshal(newResult("x", "work", "ms", series{1}, nil))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"id", "work", "ours", "unit", "peers", "limit", "ratioToPeer", "ratioToLimit", "runs", "machine", "at"} {
		if !strings.Contains(string(data), `"`+name+`":`) {
			t.Errorf("%s has no %s", data, name)
		}
	}
}

// Every table has its place in the document, and nothing else there changes.
func TestReplace(t *testing.T) {
	text, err := os.ReadFile("../" + document)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"machine", "results", "growth", "gas"} {
		once, err := replace(text, name, "| table |\n")
		if err != nil {
			t.Fatal(err)
		}
		twice, err := replace(once, name, "| table |\n")
		if err != nil || string(twice) != string(once) || !strings.Contains(string(once), "| table |\n"+markEnd) {
			t.Errorf("%s: %v", name, err)
		}
		if first, _, _ := strings.Cut(string(text), markBegin); !strings.HasPrefix(string(once), first) {
			t.Errorf("%s: what stands before has changed", name)
		}
	}
	if _, err := replace(text, "nothing", ""); err == nil {
		t.Error("a table without a place was written")
	}
}

func TestChoose(t *testing.T) {
	if all, err := choose(""); err != nil || len(all) != len(rows()) {
		t.Errorf("%d rows, error %v", len(all), err)
	}
	if some, err := choose("gas,tree-1m"); err != nil || len(some) != 2 || some[0].id != "gas" {
		t.Errorf("%v, error %v", some, err)
	}
	if _, err := choose("gas,nothing"); err == nil || !strings.Contains(err.Error(), "tree-1m") {
		t.Errorf("error %v does not say which there are", err)
	}
}
