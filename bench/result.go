package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
)

// resultsFile is written in the project's folder.
const resultsFile = "bench/results.json"

// Result is one row of the table, as it stands in results.json.
type Result struct {
	ID   string  `json:"id"`
	Work string  `json:"work"`
	Ours float64 `json:"ours"` // median
	Unit string  `json:"unit"` // what ends in /s is a rate; of everything else less is better

	Peers map[string]float64 `json:"peers"` // medians, in the same unit
	Limit float64            `json:"limit"` // 0: there is none

	// RatioToPeer is how many times better we are than the peer that Peer names:
	// above 1 we are faster, or cheaper. RatioToLimit is ours divided by the limit: a
	// time comes down to 1 and a rate comes up to it. Both are medians of the ratios of
	// each turn, and 0 where there is nothing to compare with.
	RatioToPeer  float64 `json:"ratioToPeer"`
	RatioToLimit float64 `json:"ratioToLimit"`

	Runs []float64 `json:"runs"` // ours, each

	Peer    string `json:"peer,omitzero"`    // the peer that RatioToPeer is about
	LimitIs string `json:"limitIs,omitzero"` // what the limit is
	Target  string `json:"target,omitzero"`  // what is aimed at
	Met     *bool  `json:"met,omitempty"`    // whether it is reached; nil: nothing is aimed at
	Note    string `json:"note,omitzero"`    // what else was seen

	Amsterdam float64 `json:"amsterdam,omitzero"` // gas by the prices of that fork

	Machine string `json:"machine"`
	Commit  string `json:"commit"` // of the project
	At      string `json:"at"`     // when the row began, RFC 3339
}

// rate reports whether more is better.
func rate(unit string) bool { return strings.HasSuffix(unit, "/s") }

// peer is what something else has measured.
type peer struct {
	name string
	runs series
}

// newResult puts a row together. The first of the peers is the one that the ratio is
// about; limit may be nil.
func newResult(id, work, unit string, ours, limit series, peers ...peer) Result {
	r := Result{ID: id, Work: work, Unit: unit, Ours: ours.median(), Runs: ours.rounded(), Peers: map[string]float64{}}
	for i, p := range peers {
		r.Peers[p.name] = rounded(p.runs.median())
		if i > 0 {
			continue
		}
		r.Peer = p.name
		if rate(unit) {
			r.RatioToPeer = ours.over(p.runs).median()
		} else {
			r.RatioToPeer = p.runs.over(ours).median()
		}
	}
	if limit != nil {
		r.Limit, r.RatioToLimit = rounded(limit.median()), rounded(ours.over(limit).median())
	}
	r.Ours, r.RatioToPeer = rounded(r.Ours), rounded(r.RatioToPeer)
	return r
}

// goal is what is aimed at; what is zero is not.
type goal struct {
	ours  float64 // a rate at least, anything else at most
	peer  float64 // RatioToPeer, at least
	limit float64 // RatioToLimit, of a rate at least, of anything else at most
}

// with adds the words, and says whether the goal is reached.
func (r Result) with(limitIs string, g goal, note string) Result {
	r.LimitIs, r.Note = limitIs, note
	met := true
	var list []string
	aim := func(value, bound float64, atLeast bool, what string) {
		if bound == 0 {
			return
		}
		word := "at most "
		met = met && (value <= bound || atLeast)
		if atLeast {
			word = "at least "
			met = met && value >= bound
		}
		list = append(list, word+number(bound)+what)
	}
	more := rate(r.Unit)
	aim(r.Ours, g.ours, more, " "+r.Unit)
	aim(r.RatioToPeer, g.peer, true, "x the peer")
	aim(r.RatioToLimit, g.limit, more, "x the limit")
	if list != nil {
		r.Target, r.Met = strings.Join(list, ", "), &met
	}
	return r
}

// readResults reads results.json; none is an empty one.
func readResults() ([]Result, error) {
	data, err := os.ReadFile(resultsFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var all []Result
	if err := json.Unmarshal(data, &all); err != nil {
		return nil, fmt.Errorf("%s: %w; delete it and measure everything", resultsFile, err)
	}
	return all, nil
}

// mergeResults replaces the rows of results.json that have the ids of fresh ones.
func mergeResults(fresh []Result) error {
	all, err := readResults()
	if err != nil {
		return err
	}
	for _, r := range fresh {
		if i := slices.IndexFunc(all, func(old Result) bool { return old.ID == r.ID }); i >= 0 {
			all[i] = r
		} else {
			all = append(all, r)
		}
	}
	slices.SortStableFunc(all, func(a, b Result) int { return cmp.Compare(rank(a.ID), rank(b.ID)) })
	data, err := json.MarshalIndent(all, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(resultsFile, append(data, '\n'), 0o644)
}

// order is that of the table. Each of these is followed by those that begin as it does.
var order = []string{
	"tree-1m", "tree-1m-1core", "tree-100k", "paths-100k", "check-1m", "check-100k",
	"ack-bulk", "ack-single", "cluster-single", "cluster-bulk", "cluster", "submit-1m", "serve-proof", "gateway", "mirror",
	"verify-lib", "verify-cold", "wasm-size", "page-cold", "page-warm",
	"finality-again",
	"hop", "hops-year", "evidence-size", "memory", "disk", "restart", "bytes", "gas", "grow",
}

// rank says where a row stands in the table.
func rank(id string) int {
	best, longest := 2*len(order), 0
	for i, name := range order {
		switch {
		case id == name:
			return 2 * i
		case strings.HasPrefix(id, name) && len(name) > longest:
			best, longest = 2*i+1, len(name)
		}
	}
	return best
}
